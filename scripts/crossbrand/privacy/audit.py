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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossbrand.privacy.places import PrivacyFolder

BEGINNING = "0" * 64
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
    folder.make()
    path = folder.audit
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last_line(path)
        entry = {
            "number": int(last["number"]) + 1 if last else 1,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "who": actor(),
            "event": event,
            **details,
            "previous": last["hash"] if last else BEGINNING,
        }
        entry["hash"] = _hash(entry)
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


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
    lines = path.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        os.truncate(path, sum(map(len, lines[:-1])))
        lines.pop()
    return json.loads(lines[-1]) if lines else None


def _hash(entry: dict[str, Any]) -> str:
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
