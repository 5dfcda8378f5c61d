"""E-mail addresses, phone numbers and the many ways in which people type them.

A pool holds the clean values and, variant by variant, how they may be typed; whoever needs a text
names the value's index and gets one of its variants. The values are unique to their owner by
construction (digits that encode the owner), so that no two people share one by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossbrand.generate.arrays import Flags, Ints, full, ints, pick, scramble, take, texts
from crossbrand.generate.countries import Country, has_own_plan, plain_ascii

if TYPE_CHECKING:
    from crossbrand.generate.people import People
    from crossbrand.generate.world import Brand, World

PLACEHOLDER_EMAILS = (
    "unknown@unknown.com", "noreply@noreply.com", "null", "n/a", "@", "-", "none@none.com",
    "test@test.com",
)  # fmt: skip
PLACEHOLDER_PHONES = ("000000000", "123456789", "null", "n/a", "-", "0", "999999999", "111111111")

# Clean; capitals; Capitalised; +tag; blanks around; with a name; Gmail dots moved; zero-width.
EMAIL_WEIGHTS = (0.80, 0.03, 0.05, 0.03, 0.03, 0.02, 0.03, 0.01)
# +420777123456; +420 777 123 456; 00420777123456; then national: plain, spaced, with dashes.
PHONE_WEIGHTS = (0.34, 0.2, 0.06, 0.2, 0.15, 0.05)
INTERNATIONAL_FORMS = 3

SHOP_PHONES_PER_BRAND = 2


@dataclass
class Pool:
    """`typed` holds the forms of value 0 … n-1 in the first form, then in the second, and so on."""

    clean: pa.Array
    typed: pa.Array
    weights: tuple[float, ...]
    used: Flags

    @classmethod
    def make(cls, forms: list[pa.Array], weights: tuple[float, ...]) -> Pool:
        """A pool from the clean values (first) and their other forms."""
        clean = forms[0]
        return cls(clean, pa.concat_arrays(forms), weights, np.zeros(len(clean), np.bool_))

    def plain(self, index: Ints) -> pa.Array:
        """The clean values, as a system that validates them holds them."""
        self.used[index[index >= 0]] = True
        return take(self.clean, index)

    def as_typed(
        self, rng: np.random.Generator, index: Ints, abroad: Flags | None = None
    ) -> pa.Array:
        """The values as somebody typed them; rows that are `abroad` only in the first forms."""
        self.used[index[index >= 0]] = True
        form = pick(rng, self.weights, len(index))
        if abroad is not None:
            form = np.where(abroad, form % INTERNATIONAL_FORMS, form)
        return take(self.typed, np.where(index < 0, -1, form * len(self.clean) + index))


def brand_emails(brand: Brand) -> list[str]:
    """The brand's own mailboxes that staff type when a customer gives none."""
    return [f"info@{brand.brand_id.replace('_', '-')}.example"]


def make_email_pool(world: World, people: People, rng: np.random.Generator) -> Pool:
    """Two addresses a person, one a household, each brand's own mailbox, the placeholders.

    Indices: 2 p and 2 p + 1, then 2 n + h, then `people.shop_email` and `people.blank_email`.
    """
    digits = max(3, len(str(world.people - 1)))
    owner = people.first + np.arange(people.count)
    # 7368787 is a prime other than 2 and 5, so the digits are unique to the person.
    tail = [f"{int(number):0{digits}d}" for number in scramble(owner, 10**digits, 7_368_787, 4_217)]
    shape = rng.integers(0, 5, (people.count, 2))
    place = rng.random((people.count, 2))
    at_work = rng.random(people.count) < 0.25
    locals_: list[str] = []
    domains: list[str] = []
    for number in range(people.count):
        country = people.country_of(number)
        first = plain_ascii(people.first_names[number]).lower()
        last = plain_ascii(people.surnames[number]).lower()
        for which in (0, 1):
            made = _local(first, last, int(shape[number, which]))
            locals_.append(f"{made}{tail[number]}" if which == 0 else f"{made}.{tail[number]}")
            pool = country.mail_domains
            if which == 1 and at_work[number]:
                pool = country.work_domains
            domains.append(pool[int(place[number, which] * len(pool))])
    for head in people.household_head:
        country = people.country_of(int(head))
        last = plain_ascii(people.surnames[int(head)]).lower()
        locals_.append(f"{country.family_word}.{last}{tail[int(head)]}")
        domains.append(country.mail_domains[int(place[int(head), 0] * len(country.mail_domains))])
    named = [
        f"{people.first_names[number]} {people.surnames[number]}"
        for number in range(people.count)
        for _ in (0, 1)
    ] + [people.surnames[int(head)] for head in people.household_head]

    local, domain = texts(locals_), texts(domains)
    clean = pc.binary_join_element_wise(local, domain, "@")
    gmail = pc.equal(domain, "gmail.com")
    tags = texts(["eshop", "news", "shopping", "promo"])
    tag = tags.take(pa.array(rng.integers(0, 4, len(local))))
    forms = [
        clean,
        pc.utf8_upper(clean),
        pc.utf8_title(clean),
        pc.binary_join_element_wise(pc.binary_join_element_wise(local, tag, "+"), domain, "@"),
        pc.binary_join_element_wise(" ", clean, "  ", ""),
        pc.binary_join_element_wise(texts(named), " <", clean, ">", ""),
        pc.if_else(
            gmail,
            pc.binary_join_element_wise(pc.replace_substring(local, ".", ""), domain, "@"),
            clean,
        ),
        pc.binary_join_element_wise("\u200b", clean, ""),
    ]
    fixed = texts([mail for brand in world.brands for mail in brand_emails(brand)])
    blank = texts(list(PLACEHOLDER_EMAILS))
    return Pool.make([pa.concat_arrays([form, fixed, blank]) for form in forms], EMAIL_WEIGHTS)


