"""Secret keys, each in a file of its own: made, read, and replaced.

CROSSBRAND_KEYS names the folder (default `keys` in the project; git ignores it). `<name>.key` holds
a line for each key, `<key id> <64 hexadecimal digits>`, the newest last. Nobody but its owner may
read file or folder. A key is never an argument, an environment variable or a part of a statement:
these end in lists of processes, logs, compiled SQL and the manifest.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from crossbrand.errors import CrossbrandError

SECRET_BYTES = 32
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_LINE = re.compile(r"([0-9a-f]{8}) ([0-9a-f]{64})\Z")


@dataclass(frozen=True)
class Key:
    """A secret, and the name by which what was made with it says so. It never shows itself."""

    id: str
    secret: bytes = field(repr=False)

    def digest(self, kind: str, value: str) -> str:
        """HMAC-SHA256 of the value as 64 hexadecimal digits.

        `kind` says what the value is, so that equal values of two kinds have different digests.
        """
        return hmac.new(self.secret, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()


def keys_folder(project: Path) -> Path:
    """The folder of the key files; a relative CROSSBRAND_KEYS is relative to the project."""
    return project / Path(os.environ.get("CROSSBRAND_KEYS") or "keys").expanduser()


def key_file(folder: Path, name: str) -> Path:
    """Where the keys of that name lie."""
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is no name of a key")
    return folder / f"{name}.key"


def load_keys(folder: Path, name: str) -> tuple[Key, ...]:
    """The keys of that name, the newest first; none where there is no such file.

    Raises CrossbrandError where others may read the file, or where it is no file of keys.
    """
    path = key_file(folder, name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise CrossbrandError(f"The key {path} cannot be opened: {error.strerror}.") from error
    with os.fdopen(handle, encoding="ascii", errors="replace") as file:
        # Of the open file, since the path may name another one by now.
        _refuse_readable_by_others(path, os.fstat(file.fileno()))
        lines = file.read().splitlines()
    _refuse_readable_by_others(folder, folder.stat())
    found = [_LINE.match(line) for line in lines]
    keys = [Key(match[1], bytes.fromhex(match[2])) for match in found if match]
    if not keys or len(keys) != len(found) or len({key.id for key in keys}) != len(keys):
        # What stands in it is a secret even where it is broken, so it is not quoted.
        raise CrossbrandError(
            f"{path} is no file of keys: each line holds a name of 8 and a secret of 64 "
            "hexadecimal digits. Restore it from your backup."
        )
    return tuple(reversed(keys))


def load_key(folder: Path, name: str) -> Key | None:
    """The newest key of that name."""
    keys = load_keys(folder, name)
    return keys[0] if keys else None


def load_or_create(folder: Path, name: str) -> Key:
    """The newest key of that name; where there is none, a new one that is safe on the disk."""
    return load_key(folder, name) or _write(folder, name, ())


def rotate(folder: Path, name: str, *, keep_old: bool) -> Key:
    """Make a new key the newest.

    `keep_old` leaves the former keys in the file, for who has to read what was made with them.
    Where there is no key yet, this makes the first one.
    """
    return _write(folder, name, load_keys(folder, name)[::-1] if keep_old else ())


def _write(folder: Path, name: str, older: Sequence[Key]) -> Key:
    """Replace the file in one step; whoever reads meanwhile has the old or the new one."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700)
    _refuse_readable_by_others(folder, folder.stat())
    taken = {key.id for key in older}
    key = Key(secrets.token_hex(4), secrets.token_bytes(SECRET_BYTES))
    while key.id in taken:
        key = Key(secrets.token_hex(4), key.secret)
    path = key_file(folder, name)
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(f"{each.id} {each.secret.hex()}\n" for each in (*older, key))
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
    finally:
        with suppress(FileNotFoundError):
            staged.unlink()
    folder_handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(folder_handle)
    finally:
        os.close(folder_handle)
    return key


def _refuse_readable_by_others(path: Path, state: os.stat_result) -> None:
    if state.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = "700" if stat.S_ISDIR(state.st_mode) else "600"
        raise CrossbrandError(
            f"Others than its owner may open {path}, which holds secrets. Nothing was done. "
            f"If nobody has read it, run `chmod {mode} {path}`; else replace the keys."
        )
    if state.st_uid not in (os.geteuid(), 0):
        raise CrossbrandError(
            f"{path} holds secrets and belongs to another user, who can read and change them. "
            "Nothing was done. Name a folder of your own in CROSSBRAND_KEYS."
        )
