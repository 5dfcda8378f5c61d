"""How long identifiers take to become components on Spark, from a Parquet file to a stored table.

    python benchmarks/stitching_spark.py             1 million edges of each shape, medians of 3
    python benchmarks/stitching_spark.py --edges 1e7 --runs 1 --memory 8g --shape mixed

It runs in the development environment, which has the oracle (SciPy), and starts every contender
in a process and a Java machine of its own, with a python that has Spark (`--spark-python`; the
environment that scripts/check-spark makes is the default). All read the same Parquet file of text
edges (node_a, node_b) and end with a stored table of identifier and component, which must have the
components that SciPy finds, to the last node.

    yardstick   `create table as select distinct` of the identifiers
    crossbrand  the materialization connected_components, run by dbt-spark in its own process
    stars       large star and small star in turn, as Kiveris and others published it in 2014 and as
                GraphFrames runs it: nodes numbered by a dictionary, each round stored, so that its
                plan stays short, until a round changes nothing
    graphx      the components of GraphX, which comes with Spark: RDDs, each node takes its least
                neighbour's label, so a chain takes as many rounds as it is long (left out there)

Shapes: `mixed` is the graph of stitching.py; `households` people with cards, phones and cookies, of
whom some share a phone; `chain` one path in no order; `star` hubs of 100,000 neighbours each.

Seconds are of the work alone: Java and Python are up, and a first query has run. CPU seconds are
Java's over the same time, and peak memory is Java's resident one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
CONTENDERS = ("yardstick", "crossbrand", "stars", "graphx")
SHAPES = ("mixed", "households", "chain", "star")
ENDS = "select node_a as node_id from edges union all select node_b as node_id from edges"
HUB = 100_000
"""Neighbours of a star."""


@dataclass(frozen=True)
class Place:
    """Where a contender runs: its edges, its folder, Spark's master, memory and more settings."""

    edges: Path
    folder: Path
    master: str
    memory: str
    more: tuple[str, ...] = ()

    @property
    def result(self) -> Path:
        """Where Spark keeps the table of components."""
        return self.folder / "warehouse" / "main.db" / "components"


def write_edges(path: Path, shape: str, count: int) -> None:
    """About `count` edges of a shape, the same every time, shuffled."""
    import duckdb

    if shape == "mixed":
        writer = str(PROJECT / "benchmarks" / "stitching.py")
        subprocess.run(
            [sys.executable, writer, "--write", str(count), "--file", str(path)], check=True
        )
        return
    # A person has four links of six identifiers; every fifth was seen up to eleven times.
    people = count // 6
    queries = {
        "chain": f"select concat('n', md5(concat(range))) as node_a, "
                 f"concat('n', md5(concat(range + 1))) as node_b from range({count})",
        "star": f"select concat('h', md5(concat('h', range // {HUB}))) as node_a, "
                f"concat('n', md5(concat(range))) as node_b from range({count})",
        "households": f"""
            select node_a, node_b
            from (
                select
                    concat('record|', md5(concat(range))) as record,
                    concat('email|', md5(concat('e', range)), '@example.com') as email,
                    concat('phone|', md5(concat('p', case
                        when hash(range) % 3 = 0 then -(range // 3) else range end))) as phone,
                    concat('card|', md5(concat('k', range))) as card,
                    concat('cookie|', md5(concat('c', range))) as cookie,
                    case when hash(range + 1) % 5 = 0 then 1 + hash(range + 2) % 11 else 1 end
                        as seen
                from range({people})
            ) as person
            cross join lateral (
                values (record, email), (record, phone), (card, email), (cookie, record)
            ) as link (node_a, node_b)
            cross join lateral range(cast(seen as bigint)) as sighting
        """,
    }  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from ({queries[shape]}) order by hash(node_a, node_b)) "
            f"to '{path}' (format parquet)"
        )


