"""Values as a mapping says they are written, turned into the contract's way of writing them.

A value that its rule cannot read is never passed on as it is: staging might read it another way. It
is None here, and the caller decides what becomes of the row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from crossbrand.contract import Column
from crossbrand.land.mapping import UNITS, Rule

Convert = Callable[[str], str | None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = {
    # Digits, or groups of three set off by one kind of mark, then the decimal part.
    "comma": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ '’]\d{3})+)?(?:,\d+)?"),
    "point": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ '’]\d{3})+)?(?:\.\d+)?"),
}
# A program's way of writing; with thousands marks nobody writes so.
_EXPONENT = {
    "comma": re.compile(r"[+-]?\d+(?:,\d+)?[eE][+-]?\d+"),
    "point": re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d+"),
}
_BLANKS = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2212": "-"})


def converter(rule: Rule, column: Column) -> Convert:
    """The function that a rule stands for. It takes a text that is not empty."""
    by_value = {key.strip(): value for key, value in rule.values.items()}
    by_folded = {key.casefold(): value for key, value in by_value.items()}
    read = _reader(rule, column)

    def convert(value: str) -> str | None:
        text = value.strip()
        if text in by_value:
            return by_value[text]
        mapped = by_folded.get(text.casefold())
        if mapped is not None:
            return mapped
        return read(text) if read and text else value

    return convert


def _reader(rule: Rule, column: Column) -> Convert | None:
    if rule.unit:
        return lambda text: from_epoch(text, UNITS[rule.unit])
    if rule.decimal:
        return lambda text: from_number(text, rule.decimal)
    if column.data_type == "date" and rule.formats:
        return lambda text: _from_date(text, rule.formats)
    if rule.formats or rule.time_zone:
        zone = ZoneInfo(rule.time_zone) if rule.time_zone else UTC
        return lambda text: from_local_time(text, rule.formats, zone)
    return None


def from_epoch(text: str, per_second: int) -> str | None:
    """ISO 8601 in UTC from a count since 1970, exact to the microsecond."""
    try:
        number = Decimal(text)
        micros = int((number * 1_000_000 / per_second).to_integral_value("ROUND_FLOOR"))
        return _iso(_EPOCH + timedelta(microseconds=micros))
    except (ArithmeticError, ValueError):
        return None


def from_number(text: str, decimal: str) -> str | None:
    """A number with a decimal point and no thousands marks."""
    plain = text.translate(_BLANKS)
    if _EXPONENT[decimal].fullmatch(plain):
        return plain.replace(",", ".")
    if not plain.lstrip("+-") or not _NUMBER[decimal].fullmatch(plain):
        return None
    mark = "," if decimal == "comma" else "."
    whole, _, fraction = plain.partition(mark)
    whole = re.sub(r"[ '’.,]", "", whole)
    if not fraction:
        return whole
    return f"{whole}.{fraction}"


def from_local_time(text: str, formats: tuple[str, ...], zone: tzinfo) -> str | None:
    """ISO 8601 in UTC from a local time; an offset in the text wins over the zone.

    An hour that a zone has twice is taken the first time; one that it skips is read with the offset
    that was in force before it, as calendars do.
    """
    moment = None
    if formats:
        for pattern in formats:
            try:
                moment = datetime.strptime(text, pattern)
                break
            except ValueError:
                continue
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone, fold=0)
    try:
        return _iso(moment.astimezone(UTC))
    except (OverflowError, ValueError):
        return None


def _from_date(text: str, formats: tuple[str, ...]) -> str | None:
    for pattern in formats:
        try:
            found: date = datetime.strptime(text, pattern).date()
            return found.isoformat()
        except ValueError:
            continue
    return None


def _iso(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + "Z"
