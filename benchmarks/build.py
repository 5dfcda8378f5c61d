"""What a build costs: all of it, one more day, one per cent more, and how that grows.

    python benchmarks/build.py --people 10000 --people 50000
    python benchmarks/build.py --people 1000000 --memory 12GB
    python benchmarks/build.py --people 20000 --repeat-events 160 --memory 4GB --full-only

For each number of people, one after another on the same landing:

    yardstick     read all landing Parquet once with DuckDB, `select count(*), hash of all columns`
    by hand       benchmarks/build_by_hand.sql: RFM scores and aggregates of a customer, without dbt
    full          the seeds and all models, from nothing, over all but the last days
    one per cent  the same again when the load dates have come that make up a per cent of the rows
    one day       the same again when the last load date has come

`--repeat-events` lands every event so many times, each under an id of its own and ten of them on
one device: a hundred million events of few people, to see that a build spills and passes.

dbt runs one model after another, in a process of its own, with all of DuckDB's threads; the clock,
the processor's time and the peak of the process's memory during each model are taken from within.
Memory that an earlier model left in DuckDB's cache counts there too. Tests are not run. What counts
is the sum over the nodes: dbt's own start and parse are told apart. On a busy machine the
processor's seconds say more than the clock's. Results go to build/benchmarks/build/results.json.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from crossbrand.generate import generate

PROJECT = Path(__file__).resolve().parents[1]
BY_HAND = PROJECT / "benchmarks" / "build_by_hand.sql"
SLOW_SECONDS = 10
"""A model that takes longer is told at once, as a sign of life; the summary has them all."""


@dataclass
class Cost:
    """What one run cost. Seconds of the clock and of the processor; memory is the peak, in MB."""

    name: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    start_seconds: float = 0.0
    memory_mb: int = 0
    models: dict[str, tuple[float, float, int]] = field(default_factory=dict)


@dataclass
class Round:
    """Everything that was measured for one number of people. `stages`: tables' rows and bytes."""

    people: int
    rows: int
    day_rows: int
    per_cent_rows: int
    landing_mb: int
    stages: dict[str, tuple[int, int]] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)


# --------------------------------------------------------------------------- in the child


def child(kind: str, landing: Path, warehouse: Path) -> Cost:
    """Do one thing and measure it; runs in a process of its own, so that the memory is its own."""
    if kind == "yardstick":
        cost = measured(kind, lambda: read_and_hash(landing))
    elif kind == "by hand":
        cost = measured(kind, lambda: run_by_hand(landing))
    else:
        cost = run_models(kind, landing, warehouse)
    # Each model forgets the peak of the one before. The kernel's own (ru_maxrss) will not do:
    # it begins with that of the process that started this one.
    cost.memory_mb = max([peak_mb(), *(peak for _, _, peak in cost.models.values())])
    return cost


def measured(name: str, work: Any) -> Cost:
    """Clock and processor's time of a call."""
    clock, processor = time.monotonic(), time.process_time()
    work()
    return Cost(name, time.monotonic() - clock, time.process_time() - processor)


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory with the limit that the build has."""
    connection = duckdb.connect()
    connection.execute(f"set memory_limit = '{os.environ['CROSSBRAND_MEMORY']}'")
    connection.execute("set enable_progress_bar = false; set timezone = 'UTC'")
    return connection


def read_and_hash(landing: Path) -> None:
    """Read every value of every feed once."""
    connection = connect()
    for feed in sorted(path.name for path in landing.iterdir() if not path.name.startswith("_")):
        connection.execute(
            "select count(*), bit_xor(hash(landed)) from "
            f"read_parquet('{landing}/{feed}/*/*/*.parquet', union_by_name = true) as landed"
        ).fetchall()


def run_by_hand(landing: Path) -> None:
    """The script that somebody would write who needs these figures alone."""
    connection = connect()
    connection.execute(
        f"set variable landing = '{landing}'; set variable seeds = '{PROJECT}/seeds'"
    )
    connection.execute(BY_HAND.read_text(encoding="utf-8"))


def run_models(kind: str, landing: Path, warehouse: Path) -> Cost:
    """Seeds and models; the time of a node is that between its first and last word."""
    from dbt.cli.main import dbtRunner

    folder = warehouse.parent
    os.environ |= {
        "CROSSBRAND_LANDING": str(landing),
        "CROSSBRAND_WAREHOUSE": str(warehouse),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    cost = Cost(kind)
    began = time.monotonic()
    begun: dict[str, tuple[float, float]] = {}

    def listen(event: Any) -> None:
        if event.info.name not in ("LogStartLine", "NodeFinished"):
            return
        name = event.data.node_info.node_name
        now = time.monotonic(), time.process_time()
        if event.info.name == "LogStartLine":
            if not begun:
                cost.start_seconds = now[0] - began
            begun[name] = now
            forget_peak()
        elif name in begun:
            cost.models[name] = now[0] - begun[name][0], now[1] - begun[name][1], peak_mb()
            if cost.models[name][0] > SLOW_SECONDS:
                print(f"    {name}: {cost.models[name][0]:.0f} s", file=sys.stderr, flush=True)

    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    only = ["--resource-type", "model", "--resource-type", "seed", "--threads", "1"]
    variables = ["--vars", json.dumps({"max_changed_id_share": 1})]
    result = dbtRunner(callbacks=[listen]).invoke([*quiet, "build", *only, *variables, *folders])
    if not result.success:
        failed = [entry.message for entry in result.result or () if entry.status != "success"]
        raise SystemExit(f"The build failed: {result.exception or failed[:3]}")
    cost.seconds = sum(wall for wall, _, _ in cost.models.values())
    cost.cpu_seconds = sum(cpu for _, cpu, _ in cost.models.values())
    return cost


def forget_peak() -> None:
    """Let Linux count the peak of this process's memory anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb() -> int:
    """The peak since then."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) // 1024


# --------------------------------------------------------------------------- in the parent


def measure(kind: str, landing: Path, warehouse: Path, memory: str) -> Cost:
    """Run one child and add its peak memory."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--child", kind, str(landing), str(warehouse)],
        cwd=PROJECT,
        env={**os.environ, "CROSSBRAND_MEMORY": memory},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = process.stdout.read()
    if process.wait():
        raise SystemExit(f"{kind} failed: {said}")
    cost = Cost(**json.loads(said.splitlines()[-1]))
    print(
        f"  {kind:12} {cost.seconds:8.1f} s  {cost.cpu_seconds:8.1f} s of the processor  "
        f"{cost.memory_mb:6,} MB",
        flush=True,
    )
    return cost