def write_truth(edges: Path, truth: Path) -> None:
    """The components of the edges by SciPy: node_id, component."""
    import duckdb
    import numpy as np
    import pyarrow as pa
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    with duckdb.connect() as connection:
        connection.execute(f"create view edges as from '{edges}'")
        connection.execute(
            f"create table nodes as select node_id, row_number() over () - 1 as code "
            f"from (select distinct node_id from ({ENDS}))"
        )
        ends = connection.execute(
            "select a.code as a, b.code as b from edges "
            "join nodes as a on node_a = a.node_id join nodes as b on node_b = b.node_id"
        ).fetchnumpy()
        (size,) = connection.execute("select count(*) from nodes").fetchone() or (0,)
        graph = coo_matrix(
            (np.ones(len(ends["a"]), dtype=np.int8), (ends["a"], ends["b"])), shape=(size, size)
        )
        _, labels = connected_components(graph, directed=False)
        found = pa.table({"code": np.arange(size), "component": labels})
        connection.register("found", found)
        connection.execute(
            f"copy (select node_id, component from nodes join found using (code)) "
            f"to '{truth}' (format parquet)"
        )


def refuse_other_components(result: Path, truth: Path, contender: str) -> None:
    """Stop where the table does not have SciPy's components, node by node."""
    import duckdb

    counts = duckdb.execute(
        "select count(*), count(truth.node_id), count(result.node_id), "
        "count(distinct component), count(distinct component_id), "
        "count(distinct (component, component_id)) "
        f"from '{truth}' as truth full join '{result}/*.parquet' as result using (node_id)"
    ).fetchone()
    assert counts is not None
    if len(set(counts[:3])) != 1 or len(set(counts[3:])) != 1:
        raise SystemExit(f"{contender} found other components than SciPy: {counts}")


def settings(place: Place) -> dict[str, str]:
    """Spark's settings, the same for all contenders."""
    folder = place.folder
    return {
        "spark.master": place.master,
        "spark.driver.memory": place.memory,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder}/metastore;create=true"
        ),
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={folder}/derby.log",
        "spark.sql.legacy.createHiveTableByDefault": "false",
        "spark.sql.sources.default": "parquet",
        "spark.sql.shuffle.partitions": "8",
        "spark.ui.retainedStages": "100000",
        "spark.sql.ui.retainedExecutions": "100000",
    } | dict(setting.split("=", 1) for setting in place.more)


