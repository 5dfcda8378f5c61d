"""The metrics of models/semantic against the marts, counted anew in Python.

In CI the definitions are read as they stand: each measure is summed by an aggregation of one
column, so a plain sum over the mart's rows is what MetricFlow has to give. With CROSSBRAND_LONG=1
MetricFlow itself is asked (docs/metrics.md says how to install it), and must give those figures.
"""

from __future__ import annotations

import csv
import os
import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from .built_sample import PROJECT, Facts, load_facts

MODELS = yaml.safe_load((PROJECT / "models/semantic/_semantic__metrics.yml").read_text("utf-8"))
SEMANTIC = {model["name"]: model for model in MODELS["semantic_models"]}
METRICS = {metric["name"]: metric for metric in MODELS["metrics"]}
MEASURES = {
    measure["name"]: (model, measure)
    for model in MODELS["semantic_models"] for measure in model["measures"]
}  # fmt: skip

WANTED = {
    "revenue", "orders", "customers", "retention", "conversion_rate", "average_order_value",
    "contactable_share", "response_rate", "activity_score",
}  # fmt: skip


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return load_facts(tmp_path_factory)


def mart_of(model: dict[str, Any]) -> str:
    name: str = model["model"].removeprefix("ref('").removesuffix("')")
    return f"marts.{name}"


def test_every_figure_of_the_business_is_there_and_described() -> None:
    assert set(METRICS) >= WANTED
    assert all(metric["description"] and metric["label"] for metric in METRICS.values())
    for metric in METRICS.values():
        given = metric["type_params"]
        if metric["type"] == "simple":
            assert given["measure"] in MEASURES
        else:
            assert {given["numerator"], given["denominator"]} <= set(METRICS)


def test_measures_and_dimensions_are_columns_of_their_mart(facts: Facts) -> None:
    for model in MODELS["semantic_models"]:
        columns = set(facts.rows(mart_of(model))[0])
        named = [one.get("expr") or one["name"] for one in model["dimensions"] + model["measures"]]
        named += [one["expr"] for one in model.get("entities") or ()]
        plain = {name for name in named if name.isidentifier()}
        assert plain <= columns, model["name"]
        assert {name for name in named if not name.isidentifier()} <= {
            "1", "case when contactable_brand_count > 0 then 1 else 0 end"
        }  # fmt: skip


def summed(facts: Facts, metric: str, keep: Any = lambda _: True) -> Decimal:
    """A simple metric by its definition: the sum of its measure over the mart's rows."""
    model, measure = MEASURES[METRICS[metric]["type_params"]["measure"]]
    assert measure["agg"] == "sum"
    expression = measure.get("expr") or measure["name"]
    total = Decimal(0)
    for row in filter(keep, facts.rows(mart_of(model))):
        if expression == "1":
            total += 1
        elif expression.startswith("case"):
            total += row["contactable_brand_count"] > 0
        else:
            total += Decimal(row[expression] or 0)
    return total


def test_definitions_give_what_the_facts_give(facts: Facts) -> None:
    """From the orders, refunds and sessions themselves; nothing of kpi_daily is read here."""
    orders = facts.orders
    assert summed(facts, "orders") == len(orders)
    assert summed(facts, "gross_revenue") == sum(row["amount"] for row in orders)
    assert summed(facts, "revenue") == sum(row["net"] for row in orders)
    sessions = facts.rows("marts.sessions")
    assert summed(facts, "sessions") == len(sessions)
    assert summed(facts, "purchase_sessions") == sum(row["purchase_count"] > 0 for row in sessions)
    assert summed(facts, "customers") == len(facts.rows("intermediate.int_identity__customers"))


def by_month(facts: Facts) -> dict[str, dict[str, Decimal]]:
    """Each month's figures, out of kpi_daily."""
    months: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in facts.rows("marts.kpi_daily"):
        for name in ("net_amount", "gross_amount", "order_count", "session_count",
                     "purchase_session_count"):  # fmt: skip
            months[f"{row['kpi_date']:%Y-%m}"][name] += row[name]
    return months


