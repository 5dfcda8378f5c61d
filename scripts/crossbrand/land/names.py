"""Which delivered column is which column of the contract, and which it may have meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

# Words that exports use for the contract's columns; only for suggestions, never taken at once.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "email": ("mail", "e_mail", "email_address", "emailova_adresa", "correo"),
    "phone": ("telephone", "tel", "telefon", "mobile", "mobil", "phone_number", "cell"),
    "contact_id": ("customer_id", "client_id", "user_id", "member_id", "account_id", "zakaznik"),
    "order_id": ("order_number", "order_no", "cislo_objednavky", "objednavka", "bestellnummer"),
    "total_amount": ("total", "amount", "grand_total", "order_total", "price", "cena", "celkem"),
    "ordered_at": ("order_date", "created_at", "created", "purchased_at", "datum", "date"),
    "updated_at": ("modified_at", "modified", "changed_at", "last_modified", "updated", "zmeneno"),
    "occurred_at": ("timestamp", "event_time", "ts", "time", "created_at", "date"),
    "currency_code": ("currency", "mena", "waehrung"),
    "status": ("state", "stav", "order_status"),
    "sales_channel": ("channel", "source", "kanal"),
    "first_name": ("firstname", "given_name", "forename", "jmeno", "vorname"),
    "last_name": ("lastname", "surname", "family_name", "prijmeni", "nachname"),
    "birth_date": ("birthday", "date_of_birth", "dob", "datum_narozeni", "geburtsdatum"),
    "postal_code": ("zip", "zip_code", "postcode", "psc", "plz"),
    "country_code": ("country", "zeme", "land"),
    "city": ("town", "mesto", "stadt", "ort"),
    "product_id": ("sku", "article", "item_id", "article_number", "ean"),
    "quantity": ("qty", "count", "pieces", "mnozstvi", "menge"),
    "unit_price": ("price", "price_per_unit", "cena_za_kus"),
    "loyalty_card_id": ("card", "card_number", "loyalty_card", "karta"),
}


def plain_name(name: str) -> str:
    """A column's name without accents, case and punctuation: `Order ID`, `orderId` are orderid."""
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return re.sub(r"[^0-9a-z]+", "", letters.casefold())


def match_names(names: Sequence[str], contract: Sequence[str]) -> dict[int, str]:
    """Which of the contract's columns each delivered one is: by name, whatever its spelling.

    Only case, accents and punctuation may differ. A name that is exactly right comes first.
    """
    by_plain = {plain_name(column): column for column in contract}
    exact = {index: name for index, name in enumerate(names) if name in set(contract)}
    matched = dict(exact)
    for index, name in enumerate(names):
        column = by_plain.get(plain_name(name))
        if index not in matched and column is not None:
            matched[index] = column
    return matched


def suggest(name: str, choices: Iterable[str]) -> str | None:
    """The choice that a wrong name most likely means, or None."""
    by_plain = {plain_name(choice): choice for choice in choices}
    plain = plain_name(name)
    if plain in by_plain:
        return by_plain[plain]
    synonyms = {
        plain_name(synonym): choice
        for choice in by_plain.values()
        for synonym in SYNONYMS.get(choice, ())
    }
    if plain in synonyms:
        return synonyms[plain]
    close = difflib.get_close_matches(plain, list(by_plain), n=1, cutoff=0.66)
    if close:
        return by_plain[close[0]]
    inside = [
        (len(key), choice)
        for key, choice in (*by_plain.items(), *synonyms.items())
        if len(key) > 3 and len(plain) > 3 and (key in plain or plain in key)
    ]
    return max(inside)[1] if inside else None


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """` Did you mean x?`, or nothing."""
    choice = suggest(name, choices)
    return f" Did you mean {choice}?" if choice else ""
