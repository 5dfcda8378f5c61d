"""The loyalty programme: cards, points, tiers, and vouchers issued to one customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crossbrand.generate.arrays import (
    DAY,
    Ints,
    chance,
    coded,
    full,
    ints,
    money_text,
    numbered,
    scramble,
    take,
    texts,
)
from crossbrand.generate.assortment import price_level
from crossbrand.generate.contacts import Contacts
from crossbrand.generate.delivery import Frame
from crossbrand.generate.identifiers import absent
from crossbrand.generate.orders import Orders
from crossbrand.generate.people import Chunk

EVENTS = (
    "enrolled", "points_earned", "points_redeemed", "points_expired", "tier_changed",
    "voucher_issued", "voucher_redeemed", "reward_claimed",
)  # fmt: skip
ENROLLED, EARNED, REDEEMED, EXPIRED, TIER, ISSUED, VOUCHER_USED, CLAIMED = range(len(EVENTS))
TIERS = ("bronze", "silver", "gold")

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass
class Vouchers:
    """One entry a voucher: whose it is, when it was issued, its code."""

    relation: Ints
    moment: Ints
    codes: pa.Array


def make_vouchers(chunk: Chunk) -> Vouchers:
    """Issue vouchers to some of the holders of cards."""
    rng = chunk.rng("vouchers")
    world, relations = chunk.world, chunk.relations
    holder = relations.card == np.arange(len(relations))
    share = min(0.5 * world.years, 0.6) if world.days >= 120 else 0.2
    relation = ints(np.flatnonzero(holder & chance(rng, share, len(relations))))
    begin = np.maximum(relations.joined[relation], world.start)
    moment = begin + ints(rng.random(len(relation)) * 0.8 * (world.end - begin))
    moment = world.local(rng, relations.brand[relation], moment, "office")
    brand = relations.brand[relation]
    # Unlike other ids a voucher's code can be guessed by nobody, and no two brands have the same.
    number = chunk.serial(brand, 1) * len(world.brands) + brand
    mixed = scramble(number, 32**6, 715_827_883, 99_991)
    codes = [_code(int(value)) for value in mixed]
    return Vouchers(relation, moment, texts(codes))


def _code(number: int) -> str:
    letters = []
    for _ in range(6):
        number, place = divmod(number, 32)
        letters.append(_LETTERS[place])
    return "V-" + "".join(letters)


@dataclass
class _Happenings:
    relation: Ints
    kind: Ints
    moment: Ints
    points: Ints
    tier: Ints
    voucher: Ints
    order: Ints


def loyalty_frames(
    chunk: Chunk,
    contacts: Contacts,
    cards: pa.Array,
    orders: Orders,
    vouchers: Vouchers,
    voucher_order: Ints,
) -> tuple[list[Frame], pa.Array, Ints]:
    """Loyalty events by brand, with the id and relation of each for the truth."""
    rng = chunk.rng("loyalty")
    world, relations = chunk.world, chunk.relations
    parts = _happenings(chunk, rng, orders, vouchers, voucher_order)
    relation, kind, moment, points, tier, voucher, order = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("relation", "kind", "moment", "points", "tier", "voucher", "order")
    )
    inside = moment < world.end
    relation, kind, moment, points, tier, voucher, order = (
        column[inside] for column in (relation, kind, moment, points, tier, voucher, order)
    )
    count = len(relation)
    brand = relations.brand[relation]
    number = chunk.serial(brand, 60)
    contact = absent(rng, contacts.any[relation], 0.5)
    email = np.where(chance(rng, 0.15, count), relations.email[relation], -1)
    columns = {
        "event_id": numbered("L", number, 8),
        "loyalty_card_id": take(cards, relations.card[relation]),
        "event_type": coded(EVENTS, kind),
        "contact_id": take(contacts.ids, contact),
        "email": chunk.emails.as_typed(rng, email),
        "points": money_text(points.clip(0) * 100, points >= 0),
        "tier": coded(TIERS, tier),
        "voucher_code": take(vouchers.codes, voucher),
        "order_id": take(orders.ids, order),
    }
    frames = []
    for listed in world.brands:
        here = np.flatnonzero(brand == listed.index)
        frames.append(
            Frame(
                "loyalty_events",
                listed.index,
                {name: array.take(pa.array(here)) for name, array in columns.items()},
                {"occurred_at": moment[here]},
                moment[here],
            )
        )
    return frames, columns["event_id"], relation


def _happenings(
    chunk: Chunk,
    rng: np.random.Generator,
    orders: Orders,
    vouchers: Vouchers,
    voucher_order: Ints,
) -> list[_Happenings]:
    relations = chunk.relations
    holder = ints(np.flatnonzero(relations.card == np.arange(len(relations))))
    enrolled = _rows(holder, ENROLLED, relations.joined[holder], tier=full(len(holder), 0))

    buys = ints(np.flatnonzero((orders.card >= 0) & ~orders.is_cancelled))
    buyer = orders.relation[buys]
    # A point for each euro or so, whatever the currency.
    level = ints([max(1, round(price_level(brand.currency_code))) for brand in chunk.world.brands])
    points = orders.total[buys] // (100 * level[orders.brand[buys]])
    earned = _rows(buyer, EARNED, orders.moment[buys] + 30, points=points, order=buys)

    some = buys[chance(rng, 0.06, len(buys))]
    redeemed = _rows(
        orders.relation[some], REDEEMED, orders.moment[some] + 20,
        points=rng.integers(20, 300, len(some)), order=some,
    )  # fmt: skip
    gone = buys[chance(rng, 0.04, len(buys))]
    expired = _rows(
        orders.relation[gone], EXPIRED, orders.moment[gone] + 120 * DAY,
        points=rng.integers(5, 100, len(gone)),
    )  # fmt: skip
    nth = _nth(buyer)
    up = buys[(nth == 3) | (nth == 8)]
    tiers = _rows(
        orders.relation[up], TIER, orders.moment[up] + 3_600,
        tier=np.where(nth[(nth == 3) | (nth == 8)] == 3, 1, 2),
    )  # fmt: skip
    claims = buys[chance(rng, 0.03, len(buys))]
    claimed = _rows(orders.relation[claims], CLAIMED, orders.moment[claims] + 2 * DAY)

    issued = _rows(
        vouchers.relation, ISSUED, vouchers.moment, voucher=np.arange(len(vouchers.relation))
    )
    # A till reports most of the vouchers that were used; the site all of them.
    used = ints(np.flatnonzero(voucher_order >= 0))
    used = used[chance(rng, 0.75, len(used))]
    spent = _rows(
        vouchers.relation[used], VOUCHER_USED, orders.moment[voucher_order[used]] + 10,
        voucher=used, order=voucher_order[used],
    )  # fmt: skip
    return [enrolled, earned, redeemed, expired, tiers, claimed, issued, spent]


def _rows(
    relation: Ints,
    kind: int,
    moment: Ints,
    points: Ints | None = None,
    tier: Ints | None = None,
    voucher: Ints | None = None,
    order: Ints | None = None,
) -> _Happenings:
    count = len(relation)
    none = full(count)
    return _Happenings(
        relation=relation,
        kind=full(count, kind),
        moment=moment,
        points=none if points is None else points,
        tier=none if tier is None else tier,
        voucher=none if voucher is None else ints(voucher),
        order=none if order is None else order,
    )


def _nth(relation: Ints) -> Ints:
    """For rows ordered by relation: the how manieth of its relation each row is, from 1."""
    if len(relation) == 0:
        return relation
    starts = np.r_[True, relation[1:] != relation[:-1]]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(relation)), 0))
    return ints(np.arange(len(relation)) - first + 1)
