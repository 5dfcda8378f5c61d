"""One stage a test, and the command line on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from crossbrand import cli

from .activation import Stage, make_stage, settings_of_the_user
from .server import SECRET, Platform

Sync = Callable[..., tuple[int, dict[str, Any]]]

SECRETS = {
    "braze": ("API_KEY",),
    "klaviyo": ("API_KEY",),
    "salesmanago": ("CLIENT_ID", "API_KEY", "API_SECRET", "OWNER"),
    "carecloud": ("TOKEN",),
    "webhook": ("SIGNING_KEY",),
    "file": (),
}
FAST = {"retry_seconds": 0.01, "timeout_seconds": 20.0, "requests_per_second": 10_000}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A project and its folders; the environment names them, and holds secrets of the tests."""
    made = make_stage(tmp_path)
    for name in settings_of_the_user():
        monkeypatch.delenv(name)
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    for kind, names in SECRETS.items():
        for name in names:
            monkeypatch.setenv(f"CROSSBRAND_{kind.upper()}_{name}", SECRET)
    return made


@pytest.fixture
def sync(stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Sync:
    """`sync(destination or platform, *arguments)` gives the exit code and the report.

    A platform is quick to be tried again. Other settings of the mapping are keywords.
    """

    def run(to: str | Platform, *arguments: str, **settings: Any) -> tuple[int, dict[str, Any]]:
        name = to if isinstance(to, str) else to.name
        if isinstance(to, Platform):
            monkeypatch.setenv(f"CROSSBRAND_{name.upper()}_URL", to.url)
            quick = {"poll_seconds": 0.01} if name == "klaviyo" else {}
            set_up(stage, name, **{**FAST, **quick, **settings})
        elif settings:
            set_up(stage, name, **settings)
        capsys.readouterr()
        code = cli.main(["sync", name, "--json", *arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert SECRET not in captured.out + captured.err
        report = json.loads(captured.out) if captured.out else {}
        report["err"] = captured.err
        return code, report

    return run


def set_up(stage: Stage, name: str, **settings: Any) -> None:
    """Write settings, and keys of the mapping itself, into the stage's mapping."""
    path = stage.project / "destinations" / f"{name}.yml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    top = ("fields", "brands", "mix_controllers", "max_delete_share", "max_close_share")
    own = {key: settings.pop(key) for key in top if key in settings}
    document.update(own)
    document["settings"] = {**(document.get("settings") or {}), **settings}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
