"""What is due: the people of a generation against what the destination has acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crossbrand.sync.channels import EVERY_CHANNEL, PROFILED
from crossbrand.sync.destinations.base import ORDER, TELLING, Contract, Operation
from crossbrand.sync.drafts import Plan, batched, new_draft, resend
from crossbrand.sync.instructions import first_what_merges_need, plan_instructions
from crossbrand.sync.mapping import DestinationMapping
from crossbrand.sync.source import Person, Source
from crossbrand.sync.state import (
    CLOSINGS,
    DOUBT,
    PENDING,
    SUPPRESSED,
    Draft,
    State,
)


class Mode(StrEnum):
    """upsert tells what is new; mirror also takes away who is there no longer.

    Who may not be told of is closed, and who may not be a member leaves, in both.
    """

    upsert = "upsert"
    mirror = "mirror"


# What an operation without fields leaves the destination with.
AFTER = {Operation.suppress: SUPPRESSED, Operation.delete: "deleted", Operation.leave: "left"}


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
    instructed = plan_instructions(plan, source, state, contract, known, mapping)
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
        is_sent = resend(plan, entry, retry_given_up)
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

    drafts = first_what_merges_need(plan, source, state, drafts)
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
            resend(plan, entry, True)
            continue
        if entry is not None:
            plan.superseded.append(entry)
        phase = 0 if target else ORDER[operation]
        drafts.append(new_draft(CLOSINGS, phase, operation, person, row_hash, flags))
    plan.superseded.extend(entries.values())
    return drafts


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
