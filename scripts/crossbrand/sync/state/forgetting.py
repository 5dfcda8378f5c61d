"""How an erased person leaves the state, and how far their erasure has come at the destinations.

The file holds no names and addresses. What stands for a person in it are the customer id (a hash)
and the platforms' own ids, and a platform might repeat something in its words in a form that nobody
foresaw. Both functions open the file by themselves, and work while a sync is running.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crossbrand.errors import CrossbrandError
from crossbrand.sync.answers import without_values
from crossbrand.sync.state.schema import PENDING, VERSION

ERASED = "<erased>"
ERASE = "erase:"
"""How the id of an instruction begins that is an erasure; the id of the deletion follows."""

# Table and column that may hold words of a platform.
WORDS = (("outbox", "words"), ("sync_changelog", "words"), ("sync_runs", "report"))


@dataclass(frozen=True)
class DeletionStatus:
    """How far a deletion has come at one destination.

    `status` is `acknowledged` (the destination has taken it, for every brand), `waiting` (it is to
    be sent, or was sent and not answered), `refused` (with the platform's words; it is sent again
    by every run) or `not_sent` (the destination has not been synced since).
    """

    deletion_id: str
    destination: str
    status: str
    acknowledged_at: datetime | None = None
    attempts: int = 0
    words: str | None = None


def deletion_status(state: Path, deletion_ids: Collection[str]) -> list[DeletionStatus]:
    """One for each of the deletions and each destination that the state knows, sorted.

    A state that is not there knows no destination, and gives an empty list. Raises CrossbrandError
    for a file that is no state.
    """
    if not state.exists():
        return []
    found = []
    with _open(state) as connection:
        rows = connection.execute(
            "select destination from sync_runs union select destination from instructions_done "
            "union select destination from outbox union select destination from acknowledged"
        ).fetchall()
        for deletion_id in sorted(set(deletion_ids)):
            for (destination,) in sorted(rows):
                found.append(_status(connection, deletion_id, destination))
    return found


def _status(connection: sqlite3.Connection, deletion_id: str, destination: str) -> DeletionStatus:
    asked = (destination, ERASE + deletion_id)
    waiting = connection.execute(
        "select status, attempts, words from outbox where destination = ? and instruction_id = ? "
        "order by status = 'pending', attempts desc",
        asked,
    ).fetchall()
    (at,) = connection.execute(
        "select max(done_at) from instructions_done where destination = ? and instruction_id = ?",
        asked,
    ).fetchone()
    done_at = datetime.fromtimestamp(at, UTC).replace(tzinfo=None) if at is not None else None
    if waiting:
        status, attempts, words = waiting[0]
        name = "waiting" if status == PENDING else "refused"
        return DeletionStatus(deletion_id, destination, name, None, int(attempts), words)
    name = "not_sent" if done_at is None else "acknowledged"
    return DeletionStatus(deletion_id, destination, name, done_at)


def forget(
    state: Path, customer_ids: Collection[str], identifiers: Collection[str] = ()
) -> dict[str, str]:
    """Take people out of the state; by destination `forgotten` or `waiting`.

    A destination that may still hold one of them keeps what is needed to delete them there
    (`waiting`): call this again when `deletion_status` says `acknowledged`. Kept in any case are
    the acknowledgements of the deletions, by customer id, so that none is sent twice.
    `identifiers` are addresses, numbers and names as text: wherever the words of a platform hold
    one, in any case or encoded for a URL, `<erased>` stands instead. What is removed is overwritten
    in the file. Raises CrossbrandError for a file that is no state.
    """
    if not state.exists():
        return {}
    outcome: dict[str, str] = {}
    with _open(state) as connection:
        connection.execute("pragma secure_delete = on")
        connection.execute("begin immediate")
        try:
            for customer_id in sorted(set(customer_ids)):
                for destination, is_waiting in _where(connection, customer_id):
                    if is_waiting:
                        outcome[destination] = "waiting"
                        continue
                    outcome.setdefault(destination, "forgotten")
                    for table in ("permissions_told", "outbox", "sync_changelog"):
                        connection.execute(
                            f"delete from {table} where destination = ? and customer_id = ?",
                            (destination, customer_id),
                        )
            _replace(connection, [one for one in identifiers if one.strip()])
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
        connection.execute("pragma wal_checkpoint(truncate)")
    return outcome


def _where(connection: sqlite3.Connection, customer_id: str) -> list[tuple[str, bool]]:
    """The destinations that know of the customer, and whether one may still hold them."""
    rows = connection.execute(
        "select destination, max(is_waiting) from ("
        "  select destination, 1 as is_waiting from acknowledged where customer_id = ?1"
        "  union all select destination, 1 from outbox where customer_id = ?1"
        "  union all select destination, 0 from permissions_told where customer_id = ?1"
        "  union all select destination, 0 from instructions_done where customer_id = ?1"
        "  union all select destination, 0 from sync_changelog where customer_id = ?1"
        ") group by destination order by destination",
        (customer_id,),
    ).fetchall()
    return [(row[0], bool(row[1])) for row in rows]


def _replace(connection: sqlite3.Connection, identifiers: Sequence[str]) -> None:
    if not identifiers:
        return
    for table, column in WORDS:
        key = "run_id" if table == "sync_runs" else "rowid"
        rows = connection.execute(
            f"select {key}, {column} from {table} where {column} is not null"
        ).fetchall()
        for place, text in rows:
            cleaned = without_values(text, identifiers, ERASED)
            if cleaned != text:
                connection.execute(
                    f"update {table} set {column} = ? where {key} = ?", (cleaned, place)
                )


@contextmanager
def _open(state: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(state, timeout=60, isolation_level=None)) as connection:
        try:
            (version,) = connection.execute("pragma user_version").fetchone()
            if version != VERSION:
                raise CrossbrandError(
                    f"{state} is no state that this version of crossbrand writes (state {version}, "
                    f"not {VERSION}). Run `crossbrand sync` once."
                )
            yield connection
        except sqlite3.OperationalError as error:
            raise CrossbrandError(f"{state} cannot be used: {error}.") from error
        except sqlite3.DatabaseError as error:
            raise CrossbrandError(f"{state} is damaged or no state ({error}).") from error
