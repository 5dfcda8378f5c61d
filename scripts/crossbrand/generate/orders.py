"""Orders with their lines, versions and returns, and under which identifiers each was made."""

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
    flag_texts,
    full,
    ints,
    money_text,
    numbered,
    pick,
    runs,
    take,
)
from crossbrand.generate.assortment import price_level
from crossbrand.generate.contacts import Contacts
from crossbrand.generate.delivery import Frame
from crossbrand.generate.devices import Devices
from crossbrand.generate.people import Chunk
from crossbrand.generate.purchases import Purchases

STATUSES = ("placed", "paid", "shipped", "completed", "cancelled", "returned")
PLACED, PAID, SHIPPED, COMPLETED, CANCELLED, RETURNED = range(len(STATUSES))
CHANNELS = ("eshop", "store", "app", "call_centre", "marketplace")
ESHOP, STORE, APP, CALL_CENTRE, MARKETPLACE = range(len(CHANNELS))
FULFILMENTS = ("delivery", "click_and_collect", "in_store")
STORES_PER_BRAND = 12

# Codes that anybody may use, with what they take off; a voucher is somebody's own.
PUBLIC_COUPONS = (("SUMMER10", 10), ("WELCOME5", 5), ("BLACK20", 20), ("VIP15", 15))
OFFERS = (5, 10, 15, 20, 30)

RETURN_TYPES = ("return", "complaint", "warranty", "chargeback")
RETURN_REASONS = (
    ("wrong size", "changed my mind", "not as pictured", "arrived late"),
    ("damaged on arrival", "missing part", "poor quality"),
    ("broke within the warranty", "defect"),
    ("card dispute", "fraud claimed"),
)

TEST_SHARE = 0.003


@dataclass
class Orders:
    """One entry an order. Relation -1 is an order of nobody's: the staff's own tests.

    Money is in hundredths of the brand's currency. Index columns hold -1 for none. `device` is what
    the shop system tells, `session_device` where the order was really made.
    """

    relation: Ints
    brand: Ints
    moment: Ints
    click: Ints
    channel: Ints
    store: Ints
    fulfilment: Ints
    contact: Ints
    email: Ints
    phone: Ints
    card: Ints
    device: Ints
    session_device: Ints
    coupon: Ints
    voucher: Ints
    is_test: Flags
    is_cancelled: Flags
    number: Ints
    ids: pa.Array
    line_order: Ints
    line_number: Ints
    line_product: Ints
    line_quantity: Ints
    line_price: Ints
    line_discount: Ints
    shipping: Ints
    discount: Ints
    total: Ints
    is_corrected: Flags
    return_line: Ints
    return_moment: Ints
    return_type: Ints
    return_refund: Ints
    return_reason: Ints
    is_returned_whole: Flags

    def __len__(self) -> int:
        return len(self.relation)

    @property
    def is_online(self) -> Flags:
        """Placed on the site or in the app."""
        return np.asarray((self.channel == ESHOP) | (self.channel == APP))

    @property
    def first_line(self) -> Ints:
        """Index of each order's first line."""
        return ints(np.flatnonzero(self.line_number == 1))


