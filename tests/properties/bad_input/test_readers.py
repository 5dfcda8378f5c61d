"""The fast CSV reader against two others: the careful one, and Python's csv."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping

import pytest

from crossbrand.land.csv_reader import CsvReader
from crossbrand.land.csv_record import Dialect
from crossbrand.land.model import Tally

CASES = range(400)

# Raw fields and how often they are drawn: plain ones, well-quoted ones, and troublemakers.
WELL_FORMED = {"a": 8, "": 3, "é": 2, '"q, r"': 3, '"m\nn"': 3, '"d""d"': 3, '""': 1, '"x\n\ny"': 1}
MESSY = {
    '5" x': 2,
    '"': 0.2,
    " ": 1,
    '"open': 0.3,
    'b"': 0.3,
    "\r": 0.2,
    '"a,b\nc,d"': 0.5,
    "\0": 0.1,
}

Records = tuple[list[tuple[int, tuple[str | None, ...]]], list[tuple[int, str, int]]]


def read(blocks: Iterable[bytes], width: int, *, careful: bool = False) -> tuple[Records, Tally]:
    """(line, fields) of each record that is read, and (line, reason, lines) of each that is not."""
    tally = Tally()
    reader = CsvReader(Dialect(), width, tally)
    reader._all_careful = careful
    rows: list[tuple[int, tuple[str | None, ...]]] = []
    rejects: list[tuple[int, str, int]] = []
    for batch in reader.batches(iter(blocks), 1):
        columns = [column.to_pylist() for column in batch.table.columns]
        rows += zip(batch.lines.tolist(), zip(*columns, strict=True), strict=True)
        rejects += [(reject.line, reject.reason_code, reject.lines) for reject in batch.rejects]
    return (rows, rejects), tally


def text(dice: random.Random, fields: Mapping[str, float], width: int, *, ragged: bool) -> bytes:
    lines = []
    for _ in range(dice.randint(1, 25)):
        wide = dice.randint(1, width + 1) if ragged and dice.random() < 0.07 else width
        lines.append(",".join(dice.choices(list(fields), list(fields.values()), k=wide)))
    return ("\n".join(lines) + ("\n" if dice.random() < 0.8 else "")).encode()


@pytest.mark.parametrize("part", range(4))
def test_the_fast_reader_agrees_with_the_careful_one_wherever_blocks_are_cut(part: int) -> None:
    for case in CASES[part::4]:
        dice = random.Random(case)
        width = dice.choice((2, 3, 4))
        data = text(dice, WELL_FORMED | MESSY, width, ragged=True)
        whole, tally = read([data], width)
        assert read([data], width, careful=True)[0] == whole, data
        size = dice.choice((1, 3, 7, 20))
        blocks = [data[at : at + size] for at in range(0, len(data), size)]
        assert read(blocks, width)[0] == whole, (size, data)
        # Each line is a record's, a reject's, or blank: nothing is counted twice or not at all.
        lines = data.count(b"\n") + (not data.endswith(b"\n"))
        records = len(whole[0]) + len(whole[1]) - tally.split_records
        assert records + tally.blank_lines + tally.continued_lines == lines, data


def test_well_formed_text_is_read_as_python_reads_it() -> None:
    compared = 0
    for case in CASES:
        dice = random.Random(case)
        width = dice.choice((3, 4, 5))
        data = text(dice, WELL_FORMED, width, ragged=False)
        (rows, rejects), _ = read([data], width)
        if rejects:  # a text that looks like a record, by chance
            continue
        expected = [row for row in csv.reader(io.StringIO(data.decode(), newline="")) if row]
        assert [[field or "" for field in fields] for _, fields in rows] == expected, data
        compared += 1
    assert compared > len(CASES) // 2
