"""Where published files lie, which generation is current, and the names of generations."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crossbrand.errors import CrossbrandError
from crossbrand.locks import hold
from crossbrand.publish.declared import ROLES

CURRENT = "current"
PREVIOUS = "previous"
SITE = "site"
"""The boards, drawn of one generation."""
SUFFIX = ".duckdb"
GENERATION_ID = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{8}$")
_TIME = "%Y%m%dT%H%M%SZ"

# Between two commands nothing takes longer than a swap; a publishing of large marts may.
WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class Folder:
    """The folder that CROSSBRAND_PUBLISHED names: a folder a role, in it a file a generation.

    `current` in a role's folder is a link to the file that readers should open, `previous` to the
    one that was current before. What is being written lies in `.staged` until it is whole.
    """

    root: Path

    def of(self, role: str) -> Path:
        """The role's folder."""
        return self.root / role

    def staged(self, role: str) -> Path:
        """Where the role's next generation is written; on the role's own file system."""
        return self.of(role) / ".staged"

    def file(self, role: str, generation: str) -> Path:
        """The generation's DuckDB file."""
        return self.of(role) / f"{generation}{SUFFIX}"

    def parquet(self, role: str) -> Path:
        """The folder of the role's Parquet files: a folder each generation, and `current`."""
        return self.of(role) / "parquet"

    @property
    def journal(self) -> Path:
        """What is about to become current; there only while it does, or when that was killed."""
        return self.root / ".publishing.json"

    def generations(self, role: str) -> list[str]:
        """The role's generations, the oldest first. Files of another name are not ours."""
        if not self.of(role).is_dir():
            return []
        names = (path.name for path in self.of(role).iterdir() if path.name.endswith(SUFFIX))
        stems = (name.removesuffix(SUFFIX) for name in names)
        return sorted(stem for stem in stems if _moment(stem))

    def everything(self) -> list[str]:
        """The generations of all roles, the oldest first."""
        return sorted({name for role in ROLES for name in self.generations(role)})

    def linked(self, role: str, link: str = CURRENT) -> str | None:
        """The generation that `current` (or `previous`) names; None where there is no such link."""
        path = self.of(role) / link
        if not path.is_symlink():
            return None
        return str(path.readlink()).removesuffix(SUFFIX)

    def current(self) -> str | None:
        """The generation that is current, by the role that is swapped last."""
        return self.linked(ROLES[-1])

    @contextmanager
    def locked(self, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Nobody else publishes here meanwhile."""
        with hold(
            self.root / ".publishing.lock",
            f"Another command is publishing into {self.root} (process {{holder}}). "
            "Wait for it to end; nothing was changed.",
            wait_seconds=wait_seconds,
        ):
            yield

    def refuse_what_is_in_the_way(self) -> None:
        """Raise CrossbrandError where a link or a folder of ours is something else."""
        for role in ROLES:
            for link in (self.of(role) / CURRENT, self.of(role) / PREVIOUS):
                if link.exists() and not link.is_symlink():
                    raise CrossbrandError(
                        f"{link} is no link, so it was not made by crossbrand, and readers who "
                        f"open it see no new generation. Move it away and publish again."
                    )
            if self.of(role).exists() and not self.of(role).is_dir():
                raise CrossbrandError(f"{self.of(role)} is no folder. Move it away.")


def current_files(folder: Folder) -> list[Path]:
    """The files that `current` names, one a role."""
    return [folder.file(role, generation) for role in ROLES if (generation := folder.linked(role))]


def next_id(existing: Iterable[str], digest: str, now: datetime | None = None) -> str:
    """The name of a new generation: its second in UTC, and eight digits of its content's hash.

    It sorts after all that exist, even where the clock was set back: a reader that compares names
    must never see time run backwards. So two of one second are a second apart.
    """
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    newest = max(existing, default="")
    taken = _moment(newest)
    if taken:
        try:
            moment = max(moment, taken + timedelta(seconds=1))
        except OverflowError as error:
            raise CrossbrandError(f"No generation can come after {newest}: remove it.") from error
    return f"{moment.strftime(_TIME)}-{digest[:8]}"


def _moment(generation: str) -> datetime | None:
    """The second in the name of a generation; None where it is no such name."""
    if not GENERATION_ID.match(generation):
        return None
    try:
        moment = datetime.strptime(generation.split("-")[0], _TIME)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC)


def sync_folder(folder: Path) -> None:
    """Make names that were given or taken in the folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make the file's content outlive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
