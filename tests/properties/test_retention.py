"""Rows that are over age leave every mart, are counted, and leave the days' figures behind.

On a copy of the sample's warehouse feeds get days to be kept; then the models between staging and
the daily figures are built anew, as dbt compiled them. What should be left is told from the base
models row by row.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.properties.built_sample import DAY, PROJECT, Facts, build_sample

DAYS: dict[str, dict[str, int | None]] = {
    # Kept for as long as the longest purpose needs it; one without an end keeps all.
    "orders": {"contract": 200, "profiling": 90},
    "order_lines": {"contract": 200, "profiling": 150},
    "returns": {"contract": 200},
    "events": {"profiling": 60},
    "reviews": {"marketing": 1},
    "service_interactions": {"contract": 120},
    "message_events": {"marketing": None},
    "loyalty_events": {"contract": None, "profiling": 30},
}
MOMENTS = {
    "contact__contacts": "updated_at",
    "transaction__orders": "ordered_at",
    "transaction__order_lines": "updated_at",
    "transaction__returns": "returned_at",
    "engagement__events": "occurred_at",
    "engagement__share_codes": "created_at",
    "engagement__reviews": "reviewed_at",
    "engagement__survey_responses": "answered_at",
    "communication__message_events": "occurred_at",
    "communication__campaign_controls": "held_out_at",
    "communication__service_interactions": "opened_at",
    "loyalty__loyalty_events": "occurred_at",
    "privacy__consent_events": "decided_at",
    "privacy__privacy_requests": "requested_at",
}
SELECTED = (
    "stg_privacy__retention_cuts", "landing_retention", "int_transaction__orders",
    "int_transaction__refunds", "int_engagement__session_events", "int_engagement__sessions",
    "kpi_daily", "kpi_history",
)  # fmt: skip


def build_anew(warehouse: Path, target: Path) -> None:
    """Run the models, and the tests that account for every landed row."""
    models = target / "compiled" / "crossbrand" / "models"
    found = [path for path in models.rglob("*.sql") if path.parent.suffix != ".yml"]
    compiled = {path.stem: path.read_text("utf-8") for path in found}
    assert not set(SELECTED) - set(compiled), f"{target} lacks a model: dbt compile into it"
    schemas = {"stg": "staging", "int": "intermediate"}
    with duckdb.connect(str(warehouse)) as connection:
        for model in SELECTED:
            schema = schemas.get(model.split("_")[0], "marts")
            sql = incremental_sql(model) if model == "kpi_history" else compiled[model]
            # Compiled by an incremental build, it asks what is new; here everything is.
            sql = re.sub("(?s)-- incremental or whole.*?-- in any case", "", sql)
            connection.execute(f"create or replace table {schema}.{model} as {sql}")
        tests = sorted((target / "compiled").rglob("landed_rows_accounted_for_*.sql"))
        assert len(tests) > 12
        for test in tests:
            assert connection.execute(test.read_text(encoding="utf-8")).fetchall() == [], test.stem


def incremental_sql(model: str) -> str:
    """A model's SQL as it is where its table is there already; dbt compiles a first build's."""
    text = next((PROJECT / "models").rglob(f"{model}.sql")).read_text(encoding="utf-8")
    text = re.sub(r"{#.*?#}|{{ config\(.*?\) }}", "", text, flags=re.DOTALL)
    text = re.sub(
        r"{% if is_incremental\(\) %}(.*?){% else %}.*?{% endif %}", r"\1", text, flags=re.DOTALL
    )
    names = {"stg": "staging", "int": "intermediate"}
    text = re.sub(
        r"{{ ref\('(\w+)'\) }}",
        lambda found: f"{names.get(found[1].split('_')[0], 'marts')}.{found[1]}",
        text,
    )
    return text.replace("{{ this }}", f"marts.{model}")


def days_of(warehouse: Path, mart: str) -> dict[tuple[str, dt.date], tuple[Any, ...]]:
    """The figures by brand and day."""
    return {
        (row["brand_id"], row["kpi_date"]): tuple(
            value for name, value in row.items() if name != "is_frozen"
        )
        for row in Facts(warehouse).rows(f"marts.{mart}")
    }


def test_what_is_over_age_leaves_and_is_counted(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    built = build_sample(tmp_path_factory.mktemp("built"))
    # Views know the warehouse by the name of its file.
    warehouse = tmp_path / built.name
    shutil.copy2(built, warehouse)
    before = days_of(warehouse, "kpi_history")
    assert before == days_of(warehouse, "kpi_daily"), "nothing is over age yet"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from reference.retention")
        connection.executemany(
            "insert into reference.retention (feed, purpose, retention_days) values (?, ?, ?)",
            [[feed, purpose, days] for feed, by in DAYS.items() for purpose, days in by.items()],
        )
    build_anew(warehouse, built.parent / "target")
    facts = Facts(warehouse)
    counted = {row["feed"]: row for row in facts.rows("marts.landing_retention")}
    cuts = {}
    expired: Counter[str] = Counter()
    for name, column in MOMENTS.items():
        feed = name.split("__")[1]
        days = list(DAYS.get(feed, {}).values())
        longest = max((day for day in days if day), default=None)
        cuts[feed] = facts.as_of - longest * DAY if longest and None not in days else None
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            landed = connection.execute(
                f"select record_id, brand_id, coalesce({column}, load_date::timestamp) "
                f"from (select *, concat_ws('|', {_key(name)}) as record_id "
                f"from staging.base_{name}) where reject_reason_code is null and version_rank = 1"
            ).fetchall()
            staged = connection.execute(
                f"select record_id, brand_id from staging.stg_{name}"
            ).fetchall()
        cut = cuts[feed]
        kept = [(record, brand) for record, brand, at in landed if cut is None or at >= cut]
        expired[feed] = len(landed) - len(kept)
        assert sorted(staged) == sorted(kept), feed
        if feed in counted:
            assert counted[feed]["expired_count"] == expired[feed]
            assert counted[feed]["cut_at"] == cut
    assert {feed for feed, number in expired.items() if number} == {
        "orders", "order_lines", "returns", "events", "reviews", "service_interactions",
    }  # fmt: skip

    # The day in which the shortest of the cuts falls is the last one that is remembered.
    limits = [cuts[feed] for feed in ("orders", "returns", "events", "service_interactions")]
    frozen = max(limit for limit in limits if limit)
    daily, history = days_of(warehouse, "kpi_daily"), days_of(warehouse, "kpi_history")
    assert set(history) == set(before)
    assert set(daily) < set(before)
    for (brand, day), figures in history.items():
        source = before if day <= frozen.date() else daily
        assert figures == source[brand, day]
    assert any(day <= frozen.date() for _, day in history)
    assert any(daily.get(key) not in (None, figures) for key, figures in before.items())
    # As of an earlier day, and with all that was over age landed once more, what is frozen stays.
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from reference.retention")
    build_anew(warehouse, built.parent / "target")
    again = days_of(warehouse, "kpi_history")
    assert set(again) == set(history)
    assert all(again[key] == history[key] for key in history if key[1] <= frozen.date())


def _key(name: str) -> str:
    keys = {
        "contacts": "contact_id", "orders": "order_id", "order_lines": "order_id, line_number",
        "returns": "return_id", "share_codes": "share_code", "reviews": "review_id",
        "survey_responses": "response_id", "service_interactions": "interaction_id",
        "consent_events": "consent_event_id", "privacy_requests": "request_id",
        "campaign_controls": "control_id",
    }  # fmt: skip
    return keys.get(name.split("__")[1], "event_id")
