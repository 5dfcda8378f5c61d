"""What every test shares: the project's folder, and an environment without the user's settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
OURS = ("CROSSBRAND_LANDING", "CROSSBRAND_WAREHOUSE", "CROSSBRAND_PUBLISHED", "CROSSBRAND_PROJECT",
        "CROSSBRAND_PRIVACY", "CROSSBRAND_KEYS", "CROSSBRAND_DELETIONS", "CROSSBRAND_SYNC_STATE",
        "CROSSBRAND_ACTOR")  # fmt: skip
DBTS = ("DBT_TARGET_PATH", "DBT_LOG_PATH", "DBT_PROJECT_DIR", "DBT_PROFILES_DIR")


def pytest_configure() -> None:
    """No test reads or writes the landing data and the warehouse of whoever runs it.

    Done before any fixture, since those of a whole module build before the first test begins.
    """
    for name in (*OURS, *DBTS):
        os.environ.pop(name, None)
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    # Only its owner may open it, as a folder of keys must be.
    os.environ["CROSSBRAND_KEYS"] = tempfile.mkdtemp(prefix="crossbrand-keys-")


@pytest.fixture
def project() -> Path:
    """The folder with dbt_project.yml."""
    return PROJECT
