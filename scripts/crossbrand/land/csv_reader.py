"""CSV in chunks: clean lines go to Arrow at full speed, doubtful ones to the careful reader.

A line is clean when each quote in it, taken alone, opens or closes a field or is one of a doubled
pair, and when it holds no zero byte, no lone CR and only valid UTF-8. That is decided with numpy
for all lines at once, line by line, so that no quote can reach over a line end unseen. The rest is
read by csv_record.

What an unclosed quote may do:

- The next quote is followed by neither a delimiter nor a line end, or there is none: the quote was
  never closed. Its own line is rejected and reading goes on with the next line.
- It is closed by the grammar, several lines on: text with line breaks is allowed in CSV. Where
  none of those lines would be a record by itself, it is one record. Where one would, it cannot be
  told whether a quote is missing or the text looks like data: every one of the lines is rejected,
  so that neither are rows swallowed nor can a text that somebody typed become a row.

A CR alone is a sign inside a field where its record has the right width. In a line that is no such
record, and of which a piece between CRs would be one, the CRs were line ends: each piece is
rejected as a record of its own, for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as arrow_csv

from crossbrand.land.csv_record import BROKEN, OPEN, WHOLE, Dialect, Record, read_record
from crossbrand.land.encodings import SAMPLE_LINES, is_utf8
from crossbrand.land.model import Batch, FileRefusedError, Lines, Reject, Tally
from crossbrand.land.quotes import Indices, Quotes, all_quotes_are_clean

LONGEST_LINE = 32 * 1024 * 1024
LONGEST_RECORD = 8 * 1024 * 1024


@dataclass
class _Found:
    """What the careful reader made of the record at a line, and how many lines it took.

    split: how many records more than one it held, as CRs ended them.
    """

    lines: int
    row: list[str | None] | None = None
    rejects: tuple[Reject, ...] = ()
    blank: int = 0
    split: int = 0


@dataclass(frozen=True)
class _Clean:
    """What the fast reader is given: line indices where records begin, and all lines of theirs.

    spans: whether some record has more than one line.
    """

    starts: Indices
    ends: Indices
    records: Indices
    data: Indices
    spans: bool

    def bytes_of(self, chunk: bytes) -> memoryview | bytes:
        """The lines of the records, without those that lie between."""
        breaks = np.flatnonzero(np.diff(self.data) != 1)
        firsts = self.starts[self.data[np.concatenate(([0], breaks + 1))]].tolist()
        lasts = self.ends[self.data[np.concatenate((breaks, [len(self.data) - 1]))]].tolist()
        view = memoryview(chunk)
        if len(firsts) == 1:
            return view[firsts[0] : lasts[0] + 1]
        return b"".join(view[a : b + 1] for a, b in zip(firsts, lasts, strict=True))

    def text_of(self, chunk: bytes, row: int) -> bytes:
        """The record of a row as it was delivered."""
        first = int(self.records[row])
        bound = int(self.records[row + 1]) if row + 1 < len(self.records) else len(self.ends)
        mine = self.data[np.searchsorted(self.data, first) : np.searchsorted(self.data, bound)]
        last = first
        for line in mine[1:].tolist():
            if line != last + 1:
                break
            last = line
        return chunk[int(self.starts[first]) : int(self.ends[last])].removesuffix(b"\r")


class CsvReader:
    """Reads the records behind the header.

    `tally`, `bad_encoding` and `saw_other_letters` fill up as the batches are drawn.
    """

    def __init__(self, dialect: Dialect, column_count: int, tally: Tally) -> None:
        self.dialect = dialect
        self.column_count = column_count
        self.tally = tally
        self.bad_encoding: list[bytes] = []
        self.bad_encoding_count = 0
        self.saw_other_letters = False
        self._names = [f"c{index}" for index in range(column_count)]
        self._schema = pa.schema([(name, pa.string()) for name in self._names])
        self._all_careful = len(dialect.delimiter) != 1 or dialect.delimiter == dialect.quote

    def batches(self, blocks: Iterator[bytes], first_line: int) -> Iterator[Batch]:
        """Batches from UTF-8 blocks that begin right behind the header."""
        line, pending = first_line, b""
        following = next(blocks, None)
        while following is not None:
            pending += following
            following = next(blocks, None)
            if following is None and pending and not pending.endswith(b"\n"):
                pending += b"\n"
            cut = pending.rfind(b"\n") + 1
            if cut == 0:
                if len(pending) > LONGEST_LINE:
                    raise FileRefusedError(
                        f"line {line:,} is longer than {LONGEST_LINE // 2**20} MB. "
                        "Is it CSV with one record a line?"
                    )
                continue
            while cut:
                used, lines, batch = self._read_chunk(pending[:cut], line, following is None)
                if not used:
                    break
                line += lines
                pending, cut = pending[used:], cut - used
                yield batch
                if following is not None:
                    break

    def _read_chunk(self, chunk: bytes, first_line: int, final: bool) -> tuple[int, int, Batch]:
        """A batch of the whole lines in `chunk`, and how many bytes and lines of it were used.

        What an open quote at the chunk's end might continue is left for the next one.
        """
        array = np.frombuffer(chunk, np.uint8)
        ends = np.flatnonzero(array == 10)
        starts = np.concatenate(([0], ends[:-1] + 1))
        lengths = ends - starts
        blank = (lengths == 0) | ((lengths == 1) & (array[starts] == 13))
        quotes: Quotes | None = None
        if self._all_careful:
            careful_only = np.flatnonzero(~blank)
            doubtful = careful_only
        else:
            careful_only = doubtful = self._careful_lines(chunk, array, starts, ends)
            if self.dialect.quote and not all_quotes_are_clean(chunk, array, self.dialect):
                quotes = Quotes(array, starts, ends, self.dialect)
                doubtful = np.union1d(careful_only, quotes.unclean)
        is_start = ~blank  # lines that begin a record for the fast reader
        is_data = is_start.copy()  # lines that are handed to it
        found: list[tuple[int, _Found]] = []
        joined: list[int] = []
        line_count, after = len(ends), 0
        for index in doubtful.tolist():
            if index < after or blank[index]:
                continue
            last = quotes.span_end(index) if quotes else None
            if last is not None and not self._is_odd_span(
                chunk, starts, ends, index, last, careful_only
            ):
                joined += range(index + 1, last + 1)
                after = last + 1
                continue
            careful = self._read_carefully(chunk, int(starts[index]), first_line + index, final)
            if careful is None:
                line_count = index
                break
            after = index + careful.lines
            is_start[index:after] = is_data[index:after] = blank[index:after] = False
            self.tally.blank_lines += careful.blank
            found.append((index, careful))
        # Blank lines inside a record are a part of it.
        is_start[joined], is_data[joined], blank[joined] = False, True, False
        used = int(starts[line_count]) if line_count < len(ends) else len(chunk)
        self.tally.blank_lines += int(blank[:line_count].sum())
        clean = _Clean(
            starts[:line_count],
            ends[:line_count],
            np.flatnonzero(is_start[:line_count]),
            np.flatnonzero(is_data[:line_count]),
            bool(joined),
        )
        table, kept, rejects = self._read_clean(chunk, clean, first_line)
        batch = self._join(table, kept + first_line, found, first_line)
        batch.rejects += rejects
        batch.rejects.sort(key=lambda reject: reject.line)
        self.tally.continued_lines += len(clean.data) - len(clean.records)
        self.tally.continued_lines += sum(
            careful.lines - 1
            for _, careful in found
            if careful.row is not None or len(careful.rejects) == 1 or careful.split
        )
        self.tally.split_records += sum(careful.split for _, careful in found)
        self.tally.records += len(batch.lines) + len(batch.rejects)
        return used, line_count, batch

    def _careful_lines(
        self, chunk: bytes, array: npt.NDArray[np.uint8], starts: Indices, ends: Indices
    ) -> Indices:
        """Lines that only the careful reader may judge, whatever their quotes; in order."""
        lines: list[Indices] = []
        if b"\0" in chunk:
            lines.append(np.searchsorted(ends, np.flatnonzero(array == 0)))
        if b"\r" in chunk:
            carriage = np.flatnonzero(array == 13)
            lines.append(np.searchsorted(ends, carriage[array[carriage + 1] != 10]))
        if not chunk.isascii():
            lines.append(self._not_utf8(chunk, starts, ends))
        if self.dialect.escape and self.dialect.escape in chunk:
            escapes = np.flatnonzero(array == self.dialect.escape[0])
            lines.append(np.searchsorted(ends, escapes))
        return np.unique(np.concatenate(lines)) if lines else np.empty(0, np.int64)

    def _is_odd_span(
        self, chunk: bytes, starts: Indices, ends: Indices, first: int, last: int, careful: Indices
    ) -> bool:
        """Whether a text over several lines is for the careful reader: it may hide records."""
        if len(careful) and np.any((careful >= first) & (careful <= last)):
            return True
        begin, end = int(starts[first]), int(ends[last])
        if end - begin > LONGEST_RECORD:
            return True
        if last > first + 1:
            return self._has_records_inside(chunk[begin:end])
        wanted, delimiter = self.column_count - 1, self.dialect.delimiter
        return (
            chunk.count(delimiter, begin, int(ends[first])) == wanted
            and chunk.count(delimiter, int(starts[last]), end) == wanted
        )

    def _not_utf8(self, chunk: bytes, starts: Indices, ends: Indices) -> Indices:
        """Lines that are no UTF-8. Only where Arrow's fast check fails are lines looked at."""
        offsets = pa.py_buffer(np.array([0, len(chunk)], np.int64))
        whole = pa.Array.from_buffers(
            pa.large_binary(), 1, [None, offsets, pa.py_buffer(chunk)], null_count=0
        )
        try:
            whole.cast(pa.large_string())
        except pa.ArrowInvalid:
            pass
        else:
            self.saw_other_letters = True
            return np.empty(0, np.int64)
        high = np.flatnonzero(np.frombuffer(chunk, np.uint8) > 127)
        bad = []
        for index in np.unique(np.searchsorted(ends, high)).tolist():
            line = chunk[starts[index] : ends[index]]
            if is_utf8(line):
                self.saw_other_letters = True
                continue
            bad.append(index)
            if len(self.bad_encoding) < SAMPLE_LINES:
                self.bad_encoding.append(line)
        return np.array(bad, np.int64)

    def _read_clean(
        self, chunk: bytes, clean: _Clean, first_line: int
    ) -> tuple[pa.Table, Indices, list[Reject]]:
        """The clean records as a table, the line index of each, and those of a wrong width."""
        if not len(clean.data):
            return self._schema.empty_table(), clean.records, []
        wrong: list[tuple[int, int]] = []

        def skip(row: arrow_csv.InvalidRow) -> str:
            wrong.append((row.number - 1, row.actual_columns))
            return "skip"

        data = clean.bytes_of(chunk)
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(pa.py_buffer(data)),
                arrow_csv.ReadOptions(
                    use_threads=False, block_size=len(data) + 1, column_names=self._names
                ),
                arrow_csv.ParseOptions(
                    delimiter=self.dialect.delimiter.decode("ascii"),
                    quote_char=self.dialect.quote.decode("ascii") or False,
                    invalid_row_handler=skip,
                    ignore_empty_lines=False,
                    newlines_in_values=clean.spans,
                ),
                arrow_csv.ConvertOptions(
                    column_types=self._schema, strings_can_be_null=True, null_values=[""]
                ),
            )
        except pa.ArrowInvalid:
            table = None
        # Two readers must agree on how many records there are; else the careful one reads them all.
        if table is None or table.num_rows + len(wrong) != len(clean.records):
            return self._reread(chunk, clean, first_line)
        rejects: list[Reject] = []
        for row, width in wrong:
            index = int(clean.records[row])
            text = clean.text_of(chunk, row)
            if not text.strip():
                self.tally.blank_lines += 1
                continue
            lines = text.count(b"\n") + 1
            rejects.append(self._wrong_width(first_line + index, width, text, lines))
        kept = np.delete(clean.records, [row for row, _ in wrong]) if wrong else clean.records
        return table, kept, rejects

    def _reread(
        self, chunk: bytes, clean: _Clean, first_line: int
    ) -> tuple[pa.Table, Indices, list[Reject]]:
        rows: list[list[str | None]] = []
        kept: list[int] = []
        rejects: list[Reject] = []
        for index in clean.records.tolist():
            start = int(clean.starts[index])
            careful = self._read_carefully(chunk, start, first_line + index, True)
            if careful is None:
                continue
            self.tally.blank_lines += careful.blank
            rejects += careful.rejects
            if careful.row is not None:
                rows.append(careful.row)
                kept.append(index)
        return self._table(rows), np.array(kept, np.int64), rejects

    def _join(
        self, table: pa.Table, lines: Lines, found: list[tuple[int, _Found]], first_line: int
    ) -> Batch:
        """The clean rows and the carefully read ones, in the order of their lines."""
        rejects = [reject for _, careful in found for reject in careful.rejects]
        extra = [(index, careful.row) for index, careful in found if careful.row is not None]
        if extra:
            table = pa.concat_tables([table, self._table([row for _, row in extra])])
            lines = np.concatenate((lines, [first_line + index for index, _ in extra]))
            order = np.argsort(lines, kind="stable")
            table, lines = table.take(pa.array(order)), lines[order]
        return Batch(table, lines.astype(np.int64), rejects)

    def _table(self, rows: list[list[str | None]]) -> pa.Table:
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * self.column_count
        arrays = [pa.array(column, pa.string()) for column in columns]
        return pa.table(dict(zip(self._names, arrays, strict=True)), schema=self._schema)

    def _read_carefully(self, chunk: bytes, start: int, line: int, final: bool) -> _Found | None:
        """What the record at `start` is; None where its end may lie in the next chunk."""
        record = read_record(chunk, start, self.dialect)
        own_end = chunk.find(b"\n", start)
        own_line = chunk[start:own_end].removesuffix(b"\r")
        if record.state == OPEN:
            if not final and len(chunk) - start < LONGEST_RECORD:
                return None
            mixed = self._mixed_ends(own_line, line)
            return mixed or _Found(1, rejects=(self._unclosed(line, own_line),))
        if record.state == BROKEN:
            mixed = self._mixed_ends(own_line, line)
            if mixed:
                return mixed
            if record.end <= own_end:
                detail = f"text behind the closing quote of field {len(record.fields) + 1}"
                return _Found(1, rejects=(_reject(line, "broken_quote", detail, own_line),))
            return _Found(1, rejects=(self._unclosed(line, own_line),))
        text = chunk[start : record.end].removesuffix(b"\n").removesuffix(b"\r")
        lines = text.count(b"\n") + 1
        if lines > 1 and self._has_records_inside(text):
            return self._ambiguous(text, line)
        if not text.strip():
            return _Found(1, blank=1)
        if len(record.fields) != self.column_count:
            mixed = self._mixed_ends(text, line)
            if mixed:
                return mixed
        return self._judged(record, text, line, lines)

    def _judged(self, record: Record, text: bytes, line: int, lines: int) -> _Found:
        """A record that the grammar accepts: its fields, or why they cannot be landed."""
        if b"\0" in text:
            detail = f"a zero byte at position {text.index(0) + 1}"
            return _Found(lines, rejects=(_reject(line, "null_byte", detail, text, lines),))
        if not is_utf8(text):
            self.bad_encoding_count += 1
            detail = _bad_byte(text)
            return _Found(
                lines, rejects=(_reject(line, "unreadable_encoding", detail, text, lines),)
            )
        if len(record.fields) != self.column_count:
            return _Found(
                lines, rejects=(self._wrong_width(line, len(record.fields), text, lines),)
            )
        return _Found(lines, row=[field.decode("utf-8") or None for field in record.fields])

    def _has_records_inside(self, text: bytes) -> bool:
        """Whether a line within a quoted text would be a record by itself."""
        parts = [part.removesuffix(b"\r") for part in text.split(b"\n")]
        if self.column_count < 2:
            return False
        for part in parts[1:-1]:
            alone = read_record(part + b"\n", 0, self.dialect)
            if alone.state == WHOLE and len(alone.fields) == self.column_count:
                return True
        widths = [part.count(self.dialect.delimiter) + 1 for part in (parts[0], parts[-1])]
        return widths == [self.column_count, self.column_count]

    def _mixed_ends(self, text: bytes, line: int) -> _Found | None:
        """The records of a line in which CRs were line ends; None where they were not."""
        if b"\r" not in text:
            return None
        pieces: list[tuple[int, bytes]] = []
        records, at = 0, line
        for piece in text.replace(b"\r\n", b"\n").split(b"\r"):
            if piece.strip():
                pieces.append((at, piece))
                alone = read_record(piece + b"\n", 0, self.dialect)
                whole = alone.state == WHOLE and alone.end == len(piece) + 1
                records += whole and len(alone.fields) == self.column_count
            at += piece.count(b"\n")
        if not records or len(pieces) < 2:
            return None
        rejects = tuple(
            _reject(
                begin,
                "mixed_line_ends",
                f"record {number} of {len(pieces)} that carriage returns hold in one line",
                piece,
                piece.count(b"\n") + 1,
            )
            for number, (begin, piece) in enumerate(pieces, 1)
        )
        return _Found(text.count(b"\n") + 1, rejects=rejects, split=len(pieces) - 1)

    def _ambiguous(self, text: bytes, line: int) -> _Found:
        parts = [part.removesuffix(b"\r") for part in text.split(b"\n")]
        last = line + len(parts) - 1
        detail = (
            f"a quote opened in line {line} is closed in line {last}, and lines between are records"
        )
        rejects = tuple(
            _reject(line + index, "ambiguous_quote", detail, part)
            for index, part in enumerate(parts)
            if part.strip()
        )
        blank = len(parts) - len(rejects)
        return _Found(len(parts), rejects=rejects, blank=blank)

    def _unclosed(self, line: int, text: bytes) -> Reject:
        return _reject(line, "unclosed_quote", "a quote that is never closed", text)

    def _wrong_width(self, line: int, width: int, text: bytes, lines: int = 1) -> Reject:
        detail = f"{width} {'field' if width == 1 else 'fields'} instead of {self.column_count}"
        return _reject(line, "wrong_field_count", detail, text, lines)


def _reject(line: int, code: str, detail: str, text: bytes, lines: int = 1) -> Reject:
    return Reject(line, code, detail, text.decode("utf-8", "backslashreplace"), lines)


def _bad_byte(text: bytes) -> str:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte 0x{text[error.start]:02x} at position {error.start + 1} is no text"
    return ""
