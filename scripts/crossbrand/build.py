"""`crossbrand build`: judge the landing, build on a private copy, judge the marts, publish.

The warehouse file is never half-built: everything happens in a copy of it, and the copy takes its
place by a rename when every test and both checkpoints are content and the next generation is
written. Whoever has the old file open keeps reading the old file. A build that fails, stops or is
killed leaves the warehouse, and what is published, as it was. `crossbrand publish` publishes the
warehouse that is there.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from rich.console import Console
from rich.text import Text

from crossbrand.dbt_runner import print_outcome, run_dbt
from crossbrand.errors import CrossbrandError
from crossbrand.locks import hold
from crossbrand.paths import Paths, has_table, open_warehouse
from crossbrand.privacy.suppress import scrub_landing
from crossbrand.publish.folder import Folder, sync_file, sync_folder
from crossbrand.publish.run import opened, publishing
from crossbrand.publish.swap import file_state
from crossbrand.publish.sweep import generations_to_keep
from crossbrand.room import advice
from crossbrand.runs import Record
from crossbrand.validate.run import (
    Report,
    print_report,
    require_judge,
    validate_landing,
    validate_publication,
)

# Linux's ioctl that makes two files share their blocks until one is written to.
FICLONE = 0x40049409

# Beside the copy: what the warehouse file was like when it was copied.
COPIED = "copied"

# A table that says what was built, where the last build was not of the whole.
BUILT_IN_PART = "main.built_in_part"

COUNTED = (
    ("customers", "marts.customer_360"),
    ("records", "marts.customer_records"),
    ("changed ids", "marts.identity_redirects"),
    ("rejected", "marts.rejected_records"),
)


@dataclass(frozen=True)
class BuildOptions:
    """What a build is asked for. `as_of` is a UTC time as dbt's variable of that name takes it.

    `select` builds only those nodes: marts may then be of several ages, so nothing is published.
    `parquet` is None for as the last time. `begin` writes what the build begins with into a new
    file, from the warehouse that is there, instead of the copy of it.
    """

    full_refresh: bool = False
    as_of: str | None = None
    select: tuple[str, ...] = ()
    is_published: bool = True
    parquet: bool | None = None
    accept_changes: bool = False
    begin: Callable[[Path, Path], None] | None = None


def build(
    paths: Paths, console: Console, options: BuildOptions, record: Record | None = None
) -> bool:
    """Build the warehouse anew from what has landed, and publish it.

    False where a checkpoint said stop or dbt failed: the reasons were printed and nothing changed.
    `record` is told of each step.
    Raises CrossbrandError where another build is running or the build cannot begin.
    """
    started = time.monotonic()
    record = record or Record()
    is_published = options.is_published and not options.select
    require_judge()
    with lock_warehouse(paths.warehouse):
        if is_published:
            # What would stop the publishing is better known before the hours of a build.
            generations_to_keep()
            with opened(Folder(paths.published), console):
                pass
        scrub_landing(paths, console)
        before = {} if is_published else _counts(paths.warehouse)
        with record.step("private copy"):
            private = _private_copy(paths.warehouse, options.begin)
        building = replace(paths, warehouse=private)
        try:
            if not _build_private(building, console, options, record):
                console.print(Text("Nothing changed: the warehouse is as it was.", style="yellow"))
                return False
            _mark(private, options.select)
            _settle(private)
            if is_published:
                with (
                    record.step("publish"),
                    publishing(building, console, parquet=options.parquet) as publication,
                ):
                    generation = publication.write()
                    publication.announce(generation, paths.warehouse)
                    _take_over(private, paths.warehouse)
                    publication.finish(generation)
            else:
                _take_over(private, paths.warehouse)
        finally:
            shutil.rmtree(private.parent, ignore_errors=True)
    if is_published:
        console.print(f"{paths.warehouse} is new, in {time.monotonic() - started:.0f} s")
        return True
    after = _counts(paths.warehouse)
    changes = ", ".join(
        f"{name} {after[name]:,} ({after[name] - before.get(name, 0):+,})" for name in after
    )
    console.print(f"{paths.warehouse}: {changes}, in {time.monotonic() - started:.0f} s")
    does = "build the whole to publish it." if options.select else "`crossbrand publish` does that."
    console.print(f"Nothing was published: {does}")
    return True


def publish(
    paths: Paths, console: Console, *, parquet: bool | None = None, accept_changes: bool = False
) -> bool:
    """Judge the marts of the warehouse that is there, and publish them.

    False where the checkpoint said stop; nothing changed then. Raises CrossbrandError where there
    is no warehouse, where a build runs, or where the marts cannot be published.
    """
    require_judge()
    with lock_warehouse(paths.warehouse):
        if not accept_changes:
            _refuse_part(paths.warehouse)
        report = validate_publication(
            paths, console, with_docs=False, accept_changes=accept_changes
        )
        print_report(report, console)
        if report.is_stopped:
            console.print(Text("Nothing changed: nothing was published.", style="yellow"))
            return False
        with publishing(paths, console, parquet=parquet) as publication:
            generation = publication.write()
            publication.announce(generation)
            publication.finish(generation)
    return True


def lock_warehouse(warehouse: Path) -> AbstractContextManager[None]:
    """Hold the warehouse, so that it is not replaced meanwhile."""
    return hold(
        warehouse.with_name(f".{warehouse.stem}.lock"),
        f"Another build of {warehouse} is running (process {{holder}}). "
        "Wait for it to end; nothing was begun.",
    )


def _build_private(paths: Paths, console: Console, options: BuildOptions, record: Record) -> bool:
    with record.step("validate landing"):
        report = validate_landing(paths, console)
    print_report(report, console)
    _note(report, record)
    if report.is_stopped:
        return False
    arguments = ["build"]
    if options.full_refresh:
        arguments.append("--full-refresh")
    if options.select:
        arguments += ["--select", *options.select]
    if options.as_of:
        arguments += ["--vars", json.dumps({"as_of": options.as_of})]
    with record.step("dbt build"):
        outcome = run_dbt(
            arguments,
            project=paths.project,
            console=console,
            environment={
                "CROSSBRAND_LANDING": str(paths.landing),
                "CROSSBRAND_WAREHOUSE": str(paths.warehouse),
            },
        )
    print_outcome(outcome, console)
    record.dbt = outcome
    record.keep_artefacts(paths.project)
    if outcome.exit_code:
        record.say_no()
        if mend := advice(outcome.failures):
            console.print(Text(mend, style="yellow"))
        return False
    if options.select:
        if not outcome.total:
            raise CrossbrandError(
                f"--select {' '.join(options.select)} matches nothing; `dbt ls --select …` shows "
                "what it would. Nothing changed."
            )
        return True
    with record.step("validate publication"):
        report = validate_publication(paths, console, accept_changes=options.accept_changes)
    print_report(report, console)
    _note(report, record)
    return not report.is_stopped


def _note(report: Report, record: Record) -> None:
    for verdict in report.verdicts:
        record.found(verdict.checkpoint, verdict.findings)
    if report.is_stopped:
        record.say_no()


def _mark(warehouse: Path, selection: Sequence[str]) -> None:
    """Note in the warehouse that its marts are of different ages, or that they no longer are."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"drop table if exists {BUILT_IN_PART}")
        if selection:
            connection.execute(
                f"create table {BUILT_IN_PART} as select ? as selection", [" ".join(selection)]
            )


