"""What is really so: who each record, identifier and device belongs to, and who would buy when.

Nothing of this is in the landing. `is_identifiable` tells which records carry anything of their
person's at all: a purchase at a till without a card is somebody's, but nobody can find out whose.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crossbrand.generate.arrays import (
    Flags,
    Ints,
    coded,
    date_text,
    full,
    instants,
    ints,
    take,
    texts,
)
from crossbrand.generate.contacts import Contacts
from crossbrand.generate.devices import Devices
from crossbrand.generate.feedback import Said
from crossbrand.generate.identifiers import Pool, email_key
from crossbrand.generate.messages import Campaign, Messages
from crossbrand.generate.orders import Orders, return_ids
from crossbrand.generate.people import Chunk
from crossbrand.generate.purchases import Purchases

KINDS = ("own", "family_shared", "shop", "placeholder")
OWN, FAMILY, SHOP, PLACEHOLDER = range(len(KINDS))


def orders_told(chunk: Chunk, orders: Orders) -> Flags:
    """Orders with a contact, a card, a voucher, or an e-mail or phone that is the person's."""
    people = chunk.people
    email = (orders.email >= 0) & (orders.email < people.shop_email)
    phone = (orders.phone >= 0) & (orders.phone < people.shop_phone)
    named = (orders.contact >= 0) | (orders.card >= 0) | (orders.voucher >= 0)
    return np.asarray((named | email | phone) & (orders.relation >= 0))


def _records(
    chunk: Chunk, feed: str, ids: pa.Array, brand: Ints, relation: Ints, told: Flags
) -> pa.Table:
    person = np.where(relation >= 0, chunk.relations.person[relation], -1)
    return pa.table(
        {
            "feed": coded([feed], np.zeros(len(brand), np.int64)),
            "brand_id": coded([one.brand_id for one in chunk.world.brands], brand),
            "record_id": ids,
            "person_id": take(chunk.people.ids, person),
            "is_identifiable": pa.array(told),
        }
    )


def records(
    chunk: Chunk,
    contacts: Contacts,
    orders: Orders,
    told: Flags,
    consents: tuple[pa.Array, Ints],
    loyalty: tuple[pa.Array, Ints],
    said: list[Said],
) -> list[pa.Table]:
    """The person of each record of the feeds that customers are bound to by record."""
    relations = chunk.relations
    returned = orders.line_order[orders.return_line]
    everyone = np.ones(len(contacts), np.bool_)
    tables = [
        _records(chunk, "contacts", contacts.ids, contacts.brand, contacts.relation, everyone),
        _records(chunk, "orders", orders.ids, orders.brand, orders.relation, told),
        _records(
            chunk, "returns", return_ids(chunk, orders), orders.brand[returned],
            orders.relation[returned], told[returned],
        ),
    ]  # fmt: skip
    for feed, (ids, relation) in (("consent_events", consents), ("loyalty_events", loyalty)):
        tables.append(
            _records(
                chunk,
                feed,
                ids,
                relations.brand[relation],
                relation,
                np.ones(len(relation), np.bool_),
            )
        )
    tables.extend(
        _records(chunk, one.feed, one.ids, one.brand, one.relation, one.is_told) for one in said
    )
    return tables


def people_table(chunk: Chunk, is_linkable: Flags) -> pa.Table:
    """One row a person. `is_linkable` tells by relation whether its consent to be known across
    brands holds at the end; `linkable_controllers` are the controllers at which one does.
    """
    people, relations, world = chunk.people, chunk.relations, chunk.world
    controllers = sorted({brand.controller_id for brand in world.brands})
    of_brand = ints([controllers.index(brand.controller_id) for brand in world.brands])
    allowed = np.zeros((people.count, len(controllers)), np.bool_)
    allowed[relations.person[is_linkable], of_brand[relations.brand[is_linkable]]] = True
    sizes = np.bincount(people.household)[people.household]
    shares = [
        " ".join(
            name
            for name, flags in (
                ("email", people.shares_email), ("phone", people.shares_phone),
                ("card", people.shares_card), ("tablet", people.shares_tablet),
            )
            if flags[number]
        )
        for number in range(people.count)
    ]  # fmt: skip
    brand_ids = [brand.brand_id for brand in world.brands]
    return pa.table(
        {
            "person_id": people.ids,
            "household_id": pa.array(
                [f"H{people.first + int(head):07d}" for head in
                 people.household_head[people.household]], pa.string()
            ),
            "household_type": coded(("single", "family"), np.where(sizes > 1, 1, 0)),
            "household_shares": texts(shares),
            "first_name": texts(people.first_names),
            "last_name": texts(people.surnames),
            "birth_date": date_text(people.birth_day, np.ones(people.count, np.bool_)),
            "country_code": coded(
                [brand.country.code for brand in world.brands], people.country
            ),
            "brands": texts([
                " ".join(name for name, is_in in zip(brand_ids, row, strict=True) if is_in)
                for row in people.member.tolist()
            ]),
            "linkable_controllers": texts([
                " ".join(name for name, is_in in zip(controllers, row, strict=True) if is_in)
                for row in allowed.tolist()
            ]),
        }
    )  # fmt: skip


