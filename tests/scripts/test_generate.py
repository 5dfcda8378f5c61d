"""The sample is like life, keeps its own arithmetic, and its truth says what was done to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import phonenumbers
import pyarrow.parquet as pq
import pytest

from crossbrand.contract import Feed, load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.generate import Summary, generate
from crossbrand.generate.countries import PLANS, country_of, female_surname, plain_ascii
from crossbrand.generate.delivery import BROKEN_SHARE, UNLISTED_BRAND
from crossbrand.generate.identifiers import phone_forms
from crossbrand.generate.writer import MARKER

PROJECT = Path(__file__).resolve().parents[2]
PEOPLE, BRANDS, DAYS, SEED = 1_500, 4, 200, 11

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def contract() -> dict[str, Feed]:
    return load_contract(PROJECT)


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    out = tmp_path_factory.mktemp("sample") / "out"
    return generate(PEOPLE, BRANDS, DAYS, SEED, out, PROJECT, progress=False)


@pytest.fixture(scope="module")
def ask(summary: Summary, contract: dict[str, Feed]) -> Iterator[Ask]:
    """Query the feeds as text, `<feed>_ok` without broken or repeated rows, and `truth_<name>`."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("set timezone = 'UTC'")
    for path in (summary.out / "truth").glob("*.parquet"):
        connection.execute(f"create view truth_{path.stem} as from '{path}'")
    for feed in contract.values():
        files = f"{summary.out}/landing/{feed.name}/*/*/*.parquet"
        connection.execute(
            f"create table {feed.name} as select columns(*)::varchar from read_parquet("
            f"'{files}', union_by_name = true, hive_partitioning = true, "
            "hive_types_autocast = false)"
        )
        key = " || '|' || ".join(f"landed.{column}" for column in feed.key)
        connection.execute(
            f"create view {feed.name}_ok as select distinct landed.* exclude (load_date) "
            f"from {feed.name} as landed anti join truth_broken_rows as broken "
            f"on broken.feed = '{feed.name}' and broken.brand_id = landed.brand "
            f"and broken.record_id = {key} where trim(landed.{feed.key[0]}) <> ''"
        )
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


def _one(ask: Ask, sql: str) -> Any:
    return ask(sql)[0][0]


def _count(ask: Ask, rows: str) -> int:
    return int(_one(ask, f"select count(*) from {rows}"))


# The output as files


def _content(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*.parquet"))
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        generate(80, 2, 20, seed, tmp_path / name, PROJECT, progress=False)
    assert _content(tmp_path / "one") == _content(tmp_path / "two")
    assert _content(tmp_path / "one") != _content(tmp_path / "three")


def test_ids_stay_unique_when_people_are_made_in_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contract: dict[str, Feed]
) -> None:
    monkeypatch.setattr("crossbrand.generate.PEOPLE_PER_CHUNK", 100)
    generate(250, 2, 60, 3, tmp_path / "out", PROJECT, progress=False)
    connection = duckdb.connect()
    for feed, least in (("events", 2_000), ("message_events", 500), ("loyalty_events", 50)):
        key = contract[feed].key[0]
        files = f"{tmp_path}/out/landing/{feed}/*/*/*.parquet"
        # A repeat is the same row again, so two things with one id would differ in their time.
        rows, clashes = connection.execute(
            f"select count(*), count(*) - count(distinct (brand, {key})) from (select distinct "
            f"brand, {key}, try_cast(occurred_at as timestamptz) as moment from read_parquet("
            f"'{files}', union_by_name = true) where moment between '1991-01-01' and "
            f"'2026-01-01' and trim({key}) <> '')"
        ).fetchall()[0]
        assert rows > least
        assert clashes == 0, feed
    assert (tmp_path / "out" / "truth" / "records.parquet").is_file()
    assert not list((tmp_path / "out" / "truth").glob("records-*"))


