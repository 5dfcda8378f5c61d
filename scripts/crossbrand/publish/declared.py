"""Which mart goes to which role, read from the one place it is written down: dbt's own YAML.

A mart or a seed is published where its `config.meta.published_to` names the role; one that does
not say so stays in the warehouse. A column with `meta.pii` never goes to `bi`, nor to any role in
its `meta.withheld_from`. An id that this project makes, a customer's say, and a column
with `meta.pseudonym` go to `bi` as a keyed hash (pseudonyms).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crossbrand.errors import CrossbrandError
from crossbrand.publish.small_groups import Rule, read_rules

BI = "bi"
ACTIVATION = "activation"
ROLES = (ACTIVATION, BI)
"""In the order in which they are swapped: who acts on customers comes before who reports."""

OUR_ID = re.compile(
    r"(^|_)(customer|session|cart|touch|redirect|audience_change|rejected_record)_id$"
)
"""Ids that are hashes of what came in, whether or not somebody thought of saying so."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DOC = re.compile(r"{{\s*doc\(['\"](\w+)['\"]\)\s*}}")
_DOCS_BLOCK = re.compile(r"{%\s*docs\s+(\w+)\s*%}(.*?){%\s*enddocs\s*%}", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """A column of a mart, and the roles that do not get it."""

    name: str
    description: str
    withheld_from: frozenset[str]
    is_pseudonym: bool = False
    """Whether BI gets a keyed hash in its place."""


@dataclass(frozen=True)
class Mart:
    """A table that is published. `key` are the columns that no two rows share, in their order."""

    name: str
    schema: str
    description: str
    roles: frozenset[str]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    small_groups: tuple[Rule, ...] = ()

    def published_columns(self, role: str) -> tuple[Column, ...]:
        """The columns that the role gets."""
        return tuple(column for column in self.columns if role not in column.withheld_from)


def load_marts(project: Path) -> tuple[Mart, ...]:
    """Every mart and seed that some role gets, by name.

    Raises CrossbrandError with file and mart where the declaration cannot be used: a role that
    does not exist, or a key that would be withheld, so that rows could no longer be told apart.
    """
    docs = _docs_blocks(project)
    marts = []
    for path in sorted([*project.glob("models/marts/**/_*.yml"), *project.glob("seeds/_*.yml")]):
        schema = "marts" if path.is_relative_to(project / "models") else "reference"
        for entry in _entries(path):
            mart = _mart(path, schema, entry, docs)
            if mart.roles:
                marts.append(mart)
    if not marts:
        raise CrossbrandError(
            f"No mart of {project} says `published_to` in its meta, so there is nothing to publish."
        )
    return tuple(sorted(marts, key=lambda mart: mart.name))


def _entries(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
        yield from document.get("models") or ()
        yield from document.get("seeds") or ()
    except (yaml.YAMLError, AttributeError, TypeError) as error:
        raise CrossbrandError(f"{path} cannot be read: {error}") from error


def _mart(path: Path, schema: str, entry: Mapping[str, Any], docs: Mapping[str, str]) -> Mart:
    # A mart whose name a seed has already is another model with the mart's name as its alias.
    name = str((entry.get("config") or {}).get("alias") or entry.get("name"))
    roles = frozenset(str(role) for role in _meta(entry).get("published_to") or ())
    _refuse_unknown(path, name, roles)
    columns = []
    for column in entry.get("columns") or ():
        meta = _meta(column)
        withheld = {str(role) for role in meta.get("withheld_from") or ()}
        _refuse_unknown(path, f"{name}.{column['name']}", withheld)
        if meta.get("pii"):
            withheld.add(BI)
        column_name = str(column["name"])
        is_pseudonym = bool(meta.get("pseudonym") or OUR_ID.search(column_name))
        columns.append(Column(column_name, _text(column, docs), frozenset(withheld), is_pseudonym))
    rules = read_rules(f"{path}: {name}", _meta(entry).get("small_groups"))
    mart = Mart(name, schema, _text(entry, docs), roles, tuple(columns), _key(entry), rules)
    unknown = {column for rule in rules for column in rule.columns} - {one.name for one in columns}
    if unknown:
        raise CrossbrandError(
            f"{path}: {name} has no {', '.join(sorted(unknown))}, which its small_groups name."
        )
    for role in sorted(roles):
        lost = set(mart.key) - {column.name for column in mart.published_columns(role)}
        if lost:
            raise CrossbrandError(
                f"{path}: {name} cannot go to {role}, which may not have "
                f"{', '.join(sorted(lost))}: "
                "it is part of the key. Leave the role out of published_to, or build a mart for it."
            )
    return mart


def _refuse_unknown(path: Path, place: str, roles: set[str] | frozenset[str]) -> None:
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise CrossbrandError(
            f"{path}: {place} names the role {unknown[0]!r}; there are {' and '.join(ROLES)}."
        )


def _meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    config = entry.get("config") or {}
    found: Mapping[str, Any] = config.get("meta") or entry.get("meta") or {}
    return found


def _key(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns of the test that proves the key."""
    for test in entry.get("data_tests") or ():
        if isinstance(test, Mapping) and "unique_combination" in test:
            return tuple(test["unique_combination"]["arguments"]["columns"])
    for column in entry.get("columns") or ():
        for test in column.get("data_tests") or ():
            if test == "unique" or (isinstance(test, Mapping) and "unique" in test):
                return (str(column["name"]),)
    return ()


def _text(entry: Mapping[str, Any], docs: Mapping[str, str]) -> str:
    text = _DOC.sub(lambda found: docs.get(found[1], ""), str(entry.get("description") or ""))
    return " ".join(text.split())


def _docs_blocks(project: Path) -> dict[str, str]:
    return {
        name: text
        for path in sorted(project.glob("models/docs/*.md"))
        for name, text in _DOCS_BLOCK.findall(path.read_text(encoding="utf-8"))
    }
