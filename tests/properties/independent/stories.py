"""Stories about identity: a few records each, with the answer written by hand.

Who wrote the answers read the definitions and not the models. The ids and addresses of a story
carry its name, so that no two stories touch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from .world import Landing, Phones, Ref, Story, Teller, day, iso, month_after


def stories(landing: Landing, phones: Phones) -> list[Story]:
    """Deliver every story and return the answers."""
    return [
        *chains(landing, phones),
        *shared_identifiers(landing, phones),
        *equal_values(landing, phones),
        *controllers(landing, phones),
        *vouchers_and_links(landing, phones),
        *devices(landing, phones),
        *typing_variants(landing, phones),
        *names(landing, phones),
        *volumes(landing, phones),
    ]


def chains(landing: Landing, phones: Phones) -> Iterator[Story]:
    """Identifiers that hand a person on from record to record."""
    t = Teller(landing, "chain")
    email, phone, card = t.mail("a"), phones.cz(), t.key("card")
    records = {
        t.contact("c", email=email),
        t.order(email=email, phone=phone),
        t.record("service_interactions", phone=phone),
        t.order(phone=phone, loyalty_card_id=card, sales_channel="call_centre"),
        t.order(loyalty_card_id=card, sales_channel="store"),
        t.record("loyalty_events", loyalty_card_id=card),
    }
    yield Story("chain", "e-mail → phone → card, one record each, is one customer", [records])

    t = Teller(landing, "fan_in")
    email, phone, card = t.mail("a"), phones.cz(), t.key("card")
    contact = t.contact(
        "c", email=email, phone=phone, loyalty_card_id=card, first_name="Ota", last_name="Pech"
    )
    records = {
        contact,
        t.order(email=email),
        t.order(phone=phone),
        t.order(loyalty_card_id=card, sales_channel="store"),
        t.order(contact_id=contact[2]),
        t.record("reviews", email=email),
        t.record("survey_responses", contact_id=contact[2]),
        t.record("service_interactions", phone=phone),
        t.record("consent_events", phone=phone, purpose="marketing"),
        t.record("loyalty_events", loyalty_card_id=card),
        t.order(brand="glen", email=email),
    }
    yield Story("fan_in", "six records, each by another identifier of one contact", [records])

    t = Teller(landing, "store_card_only")
    card = t.key("card")
    records = {t.order(loyalty_card_id=card, sales_channel="store") for _ in range(3)}
    records.add(t.record("loyalty_events", loyalty_card_id=card))
    other = {t.order(loyalty_card_id=t.key("other"), sales_channel="store")}
    yield Story("store_card_only", "a card is a customer, without any contact", [records, other])

    t = Teller(landing, "unknown_contact")
    records = {t.order(contact_id=t.key("ghost")), t.record("reviews", contact_id=t.key("ghost"))}
    yield Story("unknown_contact", "a contact id links though its contact never came", [records])

    t = Teller(landing, "anonymous_order")
    yield Story(
        "anonymous_order",
        "a record without an identifier has no customer",
        nobody={t.order(sales_channel="store"), t.record("reviews"), t.record("survey_responses")},
    )

    # 40 merge identifiers, below the cap of 50: e-mail and phone by turns.
    t = Teller(landing, "chain_forty")
    links = [t.mail(f"m{n}") if n % 2 == 0 else phones.cz() for n in range(40)]
    records = set()
    for left, right in pairwise(links):
        email, phone = (left, right) if "@" in left else (right, left)
        records.add(t.order(email=email, phone=phone))
    yield Story("chain_forty", "39 orders in a line over 40 identifiers", [records])

    # Vouchers do not count for the cap: 49 cards, 48 vouchers.
    t = Teller(landing, "chain_vouchers")
    records = set()
    for number in range(48):
        voucher = t.key(f"v{number}")
        records.add(
            t.record(
                "loyalty_events",
                loyalty_card_id=t.key(f"k{number}"),
                event_type="voucher_issued",
                voucher_code=voucher,
            )
        )
        records.add(
            t.order(
                loyalty_card_id=t.key(f"k{number + 1}"), coupon_code=voucher, sales_channel="store"
            )
        )
    yield Story("chain_vouchers", "96 records in a line; vouchers are not counted", [records])


def shared_identifiers(landing: Landing, phones: Phones) -> Iterator[Story]:
    """Identifiers of several people: few who contradict, many, and placeholders."""
    t = Teller(landing, "phone_of_two")
    phone = phones.cz()
    petr = {
        t.contact("petr", email=t.mail("p"), phone=phone, first_name="Petr", last_name="Malý"),
        t.order(email=t.mail("p"), phone=phone),
    }
    karel = {
        t.contact("karel", email=t.mail("k"), phone=phone, first_name="Karel", last_name="Veselý"),
        t.order(email=t.mail("k"), phone=phone),
    }
    yield Story(
        "phone_of_two",
        "two people of different names share a phone; an order with that phone alone is nobody's",
        [petr, karel],
        {t.order(phone=phone), t.record("service_interactions", phone=phone)},
    )

    t = Teller(landing, "family_email")
    family, phone_jan, phone_eva = t.mail("novakovi"), phones.cz(), phones.cz()
    contact_jan = t.contact(
        "jan", email=family, phone=phone_jan, first_name="Jan", last_name="Novák",
        birth_date="1975-04-12",
    )  # fmt: skip
    contact_eva = t.contact(
        "eva", email=family, phone=phone_eva, first_name="Eva", last_name="Novák",
        birth_date="1978-09-30",
    )  # fmt: skip
    jan = {
        contact_jan,
        t.contact("jan2", brand="glen", email=family, first_name="Jan", last_name="Novák"),
        t.order(email=family, phone=phone_jan),
        t.order(phone=phone_jan),
    }
    eva = {
        contact_eva,
        t.contact("eva2", email=family.upper(), first_name="EVA", last_name="NOVAK"),
        t.order(email=family, contact_id=contact_eva[2]),
        t.record("survey_responses", contact_id=contact_eva[2]),
    }
    guests = {t.order("guest1", email=family), t.order("guest2", email=family)}
    guests.add(t.record("reviews", email=family))
    yield Story(
        "family_email",
        "the e-mail of Jan and Eva Novák links the records whose names agree; nameless ones are"
        " left to their other identifiers",
        [jan, eva],
        guests,
    )

    t = Teller(landing, "family_call")
    family = t.mail("spolu")
    jan = {t.contact("jan", email=family, first_name="Jan", last_name="Horák")}
    eva = {t.contact("eva", email=family, first_name="Eva", last_name="Horáková")}
    phone = phones.cz()
    third = {t.order(email=family, phone=phone), t.record("service_interactions", phone=phone)}
    yield Story(
        "family_call",
        "a nameless order on the family's e-mail goes by its own phone, which nobody else has",
        [jan, eva, third],
    )

    t = Teller(landing, "household_card")
    card = t.key("card")
    jan = {t.contact("jan", loyalty_card_id=card, first_name="Jan", last_name="Fiala")}
    eva = {t.contact("eva", loyalty_card_id=card, first_name="Eva", last_name="Fialová")}
    yield Story(
        "household_card",
        "a card of two people is split like any identifier; what shows the card alone is nobody's",
        [jan, eva],
        {t.order(loyalty_card_id=card, sales_channel="store")},
    )

    t = Teller(landing, "shop_phone")
    phone = phones.cz()
    apart = [{t.order(email=t.mail(f"m{n}"), phone=phone), t.order(email=t.mail(f"m{n}"))}
             for n in range(8)]  # fmt: skip
    yield Story(
        "shop_phone",
        "the shop's phone on orders of eight people links nobody",
        apart,
        {t.order(phone=phone), t.order(phone=phone), t.record("service_interactions", phone=phone)},
    )

    t = Teller(landing, "six_people")
    phone = phones.cz()
    apart = [{t.order(email=t.mail(f"m{n}"), phone=phone)} for n in range(6)]
    yield Story("six_people", "six people are over five", apart, {t.order(phone=phone)})

    t = Teller(landing, "five_nameless")
    phone = phones.cz()
    whole = {t.order(email=t.mail(f"m{n}"), phone=phone) for n in range(5)} | {t.order(phone=phone)}
    yield Story("five_nameless", "five are not over five, and nothing contradicts", [whole])

    t = Teller(landing, "five_contradict")
    people = ["Adam", "Božena", "Cyril", "Dana", "Emil"]
    apart = [
        {t.contact(f"c{n}", email=t.mail("info"), first_name=first, last_name=f"Vzor{first}")}
        for n, first in enumerate(people)
    ]
    apart[0].add(
        t.contact("again", brand="glen", email=t.mail("info"), first_name="Adam",
                  last_name="VzorAdam")
    )  # fmt: skip
    yield Story(
        "five_contradict",
        "five are few: the e-mail is split by person and links the two records of Adam",
        apart,
        {t.order(email=t.mail("info"))},
    )

    t = Teller(landing, "info_mailbox")
    people = ["Adam", "Božena", "Cyril", "Dana", "Emil", "Filip", "Gita"]
    apart = [
        {t.contact(f"c{n}", email=t.mail("info"), first_name=first, last_name=f"Vzor{first}")}
        for n, first in enumerate(people)
    ]
    yield Story(
        "info_mailbox",
        "seven named people at one mailbox: it links nobody, not even the ones of the same name",
        [*apart, {t.contact("again", email=t.mail("info"), first_name="Adam",
                            last_name="VzorAdam")}],
        {t.order(email=t.mail("info"))},
    )  # fmt: skip

    t = Teller(landing, "placeholder_email")
    apart = [
        {t.contact(f"c{n}", email="unknown@example.com", phone=phones.cz())} for n in range(10)
    ]
    apart += [{t.order(email="noreply@brand.example", phone=phones.cz())} for _ in range(2)]
    yield Story(
        "placeholder_email",
        "unknown@… and noreply@… link nobody, on ten records or on two",
        apart,
        {t.order(email="unknown@example.com"), t.order(email="NoReply@brand.example")},
    )

    t = Teller(landing, "placeholder_others")
    apart = [{t.contact(f"zero{n}", phone="000000000")} for n in range(2)]
    apart += [{t.contact(f"count{n}", phone="123456789")} for n in range(2)]
    apart += [{t.contact(f"na{n}", loyalty_card_id="n/a", email="n/a")} for n in range(2)]
    apart += [{t.contact(f"null{n}", loyalty_card_id="NULL", email="null")} for n in range(2)]
    apart += [{t.order(email=t.mail(f"m{n}"), loyalty_card_id="null")} for n in range(2)]
    yield Story(
        "placeholder_others",
        "000000000, 123456789, n/a and null link nobody",
        apart,
        {t.order(phone="000000000"), t.order(loyalty_card_id="n/a"), t.order(contact_id="null")},
    )

    t = Teller(landing, "malformed")
    apart = [{t.contact(f"c{n}", email="jan.at.home", phone="12")} for n in range(2)]
    yield Story(
        "malformed",
        "an e-mail without @ and a phone of two digits are no identifiers",
        apart,
        {t.order(email="jan.at.home"), t.order(phone="12")},
    )

    t = Teller(landing, "nameless_bridge")
    phone = phones.cz()
    records = {
        t.contact("jan", email=t.mail("old"), phone=phone, first_name="Jan", last_name="Kos"),
        t.order(email=t.mail("new"), phone=phone),
        t.contact("newsletter", email=t.mail("new"), source_system="newsletter"),
    }
    yield Story("nameless_bridge", "a nameless record contradicts nobody", [records])


def equal_values(landing: Landing, phones: Phones) -> Iterator[Story]:
    """The same text in two places is not the same thing."""
    t = Teller(landing, "phone_is_card")
    digits = phones.cz()
    apart = [
        {t.order(phone=digits)},
        {t.order(loyalty_card_id=digits, sales_channel="store")},
        {t.order(loyalty_card_id=f"+420{digits}", sales_channel="store")},
        {t.order(contact_id=digits)},
        {t.order(contact_id=f"+420{digits}")},
    ]
    yield Story("phone_is_card", "a phone equal to a card number or a contact id", apart)

    t = Teller(landing, "same_ids")
    apart = []
    for brand in ("fjord", "glen", "harbour"):
        contact = t.contact("c", brand=brand, contact_id="SAME-77", loyalty_card_id="SAME-CARD")
        order = t.order(brand=brand, order_id="SAME-ORDER", contact_id="SAME-77")
        apart.append(
            {
                contact,
                order,
                t.order(brand=brand, loyalty_card_id="SAME-CARD", sales_channel="store"),
                t.record("reviews", brand=brand, order_id="SAME-ORDER", review_id="SAME-REVIEW"),
                t.record("returns", brand=brand, order_id="SAME-ORDER", return_id="SAME-RETURN"),
            }
        )
    yield Story("same_ids", "contact id, card, order id and review id are each brand's own", apart)

    t = Teller(landing, "ids_alike")
    alike = ["0077", "77", "77.0", "7|7", "7", "7:7", "7'7", '7"7', "+77", "é77", "e77"]
    apart = [
        {t.contact("c", contact_id=f"alike{text}"), t.order(contact_id=f"alike{text}")}
        for text in alike
    ]
    apart[0].add(t.order(contact_id="  alike0077\u200b "))
    apart.append({t.order(contact_id="alike7", loyalty_card_id="alike|7")})
    apart[4] |= apart.pop()
    apart.append({t.order(loyalty_card_id="7|alike", sales_channel="store")})
    yield Story("ids_alike", "ids are text: zeros, bars and accents tell them apart", apart)

    t = Teller(landing, "one_controller")
    email, phone = t.mail("a"), phones.gb()
    international = f"+44{phone[1:]}"
    records = {
        t.contact("c", email=email, phone=international),
        t.contact("c", brand="glen", email=email),
        t.order(brand="glen", phone=phone),
    }
    yield Story("one_controller", "e-mail and phone are shared inside one controller", [records])


def controllers(landing: Landing, phones: Phones) -> Iterator[Story]:
    """The same e-mail at two controllers, by consent only."""

    def consent(t: Teller, brand: str, date: str, decision: str = "granted", **who: str) -> Ref:
        return t.record(
            "consent_events", brand=brand, at=day(date), decision=decision,
            purpose="cross_brand_profiling", **who,
        )  # fmt: skip

    def pair(name: str) -> tuple[Teller, str, set[Ref], set[Ref]]:
        t = Teller(landing, name)
        email = t.mail("a")
        left = {t.contact("f", email=email), t.order(brand="glen", email=email)}
        right = {t.contact("h", brand="harbour", email=email)}
        return t, email, left, right

    t, email, left, right = pair("no_consent")
    phone = phones.de()
    left.add(t.order(email=email, phone=f"+49{phone[1:]}"))
    right.add(t.order(brand="harbour", email=email, phone=phone))
    yield Story("no_consent", "no consent, no link across controllers", [left, right])

    t, email, left, right = pair("one_sided")
    left.add(consent(t, "fjord", "2025-05-01", email=email))
    yield Story("one_sided", "a consent at one of the two controllers is none", [left, right])

    t, email, left, right = pair("other_purpose")
    for brand, group in (("fjord", left), ("harbour", right)):
        for purpose in ("profiling", "marketing", "third_party_sharing"):
            group.add(t.record("consent_events", brand=brand, email=email, purpose=purpose))
    yield Story("other_purpose", "other purposes do not join controllers", [left, right])

    t, email, left, right = pair("both_granted")
    left.add(consent(t, "fjord", "2025-05-01", email=email))
    right.add(consent(t, "harbour", "2025-06-01", email=email))
    yield Story("both_granted", "granted at both: one customer", [left | right])

    t, email, left, right = pair("withdrawn")
    left.add(consent(t, "fjord", "2025-05-01", email=email))
    right.add(consent(t, "harbour", "2025-06-01", email=email))
    right.add(consent(t, "harbour", "2025-09-01", "withdrawn", email=email))
    yield Story("withdrawn", "withdrawn at one: two customers again", [left, right])

    t, email, left, right = pair("granted_again")
    left.add(consent(t, "fjord", "2025-05-01", email=email))
    right.add(consent(t, "harbour", "2025-06-01", email=email))
    right.add(consent(t, "harbour", "2025-09-01", "withdrawn", email=email))
    right.add(consent(t, "harbour", "2025-10-01", email=email))
    yield Story("granted_again", "the last decision counts: granted again", [left | right])

    t, email, left, right = pair("late_grant")
    left.add(consent(t, "fjord", "2025-05-01", email=email))
    # The withdrawal was decided last, though the grant before it was delivered after it.
    withdrawn = t.record(
        "consent_events", brand="harbour", at=day("2025-09-01"), decision="withdrawn", email=email
    )
    right |= {withdrawn}
    late = t.key("late")
    landing.add(
        "consent_events", "harbour", "2026-01-15", consent_event_id=late, email=email,
        purpose="cross_brand_profiling", decision="granted", decided_at=iso(day("2025-06-01")),
    )  # fmt: skip
    right.add(("harbour", "consent_events", late))
    yield Story("late_grant", "the last decision, not the last delivery", [left, right])

    t, email, left, right = pair("third_refuses")
    third = {t.contact("i", brand="isle", email=email)}
    left.add(consent(t, "glen", "2025-05-01", email=email))
    right.add(consent(t, "harbour", "2025-06-01", email=email))
    third.add(consent(t, "isle", "2025-06-02", "withdrawn", email=email))
    yield Story("third_refuses", "two controllers agree, a third not", [left | right, third])

    t, email, left, right = pair("three_granted")
    third = {t.contact("j", brand="juniper", email=email)}
    left.add(consent(t, "glen", "2025-05-01", email=email))
    right.add(consent(t, "harbour", "2025-06-01", email=email))
    third.add(consent(t, "juniper", "2025-06-02", email=email))
    yield Story("three_granted", "all three agree", [left | right | third])

    t, email, left, right = pair("consent_by_contact")
    left.add(consent(t, "fjord", "2025-05-01", contact_id=t.key("f")))
    right.add(consent(t, "harbour", "2025-06-01", contact_id=t.key("h")))
    yield Story("consent_by_contact", "that person granted it, known by contact id", [left | right])

    t, email, left, right = pair("withdrawn_by_contact")
    left.add(consent(t, "fjord", "2025-05-01", email=email))
    right.add(consent(t, "harbour", "2025-06-01", email=email))
    right.add(consent(t, "harbour", "2025-09-01", "withdrawn", contact_id=t.key("h")))
    yield Story(
        "withdrawn_by_contact",
        "granted by e-mail, withdrawn by contact id of the same person: withdrawn",
        [left, right],
    )

    for name, first, second in (
        ("initial_across", "Rudolf", "R."),
        ("nickname_across", "Robert", "Bob"),
        ("case_across", "Ondřej", "ONDREJ"),
    ):
        t = Teller(landing, name)
        email = t.mail("a")
        records = {
            t.contact("f", email=email, first_name=first, last_name="Kovář"),
            t.contact("h", brand="harbour", email=email, first_name=second, last_name="Kovář"),
            consent(t, "fjord", "2025-05-01", email=email),
            consent(t, "harbour", "2025-06-01", email=email),
        }
        yield Story(name, "granted at both, and the names do not contradict", [records])

    t = Teller(landing, "strangers_across")
    email = t.mail("a")
    left = {t.contact("f", email=email, first_name="Jan", last_name="Bureš")}
    right = {t.contact("h", brand="harbour", email=email, first_name="Eva", last_name="Bureš")}
    left.add(consent(t, "fjord", "2025-05-01", contact_id=t.key("f")))
    right.add(consent(t, "harbour", "2025-06-01", contact_id=t.key("h")))
    yield Story(
        "strangers_across", "one granted it here and another there: nobody at both", [left, right]
    )

    t = Teller(landing, "family_across")
    email = t.mail("a")
    jan = {
        t.contact("f", email=email, first_name="Jan", last_name="Moudrý"),
        t.contact("h", brand="harbour", email=email, first_name="Jan", last_name="Moudrý"),
        consent(t, "fjord", "2025-05-01", contact_id=t.key("f")),
        consent(t, "harbour", "2025-06-01", contact_id=t.key("h")),
    }
    eva = {t.contact("e", email=email, first_name="Eva", last_name="Moudrá")}
    yield Story("family_across", "Jan's consent joins Jan, and Eva to nobody", [jan, eva])

    t = Teller(landing, "phone_with_consent")
    phone = phones.de()
    left = {t.contact("f", phone=f"+49{phone[1:]}")}
    right = {t.contact("h", brand="harbour", phone=phone)}
    left.add(consent(t, "fjord", "2025-05-01", contact_id=t.key("f")))
    right.add(consent(t, "harbour", "2025-06-01", contact_id=t.key("h")))
    yield Story("phone_with_consent", "only the e-mail crosses controllers", [left, right])


def vouchers_and_links(landing: Landing, phones: Phones) -> Iterator[Story]:
    """Vouchers merge, order ids and share codes only assign."""
    t = Teller(landing, "voucher_till")
    card, voucher = t.key("card"), t.key("V1")
    records = {
        t.contact("c", loyalty_card_id=card, email=t.mail("a")),
        t.record("loyalty_events", loyalty_card_id=card, event_type="voucher_issued",
                 voucher_code=voucher),
        t.order(coupon_code=voucher, sales_channel="store"),
    }  # fmt: skip
    yield Story("voucher_till", "a voucher issued to one, used at a till", [records])

    t = Teller(landing, "public_coupon")
    apart = [{t.order(email=t.mail(f"m{n}"), coupon_code="SUMMER10")} for n in range(8)]
    apart += [{t.order(email=t.mail(f"w{n}"), coupon_code="WELCOME5")} for n in range(2)]
    yield Story(
        "public_coupon",
        "a coupon that nobody was issued links nobody, whether many use it or two",
        apart,
        {t.order(coupon_code="SUMMER10"), t.order(coupon_code="WELCOME5")},
    )

    t = Teller(landing, "voucher_of_two")
    apart = []
    for who in ("a", "b"):
        apart.append(
            {
                t.contact(who, loyalty_card_id=t.key(f"card-{who}"), email=t.mail(who)),
                t.record("loyalty_events", loyalty_card_id=t.key(f"card-{who}"),
                         event_type="voucher_issued", voucher_code=t.key("TWIN")),
            }
        )  # fmt: skip
    yield Story(
        "voucher_of_two",
        "a voucher issued to two customers is not issued to one",
        apart,
        {t.order(coupon_code=t.key("TWIN"), sales_channel="store")},
    )

    t = Teller(landing, "voucher_two_brands")
    one = {
        t.record("loyalty_events", loyalty_card_id=t.key("card"), event_type="voucher_issued",
                 voucher_code=t.key("V")),
        t.order(coupon_code=t.key("V"), sales_channel="store"),
    }  # fmt: skip
    yield Story(
        "voucher_two_brands",
        "a voucher code is the brand's own",
        [one],
        {t.order(brand="glen", coupon_code=t.key("V"), sales_channel="store")},
    )

    t = Teller(landing, "by_order_id")
    bought = t.order(email=t.mail("buyer"))
    buyer = {
        bought,
        t.record("reviews", order_id=bought[2], review_site="zbozi"),
        t.record("service_interactions", order_id=bought[2]),
        t.record("returns", order_id=bought[2]),
    }
    friend = {
        t.contact("friend", email=t.mail("friend")),
        t.record("reviews", order_id=bought[2], email=t.mail("friend")),
    }
    yield Story(
        "by_order_id",
        "an order id finds the buyer and never merges: a friend who reviews a gift stays apart",
        [buyer, friend],
        {
            t.record("reviews", order_id=t.key("no-such-order")),
            t.record("returns", order_id=t.key("no-such-order")),
            t.record("reviews", brand="glen", order_id=bought[2]),
        },
    )

    t = Teller(landing, "call_by_phone")
    phone = phones.cz()
    records = {
        t.contact("c", phone=f"+420 {phone[:3]} {phone[3:6]} {phone[6:]}", email=t.mail("a")),
        t.record("service_interactions", phone=phone),
        t.record("service_interactions", phone=f"00420{phone}"),
    }
    yield Story("call_by_phone", "a call known by its phone only", [records])

    t = Teller(landing, "click_through")
    contact = t.contact("c", email=t.mail("reader"))
    t.record("message_events", email=t.mail("reader"), message_id=t.key("m1"), at=day("2026-02-01"))
    t.record("message_events", email=t.mail("reader"), message_id=t.key("m1"),
             event_type="clicked", at=day("2026-02-01", 15))  # fmt: skip
    visit = t.visit(t.key("device"), day("2026-02-01", 15, 1), message_id=t.key("m1"))
    yield Story(
        "click_through",
        "a click in a newsletter belongs to the recipient",
        [{contact}],
        visits={visit: contact},
    )

    t = Teller(landing, "share_code")
    sharer = t.contact("sharer", email=t.mail("sharer"))
    visitor = t.contact("friend", email=t.mail("friend"))
    t.record("share_codes", share_code=t.key("S1"), contact_id=sharer[2], at=day("2026-01-10"))
    stranger = t.visit(t.key("d1"), day("2026-01-11"), share_code=t.key("S1"))
    known = t.visit(t.key("d2"), day("2026-01-12"), login=visitor[2], share_code=t.key("S1"))
    yield Story(
        "share_code",
        "a share code credits the sharer; the visitor stays who they are",
        [{sharer}, {visitor}],
        visits={stranger: None, known: visitor},
    )


def devices(landing: Landing, phones: Phones) -> Iterator[Story]:
    """Devices assign by time and never join."""
    t = Teller(landing, "device_hands")
    a = t.contact("a", email=t.mail("a"))
    b = t.contact("b", email=t.mail("b"), phone=phones.cz())
    tablet = t.key("tablet")
    visits: dict[tuple[str, str | None, dt.datetime], Ref | None] = {
        t.visit(tablet, day("2025-11-25")): a,
        t.visit(tablet, day("2025-12-01"), login=a[2]): a,
        t.visit(tablet, day("2025-12-02")): a,
        t.visit(tablet, day("2025-12-10"), login=b[2]): b,
        t.visit(tablet, day("2025-12-11")): b,
        t.visit(tablet, day("2026-04-11")): b,
        t.visit(tablet, day("2026-04-20"), login=a[2]): a,
        t.visit(tablet, day("2026-04-21")): a,
    }
    yield Story(
        "device_hands",
        "a tablet moves between people with each login and joins them never",
        [{a}, {b}],
        visits=visits,
    )

    t = Teller(landing, "device_before")
    a = t.contact("a", email=t.mail("a"))
    soon, late, never = t.key("soon"), t.key("late"), t.key("never")
    visits = {
        t.visit(soon, day("2026-01-05")): a,
        t.visit(soon, day("2026-02-03"), login=a[2]): a,
        t.visit(late, day("2026-01-05")): None,
        t.visit(late, day("2026-02-06"), login=a[2]): a,
        t.visit(never, day("2026-01-05")): None,
        t.visit(soon, day("2026-02-05"), brand="glen"): None,
    }
    yield Story(
        "device_before",
        "an anonymous visit belongs to the first login within 30 days after it, 29 are in, 32 are"
        " out; the same device id in another brand is another device",
        [{a}],
        visits=visits,
    )

    t = Teller(landing, "no_device")
    a = t.contact("a", email=t.mail("a"))
    yield Story(
        "no_device",
        "without a device a session is the contact's",
        [{a}],
        visits={t.visit(None, day("2026-03-05"), login=a[2], clicks=3): a},
    )


def typing_variants(landing: Landing, phones: Phones) -> Iterator[Story]:
    """One address or number, typed in many ways."""
    t = Teller(landing, "email_variants")
    variants = [
        "anna.typo@post.example",
        "  Anna.Typo@Post.Example ",
        "anna.typo+shop@post.example",
        "Anna Typo <anna.typo@post.example>",
        "ANNA.TYPO@POST.EXAMPLE",
        "anna.\u200btypo@post.example",
        "\ufeffanna.typo@post.example",
        "anna.typo@post.example\u00a0",
    ]
    apart = [{t.order(email=variant) for variant in variants}]
    apart.append({t.order(email="annatypo@post.example")})
    yield Story("email_variants", "dots matter outside Gmail", apart)

    t = Teller(landing, "gmail_dots")
    variants = ["j.o.dots.oracle@gmail.com", "jodotsoracle@gmail.com", "JODots.Oracle+x@GMAIL.com"]
    yield Story("gmail_dots", "dots do not matter in Gmail", [{t.order(email=v) for v in variants}])

    t = Teller(landing, "phone_variants")
    phone = phones.cz()
    variants = [
        phone,
        f"+420{phone}",
        f"00420{phone}",
        f"+420 {phone[:3]} {phone[3:6]} {phone[6:]}",
        f"{phone[:3]}-{phone[3:6]}-{phone[6:]}",
        f"(+420) {phone[:3]} {phone[3:6]} {phone[6:]}",
        f" {phone[:3]}\u00a0{phone[3:6]}\u00a0{phone[6:]} ",
        f"{phone[:3]}/{phone[3:6]}.{phone[6:]}",
    ]
    yield Story(
        "phone_variants", "one Czech number", [{t.order(phone=variant) for variant in variants}]
    )

    t = Teller(landing, "trunk_zero")
    groups = []
    for brand, prefix in (("glen", "+44"), ("harbour", "+49"), ("isle", "+33")):
        phone = phones.of(brand)
        groups.append(
            {
                t.order(brand=brand, phone=phone),
                t.order(brand=brand, phone=f"{prefix}{phone[1:]}"),
                t.order(brand=brand, phone=f"00{prefix[1:]} {phone[1:4]} {phone[4:]}"),
                t.order(brand=brand, phone=f"{phone[:5]} {phone[5:]}"),
                t.order(brand=brand, phone=f"{prefix} (0) {phone[1:]}"),
            }
        )
    phone = phones.it()
    groups.append(
        {t.order(brand="juniper", phone=phone), t.order(brand="juniper", phone=f"+39 {phone}")}
    )
    yield Story("trunk_zero", "the trunk zero of GB, DE and FR goes; Italy has none here", groups)

    t = Teller(landing, "contact_country")
    phone = phones.de()
    records = {
        t.contact("c", phone=phone, country_code="DE"),
        t.order(phone=f"+49{phone[1:]}"),
    }
    yield Story("contact_country", "a contact's own country reads its phone", [records])


def names(landing: Landing, phones: Phones) -> Iterator[Story]:
    """Names that differ and agree, or do not, on an e-mail that is their only link."""
    same: dict[str, list[dict[str, str]]] = {
        "nickname_english": [
            {"first_name": "Robert", "last_name": "Ford"},
            {"first_name": "Bob", "last_name": "Ford"},
        ],
        "nickname_czech": [
            {"first_name": "Jan", "last_name": "Havel"},
            {"first_name": "Honza", "last_name": "Havel"},
        ],
        "nickname_short": [
            {"first_name": "Alexandra", "last_name": "Ryba"},
            {"first_name": "Alex", "last_name": "Ryba"},
        ],
        "nickname_kate": [
            {"first_name": "Katherine", "last_name": "Moor"},
            {"first_name": "Kate", "last_name": "Moor"},
        ],
        "initial": [
            {"first_name": "Rudolf", "last_name": "Beneš"},
            {"first_name": "R.", "last_name": "Beneš"},
            {"first_name": "R", "last_name": "Beneš"},
        ],
        "diacritics": [
            {"first_name": "Jiří", "last_name": "Kučera"},
            {"first_name": "jiri", "last_name": "KUCERA"},
            {"first_name": "Jir\u030ci\u0301", "last_name": "Kuc\u030cera"},
        ],
        "maiden_name": [
            {"first_name": "Olga", "last_name": "Nová", "birth_date": "1990-05-06"},
            {"first_name": "Olga", "last_name": "Kratochvílová", "birth_date": "1990-05-06"},
        ],
        "swapped_birth_date": [
            {"first_name": "Ivan", "last_name": "Tichý", "birth_date": "1980-03-07"},
            {"first_name": "Ivan", "last_name": "Tichý", "birth_date": "1980-07-03"},
        ],
        "birth_date_missing": [
            {"first_name": "Hugo", "last_name": "Hájek", "birth_date": "1980-03-07"},
            {"first_name": "Hugo", "last_name": "Hájek"},
        ],
    }
    for name, people in same.items():
        t = Teller(landing, name)
        records = {
            t.contact(f"c{number}", None, None, email=t.mail("a"), **person)
            for number, person in enumerate(people)
        }
        records.add(t.order(email=t.mail("a")))
        yield Story(name, "no contradiction: one customer", [records])

    t = Teller(landing, "father_and_son")
    father = {
        t.contact("f1", email=t.mail("a"), first_name="Josef", last_name="Dvořák",
                  birth_date="1950-02-11"),
        t.contact("f2", email=t.mail("a"), first_name="Josef", last_name="Dvořák",
                  birth_date="1950-11-02"),
    }  # fmt: skip
    son = {
        t.contact("s1", email=t.mail("a"), first_name="Josef", last_name="Dvořák",
                  birth_date="1982-09-23"),
    }  # fmt: skip
    yield Story(
        "father_and_son",
        "a person is told by name and birth date: two birth dates contradict, a swapped one not",
        [father, son],
        {t.order(email=t.mail("a"))},
    )

    t = Teller(landing, "initial_in_family")
    jan = {
        t.contact("jan", email=t.mail("a"), first_name="Jan", last_name="Zeman"),
        t.contact("j", email=t.mail("a"), first_name="J.", last_name="Zeman"),
    }
    eva = {t.contact("eva", email=t.mail("a"), first_name="Eva", last_name="Zeman")}
    yield Story("initial_in_family", "J. Zeman is Jan and not Eva", [jan, eva])

    t = Teller(landing, "same_surname_birth_date")
    twins = [
        {t.contact("a", phone=(phone := phones.cz()), first_name="Petra", last_name="Bílá",
                   birth_date="2001-01-20")},
        {t.contact("b", phone=phone, first_name="Klára", last_name="Bílá",
                   birth_date="2001-01-20")},
    ]  # fmt: skip
    yield Story("same_surname_birth_date", "twins on one phone are two people", twins)


def volumes(landing: Landing, phones: Phones) -> Iterator[Story]:
    """Shared is about people, never about volume."""
    t = Teller(landing, "loyal")
    email, phone, card = t.mail("a"), phones.cz(), t.key("card")
    contact = t.contact(
        "c", email=email, phone=phone, loyalty_card_id=card, first_name="Věra", last_name="Stálá",
        birth_date="1969-01-02",
    )  # fmt: skip
    records = {contact}
    start = day("2024-01-01", 10)
    by = [{"email": email}, {"phone": phone}, {"loyalty_card_id": card},
          {"email": email, "phone": phone}, {"contact_id": contact[2], "email": email}]  # fmt: skip
    for number in range(500):
        at = start + dt.timedelta(days=number)
        records.add(t.order(at=at, load=month_after(at), **by[number % 5]))
    yield Story("loyal", "500 orders over three identifiers", [records])

    t = Teller(landing, "many_systems")
    records = {
        t.contact(f"c{number}", email=t.mail("a"), first_name="Marek", last_name="Pilný",
                  source_system=system)
        for number, system in enumerate(
            ["eshop", "pos", "app", "newsletter", "crm", "call_centre", "b2b", "events"]
        )
    }  # fmt: skip
    records.add(t.order(email=t.mail("a")))
    yield Story("many_systems", "one name in eight systems is one person", [records])

    t = Teller(landing, "voucher_lover")
    card, email = t.key("card"), t.mail("a")
    records = {
        t.contact("c", email=email, loyalty_card_id=card, first_name="Ema", last_name="Šetrná")
    }
    for number in range(8):
        voucher = t.key(f"V{number}")
        records.add(t.record("loyalty_events", loyalty_card_id=card, event_type="voucher_issued",
                             voucher_code=voucher))  # fmt: skip
        records.add(t.order(email=email, coupon_code=voucher))
    yield Story(
        "voucher_lover", "eight vouchers issued to one card, used with one e-mail", [records]
    )
