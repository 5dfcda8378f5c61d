"""What the operations marts say of a landing: the fate of every value, profiles, doubts, accounts.

One landing folder holds a generated sample, which pandas profiles again from the files, and rows
written by hand, whose fates stand in the tables below. One build answers them all.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from crossbrand import cli
from crossbrand.contract import PUT_ASIDE_COLUMNS, Feed, load_contract

from .project_copy import ProjectCopy
from .test_staging import PROJECT, Row, at, order, write

LOADED = date(2019, 6, 1)
"""The load date of the rows written by hand: no delivery of the sample has it."""

SELECTED = (
    "+landing_profile",
    "+rejected_records",
    "+doubtful_records",
    "+landing_freshness",
    "landing_retention",
    "path:models/staging",
    "+int_transaction__refunds",
    "+int_communication__messages",
)
UNTESTED = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")

# feed, column, what landed, and its fate: kept, or the column of landing_quality that counts it.
FATES: list[tuple[str, str, Any, str]] = [
    ("orders", "email", "jan@example.com", "kept"),
    ("orders", "email", " Jan@Example.com ", "repaired"),
    ("orders", "email", "Jan <jan@example.com>", "repaired"),
    ("orders", "email", "jan@", "unreadable"),
    ("orders", "email", "", "null"),
    ("orders", "email", "\u200b ", "null"),
    ("orders", "email", None, "null"),
    ("orders", "phone", "+420777123456", "kept"),
    ("orders", "phone", "777 123 456", "repaired"),
    ("orders", "phone", "12", "unreadable"),
    ("orders", "status", "shipped", "kept"),
    ("orders", "status", " PAID ", "repaired"),
    ("orders", "status", "sent", "unknown_value"),
    ("orders", "status", " ", "null"),
    ("orders", "fulfilment_method", "pigeon", "unknown_value"),
    ("orders", "fulfilment_method", "In_Store", "repaired"),
    ("orders", "ordered_at", "2019-05-30T10:00:00+02:00", "kept"),
    ("orders", "ordered_at", "2019-05-30", "kept"),
    ("orders", "ordered_at", "1559210400", "repaired"),
    ("orders", "ordered_at", "1559210400000", "repaired"),
    ("orders", "ordered_at", "1559210", "unreadable"),
    ("orders", "ordered_at", "1985-01-01", "out_of_range"),
    ("orders", "ordered_at", "2019-06-03T00:00:00Z", "kept"),
    ("orders", "ordered_at", "2019-06-03T00:00:01Z", "out_of_range"),
    ("orders", "ordered_at", "yesterday", "unreadable"),
    ("orders", "ordered_at", None, "null"),
    ("orders", "total_amount", "12.50", "kept"),
    ("orders", "total_amount", "12", "kept"),
    ("orders", "total_amount", "12,50", "repaired"),
    ("orders", "total_amount", " 12.50", "repaired"),
    ("orders", "total_amount", "1e3", "repaired"),
    ("orders", "total_amount", "-5", "out_of_range"),
    ("orders", "total_amount", "free", "unreadable"),
    ("orders", "currency_code", "CZK", "kept"),
    ("orders", "currency_code", "czk", "repaired"),
    ("orders", "currency_code", "KC", "unreadable"),
    ("orders", "is_test", "false", "kept"),
    ("orders", "is_test", "0", "kept"),
    ("orders", "is_test", " no ", "repaired"),
    ("orders", "is_test", "0.0", "repaired"),
    ("orders", "is_test", "maybe", "unreadable"),
    ("orders", "store_id", "Café", "kept"),
    ("orders", "store_id", "Cafe\u0301", "repaired"),
    ("orders", "store_id", "\u00a0Praha", "repaired"),
    ("order_lines", "line_number", "7", "kept"),
    ("order_lines", "line_number", "08", "repaired"),
    ("order_lines", "line_number", "9.0", "repaired"),
    ("order_lines", "line_number", "10.5", "unreadable"),
    ("order_lines", "quantity", "-1", "out_of_range"),
    ("order_lines", "unit_price", "-1", "out_of_range"),
    ("contacts", "birth_date", "1980-02-03", "kept"),
    ("contacts", "birth_date", "1980-02-03T00:00:00", "repaired"),
    ("contacts", "birth_date", "1890-01-01", "out_of_range"),
    ("contacts", "birth_date", "2019-06-02", "out_of_range"),
    ("contacts", "birth_date", "3.2.1980", "unreadable"),
    ("contacts", "language_code", "CS", "repaired"),
    ("reviews", "rating", "5", "kept"),
    ("reviews", "rating", "4.0", "repaired"),
    ("reviews", "rating", "6", "out_of_range"),
    ("reviews", "rating", "0", "out_of_range"),
    ("reviews", "rating", "good", "unreadable"),
    ("campaigns", "started_at", "2999-01-01", "kept"),
    ("campaigns", "started_at", "1640995200", "repaired"),
]
COUNTED = ("null", "unreadable", "unknown_value", "out_of_range", "repaired")

VALID: dict[str, Row] = {
    "orders": order("", ordered_at="2019-05-30T10:00:00Z", updated_at="2019-05-31T10:00:00Z"),
    "order_lines": {
        "order_id": "", "line_number": "1", "product_id": "p", "quantity": "1", "unit_price": "2",
    },
    "contacts": {"contact_id": "", "updated_at": "2019-05-31T10:00:00Z"},
    "reviews": {"review_id": "", "reviewed_at": "2019-05-31T10:00:00Z"},
    "campaigns": {"campaign_id": ""},
}  # fmt: skip


def fate_rows(feed: str) -> list[tuple[Row, str, str]]:
    """A valid row for each case of the feed, but for the one value; with its column and fate."""
    rows = []
    for number, (_, column, value, fate) in enumerate(case for case in FATES if case[0] == feed):
        row = VALID[feed] | {next(iter(VALID[feed])): f"q{number}"} | {column: value}
        rows.append((row, column, fate))
    return rows


def story_order(order_id: str, **values: Any) -> Row:
    return VALID["orders"] | {"order_id": order_id} | values


def story_return(return_id: str, order_id: str, **values: Any) -> Row:
    row = {"return_id": return_id, "order_id": order_id, "refund_amount": "10"}
    return row | {"returned_at": "2019-05-31T10:00:00Z"} | values


def message_event(message_id: str, kind: str, time: str, **values: Any) -> Row:
    row = {"event_id": f"{message_id}-{kind}-{time}", "message_id": message_id, "channel": "email"}
    row |= {"direction": "outbound", "event_type": kind, "occurred_at": f"2019-05-30T{time}Z"}
    return row | values


# The stories of the brand birch, in which one record contradicts another.
ORDERS = [
    story_order("fine"),
    story_order("negative", total_amount="-50"),
    story_order("test", is_test="true"),
    story_order("cancelled", status="cancelled"),
    story_order("late", ordered_at="2019-05-31T10:00:01Z"),
    story_order("small", total_amount="15"),
    story_order("two accounts", contact_id="a", email="one@example.com"),
    story_order("two accounts", contact_id="b", updated_at="2019-05-31T11:00:00Z"),
    story_order("two mailboxes", email="one@example.com"),
    story_order("two mailboxes", email="two@example.com", updated_at="2019-05-31T11:00:00Z"),
    story_order("one account", contact_id="a", email="old@example.com"),
    story_order("one account", contact_id="a", email="new@example.com", total_amount="99"),
    story_order("backwards", status="completed"),
    story_order("backwards", status="paid", updated_at="2019-05-31T11:00:00Z"),
    story_order("forwards", status="completed", updated_at="2019-05-31T11:00:00Z"),
    story_order("forwards", status="paid"),
    story_order("at once", status="completed"),
    story_order("at once", status="paid"),
    story_order("sent back", status="completed"),
    story_order("sent back", status="returned", updated_at="2019-05-31T11:00:00Z"),
    story_order("no currency", currency_code=None),
    story_order("no rate", currency_code="XXX"),
    story_order("ancient", ordered_at="1969-12-31T10:00:00Z"),
    story_order("future", ordered_at="2019-06-04"),
    story_order("seconds", ordered_at="1559210400"),
    story_order("milliseconds", ordered_at="1559210400000"),
    story_order("seconds times a million", ordered_at="1559210400000000"),
]
RETURNS = [
    story_return("held", "not yet"),
    story_return("early", "late"),
    story_return("of a cancelled order", "cancelled"),
    story_return("of a test", "test"),
    story_return("first half", "small"),
    story_return("second half", "small", returned_at="2019-05-31T11:00:00Z"),
    story_return("usual", "fine"),
]
MESSAGES = [
    message_event("fine", "sent", "10:00:00"),
    message_event("fine", "opened", "10:05:00"),
    message_event("early", "delivered", "09:59:00"),
    message_event("early", "opened", "09:59:30"),
    message_event("early", "sent", "10:00:00"),
    message_event("early", "clicked", "11:00:00"),
    message_event("never sent", "opened", "10:00:00"),
    message_event("robots", "sent", "10:00:00"),
    message_event("robots", "delivered", "10:00:10"),
    message_event("robots", "opened", "10:00:11"),
    message_event("robots", "opened", "12:00:00", is_machine="true"),
    message_event("robots", "clicked", "13:00:00", link_url="https://a.example"),
    message_event("robots", "clicked", "13:00:01", link_url="https://b.example"),
    message_event("robots", "opened", "14:00:00"),
]
DOUBTS = {
    ("orders", "negative", "negative_total"),
    ("orders", "two accounts", "order_of_two_customers"),
    ("orders", "two mailboxes", "order_of_two_customers"),
    ("orders", "backwards", "status_backwards"),
    ("orders", "small", "refunds_exceed_order"),
    ("returns", "held", "refund_without_order"),
    ("returns", "early", "refund_before_order"),
    ("returns", "of a cancelled order", "refund_of_uncounted_order"),
    ("returns", "of a test", "refund_of_uncounted_order"),
    ("message_events", "early-delivered-09:59:00", "message_event_before_send"),
    ("message_events", "early-opened-09:59:30", "message_event_before_send"),
}
REFUSED = {
    ("no currency", "missing_value", "currency_code"),
    ("no rate", "no_exchange_rate", "currency_code"),
    ("ancient", "ancient_time", "ordered_at"),
    ("future", "future_time", "ordered_at"),
    ("seconds times a million", "unreadable_value", "ordered_at"),
}


class Landed(ProjectCopy):
    """The landing folder, and the warehouse that is built from it."""

    def build(self, *selected: str) -> None:
        self.succeed("build", *UNTESTED, "--select", *selected)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).df()


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """The sample and the stories, built once; the tests of this module run in their order."""
    landed = Landed(tmp_path_factory.mktemp("quality") / "project")
    sample = ["--people", "150", "--brands", "3", "--days", "120", "--seed", "11"]
    assert cli.main(["generate", *sample, "--out", str(landed.landing.parent)]) == 0
    for feed in VALID:
        write(landed.landing, feed, [row for row, _, _ in fate_rows(feed)], load_date=LOADED)
    for feed, rows in (("orders", ORDERS), ("returns", RETURNS), ("message_events", MESSAGES)):
        write(landed.landing, feed, rows, brand="birch", load_date=LOADED)
    write(landed.landing, "orders", [story_order("x")], brand="nobody", load_date=LOADED)
    for load_date in (LOADED - timedelta(days=1), LOADED):
        write(landed.landing, "orders", [story_order("x")], brand="dahlia", load_date=load_date)
    values = ("orders", "aster", "till.csv", "12", "unreadable_value", None, "quote", '7;"a')
    aside = dict(zip(PUT_ASIDE_COLUMNS, values, strict=True))
    whole_file = aside | {"line": None, "reason": None, "reason_code": "missing_value", "text": ""}
    write(landed.landing / "_rejects", "orders", [aside, whole_file], load_date=LOADED)
    landed.build(*SELECTED)
    return landed


def test_every_value_has_the_fate_that_was_written_down(landed: Landed) -> None:
    counts = ", ".join(f"{name}_count" for name in COUNTED)
    got = {
        (feed, column): (row_count, dict(zip(COUNTED, numbers, strict=True)))
        for feed, column, row_count, *numbers in landed.rows(
            f"select feed, column_name, row_count, {counts} from marts.landing_quality "
            f"where brand_id = 'aster' and load_date = '{LOADED}'"
        )
    }
    contract = load_contract(PROJECT)
    for feed in VALID:
        rows = fate_rows(feed)
        for column in contract[feed].column_names:
            usual = "kept" if column in VALID[feed] else "null"
            fates = Counter(fate if named == column else usual for _, named, fate in rows)
            row_count, numbers = got.pop((feed, column))
            assert row_count == len(rows)
            assert numbers == {name: fates[name] for name in COUNTED}, (feed, column)
    assert not got


# --- the sample, profiled again from its files -------------------------------------------------


def cleaned(value: Any) -> str | None:
    """What is left of a text without zero-width characters and blanks at its ends."""
    if pd.isna(value):
        return None
    text = re.sub("[\u00ad\u200b-\u200d\u2060\ufeff]", "", str(value)).strip()
    return unicodedata.normalize("NFC", text) or None


def moment(value: Any) -> datetime | None:
    """A time as the landing contract reads it, of the forms that the sample writes."""
    text = cleaned(value)
    if text is None:
        return None
    try:
        if re.fullmatch("[0-9]{9,11}", text):
            return datetime.fromtimestamp(int(text), UTC)
        if re.fullmatch("[0-9]{12,14}", text):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def amount(value: Any) -> Decimal | None:
    """A decimal with a point or a comma, rounded to two places, half away from zero."""
    text = (cleaned(value) or "").replace(",", ".")
    if not re.fullmatch("-?[0-9]+([.][0-9]+)?", text):
        return None
    return Decimal(text).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def deliveries(landing: Path, feed: Feed) -> dict[tuple[str, date], pd.DataFrame]:
    """The files of a feed as text, one frame a brand and load date."""
    frames: dict[tuple[str, date], list[pd.DataFrame]] = {}
    for path in sorted((landing / feed.name).rglob("*.parquet")):
        brand, day = (part.split("=")[1] for part in path.parts[-3:-1])
        frame = pq.ParquetFile(path).read().to_pandas().astype(object)
        frame = frame.reindex(columns=list(feed.column_names))
        frames.setdefault((brand, date.fromisoformat(day)), []).append(frame)
    return {key: pd.concat(parts, ignore_index=True) for key, parts in frames.items()}


def as_written(value: Any) -> Any:
    """Times and numbers that did not land as text, as text."""
    return value.isoformat() if isinstance(value, datetime) else value


def profile(feed: Feed, frame: pd.DataFrame, day: date) -> dict[tuple[str, str, str], float]:
    """Slow and obvious: every measure that landing_profile must hold for one delivery."""
    size = len(frame)
    found: dict[tuple[str, str, str], float] = {("*", "row_count", ""): size}
    horizon = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2)
    for column in feed.columns:
        texts = frame[column.name].map(as_written).map(cleaned)
        found[column.name, "null_share", ""] = texts.isna().sum() / size
        for value in column.values:
            found[column.name, "value_share", value] = (texts.str.lower() == value).sum() / size
        if feed.key == (column.name,):
            found[column.name, "distinct_share", ""] = texts.nunique() / texts.notna().sum()
        if column.data_type == "decimal" and column.name not in ("quantity", *feed.key):
            numbers = [number for number in texts.map(amount) if number is not None]
            for point in ("05", "50", "95") if numbers else ():
                found[column.name, f"p{point}", ""] = float(
                    np.quantile(
                        np.array([float(number) for number in numbers]),
                        float(f"0.{point}"),
                        method="inverted_cdf",
                    )
                )
        if column.name in ("ordered_at", "occurred_at", "returned_at"):
            times = [time for time in texts.map(moment) if time and time <= horizon]
            newest = max((time for time in times if time.year >= 1990), default=None)
            if newest:
                behind = horizon - timedelta(days=1) - newest
                found[column.name, "hours_behind", ""] = behind.total_seconds() / 3600
    return found


@pytest.mark.parametrize("feed_name", ["orders", "contacts", "events", "returns", "order_lines"])
def test_pandas_profiles_the_sample_alike(landed: Landed, feed_name: str) -> None:
    feed = load_contract(PROJECT)[feed_name]
    got: dict[tuple[str, date], dict[tuple[str, str, str], float]] = {}
    for brand, day, column, measure, value, number in landed.rows(
        "select brand_id, load_date, column_name, measure, column_value, measured_number "
        f"from marts.landing_profile where feed = '{feed_name}' and load_date <> '{LOADED}'"
    ):
        got.setdefault((brand, day), {})[column, measure, value] = float(number)
    expected = {
        (brand, day): profile(feed, frame, day)
        for (brand, day), frame in deliveries(landed.landing, feed).items()
        if day != LOADED
    }
    assert len(expected) > 5
    assert set(got) == set(expected)
    compared = 0
    for delivery, measures in expected.items():
        for key, number in measures.items():
            assert math.isclose(got[delivery][key], number, abs_tol=1e-5), (delivery, key)
            compared += 1
    assert compared > 100


def test_freshness_is_told_by_feed_and_brand(landed: Landed) -> None:
    """Held against the folders' names: pauses of the last nine deliveries, and what came since."""
    days: dict[tuple[str, str], set[date]] = {}
    for path in landed.landing.rglob("*.parquet"):
        feed, brand, day = path.relative_to(landed.landing).parts[-4:-1]
        if "_rejects" not in path.parts:
            loaded = date.fromisoformat(day.removeprefix("load_date="))
            days.setdefault((feed, brand.removeprefix("brand=")), set()).add(loaded)
    newest = max(max(load_dates) for load_dates in days.values())
    expected = {}
    for key, load_dates in days.items():
        last = sorted(load_dates)[-9:]
        pauses = [(later - earlier).days for earlier, later in pairwise(last)]
        longest, silent = max(pauses) if pauses else None, (newest - last[-1]).days
        is_stale = longest is not None and silent > 2 * longest
        expected[key] = (len(load_dates), min(load_dates), last[-1], longest, silent, is_stale)
    got = landed.rows(
        "select feed, brand_id, delivery_count, first_load_date, last_load_date, "
        "longest_pause_days, silent_days, is_stale from marts.landing_freshness"
    )
    assert {row[:2]: row[2:] for row in got} == expected
    assert {row[-1] for row in got} == {True, False}, "nothing told apart"