def make_orders(
    chunk: Chunk,
    contacts: Contacts,
    devices: Devices,
    purchases: Purchases,
    click_relation: Ints,
    click_moment: Ints,
) -> Orders:
    """All orders: the purchases of the process, those that a message brought, the staff's tests.

    `click_relation` and `click_moment` are of the clicks that led to an order, in their order.
    """
    rng = chunk.rng("orders")
    world, relations = chunk.world, chunk.relations
    tests = int(rng.binomial(len(purchases.relation), TEST_SHARE))
    relation = np.concatenate([purchases.relation, click_relation, full(tests)])
    count = len(relation)
    nobody = relation < 0
    brand = np.where(nobody, rng.integers(0, len(world.brands), count), relations.brand[relation])
    click = full(count)
    clicked = len(purchases.relation) + np.arange(len(click_relation))
    click[clicked] = np.arange(len(click_relation))
    moment = np.concatenate(
        [
            purchases.moment,
            click_moment,
            world.start + ints(rng.random(tests) * (world.end - world.start - 1)),
        ]
    )

    channel = _channels(rng, chunk, contacts, relation, click >= 0)
    hours = np.where(
        channel == STORE,
        world.local(rng, brand, moment, "store"),
        np.where(
            channel == CALL_CENTRE,
            world.local(rng, brand, moment, "office"),
            world.local(rng, brand, moment, "online"),
        ),
    )
    moment = np.where(click >= 0, moment, hours)
    order = np.lexsort((moment, relation, brand))
    relation, brand, click, moment, channel = (
        column[order] for column in (relation, brand, click, moment, channel)
    )
    nobody = relation < 0

    online = (channel == ESHOP) | (channel == APP)
    store = np.where(channel == STORE, (relations.person[relation] * 5 + brand) % 7, -1)
    store = np.where((store >= 0) & chance(rng, 0.3, count), rng.integers(
        0, STORES_PER_BRAND, count), store)  # fmt: skip
    fulfilment = np.where(channel == STORE, 2, np.where(online & chance(rng, 0.22, count), 1, 0))

    contact, email, phone, card = _identify(rng, chunk, contacts, relation, brand, channel, moment)
    device = full(count)
    by_device = np.flatnonzero(online & ~nobody)
    device[by_device] = devices.draw(
        rng, relation[by_device], moment[by_device], channel[by_device] == APP
    )
    devices.note(device[by_device], relation[by_device], brand[by_device], moment[by_device])
    # Not every shop system passes the cookie on to the order.
    told = np.where(chance(rng, 0.85, count), device, -1)

    number = chunk.serial(brand, 60)
    return Orders(
        relation=relation,
        brand=brand,
        moment=moment,
        click=click,
        channel=channel,
        store=store,
        fulfilment=fulfilment,
        contact=contact,
        email=email,
        phone=phone,
        card=card,
        device=told,
        session_device=device,
        coupon=full(count),
        voucher=full(count),
        is_test=nobody,
        is_cancelled=(channel != STORE) & chance(rng, 0.045, count),
        number=number,
        ids=numbered("", 100_000_000 + number, 9),
        line_order=full(0),
        line_number=full(0),
        line_product=full(0),
        line_quantity=full(0),
        line_price=full(0),
        line_discount=full(0),
        shipping=full(0),
        discount=full(0),
        total=full(0),
        is_corrected=np.zeros(count, np.bool_),
        return_line=full(0),
        return_moment=full(0),
        return_type=full(0),
        return_refund=full(0),
        return_reason=full(0),
        is_returned_whole=np.zeros(count, np.bool_),
    )


def _channels(
    rng: np.random.Generator, chunk: Chunk, contacts: Contacts, relation: Ints, clicked: Flags
) -> Ints:
    count = len(relation)
    at_till = chance(rng, chunk.relations.store_share[relation], count) & ~clicked
    other = pick(rng, (0.83, 0.0, 0.09, 0.05, 0.03), count)
    other = np.where(clicked & (other >= CALL_CENTRE), ESHOP, other)
    channel = np.where(at_till, STORE, other)
    no_account = contacts.account[relation] < 0
    return np.where((channel == APP) & no_account, ESHOP, channel)


