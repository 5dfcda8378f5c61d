"""`crossbrand retain` on whole builds, with CROSSBRAND_LONG=1; the short form is in test_erase.py.

A generated sample with rows planted beside it: what is over age has left the marts already, and
now leaves every file. Nothing else of the marts may change for that, and a build that goes on from
there must give what a full refresh gives.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import yaml
from rich.console import Console

from crossbrand.build import BuildOptions, build
from crossbrand.generate import generate
from crossbrand.marts_hash import hash_marts
from crossbrand.paths import open_warehouse
from crossbrand.privacy import audit
from crossbrand.privacy.over_age import find_over_age
from crossbrand.privacy.places import privacy_folder
from crossbrand.privacy.rows import RowReader

from ..project_copy import PROJECT
from .ageing import VALUES, plant_aged, planted_texts, set_days
from .killed import run_killed
from .project import Grounds
from .search import find_texts

FEEDS = (*VALUES, "orders", "order_lines")
DAYS, KILLS = 200, 3
IS_LONG = bool(os.environ.get("CROSSBRAND_LONG"))

# What tells of files and landed rows, of which there are fewer.
OF_THE_LANDING = {
    "doubtful_records", "landing_files", "landing_freshness", "landing_profile", "landing_quality",
    "landing_retention", "rejected_records",
}  # fmt: skip


def real_build(grounds: Grounds, *, full_refresh: bool = False) -> None:
    said = io.StringIO()
    options = BuildOptions(accept_changes=True, parquet=True, full_refresh=full_refresh)
    done = build(grounds.paths, Console(file=said, width=200), options)
    assert done, said.getvalue()


def marts(warehouse: Path) -> dict[str, str]:
    """Hash by mart, but for those of the landing."""
    found = hash_marts(warehouse)
    return {name: text for name, text in found.items() if name not in OF_THE_LANDING}


def history(warehouse: Path) -> list[tuple[object, ...]]:
    """The remembered figures of days."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute("from marts.kpi_history order by all").fetchall()


def what_is_over_age_leaves_every_file(tmp_path: Path) -> None:
    random.seed(3)
    grounds = Grounds(tmp_path / "project")
    folder = grounds.project
    shutil.copytree(
        PROJECT / "great_expectations",
        folder / "great_expectations",
        ignore=shutil.ignore_patterns("uncommitted"),
    )
    profile = yaml.safe_load((folder / "profiles.yml").read_text(encoding="utf-8"))
    profile["crossbrand"]["outputs"]["duckdb"]["settings"]["force_compression"] = "uncompressed"
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    generate(people=80, brands=4, days=365, seed=8, out=folder / "sample",
             project_dir=folder, progress=False)  # fmt: skip
    shutil.rmtree(folder / "sample" / "truth")
    plant_aged(grounds.landing, FEEDS)
    set_days(folder, FEEDS, DAYS)
    real_build(grounds)
    aged = planted_texts(grounds.landing, "zqaged") | {"zqagedheader1"}
    young = planted_texts(grounds.landing, "zqyoung")
    assert set(find_texts(folder, aged)) == aged, "the search finds them before"
    assert set(find_texts(grounds.landing, young)) == young
    before = marts(grounds.warehouse)
    remembered = history(grounds.warehouse)
    with open_warehouse(grounds.warehouse) as connection:
        found = find_over_age(connection, RowReader(folder), grounds.paths)
    assert set(found.feeds) >= set(FEEDS) - {"campaign_controls"}
    assert {feed: found.warehouse[feed] for feed in FEEDS if feed in found.feeds} == {
        feed: found.feeds[feed] for feed in FEEDS if feed in found.feeds
    }, "the warehouse holds what has landed"

    arguments = [sys.executable, "-m", "crossbrand.cli", "retain"]
    preview = subprocess.run(
        [*arguments, "--dry-run"], cwd=folder, capture_output=True, text=True, check=True
    )
    for feed in FEEDS:
        assert feed in preview.stdout
    assert set(find_texts(folder, aged)) == aged, "a preview changes nothing"
    assert run_killed(arguments, folder, KILLS, (2, 40)), "no kill came in time"

    assert find_texts(folder, aged) == {}
    assert set(find_texts(grounds.landing, young)) == young
    assert marts(grounds.warehouse) == before
    assert history(grounds.warehouse) == remembered
    lines = audit.entries(privacy_folder(grounds.paths).audit)
    events = [line["event"] for line in lines if line["event"].startswith("retention")]
    assert events[-1] == "retention_done"
    assert "zq" not in json.dumps(lines)

    # A file that lands afterwards: the same by one more build as from nothing.
    place = grounds.landing / "reviews" / "brand=aster" / "load_date=2025-07-20"
    shutil.copytree(grounds.landing / "reviews" / "brand=aster" / "load_date=2025-05-01", place)
    real_build(grounds)
    grown = hash_marts(grounds.warehouse)
    real_build(grounds, full_refresh=True)
    assert hash_marts(grounds.warehouse) == grown


if IS_LONG:
    test_what_is_over_age_leaves_every_file = what_is_over_age_leaves_every_file
