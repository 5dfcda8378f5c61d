"""Sample landing data with a known truth, as like life as the warehouse will be judged on.

`generate` is the only entry. The people are made chunk by chunk, so memory does not grow with their
number; each chunk and component draws from a stream of its own, so a seed always gives the same.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from crossbrand.generate import truth
from crossbrand.generate.contacts import APP, card_numbers, contact_frames, make_contacts
from crossbrand.generate.delivery import Deliveries, Frame, deliver, deliver_unlisted
from crossbrand.generate.devices import make_devices
from crossbrand.generate.feedback import make_shares, reviews, service, share_frames, surveys
from crossbrand.generate.loyalty import loyalty_frames, make_vouchers
from crossbrand.generate.messages import (
    Campaign,
    campaign_frames,
    control_frames,
    make_campaigns,
    make_messages,
    message_frames,
)
from crossbrand.generate.orders import add_amounts, add_vouchers, make_orders, order_frames
from crossbrand.generate.people import make_chunk
from crossbrand.generate.permissions import consent_frames, make_permissions, request_frames
from crossbrand.generate.products import product_frames
from crossbrand.generate.purchases import make_purchases
from crossbrand.generate.web import Sessions, event_frames, is_known_cart, other_sessions, visits
from crossbrand.generate.world import World
from crossbrand.generate.writer import Writer, claim_folder

__all__ = ["Summary", "generate"]

PEOPLE_PER_CHUNK = 25_000
UNLISTED_ROWS = {"orders": 4, "contacts": 3, "events": 5}


@dataclass
class Summary:
    """What was written. `rows` counts landed rows by feed, with repeats and broken rows."""

    out: Path
    rows: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    people: int = 0
    files: int = 0
    seconds: float = 0.0


def generate(
    people: int,
    brands: int,
    days: int,
    seed: int,
    out: Path,
    project_dir: Path,
    progress: bool = True,
) -> Summary:
    """Write `out`/landing and `out`/truth for the first `brands` rows of seeds/brands.csv.

    The days end on 2025-06-30. A folder that the generator made earlier is replaced. Raises
    CrossbrandError for figures out of range, and for a folder with anything else in it.
    """
    begun = time.monotonic()
    world = World.make(people, brands, days, seed, project_dir)
    about = {"people": people, "brands": brands, "days": days, "seed": seed}
    claim_folder(out, about)
    summary = Summary(out=out, people=people)
    campaigns = make_campaigns(world)
    starts = range(0, people, PEOPLE_PER_CHUNK)
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Writer(out) as writer, Progress(*columns, disable=not progress) as bar:
        task = bar.add_task("people", total=people)
        for frame in [*product_frames(world), *campaign_frames(world, campaigns)]:
            _land(world, writer, summary, frame, -1)
        for number, first in enumerate(starts):
            count = min(PEOPLE_PER_CHUNK, people - first)
            _make_chunk(world, writer, summary, campaigns, number, first, count)
            bar.update(task, completed=first + count)
        writer.add_truth(
            "repeats",
            pa.table(
                {
                    "feed": list(world.contract),
                    "rows": pa.array([summary.rows[feed] for feed in world.contract], pa.int64()),
                    "repeats": pa.array(
                        [summary.repeats[feed] for feed in world.contract], pa.int64()
                    ),
                }
            ),
        )
    summary.files = writer.files
    summary.seconds = time.monotonic() - begun
    return summary


def _land(world: World, writer: Writer, summary: Summary, frame: Frame, chunk: int) -> None:
    rng = world.rng(f"delivery {frame.feed}", frame.brand, chunk + 1)
    _keep(writer, summary, frame.feed, deliver(world, rng, frame))


def _keep(writer: Writer, summary: Summary, feed: str, deliveries: Deliveries) -> None:
    for load in deliveries.loads:
        writer.add_load(load)
    for table in deliveries.broken:
        writer.add_truth("broken_rows", table)
        summary.broken[feed] += table.num_rows
    summary.rows[feed] += deliveries.rows
    summary.repeats[feed] += deliveries.repeats


def _make_chunk(
    world: World,
    writer: Writer,
    summary: Summary,
    campaigns: list[Campaign],
    number: int,
    first: int,
    count: int,
) -> None:
    """Make everything of some of the people. The order follows what causes what."""
    chunk = make_chunk(world, number, first, count)
    contacts = make_contacts(chunk)
    cards = card_numbers(chunk)
    permissions = make_permissions(chunk, contacts)
    devices = make_devices(chunk, contacts.of_system[APP] >= 0)
    purchases = make_purchases(chunk)
    shares = make_shares(chunk, contacts)

    plain = visits(chunk, contacts, devices, purchases)
    carts = is_known_cart(plain)
    messages = make_messages(
        chunk, campaigns, contacts, permissions, purchases, devices,
        plain.relation[carts], plain.moment[carts],
    )  # fmt: skip
    clicks = messages.clicks
    bought = np.flatnonzero(clicks.converts)
    orders = make_orders(
        chunk, contacts, devices, purchases, clicks.relation[bought], clicks.moment[bought] + 900
    )
    # From positions among the clicks that led to an order to positions among all clicks.
    orders.click = (
        np.where(orders.click >= 0, bought[orders.click], -1) if len(bought) else (orders.click)
    )
    vouchers = make_vouchers(chunk)
    voucher_order = add_vouchers(chunk, orders, vouchers.relation, vouchers.moment)
    add_amounts(chunk, orders)
    sessions = Sessions.concat(
        [
            plain,
            other_sessions(
                chunk, contacts, devices, orders, messages, len(plain),
                shares.relation, shares.moment,
            ),
        ]
    )  # fmt: skip
    order_devices = devices.ids_of(orders.device, orders.brand)
    told = truth.orders_told(chunk, orders)

    frames: list[Frame] = []
    frames += contact_frames(chunk, contacts, cards)
    frames += order_frames(chunk, orders, contacts, cards, vouchers.codes, order_devices)
    frames += event_frames(
        chunk, sessions, devices, contacts, orders, messages, campaigns, shares.codes
    )
    frames += message_frames(chunk, campaigns, messages, contacts, devices)
    loyalty, loyalty_ids, loyalty_relation = loyalty_frames(
        chunk, contacts, cards, orders, vouchers, voucher_order
    )
    decisions, consents = consent_frames(chunk, contacts, permissions, messages.unsubscribed_at)
    review_frames, reviewed = reviews(chunk, contacts, orders, told)
    survey_frames, surveyed = surveys(chunk, contacts)
    service_frames, served = service(chunk, contacts, orders, told)
    frames += loyalty + decisions + review_frames + survey_frames + service_frames
    frames += share_frames(chunk, contacts, shares)
    frames += request_frames(chunk, contacts, cards)
    frames += control_frames(chunk, campaigns, messages, contacts)
    for frame in frames:
        _land(world, writer, summary, frame, number)
        if number == 0 and frame.brand == 0 and frame.feed in UNLISTED_ROWS:
            strange = deliver_unlisted(world, frame, UNLISTED_ROWS[frame.feed])
            _keep(writer, summary, frame.feed, strange)

    for table in truth.records(
        chunk, contacts, orders, told,
        (consents.ids, consents.relation),
        (loyalty_ids, loyalty_relation),
        [reviewed, surveyed, served],
    ):  # fmt: skip
        writer.add_truth("records", table)
    for table in truth.identifier_tables(
        chunk, contacts, cards, (vouchers.relation, vouchers.codes)
    ):
        writer.add_truth("identifiers", table)
    writer.add_truth("devices", truth.devices_table(chunk, devices))
    writer.add_truth("people", truth.people_table(chunk, consents.is_linkable))
    writer.add_truth("rates", truth.rates_table(chunk, purchases))
    writer.add_truth("campaign_controls", truth.controls_table(chunk, campaigns, messages))
