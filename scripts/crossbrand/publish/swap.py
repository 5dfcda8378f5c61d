"""Makes a staged generation the current one of every role, whole or not at all.

Several links cannot be swapped in one step of the file system. So a journal says first what is to
become current; from then on every command that comes ends the work before it does its own. The
journal of a build names the warehouse file that belongs to the generation: if the build was killed
before that file took the warehouse's place, the generation is thrown away instead.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from crossbrand.errors import CrossbrandError
from crossbrand.publish.declared import ROLES
from crossbrand.publish.folder import CURRENT, PREVIOUS, SUFFIX, Folder, sync_file, sync_folder


@dataclass(frozen=True)
class Intent:
    """What is to become current. `warehouse` is a path and its state, or empty where none waits."""

    generation: str
    roles: Sequence[str]
    warehouse: str = ""
    state: str = ""


def file_state(path: Path) -> str:
    """What tells a file from another of its name, and from itself after a write."""
    status = path.stat()
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"


def announce(folder: Folder, intent: Intent) -> None:
    """Write the journal. Until this returns, nothing was promised."""
    written = folder.journal.with_suffix(".new")
    written.write_text(json.dumps(asdict(intent)), encoding="utf-8")
    sync_file(written)
    written.replace(folder.journal)
    sync_folder(folder.root)


def carry_out(folder: Folder, intent: Intent) -> None:
    """Give the staged files their names, then point the links at them. May be repeated."""
    roles = [role for role in ROLES if role in intent.roles]
    for role in roles:
        _unstage(folder, role, intent.generation)
    for role in roles:
        _point(folder, role, intent.generation)
    folder.journal.unlink(missing_ok=True)
    sync_folder(folder.root)
    drop_staged(folder)


def heal(folder: Folder) -> str | None:
    """End what a killed command began; returns what was done, as a sentence, or None.

    Called under the folder's lock, before anything else.
    """
    if not folder.root.is_dir():
        return None
    folder.journal.with_suffix(".new").unlink(missing_ok=True)
    try:
        text = folder.journal.read_text(encoding="utf-8")
    except FileNotFoundError:
        drop_staged(folder)
        return None
    try:
        intent = Intent(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise CrossbrandError(
            f"{folder.journal} is not what crossbrand wrote. Nothing is published while it is "
            "there; look at it, and remove it."
        ) from error
    if _is_possible(folder, intent):
        carry_out(folder, intent)
        return f"Published {intent.generation}, which a command that was killed had ready."
    folder.journal.unlink()
    drop_staged(folder)
    return f"Dropped {intent.generation}: the build that it belongs to was killed before its end."


def drop_staged(folder: Folder) -> None:
    """Remove what was written and will not be published."""
    for role in ROLES:
        shutil.rmtree(folder.staged(role), ignore_errors=True)
        for name in (".current.new", ".previous.new"):
            with suppress(OSError):
                (folder.of(role) / name).unlink()


def _is_possible(folder: Folder, intent: Intent) -> bool:
    if intent.warehouse:
        path = Path(intent.warehouse)
        if not path.exists() or file_state(path) != intent.state:
            return False
    return all(
        folder.file(role, intent.generation).exists()
        or (folder.staged(role) / f"{intent.generation}{SUFFIX}").exists()
        for role in intent.roles
    )


def _unstage(folder: Folder, role: str, generation: str) -> None:
    staged = folder.staged(role)
    parquet = staged / "parquet"
    if parquet.exists():
        folder.parquet(role).mkdir(exist_ok=True)
        target = folder.parquet(role) / generation
        if target.exists():
            shutil.rmtree(target)
        parquet.rename(target)
        sync_folder(folder.parquet(role))
    file = staged / f"{generation}{SUFFIX}"
    if file.exists():
        file.replace(folder.file(role, generation))
    sync_folder(folder.of(role))


def _point(folder: Folder, role: str, generation: str) -> None:
    """Swap `current`, having said in `previous` what it was; each by one rename.

    A log beside the link would be played into the new file by whoever opens the link.
    """
    home = folder.of(role)
    was = folder.linked(role)
    drop_logs(folder, role)
    if was and was != generation:
        _link(home, PREVIOUS, f"{was}{SUFFIX}")
    _link(home, CURRENT, f"{generation}{SUFFIX}")
    parquet = folder.parquet(role)
    if (parquet / generation).is_dir():
        _link(parquet, CURRENT, generation)


def _link(home: Path, name: str, target: str) -> None:
    new = home / f".{name}.new"
    with suppress(FileNotFoundError):
        new.unlink()
    new.symlink_to(target)
    new.replace(home / name)
    sync_folder(home)


def drop_logs(folder: Folder, role: str) -> list[Path]:
    """Remove logs beside published files: somebody opened one for writing, and was killed.

    What is published is never written to, so nothing of worth is in them; and DuckDB plays a log
    into whatever file it finds under the name, which after a swap is another one.
    """
    dropped = []
    home = folder.of(role)
    for path in sorted(home.glob("*.wal")) if home.is_dir() else ():
        with suppress(FileNotFoundError):
            path.unlink()
            dropped.append(path)
    return dropped
