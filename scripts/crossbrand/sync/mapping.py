"""What a destination is told: its mapping file, held against the allow-list.

A mapping names for each field of the platform the field of sync_profiles that fills it. Nothing is
sent that is not mapped, and nothing can be mapped that seeds/sync_fields.csv does not list.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from crossbrand.errors import CrossbrandError
from crossbrand.sync.places import Places

KEYS = frozenset(
    {
        "destination",
        "url",
        "brands",
        "mix_controllers",
        "fields",
        "settings",
        "max_delete_share",
        "max_close_share",
    }
)
OPTIONS = frozenset({"field", "values", "format", "split", "strip", "join"})
UNSENT = frozenset({"customer_id", "brand_id", "row_hash"})
"""Columns that are keys and never fields."""


@dataclass(frozen=True)
class AllowedField:
    """A row of the allow-list."""

    name: str
    purpose: str
    is_personal: bool


@dataclass(frozen=True)
class MappedField:
    """One field of the platform: `target` is a path with dots, `fields` what fills it."""

    target: str
    fields: tuple[str, ...]
    values: Mapping[str, Any] | None = None
    format: str | None = None
    split: str | None = None
    strip: str | None = None

    def value(self, row: Mapping[str, Any]) -> Any:
        """The platform's value for a row of sync_profiles; None where there is none."""
        if len(self.fields) > 1:
            return " ".join(str(row[name]) for name in self.fields if row[name]) or None
        value = row[self.fields[0]]
        if value is None:
            return None
        if self.is_plain:
            return plain(value)
        if self.values is not None:
            return self.values.get(_key(value))
        if self.format is not None:
            return value.strftime(self.format)
        if self.split is not None:
            return [part for part in str(value).split(self.split) if part]
        if self.strip is not None:
            return str(value).strip(self.strip)
        return plain(value)

    @cached_property
    def is_plain(self) -> bool:
        """Whether the value goes as it is."""
        return (self.values, self.format, self.split, self.strip) == (None,) * 4

    @cached_property
    def steps(self) -> tuple[tuple[str, ...], str]:
        """The objects on the way to the value, and its name in the last."""
        *parents, last = self.target.split(".")
        return tuple(parents), last


