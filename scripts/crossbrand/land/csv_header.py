"""The header of a CSV file: where it ends, how the file is written, what its columns are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from crossbrand.land.csv_reader import LONGEST_LINE
from crossbrand.land.csv_record import WHOLE, Dialect, read_record
from crossbrand.land.encodings import is_utf8
from crossbrand.land.model import FileRefusedError, Tally, shown

DELIMITERS = (b",", b";", b"\t", b"|", b"~", b"^", b":", b"\x1f", b"\x01")

NAMED_DELIMITERS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "\\t": "\t",
    "pipe": "|",
    "space": " ",
}


@dataclass(frozen=True)
class Header:
    """Names as delivered, how the rest is written, and how many lines before the first record."""

    names: list[str]
    dialect: Dialect
    lines: int


def read_header(
    blocks: Iterator[bytes],
    dialect: Dialect,
    *,
    choose_delimiter: bool,
    score: Callable[[list[str]], int],
    tally: Tally,
) -> tuple[Header, Iterator[bytes]]:
    """The header, and the blocks behind it.

    choose_delimiter: whether the delimiter that gives the best names is taken instead of
    dialect's. score: how many of the names are known. Raises FileRefusedError where there is no
    readable header.
    """
    data = b""
    for block in blocks:
        data += block
        if b"\n" in data.strip(b"\r\n \t") or len(data) > LONGEST_LINE:
            break
    if not data.strip():
        raise FileRefusedError("it is empty: it has not even a header.")
    if b"\n" not in data:
        data += b"\n"
    start, lines = 0, 0
    declared: bytes | None = None
    while True:
        end = data.index(b"\n", start) if b"\n" in data[start:] else len(data)
        line = data[start:end].strip()
        if line[:4].lower() == b"sep=" and len(line) == 5 and declared is None:
            declared = line[4:5]  # Excel's own way to say the delimiter
        elif line:
            break
        else:
            tally.blank_lines += 1
            start, lines = end + 1, lines + 1
            continue
        start, lines = end + 1, lines + 1
        tally.header_lines += 1
        if start >= len(data):
            raise FileRefusedError("it has no header.")
    candidates = [dialect.delimiter]
    if choose_delimiter:
        candidates = [declared] if declared else list(DELIMITERS)
    readings = []
    for order, delimiter in enumerate(candidates):
        tried = Dialect(delimiter, dialect.quote, dialect.escape)
        record = read_record(data, start, tried)
        if record.state == WHOLE and is_utf8(data[start : record.end]):
            names = [field.decode("utf-8").strip() for field in record.fields]
            readings.append((score(names), len(names), -order, names, tried, record.end))
    if not readings:
        raise FileRefusedError(
            f"its header (line {lines + 1}) cannot be read: "
            f"{shown(data[start : start + 60].decode('utf-8', 'backslashreplace'))}."
        )
    known, _, _, names, chosen, end = max(readings, key=lambda reading: reading[:3])
    if known == 0 or data[start : start + 2] in (b'{"', b"[{"):
        _refuse_what_is_no_table(data[start : start + 200])
    # A delimiter by chance in a single-column header is worse than none.
    header_lines = data.count(b"\n", start, end)
    tally.header_lines += header_lines
    header = Header(names, chosen, lines + header_lines)
    return header, chain([data[end:]] if data[end:] else [], blocks)


def _refuse_what_is_no_table(data: bytes) -> None:
    text = data.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise FileRefusedError(
            "it is a web page or XML, such as an error page that was saved in place of the export."
        )
    if text.startswith((b"{", b"[")):
        raise FileRefusedError(
            "it looks like JSON. Name it .jsonl, or land it with --format jsonl."
        )
