"""The same rows give the same marts to the byte, in whatever order, files and threads they come.

And a second build of the same data changes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand import cli

from .conftest import Copy

MARTS_ONLY = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def test_order_files_threads_and_repeats_change_nothing(
    copy_project: Callable[[], Copy], tmp_path: Path
) -> None:
    copy = copy_project()
    sample = ["--people", "300", "--brands", "4", "--days", "120", "--seed", "23"]
    assert cli.main(["generate", *sample, "--out", str(copy.project / "sample")]) == 0
    shuffled = tmp_path / "shuffled"
    assert reshuffle(copy.landing, shuffled) > 10_000, "too few rows to prove anything"

    copy.set_threads(2)
    copy.build(*MARTS_ONLY)
    expected = copy.hashes()
    assert len(expected) >= 10
    empty = {name for name, content in expected.items() if content.startswith("0:")}
    # No id has moved yet, nobody has proposed a link, and no record of the sample is doubtful.
    assert {name for name in empty if not name.startswith("audience_")} <= {
        "identity_redirects", "identity_candidates", "doubtful_records",
    }  # fmt: skip
    # Four months are too short for some scenarios, but not for all.
    assert "audience_members" not in empty

    copy.build(*MARTS_ONLY)
    assert copy.hashes() == expected, "a second build differs"
    for threads in (1, 4):
        copy.warehouse.unlink()
        copy.set_threads(threads)
        copy.build(*MARTS_ONLY, landing=shuffled)
        assert copy.hashes() == expected, f"shuffled rows on {threads} threads differ"


def reshuffle(landing: Path, target: Path) -> int:
    """Copy the landing with the rows of each brand and load date in another order and other files.

    The partitions stay, since brand and load date are data, and so do the types of the columns:
    files of one schema are mixed with one another. Returns the number of rows.
    """
    chance = random.Random(5)
    rows = 0
    for folder in sorted({path.parent for path in landing.rglob("*.parquet")}):
        out = target / folder.relative_to(landing)
        out.mkdir(parents=True)
        by_schema: dict[str, list[pa.Table]] = {}
        for path in sorted(folder.glob("*.parquet")):
            table = pq.ParquetFile(path).read()
            by_schema.setdefault(str(table.schema), []).append(table)
        for tables in by_schema.values():
            table = pa.concat_tables(tables)
            order = list(range(table.num_rows))
            chance.shuffle(order)
            pieces = chance.randint(1, 3)
            for piece in range(pieces):
                chosen = pa.array(order[piece::pieces], pa.int64())
                pq.write_table(table.take(chosen), out / f"z{chance.random()}.parquet")
            rows += table.num_rows
    return rows
