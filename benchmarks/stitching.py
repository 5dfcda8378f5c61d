"""How long identifiers take to become components, from a Parquet file to a stored table.

    python benchmarks/stitching.py               1 and 10 million edges, medians of 3
    python benchmarks/stitching.py --edges 50e6 --memory 4GB --contender crossbrand

Contenders run one after another, each in a process of its own, round by round, so that a noisy
machine slows all of them. Every one reads the same Parquet file of text edges (node_a, node_b) and
ends with a stored DuckDB table of identifier and component. All must find as many nodes and
components as the others.

    yardstick   `create table as select distinct` of the identifiers: the least any way has to do
    crossbrand  the materialization connected_components, run by dbt from this project's macros
    scipy       pandas.factorize, scipy.sparse.csgraph.connected_components, and the write back
    splink      splink.clustering on DuckDB; it needs `pip install splink`, if need be into another
                environment, with the same duckdb, whose python is given with --splink-python

Wall seconds are the work alone: of the dbt model's execution, of the queries and the arrays; not of
starting Python and importing. CPU seconds and peak memory are the whole process's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
CONTENDERS = ("yardstick", "crossbrand", "scipy", "splink")
ENDS = "select node_a as node_id from '{edges}' union all select node_b as node_id from '{edges}'"


def write_edges(path: Path, count: int) -> None:
    """About `count` text edges: 85 % people, 10 % chains, 5 % stars; shuffled, the same every time.

    A person has 2 to 4 identifiers and five sightings, repeats among them. A chain has up to
    a few thousand links, with names in no order. A star has up to 100,000 neighbours.
    """
    people, chain_links, leaves = count * 85 // 100 // 5, count * 10 // 100, count * 5 // 100
    star = max(1, min(100_000, leaves))
    query = f"""
        with numbered_people as (
            select
                range as person,
                cast(2 + least(hash(range) % 3, hash(range + 7) % 9) as bigint) as size
            from range({people})
        ),
        sightings as (
            select person * 16 as base, size, unnest(range(1, 6)) as sighting from numbered_people
        ),
        person_ends as (
            select
                base + sighting % size as number_a,
                sighting % size as kind_a,
                cast(hash(base + sighting) % greatest(sighting % size, 1) as bigint) as kind_b,
                base
            from sightings
        ),
        edges as (
            select number_a, kind_a, base + kind_b as number_b, kind_b from person_ends
            union all
            select range + 1000000000000, range, range + 1000000000001, range + 1
            from range({chain_links})
            where hash(range // 16) % 40 <> 0
            union all
            select 2000000000000 + range // {star}, 0, 2000000100000 + range, 1 + range % 3
            from range({leaves})
        )
        select identifier(kind_a, number_a) as node_a, identifier(kind_b, number_b) as node_b
        from edges
        order by hash(number_a, number_b)
    """
    with duckdb.connect() as connection:
        connection.execute(
            """
            create macro identifier(kind, number) as case kind % 4
                when 0 then concat(
                    'email|', substr(md5(concat('e', number)), 1, 10), '@example.com')
                when 1 then concat(
                    'phone|controller_a|+420', 100000000 + hash(concat('p', number)) % 900000000,
                    number % 1000)
                when 2 then concat('contact_id|aster|', hash(concat('c', number)) % 1000000000000)
                else concat('loyalty_card|aster|', hash(concat('l', number)) % 10000000000000)
            end
            """
        )
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")


def connect(folder: Path, memory: str) -> duckdb.DuckDBPyConnection:
    """The stored database of a contender."""
    settings: dict[str, Any] = {"memory_limit": memory, "preserve_insertion_order": False}
    return duckdb.connect(str(folder / "result.duckdb"), config=settings)


def run_yardstick(edges: Path, folder: Path, memory: str) -> float:
    with connect(folder, memory) as connection:
        started = time.perf_counter()
        ends = ENDS.format(edges=edges)
        connection.execute(f"create table components as select distinct node_id from ({ends})")
        return time.perf_counter() - started


def run_crossbrand(edges: Path, folder: Path, memory: str) -> float:
    """One model in a project of its own; returns the execution time that dbt reports for it."""
    (folder / "models").mkdir()
    (folder / "models" / "components.sql").write_text(
        "{{ config(materialized='connected_components') }}\n"
        f"select node_a, node_b from '{edges}'\n",
        encoding="utf-8",
    )
    project = {
        "name": "crossbrand",
        "profile": "crossbrand",
        "config-version": 2,
        "version": "0.1.0",
        "macro-paths": [str(PROJECT / "macros")],
        "flags": {"send_anonymous_usage_stats": False},
    }
    (folder / "dbt_project.yml").write_text(json.dumps(project), encoding="utf-8")
    output = {
        "type": "duckdb",
        "path": str(folder / "result.duckdb"),
        "threads": 1,
        "settings": {"memory_limit": memory, "preserve_insertion_order": False},
    }
    profile = {"crossbrand": {"target": "duckdb", "outputs": {"duckdb": output}}}
    (folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")

    from dbt.cli.main import dbtRunner

    os.chdir(folder)
    folders = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
    outcome = dbtRunner().invoke(["--quiet", "run", *folders])
    if not outcome.success:
        raise SystemExit(f"dbt failed: {outcome.exception or outcome.result}")
    # dbt types its result as a union over all its commands.
    results: Any = outcome.result
    return float(results.results[0].execution_time)


def run_scipy(edges: Path, folder: Path, memory: str) -> float:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    with connect(folder, memory) as connection:
        started = time.perf_counter()
        table = pq.read_table(edges)
        ends = pa.chunked_array(table["node_a"].chunks + table["node_b"].chunks)
        count = table.num_rows
        del table
        codes, names = pd.factorize(pd.Series(ends, dtype=pd.ArrowDtype(pa.string())))
        del ends
        graph = coo_matrix(
            (np.ones(count, dtype=np.int8), (codes[:count], codes[count:])),
            shape=(len(names), len(names)),
        )
        _, labels = connected_components(graph, directed=False)
        result = pa.table({"node_id": pa.array(names), "component_id": labels})
        connection.register("result", result)
        connection.execute("create table components as select node_id, component_id from result")
        return time.perf_counter() - started


def run_splink(edges: Path, folder: Path, memory: str) -> float:
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    with connect(folder, memory) as connection:
        started = time.perf_counter()
        ends = ENDS.format(edges=edges)
        connection.execute(f"create temp table nodes as select distinct node_id from ({ends})")
        connection.execute(
            "create temp table edges as select node_a as node_id_l, node_b as node_id_r "
            f"from '{edges}'"
        )
        clusters = cluster_pairwise_predictions_at_threshold(
            "nodes",
            "edges",
            db_api=DuckDBAPI(connection),
            node_id_column_name="node_id",
            edge_id_column_name_left="node_id_l",
            edge_id_column_name_right="node_id_r",
        )
        connection.execute(
            "create table components as select node_id, cluster_id as component_id "
            f"from {clusters.physical_name}"
        )
        return time.perf_counter() - started


def run_one(contender: str, edges: Path, memory: str) -> dict[str, float]:
    """Run a contender in this process; returns seconds, cpu_seconds, peak_gb and what it found."""
    runs = {
        "yardstick": run_yardstick,
        "crossbrand": run_crossbrand,
        "scipy": run_scipy,
        "splink": run_splink,
    }
    with tempfile.TemporaryDirectory(dir=edges.parent) as name:
        seconds = runs[contender](edges, Path(name), memory)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        found = {"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime}
        found["peak_gb"] = usage.ru_maxrss / 1e6
        counts = (
            "count(*)" if contender == "yardstick" else "count(*), count(distinct component_id)"
        )
        # dbt keeps its connection until the process ends, so the result is read by another one.
        reader = (
            "import duckdb, json, sys; connection = duckdb.connect(sys.argv[1]); "
            "connection.execute('set enable_progress_bar = false'); "
            f"print(json.dumps(connection.execute('select {counts} from components').fetchone()))"
        )
        copied = Path(name) / "copy.duckdb"
        shutil.copy2(Path(name) / "result.duckdb", copied)
        if (Path(name) / "result.duckdb.wal").exists():
            shutil.copy2(Path(name) / "result.duckdb.wal", Path(name) / "copy.duckdb.wal")
        output = subprocess.run(
            [sys.executable, "-c", reader, str(copied)], check=True, capture_output=True, text=True
        ).stdout
        found["nodes"], *components = json.loads(output)
        found["components"] = components[0] if components else 0
    return found


def run_apart(contender: str, edges: Path, memory: str, python: str) -> dict[str, float]:
    """Run a contender in a process of its own."""
    finished = subprocess.run(
        [python, __file__, "--one", contender, "--file", str(edges), "--memory", memory],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
    )
    if finished.returncode != 0:
        raise SystemExit(f"{contender} failed:\n{finished.stdout[-2000:]}{finished.stderr[-2000:]}")
    result: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return result


def compare(count: int, contenders: list[str], arguments: argparse.Namespace) -> None:
    """Run all contenders on about `count` edges and print a table of medians."""
    folder = Path(arguments.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    edges = folder / f"edges_{count}.parquet"
    if not edges.exists():
        # In a process of its own: on Linux a child's peak memory begins at its parent's.
        subprocess.run(
            [sys.executable, __file__, "--write", str(count), "--file", str(edges)], check=True
        )
    runs: dict[str, list[dict[str, float]]] = {contender: [] for contender in contenders}
    for place in range(arguments.runs):
        for contender in contenders:
            python = arguments.splink_python if contender == "splink" else sys.executable
            run = run_apart(contender, edges, arguments.memory, python)
            runs[contender].append(run)
            seconds, peak = run["seconds"], run["peak_gb"]
            print(f"  run {place + 1} {contender}: {seconds:.1f} s, {peak:.2f} GB", file=sys.stderr)

    found = {
        (run["nodes"], run["components"])
        for name in runs
        if name != "yardstick"
        for run in runs[name]
    }
    if len(found) > 1:
        raise SystemExit(f"The contenders disagree about nodes and components: {sorted(found)}")
    middle = {
        contender: {
            key: statistics.median(run[key] for run in of_contender)
            for key in ("seconds", "cpu_seconds", "peak_gb")
        }
        for contender, of_contender in runs.items()
    }
    base = middle.get("crossbrand", {}).get("seconds", float("nan"))
    (rows,) = duckdb.sql(f"select count(*) from '{edges}'").fetchone() or (0,)
    print(f"\n{rows:,} edges, median of {arguments.runs}, memory limit {arguments.memory}", end="")
    print(f", {found.pop() if found else ''} nodes and components")
    print("| Way | Wall s | Time against ours | CPU s of the process | Peak GB |")
    print("|---|--:|--:|--:|--:|")
    for contender, values in middle.items():
        print(
            f"| {contender} | {values['seconds']:.1f} | {values['seconds'] / base:.2f} × "
            f"| {values['cpu_seconds']:.1f} | {values['peak_gb']:.2f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edges", action="append", type=float, help="how many; may be repeated")
    parser.add_argument("--contender", action="append", choices=CONTENDERS, help="default: all")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="8GB", help="DuckDB's memory_limit for each contender")
    parser.add_argument("--folder", default="build/benchmarks", help="for edges and results")
    parser.add_argument("--splink-python", default=sys.executable, help="a python that has Splink")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        write_edges(Path(arguments.file), arguments.write)
        return
    if arguments.one:
        print(json.dumps(run_one(arguments.one, Path(arguments.file), arguments.memory)))
        return
    for count in arguments.edges or [1e6, 1e7]:
        compare(int(count), arguments.contender or list(CONTENDERS), arguments)


if __name__ == "__main__":
    main()
