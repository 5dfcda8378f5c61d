"""What the Complete Journey must come to, worked out from its own frames, and the comparison.

The expected figures are computed with pandas and plain Python, from the frames alone: nothing here
reads the landing data, and none of the project's SQL is used. A wrong figure on either side shows.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crossbrand.console import bar
from crossbrand.errors import CrossbrandError

TIME_ZONE = "America/New_York"
"""Where the grocer keeps its days: campaigns begin and coupons are redeemed on local dates."""

ALL = "all"
CENT = Decimal("0.01")
CUTS = (1, 2, 3, 4)
"""The cuts of a score, in fifths."""

RELATIONS = (
    "staging.stg_transaction__orders",
    "staging.stg_transaction__order_lines",
    "staging.stg_loyalty__loyalty_events",
    "staging.stg_communication__campaigns",
    "intermediate.int_operations__as_of",
    "intermediate.int_transaction__orders",
    "intermediate.int_communication__messages",
    "intermediate.int_identity__message_customers",
    "marts.customer_360",
    "marts.customer_identifiers",
    "marts.customer_records",
    "marts.rfm_scores",
    "marts.cross_brand_activity_tiers",
    "marts.rejected_records",
)


@dataclass(frozen=True)
class Household:
    """One household in one scope: `amount_eur` is what it paid, in euros at each day's rate."""

    recency_days: int
    frequency: int
    amount_eur: Decimal
    scores: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Response:
    """Households of a campaign: sent it, redeemed a coupon of it, bought in its dates."""

    sent: int
    redeemed: int
    sent_and_bought: int
    bought: int


@dataclass
class Expected:
    """The figures. Amounts in US dollars where nothing else is said; brands by brand_id."""

    as_of: datetime
    lines: int
    baskets: int
    sales: Decimal
    coupons: Decimal
    orders: dict[str, int]
    paid: dict[str, Decimal]
    paid_eur: Decimal
    redemptions: int
    sends: int
    households: dict[str, dict[str, Household]] = field(default_factory=dict)
    responses: dict[str, Response] = field(default_factory=dict)

    @property
    def cards(self) -> set[str]:
        """The loyalty cards of all households that bought."""
        return set(self.households[ALL])


@dataclass(frozen=True)
class Check:
    """One figure, as expected and as found in the warehouse."""

    name: str
    expected: object
    found: object

    @property
    def passed(self) -> bool:
        """Equal to the last digit; there is no tolerance."""
        return self.expected == self.found


class Rates:
    """Dated rates from US dollars to euros: the last known at or before the day."""

    def __init__(self, rates: Iterable[tuple[date, Decimal]]) -> None:
        ordered = sorted(rates)
        self._days = [day for day, _ in ordered]
        self._rates = [rate for _, rate in ordered]

    def to_eur(self, amount: Decimal, day: date) -> Decimal:
        """The amount in euros, to the cent, halves away from zero.

        Raises CrossbrandError when there is no rate at or before the day.
        """
        position = bisect_right(self._days, day)
        if not position:
            raise CrossbrandError(f"exchange_rates.csv has no rate for USD at or before {day}.")
        return (amount * self._rates[position - 1]).quantize(CENT, rounding=ROUND_HALF_UP)


def read_rates(path: Path) -> Rates:
    """The rates from USD to EUR in a seed.

    Raises CrossbrandError when the seed is missing or has none.
    """
    if not path.is_file():
        raise CrossbrandError(f"{path} is missing; run without --check-only first.")
    with path.open(encoding="utf-8", newline="") as file:
        found = [
            (date.fromisoformat(row["rate_date"]), Decimal(row["rate"]))
            for row in csv.DictReader(file)
            if row["from_currency"] == "USD" and row["to_currency"] == "EUR"
        ]
    if not found:
        raise CrossbrandError(f"{path} has no rates from USD to EUR.")
    return Rates(found)