def _identify(
    rng: np.random.Generator,
    chunk: Chunk,
    contacts: Contacts,
    relation: Ints,
    brand: Ints,
    channel: Ints,
    moment: Ints,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Contact, e-mail, phone and card on each order."""
    relations, people = chunk.relations, chunk.people
    count = len(relation)
    online = (channel == ESHOP) | (channel == APP)
    account = contacts.account[relation]
    open_account = (account >= 0) & (contacts.registered[account] <= moment)
    logged_in = online & open_account & (chance(rng, 0.78, count) | (channel == APP))
    contact = np.where(logged_in, account, -1)

    person = relations.person[relation]
    # Guests type what comes to hand, now and then another address or number of theirs.
    guest_email = np.where(chance(rng, 0.12, count), 2 * person + 1, relations.email[relation])
    guest_email = np.where(guest_email < 0, 2 * person, guest_email)
    guest_phone = np.where(chance(rng, 0.06, count), 2 * person + 1, relations.phone[relation])
    guest = online & ~logged_in
    email = np.where(guest, guest_email, -1)
    email = np.where(logged_in & chance(rng, 0.85, count), contacts.email[account.clip(0)], email)
    phone = np.where(online & chance(rng, 0.6, count), guest_phone, -1)

    card = np.where((channel == STORE) & chance(rng, 0.8, count), relations.card[relation], -1)
    card = np.where(logged_in & chance(rng, 0.25, count), relations.card[relation], card)

    by_phone = channel == CALL_CENTRE
    phone = np.where(by_phone, guest_phone, phone)
    email = np.where(by_phone & chance(rng, 0.2, count), guest_email, email)
    email = np.where((channel == MARKETPLACE) & chance(rng, 0.55, count), guest_email, email)

    # At the till: an e-mail for the receipt, the shop's own number, a placeholder, or nothing.
    at_till = channel == STORE
    draw = rng.random(count)
    email = np.where(at_till & (draw < 0.07), guest_email, email)
    phone = np.where(at_till & (draw >= 0.07) & (draw < 0.10), guest_phone, phone)
    shop = at_till & (draw >= 0.10) & (draw < np.where(card >= 0, 0.16, 0.58))
    shop |= by_phone & (draw < 0.08)
    phone = np.where(shop, chunk.shop_phone(rng, brand), phone)
    mailbox = (at_till & (draw >= 0.58) & (draw < 0.61)) | (by_phone & (draw > 0.94))
    email = np.where(mailbox, people.shop_email + brand, email)
    blank = draw >= 0.975
    email = np.where(blank & (at_till | guest), chunk.email_placeholder(rng, count), email)
    phone = np.where(
        (draw >= 0.965) & (at_till | guest), chunk.phone_placeholder(rng, count), phone
    )

    nobody = relation < 0
    contact, phone, card = (np.where(nobody, -1, column) for column in (contact, phone, card))
    email = np.where(nobody, people.shop_email + brand, email)
    return contact, email, phone, card


def add_vouchers(
    chunk: Chunk, orders: Orders, voucher_relation: Ints, voucher_moment: Ints
) -> Ints:
    """Let people use the vouchers that were issued to them; the order that used each, or -1.

    On half of these orders the voucher is the only thing that tells who bought.
    """
    rng = chunk.rng("voucher use")
    span = chunk.world.end - chunk.world.start + 1
    usable = np.flatnonzero((orders.relation >= 0) & (orders.channel <= APP))
    key = orders.relation[usable] * span + (orders.moment[usable] - chunk.world.start)
    order = np.argsort(key, kind="stable")
    key, usable = key[order], usable[order]
    wanted = voucher_relation * span + (voucher_moment - chunk.world.start)
    place = np.searchsorted(key, wanted, side="right")
    found = usable[place.clip(0, max(len(usable) - 1, 0))] if len(usable) else full(len(wanted), 0)
    valid = (place < len(usable)) & chance(rng, 0.7, len(wanted))
    if len(usable):
        valid &= orders.relation[found] == voucher_relation
        valid &= orders.moment[found] <= voucher_moment + 90 * DAY
    used = np.where(valid, found, -1)
    # One voucher an order: the first that comes keeps it.
    _, first = np.unique(used, return_index=True)
    single = np.zeros(len(used), np.bool_)
    single[first] = True
    used = np.where(single, used, -1)
    chosen = used[used >= 0]
    orders.voucher[chosen] = np.flatnonzero(used >= 0)
    alone = chosen[chance(rng, 0.5, len(chosen))]
    for column in (orders.contact, orders.email, orders.phone, orders.card):
        column[alone] = -1
    return used


def add_amounts(chunk: Chunk, orders: Orders) -> None:
    """Fill in lines, discounts, shipping, totals and returns."""
    rng = chunk.rng("amounts")
    _add_lines(chunk, rng, orders)
    _add_totals(chunk, rng, orders)
    _add_returns(chunk, rng, orders)


def _add_lines(chunk: Chunk, rng: np.random.Generator, orders: Orders) -> None:
    world, relations, people = chunk.world, chunk.relations, chunk.people
    order, position = runs(1 + pick(rng, (0.52, 0.24, 0.12, 0.07, 0.03, 0.02), len(orders)))
    count = len(order)
    relation, brand = orders.relation[order], orders.brand[order]
    person = relations.person[relation]
    favourite = chance(rng, 0.6, count)
    own_style, own_color = chance(rng, 0.25, count), chance(rng, 0.5, count)
    own_size = chance(rng, 0.85, count)
    draw = rng.random((4, count))
    product, price = full(count), full(count)
    for listed in world.brands:
        here = np.flatnonzero(brand == listed.index)
        goods = world.assortments[listed.index]
        category = np.where(
            favourite[here],
            relations.category[relation[here]],
            ints(draw[0, here] * len(goods.categories)),
        )
        style = np.where(own_style[here], relations.style[relation[here]], ints(draw[1, here] * 8))
        color = np.where(own_color[here], people.color[person[here]], ints(draw[2, here] * 4))
        size = np.where(own_size[here], people.size[person[here]], ints(draw[3, here] * 5))
        product[here] = goods.product(category, style, color, size)
        changed = orders.moment[order[here]] >= price_change(world.start, world.days, product[here])
        price[here] = goods.price(product[here], changed)
    orders.line_order, orders.line_number = order, position + 1
    orders.line_product, orders.line_price = product, price
    orders.line_quantity = 1 + pick(rng, (0.86, 0.1, 0.03, 0.01), count)


def price_change(start: int, days: int, product: Ints) -> Ints:
    """The moment at which a product's price changes, spread over the middle of the time."""
    return start + (days // 4 + product * 7 % max(days // 2, 1)) * DAY


def _add_totals(chunk: Chunk, rng: np.random.Generator, orders: Orders) -> None:
    world, relations = chunk.world, chunk.relations
    count = len(orders)
    day = ints(orders.moment // DAY)
    day_of_year = (day - (day.astype("datetime64[D]").astype("datetime64[Y]")
                          .astype("datetime64[D]").astype(np.int64)))  # fmt: skip
    sale = (day_of_year < 24) | ((day_of_year > 181) & (day_of_year < 212))
    sale |= (day_of_year > 325) & (day_of_year < 335)
    love = relations.discount_love[orders.relation]
    discounted = chance(rng, 0.10 + 0.55 * love + 0.25 * sale, count)
    percent = np.where(discounted, ints(OFFERS)[pick(rng, (3, 4, 2, 2, 1), count)], 0)
    online = orders.is_online
    coupon = np.where(
        discounted & chance(rng, np.where(online, 0.4, 0.12), count),
        rng.integers(0, len(PUBLIC_COUPONS), count),
        -1,
    )
    orders.coupon = np.where(orders.voucher >= 0, -1, coupon)
    by_coupon = ints([percent_ for _, percent_ in PUBLIC_COUPONS])[orders.coupon]
    percent = np.where(orders.coupon >= 0, by_coupon, percent)
    percent = np.where(orders.voucher >= 0, 10, percent)

    gross = orders.line_quantity * orders.line_price
    # Where the currency has no small coins in use, discounts are whole units.
    unit = ints([100 if price_level(brand.currency_code) >= 10 else 1 for brand in world.brands])
    step = unit[orders.brand[orders.line_order]]
    orders.line_discount = gross * percent[orders.line_order] // 100 // step * step
    goods = _sum(gross - orders.line_discount, orders.line_order, count)
    fee = ints([round(4 * price_level(brand.currency_code)) * 100 for brand in world.brands])
    pays = (orders.fulfilment == 0) & (goods < 15 * fee[orders.brand])
    orders.shipping = np.where(pays, fee[orders.brand], 0)
    orders.discount = _sum(orders.line_discount, orders.line_order, count)
    orders.total = goods + orders.shipping
    orders.is_corrected = chance(rng, 0.012, count) & (orders.channel != STORE)


def _sum(values: Ints, group: Ints, groups: int) -> Ints:
    total = np.zeros(groups, np.int64)
    np.add.at(total, group, values)
    return total


def _add_returns(chunk: Chunk, rng: np.random.Generator, orders: Orders) -> None:
    count = len(orders)
    draw = rng.random(count)
    often = np.where(orders.channel == STORE, 0.04, 0.10)
    kind = np.where(draw < often, 0, -1)
    kind = np.where((draw >= often) & (draw < often + 0.015), 1, kind)
    kind = np.where((draw >= often + 0.015) & (draw < often + 0.021), 2, kind)
    kind = np.where((draw >= often + 0.021) & (draw < often + 0.023), 3, kind)
    wait = np.where(kind == 2, rng.integers(40, 300, count), rng.integers(4, 26, count))
    moment = orders.moment + wait * DAY
    moment = np.where(
        moment < chunk.world.end, chunk.world.local(rng, orders.brand, moment, "office"), moment
    )
    made = (kind >= 0) & (moment < chunk.world.end) & ~orders.is_cancelled & ~orders.is_test
    whole = made & (((kind == 0) & chance(rng, 0.3, count)) | (kind == 3))
    lines = np.bincount(orders.line_order, minlength=count)
    chosen = ints(rng.random(count) * lines) + 1
    order = orders.line_order
    line = ints(
        np.flatnonzero(made[order] & (whole[order] | (orders.line_number == chosen[order])))
    )
    paid = orders.line_quantity[line] * orders.line_price[line] - orders.line_discount[line]
    kinds = kind[order[line]]
    part = np.where(kinds == 1, rng.integers(30, 101, len(line)), 100)
    part = np.where(kinds == 2, rng.choice(ints([0, 0, 100]), len(line)), part)
    orders.return_line = line
    orders.return_moment = moment[order[line]]
    orders.return_type = kinds
    orders.return_refund = paid * part // 100
    orders.return_reason = rng.integers(0, 12, len(line))
    orders.is_returned_whole = whole & (kind == 0)


@dataclass
class _Versions:
    order: Ints
    status: Ints
    updated: Ints
    is_first: Flags


def _versions(chunk: Chunk, rng: np.random.Generator, orders: Orders) -> _Versions:
    """States that an order went through, one row each, in the order of time."""
    count = len(orders)
    at_till = orders.channel == STORE
    placed = orders.moment
    paid = placed + rng.integers(60, DAY // 2, count)
    shipped = paid + rng.integers(DAY // 2, 2 * DAY, count)
    completed = shipped + rng.integers(DAY, 3 * DAY, count)
    cancelled = placed + rng.integers(600, 2 * DAY, count)
    returned = full(count, MISSING)
    back = orders.line_order[orders.return_line]
    returned[back] = orders.return_moment + 3_600
    going = ~at_till & ~orders.is_cancelled
    # A store's till may send the finished order again at night, otherwise unchanged.
    nightly = at_till & chance(rng, 0.04, count)
    table = [
        (PLACED, placed, ~at_till),
        (PAID, paid, going & chance(rng, 0.55, count)),
        (SHIPPED, shipped, going & chance(rng, 0.6, count)),
        (COMPLETED, np.where(at_till, placed, completed), at_till | going),
        (COMPLETED, placed + 6 * 3_600, nightly),
        (CANCELLED, cancelled, orders.is_cancelled),
        (RETURNED, np.maximum(returned, completed + 60), orders.is_returned_whole),
    ]
    status = np.concatenate([full(count, code) for code, _, _ in table])
    updated = np.concatenate([moment for _, moment, _ in table])
    keep = np.concatenate([flag for _, _, flag in table]) & (updated < chunk.world.end)
    order = np.tile(np.arange(count), len(table))[keep]
    status, updated = status[keep], updated[keep]
    sorted_ = np.lexsort((updated, order))
    order, status, updated = order[sorted_], status[sorted_], updated[sorted_]
    first = np.r_[True, order[1:] != order[:-1]] if len(order) else np.zeros(0, np.bool_)
    return _Versions(ints(order), status, updated, first)


def order_frames(
    chunk: Chunk,
    orders: Orders,
    contacts: Contacts,
    cards: pa.Array,
    vouchers: pa.Array,
    device_ids: pa.Array,
) -> list[Frame]:
    """Orders, order lines and returns. `device_ids` has the id of each order's device or null."""
    rng = chunk.rng("order versions")
    world = chunk.world
    relations = chunk.relations
    versions = _versions(chunk, rng, orders)
    seen = np.bincount(versions.order, minlength=len(orders))
    # A first version had one piece more on its first line, until somebody corrected it.
    orders.is_corrected &= seen > 1
    first_line = orders.first_line
    extra = np.where(orders.is_corrected, orders.line_price[first_line], 0)
    abroad = relations.is_abroad[orders.relation]
    # Each order keeps its spelling over its versions.
    emails = chunk.emails.as_typed(rng, orders.email)
    phones = chunk.phones.as_typed(
        rng, orders.phone, abroad | (orders.phone >= chunk.people.shop_phone)
    )
    coupon_names = pa.array([code for code, _ in PUBLIC_COUPONS])
    codes = pa.concat_arrays([coupon_names.cast(pa.string()), vouchers])
    code = np.where(orders.voucher >= 0, len(coupon_names) + orders.voucher, orders.coupon)
    frames = []
    returned_by = orders.line_order[orders.return_line]
    returns = return_ids(chunk, orders)
    for brand in world.brands:
        here = np.flatnonzero(orders.brand[versions.order] == brand.index)
        order = versions.order[here]
        total = orders.total[order] + np.where(versions.is_first[here], extra[order], 0)
        vat = brand.country.vat_percent
        frames.append(
            Frame(
                "orders",
                brand.index,
                {
                    "order_id": take(orders.ids, order),
                    "status": coded(STATUSES, versions.status[here]),
                    "sales_channel": coded(CHANNELS, orders.channel[order]),
                    "store_id": coded(
                        [f"S{number + 1:02d}" for number in range(STORES_PER_BRAND)],
                        orders.store[order],
                    ),
                    "fulfilment_method": coded(FULFILMENTS, orders.fulfilment[order]),
                    "contact_id": take(contacts.ids, orders.contact[order]),
                    "email": take(emails, order),
                    "phone": take(phones, order),
                    "loyalty_card_id": take(cards, orders.card[order]),
                    "coupon_code": take(codes, code[order]),
                    "device_id": take(device_ids, order),
                    "currency_code": coded([brand.currency_code], np.zeros(len(order), np.int64)),
                    "total_amount": money_text(total),
                    "discount_amount": money_text(
                        orders.discount[order], orders.discount[order] > 0
                    ),
                    "shipping_amount": money_text(orders.shipping[order]),
                    "tax_amount": money_text(total * vat // (100 + vat)),
                    "is_test": flag_texts(orders.is_test[order]),
                },
                {"ordered_at": orders.moment[order], "updated_at": versions.updated[here]},
                versions.updated[here],
            )
        )
        frames.append(_line_frame(chunk, orders, versions, brand.index))
        frames.append(_return_frame(chunk, orders, returns, returned_by, brand.index))
    return frames


def _line_frame(chunk: Chunk, orders: Orders, versions: _Versions, brand: int) -> Frame:
    goods = chunk.world.assortments[brand]
    lines = ints(np.flatnonzero(orders.brand[orders.line_order] == brand))
    corrected = lines[
        orders.is_corrected[orders.line_order[lines]] & (orders.line_number[lines] == 1)
    ]
    second = full(len(orders), MISSING)
    follows = np.flatnonzero(
        ~versions.is_first[1:] & versions.is_first[:-1]
    ) + 1 if len(versions.order) else full(0)  # fmt: skip
    second[versions.order[follows]] = versions.updated[follows]
    row = np.concatenate([lines, corrected])
    is_old = np.arange(len(row)) >= len(lines)
    order = orders.line_order[row]
    is_new = orders.is_corrected[order] & (orders.line_number[row] == 1) & ~is_old
    updated = np.where(is_new, second[order], orders.moment[order])
    quantity = orders.line_quantity[row] + is_old
    # Some systems write whole numbers of pieces, some three decimals.
    quantity_texts = [f"{number}" + (".000" if brand % 2 else "") for number in range(8)]
    return Frame(
        "order_lines",
        brand,
        {
            "order_id": take(orders.ids, order),
            "line_number": coded([str(number) for number in range(8)], orders.line_number[row]),
            "product_id": coded(goods.product_ids, orders.line_product[row]),
            "quantity": coded(quantity_texts, quantity),
            "unit_price": money_text(orders.line_price[row]),
            "discount_amount": money_text(
                orders.line_discount[row], (orders.line_discount[row] > 0)
            ),
        },
        {"updated_at": updated},
        updated,
    )


def return_ids(chunk: Chunk, orders: Orders) -> pa.Array:
    """Ids of the returns, in the order of `return_line`."""
    returned = orders.line_order[orders.return_line]
    return numbered("T", chunk.serial(orders.brand[returned], 30), 7)


def _return_frame(
    chunk: Chunk, orders: Orders, ids: pa.Array, returned_by: Ints, brand: int
) -> Frame:
    goods = chunk.world.assortments[brand]
    here = ints(np.flatnonzero(orders.brand[returned_by] == brand))
    line = orders.return_line[here]
    kinds = orders.return_type[here]
    flat = [reason for reasons in RETURN_REASONS for reason in reasons]
    sizes = ints([len(reasons) for reasons in RETURN_REASONS])
    starts = np.cumsum(sizes) - sizes
    reason = starts[kinds] + orders.return_reason[here] % sizes[kinds]
    return Frame(
        "returns",
        brand,
        {
            "return_id": take(ids, here),
            "order_id": take(orders.ids, orders.line_order[line]),
            "line_number": coded([str(value) for value in range(8)], orders.line_number[line]),
            "product_id": coded(goods.product_ids, orders.line_product[line]),
            "quantity": coded([str(value) for value in range(8)], orders.line_quantity[line]),
            "refund_amount": money_text(orders.return_refund[here]),
            "return_type": coded(RETURN_TYPES, kinds),
            "reason": coded(flat, reason),
        },
        {"returned_at": orders.return_moment[here]},
        orders.return_moment[here],
    )