def test_a_second_run_replaces_the_first_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    generate(60, 2, 10, 1, out, PROJECT, progress=False)
    generate(40, 1, 10, 1, out, PROJECT, progress=False)
    generate(40, 1, 10, 1, tmp_path / "fresh", PROJECT, progress=False)
    assert _content(out) == _content(tmp_path / "fresh")
    assert json.loads((out / MARKER).read_text())["people"] == 40


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(CrossbrandError, match="is not empty"):
        generate(10, 1, 10, 1, tmp_path, PROJECT, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("people", "brands", "days", "seed", "message"),
    [
        (10, 99, 10, 1, r"--brands 99.*lists \d+ brands"),
        (10, 0, 10, 1, "--brands 0"),
        (0, 1, 10, 1, "--people 0"),
        (10, 1, 0, 1, "--days 0"),
        (10, 1, 10, -1, "--seed -1"),
    ],
)
def test_figures_out_of_range_are_named_before_anything_is_written(
    tmp_path: Path, people: int, brands: int, days: int, seed: int, message: str
) -> None:
    with pytest.raises(CrossbrandError, match=message):
        generate(people, brands, days, seed, tmp_path / "out", PROJECT, progress=False)
    assert not (tmp_path / "out").exists()


def test_it_runs_for_one_person_for_one_day_and_for_unknown_countries(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "seeds").mkdir(parents=True)
    (project / "models").symlink_to(PROJECT / "models")
    (project / "seeds" / "brands.csv").write_text(
        "brand_id,brand_name,controller_id,country_code,currency_code,time_zone\n"
        "one,One,c1,DE,EUR,Europe/Berlin\n"
        "two,Two,c2,BR,BRL,America/Sao_Paulo\n"
    )
    generate(1, 1, 1, 1, tmp_path / "small", project, progress=False)
    result = generate(300, 2, 30, 1, tmp_path / "out", project, progress=False)
    assert result.rows["orders"] > 20


def test_every_feed_is_there_with_columns_of_the_contract_only(
    summary: Summary, contract: dict[str, Feed]
) -> None:
    landing = summary.out / "landing"
    assert {path.name for path in landing.iterdir()} == set(contract)
    for feed in contract.values():
        files = list((landing / feed.name).rglob("*.parquet"))
        brands = {path.parts[-3] for path in files} - {f"brand={UNLISTED_BRAND}"}
        # So few people make requests that a brand may have none.
        assert len(brands) >= (1 if feed.name == "privacy_requests" else BRANDS), feed.name
        for path in files:
            schema = pq.read_schema(path)
            assert set(schema.names) <= set(feed.column_names), path
            types = {str(field.type) for field in schema}
            assert types <= {"string", "timestamp[us]"}, path
    assert not list(landing.rglob("truth*"))


def test_the_files_are_hundreds_not_thousands(summary: Summary) -> None:
    assert 100 < summary.files < 900


def test_the_summary_counts_what_was_landed(summary: Summary, ask: Ask) -> None:
    for feed, rows in summary.rows.items():
        assert _count(ask, f"{feed}") == rows, feed
    assert _count(ask, "truth_broken_rows") == sum(summary.broken.values())


# Keys, times and money

_TIMES = {
    "contacts": "updated_at", "orders": "updated_at", "order_lines": "updated_at",
    "returns": "returned_at", "events": "occurred_at", "message_events": "occurred_at",
    "service_interactions": "opened_at", "loyalty_events": "occurred_at",
    "consent_events": "decided_at", "privacy_requests": "requested_at",
    "campaign_controls": "held_out_at",
    "share_codes": "created_at", "reviews": "reviewed_at", "survey_responses": "answered_at",
}  # fmt: skip


@pytest.mark.parametrize("feed", sorted(_TIMES))
def test_no_row_is_delivered_before_it_happened(feed: str, ask: Ask) -> None:
    early = _count(
        ask,
        f"{feed} where "
        f"try_cast({_TIMES[feed]} as timestamptz)::timestamp::date > load_date::date "
        f"and year(try_cast({_TIMES[feed]} as timestamptz)) < 2090",
    )
    assert early == 0


@pytest.mark.parametrize(
    "feed",
    ["events", "message_events", "loyalty_events", "consent_events", "returns", "reviews",
     "survey_responses", "service_interactions", "share_codes", "privacy_requests",
     "campaign_controls"],
)  # fmt: skip
def test_keys_of_feeds_without_versions_are_unique_but_for_repeats(
    feed: str, ask: Ask, contract: dict[str, Feed]
) -> None:
    key = contract[feed].key[0]
    assert _one(ask, f"select count(*) - count(distinct (brand, {key})) from {feed}_ok") == 0