def expected(frames: Mapping[str, Any], rates: Rates) -> Expected:
    """Work out every figure from the package's frames (pandas), by household's card.

    `frames` are those that were landed. An order is one label's part of a basket; a product without
    a label counts with the rest of its basket.
    """
    lines = frames["transactions"].merge(
        frames["products"][["product_id", "brand"]], on="product_id", how="left"
    )
    private = set(lines.loc[lines["brand"] == "Private", "basket_id"])
    national = set(lines.loc[lines["brand"] == "National", "basket_id"])
    only_private = private - national
    by_basket = lines["basket_id"].map(lambda basket: basket in only_private)
    lines["label"] = lines["brand"].fillna(by_basket.map({True: "Private", False: "National"}))
    lines["paid_cents"] = ((lines["sales_value"] - lines["coupon_disc"]) * 100).round().astype(int)

    as_of = lines["transaction_timestamp"].max().to_pydatetime()
    orders = (
        lines.groupby(["label", "basket_id"])
        .agg(
            household_id=("household_id", "first"),
            ordered_at=("transaction_timestamp", "first"),
            paid_cents=("paid_cents", "sum"),
        )
        .reset_index()
    )
    purchases = [
        _Purchase(
            brand=str(label).lower(),
            card=f"household-{household}",
            ordered_at=ordered_at.to_pydatetime(),
            paid=Decimal(int(cents)) * CENT,
            paid_eur=rates.to_eur(Decimal(int(cents)) * CENT, ordered_at.date()),
        )
        for label, household, ordered_at, cents in orders[
            ["label", "household_id", "ordered_at", "paid_cents"]
        ].itertuples(index=False)
    ]
    brands = sorted({purchase.brand for purchase in purchases})
    return Expected(
        as_of=as_of,
        lines=len(lines),
        baskets=int(lines["basket_id"].nunique()),
        sales=exact_sum(lines["sales_value"]),
        coupons=exact_sum(lines["coupon_disc"]),
        orders={brand: sum(item.brand == brand for item in purchases) for brand in brands},
        paid={
            brand: sum((item.paid for item in purchases if item.brand == brand), Decimal(0))
            for brand in brands
        },
        paid_eur=sum((item.paid_eur for item in purchases), Decimal(0)),
        redemptions=len(frames["coupon_redemptions"]),
        sends=len(frames["campaigns"]),
        households={scope: score(_households(purchases, scope, as_of)) for scope in (ALL, *brands)},
        responses=_responses(frames),
    )


@dataclass(frozen=True)
class _Purchase:
    brand: str
    card: str
    ordered_at: datetime
    paid: Decimal
    paid_eur: Decimal


def exact_sum(amounts: Iterable[float]) -> Decimal:
    """The sum of amounts in whole cents, kept as binary floats, without their dust."""
    return sum((Decimal(repr(float(amount))).quantize(CENT) for amount in amounts), Decimal(0))


def _households(
    purchases: Sequence[_Purchase], scope: str, as_of: datetime
) -> dict[str, Household]:
    by_card: dict[str, list[_Purchase]] = {}
    for item in purchases:
        if scope in (ALL, item.brand):
            by_card.setdefault(item.card, []).append(item)
    return {
        card: Household(
            recency_days=(as_of - max(item.ordered_at for item in items)) // timedelta(days=1),
            frequency=len(items),
            amount_eur=sum((item.paid_eur for item in items), Decimal(0)),
        )
        for card, items in by_card.items()
    }


def score(households: Mapping[str, Household]) -> dict[str, Household]:
    """The households of one scope with their three scores: recency, frequency, amount."""
    recency = score_by_fifths({card: one.recency_days for card, one in households.items()})
    frequency = score_by_fifths({card: one.frequency for card, one in households.items()})
    amount = score_by_fifths({card: int(one.amount_eur * 100) for card, one in households.items()})
    return {
        card: Household(
            recency_days=one.recency_days,
            frequency=one.frequency,
            amount_eur=one.amount_eur,
            scores=(6 - recency[card], frequency[card], amount[card]),
        )
        for card, one in households.items()
    }


