"""Consents, their withdrawals, and the requests that people make under data protection law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossbrand.generate.arrays import (
    DAY,
    Flags,
    Ints,
    chance,
    coded,
    full,
    ints,
    numbered,
    pick,
    take,
)
from crossbrand.generate.contacts import NEWSLETTER, Contacts
from crossbrand.generate.delivery import Frame
from crossbrand.generate.identifiers import absent
from crossbrand.generate.people import Chunk

PURPOSES = ("marketing", "profiling", "cross_brand_profiling", "third_party_sharing")
MARKETING, PROFILING, CROSS_BRAND, THIRD_PARTY = range(len(PURPOSES))
CHANNELS = ("email", "sms", "app_push", "call")
BASES = ("consent", "legitimate_interest")

# Of the people who allow linking, so many withdraw it: everywhere, or at one controller only.
WITHDRAW_EVERYWHERE, WITHDRAW_SOMEWHERE, NEVER_ASKED_SOMEWHERE = 0.05, 0.07, 0.06

REQUEST_TYPES = ("access", "objection", "restriction")
REQUESTS_PER_PERSON_YEAR = 0.006
IDENTIFIER_TYPES = ("email", "phone", "loyalty_card_id", "contact_id")


@dataclass
class Permissions:
    """By relation: when marketing was allowed and when not any more (the end where never)."""

    granted_at: Ints
    withdrawn_at: Ints


def make_permissions(chunk: Chunk, contacts: Contacts) -> Permissions:
    """Who may be written to, before any message makes them change their mind."""
    rng = chunk.rng("permissions")
    world, relations = chunk.world, chunk.relations
    count = len(relations)
    has_contact = contacts.mailing >= 0
    registered = np.where(has_contact, contacts.registered[contacts.mailing], relations.joined)
    reader = contacts.of_system[NEWSLETTER] >= 0
    agrees = (relations.agrees | reader) & has_contact & (relations.email >= 0)
    withdrawn = np.maximum(registered, world.start) + ints(
        rng.random(count) * (world.end - world.start)
    )
    leaves = agrees & chance(rng, 0.05, count)
    return Permissions(
        granted_at=np.where(agrees, registered, world.end),
        withdrawn_at=np.where(leaves, np.minimum(withdrawn, world.end), world.end),
    )


@dataclass
class Consents:
    """Ids and relations of the consent events; `is_linkable` by relation: whether the consent to be
    known across brands was given and not withdrawn.
    """

    ids: pa.Array
    relation: Ints
    is_linkable: Flags


@dataclass
class _Decisions:
    relation: Ints
    purpose: Ints
    channel: Ints
    granted: Flags
    moment: Ints


def consent_frames(
    chunk: Chunk, contacts: Contacts, permissions: Permissions, unsubscribed_at: Ints
) -> tuple[list[Frame], Consents]:
    """Consent events by brand, and what the truth should know of them."""
    rng = chunk.rng("consents")
    world, relations = chunk.world, chunk.relations
    parts = [
        _marketing(chunk, rng, permissions, unsubscribed_at),
        _simple(chunk, rng, contacts, PROFILING, 0.5, 0.06),
        _simple(chunk, rng, contacts, THIRD_PARTY, 0.08, 0.10),
        _cross_brand(chunk, rng, contacts),
    ]
    relation = np.concatenate([part.relation for part in parts])
    purpose = np.concatenate([part.purpose for part in parts])
    channel = np.concatenate([part.channel for part in parts])
    granted = np.concatenate([part.granted for part in parts])
    moment = np.concatenate([part.moment for part in parts])
    keep = moment < world.end
    relation, purpose, channel, granted, moment = (
        column[keep] for column in (relation, purpose, channel, granted, moment)
    )
    count = len(relation)
    brand = relations.brand[relation]
    number = chunk.serial(brand, 20)
    contact = contacts.any[relation]
    contact = absent(rng, contact, 0.1)
    email = np.where((contact < 0) | chance(rng, 0.85, count), relations.email[relation], -1)
    phone = np.where(chance(rng, 0.2, count), relations.phone[relation], -1)
    # An event that nobody can be told from helps no brand: keep at least the contact.
    lost = (contact < 0) & (email < 0) & (phone < 0)
    contact = np.where(lost, contacts.any[relation], contact)
    abroad = relations.is_abroad[relation]
    columns = {
        "consent_event_id": numbered("K", number, 7),
        "contact_id": take(contacts.ids, contact),
        "email": chunk.emails.as_typed(rng, email),
        "phone": chunk.phones.as_typed(rng, phone, abroad),
        "purpose": coded(PURPOSES, purpose),
        "channel": coded(CHANNELS, channel),
        "decision": coded(("withdrawn", "granted"), granted.astype(np.int64)),
        "legal_basis": coded(BASES, np.zeros(count, np.int64)),
    }
    frames = []
    for listed in world.brands:
        here = np.flatnonzero(brand == listed.index)
        frames.append(
            Frame(
                "consent_events",
                listed.index,
                {name: array.take(here) for name, array in columns.items()},
                {"decided_at": moment[here]},
                moment[here],
            )
        )
    linking = np.zeros(len(relations), np.bool_)
    linking[relation[(purpose == CROSS_BRAND) & granted]] = True
    linking[relation[(purpose == CROSS_BRAND) & ~granted]] = False
    return frames, Consents(columns["consent_event_id"], relation, linking)


def _marketing(
    chunk: Chunk, rng: np.random.Generator, permissions: Permissions, unsubscribed_at: Ints
) -> _Decisions:
    end = chunk.world.end
    yes = ints(np.flatnonzero(permissions.granted_at < end))
    no = ints(np.flatnonzero(permissions.withdrawn_at < end))
    # Who unsubscribes from a message withdraws for that channel, in the same minute.
    out = ints(np.flatnonzero(unsubscribed_at < np.minimum(permissions.withdrawn_at, end)))
    relation = np.concatenate([yes, no, out])
    count = len(relation)
    return _Decisions(
        relation,
        full(count, MARKETING),
        np.concatenate(
            [
                np.where(chance(rng, 0.3, len(yes)), 0, -1),
                full(len(no)),
                np.where(chance(rng, 0.6, len(out)), 0, -1),
            ]
        ),
        np.arange(count) < len(yes),
        np.concatenate(
            [permissions.granted_at[yes], permissions.withdrawn_at[no], unsubscribed_at[out] + 20]
        ),
    )


def _simple(
    chunk: Chunk,
    rng: np.random.Generator,
    contacts: Contacts,
    purpose: int,
    share: float,
    withdrawn: float,
) -> _Decisions:
    world, relations = chunk.world, chunk.relations
    asked = (contacts.any >= 0) & chance(rng, share, len(relations))
    yes = ints(np.flatnonzero(asked))
    granted_at = contacts.registered[contacts.any[yes]] + rng.integers(0, 90, len(yes))
    no = chance(rng, withdrawn, len(yes))
    later = np.maximum(granted_at, world.start) + ints(
        rng.random(len(yes)) * (world.end - world.start)
    )
    count = len(yes) + int(no.sum())
    return _Decisions(
        np.concatenate([yes, yes[no]]),
        full(count, purpose),
        full(count),
        np.arange(count) < len(yes),
        np.concatenate([granted_at, later[no]]),
    )


def _cross_brand(chunk: Chunk, rng: np.random.Generator, contacts: Contacts) -> _Decisions:
    """Consent to be known across brands: of about half of those who shop at several."""
    world, people, relations = chunk.world, chunk.people, chunk.relations
    person = relations.person
    several = people.member.sum(axis=1)[person] > 1
    everywhere = chance(rng, WITHDRAW_EVERYWHERE, people.count)
    somewhere = chance(rng, WITHDRAW_SOMEWHERE, people.count)
    unasked = chance(rng, NEVER_ASKED_SOMEWHERE, people.count)
    names = sorted({brand.controller_id for brand in world.brands})
    controller = ints([names.index(brand.controller_id) for brand in world.brands])
    # The odd one out of a person's controllers, where only one is concerned.
    odd = controller[relations.brand] == controller[people.country[person]]
    asked = people.allows_linking[person] & several & (contacts.any >= 0)
    asked &= ~(unasked[person] & odd)
    yes = ints(np.flatnonzero(asked))
    granted_at = np.maximum(contacts.registered[contacts.any[yes]], world.start - 200 * DAY)
    granted_at = granted_at + ints(rng.exponential(12, len(yes)) * DAY)
    # Who changes their mind does so after the last time they agreed, so the last word is clear.
    last = full(people.count, world.start)
    np.maximum.at(last, person[yes], granted_at)
    no = everywhere[person[yes]] | (somewhere[person[yes]] & odd[yes])
    no &= (granted_at < world.end) & (last[person[yes]] < world.end - 1)
    later = last[person[yes]] + 1
    later = later + ints(rng.random(len(yes)) * (world.end - 1 - later).clip(0))
    count = len(yes) + int(no.sum())
    return _Decisions(
        np.concatenate([yes, yes[no]]),
        full(count, CROSS_BRAND),
        full(count),
        np.arange(count) < len(yes),
        np.concatenate([granted_at, later[no]]),
    )


def request_frames(chunk: Chunk, contacts: Contacts, cards: pa.Array) -> list[Frame]:
    """A few requests of access, objection and restriction, under whatever the person gave."""
    rng = chunk.rng("requests")
    world, relations = chunk.world, chunk.relations
    count = len(relations)
    share = REQUESTS_PER_PERSON_YEAR * max(world.years, 0.25)
    chosen = ints(np.flatnonzero(chance(rng, share, count) & (contacts.any >= 0)))
    begin = np.maximum(relations.joined[chosen], world.start)
    moment = begin + ints(rng.random(len(chosen)) * (world.end - 1 - begin).clip(0))
    contact = contacts.any[chosen]
    email, phone = relations.email[chosen], relations.phone[chosen]
    kind = np.where(email >= 0, 0, np.where(phone >= 0, 1, 3))
    draw = rng.random(len(chosen))
    kind = np.where((draw < 0.15) & (phone >= 0), 1, kind)
    kind = np.where((draw >= 0.15) & (draw < 0.25) & (relations.card[chosen] >= 0), 2, kind)
    kind = np.where((draw >= 0.25) & (draw < 0.35), 3, kind)
    abroad = relations.is_abroad[chosen]
    choices = [
        chunk.emails.as_typed(rng, np.where(kind == 0, email, -1)),
        chunk.phones.as_typed(rng, np.where(kind == 1, phone, -1), abroad),
        take(cards, np.where(kind == 2, relations.card[chosen], -1)),
        take(contacts.ids, np.where(kind == 3, contact, -1)),
    ]
    brand = relations.brand[chosen]
    columns = {
        "request_id": numbered("R", chunk.serial(brand, 2), 6),
        "request_type": coded(REQUEST_TYPES, pick(rng, (0.55, 0.25, 0.2), len(chosen))),
        "identifier_type": coded(IDENTIFIER_TYPES, kind),
        "identifier_value": pc.coalesce(*choices),
    }
    return [
        Frame(
            "privacy_requests",
            listed.index,
            {name: array.take(here) for name, array in columns.items()},
            {"requested_at": moment[here]},
            moment[here],
        )
        for listed in world.brands
        for here in [np.flatnonzero(brand == listed.index)]
    ]
