"""What a publishing leaves alone, what it says, how one goes back, and what is swept."""

from __future__ import annotations

import datetime as dt
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from crossbrand import build as build_module
from crossbrand import cli
from crossbrand.build import BuildOptions
from crossbrand.errors import CrossbrandError
from crossbrand.locks import hold
from crossbrand.paths import Paths
from crossbrand.publish.declared import ROLES, load_marts
from crossbrand.publish.folder import Folder, next_id
from crossbrand.publish.generation import storage_number
from crossbrand.publish.run import go_back, list_generations
from crossbrand.publish.swap import Intent, carry_out
from crossbrand.publish.sweep import KEEP_VARIABLE, generations_to_keep, sweep
from tests.properties.publication.reading import read_once
from tests.properties.publication.stand_in import (
    CONTENT,
    MARTS,
    STOP,
    make_paths,
    run_build,
    write_warehouse,
)

CUSTOMERS = "models/marts/customer/_customer__models.yml"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return make_paths(tmp_path)


@pytest.fixture
def folder(paths: Paths) -> Folder:
    return Folder(paths.published)


def snapshot(paths: Paths) -> dict[str, tuple[int, int, str]]:
    """Every published file and link, by inode and time, so that a rewrite shows."""
    found = {}
    for path in sorted(paths.published.rglob("*")):
        if path.name != ".publishing.lock" and (path.is_symlink() or not path.is_dir()):
            state = path.lstat()
            target = str(path.readlink()) if path.is_symlink() else ""
            found[str(path)] = (state.st_ino, state.st_mtime_ns, target)
    return found


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def said_by(function: Callable[..., object], *arguments: Any) -> str:
    said = io.StringIO()
    function(arguments[0], Console(file=said, width=200), *arguments[1:])
    return said.getvalue()


# --- what a file holds --------------------------------------------------------------------------


def test_each_role_gets_its_tables_and_columns_in_the_order_of_the_key(paths: Paths) -> None:
    assert run_build(paths, 3)[0]
    columns = {
        role: {
            table: [name for (name,) in rows(
                paths.published / role / "current",
                f"select column_name from (describe {table})",
            )]
            for table in ("customer_360", "kpi_daily")
        }
        for role in ROLES
    }  # fmt: skip
    daily = ["kpi_date", "order_count", "net_amount", "version"]
    assert columns == {
        "activation": {
            "customer_360": ["customer_id", "email", "town", "net_amount", "version"],
            "kpi_daily": daily,
        },
        "bi": {"customer_360": ["customer_id", "net_amount", "version"], "kpi_daily": daily},
    }
    for role in ROLES:
        path = paths.published / role / "current"
        tables = rows(path, "select table_name, table_type from information_schema.tables")
        assert {kind for _, kind in tables} == {"BASE TABLE"}
        assert {name for name, _ in tables} == {
            "customer_360", "kpi_daily", "_generation", "_generation_marts",
            "_generation_files", "_generation_figures",
        }  # fmt: skip
        ids = rows(path, "select customer_id from customer_360 order by rowid")
        assert ids == sorted(ids)
        # By the header's layout that DuckDB documents: 64 before 1.2, 65 from 1.2 on.
        assert storage_number(path) == 65
        assert (
            rows(path, "select comment from duckdb_columns() where column_name = 'version'")
            == [("The build that the row is of.",)] * 2
        )
        assert (path.resolve().stat().st_mode & 0o222) == 0, "nobody writes into it by mistake"


