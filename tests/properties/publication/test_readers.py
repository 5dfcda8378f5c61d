"""Readers never meet a half-built state: not while builds run, fail, or are killed.

The losses that these prevent were measured: readers of the file that a build writes were locked
out, and a third of their reads saw marts of two ages. CROSSBRAND_LONG=1 runs the long form, and
prints its figures.
"""

from __future__ import annotations

import io
import os
import random
import signal
import time
from pathlib import Path

import pytest
from rich.console import Console

from crossbrand.paths import Paths
from crossbrand.publish.declared import ROLES
from crossbrand.publish.folder import Folder
from crossbrand.publish.run import opened
from tests.properties.publication.children import DONE, REFUSED, context, start_build
from tests.properties.publication.reading import Readings, hold_until, read_once, read_until
from tests.properties.publication.stand_in import make_paths, run_build

IS_LONG = os.environ.get("CROSSBRAND_LONG") == "1"
BUILDS = 100 if IS_LONG else 6
READERS = 4
RANDOM_KILLS = 60 if IS_LONG else 2


def settled(paths: Paths) -> str:
    """What the next command makes of the folder: nothing half done is left, and it is whole."""
    folder = Folder(paths.published)
    with opened(folder, Console(file=io.StringIO())):
        pass
    assert not folder.journal.exists()
    generations = set()
    for role in ROLES:
        names = {path.name for path in folder.of(role).iterdir()}
        assert not [name for name in names if name.startswith(".") or name.endswith(".wal")], names
        generation, wrong = read_once(folder.of(role) / "current")
        assert not wrong
        assert generation == folder.linked(role)
        generations.add(generation)
    assert len(generations) == 1, "the roles are of one generation again"
    return generations.pop()


def current(paths: Paths) -> dict[str, str]:
    """What readers of each role get at this moment; a torn read fails the test."""
    found = {}
    for role in ROLES:
        generation, wrong = read_once(paths.published / role / "current")
        assert not wrong
        found[role] = generation
    return found


def steps_to_meet(paths: Paths, folder: Path) -> list[int]:
    """Every step of a publishing; in the short form one in twenty, and each swap of a link."""
    build = start_build(context(), folder, 1, happens="noted")
    build.join()
    assert build.exitcode == DONE
    steps = (folder / "noted.txt").read_text(encoding="utf-8").splitlines()
    settled(paths)
    swaps = [number for number, step in enumerate(steps, 1) if step.endswith("/current")]
    assert len(swaps) == len(ROLES)
    if IS_LONG:
        return list(range(1, len(steps) + 1))
    return sorted({*range(2, len(steps) + 1, 20), *swaps, len(steps)})


def test_readers_while_builds_run_and_are_killed(tmp_path: Path) -> None:
    """Four processes read fifty times a second; a third of the builds is killed at random."""
    paths = make_paths(tmp_path)
    run_build(paths, 0)
    made = context()
    stop, results = made.Event(), made.Queue()
    held = (paths.published / "bi" / "current").resolve(strict=True)
    readers = [
        made.Process(target=read_until, args=(paths.published, number, stop, results))
        for number in range(READERS)
    ]
    holder = made.Process(target=hold_until, args=(held, stop, results))
    for process in (*readers, holder):
        process.start()
    chance = random.Random(7)
    took, killed, version, published = 0.2, 0, 0, 1
    began = time.monotonic()
    while published < BUILDS + 1 or time.monotonic() - began < 4:
        version += 1
        build = start_build(made, tmp_path, version)
        if chance.random() < 0.35:
            build.join(chance.uniform(0.2, 1.0) * took)
            build.kill()
        started = time.monotonic()
        build.join()
        if build.exitcode == -signal.SIGKILL:
            killed += 1
        else:
            assert build.exitcode == DONE
            published += 1
            took = 0.7 * took + 0.3 * (time.monotonic() - started)
    seconds = time.monotonic() - began
    stop.set()
    seen: list[Readings] = [results.get(timeout=30) for _ in (*readers, holder)]
    for process in (*readers, holder):
        process.join()
    assert [one.errors for one in seen] == [[]] * len(seen)
    assert [one.torn for one in seen] == [[]] * len(seen)
    assert [one.backwards for one in seen] == [[]] * len(seen)
    keeper = next(one for one in seen if one.generations == {held.stem})
    assert keeper.reads > 0
    assert not held.exists(), "it was swept while it was held open"
    reads = sum(one.reads for one in seen if one is not keeper)
    generations = set().union(*(one.generations for one in seen))
    assert reads > 5 * READERS
    assert len(generations) > BUILDS // 4, "the readers saw the builds come"
    assert killed > BUILDS // 6
    print(
        f"{reads:,} reads ({reads / seconds:.0f} a second) by {READERS} processes during "
        f"{published - 1} builds and {killed} that were killed, in {seconds:.0f} s: 0 errors, "
        f"0 torn, 0 backwards; {len(generations)} generations seen; slowest read "
        f"{max(one.slowest for one in seen):.3f} s; {keeper.reads:,} reads of a generation that "
        "was swept meanwhile"
    )
    settled(paths)


