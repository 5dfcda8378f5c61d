"""Finds people on the list in text of no fixed form: rejected lines, exports, the steward's file.

Such a text has no columns, so it is cut into what may be an identifier: e-mail addresses, numbers
that may be telephone numbers, and words of five signs or more with a digit in them, which may be
an id of any type. A shorter word is not looked for: "17" in somebody else's line is a quantity.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from crossbrand.privacy.marks import SuppressionList
from crossbrand.privacy.rows import UNKNOWN_CONTROLLER, RowReader, seed

ADDRESS = re.compile(r"[^\s,;\"'<>|(){}\[\]=]+@[^\s,;\"'<>|(){}\[\]=]+")
NUMBER = re.compile(r"[+(]?\d[\d\s()./-]{5,22}\d")
WORD = re.compile(r"[\w-]{5,64}")
WORD_KINDS = (
    "contact_id",
    "loyalty_card_id",
    "voucher_code",
    "device_id",
    "order_id",
    "message_id",
)


class TextSearch:
    """Tells which texts name somebody on the list; `scopes` None stands for every brand."""

    def __init__(
        self, reader: RowReader, listed: SuppressionList, connection: duckdb.DuckDBPyConnection
    ) -> None:
        self._reader, self._listed, self._connection = reader, listed, connection
        self._brands = {row["brand_id"]: row for row in seed(reader.project, "brands")}

    def find(
        self, texts: Sequence[tuple[str | None, str]], kinds: Collection[str] | None = None
    ) -> list[bool]:
        """For each (brand, text) whether it names an identifier that was an erased person's.

        `kinds`: of these types alone.
        """
        wanted: dict[tuple[str, str], set[int]] = {}
        addresses: dict[str, set[tuple[str | None, int]]] = {}
        numbers: dict[str, set[tuple[str | None, int]]] = {}
        for index, (brand, text) in enumerate(texts):
            for found in ADDRESS.findall(text):
                addresses.setdefault(found, set()).add((brand, index))
            for found in NUMBER.findall(text):
                numbers.setdefault(found, set()).add((brand, index))
            for word in set(WORD.findall(text)):
                if not any(sign.isdigit() for sign in word):
                    continue
                for kind in WORD_KINDS:
                    if kind in self._listed.kinds:
                        for scope in self._scopes(kind, brand):
                            wanted.setdefault((kind, f"{kind}|{scope}|{word}"), set()).add(index)
        for found, key in self._keys(addresses).items():
            for brand, index in addresses[found]:
                for scope in self._scopes("email", brand):
                    wanted.setdefault(("email", f"email|{scope}|{key}"), set()).add(index)
        for (found, _), phone in self._phones(numbers).items():
            for brand, index in numbers[found]:
                for scope in self._scopes("phone", brand):
                    wanted.setdefault(("phone", f"phone|{scope}|{phone}"), set()).add(index)
        by_kind: dict[str, list[str]] = {}
        for kind, text in wanted:
            if kinds is not None and kind not in kinds:
                continue
            by_kind.setdefault(kind, []).append(text)
        hit = [False] * len(texts)
        for kind, candidates in by_kind.items():
            for text in self._listed.find(kind, candidates):
                for index in wanted[kind, text]:
                    hit[index] = True
        return hit

    def is_surely(self, texts: Sequence[tuple[str | None, str]]) -> list[bool]:
        """For each (brand, text) that was found, whether it may be shown to the person.

        A short number is an id here and a quantity or a postal code in somebody else's line. So a
        line is shown where an address, a telephone number or a word of letters and digits is
        theirs, and no address is anybody else's.
        """
        told = []
        for brand, text in texts:
            addresses = [(brand, found) for found in ADDRESS.findall(text)]
            numbers = [(brand, found) for found in NUMBER.findall(text)]
            words = [(brand, found) for found in WORD.findall(text) if not found.isdigit()]
            mine = self.find(addresses, ("email",))
            is_named = any(mine) or any(self.find(numbers, ("phone",)))
            told.append(all(mine) and (is_named or any(self.find(words, WORD_KINDS))))
        return told

    def _scopes(self, kind: str, brand: str | None) -> Iterable[str]:
        is_of_controller = self._reader.types.is_of_controller(kind)
        if brand is not None and brand not in self._brands:
            return [UNKNOWN_CONTROLLER if is_of_controller else brand]
        rows = [self._brands[brand]] if brand is not None else list(self._brands.values())
        return sorted({row["controller_id" if is_of_controller else "brand_id"] for row in rows})

    def _keys(self, addresses: Mapping[str, object]) -> dict[str, str]:
        if not addresses or "email" not in self._listed.kinds:
            return {}
        self._connection.register("texts", pa.table({"found": pa.array(list(addresses))}))
        macros = self._reader.macros
        rows = self._connection.execute(
            f"select found, {macros('email_key', 'address')} from "
            f"(select found, {macros('email_address', 'found')} as address from texts) "
            "where address is not null"
        ).fetchall()
        self._connection.unregister("texts")
        return {row[0]: row[1] for row in rows}

    def _phones(self, numbers: Mapping[str, object]) -> dict[tuple[str, str], str]:
        if not numbers or "phone" not in self._listed.kinds:
            return {}
        countries = sorted({row["country_code"] for row in self._brands.values()})
        table = pa.table(
            {
                "found": pa.array([text for text in numbers for _ in countries]),
                "country": pa.array([code for _ in numbers for code in countries]),
            }
        )
        self._connection.register("texts", table)
        phone = self._reader.macros("phone_e164", "found", "country")
        rows = self._connection.execute(
            f"select found, country, {phone} as phone from texts where {phone} is not null"
        ).fetchall()
        self._connection.unregister("texts")
        return {(row[0], row[1]): row[2] for row in rows}


def brand_of(path: Path) -> str | None:
    """The brand in a path below the landing, as staging decodes it."""
    from urllib.parse import unquote

    for part in path.parts:
        if part.startswith("brand="):
            return unquote(part.removeprefix("brand="))
    return None
