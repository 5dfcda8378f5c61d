"""Holds the newest delivery of each feed and brand against the brand's own history.

It reads landing_profile, never a feed, so its cost does not grow with the rows that land.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from statistics import mean, median

from crossbrand.validate.tolerances import Check, Tolerances

Measure = tuple[str, str, str]
"""measure, column_name, column_value"""

ROWS: Measure = ("row_count", "*", "")

LEAST_SHARE = 0.0001
"""A share of nothing would make the stability index infinite."""


@dataclass(frozen=True)
class Judgement:
    """One number that is held against a bound: `judged` is what the bound is about.

    `subject` is the column, or what else the check looks at; `usual` is null without a history.
    """

    scope: str
    check: str
    subject: str
    value: float
    usual: float | None
    judged: float


@dataclass
class Delivery:
    """What landing_profile says of one feed, brand and load date."""

    load_date: date
    numbers: dict[Measure, float] = field(default_factory=dict)

    @property
    def rows(self) -> float:
        return self.numbers.get(ROWS, 0.0)


ProfileRow = tuple[str, date, str, str, str, float]
"""brand_id, load_date, measure, column_name, column_value, measured_number"""


def judge_feed(
    profile: Iterable[ProfileRow],
    checks: Sequence[Check],
    tolerances: Tolerances,
    known_brands: Collection[str],
    newest_load: date,
) -> list[Judgement]:
    """Every judgement of one feed, in the order of brands and checks.

    `profile` may hold more deliveries than the history needs; `newest_load` is the newest load date
    of any feed and brand, the landing's own today.
    """
    deliveries: dict[str, dict[date, Delivery]] = defaultdict(dict)
    for brand, load_date, measure, column, value, number in profile:
        delivery = deliveries[brand].setdefault(load_date, Delivery(load_date))
        delivery.numbers[measure, column, value] = float(number)
    judgements = []
    for brand in sorted(deliveries):
        ordered = [deliveries[brand][day] for day in sorted(deliveries[brand])]
        ordered = ordered[-tolerances.deliveries - 2 :]
        for check in checks:
            if (check.compare == "unknown_brand") == (brand not in known_brands):
                judgements += _judge(brand, ordered, check, tolerances, newest_load)
    return judgements


def _judge(
    brand: str,
    ordered: Sequence[Delivery],
    check: Check,
    tolerances: Tolerances,
    newest_load: date,
) -> list[Judgement]:
    newest = ordered[-1]
    if check.compare == "unknown_brand":
        rows = sum(delivery.rows for delivery in ordered)
        return [Judgement(brand, check.name, "rows", rows, None, rows)]
    if check.compare == "silence":
        return _judge_silence(brand, ordered, check, tolerances, newest_load)
    if check.compare == "per_day":
        return _judge_volume(brand, ordered, check, tolerances)
    if newest.rows < check.rows:
        return []
    history = [delivery for delivery in ordered[:-1] if delivery.rows >= check.rows]
    history = history[-tolerances.deliveries :]
    if check.compare == "mix":
        return _judge_mix(brand, newest, history, check, tolerances)
    judgements = []
    for key, value in newest.numbers.items():
        if key[0] != check.measure:
            continue
        past = [delivery.numbers[key] for delivery in history if key in delivery.numbers]
        usual = median(past) if len(past) >= tolerances.least else None
        if check.compare == "value":
            judged: float | None = value
        elif usual is None:
            judged = None
        elif check.compare == "difference":
            judged = value - usual
        else:
            judged = value / usual if usual > 0 else None
        if judged is not None:
            subject = "rows" if key[1] == "*" else key[1]
            judgements.append(Judgement(brand, check.name, subject, value, usual, judged))
    return sorted(judgements, key=lambda judgement: judgement.subject)


def _judge_volume(
    brand: str, ordered: Sequence[Delivery], check: Check, tolerances: Tolerances
) -> list[Judgement]:
    paces = [
        (later.rows / (later.load_date - earlier.load_date).days, later, earlier)
        for earlier, later in pairwise(ordered)
    ]
    if len(paces) <= tolerances.least:
        return []
    pace, newest, before = paces[-1]
    usual = median(pace for pace, _, _ in paces[:-1][-tolerances.deliveries :])
    days = (newest.load_date - before.load_date).days
    if usual <= 0 or usual * days < check.rows:
        return []
    return [Judgement(brand, check.name, "rows", newest.rows, usual * days, pace / usual)]


def _judge_silence(
    brand: str,
    ordered: Sequence[Delivery],
    check: Check,
    tolerances: Tolerances,
    newest_load: date,
) -> list[Judgement]:
    pauses = [(later.load_date - earlier.load_date).days for earlier, later in pairwise(ordered)]
    if len(pauses) < tolerances.least:
        return []
    longest = max(pauses[-tolerances.deliveries :])
    silent = (newest_load - ordered[-1].load_date).days
    return [Judgement(brand, check.name, "days", silent, longest, silent / longest)]


def _judge_mix(
    brand: str,
    newest: Delivery,
    history: Sequence[Delivery],
    check: Check,
    tolerances: Tolerances,
) -> list[Judgement]:
    if len(history) < tolerances.least:
        return []
    columns = sorted({key[1] for key in newest.numbers if key[0] == check.measure})
    judgements = []
    for column in columns:
        now = _shares(newest.numbers, check.measure, column)
        values = list(now)
        past = [_shares(delivery.numbers, check.measure, column) for delivery in history]
        usual = {value: mean(shares.get(value, 0.0) for shares in past) for value in values}
        index = stability_index([now[value] for value in values], [usual[v] for v in values])
        largest = max(values, key=lambda value: (abs(now[value] - usual[value]), value))
        judgements.append(
            Judgement(
                brand, check.name, f"{column}: {largest}", now[largest], usual[largest], index
            )
        )
    return judgements


def _shares(numbers: Mapping[Measure, float], measure: str, column: str) -> dict[str, float]:
    return {
        value: number
        for (name, named, value), number in numbers.items()
        if name == measure and named == column
    }


def stability_index(now: Sequence[float], usual: Sequence[float]) -> float:
    """The population stability index, the sum of (p - q) ln(p / q); 0 for the same mix.

    Rows with none of the values are one value more, and no share counts as less than a hundredth of
    a percent.
    """
    total = 0.0
    for p, q in zip((*now, 1 - sum(now)), (*usual, 1 - sum(usual)), strict=True):
        share, base = max(p, LEAST_SHARE), max(q, LEAST_SHARE)
        total += (share - base) * math.log(share / base)
    return total
