"""Random sequences of deliveries made of one landing: every way in which files come, change and go.

A plan is a list of steps, one a build. It splits the rows of each brand and load date into files,
sends each file at a random step, and adds what at-least-once delivery brings: rows that come again,
versions that contradict one another, rows that no brand, key or rate can be found for, files that
change under their name. The plan is a function of two seeds: one for what has landed in the end,
one for when each file came, so that many ways can be held against one end.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

KEYS = {
    "events": "event_id",
    "message_events": "event_id",
    "orders": "order_id",
    "order_lines": "order_id",
    "loyalty_events": "event_id",
    "contacts": "contact_id",
    "consent_events": "consent_event_id",
}
"""The feeds that are loaded by file, and the column that a restated row keeps."""

RESTATED = {
    # An event moves to another device, a message's to another message and recipient, an order to
    # another buyer, and the like.
    "events": ("device_id", "page_url"),
    "message_events": ("message_id", "link_url", "email", "contact_id"),
    "orders": ("email", "total_amount"),
    "order_lines": ("product_id", "quantity"),
    "loyalty_events": ("contact_id", "points"),
    "contacts": ("email", "city"),
    "consent_events": ("contact_id", "channel"),
}

UNLISTED = {
    "events": "event_type",
    "message_events": "channel",
    "orders": "status",
    "order_lines": "unit_price",
    "loyalty_events": "event_type",
    "contacts": "updated_at",
    "consent_events": "decision",
}
"""A column whose value may not be just anything: a row without a readable one is refused."""


@dataclass
class Step:
    """What happens before one build: files written and removed, seeds changed, other variables.

    `as_of` is the day that the build looks back from, `kept_days` how long events and message
    events are kept before it; None is for good.
    """

    write: dict[str, pa.Table] = field(default_factory=dict)
    in_place: set[str] = field(default_factory=set)
    remove: list[str] = field(default_factory=list)
    sql: list[str] = field(default_factory=list)
    variables: dict[str, int] = field(default_factory=dict)
    as_of: str = ""
    kept_days: int | None = None

    def apply(self, landing: Path) -> None:
        """Change the landing. A file `in_place` keeps its size and even its time of change."""
        for name in self.remove:
            (landing / name).unlink()
        for name, table in self.write.items():
            path = landing / name
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.stat() if path.exists() else None
            # Plain values, so that other values of the same length make a file of the same size.
            pq.write_table(table, path, compression="none", use_dictionary=False)
            if before and name in self.in_place:
                assert path.stat().st_size == before.st_size, name
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def make_plan(
    landing: Path, seed: int, count: int, *, content: int | None = None, everything: bool = False
) -> list[Step]:
    """Deliver a landing in `count` steps.

    Plans of the same `content` end with the same files, variables and day, whatever their seed.

    What changes besides is left to chance. With `everything` all of it does: brands with the second
    delivery, variables with the third, files and rates with the last one, in feeds of their own.
    Where a table is made anew, that hides whatever was wrong with it before. The day to look back
    from goes on and back: what it leaves out and takes in again must not stay as it was.
    """
    when = random.Random(seed)
    what = random.Random(seed if content is None else content)
    steps = [Step() for _ in range(count)]
    folders = sorted({path.parent for path in landing.rglob("*.parquet")})
    for folder in folders:
        feed = folder.relative_to(landing).parts[0]
        for path in sorted(folder.glob("*.parquet")):
            table = pq.ParquetFile(path).read()
            rows = list(range(table.num_rows))
            what.shuffle(rows)
            pieces = what.randint(1, 3) if feed in KEYS else 1
            for piece in range(pieces):
                # Half of it is the first load; the rest comes in any order, whatever its date.
                at = 0 if when.random() < 0.5 else when.randrange(count)
                name = f"{folder.relative_to(landing)}/{path.stem}-{piece}.parquet"
                steps[at].write[name] = table.take(pa.array(rows[piece::pieces], pa.int64()))
    load_dates = sorted({folder.name for folder in folders})
    for feed in KEYS:
        sources = sorted(
            (name, at)
            for at in range(count)
            for name in steps[at].write
            if name.startswith(f"{feed}/")
        )
        for kind in ("repeats", "versions", "refused", "empty"):
            rows_of = [steps[at].write[name].num_rows for name, at in sources]
            ((name, at),) = what.choices(sources, weights=rows_of)
            for target, twisted in twists(name, steps[at].write[name], kind, load_dates, what):
                is_last = everything and (kind == "versions" or "late" in target)
                steps[-1 if is_last else when.randrange(count)].write[target] = twisted
    at = count - 1 if everything else when.randrange(1, count)
    for step, name, table in tell_of_links(steps[0], steps[at], folders[0].parent.name):
        step.write[f"message_events/{name}"] = table
    for step, name, table in move_a_recipient(steps[0], steps[at], folders[0].parent.name):
        step.write[f"message_events/{name}"] = table
    move_as_of(steps, load_dates, what, when, everything)
    change_files(steps, what, when, everything)
    change_seeds(steps, what, when, everything)
    return steps


def tell_of_links(first: Step, later: Step, brand: str) -> list[tuple[Step, str, pa.Table]]:
    """A link that is clicked for the first time acquits a message that nothing new is read of.

    Both links of the campaign are clicked at once in one message: a machine. Then a third link
    turns up in another message, and so the first clicks were not on every link.
    """

    def clicks(message: str, links: list[str]) -> pa.Table:
        return pa.table({
            "event_id": [f"{message}-{link}" for link in links],
            "message_id": [message] * len(links),
            "campaign_id": ["links"] * len(links),
            "channel": ["email"] * len(links),
            "direction": ["outbound"] * len(links),
            "event_type": ["clicked"] * len(links),
            "link_url": [f"https://shop.example/{link}" for link in links],
            "occurred_at": ["2025-05-10T10:00:00Z"] * len(links),
        })  # fmt: skip

    folder = f"{brand}/load_date=2025-06-21"
    return [
        (first, f"{folder}/links-0.parquet", clicks("links-suspected", ["a", "b"])),
        (later, f"{folder}/links-1.parquet", clicks("links-acquitting", ["c"])),
    ]


def move_a_recipient(first: Step, later: Step, brand: str) -> list[tuple[Step, str, pa.Table]]:
    """A click is restated under another address, and nothing else is read of the first one.

    It is neither over age nor near the moment from which on rows are kept, so only the old version
    of the event tells of whom it leaves.
    """

    def click(email: str) -> pa.Table:
        return pa.table({
            "event_id": ["moved-click"],
            "message_id": ["moved"],
            "channel": ["email"],
            "direction": ["outbound"],
            "event_type": ["clicked"],
            "email": [email],
            "occurred_at": ["2025-06-20T10:00:00Z"],
        })  # fmt: skip

    return [
        (first, f"{brand}/load_date=2025-06-21/moved-0.parquet", click("before@post.example")),
        (later, f"{brand}/load_date=2025-06-22/moved-1.parquet", click("after@post.example")),
    ]


def twists(
    name: str, source: pa.Table, kind: str, load_dates: list[str], chance: random.Random
) -> list[tuple[str, pa.Table]]:
    """Make files out of another one: repeats, other versions, refused rows, or nothing at all."""
    feed, brand, load_date, _ = name.split("/")
    if kind == "versions" and chance.random() < 0.7:
        load_date = max(load_dates)
    elif chance.random() < 0.7:
        load_date = chance.choice(load_dates)
    target = f"{feed}/{brand}/{load_date}/{kind}-{chance.randrange(10**6)}.parquet"
    if kind == "repeats":
        return [(target, source)]
    if kind == "empty":
        return [(target, source.slice(0, 0))]
    if kind == "versions":
        # All of them move to somebody of whom nothing else tells, so that whoever they leave
        # behind is found by the old versions alone.
        moved, other, *moved_too = RESTATED[feed]
        table = replace_column(source, other, rotated(source, other))
        for column in (moved, *moved_too):
            if column not in source.column_names:
                continue
            named = source[column].cast(pa.string()).to_pylist()
            values = [value and f"new-{value}" for value in named]
            table = replace_column(table, column, pa.array(values, pa.string()))
        return [(target, table)]
    third = -(-source.num_rows // 3)
    keyless = replace_column(source, KEYS[feed], pa.nulls(source.num_rows, pa.string()))
    unlisted = source.slice(2 * third)
    unlisted = replace_column(unlisted, UNLISTED[feed], pa.array(["odd"] * unlisted.num_rows))
    return [
        (target, keyless.slice(0, third)),
        (target.replace("refused", "late"), keyless.slice(third, third)),
        (target.replace("refused", "odd"), unlisted),
    ]


def move_as_of(
    steps: list[Step],
    load_dates: list[str],
    what: random.Random,
    when: random.Random,
    everything: bool,
) -> None:
    """Look back from another day now and then: most has happened before it, and some after it.

    What is over age goes along, so with each move some events leave and others come back.
    """
    days = [dt.date.fromisoformat(name[10:]) for name in load_dates if name[10:11].isdigit()]
    span = (days[-1] - days[0]).days

    def after(share: float) -> str:
        return f"{days[0] + dt.timedelta(days=round(span * share))} 12:00:00"

    shares = [0.3] * (len(steps) - 2) + [1, 0.6]
    for at, step in enumerate(steps):
        chance = what if step is steps[-1] else when
        if everything:
            step.as_of = after(shares[at])
        elif at and chance is when and chance.random() < 0.3:
            step.as_of = steps[at - 1].as_of
        else:
            step.as_of = after(0.3 + 0.7 * chance.random())
        if everything or chance.random() < 0.6:
            step.kept_days = round(span * (0.4 if everything else chance.random()))


def change_files(
    steps: list[Step], what: random.Random, when: random.Random, everything: bool
) -> None:
    """Files that are replaced under their name, one of them in secret, and one that goes."""
    last = len(steps) - 1
    came = {name: at for at, step in enumerate(steps) for name in step.write}
    names = sorted(
        name
        for name, at in came.items()
        if name.split("/")[0] in KEYS and steps[at].write[name].num_rows > 1
    )
    what.shuffle(names)
    for kind, feed in (
        ("turned", "loyalty_events"),
        ("removed", "loyalty_events"),
        ("in place", "order_lines"),
    ):
        if not everything and what.random() < 0.5:
            continue
        name = next(found for found in names if not everything or found.startswith(f"{feed}/"))
        names.remove(name)
        first = came[name]
        if first == last:
            # What changes must have come before.
            first = when.randrange(last)
            steps[first].write[name] = steps[last].write.pop(name)
        at = last if everything else when.randint(first + 1, last)
        table = steps[first].write[name]
        column = RESTATED[name.split("/")[0]][0]
        if kind == "turned":
            steps[at].write[name] = replace_column(table, column, rotated(table, column))
        elif kind == "in place":
            texts = pa.array(table[column].cast(pa.string()).to_pylist(), pa.string())
            steps[first].write[name] = replace_column(table, column, texts)
            steps[at].write[name] = replace_column(table, column, pc.utf8_reverse(texts))
            steps[at].in_place.add(name)
        else:
            steps[at].remove.append(name)


def change_seeds(
    steps: list[Step], what: random.Random, when: random.Random, everything: bool
) -> None:
    """A brand and a currency's rates that come late, a brand that moves, other variables at first.

    The seeds' tables are changed in the warehouse, as `dbt seed` would after a change of the file.
    """
    rates = "reference.exchange_rates"
    steps[0].sql.append(f"create table kept_rates as select * from {rates}")
    if everything or what.random() < 0.5:
        steps[0].sql.append(f"delete from {rates} where from_currency = 'CZK'")
        steps[-1 if everything else when.randrange(1, len(steps))].sql.append(
            f"insert into {rates} select * from kept_rates where from_currency = 'CZK'"
        )
    if everything or what.random() < 0.5:
        steps[1 if everything else when.randrange(len(steps))].sql.append(
            "insert into reference.brands by name select * replace ('not_in_brands' as brand_id) "
            "from reference.brands order by brand_id limit 1"
        )
    if everything or what.random() < 0.3:
        steps[1 if everything else when.randrange(len(steps))].sql.append(
            "update reference.brands set country_code = 'PL' "
            "where brand_id in ((select min(brand_id) from reference.brands), 'not_in_brands')"
        )
    if everything or when.random() < 0.3:
        for step in steps[: 2 if everything else when.randrange(len(steps))]:
            # Of messages nothing else is made anew then, so that they show what went wrong earlier.
            step.variables = {"session_gap_minutes": 1}
            if not everything:
                step.variables["robot_seconds"] = 600


def replace_column(table: pa.Table, column: str, values: pa.Array) -> pa.Table:
    """The table with other values in a column, or with one column more where it had none."""
    if column not in table.column_names:
        return table.append_column(column, values)
    return table.set_column(table.column_names.index(column), column, values)


def rotated(table: pa.Table, column: str) -> pa.Array:
    """Give each row the value of the next, as text: the same values at other rows."""
    if column not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    values = table[column].cast(pa.string()).to_pylist()
    return pa.array(values[1:] + values[:1], pa.string())
