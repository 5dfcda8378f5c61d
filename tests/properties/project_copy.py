"""Copies of the project to build in, with what dbt made of it when it parsed it before.

Parsing the project costs as much as building a hundred models. dbt parses again only the files that
differ from those of its last parse, and all of them where variables, the warehouse's path or
CROSSBRAND_LANDING differ. So a copy keeps to the places that the project uses when it is told
nothing: `warehouse.duckdb` and `sample/landing`, both in its own folder. scripts/check names its
parse in CROSSBRAND_PARSED; without that, dbt parses each copy from nothing, to the same result.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from crossbrand.dbt_runner import DbtOutcome, run_dbt

PROJECT = Path(__file__).resolve().parents[2]
COPIED = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests", "analyses")

# Nobody reads the logs and manifests of a test's builds.
QUIET = {"DBT_LOG_LEVEL_FILE": "none", "DBT_WRITE_JSON": "false"}


def bring_parse(target: Path) -> None:
    """Lay what dbt parsed before, if anything did, into a target folder."""
    parsed = os.environ.get("CROSSBRAND_PARSED")
    if parsed and Path(parsed).is_file():
        target.mkdir(exist_ok=True)
        shutil.copy2(parsed, target / "partial_parse.msgpack")


class ProjectCopy:
    """A folder with the project in it, its landing data and its warehouse."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.landing = project / "sample" / "landing"
        self.warehouse = project / "warehouse.duckdb"
        project.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            source = PROJECT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("*.py", "__pycache__")
                shutil.copytree(source, project / name, ignore=ignored)
            else:
                shutil.copy2(source, project / name)
        self.bring_parse("target")

    def bring_parse(self, target: str) -> None:
        """Lay what dbt parsed before into a target folder."""
        bring_parse(self.project / target)

    def dbt(self, *arguments: str, environment: Mapping[str, str] | None = None) -> DbtOutcome:
        """Run a dbt command; what failed stands in the outcome.

        Commands with variables of their own are best given a `--target-path` of their own too, so
        that they do not displace the parse without them.
        """
        return run_dbt(
            arguments,
            project=self.project,
            console=Console(file=io.StringIO()),
            environment={**QUIET, **(environment or {})},
        )

    def succeed(self, *arguments: str, environment: Mapping[str, str] | None = None) -> DbtOutcome:
        """Run a dbt command; a failed node fails the test."""
        outcome = self.dbt(*arguments, environment=environment)
        assert outcome.exit_code == 0, "\n".join(outcome.failures)
        return outcome
