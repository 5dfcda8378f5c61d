"""Keeps erased people out: landed files are held against the list before dbt reads them.

`crossbrand land` and `crossbrand build` do so by themselves. A plain `dbt build` looks only whether
it was done (macros/privacy/check_suppression.sql), and stops where it was not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.text import Text

from crossbrand.contract import Feed
from crossbrand.land.commit import landing_lock
from crossbrand.land.place import MANIFESTS, REJECTS
from crossbrand.paths import Paths
from crossbrand.privacy.marks import SuppressionList, load_list
from crossbrand.privacy.places import PrivacyFolder, privacy_folder, sync_folder
from crossbrand.privacy.rewrite import SUFFIX, remove_rows, replace_text, sweep_staged
from crossbrand.privacy.rows import RowReader
from crossbrand.privacy.scan import Found, landed_files, scan, scratch_database
from crossbrand.privacy.texts import TextSearch, brand_of
from crossbrand.publish.folder import sync_file

CHECKED_SCHEMA = pa.schema(
    [
        ("list_state", pa.string()),
        ("file", pa.string()),
        ("size", pa.int64()),
        ("modified_second", pa.int64()),
    ]
)
"""A row for each landing file: what it was like when it was held against the list."""

CANDIDATES = "_candidates"
ASIDE = (REJECTS, CANDIDATES, MANIFESTS)

Progress = Callable[[int, int, str], None]


@dataclass
class Scrubbed:
    """What was removed (or, in a preview, would be): rows by place and by feed and brand."""

    places: Counter[str] = field(default_factory=Counter)
    feeds: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: int = 0
    looked_at: int = 0
    records: set[tuple[str, str, str]] = field(default_factory=set)

    @property
    def total(self) -> int:
        """All rows and lines."""
        return sum(self.places.values())


def scrub_landing(paths: Paths, console: Console) -> Scrubbed | None:
    """Remove erased people from landing files that were not looked at yet, and say what was found.

    None where nobody was ever erased here; that costs one look for a folder. Raises
    CrossbrandError where the list or its key cannot be used.
    """
    folder = privacy_folder(paths)
    listed = load_list(folder)
    if listed.is_empty:
        return None
    if folder.journal.exists():
        console.print(
            Text(
                "An erasure was cut off and is not done: run `crossbrand erase`, which ends it.",
                style="yellow",
            ),
            soft_wrap=True,
        )
    done = scrub(paths, folder, listed)
    if done.total:
        console.print(
            Text(
                f"{done.total:,} rows of people who were erased came again in {done.files:,} "
                f"files and were removed: {told(done)}.",
                style="yellow",
            ),
            soft_wrap=True,
        )
    return done


def told(done: Scrubbed) -> str:
    """Counts by feed and brand as a phrase."""
    parts = [f"{feed} of {brand} {count:,}" for (feed, brand), count in sorted(done.feeds.items())]
    aside = {place: count for place, count in sorted(done.places.items()) if place in ASIDE}
    return ", ".join([*parts, *(f"{place} {count:,}" for place, count in aside.items())])


def scrub(
    paths: Paths,
    folder: PrivacyFolder,
    listed: SuppressionList,
    *,
    everything: bool = False,
    is_preview: bool = False,
    progress: Progress = lambda *_: None,
) -> Scrubbed:
    """Look through the landing files that have changed since the last look, and rewrite them.

    `everything` looks at all of them again, `is_preview` counts and writes nothing.
    """
    reader = RowReader(paths.project)
    done = Scrubbed()
    with landing_lock(paths.landing):
        known = {} if everything else _checked(folder, listed)
        feeds = {feed.name: _new(paths, landed_files(paths.landing, feed), known)
                 for feed in reader.feeds()}  # fmt: skip
        aside = {name: _new(paths, _files(paths.landing / name), known) for name in ASIDE}
        done.looked_at = sum(len(files) for files in (*feeds.values(), *aside.values()))
        if not done.looked_at and not is_preview and _is_current(paths, reader, folder, listed):
            return done
        with scratch_database() as connection:
            for number, feed in enumerate(reader.feeds()):
                progress(number, len(feeds) + len(aside), feed.name)
                found = scan(reader, listed, {feed.name: feeds[feed.name]}, connection)
                _note(done, feed, found)
                if not is_preview:
                    for path, numbers in sorted(found.rows.items()):
                        remove_rows(path, numbers)
            search = TextSearch(reader, listed, connection)
            for number, (name, files) in enumerate(aside.items()):
                progress(len(feeds) + number, len(feeds) + len(aside), name)
                for path in files:
                    removed = _scrub_aside(name, path, search, listed, is_preview=is_preview)
                    done.places[name] += removed
                    done.files += removed > 0
        if not is_preview:
            sweep_staged(paths.landing)
            _write_checked(paths, reader, folder, listed)
    return done


def _note(done: Scrubbed, feed: Feed, found: Found) -> None:
    done.places[feed.name] += found.total
    done.feeds.update(found.counts)
    done.files += len(found.rows)
    done.records |= found.records


def _scrub_aside(
    name: str, path: Path, search: TextSearch, listed: SuppressionList, *, is_preview: bool
) -> int:
    if name == MANIFESTS:
        return _scrub_manifest(path, search, is_preview=is_preview)
    if path.suffix != ".parquet":
        return 0
    table = pq.read_table(path)
    hit = (
        _candidates(table, listed) if name == CANDIDATES else rejects_that_name(table, path, search)
    )
    numbers = {number for number, is_hit in enumerate(hit) if is_hit}
    if numbers and not is_preview:
        remove_rows(path, numbers)
    return len(numbers)


def rejects_that_name(table: pa.Table, path: Path, search: TextSearch) -> list[bool]:
    """For each row of rejected lines whether it names somebody on the list."""
    columns = [
        table.column(name).cast(pa.string()).to_pylist()
        for name in ("detail", "text")
        if name in table.column_names
    ]
    rows = [" \n ".join(cell or "" for cell in cells) for cells in zip(*columns, strict=True)]
    brand = brand_of(path)
    return search.find([(brand, row) for row in rows]) if rows else []


def _candidates(table: pa.Table, listed: SuppressionList) -> list[bool]:
    """Pairs of nodes of the identity graph: a node's key begins with the text of its mark."""
    hit = [False] * table.num_rows
    for name in table.column_names:
        if not name.startswith("node_key"):
            continue
        texts = [str(text).split("#", 1)[0] for text in table.column(name).to_pylist()]
        for kind in {text.split("|", 1)[0] for text in texts}:
            found = listed.find(kind, {text for text in texts if text.startswith(f"{kind}|")})
            hit = [is_hit or text in found for is_hit, text in zip(hit, texts, strict=True)]
    return hit


