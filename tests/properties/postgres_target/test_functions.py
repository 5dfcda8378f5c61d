"""What PostgreSQL's branches give, asked of a server: against Python, Unicode's data and DuckDB."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import psycopg
import pytest
from psycopg import sql

from tests.properties.postgres_server import address

__all__ = ["address"]

MACROS = Path(__file__).resolve().parents[3] / "macros"


class Returned(Exception):  # noqa: N818
    """How a macro of dbt leaves with a value that is no text."""


class Renderer:
    """The macros of cross_db by plain Jinja, each dispatched to one engine's branch."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        texts = [path.read_text("utf-8") for path in sorted((MACROS / "cross_db").glob("*.sql"))]
        names: dict[str, Any] = {
            "modules": {"re": re},
            "return": self.leave,
            "adapter": {"dispatch": lambda name, _: functools.partial(self.call, name)},
        }
        for name in re.findall(r"\{% macro (\w+)\(", "".join(texts)):
            names[name] = functools.partial(self.call_macro, name)
        self.macros: dict[str, Any] = {}
        for text in texts:
            module = environment.from_string(text, globals=names).make_module()
            for name in re.findall(r"\{% macro (\w+)\(", text):
                self.macros[name] = getattr(module, name)

    def leave(self, value: object) -> None:
        """`return` of dbt."""
        raise Returned(value)

    def call_macro(self, name: str, *arguments: Any) -> Any:
        """A macro by its whole name."""
        try:
            return self.macros[name](*arguments)
        except Returned as returned:
            return returned.args[0]

    def call(self, name: str, *arguments: Any) -> Any:
        """The branch of the engine, or the one that holds everywhere."""
        own = f"{self.engine}__{name}"
        return self.call_macro(own if own in self.macros else f"default__{name}", *arguments)

    def __call__(self, name: str, *arguments: Any) -> str:
        """The SQL that a macro gives."""
        return str(self.call(name, *arguments)).strip()


POSTGRES, DUCKDB = Renderer("postgres"), Renderer("duckdb")


@pytest.fixture(scope="module")
def server(address: str) -> Iterator[psycopg.Connection[Any]]:
    """A database that sorts and folds as the loader demands, with the functions, in their place."""
    with psycopg.connect(address, autocommit=True) as first:
        first.execute(
            "create database target template template0 encoding 'UTF8' "
            "lc_collate 'C' lc_ctype 'C.UTF-8'"
        )
    with psycopg.connect(
        address.replace("/postgres?", "/target?"),
        options="-c search_path=crossbrand_functions,pg_catalog,public -c timezone=UTC",
        autocommit=True,
    ) as connection:
        # Twice, as every build does.
        for _ in range(2):
            connection.execute(POSTGRES("create_functions").encode())
        yield connection


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB in UTC."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def ask(server: psycopg.Connection[Any], expression: str, values: list[Any]) -> list[Any]:
    """What an expression over `v` gives for each value, on the server."""
    kind = "text" if isinstance(values[0], str) else "double precision"
    rows = server.execute(
        f"select ({expression}) from unnest(%s::{kind}[]) with ordinality as given (v, place) "
        "order by place".replace("%s", sql.Literal(values).as_string(server)).encode()
    )
    return [row[0] for row in rows]


def ask_duck(duck: duckdb.DuckDBPyConnection, expression: str, values: list[Any]) -> list[Any]:
    """The same on DuckDB."""
    rows = duck.execute(
        f"select ({expression}) from (select unnest($1) as v, unnest(range(len($1))) as place) "
        "order by place",
        [values],
    )
    return [row[0] for row in rows.fetchall()]


@pytest.mark.parametrize("category", ["L", "M", "N", "Z", "Pd"])
def test_categories_are_unicodes(server: psycopg.Connection[Any], category: str) -> None:
    pattern = POSTGRES("regexp_literal", "^\\p{" + category + "}$")
    rows = server.execute(
        f"select code from generate_series(1, 200000) as codes (code) "
        f"where code not between 55296 and 57343 and chr(code) ~ {pattern}".encode()
    ).fetchall()
    found = {row[0] for row in rows if unicodedata.category(chr(row[0])) not in ("Cn", "Co", "Cs")}
    wanted = {
        code for code in range(1, 200_001) if unicodedata.category(chr(code)).startswith(category)
    }
    assert found == wanted


