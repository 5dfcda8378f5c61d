"""A published generation made by hand, by the interface that a sync reads, without a build.

`World` holds plain rows; `publish` writes them as a generation of the role `activation` and swaps
the symlink, as publication does. `land` writes files of consents and requests into the landing.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import os
import random
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[3]
FLAGS = ("email", "sms", "call", "letter", "web_push", "app_push")
BUILT_AT = dt.datetime(2026, 1, 1, 6)
GRANTED_AT = dt.datetime(2025, 3, 1)

# Name, type, purpose and whether personal, in the order of the mart.
PROFILE_COLUMNS: list[tuple[str, str, str, bool]] = [
    ("email", "varchar", "marketing", True),
    ("phone", "varchar", "marketing", True),
    ("loyalty_card_id", "varchar", "marketing", True),
    ("first_name", "varchar", "marketing", True),
    ("last_name", "varchar", "marketing", True),
    ("birth_date", "date", "marketing", True),
    ("gender", "varchar", "marketing", False),
    ("city", "varchar", "marketing", False),
    ("country_code", "varchar", "marketing", False),
    ("language_code", "varchar", "marketing", False),
    ("lifecycle_stage", "varchar", "profiling", False),
    ("rfm_segment", "varchar", "profiling", False),
    ("activity_tier", "varchar", "profiling", False),
    ("cross_brand_tier", "varchar", "profiling", False),
    ("preferred_channel", "varchar", "profiling", False),
    ("best_hour", "integer", "profiling", False),
    ("loyalty_tier", "varchar", "marketing", False),
    ("points_balance", "decimal(18,2)", "marketing", False),
    ("first_order_at", "timestamp", "marketing", False),
    ("last_order_at", "timestamp", "marketing", False),
    ("order_count", "bigint", "marketing", False),
    ("net_amount", "decimal(18,2)", "marketing", False),
    ("churn_risk_band", "varchar", "profiling", False),
    ("expected_orders_90_days", "decimal(18,4)", "profiling", False),
    *((f"may_contact_{name}", "boolean", "marketing", False) for name in FLAGS),
    ("audiences", "varchar", "profiling", False),
]
PROFILE_NAMES = [name for name, *_ in PROFILE_COLUMNS]
TABLES = {
    "sync_profiles": "customer_id varchar, brand_id varchar, "
    + ", ".join(f"{name} {kind}" for name, kind, *_ in PROFILE_COLUMNS)
    + ", row_hash varchar",
    "contactability": "customer_id varchar, brand_id varchar, channel varchar, "
    "may_contact boolean, reason varchar, is_suspect boolean, consent_decided_at timestamp, "
    "unsubscribed_at timestamp",
    "customer_identifiers": "customer_id varchar, identifier_type varchar, "
    "identifier_value varchar, brand_id varchar, unusable_reason varchar",
    "audience_members": "audience_name varchar, customer_id varchar, brand_id varchar, "
    "entered_at timestamp, channel varchar, send_at_hour integer, send_at_weekday integer, "
    "is_held_out boolean",
    "identity_redirects": "redirect_id varchar, old_customer_id varchar, new_customer_id varchar, "
    "reason varchar, is_old_id_alive boolean, redirected_at timestamp, "
    "earlier_redirect_count bigint, moved_identifier_count bigint",
    "_generation": "generation_id varchar, role varchar, as_of_at timestamp, built_at timestamp, "
    "code_version varchar",
    "_generation_files": "feed varchar, brand_id varchar, load_date date, file_name varchar, "
    "row_count bigint, size_bytes bigint",
}
Row = dict[str, Any]


def customer_id(number: int) -> str:
    """An id that looks like the project's: a hash."""
    return hashlib.md5(str(number).encode()).hexdigest()


def profile(number: int, brand_id: str = "aster", **given: Any) -> Row:
    """Somebody who may be written to on every channel; the same number gives the same person."""
    chance = random.Random(number)
    row: Row = {
        "customer_id": customer_id(number),
        "brand_id": brand_id,
        "email": f"person.{number}@example.com",
        "phone": f"+4207{70_000_000 + number:08d}"[:13],
        "loyalty_card_id": f"9{number:010d}",
        "first_name": chance.choice(["Jana", "Petr", "Zoë", "=cmd()"]),
        "last_name": chance.choice(["Nováková", "O'Brien", "Łoś"]),
        "birth_date": dt.date(1960, 1, 1) + dt.timedelta(days=chance.randrange(15_000)),
        "gender": chance.choice(["female", "male", None]),
        "city": chance.choice(["Praha", "Brno", None]),
        "country_code": "CZ",
        "language_code": "cs",
        "lifecycle_stage": chance.choice(["repeat", "at_risk"]),
        "rfm_segment": chance.choice(["champions", "lost"]),
        "activity_tier": "high",
        "cross_brand_tier": "high_in_one",
        "preferred_channel": "email",
        "best_hour": chance.randrange(24),
        "loyalty_tier": chance.choice(["gold", None]),
        "points_balance": chance.randrange(100_000) / 100,
        "first_order_at": dt.datetime(2025, 1, 1, 12),
        "last_order_at": dt.datetime(2025, 6, 1, 12, 30, 15),
        "order_count": chance.randrange(50),
        "net_amount": chance.randrange(1_000_000) / 100,
        "churn_risk_band": "low",
        "expected_orders_90_days": 0.25,
        "audiences": "reward",
        **{f"may_contact_{name}": True for name in FLAGS},
    }
    return {**row, **given}


