"""Figures of the marts after a build, each a number by scope that tolerances.yml bounds by name."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from crossbrand.paths import has_table
from crossbrand.validate.judge import Judgement
from crossbrand.validate.tolerances import Check, Tolerances

MART_ROWS = "mart_rows"
"""The one check that needs what is published: a mart's rows against those it had there."""

FIGURES: dict[str, tuple[tuple[str, ...], str]] = {
    "customers": (
        ("marts.customer_360",),
        "select 'all', count(*) from marts.customer_360",
    ),
    "landed_rows_rejected": (
        ("marts.landing_profile", "reference.brands"),
        """
        select
            landed.brand_id,
            sum(landed.measured_number * rejected.measured_number) / sum(landed.measured_number)
        from marts.landing_profile as landed
        inner join marts.landing_profile as rejected
            using (feed, brand_id, load_date)
        where
            landed.measure = 'row_count'
            and rejected.measure = 'rejected_share'
            and landed.brand_id in (select brand_id from reference.brands)
        group by landed.brand_id
        """,
    ),
    "orders_with_customer": (
        ("marts.customer_records",),
        """
        select brand_id, count(customer_id) / count(*)
        from marts.customer_records
        where feed = 'orders'
        group by brand_id
        """,
    ),
    "suspect_customers": (
        ("marts.customer_360",),
        "select 'all', avg(case when is_suspect then 1 else 0 end) from marts.customer_360",
    ),
    "largest_customer": (
        ("marts.customer_records",),
        """
        select 'all', max(record_count) / sum(record_count)
        from (
            select customer_id, count(*) as record_count
            from marts.customer_records
            where feed in ('contacts', 'orders') and customer_id is not null
            group by customer_id
        ) as customers
        -- Among a handful of people everybody is a large share.
        having count(*) >= 100
        """,
    ),
    "held_refunds": (
        ("marts.doubtful_records", "marts.customer_records"),
        """
        select
            returns.brand_id,
            count(held.record_id) / count(*)
        from marts.customer_records as returns
        left join marts.doubtful_records as held
            on
                returns.brand_id = held.brand_id
                and returns.record_id = held.record_id
                and held.doubt_code = 'refund_without_order'
        where returns.feed = 'returns'
        group by returns.brand_id
        """,
    ),
    "doubtful_orders": (
        ("marts.doubtful_records", "marts.customer_records"),
        """
        select
            orders.brand_id,
            count(doubtful.record_id) / count(*)
        from marts.customer_records as orders
        left join (
            select distinct brand_id, record_id
            from marts.doubtful_records
            where feed = 'orders'
        ) as doubtful
            on
                orders.brand_id = doubtful.brand_id
                and orders.record_id = doubtful.record_id
        where orders.feed = 'orders'
        group by orders.brand_id
        """,
    ),
    "days_without_orders": (
        ("intermediate.int_transaction__orders", "intermediate.int_operations__as_of"),
        """
        select
            orders.brand_id,
            date_diff('hour', max(orders.ordered_at), max(as_of.as_of_at)) / 24
        from intermediate.int_transaction__orders as orders
        cross join intermediate.int_operations__as_of as as_of
        where orders.is_counted
        group by orders.brand_id
        """,
    ),
    "days_without_exchange_rate": (
        (
            "reference.exchange_rates",
            "intermediate.int_transaction__orders",
            "intermediate.int_operations__as_of",
        ),
        """
        select
            rates.from_currency,
            greatest(date_diff('day', max(rates.rate_date), max(as_of.as_of_date)), 0)
        from reference.exchange_rates as rates
        cross join intermediate.int_operations__as_of as as_of
        where rates.from_currency in (
            select currency_code from intermediate.int_transaction__orders
        )
        group by rates.from_currency
        """,
    ),
    "landed_rows_unaccounted": (
        ("marts.landing_files", "marts.landing_profile"),
        """
        select
            coalesce(landed.feed, read.feed),
            abs(coalesce(landed.row_count, 0) - coalesce(read.row_count, 0))
        from (
            select feed, sum(row_count) as row_count
            from marts.landing_files
            -- Rows of a folder whose date is no date are refused, and are in no profile.
            where load_date is not null
            group by feed
        ) as landed
        full join (
            select feed, sum(measured_number) as row_count
            from marts.landing_profile
            where measure = 'row_count'
            group by feed
        ) as read
            on landed.feed = read.feed
        """,
    ),
    "orders_unaccounted": (
        (
            "marts.kpi_daily",
            "marts.rejected_records",
            "intermediate.int_transaction__orders",
        ),
        """
        select
            orders.brand_id,
            abs(orders.counted - coalesce(daily.counted, 0))
        from (
            select brand_id, count(*) filter (is_counted) as counted
            from intermediate.int_transaction__orders
            group by brand_id
        ) as orders
        left join (
            select brand_id, sum(order_count) as counted
            from marts.kpi_daily
            group by brand_id
        ) as daily
            on orders.brand_id = daily.brand_id
        """,
    ),
    "brands_apart_from_all": (
        (
            "marts.kpi_daily",
            "intermediate.int_transaction__orders",
            "intermediate.int_transaction__refunds",
        ),
        """
        select
            'all',
            coalesce((select sum(net_amount) from marts.kpi_daily), 0)
            - coalesce((
                select sum(total_amount)
                from intermediate.int_transaction__orders
                where is_counted
            ), 0)
            + coalesce((
                select sum(refund_amount)
                from intermediate.int_transaction__refunds
                where is_counted
            ), 0)
        """,
    ),
}
"""name -> (the tables that it reads, a query of scope and number)"""


def judge_marts(
    connection: duckdb.DuckDBPyConnection,
    tolerances: Tolerances,
    published_rows: Mapping[str, int] | None = None,
) -> list[Judgement]:
    """Every figure that the tolerances bound and whose tables the warehouse has.

    `published_rows` are the rows of each mart in the generation that is published.
    Raises KeyError for a name in tolerances.yml that is no figure.
    """
    judgements = []
    for check in tolerances.publication:
        if check.name == MART_ROWS:
            judgements += _judge_rows(connection, check, published_rows or {})
            continue
        tables, query = FIGURES[check.name]
        if all(has_table(connection, table) for table in tables):
            for scope, number in sorted(connection.execute(query).fetchall()):
                if number is not None:
                    value = float(number)
                    judgements.append(
                        Judgement(str(scope), check.name, check.name, value, None, value)
                    )
    return judgements


def _judge_rows(
    connection: duckdb.DuckDBPyConnection, check: Check, published_rows: Mapping[str, int]
) -> list[Judgement]:
    judgements = []
    for mart, before in sorted(published_rows.items()):
        if before < max(check.rows, 1) or not has_table(connection, f"marts.{mart}"):
            continue
        row = connection.execute(f'select count(*) from marts."{mart}"').fetchone()
        rows = float(row[0]) if row else 0.0
        judgements.append(Judgement(mart, MART_ROWS, "rows", rows, float(before), rows / before))
    return judgements