# Pattern, text, replacement, and what RE2 makes of it, by hand.
PATTERNS = [
    ("\\b(?:ing|mgr)\\b", "ing novak mgr. singer", "-", "- novak -. singer"),
    ("\\bdr\\b", "dr_ dr dr1", "-", "dr_ - dr1"),
    ("\\bing\\b", "ing ingЖ", "-", "- -Ж"),
    (">.*", "a>b\nc", "", "a\nc"),
    ("[.]0$", "12.0", "", "12"),
    ("^([^+]+)[+][^@]*@", "jan+x@a.cz", "\\1@", "jan@a.cz"),
    ("\\p{Pd}+", "a–—b", "-", "a-b"),
    ("[^\\p{L}]+", "Žluť 12 كو-ñ", " ", "Žluť كو ñ"),
    ("^[\\s\\x0b\\x{85}\\p{Z}]+", "\u00a0\u2003\t\x85 x ", "", "x "),
    ("[\\x{ad}\\x{200b}-\\x{200d}]", "a\u00adb\u200cc", "", "abc"),
    ("it's", "it's", "x''y", "x'y"),
]


def test_patterns_mean_what_they_mean_on_duckdb(
    server: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection
) -> None:
    for pattern, text, replacement, wanted in PATTERNS:
        arguments = ("v", pattern, replacement)
        assert ask(server, POSTGRES("regexp_replace_all", *arguments), [text]) == [wanted], pattern
        assert ask_duck(duck, DUCKDB("regexp_replace_all", *arguments), [text]) == [wanted], pattern


NUMBERS = [
    "1", "+1", "-1", " 1 ", "1.", ".5", ".", "1e5", "1E-5", "1e", "e5", "+.5", "-.5e1", "1.005",
    "0.015", "-0.015", "nan", "inf", "", "1e400", "1e-400", "99999999999999999999", "0x10", "1 2",
    "\u0661", "1\n", "--1", "+ 1", "1.2.3", "1e+5", "1e5.5", "00012.5", "999.995", "1_000",
    "9999999999999999.99", "9999999999999999.995",
]  # fmt: skip
MOMENTS = [
    "2024-01-01 24:00:00", "2024-01-01T24:00:00Z", "2024-01-01 24:00:01", "2024-01-01 23:59:60",
    "2024-01-01 10:00:00.123456789", "2024-01-01T10:00:00.1234567Z", "2024-01-01Z", "2024-01-01",
    "2024-01-01+02:00", "2024-02-30 10:00:00", "2024-02-29 10:00", "2023-02-29", "2024-1-01",
    "0001-01-01 00:00:00", "2024-01-01 10:00 +0230", "2024-01-01T10:00Z", "2024-01-01T10:00:00,5",
    "2024-01-01T10:00:00+14:30", "2024-01-01T10:00:00.5-02:00", "2024-01-01T10:00:00.5+02",
    "2024-01-01T10:00:00+15:00", "2024-01-01 1a:00:00", " 2024-01-01 10:00:00 ", "1700000000",
    "2024-01-01t10:00:00z", "1700000000.1234567", "1700000000123.45678", "17000000000",
    "12345678", "123456789012345", "2024-01-01 25:00:00", "2024-01-01 24:00:00+02:00", "epoch",
    "2024-01-01 24:30:00", "2024/01/01", "infinity", "2024-01-01T10:00:00 Z", "", "2024-13-01",
    "2024-01-01T10:60:00", "9999-12-31 23:59:59.999999", "2024-03-31 02:30:00",
]  # fmt: skip
DATES = [
    "2024-02-29", "2023-02-29", "2024-01-01T10:00", "2024-01-01 10:00:00+02:00", "2024-1-01",
    "2024/01/01", "2024-01-32", "2024-00-10", "2024-12-31x", "1900-02-29", "2000-02-29", "",
]  # fmt: skip
WHOLE = ["1", "-5", "+7", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "x",
         "", "007"]  # fmt: skip
