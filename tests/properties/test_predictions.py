"""The predictions against the literature, SciPy's hypergeometric function and plain Python.

The CDNOW sample is the one that Fader, Hardie and Lee (2005) and Fader and Hardie (2013) publish
their estimates for; the package lifetimes ships it, and nothing else of that package is used.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import random
import sys
from collections import defaultdict
from decimal import Decimal
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy.special import hyp2f1

from crossbrand import predictions
from crossbrand.errors import CrossbrandError
from crossbrand.predictions import (
    AmountModel,
    PurchaseModel,
    expected_amount,
    expected_purchases,
    expected_while_alive,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_predictions,
    probability_alive,
)
from tests.properties.built_sample import DAY, Facts, Row, load_facts

from .project_copy import ProjectCopy

PROJECT = Path(__file__).resolve().parents[2]
PUBLISHED = PurchaseModel(0.243, 4.414, 0.793, 2.426, 0.0, True)


def cdnow(name: str) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Columns of one of the CDNOW summaries: 2,357 customers, weeks, calibrated to 1997-09-30."""
    path = Path(str(distribution("lifetimes").locate_file(f"lifetimes/datasets/{name}.csv")))
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([float(row[column]) for row in rows]) for column in rows[0]}


def by_hypergeometric(model: PurchaseModel, x: float, t_x: float, age: float, time: float) -> float:
    """Equation 10 of the 2005 paper as printed, but for Euler's transformation of the function.

    As printed, a huge value is multiplied by a tiny one; transformed (Abramowitz & Stegun 15.3.3)
    both are near 1.
    """
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    z = time / (alpha + age + time)
    gauss = (1 - z) ** (a - 1) * float(hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z))
    expected = (a + b + x - 1) / (a - 1) * (1 - gauss)
    odds = 0.0
    if x > 0:
        odds = a / (b + x - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x)
    return float(expected / (1 + odds))


def random_model(rng: random.Random) -> PurchaseModel:
    """Parameters of every size that a fit is allowed to give, and away from a = 1."""

    def draw(low: float, high: float) -> float:
        return math.exp(rng.uniform(math.log(low), math.log(high)))

    a = draw(0.06, 30)
    return PurchaseModel(
        draw(0.05, 20), draw(0.5, 200), a if abs(a - 1) > 0.02 else 1.1, draw(0.06, 100), 0.0, True
    )


def test_bgnbd_on_cdnow_is_the_published_one() -> None:
    data = cdnow("cdnow_customers_summary")
    assert len(data["ID"]) == 2357
    model = fit_bgnbd(data["frequency"], data["recency"], data["T"])
    assert model.is_converged
    assert model.r == pytest.approx(0.243, abs=0.005)
    assert model.alpha == pytest.approx(4.414, abs=0.005)
    assert model.a == pytest.approx(0.793, abs=0.005)
    assert model.b == pytest.approx(2.426, abs=0.005)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    # Customer 0001 of the paper: x = 2, t_x = 30.43, T = 38.86, over the next 39 weeks.
    x, t_x, age = np.array([2.0]), np.array([30.43]), np.array([38.86])
    assert expected_purchases(model, x, t_x, age, 39.0)[0] == pytest.approx(1.226, abs=0.005)


def test_time_in_days_gives_the_same_customers() -> None:
    """A model in other units says the same of everybody, and so does its likelihood."""
    data = cdnow("cdnow_customers_summary")
    some = slice(0, 600)
    x, t_x, age = (data[name][some] for name in ("frequency", "recency", "T"))
    weeks, days = fit_bgnbd(x, t_x, age), fit_bgnbd(x, t_x * 7, age * 7)
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-3)
    assert days.r == pytest.approx(weeks.r, rel=1e-3)
    assert days.log_likelihood == pytest.approx(
        weeks.log_likelihood - x.sum() * math.log(7), abs=1e-3
    )


def test_gamma_gamma_on_cdnow_is_the_published_one() -> None:
    data = cdnow("cdnow_customers_summary_with_transactions")
    paying = data["zbar"] > 0
    assert np.count_nonzero(paying) == 946
    model = fit_gamma_gamma(data["x"][paying], data["zbar"][paying])
    assert model.is_converged
    assert model.p == pytest.approx(6.25, rel=0.02)
    assert model.q == pytest.approx(3.74, rel=0.02)
    assert model.v == pytest.approx(15.44, rel=0.02)
    # Fader and Hardie (2013): nobody's purchases known, the mean of the population is expected.
    assert expected_amount(model, np.zeros(1), np.zeros(1))[0] == pytest.approx(
        model.p * model.v / (model.q - 1)
    )


