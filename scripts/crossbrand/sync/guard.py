"""What may be too many at once: closings that nobody asked for, deletions, a brand that is gone.

A mart that has lost its people looks like people who have lost their consent. A run that would
close or take away too many is stopped, but for what must never wait: whatever a person has decided
themselves, and erasures, are sent all the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from crossbrand.sync.channels import EVERY_CHANNEL
from crossbrand.sync.destinations.base import ORDER, TELLING, Contract, Operation
from crossbrand.sync.drafts import Plan, batched, new_draft
from crossbrand.sync.mapping import DestinationMapping
from crossbrand.sync.source import Person, Reach, Source
from crossbrand.sync.state import CLOSINGS, SUPPRESSED, Draft, Entry, State

FEW = 10
"""So many closings are no mass, whatever their share."""


def guard(
    plan: Plan,
    source: Source,
    state: State,
    mapping: DestinationMapping,
    *,
    allow_deletes: bool,
    allow_closings: bool,
) -> str | None:
    """Why the plan is stopped, or None."""
    if plan.delete_share > mapping.max_delete_share and not allow_deletes:
        return (
            f"This mirror would take {plan.deletes} of {plan.known} people away from "
            f"{mapping.name}, more than {mapping.max_delete_share:.0%}. If that is right, say "
            "--allow-deletes; without --mode mirror nobody is taken away."
        )
    if allow_closings:
        return None
    own = _closed_by_us(plan, source, state)
    if len(own) > FEW and len(own) > mapping.max_close_share * plan.open_there:
        return (
            f"This run would close {len(own)} of {plan.open_there} people at {mapping.name}, more "
            f"than {mapping.max_close_share:.0%}, without a decision of theirs. Look at what was "
            "published; if that is right, say --allow-closings."
        )
    brands = Counter(brand for _, brand in own)
    brands.update(
        one.brand_id
        for one in _all(plan)
        if one.operation is Operation.delete and not allow_deletes
    )
    vanished = sorted(set(brands) - source.brands_published())
    for brand in vanished:
        if brands[brand] > FEW:
            return (
                f"sync_profiles holds nobody of the brand {brand} any more, and this run would "
                f"close {brands[brand]} of its people at {mapping.name}. Look at what was "
                "published; if that is right, say --allow-closings."
            )
    return None


def _all(plan: Plan) -> list[Draft | Entry]:
    found: list[Draft | Entry] = [*plan.drafts, *plan.resent]
    return found


def _closed_by_us(plan: Plan, source: Source, state: State) -> set[Person]:
    """Who loses a channel in this plan without having said no to any."""
    changes = [one for one in _all(plan) if one.operation in (*TELLING, *CLOSING)]
    if not changes:
        return set()
    open_there = state.open_there()
    losing = {
        person
        for one in changes
        for person in [(one.customer_id, one.brand_id)]
        if open_there.get(person, 0) & ~one.flags & EVERY_CHANNEL
    }
    reached = source.reach(losing)
    return {
        person
        for person in losing
        if not reached[person].refused & open_there[person] and reached[person].reason != "erased"
    }


CLOSING = (Operation.close, Operation.suppress)


def without_ours(plan: Plan, source: Source, state: State, contract: Contract, run_id: str) -> Plan:
    """Of a plan that is stopped what is sent all the same: people's own decisions and erasures.

    Who withdrew one of several channels, or would have been deleted, is closed by itself.
    """
    open_there = state.open_there()
    everybody = {(one.customer_id, one.brand_id) for one in _all(plan)}
    reached = source.reach(everybody)
    resent = [one for one in plan.resent if _stays(one, reached, open_there, plan.barred)]
    kept = [one for one in plan.drafts if _stays(one, reached, open_there, plan.barred)]
    left: list[Draft | Entry] = [*kept, *resent]
    done = {(one.customer_id, one.brand_id) for one in left if one.operation is not Operation.leave}
    replaced = {(one.stream, one.customer_id, one.brand_id) for one in kept}
    waiting = {(one.customer_id, one.brand_id): one for one in state.entries(CLOSINGS)}
    superseded = [
        one
        for one in plan.superseded
        if (one.stream, one.customer_id, one.brand_id) in replaced and not one.instruction_id
    ]
    for person in sorted(everybody - done):
        reach = reached[person]
        if not reach.refused & open_there.get(person, 0) or reach.reason == "erased":
            continue
        is_some = bool(reach.flags & EVERY_CHANNEL) and Operation.close in contract.batch
        operation = Operation.close if is_some else Operation.suppress
        flags = reach.flags if is_some else 0
        row_hash = f"close:{flags}" if is_some else SUPPRESSED
        if person in waiting:
            superseded.append(waiting[person])
        kept.append(new_draft(CLOSINGS, ORDER[operation], operation, person, row_hash, flags))
    return replace(
        plan,
        drafts=list(batched([replace(one, batch_id="") for one in kept], contract, run_id)),
        resent=resent,
        superseded=superseded,
    )


def _stays(
    one: Draft | Entry,
    reached: dict[Person, Reach],
    open_there: dict[Person, int],
    barred: set[Person],
) -> bool:
    person = (one.customer_id, one.brand_id)
    if one.operation is Operation.erase:
        return True
    if one.operation is Operation.leave:
        return person in barred
    if one.operation is Operation.close and not (
        open_there.get(person, 0) & ~one.flags & EVERY_CHANNEL
    ):
        # It only empties what may not be kept of a profile.
        return True
    return one.operation in CLOSING and bool(reached[person].refused & open_there.get(person, 0))
