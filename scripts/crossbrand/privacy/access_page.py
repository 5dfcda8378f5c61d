"""The page that answers a request for access: one file, no network, light and dark, narrow too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

FIRST = (
    "customer_brand_360",
    "rfm_scores",
    "lifecycle_stages",
    "customer_predictions",
    "audience_members",
    "contactability",
)
MART_NAMES = {
    "customer_brand_360": "You at this brand",
    "customer_360": "You at all brands together",
    "rfm_scores": "How lately, how often and for how much you bought",
    "lifecycle_stages": "Where you stand as a customer",
    "customer_predictions": "What is expected of you",
    "audience_members": "Groups that you are written to as",
    "audience_candidates": "Groups that you fit into",
    "contactability": "Whether you may be written to, by channel",
    "channel_affinity": "Channels that you answer on",
    "product_affinity": "What you like",
    "customer_history": "Month by month",
    "customer_records": "Which records were taken for yours",
    "customer_timeline": "What happened, in the order of time",
    "sessions": "Visits, put together from single steps",
    "carts": "What you put into the cart",
    "open_carts": "What is in the cart now",
    "attribution": "Which campaign your orders are credited to",
}
FEED_NAMES = {
    "contacts": "Contact details",
    "orders": "Orders",
    "order_lines": "What was ordered",
    "returns": "Returns and complaints",
    "events": "Visits to websites and apps",
    "share_codes": "Links you shared",
    "reviews": "Reviews",
    "survey_responses": "Answers to surveys",
    "campaign_controls": "Campaigns you were left out of for comparison",
    "message_events": "Messages",
    "service_interactions": "Customer service",
    "loyalty_events": "Loyalty card",
    "consent_events": "Consents",
    "privacy_requests": "Requests about your data",
    "rejected": "Lines that could not be read",
}
HIDDEN = frozenset({"customer_id", "brand_id", "scope", "as_of_date", "_source"})

STYLE = """
:root { color-scheme: light dark; --ink: #1c2127; --soft: #5a6572; --line: #d8dee5;
  --paper: #fbfcfd; --card: #ffffff; --accent: #1f5f8b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebef; --soft: #a3aeba; --line: #36404a;
  --paper: #14181c; --card: #1c2227; --accent: #7fb8de; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 60rem; margin: 0 auto; padding: 1.25rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; display: inline; }
p, dd { margin: .25rem 0; } .soft { color: var(--soft); font-size: .9rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 1rem 0; }
a { color: var(--accent); }
details, .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .6rem .9rem; margin: .6rem 0; }
summary { cursor: pointer; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); }
.count { color: var(--soft); float: right; font-variant-numeric: tabular-nums; }
article { border-top: 1px solid var(--line); padding: .6rem 0; }
dl { display: grid; grid-template-columns: minmax(9rem, 15rem) 1fr; gap: .1rem 1rem;
  margin: .3rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
dd small { display: block; color: var(--soft); }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: normal; }
th { color: var(--soft); font-weight: 500; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 .4rem; } }
@media print { details { border: 0; } nav { display: none; } }
"""


def page(document: Mapping[str, Any]) -> str:
    """The document of crossbrand.privacy.access as HTML; every value is escaped."""
    brand = escape(str(document["brand_name"]))
    feeds: Mapping[str, Any] = document["feeds"]
    records = sum(len(feed["records"]) for feed in feeds.values())
    sections = [
        _section("worked-out", "What was worked out about you", _derived(document["derived"])),
        _section("consents", "What you permitted, over time", _consents(document["consents"])),
        _section(
            "decisions", "What a person decided on your records", _decisions(document["decisions"])
        ),
        _section("purposes", "What your data is for", _purposes(document["purposes"])),
        _section("recipients", "Who was told", _recipients(document["recipients"])),
        _section("retention", "How long it is kept", _retention(document["retention"])),
        _section("records", "Every record", _feeds(feeds)),
        _section("left-out", "What is not in here", _list(document["left_out"])),
    ]
    links = "".join(
        f'<a href="#{anchor}">{escape(title)}</a>'
        for anchor, title in (
            ("worked-out", "Worked out"), ("consents", "Consents"), ("purposes", "Purposes"),
            ("recipients", "Recipients"), ("retention", "How long"), ("records", "Every record"),
        )
    )  # fmt: skip
    written = escape(str(document["written_at"])[:16].replace("T", " "))
    as_of = escape(str(document["as_of_at"])[:16])
    controller = escape(str(document["controller_id"]))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>Your data at {brand}</title>
<style>{STYLE}</style></head><body><main>
<h1>Your data at {brand}</h1>
<p class="soft">Written {written} UTC, from data up to {as_of} UTC. Responsible: {controller}.
{records:,} records of {len(feeds)} kinds.</p>
<nav aria-label="Sections">{links}</nav>
{"".join(sections)}
</main></body></html>
"""


