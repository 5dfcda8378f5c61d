"""The record of who did what to people's data, and when: one JSON line each, never the data.

Each line holds the hash of the line before it, so a line that was changed or taken out shows
(`crossbrand audit --verify`). Who can write the file can write it anew from the beginning: keep the
last hash elsewhere where that matters.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossbrand.privacy.places import PrivacyFolder

BEGINNING = "0" * 64
TAIL_BYTES = 64 * 1024
ACTOR_VARIABLE = "CROSSBRAND_ACTOR"


def actor() -> str:
    """Who acts: CROSSBRAND_ACTOR, for a service that acts for somebody, else the system's user."""
    named = os.environ.get(ACTOR_VARIABLE)
    if named:
        return named
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def record(folder: PrivacyFolder, event: str, **details: Any) -> None:
    """Append one line and bring it to the disk. `details` are counts and ids, never data."""
    record_many(folder, event, [details])


def record_many(folder: PrivacyFolder, event: str, lines: Sequence[Mapping[str, Any]]) -> None:
    """Append lines of one event and bring them to the disk at once."""
    if not lines:
        return
    folder.make()
    path = folder.audit
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last_line(path)
        before = int(last["number"]) if last else 0
        previous = last["hash"] if last else BEGINNING
        at, who = datetime.now(UTC).isoformat(timespec="seconds"), actor()
        for number, details in enumerate(lines, before + 1):
            entry = {
                "number": number,
                "at": at,
                "who": who,
                "event": event,
                **details,
                "previous": previous,
            }
            previous = entry["hash"] = _hash(entry)
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def entries(path: Path) -> list[dict[str, Any]]:
    """The lines of the record that can be read."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


@dataclass(frozen=True)
class Verified:
    """How many lines were read, and the first fault, as a sentence; empty where there is none."""

    lines: int
    fault: str
    last_hash: str


def verify(path: Path) -> Verified:
    """Follow the chain from the first line to the last."""
    previous, number = BEGINNING, 0
    if not path.is_file():
        return Verified(0, "", previous)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
            claimed = entry["hash"]
            sound = entry["previous"] == previous and entry["number"] == number
        except (ValueError, KeyError, TypeError):
            return Verified(number, f"line {number} cannot be read.", previous)
        if not sound:
            return Verified(number, f"line {number} does not follow the line before it.", previous)
        if _hash({key: value for key, value in entry.items() if key != "hash"}) != claimed:
            return Verified(number, f"line {number} was changed.", previous)
        previous = claimed
    return Verified(number, "", previous)


def _last_line(path: Path) -> dict[str, Any] | None:
    """The last whole line; one that a power cut left in part is given up."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        tail, begin = b"", end
        while begin and tail.count(b"\n") < 2:
            begin = max(0, begin - TAIL_BYTES)
            file.seek(begin)
            tail = file.read(end - begin)
    lines = tail.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        os.truncate(path, end - len(lines.pop()))
    return json.loads(lines[-1]) if lines else None


def _hash(entry: dict[str, Any]) -> str:
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
