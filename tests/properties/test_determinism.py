"""The same rows give the same marts to the byte, in whatever order, files and threads they come.

One build of the sample that the oracles read is held against one that differs from it in all three
at once. That a build on top of another changes nothing is a step of scripts/check, on this sample;
``CROSSBRAND_LONG=1`` tries it here as well, and one thread besides four.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossbrand.marts_hash import hash_marts

from .built_sample import build_sample
from .conftest import Copy

MARTS_ONLY = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
THREADS = (4, 1) if os.environ.get("CROSSBRAND_LONG") == "1" else (4,)

# landing_files lists the files that were read: it must differ where the files do.
ABOUT_FILES = frozenset({"landing_files"})


def hashes(warehouse: Path) -> dict[str, str]:
    """The hash of every mart that is about customers and not about files."""
    return {
        name: content for name, content in hash_marts(warehouse).items() if name not in ABOUT_FILES
    }


def test_order_files_and_threads_change_nothing(
    copy_project: Callable[[], Copy], tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = build_sample(tmp_path_factory.mktemp("first"))
    expected = hashes(first)
    assert len(expected) >= 10
    empty = {name for name, content in expected.items() if content.startswith("0:")}
    # No id has moved yet, nobody has proposed a link, and no record of the sample is doubtful.
    assert {name for name in empty if not name.startswith("audience_")} <= {
        "identity_redirects", "identity_candidates", "doubtful_records",
    }  # fmt: skip
    # Four months are too short for some scenarios, but not for all.
    assert "audience_members" not in empty

    copy = copy_project()
    rows = reshuffle(first.parent / "sample" / "landing", copy.landing)
    assert rows > 10_000, "too few rows to prove anything"
    for threads in THREADS:
        copy.warehouse.unlink(missing_ok=True)
        copy.set_threads(threads)
        copy.build(*MARTS_ONLY)
        assert hashes(copy.warehouse) == expected, f"shuffled rows on {threads} threads differ"
    if len(THREADS) > 1:
        copy.build(*MARTS_ONLY)
        assert hashes(copy.warehouse) == expected, "a second build differs"


def reshuffle(landing: Path, target: Path, seed: int = 5) -> int:
    """Copy the landing with the rows of each brand and load date in another order and other files.

    The partitions stay, since brand and load date are data, and so do the types of the columns:
    files of one schema are mixed with one another. Returns the number of rows.
    """
    chance = random.Random(seed)
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
