"""Publication by schemas and views (macros/publication), on marts that are worked out by hand.

It runs on DuckDB, whose SQL has schemas and views too. With CROSSBRAND_SPARK_PYTHON, a python that
has dbt-spark (scripts/check-spark makes build/spark/venv), it runs on Spark as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ..tiny_project import make_tiny_project
from . import schema_steps

SPARK_PYTHON = os.environ.get("CROSSBRAND_SPARK_PYTHON")
ENGINES = ["duckdb", *(["spark"] if SPARK_PYTHON else [])]
PROJECT = Path(__file__).resolve().parents[3]

MARTS: dict[str, dict[str, Any]] = {
    "people": {
        "roles": ["activation"],
        "columns": {"customer_id": {}, "email": {"pii": True}, "town": {}},
    },
    "days": {
        "roles": ["activation", "bi"],
        "columns": {
            "day_name": {},
            "amount": {},
            "note": {"pii": True},
            "remark": {},
            "place": {"withheld_from": ["activation"]},
        },
    },
    "stays": {"roles": [], "columns": {"secret": {}}},
}
REFUSED: dict[str, dict[str, Any]] = {
    "orders": {"roles": ["bi"], "columns": {"day_name": {}, "customer_id": {}}},
    "groups": {
        "roles": ["bi"],
        "columns": {"day_name": {}, "member_count": {}},
        "small_groups": [{"people": "member_count"}],
    },
    "counted": {"roles": ["bi"], "columns": {"day_name": {}, "customer_count": {}}},
    "keyless": {
        "roles": ["activation"],
        "key": True,
        "columns": {"email": {"withheld_from": ["activation"]}, "town": {}},
    },
}


class Steps:
    """A project of models that nobody runs, and the operations that are run in it."""

    def __init__(self, folder: Path, engine: str, marts: dict[str, dict[str, Any]]) -> None:
        tiny = make_tiny_project(PROJECT, folder / "project")
        self.folder, self.engine = tiny.folder, engine
        self.steps: list[tuple[str, Any]] = []
        (tiny.macros / "ask.sql").write_text(schema_steps.ASK, encoding="utf-8")
        # So that a call can be stopped before and after the one statement by which readers move.
        path = tiny.macros / "publication" / "publish_generation.sql"
        text = path.read_text(encoding="utf-8")
        swap = "    {%- do crossbrand.point_to("
        assert text.count(swap) == 1
        before, after = text.split(swap)
        line, rest = after.split("\n", 1)
        stop = (
            "    {%%- if crossbrand.single_value('select point from intermediate.stops') == '%s'"
            " -%%}{{ exceptions.raise_compiler_error('stopped') }}{%%- endif -%%}\n"
        )
        path.write_text(
            before + stop % "before" + swap + line + "\n" + stop % "after" + rest, encoding="utf-8"
        )
        models = []
        for name, mart in marts.items():
            (tiny.folder / "models" / f"{name}.sql").write_text("select 1 as one\n")
            columns = [
                {"name": column, "config": {"meta": meta}}
                for column, meta in mart["columns"].items()
            ]
            if "key" in mart:
                columns[0]["data_tests"] = ["unique"]
            meta = {"published_to": mart["roles"], "small_groups": mart.get("small_groups")}
            models.append({"name": name, "config": {"meta": meta, "schema": "marts"},
                           "columns": columns})  # fmt: skip
        (tiny.folder / "models" / "_models.yml").write_text(yaml.safe_dump({"models": models}))
        settings = yaml.safe_load((tiny.folder / "dbt_project.yml").read_text())
        settings["vars"] = {"min_group_size": 5}
        (tiny.folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
        if engine == "spark":
            self._use_spark()
        for schema in ("marts", "intermediate"):
            self.sql(f"create schema if not exists {schema}")
        self.table("intermediate.int_operations__as_of", "cast('2025-07-01' as date) as as_of_at")
        self.table("intermediate.stops", "'nowhere' as point")

    def _use_spark(self) -> None:
        place = self.folder / "spark"
        output = {
            "type": "spark", "method": "session", "host": "localhost", "schema": "main",
            "threads": 1,
            "server_side_parameters": {
                "spark.master": "local[1]",
                "spark.ui.enabled": "false",
                "spark.sql.warehouse.dir": str(place / "warehouse"),
                "spark.hadoop.javax.jdo.option.ConnectionURL":
                    f"jdbc:derby:;databaseName={place}/metastore;create=true",
                "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
                "spark.hadoop.hive.metastore.schema.verification": "false",
                "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={place}/derby.log",
                "spark.sql.sources.default": "parquet",
                "spark.sql.legacy.createHiveTableByDefault": "false",
                "spark.sql.shuffle.partitions": "1",
            },
        }  # fmt: skip
        profile = {"crossbrand": {"target": "spark", "outputs": {"spark": output}}}
        (self.folder / "profiles.yml").write_text(yaml.safe_dump(profile))

    def sql(self, statement: str) -> None:
        self.steps.append(("sql", statement))

    def table(self, name: str, *rows: str) -> None:
        """A table of such rows, in the place of what was there."""
        self.sql(f"drop table if exists {name}")
        query = " union all ".join(f"select {row}" for row in rows)
        self.sql(f"create table {name} as {query}")

    def publish(self, **arguments: Any) -> None:
        self.steps.append(("publish", arguments))

    def run(self) -> list[Any]:
        """The results of what is asked by `sql` and `publish`, in order."""
        python = SPARK_PYTHON if self.engine == "spark" else sys.executable
        finished = subprocess.run(
            [str(python), "-P", schema_steps.__file__, str(self.folder)],
            input=json.dumps(self.steps),
            cwd=self.folder,
            env={
                **os.environ,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "DBT_TARGET_PATH": str(self.folder / "target"),
                "DBT_LOG_PATH": str(self.folder / "logs"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
        found: list[Any] = json.loads((self.folder / "results.json").read_text())
        return [
            result
            for (kind, given), result in zip(self.steps, found, strict=True)
            if kind == "publish" or given.startswith(("select", "show"))
        ]

    def marts_of(self, age: int) -> None:
        """Marts that hold a number everywhere, by which readers can tell their age."""
        self.table(
            "marts.people", f"'c{age}' as customer_id, 'a@b.example' as email, 'Brno' as town"
        )
        self.table(
            "marts.days",
            f"'monday' as day_name, {age} as amount, 'a@b.example' as note, 'plain' as remark, "
            "'shop' as place",
        )


READ = (
    "select (select max(customer_id) from activation.people), "
    "(select max(amount) from activation.days), "
    "(select max(generation_id) from activation._generation)"
)


@pytest.mark.parametrize("engine", ENGINES)
def test_readers_have_the_old_generation_or_the_new_one(tmp_path: Path, engine: str) -> None:
    steps = Steps(tmp_path, engine, MARTS)
    expected: list[Any] = []

    def told(result: Any) -> None:
        expected.append(result)

    # Not one of ours, though it is called like one.
    steps.sql("create schema activation__g0")
    steps.marts_of(1)
    steps.publish(generation="g1")
    told(None)
    steps.sql(READ)
    told([["c1", "1", "g1"]])
    # Activation gets what it needs to reach somebody, and not what is withheld from it.
    steps.sql("select * from activation.days")
    told([["monday", "1", "a@b.example", "plain"]])
    steps.marts_of(2)
    steps.sql(READ)
    told([["c1", "1", "g1"]])
    steps.table("intermediate.stops", "'before' as point")
    steps.publish(generation="g2")
    told("stopped")
    steps.sql(READ)
    told([["c1", "1", "g1"]])
    # The statement by which all readers move is the only one between these two.
    steps.table("intermediate.stops", "'after' as point")
    steps.publish(generation="g2")
    told("stopped")
    steps.sql(READ)
    told([["c2", "2", "g2"]])
    steps.table("intermediate.stops", "'nowhere' as point")
    steps.publish(generation="g2")
    told(None)
    steps.sql(READ)
    told([["c2", "2", "g2"]])
    # A column more, one of another type, and a mart that could not be written.
    steps.table(
        "marts.days",
        "'monday' as day_name, cast('3.5' as decimal(9, 1)) as amount, 'a@b.example' as note, "
        "'plain' as remark, 'shop' as place",
    )
    steps.table("marts.people", "'c3' as customer_id, 'Brno' as town")
    steps.publish(generation="g3")
    told("marts.people has other columns")
    steps.sql(READ)
    told([["c2", "2", "g2"]])
    steps.table("marts.people", "'c3' as customer_id, 'a@b.example' as email, 'Brno' as town")
    steps.publish(generation="g3", kept=2)
    told(None)
    steps.sql(READ)
    told([["c3", "3.5", "g3"]])
    # The first generation is gone; of the two that stay the older can be shown again.
    steps.publish(generation="g2", kept=2)
    told(None)
    steps.sql(READ)
    told([["c2", "2", "g2"]])
    steps.sql(
        "select mart_name, row_count from activation__g3._generation_marts order by mart_name"
    )
    told([["days", "1"], ["people", "1"]])
    schemas = (
        "select schema_name from information_schema.schemata "
        "where schema_name like 'activation%g%' order by 1"
    )
    steps.sql(schemas if engine == "duckdb" else "show schemas like 'activation__g*'")
    told([["activation__g0"], ["activation__g2"], ["activation__g3"]])
    for found, wanted in zip(steps.run(), expected, strict=True):
        if isinstance(wanted, str):
            assert wanted in found
        else:
            assert found == wanted


@pytest.mark.parametrize("engine", ENGINES)
def test_bi_gets_no_person_and_no_mart_that_needs_more_than_sql(
    tmp_path: Path, engine: str
) -> None:
    protected = tmp_path / "bi" / "parquet" / "g"
    protected.mkdir(parents=True)
    for name, query in {
        "days": "select 'monday' as day_name, 9 as amount, 'plain' as remark, 'shop' as place",
        "orders": "select 'monday' as day_name, repeat('ab', 16) as customer_id",
        "groups": "select 'monday' as day_name, cast(null as bigint) as member_count",
        "counted": "select 'monday' as day_name, 7 as customer_count",
    }.items():
        duckdb.execute(f"copy ({query}) to '{protected / name}.parquet' (format parquet)")
    steps = Steps(tmp_path, engine, MARTS | REFUSED)
    steps.marts_of(1)
    steps.table("marts.orders", "'monday' as day_name, 'c1' as customer_id")
    steps.table("marts.groups", "'monday' as day_name, 2 as member_count")
    steps.table("marts.counted", "'a' as day_name, 0 as customer_count", "'b', 5")
    steps.publish(role="bi", generation="g1")
    steps.publish(role="bi", generation="g1", leave_out=True)
    steps.sql("select * from bi.days")
    steps.sql("select mart_name from bi._generation_marts order by 1")
    for remark in ("'call +420777123456'", "'ask a@b.example'", "'" + "ab" * 16 + "'"):
        steps.table(
            "marts.days",
            f"'monday' as day_name, 2 as amount, 'x' as note, {remark} as remark, 'shop' as place",
        )
        steps.publish(role="bi", generation="g2", leave_out=True)
    steps.marts_of(2)
    steps.table("marts.counted", "'a' as day_name, 4 as customer_count")
    steps.publish(role="bi", generation="g2", leave_out=True)
    steps.sql("select max(amount) from bi.days")
    steps.publish(role="activation", generation="g2")
    steps.publish(role="activation", generation="g2", protected=str(protected))
    steps.publish(role="bi", generation="g3", protected=str(protected))
    steps.sql("select (select max(amount) from bi.days), (select max(customer_id) from bi.orders)")
    # Were the ids of the folder those of the marts, it would protect nobody.
    steps.table("marts.orders", f"'monday' as day_name, '{'ab' * 16}' as customer_id")
    steps.publish(role="bi", generation="g4", protected=str(protected))
    results = steps.run()
    refused, left_out, rows, names, phone, address, digest, few, kept, keyless = results[:10]
    other, whole, shown, plain = results[10:]
    assert "orders (keyed ids: customer_id)" in refused
    assert "groups (small groups)" in refused
    assert "days (" not in refused
    assert left_out is None
    # The note is personal; `place` is withheld from activation alone.
    assert rows == [["monday", "1", "plain", "shop"]]
    assert names == [["counted"], ["days"]]
    assert "days.remark holds a phone number in 1 rows" in phone
    assert "days.remark holds an e-mail address in 1 rows" in address
    assert "days.remark holds a hash without a key in 1 rows" in digest
    assert "counted.customer_count counts fewer people than min_group_size in 1 rows" in few
    assert kept == [["1"]]
    assert "keyless cannot go to activation, which may not have email: it is part of" in keyless
    assert "is no folder that `crossbrand publish --parquet` writes for activation" in other
    assert whole is None
    assert shown == [["9", "ab" * 16]]
    assert "orders.customer_id holds 1 ids without a key" in plain
