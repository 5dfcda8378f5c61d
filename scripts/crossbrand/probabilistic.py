"""`crossbrand link-candidates`: who may be one person although they share no identifier.

The second stage of the stitching, off by default. Customers of one controller whom exact
identifiers left apart are compared by given name, surname, birth date, street and postal code with
Splink's Fellegi-Sunter model, in which a rare name counts for more than a common one. What it
proposes is written beside the landing data; the dbt project shows it in identity_candidates and
links it only with the var probabilistic_linking. docs/probabilistic-linking.md says the rest.

Splink is an extra (`pip install "crossbrand[probabilistic]"`) and is imported when it is needed.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand.errors import CrossbrandError
from crossbrand.paths import open_warehouse, require_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

CANDIDATES_FILE = Path("_candidates") / "identity_candidates.parquet"
"""Where proposals lie under the landing folder; macros/identity/proposed_links.sql reads it."""

PARAMETERS_FILE = Path("seeds") / "probabilistic_parameters" / "model.json"
"""Where the trained parameters lie in the project: probabilities of comparisons, nobody's data."""

COMPARED = ("given_name", "surname", "birth_date", "street", "postal_code")

CANDIDATES_SCHEMA = pa.schema(
    [
        ("node_key_a", pa.string()),
        ("node_key_b", pa.string()),
        ("match_weight", pa.decimal128(9, 4)),
        ("match_probability", pa.decimal128(9, 8)),
        *((f"{name}_weight", pa.decimal128(9, 4)) for name in COMPARED),
        ("contradiction", pa.string()),
        ("parameters_hash", pa.string()),
    ]
)

WAREHOUSE_TABLES = (
    "intermediate.int_identity__nodes",
    "intermediate.int_identity__edges",
    "intermediate.int_identity__records",
    "intermediate.int_identity__contact_names",
    "intermediate.int_customer__contacts",
)

MIN_PROFILES = 100
"""Fewer profiles cannot tell how often two strangers agree."""

FORMAT = 1
"""Changes when the comparisons change in a way that makes saved parameters meaningless."""

RAREST = 1e-9
"""No agreement is rarer among one person's records, or strangers': nothing proves that much."""

SAMPLED_PAIRS = 1_000_000
"""Random pairs from which the agreement of strangers is estimated."""

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Linkage:
    """What a run did: profiles compared, pairs proposed, and where the files are."""

    profiles: int
    proposals: int
    contradicting: int
    candidates: Path
    parameters: Path
    was_trained: bool
    seconds: float

    def summary(self) -> str:
        """One paragraph for the terminal."""
        how = "trained and saved in" if self.was_trained else "taken from"
        return (
            f"{self.proposals:,} pairs of customers proposed from {self.profiles:,} profiles, "
            f"{self.contradicting:,} of them contradict themselves and are never linked; "
            f"parameters {how} {self.parameters}, proposals in {self.candidates}, "
            f"{self.seconds:.0f} s. `dbt build` shows them in identity_candidates and links them "
            "with --vars '{probabilistic_linking: true}'."
        )


def link_candidates(
    warehouse: Path,
    landing: Path,
    parameters: Path,
    *,
    train: bool = False,
    from_weight: float = 0.0,
) -> Linkage:
    """Compare the customers of each controller and write the proposals beside the landing data.

    Parameters are loaded from `parameters`, so that a run is repeatable; they are trained and saved
    first where there is no such file or `train` is set. Pairs of a match weight (log2 of the odds)
    of at least `from_weight` are proposed. Raises CrossbrandError when Splink is missing, the
    warehouse is incomplete, there is too little to learn from, or the parameters are another's.
    """
    require_splink()
    started = time.monotonic()
    profiles = read_profiles(warehouse)
    is_known = parameters.is_file() and not train
    with splink_connection() as connection:
        if is_known:
            settings = load_parameters(parameters)
        else:
            settings = train_parameters(profiles, connection)
            save_parameters(settings, parameters)
        proposals = propose(profiles, settings, connection, from_weight=from_weight)
    path = landing / CANDIDATES_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    pq.write_table(proposals, unfinished)
    unfinished.replace(path)
    return Linkage(
        profiles=profiles.num_rows,
        proposals=proposals.num_rows,
        contradicting=proposals.num_rows - proposals["contradiction"].null_count,
        candidates=path,
        parameters=parameters,
        was_trained=not is_known,
        seconds=time.monotonic() - started,
    )


def require_splink() -> None:
    """Raise CrossbrandError with the mend where the extra is not installed."""
    try:
        importlib.import_module("splink.backends.duckdb")
    except ImportError as error:
        raise CrossbrandError(
            "Splink is not installed, and `link-candidates` needs it. Install the extra: "
            f'pip install "crossbrand[probabilistic]". ({error})'
        ) from error