def count_rows(files: list[Path]) -> int:
    """Rows that these landing files say they hold."""
    if not files:
        return 0
    row = duckdb.execute(
        "select sum(num_rows) from parquet_file_metadata(?)", [[str(path) for path in files]]
    ).fetchone()
    return int(row[0]) if row else 0


def stage(name: str) -> str:
    """The part of the build that a model belongs to."""
    if name.startswith(("base_", "stg_")):
        return "reading"
    if name.startswith("int_identity"):
        return "identity"
    return "steps" if name.startswith("int_") else "marts and seeds"


def measure_tables(warehouse: Path) -> dict[str, tuple[int, int]]:
    """Rows and bytes of the tables of each part, the bytes in whole blocks of the file."""
    found: dict[str, tuple[int, int]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set memory_limit = '2GB'")
        tables = connection.execute(
            "select schema_name, table_name, estimated_size, block_size from duckdb_tables() "
            "cross join pragma_database_size() where not internal"
        ).fetchall()
        for schema, table, rows, block in tables:
            row = connection.execute(
                f"select count(distinct block_id) from pragma_storage_info('{schema}.{table}') "
                "where block_id >= 0"
            ).fetchone()
            before = found.get(stage(table), (0, 0))
            found[stage(table)] = before[0] + rows, before[1] + (row[0] if row else 0) * block
    return found


def hold_back(landing: Path, aside: Path, load_date: str) -> None:
    """Move a load date's files away, so that they can come later."""
    for path in landing.rglob(f"{load_date}/*.parquet"):
        target = aside / path.relative_to(landing)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


def deliver(landing: Path, aside: Path, load_date: str) -> None:
    """Move them back."""
    for path in aside.rglob(f"{load_date}/*.parquet"):
        target = landing / path.relative_to(aside)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


def repeat_events(landing: Path, times: int) -> None:
    """Land each file of events again and again, the rows under other ids, ten to a device."""
    connection = duckdb.connect()
    for path in sorted((landing / "events").rglob("*.parquet")):
        for first in range(1, times, 10):
            copies = min(10, times - first)
            connection.execute(
                "copy (select landed.* replace (event_id || '-' || copy as event_id, "
                f"device_id || '-{first}' as device_id) "
                f"from read_parquet('{path}') as landed "
                f"cross join range({first}, {first + copies}) as copies (copy)) "
                f"to '{path.with_name(f'{path.stem}-again-{first}.parquet')}'"
            )


def one_round(people: int, options: argparse.Namespace) -> Round:
    """Generate (or find) the landing and measure everything on it."""
    folder = options.out / str(people)
    sample, aside = folder / "sample", folder / "aside"
    landing = sample / "landing"
    if aside.exists():
        deliver(landing, aside, "load_date=*")
    if not landing.exists():
        generate(people, 4, options.days, 7, sample, PROJECT, progress=False)
        repeat_events(landing, options.repeat_events)
    files = [path for path in landing.rglob("*.parquet") if "_rejects" not in path.parts]
    rows = count_rows(files)
    by_date: dict[str, list[Path]] = {}
    for path in files:
        by_date.setdefault(path.parent.name, []).append(path)
    dates = sorted(by_date)
    day = dates.pop()
    late: list[str] = []
    while count_rows([path for name in late for path in by_date[name]]) < rows / 100:
        late.append(dates.pop())
    found = Round(
        people,
        rows,
        count_rows(by_date[day]),
        count_rows([path for name in late for path in by_date[name]]),
        sum(path.stat().st_size for path in files) // 2**20,
    )
    print(
        f"{people:,} people, {rows:,} rows in {found.landing_mb:,} MB of landing; "
        f"the last day has {found.day_rows / rows:.2%}, "
        f"the days before it {found.per_cent_rows / rows:.2%}"
    )
    warehouse = folder / "w.duckdb"
    for path in folder.glob("w.duckdb*"):
        path.unlink()
    for kind in ("yardstick",) if options.full_only else ("yardstick", "by hand"):
        found.costs[kind] = measure(kind, landing, warehouse, options.memory)
    for name in [] if options.full_only else [*late, day]:
        hold_back(landing, aside, name)
    found.costs["full"] = measure("full", landing, warehouse, options.memory)
    found.stages = measure_tables(warehouse)
    if options.full_only:
        return found
    for name in late:
        deliver(landing, aside, name)
    found.costs["one per cent"] = measure("one per cent", landing, warehouse, options.memory)
    deliver(landing, aside, day)
    found.costs["one day"] = measure("one day", landing, warehouse, options.memory)
    shutil.rmtree(aside, ignore_errors=True)
    return found


def report(rounds: list[Round], top: int) -> None:
    """The ratios, the exponents, and the models that cost most."""
    for found in rounds:
        full = found.costs["full"]
        print(f"\n{found.people:,} people: of the full build's {full.cpu_seconds:.0f} s")
        for name in ("one day", "one per cent"):
            if name not in found.costs:
                continue
            share = found.costs[name].cpu_seconds / full.cpu_seconds
            print(f"  {name}: {share:.1%}")
        for name in ("yardstick", "by hand"):
            if name not in found.costs:
                continue
            print(f"  full / {name}: {full.cpu_seconds / found.costs[name].cpu_seconds:.1f}")
        day = found.costs["one day"].models if "one day" in found.costs else {}
        print(f"  {'part':44} {'full':>8} {'share':>6} {'one day':>8} {'rows':>12} {'MB':>8}")
        for part, (rows, size) in found.stages.items():
            cpu, later = (
                sum(spent for name, (_, spent, _) in models.items() if stage(name) == part)
                for models in (full.models, day)
            )
            print(
                f"  {part:44} {cpu:8.2f} {cpu / full.cpu_seconds:6.1%} {later:8.2f} "
                f"{rows:12,} {size // 2**20:8,}"
            )
        print(f"  {'model':44} {'full':>8} {'share':>6} {'one day':>8} {'peak MB':>12}")
        for name, (_, cpu, peak) in sorted(full.models.items(), key=lambda item: -item[1][1])[:top]:
            later = day[name][1] if name in day else 0.0
            print(f"  {name:44} {cpu:8.2f} {cpu / full.cpu_seconds:6.1%} {later:8.2f} {peak:12,}")
    for smaller, larger in pairwise(rounds):
        growth = math.log(larger.rows / smaller.rows)
        exponents = {
            name: math.log(larger.costs[name].cpu_seconds / cost.cpu_seconds) / growth
            for name, cost in smaller.costs.items()
        }
        said = ", ".join(f"{name} {exponent:.2f}" for name, exponent in exponents.items())
        print(f"\nExponent in rows from {smaller.people:,} to {larger.people:,} people: {said}")


def main() -> None:
    """Measure as the options say."""
    if sys.argv[1:2] == ["--child"]:
        cost = child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
        print(json.dumps(asdict(cost)))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, action="append", help="repeat it to see the growth")
    parser.add_argument("--days", type=int, default=365, help="days that the sample spans")
    parser.add_argument("--memory", default="16GB", help="DuckDB's memory_limit")
    parser.add_argument("--repeat-events", type=int, default=1, help="land each event so often")
    parser.add_argument("--full-only", action="store_true", help="leave out the day and the rest")
    parser.add_argument("--top", type=int, default=30, help="models in the summary")
    parser.add_argument("--out", type=Path, default=PROJECT / "build" / "benchmarks" / "build")
    options = parser.parse_args()
    options.out = options.out.absolute()
    options.out.mkdir(parents=True, exist_ok=True)
    rounds = []
    for people in options.people or [10_000]:
        rounds.append(one_round(people, options))
        results = json.dumps([asdict(found) for found in rounds], indent=1)
        (options.out / "results.json").write_text(results, encoding="utf-8")
    report(rounds, options.top)


if __name__ == "__main__":
    main()
