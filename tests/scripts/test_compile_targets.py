"""The project's other engines: that each macro has a word for them, and that compiling notices."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from dbt.cli.main import dbtRunner

from crossbrand.compile_targets import main, not_sql

PROJECT = Path(__file__).resolve().parents[2]

# Macros whose `default__` branch was written for Spark and holds on PostgreSQL too: it says nothing
# (models are built whole there), or it is SQL that both know.
DEFAULT_HOLDS = {
    "add_days", "add_hours", "check_suppression", "choose_unread_files", "find_changes",
    "finish_loading", "follow_moment", "follow_reading", "followed_number", "forget_changes",
    "hash_text", "loaded_by_file", "lower_case", "made_by_key", "moment_followed",
    "number_reading", "proposed_links", "put_aside_table", "read_number", "reading_id",
    "register_file_readings", "register_landing_files", "register_put_aside_files",
    "tells_changes", "unreached_nodes", "unread_rows",
}  # fmt: skip
# Macros of publish_generation, which is for engines without `crossbrand publish --postgres`.
NOT_ASKED = {"grant_schema", "parquet_rows"}


def dispatched() -> tuple[set[str], set[str]]:
    """The macros that are dispatched to engines, and all macros."""
    text = "".join(path.read_text("utf-8") for path in sorted((PROJECT / "macros").rglob("*.sql")))
    return (
        set(re.findall(r"adapter\.dispatch\(\s*'(\w+)',\s*'crossbrand'\)", text)),
        set(re.findall(r"\{%-? macro (\w+)\(", text)),
    )


def test_every_dispatched_macro_has_a_branch_for_postgresql() -> None:
    names, macros = dispatched()
    assert len(names) > 50
    without = {name for name in names if f"postgres__{name}" not in macros}
    assert without - NOT_ASKED == DEFAULT_HOLDS, (
        "Give a new macro a branch postgres__…, or list it where its default branch holds there."
    )
    assert {name for name in DEFAULT_HOLDS if f"default__{name}" not in macros} == set()


def test_every_dispatched_macro_has_a_branch_for_spark() -> None:
    names, macros = dispatched()
    assert {name for name in names if not {f"default__{name}", f"spark__{name}"} & macros} == set()


def test_sql_of_another_engine_is_told() -> None:
    assert not_sql("select '\\p' ~ 'x', (a).b::text from c", "postgres") == []
    assert not_sql("select array_sort(collect_list(a)), named_struct('a', 1)", "spark") == []
    assert not_sql("select a as from b", "spark")
    assert not_sql("select (a from b", "postgres")


def test_a_node_without_a_branch_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models" / "staging" / "a").mkdir(parents=True)
    (tmp_path / "models" / "staging" / "a" / "_a__sources.yml").write_text("version: 2\n", "utf-8")
    settings = {
        "name": "crossbrand", "version": "0.1.0", "config-version": 2, "profile": "crossbrand",
        "macro-paths": ["macros"], "model-paths": ["models"],
    }  # fmt: skip
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(settings), "utf-8")
    (tmp_path / "profiles.yml").write_text((PROJECT / "profiles.yml").read_text("utf-8"), "utf-8")
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros" / "said.sql").write_text(
        "{% macro said() %}{{ return(adapter.dispatch('said', 'crossbrand')()) }}{% endmacro %}\n"
        "{% macro duckdb__said() %}1{% endmacro %}\n"
        "{% macro asked() %}{% do run_query('select 1') %}{% endmacro %}",
        "utf-8",
    )
    for name, text in {
        "fine": "{{ config(pre_hook='{{ asked() }}') }} select 1 as a",
        "alone": "{% if execute %}select {{ said() }} as a{% endif %}",
        "hooked": "{{ config(pre_hook='{% if execute %}{{ said() }}{% endif %}') }} select 1 as a",
        "wrong": "select (1 as a",
    }.items():
        (tmp_path / "models" / f"{name}.sql").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    assert main(["spark"]) == 2
    assert "Run `dbt parse`" in capsys.readouterr().err
    assert dbtRunner().invoke(["--quiet", "parse"]).success
    assert main(["spark"]) == 1
    said = capsys.readouterr().out
    assert re.search(r"spark: \d+ statements, 3 wrong", said), said
    for name, count in {"fine": 0, "alone": 1, "hooked": 1, "wrong": 1}.items():
        found = re.findall(rf"^ +models/{name}\.sql", said, re.M)
        assert len(found) == count, said
