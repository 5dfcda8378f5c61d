"""The words that the landing modules share: a rejected record, a batch, and what refuses a file."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crossbrand.errors import CrossbrandError

Lines = npt.NDArray[np.int64]
"""The number of the line (of the row, in Parquet) at which each record of a table begins."""

REJECT_SCHEMA = pa.schema(
    [
        ("feed", pa.string()),
        ("brand", pa.string()),
        ("load_date", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("reason_code", pa.string()),
        ("detail", pa.string()),
        ("text", pa.string()),
    ]
)
"""The columns of the Parquet files under _rejects; docs/landing.md says what each holds."""


class FileRefusedError(CrossbrandError):
    """Nothing of this file was landed; the message says why and what mends it."""


@dataclass(frozen=True)
class Reject:
    """One physical record that cannot be read. `lines` is how many lines of the file it covers."""

    line: int
    reason_code: str
    detail: str
    text: str
    lines: int = 1


@dataclass
class Batch:
    """Some records of a file, in order: those that were read, and those that could not be.

    `table` holds text columns in the order of the file's header, `lines` a number for each row.
    """

    table: pa.Table
    lines: Lines
    rejects: list[Reject] = field(default_factory=list)


@dataclass
class Tally:
    """What became of every line of a text file.

    `counted_lines` comes from counting line ends alone, before anything is cut or parsed; the
    others are added up by the parser. They must agree (`check`), so a parser's slip cannot lose a
    record. `split_records` are those that a CR begins in a line of others.
    """

    counted_lines: int = 0
    header_lines: int = 0
    blank_lines: int = 0
    continued_lines: int = 0
    split_records: int = 0
    records: int = 0

    @property
    def physical(self) -> int:
        """Records in the file by the independent count."""
        lines = self.counted_lines - self.header_lines - self.blank_lines - self.continued_lines
        return lines + self.split_records


def printable(text: object) -> str:
    """A text from outside, fit for a terminal and one line: control characters are spelt out."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(text)
    )


def shown(text: object, limit: int = 80) -> str:
    """A value as messages quote it."""
    plain = printable(text)
    return f"`{plain if len(plain) <= limit else plain[: limit - 1] + '…'}`"


def counted(number: int, noun: str) -> str:
    """`1 record`, `1,200 records`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
