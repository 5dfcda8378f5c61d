"""How rows reach the landing: late, twice, out of order, and now and then broken.

A module hands over a frame of good rows; here they get their load dates, some come again, and a few
are typed like a sloppy export. What was broken, and what should become of it, goes to the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossbrand.contract import Column, Feed
from crossbrand.generate.arrays import (
    DAY,
    MISSING,
    Flags,
    Ints,
    chance,
    instant_text,
    instants,
    ints,
    pick,
    texts,
)
from crossbrand.generate.world import EPOCH, World

LATE_SHARE = 0.02
REPEATED_SHARE = 0.008
BROKEN_SHARE = 0.003
# Of the rows that must be refused, so many come again in good form.
REDELIVERED_SHARE = 0.7

# The feeds with many rows carry native timestamps; all others carry text throughout.
NATIVE_FEEDS = frozenset({"events", "message_events"})
CALM_FEEDS = frozenset(
    {
        "campaigns", "products", "privacy_requests", "reviews", "service_interactions",
        "share_codes", "survey_responses", "returns", "consent_events", "loyalty_events",
        "campaign_controls",
    }
)  # fmt: skip

UNLISTED_BRAND = "not_in_brands"

# Optional columns that a brand's systems do not have, by feed and place in the list of brands.
ABSENT_COLUMNS: dict[tuple[str, int], frozenset[str]] = {
    ("contacts", 1): frozenset({"social_profile", "occupation"}),
    ("contacts", 2): frozenset({"acquisition_campaign"}),
    ("events", 2): frozenset({"search_term"}),
    ("orders", 3): frozenset({"tax_amount"}),
    ("campaigns", 1): frozenset({"cost_amount", "currency_code"}),
    ("service_interactions", 3): frozenset({"satisfaction_score"}),
}


@dataclass
class Frame:
    """Rows of one feed and brand. `texts` and `times` (seconds) together hold its columns.

    `known_at` is when the source could first deliver the row. A column in neither is null.
    """

    feed: str
    brand: int
    texts: dict[str, pa.Array]
    times: dict[str, Ints]
    known_at: Ints


@dataclass(frozen=True)
class Load:
    """Rows that go into one landing folder. `is_text` tells whether all columns are text."""

    feed: str
    brand_id: str
    load_day: int
    is_text: bool
    table: pa.Table


@dataclass
class Deliveries:
    """What a frame becomes: the loads, the broken rows for the truth, the number of repeats."""

    loads: list[Load] = field(default_factory=list)
    broken: list[pa.Table] = field(default_factory=list)
    repeats: int = 0
    rows: int = 0


BROKEN_SCHEMA = pa.schema(
    [
        ("feed", pa.string()),
        ("brand_id", pa.string()),
        ("load_date", pa.string()),
        ("record_id", pa.string()),
        ("column_name", pa.string()),
        ("kind", pa.string()),
        ("expected_fate", pa.string()),
        ("expected_reason", pa.string()),
        ("is_redelivered", pa.bool_()),
    ]
)

Change = Callable[[np.random.Generator, pa.Array, Ints], pa.Array]


@dataclass(frozen=True)
class Breakage:
    """One way to spoil a column. `needs_value`: only rows that have a value there can suffer it.

    `fate` is rejected, nulled or repaired; `reason` is the code that a rejection should carry.
    """

    column: str
    kind: str
    fate: str
    reason: str | None
    needs_value: bool
    change: Change


def load_date(day: int) -> str:
    """ISO date of a day since 1970-01-01."""
    return str(np.datetime64(EPOCH, "D") + np.timedelta64(int(day), "D"))


def deliver(world: World, rng: np.random.Generator, frame: Frame) -> Deliveries:
    """Turn the frame into loads. The same rows and stream give the same loads."""
    result = Deliveries()
    count = len(frame.known_at)
    if count == 0:
        return result
    feed = world.contract[frame.feed]
    days = world.calm_load_days if frame.feed in CALM_FEEDS else world.load_days
    last = len(days) - 1
    on_time = np.searchsorted(days, frame.known_at // DAY, side="left")
    late = chance(rng, LATE_SHARE, count) * rng.integers(1, 4, count)
    load = ints(on_time + late).clip(0, last)

    spoilt, breakage = _choose_broken(rng, feed, frame)
    rejected = np.zeros(count, np.bool_)
    gone = np.zeros(count, np.bool_)
    options = breakages(feed)
    redelivered = chance(rng, REDELIVERED_SHARE, len(spoilt))
    is_rejected = np.array([options[code].fate == "rejected" for code in breakage], np.bool_)
    rejected[spoilt[is_rejected]] = True
    gone[spoilt[~(is_rejected & redelivered)]] = True

    table = _as_table(world, feed, frame, native=frame.feed in NATIVE_FEEDS)
    broken_load = load[spoilt]
    if frame.feed in NATIVE_FEEDS:
        # They need a file of their own, since their times are text: let them share a few.
        broken_load = np.minimum((broken_load // 4 + 1) * 4, last)
    # What comes again comes after the row that was refused.
    load = np.where(rejected, (load + rng.integers(1, 3, count)).clip(0, last), load)

    kept = np.flatnonzero(~gone)
    again = np.flatnonzero(chance(rng, REPEATED_SHARE, count) & ~gone & ~rejected)
    again_load = (load[again] + rng.integers(0, 4, len(again))).clip(0, last)
    rows = np.concatenate([kept, again])
    _split(result, world, frame, table, rows, np.concatenate([load[kept], again_load]), days)
    result.repeats = len(again)

    for code in sorted(set(breakage.tolist())):
        chosen = np.flatnonzero(breakage == code)
        _add_broken(
            result, world, rng, feed, frame, table, spoilt[chosen], options[code],
            days[broken_load[chosen]], redelivered[chosen] & (options[code].fate == "rejected"),
        )  # fmt: skip
    return result


def deliver_unlisted(world: World, frame: Frame, rows: int) -> Deliveries:
    """The first rows of a frame as if they came from a brand that nobody listed."""
    result = Deliveries()
    feed = world.contract[frame.feed]
    rows = min(rows, len(frame.known_at))
    table = _as_text(_as_table(world, feed, frame, native=False)).slice(0, rows)
    day = int(world.load_days[-1])
    result.loads.append(Load(frame.feed, UNLISTED_BRAND, day, True, table))
    result.rows = rows
    result.broken.append(
        _broken_truth(
            frame.feed,
            UNLISTED_BRAND,
            [load_date(day)] * rows,
            record_ids(feed, table),
            None,
            "unlisted_brand",
            "rejected",
            "unknown_brand",
            np.zeros(rows, np.bool_),
        )
    )
    return result


def record_ids(feed: Feed, table: pa.Table) -> pa.Array:
    """The key columns joined with '|'."""
    keys = [_plain(table[name]) for name in feed.key]
    return keys[0] if len(keys) == 1 else pc.binary_join_element_wise(*keys, "|")


def breakages(feed: Feed) -> list[Breakage]:
    """All ways to spoil a row of the feed, derived from the contract's types and values."""
    options: list[Breakage] = []
    for column in feed.columns:
        options.extend(_of_column(feed, column))
    return options


