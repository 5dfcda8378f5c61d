"""`crossbrand show`: what the warehouse holds, on one page of a terminal.

Every section is a query on the marts and a table. The stitching is measured only where the truth is
known, which it is for sample data and for nothing else.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from crossbrand.console import bar
from crossbrand.errors import CrossbrandError
from crossbrand.evaluate import Evaluation, evaluate
from crossbrand.paths import open_warehouse, require_tables

# From the best to the lost; a segment that somebody adds to the seed comes after these.
SEGMENT_ORDER = (
    "champions",
    "loyal_customers",
    "potential_loyalists",
    "new_customers",
    "promising",
    "needing_attention",
    "about_to_sleep",
    "at_risk",
    "cannot_lose_them",
    "hibernating",
    "lost",
)
TIER_ORDER = ("high_in_several", "high_in_one", "low_everywhere", "dormant")

MARTS = (
    "marts.customer_360",
    "marts.customer_brand_360",
    "marts.customer_records",
    "marts.customer_timeline",
    "marts.rfm_scores",
    "marts.cross_brand_activity_tiers",
    "marts.rejected_records",
)

QUESTIONS = (
    (
        "the customers to win back first",
        "select customer_id, rfm_score, net_amount, last_order_at from marts.customer_360\n"
        "where rfm_segment = 'cannot_lose_them' order by net_amount desc limit 10",
    ),
    (
        "whom to lead from which brand to which",
        "select strongest_brand_id, brand_to_stimulate_id, count(*) as customers\n"
        "from marts.cross_brand_activity_tiers where tier = 'high_in_one'\n"
        "group by all order by customers desc",
    ),
    (
        "why a record belongs to its customer",
        "select feed, link_rule, count(*) as records\n"
        "from marts.customer_records group by all order by feed, records desc",
    ),
)

Row = tuple[Any, ...]


def show(
    warehouse: Path,
    truth: Path,
    console: Console,
    *,
    currency: str = "EUR",
    customer_id: str | None = None,
    timeline_rows: int = 12,
) -> None:
    """Print the report. Without `customer_id` a customer of several brands is chosen.

    `currency` only names the reporting currency that the amounts are in.
    Raises CrossbrandError when the warehouse lacks a mart or the customer is not in it.
    """
    has_truth = (truth / "records.parquet").is_file()
    with open_warehouse(warehouse) as connection:
        require_tables(connection, *MARTS)
        console.print(_headline(connection, currency))
        try:
            result = evaluate(warehouse, truth, worst=0) if has_truth else None
            console.print(_section("Stitching", _stitching(result)))
        except CrossbrandError as error:
            # The truth of other data is no reason to show nothing of this.
            console.print(_section("Stitching", Text(f"not measured: {error}", style="yellow")))
        console.print(_section(f"RFM segments over all brands, {currency}", _segments(connection)))
        console.print(_section("Cross-brand activity", _tiers(connection)))
        chosen = customer_id or _choose_customer(connection)
        if chosen is not None:
            console.print(_section(f"One customer: {chosen}", _customer(connection, chosen)))
            title = f"Their last {timeline_rows} happenings"
            console.print(_section(title, _timeline(connection, chosen, timeline_rows)))
        console.print(_section("Rejected rows, each kept with its reason", _rejected(connection)))
        console.print(_title("To go on"))
        _print_questions(console, warehouse)


def _section(title: str, body: Table | Text | Group) -> Group:
    return Group(_title(title), Padding(body, (0, 0, 0, 2)))


def _title(title: str) -> Group:
    return Group(Text(), Rule(Text(title, style="bold"), align="left", style="dim"))


def _table(*columns: tuple[str, str]) -> Table:
    """A table without lines; each column is (heading, alignment)."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading, side in columns:
        table.add_column(heading, justify="right" if side == "right" else "left", no_wrap=True)
    return table


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[Row]:
    return connection.execute(sql, list(values)).fetchall()


