"""Loads by file on Iceberg tables, which change in one step, and compares their rows with DuckDB's.

`python -m tests.properties.spark.merges FOLDER` needs FOLDER/landing, a landing of text, Iceberg as
the catalog of Spark (scripts/check-spark merges), and builds in FOLDER. After the first load and
each change both tables must have the rows of DuckDB's, and Iceberg's own history must show that
each of them was changed by so many steps as it should be, of the right kind. At last a build is
killed in the middle of a merge, which must leave no trace, and the next one goes on from there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from tests.properties.spark.kills import BASE, SESSIONS, Delivery, Kill, compare, run, run_until

FORMAT = ["--vars", "{spark_file_format: iceberg}"]
TABLES = {f"staging.{BASE}": "base", f"intermediate.{SESSIONS}": "sessions"}
MERGED, APPENDED, OVERWRITTEN = "merge into", "insert into", "insert overwrite table"
EMPTIED = "delete from"
OPERATIONS = {MERGED: "overwrite", APPENDED: "append", OVERWRITTEN: "overwrite", EMPTIED: "delete"}
"""What Iceberg's history says of a table that a statement has changed."""


@dataclass
class Change:
    """What is delivered before a build, and by which statements that shall change both tables."""

    delivery: str
    base: list[str]
    sessions: list[str]


CHANGES = [
    Change("fresh", [APPENDED], [APPENDED]),
    Change("again", [MERGED], [MERGED]),
    # Rows of before may be wrong now, so the feed is read from the start.
    Change("replaced", [EMPTIED, APPENDED], [OVERWRITTEN]),
]


def write_rows(folder: Path) -> None:
    """Write both tables' rows and histories to FOLDER/exported, by Spark.

    Iceberg's folders hold the files of older states too, so that only an engine can tell the rows.
    """
    from pyspark.sql import SparkSession

    place = folder / "spark"
    metastore = f"jdbc:derby:;databaseName={place}/metastore"
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in {
        "spark.master": "local[1]",
        "spark.ui.enabled": "false",
        "spark.log.level": "ERROR",
        "spark.sql.warehouse.dir": f"{place}/warehouse",
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
        "spark.hadoop.hive.metastore.schema.verification": "false",
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={place}/derby.log",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    for table in TABLES:
        schema, name = table.split(".")
        exported = folder / "exported"
        rows, history = exported / f"{schema}.db" / name, exported / "history" / table
        spark.table(table).write.mode("overwrite").parquet(str(rows))
        steps = spark.table(f"{table}.snapshots").select("committed_at", "operation")
        steps.write.mode("overwrite").parquet(str(history))


def export(folder: Path) -> dict[str, list[str]]:
    """Write both tables' rows and return their histories, oldest first.

    A process of its own, since the metastore can be opened by one only.
    """
    command = [sys.executable, "-m", "tests.properties.spark.merges", str(folder), "export"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr[-3000:])
    histories = {}
    for table in TABLES:
        steps = pq.read_table(folder / "exported" / "history" / table).sort_by("committed_at")
        histories[table] = steps["operation"].to_pylist()
    return histories


def statements_of(log: str, table: str) -> list[str]:
    """The statements of a build that change rows of the table itself, in their order."""
    listed = "|".join(OPERATIONS)
    return re.findall(rf"^\s*({listed}) {re.escape(table)}(?: |$)", log, re.MULTILINE)


def check(
    change: Change, log: str, before: dict[str, list[str]], now: dict[str, list[str]]
) -> bool:
    """Whether each table was changed by the statements it should be, and each left one step."""
    is_right = True
    for table, name in TABLES.items():
        wanted = getattr(change, name)
        made, steps = statements_of(log, table), now[table][len(before[table]) :]
        print(f"{change.delivery}: {table}: {', '.join(made)}; history: {', '.join(steps)}")
        if made != wanted or steps != [OPERATIONS[statement] for statement in wanted]:
            print(f"but should be: {', '.join(wanted)}")
            is_right = False
    return is_right


def main(arguments: list[str]) -> int:
    """Deliver, build, compare and kill; 1 where anything differs."""
    folder = Path(arguments[0]).absolute()
    if arguments[1:] == ["export"]:
        write_rows(folder)
        return 0
    before = ["+stg_privacy__retention_cuts"]
    models = [BASE, "stg_engagement__events", SESSIONS, *FORMAT]
    delivery = Delivery(folder / "landing")
    delivery.deliver("fresh")
    for target in ("spark", "duckdb"):
        run(folder, target, [*before, *models], f"log-{target}")
    histories = export(folder)
    print("first load:", histories, flush=True)
    is_equal = compare(folder, folder / "exported")
    for number, change in enumerate(CHANGES):
        delivery.deliver(change.delivery)
        log = run(folder, "spark", models, f"log-spark-{number}")
        run(folder, "duckdb", models, "log-duckdb")
        held, histories = histories, export(folder)
        is_equal = check(change, log, held, histories) and is_equal
        is_equal = compare(folder, folder / "exported") and is_equal
    delivery.deliver("again")
    run_until(folder, Kill("again", rf"merge into staging\.{BASE} "), models, "log-kill")
    log = run(folder, "spark", models, "log-spark-killed")
    run(folder, "duckdb", models, "log-duckdb")
    held, histories = histories, export(folder)
    is_equal = check(Change("killed", [MERGED], [MERGED]), log, held, histories) and is_equal
    is_equal = compare(folder, folder / "exported") and is_equal
    print("All are equal after all changes." if is_equal else "Something differs.")
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
