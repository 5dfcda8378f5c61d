"""A build without room says what to do; the failures are what DuckDB really says."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from crossbrand.room import DISK, MEMORY, advice

TOO_MUCH = "create table t as select md5(range::varchar) as a from range(3000000) order by a"


def test_out_of_memory() -> None:
    """A sort that may not spill does not fit into five megabytes."""
    connection = duckdb.connect(config={"memory_limit": "5MB", "temp_directory": ""})
    with pytest.raises(duckdb.Error) as failed:
        connection.execute(TOO_MUCH)
    assert advice([str(failed.value)]) == MEMORY


def test_too_little_room_to_spill(tmp_path: Path) -> None:
    """DuckDB then speaks of memory alone, so the advice on memory names the disk as well."""
    connection = duckdb.connect(
        config={
            "memory_limit": "20MB",
            "temp_directory": str(tmp_path),
            "threads": 1,
            "max_temp_directory_size": "1MB",
        }
    )
    with pytest.raises(duckdb.Error) as failed:
        connection.execute(TOO_MUCH)
    assert "disk" in (advice([str(failed.value)]) or "")


def test_a_file_that_cannot_grow(tmp_path: Path) -> None:
    """The system refuses to make the warehouse larger."""
    script = f"import duckdb; duckdb.connect({str(tmp_path / 'w.duckdb')!r}).execute({TOO_MUCH!r})"
    finished = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6)),
    )
    assert finished.returncode != 0
    assert advice([finished.stderr]) == DISK


def test_another_failure_has_no_advice() -> None:
    """What has nothing to do with room is left to speak for itself."""
    assert advice(["Binder Error: column not found", "Catalog Error"]) is None
