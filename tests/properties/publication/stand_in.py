"""A small project and warehouses for it, so that a publishing takes a tenth of a second.

Every version of the warehouse has other rows, and one truth that spans its marts: the customers'
amounts add up to the days' amounts, and all rows are of one version. A reader who sees marts of two
versions sees that broken. dbt and the checkpoints are stood in for: their own tests prove them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from rich.console import Console

from crossbrand import build as build_module
from crossbrand.build import BuildOptions, build
from crossbrand.dbt_runner import DbtOutcome
from crossbrand.paths import Paths
from crossbrand.validate.run import Report, Verdict

CONTENT = Report([Verdict("publication", 1, [])])
STOP = Report([Verdict("publication", 1, [("stop", "all: 0 customers.")])])

MARTS = """
models:
  - name: customer_360
    description: One row per customer.
    config:
      meta:
        published_to: [bi, activation]
    columns:
      - name: customer_id
        description: Who.
        data_tests: [unique]
      - name: email
        description: Where to write to.
        config:
          meta:
            pii: true
      - name: town
        description: Where they live.
        config:
          meta:
            withheld_from: [bi]
      - name: net_amount
        description: What they paid.
      - name: version
        description: The build that the row is of.
  - name: kpi_daily
    description: One row per day.
    config:
      meta:
        published_to: [bi, activation]
    data_tests:
      - unique_combination:
          arguments:
            columns: [kpi_date]
    columns:
      - name: kpi_date
        description: The day.
      - name: order_count
        description: Orders of the day.
      - name: net_amount
        description: What was paid on it.
      - name: version
        description: The build that the row is of.
  - name: steward_notes
    description: One row per note; it says nothing of roles, so nobody gets it.
    columns:
      - name: note
        description: Whatever a steward wrote.
"""


def make_paths(folder: Path) -> Paths:
    """A project with the stand-in marts, and places for everything it works with."""
    project = folder / "project"
    (project / "models" / "marts" / "customer").mkdir(parents=True)
    (project / "models" / "marts" / "customer" / "_customer__models.yml").write_text(
        MARTS, encoding="utf-8"
    )
    return Paths(project, folder / "landing", folder / "warehouse.duckdb", folder / "published")


def places(folder: Path) -> Paths:
    """The same places in another process."""
    return Paths(
        folder / "project", folder / "landing", folder / "warehouse.duckdb", folder / "published"
    )


def write_warehouse(path: Path, version: int) -> None:
    """What dbt does: one mart after the other, so that a reader between them would see two ages."""
    people = 40 + version % 7
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create schema if not exists intermediate")
        connection.execute(
            f"""
            create or replace table marts.customer_360 as
            select
                md5('{version} ' || range) as customer_id,
                'p' || range || '@mail.example' as email,
                'Town ' || range as town,
                (({version} * 7919 + range * 104729) % 100000 / 100)::decimal(18, 2) as net_amount,
                {version}::bigint as version
            from range({people})
            """
        )
        connection.execute(
            f"""
            create or replace table marts.kpi_daily as
            select
                date '2025-01-01' + (range % 9)::integer as kpi_date,
                count(*) as order_count,
                sum((({version} * 7919 + range * 104729) % 100000 / 100)::decimal(18, 2))
                    ::decimal(18, 2) as net_amount,
                {version}::bigint as version
            from range({people})
            group by kpi_date
            """
        )
        connection.execute("create or replace table marts.steward_notes as select 'x' as note")
        connection.execute(
            "create or replace table intermediate.int_operations__as_of as "
            f"select timestamp '2025-06-30 12:00:00' + interval ({version}) hour as as_of_at"
        )


def run_build(
    paths: Paths,
    version: int,
    *,
    landing: Report = CONTENT,
    publication: Report = CONTENT,
    dbt_exit_code: int = 0,
    nodes: int = 2,
    options: BuildOptions | None = None,
) -> tuple[bool, str]:
    """`crossbrand build` of that version; returns whether it was done, and what it said."""

    def run_dbt(
        arguments: Sequence[str], *, environment: Mapping[str, str], **_: Any
    ) -> DbtOutcome:
        del arguments
        write_warehouse(Path(environment["CROSSBRAND_WAREHOUSE"]), version)
        return DbtOutcome("build", exit_code=dbt_exit_code, total=nodes)

    said = io.StringIO()
    with (
        patch.object(build_module, "run_dbt", run_dbt),
        patch.object(build_module, "validate_landing", lambda *_, **__: landing),
        patch.object(build_module, "validate_publication", lambda *_, **__: publication),
    ):
        done = build(paths, Console(file=said, width=200), options or BuildOptions())
    return done, said.getvalue()