def test_a_generation_says_what_it_is(paths: Paths) -> None:
    landed = paths.landing / "orders/brand=aster/load_date=2025-06-30/a.parquet"
    landed.parent.mkdir(parents=True)
    landed.write_bytes(b"x" * 1234)
    os.utime(landed, (1_767_225_600, 1_767_225_600))
    write_warehouse(paths.warehouse, 3)
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute(
            "create table marts.landing_files as select 'orders' as feed, 'aster' as brand_id, "
            "date '2025-06-30' as load_date, unnest(['a', 'gone']) as name, "
            "'orders/brand=aster/load_date=2025-06-30/' || name || '.parquet' as file_name, "
            "7::bigint as row_count"
        )
    assert run_build(paths, 3)[0]
    for role in ROLES:
        path = paths.published / role / "current"
        ((generation, of, as_of_at, built_at, version),) = rows(path, "from _generation")
        assert (generation, of) == (path.resolve().stem, role)
        assert as_of_at == dt.datetime(2025, 6, 30, 15)
        assert abs(built_at - dt.datetime.now(dt.UTC).replace(tzinfo=None)).total_seconds() < 600
        assert version
        files = "select feed, row_count, size_bytes, modified_at from _generation_files"
        assert rows(path, files) == [
            ("orders", 7, 1234, dt.datetime(2026, 1, 1)), ("orders", 7, None, None)
        ]  # fmt: skip
        assert dict(rows(path, "select mart_name, row_count from _generation_marts")) == {
            "customer_360": 43, "kpi_daily": 9
        }  # fmt: skip


def hashes_of(paths: Paths) -> list[tuple[Any, ...]]:
    return rows(paths.published / "bi" / "current", "from _generation_marts order by mart_name")


def test_the_same_marts_give_the_same_hashes_whatever_order_their_rows_are_in(paths: Paths) -> None:
    hashes = []
    for order in ("customer_id", "net_amount, customer_id desc"):
        write_warehouse(paths.warehouse, 5)
        with duckdb.connect(str(paths.warehouse)) as connection:
            connection.execute(
                "create or replace table marts.customer_360 as "
                f"select * from marts.customer_360 order by {order}"
            )
        publish(paths)
        hashes.append(hashes_of(paths))
    first, second = Folder(paths.published).everything()
    assert hashes[0] == hashes[1]
    assert first.split("-")[1] == second.split("-")[1], "the name ends in the hash of the content"
    publish_version(paths, 6)
    assert hashes[0] != hashes_of(paths)