@contextlib.contextmanager
def splink_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory for Splink; with one thread, sums come out the same every time."""
    connection = duckdb.connect()
    level = logging.getLogger("splink").level
    try:
        connection.execute("set threads = 1")
        logging.getLogger("splink").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield connection
    finally:
        logging.getLogger("splink").setLevel(level)
        connection.close()


def read_profiles(warehouse: Path) -> pa.Table:
    """The distinct profiles of every customer as exact identifiers alone tell them.

    Columns: profile_id, group_id (the customer: number of its component), node_key (the strongest
    node of the customer that a contact record holds), controller_id, and the compared columns as
    normalised text, null where not known. Links of an earlier second stage are left out, so that a
    proposal does not vanish because it was accepted.
    """
    with open_warehouse(warehouse) as connection:
        require_tables(connection, *WAREHOUSE_TABLES)
        edges = connection.execute(
            "select node_a, node_b from intermediate.int_identity__edges "
            "where link_rule <> 'probabilistic'"
        ).fetchnumpy()
        nodes, groups = components(
            np.asarray(edges["node_a"], np.int64), np.asarray(edges["node_b"], np.int64)
        )
        connection.register("node_groups", pa.table({"node_id": nodes, "group_id": groups}))
        return connection.execute(PROFILES).to_arrow_table()


PROFILES = """
    with contact_nodes as (
        select
            records.brand_id, records.record_id as contact_id, nodes.node_key, nodes.priority,
            nodes.controller_id, coalesce(node_groups.group_id, nodes.node_id) as group_id
        from intermediate.int_identity__records as records
        inner join intermediate.int_identity__nodes as nodes
            on records.identifier_set_id = nodes.identifier_set_id
        left join node_groups on nodes.node_id = node_groups.node_id
        where records.feed = 'contacts' and nodes.node_rank = 1
    ),
    anchors as (
        select group_id, arg_min(node_key, (priority, node_key)) as node_key
        from contact_nodes
        group by group_id
    ),
    profiles as (
        select distinct
            contact_nodes.group_id,
            anchors.node_key,
            contact_nodes.controller_id,
            contact_names.given_name,
            contact_names.surname,
            cast(contacts.birth_date as varchar) as birth_date,
            nullif(trim(regexp_replace(
                strip_accents(lower(contacts.street)), '[^a-z0-9]+', ' ', 'g'
            )), '') as street,
            nullif(regexp_replace(upper(contacts.postal_code), '[^A-Z0-9]', '', 'g'), '')
                as postal_code
        from intermediate.int_customer__contacts as contacts
        inner join contact_nodes using (brand_id, contact_id)
        inner join anchors using (group_id)
        inner join intermediate.int_identity__contact_names as contact_names
            using (brand_id, contact_id)
    )
    select
        row_number() over (order by all_columns) as profile_id, group_id, node_key, controller_id,
        given_name, surname, birth_date, street, postal_code
    from (
        select
            profiles.*,
            row(node_key, given_name, surname, birth_date, street, postal_code) as all_columns
        from profiles
    )
    order by profile_id
