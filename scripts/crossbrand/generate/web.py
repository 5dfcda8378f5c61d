"""Sessions on the sites and in the apps, and the events that they consist of."""

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
    ints,
    money_text,
    numbered,
    pick,
    runs,
    take,
)
from crossbrand.generate.contacts import ESHOP, NEWSLETTER, Contacts
from crossbrand.generate.delivery import Frame
from crossbrand.generate.devices import APP, COMPUTER, TABLET, USER_AGENTS, Devices
from crossbrand.generate.messages import Campaign, Messages
from crossbrand.generate.orders import APP as APP_ORDER
from crossbrand.generate.orders import Orders, price_change
from crossbrand.generate.people import Chunk
from crossbrand.generate.purchases import Purchases

EVENTS = (
    "page_view", "product_view", "category_view", "search", "add_to_cart", "remove_from_cart",
    "checkout_started", "purchase", "registration", "login", "app_open", "wishlist_add", "share",
    "social_interaction", "event_attended", "challenge_joined", "form_submitted",
)  # fmt: skip
(PAGE, PRODUCT, CATEGORY, SEARCH, CART, UNCART, CHECKOUT, PURCHASE, REGISTER, LOGIN, OPEN, WISH,
 SHARE, SOCIAL, ATTEND, CHALLENGE, FORM) = range(len(EVENTS))  # fmt: skip

PLATFORMS = ("web", "ios", "android", "social", "on_site")
WEB, IOS, ANDROID, ON_SOCIAL, ON_SITE = range(len(PLATFORMS))

SESSIONS_PER_YEAR = 6.4
STRANGER_SHARE = 0.10

# What people do in a visit: (weight, events).
_BROWSE = (
    (14, (PAGE,)),
    (10, (PAGE, CATEGORY)),
    (10, (PRODUCT,)),
    (8, (PRODUCT, PRODUCT)),
    (12, (PAGE, CATEGORY, PRODUCT)),
    (9, (PAGE, CATEGORY, PRODUCT, PRODUCT)),
    (8, (PAGE, SEARCH, PRODUCT)),
    (4, (PAGE, SEARCH, PRODUCT, PRODUCT, WISH)),
    (3, (PAGE, CATEGORY, PRODUCT, PRODUCT, PRODUCT, PAGE)),
    (2, (PRODUCT, SHARE)),
)
_ABANDON = (
    (6, (PRODUCT, CART)),
    (6, (PAGE, CATEGORY, PRODUCT, CART)),
    (3, (PAGE, SEARCH, PRODUCT, CART, CHECKOUT)),
    (3, (PRODUCT, CART, CHECKOUT)),
    (2, (PAGE, PRODUCT, CART, PRODUCT, CART, UNCART)),
)
_BUY = (
    (5, (PRODUCT, CART, CHECKOUT, PURCHASE)),
    (5, (PAGE, PRODUCT, CART, CHECKOUT, PURCHASE)),
    (4, (PAGE, CATEGORY, PRODUCT, PRODUCT, CART, CHECKOUT, PURCHASE)),
    (2, (PAGE, SEARCH, PRODUCT, CART, PRODUCT, CART, CHECKOUT, PURCHASE)),
    (1, (CART, CHECKOUT, PURCHASE)),
)
_SINGLE = {
    "register": ((1, (PAGE, REGISTER, PAGE)),),
    "form": ((1, (PAGE, FORM)),),
    "social": ((1, (SOCIAL,)),),
    "attend": ((1, (ATTEND,)),),
    "challenge": ((1, (PAGE, CHALLENGE)),),
}


