"""Broken rows and broken files, each with its fate. To add one, add a line.

ROWS are lines of one CSV file of orders that is landed and built. `changes` are the fields that
differ from a valid order, as raw CSV (so with the quotes that they have in the file); `line`
replaces the whole record instead, and {id} in it is the case's order id. The fates:

    landed                     read as it is
    repaired COLUMN VALUE      the typed column of staging holds the value
    null COLUMN                it is null and the row counts; landing_quality counts the value
    staging REASON COLUMN      rejected_records has the row, refused by staging
    line REASON [NUMBER]       the landing put the line aside (or so many lines of it)

FILES are whole files of orders. Their fates:

    refused WORDS                 not landed; the message has these words
    landed ROWS [rejected ROWS]   so many records landed, so many put aside
"""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = (
    "order_id",
    "ordered_at",
    "status",
    "sales_channel",
    "currency_code",
    "total_amount",
    "discount_amount",
    "email",
    "phone",
    "is_test",
    "updated_at",
    "remark",
)
VALID = {
    "ordered_at": "2025-02-28T10:00:00Z",
    "status": "paid",
    "sales_channel": "eshop",
    "currency_code": "CZK",
    "total_amount": "100.00",
    "discount_amount": "5.00",
    "email": "jana@example.com",
    "phone": "601123456",
    "is_test": "false",
    "updated_at": "2025-02-28T11:00:00Z",
    "remark": "fine",
}
LOAD_DATE = "2025-03-01"


def line_of(order_id: str, **changes: str) -> str:
    """An order as a CSV line; only what is changed may need quotes."""
    values = {"order_id": order_id} | VALID | changes
    return ",".join(values[column] for column in COLUMNS)


WHOLE = line_of("{id}")
SHORT = line_of("{id}").rsplit(",", 1)[0]


@dataclass(frozen=True)
class RowCase:
    """One broken row: its story, its fate, and how it differs from a valid one."""

    story: str
    fate: str
    changes: dict[str, str] = field(default_factory=dict)
    line: str = ""


def row(story: str, fate: str, line: str = "", **changes: str) -> RowCase:
    return RowCase(story, fate, changes, line)