"""


def components(node_a: IntArray, node_b: IntArray) -> tuple[IntArray, IntArray]:
    """The nodes of the edges, and for each the least node it is connected with.

    Every round gives the root of the higher end to the root of the lower and then shortens all
    paths to their roots, until no edge has two roots.
    """
    nodes, ends = np.unique(np.concatenate([node_a, node_b]), return_inverse=True)
    left, right = ends[: len(node_a)], ends[len(node_a) :]
    roots = np.arange(len(nodes))
    while True:
        low, high = roots[left], roots[right]
        low, high = np.minimum(low, high), np.maximum(low, high)
        is_open = low != high
        if not is_open.any():
            return nodes, nodes[roots]
        np.minimum.at(roots, high[is_open], low[is_open])
        while not np.array_equal(roots, roots[roots]):
            roots = roots[roots]


def comparisons() -> list[Any]:
    """How two profiles are compared; each comparison goes from agreement down to none."""
    import splink.comparison_level_library as levels
    import splink.comparison_library as library

    swapped_names = levels.ColumnsReversedLevel("given_name", "surname", symmetrical=True)
    is_swapped = '"given_name_l" = "surname_r" and "surname_l" = "given_name_r"'
    no_surname = (
        f'"surname_l" is null or "surname_r" is null or ({is_swapped} and '
        '"surname_l" <> "surname_r")'
    )
    initial = (
        'least(length("given_name_l"), length("given_name_r")) = 1 '
        'and substr("given_name_l", 1, 1) = substr("given_name_r", 1, 1)'
    )
    swapped_days = (
        'substr("birth_date_l", 1, 4) = substr("birth_date_r", 1, 4) '
        'and substr("birth_date_l", 6, 2) = substr("birth_date_r", 9, 2) '
        'and substr("birth_date_l", 9, 2) = substr("birth_date_r", 6, 2)'
    )
    return [
        library.CustomComparison(
            [
                levels.NullLevel("given_name"),
                levels.ExactMatchLevel("given_name", term_frequency_adjustments=True),
                swapped_names,
                levels.JaroWinklerLevel("given_name", 0.92),
                levels.Or(
                    levels.JaroWinklerLevel("given_name", 0.8),
                    levels.CustomLevel(initial, "initial"),
                ),
                levels.ElseLevel(),
            ],
            output_column_name="given_name",
        ),
        library.CustomComparison(
            [
                # Names written in each other's place are the given name's evidence, counted once.
                levels.CustomLevel(no_surname, "not known").configure(is_null_level=True),
                levels.ExactMatchLevel("surname", term_frequency_adjustments=True),
                levels.JaroWinklerLevel("surname", 0.92),
                levels.JaroWinklerLevel("surname", 0.8),
                levels.ElseLevel(),
            ],
            output_column_name="surname",
        ),
        library.CustomComparison(
            [
                levels.NullLevel("birth_date"),
                levels.ExactMatchLevel("birth_date", term_frequency_adjustments=True),
                levels.Or(
                    levels.DamerauLevenshteinLevel("birth_date", 1),
                    levels.CustomLevel(swapped_days, "day and month swapped"),
                ),
                levels.DamerauLevenshteinLevel("birth_date", 2),
                levels.ElseLevel(),
            ],
            output_column_name="birth_date",
        ),
        library.CustomComparison(
            [
                levels.NullLevel("street"),
                levels.ExactMatchLevel("street", term_frequency_adjustments=True),
                levels.JaroWinklerLevel("street", 0.9),
                levels.ElseLevel(),
            ],
            output_column_name="street",
        ),
        library.CustomComparison(
            [
                levels.NullLevel("postal_code"),
                levels.ExactMatchLevel("postal_code", term_frequency_adjustments=True),
                levels.DamerauLevenshteinLevel("postal_code", 1),
                levels.ElseLevel(),
            ],
            output_column_name="postal_code",
        ),
    ]


BLOCKS = (
    ("birth_date", "surname"),
    ("birth_date", "given_name"),
    ("birth_date", "postal_code"),
    ("given_name", "surname", "postal_code"),
    ("given_name", "street"),
    ("surname", "street"),
)
"""Only pairs that agree on all of one of these are compared, always within one controller."""


def make_settings() -> Any:
    """Splink's settings before any training."""
    from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="profile_id",
        comparisons=comparisons(),
        blocking_rules_to_generate_predictions=[
            block_on("controller_id", *columns) for columns in BLOCKS
        ],
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=True,
        additional_columns_to_retain=["group_id", "node_key"],
        linker_uid="crossbrand",
    )


def make_linker(profiles: pa.Table, settings: Any, connection: duckdb.DuckDBPyConnection) -> Any:
    """A Splink linker of these profiles."""
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    frame = DuckDBAPI(connection=connection).register(profiles)
    return Linker(frame, settings, log_level=logging.ERROR)