def plain(value: Any) -> Any:
    """A value as JSON has it: whole decimals as integers, others as numbers, times in ISO 8601."""
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds") + "Z"
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def _key(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class DestinationMapping:
    """A mapping file, checked."""

    name: str
    kind: str
    path: Path
    fields: tuple[MappedField, ...]
    brands: tuple[str, ...] = ()
    mix_controllers: bool = False
    """Whether brands of several controllers may go into one account that is keyed by e-mail."""

    url: str | None = None
    max_delete_share: float = 0.2
    max_close_share: float = 0.2
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields of sync_profiles that are read, in a fixed order."""
        return tuple(sorted({name for mapped in self.fields for name in mapped.fields}))

    @property
    def fingerprint(self) -> str:
        """Changes when what a row is turned into does, and then every row is sent anew."""
        document = [
            [one.target, one.fields, one.values, one.format, one.split, one.strip]
            for one in sorted(self.fields, key=lambda one: one.target)
        ]
        text = json.dumps(document, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def payload(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The platform's fields for a row, nested as their paths say."""
        document: dict[str, Any] = {}
        for mapped in self.fields:
            place = document
            parents, last = mapped.steps
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = mapped.value(row)
        return document

    def emptied(self, names: Collection[str]) -> dict[str, Any]:
        """The platform's fields that any of these fields of ours fill, with nothing in them."""
        document: dict[str, Any] = {}
        for mapped in self.fields:
            if set(mapped.fields) & set(names):
                place = document
                parents, last = mapped.steps
                for parent in parents:
                    place = place.setdefault(parent, {})
                place[last] = None
        return document


def load_allow_list(places: Places) -> dict[str, AllowedField]:
    """Which field of sync_profiles may leave; raises CrossbrandError where there is no list."""
    path = places.allow_list
    if not path.is_file():
        raise CrossbrandError(
            f"There is no allow-list at {path}, so no field may leave. It needs the columns "
            "field_name, purpose and is_personal."
        )
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return {
            row["field_name"].strip(): AllowedField(
                row["field_name"].strip(),
                row["purpose"].strip(),
                row["is_personal"].strip().lower() != "false",
            )
            for row in rows
        }
    except (KeyError, AttributeError) as error:
        raise CrossbrandError(
            f"{path} needs the columns field_name, purpose and is_personal."
        ) from error


def find_mapping(name: str, places: Places, given: Path | None, kinds: Collection[str]) -> Path:
    """The mapping file of a destination; raises CrossbrandError with near names where none is."""
    path = given or places.mappings / f"{name}.yml"
    if path.is_file():
        return path
    if given:
        raise CrossbrandError(f"There is no mapping file at {given}.")
    known = sorted({found.stem for found in places.mappings.glob("*.yml")} | set(kinds))
    raise CrossbrandError(
        f"Unknown destination {name!r}: there is no {path}.{suggest(name, known)} "
        "docs/destinations.md says how to add one."
    )


def suggest(name: str, known: Iterable[str]) -> str:
    """The near names in a sentence, or all of them."""
    listed = sorted(known)
    near = difflib.get_close_matches(name, listed, n=3)
    if near:
        return f" Did you mean {' or '.join(near)}?"
    return f" There are: {', '.join(listed)}." if listed else ""


def load_mapping(
    name: str, path: Path, allowed: Mapping[str, AllowedField], columns: Iterable[str]
) -> DestinationMapping:
    """Read and check a mapping; raises CrossbrandError that names file, field and mend."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        words = " ".join(str(error).split())
        raise CrossbrandError(f"{path} is not readable YAML: {words}") from error
    if not isinstance(document, dict) or not isinstance(document.get("fields"), dict):
        raise CrossbrandError(f"{path} needs `fields:`, a list of target: field.")
    unknown = set(document) - KEYS
    if unknown:
        raise CrossbrandError(
            f"{path} has the unknown key {min(unknown)!r}.{suggest(min(unknown), KEYS)}"
        )
    shares = {name: document.get(name, 0.2) for name in ("max_delete_share", "max_close_share")}
    for name_, share in shares.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise CrossbrandError(f"{path}: {name_} is a share between 0 and 1.")
    brands = document.get("brands", [])
    if not isinstance(brands, list) or ("brands" in document and not brands):
        raise CrossbrandError(
            f"{path}: brands is a list of brand ids, one at least; all are sent where there is no "
            "`brands:`."
        )
    mix_controllers = document.get("mix_controllers", False)
    if not isinstance(mix_controllers, bool):
        raise CrossbrandError(f"{path}: mix_controllers is true or false.")
    present = set(columns)
    fields = tuple(
        _mapped(path, str(target), given, allowed, present)
        for target, given in document["fields"].items()
    )
    if not fields:
        raise CrossbrandError(f"{path} maps no field.")
    return DestinationMapping(
        name=name,
        kind=str(document.get("destination", name)),
        path=path,
        fields=fields,
        brands=tuple(sorted(str(brand) for brand in brands)),
        mix_controllers=mix_controllers,
        url=document.get("url"),
        max_delete_share=float(shares["max_delete_share"]),
        max_close_share=float(shares["max_close_share"]),
        settings=document.get("settings") or {},
    )


def _mapped(
    path: Path, target: str, given: Any, allowed: Mapping[str, AllowedField], present: set[str]
) -> MappedField:
    options: Any = {"field": given} if isinstance(given, str) else given
    if not isinstance(options, dict) or not ({"field", "join"} & set(options)):
        raise CrossbrandError(
            f"{path}: {target} needs the name of a field, or field: or join: with options."
        )
    unknown = set(options) - OPTIONS
    if unknown:
        raise CrossbrandError(
            f"{path}: {target} has the unknown option {min(unknown)!r}."
            f"{suggest(min(unknown), OPTIONS)}"
        )
    names = tuple(str(name) for name in options.get("join") or [options.get("field")])
    for name in names:
        if name in UNSENT or name not in allowed:
            raise CrossbrandError(
                f"{path}: {target} is mapped to {name}, which is not on the allow-list "
                f"(seeds/sync_fields.csv).{suggest(name, allowed)}"
            )
        if name not in present:
            raise CrossbrandError(
                f"{path}: {target} is mapped to {name}, which the published sync_profiles lacks. "
                "Build and publish again, or take it out of the mapping."
            )
    values = options.get("values")
    if values is not None:
        values = {_key(key): value for key, value in values.items()}
    return MappedField(
        target, names, values, options.get("format"), options.get("split"), options.get("strip")
    )
