"""Reads great_expectations/tolerances.yml: what is judged, how, and how far it may stray."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from crossbrand.errors import CrossbrandError

GX_FOLDER = "great_expectations"
TOLERANCES_FILE = "tolerances.yml"
SEVERITIES = ("stop", "warn")
COMPARISONS = frozenset(
    {"value", "ratio", "difference", "per_day", "mix", "silence", "unknown_brand"}
)

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Check:
    """One thing that is judged. `bounds` maps a severity to the least and the most allowed.

    `rows` is the fewest rows of a delivery that are judged at all.
    """

    name: str
    what: str
    compare: str
    measure: str
    rows: int
    bounds: dict[str, Bounds]


@dataclass(frozen=True)
class Tolerances:
    """The whole file."""

    deliveries: int
    least: int
    landing: tuple[Check, ...]
    exceptions: dict[str, dict[str, dict[str, Any] | None]]
    rows_a_brand: int
    format_warn: float
    format_stop: float
    publication: tuple[Check, ...]

    def checks_of(self, feed: str) -> tuple[Check, ...]:
        """The landing checks of one feed, with its exceptions."""
        exceptions = self.exceptions.get(feed, {})
        checks = []
        for check in self.landing:
            exception = exceptions.get(check.name, {})
            if exception is not None:
                bounds = check.bounds | _bounds(exception, f"exceptions.{feed}.{check.name}")
                checks.append(replace(check, bounds=bounds))
        return tuple(checks)


def load_tolerances(project: Path) -> Tolerances:
    """Read the file. Raises CrossbrandError with the place in the file where it cannot be used."""
    path = project / GX_FOLDER / TOLERANCES_FILE
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        history, formats = document["history"], document["formats"]
        landing = _checks(document["landing"], "landing")
        exceptions = document.get("exceptions") or {}
        unknown = {name for feed in exceptions.values() for name in feed} - {
            check.name for check in landing
        }
        if unknown:
            raise ValueError(f"exceptions names no check: {', '.join(sorted(unknown))}")
        return Tolerances(
            deliveries=int(history["deliveries"]),
            least=int(history["least"]),
            landing=landing,
            exceptions=exceptions,
            rows_a_brand=int(formats["rows_a_brand"]),
            format_warn=float(formats["warn"]),
            format_stop=float(formats["stop"]),
            publication=_checks(document["publication"], "publication"),
        )
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise CrossbrandError(f"{path} cannot be used: {reason}.") from error


def _checks(section: dict[str, Any], place: str) -> tuple[Check, ...]:
    checks = []
    for name, entry in section.items():
        compare = entry.get("compare", "value")
        if compare not in COMPARISONS:
            raise ValueError(f"{place}.{name}.compare is {compare!r}")
        bounds = _bounds(entry, f"{place}.{name}")
        if not bounds:
            raise ValueError(f"{place}.{name} has neither warn nor stop")
        checks.append(
            Check(
                name=str(name),
                what=str(entry["what"]),
                compare=compare,
                measure=str(entry.get("measure", "")),
                rows=int(entry.get("rows", 0)),
                bounds=bounds,
            )
        )
    return tuple(checks)


def _bounds(entry: dict[str, Any], place: str) -> dict[str, Bounds]:
    bounds: dict[str, Bounds] = {}
    for severity in SEVERITIES:
        if severity in entry:
            try:
                least, most = (None if bound is None else float(bound) for bound in entry[severity])
            except (TypeError, ValueError):
                raise ValueError(f"{place}.{severity} is not [least, most]") from None
            bounds[severity] = (least, most)
    return bounds
