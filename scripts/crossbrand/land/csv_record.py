"""One CSV record, read the careful way: what a quote opens must be closed where a quote may close.

The grammar is RFC 4180: a field is quoted when it begins with the quote; inside, a doubled quote
stands for one; after the closing quote comes a delimiter or the end of the line. A quote inside an
unquoted field is a plain character (5" screen). This reader is the judge of every line that the
fast one doubts.
"""

from __future__ import annotations

from dataclasses import dataclass

WHOLE, OPEN, BROKEN = "whole", "open", "broken"


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written. `quote` and `escape` are empty where the file has none."""

    delimiter: bytes = b","
    quote: bytes = b'"'
    escape: bytes = b""


@dataclass(frozen=True)
class Record:
    """A record and how it ended.

    state: WHOLE; OPEN (the data ended inside quotes); BROKEN (text after a closing quote). `end`
    is where the next record begins, or where the reading stopped. `fields` are complete only when
    WHOLE.
    """

    state: str
    fields: list[bytes]
    end: int


def read_record(data: bytes, start: int, dialect: Dialect) -> Record:
    """Read the record that begins at `start`; `data` must end with a line end."""
    delimiter, quote, escape = dialect.delimiter, dialect.quote, dialect.escape
    fields: list[bytes] = []
    position = start
    line_end = data.find(b"\n", position)
    if line_end < 0:
        line_end = len(data)
    while True:
        if quote and data.startswith(quote, position):
            field, position, state = _quoted(data, position + 1, quote, escape)
            if state != WHOLE:
                return Record(state, fields, position)
            fields.append(field)
            if position > line_end:
                line_end = data.find(b"\n", position)
                line_end = len(data) if line_end < 0 else line_end
            if position >= line_end or data[position : line_end + 1] == b"\r\n":
                return Record(WHOLE, fields, min(line_end + 1, len(data)))
            if not data.startswith(delimiter, position):
                return Record(BROKEN, fields, position)
            position += len(delimiter)
        else:
            end, escaped = _unquoted_end(data, position, line_end, dialect)
            if end < 0:
                text = data[position:line_end].removesuffix(b"\r")
                fields.append(_unescape(text, escape) if escaped else text)
                return Record(WHOLE, fields, min(line_end + 1, len(data)))
            text = data[position:end]
            fields.append(_unescape(text, escape) if escaped else text)
            position = end + len(delimiter)


def _quoted(data: bytes, position: int, quote: bytes, escape: bytes) -> tuple[bytes, int, str]:
    """The field whose opening quote stands before `position`, and where it ends."""
    pieces: list[bytes] = []
    while True:
        at = data.find(quote, position)
        if escape:
            back = data.find(escape, position, at if at >= 0 else len(data))
            if 0 <= back < len(data) - 1:
                pieces += [data[position:back], data[back + 1 : back + 2]]
                position = back + 2
                continue
        if at < 0:
            return b"", len(data), OPEN
        pieces.append(data[position:at])
        if data.startswith(quote, at + 1):
            pieces.append(quote)
            position = at + 2
            continue
        return b"".join(pieces), at + 1, WHOLE


def _unquoted_end(data: bytes, position: int, line_end: int, dialect: Dialect) -> tuple[int, bool]:
    """Where the delimiter after an unquoted field stands (-1: none), and whether it has escapes."""
    if not dialect.escape:
        return data.find(dialect.delimiter, position, line_end), False
    search, escaped = position, False
    while True:
        at = data.find(dialect.delimiter, search, line_end)
        back = data.find(dialect.escape, search, at if at >= 0 else line_end)
        if back < 0:
            return at, escaped
        search, escaped = back + 2, True


def _unescape(text: bytes, escape: bytes) -> bytes:
    pieces, position = [], 0
    while (back := text.find(escape, position)) >= 0:
        pieces += [text[position:back], text[back + 1 : back + 2]]
        position = back + 2
    return b"".join(pieces) + text[position:]
