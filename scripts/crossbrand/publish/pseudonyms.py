"""Ids for readers who must not find a person: keyed hashes, which nobody else can make.

`customer_id` is a hash of the identifier that the customer was first seen under. Whoever knows an
e-mail address and this code can compute it, so in `bi` each such id is its HMAC-SHA256 with the key
`bi`. Equal ids stay equal, in every mart and generation, until the key is replaced. The digests are
computed here, and only they and the ids reach a table in memory: no statement holds the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from crossbrand.errors import CrossbrandError
from crossbrand.keys import Key

KEY_NAME = "bi"
KIND = "id"
DIGITS = 32
"""128 bits: as long as the ids that they stand for, and far from any collision."""

HASH = "^[0-9a-f]{32}([0-9a-f]{8}|[0-9a-f]{32})?$"
"""What an MD5, SHA-1 or SHA-256 looks like."""

_BATCH = 500_000
_TABLE = "temp.pseudonyms"


def pseudonym(key: Key, value: str) -> str:
    """The id that stands for `value` in what BI reads."""
    return key.digest(KIND, value)[:DIGITS]


@contextmanager
def pseudonyms_of(
    connection: duckdb.DuckDBPyConnection, key: Key, columns: Sequence[tuple[str, str]]
) -> Iterator[str]:
    """A temporary table (id, pseudonym) of all values of the columns, given as table and column.

    Its name is given; it is gone afterwards, and with it what joins an id to its pseudonym.
    """
    connection.execute("create or replace temp table pseudonyms (id varchar, pseudonym varchar)")
    try:
        values = " union ".join(
            f'select "{column}" as id from {table}' for table, column in columns
        )
        if values:
            reader = connection.cursor().execute(
                f"select id from ({values}) where id is not null"
            ).to_arrow_reader(_BATCH)  # fmt: skip
            for batch in reader:
                ids = batch.column(0)
                digests = [pseudonym(key, value) for value in ids.to_pylist()]
                told = pa.table({"id": ids, "pseudonym": pa.array(digests, pa.string())})
                connection.register("told_pseudonyms", told)
                connection.execute(f"insert into {_TABLE} from told_pseudonyms")
                connection.unregister("told_pseudonyms")
        yield _TABLE
    finally:
        connection.execute(f"drop table if exists {_TABLE}")


def select_list(
    columns: Sequence[str], hidden: Sequence[str], source: str, table: str = _TABLE
) -> str:
    """`select … from …` with the hidden columns' pseudonyms in the place of their values."""
    names = ", ".join(
        f'p{hidden.index(name)}.pseudonym as "{name}"' if name in hidden else f'source."{name}"'
        for name in columns
    )
    joins = "".join(
        f' left join {table} as p{number} on source."{name}" = p{number}.id'
        for number, name in enumerate(hidden)
    )
    return f"select {names} from {source} as source{joins}"


def refuse_plain_hashes(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]
) -> None:
    """Raise CrossbrandError where a text that is no pseudonym looks like a hash.

    What it is a hash of nobody can tell from here; of an e-mail address or a phone number it takes
    minutes to find out.
    """
    if not columns:
        return
    counts = ", ".join(
        f"count(*) filter (regexp_matches(\"{column}\", '{HASH}'))" for column in columns
    )
    found = connection.execute(f"select {counts} from {table}").fetchone()
    for column, number in zip(columns, found or (), strict=True):
        if number:
            mart = table.rsplit(".", 1)[-1].strip('"')
            raise CrossbrandError(
                f"{mart}.{column} holds {number:,} hashes without a key, and bi may have none, "
                "since a hash of something that can be guessed tells what it is of. Mark the "
                "column `meta: {pseudonym: true}` (or `withheld_from: [bi]`) in the mart's YAML."
            )
