"""Manifests: the one a sender puts beside a file, and the one that landing keeps of every file.

A sender's manifest is `<file>.manifest.json` or a `manifest.json` in the folder (`{"files":
[{"name": …}]}`), with any of `sha256`, `rows` and `header`; or `<file>.sha256` as sha256sum writes
it. What it says must be so.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossbrand.land.model import FileRefusedError, shown
from crossbrand.land.names import did_you_mean
from crossbrand.land.place import HASH_DIGITS, MANIFESTS, Place, brand_folder

FOLDER_MANIFEST = "manifest.json"
SIDECARS = (".manifest.json", ".sha256")
CHECKED = ("sha256", "rows", "header")


@dataclass(frozen=True)
class Promise:
    """What a sender says of a file; None where it says nothing."""

    source: Path
    sha256: str | None = None
    rows: int | None = None
    header: tuple[str, ...] | None = None

    def told(self) -> str:
        """A sentence for a file that is as it was promised."""
        checked = [key for key in CHECKED if getattr(self, key) is not None]
        names = " and ".join(filter(None, (", ".join(checked[:-1]), checked[-1])))
        agree = "agree" if len(checked) > 1 else "agrees"
        return f"the manifest {self.source.name} was checked: {names} {agree}"


def is_sidecar(path: Path) -> bool:
    """Whether a file is a manifest and no data."""
    return path.name == FOLDER_MANIFEST or path.name.endswith(SIDECARS)


def find_promise(path: Path, given: Path | None = None) -> Promise | None:
    """The manifest of a delivered file, if any. Raises FileRefusedError when it is unreadable."""
    if given is not None:
        return _read_promise(given, path.name)
    own = path.with_name(path.name + ".manifest.json")
    if own.is_file():
        return _read_promise(own, path.name)
    sums = path.with_name(path.name + ".sha256")
    if sums.is_file():
        text = sums.read_text(encoding="utf-8", errors="replace")
        digits = re.match(r"\s*\\?([0-9a-fA-F]{64})\b", text)
        if not digits:
            raise FileRefusedError(f"its {sums.name} holds no sha256. Write it anew, or remove it.")
        return Promise(sums, sha256=digits[1].lower())
    folder = path.with_name(FOLDER_MANIFEST)
    if folder.is_file() and folder != path:
        return _read_promise(folder, path.name, listed_only=True)
    return None


def _read_promise(source: Path, name: str, *, listed_only: bool = False) -> Promise | None:
    try:
        told = json.loads(source.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FileRefusedError(
            f"its manifest {source.name} is no readable JSON. Write it anew, or remove it."
        ) from error
    entries = told.get("files") if isinstance(told, dict) else told
    if isinstance(entries, list):
        listed = [
            entry
            for entry in entries
            if isinstance(entry, dict) and name in (entry.get("name"), entry.get("file"))
        ]
        if not listed:
            raise FileRefusedError(f"{source.name} does not list it. Is it a part of the delivery?")
        if len(listed) > 1:
            raise FileRefusedError(f"{source.name} lists it twice. Leave the entry that is right.")
        told = listed[0]
    elif listed_only:
        return None
    if not isinstance(told, dict):
        raise FileRefusedError(
            f"its manifest {source.name} must be an object with sha256, rows, header."
        )
    _refuse_misspelt(source, told)
    sha256, rows = told.get("sha256"), told.get("rows")
    header = told.get("header", told.get("columns"))
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", str(sha256)):
        raise FileRefusedError(f"{source.name}: sha256 must be 64 hexadecimal digits.")
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 0):
        raise FileRefusedError(f"{source.name}: rows must be a whole number.")
    if header is not None and not (
        isinstance(header, list) and all(isinstance(item, str) for item in header)
    ):
        raise FileRefusedError(f"{source.name}: header must be a list of column names.")
    return Promise(
        source,
        str(sha256).lower() if sha256 is not None else None,
        rows,
        tuple(header) if header is not None else None,
    )


def _refuse_misspelt(source: Path, told: Mapping[str, Any]) -> None:
    """A manifest that would check nothing, or less than its sender believes, is a mistake."""
    missing = [key for key in CHECKED if told.get(key) is None]
    if "header" in missing and told.get("columns") is not None:
        missing.remove("header")
    for key in told:
        meant = did_you_mean(key, missing)
        if meant and key not in (*CHECKED, "columns", "name", "file", "files"):
            raise FileRefusedError(f"{source.name}: {shown(key)} is not known.{meant}")
    if len(missing) == len(CHECKED):
        raise FileRefusedError(
            f"its manifest {source.name} promises nothing: it needs one of {', '.join(CHECKED)}."
        )


def check_hash(promise: Promise | None, sha256: str) -> None:
    """Raise FileRefusedError when the bytes are not those that were promised."""
    if promise and promise.sha256 and promise.sha256 != sha256:
        raise FileRefusedError(
            f"its sha256 is {sha256[:12]}…, and {promise.source.name} says "
            f"{promise.sha256[:12]}…: it was changed or cut on the way. Deliver it again."
        )


def check_header(promise: Promise | None, names: Sequence[str]) -> None:
    """Raise FileRefusedError when the columns are not those that were promised."""
    if not promise or promise.header is None or list(promise.header) == list(names):
        return
    missing = [name for name in promise.header if name not in names]
    surplus = [name for name in names if name not in promise.header]
    what = "; ".join(
        part
        for part in (
            f"{', '.join(map(shown, missing))} did not come" if missing else "",
            f"{', '.join(map(shown, surplus))} came unannounced" if surplus else "",
        )
        if part
    )
    raise FileRefusedError(
        f"its header is not the one of {promise.source.name}: {what or 'the order differs'}."
    )


def check_rows(promise: Promise | None, physical: int) -> None:
    """Raise FileRefusedError when there are more or fewer records than promised."""
    if promise and promise.rows is not None and promise.rows != physical:
        raise FileRefusedError(
            f"it has {physical:,} records, and {promise.source.name} says {promise.rows:,}. "
            "Deliver it again."
        )


def find_landed(place: Place, sha256: str) -> Mapping[str, Any] | None:
    """The manifest of these very bytes under the same feed and brand, whatever their load date."""
    folder = place.root / MANIFESTS / place.feed / f"brand={brand_folder(place.brand)}"
    return _find(folder, sha256)


def find_landed_elsewhere(place: Place, sha256: str) -> Mapping[str, Any] | None:
    """The manifest of these very bytes under another feed or brand and the same load date.

    One date, because a landing of years has more folders than are worth a look for each file.
    """
    here = (place.feed, f"brand={brand_folder(place.brand)}")
    for feed in _folders(place.root / MANIFESTS):
        for brand in _folders(feed):
            if (feed.name, brand.name) == here:
                continue
            found = _find_in(brand / f"load_date={place.load_date}", sha256)
            if found is not None:
                return found
    return None


def last_manifest(place: Place) -> Mapping[str, Any] | None:
    """What was landed last of this feed and brand: the newest load date, then the last written."""
    folder = place.root / MANIFESTS / place.feed / f"brand={brand_folder(place.brand)}"
    for load_date in sorted(_folders(folder), key=lambda path: path.name, reverse=True):
        paths = [path for path in load_date.iterdir() if path.suffix == ".json"]
        for path in sorted(paths, key=lambda path: (-path.stat().st_mtime_ns, path.name)):
            found = _load(path)
            if found is not None:
                return found
    return None


def _find(brand_path: Path, sha256: str) -> Mapping[str, Any] | None:
    for load_date in _folders(brand_path):
        found = _find_in(load_date, sha256)
        if found is not None:
            return found
    return None


def _find_in(load_date: Path, sha256: str) -> Mapping[str, Any] | None:
    """By name alone, since a brand's folder may hold a file for every hour of years."""
    if not load_date.is_dir():
        return None
    for name in sorted(entry.name for entry in os.scandir(load_date)):
        if name.endswith(f"-{sha256[:HASH_DIGITS]}.json"):
            found = _load(load_date / name)
            if found is not None and found.get("sha256") == sha256:
                return found
    return None


def _folders(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(child for child in path.iterdir() if child.is_dir())


def _load(path: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return None
    return found if isinstance(found, dict) else None
