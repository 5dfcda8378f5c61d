"""`crossbrand status`: how things stand, for whoever comes in the morning and for a monitor."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crossbrand.board.run import site_generation
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths, has_table, open_warehouse
from crossbrand.privacy.places import privacy_folder
from crossbrand.publish.declared import BI, ROLES
from crossbrand.publish.folder import Folder
from crossbrand.runs import last_build
from crossbrand.sync.places import find_places

FORMAT = "crossbrand.status/1"


@dataclass
class Status:
    """What was found; `needs` are sentences about what somebody should do."""

    generation: dict[str, Any] | None = None
    freshness: list[dict[str, Any]] = field(default_factory=list)
    last_build: dict[str, Any] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    requests_known: bool = False
    syncs: list[dict[str, Any]] = field(default_factory=list)
    boards: str | None = None
    needs: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"format": FORMAT, "is_in_order": not self.needs, **asdict(self)}


def find_status(paths: Paths, now: datetime | None = None) -> Status:
    """Look at everything that can be looked at; what is not there yet is said and no mistake."""
    moment = now or datetime.now(UTC)
    status = Status(boards=site_generation(paths))
    _published(status, paths)
    _built(status, paths)
    _requests(status, paths, moment)
    _cut_off(status, paths)
    _synced(status, paths)
    return status


def _published(status: Status, paths: Paths) -> None:
    folder = Folder(paths.published)
    current = {role: folder.linked(role) for role in ROLES}
    generation = current[BI]
    if generation is None:
        status.needs.append("Nothing is published yet: `crossbrand build` publishes.")
        return
    file = folder.file(BI, generation)
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            said = connection.execute(
                "select as_of_at, built_at, code_version from _generation"
            ).fetchall()
            fresh = connection.execute(
                "select brand_id, max(last_load_date), min(silent_days), "
                "list(feed order by feed) filter (where is_stale), "
                "brand_id in (select brand_id from brands) as is_known from landing_freshness "
                "group by brand_id order by is_known desc, brand_id"
            ).fetchall()
    except duckdb.Error as error:
        status.needs.append(
            f"{file} cannot be read ({str(error).splitlines()[0]}): go back with "
            "`crossbrand publish --generation ID`."
        )
        return
    as_of_at, built_at, code = said[0] if said else (None, None, None)
    status.generation = {
        "id": generation,
        "as_of_at": _text(as_of_at),
        "built_at": _text(built_at),
        "code_version": code,
        "kept": len(folder.everything()),
        "roles": current,
    }
    if len(set(current.values()) - {None}) > 1:
        status.needs.append(
            "The roles show different generations: a publishing was killed. "
            "`crossbrand publish --list` ends it."
        )
    for brand, last, silent, stale, is_known in fresh:
        status.freshness.append(
            {
                "brand_id": brand,
                "is_known": is_known,
                "last_load_date": _text(last),
                "silent_days": silent,
                "stale_feeds": stale or [],
            }
        )
        if stale and is_known:
            status.needs.append(
                f"{brand} delivers late: {', '.join(stale)} silent for longer than ever before."
            )
    if status.boards and status.boards != generation:
        status.needs.append("The boards show an older generation: `crossbrand board`.")


def _built(status: Status, paths: Paths) -> None:
    status.last_build = last_build(paths)
    if status.last_build and status.last_build["exit_code"] and not _is_made_up_for(status):
        stops = [
            check["finding"] for check in status.last_build["checks"] if check["severity"] == "stop"
        ]
        failures = (status.last_build["dbt"] or {}).get("failures") or []
        why = [status.last_build["message"], *stops, *failures]
        first = next((text for text in why if text), "see its build.json")
        status.needs.append(
            f"The last build {status.last_build['outcome']}: {str(first).splitlines()[0]}"
        )


def _cut_off(status: Status, paths: Paths) -> None:
    folder = privacy_folder(paths)
    if folder.journal.exists():
        status.needs.append("An erasure was cut off: `crossbrand erase` ends it.")
    if folder.retaining.exists():
        status.needs.append(
            "The removal of what is over age was cut off: `crossbrand retain` ends it."
        )


def _is_made_up_for(status: Status) -> bool:
    """Whether what is published was written since, by `dbt build` and `crossbrand publish`, say."""
    if not status.generation or not status.last_build:
        return False
    began = re.sub(r"[-:]", "", str(status.last_build["started_at"]))
    return str(status.generation["id"]).split("-")[0] > began


def _requests(status: Status, paths: Paths, now: datetime) -> None:
    """Requests as the warehouse has them: an erasure takes its request away with it."""
    table = "staging.base_privacy__privacy_requests"
    try:
        with open_warehouse(paths.warehouse) as connection:
            if not has_table(connection, table):
                return
            rows = connection.execute(
                "select request_type, count(*), min(requested_at) "
                f"from {table} where reject_reason_code is null and version_rank = 1 "
                "group by request_type order by request_type"
            ).fetchall()
    except (CrossbrandError, duckdb.Error):
        # A build holds it, or it is of another version: not known is said, and nothing is claimed.
        return
    status.requests_known = True
    for kind, count, oldest in rows:
        status.requests.append({"request_type": kind, "count": count, "oldest_at": _text(oldest)})
        if kind == "erasure" and oldest is not None:
            days = (now.replace(tzinfo=None) - oldest).days
            late = f", the oldest {days} days ago" if days >= 0 else ""
            word = "is" if count == 1 else "are"
            status.needs.append(f"{count} erasure request{'s'[: count != 1]} {word} pending{late}.")


def _synced(status: Status, paths: Paths) -> None:
    state = find_places(paths).state
    if not Path(state).is_file():
        return
    try:
        connection = sqlite3.connect(f"file:{state}?mode=ro", uri=True, timeout=2)
    except sqlite3.Error:
        return
    try:
        runs = connection.execute(
            "select destination, stream, mode, status, generation_id, started_at from sync_runs r "
            "where started_at = (select max(started_at) from sync_runs "
            "where destination = r.destination and stream = r.stream) "
            "order by destination, stream"
        ).fetchall()
        waiting = dict(
            connection.execute(
                "select destination || '|' || status, count(*) from outbox "
                "group by destination, status"
            ).fetchall()
        )
    except sqlite3.Error as error:
        status.needs.append(f"{state} cannot be read: {error}")
        return
    finally:
        connection.close()
    for destination, stream, mode, outcome, generation, started in runs:
        status.syncs.append(
            {
                "destination": destination,
                "stream": stream,
                "mode": mode,
                "status": outcome,
                "generation": generation,
                "started_at": _text(datetime.fromtimestamp(started, UTC).replace(tzinfo=None)),
                "waiting": sum(
                    count for key, count in waiting.items()
                    if key.startswith(f"{destination}|") and not key.endswith("|given_up")
                ),
                "given_up": waiting.get(f"{destination}|given_up", 0),
            }
        )  # fmt: skip
    for destination in sorted({sync["destination"] for sync in status.syncs}):
        if given_up := waiting.get(f"{destination}|given_up", 0):
            status.needs.append(
                f"{destination} refused {given_up} changes too often: mend them and run "
                f"`crossbrand sync {destination} --retry-given-up`."
            )


def _text(value: datetime | date | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def print_status(status: Status, console: Console) -> None:
    """The same on a page of the terminal."""
    if status.generation:
        one = status.generation
        console.print(
            f"[bold]published[/bold]   {one['id']}, as of {one['as_of_at']}, built "
            f"{one['built_at']}, {one['kept']} kept",
            soft_wrap=True,
        )
    if status.last_build:
        last = status.last_build
        steps = ", ".join(f"{step['name']} {step['seconds']:.0f} s" for step in last["steps"])
        console.print(
            f"[bold]last build[/bold]  {last['outcome']} at {last['started_at']}, "
            f"{last['seconds']:.0f} s: {steps}",
            soft_wrap=True,
        )
    else:
        console.print("[bold]last build[/bold]  none is recorded; `crossbrand build` records")
    console.print(f"[bold]boards[/bold]      {status.boards or 'not drawn; `crossbrand board`'}")
    _print_table(
        console,
        ("brand", "last delivery", "days silent", "late feeds"),
        [
            (row["brand_id"], row["last_load_date"], row["silent_days"],
             ", ".join(row["stale_feeds"]) if row["is_known"]
             else "not in seeds/brands.csv: all is refused")
            for row in status.freshness
        ],
    )  # fmt: skip
    if not status.requests_known:
        console.print("requests    not known: no warehouse, or a build holds it", style="dim")
    _print_table(
        console,
        ("privacy requests", "count", "oldest"),
        [(row["request_type"], row["count"], row["oldest_at"]) for row in status.requests],
    )
    _print_table(
        console,
        ("sync", "stream", "last run", "outcome", "waiting", "given up"),
        [
            (row["destination"], row["stream"], row["started_at"], row["status"],
             row["waiting"], row["given_up"])
            for row in status.syncs
        ],
    )  # fmt: skip
    console.print()
    for need in status.needs:
        console.print(Text(f"! {need}", style="yellow"), soft_wrap=True)
    if not status.needs:
        console.print(Text("Everything is in order.", style="green"))


def _print_table(console: Console, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print()
    console.print(table)
