"""The verb `land`: checks what the user said, goes through the files, and reports."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from crossbrand.contract import Feed, load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.land import encodings
from crossbrand.land.commit import recover
from crossbrand.land.csv_header import NAMED_DELIMITERS
from crossbrand.land.landing import (
    CSV_SUFFIXES,
    FORMATS,
    JSON_SUFFIXES,
    LANDED,
    PARQUET_SUFFIXES,
    REFUSED,
    SKIPPED,
    WOULD_LAND,
    Options,
    Outcome,
    land_file,
)
from crossbrand.land.manifest import is_sidecar
from crossbrand.land.mapping import Mapping, read_mapping
from crossbrand.land.model import counted, printable, shown
from crossbrand.land.names import did_you_mean
from crossbrand.land.place import Place, read_load_date
from crossbrand.paths import Paths

SUFFIXES = (*CSV_SUFFIXES, *JSON_SUFFIXES, *PARQUET_SUFFIXES)


@dataclass(frozen=True)
class Request:
    """The command line as it was given."""

    files: Sequence[Path]
    feed: str
    brand: str
    load_date: str | None = None
    map: Path | None = None
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    escape: str = ""
    manifest: Path | None = None
    max_rejected: float | None = None
    allow_missing: bool = False
    allow_unknown_brand: bool = False
    accept_drift: bool = False
    replace: bool = False
    skip_landed: bool = False
    dry_run: bool = False


@dataclass
class _Found:
    """Files to land as (path, name), and by reason what a folder holds beside them."""

    files: list[tuple[Path, str]] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)

    def leave(self, why: str, name: str) -> None:
        """Note what is not landed, to be told with its reason."""
        self.others.setdefault(why, []).append(name)


def land(request: Request, paths: Paths, console: Console) -> list[Outcome]:
    """Land every file and print what became of each.

    Raises CrossbrandError where the call itself is wrong; then nothing has been touched.
    """
    options = _options(request, paths)
    found = _find_files(request.files, options.place.root)
    if not found.files:
        raise CrossbrandError(
            "There is no file to land under "
            f"{', '.join(printable(path) for path in request.files)}: expected "
            f"{', '.join(SUFFIXES)}, or one of them with .gz."
        )
    if options.manifest is not None and len(found.files) != 1:
        raise CrossbrandError("--manifest is for one file. Put each file's manifest beside it.")
    if not options.dry_run and recover(options.place.root):
        console.print("A landing that was cut off has been finished first.")
    outcomes = []
    for path, name in found.files:
        outcome = _land_with_progress(path, name, options, console)
        outcomes.append(outcome)
        print_outcome(outcome, options.place.root, console)
    if not options.dry_run:
        # Here, since it uses modules of this package.
        from crossbrand.privacy.suppress import scrub_landing

        scrub_landing(paths, console)
    for why, names in found.others.items():
        told = ", ".join(printable(name) for name in names[:5])
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        console.print(Text(f"not landed, {why}: {told}{more}"), soft_wrap=True)
    if len(outcomes) > 1:
        console.print(Text(_summary(outcomes)), soft_wrap=True)
    return outcomes


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 where every file was landed (or had been, with --skip-landed), 1 where one was refused."""
    return int(any(outcome.state == REFUSED for outcome in outcomes))


def _options(request: Request, paths: Paths) -> Options:
    feed = _feed(request.feed, load_contract(paths.project))
    _check_brand(request.brand, paths.project, allow_unknown=request.allow_unknown_brand)
    place = Place(paths.landing, feed.name, request.brand, read_load_date(request.load_date))
    if request.format and request.format not in FORMATS:
        raise CrossbrandError(
            f"--format {shown(request.format)} is not known; use {', '.join(FORMATS)}."
        )
    if request.map is not None and not request.map.is_file():
        raise CrossbrandError(f"There is no mapping {printable(request.map)}.")
    if request.manifest is not None and not request.manifest.is_file():
        raise CrossbrandError(f"There is no manifest {printable(request.manifest)}.")
    if request.max_rejected is not None and not 0 <= request.max_rejected <= 1:
        raise CrossbrandError("--max-rejected is a share, from 0 to 1.")
    return Options(
        feed=feed,
        place=place,
        mapping=read_mapping(request.map, feed) if request.map else Mapping(),
        format=request.format,
        encoding=encodings.known_encoding(request.encoding) if request.encoding else "",
        delimiter=_delimiter(request.delimiter),
        quote=_sign("--quote", request.quote),
        escape=_sign("--escape", request.escape),
        manifest=request.manifest,
        max_rejected=request.max_rejected,
        allow_missing=request.allow_missing,
        accept_drift=request.accept_drift,
        replace=request.replace,
        skip_landed=request.skip_landed,
        dry_run=request.dry_run,
    )


def _feed(name: str, contract: dict[str, Feed]) -> Feed:
    if name not in contract:
        raise CrossbrandError(
            f"{shown(name)} is no feed of the contract.{did_you_mean(name, contract)} "
            f"Feeds: {', '.join(contract)}."
        )
    return contract[name]


def _check_brand(brand: str, project: Path, *, allow_unknown: bool) -> None:
    """A brand that seeds/brands.csv has, or any other that is wanted and can be a folder's name."""
    if not brand.strip() or len(brand.encode("utf-8", "replace")) > 60 or not brand.isprintable():
        raise CrossbrandError(
            f"--brand {shown(brand)} is no brand id: up to 60 printable characters."
        )
    seed = project / "seeds" / "brands.csv"
    if not seed.is_file():
        raise CrossbrandError(f"There is no {seed}, which lists the brands.")
    with seed.open(encoding="utf-8-sig", newline="") as file:
        known = [str(row.get("brand_id", "")) for row in csv.DictReader(file)]
    if brand not in known and not allow_unknown:
        raise CrossbrandError(
            f"{shown(brand)} is no brand of seeds/brands.csv.{did_you_mean(brand, known)} Add it "
            "there, or say --allow-unknown-brand: its rows then wait in rejected_records until it "
            "is known."
        )


