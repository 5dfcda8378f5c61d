"""What an answer to a request for access must hold, told from the landed files and the planting.

The files are read here row by row in Python, and whose a row is was written down when it was
planted: no identity, no SQL of the command is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq

from .planting import Garden, Planted

KEYS = {
    "contacts": "contact_id", "orders": "order_id", "order_lines": "order_id",
    "returns": "return_id", "reviews": "review_id", "survey_responses": "response_id",
    "share_codes": "share_code", "service_interactions": "interaction_id",
    "consent_events": "consent_event_id", "campaign_controls": "control_id",
    "message_events": "event_id", "events": "event_id", "loyalty_events": "event_id",
    "privacy_requests": "request_id", "_rejects": "text",
}  # fmt: skip
NOBODYS = ("campaigns", "products")
OF_OTHERS = "/aged.parquet"
"""Rows that tests/properties/privacy/ageing.py plants."""

Landed = tuple[str, str, int, tuple[tuple[str, str], ...]]
"""Feed, file, number of the row, and its values."""


def landed_rows(landing: Path) -> Iterator[tuple[str, str, str, int, dict[str, str]]]:
    """Every row of every file that landed: brand, feed, file, number, and what is not empty."""
    for path in sorted(landing.rglob("brand=*/*/*.parquet")):
        place = path.relative_to(landing)
        brand = next(part[6:] for part in place.parts if part.startswith("brand="))
        for number, row in enumerate(pq.read_table(path).to_pylist(), 1):
            values = {name: str(value) for name, value in row.items() if value is not None}
            yield unquote(brand), place.parts[0], place.as_posix(), number, values


def rows_of_everybody(landing: Path, garden: Garden) -> dict[tuple[int, str], list[Landed]]:
    """Landed rows by person (their place in `erased`, then `relatives`) and brand.

    A row that nobody was planted with must be one that is nobody's in particular.
    """
    people = [*garden.erased, *garden.relatives]
    owners = {
        key: number
        for number, person in enumerate(people)
        for key in (*person.records, *person.put_aside)
    }
    found: dict[tuple[int, str], list[Landed]] = {}
    for brand, feed, file, number, values in landed_rows(landing):
        if feed in NOBODYS or file.endswith(OF_OTHERS) or values.get("text") in garden.strangers:
            continue
        owner = owners[brand, "orders" if feed == "order_lines" else feed, values[KEYS[feed]]]
        # An order that names the family's mailbox alone was planted as nobody's in particular.
        if values[KEYS[feed]].startswith("ZQN") and feed == "orders":
            continue
        name = "rejected" if feed == "_rejects" else feed
        row = (name, file, number, tuple(sorted(values.items())))
        found.setdefault((owner, brand), []).append(row)
    return {key: sorted(rows) for key, rows in found.items()}


def rows_of_answer(document: Mapping[str, Any]) -> list[Landed]:
    """The rows that an answer shows."""
    return sorted(
        (
            feed,
            row["_source"]["landed_file"],
            row["_source"]["landed_row"],
            tuple(sorted((name, str(value)) for name, value in row.items() if name != "_source")),
        )
        for feed, told in document["feeds"].items()
        for row in told["records"]
    )


@dataclass
class ReadPage(HTMLParser):
    """A page as a browser would take it: its articles as pairs, its tables, its attributes."""

    tags: Counter[str] = field(default_factory=Counter)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    articles: list[tuple[str, list[tuple[str, str]], str]] = field(default_factory=list)
    """Section, pairs of a term and a value, and the words below them."""
    cells: dict[str, list[str]] = field(default_factory=dict)
    style: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._section = ""
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a part."""
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "section":
            self._section = dict(attrs).get("id") or ""
        if tag == "article":
            self.articles.append((self._section, [], ""))
        if tag not in ("meta",):
            self._open.append(tag)
        if tag in ("dt", "dd", "td", "p", "style"):
            self._text = ""

    def handle_data(self, data: str) -> None:
        """Words count for the part they stand in; what a value means is no part of the value."""
        if "small" not in self._open:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        """End a part."""
        if tag == "dt" and "article" in self._open:
            self.articles[-1][1].append((self._text, ""))
        elif tag == "dd" and "article" in self._open:
            pairs = self.articles[-1][1]
            pairs[-1] = (pairs[-1][0], self._text)
        elif tag == "p" and "article" in self._open:
            section, pairs, said = self.articles[-1]
            self.articles[-1] = (section, pairs, said + self._text)
        elif tag == "td":
            self.cells.setdefault(self._section, []).append(self._text)
        elif tag == "style":
            self.style = self._text
        while self._open and self._open.pop() != tag:
            pass


PLAIN = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "nav",
         "a", "section", "details", "summary", "span", "article", "dl", "dt", "dd", "small", "div",
         "table", "tr", "th", "td", "ul", "li"}  # fmt: skip
HIDDEN = ("customer_id", "brand_id", "scope", "as_of_date")


def read_page(page: str) -> ReadPage:
    """The page, which must ask nothing of the network and run nothing."""
    read = ReadPage()
    read.feed(page)
    assert set(read.tags) <= PLAIN
    targets = {value for _, name, value in read.attributes if name == "id"}
    for tag, name, value in read.attributes:
        assert name in ("lang", "charset", "name", "content", "class", "id", "open", "href",
                        "aria-label"), (tag, name)  # fmt: skip
        if name == "href":
            assert value.removeprefix("#") in targets, "a link leads within the page"
    assert "url(" not in read.style
    assert "@import" not in read.style
    return read


def shown(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A row of the JSON as the page should show it."""
    return [
        (
            name.replace("_", " ").capitalize(),
            {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value),
        )
        for name, value in row.items()
        if name not in (*HIDDEN, "_source")
    ]


def assert_page_tells_the_same(page: str, document: Mapping[str, Any]) -> None:
    """Each record and each derived row, value by value, and the consents, as the JSON has them."""
    read = read_page(page)
    for section, rows in (
        ("records", [row for feed in document["feeds"].values() for row in feed["records"]]),
        ("worked-out", [row for mart in document["derived"].values() for row in mart["rows"]]),
    ):
        told = Counter(tuple(pairs) for name, pairs, _ in read.articles if name == section)
        expected = Counter(tuple(shown(row)) for row in rows)
        assert sorted((expected - told).elements()) == sorted((told - expected).elements()), section
    sources = sorted(said for name, _, said in read.articles if name == "records")
    assert sources == sorted(
        f"From {row['_source']['landed_file']}, row {row['_source']['landed_row']}"
        + (
            f"; delivered in {row['_source']['delivered_file']}, "
            f"line {row['_source']['delivered_line']}"
            if row["_source"]["delivered_file"]
            else ""
        )
        for feed in document["feeds"].values()
        for row in feed["records"]
    )
    assert len(read.cells.get("consents", ())) == 5 * len(document["consents"])
    for row in document["consents"]:
        assert {row["decided_at"], row["decision"], row["purpose"]} <= set(read.cells["consents"])
    assert {"html", "title", "h1", "nav"} <= set(read.tags)


def texts_of_others(garden: Garden, person: Planted) -> set[str]:
    """What must not stand in the answer of a person."""
    everybody = (*garden.erased, *garden.relatives)
    texts = {text for one in everybody for text in (*one.texts, *one.shared)}
    return (texts | {"zqstranger"}) - (person.texts | person.shared)
