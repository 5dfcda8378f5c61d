"""No small group of people in what BI reads: figures of fewer than `min_group_size` are left empty.

A mart that counts people says so in its YAML:

    small_groups:
      - people: customer_count         # how many people the row speaks of
        hides: [retention_share, …]    # what must not be read of a few; `people` itself always is
        margins: [[month_date, …]]     # rows that agree in these add up to something that is known
        running: net_amount_to_date    # adds up along the key, so it is left empty from there on

What a total gives away is hidden as well: where the hidden rows of a margin hold fewer people than
the least group, or where there is one alone, the smallest other row is hidden with them, and so on
until nothing follows. `parts` instead of `margins` says which columns of one row add up to the
column `total`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from crossbrand.errors import CrossbrandError
from crossbrand.paths import project_variable

COUNTS_PEOPLE = re.compile(r"(^|_)(customer|people|member)_count$")
"""What is audited: a column of this name counts people, whether a rule speaks of it or not."""

_ROW = "_row"


@dataclass(frozen=True)
class Rule:
    """One entry of `small_groups`."""

    people: str
    hides: tuple[str, ...] = ()
    margins: tuple[tuple[str, ...], ...] = ()
    running: str | None = None
    parts: tuple[str, ...] = ()
    total: str | None = None

    @property
    def columns(self) -> set[str]:
        """Every column that it names."""
        named = {self.people, *self.hides, *self.parts, *(n for m in self.margins for n in m)}
        return named | {name for name in (self.running, self.total) if name}


def read_rules(place: str, entries: Any) -> tuple[Rule, ...]:
    """The rules as the YAML has them. Raises CrossbrandError where one is none."""
    rules = []
    for entry in entries or ():
        try:
            rules.append(
                Rule(
                    people=str(entry["people"]),
                    hides=tuple(map(str, entry.get("hides") or ())),
                    margins=tuple(tuple(map(str, one)) for one in entry.get("margins") or ()),
                    running=entry.get("running"),
                    parts=tuple(map(str, entry.get("parts") or ())),
                    total=entry.get("total"),
                )
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise CrossbrandError(
                f"{place}: an entry of small_groups needs `people`, the column that counts them."
            ) from error
    return tuple(rules)


def min_group_size(project: Path) -> int:
    """The least group, from the dbt variable of that name. Raises CrossbrandError below 1."""
    text = "5"
    if (project / "dbt_project.yml").is_file():
        text = project_variable(project, "min_group_size", text)
    if not text.isdigit() or int(text) < 1:
        raise CrossbrandError(
            f"min_group_size in dbt_project.yml is {text!r}; give a whole number."
        )
    return int(text)


def hidden_cells(
    rows: Sequence[Mapping[str, Any]], rules: Iterable[Rule], key: Sequence[str], least: int
) -> dict[str, set[int]]:
    """Which rows of each column are to be empty. `rows` are in the order of the key."""
    hidden: dict[str, set[int]] = defaultdict(set)
    for rule in rules:
        counts = [row[rule.people] or 0 for row in rows]
        small = {number for number, count in enumerate(counts) if 0 < count < least}
        _complete(rows, rule, counts, small, least)
        for column in (rule.people, *rule.hides):
            hidden[column] |= small
        if rule.running:
            hidden[rule.running] |= _from_there_on(rows, key, small)
        if rule.parts:
            _hide_parts(rows, rule, small, hidden, least)
    return hidden


def _complete(
    rows: Sequence[Mapping[str, Any]],
    rule: Rule,
    counts: Sequence[int],
    small: set[int],
    least: int,
) -> None:
    groups: list[list[int]] = []
    for margin in rule.margins:
        found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            if counts[number]:
                found[tuple(row[name] for name in margin)].append(number)
        groups += found.values()
    is_done = False
    while not is_done:
        is_done = True
        for group in groups:
            inside = [number for number in group if number in small]
            others = [number for number in group if number not in small]
            is_open = len(inside) == 1 or sum(counts[number] for number in inside) < least
            if inside and others and is_open:
                small.add(min(others, key=lambda number: (counts[number], number)))
                is_done = False


def _from_there_on(
    rows: Sequence[Mapping[str, Any]], key: Sequence[str], small: set[int]
) -> set[int]:
    """Each small row and those after it that differ from it in the last part of the key alone."""
    found, begun = set(), set()
    for number, row in enumerate(rows):
        series = tuple(row[name] for name in key[:-1])
        if number in small:
            begun.add(series)
        if series in begun:
            found.add(number)
    return found


def _hide_parts(
    rows: Sequence[Mapping[str, Any]],
    rule: Rule,
    small: set[int],
    hidden: dict[str, set[int]],
    least: int,
) -> None:
    for number, row in enumerate(rows):
        sizes = {part: row[part] or 0 for part in rule.parts if row[part]}
        inside = {
            part
            for part, size in sizes.items()
            if size < least or (part == rule.people and number in small)
        }
        while inside and (len(inside) == 1 or sum(sizes[part] for part in inside) < least):
            others = [part for part in sizes if part not in inside]
            if not others:
                if rule.total:
                    hidden[rule.total].add(number)
                break
            inside.add(min(others, key=lambda part: (sizes[part], part)))
        for part in inside:
            hidden[part].add(number)
        if rule.people in inside:
            for column in rule.hides:
                hidden[column].add(number)


def hide_small_groups(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rules: Sequence[Rule],
    key: Sequence[str],
    least: int,
) -> None:
    """Empty the cells of a temporary table `table` that would tell of too few."""
    order = ", ".join(f'"{name}"' for name in key) or "all"
    named = sorted(set().union(*(rule.columns for rule in rules), key))
    connection.execute(
        f"create or replace temp table {table} as "
        f"select row_number() over (order by {order}) - 1 as {_ROW}, * from {table}"
    )
    chosen = ", ".join(f'"{name}"' for name in named)
    rows = connection.execute(f"select {chosen} from {table} order by {_ROW}").to_arrow_table()
    for column, numbers in hidden_cells(rows.to_pylist(), rules, key, least).items():
        told = pa.table({"number": pa.array(sorted(numbers), pa.int64())})
        connection.register("told_rows", told)
        connection.execute(
            f'update {table} set "{column}" = null where {_ROW} in (select number from told_rows)'
        )
        connection.unregister("told_rows")
    connection.execute(f"alter table {table} drop column {_ROW}")


def refuse_small_groups(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], least: int
) -> None:
    """Raise CrossbrandError where a column that counts people still shows a small group."""
    counting = [column for column in columns if COUNTS_PEOPLE.search(column)]
    for column in counting:
        row = connection.execute(
            f'select count(*) from {table} where "{column}" > 0 and "{column}" < {least}'
        ).fetchone()
        if row and row[0]:
            mart = table.rsplit(".", 1)[-1].strip('"')
            raise CrossbrandError(
                f"{mart}.{column} shows {row[0]:,} groups of fewer than {least} people, and bi may "
                "have none. Say in the mart's YAML what is to be hidden of them: `meta: "
                "{small_groups: [{people: " + column + ", hides: […]}]}`."
            )