def test_dbt_source_freshness_asks_for_one_brand_of_a_feed(tmp_path: Path) -> None:
    """The other brand delivered today, so without the brand's name all would be well."""
    delivered = Landed(tmp_path / "project")
    today = datetime.now(UTC).date()
    last_month = today - timedelta(days=30)
    for brand, load_date in (("aster", today), ("birch", last_month)):
        rows = [story_order("a")]
        write(delivered.landing, "orders", rows, brand=brand, load_date=load_date)
    asked = ["source", "freshness", "--select", "source:landing.orders"]
    asked += ["--vars", "freshness_brand: birch", "--output", str(tmp_path / "sources.json")]
    written = {"DBT_WRITE_JSON": "true"}
    assert delivered.dbt(*asked, environment=written).exit_code == 1
    (found,) = json.loads((tmp_path / "sources.json").read_text(encoding="utf-8"))["results"]
    assert found["status"] == "error"
    assert found["max_loaded_at"].startswith(last_month.isoformat())


# --- records that contradict one another -------------------------------------------------------


def test_each_doubt_is_listed_with_its_fate(landed: Landed) -> None:
    got = landed.rows(
        "select feed, record_id, doubt_code, fate from marts.doubtful_records "
        "where brand_id = 'birch' and happened_at < '2020-01-01'"
    )
    assert {row[:3] for row in got} == DOUBTS
    assert len(got) == len(DOUBTS)
    assert all(fate.endswith(".") for *_, fate in got)
    documented = landed.rows("select doubt_code from reference.doubt_reasons")
    assert {code for (code,) in documented} == {code for *_, code in DOUBTS}


