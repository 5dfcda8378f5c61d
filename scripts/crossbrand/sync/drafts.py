"""What a plan is made of: changes that are new, and those of the outbox that are tried again."""

from __future__ import annotations

import itertools
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from crossbrand.sync.destinations.base import Contract, Operation
from crossbrand.sync.source import Person
from crossbrand.sync.state import GIVEN_UP, PENDING, Draft, Entry

LONGEST_WAIT = 24 * 3600.0
"""Seconds: a refused row is tried again after a day at the latest."""

FIRST_WAIT = 300.0
ATTEMPTS = 8


@dataclass
class Plan:
    """Changes to send: `drafts` are new, `resent` are in the outbox already."""

    drafts: list[Draft] = field(default_factory=list)
    resent: list[Entry] = field(default_factory=list)
    superseded: list[Entry] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    deletes: int = 0
    known: int = 0
    open_there: int = 0
    """How many people may be written to at the destination."""

    barred: set[Person] = field(default_factory=set)
    """Who may not be a member any more, whatever the mode."""

    @property
    def operations(self) -> Counter[str]:
        """How many changes are due, by operation."""
        due: Iterable[Draft | Entry] = itertools.chain(self.drafts, self.resent)
        return Counter(str(one.operation) for one in due)

    @property
    def delete_share(self) -> float:
        """Which share of the people that the destination knows of would be taken away."""
        return self.deletes / self.known if self.known else 0.0


def resend(plan: Plan, entry: Entry, retry_given_up: bool) -> bool:
    """Put a change that still holds where it belongs; whether it is sent by this run."""
    now = time.time()
    # A clock that went back must not make a row wait for a time that never comes.
    is_due = entry.next_attempt_at <= now or entry.next_attempt_at > now + LONGEST_WAIT
    if entry.status == GIVEN_UP and not retry_given_up:
        plan.skipped["given_up"] += 1
        return False
    if entry.status == PENDING or is_due or entry.status == GIVEN_UP:
        plan.resent.append(entry)
        return True
    plan.skipped["rejected_earlier"] += 1
    return False


def new_draft(
    stream: str,
    phase: int,
    operation: Operation,
    person: Person,
    row_hash: str,
    flags: int = 0,
    into: str | None = None,
    instruction: str | None = None,
) -> Draft:
    return Draft(
        stream, phase, operation, *person, row_hash, flags, uuid.uuid4().hex, "", into, instruction
    )


def batched(drafts: Sequence[Draft], contract: Contract, run_id: str) -> Iterator[Draft]:
    """Give each change its batch: of one operation, at most as many as the platform takes."""
    ordered = sorted(
        drafts,
        key=lambda one: (one.phase, one.operation, one.stream, one.brand_id, one.customer_id),
    )
    number = 0
    for (_, operation, _), group in itertools.groupby(
        ordered, key=lambda one: (one.phase, one.operation, one.stream)
    ):
        for place, draft in enumerate(group):
            if place % contract.batch[operation] == 0:
                number += 1
            yield replace(draft, batch_id=f"{run_id}-{number:06d}")