def _scrub_manifest(path: Path, search: TextSearch, *, is_preview: bool) -> int:
    """A header that is no header (a file without one) may be somebody's first row."""
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return 0
    cells = header_cells(document)
    hit = search.find([(brand_of(path), cell) for _, _, cell in cells]) if cells else []
    for (key, number, _), is_hit in zip(cells, hit, strict=True):
        if is_hit:
            document[key][number] = "(erased)"
    if any(hit) and not is_preview:
        text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
        replace_text(path, text + "\n")
    return sum(hit)


def header_cells(manifest: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Key, position and text of what a manifest repeats of a file."""
    return [
        (key, number, str(cell))
        for key in ("header", "columns", "extra_columns")
        for number, cell in enumerate(manifest.get(key) or ())
    ]


def manifests(landing: Path) -> list[Path]:
    """The manifests of what has landed."""
    return [path for path in _files(landing / MANIFESTS) if path.suffix == ".json"]


def aside_files(landing: Path) -> list[Path]:
    """The files of rejected lines."""
    return [path for path in _files(landing / REJECTS) if path.suffix == ".parquet"]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(SUFFIX)
    )


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, int(status.st_mtime)


def _new(paths: Paths, files: Iterable[Path], known: dict[str, tuple[int, int]]) -> list[Path]:
    return [
        path
        for path in files
        if known.get(path.relative_to(paths.landing).as_posix()) != _state(path)
    ]


def _checked(folder: PrivacyFolder, listed: SuppressionList) -> dict[str, tuple[int, int]]:
    """What was held against the list as it is now; an unreadable ledger counts for nothing."""
    try:
        table = pq.read_table(folder.checked, schema=CHECKED_SCHEMA)
    except (OSError, pa.ArrowException):
        return {}
    return {
        row["file"]: (row["size"], row["modified_second"])
        for row in table.to_pylist()
        if row["list_state"] == listed.state
    }


def _all_files(paths: Paths, reader: RowReader) -> list[Path]:
    """What dbt reads, and what lies aside."""
    feeds = reader.contract.values()
    files = [path for feed in feeds for path in landed_files(paths.landing, feed)]
    return files + [path for name in ASIDE for path in _files(paths.landing / name)]


def _is_current(
    paths: Paths, reader: RowReader, folder: PrivacyFolder, listed: SuppressionList
) -> bool:
    """Whether the ledger need not be written anew: what is gone does no harm in it."""
    known = _checked(folder, listed)
    return bool(known) and all(
        known.get(path.relative_to(paths.landing).as_posix()) == _state(path)
        for path in _all_files(paths, reader)
    )


def _write_checked(
    paths: Paths, reader: RowReader, folder: PrivacyFolder, listed: SuppressionList
) -> None:
    rows = []
    for path in _all_files(paths, reader):
        size, second = _state(path)
        name = path.relative_to(paths.landing).as_posix()
        rows.append(
            {"list_state": listed.state, "file": name, "size": size, "modified_second": second}
        )
    folder.make()
    staged = folder.checked.with_name(f".{folder.checked.name}.new")
    pq.write_table(pa.Table.from_pylist(rows, schema=CHECKED_SCHEMA), staged)
    sync_file(staged)
    staged.replace(folder.checked)
    sync_folder(folder.root)