def _section(anchor: str, title: str, content: str) -> str:
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{content}</section>'


def _derived(derived: Mapping[str, Any]) -> str:
    if not derived:
        return "<p>Nothing was worked out about you.</p>"
    order = [*(name for name in FIRST if name in derived),
             *(name for name in derived if name not in FIRST)]  # fmt: skip
    parts = []
    for name in order:
        mart = derived[name]
        rows = "".join(
            f"<article>{_over_all(row)}{_pairs(row, mart['columns'])}</article>"
            for row in mart["rows"]
        )
        over = " Over all brands together." if mart["is_over_all_brands"] else ""
        title = escape(MART_NAMES[name]) if name in MART_NAMES else _words(name)
        parts.append(
            f"<details{' open' if name == order[0] else ''}><summary><h3>{title}</h3>"
            f'<span class="count">{len(mart["rows"])}</span></summary>'
            f'<p class="soft">{escape(mart["meaning"])}{over}</p>{rows}</details>'
        )
    return "".join(parts)


def _over_all(row: Mapping[str, Any]) -> str:
    return '<p class="soft">Over all brands together.</p>' if row.get("scope") == "all" else ""


def _pairs(row: Mapping[str, Any], meanings: Mapping[str, str]) -> str:
    cells = "".join(
        f"<dt>{_words(name)}</dt><dd>{_value(value)}"
        + (f"<small>{escape(meanings[name])}</small>" if meanings.get(name) else "")
        + "</dd>"
        for name, value in row.items()
        if name not in HIDDEN
    )
    return f"<dl>{cells}</dl>"


def _consents(consents: Sequence[Mapping[str, Any]]) -> str:
    if not consents:
        return "<p>No consent of yours is on record at this brand.</p>"
    rows = [
        [row["decided_at"], row["decision"], row["purpose"], row["channel"] or "every channel",
         row["legal_basis"] or ""]
        for row in consents
    ]  # fmt: skip
    return _table(("When", "What", "For", "On", "On the ground of"), rows)


def _decisions(decisions: Sequence[Mapping[str, Any]]) -> str:
    if not decisions:
        return "<p>Nobody decided anything by hand.</p>"
    rows = [
        [row.get("decided_at", ""), row["decision"].replace("_", " "),
         f"{row['identifier_type']} {row['identifier_value']}"]
        for row in decisions
    ]  # fmt: skip
    return _table(("When", "What", "On"), rows)


def _purposes(purposes: Mapping[str, str]) -> str:
    return "<dl>" + "".join(
        f"<dt>{_words(name)}</dt><dd>{escape(text)}</dd>" for name, text in purposes.items()
    ) + "</dl>"  # fmt: skip


def _recipients(recipients: Sequence[Mapping[str, Any]]) -> str:
    if not recipients:
        return "<p>No platform was told of you by this system.</p>"
    rows = [
        [row["destination"], row["last_told_at"][:16].replace("T", " "), ", ".join(row["fields"])]
        for row in recipients
    ]
    return _table(("Platform", "Last told (UTC)", "Of what"), rows)


def _retention(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return "<p>No period is set: it is kept until you ask for its erasure.</p>"
    shown = [
        [FEED_NAMES.get(row.get("feed", ""), row.get("feed", "")), row.get("purpose", ""),
         f"{row['retention_days']} days" if row.get("retention_days") else "as long as needed",
         row.get("why", "")]
        for row in rows
    ]  # fmt: skip
    return _table(("What", "For", "How long", "Why"), shown)


def _feeds(feeds: Mapping[str, Any]) -> str:
    parts = []
    for name in sorted(feeds, key=lambda name: (*FEED_NAMES, name).index(name)):
        feed = feeds[name]
        articles = "".join(
            f'<article>{_pairs(row, {})}<p class="soft">{_source(row["_source"])}</p></article>'
            for row in feed["records"]
        )
        parts.append(
            f"<details><summary><h3>{escape(FEED_NAMES.get(name, name))}</h3>"
            f'<span class="count">{len(feed["records"])}</span></summary>'
            f'<p class="soft">{escape(feed["description"])}</p>{articles}</details>'
        )
    return "".join(parts) or "<p>No record of yours is held.</p>"


def _source(source: Mapping[str, Any]) -> str:
    told = f"From {source['landed_file']}, row {source['landed_row']}"
    if source.get("delivered_file"):
        told += f"; delivered in {source['delivered_file']}, line {source['delivered_line']}"
    return escape(told)


def _list(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<div class="card wide"><table><tr>{cells}</tr>{body}</table></div>'


def _words(name: str) -> str:
    return escape(name.replace("_", " ").capitalize())


def _value(value: Any) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    return escape(str(value))