def score_by_fifths(values: Mapping[str, int]) -> dict[str, int]:
    """1 + how many of the 20, 40, 60 and 80 % quantiles lie strictly below each value.

    The quantiles interpolate linearly (type 7 of Hyndman and Fan, 1996). Everything is multiplied
    by five, so that it stays in whole numbers and no rounding can move a tie.
    """
    ordered = sorted(values.values())
    cuts = []
    for fifth in CUTS:
        position, rest = divmod((len(ordered) - 1) * fifth, 5)
        above = ordered[min(position + 1, len(ordered) - 1)]
        cuts.append(5 * ordered[position] + rest * (above - ordered[position]))
    return {key: 1 + sum(cut < 5 * value for cut in cuts) for key, value in values.items()}


def _responses(frames: Mapping[str, Any]) -> dict[str, Response]:
    baskets = frames["transactions"][["household_id", "transaction_timestamp"]].drop_duplicates()
    local = baskets["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert(TIME_ZONE)
    baskets = baskets.assign(day=local.dt.tz_localize(None).dt.normalize())
    campaigns, redemptions = frames["campaigns"], frames["coupon_redemptions"]
    found = {}
    for row in frames["campaign_descriptions"].itertuples(index=False):
        in_dates = baskets[(baskets["day"] >= row.start_date) & (baskets["day"] <= row.end_date)]
        bought = set(in_dates["household_id"])
        sent = set(campaigns.loc[campaigns["campaign_id"] == row.campaign_id, "household_id"])
        of_campaign = redemptions["campaign_id"] == row.campaign_id
        found[str(row.campaign_id)] = Response(
            sent=len(sent),
            redeemed=redemptions.loc[of_campaign, "household_id"].nunique(),
            sent_and_bought=len(sent & bought),
            bought=len(bought),
        )
    return found


def compare(connection: duckdb.DuckDBPyConnection, figures: Expected) -> list[Check]:
    """Every figure as the warehouse has it, beside the expected one.

    Raises CrossbrandError when the warehouse lacks a table or view that is compared.
    """
    require(connection, RELATIONS)

    def one(query: str) -> Any:
        row = connection.execute(query).fetchone()
        return row[0] if row else None

    paid = dict(
        connection.execute(
            "select brand_id, sum(total_amount_original) from staging.stg_transaction__orders "
            "group by brand_id"
        ).fetchall()
    )
    orders = dict(
        connection.execute(
            "select brand_id, count(*) from intermediate.int_transaction__orders where is_counted "
            "group by brand_id"
        ).fetchall()
    )
    results = [
        Check("rejected rows", 0, one("select count(*) from marts.rejected_records")),
        Check(
            "moment the marts stand at (UTC)",
            figures.as_of,
            one("select as_of_at from intermediate.int_operations__as_of"),
        ),
        Check(
            "receipt lines",
            figures.lines,
            one("select count(*) from staging.stg_transaction__order_lines"),
        ),
        Check(
            "baskets",
            figures.baskets,
            one("select count(distinct order_id) from staging.stg_transaction__orders"),
        ),
        *(Check(f"orders, {key}", figures.orders[key], orders.get(key)) for key in figures.orders),
        *(Check(f"paid in USD, {key}", figures.paid[key], paid.get(key)) for key in figures.paid),
        Check(
            "grocer's revenue in USD (sales_value)",
            figures.sales,
            sum(paid.values(), Decimal(0)) + figures.coupons,
        ),
        Check(
            "paid in EUR, all orders",
            figures.paid_eur,
            one(
                "select sum(total_amount) from intermediate.int_transaction__orders "
                "where is_counted"
            ),
        ),
        Check(
            "customers",
            len(figures.cards),
            one("select count(*) from marts.customer_360"),
        ),
    ]
    cards = _cards(connection)
    results.append(
        Check(
            "customers with one card of their own",
            len(figures.cards),
            len(figures.cards & set(cards.values()))
            if len(set(cards.values())) == len(cards)
            else 0,
        )
    )
    for scope in figures.households:
        results += _compare_scope(connection, figures, scope, cards)
    return results + _compare_campaigns(connection, figures)


def require(connection: duckdb.DuckDBPyConnection, relations: Sequence[str]) -> None:
    """Raise CrossbrandError when one of these tables or views, `schema.name`, does not exist."""
    present = {
        f"{schema}.{name}"
        for schema, name in connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
    }
    missing = [relation for relation in relations if relation not in present]
    if missing:
        raise CrossbrandError(
            f"The warehouse has no {', '.join(missing)}: the build did not end. Run it again."
        )


def _cards(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """customer_id -> card, of the customers that have just one."""
    return dict(
        connection.execute(
            """
            select customer_id, min(identifier_value)
            from marts.customer_identifiers
            where identifier_type = 'loyalty_card_id'
            group by customer_id
            having count(distinct identifier_value) = 1
            """
        ).fetchall()
    )


def _compare_scope(
    connection: duckdb.DuckDBPyConnection,
    figures: Expected,
    scope: str,
    cards: Mapping[str, str],
) -> list[Check]:
    rows = connection.execute(
        """
        select
            customer_id, recency_days, frequency, monetary_amount,
            recency_score, frequency_score, monetary_score
        from marts.rfm_scores
        where scope = ?
        """,
        [scope],
    ).fetchall()
    found = {
        cards.get(customer, customer): Household(
            int(recency), int(frequency), amount, (int(first), int(second), int(third))
        )
        for customer, recency, frequency, amount, first, second, third in rows
    }
    wanted = figures.households[scope]
    parts: dict[str, Any] = {
        "recency in days": lambda one: one.recency_days,
        "frequency": lambda one: one.frequency,
        "amount in EUR": lambda one: one.amount_eur,
        "three scores": lambda one: one.scores,
    }
    results = [Check(f"households scored, {scope}", len(wanted), len(found))]
    for name, part in parts.items():
        agreeing = sum(
            card in found and part(found[card]) == part(household)
            for card, household in wanted.items()
        )
        results.append(Check(f"same {name}, {scope}", len(wanted), agreeing))
    return results


def _compare_campaigns(connection: duckdb.DuckDBPyConnection, figures: Expected) -> list[Check]:
    found = {
        str(row[0]): Response(sent=row[3], redeemed=row[4], sent_and_bought=row[5], bought=row[6])
        for row in connection.execute(RESPONSE).fetchall()
    }
    sends = connection.execute(
        """
        select count(*)
        from intermediate.int_communication__messages as messages
        inner join intermediate.int_identity__message_customers as bound
            on messages.brand_id = bound.brand_id and messages.message_id = bound.message_id
        where bound.customer_id is not null
        """
    ).fetchone()
    redemptions = connection.execute(
        """
        select count(*)
        from marts.customer_records
        where feed = 'loyalty_events' and customer_id is not null
        """
    ).fetchone()
    tiers = connection.execute("select count(*) from marts.cross_brand_activity_tiers").fetchone()
    parts: dict[str, Any] = {
        "number of recipients": lambda one: one.sent,
        "number that redeemed": lambda one: one.redeemed,
        "recipients who bought": lambda one: one.sent_and_bought,
        "number that bought": lambda one: one.bought,
    }
    return [
        Check("letters bound to a customer", figures.sends, sends[0] if sends else None),
        Check(
            "redemptions bound to a customer",
            figures.redemptions,
            redemptions[0] if redemptions else None,
        ),
        *(
            Check(
                f"campaigns: same {name}",
                len(figures.responses),
                sum(
                    key in found and part(found[key]) == part(response)
                    for key, response in figures.responses.items()
                ),
            )
            for name, part in parts.items()
        ),
        Check("customers with a cross-brand tier", len(figures.cards), tiers[0] if tiers else None),
    ]


# One row per campaign: id, name, its days within the data, households sent, redeemed, sent and
# bought, bought, then the euros that recipients and all households paid in its dates, and the
# number of all households.
RESPONSE = """
with recipients as (
    select distinct
        messages.campaign_id,
        bound.customer_id
    from intermediate.int_communication__messages as messages
    inner join intermediate.int_identity__message_customers as bound
        on messages.brand_id = bound.brand_id and messages.message_id = bound.message_id
    where bound.customer_id is not null
),

redeemers as (
    select
        split_part(events.voucher_code, '-', 1) as campaign_id,
        count(distinct records.customer_id) as customers
    from staging.stg_loyalty__loyalty_events as events
    inner join marts.customer_records as records
        on
            records.feed = 'loyalty_events'
            and records.brand_id = events.brand_id
            and records.record_id = events.event_id
    where events.event_type = 'voucher_redeemed'
    group by campaign_id
),

purchases as (
    select
        campaigns.campaign_id,
        records.customer_id,
        sum(orders.total_amount) as amount
    from staging.stg_communication__campaigns as campaigns
    inner join intermediate.int_transaction__orders as orders
        on orders.ordered_at between campaigns.started_at and campaigns.ended_at
    inner join marts.customer_records as records
        on
            records.feed = 'orders'
            and records.brand_id = orders.brand_id
            and records.record_id = orders.order_id
    where orders.is_counted and records.customer_id is not null
    group by campaigns.campaign_id, records.customer_id
),

per_campaign as (
    select
        campaigns.campaign_id,
        count(distinct recipients.customer_id) as sent
    from staging.stg_communication__campaigns as campaigns
    left join recipients on campaigns.campaign_id = recipients.campaign_id
    group by campaigns.campaign_id
),

bought as (
    select
        purchases.campaign_id,
        count(*) as customers,
        count(recipients.customer_id) as recipients,
        sum(purchases.amount) as amount,
        coalesce(sum(purchases.amount) filter (where recipients.customer_id is not null), 0)
            as recipients_amount
    from purchases
    left join recipients
        on
            purchases.campaign_id = recipients.campaign_id
            and purchases.customer_id = recipients.customer_id
    group by purchases.campaign_id
),

data_span as (
    select
        min(ordered_at) as started_at,
        max(ordered_at) as ended_at
    from intermediate.int_transaction__orders
    where is_counted
)

select
    campaigns.campaign_id,
    campaigns.campaign_name,
    date_diff(
        'day',
        greatest(campaigns.started_at, data_span.started_at),
        least(campaigns.ended_at, data_span.ended_at)
    ) + 1 as days,
    per_campaign.sent,
    coalesce(redeemers.customers, 0) as redeemed,
    coalesce(bought.recipients, 0) as sent_and_bought,
    coalesce(bought.customers, 0) as bought,
    coalesce(bought.recipients_amount, 0) as recipients_amount,
    coalesce(bought.amount, 0) as amount,
    (select count(*) from marts.customer_360) as customers
from staging.stg_communication__campaigns as campaigns
cross join data_span
inner join per_campaign on campaigns.campaign_id = per_campaign.campaign_id
left join redeemers on campaigns.campaign_id = redeemers.campaign_id
left join bought on campaigns.campaign_id = bought.campaign_id
order by try_cast(campaigns.campaign_id as integer), campaigns.campaign_id
"""

SEGMENTS = """
select
    rfm_segment,
    count(*) filter (where scope = 'all') as customers,
    median(recency_days) filter (where scope = 'all') as recency,
    median(frequency) filter (where scope = 'all') as frequency,
    median(monetary_amount) filter (where scope = 'all') as amount,
    sum(monetary_amount) filter (where scope = 'all') as total,
    count(*) filter (where scope = 'national') as national,
    count(*) filter (where scope = 'private') as private
from marts.rfm_scores
group by rfm_segment
order by customers desc, rfm_segment
"""

TIERS = """
select
    tier,
    suggested_treatment,
    strongest_brand_id,
    brand_to_stimulate_id,
    count(*) as customers
from marts.cross_brand_activity_tiers
group by all
order by customers desc, tier, strongest_brand_id, brand_to_stimulate_id
"""


def show_results(
    connection: duckdb.DuckDBPyConnection, figures: Expected, console: Console
) -> None:
    """Print the segments, the campaigns' response and the tiers."""
    _show_segments(connection, console)
    _show_campaigns(connection, figures, console)
    _show_tiers(connection, console)


def _show_segments(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    rows = connection.execute(SEGMENTS).fetchall()
    customers = sum(row[1] for row in rows)
    revenue = sum(row[5] or 0 for row in rows)
    table = _table(
        "RFM segments, both brands together",
        (
            "Segment",
            "Households",
            "",
            "Days",
            "Orders",
            "EUR",
            "Revenue",
            "National",
            "Private",
        ),
        footnote="Days since the last order, orders, EUR: medians. Last two: within one brand.",
    )
    for segment, count, recency, frequency, amount, total, national, private in rows:
        table.add_row(
            segment,
            f"{count:,}",
            bar(count, max(row[1] for row in rows), 6),
            f"{recency or 0:,.0f}",
            f"{frequency or 0:,.0f}",
            f"{amount or 0:,.0f}",
            _percent(total or 0, revenue),
            f"{national:,}",
            f"{private:,}",
        )
    table.add_section()
    table.add_row("all", f"{customers:,}", "", "", "", "", _percent(revenue, revenue), "", "")
    console.print(table)


def _show_campaigns(
    connection: duckdb.DuckDBPyConnection, figures: Expected, console: Console
) -> None:
    table = _table(
        "Campaign response",
        (
            "Campaign",
            "Days",
            "Sent to",
            "Redeemed",
            "Bought: sent",
            "not sent",
            "EUR a week: sent",
            "not sent",
        ),
        footnote="Days of the campaign within the data. Recipients buy more before the letter "
        "too:\nthe difference between sent and not sent is not its effect.",
    )
    for row in connection.execute(RESPONSE).fetchall():
        _, name, days, sent, redeemed, sent_and_bought, bought, sent_amount, amount, customers = row
        others = customers - sent
        weeks = Decimal(days) / 7
        table.add_row(
            name.removeprefix("Campaign "),
            str(days),
            f"{sent:,}",
            _percent(redeemed, sent),
            _percent(sent_and_bought, sent),
            _percent(bought - sent_and_bought, others),
            f"{sent_amount / weeks / sent:,.2f}" if sent else "",
            f"{(amount - sent_amount) / weeks / others:,.2f}" if others else "",
        )
    console.print(table)
    console.print(
        f"{figures.sends:,} letters, {figures.redemptions:,} coupons redeemed.\n", style="dim"
    )


def _show_tiers(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    rows = connection.execute(TIERS).fetchall()
    table = _table(
        "Cross-brand tiers",
        ("Tier", "Treatment", "Strongest", "To stimulate", "Households", ""),
        text_columns=4,
    )
    largest = max((row[4] for row in rows), default=0)
    for tier, treatment, strongest, stimulate, count in rows:
        table.add_row(
            tier,
            treatment or "",
            strongest or "",
            stimulate or "",
            f"{count:,}",
            bar(count, largest),
        )
    console.print(table)


def print_checks(results: Sequence[Check], console: Console) -> None:
    """The figures side by side; what differs stands out."""
    table = _table(
        "Figures against the data set's own frames", ("Figure", "Frames", "Warehouse", "")
    )
    for result in results:
        table.add_row(
            result.name,
            _figure(result.expected),
            _figure(result.found),
            Text("agree", style="green") if result.passed else Text("DIFFER", style="bold red"),
        )
    console.print(table)


def _table(
    title: str, columns: Sequence[str], *, footnote: str | None = None, text_columns: int = 1
) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, caption=footnote
    )
    table.caption_justify = "left"
    for position, column in enumerate(columns):
        table.add_column(
            column, justify="left" if position < text_columns or not column else "right"
        )
    return table


def _figure(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "nothing" if value is None else str(value)


def _percent(part: Decimal | int, whole: Decimal | int) -> str:
    return f"{100 * Decimal(part) / Decimal(whole):.1f} %" if whole else ""