def test_what_cannot_be_used_is_refused_with_its_reason(landed: Landed) -> None:
    got = landed.rows(
        "select record_id, reason_code, column_name from marts.rejected_records "
        f"where feed = 'orders' and brand_id = 'birch' and load_date = '{LOADED}'"
    )
    assert set(got) == REFUSED
    assert landed.rows(
        "select reason_code, column_name from marts.rejected_records where brand_id = 'nobody'"
    ) == [("unknown_brand", "brand")]


def test_orders_and_refunds_count_as_the_fates_say(landed: Landed) -> None:
    counted = dict(
        landed.rows(
            "select order_id, is_counted from intermediate.int_transaction__orders "
            "where brand_id = 'birch' and ordered_at < '2020-01-01'"
        )
    )
    refused = {record for record, _, _ in REFUSED}
    assert set(counted) == {row["order_id"] for row in ORDERS} - refused
    assert {order_id for order_id, is_counted in counted.items() if not is_counted} == {
        "test",
        "cancelled",
    }
    times = landed.rows(
        "select distinct ordered_at from staging.stg_transaction__orders "
        "where order_id in ('seconds', 'milliseconds')"
    )
    assert times == [(at(2019, 5, 30, 10),)]
    latest = landed.rows(
        "select status, contact_id from staging.stg_transaction__orders "
        "where order_id in ('backwards', 'two accounts') order by order_id"
    )
    assert latest == [("paid", None), ("paid", "b")]
    refunds = dict(
        landed.rows(
            "select return_id, is_counted from intermediate.int_transaction__refunds "
            "where brand_id = 'birch' and returned_at < '2020-01-01'"
        )
    )
    assert {name for name, is_counted in refunds.items() if is_counted} == {
        "early",
        "first half",
        "second half",
        "usual",
    }