def publish(paths: Paths, **options: Any) -> str:
    """`crossbrand publish` with a content checkpoint."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_module, "validate_publication", lambda *_, **__: CONTENT)
        assert build_module.publish(paths, Console(file=said, width=200), **options)
    return said.getvalue()


def publish_version(paths: Paths, version: int, **options: Any) -> str:
    write_warehouse(paths.warehouse, version)
    return publish(paths, **options)


def test_parquet_goes_with_the_generation_until_it_is_no_longer_wanted(
    paths: Paths, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP_VARIABLE, "2")
    publish_version(paths, 1)
    assert not folder.parquet("bi").exists()
    for version, options in ((2, {"parquet": True}), (3, {}), (4, {})):
        publish_version(paths, version, **options)
        for role in ROLES:
            home = folder.parquet(role)
            assert str((home / "current").readlink()) == folder.linked(role)
            read = duckdb.read_parquet(f"{home}/current/customer_360.parquet")
            assert read.aggregate("min(version), max(version)").fetchall() == [(version, version)]
            assert ("email" in read.columns) is (role == "activation")
    kept = {path.name for path in folder.parquet("bi").iterdir()} - {"current"}
    assert kept == set(folder.everything())
    publish_version(paths, 5, parquet=False)
    assert not folder.parquet("bi").exists()


# --- who may see what ---------------------------------------------------------------------------


def declare(paths: Paths, **changes: str) -> None:
    text = MARTS
    for found, instead in changes.items():
        assert found in text
        text = text.replace(found, instead)
    (paths.project / CUSTOMERS).write_text(text, encoding="utf-8")


def test_an_address_in_a_column_for_something_else_does_not_reach_bi(paths: Paths) -> None:
    publish_version(paths, 1)
    was = snapshot(paths)
    declare(paths, **{"withheld_from: [bi]": "kept: true"})
    for text in ("call +420 777 123 456 or +420777123456", "Jan <jan@mail.example>"):
        write_warehouse(paths.warehouse, 2)
        with duckdb.connect(str(paths.warehouse)) as connection:
            connection.execute("update marts.customer_360 set town = ? where rowid = 7", [text])
        with pytest.raises(CrossbrandError, match=r"customer_360\.town holds .* in 1 rows"):
            publish(paths)
        assert snapshot(paths) == was
    publish_version(paths, 2)
    assert ("Town 3",) in rows(paths.published / "bi" / "current", "select town from customer_360")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"[bi, activation]": "[bi, sales]"}, "names the role 'sales'"),
        ({"withheld_from: [bi]": "withheld_from: [BI]"}, "names the role 'BI'"),
        ({"unique_combination": "no_such_test"}, None),
        ({"published_to": "somewhere"}, "nothing to publish"),
        ({"town": "village"}, r"other columns than the project describes \(town, village\)"),
        ({"kpi_daily": "kpi_hourly"}, "has no marts.kpi_hourly"),
    ],
)
def test_a_declaration_that_cannot_be_used(
    paths: Paths, changes: dict[str, str], message: str | None
) -> None:
    declare(paths, **changes)
    if message is None:
        publish_version(paths, 1)
        return
    with pytest.raises(CrossbrandError, match=message):
        publish_version(paths, 1)
    assert not Folder(paths.published).everything()


def test_a_key_that_bi_may_not_see_keeps_the_mart_from_bi(paths: Paths) -> None:
    declare(paths, **{"        data_tests: [unique]\n": (
        "        data_tests: [unique]\n        config: {meta: {pii: true}}\n"
    )})  # fmt: skip
    with pytest.raises(CrossbrandError, match=r"customer_360 cannot go to bi.*customer_id"):
        load_marts(paths.project)


# --- what changes nothing -----------------------------------------------------------------------


@pytest.mark.parametrize("fails", [{"landing": STOP}, {"dbt_exit_code": 1}, {"publication": STOP}])
def test_a_failed_checkpoint_or_test_publishes_nothing(paths: Paths, fails: dict[str, Any]) -> None:
    run_build(paths, 1)
    was, warehouse = snapshot(paths), paths.warehouse.read_bytes()
    done, said = run_build(paths, 2, **fails)
    assert not done
    assert "Nothing changed" in said
    assert snapshot(paths) == was
    assert paths.warehouse.read_bytes() == warehouse


@pytest.mark.parametrize(
    "options", [BuildOptions(select=("customer_360",)), BuildOptions(is_published=False)]
)
def test_a_part_of_the_marts_is_built_and_not_published(
    paths: Paths, options: BuildOptions
) -> None:
    run_build(paths, 1)
    was = snapshot(paths)
    done, said = run_build(paths, 2, options=options, publication=CONTENT)
    assert done
    assert "Nothing was published" in said
    assert snapshot(paths) == was
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        assert connection.execute("select max(version) from marts.kpi_daily").fetchone() == (2,)
    if options.select:
        with pytest.raises(CrossbrandError, match="built in part \\(--select customer_360\\)"):
            publish(paths)
        assert snapshot(paths) == was
        assert run_build(paths, 2, options=BuildOptions(is_published=False), publication=CONTENT)[0]
    publish(paths)
    assert rows(paths.published / "bi" / "current", "select distinct version from kpi_daily") == [
        (2,)
    ]


def test_a_checkpoint_that_says_stop_keeps_publish_from_publishing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_version(paths, 1)
    was = snapshot(paths)
    write_warehouse(paths.warehouse, 2)
    monkeypatch.setattr(build_module, "validate_publication", lambda *_, **__: STOP)
    assert not build_module.publish(paths, Console(file=io.StringIO()))
    assert snapshot(paths) == was


def test_what_was_written_to_the_warehouse_meanwhile_keeps_the_generation_back(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warehouse that belongs to the generation could not take its place: neither may it."""
    run_build(paths, 1)
    was = snapshot(paths)
    take_over = build_module._take_over

    def late(private: Path, warehouse: Path) -> None:
        write_warehouse(warehouse, 9)
        take_over(private, warehouse)

    monkeypatch.setattr(build_module, "_take_over", late)
    with pytest.raises(CrossbrandError, match="written by another process"):
        run_build(paths, 2)
    assert snapshot(paths) == was