def test_the_quadrature_is_the_hypergeometric_function() -> None:
    """Within a millionth, for parameters of every size, and for the paper's own customer."""
    rng = random.Random(3)
    for _ in range(400):
        model = random_model(rng)
        x = float(rng.choice([0, 0, 1, 2, 3, 8, 40]))
        age = rng.uniform(0, 300)
        t_x = rng.uniform(0, age) if x else 0.0
        time = rng.choice([90 / 7, 365 / 7, 39.0])
        found = float(
            expected_purchases(
                model, np.array([x]), np.array([t_x]), np.array([age]), time
            )[0]
        )  # fmt: skip
        assert found == pytest.approx(by_hypergeometric(model, x, t_x, age, time), rel=1e-6)
    assert by_hypergeometric(PUBLISHED, 2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=0.005)


# The same in SQL: stand-in customers under forty sets of parameters.

CUTOFFS = {"past": dt.date(2025, 1, 1), "present": dt.date(2025, 6, 30)}
MODELS = [
    "int_value__prediction_parameters",
    "int_value__expected_purchases",
    "int_value__predictions",
    "customer_predictions",
]
COLUMNS = {
    "intermediate.int_value__prediction_cutoffs":
        "days_before integer, cutoff_date date, is_present boolean",
    "intermediate.int_value__purchase_summaries":
        "customer_id varchar, scope varchar, cutoff_date date, repeat_purchase_count integer, "
        "last_purchase_days integer, age_days integer, last_year_purchase_count integer, "
        "net_amount decimal(18, 2), mean_repeat_amount decimal(18, 6), first_purchase_date date, "
        "last_purchase_date date",
    "reference.prediction_parameters":
        "scope varchar, fitted_to date, customer_count bigint, repeat_customer_count bigint, "
        "repeat_purchase_count bigint, r double, alpha_weeks double, a double, b double, "
        "purchase_log_likelihood double, is_purchase_converged boolean, "
        "expected_repeat_purchase_count double, amount_customer_count bigint, p double, q double, "
        "v double, amount_log_likelihood double, is_amount_converged boolean, "
        "mean_repeat_amount double, frequency_amount_correlation double",
}  # fmt: skip


def draw_rows(rng: random.Random) -> dict[str, list[Row]]:
    """Customers in the scopes s00 … s39, whose fits are their own, and in two without one."""
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    rows["intermediate.int_value__prediction_cutoffs"] = [
        {"days_before": 180, "cutoff_date": CUTOFFS["past"], "is_present": False},
        {"days_before": 0, "cutoff_date": CUTOFFS["present"], "is_present": True},
    ]
    fits: list[tuple[str, dt.date, float | None]] = [
        (f"s{number:02d}", dt.date(2025, 3, 1), 500.0) for number in range(40)
    ]
    # Of all brands there are the shipped fit and a later one; s00 has one that saw too much.
    fits += [("all", dt.date(1970, 1, 1), None), ("all", dt.date(2025, 2, 1), 300.0)]
    fits += [("any_brand", dt.date(1970, 1, 1), None), ("s00", dt.date(2025, 7, 1), 1.0)]
    for scope, fitted_to, v in fits:
        model = random_model(rng)
        rows["reference.prediction_parameters"].append(
            {"scope": scope, "fitted_to": fitted_to, "r": model.r, "alpha_weeks": model.alpha,
             "a": model.a, "b": model.b, "p": rng.uniform(0.5, 8), "q": rng.uniform(1.5, 9), "v": v}
        )  # fmt: skip
    number = 0
    for scope in [*(f"s{number:02d}" for number in range(40)), "lone", "all"]:
        for cutoff in CUTOFFS.values():
            for _ in range(8):
                number += 1
                x = rng.choice([0, 0, 1, 2, 5, 30])
                age = rng.choice([0, 1, rng.randint(2, 900)]) if not x else rng.randint(x, 900)
                rows["intermediate.int_value__purchase_summaries"].append({
                    "customer_id": f"c{number}",
                    "scope": scope,
                    "cutoff_date": cutoff,
                    "repeat_purchase_count": x,
                    "last_purchase_days": rng.randint(x, age) if x else 0,
                    "age_days": age,
                    "last_year_purchase_count": 1,
                    "net_amount": Decimal(rng.randint(0, 90000)) / 100,
                    "mean_repeat_amount": Decimal(rng.randint(-500, 30000)) / 100 if x else None,
                })  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[Row]], Path]:
    """Lay the stand-ins down and run the models on them."""
    copy = ProjectCopy(tmp_path_factory.mktemp("predictions") / "project")
    warehouse = copy.warehouse
    rows = draw_rows(random.Random(5))
    with duckdb.connect(str(warehouse)) as connection:
        for schema in ("intermediate", "reference", "marts"):
            connection.execute(f"create schema {schema}")
        for table, columns in COLUMNS.items():
            connection.execute(f"create table {table} ({columns})")
            names = [part.split()[0] for part in columns.replace("(18, ", "(18;").split(", ")]
            if rows[table]:
                laid = pa.Table.from_pylist([{name: row.get(name) for name in names}
                                             for row in rows[table]])  # fmt: skip
                connection.register("laid", laid)
                connection.execute(f"insert into {table} by name from laid")
                connection.unregister("laid")
    copy.succeed(
        "build", "--resource-type", "seed", "--resource-type", "model",
        "--select", "quadrature_nodes", *MODELS,
    )  # fmt: skip
    return rows, warehouse