def test_totals_of_orders_are_the_sums_of_their_lines(ask: Ask) -> None:
    checked, wrong = ask(
        """
        with latest_orders as (
            select * from orders_ok
            qualify row_number() over (
                partition by brand, order_id order by updated_at::timestamptz desc) = 1
        ),
        latest_lines as (
            select * from order_lines_ok
            qualify row_number() over (
                partition by brand, order_id, line_number
                order by updated_at::timestamptz desc) = 1
        ),
        intact as (
            select * from latest_orders
            where (brand, order_id) not in (
                select (brand_id, split_part(record_id, '|', 1)) from truth_broken_rows
                where feed in ('orders', 'order_lines') and record_id is not null)
        ),
        summed as (
            select brand, order_id,
                sum(quantity::decimal(18, 3) * unit_price::decimal(18, 2)
                    - coalesce(discount_amount::decimal(18, 2), 0)) as goods,
                sum(coalesce(discount_amount::decimal(18, 2), 0)) as discounts
            from latest_lines group by all
        )
        select count(*), count(*) filter (
            where total_amount::decimal(18, 2) <> goods + shipping_amount::decimal(18, 2)
            or coalesce(discount_amount::decimal(18, 2), 0) <> discounts)
        from intact join summed using (brand, order_id)
        """
    )[0]
    assert checked > 1_500
    assert wrong == 0


def test_refunds_never_exceed_what_was_paid(ask: Ask) -> None:
    returned, over = ask(
        """
        with paid as (
            select brand, order_id, max(total_amount::decimal(18, 2)) as total
            from orders_ok group by all
        ),
        back as (
            select brand, order_id, sum(refund_amount::decimal(18, 2)) as refund
            from returns_ok group by all
        )
        select count(*), count(*) filter (where refund > total)
        from back join paid using (brand, order_id)
        """
    )[0]
    assert returned > 50
    assert over == 0


def test_currencies_are_the_brands(ask: Ask) -> None:
    pairs = ask("select distinct brand, currency_code from orders_ok where brand in ("
                "select brand_id from truth_rates) order by all")  # fmt: skip
    assert [code for _, code in pairs] == ["CZK", "PLN", "EUR", "HUF"]


# The truth


def test_every_record_has_one_truth_and_every_identifier_an_owner(
    ask: Ask, contract: dict[str, Feed]
) -> None:
    feeds = [row[0] for row in ask("select distinct feed from truth_records")]
    assert sorted(feeds) == [
        "consent_events", "contacts", "loyalty_events", "orders", "returns", "reviews",
        "service_interactions", "survey_responses",
    ]  # fmt: skip
    for feed in feeds:
        key = contract[feed].key[0]
        untold = _count(
            ask,
            f"{feed}_ok as landed anti join truth_records as known "
            f"on known.feed = '{feed}' and known.brand_id = landed.brand "
            f"and known.record_id = landed.{key} where landed.brand <> '{UNLISTED_BRAND}'",
        )
        assert untold == 0, feed
    assert not ask("select feed, brand_id, record_id from truth_records group by all "
                   "having count(*) > 1")  # fmt: skip
    assert not ask(
        "select * from truth_identifiers where (person_id is null) <> "
        "(kind in ('shop', 'placeholder'))"
    )
    # Two people share a value only where the truth says that they do.
    assert not ask(
        "select brand_id, identifier_type, identifier_value from truth_identifiers "
        "where kind = 'own' group by all having count(distinct person_id) > 1"
    )


def test_each_device_of_the_events_is_in_the_truth(ask: Ask) -> None:
    assert not ask(
        "select distinct brand, device_id from events_ok where device_id is not null and brand in "
        "(select brand_id from truth_rates) except select brand_id, device_id from truth_devices"
    )


def test_broken_rows_are_many_kinds_and_few_and_told(summary: Summary, ask: Ask) -> None:
    total = sum(summary.rows.values())
    broken = sum(summary.broken.values())
    assert 0.4 * BROKEN_SHARE < broken / total < 1.8 * BROKEN_SHARE
    kinds = {row[0] for row in ask("select distinct kind from truth_broken_rows")}
    assert kinds >= {
        "missing", "unreadable_time", "unreadable_decimal", "unknown_value", "future_time",
        "ancient_time", "decimal_comma", "epoch_seconds", "epoch_milliseconds", "unlisted_brand",
    }  # fmt: skip
    fates: dict[str, int] = dict(
        ask("select expected_fate, count(*) from truth_broken_rows group by all")
    )
    assert set(fates) == {"rejected", "repaired", "nulled"}
    assert not ask("select * from truth_broken_rows where (expected_fate = 'rejected') <> "
                   "(expected_reason is not null)")  # fmt: skip
    epoch = ask("select record_id, brand_id, load_date from truth_broken_rows "
                "where feed = 'events' and kind = 'epoch_seconds'")  # fmt: skip
    record, brand, loaded = epoch[0]
    value = _one(ask, f"select occurred_at from events where event_id = '{record}' "
                      f"and brand = '{brand}' and load_date = '{loaded}'")  # fmt: skip
    assert value.isdigit()


