"""The whole of it, with CROSSBRAND_LONG=1: 200 people among a generated sample, real builds.

    CROSSBRAND_LONG=1 pytest tests/properties/privacy

Half an hour on two busy cores. The command is killed at random moments until it ends by itself.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import sys
from pathlib import Path

import duckdb
import psycopg
import yaml
from psycopg import sql
from rich.console import Console

from crossbrand.build import BuildOptions, build
from crossbrand.generate import generate
from crossbrand.privacy.marks import load_list
from crossbrand.privacy.places import privacy_folder
from crossbrand.privacy.suppress import scrub_landing
from crossbrand.publish.postgres import publish_to_postgres

from ..postgres_server import address
from ..project_copy import PROJECT
from .killed import run_killed
from .planting import plant, plant_elsewhere
from .project import Grounds
from .search import Needles, find_texts

__all__ = ["address"]
PEOPLE, SAMPLE, KILLS = 200, 150, 5
IS_LONG = bool(os.environ.get("CROSSBRAND_LONG"))


def others(warehouse: Path, mine: set[str]) -> dict[tuple[str, str, str], str]:
    """Customer by record, of people of the sample."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select brand_id, feed, record_id, customer_id from marts.customer_records "
            "where customer_id is not null"
        ).fetchall()
    return {(row[0], row[1], row[2]): row[3] for row in rows if row[2] not in mine}


def real_build(grounds: Grounds) -> None:
    said = io.StringIO()
    done = build(
        grounds.paths,
        Console(file=said, width=200),
        BuildOptions(accept_changes=True, parquet=True),
    )
    assert done, said.getvalue()


def in_postgres(address: str, texts: set[str]) -> set[str]:
    """Those of the texts that stand in any table of the database that is not its own."""
    found: set[str] = set()
    needles = Needles(texts)
    with psycopg.connect(address) as server:
        for schema, table in server.execute(
            "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|information_)'"
        ).fetchall():
            query = sql.SQL("copy {} to stdout").format(sql.Identifier(schema, table))
            with server.cursor().copy(query) as rows:
                found |= needles.find(b"".join(bytes(block) for block in rows))
    return found


def two_hundred_people_in_a_sample(tmp_path: Path, address: str) -> None:
    random.seed(9)
    grounds, garden = Grounds(tmp_path / "project"), plant(PEOPLE)
    folder = grounds.project
    shutil.copytree(
        PROJECT / "great_expectations",
        folder / "great_expectations",
        ignore=shutil.ignore_patterns("uncommitted"),
    )
    shutil.copytree(PROJECT / "destinations", folder / "destinations")
    profile = yaml.safe_load((folder / "profiles.yml").read_text(encoding="utf-8"))
    # Bytes of a compressed column could not be searched.
    profile["crossbrand"]["outputs"]["duckdb"]["settings"]["force_compression"] = "uncompressed"
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    generate(people=SAMPLE, brands=4, days=365, seed=7, out=folder / "sample",
             project_dir=folder, progress=False)  # fmt: skip
    garden.write(grounds.landing)
    shutil.rmtree(folder / "sample" / "truth")
    original = tmp_path / "original"
    shutil.copytree(grounds.landing, original)

    real_build(grounds)
    plant_elsewhere(garden, folder)
    publish_to_postgres(grounds.paths, Console(file=io.StringIO()), address)
    assert len(in_postgres(address, garden.texts())) > PEOPLE
    before = find_texts(folder, garden.texts())
    assert set(before) == garden.texts(), "the search finds everybody before"
    ids = {
        record for person in (*garden.erased, *garden.relatives) for _, _, record in person.records
    }
    sample_before = others(grounds.warehouse, ids)

    arguments = [sys.executable, "-m", "crossbrand.cli", "erase", "--all-pending"]
    environment = {"CROSSBRAND_POSTGRES": address}
    assert run_killed(arguments, folder, KILLS, (3, 60), environment), "no kill came in time"
    assert find_texts(folder, garden.texts()) == {}
    assert in_postgres(address, garden.texts()) == set()
    assert others(grounds.warehouse, ids) == sample_before

    # The same files come again, and are built from.
    shutil.copytree(original, grounds.landing, dirs_exist_ok=True)
    refused = grounds.dbt("run", "--select", "stg_contact__contacts")
    assert refused.exit_code
    assert scrub_landing(grounds.paths, Console(file=io.StringIO())) is not None
    real_build(grounds)
    assert find_texts(folder, garden.texts()) == {}
    assert others(grounds.warehouse, ids) == sample_before

    # The key stands in its file and nowhere else: not in logs, targets, compiled SQL, manifest.
    grounds.succeed("build", "--select", "brands", environment={"DBT_WRITE_JSON": "true"})
    place = privacy_folder(grounds.paths)
    secret = (place.keys / "suppression.key").read_text(encoding="utf-8").split()[1]
    assert find_texts(place.keys, [secret]) == {secret: {"suppression.key"}}
    assert find_texts(folder, [secret]) == {}
    assert not load_list(place).is_empty


if IS_LONG:
    test_two_hundred_people_in_a_sample = two_hundred_people_in_a_sample
