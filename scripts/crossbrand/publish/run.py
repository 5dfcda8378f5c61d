"""The verbs: publish a warehouse, go back to an earlier generation, list what there is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from crossbrand.console import Steps
from crossbrand.errors import CrossbrandError
from crossbrand.keys import keys_folder, load_key, rotate
from crossbrand.paths import Paths
from crossbrand.privacy import audit
from crossbrand.privacy.merges import record_changes
from crossbrand.privacy.places import privacy_folder
from crossbrand.publish.declared import ROLES
from crossbrand.publish.figures import Account, print_changes, read_account
from crossbrand.publish.folder import CURRENT, Folder, current_files
from crossbrand.publish.generation import Generation, stage
from crossbrand.publish.pseudonyms import KEY_NAME
from crossbrand.publish.swap import (
    Intent,
    announce,
    carry_out,
    drop_logs,
    file_state,
    heal,
)
from crossbrand.publish.sweep import generations_to_keep, sweep


@dataclass(frozen=True)
class Entry:
    """A generation that is there, as `publish --list` shows it."""

    id: str
    as_of_at: datetime | None
    built_at: datetime | None
    size: int
    rows: int
    roles: tuple[str, ...]
    has_parquet: bool
    is_current: bool
    fault: str = ""


class Publishing:
    """One publishing under the folder's lock: first everything is written, then it is swapped in.

    Between the two the caller may do what belongs to the generation: a build lets its warehouse
    take the old one's place. Whatever fails before the swap leaves what is published as it was.
    """

    def __init__(self, paths: Paths, console: Console, *, parquet: bool | None = None) -> None:
        self.folder = Folder(paths.published)
        self._paths = paths
        self._console = console
        self._parquet = parquet
        self._before = Account()

    def write(self) -> Generation:
        """Write and seal the files of the next generation."""
        self._before = read_account(current_files(self.folder))
        with Steps(self._console, "publishing") as advance:
            try:
                return stage(self._paths, self.folder, advance, with_parquet=self._wants_parquet())
            except duckdb.Error as error:
                raise CrossbrandError(
                    f"The next generation cannot be written under {self.folder.root}: "
                    f"{str(error).splitlines()[0]} What is published is as it was."
                ) from error

    def announce(self, generation: Generation, warehouse: Path | None = None) -> None:
        """Say what is to become current as soon as the file that was read lies at `warehouse`."""
        state = file_state(self._paths.warehouse) if warehouse else ""
        announce(
            self.folder,
            Intent(generation.id, generation.roles, str(warehouse or ""), state),
        )

    def finish(self, generation: Generation) -> None:
        """Swap, sweep, and say what changed."""
        carry_out(self.folder, Intent(generation.id, generation.roles))
        if self._parquet is False:
            for role in ROLES:
                shutil.rmtree(self.folder.parquet(role), ignore_errors=True)
        dropped = sweep(self.folder, generations_to_keep())
        files = [self.folder.file(role, generation.id) for role in generation.roles]
        rows = {mart: rows for role in generation.rows.values() for mart, rows in role.items()}
        print_changes(self._before, Account(generation.figures, rows), self._console)
        sizes = ", ".join(
            f"{role} {len(generation.rows[role])} tables {_megabytes(file.stat().st_size)}"
            for role, file in zip(generation.roles, files, strict=True)
        )
        self._record(generation)
        swept = f" Dropped: {', '.join(dropped)}." if dropped else ""
        self._console.print(
            f"Published {generation.id} under {self.folder.root}: {sizes}.{swept}", soft_wrap=True
        )

    def _record(self, generation: Generation) -> None:
        """Who published what, and which ids moved with it, in the audit record."""
        details = {
            "generation_id": generation.id,
            "roles": list(generation.roles),
            "forms": ["duckdb", *(["parquet"] if self._wants_parquet() else [])],
            "figures": {
                name: str(value)
                for name, value in generation.figures.items()
                if name.startswith("ids ")
            },
        }
        privacy = privacy_folder(self._paths)
        audit.record(privacy, "published", **details)
        if "activation" in generation.roles:
            record_changes(privacy, generation.id, self.folder.file("activation", generation.id))

    def _wants_parquet(self) -> bool:
        """As asked for; else as the last time, so that two forms do not drift apart unseen."""
        if self._parquet is not None:
            return self._parquet
        return any((self.folder.parquet(role) / CURRENT).is_symlink() for role in ROLES)


@contextmanager
def publishing(
    paths: Paths, console: Console, *, parquet: bool | None = None
) -> Iterator[Publishing]:
    """Hold the published folder, with everything that a killed command left put in order.

    Raises CrossbrandError or OSError where the folder cannot be used; what was written and not
    swapped in by the end is removed.
    """
    folder = Folder(paths.published)
    generations_to_keep()
    with opened(folder, console):
        try:
            yield Publishing(paths, console, parquet=parquet)
        except BaseException:
            # The journal alone tells whether the swap had been promised. What cannot be put in
            # order now (on a full disk, say) is by the next command.
            with suppress(OSError):
                heal(folder)
            raise


@contextmanager
def opened(folder: Folder, console: Console) -> Iterator[None]:
    """Hold the lock of the folder, mended and with nothing in the way."""
    if folder.root.exists() and not folder.root.is_dir():
        raise CrossbrandError(f"{folder.root} is no folder; CROSSBRAND_PUBLISHED must name one.")
    with folder.locked():
        folder.refuse_what_is_in_the_way()
        mend(folder, console)
        yield


def mend(folder: Folder, console: Console) -> None:
    """End what a killed command began, and say so."""
    if done := heal(folder):
        console.print(Text(done, style="yellow"), soft_wrap=True)
    for role in ROLES:
        for path in drop_logs(folder, role):
            console.print(
                Text(
                    f"Removed {path}: a log beside a published file, left by somebody who opened "
                    "it for writing. Open published files read-only.",
                    style="yellow",
                ),
                soft_wrap=True,
            )


def rotate_key(paths: Paths, console: Console) -> None:
    """Replace the key of the ids in bi. Nothing that is published changes by that."""
    folder = keys_folder(paths.project)
    had_one = load_key(folder, KEY_NAME) is not None
    key = rotate(folder, KEY_NAME, keep_old=False)
    console.print(
        f"The key of the ids in bi is {key.id} now"
        + (", and the one before it is gone. " if had_one else ". ")
        + "Ids of the next generation have nothing in common with those before.",
        soft_wrap=True,
    )


def go_back(paths: Paths, console: Console, wanted: str) -> str:
    """Make an earlier generation the current one of every role.

    Raises CrossbrandError, with the list, where there is no such generation or it is not whole.
    """
    folder = Folder(paths.published)
    _require_folder(folder)
    with opened(folder, console):
        entries = entries_of(folder)
        known = [entry for entry in entries if entry.id.startswith(wanted) and wanted]
        if len(known) != 1:
            names = ", ".join(entry.id for entry in entries) or "none"
            raise CrossbrandError(
                f"{wanted!r} names {'no' if not known else 'more than one'} generation under "
                f"{folder.root}. There are: {names}."
            )
        entry = known[0]
        needed = tuple(role for role in ROLES if folder.linked(role))
        lost = sorted(set(needed) - set(entry.roles))
        if entry.fault or lost:
            raise CrossbrandError(
                f"{entry.id} is not whole: {entry.fault or 'it has no file for ' + lost[0]}. "
                "Nothing was changed."
            )
        if entry.is_current:
            console.print(f"{entry.id} is the current generation already.")
            return entry.id
        before = read_account(current_files(folder))
        intent = Intent(entry.id, entry.roles)
        announce(folder, intent)
        carry_out(folder, intent)
        after = read_account([folder.file(role, entry.id) for role in entry.roles])
        print_changes(before, after, console)
        console.print(
            f"{entry.id} is current again. The next build publishes a new generation over it; "
            "to keep it, run `crossbrand build --no-publish` until the cause is mended.",
            soft_wrap=True,
        )
    return entry.id


def list_generations(paths: Paths, console: Console) -> None:
    """Print a line for each generation, the newest first."""
    folder = Folder(paths.published)
    _require_folder(folder)
    try:
        with folder.locked(wait_seconds=0):
            mend(folder, console)
    except (CrossbrandError, OSError):
        # Another command is publishing, or the folder is read-only here: what is there is shown.
        pass
    entries = entries_of(folder)
    if not entries:
        console.print(f"Nothing has been published under {folder.root} yet.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("generation", "as of", "built at", "size", "rows", "roles", ""):
        justify: JustifyMethod = "right" if name in ("size", "rows") else "left"
        table.add_column(name, justify=justify, no_wrap=name != "roles")
    for entry in reversed(entries):
        if entry.fault:
            table.add_row(entry.id, "", "", _megabytes(entry.size), "", entry.fault, "")
            continue
        roles = ", ".join((*entry.roles, *(["parquet"] if entry.has_parquet else [])))
        table.add_row(
            entry.id,
            f"{entry.as_of_at:%Y-%m-%d %H:%M}",
            f"{entry.built_at:%Y-%m-%d %H:%M}",
            _megabytes(entry.size),
            f"{entry.rows:,}",
            roles,
            "current" if entry.is_current else "",
        )
    console.print(table)


def entries_of(folder: Folder) -> list[Entry]:
    """What is there, the oldest first; a file that cannot be read has its fault."""
    found = []
    for generation in folder.everything():
        roles = tuple(role for role in ROLES if generation in folder.generations(role))
        as_of_at = built_at = None
        rows = size = 0
        fault = ""
        for role in roles:
            path = folder.file(role, generation)
            try:
                size += path.stat().st_size
                with duckdb.connect(str(path), read_only=True) as reader:
                    said = reader.execute(
                        "select generation_id, role, as_of_at, built_at from _generation"
                    ).fetchall()
                    if len(said) != 1 or said[0][:2] != (generation, role):
                        raise ValueError("it says that it is another generation")
                    as_of_at, built_at = said[0][2:]
                    counted = reader.execute("select sum(row_count) from _generation_marts")
                    rows += int((counted.fetchone() or (0,))[0] or 0)
            except (duckdb.Error, OSError, ValueError) as error:
                fault = fault or f"{role} cannot be read ({str(error).splitlines()[0][:80]})"
        found.append(
            Entry(
                id=generation,
                as_of_at=as_of_at,
                built_at=built_at,
                size=size,
                rows=rows,
                roles=roles,
                has_parquet=any((folder.parquet(role) / generation).is_dir() for role in roles),
                is_current=any(folder.linked(role) == generation for role in roles),
                fault=fault,
            )
        )
    return found


def _require_folder(folder: Folder) -> None:
    if not folder.root.is_dir():
        raise CrossbrandError(
            f"Nothing has been published: there is no folder {folder.root}. `crossbrand build` "
            "publishes, or name yours in CROSSBRAND_PUBLISHED."
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