def test_repeats_are_counted_to_the_row(ask: Ask, contract: dict[str, Feed]) -> None:
    for feed in contract.values():
        columns = ", ".join(f"landed.{name}" for name in feed.column_names)
        landed, distinct = ask(
            f"select sum(times), count(*) from (select count(*) as times, brand, {columns} "
            f"from {feed.name} as landed where not exists (select 1 from truth_broken_rows "
            f"as broken where broken.feed = '{feed.name}' and broken.brand_id = landed.brand "
            f"and broken.load_date = landed.load_date and broken.expected_fate = 'rejected' "
            f"and broken.record_id = landed.{feed.key[0]}) group by all)"
        )[0]
        told = _one(ask, f"select repeats from truth_repeats where feed = '{feed.name}'")
        # Broken keys cannot be left out by their key here, and two of a kind may look alike.
        assert abs((landed - distinct) - told) <= 3, feed.name


# Like life


def test_people_are_customers_of_one_to_four_brands(ask: Ask) -> None:
    counts: dict[int, int] = dict(
        ask("select len(string_split(brands, ' ')), count(*) from truth_people group by all")
    )
    assert set(counts) == {1, 2, 3, 4}
    assert counts[1] > counts[2] > counts[3] > counts[4]


def test_identity_is_as_hard_as_in_life(ask: Ask) -> None:
    guests = _count(
        ask, "orders_ok where sales_channel = 'eshop' and contact_id is null and email is not null"
    )
    assert guests > 100
    for typed in ("upper(email) = email", "email like '%+%@%'", "email <> trim(email)",
                  "email like '%<%@%>'", "email like '% %<%'"):  # fmt: skip
        assert _count(ask, f"orders_ok where {typed}") > 3, typed
    for typed in ("phone like '+%'", "phone like '00%'", "phone like '+% %'",
                  "regexp_full_match(phone, '[1-9][0-9]{8}')", "phone like '06 %'"):  # fmt: skip
        assert _count(ask, f"orders_ok where {typed}") > 3, typed
    for kind, least in (("family_shared", 20), ("shop", 4), ("placeholder", 10)):
        assert _count(ask, f"truth_identifiers where kind = '{kind}'") >= least
    # The shop's own phone stands on hundreds of orders of different people.
    assert (
        _count(
            ask,
            "orders_ok "
            "where right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) in "
            "(select right(identifier_value, 9) from truth_identifiers "
            "where kind = 'shop' and identifier_type = 'phone')",
        )
        > 150
    )
    assert _count(ask, "orders_ok where email like '%info@%' and is_test = 'false'") > 5
    assert (
        _count(
            ask,
            "contacts_ok where email in ('null', 'n/a', '@', '-') "
            "or phone in ('000000000', '123456789', 'n/a')",
        )
        > 3
    )
    # The same ids at two brands are two things.
    assert (
        _count(
            ask,
            "(select contact_id from contacts_ok group by all having count(distinct brand) > 1)",
        )
        > 100
    )
    # A tablet, or a cookie, that several people used; and people with several devices.
    assert (
        _count(
            ask,
            "(select device_id from truth_devices group by all "
            "having count(distinct person_id) > 1)",
        )
        > 10
    )
    assert (
        _count(
            ask,
            "(select person_id, brand_id from truth_devices "
            "where person_id is not null group by all having count(*) > 2)",
        )
        > 50
    )
    # E-mails change with time, and are not the same at every brand.
    assert (
        _count(
            ask,
            "(select brand, contact_id from contacts_ok group by "
            "all having count(distinct lower(trim(email))) > 1)",
        )
        > 20
    )