# fmt: off
ROWS: list[RowCase] = [
    # Quotes and widths: the landing decides.
    row("a quote that is never closed", "line unclosed_quote", remark='"left open'),
    row("a quote never closed in the first field", "line unclosed_quote", line='"' + WHOLE),
    row("text behind a closing quote", "line broken_quote", remark='"said" so'),
    row("quotes inside quotes that are not doubled", "line broken_quote", remark='"the "red" one"'),
    row("a field too many", "line wrong_field_count", line=WHOLE + ",more"),
    row("a field too few", "line wrong_field_count", line=SHORT),
    row("a delimiter that nobody quoted", "line wrong_field_count", remark="red, large"),
    row("a decimal comma that nobody quoted", "line wrong_field_count", total_amount="12,30"),
    row("nothing but the key", "line wrong_field_count", line="{id}"),
    row("a whole line of another file", "line wrong_field_count", line="{id};2025-02-28;paid"),
    row("two records run together", "line wrong_field_count", line=WHOLE + "," + WHOLE),
    row("two records with only a carriage return between", "line mixed_line_ends 2",
        line=WHOLE + "\r" + WHOLE),
    row("the same, with quotes at the end and the beginning", "line mixed_line_ends 2",
        line=line_of("{id}", remark='"fine"') + '\r"{id}' + WHOLE[4:].replace(",", '",', 1)),
    row("the same, with a text over lines behind it", "line mixed_line_ends 2",
        line=WHOLE + "\r" + line_of("{id}", remark='"two\nlines"')),
    row("a line cut in the middle", "line wrong_field_count", line="{id},2025-02-28T10:0"),
    row("text that holds a record", "line ambiguous_quote 3",
        line=line_of("{id}", remark='"see\n' + line_of("forged") + '\nthere"')),
    row("a quote opened here and closed in the next record", "line ambiguous_quote 2",
        line=line_of("{id}", remark='"open') + "\n" + line_of("{id}", remark='closed"')),
    row("text over two lines", "landed", remark='"first line\nsecond line"'),
    row("text over lines, one of them blank", "landed", remark='"first\n\nthird"'),
    row("text with a comma on each of two lines", "landed", remark='"one, two\nthree, four"'),
    row("quotes doubled as they should be", "landed", remark='"the ""red"" one"'),
    row("an inch sign in a plain field", "landed", remark='5" screen'),
    row("a quote at the end of a plain field", "landed", remark='half"'),
    row("an empty quoted field", "null discount_amount_original", discount_amount='""'),
    row("every field in quotes", "landed",
        line=",".join(f'"{part}"' for part in WHOLE.split(","))),
    row("a carriage return inside a field", "landed", remark="one\rtwo"),
    row("a zero byte", "line null_byte", remark="zero\x00byte"),
    row("a zero byte inside quotes", "line null_byte", remark='"zero\x00byte"'),
    row("bytes that are no text", "line unreadable_encoding", remark="\udcff\udcfe"),
    row("a letter of another encoding", "line unreadable_encoding", remark="caf\udce9"),
    row("half of a character", "line unreadable_encoding", remark="ca\udcc3"),
    row("an overlong zero", "line unreadable_encoding", remark="\udcc0\udc80"),
    row("half of a surrogate pair", "line unreadable_encoding", remark="\udced\udca0\udc80"),
    # Required values: staging decides, and keeps the row with its reason.
    row("no status", "staging missing_value status", status=""),
    row("a status of blanks", "staging missing_value status", status="   "),
    row("a status that nobody listed", "staging unknown_value status", status="sent"),
    row("a channel that nobody listed", "staging unknown_value sales_channel", sales_channel="fax"),
    row("no channel", "staging missing_value sales_channel", sales_channel=""),
    row("no time", "staging missing_value ordered_at", ordered_at=""),
    row("a time in words", "staging unreadable_value ordered_at", ordered_at="yesterday"),
    row("no such day", "staging unreadable_value ordered_at", ordered_at="2025-02-30"),
    row("a local form of a day", "staging unreadable_value ordered_at", ordered_at="28.02.2025"),
    row("a month first", "staging unreadable_value ordered_at", ordered_at="02/28/2025"),
    row("an hour that does not exist", "staging unreadable_value ordered_at",
        ordered_at="2025-02-28T25:00:00Z"),
    row("the future", "staging future_time ordered_at", ordered_at="2025-03-03T00:00:01Z"),
    row("the end of all times", "staging future_time ordered_at", ordered_at="9999-12-31"),
    row("the beginning of all times", "staging ancient_time ordered_at", ordered_at="1970-01-01"),
    row("milliseconds sent as seconds", "staging ancient_time ordered_at", ordered_at="174073680"),
    row("microseconds", "staging unreadable_value ordered_at", ordered_at="1740736800123456"),
    row("no version time", "staging missing_value updated_at", updated_at=""),
    row("a version from the future", "staging future_time updated_at", updated_at="2031-01-01"),
    row("no amount", "staging missing_value total_amount", total_amount=""),
    row("an amount in words", "staging unreadable_value total_amount", total_amount="free"),
    row("amount with currency", "staging unreadable_value total_amount", total_amount="5 EUR"),
    row("no number", "staging unreadable_value total_amount", total_amount="nan"),
    row("an amount without end", "staging unreadable_value total_amount", total_amount="inf"),
    row("an amount in two groups", "staging unreadable_value total_amount", total_amount="12 34"),
    row("more money than there is", "staging unreadable_value total_amount", total_amount="1e20"),
    row("a hexadecimal amount", "staging unreadable_value total_amount", total_amount="0x10"),
    row("no currency", "staging missing_value currency_code", currency_code=""),
    row("a currency sign", "staging unreadable_value currency_code", currency_code="Kč."),
    row("a currency without a rate", "staging no_exchange_rate currency_code", currency_code="XXX"),
    row("a command in place of a status", "staging unknown_value status",
        status="'; drop table orders; --"),
    row("a template in place of a time", "staging unreadable_value ordered_at",
        ordered_at="{{ 1 / 0 }}"),
    # Repairs.
    row("a decimal comma", "repaired total_amount_original 12.30", total_amount='"12,30"'),
    row("blank thousands", "repaired total_amount_original 1234.50", total_amount='"1 234,50"'),
    row("thousands with hard blanks", "repaired total_amount_original 1234.50",
        total_amount='"1\u00a0234,50"'),
    row("a minus sign of typesetters", "repaired total_amount_original -12.30",
        total_amount="\u221212.30"),
    row("three decimals", "repaired total_amount_original 12.35", total_amount="12.345"),
    row("an amount with an exponent", "repaired total_amount_original 1000.00", total_amount="1e3"),
    row("a status in capitals", "repaired status paid", status=" PAID "),
    row("a currency in small letters", "repaired currency_code CZK", currency_code="czk"),
    row("epoch seconds", "repaired ordered_at 2025-02-28 10:00:00", ordered_at="1740736800"),
    row("epoch in ms", "repaired ordered_at 2025-02-28 10:00:00", ordered_at="1740736800000"),
    row("an offset", "repaired ordered_at 2025-02-28 08:00:00",
        ordered_at="2025-02-28T10:00:00+02:00"),
    row("a name around an address", "repaired email jana@example.com",
        email='"Jana <Jana@Example.com>"'),
    row("an invisible sign in an address", "repaired email jana@example.com",
        email="jana\u200b@example.com"),
    row("a phone as people write it", "repaired phone +420601123456", phone="601 123 456"),
    row("yes", "repaired is_test True", is_test="Yes"),
    # Optional values that nobody can read: null, and counted.
    row("no address at all", "null email", email="not an address"),
    row("an address without a domain", "null email", email="jana@"),
    row("a short phone", "null phone", phone="12"),
    row("perhaps a test", "null is_test", is_test="maybe"),
    row("a discount in words", "null discount_amount_original", discount_amount="abc"),
    row("a formula", "null discount_amount_original", discount_amount="=1+1"),
    row("a formula in a text", "landed", remark="=cmd|' /C calc'!A0"),
    row("a script in a text", "landed", remark="<script>alert(1)</script>"),
]