def read(warehouse: Path, table: str) -> list[Row]:
    """Rows of a table as dictionaries."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        cursor = connection.execute(f"select * from {table}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def chosen_fit(rows: dict[str, list[Row]], scope: str, cutoff: dt.date) -> Row:
    """The scope's latest fit that saw nothing later, else that of all brands."""
    fits = rows["reference.prediction_parameters"]
    for wanted in ((scope,), ("all",) if scope == "all" else ("all", "any_brand")):
        known = [fit for fit in fits if fit["scope"] in wanted and fit["fitted_to"] <= cutoff]
        if known:
            return max(known, key=lambda fit: (fit["fitted_to"], fit["scope"] == "any_brand"))
    raise AssertionError(scope)


def test_each_scope_is_scored_with_the_fit_it_may_know(
    scored: tuple[dict[str, list[Row]], Path],
) -> None:
    """Nothing later than the cut-off, one's own first, then all brands', the shipped one last."""
    rows, warehouse = scored
    summaries = rows["intermediate.int_value__purchase_summaries"]
    found = read(warehouse, "intermediate.int_value__prediction_parameters")
    assert len(found) == 42 * 2
    sources = set()
    for row in found:
        fit = chosen_fit(rows, row["scope"], row["cutoff_date"])
        assert (row["fitted_scope"], row["fitted_to"]) == (fit["scope"], fit["fitted_to"])
        assert (row["r"], row["a"], row["q"]) == (fit["r"], fit["a"], fit["q"])
        assert row["is_shipped"] == (fit["fitted_to"] == dt.date(1970, 1, 1))
        if fit["scope"] != row["scope"] or fit["v"] is None:
            own = [
                one
                for one in summaries
                if (one["scope"], one["cutoff_date"]) == (row["scope"], row["cutoff_date"])
            ]
            mean = float(sum(one["net_amount"] for one in own)) / sum(
                one["repeat_purchase_count"] + 1 for one in own
            )
            assert fit["p"] * row["v"] / (fit["q"] - 1) == pytest.approx(mean, abs=1e-5)
        else:
            assert row["v"] == fit["v"]
        sources.add((row["fitted_scope"] == row["scope"], row["is_shipped"]))
    assert sources == {(True, False), (True, True), (False, False), (False, True)}


