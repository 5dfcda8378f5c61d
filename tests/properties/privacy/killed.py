"""A command that is killed at random moments, some times, and then ends by itself."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_killed(
    arguments: Sequence[str],
    folder: Path,
    kills: int,
    seconds: tuple[float, float],
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a command in `folder`, kill -9 it and its children `kills` times, begin it anew.

    `seconds` bound how long each life lasts. Gives how many kills there were, which are fewer where
    a life ended by itself before its time. The last life must succeed.
    """
    killed = 0
    while True:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
        lifetime = random.uniform(*seconds) if killed < kills else None
        try:
            said, _ = process.communicate(timeout=lifetime)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            killed += 1
            continue
        assert process.returncode == 0, said
        print(f"killed {killed} of {kills} times")
        return killed