def train_parameters(profiles: pa.Table, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Learn, without labels, how often one person's records agree and how often two strangers' do.

    Strangers: a seeded random sample of pairs. One person: expectation maximisation on pairs of one
    full name, which teaches the birth date, and on pairs of one birth date, which teaches the names
    and the address. Returns Splink's model as a document. Raises CrossbrandError where the profiles
    are too few or agree nowhere.
    """
    from splink import block_on
    from splink.internals.exceptions import SplinkException

    if profiles.num_rows < MIN_PROFILES:
        raise CrossbrandError(
            f"{profiles.num_rows} profiles with a name are too few to learn from; at least "
            f"{MIN_PROFILES} are needed. Give --parameters trained elsewhere."
        )
    linker = make_linker(profiles, make_settings(), connection)
    training = linker.training
    exact = [
        block_on("controller_id", "given_name", "surname", "birth_date"),
        block_on("controller_id", "given_name", "surname", "street", "postal_code"),
        block_on("controller_id", "given_name", "birth_date", "street"),
    ]
    try:
        training.estimate_probability_two_random_records_match(exact, recall=0.7)
        training.estimate_u_using_random_sampling(
            max_pairs=SAMPLED_PAIRS, seed=1, min_count_per_level=None, num_chunks=1
        )
        learn = training.estimate_parameters_using_expectation_maximisation
        learn(block_on("given_name", "surname"))
        # Where nobody's birth date is known, an address has to teach the names.
        has_birth_dates = profiles["birth_date"].null_count < profiles.num_rows
        learn(block_on("birth_date") if has_birth_dates else block_on("street"))
    except (SplinkException, ValueError, ZeroDivisionError) as error:
        raise CrossbrandError(
            "Nothing can be learnt from these profiles: too few of them agree on a birth date or "
            f"a name. Give --parameters trained elsewhere. (Splink: {error})"
        ) from error
    document: dict[str, Any] = linker.misc.save_model_to_json()
    return fill_untrained(document)


def fill_untrained(document: dict[str, Any]) -> dict[str, Any]:
    """Give a level that no training pair reached neutral odds, and round to 12 places.

    A level that was never seen proves nothing either way. Rounding keeps the file the same where
    two machines differ in the last bit.
    """
    for comparison in document["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level.get("is_null_level"):
                continue
            m, u = level.get("m_probability"), level.get("u_probability")
            known = next((p for p in (u, m) if isinstance(p, float) and 0 < p < 1), 1e-6)
            for name, value in (("m_probability", m), ("u_probability", u)):
                is_known = isinstance(value, float) and value > 0
                level[name] = max(round(value if is_known else known, 12), RAREST)
    name = "probability_two_random_records_match"
    document[name] = round(document[name], 15)
    return document


def save_parameters(document: dict[str, Any], path: Path) -> None:
    """Write the model with the format it was trained for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, "model": document}, indent=2, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def load_parameters(path: Path) -> dict[str, Any]:
    """Read what save_parameters wrote; raises CrossbrandError where it is something else."""
    mend = "Train anew with --train, or name another file with --parameters."
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        saved, model = document["format"], dict(document["model"])
        compared = tuple(entry["output_column_name"] for entry in model["comparisons"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CrossbrandError(f"{path} holds no trained parameters ({error!r}). {mend}") from error
    if saved != FORMAT or compared != COMPARED:
        raise CrossbrandError(f"{path} was trained for other comparisons. {mend}")
    return model


def parameters_hash(document: dict[str, Any]) -> str:
    """Names the parameters that a proposal came from."""
    text = json.dumps(document, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def score(
    profiles: pa.Table,
    document: dict[str, Any],
    connection: duckdb.DuckDBPyConnection,
    *,
    from_weight: float,
) -> duckdb.DuckDBPyRelation:
    """Every compared pair of profiles of two customers, with the weight of each comparison.

    Columns: group_id_l, group_id_r, node_key_l, node_key_r, match_weight, match_probability,
    <compared>_weight, contradiction. Two first names, or two birth dates, that are not even similar
    are a contradiction: relatives share everything else, and no weight of a shared address may make
    them one.
    """
    linker = make_linker(profiles, document, connection)
    predicted = linker.inference.predict(threshold_match_weight=from_weight)
    weights = ", ".join(
        f"mw_{name} + coalesce(mw_tf_adj_{name}, 0) as {name}_weight" for name in COMPARED
    )
    return connection.sql(
        f"""
        select
            group_id_l, group_id_r, node_key_l, node_key_r, match_weight, match_probability,
            {weights},
            case
                when gamma_given_name = 0 then 'contradicting_names'
                when gamma_birth_date = 0 then 'contradicting_birth_dates'
            end as contradiction
        from {predicted.physical_name}
        where group_id_l <> group_id_r
        """
    )


def propose(
    profiles: pa.Table,
    document: dict[str, Any],
    connection: duckdb.DuckDBPyConnection,
    *,
    from_weight: float = 0.0,
) -> pa.Table:
    """One row per pair of customers with its best pair of profiles, by CANDIDATES_SCHEMA."""
    scored = score(profiles, document, connection, from_weight=from_weight)
    scored.create_view("scored")
    weights = ", ".join(f"cast({name}_weight as decimal(9, 4))" for name in COMPARED)
    rows = connection.execute(
        f"""
        select
            least(node_key_l, node_key_r),
            greatest(node_key_l, node_key_r),
            cast(match_weight as decimal(9, 4)),
            cast(match_probability as decimal(9, 8)),
            {weights},
            contradiction,
            ? as parameters_hash
        from scored
        -- A pair that contradicts itself in one record and in none in another is judged by the
        -- latter: somebody's old name is no second person.
        qualify row_number() over (
            partition by least(group_id_l, group_id_r), greatest(group_id_l, group_id_r)
            order by
                contradiction is not null,
                cast(match_weight as decimal(9, 4)) desc,
                all_weights
        ) = 1
        order by 1, 2
        """.replace("all_weights", ", ".join(f"{name}_weight" for name in COMPARED)),
        [parameters_hash(document)],
    ).to_arrow_table()
    return rows.rename_columns(CANDIDATES_SCHEMA.names).cast(CANDIDATES_SCHEMA)
