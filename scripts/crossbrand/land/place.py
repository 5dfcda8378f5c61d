"""Where a delivery goes under the landing root, by names that cannot be more than names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from crossbrand.errors import CrossbrandError
from crossbrand.land.model import shown

REJECTS, MANIFESTS, INCOMING = "_rejects", "_manifests", "_incoming"

HASH_DIGITS = 16

# What the landing looks like; manifests carry it. A build reads this one and no other.
LANDING_VERSION = 1


@dataclass(frozen=True)
class Place:
    """The partition of one feed, brand and load date."""

    root: Path
    feed: str
    brand: str
    load_date: str

    @property
    def partition(self) -> Path:
        """Relative to the landing root. The brand is percent-encoded, as staging decodes it."""
        return Path(self.feed, f"brand={brand_folder(self.brand)}", f"load_date={self.load_date}")

    def data(self, name: str) -> Path:
        """The landed rows, relative to the root."""
        return self.partition / f"{name}.parquet"

    def rejects(self, name: str) -> Path:
        """The rejected lines, relative to the root."""
        return REJECTS / self.partition / f"{name}.parquet"

    def manifest(self, name: str) -> Path:
        """What was landed and how, relative to the root."""
        return MANIFESTS / self.partition / f"{name}.json"


def brand_folder(brand: str) -> str:
    """A brand id as a folder's name: letters, digits, - _ . as they are, all else as %XX."""
    return quote(brand, safe="")


def landed_name(file_name: str, sha256: str) -> str:
    """The landed file's name: the delivered one, made harmless, and the hash of its bytes.

    So two deliveries called orders.csv do not overwrite one another, and the same bytes always get
    the same name.
    """
    stem = Path(file_name).name
    while (suffix := Path(stem).suffix) and suffix.lower() in (
        ".gz", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet",
    ):  # fmt: skip
        stem = stem[: -len(suffix)]
    plain = re.sub(r"[^0-9A-Za-z._-]+", "_", stem).strip("._-")[:80] or "delivery"
    return f"{plain}-{sha256[:HASH_DIGITS]}"


def read_load_date(text: str | None) -> str:
    """The load date as YYYY-MM-DD; today in UTC where none is given."""
    if text is None:
        return datetime.now(UTC).date().isoformat()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise CrossbrandError(f"--load-date {shown(text)} is no date. Write it as 2025-03-31.")
