"""`crossbrand fit-predictions`: the parameters of customer_predictions, by maximum likelihood.

Two models, each fitted per scope (all brands together, and each brand):

BG/NBD (Fader, Hardie & Lee 2005, "Counting Your Customers" the Easy Way: An Alternative to the
Pareto/NBD Model, Marketing Science 24(2), equation 6): while active a customer buys at a rate that
is gamma distributed over customers (shape r, inverse scale alpha), and after each repeat purchase
becomes inactive with a probability that is beta distributed over customers (a, b).

Gamma-Gamma (Fader & Hardie 2013, The Gamma-Gamma Model of Monetary Value, equation 1a): amounts of
one customer are gamma distributed (shape p) about a mean that varies over customers by q and v.

Time is in weeks. `dbt build` has laid down each customer's summary at every cut-off in
intermediate.int_value__purchase_summaries; the parameters go to seeds/prediction_parameters.csv,
one row per scope and cut-off, and the next `dbt build` scores with them in SQL.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from crossbrand.errors import CrossbrandError
from crossbrand.paths import open_warehouse, require_tables

Floats = npt.NDArray[np.float64]

SUMMARIES = "intermediate.int_value__purchase_summaries"
PARAMETERS_FILE = "seeds/prediction_parameters.csv"

SHIPPED_DATE = "1970-01-01"
"""`fitted_to` of the row that is shipped: older than any data, so that any fit beats it."""

MINIMUM_REPEATERS = 50
"""With fewer customers who came back, four parameters are a guess."""

SIGNIFICANT_DIGITS = 10

# Bounds of the logarithms: outside them the likelihood is flat, and the fit says "not converged".
# Times are scaled to ten at most and amounts to a mean of one, so units do not matter.
PURCHASE_BOUNDS = [(-4.6, 4.0), (-7.0, 11.0), (-2.99, 6.2), (-2.99, 6.9)]
# A q of one or less would mean an infinite mean.
AMOUNT_BOUNDS = [(-7.0, 7.0), (0.01, 7.0), (-14.0, 14.0)]


@dataclass(frozen=True)
class PurchaseModel:
    """A fitted BG/NBD; `alpha` is in the unit of time of the data that it was fitted to."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    is_converged: bool


@dataclass(frozen=True)
class AmountModel:
    """A fitted Gamma-Gamma; `v` is in the unit of money of the data that it was fitted to."""

    p: float
    q: float
    v: float
    log_likelihood: float
    is_converged: bool


@dataclass(frozen=True)
class Parameters:
    """One row of seeds/prediction_parameters.csv; its columns are described in the seed's YAML."""

    scope: str
    fitted_to: str
    customer_count: int
    repeat_customer_count: int
    repeat_purchase_count: int
    r: float
    alpha_weeks: float
    a: float
    b: float
    purchase_log_likelihood: float
    is_purchase_converged: bool
    expected_repeat_purchase_count: float
    amount_customer_count: int
    p: float
    q: float
    v: float
    amount_log_likelihood: float
    is_amount_converged: bool
    mean_repeat_amount: float
    frequency_amount_correlation: float | None


def bgnbd_log_likelihood(logs: Floats, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Log-likelihood of each customer; `logs` are the logarithms of r, alpha, a and b."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = np.exp(logs)
    active = -(r + x) * np.log(alpha + age)
    # Somebody without a repeat purchase has had no occasion to leave.
    left = np.where(
        x > 0,
        np.log(a) - np.log(np.maximum(b + x - 1, 1e-300)) - (r + x) * np.log(alpha + t_x),
        -np.inf,
    )
    both: Floats = (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        + betaln(a, b + x)
        - betaln(a, b)
        # B(a, b + x) stands for Γ(b + x) Γ(a) / Γ(a + b + x), so the paper's ratio is this one.
        + np.logaddexp(active, left)
    )
    return both


def gamma_gamma_log_likelihood(logs: Floats, x: Floats, mean: Floats) -> Floats:
    """Log-likelihood of each customer's mean amount over x purchases; logs of p, q and v."""
    from scipy.special import gammaln

    p, q, v = np.exp(logs)
    each: Floats = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(v + x * mean)
    )
    return each