def _headline(connection: duckdb.DuckDBPyConnection, currency: str) -> Group:
    [(contacts, customers_of_contacts, records, unlinked)] = _rows(
        connection,
        """
        select
            count(*) filter (where feed = 'contacts'),
            count(distinct customer_id) filter (where feed = 'contacts'),
            count(*),
            count(*) filter (where customer_id is null),
        from marts.customer_records
        """,
    )
    [(customers, across, suspects, as_of)] = _rows(
        connection,
        """
        select
            count(*),
            count(*) filter (where brand_count > 1),
            count(*) filter (where is_suspect),
            max(as_of_date),
        from marts.customer_360
        """,
    )
    [(brands, net_amount)] = _rows(
        connection,
        "select count(distinct brand_id), sum(net_amount) from marts.customer_brand_360",
    )
    title = Text.assemble(
        (f"{contacts:,}", "bold cyan"),
        " contact records are ",
        (f"{customers_of_contacts:,}", "bold green"),
        " customers",
        style="bold",
    )
    lines = [
        f"{customers:,} customers in all: the others left no contact record, only orders, calls or "
        f"messages. {across:,} are customers of more than one of the {brands} brands.",
        f"{records - unlinked:,} of {records:,} records have their customer; {unlinked:,} carry "
        "nothing that tells whose they are."
        + (f" {suspects:,} customers are suspect and wait for a steward." if suspects else ""),
        f"Net sales of these customers {_money(net_amount)} {currency}, as of {as_of}.",
    ]
    return Group(Rule(style="cyan"), title, Text("\n".join(lines)))


def _stitching(result: Evaluation | None) -> Table | Text | Group:
    if result is None:
        return Text("Not measured: there is no truth beside the landing data.", style="dim")
    table = _table(
        ("", "left"),
        ("precision", "right"),
        ("", "left"),
        ("recall", "right"),
        ("", "left"),
        ("within reach", "right"),
    )
    rows = [("pairs of records", result.pairwise, result.pairs.recall_limit)]
    rows += [(f"  {span}", of.score, of.recall_limit) for span, of in result.by_span.items()]
    rows += [("records (B-cubed)", result.bcubed, None)]
    for name, score, limit in rows:
        table.add_row(
            name,
            f"{score.precision:.2%}",
            Text(bar(score.precision, 1, 12), style="green"),
            f"{score.recall:.2%}",
            Text(bar(score.recall, 1, 12), style="green"),
            "" if limit is None else f"{limit:.2%}",
        )
    note = (
        f"Measured on the records of {result.people:,} people who are known. Within reach is what "
        "a person's own identifiers tie together; two controllers may know somebody as one "
        "customer only with consent at both. Recall beyond it is what a device or a family's card "
        "happened to tell."
    )
    return Group(table, Text(note, style="dim"))


def _segments(connection: duckdb.DuckDBPyConnection) -> Table:
    rows = _rows(
        connection,
        """
        select rfm_segment, count(*), sum(monetary_amount), avg(recency_days), avg(frequency)
        from marts.rfm_scores
        where scope = 'all'
        group by all
        order by rfm_segment
        """,
    )
    rows.sort(key=lambda row: _position(row[0], SEGMENT_ORDER))
    table = _table(
        ("segment", "left"),
        ("customers", "right"),
        ("", "left"),
        ("net sales", "right"),
        ("", "left"),
        ("days ago", "right"),
        ("orders", "right"),
    )
    most = max((row[1] for row in rows), default=0)
    richest = max((float(row[2]) for row in rows), default=0)
    for segment, customers, amount, recency, frequency in rows:
        table.add_row(
            Text(_words(segment)),
            f"{customers:,}",
            Text(bar(customers, most, 14), style="cyan"),
            _money(amount),
            Text(bar(float(amount), richest, 14), style="green"),
            f"{recency:,.0f}",
            f"{frequency:.1f}",
        )
    return table


