"""The mapping file: what another system's columns and values are called in the contract.

    feed: orders                       # optional; checked when it is there
    columns:                           # column of the export: column of the contract
      Order No.: order_id
      Total: {to: total_amount, decimal: comma}
      Created: {to: ordered_at, format: "%d.%m.%Y %H:%M", time_zone: Europe/Prague}
      Changed: {to: updated_at, unit: milliseconds}
      State: {to: status, values: {zaplaceno: paid, "odesláno": shipped}}
    constants:                         # columns that the export does not have
      sales_channel: eshop

Everything in it is checked against the contract before a file is opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from crossbrand.contract import Column, Feed
from crossbrand.errors import CrossbrandError
from crossbrand.land.model import printable, shown
from crossbrand.land.names import did_you_mean

UNITS = {
    "seconds": 1,
    "milliseconds": 1_000,
    "microseconds": 1_000_000,
    "nanoseconds": 1_000_000_000,
}
DECIMALS = ("comma", "point")
TOP_KEYS = ("feed", "columns", "constants")
COLUMN_KEYS = ("to", "values", "unit", "decimal", "time_zone", "format")


@dataclass(frozen=True)
class Rule:
    """What becomes of one delivered column. Empty means as it comes."""

    source: str
    to: str
    values: dict[str, str] = field(default_factory=dict)
    unit: str = ""
    decimal: str = ""
    time_zone: str = ""
    formats: tuple[str, ...] = ()

    @property
    def converts(self) -> bool:
        """Whether any value may change."""
        return bool(self.values or self.unit or self.decimal or self.time_zone or self.formats)


@dataclass(frozen=True)
class Mapping:
    """The rules by the delivered column's name, and the values that are the same in every row."""

    rules: dict[str, Rule] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)


class _Strict(yaml.BaseLoader):
    """YAML in which a key that stands twice is an error, and every value is a text.

    `yes`, `12` and `2025-01-01` are what the export holds, not booleans, numbers and dates.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str) or key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice or is no text", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_mapping(path: Path, feed: Feed) -> Mapping:
    """Read a mapping file and check it against the contract.

    Raises CrossbrandError with the file, the place and the mend.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Strict)
    except UnicodeDecodeError as error:
        raise CrossbrandError(f"{path} is not UTF-8. Save the mapping as UTF-8.") from error
    except RecursionError as error:
        raise CrossbrandError(f"{path} is nested too deeply for a mapping.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise CrossbrandError(
            f"{path}{place} is no readable YAML: {printable(problem)}. "
            "A name with a colon, # or quotes in it goes into quotes."
        ) from error
    if not isinstance(document, dict):
        raise CrossbrandError(f"{path} holds no mapping: it needs `columns:` with lines in it.")
    _refuse_unknown_keys(path, "", document, TOP_KEYS)
    named = document.get("feed")
    if named is not None and named != feed.name:
        raise CrossbrandError(
            f"{path} is for the feed {shown(named)}, and --feed says {feed.name}."
        )
    by_name = {column.name: column for column in feed.columns}
    rules: dict[str, Rule] = {}
    for source, told in _section(path, document, "columns").items():
        rules[source] = _read_rule(path, source, told, by_name, feed)
    constants = {
        _known_column(path, f"constants.{name}", name, by_name, feed): _text(
            path, f"constants.{name}", value
        )
        for name, value in _section(path, document, "constants").items()
    }
    for name, value in constants.items():
        _check_value(path, f"constants.{name}", value, by_name[name])
    _refuse_repeats(path, rules, constants)
    if not rules and not constants:
        raise CrossbrandError(f"{path} maps nothing: it needs `columns:` with lines in it.")
    return Mapping(rules, constants)


def _section(path: Path, document: dict[str, Any], name: str) -> dict[str, Any]:
    section = document.get(name) or {}
    if not isinstance(section, dict):
        raise CrossbrandError(f"{path}: `{name}:` must hold lines of `name: value`.")
    return section


