"""Builds in processes of their own, which may be killed, or may find the disk full, at any step.

A step is what Python reports to audit hooks before it does it: opening, making, renaming, linking
and removing files under the published folder. So every step of a publishing is met without the
code under test knowing. Kills at random times meet what DuckDB does in between.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import signal
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from crossbrand.errors import CrossbrandError
from tests.properties.publication.stand_in import places, run_build

STEPS = ("os.rename", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "open")

DONE, REFUSED, NOT_DONE = 0, 3, 4
"""Exit codes of a child: built and published; an error that its user is told; a step said no."""


noted: list[str] = []
"""The steps of a build that was told to note them."""


def context() -> ForkServerContext:
    """Processes that are forked from one that has loaded everything and has no threads."""
    root = str(Path(__file__).resolve().parents[3])
    if root not in sys.path:
        sys.path.insert(0, root)
    made = multiprocessing.get_context("forkserver")
    # pandas, since DuckDB loads it when it meets a parameter, which takes longer than the rest.
    made.set_forkserver_preload([__name__, "tests.properties.publication.reading", "pandas"])
    return made


def start_build(
    made: ForkServerContext,
    folder: Path,
    version: int,
    *,
    step: int = 0,
    happens: str = "",
    largest_file: int = 0,
) -> ForkServerProcess:
    """Begin a build of that version; at its step number `step` it is killed or the disk is full."""
    process = made.Process(target=_child, args=(folder, version, step, happens, largest_file))
    process.start()
    return process


def _child(folder: Path, version: int, step: int, happens: str, largest_file: int) -> None:
    if happens:
        _arm(str(folder / "published"), step, happens)
    if largest_file:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    try:
        done, _ = run_build(places(folder), version)
        if happens == "noted":
            (folder / "noted.txt").write_text("\n".join(noted), encoding="utf-8")
    except (CrossbrandError, OSError) as error:
        # What the command line turns into a line and exit code 2.
        (folder / "said.txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        os._exit(REFUSED)
    os._exit(DONE if done else NOT_DONE)


def _arm(published: str, step: int, happens: str) -> None:
    met = 0
    noted.clear()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal met
        if event not in STEPS or not any(
            isinstance(argument, (str, os.PathLike)) and os.fspath(argument).startswith(published)
            for argument in arguments[:2]
        ):
            return
        met += 1
        if happens == "noted":
            noted.append(f"{event} {' '.join(map(str, arguments[:2]))}")
        if happens == "killed" and met == step:
            os.kill(os.getpid(), signal.SIGKILL)
        # A disk that is full stays full, but for what is removed from it.
        if happens == "full" and met >= step and _takes_room(event, arguments):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

    sys.addaudithook(hook)


def _takes_room(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return bool(int(arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR))
    return event not in ("os.remove", "os.rmdir", "os.chmod")
