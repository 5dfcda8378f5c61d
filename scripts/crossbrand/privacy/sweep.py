"""Removes what may still quote an erased person: old generations, boards, logs, spill, exports."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths
from crossbrand.privacy.places import privacy_folder
from crossbrand.privacy.rewrite import remove_lines
from crossbrand.privacy.texts import TextSearch
from crossbrand.publish.declared import ROLES
from crossbrand.publish.folder import CURRENT, PREVIOUS, SITE, Folder, sync_folder
from crossbrand.runs import runs_folder
from crossbrand.sync.places import find_places

TARGET_FILES = (
    "catalog.json",
    "graph.gpickle",
    "graph_summary.json",
    "index.html",
    "manifest.json",
    "partial_parse.msgpack",
    "perf_info.json",
    "run_results.json",
    "semantic_manifest.json",
    "sources.json",
    "static_index.html",
)
TARGET_FOLDERS = ("compiled", "run")
"""What dbt writes under its target folder; whatever else lies there is somebody else's."""

STEWARD = Path("seeds") / "identity_decisions.csv"
DATA_DOCS = Path("great_expectations") / "uncommitted"
TOKEN = re.compile(rb"[0-9A-Za-z\x80-\xff_.@+-]{5,254}")
READ_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Places:
    """Folders outside of the landing that a project writes to."""

    paths: Paths

    @property
    def target(self) -> Path:
        """dbt's target folder."""
        return self._of_dbt("DBT_TARGET_PATH", "target")

    @property
    def logs(self) -> Path:
        """dbt's log folder."""
        return self._of_dbt("DBT_LOG_PATH", "logs")

    @property
    def runs(self) -> Path:
        """The outcome and dbt's artefacts of each build."""
        return runs_folder(self.paths)

    @property
    def data_docs(self) -> Path:
        """Data Docs, and the results that they are made of."""
        return self.paths.project / DATA_DOCS

    @property
    def exports(self) -> Path:
        """Files that a sync to the destination `file` wrote."""
        return find_places(self.paths).exports

    @property
    def steward(self) -> Path:
        """The steward's decisions, which name identifiers."""
        return self.paths.project / STEWARD

    def spill(self) -> list[Path]:
        """What DuckDB puts on the disk when memory is short, and what a killed build left."""
        warehouse = self.paths.warehouse
        return [
            path
            for path in (
                warehouse.with_name(f"{warehouse.name}.tmp"),
                warehouse.with_name(f".{warehouse.stem}.building"),
                warehouse.parent / ".tmp",
            )
            if path.is_dir()
        ]

    def old_generations(self) -> list[Path]:
        """Every published file and folder that is not of the current generation.

        The boards are drawn of one and do not follow: `crossbrand board` draws them anew.
        """
        folder = Folder(self.paths.published)
        found: list[Path] = []
        for role in ROLES:
            current = folder.linked(role)
            found += [
                folder.file(role, generation)
                for generation in folder.generations(role)
                if generation != current
            ]
            parquet = folder.parquet(role)
            if parquet.is_dir():
                kept = {CURRENT, str(current)}
                found += [path for path in sorted(parquet.iterdir()) if path.name not in kept]
        # What a killed publishing into PostgreSQL left.
        found += sorted(self.paths.published.glob(".postgres-*"))
        site = self.paths.published / SITE
        return [*found, site] if site.is_dir() else found

    def dbt_files(self) -> list[Path]:
        """What dbt wrote under its target and its log folder, and what builds kept of that."""
        found = [self.target / name for name in (*TARGET_FILES, *TARGET_FOLDERS)]
        if self.logs.is_dir():
            found += sorted(self.logs.glob("dbt.log*"))
        if self.runs.is_dir():
            found += sorted(path for path in self.runs.iterdir() if path.is_dir())
        return [path for path in found if path.exists()]

    def _of_dbt(self, variable: str, default: str) -> Path:
        return self.paths.project / Path(os.environ.get(variable) or default).expanduser()


