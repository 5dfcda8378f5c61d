"""Random damage to valid files of every format: never a traceback, never a lost record.

CROSSBRAND_LONG=1 runs thousands of cases. The oracle knows lines only: cut the damaged bytes at
their line ends, and every line must be the header's, blank, a part of exactly one landed record or
of exactly one that was put aside. A file may be refused instead, whole, with one line of words.
"""

from __future__ import annotations

import codecs
import gzip
import json
import os
import random
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossbrand.contract import load_contract
from crossbrand.land.landing import Options, Outcome, land_file
from crossbrand.land.place import Place

from .cases import COLUMNS, LOAD_DATE, VALID, line_of

PROJECT = Path(__file__).resolve().parents[3]
CASES = 1500 if os.environ.get("CROSSBRAND_LONG") else 32
RECORDS = 24
FEED = load_contract(PROJECT)["orders"]

REMARKS = (
    "fine",
    '"a, b"',
    '"two\nlines"',
    '"the ""red"" one"',
    "kůň",
    '5" screen',
    "",
    '"x\n\ny"',
)
TROUBLE = b'",;\t\r\n\0\\\xff\xc3{}[]:'


def csv_bytes(end: str = "\n") -> bytes:
    rows = [line_of(f"o{i}", remark=REMARKS[i % len(REMARKS)]) for i in range(RECORDS)]
    return (end.join([",".join(COLUMNS), *rows]) + end).encode()


def quoted_csv_bytes() -> bytes:
    rows = [[f"o{i}", *VALID.values()] for i in range(RECORDS)]
    return "".join(",".join(f'"{v}"' for v in row) + "\r\n" for row in [COLUMNS, *rows]).encode()


def json_bytes() -> bytes:
    rows: list[dict[str, Any]] = [{"order_id": f"o{i}"} | VALID for i in range(RECORDS)]
    rows[3]["remark"] = {"nested": [1.50, None, "kůň"]}
    return "".join(
        json.dumps(row, ensure_ascii=i % 2 == 0) + "\n" for i, row in enumerate(rows)
    ).encode()