def _of_column(feed: Feed, column: Column) -> list[Breakage]:
    name = column.name
    found: list[Breakage] = []

    def unreadable(kind: str, values: list[str]) -> None:
        fate, reason = ("rejected", "unreadable_value") if column.required else ("nulled", None)
        found.append(Breakage(name, kind, fate, reason, False, _one_of(values)))

    def refused(kind: str, reason: str, values: list[str]) -> None:
        found.append(Breakage(name, kind, "rejected", reason, False, _one_of(values)))

    def repaired(kind: str, change: Change) -> None:
        found.append(Breakage(name, kind, "repaired", None, True, change))

    if column.required:
        refused("missing", "missing_value", ["", " "])
    if column.data_type == "timestamp":
        unreadable("unreadable_time", ["not a date", "2025-02-30T10:00:00Z", "31/31/2024", "#N/A"])
        repaired("epoch_seconds", lambda _, __, seconds: pa.array(seconds).cast(pa.string()))
        repaired("epoch_milliseconds", _milliseconds)
        if column.required:
            refused("future_time", "future_time", ["2093-05-01T08:00:00Z"])
            refused("ancient_time", "ancient_time", ["1899-12-30T00:00:00Z", "1970-01-01 00:00:00"])
    elif column.data_type == "decimal":
        unreadable("unreadable_decimal", ["abc", "12.5.3", "#REF!", "ten"])
        repaired("decimal_comma", _comma)
    elif column.data_type == "integer":
        unreadable("unreadable_integer", ["1.6", "one", "2,5"])
    elif column.data_type == "date":
        unreadable("unreadable_date", ["1980-02-31", "unknown", "31.31.1980"])
        unreadable("impossible_date", ["1066-10-14", "2093-01-01"])
    elif column.data_type == "boolean":
        unreadable("unreadable_boolean", ["maybe", "?"])
    if column.values and column.required:
        refused("unknown_value", "unknown_value", ["other_thing", "N/A", "4"])
    elif column.values:
        unreadable("unknown_value", ["other_thing", "4"])
    if feed.name == "orders" and name == "currency_code":
        refused("unknown_currency", "no_exchange_rate", ["XXX"])
    return found


def _one_of(values: list[str]) -> Change:
    pool = texts(values)
    return lambda rng, old, _: pool.take(pa.array(rng.integers(0, len(values), len(old))))


def _milliseconds(_: np.random.Generator, __: pa.Array, seconds: Ints) -> pa.Array:
    return pa.array(seconds * 1_000).cast(pa.string())


def _comma(_: np.random.Generator, old: pa.Array, __: Ints) -> pa.Array:
    return pc.replace_substring(old, ".", ",")


