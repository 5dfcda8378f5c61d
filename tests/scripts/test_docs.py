"""The documentation keeps its promises: links lead somewhere, commands exist, schedules run."""

from __future__ import annotations

import re
import shlex
import stat
import subprocess
import sys
import textwrap
import types
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from crossbrand import cli

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
OPERATIONS = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        assert found.exists(), target
        if anchor and found.suffix == ".md":
            assert anchor in anchors(found.read_text(encoding="utf-8")), target


def test_the_index_has_every_document() -> None:
    index = (PROJECT / "docs/README.md").read_text(encoding="utf-8")
    for path in sorted((PROJECT / "docs").glob("*.md")):
        if path.name != "README.md" and not path.name.startswith(("privacy", "incremental")):
            assert f"({path.name}" in index, path.name
    decisions = (PROJECT / "docs/decisions/README.md").read_text(encoding="utf-8")
    for path in sorted((PROJECT / "docs/decisions").glob("0*.md")):
        assert f"({path.name})" in decisions, path.name


def parse(command: str) -> None:
    """Put a command line before crossbrand's own parser; it is not run."""
    words = shlex.split(command)
    assert words[0] == "crossbrand"
    group = typer.main.get_command(cli.app)
    verb = group.commands[words[1]]  # type: ignore[attr-defined]
    verb.make_context(words[1], list(words[2:]), resilient_parsing=False)


def shown_commands(path: Path) -> list[str]:
    """Indented command lines, and those of fenced shell blocks, without what is said beside."""
    lines = re.findall(r"^(?: {4}|\s*)(crossbrand [^\n`|]+)$", path.read_text("utf-8"), re.M)
    commands = [re.split(r" #| {3,}", line)[0].strip() for line in lines]
    return [command for command in commands if "…" not in command]


def test_the_cookbooks_own_data_lands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its export and its mapping, as they stand there; only the brand is one that is there."""
    text = (PROJECT / "docs/cookbook.md").read_text(encoding="utf-8")
    for kind, name in (("csv", "orders.csv"), ("yaml", "orders.yml")):
        block = re.search(rf"^   ```{kind}\n(.*?)^   ```$", text, re.M | re.S)
        assert block
        (tmp_path / name).write_text(textwrap.dedent(block[1]), encoding="utf-8")
    command = re.search(r"crossbrand (land orders.csv .*) --dry-run", text)
    assert command
    monkeypatch.setenv("CROSSBRAND_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("CROSSBRAND_PROJECT", str(PROJECT))
    monkeypatch.chdir(tmp_path)
    assert cli.main(shlex.split(command[1].replace("--brand mine", "--brand aster"))) == 0
    assert "2 records = 2 landed + 0 rejected" in "".join(capsys.readouterr())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_commands_are_ones_that_crossbrand_takes(path: Path) -> None:
    commands = [part for line in shown_commands(path) for part in line.split(" && ")]
    assert commands or path.name not in ("quick-start.md", "operations.md", "cookbook.md")
    for command in commands:
        # A placeholder at the end of a sentence's command is not part of it.
        try:
            parse(command.replace("--generation", "--generation X") if command.endswith(
                "--generation") else command)  # fmt: skip
        except click.ClickException as error:  # pragma: no cover - the message is what is wanted
            pytest.fail(f"{command}: {error.format_message()}")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", OPERATIONS, re.M | re.S)
    assert found
    return found[1]


def test_the_line_of_the_crontab(tmp_path: Path) -> None:
    """Run by sh as cron would, with a crossbrand that only notes what it was asked."""
    line = block("cron").strip().splitlines()[-1]
    command = line.split(" ", 5)[5].replace("\\%", "%")
    folder = tmp_path / "bin"
    folder.mkdir()
    stand_in = folder / "crossbrand"
    asked = tmp_path / "asked"
    stand_in.write_text(
        f'#!/bin/sh\nprintf "%s" crossbrand >> {asked}\n'
        f'for word in "$@"; do printf " \'%s\'" "$word" >> {asked}; done\necho >> {asked}\n'
    )
    stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "activate").write_text("")
    command = command.replace("/srv/crossbrand", str(tmp_path)).replace("/data/", f"{tmp_path}/")
    ran = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{folder}:/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    commands = asked.read_text().splitlines()
    assert [shlex.split(one)[1] for one in commands] == ["build", "board", "sync"]
    for one in commands:
        parse(one)
    assert re.search(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'", commands[0])


def test_the_airflow_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own code, with stand-ins for Airflow's two classes."""
    tasks: dict[str, dict[str, Any]] = {}

    class Operator:
        def __init__(self, **given: Any) -> None:
            tasks[given["task_id"]] = given
            self.downstream: list[Any] = []

        def __rshift__(self, other: Any) -> Any:
            self.downstream += other
            return other

    class Dag:
        def __init__(self, name: str, **given: Any) -> None:
            assert given["max_active_runs"] == 1, name

        def __enter__(self) -> Dag:
            return self

        def __exit__(self, *_: object) -> None:
            return None

    parents = ("airflow", "airflow.sdk", "airflow.providers", "airflow.providers.standard")
    operators = "airflow.providers.standard.operators"
    names = (*parents, operators, f"{operators}.bash")
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setattr(sys.modules["airflow.sdk"], "DAG", Dag, raising=False)
    monkeypatch.setattr(sys.modules[names[-1]], "BashOperator", Operator, raising=False)
    space: dict[str, Any] = {}
    exec(compile(block("python"), "operations.md", "exec"), space)
    assert list(tasks) == ["build", "board", "sync"]
    assert space["build"].downstream == [space["board"], space["sync"]]
    for task in tasks.values():
        command = task["bash_command"].split(" && ", 1)[1]
        parse(re.sub(r"{{.*?}}", "2025-07-01 04:15:00", command))


def test_the_document_of_a_build_is_the_one_that_is_shown(tmp_path: Path) -> None:
    """The example of `build --json` has the keys that the code writes."""
    import json

    from crossbrand.paths import Paths
    from crossbrand.runs import Record

    example = json.loads(block("json"))
    paths = Paths(tmp_path, tmp_path, tmp_path / "w.duckdb", tmp_path / "published")
    written = Record().to_dict(paths)
    assert set(example) <= set(written)
    assert set(written) - set(example) == {"warehouse", "published", "landing", "options"}
    assert example["format"] == written["format"]


def test_drawings_are_those_of_the_script(tmp_path: Path) -> None:
    """Pictures are made by scripts/screenshots and by nobody's hand."""
    source = (PROJECT / "scripts/screenshots").read_text(encoding="utf-8")
    space: dict[str, Any] = {"__file__": str(PROJECT / "scripts/screenshots"), "__name__": "made"}
    exec(compile(source, "screenshots", "exec"), space)
    space["PICTURES"] = tmp_path
    space["draw"].__globals__["PICTURES"] = tmp_path
    space["draw"]()
    made = sorted(tmp_path.glob("*.svg"))
    assert len(made) == 3
    for path in made:
        kept = PROJECT / "docs/pictures" / path.name
        assert kept.read_bytes() == path.read_bytes(), f"run scripts/screenshots for {path.name}"
    for board, *_ in space["SHOTS"]:
        assert (PROJECT / "docs/pictures" / f"board-{board}.png").is_file()