def test_stores_calls_and_reviews_know_little(ask: Ask) -> None:
    bare = "contact_id is null and email is null and phone is null"
    assert (
        _count(
            ask,
            f"orders_ok where sales_channel = 'store' and {bare} and loyalty_card_id is not null",
        )
        > 80
    )
    assert (
        _count(
            ask,
            f"orders_ok where sales_channel = 'store' and {bare} "
            "and loyalty_card_id is null and coupon_code is null",
        )
        > 50
    )
    assert (
        _count(
            ask, f"orders_ok where {bare} and loyalty_card_id is null and coupon_code like 'V-%'"
        )
        > 5
    )
    assert _count(ask, "orders_ok where coupon_code = 'SUMMER10'") > 20
    assert not ask(
        "select coupon_code from orders_ok where coupon_code like 'V-%' and brand in "
        "(select brand_id from truth_rates) except select voucher_code from loyalty_events "
        "where event_type = 'voucher_issued'"
    )
    assert (
        _count(
            ask,
            "service_interactions_ok where phone is not null "
            "and contact_id is null and email is null",
        )
        > 20
    )
    assert (
        _count(
            ask, "reviews_ok where order_id is not null and contact_id is null and email is null"
        )
        > 20
    )


def test_orders_have_versions_that_come_late_and_out_of_order(ask: Ask) -> None:
    statuses = {row[0] for row in ask("select distinct status from orders_ok")}
    assert statuses == {"placed", "paid", "shipped", "completed", "cancelled", "returned"}
    assert _count(ask, "orders as older join orders as newer using (brand, order_id) "
        "where try_cast(older.updated_at as timestamptz) < try_cast(newer.updated_at as "
        "timestamptz) and older.load_date > newer.load_date",
    ) > 5  # fmt: skip
    assert (
        _count(
            ask,
            "(select brand, order_id from orders_ok group by all "
            "having count(distinct total_amount) > 1)",
        )
        > 3
    )
    assert _count(ask, "orders_ok where is_test = 'true'") > 1
    assert _count(ask, "orders_ok where fulfilment_method = 'click_and_collect'") > 50
    kinds = {row[0] for row in ask("select distinct return_type from returns_ok")}
    assert kinds >= {"return", "complaint"}


def test_buying_is_heterogeneous_seasonal_and_stops(ask: Ask) -> None:
    spread = _one(ask, "select stddev(rate_per_day) / avg(rate_per_day) from truth_rates "
                       "where rate_per_day > 0")  # fmt: skip
    assert spread > 0.8
    dropped, alive = ask("select count(dropped_at), count(*) - count(dropped_at) "
                         "from truth_rates where purchases > 0")[0]  # fmt: skip
    assert dropped > 50
    assert alive > 50
    days: dict[int, float] = dict(
        ask(
            "select month(ordered_at::timestamptz), count(distinct order_id) / count("
            "distinct ordered_at::timestamptz::date) from orders_ok group by all"
        )
    )
    # More and more people have joined by February, and still December is busier.
    assert days[12] > 1.1 * days[2]


def test_visits_are_mostly_anonymous_and_carts_are_left(ask: Ask) -> None:
    known, total = ask("select count(contact_id), count(*) from events_ok")[0]
    assert 0.05 < known / total < 0.5
    kinds = {row[0] for row in ask("select distinct event_type from events_ok")}
    assert kinds == {
        "page_view", "product_view", "category_view", "search", "add_to_cart", "remove_from_cart",
        "checkout_started", "purchase", "registration", "login", "app_open", "wishlist_add",
        "share", "social_interaction", "event_attended", "challenge_joined", "form_submitted",
    }  # fmt: skip
    carts, buys = ask("select count(*) filter (where event_type = 'add_to_cart'), count(*) "
                      "filter (where event_type = 'purchase') from events_ok")[0]  # fmt: skip
    assert carts > 1.3 * buys
    # A purchase event stands at the moment of its order, on the order's device.
    assert _count(ask, "events_ok as event join orders_ok as bought using (brand, order_id) "
        "where event.event_type = 'purchase' and (bought.device_id <> event.device_id or "
        "event.occurred_at::timestamp <> bought.ordered_at::timestamptz::timestamp)",
    ) == 0  # fmt: skip
    assert _count(ask, "events_ok where share_code is not null") > 10


