"""Contact records: what each system of a brand holds on a person, version by version."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crossbrand.generate.arrays import (
    DAY,
    Flags,
    Ints,
    chance,
    coded,
    date_text,
    flag_texts,
    full,
    ints,
    numbered,
    pick,
    runs,
    take,
    texts,
)
from crossbrand.generate.countries import NICKNAMES, plain_ascii
from crossbrand.generate.delivery import Frame
from crossbrand.generate.identifiers import absent
from crossbrand.generate.people import Chunk

SYSTEMS = ("eshop", "newsletter", "pos", "app", "call_centre", "crm")
ESHOP, NEWSLETTER, POS, APP, CALL_CENTRE, CRM = range(len(SYSTEMS))
SYSTEM_SHARES = (0.60, 0.18, 0.0, 0.10, 0.04, 0.03)

# Kinds of changes that make a new version of a record, and how often each is the reason.
CHANGES = ("none", "moved", "email", "phone", "surname", "deleted")
CHANGE_WEIGHTS = (0.30, 0.28, 0.22, 0.15, 0.02, 0.03)

GENDERS = (("F", "M"), ("female", "male"), ("2", "1"))
OCCUPATIONS = (
    "teacher", "nurse", "driver", "engineer", "accountant", "student", "retired", "sales assistant",
    "technician", "manager", "self-employed", "parental leave", "IT specialist", "clerk",
)  # fmt: skip
SOURCES = ("organic", "paid search", "social", "referral", "store", "newsletter", "marketplace")
ACQUISITION_CAMPAIGNS = ("spring-launch", "black-friday", "refer-a-friend", "first-order-10")


@dataclass
class Contacts:
    """One entry a contact record. `relation` tells whose it is; -1 is a record of nobody's."""

    relation: Ints
    brand: Ints
    system: Ints
    registered: Ints
    number: Ints
    email: Ints
    phone: Ints
    has_card: Flags
    ids: pa.Array
    of_system: Ints
    account: Ints
    mailing: Ints
    any: Ints

    def __len__(self) -> int:
        return len(self.relation)


def make_contacts(chunk: Chunk) -> Contacts:
    """Decide which systems hold a record on which relation, and under which identifiers."""
    rng = chunk.rng("contacts")
    relations = chunk.relations
    count = len(relations)
    held = np.stack([chance(rng, share, count) for share in SYSTEM_SHARES])
    held[POS] = (relations.card >= 0) & chance(rng, 0.85, count)
    held[APP] &= held[ESHOP] | chance(rng, 0.4, count)
    held[CALL_CENTRE] &= relations.phone >= 0
    relation, system = (ints(found) for found in np.nonzero(held.T))

    rows = len(relation)
    delay = np.where(
        system == ESHOP, 0, ints(rng.exponential(60, rows) * DAY) + rng.integers(60, 7_200, rows)
    )
    registered = relations.joined[relation] + delay
    # What would be recorded after the last day is not there yet.
    known = registered < chunk.world.end
    relation, system, registered = relation[known], system[known], registered[known]
    rows = len(relation)
    brand = relations.brand[relation]

    email, phone = relations.email[relation], relations.phone[relation]
    # Some sign up for the newsletter with another address than they shop with.
    person = relations.person[relation]
    other = (system == NEWSLETTER) & chance(rng, 0.2, rows)
    email = np.where(other, 2 * person + 1, email)
    email = np.where((system == NEWSLETTER) & (email < 0), 2 * person, email)
    phone = np.where(system == NEWSLETTER, -1, phone)
    email = np.where(system == CALL_CENTRE, -1, email)
    phone = np.where(system == ESHOP, absent(rng, phone, 0.25), phone)
    at_till = system == POS
    email = np.where(at_till, absent(rng, email, 0.5), email)
    phone = np.where(at_till, absent(rng, phone, 0.4), phone)
    # A till asks for something, so staff type what lets them go on.
    filler = rng.random(rows)
    shop = at_till & (filler < 0.05)
    phone = np.where(shop, chunk.shop_phone(rng, brand), phone)
    mailbox = at_till & (filler >= 0.05) & (filler < 0.08)
    email = np.where(mailbox, chunk.people.shop_email + brand, email)
    blank = (filler >= 0.08) & (filler < 0.12) & (at_till | (system == CALL_CENTRE))
    phone = np.where(blank & at_till, chunk.phone_placeholder(rng, rows), phone)
    email = np.where(blank, chunk.email_placeholder(rng, rows), email)

    has_card = (relations.card[relation] >= 0) & (
        at_till | ((system != NEWSLETTER) & (system != CALL_CENTRE) & chance(rng, 0.3, rows))
    )
    number = chunk.serial(brand, 8)
    of_system = full(len(SYSTEMS) * count).reshape(len(SYSTEMS), count)
    of_system[system, relation] = np.arange(rows)

    def first_of(*wanted: int) -> Ints:
        found = full(count)
        for which in reversed(wanted):
            found = np.where(of_system[which] >= 0, of_system[which], found)
        return found

    return Contacts(
        relation=relation,
        brand=brand,
        system=system,
        registered=registered,
        number=number,
        email=email,
        phone=phone,
        has_card=has_card,
        ids=numbered("C", number, 7),
        of_system=of_system,
        account=first_of(ESHOP, APP),
        mailing=first_of(ESHOP, NEWSLETTER, APP, CRM),
        any=first_of(ESHOP, APP, POS, CRM, CALL_CENTRE, NEWSLETTER),
    )


