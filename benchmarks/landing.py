"""How long `crossbrand land` takes for a CSV file, beside DuckDB's own read_csv → Parquet.

    python benchmarks/landing.py                       1 GB, three rounds
    python benchmarks/landing.py --gigabytes 0.2 --style quoted --rounds 1

Contenders run one after another, each in a process of its own, round by round, so that a noisy
machine slows all of them. What counts is the ratio of their medians in one run; on a busy machine
CPU seconds say more than wall seconds.

    duckdb      `copy (from read_csv(file)) to 'out.parquet'`, types and all found out by DuckDB
    duckdb-text the same with all_varchar: text to text, as landing does it
    crossbrand  `crossbrand land`: hash, encoding, quotes and widths checked, lines counted twice

Styles of the file: `plain` (quotes where a value needs them), `quoted` (every value in quotes),
`texts` (a note with line breaks in every twentieth row), `broken` (one line in a thousand has an
unclosed quote or a wrong width). Wall seconds and peak memory are the whole process's, start of
Python included.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
STYLES = ("plain", "quoted", "texts", "broken")
CONTENDERS = ("duckdb", "duckdb-text", "crossbrand")

ROWS = """
    select
        'o' || lpad(range::varchar, 9, '0') as order_id, strftime(timestamp '2024-01-01' + interval
        (hash(range) % 31536000) second, '%Y-%m-%dT%H:%M:%SZ')
            as ordered_at,
        ['placed', 'paid', 'shipped', 'completed'][1 + (hash(range + 1) % 4)::integer] as status,
        ['eshop', 'store', 'app'][1 + (hash(range + 2) % 3)::integer] as sales_channel, 'c' ||
        hash(range // 7) % 3000000 as contact_id, 'jan.novák' || hash(range // 7) % 3000000 ||
        '@example.com' as email, '+420' || (600000000 + hash(range // 7) % 199999999) as phone,
        'CZK' as currency_code, ((hash(range + 3) % 1000000) / 100)::decimal(18, 2)::varchar as
        total_amount, strftime(timestamp '2024-01-02' + interval (hash(range) % 31536000) second,
        '%Y-%m-%dT%H:%M:%SZ')
            as updated_at,
        {note} as note
    from range({first}, {last})
"""
NOTES = {
    "texts": (
        "case when range % 20 = 0 then 'leave it,' || chr(10) || 'by the \"door\"' else 'none' end"
    ),
    "plain": "case when range % 20 = 0 then 'by the door, please' else 'none' end",
}


def write_csv(path: Path, size: int, style: str) -> None:
    """Write about `size` bytes of orders."""
    rows, step = 0, 1_000_000
    duckdb.execute("set enable_progress_bar = false")
    with path.open("wb") as out, tempfile.TemporaryDirectory(dir=path.parent) as folder:
        part = Path(folder) / "part.csv"
        while out.tell() < size:
            note = NOTES.get(style, NOTES["plain"])
            query = ROWS.format(note=note, first=rows, last=rows + step)
            quoted = ", force_quote *" if style == "quoted" else ""
            duckdb.execute(f"copy ({query}) to '{part}' (header {rows == 0}{quoted})")
            data = part.read_bytes()
            if style == "broken":
                lines = data.split(b"\n")
                for index in range(500, len(lines) - 1, 1000):
                    lines[index] += b',"open' if index % 2000 < 1000 else b",one,two"
                data = b"\n".join(lines)
            if out.tell() + len(data) > size:
                data = data[: data.rfind(b"\n", 0, max(size - out.tell(), 1000)) + 1]
                out.write(data)
                break
            out.write(data)
            rows += step


def command(contender: str, csv: Path, out: Path) -> list[str]:
    """What is run, as a process of its own."""
    if contender == "crossbrand":
        land = [
            "land",
            str(csv),
            "--feed",
            "orders",
            "--brand",
            "aster",
            "--load-date",
            "2025-06-01",
        ]
        return [sys.executable, "-m", "crossbrand.cli", *land]
    text = ", all_varchar = true" if contender == "duckdb-text" else ""
    sql = f"copy (from read_csv('{csv}'{text}, ignore_errors = true)) to '{out / 'out.parquet'}'"
    return [sys.executable, "-c", f"import duckdb; duckdb.execute({sql!r})"]


def run(contender: str, csv: Path, work: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of one run."""
    out = work / contender
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    environment = os.environ | {
        "CROSSBRAND_LANDING": str(out / "landing"),
        "CROSSBRAND_PROJECT": str(PROJECT),
        "PYTHONPATH": str(PROJECT / "scripts"),
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        command(contender, csv, out), env=environment, stdout=subprocess.PIPE, text=True
    )
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{contender} failed: {said}")
    shutil.rmtree(out)
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Write the file, run the rounds, print the medians and the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--style", choices=STYLES, action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=PROJECT / "build" / "benchmarks" / "landing")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    print(f"duckdb {duckdb.__version__}, {os.cpu_count()} CPUs")
    for style in chosen.style or ["plain"]:
        csv = chosen.work / f"orders_{style}.csv"
        # In a process of its own: a child begins with its parent's memory as its peak.
        writer = multiprocessing.get_context("spawn").Process(
            target=write_csv, args=(csv, int(chosen.gigabytes * 1e9), style)
        )
        writer.start()
        writer.join()
        megabytes = csv.stat().st_size / 1e6
        print(f"\n{style}: {megabytes:,.0f} MB")
        seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        cpu: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        memory: dict[str, float] = dict.fromkeys(CONTENDERS, 0.0)
        for _ in range(chosen.rounds):
            for name in CONTENDERS:
                took, worked, peak = run(name, csv, chosen.work)
                seconds[name].append(took)
                cpu[name].append(worked)
                memory[name] = max(memory[name], peak)
        medians = {name: statistics.median(values) for name, values in seconds.items()}
        for name in CONTENDERS:
            print(
                f"  {name:12} {medians[name]:6.1f} s  {megabytes / medians[name]:6.0f} MB/s  "
                f"CPU {statistics.median(cpu[name]):5.1f} s  "
                f"peak {memory[name]:6.0f} MB  speed of duckdb × "
                f"{medians['duckdb'] / medians[name]:.2f}"
            )
        csv.unlink()


if __name__ == "__main__":
    main()
