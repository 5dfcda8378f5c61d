"""`crossbrand build`: what becomes of the warehouse file when a step says no, fails or is killed.

dbt and the checkpoints are stood in for: their own tests prove them. Here the file is what counts;
what is published of it is the business of tests/properties/publication.
"""

from __future__ import annotations

import fcntl
import io
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from crossbrand import build as module
from crossbrand.build import BuildOptions, build
from crossbrand.dbt_runner import DbtOutcome
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths
from crossbrand.validate.run import Report, Verdict

STOP = Report([Verdict("landing_orders", 1, [("stop", "aster: 0, usually 900.")])])
UNPUBLISHED = BuildOptions(is_published=False)
CONTENT = Report([Verdict("landing_orders", 1, [("warn", "birch: 3, usually 4.")])])


def write_customers(path: Path, count: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(
            f"create or replace table marts.customer_360 as select range as id from range({count})"
        )


def customers(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute("select count(*) from marts.customer_360").fetchone()
    assert row
    return int(row[0])


class Steps:
    """What the stand-ins answer, and what they were asked."""

    def __init__(self) -> None:
        self.landing, self.publication, self.exit_code = CONTENT, CONTENT, 0
        self.arguments: list[str] = []
        self.copies: list[Path] = []

    def dbt(
        self, arguments: Sequence[str], *, environment: Mapping[str, str], **_: Any
    ) -> DbtOutcome:
        self.arguments = list(arguments)
        self.copies.append(Path(environment["CROSSBRAND_WAREHOUSE"]))
        write_customers(self.copies[-1], 7)
        return DbtOutcome("build", exit_code=self.exit_code)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    steps = Steps()
    monkeypatch.setattr(module, "run_dbt", steps.dbt)
    monkeypatch.setattr(module, "validate_landing", lambda *_, **__: steps.landing)
    monkeypatch.setattr(module, "validate_publication", lambda *_, **__: steps.publication)
    return steps


@pytest.fixture
def paths(tmp_path: Path, project: Path) -> Paths:
    paths = Paths(project, tmp_path / "landing", tmp_path / "warehouse.duckdb")
    write_customers(paths.warehouse, 5)
    return paths


def run(paths: Paths, options: BuildOptions | None = None) -> tuple[bool, str]:
    said = io.StringIO()
    done = build(paths, Console(file=said, width=200), options or UNPUBLISHED)
    return done, said.getvalue()


def test_the_copy_takes_the_place_of_the_warehouse(steps: Steps, paths: Paths) -> None:
    done, said = run(paths, BuildOptions(True, "2025-06-30 04:00:00", is_published=False))
    assert done
    assert customers(paths.warehouse) == 7
    assert "customers 7 (+2)" in said
    assert steps.arguments == [
        "build", "--full-refresh", "--vars", '{"as_of": "2025-06-30 04:00:00"}'
    ]  # fmt: skip
    assert steps.copies[0] != paths.warehouse
    assert steps.copies[0].name == paths.warehouse.name, "views name the file they are in"
    assert sorted(path.name for path in paths.warehouse.parent.iterdir()) == [
        ".warehouse.lock", "warehouse.duckdb"
    ]  # fmt: skip


def test_the_first_build_has_nothing_to_copy(steps: Steps, paths: Paths) -> None:
    paths.warehouse.unlink()
    assert run(paths)[0]
    assert customers(paths.warehouse) == 7
    assert steps.copies


def stop_landing(steps: Steps) -> None:
    steps.landing = STOP


def fail_dbt(steps: Steps) -> None:
    steps.exit_code = 1


def stop_publication(steps: Steps) -> None:
    steps.publication = STOP


@pytest.mark.parametrize("happens", [stop_landing, fail_dbt, stop_publication])
def test_a_step_that_says_no_changes_nothing(
    steps: Steps, paths: Paths, happens: Callable[[Steps], None]
) -> None:
    happens(steps)
    was = paths.warehouse.read_bytes()
    done, said = run(paths)
    assert not done
    assert "Nothing changed" in said
    assert paths.warehouse.read_bytes() == was
    assert not (paths.warehouse.parent / ".warehouse.building").exists()
    assert bool(steps.copies) is (happens is not stop_landing), "a stopped landing is not built"


@pytest.mark.usefixtures("steps")
def test_whoever_reads_the_old_file_goes_on_reading_it(paths: Paths) -> None:
    """A reader of another process keeps its file; whoever opens the name anew gets the new one."""
    reader = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(
            """
            import duckdb, sys
            connection = duckdb.connect(sys.argv[1], read_only=True)
            count = lambda: connection.execute("select count(*) from marts.customer_360").fetchone()
            print(count()[0], flush=True)
            sys.stdin.readline()
            print(count()[0], flush=True)
            """
        ), str(paths.warehouse)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert reader.stdout
    first = reader.stdout.readline()
    assert run(paths)[0]
    assert customers(paths.warehouse) == 7
    output, _ = reader.communicate("\n", timeout=30)
    assert (first, output) == ("5\n", "5\n")


@pytest.mark.usefixtures("steps")
def test_a_file_that_is_being_written_is_not_copied(paths: Paths) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(
            """
            import duckdb, sys
            connection = duckdb.connect(sys.argv[1])
            print("writing", flush=True)
            sys.stdin.readline()
            """
        ), str(paths.warehouse)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout
    writer.stdout.readline()
    with pytest.raises(CrossbrandError, match="such as a running build"):
        run(paths)
    writer.communicate("\n", timeout=30)
    assert run(paths)[0]


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_another_process_wrote_meanwhile_is_not_lost(
    steps: Steps, paths: Paths, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    """Written out or left in the log beside the file: the build stops and the row is there."""

    def dbt(arguments: Sequence[str], **options: Any) -> DbtOutcome:
        end = "os.kill(os.getpid(), signal.SIGKILL)" if is_killed else "connection.close()"
        subprocess.run(
            [sys.executable, "-c",
             "import duckdb, os, signal, sys; connection = duckdb.connect(sys.argv[1]);"
             f"connection.execute('create table marts.late as select 1 as one'); {end}",
             str(paths.warehouse)],
            check=False,
        )  # fmt: skip
        return steps.dbt(arguments, **options)

    monkeypatch.setattr(module, "run_dbt", dbt)
    with pytest.raises(CrossbrandError, match="written by another process"):
        run(paths)
    assert customers(paths.warehouse) == 5
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        assert connection.execute("select one from marts.late").fetchone() == (1,)


def test_two_builds_at_once(steps: Steps, paths: Paths) -> None:
    with (paths.warehouse.parent / ".warehouse.lock").open("a+") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CrossbrandError, match=r"Another build .* \(process 4711\)"):
            run(paths)
    assert not steps.copies
    assert run(paths)[0]


@pytest.mark.usefixtures("steps")
def test_a_killed_build_is_as_if_it_had_not_been(paths: Paths) -> None:
    """kill -9 in the middle of dbt: the warehouse is the old one, and the next build cleans up."""
    script = textwrap.dedent(
        """
        import io, os, signal, sys
        sys.path.insert(0, sys.argv[3])
        from pathlib import Path
        from rich.console import Console
        from crossbrand import build as module
        from crossbrand.paths import Paths
        from tests.scripts.test_build import CONTENT, write_customers

        def dbt(arguments, *, environment, **_):
            write_customers(Path(environment["CROSSBRAND_WAREHOUSE"]), 7)
            os.kill(os.getpid(), signal.SIGKILL)

        module.run_dbt = dbt
        module.validate_landing = lambda *_: CONTENT
        paths = Paths(Path(sys.argv[3]), Path(sys.argv[1]).parent, Path(sys.argv[1]))
        module.build(paths, Console(file=io.StringIO()), module.BuildOptions(is_published=False))
        """
    )
    was = paths.warehouse.read_bytes()
    killed = subprocess.run(
        [sys.executable, "-c", script, str(paths.warehouse), "", str(paths.project)],
        env={**os.environ, "PYTHONPATH": str(paths.project / "scripts")},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    left = paths.warehouse.parent / ".warehouse.building"
    assert left.exists()
    assert paths.warehouse.read_bytes() == was
    assert run(paths)[0]
    assert customers(paths.warehouse) == 7
    assert not left.exists()


@pytest.mark.usefixtures("steps")
def test_a_log_beside_the_file_is_not_lost(paths: Paths) -> None:
    """A process that was killed after a commit leaves the commit in the log beside the file."""
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(
            """
            import duckdb, os, signal, sys
            connection = duckdb.connect(sys.argv[1])
            connection.execute("create table marts.kept as select 1 as one")
            os.kill(os.getpid(), signal.SIGKILL)
            """
        ), str(paths.warehouse)],
        check=False,
    )  # fmt: skip
    assert paths.warehouse.with_name("warehouse.duckdb.wal").exists()
    assert run(paths)[0]
    assert not paths.warehouse.with_name("warehouse.duckdb.wal").exists()
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        assert connection.execute("select one from marts.kept").fetchone() == (1,)