def test_sql_equals_the_formulas(scored: tuple[dict[str, list[Row]], Path]) -> None:
    """Expected purchases within a millionth of SciPy's; every score to its last decimal."""
    rows, warehouse = scored
    parameters = {
        (row["scope"], row["cutoff_date"]): row
        for row in read(warehouse, "intermediate.int_value__prediction_parameters")
    }
    grid = {
        (row["scope"], row["cutoff_date"], row["repeat_purchase_count"], row["age_days"]): row
        for row in read(warehouse, "intermediate.int_value__expected_purchases")
    }
    found = {row["customer_id"]: row
             for row in read(warehouse, "intermediate.int_value__predictions")}  # fmt: skip
    marts = {row["customer_id"]: row for row in read(warehouse, "marts.customer_predictions")}
    summaries = rows["intermediate.int_value__purchase_summaries"]
    assert len(found) == len(summaries)
    for row in summaries:
        fit = parameters[row["scope"], row["cutoff_date"]]
        model = PurchaseModel(fit["r"], fit["alpha_weeks"], fit["a"], fit["b"], 0.0, True)
        x = row["repeat_purchase_count"]
        t_x, age = row["last_purchase_days"] / 7, row["age_days"] / 7
        score = found[row["customer_id"]]
        odds = 0.0
        if x:
            odds = model.a / (model.b + x - 1)
            odds *= ((model.alpha + age) / (model.alpha + t_x)) ** (model.r + x)
        alive = 1 / (1 + odds)
        assert float(score["probability_alive"]) == pytest.approx(alive, abs=1e-6)
        amount = fit["p"] * (fit["v"] + x * float(row["mean_repeat_amount"] or 0))
        amount = max(amount / (fit["p"] * x + fit["q"] - 1), 0)
        assert float(score["expected_order_amount"]) == pytest.approx(amount, abs=0.00501)
        for days in (90, 365):
            expected = by_hypergeometric(model, x, t_x, age, days / 7)
            on_grid = grid[row["scope"], row["cutoff_date"], x, row["age_days"]]
            assert on_grid[f"purchases_{days}_days"] == pytest.approx(expected / alive, rel=1e-6)
            assert float(score[f"expected_orders_{days}_days"]) == pytest.approx(
                expected, rel=1e-6, abs=5.1e-7
            )
            assert float(score[f"predicted_value_{days}_days"]) == pytest.approx(
                expected * amount, rel=2e-6, abs=0.00501
            )
            quiet = ((model.alpha + age) / (model.alpha + age + days / 7)) ** (model.r + x)
            assert float(score[f"probability_of_order_{days}_days"]) == pytest.approx(
                alive * (1 - quiet), abs=1e-6
            )
        wait = score["next_order_wait_days"]
        reached = [
            alive * (1 - ((model.alpha + age) / (model.alpha + age + day / 7)) ** (model.r + x))
            for day in ((wait - 1, wait) if wait else (730,))
        ]
        # The day before it is less likely than not, and on the day it is not.
        assert reached[0] < 0.5 + 1e-9
        assert wait is None or (wait <= 730 and reached[1] >= 0.5 - 1e-9)
        if row["cutoff_date"] == CUTOFFS["present"]:
            mart = marts[row["customer_id"]]
            likely = float(mart["probability_of_order_365_days"])
            assert mart["churn_risk_band"] == (
                "low" if likely >= 0.5 else "medium" if likely >= 0.25 else "high"
            )
            ahead = None if wait is None else CUTOFFS["present"] + wait * DAY
            assert mart["next_order_date"] == ahead
    assert len(marts) == len(summaries) / 2
    assert {row["churn_risk_band"] for row in marts.values()} == {"low", "medium", "high"}


# What the models are told, and how they did, counted anew on the sample.


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The sample's facts, read once."""
    return load_facts(tmp_path_factory)


def purchase_days(facts: Facts) -> dict[tuple[str, str], dict[dt.date, list[tuple[dt.date, Any]]]]:
    """By customer and scope: purchase days with their amounts and when these became known."""
    refunds = defaultdict(list)
    for row in facts.rows("intermediate.int_transaction__refunds"):
        if row["is_counted"]:
            refunds[row["brand_id"], row["order_id"]].append(row)
    days: dict[Any, Any] = defaultdict(lambda: defaultdict(list))
    for order in facts.orders:
        if not order["customer_id"]:
            continue
        day = order["ordered_at"].date()
        for scope in (order["brand_id"], "all"):
            own = days[order["customer_id"], scope][day]
            own.append((day, order["amount"]))
            own.extend(
                (max(day, refund["returned_at"].date()), -refund["refund_amount"])
                for refund in refunds[order["brand_id"], order["order_id"]]
            )
    return days


