"""What a build would move, hold, touch and cost at sizes that nobody runs on one machine.

    python benchmarks/scale.py                measure 1,000 and 5,000 people, tell 20,000, check
    python benchmarks/scale.py --plan-only    the same without the 20,000
    python benchmarks/scale.py --target 100e6 --events 1000 --partition-mb 256

It measures samples of `crossbrand generate` that were built on DuckDB: rows and bytes (as Parquet)
of what each stage moves, how many rows each key has, which keys a day touches. Then it makes
partitions of the wanted size out of these distributions: the keys of a partition are drawn, with a
tail for the largest ones that no sample holds, and the fullest partition is set against the mean.

Three kinds of keys grow in three ways. A visitor, a message, a customer is one of more, as people
are more, and the largest of them grows with the logarithm. Of campaigns and products there are as
many as before, so each has more rows. And a few identifiers are everybody's (hubs): theirs grow
with the people although the others of their kind do not.

A prediction of the larger sample from the smaller ones is held against what was measured there.
Samples lie in build/benchmarks/scale/<people>/ and are made where they are not there.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

PROJECT = Path(__file__).resolve().parents[1]
Numbers = npt.NDArray[np.float64]
MEGABYTE = 1e6
TAIL_SHARE = 0.01
"""The largest keys, whose excess over the others is taken for exponential."""
HUB = 4
"""So many times the rows at which the tail begins make a hub."""
DRAWS = 9
"""Of the partitions of a stage; the middle one is told."""
DRAWN_KEYS = 1_000_000
"""So many of the largest keys are drawn one by one."""


@dataclass(frozen=True)
class Stage:
    """A step that moves a table by a key. `times`: how often its input crosses the network."""

    name: str
    table: str
    key: str
    times: int = 1
    of_events: bool = False
    """Grows with the events of a person, and not with the people alone."""
    fixed_keys: bool = False
    """There are not more keys where there are more people."""


STAGES = (
    Stage("versions of events", "staging.base_engagement__events", "brand_id, event_id",
          of_events=True),
    Stage("sessions by visitor", "intermediate.int_engagement__session_events",
          "brand_id, visitor_key", of_events=True),
    Stage("sessions to customers", "marts.sessions", "session_id", of_events=True),
    Stage("versions of messages' events", "staging.base_communication__message_events",
          "brand_id, event_id"),
    Stage("messages", "staging.base_communication__message_events", "brand_id, message_id"),
    Stage("identifiers", "intermediate.int_identity__observations", "identifier_id"),
    Stage("sets of identifiers", "intermediate.int_identity__observations", "identifier_set_id"),
    Stage("graph of identifiers", "intermediate.int_identity__nodes", "node_id", times=6),
    Stage("records to customers", "intermediate.int_identity__record_customers", "customer_id"),
    Stage("timeline by customer", "marts.customer_timeline", "customer_id", of_events=True),
    Stage("messages by campaign", "intermediate.int_communication__messages",
          "brand_id, campaign_id", fixed_keys=True),
    Stage("order lines by product", "staging.base_transaction__order_lines",
          "brand_id, product_id", fixed_keys=True),
)  # fmt: skip
"""`times` of the graph: rounds halve it, so numbering, maps and both ends of the edges, twice."""

TOUCHED = {
    "visitor": """
        select distinct base.load_date, concat(session.brand_id, session.visitor_key) as touched
        from staging.base_engagement__events as base
        inner join intermediate.int_engagement__session_events as session
            using (brand_id, event_id)
    """,
    "message": """
        select distinct load_date, concat(brand_id, message_id) as touched
        from staging.base_communication__message_events
    """,
    "customer": """
        select distinct base.load_date, customers.customer_id as touched
        from staging.base_engagement__events as base
        inner join intermediate.int_engagement__session_events as session
            using (brand_id, event_id)
        inner join intermediate.int_identity__session_customers as customers
            using (brand_id, session_id)
        union
        select distinct base.load_date, customers.customer_id
        from staging.base_communication__message_events as base
        inner join intermediate.int_identity__message_customers as customers
            using (brand_id, message_id)
        union
        select distinct base.load_date, customers.customer_id
        from staging.base_transaction__orders as base
        inner join intermediate.int_identity__record_customers as customers
            on base.brand_id = customers.brand_id
            and customers.feed = 'orders'
            and base.order_id = customers.record_id
    """,
    "customer with an order": """
        select distinct base.load_date, customers.customer_id as touched
        from staging.base_transaction__orders as base
        inner join intermediate.int_identity__record_customers as customers
            on base.brand_id = customers.brand_id
            and customers.feed = 'orders'
            and base.order_id = customers.record_id
    """,
}
"""Which keys a delivery touches: queries of load_date, touched."""


# --------------------------------------------------------------------------- measuring


@dataclass
class Profile:
    """What was measured of one sample."""

    people: int
    landed_rows: int
    warehouse_mb: float
    rows: dict[str, int] = field(default_factory=dict)
    row_bytes: dict[str, float] = field(default_factory=dict)
    """On the disk, as Parquet."""
    plain_bytes: dict[str, float] = field(default_factory=dict)
    """The same without compression and dictionaries."""
    sizes: dict[str, Numbers] = field(default_factory=dict)
    """Rows of each key, by stage, ascending."""
    fullest: dict[str, float] = field(default_factory=dict)
    """Rows of the fullest of 200 partitions by hash against the mean, by stage."""
    touched: dict[str, float] = field(default_factory=dict)
    """Share of the keys that a daily delivery touches, mean of the daily deliveries."""
    day_rows: float = 0
    day_events: float = 0
    happened: Numbers = field(default_factory=lambda: np.zeros(1))
    """Of the events of daily deliveries, the share that is so many days older than the load."""
    brand_shares: Numbers = field(default_factory=lambda: np.ones(1))


def measure(people: int, warehouse: Path) -> Profile:
    """Measure a warehouse that is there."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        profile = Profile(
            people,
            int(_value(connection, "select sum(row_count) from marts.landing_files")),
            warehouse.stat().st_size / MEGABYTE,
        )
        with tempfile.TemporaryDirectory() as folder:
            for table in sorted({stage.table for stage in STAGES}):
                path = Path(folder) / "table.parquet"
                rows = int(_value(connection, f"select count(*) from {table}"))
                profile.rows[table] = rows
                for bytes_of, options in (
                    (profile.row_bytes, "compression zstd"),
                    (profile.plain_bytes, "compression uncompressed, dictionary_size_limit 1"),
                ):
                    connection.execute(f"copy {table} to '{path}' (format parquet, {options})")
                    bytes_of[table] = path.stat().st_size / max(rows, 1)
        for stage in STAGES:
            last = stage.key.rsplit(", ", 1)[-1]
            counts = (
                f"(select count(*) as row_count, hash({stage.key}) % 200 as part "
                f"from {stage.table} where {last} is not null group by {stage.key})"
            )
            (sizes,) = _columns(connection, f"select row_count from {counts} order by 1")
            profile.sizes[stage.name] = sizes
            profile.fullest[stage.name] = 200 * _value(
                connection,
                f"select max(loads) / sum(loads) from "
                f"(select sum(row_count) as loads from {counts} group by part)",
            )
        _measure_days(connection, profile)
    return profile


