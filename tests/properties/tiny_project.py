"""A dbt project of a few models over Parquet files, with the real macros and without a sample."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

ROUNDS = re.compile(r"(\w+): fixed point after (\d+) rounds")


@dataclass
class TinyProject:
    """A project in a folder of its own; its macros are copies, so a test may change them."""

    folder: Path
    names: list[str] = field(default_factory=list)

    @property
    def macros(self) -> Path:
        return self.folder / "macros"

    def add_model(self, name: str, table: pa.Table, header: str) -> None:
        """A model that is the rows of a table; `header` is its config block."""
        path = self.folder / f"{name}.parquet"
        pq.write_table(table, path)
        model = f"{header}\nselect * from '{path}'\n"
        (self.folder / "models" / f"{name}.sql").write_text(model, encoding="utf-8")
        self.names.append(name)

    def run(self) -> None:
        """Run all models; one that fails does not stop the others, see `error`."""
        command = [sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()", "run"]
        finished = subprocess.run(
            [*command, "--project-dir", str(self.folder), "--profiles-dir", str(self.folder)],
            cwd=self.folder,
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode in {0, 1}, finished.stdout + finished.stderr

    def error(self, name: str) -> str | None:
        """What dbt says of a model that failed, None for one that did not."""
        results = json.loads((self.folder / "target" / "run_results.json").read_text("utf-8"))
        found = {entry["unique_id"].split(".")[-1]: entry for entry in results["results"]}[name]
        return None if found["status"] == "success" else str(found["message"])

    def types(self, name: str) -> dict[str, str]:
        """The columns of a model and their types."""
        with duckdb.connect(str(self.folder / "tiny.duckdb"), read_only=True) as connection:
            return {row[0]: row[1] for row in connection.execute(f"describe {name}").fetchall()}

    def rows(self, name: str, columns: str = "*") -> list[tuple[object, ...]]:
        """The rows of a model in their order by all columns; the model must have succeeded."""
        assert self.error(name) is None, self.error(name)
        with duckdb.connect(str(self.folder / "tiny.duckdb"), read_only=True) as connection:
            return connection.execute(f"select {columns} from {name} order by all").fetchall()

    def rounds(self, name: str) -> int:
        """How many rounds the last contraction under this name took, from dbt's log."""
        log = (self.folder / "logs" / "dbt.log").read_text(encoding="utf-8")
        return {found[0]: int(found[1]) for found in ROUNDS.findall(log)}[name]


def make_tiny_project(project: Path, folder: Path) -> TinyProject:
    """An empty project in `folder` with a copy of the macros of `project`."""
    (folder / "models").mkdir(parents=True)
    shutil.copytree(project / "macros", folder / "macros")
    settings = {
        "name": "crossbrand",
        "version": "0.1.0",
        "config-version": 2,
        "profile": "crossbrand",
        "macro-paths": ["macros"],
        "model-paths": ["models"],
        "flags": {"send_anonymous_usage_stats": False},
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    output = {"type": "duckdb", "path": str(folder / "tiny.duckdb"), "schema": "main", "threads": 1}
    profile = {"crossbrand": {"target": "duckdb", "outputs": {"duckdb": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    return TinyProject(folder)
