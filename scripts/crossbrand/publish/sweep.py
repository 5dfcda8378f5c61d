"""Drops old generations. A reader that has one open keeps it: Linux frees a file when the last
process closes it, whatever becomes of its name."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

from crossbrand.errors import CrossbrandError
from crossbrand.publish.declared import ROLES
from crossbrand.publish.folder import CURRENT, PREVIOUS, Folder, sync_folder

KEEP_VARIABLE = "CROSSBRAND_KEEP_GENERATIONS"
KEEP_DEFAULT = 3
KEEP_LEAST = 2


def generations_to_keep() -> int:
    """How many, by the environment. Raises CrossbrandError where that is no number of at least 2.

    A reader finds the name in `current` and opens it a moment later: the generation before must
    still be there then.
    """
    text = os.environ.get(KEEP_VARIABLE) or str(KEEP_DEFAULT)
    if not text.isdecimal() or int(text) < KEEP_LEAST:
        raise CrossbrandError(
            f"{KEEP_VARIABLE} is {text!r}; it must be a number of at least {KEEP_LEAST}, so that a "
            "reader who is about to open a generation still finds it."
        )
    return int(text)


def sweep(folder: Folder, keep: int) -> list[str]:
    """Keep the newest `keep` generations, the current one and the one before it; drop the others.

    The one before counts as published before, not by age: after a rollback and a new build it is
    still the one that somebody trusted. Returns what was dropped.
    """
    newest = set(folder.everything()[-keep:])
    dropped: set[str] = set()
    for role in ROLES:
        kept = newest | {folder.linked(role), folder.linked(role, PREVIOUS)}
        for generation in folder.generations(role):
            if generation not in kept:
                folder.file(role, generation).unlink(missing_ok=True)
                dropped.add(generation)
        parquet = folder.parquet(role)
        if parquet.is_dir():
            with suppress(OSError):
                kept.add(str((parquet / CURRENT).readlink()))
            for path in parquet.iterdir():
                if path.is_dir() and not path.is_symlink() and path.name not in kept:
                    shutil.rmtree(path, ignore_errors=True)
        if folder.of(role).is_dir():
            sync_folder(folder.of(role))
    return sorted(dropped)
