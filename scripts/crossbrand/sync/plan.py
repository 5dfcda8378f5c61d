"""What is due: the people of a generation against what the destination has acknowledged."""

from __future__ import annotations

import itertools
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from crossbrand.sync.channels import EVERY_CHANNEL, PROFILED
from crossbrand.sync.destinations.base import ORDER, TELLING, Contract, Operation
from crossbrand.sync.mapping import DestinationMapping
from crossbrand.sync.source import Person, Source
from crossbrand.sync.state import (
    CLOSINGS,
    DOUBT,
    GIVEN_UP,
    INSTRUCTIONS,
    PENDING,
    PROFILES,
    SUPPRESSED,
    Draft,
    Entry,
    State,
)

LONGEST_WAIT = 24 * 3600.0
"""Seconds: a refused row is tried again after a day at the latest."""

FIRST_WAIT = 300.0
ATTEMPTS = 8


class Mode(StrEnum):
    """upsert tells what is new; mirror also takes away who is there no longer.

    Who may not be told of is closed, and who may not be a member leaves, in both.
    """

    upsert = "upsert"
    mirror = "mirror"


# What an operation without fields leaves the destination with.
AFTER = {Operation.suppress: SUPPRESSED, Operation.delete: "deleted", Operation.leave: "left"}


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


@dataclass(frozen=True)
class Wish:
    """What the destination should come to hold of a person."""

    operation: Operation
    row_hash: str
    flags: int = 0


def make_plan(
    source: Source,
    state: State,
    mapping: DestinationMapping,
    contract: Contract,
    mode: Mode,
    *,
    stream: str,
    run_id: str,
    limit: int | None = None,
    retry_given_up: bool = False,
) -> Plan:
    """Compare, and write nothing.

    An open change that still says what is to be said goes again under its own key. Any other is
    superseded; if it may have arrived, the destination is in doubt, and what is to be said is sent
    even where it is what was last acknowledged.
    """
    plan = Plan(skipped=source.skipped())
    brands = set(mapping.brands)

    def in_scope(brand_id: str) -> bool:
        return not brands or brand_id in brands

    told = {(row[0], row[1]): row for row in state.acknowledged(stream) if in_scope(row[1])}
    entries = [entry for entry in state.entries(stream) if in_scope(entry.brand_id)]
    known = {person for person in state.people_told() if in_scope(person[1])}
    plan.known = len(told)

    open_there = {
        person: flags for person, flags in state.open_there().items() if in_scope(person[1])
    }
    plan.open_there = len(open_there)
    barred = source.barred_members()
    instructed = _plan_instructions(plan, source, state, contract, known, mapping)
    tell = Operation.enter if source.audience else Operation.upsert

    def wish(standing: Sequence[Any], person: Person, told_hash: str | None) -> Wish | None:
        row_hash, flags, reason, is_known = standing
        if row_hash is not None:
            return Wish(tell, row_hash, int(flags))
        if person in instructed or reason == "erased":
            return None
        if reason == "suspect":
            # Left as they are, but for channels that were closed meanwhile: see _plan_closings.
            return None
        if source.audience and is_known and reason is None:
            must_leave = mode is Mode.mirror or person in barred
            return Wish(Operation.leave, "left") if must_leave else None
        if mode is Mode.mirror and not source.audience:
            return Wish(Operation.delete, "deleted")
        if told_hash == SUPPRESSED:
            return None
        return Wish(Operation.suppress, SUPPRESSED)

    standings = source.standing((one.customer_id, one.brand_id) for one in entries)
    busy: set[Person] = set()
    handled: set[Person] = set()
    for entry in entries:
        person = (entry.customer_id, entry.brand_id)
        acknowledged = told[person][2] if person in told else None
        wanted = wish(standings[person], person, acknowledged)
        if wanted is None or (wanted.operation, wanted.row_hash) != (
            entry.operation,
            entry.row_hash,
        ):
            plan.superseded.append(entry)
            if entry.status == PENDING:
                told[person] = (*person, DOUBT, entry.flags, None)
            continue
        busy.add(person)
        is_sent = _resend(plan, entry, retry_given_up)
        # One that was refused before may be so again, and what it closes goes by itself.
        is_whole = entry.operation in (Operation.suppress, Operation.delete)
        if is_whole or (is_sent and entry.status == PENDING and entry.operation in TELLING):
            handled.add(person)

    plan.skipped["unchanged"], rows = source.differences([row[:4] for row in told.values()])
    drafts: list[Draft] = []
    for customer_id, brand_id, row_hash, flags, reason, is_known, told_hash in rows:
        person = (customer_id, brand_id)
        if person in busy:
            continue
        wanted = wish((row_hash, flags, reason, is_known), person, told_hash)
        if wanted is not None:
            phase = ORDER[wanted.operation]
            drafts.append(
                new_draft(stream, phase, wanted.operation, person, wanted.row_hash, wanted.flags)
            )

    drafts = _first_what_merges_need(plan, source, state, drafts)
    kept = _limited(plan, drafts, limit)
    handled |= {
        (one.customer_id, one.brand_id) for one in kept if one.operation is not Operation.leave
    }
    plan.drafts.extend(kept)
    plan.drafts += _plan_closings(
        plan, source, state, contract, open_there, handled, instructed, in_scope
    )
    plan.drafts = list(batched(plan.drafts, contract, run_id))
    plan.barred = barred
    if mode is Mode.mirror:
        taken_away = plan.operations
        plan.deletes = taken_away[str(Operation.delete)] + taken_away[str(Operation.leave)]
    return plan