def card_numbers(chunk: Chunk) -> pa.Array:
    """Card number by relation that holds the card; the same numbers exist at several brands."""
    return numbered("92", chunk.serial(chunk.relations.brand, 2), 9)


def contact_frames(chunk: Chunk, contacts: Contacts, cards: pa.Array) -> list[Frame]:
    """All versions of the contact records, one frame a brand."""
    rng = chunk.rng("contact versions")
    world, people, relations = chunk.world, chunk.people, chunk.relations
    rows = len(contacts)
    versions = 1 + pick(rng, (0.68, 0.25, 0.07), rows)
    contact, version = runs(versions)
    count = len(contact)
    change = np.where(version == 0, 0, pick(rng, CHANGE_WEIGHTS, count))
    begin = np.maximum(contacts.registered, world.start)
    share = rng.random(count)
    # Later versions come later: the second change falls between the first one and the end.
    moment = begin[contact] + ints((1 - (1 - share) ** 0.8) * (world.end - begin[contact] - 1))
    moment = np.where(version == 0, contacts.registered[contact], moment)
    for step in (1, 2):
        here = np.flatnonzero(version == step)
        moment[here] = np.maximum(moment[here], moment[here - 1] + 60)
    reached = _carried(change, version)
    known = moment < world.end
    contact, moment = contact[known], moment[known]
    reached = {code: flags[known] for code, flags in reached.items()}

    relation = contacts.relation[contact]
    person = relations.person[relation]
    named = (contacts.system != NEWSLETTER) | chance(rng, 0.3, rows)
    email = contacts.email[contact]
    own = (email >= 0) & (email < 2 * people.count)
    email = np.where(reached[CHANGES.index("email")] & own, 2 * person + 1 - email % 2, email)
    phone = contacts.phone[contact]
    own = (phone >= 0) & (phone < 2 * people.count)
    phone = np.where(reached[CHANGES.index("phone")] & own, 2 * person + 1 - phone % 2, phone)
    # Variants are typed once a record: a new version repeats what it does not change.
    typing = _Typing(chunk, rng, rows, person_of=relations.person[contacts.relation])

    card = np.where(contacts.has_card, relations.card[contacts.relation], -1)[contact]
    known_birth = (chance(rng, 0.62, rows) & named & (contacts.system != CALL_CENTRE))[contact]
    given_country = chance(rng, 0.9, rows) | relations.is_abroad[contacts.relation]
    has_address = (named & chance(rng, 0.7, rows) & (contacts.system != APP))[contact]
    home = _homes(chunk, rng)
    moved = reached[CHANGES.index("moved")]
    place = np.where(moved, people.households + home.of_person[person], home.of_person[person])
    place = np.where(has_address, place, -1)
    sources = np.where(chance(rng, 0.8, rows), rng.integers(0, len(SOURCES), rows), -1)[contact]
    from_campaign = np.where(
        chance(rng, 0.1, rows), rng.integers(0, len(ACQUISITION_CAMPAIGNS), rows), -1
    )[contact]
    has_gender = (chance(rng, 0.6, rows) & named)[contact]
    has_job = (chance(rng, 0.15, rows) & named)[contact]
    has_social = np.where((chance(rng, 0.05, rows) & named)[contact], person, -1)
    first, last = typing.names(contact, named[contact], reached[CHANGES.index("surname")])
    languages = [brand.country.language for brand in world.brands]
    codes = [brand.country.code for brand in world.brands]
    swapped = chance(rng, 0.01, rows)[contact]
    birth = np.where(swapped, _day_and_month_swapped(people.birth_day[person]),
                     people.birth_day[person])  # fmt: skip

    columns: dict[str, pa.Array] = {
        "contact_id": take(contacts.ids, contact),
        "source_system": coded(SYSTEMS, contacts.system[contact]),
        "email": typing.email(contact, email),
        "phone": typing.phone(contact, phone),
        "loyalty_card_id": take(cards, card),
        "first_name": first,
        "last_name": last,
        "birth_date": date_text(birth, known_birth),
        "street": take(home.street, place),
        "city": take(home.town, place),
        "region": take(home.region, place),
        "postal_code": take(home.postal, place),
        "country_code": coded(codes, np.where(given_country[contact], people.country[person], -1)),
        "occupation": coded(OCCUPATIONS, np.where(has_job, (person * 7) % len(OCCUPATIONS), -1)),
        "language_code": coded(languages, people.country[person]),
        "social_profile": take(_handles(chunk), has_social),
        "acquisition_source": coded(SOURCES, sources),
        "acquisition_campaign": coded(ACQUISITION_CAMPAIGNS, from_campaign),
        "is_deleted": flag_texts(reached[CHANGES.index("deleted")]),
    }
    registered = contacts.registered[contact]
    return [
        Frame(
            "contacts",
            brand.index,
            {name: array.take(pa.array(here)) for name, array in columns.items()}
            | {
                "gender": coded(
                    GENDERS[brand.index % len(GENDERS)],
                    np.where(has_gender, np.where(people.is_female[person], 0, 1), -1)[here],
                )
            },
            {"registered_at": registered[here], "updated_at": moment[here]},
            moment[here],
        )
        for brand in world.brands
        for here in [np.flatnonzero(contacts.brand[contact] == brand.index)]
    ]


