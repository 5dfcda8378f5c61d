"""How well customer_predictions ranks and counts, where the sample's truth knows what is so.

The sample generator draws each person's purchase rate and drop-out at each brand and writes them to
truth/rates.parquet. So, unlike in life, what is expected of a customer can be held against what is
true of the person now, without waiting for the future: whether they have dropped out, and how many
purchases their own rate and drop-out probability let expect.

Of a person who is active, buys at the rate l a day and leaves with the probability p after each
purchase, (1 - exp(-l p t)) / p purchases are expected in t days; of one who has left, none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crossbrand.paths import has_table, open_warehouse, quoted

Floats = npt.NDArray[np.float64]

PREDICTIONS = "marts.customer_predictions"
RECORDS = "marts.customer_records"
HORIZON_DAYS = 365
DECILES = 10


@dataclass(frozen=True)
class Decile:
    """A tenth of the customers by expected orders, the least first; figures are means."""

    decile: int
    customers: int
    expected_orders: float
    true_orders: float
    probability_alive: float
    truly_alive: float


@dataclass(frozen=True)
class PredictionEvaluation:
    """AUCs are of telling the active from those who left; 0.5 is a coin, None has one kind only.

    `rank_correlation` is between expected and true orders.
    `customers` are those of a brand whose orders there are all of one person and all that this
    person's records tell of, so that a mistake of the stitching is not counted twice.
    """

    customers: int
    truly_alive: int
    auc_probability_alive: float | None
    auc_probability_of_order: float | None
    auc_recency: float | None
    rank_correlation: float
    expected_orders: float
    true_orders: float
    deciles: list[Decile]

    def to_dict(self) -> dict[str, Any]:
        """All figures, for JSON."""
        return asdict(self)


def area_under_curve(score: Floats, is_true: npt.NDArray[np.bool_]) -> float | None:
    """Probability that a true one scores above a false one, ties counting half (Mann & Whitney)."""
    positives, negatives = int(is_true.sum()), int((~is_true).sum())
    if not positives or not negatives:
        return None
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(counts) - (counts - 1) / 2
    ranks = float(middle_rank[place][is_true].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def rank_correlation(left: Floats, right: Floats) -> float:
    """Spearman's: the correlation of middle ranks; 0 where one side is all alike."""
    ranks = []
    for values in (left, right):
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[place])
    if np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def evaluate_predictions(warehouse: Path, truth: Path) -> PredictionEvaluation | None:
    """Compare the predictions with truth/rates.parquet; None where there is nothing to compare."""
    if not (truth / "rates.parquet").is_file() or not (truth / "records.parquet").is_file():
        return None
    with open_warehouse(warehouse) as connection:
        if not has_table(connection, PREDICTIONS):
            return None
        columns = _matched(connection, truth)
    count = len(columns["expected"])
    if not count:
        return None
    is_alive = np.asarray(columns["is_alive"], np.bool_)
    rate, dropout = columns["rate"], np.maximum(columns["dropout"], 1e-12)
    true_orders = np.where(is_alive, (1 - np.exp(-rate * dropout * HORIZON_DAYS)) / dropout, 0.0)
    order = np.argsort(columns["expected"], kind="stable")
    deciles = [
        Decile(
            decile=number + 1,
            customers=len(part),
            expected_orders=float(columns["expected"][part].mean()),
            true_orders=float(true_orders[part].mean()),
            probability_alive=float(columns["alive"][part].mean()),
            truly_alive=float(is_alive[part].mean()),
        )
        for number, part in enumerate(np.array_split(order, min(DECILES, count)))
    ]
    return PredictionEvaluation(
        customers=count,
        truly_alive=int(is_alive.sum()),
        auc_probability_alive=area_under_curve(columns["alive"], is_alive),
        auc_probability_of_order=area_under_curve(columns["order"], is_alive),
        auc_recency=area_under_curve(-columns["recency"], is_alive),
        rank_correlation=rank_correlation(columns["expected"], true_orders),
        expected_orders=float(columns["expected"].sum()),
        true_orders=float(true_orders.sum()),
        deciles=deciles,
    )


def _matched(connection: duckdb.DuckDBPyConnection, truth: Path) -> dict[str, Floats]:
    """One entry for each customer of a brand who is exactly one person there."""
    rates = quoted(truth / "rates.parquet")
    records = quoted(truth / "records.parquet")
    found = connection.execute(
        f"""
        with
        orders as (
            select truth.brand_id, truth.person_id::varchar as person_id, found.customer_id
            from read_parquet({records}) as truth
            left join {RECORDS} as found using (feed, brand_id, record_id)
            where truth.feed = 'orders' and truth.person_id is not null
                and (found.customer_id is not null or truth.is_identifiable)
        ),
        pairs as (
            select
                brand_id,
                min(person_id) as person_id,
                customer_id,
            from orders
            where customer_id is not null
            group by brand_id, customer_id
            having count(distinct person_id) = 1
        ),
        whole as (
            select brand_id, person_id, min(customer_id) as customer_id
            from orders
            group by brand_id, person_id
            having count(distinct coalesce(customer_id, '')) = 1 and min(customer_id) is not null
        )
        select
            predictions.probability_alive::double as alive,
            predictions.probability_of_order_{HORIZON_DAYS}_days::double as "order",
            predictions.expected_orders_{HORIZON_DAYS}_days::double as expected,
            (predictions.as_of_date - predictions.last_purchase_date)::double as recency,
            rates.rate_per_day as rate,
            rates.dropout_probability as dropout,
            (rates.dropped_at is null and rates.rate_per_day > 0)::double as is_alive,
        from {PREDICTIONS} as predictions
        inner join pairs
            on predictions.customer_id = pairs.customer_id and predictions.scope = pairs.brand_id
        inner join whole
            on
                pairs.brand_id = whole.brand_id
                and pairs.person_id = whole.person_id
                and pairs.customer_id = whole.customer_id
        inner join read_parquet({rates}) as rates
            on pairs.brand_id = rates.brand_id and pairs.person_id = rates.person_id::varchar
        order by predictions.scope, predictions.customer_id
        """
    ).fetchnumpy()
    return {name: np.asarray(values, np.float64) for name, values in found.items()}


def print_predictions(result: PredictionEvaluation, console: Console) -> None:
    """The ranking in a sentence, and the calibration by decile."""
    table = Table(box=None, pad_edge=False, title_justify="left", header_style="dim")
    table.title = (
        f"\n[bold]Predictions against the truth[/]: {result.customers:,} customers of a brand, "
        f"{result.truly_alive:,} of them still active"
    )
    table.add_column("decile of expected orders", min_width=26)
    for heading in ("customers", "expected a year", "truly", "alive, predicted", "truly alive"):
        table.add_column(heading, justify="right")
    for row in result.deciles:
        table.add_row(
            str(row.decile),
            f"{row.customers:,}",
            f"{row.expected_orders:.3f}",
            f"{row.true_orders:.3f}",
            f"{row.probability_alive:.3f}",
            f"{row.truly_alive:.3f}",
        )
    console.print(table)
    console.print(
        Text(
            f"Telling the active from those who left, the area under the curve is "
            f"{_figure(result.auc_probability_of_order)} for the probability of an order, "
            f"{_figure(result.auc_probability_alive)} for the probability of being alive and "
            f"{_figure(result.auc_recency)} for the last order's day alone. "
            "Expected orders and true ones have a rank correlation of "
            f"{result.rank_correlation:.3f}; "
            f"{result.expected_orders:,.0f} orders a year are expected in all, and "
            f"{result.true_orders:,.0f} are by the true rates."
        )
    )


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
