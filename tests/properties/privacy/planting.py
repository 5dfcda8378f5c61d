"""People planted by hand: in every feed, by every kind of link, alone and in families.

What is whose is written down here as the rows are made, so it is known without a stitching. Files
are Parquet without compression and dictionaries, so that a text stands in them as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LOAD_DATES = ("2025-05-01", "2025-06-01")
LATE = "2025-06-02"
GIVEN = ("Alzbeta", "Bohumir", "Ctirad", "Drahomira", "Evzen", "Filomena", "Gustav", "Hedvika",
         "Ignac", "Jarmila", "Krasomila", "Lubomir", "Miloslava", "Norbert", "Otylie",
         "Prokop", "Radovan", "Svatava", "Tibor", "Vendula")  # fmt: skip

Row = dict[str, Any]


@dataclass
class Planted:
    """One person: their rows by (feed, brand), and what must be found nowhere afterwards.

    `texts` are identifiers and values as they landed and as they are normalised; `shared` are
    those that a relative has as well, who keeps them.
    """

    number: int
    request: tuple[str, str] = ("", "")
    """Identifier type and value by which they ask, at aster."""
    texts: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    records: set[tuple[str, str, str]] = field(default_factory=set)
    """Brand, feed and record id."""
    put_aside: set[tuple[str, str, str]] = field(default_factory=set)
    """The same of rows that staging refuses; lines that landing refused have `_rejects` as feed."""


class Garden:
    """Plants people and keeps their rows."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], list[Row]] = {}
        self.erased: list[Planted] = []
        self.relatives: list[Planted] = []
        self.rejected_lines: list[tuple[str, str]] = []
        self.strangers: list[str] = []
        """Rejected lines of others, in which an id of somebody stands as a number."""

    def add(self, person: Planted, feed: str, brand: str, key: str, **values: Any) -> None:
        """One row of a person; `key` names the column of the record's id."""
        load_date = LOAD_DATES[person.number % 2]
        self.rows.setdefault((feed, brand, load_date), []).append(values)
        person.records.add((brand, feed, str(values[key])))
        if key not in ("question_key",):
            person.texts.add(str(values[key]))

    def write(self, landing: Path) -> None:
        """Write every feed's files, and lines put aside by an earlier landing."""
        for (feed, brand, load_date), rows in sorted(self.rows.items()):
            write_rows(landing / feed / f"brand={brand}" / f"load_date={load_date}", rows)
        folder = landing / "_rejects" / "contacts" / "brand=aster" / f"load_date={LOAD_DATES[0]}"
        write_rows(
            folder,
            [
                {
                    "feed": "contacts",
                    "brand": "aster",
                    "load_date": LOAD_DATES[0],
                    "file": "crm.csv",
                    "line": number,
                    "reason_code": "wrong_field_count",
                    "detail": "9 fields instead of 8",
                    "text": text,
                }
                for number, text in enumerate(
                    [*(text for _, text in self.rejected_lines), *self.strangers], 2
                )
            ],
        )

    def texts(self) -> set[str]:
        """Everything that must be gone when those who asked are erased."""
        kept = {text for person in self.relatives for text in (*person.texts, *person.shared)}
        return {text for person in self.erased for text in person.texts} - kept