def test_summaries_are_the_purchase_days(facts: Facts) -> None:
    """How often, when last, since when and for how much, as of each cut-off."""
    found = {
        (row["customer_id"], row["scope"], row["cutoff_date"]): (
            row["repeat_purchase_count"], row["last_purchase_days"], row["age_days"],
            row["last_year_purchase_count"], row["net_amount"], row["mean_repeat_amount"],
        )
        for row in facts.rows("intermediate.int_value__purchase_summaries")
    }  # fmt: skip
    expected = {}
    today = facts.as_of.date()
    for cutoff in (today - back * DAY for back in (0, 90, 180, 365)):
        for (customer, scope), days in purchase_days(facts).items():
            known = sorted(day for day in days if day <= cutoff)
            if not known or (customer, scope) in facts.stopped:
                continue
            worth = {
                day: sum((amount for at, amount in days[day] if at <= cutoff), Decimal(0))
                for day in known
            }
            later = sum((worth[day] for day in known[1:]), Decimal(0))
            mean = later / (len(known) - 1) if len(known) > 1 else None
            expected[customer, scope, cutoff] = (
                len(known) - 1,
                (known[-1] - known[0]).days,
                (cutoff - known[0]).days,
                sum((cutoff - day).days < 365 for day in known),
                sum(worth.values(), Decimal(0)),
                None if mean is None else pytest.approx(mean, abs=Decimal("0.000001")),
            )
    assert found == expected
    assert len({cutoff for _, _, cutoff in found}) >= 3


def test_the_backtest_counts_what_came(facts: Facts) -> None:
    """Errors, ranking and deciles of each past cut-off, from the predictions made at it."""
    days = purchase_days(facts)
    scores: dict[tuple[str, dt.date], list[Row]] = defaultdict(list)
    for row in facts.rows("intermediate.int_value__predictions"):
        scores[row["scope"], row["cutoff_date"]].append(row)
    today = facts.as_of.date()
    found = {(row["scope"], row["cutoff_date"], row["horizon_days"]): row
             for row in facts.rows("marts.prediction_backtest")}  # fmt: skip
    tenths: dict[Any, dict[int, Row]] = defaultdict(dict)
    for row in facts.rows("marts.prediction_calibration"):
        tenths[row["scope"], row["cutoff_date"], row["horizon_days"]][row["decile"]] = row
    checked = 0
    for (scope, cutoff), own in scores.items():
        for horizon in (90, 365):
            if (today - cutoff).days < horizon:
                continue
            checked += 1
            come = [
                sum(
                    cutoff < day <= cutoff + horizon * DAY
                    for day in days[row["customer_id"], scope]
                )
                for row in own
            ]
            model = [row[f"expected_orders_{horizon}_days"] for row in own]
            last = [Decimal(row["last_year_purchase_count"] * horizon) / 365 for row in own]
            repeats = sum(row["last_year_purchase_count"] - (row["age_days"] < 365) for row in own)
            exposure = sum(min(row["age_days"], 365) for row in own)
            mean = Decimal(repeats * horizon) / exposure if exposure else Decimal(0)
            result = found[scope, cutoff, horizon]
            assert result["customer_count"] == len(own)
            assert result["actual_orders"] == sum(come)
            assert result["expected_orders"] == sum(model)
            assert float(result["mean_orders"]) == pytest.approx(float(mean) * len(own), abs=1e-3)
            for prefix, guesses in (
                ("", model),
                ("last_year_", last),
                ("mean_", [mean] * len(own)),
            ):
                off = [float(guess) - actual for guess, actual in zip(guesses, come, strict=True)]
                assert float(result[f"{prefix}mean_absolute_error"]) == pytest.approx(
                    sum(map(abs, off)) / len(off), abs=2e-6
                )
                assert float(result[f"{prefix}root_mean_square_error"]) == pytest.approx(
                    math.sqrt(sum(value * value for value in off) / len(off)), abs=2e-6
                )
            for name, guesses in (("auc", model), ("last_year_auc", last)):
                wins = [
                    (one > other) + (one == other) / 2
                    for one, came in zip(guesses, come, strict=True) if came
                    for other, stayed in zip(guesses, come, strict=True) if not stayed
                ]  # fmt: skip
                assert float(result[name]) == pytest.approx(sum(wins) / len(wins), abs=6e-5)
            decile = [
                1 + 10 * sum(other < value for other in model) // len(model) for value in model
            ]
            for number, row in tenths[scope, cutoff, horizon].items():
                members = [index for index, one in enumerate(decile) if one == number]
                assert row["customer_count"] == len(members)
                assert row["actual_orders"] == sum(come[index] for index in members)
                assert row["expected_orders"] == sum(model[index] for index in members)
            assert sum(
                row["customer_count"] for row in tenths[scope, cutoff, horizon].values()
            ) == (len(own))
    assert checked == len(found) >= 10