def _resend(plan: Plan, entry: Entry, retry_given_up: bool) -> bool:
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


def _plan_closings(
    plan: Plan,
    source: Source,
    state: State,
    contract: Contract,
    open_there: dict[Person, int],
    handled: set[Person],
    instructed: Mapping[Person, Person | None],
    in_scope: Callable[[str], bool],
) -> list[Draft]:
    """What is open at the destination and may be so no longer, of whoever the run is not about.

    That is who was told of in another stream or is no member any more, suspects, and those of whom
    the last word was refused. A no holds for the person, and waits for no other run. Who is to be
    merged is closed on what the new customer has closed, before the merge, which may have to wait.
    """
    entries = {
        (one.customer_id, one.brand_id): one
        for one in state.entries(CLOSINGS)
        if in_scope(one.brand_id)
    }
    # What a closing that has not been taken was about may look closed already.
    asked = {**dict.fromkeys(entries, EVERY_CHANNEL | PROFILED), **open_there}
    drafts = []
    targets = source.reach(one for one in instructed.values() if one)
    for person, own in source.lost(asked).items():
        entry = entries.pop(person, None)
        target = instructed.get(person)
        reach = targets[target] if target else own
        is_over = person in instructed and not (target and asked[person] & ~reach.flags)
        if person in handled or is_over or reach.reason == "erased":
            if entry is not None:
                plan.superseded.append(entry)
            continue
        if reach.flags & EVERY_CHANNEL and Operation.close in contract.batch:
            operation, row_hash = Operation.close, f"close:{reach.flags}"
            flags = reach.flags
        else:
            operation, row_hash, flags = Operation.suppress, SUPPRESSED, 0
        if entry is not None and (entry.operation, entry.row_hash) == (operation, row_hash):
            # However often it was refused, a no is not given up.
            _resend(plan, entry, True)
            continue
        if entry is not None:
            plan.superseded.append(entry)
        phase = 0 if target else ORDER[operation]
        drafts.append(new_draft(CLOSINGS, phase, operation, person, row_hash, flags))
    plan.superseded.extend(entries.values())
    return drafts


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


