"""What a generation says of itself in numbers, and how it differs from the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from crossbrand.paths import has_table

FIGURES: dict[str, tuple[str, str]] = {
    "customers": ("marts.customer_360", "count(*)"),
    "orders": ("marts.kpi_daily", "sum(order_count)"),
    "net amount": ("marts.kpi_daily", "sum(net_amount)"),
    "landed rows": ("marts.landing_files", "sum(row_count)"),
    "rejected rows": ("marts.rejected_records", "count(*)"),
    "ids merged": ("marts.identity_redirects", "count(*) filter (reason = 'merge')"),
    "ids split": ("marts.identity_redirects", "count(*) filter (reason = 'split')"),
    "ids renamed": (
        "marts.identity_redirects",
        "count(*) filter (reason not in ('merge', 'split'))",
    ),
}
"""name -> (the table that it reads, an expression). Those of ids count since the first build."""

MOST_MOVED = 5


def measure(connection: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """The figures of the open warehouse, as far as it has their tables."""
    found = {}
    for name, (table, expression) in FIGURES.items():
        if has_table(connection, table):
            row = connection.execute(f"select coalesce({expression}, 0) from {table}").fetchone()
            found[name] = Decimal(str(row[0])) if row else Decimal(0)
    return found


@dataclass(frozen=True)
class Account:
    """What one published generation says of itself."""

    figures: Mapping[str, Decimal] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)


def read_account(files: list[Path]) -> Account:
    """Read the generation's files, one a role; a file that is gone or is not ours says nothing."""
    figures: dict[str, Decimal] = {}
    rows: dict[str, int] = {}
    for path in files:
        try:
            with duckdb.connect(str(path), read_only=True) as reader:
                figures |= dict(reader.execute("from _generation_figures").fetchall())
                marts = reader.execute("select mart_name, row_count from _generation_marts")
                rows |= dict(marts.fetchall())
        except duckdb.Error:
            continue
    return Account(figures, rows)


def print_changes(before: Account, after: Account, console: Console) -> None:
    """A table of the figures, then the marts whose rows moved most."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "before", "now", "change"):
        table.add_column(name, justify="left" if not name else "right")
    for name, value in after.figures.items():
        was = before.figures.get(name)
        table.add_row(
            name,
            "" if was is None else _written(was),
            _written(value),
            "" if was is None else f"{_sign(value - was)}",
        )
    console.print(table)
    moved = sorted(
        ((rows - before.rows[name], name) for name, rows in after.rows.items()
         if name in before.rows and rows != before.rows[name]),
        key=lambda entry: (-abs(entry[0]) / max(before.rows[entry[1]], 1), entry[1]),
    )  # fmt: skip
    if moved:
        parts = [
            f"{name} {before.rows[name]:,} → {after.rows[name]:,}" for _, name in moved[:MOST_MOVED]
        ]
        rest = len(moved) - len(parts)
        console.print(
            "Rows moved most: " + ", ".join(parts) + (f", and {rest} more marts." if rest else "."),
            soft_wrap=True,
        )
    elif before.rows:
        console.print("No mart has more or fewer rows than before.")


def _written(value: Decimal) -> str:
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


def _sign(value: Decimal) -> str:
    return ("+" if value > 0 else "") + (_written(value) if value else "=")