def _delimiter(text: str) -> str:
    sign = NAMED_DELIMITERS.get(text.lower(), text)
    if any(character in "\r\n\0" for character in sign):
        raise CrossbrandError("--delimiter must not be a line end or a zero byte.")
    try:
        sign.encode()
    except UnicodeEncodeError as error:
        raise CrossbrandError(f"--delimiter {shown(sign)} is no text. Give it as UTF-8.") from error
    return sign


def _sign(option: str, text: str) -> str:
    if text.lower() == "none":
        return ""
    sign = {"backslash": "\\"}.get(text.lower(), text)
    if len(sign) > 1 or not sign.isascii() or sign in ("\r", "\n", "\0"):
        raise CrossbrandError(f"{option} {shown(text)} must be one ASCII character, or none.")
    return sign


def _find_files(given: Sequence[Path], root: Path) -> _Found:
    """The files to land. What lies in the landing has landed, and is passed over in a folder."""
    found = _Found()
    landing = Path(os.path.realpath(root))
    for path in given:
        if Path(os.path.realpath(path)).is_relative_to(landing):
            raise CrossbrandError(
                f"{printable(path)} lies in the landing {printable(root)} itself. Land deliveries "
                "from another folder."
            )
        inside = landing.is_relative_to(os.path.realpath(path))
        if path.is_dir():
            for child in sorted(path.rglob("*")):
                if (child.is_dir() and not child.is_symlink()) or is_sidecar(child):
                    continue
                if inside and child.resolve().is_relative_to(landing):
                    continue
                name = _name(child.relative_to(path))
                known = child.name.lower().removesuffix(".gz").endswith(SUFFIXES)
                if child.is_dir():
                    found.leave("as it is a link to a folder", name)
                elif child.exists() and not child.is_file():
                    found.leave("as it is no ordinary file", name)
                elif known and not child.name.startswith("."):
                    # A link that leads nowhere too: it is refused like a file that cannot be read.
                    found.files.append((child, name))
                else:
                    found.leave("as the name tells no format", name)
        elif path.is_file():
            found.files.append((path, _name(Path(path.name))))
        elif path.exists():
            raise CrossbrandError(f"{printable(path)} is neither a file nor a folder.")
        else:
            raise CrossbrandError(f"There is no file {printable(path)}.")
    return found


def _name(path: Path) -> str:
    """A file's name as UTF-8, whatever bytes the system has for it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace").replace(os.sep, "/")


def _land_with_progress(path: Path, name: str, options: Options, console: Console) -> Outcome:
    if not console.is_terminal or not path.exists():
        return land_file(path, name, options, lambda _: None)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        # Each byte is read twice: once for the hash, once for the rows.
        task = progress.add_task(printable(name)[-40:], total=2 * path.stat().st_size)
        return land_file(path, name, options, lambda count: progress.advance(task, count))


def print_outcome(outcome: Outcome, root: Path, console: Console) -> None:
    """What became of one file: a line, and below it what else there is to say.

    root: the landing folder, shown as seen from the working folder where it lies below that.
    """
    name = printable(outcome.file)

    def line(*parts: str | tuple[str, str]) -> None:
        console.print(Text.assemble(*parts), soft_wrap=True)

    if outcome.state == REFUSED:
        line(("refused  ", "bold red"), f"{name}: {outcome.message}")
        for warning in outcome.warnings:
            line(("  warning  ", "yellow"), warning)
        return
    if outcome.state == SKIPPED:
        line(("skipped  ", "bold"), f"{name}: {outcome.message}")
        return
    counts = outcome.counts
    style = "bold green" if outcome.state == LANDED else "bold"
    line(
        (f"{outcome.state}   ", style),
        f"{name}: {counted(outcome.physical, 'record')} = {counts.landed:,} landed + "
        f"{counts.rejected:,} rejected  ({outcome.about})",
    )
    if outcome.state == LANDED:
        below = root.is_relative_to(Path.cwd())
        shown_root = root.relative_to(Path.cwd()) if below else root
        line(("  into     ", "dim"), printable(shown_root / outcome.target))
    for code, number in counts.by_reason.most_common():
        first = counts.first_of[code]
        line(
            ("  rejected ", "red"),
            f"{number:,} {code}, first in line {first.line:,}: {printable(first.detail)}",
        )
    for warning in outcome.warnings:
        line(("  warning  ", "yellow"), warning)
    for note in outcome.notes:
        line(("  note     ", "dim"), note)


def _summary(outcomes: Sequence[Outcome]) -> str:
    landed = [outcome for outcome in outcomes if outcome.state in (LANDED, WOULD_LAND)]
    dry = any(outcome.state == WOULD_LAND for outcome in landed)
    parts = [f"{counted(len(landed), 'file')} {'would be landed' if dry else 'landed'}"]
    for state in (SKIPPED, REFUSED):
        number = sum(outcome.state == state for outcome in outcomes)
        parts += [f"{number:,} {state}"] if number else []
    physical = sum(outcome.physical for outcome in landed)
    rejected = sum(outcome.counts.rejected for outcome in landed)
    return (
        f"{', '.join(parts)}: {counted(physical, 'record')} = {physical - rejected:,} landed + "
        f"{rejected:,} rejected."
    )