LETTERS = ["Žluťoučký KŮŇ", "İΣΑΣ", "ßẞ", "ŁÓDŹ", "e\u0301", "\u212b", "ЇЖАК", "ÀÉÎõü", "Ǆ"]


@pytest.mark.parametrize(
    ("macro", "arguments", "values"),
    [
        ("safe_decimal", (18, 2), NUMBERS),
        ("safe_timestamp", (), MOMENTS),
        ("safe_date", (), DATES),
        ("safe_bigint", (), WHOLE),
        ("lower_case", (), LETTERS),
        ("unicode_nfc", (), LETTERS),
        ("strip_accents", (), LETTERS),
        ("hash_bigint", (), LETTERS),
        ("hash_sha256", (), LETTERS),
        ("is_plain_text", (), ["abc", "a b", " a", "a ", "a~!"]),
    ],
)
def test_texts_are_read_as_on_duckdb(
    server: psycopg.Connection[Any],
    duck: duckdb.DuckDBPyConnection,
    macro: str,
    arguments: tuple[int, ...],
    values: list[str],
) -> None:
    found = ask(server, POSTGRES(macro, "v", *arguments), values)
    wanted = ask_duck(duck, DUCKDB(macro, "v", *arguments), values)
    assert dict(zip(values, found, strict=True)) == dict(zip(values, wanted, strict=True))


def test_numbers_are_divided_and_rounded_as_on_duckdb(server: psycopg.Connection[Any]) -> None:
    row = server.execute(
        "select 7 / 2, 7::bigint / 2, 7.0 / 2, round(2.5::double precision), "
        "round(-2.5::double precision), round(0.49999999999999994::double precision), "
        "round(1.25::double precision, 1), exp(-1000::double precision), "
        "max(b), min(b), pg_typeof(7.0 / 2)::text, pg_typeof(cast(1 as double) + 1)::text "
        "from (values (true), (false), (null)) as three (b)"
    ).fetchone()
    assert row == (3.5, 3.5, 3.5, 3, -3, 0, 1.3, 0, True, False, *["double precision"] * 2)


def test_times_become_numbers_and_return(server: psycopg.Connection[Any]) -> None:
    # 19,000 days and a microsecond less than two hours, by hand.
    micros = 19_000 * 86_400_000_000 + 7_199_999_999
    moment = "timestamp '2022-01-08 01:59:59.999999'"
    row = server.execute(
        f"select {POSTGRES('epoch_microseconds', moment)}, "
        f"{POSTGRES('from_epoch_microseconds', str(micros))} = {moment}, "
        f"{POSTGRES('iso_weekday', moment)}".encode()
    ).fetchone()
    assert row == (micros, True, 6)


def test_the_first_value_and_joined_texts(server: psycopg.Connection[Any]) -> None:
    row = server.execute(
        f"select {POSTGRES('first_by', 'value', 'place')}, {POSTGRES('joined_text', 'value')}, "
        f"{POSTGRES('joined_text_by', 'kind', '-place', ' > ')} "
        "from (values (3, 'a', 'x'), (1, null, 'y'), (2, 'b', 'z')) "
        "as given (place, value, kind)".encode()
    ).fetchone()
    assert row == ("b", "a,b", "x > z > y")


def test_a_struct_becomes_the_same_text(
    server: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection
) -> None:
    columns = ["a", "b", "c", "d"]
    given = "from (select 'x\"\\/' as a, cast(null as varchar) as b, 1.50 as c, true as d) as given"
    of_server = server.execute(
        f"select {POSTGRES('json_text', POSTGRES('struct_of_text', columns))} {given}".encode()
    ).fetchall()
    of_duckdb = duck.execute(
        f"select {DUCKDB('json_text', DUCKDB('struct_of_text', columns))} {given}"
    ).fetchall()
    wanted = '{"a":"x\\"\\\\/","b":null,"c":"1.50","d":"true"}'
    assert of_server == of_duckdb == [(wanted,)]
