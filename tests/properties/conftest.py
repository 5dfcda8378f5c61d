"""Builds of a copy of the project, so that a test can change seeds and profile as a user would."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml
from rich.console import Console

from crossbrand.dbt_runner import DbtOutcome, run_dbt
from crossbrand.marts_hash import hash_marts

COPIED = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests", "analyses")

# landing_files lists the files that were read: it must differ where the files do.
ABOUT_FILES = frozenset({"landing_files"})


@dataclass(frozen=True)
class Copy:
    """A copy of the project with its own landing data and warehouse."""

    project: Path

    @property
    def landing(self) -> Path:
        return self.project / "sample" / "landing"

    @property
    def warehouse(self) -> Path:
        return self.project / "warehouse.duckdb"

    def build(self, *arguments: str, landing: Path | None = None) -> DbtOutcome:
        """`dbt build` with the folder's own profile; a failed node fails the test."""
        outcome = run_dbt(
            ["build", *arguments],
            project=self.project,
            console=Console(file=io.StringIO()),
            environment={"CROSSBRAND_LANDING": str(landing or self.landing)},
        )
        assert outcome.exit_code == 0, "\n".join(outcome.failures)
        return outcome

    def set_threads(self, threads: int) -> None:
        """Give both dbt and DuckDB this many threads."""
        path = self.project / "profiles.yml"
        profile = yaml.safe_load(path.read_text(encoding="utf-8"))
        output = profile["crossbrand"]["outputs"]["duckdb"]
        output["threads"] = output["settings"]["threads"] = threads
        path.write_text(yaml.safe_dump(profile), encoding="utf-8")

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def hashes(self) -> dict[str, str]:
        """The hash of every mart that is about customers and not about files."""
        return {
            name: content
            for name, content in hash_marts(self.warehouse).items()
            if name not in ABOUT_FILES
        }


@pytest.fixture
def copy_project(project: Path, tmp_path: Path) -> Callable[[], Copy]:
    """Copy the project's dbt files into the test's folder."""

    def copy() -> Copy:
        target = tmp_path / "project"
        target.mkdir()
        for name in COPIED:
            source = project / name
            if source.is_dir():
                shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("*.py"))
            elif source.exists():
                shutil.copy2(source, target / name)
        return Copy(target)

    return copy
