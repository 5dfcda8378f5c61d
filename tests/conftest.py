"""What every test shares: the project's folder, and an environment without the user's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture
def project() -> Path:
    """The folder with dbt_project.yml."""
    return PROJECT


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the landing data and the warehouse of whoever runs it."""
    for name in ("LANDING", "WAREHOUSE", "PUBLISHED", "PROJECT", "THREADS", "MEMORY"):
        monkeypatch.delenv(f"CROSSBRAND_{name}", raising=False)
    for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
