"""Reading what is published the way a BI tool does, and judging each read."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb

RATE = 12.5 if os.environ.get("CROSSBRAND_LONG") == "1" else 3.125
"""Reads a second of one process, of four queries each. In the short form four processes make the
fifty queries a second of the target, in the long one fifty reads."""


@dataclass
class Readings:
    """What one reader saw."""

    reads: int = 0
    generations: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    backwards: list[str] = field(default_factory=list)
    slowest: float = 0.0


def checksum(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """The generation, and what is wrong with it: nothing, where marts and counts agree.

    One statement each, as the tiles of a board are.
    """

    def ask(sql: str) -> tuple[Any, ...]:
        row = connection.execute(sql).fetchone()
        assert row is not None
        return row

    (generation,) = ask("select generation_id from _generation")
    customers, amount, oldest, newest = ask(
        "select count(*), sum(net_amount), min(version), max(version) from customer_360"
    )
    days, daily, oldest_day, newest_day = ask(
        "select count(*), sum(net_amount), min(version), max(version) from kpi_daily"
    )
    marts = connection.execute("select mart_name, row_count from _generation_marts")
    counted = dict(marts.fetchall())
    wrong = []
    if len({oldest, newest, oldest_day, newest_day}) != 1:
        wrong.append(f"versions {oldest, newest, oldest_day, newest_day}")
    if amount != daily:
        wrong.append(f"amounts {amount} and {daily}")
    if counted != {"customer_360": customers, "kpi_daily": days}:
        wrong.append(f"rows {customers, days} where {counted} were written")
    return str(generation), ", ".join(wrong)


def read_once(path: Path) -> tuple[str, str]:
    """Open, read everything, close."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return checksum(connection)


def read_until(published: Path, number: int, stop: Event, results: Any) -> None:
    """Read at RATE until told to stop, each role in turn.

    Every other reader opens the link itself, the others the file that it names.
    """
    seen = Readings()
    last = {"bi": "", "activation": ""}
    began = time.monotonic()
    while not stop.is_set():
        role = ("bi", "activation")[seen.reads % 2]
        link = published / role / "current"
        asked = time.monotonic()
        try:
            generation, wrong = read_once(link if number % 2 else link.resolve(strict=True))
            if wrong:
                seen.torn.append(f"{role} {generation}: {wrong}")
            if generation < last[role]:
                seen.backwards.append(f"{role}: {generation} after {last[role]}")
            last[role] = generation
            seen.generations.add(generation)
        except (duckdb.Error, OSError, AssertionError) as error:
            seen.errors.append(f"{role}: {type(error).__name__} {error}")
        seen.reads += 1
        seen.slowest = max(seen.slowest, time.monotonic() - asked)
        time.sleep(max(0.0, began + seen.reads / RATE - time.monotonic()))
    results.put(seen)


def hold_until(path: Path, stop: Event, results: Any) -> None:
    """Hold one generation open, and read it again and again; it must never change."""
    seen = Readings()
    with duckdb.connect(str(path), read_only=True) as connection:
        first, _ = checksum(connection)
        while not stop.is_set():
            try:
                generation, wrong = checksum(connection)
                if wrong or generation != first:
                    seen.torn.append(f"{generation}: {wrong}")
            except duckdb.Error as error:
                seen.errors.append(str(error))
            seen.reads += 1
            seen.generations.add(first)
            time.sleep(0.05)
    results.put(seen)
