"""Files: JSON lines, or CSV that a spreadsheet can open without running anything."""

from __future__ import annotations

import csv
import glob
import io
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crossbrand.sync.destinations.base import (
    DELIVERED,
    TELLING,
    Change,
    Contract,
    Destination,
    Operation,
    Outcome,
)

FORMULA = re.compile(r"^[\s]*[=+\-@]|^[\t\r\n|%]")
"""How a cell begins that a spreadsheet might compute."""

NUMBER = re.compile(r"^[+-]?\d+([.]\d+)?$")
"""A phone number or an amount: begins like a formula and is none."""


class FileDestination(Destination):
    """One file a batch, named by its idempotency key: the same batch again is the same file."""

    contract = Contract(
        name="file",
        summary="JSON lines or CSV in a folder",
        batch=dict.fromkeys(Operation, 10_000),
        is_http=False,
        concurrency=1,
        settings={"folder": None, "format": "jsonl"},
    )

    @property
    def folder(self) -> Path:
        """The folder of this destination and stream."""
        return self._root / self.setup.stream.replace(":", "-")

    @property
    def _root(self) -> Path:
        named = self.setup.settings["folder"]
        return Path(named).expanduser() if named else self.setup.folder / self.setup.mapping.name

    def begin(self) -> None:
        """Remove what a killed run has left half-written: nobody reads it, and it holds people."""
        for path in self._root.glob(f"*/.{glob.escape(self.setup.mapping.name)}.*.partial"):
            path.unlink(missing_ok=True)

    def deliver(self, operation: Operation, changes: Sequence[Change], key: str) -> list[Outcome]:
        """Write the file under another name, bring it to the disk, and give it its name."""
        form = self.setup.settings["format"]
        text = to_csv(changes, self._columns()) if form == "csv" else to_lines(changes)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{operation}-{key[:32]}.{form}"
        partial = path.with_name(f".{self.setup.mapping.name}.{path.name}.partial")
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return [DELIVERED] * len(changes)

    def _columns(self) -> list[str]:
        return [mapped.target for mapped in self.setup.mapping.fields]


def as_document(change: Change) -> dict[str, Any]:
    """A change as JSON: for files and for the webhook."""
    document: dict[str, Any] = {
        "operation": str(change.operation),
        "idempotency_key": change.key,
        "external_id": change.external_id,
        "brand_id": change.brand_id,
    }
    if change.operation is Operation.merge:
        document["into_external_id"] = change.into_external_id
    if change.operation in TELLING or change.operation is Operation.close:
        document["fields"] = dict(change.payload)
        document["permissions"] = dict(change.permissions)
    if change.operation in TELLING:
        document["opened"] = sorted(change.opened)
        document["held"] = sorted(change.held)
    if change.audience is not None:
        document["audience"] = {
            name: value for name, value in asdict(change.audience).items() if value is not None
        }
    return document


def to_lines(changes: Sequence[Change]) -> str:
    """One JSON document a line."""
    return "".join(
        json.dumps(as_document(change), ensure_ascii=False, default=str) + "\n"
        for change in changes
    )


def to_csv(changes: Sequence[Change], columns: Sequence[str]) -> str:
    """The same with one column a field. A permission is a column `may_<channel>`."""
    written = io.StringIO()
    fixed = ["operation", "idempotency_key", "external_id", "brand_id", "into_external_id"]
    fixed += ["opened", "held"]
    audience = ["audience", "entered_at", "channel", "send_at_hour", "send_at_weekday"]
    channels = sorted({name for change in changes for name in change.permissions})
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([*fixed, *audience, *(f"may_{name}" for name in channels), *columns])
    for change in changes:
        document = as_document(change)
        member = document.get("audience", {})
        flat = dict(_flat(document.get("fields", {})))
        cells = [document.get(name) for name in fixed]
        cells += [member.get("name"), *(member.get(name) for name in audience[1:])]
        cells += [change.permissions.get(name) for name in channels]
        cells += [flat.get(name) for name in columns]
        writer.writerow([defused(cell) for cell in cells])
    return written.getvalue()


def _flat(document: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def defused(cell: Any) -> str:
    """The text of a cell; one that a spreadsheet would compute gets an apostrophe before it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, list):
        cell = ",".join(str(part) for part in cell)
    text = str(cell)
    if FORMULA.match(text) and not NUMBER.match(text):
        return f"'{text}"
    return text