def _with_login(
    group: tuple[tuple[int, tuple[int, ...]], ...],
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    return tuple((weight, (events[0], LOGIN, *events[1:])) for weight, events in group)


def _with_open(
    group: tuple[tuple[int, tuple[int, ...]], ...],
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    return tuple((weight, (OPEN, *events)) for weight, events in group)


_GROUPS = (
    _BROWSE, _ABANDON, _BUY,
    _with_login(_BROWSE), _with_login(_ABANDON), _with_login(_BUY),
    _with_open(_BROWSE), _with_open(_ABANDON), _with_open(_BUY),
    *_SINGLE.values(),
)  # fmt: skip
BROWSE, ABANDON, BUY = range(3)
# Offsets of the groups in which the visitor logs in, or opens the app (and is logged in already).
LOGGING_IN, IN_APP = 3, 6
REGISTERING, SIGNING_UP, ON_A_NETWORK, ATTENDING, CHALLENGED = range(9, 14)

_TEMPLATES = [events for group in _GROUPS for _, events in group]
_LENGTHS = ints([len(events) for events in _TEMPLATES])
_STARTS = np.cumsum(_LENGTHS) - _LENGTHS
_FLAT = ints([event for events in _TEMPLATES for event in events])
_GROUP_STARTS = np.cumsum([0, *(len(group) for group in _GROUPS)])[:-1]
_LOGIN_AT = ints([events.index(LOGIN) if LOGIN in events else 0 for events in _TEMPLATES])

# Where visitors come from: name, utm source, utm medium, referrer; shares of plain visits.
SOURCES = (
    ("direct", None, None, None),
    ("search", None, None, "https://www.google.com/"),
    ("ads", "google", "cpc", "https://www.google.com/"),
    ("social", "facebook", "paid_social", "https://www.facebook.com/"),
    ("compare", "price-comparison", "referral", "https://www.price-comparison.example/"),
    ("newsletter", "newsletter", "email", None),
    ("shared", "share", "referral", None),
    ("push", "push", "push", None),
    ("sms", "sms", "sms", None),
)
NEWSLETTER_SOURCE, SHARED_SOURCE, PUSH_SOURCE, SMS_SOURCE = 5, 6, 7, 8
SOURCE_WEIGHTS = (0.36, 0.30, 0.16, 0.10, 0.08)
SEARCH_TERMS = (
    "sale", "new", "gift", "black", "discount", "size 41", "waterproof", "for him", "for her",
    "cheap", "best", "delivery",
)  # fmt: skip


@dataclass
class Sessions:
    """One entry a session. Relation -1 is a stranger; index columns hold -1 for none.

    `contact` is the account that is logged in by the session's login (or from its start).
    """

    relation: Ints
    brand: Ints
    moment: Ints
    group: Ints
    device: Ints
    contact: Ints
    order: Ints
    message: Ints
    campaign: Ints
    share: Ints
    source: Ints

    def __len__(self) -> int:
        return len(self.relation)

    @classmethod
    def concat(cls, parts: list[Sessions]) -> Sessions:
        """All sessions of the parts, in their order."""
        names = cls.__dataclass_fields__
        return cls(**{
            name: np.concatenate([getattr(part, name) for part in parts]) for name in names
        })  # fmt: skip


def visits(chunk: Chunk, contacts: Contacts, devices: Devices, purchases: Purchases) -> Sessions:
    """Visits that people make without any order: browsing, and carts that they leave."""
    rng = chunk.rng("visits")
    world, relations = chunk.world, chunk.relations
    count = len(relations)
    begin = world.season_time(np.maximum(relations.joined, world.start))
    dropped = purchases.dropped_at
    left = np.where(dropped == MISSING, world.end, dropped + 45 * DAY)
    finish = world.season_time(np.minimum(left, world.end - 1))
    rate = rng.gamma(0.8, SESSIONS_PER_YEAR / 0.8 / 365, count)
    number = rng.poisson(rate * (finish - begin).clip(0))
    relation, _ = runs(ints(number))
    moment = world.moment_of(
        begin[relation] + rng.random(len(relation)) * (finish - begin).clip(0)[relation]
    )
    return _visits_of(chunk, rng, contacts, devices, relation, moment)


def _visits_of(
    chunk: Chunk,
    rng: np.random.Generator,
    contacts: Contacts,
    devices: Devices,
    relation: Ints,
    moment: Ints,
) -> Sessions:
    world, relations = chunk.world, chunk.relations
    count = len(relation)
    brand = relations.brand[relation]
    moment = world.local(rng, brand, moment, "online")
    group = np.where(chance(rng, 0.17, count), ABANDON, BROWSE)
    account = contacts.account[relation]
    known = (account >= 0) & (contacts.registered[account] < moment)
    app = known & devices.has_app[relation] & chance(rng, 0.3, count)
    logs_in = known & ~app & chance(rng, 0.16, count)
    group = np.where(app, group + IN_APP, np.where(logs_in, group + LOGGING_IN, group))
    draw = rng.random(count)
    special = np.where(draw < 0.006, ON_A_NETWORK, np.where(draw < 0.010, ATTENDING, -1))
    special = np.where((draw >= 0.010) & (draw < 0.016), CHALLENGED, special)
    special = np.where(known, special, -1)
    group = np.where(special >= 0, special, group)
    remembered = known & chance(rng, 0.10, count)
    contact = np.where(app | logs_in | remembered | (special >= 0), account, -1)
    device = devices.draw(rng, relation, moment, app)
    device = np.where(special == ATTENDING, -1, device)
    return Sessions(
        relation=relation,
        brand=brand,
        moment=moment,
        group=group,
        device=device,
        contact=contact,
        order=full(count),
        message=full(count),
        campaign=full(count),
        share=full(count),
        source=pick(rng, SOURCE_WEIGHTS, count),
    )


def is_known_cart(sessions: Sessions) -> Flags:
    """Sessions of a logged-in visitor that end with a cart and no order."""
    carts = ints([ABANDON, ABANDON + LOGGING_IN, ABANDON + IN_APP])
    return np.asarray((sessions.contact >= 0) & np.isin(sessions.group, carts))


def other_sessions(
    chunk: Chunk,
    contacts: Contacts,
    devices: Devices,
    orders: Orders,
    messages: Messages,
    plain: int,
    share_relation: Ints,
    share_moment: Ints,
) -> Sessions:
    """Sessions that something else brings about: orders, clicks, sign-ups, shares, strangers.

    `plain` is the number of plain visits, of which the strangers' are a share.
    """
    rng = chunk.rng("sessions")
    return Sessions.concat(
        [
            _of_orders(rng, orders, messages),
            _of_clicks(chunk, rng, devices, messages),
            _of_sign_ups(chunk, rng, contacts, devices),
            _of_shares(chunk, rng, contacts, devices, share_relation, share_moment),
            _of_strangers(chunk, rng, devices, int(plain * STRANGER_SHARE)),
        ]
    )


def _of_orders(rng: np.random.Generator, orders: Orders, messages: Messages) -> Sessions:
    order = ints(np.flatnonzero(orders.is_online & (orders.relation >= 0)))
    count = len(order)
    in_app = orders.channel[order] == APP_ORDER
    contact = orders.contact[order]
    logs_in = (contact >= 0) & ~in_app & chance(rng, 0.6, count)
    click = orders.click[order]
    message = (
        np.where(click >= 0, messages.clicks.message[click], -1)
        if len(messages.clicks.message)
        else full(count)
    )
    campaign = (
        np.where(message >= 0, messages.campaign[message], -1)
        if len(messages.campaign)
        else full(count)
    )
    source = pick(rng, SOURCE_WEIGHTS, count)
    return Sessions(
        relation=orders.relation[order],
        brand=orders.brand[order],
        # The events are laid out from the purchase backwards, see _moments.
        moment=orders.moment[order],
        group=np.where(in_app, BUY + IN_APP, np.where(logs_in, BUY + LOGGING_IN, BUY)),
        device=orders.session_device[order],
        contact=contact,
        order=order,
        message=message,
        campaign=campaign,
        share=full(count),
        source=np.where(message >= 0, _source_of(messages.channel, message), source),
    )


def _source_of(channel: Ints, message: Ints) -> Ints:
    """Source of visits that a message brought, by the message's channel."""
    by_channel = ints([NEWSLETTER_SOURCE, SMS_SOURCE] + [PUSH_SOURCE] * 6)
    return by_channel[channel[message]] if len(channel) else full(len(message), 0)


def _of_clicks(
    chunk: Chunk, rng: np.random.Generator, devices: Devices, messages: Messages
) -> Sessions:
    clicks = messages.clicks
    here = ints(np.flatnonzero(~clicks.converts))
    relation, moment = clicks.relation[here], clicks.moment[here] + 2
    count = len(here)
    return Sessions(
        relation=relation,
        brand=chunk.relations.brand[relation],
        moment=moment,
        group=np.where(chance(rng, 0.15, count), ABANDON, BROWSE),
        device=devices.draw(rng, relation, moment, np.zeros(count, np.bool_)),
        contact=full(count),
        order=full(count),
        message=clicks.message[here],
        campaign=clicks.campaign[here],
        share=full(count),
        source=_source_of(messages.channel, clicks.message[here]),
    )


def _of_sign_ups(
    chunk: Chunk, rng: np.random.Generator, contacts: Contacts, devices: Devices
) -> Sessions:
    new = contacts.registered >= chunk.world.start + 600
    joins = (contacts.system == ESHOP) | (contacts.system == NEWSLETTER)
    here = ints(np.flatnonzero(new & joins & chance(rng, 0.8, len(contacts))))
    relation = contacts.relation[here]
    count = len(here)
    registers = contacts.system[here] == ESHOP
    moment = contacts.registered[here] - 40
    return Sessions(
        relation=relation,
        brand=contacts.brand[here],
        moment=moment,
        group=np.where(registers, REGISTERING, SIGNING_UP),
        device=devices.draw(rng, relation, moment, np.zeros(count, np.bool_)),
        contact=here,
        order=full(count),
        message=full(count),
        campaign=full(count),
        share=full(count),
        source=pick(rng, SOURCE_WEIGHTS, count),
    )


def _of_shares(
    chunk: Chunk,
    rng: np.random.Generator,
    contacts: Contacts,
    devices: Devices,
    share_relation: Ints,
    share_moment: Ints,
) -> Sessions:
    """Visits through shared links: by other customers of the brand, and by strangers."""
    world, relations = chunk.world, chunk.relations
    share, _ = runs(rng.poisson(2.2, len(share_relation)))
    count = len(share)
    moment = share_moment[share] + ints(rng.exponential(4 * DAY, count)) + 300
    keep = moment < world.end - 7_200
    share, moment = share[keep], moment[keep]
    count = len(share)
    brand = relations.brand[share_relation[share]]
    first = np.searchsorted(relations.brand, np.arange(len(world.brands) + 1))
    visitor = first[brand] + ints(rng.random(count) * (first[brand + 1] - first[brand]))
    sessions = _visits_of(chunk, rng, contacts, devices, ints(visitor), moment)
    unknown = chance(rng, 0.5, count)
    sessions.device = np.where(unknown, devices.draw_strangers(count), sessions.device)
    sessions.relation = np.where(unknown, -1, sessions.relation)
    sessions.contact = np.where(unknown, -1, sessions.contact)
    sessions.group = np.where(unknown | (sessions.device < 0), BROWSE, sessions.group)
    sessions.device = np.where(sessions.device < 0, devices.draw_strangers(count), sessions.device)
    sessions.moment = moment
    sessions.share = share
    sessions.source = full(count, SHARED_SOURCE)
    return sessions


def _of_strangers(chunk: Chunk, rng: np.random.Generator, devices: Devices, count: int) -> Sessions:
    world = chunk.world
    people = count * 3 // 4
    who = rng.integers(0, max(people, 1), count)
    home = rng.integers(0, len(world.brands), max(people, 1))
    slots = devices.draw_strangers(max(people, 1))
    brand = ints(home[who])
    moment = world.moment_of(rng.random(count) * world.days)
    return Sessions(
        relation=full(count),
        brand=brand,
        moment=world.local(rng, brand, moment, "online"),
        group=np.where(chance(rng, 0.12, count), ABANDON, BROWSE),
        device=slots[who],
        contact=full(count),
        order=full(count),
        message=full(count),
        campaign=full(count),
        share=full(count),
        source=pick(rng, SOURCE_WEIGHTS, count),
    )


def event_frames(
    chunk: Chunk,
    sessions: Sessions,
    devices: Devices,
    contacts: Contacts,
    orders: Orders,
    messages: Messages,
    campaigns: list[Campaign],
    share_codes: pa.Array,
) -> list[Frame]:
    """The events of all sessions, one frame a brand."""
    rng = chunk.rng("events")
    used = sessions.device >= 0
    devices.note(
        sessions.device[used], sessions.relation[used], sessions.brand[used],
        sessions.moment[used],
    )  # fmt: skip
    weights = [[weight for weight, _ in group] for group in _GROUPS]
    template = full(len(sessions))
    for group, start in enumerate(_GROUP_STARTS.tolist()):
        here = np.flatnonzero(sessions.group == group)
        template[here] = start + pick(rng, weights[group], len(here))
    frames = []
    for brand in chunk.world.brands:
        here = ints(np.flatnonzero(sessions.brand == brand.index))
        here = here[np.argsort(sessions.moment[here], kind="stable")]
        frames.append(
            _brand_frame(
                chunk,
                rng,
                sessions,
                here,
                template[here],
                devices,
                contacts,
                orders,
                messages,
                campaigns,
                share_codes,
                brand.index,
            )
        )
    return frames


def _moments(rng: np.random.Generator, template: Ints, start: Ints, ends: Flags) -> Ints:
    """Moments of the events: gaps of seconds to minutes, now and then a pause.

    Where `ends` is true the last event falls on `start`, and the others before it.
    """
    session, position = runs(_LENGTHS[template])
    gap = 2 + ints(rng.exponential(45, len(session)).clip(0, 1_500))
    gap = np.where(chance(rng, 0.01, len(session)), gap + rng.integers(600, 2_400, len(gap)), gap)
    gap = np.where(position == 0, 0, gap)
    passed = np.cumsum(gap)
    first = np.cumsum(_LENGTHS[template]) - _LENGTHS[template]
    passed = passed - passed[first][session]
    length = passed[first + _LENGTHS[template] - 1]
    begin = np.where(ends, start - length, start)
    return ints(begin[session] + passed)


def _brand_frame(
    chunk: Chunk,
    rng: np.random.Generator,
    sessions: Sessions,
    here: Ints,
    template: Ints,
    devices: Devices,
    contacts: Contacts,
    orders: Orders,
    messages: Messages,
    campaigns: list[Campaign],
    share_codes: pa.Array,
    brand_index: int,
) -> Frame:
    world, relations, people = chunk.world, chunk.relations, chunk.people
    brand, goods = world.brands[brand_index], world.assortments[brand_index]
    session, position = runs(_LENGTHS[template])
    count = len(session)
    kind = _FLAT[_STARTS[template][session] + position]
    order = sessions.order[here]
    moment = _moments(rng, template, sessions.moment[here], order >= 0)
    moment = moment.clip(world.start, world.end - 1)
    whole = here[session]

    # Goods: the order's own first line, else what the person likes, else anything.
    relation = sessions.relation[whole]
    person = relations.person[relation]
    of_person = chance(rng, 0.65, count) & (relation >= 0)
    category = np.where(
        of_person, relations.category[relation], rng.integers(0, len(goods.categories), count)
    )
    color = np.where(of_person, people.color[person], rng.integers(0, 4, count))
    size = np.where(of_person, people.size[person], rng.integers(0, 5, count))
    product = goods.product(category, rng.integers(0, 8, count), color, size)
    bought = order[session] >= 0
    if bought.any():
        line = orders.first_line[order[session][bought]]
        own = chance(rng, 0.7, int(bought.sum())) | (kind[bought] >= CART)
        product[bought] = np.where(own, orders.line_product[line], product[bought])
    # A cart holds what was looked at just before.
    after_view = np.flatnonzero((kind[1:] == CART) & (kind[:-1] == PRODUCT)) + 1
    product[after_view] = product[after_view - 1]
    has_product = (
        (kind == PRODUCT) | (kind == CART) | (kind == UNCART) | (kind == WISH) | (kind == SHARE)
    )
    has_category = has_product | (kind == CATEGORY)
    category = goods.category[product]

    login = _LOGIN_AT[template][session]
    account = sessions.contact[whole]
    signing = (kind == REGISTER) | (kind == FORM)
    special = (sessions.group[whole] == REGISTERING) | (sessions.group[whole] == SIGNING_UP)
    shown = np.where(special, position >= 1, position >= login)
    shown &= ~(sessions.group[whole] == SIGNING_UP)
    contact = np.where(shown & (account >= 0), account, -1)
    gives_email = signing | (kind == ATTEND)
    email_index = np.where(gives_email & (account >= 0), contacts.email[account], -1)
    with_email = np.flatnonzero(email_index >= 0)
    emails = chunk.emails.as_typed(rng, email_index[with_email])
    email_at = full(count)
    email_at[with_email] = np.arange(len(with_email))

    slot = sessions.device[whole]
    device_ids = devices.ids_of(sessions.device[here], full(len(here), brand_index))
    device_kind = devices.kind(slot)
    platform = np.where(device_kind == APP, np.where(slot % 3 == 0, ANDROID, IOS), WEB)
    platform = np.where(kind == SOCIAL, ON_SOCIAL, platform)
    platform = np.where(kind == ATTEND, ON_SITE, platform)
    agent = np.where(device_kind == APP, 2, np.where(device_kind == TABLET, 4, slot % 2 * 3))
    agent = np.where(device_kind == COMPUTER, np.where(slot % 3 == 0, 5, 1), agent)
    agent = np.where((slot < 0) | (kind == SOCIAL), -1, agent)

    first = position == 0
    source = np.where(first, sessions.source[whole], 0)
    source = np.where(platform >= IOS, 0, source)
    by_message = first & (sessions.message[whole] >= 0)
    source = np.where(by_message, sessions.source[whole], source)
    campaign = np.where(by_message, sessions.campaign[whole], -1)
    message = np.where(by_message, sessions.message[whole], -1)
    share = np.where(first, sessions.share[whole], -1)

    value_at = full(count)
    valued = np.flatnonzero((kind == CART) | (kind == PURCHASE))
    changed = moment[valued] >= price_change(world.start, world.days, product[valued])
    value = goods.price(product[valued], changed)
    if bought.any():
        is_purchase = kind[valued] == PURCHASE
        value = np.where(is_purchase, orders.total[order[session[valued]]], value)
    value_at[valued] = np.arange(len(valued))
    # Analytics sometimes loses the order number, and the purchase is an event without it.
    order_at = np.where((kind == PURCHASE) & chance(rng, 0.97, count), order[session], -1)

    pages, page = _pages(brand.site, goods.product_ids, goods.categories, kind, product, category)
    platform_has_page = (platform != ON_SITE) & (platform != ON_SOCIAL)
    names = [one.name for one in campaigns]
    sources = [source_ or "" for _, source_, _, _ in SOURCES]
    mediums = [medium or "" for _, _, medium, _ in SOURCES]
    referrers = [referrer or "" for _, _, _, referrer in SOURCES]
    has_utm = np.array([bool(text) for text in sources])[source]
    has_referrer = np.array([bool(text) for text in referrers])[source]
    number = np.arange(count) + people.first * 600
    return Frame(
        "events",
        brand_index,
        {
            "event_id": numbered("e", number, 9),
            "event_type": coded(EVENTS, kind),
            "device_id": take(device_ids, session),
            "contact_id": take(contacts.ids, contact),
            "email": take(emails, email_at),
            "platform": coded(PLATFORMS, platform),
            "page_url": coded(pages, np.where(platform_has_page, page, -1)),
            "referrer_url": coded(referrers, np.where(has_referrer, source, -1)),
            "utm_source": coded(sources, np.where(has_utm, source, -1)),
            "utm_medium": coded(mediums, np.where(has_utm, source, -1)),
            "utm_campaign": coded(names, campaign),
            "product_id": coded(goods.product_ids, np.where(has_product, product, -1)),
            "category": coded(goods.categories, np.where(has_category, category, -1)),
            "search_term": coded(
                SEARCH_TERMS,
                np.where(kind == SEARCH, (product + slot) % len(SEARCH_TERMS), -1),
            ),
            "order_id": take(orders.ids, order_at),
            "message_id": take(messages.ids, message),
            "share_code": take(share_codes, share),
            "event_value": take(money_text(value), value_at),
            "user_agent": coded(USER_AGENTS, agent),
        },
        {"occurred_at": moment},
        moment,
    )


def _pages(
    site: str,
    product_ids: tuple[str, ...],
    categories: tuple[str, ...],
    kind: Ints,
    product: Ints,
    category: Ints,
) -> tuple[list[str], Ints]:
    """All addresses of a brand's site, and which of them each event was on."""
    fixed = ["/", "/search", "/cart", "/checkout", "/thank-you", "/account", "/club"]
    pages = [site + path for path in fixed]
    pages += [f"{site}/c/{name}" for name in categories]
    pages += [f"{site}/p/{product_id}" for product_id in product_ids]
    of_kind = full(len(EVENTS), 0)
    for event, number in (
        (SEARCH, 1), (UNCART, 2), (CHECKOUT, 3), (PURCHASE, 4), (REGISTER, 5), (LOGIN, 5),
        (CHALLENGE, 6),
    ):  # fmt: skip
        of_kind[event] = number
    on_product = (kind == PRODUCT) | (kind == CART) | (kind == WISH) | (kind == SHARE)
    page = of_kind[kind]
    page = np.where(kind == CATEGORY, len(fixed) + category, page)
    return pages, np.where(on_product, len(fixed) + len(categories) + product, page)
