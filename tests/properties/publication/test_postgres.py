"""Publishing into PostgreSQL, with a server of its own that lives as long as this file's tests."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb
import psycopg
import pytest
from rich.console import Console

from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths
from crossbrand.privacy import erase as erasing
from crossbrand.privacy.erase import STEPS
from crossbrand.privacy.journal import Journal
from crossbrand.privacy.places import PrivacyFolder
from crossbrand.publish.folder import Folder
from crossbrand.publish.postgres import (
    ADVISORY_LOCK,
    MARK,
    _write_rows,
    publish_to_postgres,
    without_secrets,
)
from crossbrand.publish.run import go_back
from tests.properties.postgres_server import address
from tests.properties.publication.stand_in import make_paths, run_build

__all__ = ["address"]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """Two generations, the second current."""
    paths = make_paths(tmp_path_factory.mktemp("postgres"))
    run_build(paths, 1)
    run_build(paths, 2)
    return paths


@pytest.fixture
def paths(published: Paths, address: str) -> Paths:
    """The same, and a database without either."""
    with psycopg.connect(address, autocommit=True) as server:
        for (schema,) in server.execute(
            "select nspname from pg_namespace where nspname ~ '^(bi|activation|own)'"
        ).fetchall():
            server.execute(f'drop schema "{schema}" cascade')
    return published


def publish(paths: Paths, address: str) -> str:
    said = io.StringIO()
    publish_to_postgres(paths, Console(file=said, width=200), address)
    return said.getvalue()


def ask(address: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as server:
        return server.execute(sql).fetchall()


def schemas(address: str) -> set[str]:
    found = ask(address, "select nspname from pg_namespace where nspname ~ '^(bi|activation)'")
    return {name for (name,) in found}


def test_the_database_has_what_the_files_have(paths: Paths, address: str) -> None:
    publish(paths, address)
    for role in ("bi", "activation"):
        with duckdb.connect(str(paths.published / role / "current"), read_only=True) as file:
            tables = [name for (name,) in file.execute("show tables").fetchall()]
            assert "kpi_daily" in tables
            for table in tables:
                query = f"select * from {{}}{table} order by 1, 2"
                assert (
                    ask(address, query.format(f"{role}."))
                    == file.execute(query.format("")).fetchall()
                )
    assert ask(address, "select obj_description('bi.kpi_daily'::regclass)") == [
        ("One row per day.",)
    ]
    columns = "select column_name from information_schema.columns where table_schema = 'bi'"
    assert ("email",) not in ask(address, columns)
    kinds = ask(
        address,
        "select data_type, numeric_precision, numeric_scale from information_schema.columns "
        "where table_schema = 'bi' and table_name = 'kpi_daily' order by ordinal_position",
    )
    assert kinds == [("date", None, None), ("bigint", 64, 0), ("numeric", 18, 2), ("bigint", 64, 0)]


def test_the_query_that_the_documentation_shows(project: Path, paths: Paths, address: str) -> None:
    text = (project / "docs" / "publication.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"psql \"\$ADDRESS\" -c '(.*?)'", text)
    publish(paths, address)
    with duckdb.connect(str(paths.published / "bi" / "current"), read_only=True) as file:
        counted = file.execute("select count(*) from customer_360").fetchall()
    assert counted != [(0,)]
    assert ask(address, shown) == counted


def test_every_text_arrives_as_it_is(address: str, tmp_path: Path) -> None:
    """Tabs, line ends, backslashes, quotes, what looks like a null or an end, but no zero byte."""
    awkward = ["a\tb", "a\nb", "a\r\nb", "\\", "\\N", "\\.", "\n\\.\n", '"', '""', "'", "", " ",
               "ž😀", "a\\tb", "x\x00y", None]  # fmt: skip
    with duckdb.connect() as reader, psycopg.connect(address) as server:
        reader.execute("create table t (i integer, s varchar, d date, n decimal(9, 2))")
        row = (date(2024, 2, 29), Decimal("-0.05"))
        reader.executemany(
            "insert into t values (?, ?, ?, ?)",
            [[number, text, *row] for number, text in enumerate(awkward)],
        )
        columns = [("i", "INTEGER"), ("s", "VARCHAR"), ("d", "DATE"), ("n", "DECIMAL(9,2)")]
        _write_rows(reader, "t", columns, tmp_path / "rows")
        server.execute("create temporary table t (i integer, s text, d date, n numeric(9, 2))")
        with server.cursor().copy("copy t from stdin") as sink:
            sink.write((tmp_path / "rows").read_bytes())
        came = server.execute("select * from t order by i").fetchall()
    expected = [text.replace("\x00", "") if text else text for text in awkward]
    assert came == [(number, text, *row) for number, text in enumerate(expected)]


def test_a_swap_keeps_grants_and_waits_for_no_reader(
    paths: Paths, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossbrand.publish.postgres.DROP_TIMEOUT", "50ms")
    publish(paths, address)
    first, second = Folder(paths.published).everything()
    with psycopg.connect(address, autocommit=True) as server:
        server.execute("drop role if exists board; create role board login")
        server.execute(
            "grant usage on schema bi to board; grant select on all tables in schema bi to board"
        )
        server.execute("grant insert on bi.kpi_daily to board with grant option")
    board = address.replace("crossbrand:s3cr%40t", "board")
    with psycopg.connect(board) as reader:
        reader.execute("select * from bi.kpi_daily")
        go_back(paths, Console(file=io.StringIO()), first)
        said = publish(paths, address)
        assert "Somebody still reads bi__old_" in said
        assert ask(board, "select generation_id from bi._generation") == [(first,)]
        assert len(schemas(address)) == 3
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(board, "select * from activation.kpi_daily")
    assert ask(
        address, "select privilege_type, is_grantable from information_schema.table_privileges "
        "where grantee = 'board' and table_schema = 'bi' and table_name = 'kpi_daily' order by 1"
    ) == [("INSERT", "YES"), ("SELECT", "NO")]  # fmt: skip
    go_back(paths, Console(file=io.StringIO()), second)
    publish(paths, address)
    assert schemas(address) == {"bi", "activation"}, "nobody reads the old one now"


def test_what_a_killed_publishing_left_is_dropped(paths: Paths, address: str) -> None:
    publish(paths, address)
    with psycopg.connect(address, autocommit=True) as server:
        server.execute("create schema bi__new; create table bi__new.kpi_daily (half integer)")
        server.execute(f"comment on schema bi__new is '{MARK}'")
    publish(paths, address)
    assert schemas(address) == {"bi", "activation"}


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("create schema bi", "has a schema bi that crossbrand did not make"),
        ("create schema bi__new", "has a schema bi__new that crossbrand did not make"),
        (
            "{published} create schema own; create view own.board as select * from bi.kpi_daily",
            r"The view own\.board reads bi\.kpi_daily",
        ),
        ("{published} create table bi.mine (one integer)", r"bi\.mine was not published by"),
    ],
)
def test_what_others_made_is_never_dropped(
    paths: Paths, address: str, made: str, message: str
) -> None:
    if "{published}" in made:
        publish(paths, address)
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(made.replace("{published}", ""))
    everything = "select oid, relname from pg_class where relname !~ '^pg_' order by oid"
    was = ask(address, everything)
    with pytest.raises(CrossbrandError, match=message):
        publish(paths, address)
    assert ask(address, everything) == was


@pytest.mark.parametrize(
    ("wrong", "secret"),
    [
        ("postgresql://u:hunter2@localhost:1/x", "hunter2"),
        ("postgresql://u:hunter2%21@[::1/x", "hunter2"),
        ("postgresql://u:hunter2@/x?nothing=1", "hunter2"),
        ("postgresql:///x?password=hunter2&nothing=1", "hunter2"),
        ("host=/nowhere user=u password=hunter2", "hunter2"),
        ("host=/nowhere password='hunter 2' nothing", "hunter 2"),
        ("hunter2", "hunter2"),
    ],
)
def test_the_password_is_never_told(paths: Paths, wrong: str, secret: str) -> None:
    with pytest.raises(CrossbrandError, match="PostgreSQL said no") as caught:
        publish(paths, wrong)
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None


def test_secrets_are_found_in_both_forms_of_an_address() -> None:
    for written in (
        "postgresql://u:p%40ss@h/d",
        "host=h password='p@ss' user=u",
        "password = p@ss",
    ):
        assert "p@ss" not in without_secrets(f"no {written} or p%40ss or p@ss", written)


def test_one_publisher_at_a_time_and_the_next_waits_a_moment(
    paths: Paths, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = f"select pg_advisory_lock({ADVISORY_LOCK})"
    with psycopg.connect(address, autocommit=True) as other:
        other.execute(take)
        monkeypatch.setattr("crossbrand.publish.postgres.LOCK_TIMEOUT", "50ms")
        with pytest.raises(CrossbrandError, match="Another command is publishing"):
            publish(paths, address)
        monkeypatch.setattr("crossbrand.publish.postgres.LOCK_TIMEOUT", "20s")
        leaving = Timer(0.3, other.close)
        leaving.start()
        publish(paths, address)
        leaving.join()


def test_an_erasure_waits_until_nobody_reads_the_person(
    paths: Paths, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step of `crossbrand erase --postgres`: the schema that is read still names them."""
    monkeypatch.setattr("crossbrand.publish.postgres.DROP_TIMEOUT", "50ms")
    publish(paths, address)
    journal = Journal("e1", "2025-06-01T00:00:00+00:00", "somebody", "key", has_postgres=True)
    folder = PrivacyFolder(tmp_path / "privacy", tmp_path / "keys")
    said = io.StringIO()
    console = Console(file=said, width=200)
    monkeypatch.setattr(erasing, "STEPS", tuple(one for one in STEPS if one[0] == "postgres"))
    monkeypatch.setattr(erasing, "RowReader", lambda _: None)
    with psycopg.connect(address) as reader:
        reader.execute("select * from activation.customer_360")
        assert not erasing._run(journal, paths, folder, console, address)
    assert "activation__old_" in said.getvalue()
    assert "--postgres ADDRESS" not in said.getvalue()
    assert len(schemas(address)) == 3
    assert not erasing._run(journal, paths, folder, console, None)
    assert "--postgres ADDRESS" in said.getvalue()
    assert erasing._run(journal, paths, folder, console, address)
    assert schemas(address) == {"bi", "activation"}
    assert journal.results == {"postgres": True}
