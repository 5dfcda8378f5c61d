"""An as_of in the past: as if nothing later had been delivered, but for who people are.

The sample is built as of six months before its end. Then everything that happened later is taken
from the landed rows and the same models are built again, wholly: each must be the same to the byte.
The first time they are built from the present day back, by what that changes. The identity tables
stay as they are, since by design they use all that is known. Permissions look ahead in one
direction: a "no" counts whenever it was said, so withdrawals, requests to be left alone,
unsubscriptions and complaints stay landed, while every later grant goes. CROSSBRAND_LONG=1 does
so with every model that as_of reaches; else only with those that cut at it, permissions and some
marts.
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import duckdb
from rich.console import Console

from crossbrand.dbt_runner import run_dbt
from crossbrand.marts_hash import hash_marts
from tests.properties.built_sample import PROJECT, build_sample

AS_OF = "2024-12-31 12:00:00"
HAPPENINGS = {
    "transaction__orders": "ordered_at",
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
}
# Permissions are the exception: to act on somebody against their last known will is wrong,
# whichever day a build looks back from (docs/privacy-in-the-marts.md).
KEPT = {
    "communication__message_events": "event_type in ('unsubscribed', 'complained')",
    "privacy__consent_events": "decision = 'withdrawn'",
}
IDENTITY = (
    "path:models/intermediate/identity",
    *(f"identity_{name}" for name in ("candidates", "conflicts", "evidence", "redirects")),
)
LONG = os.environ.get("CROSSBRAND_LONG") == "1"
CUT_AT_AS_OF = (
    "int_communication__campaign_links", "int_communication__message_events",
    "int_communication__messages", "int_engagement__sessions",
    "int_customer__value", "int_customer__behaviour", "int_customer__communication",
)  # fmt: skip
SHORT = (
    "int_operations__as_of", "int_transaction__orders", "int_transaction__refunds", *CUT_AT_AS_OF,
    # What the models by key ask, and go no further than.
    "int_changes__customers", "int_customer__contacts",
    "int_customer__trade_happenings", "int_customer__voice_happenings", "customer_timeline",
    "kpi_daily", "int_privacy__decisions", "int_privacy__customer_consents", "contactability",
    "int_communication__suppressions",
)  # fmt: skip
SELECTED = ("int_operations__as_of+",) if LONG else SHORT
# Whether rows contradict one another is a question about what was delivered, not about a moment.
ABOUT_DELIVERIES = {"doubtful_records"}


def run(command: str, warehouse: Path, *arguments: str) -> None:
    """Run dbt as of that day on a warehouse whose staging stands."""
    outcome = run_dbt(
        [command, *arguments, "--vars", f'{{as_of: "{AS_OF}"}}'],
        project=PROJECT,
        console=Console(file=io.StringIO()),
        environment={
            "CROSSBRAND_WAREHOUSE": str(warehouse),
            "CROSSBRAND_LANDING": str(warehouse.parent / "landing"),
            "DBT_TARGET_PATH": str(warehouse.parent / "target"),
        },
    )
    assert outcome.exit_code == 0, "\n".join(outcome.failures)


def run_selected(warehouse: Path, *arguments: str) -> dict[str, str]:
    """Build what is compared and give its hashes."""
    run("run", warehouse, "--select", *SELECTED, "--exclude", *IDENTITY, *arguments)
    steps = hash_marts(warehouse, "intermediate")
    return hash_marts(warehouse) | {name: steps[name] for name in CUT_AT_AS_OF}


def test_what_comes_later_changes_nothing(tmp_path: Path) -> None:
    """The same marts, with and without half a year that lies ahead."""
    # A view names its database, which is called after the file.
    built = build_sample(tmp_path / "built")
    warehouse = tmp_path / "work" / built.name
    warehouse.parent.mkdir()
    shutil.copy2(built, warehouse)
    before = run_selected(warehouse)
    if LONG:
        run("test", warehouse, "--select", "assert_nothing_is_later_than_as_of")
    with duckdb.connect(str(warehouse)) as connection:
        for feed, moment in HAPPENINGS.items():
            connection.execute(
                f"delete from staging.base_{feed} where {moment} > timestamp '{AS_OF}'"
                f" and not ({KEPT.get(feed, 'false')})"
            )
    after = run_selected(warehouse, "--full-refresh")
    assert {name for name in before if before[name] != after[name]} <= ABOUT_DELIVERIES
