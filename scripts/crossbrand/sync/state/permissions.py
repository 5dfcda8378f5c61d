"""What each destination was told of a person's channels: one truth, whatever the stream.

A yes is told by force, over what the platform itself may say, only where the grant is newer than
the last word that we know of. So every no is written down, with its time, before it is sent: if it
arrives and nobody hears of it, an old yes still does not undo it. A yes is written down when the
destination has taken it. Which channels may be open there is kept apart, as what is to be closed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from crossbrand.sync.channels import BITS, EVERY_CHANNEL, FLAGS

Person = tuple[str, str]
COLUMNS = ", ".join(["flags", "closed_flags", "is_told", *(f"{name}_at" for name in FLAGS)])
NOBODY = (0.0,) * len(FLAGS)


@dataclass(frozen=True)
class Told:
    """`flags` may be open there, with the bit for profiling; on `closed` the last word was no.

    `times` are those of the last words by channel, in seconds since 1970: of the decision where
    there was one. `is_told` says that the destination has taken a word on them.
    """

    flags: int = 0
    closed: int = 0
    is_told: bool = False
    times: tuple[float, ...] = NOBODY


@dataclass(frozen=True)
class Closing:
    """A no that is about to be told: `flags` stay open, `decided` are the person's own decisions.

    `as_of` stands for the time of a decision that nobody knows, and of a no that is our own, of
    somebody of whom the platform was told a yes.
    """

    person: Person
    flags: int
    decided: Mapping[str, float | None]
    as_of: float


def judge(
    permitted: int, told: Told | None, grants: Sequence[float | None], nos: Sequence[float | None]
) -> tuple[int, int]:
    """Of the permitted channels those to open by force, and those to be held closed.

    `grants` are the times of the grants by channel, `nos` those of the newest no that the platform
    is known to have told us. Of somebody whom the destination was never told of neither: what the
    platform itself holds stays.
    """
    opened = held = 0
    if told is None:
        return opened, held
    # A no of our own may have arrived unheard; a yes of the platform's own is never overridden.
    nos = nos if told.is_told else [None] * len(nos)
    for place, bit in enumerate(BITS.values()):
        granted_at, last_at, no_at = grants[place], told.times[place], nos[place]
        if not permitted & bit:
            continue
        if told.closed & bit:
            if granted_at is not None and granted_at > last_at:
                opened |= bit
            else:
                held |= bit
        elif no_at is not None and granted_at is not None and granted_at > no_at > last_at:
            opened |= bit
    return opened, held


def read(
    connection: sqlite3.Connection, destination: str, customers: Iterable[str]
) -> dict[Person, Told]:
    """What the destination was told of these customers, by customer and brand."""
    rows = connection.execute(
        f"select customer_id, brand_id, {COLUMNS} from permissions_told where destination = ? "
        "and customer_id in (select value from json_each(?))",
        (destination, json.dumps(sorted(set(customers)))),
    ).fetchall()
    return {(row[0], row[1]): Told(row[2], row[3], bool(row[4]), tuple(row[5:])) for row in rows}


def write(connection: sqlite3.Connection, destination: str, told: Mapping[Person, Told]) -> None:
    """Keep it, instead of what was there."""
    marks = ", ".join("?" for _ in range(3 + 3 + len(FLAGS)))
    connection.executemany(
        f"insert or replace into permissions_told values ({marks})",
        [
            (destination, *person, one.flags, one.closed, int(one.is_told), *one.times)
            for person, one in told.items()
        ],
    )


def close(connection: sqlite3.Connection, destination: str, closings: Sequence[Closing]) -> None:
    """Write down the nos that are about to be sent."""
    before = read(connection, destination, (one.person[0] for one in closings))
    after = {}
    for one in closings:
        told = before.get(one.person, Told())
        times = list(told.times)
        for place, (name, bit) in enumerate(BITS.items()):
            if one.flags & bit:
                continue
            if name in one.decided:
                at = one.decided[name]
                times[place] = max(times[place], one.as_of if at is None else at)
            elif told.flags & bit and not told.closed & bit:
                # We close it for a reason of our own, over whatever the platform itself holds.
                times[place] = max(times[place], one.as_of)
        closed = told.closed | EVERY_CHANNEL & ~one.flags
        after[one.person] = replace(told, closed=closed, times=tuple(times))
    write(connection, destination, after)


def take(told: Told | None, flags: int, opened: int, grants: Sequence[float | None]) -> Told:
    """What is known when the destination has taken these permissions."""
    before = told or Told()
    closed = (before.closed | EVERY_CHANNEL & ~flags) & ~opened
    grants = grants or NOBODY
    times = tuple(
        max(last, granted_at or 0.0) if flags & ~closed & bit else last
        for last, granted_at, bit in zip(before.times, grants, BITS.values(), strict=True)
    )
    return Told(flags, closed, True, times)


def united(old: Told | None, new: Told | None) -> Told:
    """What is known when one profile has gone into another: a no of either stands."""
    one, other = old or Told(), new or Told()
    return Told(
        one.flags | other.flags,
        one.closed | other.closed,
        other.is_told or one.is_told,
        tuple(max(pair) for pair in zip(one.times, other.times, strict=True)),
    )