def _maximise(
    log_likelihood: Any,
    starts: list[list[float]],
    bounds: list[tuple[float, float]],
    weights: Floats,
    *data: Floats,
) -> tuple[Floats, float, bool]:
    """Logarithms of the parameters at the maximum, the log-likelihood, and whether it is one."""
    from scipy.optimize import minimize

    total = float(weights.sum())

    def loss(logs: Floats) -> float:
        value = -float(np.dot(weights, log_likelihood(logs, *data))) / total
        return value if np.isfinite(value) else 1e9

    best = None
    for start in starts:
        found = minimize(loss, np.array(start), method="L-BFGS-B", bounds=bounds)
        found = minimize(
            loss, found.x, method="Nelder-Mead", bounds=bounds,
            options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 4000, "maxfev": 8000},
        )  # fmt: skip
        if best is None or found.fun < best.fun - 1e-12:
            best = found
    assert best is not None
    inside = all(
        low + 1e-3 < value < high - 1e-3 for value, (low, high) in zip(best.x, bounds, strict=True)
    )
    return best.x, -float(best.fun) * total, bool(best.success and inside)


def fit_bgnbd(x: Floats, t_x: Floats, age: Floats) -> PurchaseModel:
    """Fit the BG/NBD to repeat purchases x, time of the last one and age, from the first purchase.

    One entry a customer; t_x and age in any one unit. Equal customers are fitted once, with their
    number as weight.
    """
    unique, counts = np.unique(np.stack([x, t_x, age]), axis=1, return_counts=True)
    scale = float(max(unique[2].max(), 1e-9) / 10)
    logs, log_likelihood, is_converged = _maximise(
        bgnbd_log_likelihood,
        [[0.0, 0.0, 0.0, 0.0], [-1.0, 1.0, -0.5, 1.0], [0.5, 2.0, 1.0, 2.0]],
        PURCHASE_BOUNDS,
        counts.astype(np.float64),
        unique[0],
        unique[1] / scale,
        unique[2] / scale,
    )
    r, alpha, a, b = (float(value) for value in np.exp(logs))
    # A density over time changes with the unit of time, by one factor for each purchase.
    log_likelihood -= float(np.dot(counts, unique[0])) * np.log(scale)
    return PurchaseModel(r, alpha * scale, a, b, log_likelihood, is_converged)


def fit_gamma_gamma(x: Floats, mean: Floats) -> AmountModel:
    """Fit the Gamma-Gamma to the number x > 0 of repeat purchases and their mean amount > 0."""
    scale = float(np.mean(mean))
    logs, log_likelihood, is_converged = _maximise(
        gamma_gamma_log_likelihood,
        [[0.0, 1.0, 0.0], [1.5, 1.3, 0.0], [0.7, 0.7, 1.0]],
        AMOUNT_BOUNDS,
        np.ones(len(x)),
        x,
        mean / scale,
    )
    p, q, v = (float(value) for value in np.exp(logs))
    log_likelihood -= len(x) * float(np.log(scale))
    return AmountModel(p, q, v * scale, log_likelihood, is_converged)


