"""A build of the generator's sample for the oracles, and the facts that they start from.

The oracles read staging, seeds and the identity maps, which have proofs of their own, and count
everything anew in plain Python; no SQL of a mart is used. scripts/check has just built this very
sample, so it names the warehouse in CROSSBRAND_BUILT; without that it is generated and built here.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from rich.console import Console

from crossbrand.dbt_runner import run_dbt
from crossbrand.generate import generate

PROJECT = Path(__file__).resolve().parents[2]
DAY = dt.timedelta(days=1)
Row = dict[str, Any]
Key = tuple[str, str]


def build_sample(folder: Path) -> Path:
    """Give a warehouse with the sample that scripts/check builds."""
    built = os.environ.get("CROSSBRAND_BUILT")
    if built and Path(built).exists():
        return Path(built)
    generate(600, 4, 365, 7, folder / "sample", PROJECT, progress=False)
    outcome = run_dbt(
        ["build", "--exclude-resource-type", "test", "unit_test"],
        project=PROJECT,
        console=Console(file=io.StringIO()),
        environment={
            "CROSSBRAND_LANDING": str(folder / "sample" / "landing"),
            "CROSSBRAND_WAREHOUSE": str(folder / "w.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
        },
    )
    assert outcome.exit_code == 0, "\n".join(outcome.failures)
    return folder / "w.duckdb"


def half_up(value: Decimal, places: str) -> Decimal:
    """Round half away from zero."""
    return value.quantize(Decimal(places), rounding=ROUND_HALF_UP)


def median(values: Iterable[int]) -> Decimal:
    """Take the middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return Decimal(ordered[middle])
    return Decimal(ordered[middle - 1] + ordered[middle]) / 2