def _refuse_part(warehouse: Path) -> None:
    if not warehouse.exists():
        return
    with open_warehouse(warehouse) as connection:
        if not has_table(connection, BUILT_IN_PART):
            return
        row = connection.execute(f"select selection from {BUILT_IN_PART}").fetchone()
    raise CrossbrandError(
        f"{warehouse} was last built in part (--select {row[0] if row else ''}), so its marts are "
        "of different ages. Build the whole with `crossbrand build`, which publishes it; "
        "--accept-changes publishes what is there, after a whole `dbt build` say."
    )


def _private_copy(warehouse: Path, begin: Callable[[Path, Path], None] | None = None) -> Path:
    """A copy in a folder of its own, under the same name: views in a warehouse name its file.

    With `begin` it is no copy but what that writes.
    """
    folder = warehouse.with_name(f".{warehouse.stem}.building")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    private = folder / warehouse.name
    if warehouse.exists():
        if warehouse.with_name(f"{warehouse.name}.wal").exists():
            _write_out_log(warehouse)
        # Held open for reading, so that no dbt can begin to write it meanwhile.
        with open_warehouse(warehouse):
            (begin or _clone)(warehouse, private)
            (folder / COPIED).write_text(file_state(warehouse), encoding="utf-8")
    return private


def _write_out_log(warehouse: Path) -> None:
    """Bring what a killed dbt left beside the file into it: a rename would part the two."""
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise CrossbrandError(
            f"{warehouse} cannot be copied: another process, such as `dbt build`, holds it, or it "
            f"is no DuckDB file. Try again when that has ended. ({str(error).splitlines()[0]})"
        ) from error


def _clone(source: Path, target: Path) -> None:
    """Copy a file, without copying its bytes where the file system can."""
    with source.open("rb") as read, target.open("wb") as written:
        try:
            fcntl.ioctl(written, FICLONE, read.fileno())
        except OSError:
            shutil.copyfileobj(read, written, 16 * 1024 * 1024)


def _settle(private: Path) -> None:
    """Bring the copy to the disk; it is not written to any more."""
    _write_out_log(private)
    sync_file(private)


def _take_over(private: Path, warehouse: Path) -> None:
    if warehouse.exists():
        _refuse_if_written(warehouse, private)
    private.replace(warehouse)
    sync_folder(warehouse.parent)


def _refuse_if_written(warehouse: Path, private: Path) -> None:
    """What another process wrote to the old file meanwhile must not be lost under the new one.

    A log beside it would even be played into the new file when that is opened.
    """
    log = warehouse.with_name(f"{warehouse.name}.wal")
    copied_at = private.parent / COPIED
    if log.exists() or copied_at.read_text(encoding="utf-8") != file_state(warehouse):
        raise CrossbrandError(
            f"{warehouse} was written by another process, such as `dbt build`, while this build "
            "ran. It was left as it is; run `crossbrand build` again."
        )


def _counts(warehouse: Path) -> dict[str, int]:
    if not warehouse.exists():
        return {}
    counts = {}
    with open_warehouse(warehouse) as connection:
        for name, table in COUNTED:
            if has_table(connection, table):
                row = connection.execute(f"select count(*) from {table}").fetchone()
                counts[name] = int(row[0]) if row else 0
    return counts
