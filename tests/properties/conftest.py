"""Builds of a copy of the project, so that a test can change seeds and profile as a user would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from crossbrand.dbt_runner import DbtOutcome

from .project_copy import ProjectCopy


class Copy(ProjectCopy):
    """A copy of the project that is built whole."""

    def build(self, *arguments: str) -> DbtOutcome:
        """`dbt build` with the folder's own profile; a failed node fails the test."""
        return self.succeed("build", *arguments)

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


@pytest.fixture
def copy_project(tmp_path: Path) -> Callable[[], Copy]:
    """Copy the project's dbt files into the test's folder."""
    return lambda: Copy(tmp_path / "project")