def _carried(change: Ints, version: Ints) -> dict[int, Flags]:
    """For each kind of change, whether this version or an earlier one of its record made it."""
    reached = {}
    for code in range(1, len(CHANGES)):
        flag = change == code
        for step in (1, 2):
            here = np.flatnonzero(version == step)
            flag[here] |= flag[here - 1]
        reached[code] = flag
    return reached


def _day_and_month_swapped(days: Ints) -> Ints:
    """Birth dates with day and month the wrong way round, where that is a date at all."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day = ints((dates - months).astype(np.int64)) + 1
    month = ints(months.astype(np.int64) % 12) + 1
    years = dates.astype("datetime64[Y]").astype("datetime64[M]")
    other = (years + (day - 1)).astype("datetime64[D]") + (month - 1)
    return np.where(day <= 12, ints(other.astype(np.int64)), days)


@dataclass
class _Homes:
    """Addresses: two for each household, the second after a move."""

    of_person: Ints
    street: pa.Array
    town: pa.Array
    region: pa.Array
    postal: pa.Array


def _homes(chunk: Chunk, rng: np.random.Generator) -> _Homes:
    people = chunk.people
    streets, towns, regions, postals = [], [], [], []
    draw = rng.random((2, people.households, 3))
    for round_ in range(2):
        for household, head in enumerate(people.household_head.tolist()):
            country = people.country_of(head)
            where, which, number = draw[round_, household]
            town, region, postal = country.towns[int(where**1.5 * len(country.towns))]
            streets.append(
                f"{country.streets[int(which * len(country.streets))]} {int(number * 180) + 1}"
            )
            towns.append(town)
            regions.append(region)
            postals.append(postal)
    return _Homes(people.household, texts(streets), texts(towns), texts(regions), texts(postals))


def _handles(chunk: Chunk) -> pa.Array:
    people = chunk.people
    return texts(
        [
            f"@{plain_ascii(people.first_names[number]).lower()}_{people.first + number}"
            for number in range(people.count)
        ]
    )


# The forms from here on are for first names only.
NICKNAME = 4


class _Typing:
    """How the name, e-mail and phone on each record are written: the same in all its versions."""

    def __init__(self, chunk: Chunk, rng: np.random.Generator, rows: int, person_of: Ints) -> None:
        self._chunk = chunk
        self._person = person_of
        self._name_form = pick(rng, (0.84, 0.06, 0.03, 0.02, 0.025, 0.025), rows)
        self._email_form = pick(rng, chunk.emails.weights, rows)
        self._phone_form = pick(rng, chunk.phones.weights, rows)

    def email(self, contact: Ints, email: Ints) -> pa.Array:
        """E-mails of the versions."""
        pool = self._chunk.emails
        pool.used[email[email >= 0]] = True
        form = self._email_form[contact]
        return take(pool.typed, np.where(email < 0, -1, form * len(pool.clean) + email))

    def phone(self, contact: Ints, phone: Ints) -> pa.Array:
        """Phones of the versions; a national form is of the record's own country."""
        pool, people = self._chunk.phones, self._chunk.people
        pool.used[phone[phone >= 0]] = True
        form = self._phone_form[contact]
        # The shop's number is of the brand's country, not of the person's.
        form = np.where(phone >= people.shop_phone, form % 3, form)
        return take(pool.typed, np.where(phone < 0, -1, form * len(pool.clean) + phone))

    def names(self, contact: Ints, named: Flags, renamed: Flags) -> tuple[pa.Array, pa.Array]:
        """First names and surnames of the versions; who is `renamed` bears the other surname."""
        people = self._chunk.people
        person = self._person[contact]
        form = np.where(named, self._name_form[contact], -1)
        first = _written(people.first_names, person, form)
        last = _written(
            people.surnames + people.other_surnames,
            np.where(renamed & people.is_female[person], people.count + person, person),
            np.where(form >= NICKNAME, 0, form),
        )
        return first, last


def _written(names: list[str], row: Ints, form: Ints) -> pa.Array:
    """The rows' names: plain, bare of diacritics, capitals, small, as a nickname or an initial.

    Nicknames and initials stand for first names only; a form below 0 is null.
    """
    distinct = sorted(set(names))
    number = {name: place for place, name in enumerate(distinct)}
    codes = ints([number[name] for name in names])
    written = [
        *distinct,
        *(plain_ascii(name) for name in distinct),
        *(name.upper() for name in distinct),
        *(name.lower() for name in distinct),
        *(NICKNAMES.get(name, name) for name in distinct),
        *(f"{name[0]}." for name in distinct),
    ]
    return take(texts(written), np.where(form < 0, -1, form * len(distinct) + codes[row]))
