"""Row samples of the newest deliveries, as shapes: the form that values have, never whose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa

from crossbrand.contract import Column, Feed
from crossbrand.paths import quoted

TIME = (
    r"^\s*(\d{4}-\d\d-\d\d([A-Za-z ]\d\d:\d\d(:\d\d([.,]\d+)?)?"
    r"( ?([A-Za-z]|[+-]\d\d(:?\d\d)?))?)?|\d{9,14}([.]\d+)?)\s*$"
)
NUMBER = r"^\s*[+-]?[\d .,]*\d[\d .,]*([Ee][+-]?\d+)?\s*$"

REGEXES = {
    "timestamp": TIME,
    "date": r"^\s*\d{4}-\d\d-\d\d",
    "decimal": NUMBER,
    "integer": r"^\s*[+-]?\d+([.,]0*)?\s*$",
    "boolean": r"(?i)^\s*(true|false|t|f|yes|no|y|n|1|0|1[.]0|0[.]0)\s*$",
}
NAMED = {
    "email": r"^[^@]+@[^@\s]+[.][A-Za-z]{2,}[\s>\"',;]*$",
    "phone": r"^\D{0,12}\d[\d\s()./~-]{4,24}\D*$",
    "country_code": r"^\s*[A-Za-z]{2}\s*$",
    "currency_code": r"^\s*[A-Za-z]{3}\s*$",
}


def format_of(column: Column) -> str | None:
    """The regular expression that a value of the column matches; None where any text is one."""
    if column.values:
        return rf"(?i)^\s*({'|'.join(column.values)})\s*$"
    return NAMED.get(column.name) or REGEXES.get(column.data_type)


def is_masked(column: Column) -> bool:
    """Whether the values of a column may name somebody: personal data, and every free text."""
    return column.pii or (column.data_type == "text" and not column.values)


def sample_feed(
    feed: Feed, landing: Path, deliveries: Mapping[str, Collection[date]], rows: int
) -> pa.Table | None:
    """At most `rows` rows of each brand's named deliveries, as text; None where no file is found.

    The letters and digits of what may name somebody are masked (a, A and 9), so neither the
    frames nor the pages made from them hold personal data. The same files give the same rows.
    """
    parts = []
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        for brand, load_dates in sorted(deliveries.items()):
            files = _files(landing / feed.name, brand, load_dates)
            if not files:
                continue
            listed = ", ".join(quoted(file) for file in files)
            relation = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
            present = {
                str(row[0]) for row in connection.execute(f"describe from {relation}").fetchall()
            }
            columns = ", ".join(_selected(column, present) for column in feed.columns)
            parts.append(
                connection.execute(
                    f"select {quoted(brand)} as scope, {columns} from "
                    f"(from {relation} using sample reservoir({rows} rows) repeatable (7))"
                ).to_arrow_table()
            )
    return pa.concat_tables(parts) if parts else None


def _files(root: Path, brand: str, load_dates: Collection[date]) -> list[str]:
    wanted = {load_date.isoformat() for load_date in load_dates}
    return sorted(
        str(path)
        for path in root.glob("brand=*/load_date=*/*.parquet")
        if unquote(path.parent.parent.name.removeprefix("brand=")) == brand
        and unquote(path.parent.name.removeprefix("load_date=")) in wanted
    )


def _selected(column: Column, present: set[str]) -> str:
    if column.name not in present:
        return f'null::varchar as "{column.name}"'
    text = f'"{column.name}"::varchar'
    if is_masked(column):
        text = rf"regexp_replace({text}, '\p{{Lu}}', 'A', 'g')"
        text = rf"regexp_replace({text}, '[\p{{Ll}}\p{{Lt}}\p{{Lm}}\p{{Lo}}]', 'a', 'g')"
        text = rf"regexp_replace({text}, '\p{{N}}', '9', 'g')"
    return f"nullif(trim({text}), '') as \"{column.name}\""