def _plan_instructions(
    plan: Plan,
    source: Source,
    state: State,
    contract: Contract,
    known: set[Person],
    mapping: DestinationMapping,
) -> dict[Person, Person | None]:
    """Merges and erasures that have not been acknowledged; returns whose, and who they become.

    A merge waits while the new customer may not be told of: a suspect one is left alone, and of one
    without consent the old profile is closed like that of anybody who is gone.
    """
    done = state.instructions_done()
    open_entries = {
        (str(one.instruction_id), one.customer_id, one.brand_id): one
        for one in state.entries(INSTRUCTIONS)
    }
    wanted: dict[tuple[str, str, str], Draft] = {}
    whose: dict[Person, Person | None] = {}

    customers = {customer for customer, _ in known}
    redirects = source.redirects(customers)
    targets = source.standing(
        (redirects[customer][0], brand) for customer, brand in known if customer in redirects
    )
    tellable = source.plain(targets)
    for customer, brand in sorted(known):
        if customer not in redirects or Operation.merge not in contract.batch:
            continue
        new, redirect = redirects[customer]
        _, _, reason, _ = targets[new, brand]
        may_be_told = reason is None and ((new, brand) in tellable or (new, brand) in known)
        if may_be_told or reason == "suspect":
            whose[customer, brand] = (new, brand)
        if may_be_told:
            identity = (f"merge:{redirect}", customer, brand)
            wanted[identity] = new_draft(
                INSTRUCTIONS, ORDER[Operation.merge], Operation.merge, (customer, brand), new,
                into=new, instruction=identity[0],
            )  # fmt: skip

    gone = source.vanished_by_erasure(customers)
    erasures = [(gone[customer], customer, brand) for customer, brand in known if customer in gone]
    deleted = [(deletion, deletion.customer_id) for deletion in source.deletions]
    for deletion, customer in deleted + source.erased_since(customers):
        if deletion.brand_id:
            brands = [deletion.brand_id]
        else:
            brands = list(mapping.brands) or _all_brands(source, known)
        erasures += [(deletion.deletion_id, customer, brand) for brand in brands]
    for deletion_id, customer, brand in sorted(set(erasures)):
        if (
            mapping.brands and brand not in mapping.brands
        ) or Operation.erase not in contract.batch:
            continue
        whose[customer, brand] = None
        identity = (f"erase:{deletion_id}", customer, brand)
        wanted[identity] = new_draft(
            INSTRUCTIONS, ORDER[Operation.erase], Operation.erase, (customer, brand), "erased",
            instruction=identity[0],
        )  # fmt: skip

    for identity, draft in wanted.items():
        entry = open_entries.pop(identity, None)
        if identity in done:
            continue
        if entry is None:
            plan.drafts.append(draft)
        elif entry.into_customer_id != draft.into_customer_id:
            plan.superseded.append(entry)
            plan.drafts.append(draft)
        else:
            # However often it was refused, an instruction is not given up.
            plan.resent.append(entry)
    plan.superseded.extend(
        entry
        for entry in open_entries.values()
        if not mapping.brands or entry.brand_id in mapping.brands
    )
    return whose


def _all_brands(source: Source, known: set[Person]) -> list[str]:
    return sorted({brand for _, brand in known} | source.brands())


def _first_what_merges_need(
    plan: Plan, source: Source, state: State, drafts: list[Draft]
) -> list[Draft]:
    """A merge needs its target at the destination: tell of it first, or let the merge wait.

    A target that is known but closed or in doubt is told of first as well. A run about an audience
    tells of a target that is no member as the run about all profiles does.
    """
    instructions: list[Draft | Entry] = [*plan.drafts, *plan.resent]
    targets = {
        (str(one.into_customer_id), one.brand_id)
        for one in instructions
        if one.operation is Operation.merge
    }
    needed = targets - state.held(customer for customer, _ in targets)
    if not needed:
        return drafts
    moved = [
        replace(one, phase=0)
        if one.operation in TELLING and (one.customer_id, one.brand_id) in needed
        else one
        for one in drafts
    ]
    told = {(one.customer_id, one.brand_id) for one in moved if one.phase == 0}
    told |= {(one.customer_id, one.brand_id) for one in plan.resent if one.operation in TELLING}
    if source.audience:
        waiting = {(one.customer_id, one.brand_id): one for one in state.entries(PROFILES)}
        for person, (row_hash, flags) in sorted(source.plain(needed - told).items()):
            entry = waiting.get(person)
            if entry is not None and entry.row_hash == row_hash:
                if _resend(plan, entry, False):
                    told.add(person)
                continue
            if entry is not None:
                plan.superseded.append(entry)
            moved.append(new_draft(PROFILES, 0, Operation.upsert, person, row_hash, flags))
            told.add(person)

    def can_go(one: Draft | Entry) -> bool:
        target = (str(one.into_customer_id), one.brand_id)
        return one.operation is not Operation.merge or target not in needed or target in told

    plan.drafts = [one for one in plan.drafts if can_go(one)]
    plan.resent = [one for one in plan.resent if can_go(one)]
    return moved


def _limited(plan: Plan, drafts: list[Draft], limit: int | None) -> list[Draft]:
    """At most `limit` people are told of; what takes permission away is never held up."""
    if limit is None:
        return drafts
    telling = [one for one in drafts if one.operation in TELLING]
    telling.sort(key=lambda one: one.phase)
    resent = sum(one.operation in TELLING for one in plan.resent)
    kept = telling[: max(0, limit - resent)]
    needed = [one for one in telling[len(kept) :] if one.phase == 0]
    plan.skipped["over_limit"] = len(telling) - len(kept) - len(needed)
    return [*(one for one in drafts if one.operation not in TELLING), *kept, *needed]


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
