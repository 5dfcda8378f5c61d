"""What each build did, and dbt's own artefacts of it, kept for machines and for the morning after.

    runs/<generation>/            a build that published, as long as its generation is kept
    runs/<start>-<outcome>/       any other; the newest five
        build.json                the document that `crossbrand build --json` prints
        manifest.json.gz          dbt's manifest: what was to be built, with the SQL
        run_results.json          dbt's results: what each node did, and for how long

The folder is CROSSBRAND_RUNS, by default `runs` beside the folder of published files. dbt's words
about a failed node may quote a value of the data, so the folder is as confidential as the
warehouse.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossbrand.dbt_runner import DbtOutcome
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths
from crossbrand.publish.declared import BI
from crossbrand.publish.folder import Folder

FORMAT = "crossbrand.build/1"
DOCUMENT = "build.json"
KEEP_OTHERS = 5
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class Record:
    """One build as it goes: its steps, what dbt said, what the checkpoints found."""

    options: dict[str, Any] = field(default_factory=dict)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    outcome: str = "failed"
    exit_code: int = 2
    generation: str | None = None
    previous_generation: str | None = None
    message: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, str]] = field(default_factory=list)
    dbt: DbtOutcome | None = None
    artefacts: list[Path] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; what it raises marks it as failed."""
        entry = {"name": name, "outcome": "failed", "seconds": 0.0}
        self.steps.append(entry)
        began = time.monotonic()
        try:
            yield
            entry["outcome"] = "ok"
        finally:
            entry["seconds"] = round(time.monotonic() - began, 3)

    def say_no(self) -> None:
        """The last step said no: a checkpoint or a test, not a mistake."""
        if self.steps:
            self.steps[-1]["outcome"] = "stopped"

    def found(self, checkpoint: str, findings: list[tuple[str, str]]) -> None:
        """What a checkpoint found, warnings too."""
        self.checks += [
            {"checkpoint": checkpoint, "severity": severity, "finding": sentence}
            for severity, sentence in findings
        ]

    def keep_artefacts(self, project: Path) -> None:
        """Read dbt's artefacts before another run of dbt writes its own in their place."""
        target = project / (os.environ.get("DBT_TARGET_PATH") or "target")
        self.artefacts = [
            path for name in ("manifest.json", "run_results.json")
            if (path := target / name).is_file()
        ]  # fmt: skip

    def to_dict(self, paths: Paths, folder: Path | None = None) -> dict[str, Any]:
        """The document: stable, one key for each question."""
        dbt = self.dbt
        return {
            "format": FORMAT,
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            "started_at": self.started_at.strftime(_TIME),
            "seconds": round(time.monotonic() - self._began, 3),
            "generation": self.generation,
            "previous_generation": self.previous_generation,
            "warehouse": str(paths.warehouse),
            "published": str(paths.published),
            "landing": str(paths.landing),
            "options": self.options,
            "steps": self.steps,
            "dbt": {
                "exit_code": dbt.exit_code,
                "nodes": dbt.total,
                "succeeded": dict(sorted(dbt.counts.items())),
                "warned": dbt.warned,
                "skipped": dbt.skipped,
                "failures": dbt.failures if dbt.exit_code else [],
            }
            if dbt
            else None,
            "checks": self.checks,
            "message": self.message,
            "artefacts": str(folder) if folder else None,
        }


def runs_folder(paths: Paths) -> Path:
    """CROSSBRAND_RUNS, or `runs` beside the published files."""
    named = os.environ.get("CROSSBRAND_RUNS")
    if named:
        return paths.project / Path(named).expanduser()
    return paths.published.parent / "runs"


def recorded(
    paths: Paths, record: Record, work: Callable[[], bool], *, publishes: bool
) -> dict[str, Any]:
    """Do the build, keep what it did, and give the document; a mistake is in it, not raised.

    Only what nobody can mend by reading (Ctrl-C, a bug) goes on to the caller, with its record
    kept.
    """
    folder = Folder(paths.published)
    record.previous_generation = folder.linked(BI)
    try:
        if work():
            record.outcome, record.exit_code = ("published" if publishes else "built"), 0
            if publishes:
                record.generation = folder.linked(BI)
        else:
            record.outcome, record.exit_code = "stopped", 1
    except (CrossbrandError, OSError) as error:
        record.outcome, record.exit_code, record.message = "failed", 2, str(error)
    except BaseException as error:
        record.outcome, record.exit_code, record.message = "interrupted", 2, repr(error)
        _keep(paths, record)
        raise
    return record.to_dict(paths, _keep(paths, record))


def _keep(paths: Paths, record: Record) -> Path | None:
    """Write the run's folder and sweep old ones; a full disk must not undo a good build."""
    runs = runs_folder(paths)
    name = record.generation or f"{record.started_at:%Y%m%dT%H%M%SZ}-{record.outcome}"
    try:
        staged = runs / f".{name}"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        for path in record.artefacts:
            if path.name == "manifest.json":
                with path.open("rb") as read, gzip.open(staged / f"{path.name}.gz", "wb") as write:
                    shutil.copyfileobj(read, write)
            else:
                shutil.copyfile(path, staged / path.name)
        document = json.dumps(record.to_dict(paths, runs / name), indent=2, ensure_ascii=False)
        (staged / DOCUMENT).write_text(f"{document}\n", encoding="utf-8")
        shutil.rmtree(runs / name, ignore_errors=True)
        staged.replace(runs / name)
        _sweep(runs, set(Folder(paths.published).everything()))
    except OSError:
        with suppress(OSError):
            shutil.rmtree(runs / f".{name}", ignore_errors=True)
        return None
    return runs / name


def _sweep(runs: Path, generations: set[str]) -> None:
    """Drop the runs of generations that are gone, and all but the newest others."""
    ours = [path for path in runs.iterdir() if (path / DOCUMENT).is_file()]
    outcomes = ("-built", "-stopped", "-failed", "-interrupted")
    others = sorted(path for path in ours if path.name.endswith(outcomes))
    for path in ours:
        if path in others[:-KEEP_OTHERS] or (path not in others and path.name not in generations):
            shutil.rmtree(path, ignore_errors=True)


def last_build(paths: Paths) -> dict[str, Any] | None:
    """The document of the newest build; None where none has been recorded."""
    documents = []
    for path in runs_folder(paths).glob(f"*/{DOCUMENT}"):
        with suppress(OSError, ValueError):
            documents.append(json.loads(path.read_text(encoding="utf-8")))
    return max(documents, key=lambda document: str(document.get("started_at")), default=None)