def _measure_days(connection: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    """What the deliveries touch that came a day after the one before."""
    connection.execute(
        "create or replace temp table daily as select load_date from (select load_date, "
        "load_date - lag(load_date) over (order by load_date) as gap "
        "from (select distinct load_date from marts.landing_files)) where gap = 1"
    )
    days = _value(connection, "select count(*) from daily")
    for name, query in TOUCHED.items():
        profile.touched[name] = _value(
            connection,
            f"select (select count(*) from ({query}) semi join daily using (load_date)) / {days} "
            f"/ (select count(distinct touched) from ({query}))",
        )
    profile.day_rows = _value(
        connection,
        f"select sum(row_count) / {days} "
        "from marts.landing_files semi join daily using (load_date)",
    )
    events = "staging.base_engagement__events semi join daily using (load_date)"
    profile.day_events = _value(connection, f"select count(*) / {days} from {events}")
    ages, counts = _columns(
        connection,
        "select greatest(load_date - cast(occurred_at as date), 0) as age, count(*) "
        f"from {events} where occurred_at is not null group by age",
    )
    profile.happened = np.bincount(ages.astype(int), weights=counts) / counts.sum()
    (brands,) = _columns(
        connection,
        "select count(*) from intermediate.int_engagement__session_events group by brand_id",
    )
    profile.brand_shares = np.sort(brands / brands.sum())


def _columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[Numbers]:
    """The columns of a query of numbers."""
    rows = np.array(connection.execute(query).fetchall(), dtype=float)
    return list(rows.T)


def _value(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    row = connection.execute(query).fetchone()
    assert row is not None
    return float(row[0])


# --------------------------------------------------------------------------- distributions


@dataclass(frozen=True)
class Keys:
    """How many rows a key of one kind has: what was seen, and a tail beyond it."""

    sizes: Numbers
    """Seen, without the hubs."""
    threshold: float
    """The tail begins here ..."""
    share: float
    """... for this share of the keys ..."""
    excess: float
    """... which exceed it by so many rows in the mean, exponentially."""
    hubs: tuple[float, ...] = ()
    """Shares of all rows that single keys hold whatever the number of people."""

    def largest(self, count: float) -> float:
        """The rows that one of `count` keys is expected to exceed."""
        return self.threshold + self.excess * max(0.0, math.log(max(count * self.share, 1.0)))


def fit(sizes: Numbers, tail_share: float = TAIL_SHARE) -> Keys:
    """Fit the tail to the largest keys, hubs aside.

    A hub has many times the rows at which the tail begins, and more than one of a thousand samples
    of this size would have in its largest key.
    """
    plain = np.sort(sizes)
    total = plain.sum()
    hubs: list[float] = []
    while True:
        threshold = float(np.quantile(plain, 1 - tail_share))
        beyond = plain[plain > threshold]
        if not len(beyond):
            return Keys(plain, threshold, 0.0, 0.0, tuple(hubs))
        excess = _mean_excess(beyond - threshold)
        share = len(beyond) / len(plain)
        bound = max(HUB * threshold, threshold + excess * math.log(1000 * len(beyond)))
        if plain[-1] <= bound or len(plain) <= 100:
            return Keys(plain, threshold, share, excess, tuple(hubs))
        hubs.append(float(plain[-1] / total))
        plain = plain[:-1]


def _mean_excess(beyond: Numbers) -> float:
    """The mean of the exponential distribution that, rounded up to whole rows, gave these."""
    mean = float(beyond.mean())
    # Rounded up, it has the mean 1 / (1 - exp(-1 / excess)).
    return 1 / math.log(mean / (mean - 1)) if mean > 1 else 0.0


def fit_fixed(sizes: Numbers) -> Keys:
    """Keys of which there are always as many: each holds its share of the rows."""
    return Keys(np.zeros(0), 0.0, 0.0, 0.0, tuple(np.sort(sizes / sizes.sum())[::-1].tolist()))


def partition_loads(
    keys: Keys, count: float, rows: float, partitions: int, rng: np.random.Generator
) -> Numbers:
    """Rows of each partition when `count` keys with `rows` rows together are spread by hash.

    Each partition gets so many keys as chance gives it. Their rows up to a bound are drawn as one
    sum, which many independent sizes make normal; what the largest keys have above that bound is
    drawn key by key, and so are hubs.
    """
    loads = np.zeros(partitions)
    plain_rows = rows * (1 - sum(keys.hubs))
    if len(keys.sizes):
        multiple = plain_rows / (count * keys.sizes.mean())
        held = rng.poisson(count / partitions, partitions)
        share = min(keys.share, DRAWN_KEYS / count)
        bound = keys.threshold
        if share:
            bound += keys.excess * math.log(keys.share / share)
        below = np.minimum(keys.sizes, bound)
        spread = below.std() * np.sqrt(held)
        loads += np.maximum(held * below.mean() + spread * rng.standard_normal(partitions), 0.0)
        if share:
            drawn = rng.binomial(int(count), share)
            place = rng.integers(0, partitions, drawn)
            above = rng.exponential(keys.excess, drawn)
            loads += np.bincount(place, weights=above, minlength=partitions)
        loads *= multiple
    for hub in keys.hubs:
        loads[rng.integers(0, partitions)] += hub * rows
    return loads


def skew(loads: Numbers) -> float:
    """Rows of the fullest partition against the mean one."""
    return float(loads.max() / loads.mean())


def power_law(small: tuple[float, float], large: tuple[float, float], at: float) -> float:
    """What a quantity comes to at a size, growing between two sizes as a power of the size."""
    if min(small[1], large[1]) <= 0:
        return large[1] * at / large[0]
    power = math.log(large[1] / small[1]) / math.log(large[0] / small[0])
    return float(large[1] * (at / large[0]) ** power)


def files_touched(keys_of_file: float, touched_share: float) -> float:
    """The share of files with a touched key among so many keys that lie there by chance."""
    return float(1 - (1 - touched_share) ** keys_of_file)


def day_files_touched(happened: Sequence[float], day_rows: float, files_of_day: float) -> Numbers:
    """For each age in days: the share of that day's files into which a row of a delivery falls.

    `happened`: the share of a delivery's rows by age. Rows fall into a day's files by chance.
    """
    falling = np.asarray(happened) * day_rows / files_of_day
    return np.asarray(1 - np.exp(-falling))


def day_share(behind_identity: float, delivered: float, touched: float) -> float:
    """What a day costs of a full build.

    What is loaded by file costs what was delivered; what stands behind identity, what is touched.
    """
    return (1 - behind_identity) * delivered + behind_identity * touched


# --------------------------------------------------------------------------- the plan


@dataclass(frozen=True)
class Prices:
    """What is not measured but stated."""

    row_microseconds: float
    spark_factor: float
    core_hour: float
    storage_gb_month: float
    partition_mb: float
    shuffle_factor: float
    file_mb: float
    memory_gb_core: float
    expansion: float
    behind_identity: float
    node_cores: float


def keys_of(stage: Stage, profile: Profile) -> Keys:
    sizes = profile.sizes[stage.name]
    return fit_fixed(sizes) if stage.fixed_keys else fit(sizes)


@dataclass
class Moved:
    """What a stage moves at some size."""

    rows: float
    megabytes: float
    partitions: int
    skew: float
    fullest_mb: float
    largest: float


def move(
    stage: Stage,
    profile: Profile,
    people: float,
    more_events: float,
    prices: Prices,
    rng: np.random.Generator,
) -> Moved:
    """Draw the partitions of a stage for so many people with so many times the events."""
    growth = people / profile.people * (more_events if stage.of_events else 1)
    rows = profile.rows[stage.table] * growth
    megabytes = rows * profile.plain_bytes[stage.table] * prices.shuffle_factor / MEGABYTE
    partitions = max(2, math.ceil(megabytes / prices.partition_mb))
    keys = keys_of(stage, profile)
    many = len(profile.sizes[stage.name]) * people / profile.people
    per_key = more_events if stage.of_events else 1.0
    if stage.name in ("versions of events", "sessions to customers"):
        # More events and sessions are more keys; only visitors and customers have more of each.
        many, per_key = many * more_events, 1.0
    draws = [skew(partition_loads(keys, many, rows, partitions, rng)) for _ in range(DRAWS)]
    measured = float(np.median(draws))
    largest = max([keys.largest(many) * per_key, *(hub * rows for hub in keys.hubs)])
    return Moved(
        rows,
        megabytes * stage.times,
        partitions,
        measured,
        megabytes / partitions * measured,
        largest,
    )


def print_check(small: Profile, middle: Profile, large: Profile, rng: np.random.Generator) -> None:
    """Hold a prediction of the large sample against what it measures."""
    people = large.people

    def grown(smaller: float, larger: float) -> float:
        return power_law((small.people, smaller), (middle.people, larger), people)

    print(f"\n### {people:,} people, told from {small.people:,} and {middle.people:,}\n")
    print("| Stage | Rows told | measured | Bytes stored told | measured | Plain bytes told | "
          "measured | Largest key told | measured | Fullest of 200 told | measured |")  # fmt: skip
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for stage in STAGES:
        # In proportion: a power fitted to two small samples told up to a tenth too much.
        rows = middle.rows[stage.table] * people / middle.people
        keys = keys_of(stage, middle)
        many = len(middle.sizes[stage.name]) * people / middle.people
        if stage.fixed_keys:
            many = len(middle.sizes[stage.name])
        keyed = large.sizes[stage.name].sum() / large.rows[stage.table] * rows
        fullest = np.median(
            [skew(partition_loads(keys, many, keyed, 200, rng)) for _ in range(DRAWS)]
        )
        largest = max([keys.largest(many) if keys.share else 0, *(keyed * h for h in keys.hubs)])
        if not keys.share and len(keys.sizes):
            largest = float(keys.sizes[-1])
        print(
            f"| {stage.name} | {rows:,.0f} | {large.rows[stage.table]:,} "
            f"| {grown(small.row_bytes[stage.table], middle.row_bytes[stage.table]):.0f} "
            f"| {large.row_bytes[stage.table]:.0f} | {middle.plain_bytes[stage.table]:.0f} "
            f"| {large.plain_bytes[stage.table]:.0f} | {largest:,.0f} "
            f"| {large.sizes[stage.name][-1]:,.0f} | {fullest:.2f} "
            f"| {large.fullest[stage.name]:.2f} |"
        )
    print("\n| A day's delivery | told | measured |\n|---|--:|--:|")
    print(f"| rows | {middle.day_rows * people / middle.people:,.0f} | {large.day_rows:,.0f} |")
    for name in TOUCHED:
        # A share does not grow: the largest sample that may be used says it best.
        print(f"| touches a {name} of | {middle.touched[name]:.2%} | {large.touched[name]:.2%} |")
    print(
        f"| events older than two days | {middle.happened[3:].sum():.2%} "
        f"| {large.happened[3:].sum():.2%} |"
    )
    print(
        f"| events older than thirty days | {middle.happened[31:].sum():.2%} "
        f"| {large.happened[31:].sum():.2%} |"
    )


def print_stages(
    profile: Profile, people: float, more: float, prices: Prices, rng: np.random.Generator
) -> None:
    """What each stage moves."""
    per_person = profile.rows["staging.base_engagement__events"] / profile.people * more
    print(f"\n### What moves: {people:,.0f} people with {per_person:,.0f} events each\n")
    print("| Stage | Rows, million | GB moved | Partitions | Largest key, rows | Fullest partition "
          "| of it in memory, GB |")  # fmt: skip
    print("|---|--:|--:|--:|--:|--:|--:|")
    total = 0.0
    for stage in STAGES:
        moved = move(stage, profile, people, more, prices, rng)
        total += moved.megabytes
        memory = moved.fullest_mb * prices.expansion / 1000
        note = " (spills)" if memory > prices.memory_gb_core else ""
        print(
            f"| {stage.name} | {moved.rows / 1e6:,.0f} | {moved.megabytes / 1000:,.0f} "
            f"| {moved.partitions:,} | {moved.largest:,.0f} | {moved.skew:.2f} × "
            f"| {memory:.2f}{note} |"
        )
    print(f"| all | | {total / 1000:,.0f} | | | | |")


def print_days(profile: Profile, people: float, more: float, prices: Prices) -> None:
    """What a day touches, and how much of the files."""
    print(f"\n### What a day touches: {people:,.0f} people, {more:.0f} times the events\n")
    print("| Key | Touched a day | Keys in a file | Files touched, clustered by it | GB of them |")
    print("|---|--:|--:|--:|--:|")
    for name, stage_name in (
        ("visitor", "sessions by visitor"),
        ("message", "messages"),
        ("customer", "timeline by customer"),
    ):
        stage = next(one for one in STAGES if one.name == stage_name)
        times = more if stage.of_events else 1.0
        touched = 1 - (1 - profile.touched[name]) ** times
        row_bytes = profile.row_bytes[stage.table]
        mean = profile.sizes[stage.name].mean() * times
        keys_of_file = prices.file_mb * MEGABYTE / row_bytes / mean
        share = files_touched(keys_of_file, touched)
        gigabytes = profile.rows[stage.table] * people / profile.people * times * row_bytes / 1e9
        print(
            f"| {name} | {profile.touched[name]:.2%} to {touched:.1%} | {keys_of_file:,.0f} "
            f"| {share:.1%} | {gigabytes * share:,.0f} of {gigabytes:,.0f} |"
        )
    # By the day of the happening, in files in which rows lie by chance.
    day_rows = profile.day_events * people / profile.people * more
    stage = STAGES[1]
    day_gb = day_rows * profile.row_bytes[stage.table] / 1e9
    files_of_day = max(1.0, day_gb * 1000 / prices.file_mb)
    shares = day_files_touched(profile.happened.tolist(), day_rows, files_of_day)
    rewritten = shares.sum() * day_gb
    print(
        f"\nEvents by the day they happened: {day_rows / 1e6:,.0f} million rows and {day_gb:,.1f} "
        f"GB a day in {files_of_day:,.0f} files. Of a delivery {profile.happened[:3].sum():.1%} "
        f"are of the last three days, yet it falls into the files of {(shares > 0.5).sum()} days, "
        f"{rewritten:,.0f} GB."
    )
    smallest = profile.brand_shares[0] * day_rows * profile.row_bytes[STAGES[0].table] / MEGABYTE
    print(
        f"The smallest brand delivers {profile.brand_shares[0]:.1%} of the events, "
        f"{smallest:,.0f} MB a day; the largest {profile.brand_shares[-1]:.1%}."
    )


def print_powers(profile: Profile, prices: Prices, rng: np.random.Generator, events: float) -> None:
    """The cost at each power of ten."""
    base = profile.rows["staging.base_engagement__events"] / profile.people
    print("\n### At each power of ten\n")
    print("| People | Events each | Landed rows, million | Warehouse, GB | Moved by a full build, "
          "GB | Partitions | DuckDB, core hours | Spark, node hours | Full build, € | A day as it "
          "is, € | A day by what it touches, € | Storage a month, € |")  # fmt: skip
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    sizes = [(10.0**power, 1.0) for power in range(5, 9)] + [(1e8, events / base)]
    for people, more in sizes:
        events_share = profile.rows["staging.base_engagement__events"] / profile.landed_rows
        landed = profile.landed_rows / profile.people * people
        landed *= 1 + events_share * (more - 1)
        gigabytes = profile.warehouse_mb * landed / profile.landed_rows / 1000
        moved = [move(stage, profile, people, more, prices, rng) for stage in STAGES]
        core_hours = landed * prices.row_microseconds / 1e6 / 3600
        node_hours = core_hours * prices.spark_factor / prices.node_cores
        cost = core_hours * prices.spark_factor * prices.core_hour
        touched = 1 - (1 - profile.touched["customer"]) ** more
        delivered = profile.day_rows / profile.landed_rows
        print(
            f"| {people:,.0f} | {base * more:,.0f} | {landed / 1e6:,.0f} | {gigabytes:,.0f} "
            f"| {sum(one.megabytes for one in moved) / 1000:,.0f} "
            f"| {sum(one.partitions for one in moved):,} | {core_hours:,.1f} | {node_hours:,.2f} "
            f"| {cost:,.2f} | {cost * day_share(prices.behind_identity, delivered, 1.0):,.2f} "
            f"| {cost * day_share(prices.behind_identity, delivered, touched):,.2f} "
            f"| {gigabytes * prices.storage_gb_month:,.0f} |"
        )


# --------------------------------------------------------------------------- samples


def sample(folder: Path, people: int) -> Path:
    """The warehouse of a sample, made where it is not there."""
    place = folder / str(people)
    warehouse = place / "warehouse.duckdb"
    if warehouse.exists():
        return warehouse
    place.mkdir(parents=True, exist_ok=True)
    command = Path(sys.executable).with_name
    where: Mapping[str, str] = os.environ | {
        "CROSSBRAND_LANDING": str(place / "sample" / "landing"),
        "CROSSBRAND_WAREHOUSE": str(place / "building.duckdb"),
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
    }
    for arguments in (
        [command("crossbrand"), "generate", "--people", str(people), "--out", place / "sample"],
        [command("dbt"), "--quiet", "build", "--exclude-resource-type", "test", "unit_test"],
    ):
        subprocess.run(list(map(str, arguments)), check=True, cwd=PROJECT, env=where)
    (place / "building.duckdb").rename(warehouse)
    return warehouse


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, nargs=2, default=[1000, 5000], help="two samples")
    parser.add_argument("--check", type=int, default=20_000, help="the sample to tell and check")
    parser.add_argument("--plan-only", action="store_true", help="without the check")
    parser.add_argument("--target", type=float, default=100e6, help="people of the plan")
    parser.add_argument("--events", type=float, default=1000, help="events of each of them")
    parser.add_argument("--folder", default=str(PROJECT / "build" / "benchmarks" / "scale"))
    parser.add_argument("--row-microseconds", type=float, default=58, help="DuckDB's, one core")
    parser.add_argument("--spark-factor", type=float, default=3, help="Spark's time to DuckDB's")
    parser.add_argument("--core-hour", type=float, default=0.05, help="€ for a core and hour")
    parser.add_argument("--storage", type=float, default=0.02, help="€ for a GB and month")
    parser.add_argument("--partition-mb", type=float, default=128, help="of a shuffle")
    parser.add_argument(
        "--shuffle-factor", type=float, default=0.6,
        help="a shuffled byte to a plain one: 0.56 to 0.64 on Spark for four of the tables",
    )  # fmt: skip
    parser.add_argument(
        "--behind-identity", type=float, default=0.72,
        help="share of a full build that a day makes anew as it is (docs/incremental.md)",
    )  # fmt: skip
    parser.add_argument("--node-cores", type=float, default=16)
    parser.add_argument("--file-mb", type=float, default=256)
    parser.add_argument("--memory-gb-core", type=float, default=2.4, help="of execution")
    parser.add_argument("--expansion", type=float, default=4, help="memory of a byte on the disk")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    prices = Prices(
        arguments.row_microseconds, arguments.spark_factor, arguments.core_hour,
        arguments.storage, arguments.partition_mb, arguments.shuffle_factor, arguments.file_mb,
        arguments.memory_gb_core, arguments.expansion, arguments.behind_identity,
        arguments.node_cores,
    )  # fmt: skip
    rng = np.random.default_rng(arguments.seed)
    folder = Path(arguments.folder)
    small, middle = (measure(people, sample(folder, people)) for people in arguments.people)
    best = middle
    if not arguments.plan_only:
        best = measure(arguments.check, sample(folder, arguments.check))
        print_check(small, middle, best, rng)
    base = best.rows["staging.base_engagement__events"] / best.people
    for more in (1.0, arguments.events / base):
        print_stages(best, arguments.target, more, prices, rng)
    for more in (1.0, arguments.events / base):
        print_days(best, arguments.target, more, prices)
    print_powers(best, prices, rng, arguments.events)


if __name__ == "__main__":
    main()