def start(place: Place) -> Any:
    """A warm session in which `edges` is the file."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.enableHiveSupport()
    for name, value in settings(place).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sql("create schema if not exists main")
    spark.read.parquet(str(place.edges)).createOrReplaceTempView("edges")
    spark.sql(
        "select count(distinct node_a) from (select * from edges limit 1000) as few"
    ).collect()
    return spark


def run_yardstick(spark: Any, _: Place) -> dict[str, float]:
    started = time.perf_counter()
    spark.sql(f"create table main.components as select distinct node_id from ({ENDS})")
    return {"seconds": time.perf_counter() - started, "rounds": 0}


def run_crossbrand(_: Any, place: Place) -> dict[str, float]:
    """One model in a project of its own; the seconds are those that dbt reports for it."""
    folder = place.folder
    (folder / "models").mkdir()
    (folder / "models" / "components.sql").write_text(
        "{{ config(materialized='connected_components') }}\n"
        f"select node_a, node_b from parquet.`{place.edges}`\n",
        encoding="utf-8",
    )
    project = {
        "name": "crossbrand", "profile": "crossbrand", "config-version": 2, "version": "0.1.0",
        "macro-paths": [str(PROJECT / "macros")],
        "flags": {"send_anonymous_usage_stats": False},
    }  # fmt: skip
    (folder / "dbt_project.yml").write_text(json.dumps(project), encoding="utf-8")
    output = {
        "type": "spark", "method": "session", "host": "localhost", "schema": "main", "threads": 1,
        "server_side_parameters": settings(place),
    }  # fmt: skip
    profile = {"crossbrand": {"target": "spark", "outputs": {"spark": output}}}
    (folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")

    from dbt.cli.main import dbtRunner

    os.chdir(folder)
    os.environ["DBT_LOG_PATH"] = str(folder / "logs")
    os.environ["DBT_TARGET_PATH"] = str(folder / "target")
    folders = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
    outcome = dbtRunner().invoke(["--quiet", "run", *folders])
    if not outcome.success:
        raise SystemExit(f"dbt failed: {outcome.exception or outcome.result}")
    # dbt types its result as a union over all its commands.
    results: Any = outcome.result
    log = (folder / "logs" / "dbt.log").read_text(encoding="utf-8")
    rounds = re.search(r"fixed point after (\d+) rounds", log)
    return {
        "seconds": float(results.results[0].execution_time),
        "rounds": int(rounds[1]) if rounds else 0,
    }


def number_nodes(spark: Any) -> None:
    """A dictionary of the nodes, and the edges by it: main.nodes and main.graph_0 (low, high)."""
    store(spark, "nodes", "select node_id, monotonically_increasing_id() as node from "
                          f"(select distinct node_id from ({ENDS}))")  # fmt: skip
    store(
        spark,
        "graph_0",
        "select distinct least(a.node, b.node) as low, greatest(a.node, b.node) as high from edges "
        "inner join main.nodes as a on edges.node_a = a.node_id "
        "inner join main.nodes as b on edges.node_b = b.node_id where a.node <> b.node",
    )


def store(spark: Any, name: str, query: str) -> None:
    spark.sql(f"drop table if exists main.{name}")
    spark.sql(f"create table main.{name} as {query}")


def run_stars(spark: Any, _: Place) -> dict[str, float]:
    """Large star and small star in turn, until the edges no longer change."""
    started = time.perf_counter()
    number_nodes(spark)
    checked: tuple[Any, ...] | None = None
    number = 0
    while True:
        store(
            spark,
            "both",
            f"select high as u, low as v from main.graph_{number} union all "
            f"select low as u, high as v from main.graph_{number}",
        )
        # Every higher neighbour is joined to the least of the neighbourhood ...
        store(
            spark,
            "large",
            "select distinct v as high, least(u, m) as low from main.both as pairs inner join "
            "(select u as centre, min(v) as m from main.both group by u) as least_ones "
            "on pairs.u = least_ones.centre where v > u",
        )
        # ... and then every lower one and the node itself.
        store(
            spark,
            f"graph_{number + 1}",
            "select distinct high, low from ("
            "select low as high, m as low from main.large as pairs inner join "
            "(select high as centre, min(low) as m from main.large group by high) as least_ones "
            "on pairs.high = least_ones.centre where low <> m "
            "union all select high, min(low) as low from main.large group by high)",
        )
        found = spark.sql(
            f"select count(*), sum(cast(low as decimal(38, 0))), sum(cast(high as decimal(38, 0))) "
            f"from main.graph_{number + 1}"
        ).collect()[0]
        spark.sql(f"drop table main.graph_{number}")
        number += 1
        if tuple(found) == checked:
            break
        checked = tuple(found)
    spark.sql(
        "create table main.components as select node_id, coalesce(low, node) as component_id "
        f"from main.nodes left join main.graph_{number} as graph on nodes.node = graph.high"
    )
    return {"seconds": time.perf_counter() - started, "rounds": number}


def run_graphx(spark: Any, place: Place) -> dict[str, float]:
    """GraphX, which reads its edges from text."""
    started = time.perf_counter()
    number_nodes(spark)
    given, found = place.folder / "graphx_edges", place.folder / "graphx_labels"
    spark.sql("select concat(low, ' ', high) from main.graph_0").write.text(str(given))
    java = spark._jvm
    level = java.org.apache.spark.storage.StorageLevel.MEMORY_AND_DISK()
    graph = java.org.apache.spark.graphx.GraphLoader.edgeListFile(
        spark._jsc.sc(), str(given), False, 8, level, level
    )
    whole = java.scala.reflect.ClassTag.Int()
    labels = java.org.apache.spark.graphx.lib.ConnectedComponents.run(graph, whole, whole)
    labels.vertices().saveAsTextFile(str(found))
    spark.read.text(str(found)).createOrReplaceTempView("labels")
    spark.sql(
        "create table main.components as select node_id, coalesce(component, node) as component_id "
        "from main.nodes left join (select "
        "cast(split(translate(value, '()', ''), ',')[0] as bigint) as labelled, "
        "cast(split(translate(value, '()', ''), ',')[1] as bigint) as component from labels) "
        "on nodes.node = labelled"
    )
    return {"seconds": time.perf_counter() - started, "rounds": 0}


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shuffled(spark: Any) -> dict[str, float]:
    """What was written for other tasks to read, and how unevenly these had to read it.

    `shuffled_gb` is of all stages. `fullest_mb` is what the fullest task of all read, and `skew`
    that task's bytes against the median task of its stage; a stage of one task has none.
    """
    context = spark._jsc.sc()
    gateway = spark.sparkContext._gateway
    store = context.statusStore()
    quantiles = gateway.new_array(spark._jvm.double, 2)
    quantiles[0], quantiles[1] = 0.5, 1.0
    none = gateway.new_array(spark._jvm.double, 0)
    stages = store.stageList(None, False, False, none, None)
    written, fullest, skew = 0, 0.0, 0.0
    for place in range(stages.size()):
        stage = stages.apply(place)
        written += stage.shuffleWriteBytes()
        if stage.numTasks() == 1 or stage.shuffleReadBytes() <= fullest:
            continue
        summary = store.taskSummary(stage.stageId(), stage.attemptId(), quantiles)
        if summary.isDefined():
            read = summary.get().shuffleReadMetrics().readBytes()
            if read.apply(1) > fullest:
                fullest, skew = read.apply(1), read.apply(1) / max(read.apply(0), 1.0)
    return {"shuffled_gb": written / 1e9, "fullest_mb": fullest / 1e6, "skew": skew}


def joins(spark: Any) -> dict[str, float]:
    """How many joins Spark ran by broadcasting one side, and how many by moving both."""
    store = spark._jsparkSession.sharedState().statusStore()
    executions = store.executionsList()
    counts = {"broadcast": 0.0, "moved": 0.0}
    for place in range(executions.size()):
        nodes = store.planGraph(executions.apply(place).executionId()).allNodes()
        for number in range(nodes.size()):
            name = nodes.apply(number).name()
            if name.startswith(("BroadcastHashJoin", "BroadcastNestedLoopJoin")):
                counts["broadcast"] += 1
            elif name.startswith(("SortMergeJoin", "ShuffledHashJoin")):
                counts["moved"] += 1
    return counts


def run_one(contender: str, place: Place) -> dict[str, float]:
    """Run a contender in this process; returns what `compare` prints of it, by name."""
    runs = {
        "yardstick": run_yardstick,
        "crossbrand": run_crossbrand,
        "stars": run_stars,
        "graphx": run_graphx,
    }
    spark = start(place)
    java = int(spark._jvm.java.lang.ProcessHandle.current().pid())
    before = cpu_seconds(java)
    found = runs[contender](spark, place)
    found["cpu_seconds"] = cpu_seconds(java) - before
    found |= shuffled(spark) | joins(spark)
    status = Path(f"/proc/{java}/status").read_text(encoding="utf-8")
    found["peak_gb"] = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1e6
    return found


def run_apart(
    contender: str, edges: Path, truth: Path, arguments: argparse.Namespace
) -> dict[str, float]:
    """Run a contender in a process of its own, and judge what it stored."""
    with tempfile.TemporaryDirectory(dir=edges.parent) as name:
        place = Place(edges, Path(name), arguments.master, arguments.memory)
        finished = subprocess.run(
            [arguments.spark_python, __file__, "--one", contender, "--file", str(edges),
             "--folder", name, "--memory", arguments.memory, "--master", arguments.master,
             *(f"--set={setting}" for setting in arguments.set)],
            capture_output=True, text=True, check=False,
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        )  # fmt: skip
        if finished.returncode != 0:
            said = finished.stdout[-2000:] + finished.stderr[-4000:]
            raise SystemExit(f"{contender} failed:\n{said}")
        if contender != "yardstick":
            refuse_other_components(place.result, truth, contender)
    run: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return run


def compare(shape: str, count: int, arguments: argparse.Namespace) -> None:
    """Run the contenders on about `count` edges of a shape and print a table of medians."""
    import duckdb

    folder = Path(arguments.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"edges_{count}" if shape == "mixed" else f"{shape}_{count}"
    edges, truth = folder / f"{name}.parquet", folder / f"{name}_truth.parquet"
    if not edges.exists():
        write_edges(edges, shape, count)
    if not truth.exists():
        write_truth(edges, truth)
    contenders = [
        contender
        for contender in arguments.contender or CONTENDERS
        if not (contender == "graphx" and shape in ("chain", "mixed"))
    ]
    runs: dict[str, list[Mapping[str, float]]] = {contender: [] for contender in contenders}
    for place in range(arguments.runs):
        for contender in contenders:
            run = run_apart(contender, edges, truth, arguments)
            runs[contender].append(run)
            print(f"  {shape} run {place + 1} {contender}: {run}", file=sys.stderr)
    middle = {
        contender: {
            key: statistics.median(run[key] for run in of_contender) for key in of_contender[0]
        }
        for contender, of_contender in runs.items()
    }
    base = middle.get("crossbrand", {})
    rows, nodes, components = duckdb.execute(
        f"select (select count(*) from '{edges}'), count(*), count(distinct component) "
        f"from '{truth}'"
    ).fetchone() or (0, 0, 0)
    print(
        f"\n{shape}: {rows:,} edges, {nodes:,} nodes, {components:,} components; median of "
        f"{arguments.runs}, {arguments.master}, {arguments.memory} {' '.join(arguments.set)}\n"
    )
    print(
        "| Way | Rounds | Wall s | Against ours | CPU s of Java | Against ours | Peak GB "
        "| Shuffled GB | Fullest task MB | Against the median | Joins by broadcast | by moving |"
    )
    print("|---" + "|--:" * 11 + "|")
    for contender, values in middle.items():
        ratios = [
            f"{values[key] / base.get(key, float('nan')):.2f} ×"
            for key in ("seconds", "cpu_seconds")
        ]
        print(
            f"| {contender} | {int(values['rounds']) or ''} "
            f"| {values['seconds']:.1f} | {ratios[0]} | {values['cpu_seconds']:.1f} | {ratios[1]} "
            f"| {values['peak_gb']:.2f} | {values['shuffled_gb']:.2f} | {values['fullest_mb']:.1f} "
            f"| {values['skew']:.2f} × | {values['broadcast']:.0f} | {values['moved']:.0f} |",
            flush=True,
        )


def main() -> None:
    spark_python = PROJECT / "build" / "spark" / "venv" / "bin" / "python"
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edges", action="append", type=float, help="how many; may be repeated")
    parser.add_argument("--shape", action="append", choices=SHAPES, help="default: all")
    parser.add_argument("--contender", action="append", choices=CONTENDERS, help="default: all")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="4g", help="Spark's memory for each contender")
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--set", action="append", default=[], help="a setting of Spark, name=value")
    parser.add_argument("--folder", default="build/benchmarks", help="for edges and results")
    parser.add_argument("--spark-python", default=str(spark_python), help="a python that has Spark")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        place = Place(
            Path(arguments.file),
            Path(arguments.folder),
            arguments.master,
            arguments.memory,
            tuple(arguments.set),
        )
        print(json.dumps(run_one(arguments.one, place)))
        return
    for count in arguments.edges or [1e6]:
        for shape in arguments.shape or SHAPES:
            compare(shape, int(count), arguments)


if __name__ == "__main__":
    main()
