"""`crossbrand retain`: what is over age leaves the landing, the warehouse and what is published.

The build leaves over-age rows out of the marts; here their bytes go. Landing files are rewritten,
the warehouse is built into a new file, and older generations, logs and spill are swept. Killed at
any moment, the command is run again: what is over age is found anew, and a mark says that the steps
after the landing are still to be done.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.text import Text

from crossbrand.build import BuildOptions, build, lock_warehouse
from crossbrand.contract import load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.land.commit import landing_lock, recover
from crossbrand.locks import hold
from crossbrand.paths import Paths, open_warehouse
from crossbrand.privacy import audit
from crossbrand.privacy.begin import beginning
from crossbrand.privacy.over_age import REMOVED_CELL, OverAge, find_over_age, quoted_cells
from crossbrand.privacy.places import PrivacyFolder, privacy_folder, write_private
from crossbrand.privacy.resolve import open_resolver
from crossbrand.privacy.rewrite import remove_rows, replace_text, sweep_staged
from crossbrand.privacy.rows import RowReader
from crossbrand.privacy.sweep import Places, sweep_dbt, sweep_generations, sweep_spill

SLACK = timedelta(days=1)
"""Clocks and time zones differ by so much at most."""


@dataclass(frozen=True)
class _Found:
    over_age: OverAge
    as_of: str | None


def retain(
    paths: Paths, console: Console, *, dry_run: bool = False, postgres: str | None = None
) -> bool:
    """Remove what is over age. False where the build afterwards did not end.

    Raises CrossbrandError where it cannot begin: an erasure runs or was cut off, files landed since
    the last build, or the seed has changed since.
    """
    folder = privacy_folder(paths)
    if dry_run:
        with landing_lock(paths.landing):
            _print(_find(paths).over_age, paths, console)
        return True
    folder.make()
    with hold(
        folder.lock,
        f"An erasure or another sweep is under way in {folder.root} (process {{holder}}). Wait for "
        "it to end; nothing was begun.",
    ):
        if folder.journal.exists():
            raise CrossbrandError(
                "An erasure was cut off and is not done: run `crossbrand erase`, which ends it."
            )
        recover(paths.landing)
        # Nobody may write a file anew between the look and the removal of what stood where.
        with landing_lock(paths.landing), lock_warehouse(paths.warehouse):
            found = _find(paths)
            _print(found.over_age, paths, console)
            if found.over_age.is_nothing and not folder.retaining.exists():
                return True
            _begin(folder, found)
            rewrite_landing(found.over_age, paths)
        if not _build(found, paths, console, postgres):
            return False
        swept = _sweep(paths)
        with open_warehouse(paths.warehouse) as connection:
            left = find_over_age(connection, RowReader(paths.project), paths, in_landing=False)
        if not left.is_nothing:
            raise CrossbrandError(
                "The warehouse has something that is over age, which landed meanwhile or is over "
                "age since. Run `crossbrand retain` again."
            )
        _finish(folder, found.over_age, swept)
        console.print(
            "Done: what was over age is gone from landing, warehouse and published files."
        )
        return True


def _begin(folder: PrivacyFolder, found: _Found) -> None:
    write_private(folder.retaining, json.dumps({"as_of": str(found.as_of)}) + "\n")
    audit.record(
        folder,
        "retention_begun",
        days={cut.feed.name: cut.days for cut in found.over_age.cuts},
        rows=dict(sorted(found.over_age.feeds.items())),
    )


def _find(paths: Paths) -> _Found:
    reader = RowReader(paths.project)
    with open_warehouse(paths.warehouse) as connection:
        # What is spilled would be left behind by a killed process.
        connection.execute("set temp_directory = ''")
        resolver = open_resolver(connection, paths, reader)
        if unread := resolver.unread_files(paths):
            raise CrossbrandError(
                f"{unread} landing files have not been read by the warehouse. Run `crossbrand "
                "build` first. Nothing was removed."
            )
        as_of = resolver.as_of()
        found = find_over_age(connection, reader, paths)
    now = datetime.now(UTC).replace(tzinfo=None)
    if as_of and as_of > now + SLACK and not found.is_nothing:
        raise CrossbrandError(
            f"The warehouse speaks of {as_of:%Y-%m-%d %H:%M}, which is still to come, so that what "
            "is young would be over age. Look for rows that landed under a date to come, or give "
            "the build an as_of. Nothing was removed."
        )
    return _Found(found, str(as_of) if as_of else None)


def _print(found: OverAge, paths: Paths, console: Console) -> None:
    if not found.cuts:
        console.print("seeds/retention.csv gives no feed an end, so nothing is ever over age.")
        return
    by_feed: Counter[str] = Counter()
    for cut in found.cuts:
        console.print(
            f"{cut.feed.name:<22}{cut.days:>6} days, from {cut.at:%Y-%m-%d %H:%M} on: "
            f"{found.feeds[cut.feed.name]:,} landed rows over age, "
            f"{found.warehouse[cut.feed.name]:,} in the warehouse",
            highlight=False,
            soft_wrap=True,
        )
        by_feed[cut.feed.name] = found.feeds[cut.feed.name]
    for name, count in sorted(found.feeds.items()):
        if name not in by_feed:
            console.print(f"{name:<22}{count:,} rows over age", highlight=False)
    for path, numbers in sorted(found.rows.items()):
        console.print(
            f"  {len(numbers):>8,}  {path.relative_to(paths.landing)}",
            highlight=False,
            soft_wrap=True,
        )
    if found.headers:
        console.print(f"  {len(found.headers):>8,}  manifests that quote a row as a header")
    if found.undated:
        console.print(
            f"{found.undated:,} refused rows have neither a moment nor a load date and stay."
        )


def rewrite_landing(found: OverAge, paths: Paths) -> None:
    """Write each file anew without what is over age, under the landing's lock.

    May be cut off and repeated.
    """
    for path, numbers in sorted(found.rows.items()):
        remove_rows(path, numbers)
    contract = load_contract(paths.project)
    for path in found.headers:
        document = json.loads(path.read_text(encoding="utf-8"))
        feed = next(contract[part] for part in path.parts if part in contract)
        for key, number, _ in quoted_cells(path, feed):
            document[key][number] = REMOVED_CELL
        text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
        replace_text(path, text + "\n")
    sweep_staged(paths.landing)


def _build(found: _Found, paths: Paths, console: Console, postgres: str | None) -> bool:
    # Pages that quote rows are written anew by the build.
    shutil.rmtree(Places(paths).data_docs, ignore_errors=True)
    options = BuildOptions(
        as_of=found.as_of,
        # Fewer rows have landed than the last time; the marts have what they had.
        accept_changes=True,
        begin=beginning(paths.project, {}, {}, only_living=True),
    )
    if not build(paths, console, options):
        console.print(
            Text(
                "What is over age is gone from the landing; the warehouse still holds it, because "
                "the build did not end. Mend what it says and run `crossbrand retain` again.",
                style="bold red",
            ),
            soft_wrap=True,
        )
        return False
    if postgres:
        from crossbrand.publish.postgres import publish_to_postgres

        return not publish_to_postgres(paths, console, postgres)
    return True


def _sweep(paths: Paths) -> dict[str, int]:
    return {
        "generations": sweep_generations(paths),
        "spill_folders": sweep_spill(paths),
        "dbt_files": sweep_dbt(paths),
    }


def _finish(folder: PrivacyFolder, found: OverAge, swept: dict[str, int]) -> None:
    audit.record(
        folder,
        "retention_done",
        days={cut.feed.name: cut.days for cut in found.cuts},
        rows=dict(sorted(found.feeds.items())),
        warehouse_rows=dict(sorted(found.warehouse.items())),
        **swept,
    )
    folder.retaining.unlink(missing_ok=True)