def parquet_bytes(folder: Path) -> bytes:
    columns: dict[str, Any] = {name: [value] * RECORDS for name, value in VALID.items()}
    columns["total_amount"] = [index / 4 for index in range(RECORDS)]
    columns["remark"] = pa.array([["a", None], None] * (RECORDS // 2))
    table = pa.table({"order_id": [f"o{i}" for i in range(RECORDS)]} | columns)
    pq.write_table(table, folder / "valid.parquet", row_group_size=7)
    return (folder / "valid.parquet").read_bytes()


def damaged(data: bytes, dice: random.Random) -> bytes:
    """One to four accidents: bits, bytes, pieces lost, doubled and moved."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        length = dice.choice((1, 1, 2, 7, 60))
        piece = data[at : at + length]
        kind = dice.randrange(7)
        if kind == 0 and piece:
            data = data[:at] + bytes([piece[0] ^ (1 << dice.randrange(8))]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + dice.randbytes(length) + data[at + length :]
        elif kind == 2:
            data = data[:at] + data[at + length :]
        elif kind == 3:
            data = data[:at] + bytes(dice.choices(TROUBLE, k=min(length, 3))) + data[at:]
        elif kind == 4:
            data = data[:at] + piece + data[at:]
        elif kind == 5:
            other = dice.randrange(len(data) + 1)
            data = data[:other] + piece + data[other:]
        elif at:
            data = data[: max(at, len(data) // 2)]
    return data


def land(data: bytes, name: str, folder: Path, **options: Any) -> tuple[Outcome, Path]:
    file, landing = folder / name, folder / "landing"
    file.write_bytes(data)
    place = Place(landing, "orders", "aster", LOAD_DATE)
    # Each case finds an empty landing: what landed before is no part of it.
    shutil.rmtree(landing, ignore_errors=True)
    outcome = land_file(file, name, Options(feed=FEED, place=place, **options), lambda _: None)
    return outcome, landing


def tables(outcome: Outcome, landing: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Landed rows, and records put aside, of the last landing."""
    landed = pq.read_table(landing / outcome.target).to_pylist()
    rejects = landing / "_rejects" / outcome.target
    return landed, pq.read_table(rejects).to_pylist() if outcome.counts.rejected else []


def covered_lines(landed: list[dict[str, Any]], aside: list[dict[str, Any]]) -> Counter[int]:
    """How many records cover each line of the file."""
    counts: Counter[int] = Counter()
    for row in landed:
        further = sum(
            value.count("\n")
            for key, value in row.items()
            if isinstance(value, str) and key != "_file"
        )
        counts.update(range(row["_line"], row["_line"] + further + 1))
    shared: set[int] = set()
    for row in aside:
        lines = range(row["line"], row["line"] + row["text"].count("\n") + 1)
        # Only where CRs end records may several begin in one line.
        (shared if row["reason_code"] == "mixed_line_ends" else counts).update(lines)
    counts.update(shared)
    return counts


def check_lines(lines: list[str], outcome: Outcome, landing: Path, *, header: bool) -> None:
    landed, aside = tables(outcome, landing)
    assert outcome.physical == len(landed) + len(aside)
    counts = covered_lines(landed, aside)
    assert all(count == 1 for count in counts.values()), counts
    assert not counts or max(counts) <= len(lines)
    lost = [number for number, line in enumerate(lines, 1) if line.strip() and not counts[number]]
    # What stands before the first record is the header, which may be damaged too.
    first = min(counts, default=len(lines) + 1)
    assert [number for number in lost if number > first] == []
    assert not lost or header
    assert len(lost) < 4 or not landed


def split_lines(data: bytes) -> list[bytes]:
    if re.match(rb"[^\r\n]*\r(?!\n)", data):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = data.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def rng(name: str, case: int) -> random.Random:
    return random.Random(f"{name} {case}")


@pytest.mark.parametrize("name", ["plain.csv", "windows.csv", "quoted.csv", "a.jsonl"])
def test_damaged_lines_are_landed_or_put_aside(name: str, tmp_path: Path) -> None:
    valid = {
        "plain.csv": csv_bytes(),
        "windows.csv": csv_bytes("\r\n"),
        "quoted.csv": quoted_csv_bytes(),
        "a.jsonl": json_bytes(),
    }[name]
    states: Counter[str] = Counter()
    for case in range(CASES):
        data = damaged(valid, rng(name, case))
        encoding = "utf-8" if case % 2 else ""
        outcome, landing = land(data, name, tmp_path, encoding=encoding, max_rejected=1.0)
        states[outcome.state] += 1
        if outcome.state == "refused":
            assert outcome.message, case
            assert "\n" not in outcome.message
            assert "please report" not in outcome.message, (case, outcome.message)
            continue
        raw = split_lines(data.removeprefix(codecs.BOM_UTF8))
        lines = [line.decode("latin-1") for line in raw]
        try:
            check_lines(lines, outcome, landing, header=name != "a.jsonl")
        except AssertionError as error:
            raise AssertionError(f"{name}, case {case}: {error}") from error
    assert states["landed"] > CASES // 3, states


def test_damaged_wide_encodings_are_landed_or_refused(tmp_path: Path) -> None:
    valid = csv_bytes().decode().encode("utf-16")
    states: Counter[str] = Counter()
    for case in range(CASES):
        data = damaged(valid, rng("utf-16", case))
        outcome, landing = land(data, "wide.csv", tmp_path, encoding="utf-16", max_rejected=1.0)
        states[outcome.state] += 1
        if outcome.state == "refused":
            assert "\n" not in outcome.message
            assert "please report" not in outcome.message, (case, outcome.message)
            continue
        text = data.decode("utf-16", "surrogatepass").removeprefix("\ufeff")
        lines = [
            line.decode("utf-8", "replace")
            for line in split_lines(text.encode("utf-8", "surrogatepass"))
        ]
        check_lines(lines, outcome, landing, header=True)
    assert len(states) == 2, states


def test_damaged_gzip_is_whole_or_refused(tmp_path: Path) -> None:
    """gzip has a sum over its content, so whatever still unpacks is what was packed."""
    valid = gzip.compress(csv_bytes(), mtime=0)
    states: Counter[str] = Counter()
    for case in range(CASES):
        data = damaged(valid, rng("gzip", case))
        outcome, _ = land(data, "a.csv.gz", tmp_path)
        states[outcome.state] += 1
        if outcome.state == "refused":
            assert "\n" not in outcome.message
        elif data[:2] == b"\x1f\x8b":
            assert outcome.physical in (RECORDS, 2 * RECORDS), case
    assert states["refused"] > CASES // 3, states


def test_damaged_parquet_is_accounted_for_or_refused(tmp_path: Path) -> None:
    valid = parquet_bytes(tmp_path)
    states: Counter[str] = Counter()
    for case in range(CASES):
        data = damaged(valid, rng("parquet", case))
        outcome, landing = land(data, "a.parquet", tmp_path, max_rejected=1.0, allow_missing=True)
        states[outcome.state] += 1
        if outcome.state == "refused":
            assert "\n" not in outcome.message
            assert "please report" not in outcome.message, (case, outcome.message)
            continue
        landed, aside = tables(outcome, landing)
        promised = pq.read_metadata(tmp_path / "a.parquet").num_rows
        assert promised == len(landed) + len(aside) == outcome.physical
        numbers = [row["_line"] for row in landed] + [row["line"] for row in aside]
        assert sorted(numbers) == list(range(1, promised + 1))
    assert states["refused"] > CASES // 3, states