def probability_alive(model: PurchaseModel, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Probability of being active: Fader, Hardie & Lee (2008), Computing P(alive), equation 7."""
    ratio = (model.r + x) * np.log((model.alpha + age) / (model.alpha + t_x))
    odds = np.log(model.a) - np.log(np.maximum(model.b + x - 1, 1e-300)) + ratio
    alive: Floats = np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700.0))), 1.0)
    return alive


def quadrature_nodes() -> tuple[Floats, Floats]:
    """The hyperbolic sine and cosine at -5, -4.9, … 5, which seeds/quadrature_nodes.csv holds."""
    points = np.arange(-50, 51) / 10
    return np.sinh(points), np.cosh(points)


def expected_while_alive(model: PurchaseModel, x: Floats, age: Floats, time: float) -> Floats:
    """Expected purchases in `time` of customers who are active now.

    An active customer's rate is gamma (r + x, alpha + age) and their drop-out probability p beta
    (a, b + x). Given p, (1 - (1 + p time / (alpha + age)) ^ -(r + x)) / p purchases are expected;
    over p it is integrated by the double exponential rule of Takahasi & Mori (1974), in the logit
    of p centred on the distribution. The closed form in the Gaussian hypergeometric function is
    the same number; SQL has no such function. docs/predictions.md has the derivation.
    """
    sinh, cosh = quadrature_nodes()
    shape, scale = (model.r + x)[:, None], (model.alpha + age)[:, None]
    a, b = model.a, (model.b + x)[:, None]
    logit = np.log(a / b) + np.sqrt(1 / a + 1 / b) * sinh
    common = np.log(1 + np.exp(-np.abs(logit)))
    log_p, log_q = -common - np.maximum(-logit, 0), -common - np.maximum(logit, 0)
    top = a * np.log(a / (a + b)) + b * np.log(b / (a + b))
    weight = cosh * np.exp(a * log_p + b * log_q - top)
    p = np.exp(log_p)
    step = p * time / scale
    limit = shape * time / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(
            shape * step < 1e-6,
            limit * (1 - (shape + 1) * step / 2),
            (1 - np.exp(-shape * np.log(1 + step))) / p,
        )
    expected: Floats = (weight * each).sum(axis=1) / weight.sum(axis=1)
    return expected


def expected_purchases(
    model: PurchaseModel, x: Floats, t_x: Floats, age: Floats, time: float
) -> Floats:
    """Expected purchases in the coming `time`: equation 10 of the 2005 paper."""
    expected: Floats = probability_alive(model, x, t_x, age) * expected_while_alive(
        model, x, age, time
    )
    return expected


def expected_amount(model: AmountModel, x: Floats, mean: Floats) -> Floats:
    """Expected mean amount of a customer: Fader & Hardie (2013), equation 5."""
    amount: Floats = model.p * (model.v + x * mean) / (model.p * x + model.q - 1)
    return amount


def fit_parameters(
    scope: str, fitted_to: dt.date, x: Floats, t_x: Floats, age: Floats, mean: Floats
) -> Parameters:
    """Fit both models to the customers of one scope at one cut-off; times in weeks.

    `mean` is nan where a customer has no repeat purchase. An amount of zero or less, where
    everything was paid back, is no gamma variable: such a customer is left out of the amounts.
    """
    purchases = fit_bgnbd(x, t_x, age)
    ages, counts = np.unique(age, return_counts=True)
    in_sample = sum(
        float(count) * float(expected_while_alive(purchases, np.zeros(1), np.zeros(1), time)[0])
        for time, count in zip(ages.tolist(), counts.tolist(), strict=True)
        if time > 0
    )
    paying = _paying(x, mean)
    amounts = fit_gamma_gamma(x[paying], mean[paying])
    varies = np.std(x[paying]) > 0 and np.std(mean[paying]) > 0
    correlation = float(np.corrcoef(x[paying], mean[paying])[0, 1]) if varies else None
    return Parameters(
        scope=scope,
        fitted_to=fitted_to.isoformat(),
        customer_count=len(x),
        repeat_customer_count=int(np.count_nonzero(x)),
        repeat_purchase_count=int(x.sum()),
        r=purchases.r,
        alpha_weeks=purchases.alpha,
        a=purchases.a,
        b=purchases.b,
        purchase_log_likelihood=purchases.log_likelihood,
        is_purchase_converged=purchases.is_converged,
        expected_repeat_purchase_count=in_sample,
        amount_customer_count=int(np.count_nonzero(paying)),
        p=amounts.p,
        q=amounts.q,
        v=amounts.v,
        amount_log_likelihood=amounts.log_likelihood,
        is_amount_converged=amounts.is_converged,
        mean_repeat_amount=float(np.mean(mean[paying])),
        frequency_amount_correlation=correlation,
    )


def _paying(x: Floats, mean: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray((x > 0) & (np.nan_to_num(mean, nan=-1.0) > 0))


@dataclass(frozen=True)
class Fit:
    """What was fitted, and which scopes and cut-offs had too few customers for it."""

    fitted: list[Parameters]
    too_few: list[tuple[str, str, int]]
    path: Path

    def summary(self) -> str:
        """A sentence for the terminal."""
        doubtful = [
            f"{row.scope} {row.fitted_to}"
            for row in self.fitted
            if not (row.is_purchase_converged and row.is_amount_converged)
        ]
        text = f"{len(self.fitted)} fits are in {self.path}; `dbt build` scores with them."
        if doubtful:
            text += f" Doubtful, at the edge of what can be told: {', '.join(doubtful)}."
        if self.too_few:
            text += (
                f" {len(self.too_few)} of fewer than {MINIMUM_REPEATERS} customers who came back "
                "were not fitted and use those of all brands, or the shipped ones."
            )
        return text


def fit_predictions(warehouse: Path, parameters: Path) -> Fit:
    """Fit every scope and cut-off of the warehouse and write the parameters.

    Rows of other cut-offs in the file are kept, so that a build of older data still finds its own.
    Raises CrossbrandError when SciPy is missing or the warehouse was not built.
    """
    try:
        import scipy  # noqa: F401
    except ImportError as error:
        raise CrossbrandError(
            'Fitting needs SciPy: pip install "crossbrand[predictions]". '
            "Without it `dbt build` scores with the parameters that are in "
            f"{parameters}."
        ) from error
    with open_warehouse(warehouse) as connection:
        require_tables(connection, SUMMARIES)
        columns = connection.execute(
            f"""
            select
                scope,
                cutoff_date,
                repeat_purchase_count::double as x,
                last_purchase_days / 7 as t_x,
                age_days / 7 as age,
                mean_repeat_amount::double as mean,
            from {SUMMARIES}
            order by scope, cutoff_date, customer_id
            """
        ).fetchnumpy()
    scopes, cutoffs = columns["scope"], columns["cutoff_date"]
    x, t_x, age = (np.asarray(columns[name], np.float64) for name in ("x", "t_x", "age"))
    mean = np.ma.filled(np.ma.asarray(columns["mean"], np.float64), np.nan)
    fitted, too_few = [], []
    for scope, cutoff in sorted({*zip(scopes.tolist(), cutoffs.tolist(), strict=True)}):
        here = np.asarray((scopes == scope) & (cutoffs == np.datetime64(cutoff)))
        day = cutoff.date() if isinstance(cutoff, dt.datetime) else cutoff
        repeaters = int(np.count_nonzero(_paying(x[here], mean[here])))
        if repeaters < MINIMUM_REPEATERS:
            too_few.append((scope, day.isoformat(), repeaters))
            continue
        fitted.append(fit_parameters(scope, day, x[here], t_x[here], age[here], mean[here]))
    write_parameters(parameters, fitted)
    return Fit(fitted, too_few, parameters)


def write_parameters(path: Path, fitted: list[Parameters]) -> None:
    """Write the fits over those of the same scope and cut-off, sorted, and keep all others."""
    names = [field.name for field in fields(Parameters)]
    rows: dict[tuple[str, str], dict[str, str]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                rows[row["scope"], row["fitted_to"]] = row
    for parameters in fitted:
        values = {name: _text(value) for name, value in asdict(parameters).items()}
        rows[parameters.scope, parameters.fitted_to] = values
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.{SIGNIFICANT_DIGITS}g}" if isinstance(value, float) else str(value)
