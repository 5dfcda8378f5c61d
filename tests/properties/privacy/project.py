"""A copy of the project with planted people, and a build of it that stops at the identities.

`python -m tests.properties.privacy.project FOLDER KILL…` erases all who asked, as the command does,
in a process that ends itself with SIGKILL at the place named: `landing:3` after the third file that
was rewritten, else at the beginning of a step.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from crossbrand.build import BuildOptions
from crossbrand.paths import Paths
from crossbrand.privacy import erase as erasing
from crossbrand.privacy import rewrite

from ..project_copy import ProjectCopy

SELECTED = (
    "+int_identity__record_customers",
    "+int_identity__session_customers",
    "+int_identity__message_customers",
    "+int_identity__customers",
    "+int_identity__last_assignments",
    "+landing_files",
)
OLD, NEW = "20250601T000000Z-00000001", "20250602T000000Z-00000002"


class Grounds(ProjectCopy):
    """The copy, and how it is built and erased from."""

    def __init__(self, folder: Path, *, is_there: bool = False) -> None:
        if is_there:
            self.project = folder
            self.landing = folder / "sample" / "landing"
            self.warehouse = folder / "warehouse.duckdb"
        else:
            super().__init__(folder)

    @property
    def paths(self) -> Paths:
        """Where everything lies, as for somebody who has set nothing."""
        return Paths(self.project, self.landing, self.warehouse, self.project / "published")

    def build(self) -> None:
        """The identities, without tests."""
        self.succeed("build", "--exclude-resource-type", "test", "unit_test", "--select", *SELECTED)

    def publish(self, generation: str) -> None:
        """A file each role that holds what the warehouse knows of identifiers."""
        for role in ("activation", "bi"):
            home = self.project / "published" / role
            home.mkdir(parents=True, exist_ok=True)
            path = home / f"{generation}.duckdb"
            path.unlink(missing_ok=True)
            with duckdb.connect(str(path)) as connection:
                connection.execute(f"attach '{self.warehouse}' as built (read_only)")
                connection.execute(
                    "create table known as from built.intermediate.int_identity__observations"
                )
            for link in ("previous", "current"):
                new = home / f".{link}.new"
                new.unlink(missing_ok=True)
                new.symlink_to(path.name)
                new.replace(home / link)

    def build_anew(self, _: Paths, __: Console, options: BuildOptions) -> bool:
        """Stands in for `crossbrand build`: what it begins with is the command's own."""
        assert options.begin is not None
        fresh = self.project / "fresh.duckdb"
        fresh.unlink(missing_ok=True)
        options.begin(self.warehouse, fresh)
        fresh.replace(self.warehouse)
        self.build()
        self.publish(NEW)
        return True

    def erase(self, **wanted: Any) -> tuple[bool, str]:
        """Erase with the stand-in; returns whether all was done, and what was said."""
        said = io.StringIO()
        vars(erasing)["build"] = self.build_anew
        request = erasing.EraseRequest(**wanted)
        done = erasing.erase(request, self.paths, Console(file=said, width=200))
        return done, said.getvalue()


def _kill_at(place: str) -> None:
    name, _, count = place.partition(":")
    if count:
        left = [int(count)]
        take_place = rewrite._take_place

        def counted(staged: Path, path: Path) -> None:
            if left[0] == 0:
                # The new file is there, and has not taken its place.
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            take_place(staged, path)

        rewrite._take_place = counted
        return

    def killed(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    erasing.STEPS = tuple((step, killed if step == name else work) for step, work in erasing.STEPS)


if __name__ == "__main__":
    child = Grounds(Path(sys.argv[1]), is_there=True)
    _kill_at(sys.argv[2])
    child.erase(all_pending=True)