# The verb.


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    """A warehouse with 3,000 customers of a BG/NBD that is known, and a scope too small to fit."""
    rng = np.random.default_rng(8)
    warehouse = tmp_path / "w.duckdb"
    rows = []
    for number in range(3000):
        rate, leaves = rng.gamma(0.8, 1 / 10), rng.beta(1.2, 3.0)
        age = int(rng.integers(200, 700))
        at, purchases = 0.0, []
        while (at := at + rng.exponential(7 / rate)) < age:
            purchases.append(int(at))
            if rng.random() < leaves:
                break
        count = len(purchases)
        mean = rng.gamma(6.0 * count, 1 / rng.gamma(4.0, 1 / 90)) / count if count else None
        scope = "all" if number >= 40 else "small"
        rows.append({
            "customer_id": f"c{number}",
            "scope": scope,
            "cutoff_date": dt.date(2025, 6, 30),
            "repeat_purchase_count": count,
            "last_purchase_days": purchases[-1] if purchases else 0,
            "age_days": age,
            "mean_repeat_amount": mean,
        })  # fmt: skip
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_value__purchase_summaries (customer_id varchar, "
            "scope varchar, cutoff_date date, repeat_purchase_count integer, "
            "last_purchase_days integer, age_days integer, mean_repeat_amount decimal(18, 6))"
        )
        connection.register("laid", pa.Table.from_pylist(rows))
        connection.execute(
            "insert into intermediate.int_value__purchase_summaries by name from laid"
        )
    return warehouse


def test_fitting_finds_what_was_simulated(simulated: Path, tmp_path: Path) -> None:
    """It finds the model again, tells what it could not fit, and keeps the rows of others."""
    path = tmp_path / "prediction_parameters.csv"
    shipped = (PROJECT / "seeds" / "prediction_parameters.csv").read_text(encoding="utf-8")
    path.write_text(shipped, encoding="utf-8")
    fit = fit_predictions(simulated, path)
    assert fit.too_few[0][:2] == ("small", "2025-06-30")
    assert "not fitted" in fit.summary()
    with path.open(encoding="utf-8") as file:
        rows = {(row["scope"], row["fitted_to"]): row for row in csv.DictReader(file)}
    assert set(rows) == {
        ("all", "1970-01-01"), ("any_brand", "1970-01-01"), ("all", "2025-06-30"),
    }  # fmt: skip
    row = rows["all", "2025-06-30"]
    assert float(row["r"]) == pytest.approx(0.8, rel=0.25)
    assert float(row["alpha_weeks"]) == pytest.approx(10, rel=0.25)
    assert float(row["a"]) / (float(row["a"]) + float(row["b"])) == pytest.approx(
        1.2 / 4.2, rel=0.2
    )
    assert float(row["p"]) == pytest.approx(6, rel=0.2)
    assert float(row["q"]) == pytest.approx(4, rel=0.25)
    assert float(row["expected_repeat_purchase_count"]) == pytest.approx(
        float(row["repeat_purchase_count"]), rel=0.1
    )
    assert shipped.splitlines()[1] in path.read_text(encoding="utf-8").splitlines()


def test_without_scipy_the_verb_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(CrossbrandError, match=r"crossbrand\[predictions\]"):
        fit_predictions(tmp_path / "w.duckdb", tmp_path / "parameters.csv")


def test_the_nodes_of_the_seed_are_those_of_the_rule() -> None:
    with (PROJECT / "seeds" / "quadrature_nodes.csv").open(encoding="utf-8") as file:
        rows = [(int(a), float(b), float(c)) for a, b, c in list(csv.reader(file))[1:]]
    assert [number for number, _, _ in rows] == list(range(-50, 51))
    for number, sine, cosine in rows:
        assert sine == pytest.approx(math.sinh(number / 10), rel=1e-14)
        assert cosine == pytest.approx(math.cosh(number / 10), rel=1e-14)
    sinh, cosh = predictions.quadrature_nodes()
    assert len(sinh) == len(cosh) == len(rows)


def test_who_came_once_is_never_gone() -> None:
    """The model's own blind spot, which the churn risk is therefore not taken from."""
    once, ages = np.zeros(2), np.array([1.0, 500.0])
    assert probability_alive(PUBLISHED, once, once, ages).tolist() == [1.0, 1.0]
    fresh, stale = expected_while_alive(PUBLISHED, once, ages, 52.0)
    assert fresh > 10 * stale
    assert (
        expected_amount(AmountModel(6.25, 3.74, 15.44, 0, True), np.ones(1), np.ones(1) * 99) > 35
    )