def _tiers(connection: duckdb.DuckDBPyConnection) -> Table:
    rows = _rows(
        connection,
        """
        select tier, count(*), any_value(suggested_treatment), count(brand_to_stimulate_id)
        from marts.cross_brand_activity_tiers
        group by tier
        order by tier
        """,
    )
    rows.sort(key=lambda row: _position(row[0], TIER_ORDER))
    table = _table(("tier", "left"), ("customers", "right"), ("", "left"), ("what to do", "left"))
    most = max((row[1] for row in rows), default=0)
    for tier, customers, treatment, with_brand in rows:
        advice = _words(treatment or "")
        if with_brand:
            advice += f" ({with_brand:,} with a named brand)"
        table.add_row(
            Text(_words(tier)),
            f"{customers:,}",
            Text(bar(customers, most, 30), style="magenta"),
            advice,
        )
    return table


def _choose_customer(connection: duckdb.DuckDBPyConnection) -> str | None:
    """A customer of the most brands who did the most kinds of things; the same one every time."""
    rows = _rows(
        connection,
        """
        select customer_id
        from marts.customer_360
        where not is_suspect
        order by
            brand_count desc,
            (order_count > 0)::integer + (session_count > 0)::integer + (review_count > 0)::integer
            + (message_count > 0)::integer + (return_count > 0)::integer
            + (service_interaction_count > 0)::integer + (loyalty_tier is not null)::integer desc,
            -- Neither a stranger nor the shopper of the year, and somebody who was here lately.
            (order_count between 4 and 30) desc,
            recency_days,
            customer_id
        limit 1
        """,
    )
    return str(rows[0][0]) if rows else None


def _customer(connection: duckdb.DuckDBPyConnection, customer_id: str) -> Group:
    found = connection.execute(
        "select * from marts.customer_360 where customer_id = ?", [customer_id]
    )
    names = [column[0] for column in found.description or ()]
    row = found.fetchone()
    if row is None:
        raise CrossbrandError(
            f"There is no customer {customer_id} in marts.customer_360. Ids of merged customers "
            "change; search by e-mail in marts.customer_identifiers."
        )
    it = dict(zip(names, row, strict=True))
    facts = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for style in ("dim", "", "dim", ""):
        facts.add_column(style=style, overflow="fold")
    pairs = [
        ("name", _join(it["first_name"], it["last_name"])),
        ("segment", _join(_words(it["rfm_segment"]), it["rfm_score"])),
        ("born", it["birth_date"]),
        ("tier", _words(it["activity_tier"])),
        ("lives in", _join(it["city"], it["country_code"])),
        ("next brand", it["brand_to_stimulate_id"]),
        ("e-mail", it["email"]),
        ("orders", f"{it['order_count']:,} for {_money(it['net_amount'])} net"),
        ("phone", it["phone"]),
        (
            "last order",
            f"{it['recency_days']} days ago" if it["recency_days"] is not None else None,
        ),
        ("loyalty", _join(it["loyalty_tier"], it["loyalty_card_id"])),
        ("messages", f"{it['message_count']:,}, {it['clicked_message_count']:,} clicked"),
        (
            "known by",
            f"{it['contact_count']} contact records, {it['identifier_count']} identifiers",
        ),
        ("prefers", _words(it["preferred_channel"])),
    ]
    for (left, left_value), (right, right_value) in zip(pairs[::2], pairs[1::2], strict=True):
        facts.add_row(left, _shown(left_value), right, _shown(right_value))
    brands = _table(
        ("brand", "left"),
        ("orders", "right"),
        ("net sales", "right"),
        ("sessions", "right"),
        ("messages", "right"),
        ("activity", "left"),
        ("marketing", "left"),
    )
    for brand, orders, amount, sessions, messages, tier, consent in _rows(
        connection,
        """
        select brand_id, order_count, net_amount, session_count, message_count, activity_tier,
            has_marketing_consent,
        from marts.customer_brand_360
        where customer_id = ?
        order by net_amount desc, brand_id
        """,
        customer_id,
    ):
        brands.add_row(
            brand,
            f"{orders:,}",
            _money(amount),
            f"{sessions:,}",
            f"{messages:,}",
            _words(tier),
            "consented" if consent else "no consent",
        )
    return Group(facts, Text(), brands)


