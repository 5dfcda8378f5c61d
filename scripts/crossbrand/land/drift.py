"""What changed since the brand's last delivery of the feed, in words.

A column may come, go, be renamed or change its type in any format. None of that is silent:

- a new column is landed, not used, and told;
- a column of the contract that came last time and does not come now is told; where a new column
  came at the same time it was most likely renamed, and the file is refused until somebody says so;
- a column whose values are written in another way than last time is told, with both ways;
- a column most of whose values staging could not read is told before staging refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from crossbrand.contract import Column, Feed
from crossbrand.land.model import FileRefusedError, counted, shown
from crossbrand.land.names import suggest
from crossbrand.land.plan import Plan

SAMPLE_VALUES = 1000

_CLOCK = r"[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "ISO 8601 times with an offset",
        re.compile(rf"\d{{4}}-\d\d-\d\d{_CLOCK} ?(Z|[+-]\d\d(:?\d\d)?)", re.I),
    ),
    ("ISO 8601 times without an offset", re.compile(rf"\d{{4}}-\d\d-\d\d{_CLOCK}", re.I)),
    ("ISO 8601 dates", re.compile(r"\d{4}-\d\d-\d\d")),
    ("epoch milliseconds", re.compile(r"\d{12,14}(\.\d+)?")),
    ("epoch seconds", re.compile(r"\d{9,11}(\.\d+)?")),
    ("whole numbers", re.compile(r"[+-]?\d+")),
    ("numbers with a point", re.compile(r"[+-]?(\d*\.\d+([eE][+-]?\d+)?|\d+[eE][+-]?\d+)")),
    ("numbers with a comma", re.compile(r"[+-]?[\d. \u00a0]*,\d+")),
    ("true and false", re.compile(r"true|false|t|f|yes|no|y|n", re.I)),
)
_TIMES = tuple(name for name, _ in _FORMS[:5])
_EPOCHS = ("epoch milliseconds", "epoch seconds")
_NUMBERS = ("whole numbers", "numbers with a point", "numbers with a comma")

# What staging reads, roughly: enough to tell a column that was retyped from one with a few slips.
_READABLE: dict[str, tuple[str, ...]] = {
    "timestamp": _TIMES,
    "date": _TIMES[:3],
    "decimal": (*_EPOCHS, *_NUMBERS),
    "integer": (*_EPOCHS, "whole numbers"),
    "boolean": ("true and false", "whole numbers", "numbers with a point"),
}


def form_of(text: str, data_type: str) -> str:
    """How a value is written, as people say it."""
    plain = text.strip()
    for name, pattern in _FORMS:
        if name in _EPOCHS and data_type not in ("timestamp", "date"):
            continue
        if pattern.fullmatch(plain):
            return name
    return "text"


def forms_of_table(table: pa.Table, feed: Feed) -> dict[str, str]:
    """The form that nine in ten of a sample's values have, by column where there is one."""
    forms = {}
    for column in feed.columns:
        values = sample_values(table, column.name)
        if not values:
            continue
        told = [form_of(value, column.data_type) for value in values]
        commonest = max(sorted(set(told)), key=told.count)
        if told.count(commonest) >= 0.9 * len(told):
            forms[column.name] = commonest
    return forms


def sample_values(table: pa.Table, name: str) -> list[str]:
    """The first values of a column that are not empty."""
    if name not in table.column_names:
        return []
    return [str(value) for value in table[name].drop_null()[:SAMPLE_VALUES].to_pylist()]


def say_unreadable(table: pa.Table, feed: Feed) -> list[str]:
    """Sentences about columns of which staging could not read more than every tenth value."""
    told = []
    for column in feed.columns:
        values = sample_values(table, column.name)
        bad = [value for value in values if not _is_readable(value, column)]
        if values and len(bad) > 0.1 * len(values):
            fate = "refuse their rows" if column.required else "leave them empty"
            what = (
                f"no {column.data_type}"
                if not column.values
                else f"none of {', '.join(column.values)}"
            )
            told.append(
                f"of the first {counted(len(values), 'value')} of {column.name} {len(bad):,} "
                f"{'is' if len(bad) == 1 else 'are'} {what} as the contract writes it"
                f"{'' if column.pii else f', such as {shown(bad[0], 40)}'}: staging will {fate}. "
                "Say their form with --map"
            )
    return told


def _is_readable(value: str, column: Column) -> bool:
    if not value.strip():
        return True
    if column.values:
        return value.strip().lower() in column.values
    forms = _READABLE.get(column.data_type)
    return forms is None or form_of(value, column.data_type) in forms


def compare(
    plan: Plan,
    last: Mapping[str, Any],
    feed: Feed,
    forms: Mapping[str, str],
    types: Mapping[str, str],
    *,
    accept: bool,
    sparse: bool,
) -> list[str]:
    """Sentences about what differs from the last delivery's manifest.

    sparse: whether a file has only the columns that some record fills, as JSON lines often have;
    there only a new name that resembles the missing one tells of a renaming. Raises
    FileRefusedError where a column that came last time seems to have been renamed, unless
    `accept`.
    """
    told: list[str] = []
    before = set(_texts(last.get("columns")))
    new = [name for name in plan.extra if name not in set(_texts(last.get("extra_columns")))]
    came = {*plan.delivered, *plan.constants}
    gone = [column.name for column in feed.columns if column.name in before - came]
    guesses = {name: suggest(name, gone) for name in new}
    if gone and new and not accept and (any(guesses.values()) or not sparse):
        likely = "".join(
            f" {shown(name)} may be {guess}." for name, guess in guesses.items() if guess
        )
        raise FileRefusedError(
            f"{_told(gone)} came with the last delivery ({_where(last)}) and "
            f"{'does' if len(gone) == 1 else 'do'} not come now, while {_told(new)} "
            f"{'is' if len(new) == 1 else 'are'} new.{likely} If renamed, say it with --map; if "
            "not, land it with --accept-drift."
        )
    if gone:
        told.append(
            f"{_told(gone)} came with the last delivery ({_where(last)}) and not with this one"
        )
    if new:
        told.append(f"{_told(new)} did not come with the last delivery ({_where(last)})")
    arrived = [name for name in plan.delivered if name not in before]
    if arrived:
        told.append(
            f"{', '.join(arrived)} did not come with the last delivery, and is used from now on"
        )
    told += _retyped(feed, last, forms, types)
    return told


def _retyped(
    feed: Feed, last: Mapping[str, Any], forms: Mapping[str, str], types: Mapping[str, str]
) -> list[str]:
    told = []
    before = last.get("types")
    for name, kind in types.items():
        was = before.get(name) if isinstance(before, dict) else None
        if was and was != kind:
            told.append(f"{shown(name)} had the type {was} last time and has {kind} now")
    before = last.get("forms")
    for column in feed.columns:
        was = before.get(column.name) if isinstance(before, dict) else None
        now = forms.get(column.name)
        if not was or not now or was == now:
            continue
        # Among texts one change hurts: an id that becomes a number with a fraction (17 → 17.0).
        if column.data_type == "text" and now != "numbers with a point":
            continue
        if column.data_type == "decimal" and {was, now} <= {
            "whole numbers",
            "numbers with a point",
        }:
            continue
        told.append(f"{column.name} held {was} last time and holds {now} now")
    return told


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _told(names: Sequence[str]) -> str:
    return ", ".join(shown(name, 40) for name in names)


def _where(last: Mapping[str, Any]) -> str:
    return f"{last.get('file', 'unknown file')}, {last.get('load_date', 'no date')}"
