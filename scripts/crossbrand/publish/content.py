"""What stands in a published table: its hash, and whether a person stands in it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from crossbrand.errors import CrossbrandError

EMAIL = r"[^\s@<>]+@[^\s@<>]+\.[A-Za-z]{2,}"
PHONE = r"(^|[^0-9A-Za-z])\+[1-9][0-9]{8,14}([^0-9]|$)"


def hash_table(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    """The number of rows, and '<rows>:<sum of half the MD5 of every row's text>'.

    It does not depend on the order of the rows and sees every byte and name of every column.
    """
    alias = table.rsplit(".", 1)[-1]
    row = connection.execute(
        f"select count(*), coalesce(sum(md5_number_lower({alias}::varchar)::hugeint), 0) "
        f"from {table}"
    ).fetchone()
    assert row is not None
    return int(row[0]), f"{row[0]}:{row[1]}"


def refuse_personal_data(
    connection: duckdb.DuckDBPyConnection, table: str, text_columns: Sequence[str]
) -> None:
    """Raise CrossbrandError where a text holds an e-mail address or an international phone number.

    What is personal is declared by column, and a declaration does not stop somebody from typing
    an address into a field for something else. These two forms cannot be there by chance.
    """
    if not text_columns:
        return
    counts = ", ".join(
        f"""count(*) filter (
            (contains("{column}", '@') and regexp_matches("{column}", '{EMAIL}'))
            or (contains("{column}", '+') and regexp_matches("{column}", '{PHONE}'))
        )"""
        for column in text_columns
    )
    found = connection.execute(f"select {counts} from {table}").fetchone()
    for column, number in zip(text_columns, found or (), strict=True):
        if number:
            mart = table.rsplit(".", 1)[-1].strip('"')
            raise CrossbrandError(
                f"{mart}.{column} holds an e-mail address or a phone number in {number:,} rows, "
                "and bi may have none. Mark the column `meta: {withheld_from: [bi]}` (or `pii: "
                "true`) in the mart's YAML, or mend the rows at their source."
            )