def write_rows(folder: Path, rows: list[Row], name: str = "planted.parquet") -> Path:
    """Rows as a plain Parquet file."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = sorted({column for row in rows for column in row})
    table = pa.table(
        {
            column: pa.array(
                [row.get(column) for row in rows],
                pa.int64() if column == "line" else pa.string(),
            )
            for column in columns
        }
    )
    path = folder / name
    pq.write_table(table, path, compression="none", use_dictionary=False)
    return path


def plant(count: int) -> Garden:
    """`count` people who ask to be erased, every fourth of them with a relative who does not."""
    garden = Garden()
    for number in range(count):
        person = Planted(number)
        garden.erased.append(person)
        kind = number % 4
        if kind == 0:
            _everywhere(garden, person)
        elif kind == 1:
            _guest(garden, person)
        elif kind == 2:
            _card(garden, person)
        else:
            _family(garden, person)
        brand = "birch" if number % 3 == 2 else "aster"
        identifier_type, value = person.request
        garden.add(
            person, "privacy_requests", brand if identifier_type in ("email", "phone") else "aster",
            "request_id", request_id=f"REQ-{number:04}", request_type="erasure",
            identifier_type=identifier_type, identifier_value=value,
            requested_at="2025-04-20T10:00:00Z",
        )  # fmt: skip
        # The request's own id names nobody; the certificate tells it.
        person.texts.discard(f"REQ-{number:04}")
    for brand in ("aster", "birch"):
        garden.rows["campaigns", brand, LOAD_DATES[0]] = [
            {"campaign_id": "spring", "campaign_name": "Spring", "channel": "email"}
        ]
    return garden


def _phone(number: int, offset: int = 0) -> tuple[str, str]:
    """A Czech mobile number as somebody writes it, and as E.164."""
    digits = f"7{31 + offset}{(number * 7919 + 104729) % 1_000_000:06}"
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}", f"+420{digits}"


def _contact(
    garden: Garden, person: Planted, brand: str, contact_id: str, given: str, **values: Any
) -> None:
    number = person.number
    garden.add(
        person, "contacts", brand, "contact_id", contact_id=contact_id, source_system="eshop",
        first_name=given, last_name=f"Zqsurname{number:04}", country_code="CZ", city="Brno",
        birth_date=f"19{60 + number % 30}-0{1 + number % 9}-{10 + number % 18}",
        street=f"Zqstreet {number:04}", registered_at="2024-03-01T09:00:00Z",
        updated_at="2025-02-01T09:00:00Z", **values,
    )  # fmt: skip
    person.texts |= {f"Zqsurname{number:04}", f"Zqstreet {number:04}"}


def _order(garden: Garden, person: Planted, brand: str, order_id: str, **values: Any) -> None:
    garden.add(
        person, "orders", brand, "order_id", order_id=order_id,
        **{"ordered_at": "2025-03-01T10:00:00Z", "status": "completed", "sales_channel": "eshop",
           "currency_code": "CZK", "total_amount": "990.00",
           "updated_at": "2025-03-02T10:00:00Z", **values},
    )  # fmt: skip
    garden.rows.setdefault(("order_lines", brand, LOAD_DATES[0]), []).append(
        {"order_id": order_id, "line_number": "1", "product_id": "P1", "quantity": "1",
         "unit_price": "990.00"}
    )  # fmt: skip
    garden.add(
        person, "returns", brand, "return_id", return_id=f"RET-{order_id}", order_id=order_id,
        refund_amount="10.00", returned_at="2025-03-20T10:00:00Z",
    )  # fmt: skip


def _everywhere(garden: Garden, person: Planted) -> None:
    """In every feed of two brands of the controller, with another e-mail at each."""
    number = person.number
    written, phone = _phone(number)
    typed, mail = f"ZQ{number:04}.Mail+news@Planted.example", f"zq{number:04}.mail@planted.example"
    second = f"zq{number:04}.second@planted.example"
    contact, other = f"ZQC{number:04}A", f"ZQC{number:04}B"
    device = f"zqdevice{number:04}"
    person.texts |= {typed, mail, second, written, phone, device}
    person.request = ("email", second) if number % 3 == 2 else ("contact_id", contact)
    given = GIVEN[number % len(GIVEN)]
    _contact(garden, person, "aster", contact, given, email=typed, phone=written)
    _contact(garden, person, "birch", other, given[:1] + ".", email=second, phone=phone)
    # An older version of the record, with a mailbox that the newest has no more.
    old = f"zq{number:04}.old@planted.example"
    _contact(garden, person, "aster", contact, given, email=old, phone=written)
    garden.rows["contacts", "aster", LOAD_DATES[number % 2]][-1]["updated_at"] = (
        "2024-04-01T09:00:00Z"
    )
    person.texts.add(old)
    for brand, mailbox, account in (("aster", typed, contact), ("birch", second, other)):
        tag = f"{number:04}{brand[0]}"
        _order(garden, person, brand, f"ZQO{tag}", contact_id=account, device_id=device)
        _order(garden, person, brand, f"ZQG{tag}", email=mailbox)
        garden.add(person, "reviews", brand, "review_id", review_id=f"ZQR{tag}",
                   reviewed_at="2025-03-05T10:00:00Z", order_id=f"ZQO{tag}", rating="5",
                   review_text=f"zqreview {tag}")  # fmt: skip
        garden.add(person, "survey_responses", brand, "response_id", response_id=f"ZQS{tag}",
                   question_key="interest_category", answer=f"zqanswer{tag}", email=mailbox,
                   answered_at="2025-03-06T10:00:00Z")  # fmt: skip
        garden.add(person, "share_codes", brand, "share_code", share_code=f"ZQSHARE{tag}",
                   contact_id=account, created_at="2025-03-06T10:00:00Z")  # fmt: skip
        garden.add(person, "service_interactions", brand, "interaction_id",
                   interaction_id=f"ZQI{tag}", channel="call", direction="inbound", phone=phone,
                   opened_at="2025-03-07T10:00:00Z",
                   note=f"zqnote {tag} <img src='https://x.example/&amp;'>")  # fmt: skip
        garden.add(person, "consent_events", brand, "consent_event_id",
                   consent_event_id=f"ZQN{tag}", email=mailbox, purpose="marketing",
                   decision="granted", decided_at="2025-03-08T10:00:00Z")  # fmt: skip
        garden.add(person, "campaign_controls", brand, "control_id", control_id=f"ZQH{tag}",
                   campaign_id="spring", email=mailbox,
                   held_out_at="2025-03-08T10:00:00Z")  # fmt: skip
        message = f"ZQM{tag}"
        person.texts.add(message)
        for event, values in (("sent", {"contact_id": account}), ("clicked", {})):
            garden.add(person, "message_events", brand, "event_id", event_id=f"ZQE{event}{tag}",
                       message_id=message, channel="email", direction="outbound",
                       event_type=event, occurred_at="2025-03-09T10:00:00Z", **values)  # fmt: skip
        for step, values in enumerate(({}, {"contact_id": account}, {"message_id": message})):
            garden.add(person, "events", brand, "event_id", event_id=f"ZQV{tag}{step}",
                       event_type="page_view", occurred_at=f"2025-03-10T10:0{step}:00Z",
                       device_id=device, page_url=f"https://x.example/zqpage{tag}",
                       **values)  # fmt: skip
        person.texts |= {f"zqreview {tag}", f"zqnote {tag}", f"zqanswer{tag}", f"zqpage{tag}"}
    if number % 20 == 0:
        known = f"4477{number:05}8816"
        _order(garden, person, "aster", known, contact_id=contact)
        garden.strangers.append(f"zqstranger{number:04};zqs{number:04}@other.example;{known}")
        garden.strangers.append(f"zqstranger{number:04};Brno {known}")
    # Rows that staging refuses, and lines that landing has put aside, name them as well.
    garden.rows.setdefault(("orders", "aster", LOAD_DATES[0]), []).append(
        {"order_id": f"ZQBAD{number:04}", "ordered_at": "2093-01-01T00:00:00Z", "email": typed}
    )
    garden.rows.setdefault(("contacts", "nobody_knows", LOAD_DATES[0]), []).append(
        {"contact_id": f"ZQX{number:04}", "email": mail, "updated_at": "2025-01-01"}
    )
    garden.rejected_lines.append(("aster", f"{contact};eshop;{typed};{written};too;many;fields"))
    person.texts |= {f"ZQBAD{number:04}", f"ZQX{number:04}"}
    person.put_aside |= {
        ("aster", "orders", f"ZQBAD{number:04}"),
        ("nobody_knows", "contacts", f"ZQX{number:04}"),
        ("aster", "_rejects", garden.rejected_lines[-1][1]),
    }


def _guest(garden: Garden, person: Planted) -> None:
    """No account: an e-mail at one brand, a phone at the other, an order that names both."""
    number = person.number
    written, phone = _phone(number, 1)
    mail = f"zqguest{number:04}@planted.example"
    person.texts |= {mail, written, phone}
    person.request = ("email", mail)
    _order(garden, person, "aster", f"ZQO{number:04}", email=mail.upper(), phone=written)
    _order(garden, person, "birch", f"ZQP{number:04}", phone=phone)
    person.texts.add(mail.upper())
    garden.add(person, "message_events", "birch", "event_id", event_id=f"ZQE{number:04}",
               message_id=f"ZQM{number:04}", channel="sms", direction="outbound",
               event_type="sent", phone=phone, occurred_at="2025-03-09T10:00:00Z")  # fmt: skip
    person.texts.add(f"ZQM{number:04}")


def _card(garden: Garden, person: Planted) -> None:
    """A card at the till, its voucher, and an order that only the voucher ties to them."""
    number = person.number
    card, voucher = f"9{number:04}77001", f"ZQVOUCHER{number:04}"
    person.texts |= {card, voucher}
    person.request = ("loyalty_card_id", card)
    for step, (event, code) in enumerate((("enrolled", None), ("voucher_issued", voucher))):
        garden.add(person, "loyalty_events", "aster", "event_id", event_id=f"ZQL{number:04}{step}",
                   loyalty_card_id=card, event_type=event, voucher_code=code,
                   occurred_at=f"2025-03-0{step + 1}T10:00:00Z")  # fmt: skip
    _order(garden, person, "aster", f"ZQT{number:04}", loyalty_card_id=card, sales_channel="store")
    _order(garden, person, "aster", f"ZQW{number:04}", coupon_code=voucher)


def _family(garden: Garden, person: Planted) -> None:
    """Two people with one mailbox, one phone, one card and one device; one of them asks."""
    number = person.number
    relative = Planted(number)
    garden.relatives.append(relative)
    written, phone = _phone(number, 2)
    mail, card = f"zqhome{number:04}@planted.example", f"9{number:04}88001"
    device = f"zqtablet{number:04}"
    person.shared |= {mail, written, phone, card, device}
    relative.shared |= person.shared | {f"Zqsurname{number:04}", f"Zqstreet {number:04}"}
    names = GIVEN[number % len(GIVEN)], GIVEN[(number + 7) % len(GIVEN)]
    person.request = ("contact_id", f"ZQF{number:04}A")
    for member, letter, given, hour in ((person, "A", names[0], 10), (relative, "B", names[1], 15)):
        account = f"ZQF{number:04}{letter}"
        _contact(garden, member, "aster", account, given, email=mail, phone=written,
                 loyalty_card_id=card)  # fmt: skip
        row = garden.rows["contacts", "aster", LOAD_DATES[number % 2]][-1]
        row["birth_date"] = f"19{60 + number % 30}-0{1 + number % 9}-1{int(letter > 'A')}"
        _order(garden, member, "aster", f"ZQO{number:04}{letter}", contact_id=account, email=mail)
        for step, values in enumerate(({"contact_id": account}, {})):
            garden.add(member, "events", "aster", "event_id",
                       event_id=f"ZQV{number:04}{letter}{step}",
                       event_type="login" if values else "page_view", device_id=device,
                       occurred_at=f"2025-03-10T{hour + step}:00:00Z", **values)  # fmt: skip
    # Nobody's in particular: an order that names the mailbox alone stays with the family.
    relative.records.add(("aster", "orders", f"ZQN{number:04}"))
    garden.rows.setdefault(("orders", "aster", LOAD_DATES[0]), []).append(
        {"order_id": f"ZQN{number:04}", "ordered_at": "2025-03-01T10:00:00Z", "email": mail,
         "status": "completed", "sales_channel": "eshop", "currency_code": "CZK",
         "total_amount": "1.00", "updated_at": "2025-03-01T10:00:00Z"}
    )  # fmt: skip


def plant_elsewhere(garden: Garden, root: Path) -> list[Path]:
    """Name the people where a project writes beside the landing: logs, targets, exports, …"""
    folders = {
        root / "logs" / "dbt.log": "{text}: constraint failed\n",
        root / "target" / "run_results.json": '"{text}"\n',
        root / "target" / "compiled" / "analysis.sql": "where email = '{text}'\n",
        root / "runs" / "20250101T000000Z-stopped" / "run_results.json": '"{text}"\n',
        root / "published" / "site" / "customer.html": "<td>{text}</td>\n",
        root / "published" / ".postgres-killed" / "rows.tsv": "{text}\n",
    }
    texts = sorted(text for text in garden.texts() if "\n" not in text)
    for path, line in folders.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line.format(text=text) for text in texts), encoding="utf-8")
    spill = root / "warehouse.duckdb.tmp" / "spill.tmp"
    spill.parent.mkdir(parents=True, exist_ok=True)
    spill.write_text("\n".join(texts), encoding="utf-8")
    exports = root / "exports" / "file" / "profiles" / "upsert-1.jsonl"
    exports.parent.mkdir(parents=True, exist_ok=True)
    mails = [person.request[1] for person in garden.erased if person.request[0] == "email"]
    lines: Iterable[str] = (json.dumps({"fields": {"email": mail}}) + "\n" for mail in mails)
    exports.write_text("".join(lines) + '{"fields": {"email": "other@planted.example"}}\n', "utf-8")
    return [*folders, spill, exports]