def test_messages_live_and_robots_read_them(ask: Ask) -> None:
    kinds = {row[0] for row in ask("select distinct event_type from message_events_ok")}
    assert kinds >= {"sent", "delivered", "opened", "clicked", "bounced", "unsubscribed",
                     "failed", "received", "replied"}  # fmt: skip
    bounces = {row[0] for row in ask("select distinct bounce_type from message_events_ok")}
    assert bounces == {None, "hard", "soft"}
    assert _count(ask, "message_events_ok where is_machine = 'true'") > 50
    assert _count(ask, "message_events_ok as opened join message_events_ok as arrived using "
        "(brand, message_id) where opened.event_type = 'opened' and arrived.event_type = "
        "'delivered' and opened.is_machine = 'false' and date_diff('second', "
        "arrived.occurred_at::timestamp, opened.occurred_at::timestamp) <= 1",
    ) > 20  # fmt: skip
    assert _count(ask, "(select message_id from message_events_ok where event_type = "
        "'clicked' group by brand, message_id, occurred_at having count(distinct link_url) = 4)",
    ) > 10  # fmt: skip
    # Clicks bring people to the site, and the message is known there.
    assert _count(ask, "events_ok join message_events_ok as message using "
                     "(brand, message_id) where message.event_type = 'clicked' and utm_source "
                     "= 'newsletter'") > 30  # fmt: skip
    controls = _count(ask, "truth_campaign_controls")
    assert controls > 50
    # Nobody in the control group of a campaign was sent it.
    assert not ask(
        "select campaign_id, person_id from truth_campaign_controls intersect "
        "select message.campaign_id, known.person_id from message_events_ok as message join "
        "truth_records as known on known.feed = 'contacts' and known.brand_id = message.brand "
        "and known.record_id = message.contact_id join truth_campaign_controls as held on "
        "held.brand_id = message.brand and held.campaign_id = message.campaign_id and "
        "held.person_id = known.person_id"
    )


def test_nobody_is_written_to_after_unsubscribing(ask: Ask) -> None:
    assert not ask(
        "select left_.brand, left_.contact_id from message_events_ok as left_ "
        "join message_events_ok as later using (brand, contact_id) "
        "where left_.event_type = 'unsubscribed' and later.event_type = 'sent' "
        "and later.occurred_at::timestamp > left_.occurred_at::timestamp + interval 1 hour"
    )


def test_consents_are_given_and_withdrawn(ask: Ask) -> None:
    pairs = {row[:2] for row in ask("select distinct purpose, decision from consent_events_ok")}
    assert {("marketing", "granted"), ("marketing", "withdrawn"),
            ("cross_brand_profiling", "granted"),
            ("cross_brand_profiling", "withdrawn")} <= pairs  # fmt: skip
    both, several = ask(
        "select count(*) filter (where linkable_controllers like '% %'), count(*) from "
        "truth_people where brands like '% %'"
    )[0]
    assert 0.2 < both / several < 0.6
    assert {row[0] for row in ask("select distinct request_type from privacy_requests_ok")} <= {
        "access", "objection", "restriction",
    }  # fmt: skip


# The parts


@pytest.mark.parametrize("code", sorted(PLANS))
def test_phone_numbers_are_valid_in_every_form(code: str) -> None:
    for slot in range(0, 30_000, 293):
        clean, *forms = phone_forms(country_of(code), slot)
        assert phonenumbers.is_valid_number(phonenumbers.parse(clean)), clean
        for form in forms:
            parsed = phonenumbers.parse(form, code)
            shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            assert shown == clean, form


def test_phone_numbers_of_different_slots_differ() -> None:
    for code in PLANS:
        country = country_of(code)
        numbers = {phone_forms(country, slot)[0] for slot in range(5_000)}
        assert len(numbers) == 5_000, code


@pytest.mark.parametrize(
    ("name", "country", "expected"),
    [
        ("Novák", "CZ", "Nováková"),
        ("Černý", "CZ", "Černá"),
        ("Svoboda", "CZ", "Svobodová"),
        ("Hájek", "CZ", "Hájková"),
        ("Němec", "CZ", "Němcová"),
        ("Krejčí", "CZ", "Krejčí"),
        ("Sloboda", "SK", "Slobodová"),
        ("Kowalski", "PL", "Kowalska"),
        ("Nowak", "PL", "Nowak"),
        ("Nagy", "HU", "Nagy"),
    ],
)
def test_surnames_take_their_female_form(name: str, country: str, expected: str) -> None:
    assert female_surname(name, country) == expected


def test_plain_ascii_has_no_diacritics() -> None:
    assert plain_ascii("Łukasz Žižková Őrsi") == "Lukasz Zizkova Orsi"