@dataclass(frozen=True)
class FileCase:
    """One broken file: its name, its story, its fate, its bytes and the options of `land`."""

    story: str
    fate: str
    name: str
    data: bytes
    options: dict[str, Any] = field(default_factory=dict)


def text(*rows: str, header: str = ",".join(COLUMNS), end: str = "\n") -> str:
    return end.join((header, *rows)) + end


def parquet(**columns: Any) -> bytes:
    """Two valid orders with other columns in place of some."""
    base: dict[str, Any] = {name: [value] * 2 for name, value in VALID.items()}
    table = pa.table({"order_id": ["p1", "p2"]} | base | columns)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def objects(*rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


R1, R2, R3 = line_of("o1"), line_of("o2"), line_of("o3")
OBJECT = {"order_id": "j1"} | VALID
PLAIN = text(R1, R2, R3)
CZECH = text(*(line_of(f"o{i}", remark="Příliš žluťoučký kůň úpěl ďábelské ódy") for i in range(4)))
FRENCH = text(line_of("o1", remark="Hélène"))
RENAMED = PLAIN.replace("total_amount", "total_amout")
PARQUET = parquet()
MARTIAN = pa.list_(pa.timestamp("ms", "Mars/Base"))

FILES: list[FileCase] = [
    FileCase("an empty file", "refused is empty", "a.csv", b""),
    FileCase("blank lines only", "refused is empty", "a.csv", b"\n\n  \n"),
    FileCase("a header and nothing more", "landed 0", "a.csv", text().encode()),
    FileCase("no line end at the end", "landed 3", "a.csv", PLAIN.rstrip("\n").encode()),
    FileCase("blank lines between", "landed 3", "a.csv", text(R1, "", "  ", R2, R3).encode()),
    FileCase("Windows line ends", "landed 3", "a.csv", text(R1, R2, R3, end="\r\n").encode()),
    FileCase("old Macintosh line ends", "landed 3", "a.csv", text(R1, R2, R3, end="\r").encode()),
    FileCase("line ends of which one lost its half", "landed 1 rejected 2", "a.csv",
             text(R1, R2 + "\r" + R3, end="\r\n").encode(), {"max_rejected": 1.0}),
    FileCase("Windows line ends and then Macintosh ones", "refused 30 of 30", "a.csv",
             (text(end="\r\n") + "\r".join(f"{R1}{i}" for i in range(30))).encode()),
    FileCase("a byte order mark", "landed 3", "a.csv", PLAIN.encode("utf-8-sig")),
    FileCase("UTF-16", "landed 4", "a.csv", CZECH.encode("utf-16")),
    FileCase("UTF-16 without a mark", "landed 4", "a.csv", CZECH.encode("utf-16-le")),
    FileCase("UTF-16 the other way round", "landed 4", "a.csv", CZECH.encode("utf-16-be")),
    FileCase("UTF-32", "landed 4", "a.csv", CZECH.encode("utf-32")),
    FileCase("UTF-16 that lost a byte", "refused missing in", "a.csv",
             CZECH.encode("utf-16")[:300] + CZECH.encode("utf-16")[301:]),
    FileCase("UTF-16 that lost two bytes apart", "refused missing in", "a.csv",
             CZECH.encode("utf-16")[:301] + CZECH.encode("utf-16")[302:700]
             + CZECH.encode("utf-16")[701:]),
    FileCase("cp1250 that nobody declared", "landed 4", "a.csv", CZECH.encode("cp1250")),
    FileCase("latin-2 that nobody declared", "landed 4", "a.csv", CZECH.encode("iso8859-2")),
    FileCase("an encoding that cannot be told", "refused --encoding", "a.csv",
             FRENCH.encode("cp1252")),
    FileCase("the same, declared", "landed 1", "a.csv", FRENCH.encode("cp1252"),
             {"encoding": "cp1252"}),
    FileCase("declared UTF-8 that is not", "refused 1 of 1", "a.csv", FRENCH.encode("cp1252"),
             {"encoding": "utf-8"}),
    FileCase("the same, wanted", "landed 0 rejected 1", "a.csv", FRENCH.encode("cp1252"),
             {"encoding": "utf-8", "max_rejected": 1.0}),
    FileCase("a bad line where none may be", "refused 1 of 3", "a.csv", text(R1, R2, "x").encode(),
             {"max_rejected": 0.0}),
    FileCase("ten bad lines and a good one", "landed 1 rejected 10", "a.csv",
             text(R1, *["x"] * 10).encode()),
    FileCase("a byte that cp1250 does not have", "landed 3 rejected 1", "a.csv",
             PLAIN.encode() + line_of("o4").encode().replace(b"fine", b"fi\x81ne") + b"\n",
             {"encoding": "cp1250"}),
    FileCase("semicolons", "landed 3", "a.csv", PLAIN.replace(",", ";").encode()),
    FileCase("tabs", "landed 3", "a.tsv", PLAIN.replace(",", "\t").encode()),
    FileCase("pipes", "landed 3", "a.txt", PLAIN.replace(",", "|").encode()),
    FileCase("a delimiter of two signs", "landed 3", "a.csv", PLAIN.replace(",", "||").encode(),
             {"delimiter": "||"}),
    FileCase("Excel's own first line", "landed 3", "a.csv",
             ("sep=;\r\n" + PLAIN.replace(",", ";")).encode()),
    FileCase("semicolons under a header with commas", "refused cannot be read", "a.csv",
             text(*(line_of(f"o{i}").replace(",", ";") for i in range(20))).encode()),
    FileCase("the same, all wanted", "landed 0 rejected 20", "a.csv",
             text(*(line_of(f"o{i}").replace(",", ";") for i in range(20))).encode(),
             {"max_rejected": 1.0}),
    FileCase("single quotes", "landed 3", "a.csv",
             text(R1, R2, line_of("o3", remark="'a, b'")).encode(), {"quote": "'"}),
    FileCase("quotes that mean nothing", "landed 3", "a.csv",
             text(R1, R2, line_of("o3", remark='"open')).encode(), {"quote": ""}),
    FileCase("quotes behind a backslash", "landed 3", "a.csv",
             text(R1, R2, line_of("o3", remark='"the \\"red\\" one"')).encode(), {"escape": "\\"}),
    FileCase("a quote in the header that is never closed", "refused header", "a.csv",
             text(R1, header='"' + ",".join(COLUMNS)).encode()),
    FileCase("a quote never closed, before 2,000 rows", "landed 2000 rejected 1", "a.csv",
             text(line_of("x", remark='"open'), *(line_of(f"o{i}") for i in range(2000))).encode()),
    FileCase("a quote closed 50 records later", "refused ambiguous_quote", "a.csv",
             text(line_of("a", remark='"open'), *(line_of(f"o{i}") for i in range(49)),
                  line_of("z", remark='closed"')).encode()),
    FileCase("a renamed header", "refused `total_amout` may be total_amount", "a.csv",
             RENAMED.encode()),
    FileCase("a header in capitals and blanks", "landed 3", "a.csv",
             PLAIN.replace("total_amount", "Total Amount").encode()),
    FileCase("no header", "refused no column", "a.csv", f"{R1}\n{R2}\n".encode()),
    FileCase("two columns of one name", "refused are both email", "a.csv",
             PLAIN.replace("phone", "E-Mail").encode()),
    FileCase("another feed", "refused no column", "a.csv", b"product_name,colour\nshoe,red\n"),
    FileCase("a web page", "refused web page", "a.csv", b"<!DOCTYPE html><html>Log in</html>"),
    FileCase("a workbook", "refused workbook", "a.csv", b"PK\x03\x04" + bytes(50)),
    FileCase("gzip", "landed 3", "a.csv.gz", gzip.compress(PLAIN.encode())),
    FileCase("gzip in two parts", "landed 3", "a.csv.gz",
             gzip.compress(text(R1).encode()) + gzip.compress(f"{R2}\n{R3}\n".encode())),
    FileCase("gzip that is cut", "refused gzip is broken", "a.csv.gz",
             gzip.compress(PLAIN.encode())[:-20]),
    FileCase("gzip with a wrong sum", "refused gzip is broken", "a.csv.gz",
             gzip.compress(PLAIN.encode())[:-8] + bytes(8)),
    FileCase("gzip twice", "refused gzip again", "a.csv.gz",
             gzip.compress(gzip.compress(PLAIN.encode()))),
    FileCase("JSON lines", "landed 1", "a.jsonl", objects(OBJECT).encode()),
    FileCase("a line that is no JSON", "landed 1 rejected 1", "a.jsonl",
             (objects(OBJECT) + '{"order_id": \n').encode()),
    FileCase("a line that is no object", "landed 1 rejected 2", "a.jsonl",
             objects(OBJECT, [1, 2], "text").encode()),
    FileCase("a key that stands twice", "landed 1 rejected 1", "a.jsonl",
             (objects(OBJECT) + '{"order_id": "j2", "order_id": "j3"}\n').encode()),
    FileCase("half of a character in JSON", "landed 1 rejected 1", "a.jsonl",
             (objects(OBJECT) + '{"order_id": "\\ud800"}\n').encode()),
    FileCase("a zero byte in JSON", "landed 1 rejected 1", "a.jsonl",
             (objects(OBJECT) + '{"order_id": "a\\u0000"}\n').encode()),
    FileCase("no number in JSON", "landed 1 rejected 1", "a.jsonl",
             (objects(OBJECT) + '{"order_id": NaN}\n').encode()),
    FileCase("JSON nested without end", "landed 1 rejected 1", "a.jsonl",
             (objects(OBJECT) + '{"order_id": ' + "[" * 100_000 + "\n").encode()),
    FileCase("a number of 5,000 digits", "landed 2", "a.jsonl",
             (objects(OBJECT) + '{"order_id": ' + "9" * 5000 + "}\n").encode()),
    FileCase("JSON in one array", "refused one JSON array", "a.json",
             json.dumps([OBJECT, OBJECT]).encode()),
    FileCase("JSON that was called CSV", "refused looks like JSON", "a.csv",
             objects(OBJECT).encode()),
    FileCase("Parquet", "landed 2", "a.parquet", PARQUET),
    FileCase("Parquet that was called CSV", "landed 2", "a.csv", PARQUET),
    FileCase("Parquet that is cut", "refused Parquet is broken", "a.parquet", PARQUET[:-30]),
    FileCase("CSV that was called Parquet", "refused no Parquet", "a.parquet", PLAIN.encode()),
    FileCase("Parquet with bytes that are no text", "landed 1 rejected 1", "a.parquet",
             parquet(remark=pa.array([b"fine", b"\xff"]))),
    FileCase("Parquet with a gap in its numbers", "landed 2", "a.parquet",
             parquet(total_amount=[12.5, float("nan")])),
    FileCase("Parquet with a time after the year 9999", "landed 2", "a.parquet",
             parquet(ordered_at=pa.array([18448479763399551, 0], pa.timestamp("ms")))),
    FileCase("Parquet with lists of times in a zone that nobody knows", "refused 2 of 2",
             "a.parquet", parquet(remark=pa.array([[0], [1]], MARTIAN))),
    FileCase("Parquet with lists", "landed 2", "a.parquet", parquet(remark=[["a", "b"], None])),
]
# fmt: on