def sweep_generations(paths: Paths) -> int:
    """Remove every generation but the current one, and the boards that were drawn of one.

    Returns how many files and folders went.

    Readers who have one open keep it until they close it. Raises CrossbrandError where nothing is
    current although something is published: then nobody can tell which file is the new one.
    """
    folder = Folder(paths.published)
    if not paths.published.is_dir():
        return 0
    with folder.locked():
        for role in ROLES:
            if folder.generations(role) and folder.linked(role) is None:
                raise CrossbrandError(
                    f"Nothing is current under {folder.of(role)}: publish with `crossbrand "
                    "publish`, then run `crossbrand erase` again."
                )
        old = Places(paths).old_generations()
        for path in old:
            _remove(path)
        for role in ROLES:
            previous = folder.of(role) / PREVIOUS
            if previous.is_symlink() and not previous.exists():
                previous.unlink()
            if folder.of(role).is_dir():
                sync_folder(folder.of(role))
    return len(old)


def sweep_dbt(paths: Paths) -> int:
    """Remove logs, compiled statements and run results; dbt parses anew. Returns how many."""
    files = Places(paths).dbt_files()
    for path in files:
        _remove(path)
    return len(files)


def sweep_spill(paths: Paths) -> int:
    """Remove what was spilled or left by a killed build. Returns how many folders."""
    folders = Places(paths).spill()
    for path in folders:
        _remove(path)
    return len(folders)


def sweep_lines(
    paths: Paths, search: TextSearch, customers: Mapping[str, Sequence[str]], *, is_preview: bool
) -> Counter[str]:
    """Remove lines of exports and of the steward's decisions that name an erased person.

    customers: brands by customer id; an export names a profile as `brand:customer`.
    """
    places = Places(paths)
    removed: Counter[str] = Counter()
    keys = {f"{brand}:{customer}" for customer, brands in customers.items() for brand in brands}
    for name, path in [
        *(("exports", path) for path in _text_files(places.exports)),
        *([("steward's decisions", places.steward)] if places.steward.is_file() else []),
    ]:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        lines = text.splitlines(keepends=True)
        printable = [line.encode("utf-8", "replace").decode() for line in lines]
        hits = search.find([(None, line) for line in printable]) if lines else []
        gone = {
            line
            for line, hit in zip(lines, hits, strict=True)
            if hit or any(key in line for key in keys)
        }
        # The header of a table names columns, and stays.
        has_header = path.suffix == ".csv"
        count = sum(line in gone for line in lines[1 if has_header else 0 :])
        if count and not is_preview:
            remove_lines(path, gone.__contains__, keep_first=has_header)
        removed[name] += count
    return removed


def files_that_name(values: Iterable[str], roots: Iterable[Path]) -> list[Path]:
    """Files below the folders in whose bytes one of the values stands as a word.

    Compressed files are searched as they are; what the warehouse and the landing hold is asked
    for otherwise.
    """
    wanted = {value.encode() for value in values if len(value) >= 5}
    wanted |= {value.lstrip(b"+") for value in wanted}
    return [path for path in _files(roots) if wanted and _names(path, wanted)]


def searched_roots(paths: Paths) -> list[Path]:
    """Where bytes are searched after an erasure: all that is written as plain text or pages."""
    places = Places(paths)
    folder = privacy_folder(paths)
    sync = find_places(paths)
    return [
        places.target,
        places.logs,
        places.data_docs,
        places.exports,
        places.steward,
        folder.root,
        sync.deletions,
        sync.state,
        paths.published,
    ]


def _names(path: Path, wanted: set[bytes]) -> bool:
    tail = b""
    with suppress(OSError), path.open("rb") as file:
        while block := file.read(READ_BYTES):
            for token in TOKEN.findall(tail + block):
                if token in wanted or token.strip(b"+.-_") in wanted:
                    return True
            tail = block[-254:]
    return False


def _files(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        if root.is_file():
            yield root
        elif root.is_dir():
            yield from (
                path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()
            )


def _text_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name.endswith((".jsonl", ".csv", ".partial"))
    )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
