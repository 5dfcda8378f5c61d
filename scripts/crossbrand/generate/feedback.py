"""What people say: reviews, survey answers, links that they share, calls and chats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crossbrand.generate.arrays import (
    DAY,
    MISSING,
    Flags,
    Ints,
    chance,
    coded,
    full,
    hashed,
    ints,
    numbered,
    pick,
    runs,
    take,
    texts,
)
from crossbrand.generate.contacts import Contacts
from crossbrand.generate.delivery import Frame
from crossbrand.generate.identifiers import absent
from crossbrand.generate.orders import Orders
from crossbrand.generate.people import Chunk

REVIEW_SHARE = 0.10
REVIEW_SITES = ("own site", "shop-compare", "trust-stars", "maps")
REVIEW_TEXTS = (
    ("Never again.", "Came broken and nobody answered.", "Very disappointed."),
    ("Not what I expected.", "Slow delivery."),
    ("All right.", "Average quality for the price."),
    ("Good, would buy again.", "Nice, quick delivery.", "Happy with it."),
    ("Excellent!", "Exactly as described, thank you.", "Perfect fit.", "Top."),
)

SURVEY_SHARE = 0.09
QUESTIONS = ("preferred_channel", "contact_frequency", "interest_category", "price_range", "other")
CHANNEL_ANSWERS = ("email", "sms", "app_push", "call", "letter")
FREQUENCY_ANSWERS = ("weekly", "monthly", "only offers", "never")
PRICE_ANSWERS = ("low", "medium", "high")
OTHER_ANSWERS = ("Please bring back the old sizes.", "yes", "no", "More shops in small towns.")

SHARE_SHARE = 0.03

SERVICE_PER_YEAR = 0.09
SERVICE_CHANNELS = ("call", "chat", "email", "social", "desk")
CALL, CHAT, EMAIL, SOCIAL, DESK = range(len(SERVICE_CHANNELS))
TOPICS = ("delivery", "complaint", "return", "product question", "invoice", "loyalty", "other")
NOTES = (
    "Asked about delivery, resolved.",
    "Wants to exchange the size.",
    "Complains about quality, promised a call back.",
    "Needs a copy of the invoice.",
    "Called twice today.",
)


@dataclass
class Said:
    """Rows of one feed for the truth: their ids, brands, relations, and whether they say who.

    `is_told` is false where nothing on the row leads to a person.
    """

    feed: str
    ids: pa.Array
    brand: Ints
    relation: Ints
    is_told: Flags


def _frames(
    chunk: Chunk,
    feed: str,
    brand: Ints,
    columns: dict[str, pa.Array],
    times: dict[str, Ints],
    known_at: Ints,
) -> list[Frame]:
    return [
        Frame(
            feed,
            listed.index,
            {name: array.take(pa.array(here)) for name, array in columns.items()},
            {name: moment[here] for name, moment in times.items()},
            known_at[here],
        )
        for listed in chunk.world.brands
        for here in [np.flatnonzero(brand == listed.index)]
    ]


def reviews(
    chunk: Chunk, contacts: Contacts, orders: Orders, is_told: Flags
) -> tuple[list[Frame], Said]:
    """Reviews; those on comparison sites name the order and nothing else.

    `is_told` says which orders lead to a person.
    """
    rng = chunk.rng("reviews")
    world, relations = chunk.world, chunk.relations
    bought = (orders.relation >= 0) & ~orders.is_cancelled
    order = ints(np.flatnonzero(bought & chance(rng, REVIEW_SHARE, len(orders))))
    moment = orders.moment[order] + rng.integers(3, 25, len(order)) * DAY
    keep = moment < world.end - DAY
    order, moment = order[keep], moment[keep]
    count = len(order)
    relation, brand = orders.relation[order], orders.brand[order]
    moment = world.local(rng, brand, moment, "online")
    by_order = chance(rng, 0.45, count)
    site = np.where(by_order, 1, pick(rng, (0.7, 0.0, 0.2, 0.1), count))
    contact = np.where(~by_order & chance(rng, 0.6, count), contacts.account[relation], -1)
    email = np.where(~by_order & (contact < 0), relations.email[relation], -1)
    named = by_order | chance(rng, 0.3, count)
    rating = 1 + pick(rng, (0.07, 0.05, 0.12, 0.27, 0.49), count)
    draw = rng.random(count)
    comments = [
        REVIEW_TEXTS[stars - 1][int(part * len(REVIEW_TEXTS[stars - 1]))] if part < 0.75 else None
        for stars, part in zip(rating.tolist(), draw.tolist(), strict=True)
    ]
    line = orders.first_line[order]
    flat = [item for goods in world.assortments for item in goods.product_ids]
    starts = np.cumsum([0, *(len(goods.product_ids) for goods in world.assortments)])[:-1]
    product = coded(
        flat, np.where(chance(rng, 0.7, count), starts[brand] + orders.line_product[line], -1)
    )
    ids = numbered("V", chunk.serial(brand, 20), 7)
    columns = {
        "review_id": ids,
        "order_id": take(orders.ids, np.where(named, order, -1)),
        "product_id": product,
        "contact_id": take(contacts.ids, contact),
        "email": chunk.emails.as_typed(rng, email),
        "review_site": coded(REVIEW_SITES, site),
        "rating": coded([str(stars) for stars in range(6)], rating),
        "review_text": texts(comments),
    }
    told = (contact >= 0) | (email >= 0) | (named & is_told[order])
    return (
        _frames(chunk, "reviews", brand, columns, {"reviewed_at": moment}, moment),
        Said("reviews", ids, brand, relation, told),
    )


def surveys(chunk: Chunk, contacts: Contacts) -> tuple[list[Frame], Said]:
    """Answers to a short survey, one row a question."""
    rng = chunk.rng("surveys")
    world, relations = chunk.world, chunk.relations
    asked = (contacts.mailing >= 0) | (relations.email >= 0)
    share = SURVEY_SHARE * min(max(world.years, 0.5), 3)
    relation_of = ints(np.flatnonzero(asked & chance(rng, share, len(relations))))
    begin = np.maximum(relations.joined[relation_of], world.start)
    started = begin + ints(rng.random(len(relation_of)) * (world.end - 3_600 - begin).clip(1))
    started = np.minimum(started, world.end - 3_600)
    who, question = runs(2 + rng.integers(0, 4, len(relation_of)))
    count = len(who)
    relation = relation_of[who]
    brand = relations.brand[relation]
    moment = started[who] + 25 * question
    answers: list[str] = []
    categories = [goods.categories for goods in world.assortments]
    draw = rng.random(count)
    for asked_, part, brand_, favourite in zip(
        question.tolist(), draw.tolist(), brand.tolist(), relations.category[relation].tolist(),
        strict=True,
    ):  # fmt: skip
        if asked_ == 2:
            answers.append(categories[brand_][favourite])
        else:
            pool: tuple[str, ...] = (
                CHANNEL_ANSWERS,
                FREQUENCY_ANSWERS,
                (),
                PRICE_ANSWERS,
                OTHER_ANSWERS,
            )[asked_]
            answers.append(pool[int(part**1.3 * len(pool))])
    by_contact = chance(rng, 0.7, len(relation_of))[who]
    contact = np.where(by_contact, contacts.mailing[relation], -1)
    email = np.where(contact < 0, relations.email[relation], -1)
    lost = (contact < 0) & (email < 0)
    contact = np.where(lost, contacts.mailing[relation], contact)
    ids = numbered("A", chunk.serial(brand, 20), 7)
    # One spelling for all the answers that somebody gave in one go.
    typed = chunk.emails.as_typed(rng, relations.email[relation_of])
    columns = {
        "response_id": ids,
        "survey_id": coded(("welcome-survey", "yearly-survey"), who % 2),
        "question_key": coded(QUESTIONS, question),
        "answer": texts(answers),
        "contact_id": take(contacts.ids, contact),
        "email": take(typed, np.where(email >= 0, who, -1)),
    }
    told = (contact >= 0) | (email >= 0)
    return (
        _frames(chunk, "survey_responses", brand, columns, {"answered_at": moment}, moment),
        Said("survey_responses", ids, brand, relation, told),
    )


@dataclass
class Shares:
    """Links that people shared: whose, when, the code."""

    relation: Ints
    moment: Ints
    codes: pa.Array


def make_shares(chunk: Chunk, contacts: Contacts) -> Shares:
    """Draw who shares links."""
    rng = chunk.rng("shares")
    world, relations = chunk.world, chunk.relations
    share = SHARE_SHARE * min(max(world.years, 0.5), 3)
    known = contacts.account >= 0
    relation = ints(np.flatnonzero(known & chance(rng, share, len(relations))))
    registered = contacts.registered[contacts.account[relation]]
    begin = np.maximum(registered, world.start)
    moment = begin + ints(rng.random(len(relation)) * (world.end - 1 - begin).clip(1))
    moment = np.minimum(moment, world.end - 1)
    codes = hashed(
        chunk.serial(relations.brand[relation], 4) * len(world.brands) + relations.brand[relation],
        world.seed + 77,
    )
    return Shares(relation, moment, texts([f"s{code:016x}"[:14] for code in codes.tolist()]))


def share_frames(chunk: Chunk, contacts: Contacts, shares: Shares) -> list[Frame]:
    """The share_codes feed."""
    rng = chunk.rng("share rows")
    relations = chunk.relations
    count = len(shares.relation)
    contact = absent(rng, contacts.account[shares.relation], 0.2)
    email = np.where((contact < 0) | chance(rng, 0.4, count), relations.email[shares.relation], -1)
    columns = {
        "share_code": shares.codes,
        "contact_id": take(contacts.ids, contact),
        "email": chunk.emails.as_typed(rng, email),
    }
    brand = relations.brand[shares.relation]
    return _frames(
        chunk, "share_codes", brand, columns, {"created_at": shares.moment}, shares.moment
    )


def service(
    chunk: Chunk, contacts: Contacts, orders: Orders, is_told: Flags
) -> tuple[list[Frame], Said]:
    """Calls, chats and mails; callers are known by their number only.

    `is_told` says which orders lead to a person.
    """
    rng = chunk.rng("service")
    world, relations = chunk.world, chunk.relations
    active = np.maximum(relations.joined, world.start)
    years = (world.end - active) / DAY / 365
    who, _ = runs(ints(rng.poisson(SERVICE_PER_YEAR * years)))
    about = full(len(who))
    opened = active[who] + ints(rng.random(len(who)) * (world.end - active[who]))

    # Complaints and some returns are talked about.
    returned = orders.line_order[orders.return_line]
    talk = chance(rng, np.where(orders.return_type == 0, 0.12, 0.7), len(returned))
    relation = np.concatenate([who, orders.relation[returned[talk]]])
    order = np.concatenate([about, returned[talk]])
    opened = np.concatenate(
        [opened, orders.return_moment[talk] - rng.integers(0, 2 * DAY, int(talk.sum()))]
    )
    brand = relations.brand[relation]
    opened = world.local(rng, brand, opened, "office")
    count = len(relation)

    channel = pick(rng, (0.46, 0.2, 0.22, 0.07, 0.05), count)
    phone = np.where(channel == CALL, relations.phone[relation], -1)
    phone = np.where((channel == CALL) & (phone < 0), 2 * relations.person[relation] + 1, phone)
    # Calls that the shop passes on come from the shop's own number.
    through_shop = (channel == CALL) & chance(rng, 0.06, count)
    phone = np.where(through_shop, chunk.shop_phone(rng, brand), phone)
    email = np.where(channel == EMAIL, relations.email[relation], -1)
    email = np.where((channel == CHAT) & chance(rng, 0.4, count), relations.email[relation], email)
    contact = np.where(
        ((channel == CHAT) | (channel == DESK)) & (email < 0), contacts.any[relation], -1
    )
    shown = np.where((order >= 0) & chance(rng, 0.6, count), order, -1)

    answered = opened + np.where(
        channel == EMAIL, rng.integers(1_800, 2 * DAY, count), rng.integers(10, 900, count)
    )
    resolved = answered + ints(rng.exponential(1.2 * DAY, count)) + 120
    last = world.end - 1
    no_answer = (answered > last) | chance(rng, 0.02, count)
    answered = np.where(no_answer, MISSING, answered)
    open_still = no_answer | (resolved > last) | chance(rng, 0.05, count)
    resolved = np.where(open_still, MISSING, resolved)
    score = np.where(
        ~open_still & chance(rng, 0.35, count), 1 + pick(rng, (1, 1, 2, 4, 5), count), -1
    )
    topic = np.where(order >= 0, 1 + pick(rng, (2, 1), count), pick(
        rng, (4, 0, 1, 3, 1, 1, 1), count))  # fmt: skip
    ids = numbered("I", chunk.serial(brand, 30), 7)
    columns = {
        "interaction_id": ids,
        "channel": coded(SERVICE_CHANNELS, channel),
        "direction": coded(("inbound", "outbound"), np.where(chance(rng, 0.08, count), 1, 0)),
        "contact_id": take(contacts.ids, contact),
        "email": chunk.emails.as_typed(rng, email),
        "phone": chunk.phones.as_typed(rng, phone, relations.is_abroad[relation] | through_shop),
        "order_id": take(orders.ids, shown),
        "topic": coded(TOPICS, topic),
        "satisfaction_score": coded([str(value) for value in range(6)], score),
        "note": coded(NOTES, np.where(chance(rng, 0.5, count), topic % len(NOTES), -1)),
    }
    told = (contact >= 0) | (email >= 0) | ((phone >= 0) & ~through_shop)
    told |= (shown >= 0) & is_told[shown] if len(orders) else False
    times = {"opened_at": opened, "first_response_at": answered, "resolved_at": resolved}
    # The case is delivered when it is closed, or else as it stands.
    known_at = np.maximum(opened, np.maximum(answered, resolved))
    return (
        _frames(chunk, "service_interactions", brand, columns, times, known_at),
        Said("service_interactions", ids, brand, relation, told),
    )
