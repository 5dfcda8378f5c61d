"""From changes in the outbox to batches: what each is to say now, and no longer than allowed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossbrand.sync.channels import FLAGS, PROFILED, names_of, open_flags
from crossbrand.sync.destinations.base import TELLING, Change, Destination, Operation
from crossbrand.sync.source import Person, Source
from crossbrand.sync.state import (
    CLOSINGS,
    INSTRUCTIONS,
    PROFILES,
    Entry,
    State,
    Told,
    judge,
)

BYTES_KEPT = 0.9
"""Share of the platform's limit that rows may fill; the rest is for what surrounds them."""


@dataclass(frozen=True)
class Batch:
    operation: Operation
    entries: tuple[Entry, ...]
    changes: tuple[Change, ...]


class Batches:
    """Makes the batches of one run out of windows of its changes."""

    def __init__(self, source: Source, state: State, destination: Destination) -> None:
        self._source = source
        self._state = state
        self._contract = destination.contract
        self._mapping = destination.setup.mapping
        self.merged_into: set[Person] = set()
        self.leaving: set[Person] = set()
        """Who is no reason to spare what they share with another."""

        self.gone: set[str] = set()
        """The platform's ids of what this run has had deleted."""

        self.waiting: set[str] = set()
        """Keys of merges that were not sent because their target was not ready."""

        self.withheld = 0
        """Changes that were due when the run began, and are no longer to be told."""

    def of(self, window: Sequence[Entry]) -> Iterator[Batch]:
        telling = [one for one in window if one.operation in TELLING]
        rows = self._source.rows(
            ((one.customer_id, one.brand_id) for one in telling),
            as_members=window[0].stream != PROFILES,
        )
        ready = self._ready_targets(window)
        # A merge that waits takes nobody away.
        staying = {
            (one.customer_id, one.brand_id)
            for one in window
            if one.operation is Operation.merge
            and (str(one.into_customer_id), one.brand_id) not in ready
        }
        ids = self._state.remote_ids(
            (one for entry in window for one in (entry.customer_id, entry.into_customer_id) if one),
            self.leaving - staying,
        )
        known = self._state.permissions(
            one.customer_id
            for one in window
            if one.operation in TELLING or one.operation is Operation.merge
        )
        refused: dict[Person, int] = {}
        if self._contract.is_by_email:
            refused = self._source.refused_elsewhere(
                person
                for person, row in rows.items()
                if judge(int(row["flags"]), known.get(person), grants_of(row), nos_of(row))[0]
            )
        for _, group in itertools.groupby(window, key=lambda one: (one.batch_id, one.operation)):
            entries, changes = [], []
            for entry in group:
                person = (entry.customer_id, entry.brand_id)
                row = rows.get(person)
                if entry.operation in TELLING and (
                    row is None or row["row_hash"] != entry.row_hash
                ):
                    self.withheld += 1
                    continue
                if (
                    entry.operation is Operation.merge
                    and (str(entry.into_customer_id), entry.brand_id) not in ready
                ):
                    self.withheld += 1
                    self.waiting.add(entry.key)
                    continue
                entries.append(entry)
                changes.append(self._change(entry, row, known.get(person), ids, refused))
            if entries:
                yield from self._fitting(
                    Batch(entries[0].operation, tuple(entries), tuple(changes))
                )

    def _change(
        self,
        entry: Entry,
        row: dict[str, Any] | None,
        told: Told | None,
        ids: Mapping[Person, tuple[str, bool]],
        refused: Mapping[Person, int],
    ) -> Change:
        """What the destination is given of an entry, as of now.

        Where profiles share what may be sent to an e-mail, a yes at one brand must not undo what
        the person has `refused` at another.
        """
        person = (entry.customer_id, entry.brand_id)
        into = (entry.into_customer_id or "", entry.brand_id)
        remote_id, is_shared = ids.get(person, (None, False))
        is_closing = entry.operation is Operation.close
        mapping = self._mapping
        payload: Mapping[str, Any] = mapping.payload(row) if row else {}
        if is_closing:
            payload = mapping.emptied(self._source.gate.closed_fields(entry.flags))
        grants = grants_of(row) if row else ()
        opened, held = judge(entry.flags, told, grants, nos_of(row)) if row else (0, 0)
        opened &= ~refused.get(person, 0)
        if entry.operation is Operation.merge and told is not None:
            held = told.closed
        is_of_audience = entry.stream not in (PROFILES, CLOSINGS, INSTRUCTIONS)
        return Change(
            change_id=entry.change_id,
            operation=entry.operation,
            customer_id=entry.customer_id,
            brand_id=entry.brand_id,
            key=entry.key,
            payload=payload,
            permissions={
                name: may
                for name, may in open_flags(entry.flags).items()
                if row or (is_closing and not may)
            },
            opened=names_of(opened),
            held=names_of(held),
            grants=grants,
            is_new=told is None or not told.is_told,
            is_profiled=bool(entry.flags & PROFILED),
            remote_id=remote_id,
            is_shared=is_shared,
            is_gone=remote_id in self.gone,
            into_customer_id=entry.into_customer_id,
            into_remote_id=ids.get(into, (None, False))[0],
            audience=self._source.membership(row) if is_of_audience else None,
        )

    def _ready_targets(self, window: Sequence[Entry]) -> set[Person]:
        """Of the targets of merges those that the destination holds and that may be told of now.

        A target may have been refused or withdrawn since the plan was made. Its merge then stays in
        the outbox, since the old profile would be taken as gone and never be closed again.
        """
        targets = {
            (one.into_customer_id, one.brand_id)
            for one in window
            if one.operation is Operation.merge and one.into_customer_id
        }
        if not targets:
            return set()
        standings = self._source.standing(targets)
        # A merge leaves its target in doubt, and others may go into the same one.
        held = self._state.held(customer for customer, _ in targets) | self.merged_into
        return {one for one in targets if standings[one][2] is None and one in held}

    def _fitting(self, batch: Batch) -> Iterator[Batch]:
        """Halve what is larger than the platform takes; the same rows give the same halves."""
        limit = self._contract.max_bytes
        if limit is None or len(batch.changes) == 1:
            yield batch
            return
        size = sum(_size(change) for change in batch.changes)
        if size <= limit * BYTES_KEPT:
            yield batch
            return
        half = len(batch.changes) // 2
        for part in (slice(None, half), slice(half, None)):
            yield from self._fitting(
                Batch(batch.operation, batch.entries[part], batch.changes[part])
            )


def grants_of(row: Mapping[str, Any]) -> tuple[float | None, ...]:
    """The times of the grants by channel."""
    return tuple(row[f"granted_{name}"] for name in FLAGS)


def nos_of(row: Mapping[str, Any]) -> tuple[float | None, ...]:
    """The times of the newest no that came from the platform, by channel."""
    return tuple(row[f"unsubscribed_{name}"] for name in FLAGS)


def windows(
    entries: Sequence[Entry], size_of: Callable[[Operation], int]
) -> Iterator[Sequence[Entry]]:
    """Of one stream and about as long as the operation allows; a batch is never cut in two."""
    window: list[Entry] = []
    for _, group in itertools.groupby(entries, key=lambda one: (one.stream, one.batch_id)):
        batch = list(group)
        is_full = len(window) + len(batch) > size_of(batch[0].operation)
        if window and (window[0].stream != batch[0].stream or is_full):
            yield window
            window = []
        window += batch
    if window:
        yield window


def _size(change: Change) -> int:
    fixed = 400
    return len(json.dumps(change.payload, ensure_ascii=False, default=str).encode()) + fixed
