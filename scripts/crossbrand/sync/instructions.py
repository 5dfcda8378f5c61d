"""Merges and erasures: what of them is due, and what must be told before."""

from __future__ import annotations

from dataclasses import replace

from crossbrand.sync.destinations.base import ORDER, TELLING, Contract, Operation
from crossbrand.sync.drafts import Plan, new_draft, resend
from crossbrand.sync.mapping import DestinationMapping
from crossbrand.sync.source import Person, Source
from crossbrand.sync.state import INSTRUCTIONS, PROFILES, Draft, Entry, State


def plan_instructions(
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


def first_what_merges_need(
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
                if resend(plan, entry, False):
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
