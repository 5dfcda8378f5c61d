"""All files of one delivery appear, or none: work in a folder aside, then moves that resume.

1. Everything is written into `_incoming/<name>.<random>.tmp/` and flushed to the disk.
2. That folder is renamed to `….ready`: from this moment the delivery counts as landed.
3. Its files are moved to their places, the manifest last, and the folder is removed.

Killed before 2, nothing has happened, and what lies about is swept. Killed after it, whoever lands
next finishes the moves. Moves are renames on one file system, so each is there or not, never half.
Two who land at a time are kept apart by a lock for steps 2 and 3 alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from crossbrand.land.place import INCOMING

MOVES = "moves.json"
ALIVE = "alive.lock"


class Incoming:
    """The working folder of one delivery."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        base = root / INCOMING
        base.mkdir(parents=True, exist_ok=True)
        with landing_lock(root):
            self.folder = Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=".tmp", dir=base))
            self._alive: IO[bytes] = (self.folder / ALIVE).open("wb")
            fcntl.flock(self._alive, fcntl.LOCK_EX)

    def path(self, name: str) -> Path:
        """A file to be written in the working folder."""
        return self.folder / name

    def commit(self, moves: dict[str, Path], removed: list[Path]) -> None:
        """Put files in their places. The caller holds the lock.

        moves: file in the working folder → place relative to the root, in the order of the moves.
        removed: places to be emptied first, of a delivery that this one replaces.
        """
        plan = {
            "moves": [[name, target.as_posix()] for name, target in moves.items()],
            "removed": [target.as_posix() for target in removed],
        }
        (self.folder / MOVES).write_text(json.dumps(plan), encoding="utf-8")
        for name in (*moves, MOVES):
            _flush(self.folder / name)
        _flush(self.folder)
        ready = self.folder.with_suffix(".ready")
        self.folder.rename(ready)
        _flush(ready.parent)
        self.folder = ready
        _finish(self.root, ready)
        self._alive.close()

    def abandon(self) -> None:
        """Remove what was written, unless it has been committed."""
        if self.folder.suffix == ".tmp":
            shutil.rmtree(self.folder, ignore_errors=True)
        self._alive.close()


@contextlib.contextmanager
def landing_lock(root: Path) -> Iterator[None]:
    """Holds the landing folder's lock; the system lets go of it when the process dies."""
    base = root / INCOMING
    base.mkdir(parents=True, exist_ok=True)
    with (base / "lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def recover(root: Path) -> int:
    """Finish deliveries that were cut off after they counted, sweep those before.

    Returns how many were finished.
    """
    base = root / INCOMING
    if not base.is_dir():
        return 0
    finished = 0
    with landing_lock(root):
        for folder in sorted(base.iterdir()):
            if folder.suffix == ".ready":
                _finish(root, folder)
                finished += 1
            elif folder.suffix == ".tmp" and not _is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)
    return finished


def _is_alive(folder: Path) -> bool:
    try:
        with (folder / ALIVE).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _finish(root: Path, ready: Path) -> None:
    plan_path = ready / MOVES
    if plan_path.is_file():
        plan = json.loads(plan_path.read_text(encoding="utf-8"))
        targets = {target for _, target in plan["moves"]}
        touched = set()
        for target in plan["removed"]:
            if target not in targets:
                (root / target).unlink(missing_ok=True)
                touched.add((root / target).parent)
        for name, target in plan["moves"]:
            place = root / target
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ready / name).exists():
                (ready / name).replace(place)
            touched.add(place.parent)
        for parent in touched:
            for folder in (parent, *parent.parents):
                if folder.is_dir():
                    _flush(folder)
                if folder == root:
                    break
    shutil.rmtree(ready, ignore_errors=True)
    _flush(ready.parent)


def _flush(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
