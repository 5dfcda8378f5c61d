"""Runs dbt as a process of its own and turns its log into progress, a summary and the failures.

A process of its own, because dbt-duckdb keeps the warehouse open until the process that ran it
ends, and whoever runs a build usually wants to read its result.
`python -m crossbrand.dbt_runner build` takes any dbt command and its options.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from crossbrand.console import Advance, Steps, make_console
from crossbrand.contract import find_project_dir
from crossbrand.errors import CrossbrandError

PASSED = frozenset({"success", "pass", "no-op"})
QUIET = frozenset({"-q", "--quiet"})
# What DuckDB says in the middle of a traceback.
HELD = re.compile(r'Could not set lock on file "([^"]+)": .*? held in (\S+) \(PID (\d+)\)', re.S)
ENDED = PASSED | {"warn", "fail", "error", "runtime error", "partial success", "skipped"}


@dataclass
class DbtOutcome:
    """What a dbt command did.

    `counts` maps a kind of node (seed, model, test, unit_test) to how many ended well, `failures`
    is what dbt says of those that did not, in its words, `exit_code` is dbt's own (0: all well,
    1: nodes failed, 2: it could not run).
    """

    command: str
    exit_code: int = 0
    seconds: float = 0.0
    total: int = 0
    done: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    warned: int = 0
    failures: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """One line: what ran, what did not, and how long it took."""
        parts = [
            f"{number} {kind.replace('_', ' ')}{'' if number == 1 else 's'}"
            for kind in ("seed", "model", "test", "unit_test")
            if (number := self.counts[kind])
        ]
        failed = self.total - sum(self.counts.values()) - self.skipped - self.warned
        parts += [f"{failed} failed"] if failed > 0 else []
        parts += [f"{self.warned} warned"] if self.warned else []
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        return f"dbt {self.command}: {', '.join(parts) or 'nothing to run'} in {self.seconds:.0f} s"


def run_dbt(
    arguments: Sequence[str],
    *,
    project: Path,
    console: Console,
    environment: Mapping[str, str] | None = None,
) -> DbtOutcome:
    """Run one dbt command in the project's folder, with progress on the console.

    `environment` is added to the one of this process. Raises CrossbrandError when dbt cannot be
    started; a failed node is no exception but stands in the outcome.
    """
    # What dbt tells is read here, so it may not be quiet; this console may.
    arguments = [argument for argument in arguments if argument not in QUIET]
    command = [sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()"]
    command += ["--log-format", "json", "--log-level", "info", "--no-quiet", "--no-use-colors"]
    command += arguments
    command += ["--project-dir", str(project), "--profiles-dir", str(project)]
    started = time.monotonic()
    outcome = DbtOutcome(command=arguments[0] if arguments else "")
    with Steps(console, f"dbt {outcome.command}") as advance:
        try:
            process = subprocess.Popen(
                command,
                cwd=project,
                env={**os.environ, **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise CrossbrandError(f"dbt cannot be started: {error}") from error
        with process:
            try:
                for line in process.stdout or ():
                    read_log_line(line, outcome, advance)
            except BaseException:
                process.terminate()
                raise
    outcome.exit_code = process.returncode
    outcome.seconds = time.monotonic() - started
    return outcome


def read_log_line(line: str, outcome: DbtOutcome, advance: Advance) -> None:
    """Add what one line of dbt's JSON log says to the outcome.

    A line that is not JSON comes from below dbt, such as a crash of the interpreter, and is kept
    as a failure: nothing that might explain a red run is swallowed.
    """
    try:
        event: dict[str, Any] = json.loads(line)
        info, data = event["info"], event["data"]
    except (ValueError, KeyError, TypeError):
        if line.strip():
            outcome.failures.append(line.rstrip())
        return
    node = data.get("node_info") or {}
    name, status = str(node.get("node_name", "")), str(node.get("node_status", ""))
    if info["name"] == "ConcurrencyLine":
        outcome.total = int(data.get("node_count", 0))
    elif info["name"] == "LogStartLine":
        advance(outcome.done, outcome.total, name)
    elif status in ENDED and node.get("resource_type") == "operation":
        return  # a hook is no node of the build, and dbt does not count it as one
    elif status in ENDED and info["name"].startswith(("Log", "Skipping")):
        outcome.done += 1
        if status in PASSED:
            outcome.counts[str(node["resource_type"])] += 1
        elif status == "warn":
            outcome.warned += 1
        elif status == "skipped":
            outcome.skipped += 1
        advance(outcome.done, outcome.total, name)
    elif info["level"] == "error" and info.get("msg", "").strip():
        outcome.failures.append(info["msg"].strip())


def _what_the_test_says(failure: str) -> str:
    """The sentence that a failed assertion of the project begins with: what it means, and why."""
    named = re.match(r"Failure in test \S+ \((tests/\S+\.sql)\)", failure)
    path = find_project_dir() / named[1] if named else None
    if path is None or not path.is_file():
        return ""
    lines = itertools.takewhile(
        lambda line: line.startswith("--"), path.read_text(encoding="utf-8").splitlines()
    )
    return " ".join(line.removeprefix("--").strip() for line in lines)


def print_outcome(outcome: DbtOutcome, console: Console) -> None:
    """The failures, if any, and the summary line."""
    if outcome.exit_code and (held := HELD.search("\n".join(outcome.failures))):
        file, program, process = held.groups()
        console.print(
            Text(
                f"{file} cannot be opened: {program} (process {process}) holds it. "
                "Close it, or wait until it has ended, and try again.",
                style="red",
            ),
            soft_wrap=True,
        )
        return
    for failure in outcome.failures if outcome.exit_code else ():
        console.print(Text(failure, style="red"))
        if said := _what_the_test_says(failure):
            console.print(Text(f"  {said}"), soft_wrap=True)
    style = "bold red" if outcome.exit_code else "green"
    console.print(Text(outcome.summary(), style=style))


def main(arguments: Sequence[str]) -> int:
    """Run dbt with these arguments; returns its exit code. With -q the summary is all it says."""
    console = make_console()
    progress = Console(quiet=True) if QUIET.intersection(arguments) else console
    try:
        outcome = run_dbt(arguments, project=find_project_dir(), console=progress)
    except CrossbrandError as error:
        make_console(stderr=True).print(Text(f"error: {error}", style="red"))
        return 2
    print_outcome(outcome, console)
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
