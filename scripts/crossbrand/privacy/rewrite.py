"""Writes a file anew without some of its rows: the new one beside the old, then one rename.

Killed at any moment, the file is the old or the new one; what is left beside it has a name that
nobody reads, and is swept by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand.errors import CrossbrandError
from crossbrand.privacy.places import sync_folder
from crossbrand.publish.folder import sync_file

SUFFIX = ".erasing"


def remove_rows(path: Path, numbers: Collection[int]) -> int:
    """Remove rows of a Parquet file by their position. Returns how many remain.

    A file of which nothing remains stays, without rows: who reads the landing still finds what
    was read before. Raises CrossbrandError where the file is not the one that was looked at.
    """
    removed = set(numbers)
    staged = _staged(path)
    kept = 0
    with pq.ParquetFile(path) as source:
        total = source.metadata.num_rows
        if removed and max(removed) >= total:
            raise CrossbrandError(f"{path} was changed meanwhile. Run the command again.")
        with pq.ParquetWriter(
            staged,
            source.schema_arrow,
            compression=_compression(source),
            write_statistics=True,
        ) as writer:
            begin = 0
            for batch in source.iter_batches():
                keep = pa.array(
                    [begin + number not in removed for number in range(batch.num_rows)], pa.bool_()
                )
                begin += batch.num_rows
                rest = batch.filter(keep)
                if rest.num_rows:
                    writer.write_batch(rest)
                    kept += rest.num_rows
    if kept + len(removed) != total or pq.read_metadata(staged).num_rows != kept:
        staged.unlink()
        raise CrossbrandError(f"{path} could not be written anew; it was left as it was.")
    _take_place(staged, path)
    return kept


def remove_lines(path: Path, is_removed: Callable[[str], bool], *, keep_first: bool) -> int:
    """Remove lines of a text file. Returns how many were removed; none leaves the file alone."""
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    lines = text.splitlines(keepends=True)
    kept = [
        line
        for number, line in enumerate(lines)
        if (keep_first and number == 0) or not is_removed(line)
    ]
    if len(kept) < len(lines):
        replace_text(path, "".join(kept))
    return len(lines) - len(kept)


def replace_text(path: Path, text: str) -> None:
    """Replace a text file, with the rights that it has."""
    staged = _staged(path)
    staged.write_text(text, encoding="utf-8", errors="surrogateescape")
    _take_place(staged, path)


def sweep_staged(folder: Path) -> int:
    """Remove what killed runs left beside the files. Returns how many."""
    left = [path for path in folder.rglob(f".*{SUFFIX}") if path.is_file()]
    for path in left:
        path.unlink()
    return len(left)


def _staged(path: Path) -> Path:
    return path.with_name(f".{path.name}{SUFFIX}")


def _take_place(staged: Path, path: Path) -> None:
    staged.chmod(path.stat().st_mode & 0o777)
    sync_file(staged)
    staged.replace(path)
    sync_folder(path.parent)


def _compression(source: pq.ParquetFile) -> str:
    """The compression of the file's first column; `none` where it has no row."""
    if not source.metadata.num_row_groups or not source.metadata.num_columns:
        return "none"
    name = str(source.metadata.row_group(0).column(0).compression).lower()
    return "none" if name == "uncompressed" else name
