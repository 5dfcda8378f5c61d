"""What the destinations have been told, in one SQLite file of its own.

SQLite with a write-ahead log and full synchronisation: a transaction of one batch is on the disk
before its answer counts, a process that is killed at any point leaves the last whole transaction,
and several destinations may write at the same time. DuckDB would allow one process only.

The file holds no personal data: customer ids (which are hashes), the platforms' own ids, hashes of
rows, and the platforms' words without addresses and numbers.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crossbrand.locks import hold
from crossbrand.sync.destinations.base import TELLING, Operation
from crossbrand.sync.state import permissions
from crossbrand.sync.state.permissions import NOBODY, Closing, Person, Told
from crossbrand.sync.state.reading import Reading
from crossbrand.sync.state.schema import (
    CLOSINGS,
    DOUBT,
    GIVEN_UP,
    INSTRUCTIONS,
    KEEP_DAYS,
    PENDING,
    REJECTED,
    SUPPRESSED,
    Draft,
    Entry,
)


@dataclass(frozen=True)
class Opening:
    """Channels that a change has opened by force, and the times of the grants by channel."""

    opened: int = 0
    grants: Sequence[float | None] = NOBODY


class State(Reading):
    """The state of one destination within the file. Every method is one transaction."""

    def begin_run(self, run_id: str, stream: str, mode: str, generation_id: str) -> None:
        """Note that a run has begun; one that was killed stays `running` until the next."""
        with self._transaction() as connection:
            connection.execute(
                "update sync_runs set status = 'killed' where destination = ? "
                "and status = 'running'",
                (self._destination,),
            )
            connection.execute(
                "insert into sync_runs values (?, ?, ?, ?, ?, ?, null, 'running', null)",
                (run_id, self._destination, stream, mode, generation_id, time.time()),
            )
        # After the state, so that a run that is killed in between makes nobody mistrust it.
        partial = self._last.with_name(f"{self._last.name}.partial")
        partial.write_text(run_id, encoding="utf-8")
        partial.replace(self._last)

    def end_run(self, run_id: str, status: str, report: dict[str, Any]) -> None:
        """Note how a run ended, and let go of what is older than KEEP_DAYS."""
        oldest = time.time() - KEEP_DAYS * 86_400
        with self._transaction() as connection:
            connection.execute("delete from sync_changelog where logged_at < ?", (oldest,))
            # The last one of each destination is what tells that the state is not an older copy.
            connection.execute(
                "delete from sync_runs where started_at < ? and exists (select 1 from sync_runs as "
                "later where later.destination = sync_runs.destination "
                "and later.started_at > sync_runs.started_at)",
                (oldest,),
            )
            connection.execute(
                "update sync_runs set status = ?, finished_at = ?, report = ? where run_id = ?",
                (status, time.time(), json.dumps(report), run_id),
            )

    def enqueue(
        self,
        run_id: str,
        drafts: Sequence[Draft],
        superseded: Sequence[Entry],
        closings: Sequence[Closing] = (),
    ) -> None:
        """Put changes into the outbox, with their keys, before any of them is sent.

        What is superseded leaves it. If it may have arrived, nobody knows any longer what the
        destination holds, and that is kept. `closings` are the nos among the drafts.
        """
        now = time.time()
        with self._transaction() as connection:
            for entry in superseded:
                self._log(connection, entry, run_id, "superseded", None, now)
                connection.execute("delete from outbox where change_id = ?", (entry.change_id,))
            self._doubt(connection, [one for one in superseded if one.status == PENDING])
            permissions.close(connection, self._destination, closings)
            connection.executemany(
                "insert into outbox (destination, stream, phase, operation, customer_id, brand_id, "
                "into_customer_id, instruction_id, row_hash, flags, idempotency_key, batch_id, "
                "status, run_id, created_at) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)",
                [
                    (self._destination, one.stream, one.phase, str(one.operation),
                     one.customer_id, one.brand_id, one.into_customer_id, one.instruction_id,
                     one.row_hash, one.flags, one.key, one.batch_id, run_id, now)
                    for one in drafts
                ],
            )  # fmt: skip

    def _doubt(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        """These may have arrived, and will not be sent again."""
        now = time.time()
        told = permissions.read(connection, self._destination, (one.customer_id for one in entries))
        for entry in entries:
            person = (entry.customer_id, entry.brand_id)
            if entry.stream == CLOSINGS:
                self._retell(connection, [person])
            elif not _instructs(entry):
                connection.execute(
                    "insert into acknowledged values (?, ?, ?, ?, ?, ?, null, ?) on conflict do "
                    "update set row_hash = excluded.row_hash",
                    (self._destination, entry.stream, *person, DOUBT, entry.flags, now),
                )
            if entry.operation in TELLING:
                before = told.get(person, Told())
                told[person] = replace(before, flags=before.flags | entry.flags)
                permissions.write(connection, self._destination, {person: told[person]})

    def _retell(self, connection: sqlite3.Connection, people: Iterable[Person]) -> None:
        """What the destination holds of them is no longer what was said in any stream."""
        connection.executemany(
            "update acknowledged set row_hash = ? where destination = ? and customer_id = ? "
            "and brand_id = ? and row_hash <> ?",
            [(DOUBT, self._destination, *one, SUPPRESSED) for one in people],
        )

    def reopen(self, batches: Iterable[tuple[str, int]]) -> None:
        """Give refused changes (batch, change) another try: once it is sent, one may arrive."""
        with self._transaction() as connection:
            connection.executemany(
                "update outbox set status = 'pending', batch_id = ? where change_id = ?", batches
            )

    def due(self, streams: Sequence[str], keys: set[str]) -> list[Entry]:
        """The changes of these keys out of the outbox, in the order of sending."""
        entries = [entry for stream in streams for entry in self.entries(stream)]
        found = [entry for entry in entries if entry.key in keys]
        return sorted(found, key=lambda one: (one.phase, one.batch_id, one.change_id))

    def acknowledge(
        self,
        run_id: str,
        told: Sequence[tuple[Entry, str | None, Opening]],
        shared: Iterable[str] = (),
    ) -> None:
        """The destination has taken these; with the id that it gave, if any, and what was opened.

        Whoever stays under one of the `shared` ids of the platform is to be told of anew: what the
        destination holds there is no longer what we said of them.
        """
        now = time.time()
        with self._transaction() as connection:
            customers = {entry.customer_id for entry, _, _ in told}
            customers |= {str(entry.into_customer_id) for entry, _, _ in told}
            known = permissions.read(connection, self._destination, customers)
            for entry, remote_id, opening in told:
                self._log(connection, entry, run_id, "delivered", None, now)
                connection.execute("delete from outbox where change_id = ?", (entry.change_id,))
                self._remember(connection, entry, remote_id, now)
                self._permit(connection, entry, opening, known)
            # Told of under an id that had been merged away, they are there again: with a generation
            # that was taken back, say. The merge is due anew.
            again = [
                (entry.customer_id, entry.brand_id)
                for entry, _, _ in told
                if entry.operation in TELLING
            ]
            connection.execute(
                "delete from instructions_done where destination = ? "
                "and instruction_id like 'merge:%' and (customer_id, brand_id) in ("
                "select json_extract(value, '$[0]'), json_extract(value, '$[1]') "
                "from json_each(?))",
                (self._destination, json.dumps(again)),
            )
            connection.executemany(
                "update acknowledged set row_hash = ? where destination = ? and remote_id = ? "
                "and row_hash <> ?",
                [(DOUBT, self._destination, one, SUPPRESSED) for one in set(shared)],
            )

    def _remember(
        self, connection: sqlite3.Connection, entry: Entry, remote_id: str | None, now: float
    ) -> None:
        person = (self._destination, entry.customer_id, entry.brand_id)
        if _instructs(entry):
            # The profile of the old id is gone, whatever streams it was in; the one that it went
            # into is not what we said last.
            connection.execute(
                "delete from acknowledged where destination = ? and customer_id = ? "
                "and brand_id = ?",
                person,
            )
            connection.execute(
                "update acknowledged set row_hash = ? where destination = ? and customer_id = ? "
                "and brand_id = ?",
                (DOUBT, self._destination, entry.into_customer_id, entry.brand_id),
            )
            connection.execute(
                "insert or ignore into instructions_done values (?, ?, ?, ?, ?)",
                (self._destination, entry.instruction_id, *person[1:], now),
            )
            if entry.operation is Operation.erase:
                # That it was done stays, in the line above; what was told before does not.
                connection.execute(
                    "delete from sync_changelog where destination = ? and customer_id = ? "
                    "and brand_id = ?",
                    person,
                )
        elif entry.operation in (Operation.delete, Operation.leave):
            everywhere = "" if entry.operation is Operation.delete else " and stream = ?"
            own = () if entry.operation is Operation.delete else (entry.stream,)
            connection.execute(
                "delete from acknowledged where destination = ? and customer_id = ? "
                f"and brand_id = ?{everywhere}",
                (*person, *own),
            )
        elif entry.operation is Operation.close:
            self._retell(connection, [person[1:]])
        elif entry.operation is not Operation.suppress or entry.stream != CLOSINGS:
            connection.execute(
                "insert into acknowledged values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update "
                "set row_hash = excluded.row_hash, flags = excluded.flags, "
                "remote_id = coalesce(excluded.remote_id, acknowledged.remote_id), "
                "acknowledged_at = excluded.acknowledged_at",
                (self._destination, entry.stream, entry.customer_id, entry.brand_id,
                 entry.row_hash, entry.flags, remote_id, now),
            )  # fmt: skip
        if entry.operation is Operation.suppress:
            connection.execute(
                "update acknowledged set row_hash = ?, flags = 0 where destination = ? "
                "and customer_id = ? and brand_id = ?",
                (SUPPRESSED, *person),
            )

    def _permit(
        self,
        connection: sqlite3.Connection,
        entry: Entry,
        opening: Opening,
        known: dict[Person, Told],
    ) -> None:
        """Keep what the destination knows of the channels, now that it has taken a change."""
        person = (entry.customer_id, entry.brand_id)
        told = known.get(person)
        if entry.operation in (Operation.merge, Operation.erase, Operation.delete):
            connection.execute(
                "delete from permissions_told where destination = ? and customer_id = ? "
                "and brand_id = ?",
                (self._destination, *person),
            )
            known.pop(person, None)
            if entry.operation is not Operation.merge:
                return
            into = (str(entry.into_customer_id), entry.brand_id)
            person, known[into] = into, permissions.united(told, known.get(into))
        elif entry.operation in TELLING:
            known[person] = permissions.take(told, entry.flags, opening.opened, opening.grants)
        elif entry.operation in (Operation.suppress, Operation.close) and told is not None:
            # A closing takes away and gives nothing.
            known[person] = replace(told, flags=told.flags & entry.flags, is_told=True)
        if person in known:
            permissions.write(connection, self._destination, {person: known[person]})

    def reject(
        self,
        run_id: str,
        refused: Sequence[tuple[Entry, str]],
        *,
        attempts: int,
        first_wait: float,
        longest_wait: float,
    ) -> None:
        """Keep what was refused, with the platform's words, and when to try again, if at all."""
        now = time.time()
        with self._transaction() as connection:
            for entry, words in refused:
                tried = entry.attempts + 1
                wait = min(first_wait * 2 ** (tried - 1), longest_wait)
                # A no, a merge and an erasure are never given up.
                may_end = entry.operation in TELLING or entry.operation is Operation.leave
                status = GIVEN_UP if tried >= attempts and may_end else REJECTED
                self._log(connection, entry, run_id, status, words, now)
                connection.execute(
                    "update outbox set status = ?, attempts = ?, next_attempt_at = ?, words = ? "
                    "where change_id = ?",
                    (status, tried, now + wait, words, entry.change_id),
                )

    def _log(
        self,
        connection: sqlite3.Connection,
        entry: Entry,
        run_id: str,
        outcome: str,
        words: str | None,
        now: float,
    ) -> None:
        connection.execute(
            "insert into sync_changelog values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (entry.change_id, run_id, self._destination, entry.stream, entry.customer_id,
             entry.brand_id, str(entry.operation), entry.row_hash, entry.key, outcome, words, now),
        )  # fmt: skip


def _instructs(entry: Entry) -> bool:
    return entry.stream == INSTRUCTIONS


@contextmanager
def only_one(state: Path, destination: str) -> Iterator[None]:
    """Hold the lock of a destination; the system lets go of it when the process ends, however."""
    refusal = (
        f"Another sync to {destination} is running (process {{holder}}). Wait for it to end; "
        "nothing was sent."
    )
    with hold(state.with_name(f".{state.stem}.{destination}.lock"), refusal):
        yield