def _read_rule(
    path: Path, source: str, told: object, by_name: dict[str, Column], feed: Feed
) -> Rule:
    place = f"columns.{printable(source)}"
    if isinstance(told, str):
        return Rule(source, _known_column(path, place, told, by_name, feed))
    if not isinstance(told, dict) or "to" not in told:
        raise CrossbrandError(
            f"{path}: {place} must be a column of the contract, or {{to: column, …}}."
        )
    _refuse_unknown_keys(path, place, told, COLUMN_KEYS)
    to = _known_column(path, place, _text(path, place, told["to"]), by_name, feed)
    column = by_name[to]
    values = told.get("values") or {}
    if not isinstance(values, dict):
        raise CrossbrandError(f"{path}: {place}.values must hold lines of `theirs: ours`.")
    values = {key: _text(path, f"{place}.values", value) for key, value in values.items()}
    for value in values.values():
        _check_value(path, f"{place}.values", value, column)
    unit = _choice(path, place, told, "unit", tuple(UNITS))
    decimal = _choice(path, place, told, "decimal", DECIMALS)
    zone = _text(path, place, told.get("time_zone", ""))
    formats = told.get("format", ())
    formats = tuple([formats] if isinstance(formats, str) else formats)
    if zone:
        _check_zone(path, place, zone)
    if not all(isinstance(text, str) and "%" in text for text in formats):
        raise CrossbrandError(
            f"{path}: {place}.format must be like '%d.%m.%Y %H:%M', or a list of such."
        )
    for text in formats:
        _check_format(path, place, text)
    _check_type(path, place, column, unit, decimal, zone, formats)
    return Rule(source, to, values, unit, decimal, zone, formats)


def _check_type(
    path: Path,
    place: str,
    column: Column,
    unit: str,
    decimal: str,
    zone: str,
    formats: tuple[str, ...],
) -> None:
    """An option that says nothing about a column of this type is a mistake."""
    times = {"unit": unit, "time_zone": zone}
    for key, value in times.items():
        if value and column.data_type != "timestamp":
            raise CrossbrandError(
                f"{path}: {place}.{key} is for timestamps, and {column.name} is {column.data_type}."
            )
    if formats and column.data_type not in ("timestamp", "date"):
        raise CrossbrandError(
            f"{path}: {place}.format is for times and dates, and {column.name} is "
            f"{column.data_type}."
        )
    if decimal and column.data_type not in ("decimal", "integer"):
        raise CrossbrandError(
            f"{path}: {place}.decimal is for numbers, and {column.name} is {column.data_type}."
        )
    if unit and (zone or formats):
        raise CrossbrandError(
            f"{path}: {place} has a unit, so it counts from 1970 in UTC: "
            "time_zone and format do not go with it."
        )


def _known_column(path: Path, place: str, name: str, by_name: dict[str, Column], feed: Feed) -> str:
    if name not in by_name:
        raise CrossbrandError(
            f"{path}: {place}: {shown(name)} is no column of {feed.name}."
            f"{did_you_mean(name, by_name)}"
        )
    return name


def _check_value(path: Path, place: str, value: str, column: Column) -> None:
    if column.values and value and value.strip().lower() not in column.values:
        raise CrossbrandError(
            f"{path}: {place}: {shown(value)} is no value of {column.name}, which has "
            f"{', '.join(column.values)}.{did_you_mean(value, column.values)}"
        )


def _check_zone(path: Path, place: str, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CrossbrandError(
            f"{path}: {place}.time_zone: {shown(zone)} is not known. "
            "Write it as in Europe/Prague or UTC."
        ) from error


def _check_format(path: Path, place: str, text: str) -> None:
    """A pattern that cannot read what it writes itself would fail in every row."""
    try:
        datetime.strptime(datetime(2001, 2, 3, tzinfo=UTC).strftime(text), text)
    except (ValueError, re.error) as error:
        raise CrossbrandError(
            f"{path}: {place}.format: {shown(text)} is no pattern of a time ({printable(error)}). "
            "Write each part once, as in '%d.%m.%Y %H:%M'."
        ) from error


def _choice(
    path: Path, place: str, told: dict[str, Any], key: str, choices: tuple[str, ...]
) -> str:
    value = _text(path, place, told.get(key, ""))
    if value and value not in choices:
        raise CrossbrandError(f"{path}: {place}.{key} is {shown(value)}; use {', '.join(choices)}.")
    return value


def _text(path: Path, place: str, value: object) -> str:
    if not isinstance(value, str):
        raise CrossbrandError(f"{path}: {place} must be a text, not {type(value).__name__}.")
    return value


def _refuse_unknown_keys(
    path: Path, place: str, section: dict[str, Any], known: tuple[str, ...]
) -> None:
    for key in section:
        if key not in known:
            raise CrossbrandError(
                f"{path}: {place + ': ' if place else ''}{shown(key)} is not known here; "
                f"use {', '.join(known)}.{did_you_mean(key, known)}"
            )


def _refuse_repeats(path: Path, rules: dict[str, Rule], constants: dict[str, str]) -> None:
    taken: dict[str, str] = dict.fromkeys(constants, "constants")
    for rule in rules.values():
        if rule.to in taken:
            raise CrossbrandError(
                f"{path}: {rule.to} is filled twice, from {shown(rule.source)} and from "
                f"{shown(taken[rule.to])}. Leave one."
            )
        taken[rule.to] = rule.source
