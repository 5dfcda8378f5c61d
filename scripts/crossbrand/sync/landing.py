"""The landing at the moment of sending: which files the generation has not read, and their rows."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import duckdb

from crossbrand.errors import CrossbrandError
from crossbrand.paths import modified_at, quoted
from crossbrand.sync.places import Generation, Places

CONSENTS, REQUESTS, MESSAGES = "consent_events", "privacy_requests", "message_events"
FEEDS = (CONSENTS, REQUESTS, MESSAGES)
"""The feeds in which people say no."""

FILE_PARTS = 4
ZERO_ROWS = Path("brand=none") / "load_date=1970-01-01" / "zero_rows.parquet"


@dataclass(frozen=True)
class Newer:
    """What has landed since: files by feed, in a total order, with size and time of change."""

    files: tuple[tuple[str, str, int, datetime], ...] = ()
    read: tuple[tuple[str, str], ...] = ()
    """Feed and path of the files that the generation has read, as they are now."""

    def of(self, feed: str) -> list[str]:
        """Paths of the newer files of one feed."""
        return [path for name, path, *_ in self.files if name == feed]

    def read_of(self, feed: str) -> list[str]:
        """Paths of the files of one feed that the generation has read."""
        return [path for name, path in self.read if name == feed]


def find_newer(
    connection: duckdb.DuckDBPyConnection, generation: Generation, landing: Path
) -> Newer:
    """The consent files that the generation has not read, or not as they are now.

    Raises CrossbrandError where there is no landing folder, or one that has lost what the
    generation read: without it nobody can tell whether a withdrawal has come meanwhile.
    """
    if not landing.is_dir():
        raise CrossbrandError(
            f"There is no landing folder at {landing}, so withdrawals newer than the generation "
            "cannot be seen, and nothing is sent. Name yours in CROSSBRAND_LANDING."
        )
    known = _files_read(connection, generation)
    _check_landing(landing, known)
    files = []
    read = []
    for feed in FEEDS:
        for path in landed_files(landing, feed):
            now = _as_it_is(path)
            if known.get(path.relative_to(landing).as_posix()) in (now, (now[0], None)):
                read.append((feed, str(path)))
            else:
                files.append((feed, str(path), *now))
    return Newer(tuple(sorted(files)), tuple(sorted(read)))


def landed_files(landing: Path, feed: str) -> list[Path]:
    """Every file of a feed, in order.

    Raises CrossbrandError for a folder that cannot be looked into: a glob would pass it over.
    """
    folders = [landing / feed]
    for begins in ("brand=", "load_date="):
        folders = [
            Path(one.path)
            for folder in folders
            for one in _inside(folder)
            if one.name.startswith(begins) and one.is_dir()
        ]
    return [
        Path(one.path)
        for folder in folders
        for one in _inside(folder)
        if one.name.endswith(".parquet")
    ]


def _inside(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda one: one.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error


def _as_it_is(path: Path) -> tuple[int, datetime]:
    """Size and time of change."""
    try:
        return path.stat().st_size, modified_at(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> CrossbrandError:
    return CrossbrandError(
        f"{path} cannot be looked into ({error.strerror}), so withdrawals in it cannot be seen, "
        "and nothing is sent. Mend the permissions of the landing folder."
    )


def _files_read(
    connection: duckdb.DuckDBPyConnection, generation: Generation
) -> dict[str, tuple[int | None, datetime | None]]:
    """Size and time of change of the files that the generation has read.

    The time is none where the generation has no such column, and then the size alone must do. A
    file without a recorded size or time is not known as read.
    """
    columns = generation.tables["_generation_files"]
    size = next((name for name in ("size_bytes", "size", "byte_count") if name in columns), "null")
    modified = "modified_at" if "modified_at" in columns else "null"
    rows = connection.execute(
        "select feed, brand_id, cast(load_date as varchar), file_name, "
        f"{size}, cast({modified} as timestamp) from published._generation_files"
    ).fetchall()
    known: dict[str, tuple[int | None, datetime | None]] = {}
    for feed, brand, load_date, name, bytes_, changed_at in rows:
        parts = str(name).split("/")[-FILE_PARTS:]
        if len(parts) < FILE_PARTS:
            parts = [feed, f"brand={brand}", f"load_date={load_date}", parts[-1]]
        if Path(*parts[1:]) != ZERO_ROWS:
            is_told = modified == "null" or changed_at is not None
            known["/".join(parts)] = (bytes_ if is_told else None, changed_at)
    return known


def _check_landing(landing: Path, known: Collection[str]) -> None:
    """The newest consent files that the generation read must still be there, at each brand.

    Older ones may have been archived. A generation that read no consents must find one of its
    other files.
    """
    newest: dict[tuple[str, str], list[str]] = {}
    for relative in sorted(known):
        feed, brand, _, _ = relative.split("/")
        if feed in FEEDS:
            day = relative.rsplit("/", 1)[0]
            same_day = [one for one in newest.get((feed, brand), []) if one.startswith(f"{day}/")]
            newest[feed, brand] = [*same_day, relative]
    lost = [one for group in newest.values() for one in group if not (landing / one).is_file()]
    if not newest and known and not any((landing / one).is_file() for one in known):
        lost = [min(known)]
    if lost:
        raise CrossbrandError(
            f"The landing folder {landing} has lost {min(lost)}, which the generation has read, so "
            "newer withdrawals may be missing as well, and nothing is sent. Mount or restore it, "
            "name yours in CROSSBRAND_LANDING, or run `crossbrand build` on what is there."
        )


def check_brands(connection: duckdb.DuckDBPyConnection, newer: Newer) -> None:
    """A consent file of a brand that nobody knows would close nothing, so it stops everything."""
    brands = {
        str(row[0]) for row in connection.execute("select brand_id from brands_known").fetchall()
    }
    paths = [path for _, path, *_ in newer.files] + [path for _, path in newer.read]
    for path in paths:
        folder = Path(path).parent.parent
        brand = unquote(folder.name.removeprefix("brand="))
        if brand not in brands:
            raise CrossbrandError(
                f"There are consents or requests in {folder}, and seeds/brands.csv has no brand "
                f"{brand!r}, so nobody can tell whom they close, and nothing is sent. Rename the "
                "folder, or add the brand."
            )


def newer_of_all(
    connection: duckdb.DuckDBPyConnection, generation: Generation, landing: Path, feed: str
) -> list[str]:
    """The files of any feed that the generation has not read, or not as they are now."""
    known = _files_read(connection, generation)
    found = []
    for path in landed_files(landing, feed):
        now = _as_it_is(path)
        if known.get(path.relative_to(landing).as_posix()) not in (now, (now[0], None)):
            found.append(str(path))
    return found


def feeds_of(places: Places) -> list[str]:
    """Every feed of the contract."""
    folder = places.project / "models" / "staging" / "zero_rows"
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def rows_of(feed: str, files: Iterable[str], places: Places) -> str:
    """The rows of these files of a feed, with every column of the contract."""
    zero_rows = str(places.project / "models" / "staging" / "zero_rows" / feed / ZERO_ROWS)
    listed = ", ".join(quoted(glob.escape(path)) for path in [*files, zero_rows])
    return (
        "(select *, url_decode(regexp_extract(landing_file, '/brand=([^/]*)/', 1)) as brand_id, "
        "url_decode(regexp_extract(landing_file, '/load_date=([^/]*)/', 1)) as load_date_text "
        f"from read_parquet([{listed}], union_by_name = true, hive_partitioning = false, "
        f"filename = 'landing_file') where landing_file <> {quoted(zero_rows)})"
    )


def landed_rows(feed: str, newer: Newer, places: Places) -> str:
    """The rows of newer files and of those that are to be judged once more, as they landed."""
    zero_rows = str(places.project / "models" / "staging" / "zero_rows" / feed / ZERO_ROWS)
    read = newer.read_of(feed)
    # A name may hold what would be a pattern.
    files = ", ".join(quoted(glob.escape(path)) for path in [*newer.of(feed), *read, zero_rows])
    # Whatever is not known as read is newer, and no file is called by the empty name.
    read_files = ", ".join(quoted(path) for path in ["", *read])
    return (
        f"(select *, landing_file not in ({read_files}) as is_newer, "
        "url_decode(regexp_extract(landing_file, '/brand=([^/]*)/', 1)) as brand_id, "
        "url_decode(regexp_extract(landing_file, '/load_date=([^/]*)/', 1)) as load_date_text "
        f"from read_parquet([{files}], union_by_name = true, hive_partitioning = false, "
        f"filename = 'landing_file') where landing_file <> {quoted(zero_rows)})"
    )
