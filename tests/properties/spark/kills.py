"""Kills builds on Spark while they load by file, and compares what later builds make of it.

`python -m tests.properties.spark.kills FOLDER` needs FOLDER/landing, a landing of text, and builds
in FOLDER. Each time something is delivered, a build is begun, and its processes are killed as soon
as dbt's log shows a certain statement: while a table is emptied, appended to, written beside
and written over, or between two of these. The next build must say that it found what was left, and
is killed at the next place. In between and at the end a build runs through, and then the tables
must have the rows of DuckDB's, which were built of the same deliveries without a kill.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand.spark.compare import compare_schema

PROJECT = Path(__file__).resolve().parents[3]
BASE, SESSIONS = "base_engagement__events", "int_engagement__session_events"
BUILD = ["dbt", "build", "--exclude-resource-type", "test", "unit_test"]
OWN = ("version_hash", "landing_file_id", "reading_id", "read_number")
AGAIN, ANEW = "Writing .* again from", "Making .* anew"


@dataclass
class Kill:
    """What is delivered before a build, the statement at which it is killed, and what it found.

    delivery: fresh (events that are new), again (events that came before, on another device) or
    replaced (a file of before has other rows); found: what its log says of the kill before it.
    """

    delivery: str
    statement: str
    found: str | None = None


KILLS = [
    [
        Kill("replaced", rf"truncate table staging\.{BASE}$"),
        Kill("fresh", rf"insert into staging\.{BASE} ", ANEW),
        Kill("fresh", rf"(?s)insert into staging\.{BASE} .*drop table staging\.{BASE}__un", ANEW),
    ],
    [
        Kill("again", rf"insert into staging\.{BASE}__new "),
        Kill("again", rf"insert into staging\.{BASE}__rewritten "),
        Kill("again", rf"insert overwrite table staging\.{BASE} "),
        Kill("again", rf"drop table staging\.{BASE}__whole", AGAIN),
        Kill("again", rf"drop table if exists intermediate\.{SESSIONS}__retention"),
        Kill("again", rf"insert overwrite table intermediate\.{SESSIONS} "),
    ],
]
"""The next build meets what a killed one left; after a row of kills all is compared."""
FOUND_LAST = [ANEW, AGAIN]
"""What the build that runs through after a row of kills says of the last of them."""


class Delivery:
    """Events that are delivered one file a day, made of one that landed.

    Each day is a later one: which of two versions of one day counts is the engine's own choice.
    """

    def __init__(self, landing: Path) -> None:
        """Take the longest file of events of a brand that the seeds know as the pattern."""
        self.brand = landing / "events" / "brand=aster"
        files = sorted(self.brand.rglob("*.parquet"))
        longest = max(files, key=lambda file: (pq.read_metadata(file).num_rows, file))
        self.pattern = pq.read_table(longest, partitioning=None).slice(0, 40)
        self.last_day = date.fromisoformat(max(file.parent.name for file in files)[-10:])
        self.count = 0

    def deliver(self, kind: str) -> None:
        """Write one file of the kind; the first one again where a file is replaced."""
        self.count += 1
        rows = self.pattern.to_pylist()
        for place, row in enumerate(rows):
            if kind == "fresh":
                row["event_id"] = f"killed-{self.count}-{place}"
            row["device_id"] = f"device-{self.count}-{place % 5}"
        day = self.last_day + timedelta(days=1 if kind == "replaced" else self.count)
        file = self.brand / f"load_date={day}" / "delivery.parquet"
        file.parent.mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=self.pattern.schema), file)


def build(folder: Path, target: str, selected: list[str], log: str) -> subprocess.Popen[bytes]:
    """Begin a build in a process group of its own; its log is FOLDER/LOG/dbt.log."""
    environment = {
        **os.environ,
        "CROSSBRAND_LANDING": str(folder / "landing"),
        "CROSSBRAND_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "CROSSBRAND_SPARK": str(folder / "spark"),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(folder / f"target-{target}"),
        "DBT_LOG_PATH": str(folder / log),
    }
    shutil.rmtree(folder / log, ignore_errors=True)
    with (folder / f"{log}.out").open("wb") as output:
        return subprocess.Popen(
            [*BUILD, "--target", target, "--threads", "1", "--select", *selected],
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run(folder: Path, target: str, selected: list[str], log: str) -> str:
    """Build to the end and return dbt's log; exits where the build fails."""
    if build(folder, target, selected, log).wait() != 0:
        sys.exit((folder / f"{log}.out").read_text()[-3000:])
    return (folder / log / "dbt.log").read_text()


def run_until(folder: Path, kill: Kill, selected: list[str], log: str) -> bool:
    """Build on Spark until dbt's log shows the statement, and kill; whether `found` was said."""
    process = build(folder, "spark", selected, log)
    file = folder / log / "dbt.log"
    while process.poll() is None:
        text = file.read_text() if file.is_file() else ""
        if re.search(kill.statement, text, re.MULTILINE):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return has_said(kill.found, text, f"killed at /{kill.statement}/")
        time.sleep(0.02)
    sys.exit(f"No build came to /{kill.statement}/: {folder / log}.out")


def has_said(found: str | None, text: str, what: str) -> bool:
    """Whether the log tells what the build has found; prints that it was killed or ran through."""
    is_said = found is None or re.search(found, text) is not None
    print(what, "" if is_said else f"but never said /{found}/", flush=True)
    return is_said


def compare(folder: Path, spark_warehouse: Path) -> bool:
    """Print each difference between the engines' tables of both models."""
    is_equal = True
    for schema, table in (("staging", BASE), ("intermediate", SESSIONS)):
        for comparison in compare_schema(
            folder / "warehouse.duckdb",
            spark_warehouse,
            schema,
            PROJECT,
            [table],
            without=OWN,
            values_only=True,
        ):
            print(f"{comparison.table}: {comparison.row_count} rows", *comparison.differences)
            is_equal = is_equal and not comparison.differences and comparison.row_count > 0
    return is_equal


def main(arguments: list[str]) -> int:
    """Deliver, kill, build and compare; 1 where anything differs."""
    folder = Path(arguments[0]).absolute()
    delivery = Delivery(folder / "landing")
    delivery.deliver("fresh")
    before, models = ["+stg_privacy__retention_cuts"], [BASE, "stg_engagement__events", SESSIONS]
    for target in ("spark", "duckdb"):
        run(folder, target, [*before, *models], f"log-{target}")
    is_equal = compare(folder, folder / "spark" / "warehouse")
    for number, row in enumerate(KILLS):
        for place, kill in enumerate(row):
            delivery.deliver(kill.delivery)
            log = f"log-kill-{number}-{place}"
            is_equal = run_until(folder, kill, models, log) and is_equal
        text = run(folder, "spark", models, f"log-whole-{number}")
        is_equal = has_said(FOUND_LAST[number], text, "ran through") and is_equal
        run(folder, "duckdb", models, "log-duckdb")
        is_equal = compare(folder, folder / "spark" / "warehouse") and is_equal
    print("All are equal after all kills." if is_equal else "Something differs.")
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