def ask(facts: Facts, folder: Path, metrics: str, group: str) -> list[dict[str, str]]:
    """`mf query`, as the documentation shows it."""
    mf = Path(os.environ.get("CROSSBRAND_MF") or PROJECT / "build/metrics/bin/mf").absolute()
    assert mf.is_file(), "docs/metrics.md says how to install it; CROSSBRAND_MF names another one"
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("DBT_TARGET_PATH", "PYTHONPATH")
    } | {
        "CROSSBRAND_WAREHOUSE": str(facts.warehouse),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_LOG_PATH": str(folder / "logs"),
        "PATH": f"{mf.parent}:{os.environ['PATH']}",
    }
    out = folder / f"{metrics.split(',')[0]}.csv"
    for command in (
        [str(mf.parent / "dbt"), "--quiet", "parse"],
        [str(mf), "query", "--metrics", metrics, "--group-by", group, "--csv", str(out)],
    ):
        ran = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    with out.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if os.environ.get("CROSSBRAND_LONG"):

    def test_metricflow_gives_the_figures_of_kpi_daily(facts: Facts, tmp_path: Path) -> None:
        months = by_month(facts)
        asked = "revenue,orders,average_order_value,conversion_rate"
        for row in ask(facts, tmp_path, asked, "metric_time__month"):
            figures = months[row["metric_time__month"][:7]]
            assert abs(float(row["revenue"]) - float(figures["net_amount"])) < 0.005
            assert float(row["orders"]) == figures["order_count"]
            if figures["order_count"]:
                mean = figures["gross_amount"] / figures["order_count"]
                assert abs(float(row["average_order_value"]) - float(mean)) < 1e-6
            if figures["session_count"]:
                rate = figures["purchase_session_count"] / figures["session_count"]
                assert abs(float(row["conversion_rate"]) - float(rate)) < 1e-9
            months.pop(row["metric_time__month"][:7])
        assert not months, "a month of kpi_daily that MetricFlow does not give"

    def test_metricflow_gives_retention_response_and_activity(facts: Facts, tmp_path: Path) -> None:
        cohorts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for row in facts.rows("marts.cohort_retention"):
            if row["scope"] == "all" and row["is_month_over"] and row["months_since_first"] > 0:
                cohorts[row["months_since_first"]][0] += row["active_customer_count"]
                cohorts[row["months_since_first"]][1] += row["customer_count"]
        key = "cohort_month__months_since_first"
        given = {int(row[key]): float(row["retention"])
                 for row in ask(facts, tmp_path, "retention", key)}  # fmt: skip
        assert given == pytest.approx({n: came / all_ for n, (came, all_) in cohorts.items()})

        channels: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for row in facts.rows("marts.channel_affinity"):
            channels[row["channel"]][0] += row["responded_count"]
            channels[row["channel"]][1] += row["reached_count"]
        key = "customer_channel__channel"
        rates = {row[key]: float(row["response_rate"] or 0)
                 for row in ask(facts, tmp_path, "response_rate", key)}  # fmt: skip
        assert rates == pytest.approx(
            {name: done / reached if reached else 0 for name, (done, reached) in channels.items()}
        )

        scores: dict[str, Decimal] = defaultdict(Decimal)
        for row in facts.rows("marts.brand_activity"):
            scores[row["brand_id"]] += row["activity_score"]
        key = "customer_brand__active_brand_id"
        found = {row[key]: float(row["activity_score"])
                 for row in ask(facts, tmp_path, "activity_score", key)}  # fmt: skip
        assert found == pytest.approx({name: float(score) for name, score in scores.items()})

        key = "customer__activity_tier"
        tiers: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for row in facts.rows("marts.customer_360"):
            tiers[row["activity_tier"]][0] += row["contactable_brand_count"] > 0
            tiers[row["activity_tier"]][1] += 1
        shares = {row[key]: (float(row["contactable_share"]), int(float(row["customers"])))
                  for row in ask(facts, tmp_path, "contactable_share,customers", key)}  # fmt: skip
        assert {name: count for name, (_, count) in shares.items()} == {
            name: count for name, (_, count) in tiers.items()
        }
        assert {name: share for name, (share, _) in shares.items()} == pytest.approx(
            {name: may / count for name, (may, count) in tiers.items()}
        )