def test_killed_at_each_step_of_a_publishing(tmp_path: Path) -> None:
    """Readers get the old or the new generation whole; the next command ends or undoes the rest."""
    paths = make_paths(tmp_path)
    run_build(paths, 0)
    steps = steps_to_meet(paths, tmp_path)
    made = context()
    newest = settled(paths)
    outcomes = {"old": 0, "new": 0, "between": 0}
    for step in steps:
        build = start_build(made, tmp_path, step + 1, step=step, happens="killed")
        build.join()
        assert build.exitcode == -signal.SIGKILL
        seen = current(paths)
        assert all(generation >= newest for generation in seen.values())
        is_new = {generation > newest for generation in seen.values()}
        outcomes["between" if len(is_new) == 2 else "new" if is_new == {True} else "old"] += 1
        healed = settled(paths)
        assert healed >= max(seen.values()), "what a reader saw is not taken back"
        newest = healed
    assert all(outcomes.values()), "before, after, and between the swaps of the two roles"
    assert run_build(paths, 1000)[0]
    assert settled(paths) > newest
    print(f"killed at {len(steps)} steps; readers then had {outcomes}")


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Also while DuckDB writes, which is no step of ours."""
    paths = make_paths(tmp_path)
    run_build(paths, 0)
    made = context()
    chance = random.Random(11)
    started = time.monotonic()
    build = start_build(made, tmp_path, 1)
    build.join()
    took = time.monotonic() - started
    newest = settled(paths)
    for number in range(RANDOM_KILLS):
        build = start_build(made, tmp_path, number + 2)
        time.sleep(chance.uniform(0.1, 1.0) * took)
        build.kill()
        build.join()
        seen = current(paths)
        assert min(seen.values()) >= newest
        newest = settled(paths)
        assert newest >= max(seen.values())


def test_the_disk_is_full_at_each_step(tmp_path: Path) -> None:
    """The user is told in a line, readers have a whole generation, and what was begun is gone."""
    paths = make_paths(tmp_path)
    run_build(paths, 0)
    steps = steps_to_meet(paths, tmp_path)
    made = context()
    newest = settled(paths)
    refused = 0
    for step in steps:
        build = start_build(made, tmp_path, step + 1, step=step, happens="full")
        build.join()
        assert build.exitcode in (REFUSED, DONE)
        refused += build.exitcode == REFUSED
        seen = current(paths)
        assert min(seen.values()) >= newest
        newest = settled(paths)
        assert newest >= max(seen.values())
    assert refused >= len(steps) / 2
    assert "No space left on device" in (tmp_path / "said.txt").read_text(encoding="utf-8")
    print(f"full from {len(steps)} steps on: {refused} builds refused, the others had enough room")


@pytest.mark.parametrize("largest_file", [100_000, 400_000])
def test_duckdb_itself_cannot_write(tmp_path: Path, largest_file: int) -> None:
    """The system refuses DuckDB's own writes, in the copy of the warehouse or in what is staged."""
    paths = make_paths(tmp_path)
    run_build(paths, 0)
    newest = settled(paths)
    build = start_build(context(), tmp_path, 1, largest_file=largest_file)
    build.join()
    assert build.exitcode in (REFUSED, -signal.SIGABRT)
    assert current(paths) == dict.fromkeys(ROLES, newest)
    assert settled(paths) == newest
    assert run_build(paths, 2)[0]
    assert settled(paths) > newest
