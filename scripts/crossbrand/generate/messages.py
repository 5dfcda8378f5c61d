"""Campaigns and messages: sends, deliveries, opens, clicks, bounces, and what robots do."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from crossbrand.generate.arrays import (
    DAY,
    Flags,
    Floats,
    Ints,
    chance,
    coded,
    full,
    ints,
    money_text,
    numbered,
    pick,
    take,
    texts,
)
from crossbrand.generate.assortment import price_level
from crossbrand.generate.contacts import Contacts
from crossbrand.generate.delivery import Frame
from crossbrand.generate.devices import Devices
from crossbrand.generate.people import Chunk
from crossbrand.generate.permissions import Permissions
from crossbrand.generate.purchases import Purchases
from crossbrand.generate.world import World

CHANNELS = ("email", "sms", "web_push", "app_push", "call", "vms", "chat", "letter")
EMAIL, SMS, WEB_PUSH, APP_PUSH, CALL, VMS, CHAT, LETTER = range(len(CHANNELS))
EVENTS = (
    "sent", "delivered", "opened", "clicked", "bounced", "unsubscribed", "complained", "replied",
    "received", "failed",
)  # fmt: skip
(SENT, DELIVERED, OPENED, CLICKED, BOUNCED, UNSUBSCRIBED, COMPLAINED, REPLIED, RECEIVED,
 FAILED) = range(len(EVENTS))  # fmt: skip

BROADCASTS_PER_YEAR = 18
BROADCAST_CHANNELS = (0.70, 0.08, 0.04, 0.08, 0.03, 0.03, 0.0, 0.04)
SCENARIOS = ("newsletter", "cross_sell", "next_order", "win_back", "browsed_category", "reward")
OFFERS = ("none", "percent_off", "free_shipping", "gift")
CONTROL_SHARE = 0.10
LINKS = 4

# What a message costs in cents of a euro, by channel, and how large a share of the group's people
# one campaign of a brand reaches: campaigns cost what so many messages would, give or take.
MESSAGE_CENTS = (1.0, 6.0, 0.3, 0.3, 150.0, 20.0, 2.0, 90.0)
REACHED_SHARE = 0.15

WELCOME, ABANDONED_CART, BIRTHDAY = range(3)
TRIGGERED = ("welcome", "abandoned_cart", "birthday")

# Share of people's clicks that an order follows.
CONVERSION = 0.05
INBOUND_PER_YEAR = 0.02


@dataclass(frozen=True)
class Campaign:
    """A campaign of a brand. Broadcasts go out at `started`; triggered ones run all the time."""

    index: int
    brand: int
    campaign_id: str
    name: str
    channel: int
    scenario: str
    offer: str
    started: int
    ended: int
    cost: int
    reach: float
    has_control: bool
    is_triggered: bool


def cost_cents(world: World, channel: int, draw: int, level: float) -> int:
    """What a campaign costs in cents of its brand's currency.

    draw: 300 to 3,000, 1,000 standing for just what its messages cost. level: what one euro's worth
    costs in the currency.
    """
    messages = world.people * REACHED_SHARE
    return max(1, round(messages * MESSAGE_CENTS[channel] * draw / 1_000 * level))


def make_campaigns(world: World) -> list[Campaign]:
    """The campaigns of all brands; those of a brand are in the order of time."""
    campaigns: list[Campaign] = []
    for brand in world.brands:
        rng = world.rng("campaigns", brand.index)
        level = price_level(brand.currency_code)
        for number, scenario in enumerate(TRIGGERED):
            campaigns.append(
                Campaign(
                    index=len(campaigns),
                    brand=brand.index,
                    campaign_id=f"CMP{number + 1:03d}",
                    name=f"{scenario}-always-on",
                    channel=EMAIL,
                    scenario=scenario,
                    offer=OFFERS[number % 2],
                    started=world.start,
                    ended=world.end + 180 * DAY,
                    cost=cost_cents(world, EMAIL, int(rng.integers(100, 400)) * 5, level),
                    reach=1.0,
                    has_control=False,
                    is_triggered=True,
                )
            )
        count = max(4, round(world.days * BROADCASTS_PER_YEAR / 365))
        channels = pick(rng, BROADCAST_CHANNELS, count)
        # However short the time, e-mail and text messages are there, one with a control group.
        channels[:4] = [EMAIL, SMS, EMAIL, APP_PUSH]
        for number in range(count):
            day = world.first_day + int((number + 0.5) * world.days / count)
            scenario = SCENARIOS[number % len(SCENARIOS)]
            started = day * DAY + int(rng.integers(7, 15)) * 3_600
            campaigns.append(
                Campaign(
                    index=len(campaigns),
                    brand=brand.index,
                    campaign_id=f"CMP{len(TRIGGERED) + number + 1:03d}",
                    name=f"{np.datetime64(day, 'D')}-{scenario}",
                    channel=int(channels[number]),
                    scenario=scenario,
                    offer=OFFERS[int(rng.integers(len(OFFERS)))],
                    started=started,
                    ended=started + 14 * DAY,
                    cost=cost_cents(
                        world, int(channels[number]), int(rng.integers(300, 3_000)), level
                    ),
                    reach=float(rng.uniform(0.65, 0.95)),
                    has_control=number % 2 == 0,
                    is_triggered=False,
                )
            )
    return campaigns


def campaign_frames(world: World, campaigns: list[Campaign]) -> list[Frame]:
    """The campaigns feed, one frame a brand."""
    frames = []
    for brand in world.brands:
        mine = [campaign for campaign in campaigns if campaign.brand == brand.index]
        frames.append(
            Frame(
                "campaigns",
                brand.index,
                {
                    "campaign_id": texts([campaign.campaign_id for campaign in mine]),
                    "campaign_name": texts([campaign.name for campaign in mine]),
                    "channel": texts([CHANNELS[campaign.channel] for campaign in mine]),
                    "scenario": texts([campaign.scenario for campaign in mine]),
                    "offer_type": texts([campaign.offer for campaign in mine]),
                    "cost_amount": money_text(ints([campaign.cost for campaign in mine])),
                    "currency_code": texts([brand.currency_code] * len(mine)),
                },
                {
                    "started_at": ints([campaign.started for campaign in mine]),
                    "ended_at": ints([campaign.ended for campaign in mine]),
                },
                ints([campaign.started for campaign in mine]),
            )
        )
    return frames


@dataclass
class Clicks:
    """Clicks by people, who then land on the site; `converts` where an order follows."""

    relation: Ints
    moment: Ints
    message: Ints
    campaign: Ints
    converts: Flags


@dataclass
class Messages:
    """`relation` … `sent` have one entry a message, the `event_` columns one an event."""

    relation: Ints
    brand: Ints
    campaign: Ints
    channel: Ints
    sent: Ints
    direction: Ints
    number: Ints
    ids: pa.Array
    event_message: Ints
    event_type: Ints
    event_moment: Ints
    event_link: Ints
    event_machine: Ints
    event_bounce: Ints
    clicks: Clicks
    unsubscribed_at: Ints
    control_campaign: Ints
    control_relation: Ints


@dataclass
class _Log:
    """Events while they are drawn; `message` counts within the batch until it is shifted."""

    message: list[Ints] = field(default_factory=list)
    kind: list[Ints] = field(default_factory=list)
    moment: list[Ints] = field(default_factory=list)
    link: list[Ints] = field(default_factory=list)
    machine: list[Ints] = field(default_factory=list)
    bounce: list[Ints] = field(default_factory=list)
    is_human: list[Flags] = field(default_factory=list)

    def add(
        self,
        message: Ints,
        kind: int,
        moment: Ints,
        link: Ints | None = None,
        machine: int = -1,
        bounce: Ints | None = None,
        is_human: bool = False,
    ) -> None:
        """Append events of one kind; `machine` is 1 or 0 where the platform says, else -1."""
        count = len(message)
        self.message.append(message)
        self.kind.append(full(count, kind))
        self.moment.append(moment)
        self.link.append(full(count) if link is None else link)
        self.machine.append(full(count, machine))
        self.bounce.append(full(count) if bounce is None else bounce)
        self.is_human.append(np.full(count, is_human))


@dataclass
class _Readers:
    """Habits of the relations that decide what happens to their messages."""

    interest: Floats
    has_bad_address: Flags
    is_proxied: Flags
    is_scanned: Flags
    purchase_key: Ints
    purchase_span: int


def make_messages(
    chunk: Chunk,
    campaigns: list[Campaign],
    contacts: Contacts,
    permissions: Permissions,
    purchases: Purchases,
    devices: Devices,
    cart_relation: Ints,
    cart_moment: Ints,
) -> Messages:
    """Send the campaigns to who may be written to and draw what becomes of each message.

    `cart_relation` and `cart_moment` are of abandoned carts whose owner was logged in.
    """
    rng = chunk.rng("messages")
    world, relations = chunk.world, chunk.relations
    count = len(relations)
    span = world.end - world.start + 1
    readers = _Readers(
        interest=relations.mail_interest,
        has_bad_address=chance(rng, 0.015, count),
        is_proxied=chance(rng, 0.14, count),
        is_scanned=chance(rng, 0.04, count),
        purchase_key=purchases.relation * span + (purchases.moment - world.start),
        purchase_span=span,
    )
    active_until = permissions.withdrawn_at.copy()
    unsubscribed_at = full(count, world.end)
    log = _Log()
    sent_relation: list[Ints] = []
    sent_campaign: list[Ints] = []
    sent_moment: list[Ints] = []
    controls: list[tuple[Ints, Ints]] = []
    total = 0

    def send(campaign: Campaign, relation: Ints, moment: Ints) -> None:
        nonlocal total
        _one_batch(
            rng, world, campaign, readers, relation, moment, total, log, active_until,
            unsubscribed_at,
        )  # fmt: skip
        sent_relation.append(relation)
        sent_campaign.append(full(len(relation), campaign.index))
        sent_moment.append(moment)
        total += len(relation)

    triggers = _triggers(chunk, rng, contacts, cart_relation, cart_moment)
    for campaign in campaigns:
        allowed = (permissions.granted_at < world.end) & (relations.brand == campaign.brand)
        if campaign.is_triggered:
            relation, moment = triggers[TRIGGERED.index(campaign.scenario)]
            ok = allowed[relation] & (permissions.granted_at[relation] < moment)
            ok &= (active_until[relation] > moment) & (moment < world.end - DAY)
            send(campaign, relation[ok], moment[ok])
            continue
        ok = allowed & (permissions.granted_at < campaign.started)
        ok &= (active_until > campaign.started) & _has_address(chunk, devices, campaign.channel)
        ok &= campaign.started + DAY < world.end
        chosen = ints(np.flatnonzero(ok & chance(rng, campaign.reach, count)))
        held_out = chance(rng, CONTROL_SHARE if campaign.has_control else 0.0, len(chosen))
        controls.append((full(int(held_out.sum()), campaign.index), chosen[held_out]))
        chosen = chosen[~held_out]
        moment = campaign.started + rng.integers(0, 5_400, len(chosen))
        send(campaign, chosen, moment)

    writers = ints(np.flatnonzero(chance(rng, INBOUND_PER_YEAR * world.years, count)))
    begin = np.maximum(relations.joined[writers], world.start)
    moment = begin + ints(rng.random(len(writers)) * (world.end - 1 - begin).clip(0))
    log.add(total + np.arange(len(writers)), RECEIVED, moment)
    sent_relation.append(writers)
    sent_campaign.append(full(len(writers)))
    sent_moment.append(moment)

    return _collect(
        chunk, rng, campaigns, log, sent_relation, sent_campaign, sent_moment, active_until,
        unsubscribed_at, controls,
    )  # fmt: skip


def _has_address(chunk: Chunk, devices: Devices, channel: int) -> Flags:
    relations = chunk.relations
    if channel in (SMS, CALL, VMS):
        return np.asarray(relations.phone >= 0)
    if channel == APP_PUSH:
        return devices.has_app
    if channel == LETTER:
        return np.asarray(relations.person % 3 == 0)
    return np.asarray(relations.email >= 0)


def _triggers(
    chunk: Chunk,
    rng: np.random.Generator,
    contacts: Contacts,
    cart_relation: Ints,
    cart_moment: Ints,
) -> list[tuple[Ints, Ints]]:
    """Relations and moments of the welcomes, the abandoned carts and the birthdays."""
    world, relations = chunk.world, chunk.relations
    new = ints(np.flatnonzero(contacts.mailing >= 0))
    welcomed = contacts.registered[contacts.mailing[new]] + 3_600
    fresh = welcomed >= world.start + 3_600
    some = chance(rng, 0.75, len(cart_relation))
    carts = cart_relation[some], cart_moment[some] + 3 * 3_600

    days: list[Ints] = []
    who: list[Ints] = []
    birth = chunk.people.birth_day[relations.person].astype("datetime64[D]")
    into = (birth - birth.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    years = (
        np.arange(world.first_day, world.last_day + 1)
        .astype("datetime64[D]")
        .astype("datetime64[Y]")
    )
    for year in np.unique(years):
        day = year.astype("datetime64[D]").astype(np.int64) + into.clip(0, 364)
        here = (day >= world.first_day) & (day <= world.last_day) & (contacts.mailing >= 0)
        here &= chance(rng, 0.5, len(relations))
        who.append(ints(np.flatnonzero(here)))
        days.append(ints(day[here]))
    birthdays = np.concatenate(who), np.concatenate(days) * DAY + 7 * 3_600
    return [(new[fresh], welcomed[fresh]), carts, birthdays]


def _one_batch(
    rng: np.random.Generator,
    world: World,
    campaign: Campaign,
    readers: _Readers,
    relation: Ints,
    sent: Ints,
    offset: int,
    log: _Log,
    active_until: Ints,
    unsubscribed_at: Ints,
) -> None:
    """Draw the life of the messages of one campaign; who is lost stops the later ones."""
    count = len(relation)
    message = offset + np.arange(count)
    log.add(message, SENT, sent)
    channel = campaign.channel
    if channel == LETTER:
        return
    draw = rng.random(count)
    arrival = sent + rng.integers(1, 90, count)
    if channel == EMAIL:
        hard = readers.has_bad_address[relation] | (draw < 0.001)
        soft = ~hard & (draw < 0.016)
        bounced = hard | soft
        log.add(message[bounced], BOUNCED, arrival[bounced],
                bounce=np.where(hard[bounced], 0, 1))  # fmt: skip
        np.minimum.at(active_until, relation[hard], arrival[hard])
        arrived = ~bounced
    else:
        reached = {SMS: 0.96, WEB_PUSH: 0.8, APP_PUSH: 0.85, CALL: 0.45, VMS: 0.6}[channel]
        arrived = draw < reached
        log.add(message[~arrived], FAILED, arrival[~arrived])
    log.add(message[arrived], DELIVERED, arrival[arrived])
    if channel in (CALL, VMS):
        return
    here = np.flatnonzero(arrived)
    message, relation, arrival = message[here], relation[here], arrival[here]
    count = len(here)

    soon = _buys_soon(readers, world, relation, arrival)
    interest = readers.interest[relation]
    if channel == EMAIL:
        _robots(rng, readers, message, relation, arrival, log)
        opened = chance(rng, 0.08 + 0.6 * interest + 0.2 * soon, count)
        reading = arrival + 20 + ints(rng.exponential(5 * 3_600, count))
        opened &= reading < world.end - 3_600
        log.add(message[opened], OPENED, reading[opened], machine=0)
        again = opened & chance(rng, 0.15, count)
        later = reading + rng.integers(600, 2 * DAY, count)
        again &= later < world.end
        log.add(message[again], OPENED, later[again], machine=0)
        clicks = opened & chance(rng, 0.05 + 0.25 * interest + 0.35 * soon, count)
    else:
        reading = arrival + 30 + ints(rng.exponential(2 * 3_600, count))
        inside = reading < world.end - 3_600
        if channel in (APP_PUSH, WEB_PUSH):
            opened = inside & chance(rng, 0.03 + 0.15 * interest, count)
            log.add(message[opened], OPENED, reading[opened])
        else:
            opened = inside
        clicks = opened & chance(rng, 0.02 + 0.08 * interest + 0.1 * soon, count)
    moment = reading + rng.integers(3, 120, count)
    log.add(
        message[clicks], CLICKED, moment[clicks],
        link=rng.integers(0, LINKS, int(clicks.sum())), machine=0 if channel == EMAIL else -1,
        is_human=True,
    )  # fmt: skip

    leaves = opened & chance(rng, 0.012, count) & ~clicks
    log.add(message[leaves], UNSUBSCRIBED, reading[leaves] + 40)
    angry = opened & chance(rng, 0.0015, count) & ~leaves
    log.add(message[angry], COMPLAINED, reading[angry] + 60)
    if channel == SMS:
        stops = chance(rng, 0.004, count)
        log.add(message[stops], REPLIED, arrival[stops] + 300)
    np.minimum.at(unsubscribed_at, relation[leaves], reading[leaves] + 40)
    for gone in (leaves, angry):
        np.minimum.at(active_until, relation[gone], reading[gone] + 60)


def _buys_soon(readers: _Readers, world: World, relation: Ints, moment: Ints) -> Flags:
    """Whether the relation buys within five days: who is about to buy reads its mail."""
    if len(readers.purchase_key) == 0:
        return np.zeros(len(relation), np.bool_)
    wanted = relation * readers.purchase_span + (moment - world.start)
    place = np.searchsorted(readers.purchase_key, wanted).clip(0, len(readers.purchase_key) - 1)
    ahead = readers.purchase_key[place] - wanted
    return np.asarray((ahead >= 0) & (ahead < 5 * DAY))


def _robots(
    rng: np.random.Generator,
    readers: _Readers,
    message: Ints,
    relation: Ints,
    arrival: Ints,
    log: _Log,
) -> None:
    """Privacy proxies open everything and say so; scanners open at once, or click every link."""
    proxied = readers.is_proxied[relation] & chance(rng, 0.95, len(message))
    log.add(message[proxied], OPENED, arrival[proxied]
            + rng.integers(1, 1_800, int(proxied.sum())), machine=1)  # fmt: skip
    scanned = readers.is_scanned[relation] & chance(rng, 0.9, len(message))
    at_once = arrival + rng.integers(0, 2, len(message))
    log.add(message[scanned], OPENED, at_once[scanned], machine=0)
    tester = scanned & (relation % 2 == 0)
    moment = arrival + rng.integers(20, 90, len(message))
    for link in range(LINKS):
        log.add(message[tester], CLICKED, moment[tester], full(int(tester.sum()), link), 0)
    flagged = scanned & (relation % 6 == 1)
    log.add(message[flagged], CLICKED, moment[flagged], full(int(flagged.sum()), 0), machine=1)


def _collect(
    chunk: Chunk,
    rng: np.random.Generator,
    campaigns: list[Campaign],
    log: _Log,
    sent_relation: list[Ints],
    sent_campaign: list[Ints],
    sent_moment: list[Ints],
    active_until: Ints,
    unsubscribed_at: Ints,
    controls: list[tuple[Ints, Ints]],
) -> Messages:
    """Put the batches together, without what went out after its reader had left."""
    none = full(0)
    relation = np.concatenate([*sent_relation, none])
    campaign = np.concatenate([*sent_campaign, none])
    sent = np.concatenate([*sent_moment, none])
    is_inbound = campaign < 0
    keep = (sent <= active_until[relation]) | is_inbound
    renumbered = np.cumsum(keep) - 1
    message = np.concatenate([*log.message, none])
    stays = keep[message]
    event_message = renumbered[message[stays]]
    columns = [
        np.concatenate([*parts, none])[stays]
        for parts in (log.kind, log.moment, log.link, log.machine, log.bounce)
    ]
    kind, moment, link, machine, bounce = columns
    relation, campaign, sent = relation[keep], campaign[keep], sent[keep]
    written = np.where(chance(rng, 0.6, len(relation)), CHAT, EMAIL)
    channel = np.where(campaign < 0, written, ints([one.channel for one in campaigns])[campaign])
    brand = chunk.relations.brand[relation]

    # A robot's click brings nobody to the site, and some people's clicks are lost on the way.
    human = np.concatenate([*log.is_human, np.zeros(0, np.bool_)])[stays]
    human &= chance(rng, 0.8, len(kind)) & (moment < chunk.world.end - 7_200)
    clicked = event_message[human]
    clicks = Clicks(
        relation=relation[clicked],
        moment=moment[human],
        message=clicked,
        campaign=campaign[clicked],
        converts=chance(rng, CONVERSION, len(clicked)),
    )
    number = chunk.serial(brand, 200)
    control_campaign = np.concatenate([*(part[0] for part in controls), none])
    control_relation = np.concatenate([*(part[1] for part in controls), none])
    return Messages(
        relation=relation,
        brand=brand,
        campaign=campaign,
        channel=channel,
        sent=sent,
        direction=np.where(campaign < 0, 1, 0),
        number=number,
        ids=numbered("m", number, 9),
        event_message=event_message,
        event_type=kind,
        event_moment=np.minimum(moment, chunk.world.end - 1),
        event_link=link,
        event_machine=machine,
        event_bounce=bounce,
        clicks=clicks,
        unsubscribed_at=unsubscribed_at,
        control_campaign=control_campaign,
        control_relation=control_relation,
    )


def message_frames(
    chunk: Chunk,
    campaigns: list[Campaign],
    messages: Messages,
    contacts: Contacts,
    devices: Devices,
) -> list[Frame]:
    """Message events, one frame a brand."""
    rng = chunk.rng("message rows")
    relations = chunk.relations
    count = len(messages.relation)
    relation, channel = messages.relation, messages.channel
    contact = contacts.mailing[relation]
    # The mailing system writes to the address that the contact record had first.
    address = contacts.email[contact]
    usable = (contact >= 0) & (address >= 0) & (address < chunk.people.shop_email)
    address = np.where(usable, address, relations.email[relation])
    known_contact = np.where(chance(rng, 0.85, count) | (channel != EMAIL), contact, -1)
    email = np.where((channel == EMAIL) | (channel == CHAT), address, -1)
    by_phone = (channel == SMS) | (channel == CALL) | (channel == VMS)
    phone = np.where(by_phone, relations.phone[relation], -1)
    push = np.flatnonzero((channel == APP_PUSH) | (channel == WEB_PUSH))
    slot = full(count)
    slot[push] = relation[push] * 4 + np.where(
        devices.has_app[relation[push]] & (channel[push] == APP_PUSH), 2, 0
    )
    devices.note(slot[push], relation[push], messages.brand[push], messages.sent[push])
    device_ids = devices.ids_of(slot, messages.brand)

    emails, phones = chunk.emails.plain(email), chunk.phones.plain(phone)
    names = [campaign.campaign_id for campaign in campaigns]
    frames = []
    order = np.lexsort((messages.event_moment, messages.event_message))
    brand_of_event = messages.brand[messages.event_message][order]
    number = chunk.serial(brand_of_event, 500)
    for brand in chunk.world.brands:
        mine = brand_of_event == brand.index
        row = order[mine]
        message = messages.event_message[row]
        kind = messages.event_type[row]
        links = [f"{brand.site}/l/{link + 1}" for link in range(LINKS)]
        frames.append(
            Frame(
                "message_events",
                brand.index,
                {
                    "event_id": numbered("x", number[mine], 9),
                    "message_id": take(messages.ids, message),
                    "campaign_id": coded(names, messages.campaign[message]),
                    "channel": coded(CHANNELS, channel[message]),
                    "direction": coded(
                        ("outbound", "inbound"),
                        np.where(kind == REPLIED, 1, messages.direction[message]),
                    ),
                    "event_type": coded(EVENTS, kind),
                    "contact_id": take(contacts.ids, known_contact[message]),
                    "email": take(emails, message),
                    "phone": take(phones, message),
                    "device_id": take(device_ids, message),
                    "link_url": coded(links, messages.event_link[row]),
                    "bounce_type": coded(("hard", "soft"), messages.event_bounce[row]),
                    "is_machine": coded(("false", "true"), messages.event_machine[row]),
                },
                {"occurred_at": messages.event_moment[row]},
                messages.event_moment[row],
            )
        )
    return frames


def control_frames(
    chunk: Chunk, campaigns: list[Campaign], messages: Messages, contacts: Contacts
) -> list[Frame]:
    """The people held out of campaigns, one frame a brand."""
    rng = chunk.rng("control rows")
    relation, campaign = messages.control_relation, messages.control_campaign
    brand = chunk.relations.brand[relation]
    held_out = ints([one.started for one in campaigns])[campaign]
    by_contact = chance(rng, 0.7, len(relation))
    contact = np.where(by_contact, contacts.mailing[relation], -1)
    email = np.where(by_contact, -1, chunk.relations.email[relation])
    columns = {
        "control_id": numbered("h", chunk.serial(brand, 40), 7),
        "campaign_id": coded([one.campaign_id for one in campaigns], campaign),
        "contact_id": take(contacts.ids, contact),
        "email": take(chunk.emails.plain(email), np.arange(len(email))),
    }
    return [
        Frame(
            "campaign_controls",
            listed.index,
            {name: array.take(pa.array(here)) for name, array in columns.items()},
            {"held_out_at": held_out[here]},
            held_out[here],
        )
        for listed in chunk.world.brands
        for here in [np.flatnonzero(brand == listed.index)]
    ]