@dataclass
class World:
    """The rows of one generation."""

    profiles: list[Row] = field(default_factory=list)
    contactability: list[Row] | None = None
    """Rows; by default what the profiles themselves permit."""

    identifiers: list[Row] | None = None
    """Rows; by default the addresses of the profiles."""

    members: list[Row] = field(default_factory=list)
    redirects: list[Row] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """Landing files that the generation has read, relative to the landing."""

    def rows(self) -> dict[str, list[Row]]:
        """By table."""
        contactability = self.contactability
        if contactability is None:
            contactability = [
                {
                    "customer_id": row["customer_id"],
                    "brand_id": row["brand_id"],
                    "channel": name,
                    "may_contact": row[f"may_contact_{name}"],
                    "is_suspect": False,
                    "consent_decided_at": GRANTED_AT if row[f"may_contact_{name}"] else None,
                }
                for row in self.profiles
                for name in FLAGS
            ]
        identifiers = self.identifiers
        if identifiers is None:
            identifiers = [
                {
                    "customer_id": row["customer_id"],
                    "identifier_type": kind,
                    "identifier_value": row[kind],
                    "brand_id": row["brand_id"] if kind == "loyalty_card_id" else None,
                }
                for row in self.profiles
                for kind in ("email", "phone", "loyalty_card_id")
                if row[kind]
            ]
        return {
            "sync_profiles": self.profiles,
            "contactability": contactability,
            "customer_identifiers": identifiers,
            "audience_members": self.members,
            "identity_redirects": self.redirects,
        }


@dataclass
class Stage:
    """A project folder, a landing and a published folder of one test."""

    root: Path
    generations: int = 0

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def published(self) -> Path:
        return self.root / "data" / "published"

    @property
    def state(self) -> Path:
        return self.root / "data" / "sync_state.sqlite"

    @property
    def deletions(self) -> Path:
        return self.root / "data" / "deletions.jsonl"

    def environment(self) -> dict[str, str]:
        """What the command line reads."""
        return {
            "CROSSBRAND_PROJECT": str(self.project),
            "CROSSBRAND_LANDING": str(self.landing),
            "CROSSBRAND_PUBLISHED": str(self.published),
        }

    def publish(self, world: World, built_at: dt.datetime = BUILT_AT) -> Path:
        """Write a generation and make it the current one."""
        self.generations += 1
        name = f"20260101T0600{self.generations:02d}Z-{self.generations:08x}"
        folder = self.published / "activation"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.duckdb"
        generation = {
            "generation_id": name,
            "role": "activation",
            "as_of_at": built_at,
            "built_at": built_at,
            "code_version": "test",
        }
        files = []
        for relative in world.files:
            feed, brand, load_date, _ = relative.split("/")
            files.append(
                {
                    "feed": feed,
                    "brand_id": brand.split("=")[1],
                    "load_date": load_date.split("=")[1],
                    "file_name": relative,
                    "row_count": 0,
                    "size_bytes": size_of(self.landing / relative),
                }
            )
        rows = {**world.rows(), "_generation": [generation], "_generation_files": files}
        with duckdb.connect(str(path), config={"threads": 1}) as connection:
            tables = "".join(f"create table {name} ({types});" for name, types in TABLES.items())
            connection.execute(f"begin; {tables}")
            for table in TABLES:
                insert(connection, table, rows[table])
            connection.execute("commit")
        current = folder / "current"
        swapped = folder / ".current"
        swapped.unlink(missing_ok=True)
        swapped.symlink_to(path.name)
        swapped.replace(current)
        return path

    def land(
        self, feed: str, rows: Sequence[Row], brand: str = "aster", day: str = "2026-01-02"
    ) -> Path:
        """A landing file, all text; returns its path."""
        folder = self.landing / feed / f"brand={brand}" / f"load_date={day}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{len(list(folder.iterdir())):03d}.parquet"
        names = sorted({name for row in rows for name in row})
        table = {
            name: pa.array(
                [None if row.get(name) is None else str(row[name]) for row in rows], pa.string()
            )
            for name in names
        }
        pq.write_table(pa.table(table), path)
        return path

    def allow(self, names: Iterable[str] = PROFILE_NAMES) -> None:
        """Write the allow-list."""
        listed = set(names)
        with (self.project / "seeds" / "sync_fields.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["field_name", "purpose", "is_personal", "description"])
            for name, _, purpose, is_personal in PROFILE_COLUMNS:
                if name in listed:
                    writer.writerow([name, purpose, str(is_personal).lower(), "as in the mart"])


def size_of(path: Path) -> int | None:
    """As publication records it: none where the file has gone."""
    return path.stat().st_size if path.is_file() else None


def settings_of_the_user() -> list[str]:
    """Environment variables that would reach into a test: addresses, secrets, places."""
    kept = {"CROSSBRAND_LONG", "CROSSBRAND_BUILT"}
    return [name for name in os.environ if name.startswith("CROSSBRAND_") and name not in kept]


def make_stage(root: Path) -> Stage:
    """A project folder with what a sync reads of it; macros and zero rows are the real ones."""
    stage = Stage(root)
    (stage.project / "seeds").mkdir(parents=True)
    (stage.project / "models").mkdir()
    (stage.project / "dbt_project.yml").write_text("name: crossbrand\n")
    (stage.project / "macros").symlink_to(ROOT / "macros")
    (stage.project / "models" / "staging").symlink_to(ROOT / "models" / "staging")
    shutil.copytree(ROOT / "destinations", stage.project / "destinations")
    for name in ("brands.csv", "channels.csv"):
        shutil.copy2(ROOT / "seeds" / name, stage.project / "seeds" / name)
    stage.landing.mkdir()
    stage.allow()
    return stage


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Insert rows by column name; a column that a row lacks is null."""
    if not rows:
        return
    columns = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
    data = pa.table({name: [row.get(name) for row in rows] for name in columns})
    connection.register("given", data)
    connection.execute(f"insert into {table} select * from given")
    connection.unregister("given")