def test_a_selection_of_nothing_is_a_mistake(paths: Paths) -> None:
    run_build(paths, 1)
    warehouse = paths.warehouse.read_bytes()
    with pytest.raises(CrossbrandError, match="--select typo matches nothing"):
        run_build(paths, 2, options=BuildOptions(select=("typo",)), nodes=0)
    assert paths.warehouse.read_bytes() == warehouse


def test_two_at_once(paths: Paths, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    run_build(paths, 1)
    monkeypatch.setattr("crossbrand.publish.folder.WAIT_SECONDS", 0.0)
    with (
        hold(folder.root / ".publishing.lock", ""),
        pytest.raises(CrossbrandError, match=rf"is publishing into .*process {os.getpid()}"),
        folder.locked(wait_seconds=0),
    ):
        raise AssertionError("held by two")
    with (
        build_module.lock_warehouse(paths.warehouse),
        pytest.raises(CrossbrandError, match="Another build of"),
    ):
        publish(paths)


# --- what others left ---------------------------------------------------------------------------


def test_a_log_beside_a_published_file_is_not_played_into_the_next(
    paths: Paths, folder: Folder
) -> None:
    """Somebody opened `current` for writing, changed it, and was killed."""
    run_build(paths, 1)
    link = folder.of("bi") / "current"
    link.resolve().chmod(0o644)
    subprocess.run(
        [sys.executable, "-c",
         "import duckdb, os, signal, sys; connection = duckdb.connect(sys.argv[1]);"
         "connection.execute('update kpi_daily set version = 99');"
         "os.kill(os.getpid(), signal.SIGKILL)", str(link)],
        check=False,
    )  # fmt: skip
    logs = list(folder.of("bi").glob("*.wal"))
    assert logs, "the stale log that this test is about"
    assert rows(link, "select distinct version from kpi_daily") == [(99,)], "a reader is misled"
    _, said = run_build(paths, 2)
    assert said.count("Open published files read-only") == len(logs)
    assert not list(folder.of("bi").glob("*.wal"))
    assert read_once(link) == (folder.linked("bi"), "")


def test_a_half_written_file_with_the_name_of_a_generation(paths: Paths, folder: Folder) -> None:
    run_build(paths, 1)
    half = "20200101T000000Z-0123abcd"
    for role in ROLES:
        whole = folder.file(role, folder.linked(role) or "")
        folder.file(role, half).write_bytes(whole.read_bytes()[:9000])
    listed = said_by(list_generations, paths)
    assert f"{half}" in listed
    assert "cannot be read" in listed
    was = snapshot(paths)
    with pytest.raises(CrossbrandError, match=f"{half} is not whole: activation cannot be read"):
        said_by(go_back, paths, half)
    renamed = "20200101T000000Z-0123abce"
    for role in ROLES:
        folder.file(role, half).unlink()
        os.link(folder.file(role, folder.linked(role) or ""), folder.file(role, renamed))
    with pytest.raises(CrossbrandError, match="it says that it is another generation"):
        said_by(go_back, paths, renamed)
    assert {name: state[2] for name, state in was.items() if name.endswith("current")} == {
        name: state[2] for name, state in snapshot(paths).items() if name.endswith("current")
    }


@pytest.mark.parametrize("command", ["build", "back"])
def test_a_link_that_was_replaced_by_a_file(paths: Paths, folder: Folder, command: str) -> None:
    run_build(paths, 1)
    link = folder.of("bi") / "current"
    content = link.read_bytes()
    link.unlink()
    link.write_bytes(content)
    again: Callable[[], object] = {
        "build": lambda: run_build(paths, 3),
        "back": lambda: said_by(go_back, paths, folder.everything()[0]),
    }[command]
    with pytest.raises(CrossbrandError, match=r"bi/current is no link"):
        again()
    link.unlink()
    run_build(paths, 3)
    assert read_once(link)[1] == ""


def test_a_journal_that_is_not_ours(paths: Paths, folder: Folder) -> None:
    run_build(paths, 1)
    folder.journal.write_text('{"generation": ', encoding="utf-8")
    with pytest.raises(CrossbrandError, match="is not what crossbrand wrote"):
        run_build(paths, 2)


# --- going back, and sweeping -------------------------------------------------------------------


def test_going_back_and_forth(paths: Paths, folder: Folder) -> None:
    for version in (1, 2, 3):
        run_build(paths, version)
    first, second, third = folder.everything()
    said = said_by(go_back, paths, second)
    assert f"{second} is current again" in said
    for role in ROLES:
        assert read_once(folder.of(role) / "current") == (second, "")
        assert folder.linked(role, "previous") == third
    assert "is the current generation already" in said_by(go_back, paths, second)
    said_by(go_back, paths, third[:20])
    assert {folder.linked(role) for role in ROLES} == {third}
    listed = said_by(list_generations, paths).splitlines()
    assert [line.split()[0] for line in listed[1:]] == [third, second, first]
    assert listed[1].rstrip().endswith("current")
    assert "2025-06-30 15:00" in listed[1]
    run_build(paths, 4)
    assert (folder.linked("bi") or "") > third, "the next build is newer than everything"
    for wanted in ("1999", "2", ""):
        with pytest.raises(CrossbrandError, match=rf"names .* generation under .*: {second}, "):
            said_by(go_back, paths, wanted)


def make_generations(folder: Folder, *days: int) -> list[str]:
    """Files of the name of a generation each, the last of them current."""
    names = [f"202601{day:02}T000000Z-00000000" for day in days]
    for role in ROLES:
        folder.of(role).mkdir(parents=True, exist_ok=True)
        for name in names:
            folder.file(role, name).touch()
    for name in names:
        carry_out(folder, Intent(name, ROLES))
    return names


def test_what_was_gone_back_to_outlives_the_next_sweep(folder: Folder) -> None:
    trusted, *_ = make_generations(folder, 1, 2, 3)
    carry_out(folder, Intent(trusted, ROLES))
    make_generations(folder, 4)
    assert sweep(folder, 3) == []
    assert trusted in folder.everything(), "it was current until now, and is the way back"
    make_generations(folder, 5, 6)
    assert [name[7] for name in sweep(folder, 3)] == ["1", "2", "3"]
    make_generations(folder, 7, 8, 9)
    carry_out(folder, Intent("20260104T000000Z-00000000", ROLES))
    assert [name[7] for name in sweep(folder, 2)] == ["5", "6", "7"]
    assert folder.linked("bi") in folder.everything(), "the current one is never swept"


def test_how_many_are_kept_is_a_setting(
    paths: Paths, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert generations_to_keep() == 3
    monkeypatch.setenv(KEEP_VARIABLE, "2")
    make_generations(folder, 1, 2, 3, 4)
    run_build(paths, 1)
    assert len(folder.everything()) == 2
    for value in ("1", "0", "-3", "many"):
        monkeypatch.setenv(KEEP_VARIABLE, value)
        with pytest.raises(CrossbrandError, match=f"{KEEP_VARIABLE} is '{value}'"):
            run_build(paths, 9)
    assert len(folder.everything()) == 2


def test_names_rise_even_when_the_clock_is_set_back() -> None:
    now = dt.datetime(2026, 3, 1, 12, 0, 0, 999, tzinfo=dt.UTC)
    assert next_id([], "abcdef0123", now) == "20260301T120000Z-abcdef01"
    same = next_id(["20260301T120000Z-ffffffff"], "abcdef0123", now)
    assert same == "20260301T120001Z-abcdef01"
    back = next_id(["20260301T120000Z-ffffffff", "20270101T000000Z-00000000"], "abcdef0123", now)
    assert back == "20270101T000001Z-abcdef01"
    with pytest.raises(CrossbrandError, match="remove it"):
        next_id(["99991231T235959Z-00000000"], "abcdef0123", now)


def test_files_of_other_names_are_left_alone(folder: Folder) -> None:
    make_generations(folder, 1, 2, 3, 4, 5)
    names = ("notes.txt", "mine.duckdb", "20261399T000000Z-00000000.duckdb", "2026-XYZ.duckdb")
    others = [folder.of("bi") / name for name in names]
    for path in others:
        path.write_text("mine", encoding="utf-8")
    sweep(folder, 3)
    assert [path.read_text(encoding="utf-8") for path in others] == ["mine"] * 4
    assert len(folder.everything()) == 3


# --- what is said -------------------------------------------------------------------------------


def test_the_summary_says_what_changed(paths: Paths) -> None:
    _, said = run_build(paths, 1)
    assert "customers" in said
    _, said = run_build(paths, 4)
    lines = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.strip()}
    assert lines["customers"] == ["41", "44", "+3"]
    assert lines["orders"] == ["41", "44", "+3"]
    # By hand: the sum over i < n of ((v * 7919 + i * 104729) mod 100000) / 100.
    amounts = [
        sum((version * 7919 + i * 104729) % 100000 for i in range(people)) / 100
        for version, people in ((1, 41), (4, 44))
    ]
    assert lines["net"] == [
        "amount", f"{amounts[0]:,.2f}", f"{amounts[1]:,.2f}", f"{amounts[1] - amounts[0]:+,.2f}"
    ]  # fmt: skip
    assert "customer_360 41 → 44" in said


def environment(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    (paths.project / "dbt_project.yml").write_text("name: crossbrand\n", encoding="utf-8")
    monkeypatch.setenv("CROSSBRAND_PROJECT", str(paths.project))
    monkeypatch.setenv("CROSSBRAND_WAREHOUSE", str(paths.warehouse))
    monkeypatch.setenv("CROSSBRAND_PUBLISHED", str(paths.published))


def test_the_command_line_says_what_is_wrong_in_a_line(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(paths.project)
    environment(paths, monkeypatch)
    for arguments, message in (
        (["publish", "--list"], "Nothing has been published"),
        (["publish", "--generation", "x"], "Nothing has been published"),
        (["publish", "--list", "--generation", "x"], "give one of them"),
    ):
        assert cli.main(arguments) == 2
        assert message in capsys.readouterr().err
    run_build(paths, 1)
    assert cli.main(["publish", "--list"]) == 0
    assert "current" in capsys.readouterr().out
    assert cli.main(["publish", "--generation", "1999"]) == 2
    error = capsys.readouterr().err
    assert "names no generation" in error
    assert error.count("\n") == 1
    paths.published.rename(paths.published.with_name("elsewhere"))
    paths.published.write_text("a file", encoding="utf-8")
    assert cli.main(["publish", "--generation", "1999"]) == 2
    assert "there is no folder" in capsys.readouterr().err
    with pytest.raises(CrossbrandError, match="is no folder"):
        run_build(paths, 2)


def test_a_publishing_that_is_interrupted_leaves_nothing(
    paths: Paths, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is an exception like others, and cleans up at once, not by the next command.

    It is raised and not sent: what a shell starts in the background does not hear SIGINT.
    """
    run_build(paths, 1)
    was = snapshot(paths)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crossbrand.publish.generation.refuse_personal_data", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_build(paths, 2)
    assert snapshot(paths) == was
    assert not folder.staged("bi").exists()