def rates_table(chunk: Chunk, purchases: Purchases) -> pa.Table:
    """The parameters that each person's purchases at a brand were drawn with."""
    relations, world = chunk.relations, chunk.world
    return pa.table(
        {
            "person_id": take(chunk.people.ids, relations.person),
            "brand_id": coded([brand.brand_id for brand in world.brands], relations.brand),
            "rate_per_day": pa.array(purchases.rate),
            "dropout_probability": pa.array(purchases.dropout),
            "observed_from": instants(np.maximum(relations.joined, world.start)),
            "dropped_at": instants(purchases.dropped_at),
            "purchases": pa.array(
                np.bincount(purchases.relation, minlength=len(relations)).astype(np.int64)
            ),
        }
    )


def identifier_tables(
    chunk: Chunk, contacts: Contacts, cards: pa.Array, vouchers: tuple[Ints, pa.Array]
) -> list[pa.Table]:
    """Whose each identifier is. E-mails and phones have no brand; shared ones have several rows."""
    people, relations = chunk.people, chunk.relations
    ids = people.ids
    tables = [
        _pool_table(chunk, "email", chunk.emails, email_key(chunk.emails), people.shares_email,
                    people.shop_email, people.blank_email),
        _pool_table(chunk, "phone", chunk.phones, chunk.phones.clean, people.shares_phone,
                    people.shop_phone, people.blank_phone),
    ]  # fmt: skip
    held = ints(np.flatnonzero(relations.card >= 0))
    several = np.bincount(relations.card[held], minlength=len(relations))[relations.card[held]] > 1
    owner, codes = vouchers
    for kind, brand, values, person, flags in (
        ("loyalty_card_id", relations.brand[held], take(cards, relations.card[held]),
         relations.person[held], several),
        ("contact_id", contacts.brand, contacts.ids, relations.person[contacts.relation],
         np.zeros(len(contacts), np.bool_)),
        ("voucher_code", relations.brand[owner], codes, relations.person[owner],
         np.zeros(len(owner), np.bool_)),
    ):  # fmt: skip
        tables.append(
            _identifiers(
                chunk, kind, brand, values, values, take(ids, person), np.where(flags, FAMILY, OWN)
            )
        )
    return tables


def _pool_table(
    chunk: Chunk, kind: str, pool: Pool, keys: pa.Array, shares: Flags, shop: int, blank: int
) -> pa.Table:
    people = chunk.people
    used = pool.used
    own = ints(np.flatnonzero(used[: 2 * people.count]))
    sharing = ints(np.flatnonzero(shares))
    household = 2 * people.count + people.household[sharing]
    sharing, household = sharing[used[household]], household[used[household]]
    # Shops and placeholders are the same for all chunks, so only the first one lists them.
    fixed = ints(np.arange(shop, len(used))) if chunk.number == 0 else full(0)
    index = np.concatenate([own, household, fixed])
    person = np.concatenate([own // 2, sharing, full(len(fixed))])
    codes = np.concatenate(
        [
            full(len(own), OWN),
            full(len(household), FAMILY),
            np.where(fixed < blank, SHOP, PLACEHOLDER),
        ]
    )
    return _identifiers(
        chunk, kind, full(len(index)), take(keys, index), take(pool.clean, index),
        take(people.ids, person), codes,
    )  # fmt: skip


def _identifiers(
    chunk: Chunk,
    kind: str,
    brand: Ints,
    values: pa.Array,
    originals: pa.Array,
    person_ids: pa.Array,
    codes: Ints,
) -> pa.Table:
    return pa.table(
        {
            "identifier_type": coded([kind], np.zeros(len(codes), np.int64)),
            "brand_id": coded([one.brand_id for one in chunk.world.brands], brand),
            "identifier_value": values,
            "identifier_original": originals,
            "person_id": person_ids,
            "kind": coded(KINDS, codes),
        }
    )


def devices_table(chunk: Chunk, devices: Devices) -> pa.Table:
    """Who used each device, first and last; a tablet has a row for each who used it."""
    none = full(0)
    slot, relation, brand, moment = (
        np.concatenate([none, *(use[column] for use in devices.uses)]) for column in range(4)
    )
    order = np.lexsort((moment, brand, relation, slot))
    slot, relation, brand, moment = (column[order] for column in (slot, relation, brand, moment))
    change = np.r_[True, (slot[1:] != slot[:-1]) | (relation[1:] != relation[:-1])]
    first = ints(np.flatnonzero(change)) if len(slot) else none
    last = np.r_[first[1:], len(slot)] - 1 if len(slot) else none
    person = np.where(relation[first] >= 0, chunk.relations.person[relation[first]], -1)
    return pa.table(
        {
            "brand_id": coded([one.brand_id for one in chunk.world.brands], brand[first]),
            "device_id": devices.ids(slot[first], brand[first]),
            "person_id": take(chunk.people.ids, person),
            "used_from": instants(moment[first]),
            "used_to": instants(moment[last]),
        }
    )


def controls_table(chunk: Chunk, campaigns: list[Campaign], messages: Messages) -> pa.Table:
    """Who was held out of which campaign."""
    world = chunk.world
    brand_of = ints([campaign.brand for campaign in campaigns])
    return pa.table(
        {
            "brand_id": coded(
                [brand.brand_id for brand in world.brands], brand_of[messages.control_campaign]
            ),
            "campaign_id": coded(
                [campaign.campaign_id for campaign in campaigns], messages.control_campaign
            ),
            "person_id": take(chunk.people.ids, chunk.relations.person[messages.control_relation]),
        }
    )
