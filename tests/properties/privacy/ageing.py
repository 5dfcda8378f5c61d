"""Rows planted by hand that are over age, and rows beside them that are not.

What has to go and what has to stay is told by its name: a text that starts with `zqaged` must be
found nowhere afterwards, and one that starts with `zqyoung` wherever it was.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection
from pathlib import Path

import pyarrow.parquet as pq

from .planting import Row, write_rows

OLD, YOUNG = "2021-03-01T10:00:00Z", "2025-03-01T10:00:00Z"
LATER = "2021-06-01T10:00:00Z"
OLD_DATE, YOUNG_DATE = "2021-03-02", "2025-05-01"
DAYS = 700

MOMENTS = {
    "contacts": "updated_at", "returns": "returned_at", "events": "occurred_at",
    "share_codes": "created_at", "reviews": "reviewed_at", "survey_responses": "answered_at",
    "message_events": "occurred_at", "service_interactions": "opened_at",
    "loyalty_events": "occurred_at", "campaign_controls": "held_out_at",
}  # fmt: skip
VALUES: dict[str, Row] = {
    "contacts": {"contact_id": "{}", "source_system": "eshop", "email": "{}@planted.example"},
    "returns": {"return_id": "{}", "order_id": "{}order", "refund_amount": "1.00"},
    "events": {"event_id": "{}", "event_type": "page_view", "device_id": "{}device"},
    "share_codes": {"share_code": "{}", "email": "{}@planted.example"},
    "reviews": {"review_id": "{}", "email": "{}@planted.example", "review_text": "{} text"},
    "survey_responses": {"response_id": "{}", "question_key": "other", "answer": "{} answer",
                         "email": "{}@planted.example"},
    "message_events": {"event_id": "{}", "message_id": "{}message", "channel": "email",
                       "direction": "outbound", "event_type": "sent",
                       "email": "{}@planted.example"},
    "service_interactions": {"interaction_id": "{}", "channel": "chat", "direction": "inbound",
                             "email": "{}@planted.example", "note": "{} note"},
    "loyalty_events": {"event_id": "{}", "loyalty_card_id": "{}card", "event_type": "enrolled"},
    "campaign_controls": {"control_id": "{}", "campaign_id": "spring",
                          "email": "{}@planted.example"},
}  # fmt: skip
ORDER = {"status": "completed", "sales_channel": "eshop", "currency_code": "CZK",
         "total_amount": "990.00"}  # fmt: skip


def plant_aged(landing: Path, feeds: Collection[str]) -> None:
    """Plant in the feeds, which are those that get days."""
    for feed in sorted(set(feeds) & set(VALUES)):
        rows = [
            {name: str(value).format(f"{age}{feed}") for name, value in VALUES[feed].items()}
            | {MOMENTS[feed]: moment}
            for age, moment in (("zqaged", OLD), ("zqyoung", YOUNG))
        ]
        _write(landing, feed, YOUNG_DATE, rows)
    if "contacts" in feeds:
        # A record goes or stays with all its versions, as its latest one says.
        name = {"contact_id": "zqyoungtwice", "email": "zqyoungtwice@planted.example"}
        gone = {"contact_id": "zqagedtwice", "email": "zqagedtwice@planted.example"}
        _write(landing, "contacts", "2025-05-02", [
            {**name, "last_name": "zqyoungformer", "updated_at": OLD},
            {**name, "updated_at": YOUNG},
            {**gone, "last_name": "zqagedformer", "updated_at": OLD},
            {**gone, "updated_at": LATER},
        ])  # fmt: skip
    if "orders" in feeds:
        _write(landing, "orders", YOUNG_DATE, [
            # The version before the last one is younger than the cut, and must not come to life.
            {**ORDER, "order_id": "zqagedorder", "ordered_at": YOUNG, "updated_at": OLD},
            {**ORDER, "order_id": "zqagedorder", "ordered_at": OLD, "updated_at": LATER},
            {**ORDER, "order_id": "zqyoungorder", "ordered_at": YOUNG, "updated_at": YOUNG},
            # Refused: by its moment, and one whose moment nobody can read by its load date.
            {**ORDER, "order_id": "zqagedrefused", "ordered_at": OLD, "total_amount": "much",
             "email": "zqagedrefused@planted.example"},
            {**ORDER, "order_id": "zqyoungrefused", "ordered_at": "soon"},
        ])  # fmt: skip
        _write(landing, "orders", OLD_DATE, [
            {**ORDER, "order_id": "zqagedundated", "ordered_at": "soon"},
        ])  # fmt: skip
        _write(landing, "orders", OLD_DATE, [{**ORDER, "order_id": "zqagedunknown"}], "who_knows")
    if "order_lines" in feeds:
        line = {"line_number": "1", "product_id": "P1", "quantity": "1", "unit_price": "1.00"}
        _write(landing, "order_lines", YOUNG_DATE, [
            {**line, "order_id": "zqagedline", "updated_at": OLD},
            {**line, "order_id": "zqyoungline", "updated_at": YOUNG},
            {**line, "order_id": "zqyoungundated"},
        ])  # fmt: skip
        _write(landing, "order_lines", OLD_DATE, [{**line, "order_id": "zqagedlanded"}])
    if "message_events" in feeds:
        # A "no" outlives what it is about, and so does what tells whose it is.
        message = {"message_id": "zqyoungm", "channel": "email", "direction": "outbound"}
        _write(landing, "message_events", "2025-05-02", [
            {**message, "event_id": "zqyoungsent", "event_type": "sent", "occurred_at": OLD,
             "email": "zqyoungunsubscribed@planted.example"},
            {**message, "event_id": "zqyoungno", "event_type": "unsubscribed", "occurred_at": OLD},
            {**message, "event_id": "zqyoungbadly", "event_type": "complained",
             "occurred_at": "soon", "email": "zqyoungcomplained@planted.example"},
        ])  # fmt: skip
    # What a person decided outlives what it is about.
    _write(landing, "consent_events", YOUNG_DATE, [
        {"consent_event_id": "zqyoungconsent", "email": "zqyoungdecided@planted.example",
         "purpose": "marketing", "decision": "withdrawn", "decided_at": OLD},
    ])  # fmt: skip
    if "reviews" in feeds:
        for date, text in ((OLD_DATE, "zqagedbroken line"), (YOUNG_DATE, "zqyoungbroken line")):
            row = {"feed": "reviews", "brand": "aster", "load_date": date, "file": "r.csv",
                   "line": 7, "reason_code": "wrong_field_count", "text": text}  # fmt: skip
            write_rows(_place(landing / "_rejects", "reviews", date), [row], "aged.parquet")
        manifest = _place(landing / "_manifests", "reviews", OLD_DATE) / "aged.json"
        manifest.parent.mkdir(parents=True, exist_ok=True)
        header = ["review_id", "zqagedheader1@planted.example"]
        manifest.write_text(json.dumps({"header": header, "rows": 3}), encoding="utf-8")


def set_days(project: Path, feeds: Collection[str], days: int = DAYS) -> None:
    """Let the feeds be kept for so long, in the seed."""
    path = project / "seeds" / "retention.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(feeds) <= {row["feed"] for row in rows}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row | ({"retention_days": days} if row["feed"] in feeds else {}))


def planted_texts(landing: Path, begin: str) -> set[str]:
    """What was planted that begins so, as it stands in the landing."""
    found = set()
    for path in sorted(landing.rglob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            found |= {str(value) for value in row.values() if str(value).startswith(begin)}
    return found


def _write(landing: Path, feed: str, date: str, rows: list[Row], brand: str = "aster") -> None:
    write_rows(_place(landing, feed, date, brand), rows, "aged.parquet")


def _place(root: Path, feed: str, date: str, brand: str = "aster") -> Path:
    return root / feed / f"brand={brand}" / f"load_date={date}"
