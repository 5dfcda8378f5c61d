"""dbt in a process of its own that stays, so that many builds pay for one start and one parse.

The process is a server: one JSON line in, one out. It lets go of the warehouse after each command,
so that the test can read and change the file between two builds, and can be killed at any moment.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]


class DbtSession:
    """A dbt process on the project, with target and logs in `folder`."""

    def __init__(self, folder: Path, project: Path = PROJECT) -> None:
        self.folder = folder
        self.project = project
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        target = self.folder / "target"
        target.mkdir(parents=True, exist_ok=True)
        environment = {
            "CROSSBRAND_WAREHOUSE": str(self.folder / "warehouse.duckdb"),
            "CROSSBRAND_LANDING": str(self.folder / "none"),
        }
        built = os.environ.get("CROSSBRAND_BUILT")
        if built and self.project == PROJECT:
            # scripts/check has just parsed this project, under this environment.
            environment["CROSSBRAND_WAREHOUSE"] = built
            environment["CROSSBRAND_LANDING"] = str(Path(built).parent / "sample" / "landing")
            parsed = Path(built).parent / "target" / "partial_parse.msgpack"
            if parsed.exists() and not (target / parsed.name).exists():
                shutil.copy2(parsed, target / parsed.name)
        return subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__)), str(self.project)],
            cwd=self.project,
            env={
                **os.environ,
                **environment,
                "DBT_TARGET_PATH": str(target),
                "DBT_LOG_PATH": str(self.folder / "logs"),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Give one dbt command and do not wait for it."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"arguments": arguments, "environment": environment}))
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def next_line(self) -> dict[str, Any]:
        """The next thing the process says: a node that begins, or how the command ended."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "dbt's process ended by itself"
        said: dict[str, Any] = json.loads(line)
        return said

    def attempt(self, arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
        """One dbt command; gives what each node that failed said, by its name."""
        self.send(arguments, environment)
        while True:
            said = self.next_line()
            if "failed" in said:
                failed: dict[str, str] = said["failed"]
                return failed

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """One dbt command that must succeed."""
        failed = self.attempt(arguments, environment)
        assert not failed, failed

    def kill_within(
        self, arguments: Sequence[str], environment: Mapping[str, str], node: int, delay: float
    ) -> bool:
        """Begin a command, kill -9 the process `delay` seconds after its node of that number began.

        Returns whether the kill came before the command's end. A new process takes over.
        """
        self.send(arguments, environment)
        begun = -1
        while begun < node:
            said = self.next_line()
            if "failed" in said:
                return False
            begun += 1
        time.sleep(delay)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout
        rest = self.process.stdout.read()
        self.process = self._start()
        return "failed" not in rest

    def attempt_in_files_of(
        self, size: int, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> dict[str, str]:
        """One dbt command on a disk where no file can grow beyond `size` bytes."""
        pid, limit = self.process.pid, resource.RLIMIT_FSIZE
        before = resource.prlimit(pid, limit)
        resource.prlimit(pid, limit, (size, before[1]))
        try:
            return self.attempt(arguments, environment)
        finally:
            resource.prlimit(pid, limit, before)

    def close(self) -> None:
        """End the process."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait(timeout=60)


def serve(project: str) -> None:
    """Take commands from standard input until it ends."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def tell(event: Any) -> None:
        if event.info.name == "LogStartLine":
            replies.write(json.dumps({"begun": event.data.node_info.node_name}) + "\n")

    # Once: where a variable or a path of the environment differs, dbt would parse everything anew.
    folders = ["--project-dir", project, "--profiles-dir", project]
    parsed = dbtRunner().invoke(["-q", "parse", *folders])
    assert parsed.success, parsed.exception
    for line in sys.stdin:
        command = json.loads(line)
        os.environ.update(command["environment"])
        runner = dbtRunner(manifest=parsed.result, callbacks=[tell])  # type: ignore[arg-type]
        # No log and no artefact: on a full disk they would fail before the warehouse does.
        quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
        result = runner.invoke([*quiet, *command["arguments"], *folders])
        failed = {
            entry.node.name: str(entry.message)
            for entry in getattr(result.result, "results", None) or ()
            if str(entry.status) not in ("success", "pass", "no-op")
        }
        if not result.success and not failed:
            failed = {"dbt": str(result.exception)}
        try:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        except Exception as error:
            failed["close"] = str(error)
        replies.write(json.dumps({"failed": failed}) + "\n")


if __name__ == "__main__":
    serve(sys.argv[1])