def test_robots_and_early_events(landed: Landed) -> None:
    got = landed.rows(
        "select message_id, opened_count, clicked_count "
        "from intermediate.int_communication__messages "
        "where brand_id = 'birch' and message_id in ('fine', 'early', 'never sent', 'robots')"
    )
    assert {name: (opened, clicked) for name, opened, clicked in got} == {
        "fine": (1, 0),
        "early": (1, 1),
        "never sent": (1, 0),
        "robots": (1, 0),
    }


def test_what_land_put_aside_is_shown_and_does_not_count_as_landed(landed: Landed) -> None:
    got = landed.rows(
        "select load_date, source_file, source_line, reason_code, payload, reason like '%(quote)' "
        "from marts.rejected_records where refused_by = 'land' order by source_line nulls last"
    )
    assert got == [
        (LOADED, "till.csv", 12, "unreadable_value", '7;"a', True),
        (LOADED, "till.csv", None, "missing_value", "", True),
    ]


# --- accounts ----------------------------------------------------------------------------------


def accounting_tests() -> dict[str, str]:
    """Feed -> the base model that its accounting test reads, from the YAML."""
    found = {}
    for path in PROJECT.glob("models/staging/*/_*__models.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            for test in model.get("data_tests", []):
                if isinstance(test, dict) and "landed_rows_accounted_for" in test:
                    arguments = test["landed_rows_accounted_for"]["arguments"]
                    found[arguments["feed"]] = re.findall("'(.*)'", arguments["base_model"])[0]
    return found


def test_a_lost_row_of_any_feed_is_found(landed: Landed) -> None:
    """Every feed has its accounting test, and one row less fails it. `dbt build` sees it hold."""
    feeds = accounting_tests()
    assert set(feeds) == set(load_contract(PROJECT))
    selected = ["test", "--select", "test_name:landed_rows_accounted_for"]
    selected += ["assert_every_landed_value_has_one_fate"]
    whole = landed.warehouse.with_name("whole.duckdb")
    shutil.copy2(landed.warehouse, whole)
    with duckdb.connect(str(landed.warehouse)) as connection:
        for base_model in feeds.values():
            connection.execute(
                f"delete from staging.{base_model} where rowid = (select min(rowid) from "
                f"staging.{base_model} where reject_reason_code is null)"
            )
        connection.execute("delete from marts.landing_quality where feed = 'events'")
    outcome = landed.dbt(*selected)
    whole.replace(landed.warehouse)
    assert outcome.exit_code == 1
    assert len([line for line in outcome.failures if "Got" in line]) == len(feeds) + 1


def test_a_held_refund_counts_when_its_order_comes(landed: Landed) -> None:
    """The last test of the module: it delivers one more file and builds what reads it."""
    later = [story_order("not yet")]
    write(landed.landing, "orders", later, brand="birch", load_date=LOADED, name="later")
    landed.build(
        "base_transaction__orders",
        "stg_transaction__orders",
        "int_transaction__exchange_rates",
        "int_transaction__orders",
        "int_transaction__refunds",
        "int_transaction__order_versions",
        "doubtful_records",
    )
    assert landed.rows(
        "select is_counted, refund_amount > 0, returned_at from "
        "intermediate.int_transaction__refunds where return_id = 'held'"
    ) == [(True, True, at(2019, 5, 31, 10))]
    assert not landed.rows("select * from marts.doubtful_records where record_id = 'held'")
