"""Rows that engines like to read differently, added to a sample's landing of text.

Of each feed a few rows of two brands are taken and varied: nothing but what is required; blanks and
the word null; Unicode that is composed, decomposed, invisible, right to left or outside the basic
plane; and the moments at which clocks and calendars jump (the nights of summer time in Prague and
Warsaw, ends of years and months, leap days), written in every form that the contract allows. Each
has a key of its own, and none is random. `python -m crossbrand.spark.hard_rows LANDING` adds them.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand.contract import Feed, load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.paths import find_paths

BRANDS = ("aster", "birch")
FILE = "hard-rows.parquet"
BASE_ROWS = 8

# Both zones go to summer time and back at 01:00 UTC; years end at 22:00 or 23:00 UTC there.
MOMENTS = (
    "2025-03-30 00:59:59.999999", "2025-03-30 01:00:00", "2025-03-30 01:30:00",
    "2024-10-26 23:30:00", "2024-10-27 00:00:00", "2024-10-27 00:30:00", "2024-10-27 00:59:59.5",
    "2024-10-27 01:00:00", "2024-10-27 01:30:00.000001", "2024-12-31 22:59:59.999999",
    "2024-12-31 23:00:00", "2024-12-31 23:59:59", "2025-01-01 00:00:00", "2024-02-28 23:30:00",
    "2024-02-29 00:00:00", "2024-02-29 23:59:59.999999", "2024-03-01 00:00:00",
    "2025-02-28 23:00:00", "2025-03-01 00:00:00", "2020-02-29 12:00:00", "2000-02-29 00:00:00",
)  # fmt: skip
ZONES = (0, 60, 120, 330, -570, 840)
TEXTS = (
    "P\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148",
    "Pr\u030ci\u0301lis\u030c", "\u0141\u00f3d\u017a \u0104\u0119\u0142", "Stra\u00dfe \u1e9e",
    "\u0130stanbul I\u0131i", "\ufb01n \ufb03", "e\u0302\u0301 u\u0308\u030c",
    "\u0391\u03b8\u03ae\u03bd\u03b1 \u03a3\u03c2",
    "\u041c\u043e\u0441\u043a\u0432\u0430 \u0451 \u0439", "\u200bzero\u200bwidth\ufeff",
    "\u00a0hard\u00a0blank\u2009", "\u202eright to left", "\u05e9\u05dc\u05d5\u05dd",
    "\u6771\u4eac", "\ud55c\uae00", "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\U0001d54f\U0001d550", "a\tb\nc", "it's \"quoted\" \\n %s {{ 0 }}", "null", "NULL", "N/A",
    "-", "O\u2019Neill", "A|B,C;D", "\u00c5 \u212b \u212a", "\u039f\u0394\u039f\u03a3",
    "\u1e69\u0323",
)  # fmt: skip
EMAILS = (
    "J\u00e1na.Nov\u00e1kov\u00e1@Example.com", "jana+hard@example.com", " JANA@EXAMPLE.COM ",
    "jana@b\u00fccher.example", "<jana@example.com>", "mailto:jana@example.com", "jana@example",
    "jana\u200b@example.com", "j.a.n.a@gmail.com", "jana@example.com.", "\u0130an@example.com",
)  # fmt: skip
PHONES = (
    "+420 601 123 456", "00420601123456", "601123456", "(601) 123-456", "+48 601 123 456",
    "48601123456", "+421 905 123 456", "\u0660\u0661\u0662", "+36 20 123 4567", "06 20 123 4567",
    "123", "+1 202 555 0143",
)  # fmt: skip
DECIMALS = (
    "12,30", "1 234,50", "1\u00a0234.5", "-0", "0.005", "12.345", "1e3", "1E-3", "+5", "1_000",
    ".5", "5.",
)  # fmt: skip
BOOLEANS = ("TRUE", "f", "Yes", "0", "1", "t", "no", "ANO", "maybe", "")
DATES = (
    "2024-02-29", "2023-02-29", "1900-02-28", "2000-02-29T23:30:00+02:00", "1999-12-31",
    "31.12.1999",
)  # fmt: skip
INTEGERS = ("1", "01", "+2", "3.0", "1e1", "2147483648", "-1", " 4 ", "five")


def written(moment: str, form: int) -> str:
    """A moment in UTC in one of the forms that the contract allows."""
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    zone = timezone(timedelta(minutes=ZONES[form % len(ZONES)]))
    forms = (
        at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        at.astimezone(zone).isoformat(),
        at.astimezone(zone).isoformat(sep=" "),
        at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        str(round(at.timestamp())),
        f"{round(at.timestamp() * 1000)}",
        at.astimezone(zone).strftime("%Y-%m-%dT%H:%M%z"),
    )
    return forms[form % len(forms)]


def hard_rows(feed: Feed, bases: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    """Variations of the given rows of a feed, each under a key of its own."""
    required = {column.name for column in feed.columns if column.required} | set(feed.key)
    types = {column.name: column.data_type for column in feed.columns}
    closed = {column.name for column in feed.columns if column.values}
    rows: list[dict[str, str | None]] = []

    def vary(changes: dict[str, str | None]) -> None:
        base = bases[len(rows) % len(bases)]
        kept = {name: value for name, value in changes.items() if name in base}
        rows.append({**base, **kept, feed.key[0]: f"hard-{len(rows)}"})

    optional = [name for name in types if name not in required]
    for empty in (None, "", "  ", "null", "\u200b", "N/A"):
        vary(dict.fromkeys(optional, empty))
    texts = [name for name in optional if types[name] == "text" and name not in closed]
    for number, text in enumerate(TEXTS):
        vary({
            name: EMAILS[number % len(EMAILS)] if name == "email"
            else PHONES[number % len(PHONES)] if name == "phone" else text
            for name in texts
        })  # fmt: skip
    moments = [name for name, kind in types.items() if kind == "timestamp"]
    for number, moment in enumerate(MOMENTS):
        vary({name: written(moment, number + place) for place, name in enumerate(moments)})
    for kind, values in (
        ("decimal", DECIMALS), ("boolean", BOOLEANS), ("date", DATES), ("integer", INTEGERS),
    ):  # fmt: skip
        named = [name for name in types if types[name] == kind and name not in feed.key]
        for value in values if named else ():
            vary(dict.fromkeys(named, value))
    return rows


def add_hard_rows(landing: Path, project: Path) -> int:
    """Write two files of hard rows for each feed and brand of the landing; return how many rows.

    Raises CrossbrandError where there is no landing.
    """
    if not landing.is_dir():
        raise CrossbrandError(f"There is no landing at {landing}.")
    count = 0
    for feed in load_contract(project).values():
        for brand in BRANDS:
            folder = landing / feed.name / f"brand={brand}"
            days = sorted(folder.glob("load_date=*"))
            if len(days) < 2:
                continue
            with duckdb.connect() as connection:
                found = connection.read_parquet(
                    [str(path) for path in sorted(folder.rglob("*.parquet")) if path.name != FILE],
                    union_by_name=True,
                    hive_partitioning=False,
                )
                names = found.columns
                chosen = found.order(", ".join(f'"{name}"' for name in names)).limit(BASE_ROWS)
                bases = [dict(zip(names, row, strict=True)) for row in chosen.fetchall()]
            rows = hard_rows(feed, bases)
            schema = pa.schema([(name, pa.string()) for name in names])
            # Some come with an earlier day, so that a build of the later days finds both.
            for day, part in ((days[len(days) * 3 // 4 - 1], rows[::2]), (days[-1], rows[1::2])):
                pq.write_table(pa.Table.from_pylist(part, schema=schema), day / FILE)
            count += len(rows)
    return count


def main(arguments: list[str]) -> int:
    """Add; 2 where that cannot be done."""
    if len(arguments) != 1:
        print("usage: python -m crossbrand.spark.hard_rows LANDING", file=sys.stderr)
        return 2
    try:
        count = add_hard_rows(Path(arguments[0]).absolute(), find_paths().project)
    except CrossbrandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{count} hard rows added to {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
