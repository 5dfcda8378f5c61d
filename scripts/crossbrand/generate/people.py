"""People, their households, and what each of them is to each brand (a relation).

A relation is one person at one brand; it is what most other modules draw their rows from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crossbrand.generate import countries
from crossbrand.generate.arrays import (
    DAY,
    Flags,
    Floats,
    Ints,
    chance,
    full,
    ints,
    numbered,
    pick,
)
from crossbrand.generate.identifiers import (
    PLACEHOLDER_EMAILS,
    PLACEHOLDER_PHONES,
    SHOP_PHONES_PER_BRAND,
    Pool,
    make_email_pool,
    make_phone_pool,
)
from crossbrand.generate.world import World

FAMILY_SHARE = 0.15
FAMILY_SIZES = (0.45, 0.25, 0.30)  # two, three, four
BRANDS_EACH = (0.55, 0.27, 0.13, 0.05)  # one to four

TODAY_YEARS = 55.5  # from 1970 to the last day, for ages


@dataclass
class People:
    """The people of one chunk. `country` is an index of world.brands: people live where a brand is.

    `first` is the number of the chunk's first person in the whole.
    """

    world: World
    first: int
    count: int
    household: Ints
    position: Ints
    household_head: Ints
    country: Ints
    is_female: Flags
    birth_day: Ints
    first_names: list[str]
    surnames: list[str]
    other_surnames: list[str]
    shares_email: Flags
    shares_phone: Flags
    shares_card: Flags
    shares_tablet: Flags
    size: Ints
    color: Ints
    allows_linking: Flags
    member: Flags

    def country_of(self, number: int) -> countries.Country:
        """The country that the person lives in."""
        return self.world.brands[int(self.country[number])].country

    @property
    def ids(self) -> pa.Array:
        """Ids in the truth."""
        return numbered("P", ints(self.first + np.arange(self.count)), 7)

    @property
    def households(self) -> int:
        """How many households there are."""
        return len(self.household_head)

    @property
    def shop_email(self) -> int:
        """Index of the first brand's own mailbox."""
        return 2 * self.count + self.households

    @property
    def blank_email(self) -> int:
        """Index of the first placeholder."""
        return self.shop_email + len(self.world.brands)

    @property
    def shop_phone(self) -> int:
        """Index of the first brand's first shop phone."""
        return 2 * self.count + self.households

    @property
    def blank_phone(self) -> int:
        """Index of the first placeholder."""
        return self.shop_phone + SHOP_PHONES_PER_BRAND * len(self.world.brands)


@dataclass
class Relations:
    """One entry for each person and brand, ordered by brand, then person. -1 stands for none."""

    person: Ints
    brand: Ints
    joined: Ints
    is_old: Flags
    is_abroad: Flags
    email: Ints
    phone: Ints
    card: Ints
    category: Ints
    style: Ints
    store_share: Floats
    discount_love: Floats
    mail_interest: Floats
    agrees: Flags

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class Chunk:
    """What the modules hand on to one another while they make the data of some of the people."""

    world: World
    number: int
    people: People
    relations: Relations
    emails: Pool
    phones: Pool

    def rng(self, component: str) -> np.random.Generator:
        """The chunk's own stream for a component."""
        return self.world.rng(component, self.number)

    def serial(self, brand: Ints, per_person: int) -> Ints:
        """Numbers of rows, unique within the brand and the same across brands, as ids are in life.

        Each chunk has room for `per_person` rows of each brand for each of its people.
        """
        numbers = np.zeros(len(brand), np.int64)
        for index in range(len(self.world.brands)):
            here = brand == index
            numbers[here] = np.arange(np.count_nonzero(here))
        return numbers + self.people.first * per_person

    def email_placeholder(self, rng: np.random.Generator, count: int) -> Ints:
        """Indices of placeholders."""
        return ints(self.people.blank_email + rng.integers(0, len(PLACEHOLDER_EMAILS), count))

    def phone_placeholder(self, rng: np.random.Generator, count: int) -> Ints:
        """Indices of placeholders."""
        return ints(self.people.blank_phone + rng.integers(0, len(PLACEHOLDER_PHONES), count))

    def shop_phone(self, rng: np.random.Generator, brand: Ints) -> Ints:
        """Indices of the brands' shop phones, mostly the first one."""
        second = chance(rng, 0.15, len(brand))
        return ints(self.people.shop_phone + SHOP_PHONES_PER_BRAND * brand + second)


def make_chunk(world: World, number: int, first: int, count: int) -> Chunk:
    """The people numbered first … first + count - 1 and their relations."""
    people = _make_people(world, number, first, count)
    relations = _make_relations(world, number, people)
    emails = make_email_pool(world, people, world.rng("emails", number))
    phones = make_phone_pool(world, people)
    return Chunk(world, number, people, relations, emails, phones)


