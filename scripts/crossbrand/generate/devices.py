"""Devices: phones, computers and apps of a person, the family's tablet, and strangers' browsers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from crossbrand.generate.arrays import DAY, Flags, Ints, chance, hashed, ints, take, texts
from crossbrand.generate.people import Chunk

PHONE, COMPUTER, APP, NEW_PHONE, TABLET, STRANGER = range(6)
USER_AGENTS = (
    "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/125.0",
    "ShopApp/4.2 (iPhone; iOS 17.5)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Mobile/15E148",
    "Mozilla/5.0 (iPad; CPU OS 17_5) Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Safari/605.1",
)


@dataclass
class Devices:
    """Slots of devices: four a relation, a tablet for each household and brand, then strangers.

    `replaced_at` is when a relation's first phone (or its cookie) gave way to the next.
    """

    chunk: Chunk
    has_computer: Flags
    has_app: Flags
    replaced_at: Ints
    strangers: int = 0
    uses: list[tuple[Ints, Ints, Ints, Ints]] = field(default_factory=list)

    def kind(self, slot: Ints) -> Ints:
        """PHONE … STRANGER, by slot."""
        relations, people = len(self.chunk.relations), self.chunk.people
        tablets = people.households * len(self.chunk.world.brands)
        kind = np.where(slot < 4 * relations, slot % 4, TABLET)
        return np.where(slot >= 4 * relations + tablets, STRANGER, kind)

    def draw(self, rng: np.random.Generator, relation: Ints, moment: Ints, app: Flags) -> Ints:
        """Slots of the devices that the relations use at these moments; in the app where told."""
        relations, people = self.chunk.relations, self.chunk.people
        count = len(relation)
        kind = np.where(self.has_computer[relation] & chance(rng, 0.4, count), COMPUTER, PHONE)
        kind = np.where((kind == PHONE) & (moment >= self.replaced_at[relation]), NEW_PHONE, kind)
        kind = np.where(self.has_app[relation] & (app | chance(rng, 0.3, count)), APP, kind)
        slot = relation * 4 + kind
        person = relations.person[relation]
        tablet = (
            4 * len(relations)
            + people.household[person] * len(self.chunk.world.brands)
            + relations.brand[relation]
        )
        shared = people.shares_tablet[person] & chance(rng, 0.45, count) & ~app
        return np.where(shared, tablet, slot)

    def draw_strangers(self, count: int) -> Ints:
        """New browsers of people who never say who they are."""
        first = 4 * len(self.chunk.relations) + self.chunk.people.households * len(
            self.chunk.world.brands
        )
        slots = first + self.strangers + np.arange(count)
        self.strangers += count
        return ints(slots)

    def note(self, slot: Ints, relation: Ints, brand: Ints, moment: Ints) -> None:
        """Remember who used what when, for the truth; relation -1 is a stranger."""
        self.uses.append((slot, relation, brand, moment))

    def ids_of(self, slot: Ints, brand: Ints) -> pa.Array:
        """Device ids of rows, where many rows have the same device; null for slot -1."""
        key = np.where(slot < 0, -1, slot * len(self.chunk.world.brands) + brand)
        used, place = np.unique(key, return_inverse=True)
        pool = self.ids(
            ints(used.clip(0) // len(self.chunk.world.brands)),
            ints(used.clip(0) % len(self.chunk.world.brands)),
        )
        return take(pool, np.where(slot < 0, -1, place))

    def ids(self, slot: Ints, brand: Ints) -> pa.Array:
        """Device ids: mostly random cookies, for some computers a fingerprint's running number.

        Fingerprints of different brands collide: they are unique within their brand only.
        """
        chunk = self.chunk
        salt = chunk.world.seed + 1_000_003 * chunk.number
        codes = hashed(slot * len(chunk.world.brands) + brand, salt)
        fingerprint = (slot < 4 * len(chunk.relations)) & (slot % 20 == COMPUTER)
        numbers = chunk.people.first + chunk.relations.person[np.where(fingerprint, slot // 4, 0)]
        # Another person has the number at the next brand, as the shift differs.
        numbers = (numbers + 17 * brand) % max(chunk.world.people, 1_000)
        return texts(
            [
                f"fp-{number:07d}" if is_print else f"{code:016x}"
                for code, is_print, number in zip(
                    codes.tolist(), fingerprint.tolist(), numbers.tolist(), strict=True
                )
            ]
        )


def make_devices(chunk: Chunk, has_app_contact: Flags) -> Devices:
    """Draw what each relation has; the devices themselves come into being when they are used."""
    rng = chunk.rng("devices")
    world, count = chunk.world, len(chunk.relations)
    replaced = world.start + ints(rng.random(count) * (world.end - world.start))
    never = chance(rng, 0.72, count)
    return Devices(
        chunk=chunk,
        has_computer=chance(rng, 0.55, count),
        has_app=has_app_contact | chance(rng, 0.06, count),
        replaced_at=np.where(never, world.end + DAY, replaced),
    )
