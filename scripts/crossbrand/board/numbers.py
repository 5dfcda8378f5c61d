"""How a value is written on a board: one form for each kind of figure, commas for thousands."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

NOTHING = "–"
# The sign, and not the hyphen, which is shorter than a plus and breaks off at the end of a line.
MINUS = "−"


def _rounded(value: Any, places: int) -> str:
    number = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{number + 0:,}".replace("-", MINUS)


def _share(value: Any) -> str:
    percent = Decimal(str(value)) * 100
    return f"{_rounded(percent, 0 if abs(percent) >= 100 else 1)}%"


def _plural(value: Any, unit: str, places: int = 0) -> str:
    text = _rounded(value, places)
    return f"{text} {unit}" if text == "1" else f"{text} {unit}s"


def _minutes(value: Any) -> str:
    minutes = Decimal(str(value))
    if abs(minutes) < 120:
        return f"{_rounded(minutes, 0)} min"
    return (
        f"{_rounded(minutes / 60, 1)} h" if minutes < 2880 else f"{_rounded(minutes / 1440, 1)} d"
    )


def _points(value: Any) -> str:
    text = _rounded(Decimal(str(value)) * 100, 1)
    return f"{'+' if Decimal(str(value)) > 0 else ''}{text} pp"


def _date(value: Any) -> str:
    return f"{value.day} {value:%b %Y}" if isinstance(value, dt.date) else str(value)


def _month(value: Any) -> str:
    return f"{value:%b %Y}" if isinstance(value, dt.date) else str(value)


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# What a chart may name as its format. `amount` and `cents` are followed by the currency where there
# is room for it; `word` is a value of a closed vocabulary, in plain words, `words`
# several with commas between them; `points` is a difference of shares.
FORMATS: dict[str, Callable[[Any], str]] = {
    "count": lambda value: _rounded(value, 0),
    "amount": lambda value: _rounded(value, 0),
    "cents": lambda value: _rounded(value, 2),
    "share": _share,
    "points": _points,
    "decimal": lambda value: _rounded(value, 1),
    "precise": lambda value: _rounded(value, 3),
    "days": lambda value: _plural(value, "day"),
    "minutes": _minutes,
    "hour": lambda value: f"{int(value):02d}:00",
    "weekday": lambda value: WEEKDAYS[int(value) - 1],
    "date": _date,
    "month": _month,
    "flag": lambda value: "yes" if value else "no",
    "text": str,
    "word": str,
    "words": str,
}
NUMERIC = frozenset(
    {"count", "amount", "cents", "share", "points", "decimal", "precise", "days", "minutes"}
)
MONEY = frozenset({"amount", "cents"})


def write(value: Any, form: str, currency: str = "") -> str:
    """The value as people read it; a dash where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    try:
        text = FORMATS[form](value)
    except (InvalidOperation, ValueError, TypeError):
        return str(value)
    return f"{text} {currency}" if currency and form in MONEY else text


def write_short(value: float, form: str) -> str:
    """The value at a tick of an axis, where there is little room."""
    if form == "points":
        return f"{value * 100:+.3g} pp".replace("-", MINUS) if value else "0"
    if form == "share":
        percent = value * 100
        return f"{percent:.0f}%" if abs(percent) >= 2 or percent == 0 else f"{percent:.1f}%"
    for size, sign in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{sign}"
    return f"{value:.3g}"


def exact(value: Any) -> str:
    """The value as it stands in the mart, for whoever checks a picture."""
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def ticks(low: float, high: float, wanted: int = 4, *, whole: bool = False) -> list[float]:
    """Round numbers that span low to high, zero among them where it lies between.

    `whole` keeps a count from being ticked in halves.
    """
    if high <= low:
        high = low + 1
    raw = (high - low) / wanted
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * 0.999)
    if whole:
        step = max(1, math.ceil(step))
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]