def _make_people(world: World, number: int, first: int, count: int) -> People:
    rng = world.rng("people", number)
    sizes = np.where(chance(rng, FAMILY_SHARE, count), 2 + pick(rng, FAMILY_SIZES, count), 1)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), count)) + 1]
    sizes[-1] -= int(sizes.sum()) - count
    head = ints(np.cumsum(sizes) - sizes)
    household = ints(np.repeat(np.arange(len(sizes)), sizes))
    position = ints(np.arange(count) - head[household])

    brand_weights = [1 / (1 + 0.25 * brand.index) for brand in world.brands]
    home = pick(rng, brand_weights, len(sizes))
    country = home[household]

    woman = chance(rng, 0.55, count)
    # The second adult of a family is mostly of the other sex.
    other = (position == 1) & chance(rng, 0.92, count)
    is_female = np.where(other, ~woman[head[household]], woman)
    family = sizes[household] > 1
    age = np.where(family, rng.uniform(30, 56, count), 20 + 55 * rng.beta(1.6, 2.2, count))
    age = np.where(position == 1, age[head[household]] + rng.normal(0, 3, count), age)
    age = np.where(position > 1, rng.uniform(15, 23, count), age)
    birth_day = ints((TODAY_YEARS - age.clip(15, 90)) * 365.25)

    kinds = {
        kind: chance(rng, probability, len(sizes))[household] & family
        for kind, probability in (
            ("email", 0.22), ("phone", 0.25), ("card", 0.30), ("tablet", 0.45),
        )
    }  # fmt: skip

    first_names, surnames, other_surnames = _draw_names(
        world, rng, household, position, country, is_female
    )
    return People(
        world=world,
        first=first,
        count=count,
        household=household,
        position=position,
        household_head=head,
        country=country,
        is_female=is_female,
        birth_day=birth_day,
        first_names=first_names,
        surnames=surnames,
        other_surnames=other_surnames,
        shares_email=kinds["email"],
        shares_phone=kinds["phone"],
        shares_card=kinds["card"],
        shares_tablet=kinds["tablet"],
        size=rng.integers(0, 5, count),
        color=rng.integers(0, 4, count),
        allows_linking=chance(rng, 0.75, count),
        member=_draw_brands(world, rng, home[household]),
    )


def _draw_names(
    world: World,
    rng: np.random.Generator,
    household: Ints,
    position: Ints,
    country: Ints,
    is_female: Flags,
) -> tuple[list[str], list[str], list[str]]:
    """First names, surnames, and the surnames that people would take on marrying."""
    given = rng.beta(0.9, 1.6, int(household[-1]) + 1)[household]
    family = rng.beta(0.9, 1.6, int(household[-1]) + 1)[household]
    first: list[str] = []
    last: list[str] = []
    other: list[str] = []
    for home, place, is_woman, part, whole in zip(
        country.tolist(), position.tolist(), is_female.tolist(), given.tolist(), family.tolist(),
        strict=True,
    ):  # fmt: skip
        land = world.brands[home].country
        names = land.female if is_woman else land.male
        # Members of a household are five names apart, so that no two of one sex are namesakes.
        first.append(names[(int(part * len(names)) + 5 * place) % len(names)])
        number = int(whole * len(land.surnames))
        for surnames, step in ((last, 0), (other, 11)):
            name = land.surnames[(number + step) % len(land.surnames)]
            surnames.append(countries.female_surname(name, land.code) if is_woman else name)
    return first, last, other


def _draw_brands(world: World, rng: np.random.Generator, home: Ints) -> Flags:
    """Which brands each person is a customer of: the home brand and up to three others."""
    count, brands = len(home), len(world.brands)
    wanted = pick(rng, BRANDS_EACH, count) + 1
    controllers = np.array([brand.controller_id for brand in world.brands])
    same = controllers[home][:, None] == controllers[None, :]
    rank = rng.random((count, brands)) ** np.where(same, 0.4, 1.0)
    rank[np.arange(count), home] = 2.0
    place = np.argsort(np.argsort(-rank, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(place < wanted[:, None])


def _make_relations(world: World, number: int, people: People) -> Relations:
    rng = world.rng("relations", number)
    brand, person = np.nonzero(people.member.T)
    brand, person = ints(brand), ints(person)
    count = len(person)
    household = people.household[person]

    is_old = chance(rng, 0.38, count)
    # New people come all the time, somewhat more of them early.
    joined = world.start + ints(rng.beta(0.9, 1.1, count) * (world.end - world.start - 1))
    old = world.start - ints(rng.exponential(500, count).clip(2, 3_000) * DAY)
    joined = world.local(rng, brand, joined, "online")
    joined = np.where(is_old, old, joined)

    several = people.member.sum(axis=1)[person] > 1
    second = (several & chance(rng, 0.20, count)) | chance(rng, 0.05, count)
    email = 2 * person + second
    family = people.shares_email[person] & chance(rng, 0.75, count)
    email = np.where(family, 2 * people.count + household, email)
    email = np.where(chance(rng, 0.96, count), email, -1)
    phone = 2 * person + chance(rng, 0.08, count)
    family = people.shares_phone[person] & chance(rng, 0.7, count)
    phone = np.where(family, 2 * people.count + household, phone)
    phone = np.where(chance(rng, 0.8, count) | (email < 0), phone, -1)

    codes = np.array([listed.country.code for listed in world.brands])
    categories = ints([len(assortment.categories) for assortment in world.assortments])
    return Relations(
        person=person,
        brand=brand,
        joined=joined,
        is_old=is_old,
        is_abroad=codes[people.country[person]] != codes[brand],
        email=email,
        phone=phone,
        card=_draw_cards(rng, people, person, brand),
        category=ints(rng.random(count) * categories[brand]),
        style=rng.integers(0, 8, count),
        store_share=np.where(chance(rng, 0.45, count), rng.beta(3, 1.5, count), 0.04),
        discount_love=rng.beta(1.2, 2.5, count),
        mail_interest=rng.beta(1.1, 2.2, count),
        agrees=chance(rng, 0.66, count),
    )


def _draw_cards(rng: np.random.Generator, people: People, person: Ints, brand: Ints) -> Ints:
    """Relation that holds the card which the relation uses; a family may use one card together."""
    count = len(person)
    card = np.where(chance(rng, 0.38, count), np.arange(count), full(count))
    group = people.household[person] * len(people.world.brands) + brand
    order = np.lexsort((person, group))
    first = np.r_[True, group[order][1:] != group[order][:-1]]
    holder = np.empty(count, np.int64)
    holder[order] = order[np.maximum.accumulate(np.where(first, np.arange(count), 0))]
    shared = people.shares_card[person]
    return np.where(shared, holder, card)