def email_key(pool: Pool) -> pa.Array:
    """The address to match by: lower case, and without the dots that Gmail ignores."""
    local = pc.replace_substring_regex(pool.clean, "@.*$", "")
    domain = pc.replace_substring_regex(pool.clean, "^.*@", "@")
    return pc.if_else(
        pc.equal(domain, "@gmail.com"),
        pc.binary_join_element_wise(pc.replace_substring(local, ".", ""), domain, ""),
        pool.clean,
    )


def make_phone_pool(world: World, people: People) -> Pool:
    """Two numbers a person, one a household, the brands' shops, the placeholders.

    Indices as for e-mail, with `people.shop_phone` and `people.blank_phone`.
    """
    owner = people.first + np.arange(people.count)
    slot = ints(np.stack([owner * 3, owner * 3 + 1], axis=1).reshape(-1))
    country = np.repeat(people.country, 2)
    head = people.household_head
    slot = np.concatenate([slot, (people.first + head) * 3 + 2])
    country = np.concatenate([country, people.country[head]])
    forms: list[list[str]] = [[] for _ in PHONE_WEIGHTS]
    for number, code in zip(slot.tolist(), country.tolist(), strict=True):
        for form, text in zip(forms, phone_forms(world.brands[code].country, number), strict=True):
            form.append(text)
    for brand in world.brands:
        for shop in range(SHOP_PHONES_PER_BRAND):
            number = 3 * (world.people + brand.index * SHOP_PHONES_PER_BRAND + shop)
            shown = phone_forms(brand.country, number)
            for form, text in zip(forms, shown, strict=True):
                form.append(text)
    arrays = [pa.concat_arrays([texts(form), texts(list(PLACEHOLDER_PHONES))]) for form in forms]
    return Pool.make(arrays, PHONE_WEIGHTS)


def phone_forms(country: Country, slot: int) -> list[str]:
    """The mobile number of a slot (one number a slot) in all the forms of PHONE_WEIGHTS."""
    plan = country.plan
    size = 10**plan.tail_digits
    # A prime that divides neither the number of prefixes nor a power of ten.
    place = (slot * 15_485_863 + 271_828) % (size * len(plan.prefixes))
    prefix = str(plan.prefixes[place // size])
    tail = f"{place % size:0{plan.tail_digits}d}"
    number = prefix + tail
    groups = [prefix, tail[:3], tail[3:]]
    code = plan.calling_code
    international = [f"+{code}{number}", f"+{code} {' '.join(groups)}", f"00{code}{number}"]
    if not has_own_plan(country.code):
        return international * 2
    trunk = plan.trunk
    joined = trunk if len(trunk) < 2 else f"{trunk} "
    return [
        *international,
        f"{trunk}{number}",
        f"{joined}{' '.join(groups)}",
        f"{joined}{'-'.join(groups)}",
    ]


def _local(first: str, last: str, shape: int) -> str:
    if shape == 0:
        return f"{first}.{last}"
    if shape == 1:
        return f"{first}{last}"
    if shape == 2:
        return f"{first[0]}.{last}"
    if shape == 3:
        return f"{last}.{first}"
    return f"{first}_{last}"


def absent(rng: np.random.Generator, index: Ints, share: float) -> Ints:
    """The index with a share of its values left out."""
    return np.where(rng.random(len(index)) < share, full(len(index)), index)
