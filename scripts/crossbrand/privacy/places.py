"""Where the privacy verbs keep things: one folder beside the published one, for its owner alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from crossbrand.keys import keys_folder
from crossbrand.paths import Paths

KEY_NAME = "suppression"


@dataclass(frozen=True)
class PrivacyFolder:
    """What lies in the folder that CROSSBRAND_PRIVACY names. Nothing in it is in the clear."""

    root: Path
    keys: Path

    @property
    def suppressed(self) -> Path:
        """One JSON file for each erasure: keyed hashes of whom not to take in again."""
        return self.root / "suppressed"

    @property
    def checked(self) -> Path:
        """The landing files that were held against the list, as they were then."""
        return self.root / "checked.parquet"

    @property
    def journal(self) -> Path:
        """The erasure that is under way; there only while it is, or when that was killed."""
        return self.root / "erasure.json"

    @property
    def retaining(self) -> Path:
        """There while what is over age is being removed, or when that was killed."""
        return self.root / "retaining.json"

    @property
    def certificates(self) -> Path:
        """A JSON file and a readable one for each erasure that was done."""
        return self.root / "certificates"

    @property
    def audit(self) -> Path:
        """The record of merges, exports, erasures and accesses, a JSON line each."""
        return self.root / "audit.jsonl"

    @property
    def lock(self) -> Path:
        """Held by the erasure that is under way."""
        return self.root / ".erase.lock"

    def make(self) -> None:
        """Make the folder, for its owner alone."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)


def privacy_folder(paths: Paths) -> PrivacyFolder:
    """CROSSBRAND_PRIVACY, or `privacy` beside the published folder, as dbt_project.yml has it."""
    named = os.environ.get("CROSSBRAND_PRIVACY")
    root = paths.project / Path(named).expanduser() if named else paths.published.parent / "privacy"
    return PrivacyFolder(root, keys_folder(paths.project))


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step that outlives a power cut; nobody else may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = path.with_name(f".{path.name}.new")
    staged.unlink(missing_ok=True)
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were given or taken in the folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
