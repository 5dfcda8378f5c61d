"""The sample, published and drawn once; the browser's tests where there is a browser.

Without one they are not collected, and `scripts/check` says so in its summary.
"""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from crossbrand import build as build_module
from crossbrand.board.run import render
from crossbrand.paths import Paths
from tests.properties.built_sample import PROJECT, build_sample
from tests.properties.publication.stand_in import CONTENT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """CROSSBRAND_CHROMIUM, or one on the PATH; `scripts/browser` brings one."""
    named = os.environ.get("CROSSBRAND_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


collect_ignore = [] if find_chromium() else ["test_browser.py"]


@dataclass(frozen=True)
class Site:
    """Where the pages are, and what they were drawn from."""

    paths: Paths
    folder: Path

    @property
    def marts(self) -> Path:
        """The published file of bi."""
        return (self.paths.published / "bi" / "current").resolve()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The sample's boards."""
    folder = tmp_path_factory.mktemp("boards")
    built = build_sample(folder)
    landing = next(
        path for path in (folder / "sample/landing", built.parent / "sample/landing")
        if path.is_dir()
    )  # fmt: skip
    # Publishing locks the warehouse, and other tests read the same one at the same time.
    warehouse = folder / "own" / built.name
    warehouse.parent.mkdir()
    shutil.copy2(built, warehouse)
    paths = Paths(PROJECT, landing, warehouse, folder / "published")
    console = Console(file=io.StringIO())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_module, "validate_publication", lambda *_, **__: CONTENT)
        assert build_module.publish(paths, console)
    return Site(paths, render(paths, console))