def _timeline(connection: duckdb.DuckDBPyConnection, customer_id: str, rows: int) -> Table:
    table = _table(
        ("when (UTC)", "left"),
        ("brand", "left"),
        ("channel", "left"),
        ("what", "left"),
        ("amount", "right"),
    )
    table.add_column("detail", no_wrap=True, overflow="ellipsis", style="dim")
    for at, brand, channel, happening, amount, detail in _rows(
        connection,
        """
        select occurred_at, brand_id, channel, happening, amount, detail
        from marts.customer_timeline
        where customer_id = ?
        order by occurred_at desc, feed desc, record_id desc
        limit ?
        """,
        customer_id,
        rows,
    )[::-1]:
        table.add_row(
            f"{at:%Y-%m-%d %H:%M}",
            brand or "",
            _words(channel or ""),
            Text(_words(happening), style="bold"),
            _money(amount) if amount is not None else "",
            Text(str(detail or "")),
        )
    return table


def _rejected(connection: duckdb.DuckDBPyConnection) -> Table | Text:
    rows = _rows(
        connection,
        """
        select
            reason_code,
            sum(number)::bigint as row_count,
            list(feed order by number desc, feed) as feeds,
        from (
            select reason_code, feed, count(*) as number
            from marts.rejected_records
            group by all
        )
        group by reason_code
        order by row_count desc, reason_code
        """,
    )
    if not rows:
        return Text("none", style="green")
    table = _table(("reason", "left"), ("rows", "right"), ("", "left"), ("in", "left"))
    for reason, number, feeds in rows:
        more = f" and {len(feeds) - 3} more" if len(feeds) > 3 else ""
        table.add_row(
            Text(_words(reason)),
            f"{number:,}",
            Text(bar(number, rows[0][1], 18), style="yellow"),
            Text(", ".join(feeds[:3]) + more, style="dim"),
        )
    return table


def _print_questions(console: Console, warehouse: Path) -> None:
    """SQL and commands that work as they are printed: no line of them is wrapped or cut."""
    name = _relative(warehouse)
    one_line = QUESTIONS[-1][1].replace("\n", " ")
    code = f'import duckdb; duckdb.connect("{name}", read_only=True).sql("{one_line}").show()'
    for what, sql in QUESTIONS:
        console.print(Text(f"  -- {what}", style="dim"))
        console.print(Text(textwrap.indent(f"{sql};", "  ")), soft_wrap=True)
    for what, *commands in (
        (
            "In the DuckDB shell, or in a line of Python where there is none:",
            f"duckdb -readonly {shlex.quote(name)}",
            f".venv/bin/python -c '{code}'",
        ),
        (
            "Where the stitching errs, and somebody else's page:",
            ".venv/bin/crossbrand evaluate",
            ".venv/bin/crossbrand show --customer CUSTOMER_ID",
        ),
        (
            "Seven boards with all of this and more, in published/site/index.html:",
            ".venv/bin/crossbrand publish && .venv/bin/crossbrand board",
        ),
    ):
        console.print(Text(f"\n  {what}", style="dim"))
        for command in commands:
            console.print(Text(f"  {command}", style="bold"), soft_wrap=True)


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _position(value: str | None, order: Sequence[str]) -> int:
    return order.index(value) if value in order else len(order)


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")


def _join(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part)


def _shown(value: object) -> Text:
    return Text(str(value)) if value else Text("–", style="dim")


def _money(amount: object) -> str:
    return f"{float(str(amount or 0)):,.0f}"