def _choose_broken(rng: np.random.Generator, feed: Feed, frame: Frame) -> tuple[Ints, Ints]:
    """Rows to spoil, and for each the number of its breakage."""
    options = breakages(feed)
    spoilt = ints(np.flatnonzero(chance(rng, BROKEN_SHARE, len(frame.known_at))))
    # Broken keys and the like come less often than broken values.
    weights = [0.3 if option.kind == "missing" else 1.0 for option in options]
    code = pick(rng, weights, len(spoilt))
    keep = np.ones(len(spoilt), np.bool_)
    for number, option in enumerate(options):
        rows = np.flatnonzero(code == number)
        if len(rows) == 0:
            continue
        present = _has_value(frame, option.column, spoilt[rows])
        absent = option.column in ABSENT_COLUMNS.get((frame.feed, frame.brand), ())
        if absent:
            keep[rows] = False
        elif option.needs_value:
            keep[rows] = present
    return spoilt[keep], code[keep]


def _has_value(frame: Frame, column: str, rows: Ints) -> Flags:
    if column in frame.times:
        return np.asarray(frame.times[column][rows] != MISSING)
    if column in frame.texts:
        valid = frame.texts[column].take(pa.array(rows)).is_valid()
        return np.asarray(valid.to_numpy(zero_copy_only=False))
    return np.zeros(len(rows), np.bool_)


def _as_table(world: World, feed: Feed, frame: Frame, native: bool) -> pa.Table:
    brand = world.brands[frame.brand]
    count = len(frame.known_at)
    absent = ABSENT_COLUMNS.get((frame.feed, frame.brand), frozenset())
    columns = {}
    for column in feed.columns:
        if column.name in absent:
            continue
        if column.name in frame.times:
            seconds = frame.times[column.name]
            if native:
                columns[column.name] = instants(seconds)
            else:
                offsets = world.offset(np.full(count, frame.brand), seconds)
                columns[column.name] = instant_text(seconds, brand.style, offsets)
        elif column.name in frame.texts:
            columns[column.name] = frame.texts[column.name]
        else:
            columns[column.name] = pa.nulls(count, pa.string())
    return pa.table(columns)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, pa.string())
    return array.cast(pa.string())


def _as_text(table: pa.Table) -> pa.Table:
    return pa.table({name: _plain(table[name]) for name in table.column_names})


def _split(
    result: Deliveries,
    world: World,
    frame: Frame,
    table: pa.Table,
    rows: Ints,
    load: Ints,
    days: Ints,
) -> None:
    order = np.argsort(load.astype(np.int16), kind="stable")
    ends = np.cumsum(np.bincount(load, minlength=len(days)))
    for number, part in enumerate(np.split(rows[order], ends[:-1])):
        if len(part):
            result.loads.append(
                Load(
                    frame.feed,
                    world.brands[frame.brand].brand_id,
                    int(days[number]),
                    frame.feed not in NATIVE_FEEDS,
                    # A copy, not a slice: a small load that waits must not hold all the others.
                    table.take(pa.array(part)),
                )
            )
    result.rows += len(rows)


def _add_broken(
    result: Deliveries,
    world: World,
    rng: np.random.Generator,
    feed: Feed,
    frame: Frame,
    table: pa.Table,
    rows: Ints,
    option: Breakage,
    load_days: Ints,
    redelivered: Flags,
) -> None:
    brand_id = world.brands[frame.brand].brand_id
    bad = _as_text(table.take(pa.array(rows)))
    ids = record_ids(feed, bad)
    seconds = frame.times.get(option.column, np.zeros(len(frame.known_at), np.int64))[rows]
    place = bad.column_names.index(option.column)
    changed = option.change(rng, _plain(bad[option.column]), seconds)
    bad = bad.set_column(place, option.column, changed)
    for day in np.unique(load_days):
        here = np.flatnonzero(load_days == day)
        result.loads.append(Load(frame.feed, brand_id, int(day), True, bad.take(pa.array(here))))
    result.rows += len(rows)
    result.broken.append(
        _broken_truth(
            frame.feed,
            brand_id,
            [load_date(int(day)) for day in load_days],
            ids,
            option.column,
            option.kind,
            option.fate,
            option.reason,
            redelivered,
        )
    )


def _broken_truth(
    feed: str,
    brand_id: str,
    dates: list[str],
    ids: pa.Array,
    column: str | None,
    kind: str,
    fate: str,
    reason: str | None,
    redelivered: Flags,
) -> pa.Table:
    count = len(dates)

    def same(value: str | None) -> pa.Array:
        return pa.array([value] * count, pa.string())

    return pa.table(
        [
            same(feed), same(brand_id), texts(dates), ids, same(column), same(kind), same(fate),
            same(reason), pa.array(redelivered),
        ],
        schema=BROKEN_SCHEMA,
    )  # fmt: skip