@dataclass
class Facts:
    """What the sample holds, by table, and what follows from it at once."""

    warehouse: Path
    variables: dict[str, Any] = field(
        default_factory=lambda: yaml.safe_load(
            (PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
        )["vars"]
    )

    def rows(self, table: str) -> list[Row]:
        """Read a table as dictionaries."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            cursor = connection.execute(f"select * from {table}")
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @cached_property
    def as_of(self) -> dt.datetime:
        """The moment the build looks back from."""
        moment: dt.datetime = self.rows("intermediate.int_operations__as_of")[0]["as_of_at"]
        return moment

    @cached_property
    def brands(self) -> dict[str, Row]:
        """Brands by id."""
        return {row["brand_id"]: row for row in self.rows("reference.brands")}

    @cached_property
    def window(self) -> dt.timedelta:
        """How long an order may take to follow a message."""
        return int(self.variables["attribution_window_days"]) * DAY

    @cached_property
    def record_owner(self) -> dict[tuple[str, str, str], str]:
        """Customer by brand, feed and record."""
        return {
            (row["brand_id"], row["feed"], row["record_id"]): row["customer_id"]
            for row in self.rows("intermediate.int_identity__record_customers")
            if row["customer_id"]
        }

    @cached_property
    def message_owner(self) -> dict[Key, str]:
        """Customer by brand and message."""
        return {
            (row["brand_id"], row["message_id"]): row["customer_id"]
            for row in self.rows("intermediate.int_identity__message_customers")
            if row["customer_id"]
        }

    @cached_property
    def session_owner(self) -> dict[str, str]:
        """Customer by session."""
        return {
            row["session_id"]: row["customer_id"]
            for row in self.rows("intermediate.int_identity__session_customers")
            if row["customer_id"]
        }

    @cached_property
    def stopped(self) -> set[Key]:
        """Customer and scope of those whom nobody may profile; test_consent_histories proves it."""
        return {
            (row["customer_id"], row["scope"])
            for row in self.rows("intermediate.int_privacy__profiling_stops")
        }

    @cached_property
    def rates(self) -> dict[str, list[tuple[dt.date, Decimal]]]:
        """Dated rates to the euro, the oldest first."""
        found: dict[str, list[tuple[dt.date, Decimal]]] = defaultdict(list)
        for row in self.rows("reference.exchange_rates"):
            if row["to_currency"] == "EUR":
                found[row["from_currency"]].append((row["rate_date"], Decimal(str(row["rate"]))))
        return {currency: sorted(dated) for currency, dated in found.items()}

    def in_euros(self, amount: Decimal | None, currency: str, day: dt.date) -> Decimal | None:
        """Convert at the last rate known at or before the day; the sample reports in euros."""
        if amount is None:
            return None
        if currency == "EUR":
            return half_up(amount, "0.01")
        known = [rate for rated, rate in self.rates[currency] if rated <= day]
        return half_up(amount * half_up(known[-1], "0.0000000001"), "0.01") if known else None

    @cached_property
    def orders(self) -> list[Row]:
        """Orders that count: `amount` and `net` of refunds in euros, `customer_id` or None."""
        counted = []
        for row in self.rows("staging.stg_transaction__orders"):
            if row["status"] == "cancelled" or row["is_test"] or row["ordered_at"] > self.as_of:
                continue
            row["amount"] = self.in_euros(
                row["total_amount_original"], row["currency_code"], row["ordered_at"].date()
            )
            row["customer_id"] = self.record_owner.get((row["brand_id"], "orders", row["order_id"]))
            counted.append(row)
        paid_back: dict[Key, list[Row]] = defaultdict(list)
        for row in self.rows("staging.stg_transaction__returns"):
            if row["returned_at"] <= self.as_of:
                paid_back[row["brand_id"], row["order_id"]].append(row)
        for row in counted:
            row["net"] = row["amount"]
            for refund in paid_back[row["brand_id"], row["order_id"]]:
                day = refund["returned_at"].date()
                row["net"] -= self.in_euros(
                    refund["refund_amount_original"], row["currency_code"], day
                )
        return counted

    @cached_property
    def orders_of(self) -> dict[Key, list[Row]]:
        """Orders that count by customer and brand, the oldest first."""
        found: dict[Key, list[Row]] = defaultdict(list)
        for row in sorted(self.orders, key=lambda row: (row["ordered_at"], row["order_id"])):
            if row["customer_id"]:
                found[row["customer_id"], row["brand_id"]].append(row)
        return found

    @cached_property
    def message_events(self) -> dict[Key, list[Row]]:
        """Events by message, the oldest first, each with `is_robot`."""
        events: dict[Key, list[Row]] = defaultdict(list)
        for row in self.rows("staging.stg_communication__message_events"):
            events[row["brand_id"], row["message_id"]].append(row)
        links: dict[Key, set[str]] = defaultdict(set)
        for (brand, _), own in events.items():
            own.sort(key=lambda row: (row["occurred_at"], row["event_id"]))
            for row in own:
                row["is_robot"] = False
                row["link"] = (row["link_url"] or "").split("?")[0].split("#")[0]
                if row["event_type"] == "clicked" and row["link"] and row["campaign_id"]:
                    links[brand, row["campaign_id"]].add(row["link"])
        limit = dt.timedelta(seconds=self.variables["robot_seconds"])
        for (brand, _), own in events.items():
            carried = [row["occurred_at"] for row in own if row["event_type"] == "delivered"]
            carried = carried or [row["occurred_at"] for row in own if row["event_type"] == "sent"]
            clicks = [row for row in own if row["event_type"] == "clicked" and row["link"]]
            clicked = {row["link"] for row in clicks}
            campaigns = [row["campaign_id"] for row in clicks if row["campaign_id"]]
            whole = links[brand, min(campaigns)] if campaigns else clicked
            for row in own:
                if row["event_type"] not in ("opened", "clicked"):
                    continue
                row["is_robot"] = bool(row["is_machine"]) or bool(
                    carried and abs(row["occurred_at"] - min(carried)) <= limit
                )
            if len(clicked) >= 2 and clicked == whole:
                for start in clicks:
                    near = [
                        row for row in clicks
                        if start["occurred_at"] <= row["occurred_at"]
                        and row["occurred_at"] - start["occurred_at"] <= limit
                    ]  # fmt: skip
                    if {row["link"] for row in near} == clicked:
                        for row in near:
                            row["is_robot"] = True
        return events

    @cached_property
    def messages(self) -> list[Row]:
        """Outbound messages sent by as_of, with what people (and no machines) did about them."""
        found = []
        for (brand, message_id), own in self.message_events.items():
            kinds = {row["event_type"] for row in own if not row["is_robot"]}
            acts = [row for row in own if not row["is_robot"]]
            sent = [row["occurred_at"] for row in own if row["event_type"] in ("sent", "received")]
            sent_at = min(sent or [row["occurred_at"] for row in own])
            hard = any(
                row["event_type"] == "bounced" and row["bounce_type"] == "hard" for row in own
            )
            answered = bool(kinds & {"complained", "unsubscribed", "replied", "clicked", "opened"})
            arrived = answered or (not hard and "delivered" in kinds)
            lost = not arrived and (hard or "bounced" in kinds or "failed" in kinds)
            if own[0]["direction"] != "outbound" or sent_at > self.as_of:
                continue
            customer = self.message_owner.get((brand, message_id))
            responses = [
                row["occurred_at"] for row in acts
                if row["event_type"] in ("opened", "clicked") and row["occurred_at"] <= self.as_of
            ]  # fmt: skip
            following = [
                order for order in self.orders_of.get((customer or "", brand), [])
                if not lost and sent_at <= order["ordered_at"] <= sent_at + self.window
            ]  # fmt: skip
            named = [row["campaign_id"] for row in own if row["campaign_id"]]
            found.append({
                "brand_id": brand,
                "message_id": message_id,
                "channel": own[0]["channel"],
                "campaign_id": named[0] if named else None,
                "customer_id": customer,
                "sent_at": sent_at,
                "is_delivered": "delivered" in kinds,
                "is_bounced": "bounced" in kinds,
                "is_reached": not lost,
                "is_opened": "opened" in kinds,
                "is_clicked": "clicked" in kinds,
                "is_unsubscribed": "unsubscribed" in kinds,
                "is_complained": "complained" in kinds,
                "is_responded": bool(kinds & {"clicked", "replied"} or following),
                "responses": responses,
                "orders": following,
            })  # fmt: skip
        return found


def load_facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Build (or find) the sample and read it lazily."""
    return Facts(build_sample(tmp_path_factory.mktemp("oracle")))
