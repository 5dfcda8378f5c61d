"""The pages without a browser: whole, sealed off, and showing the numbers of the marts.

The oracle reads whole tables of the published file and counts in Python. It knows the titles of
the charts, and none of their queries.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import itertools
import re
import threading
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from rich.console import Console

from crossbrand.board import run as module
from crossbrand.board.charts import Look, draw
from crossbrand.board.definition import Chart, Words, load_boards
from crossbrand.board.numbers import ticks, write
from crossbrand.errors import CrossbrandError
from crossbrand.evaluate import evaluate
from crossbrand.keys import keys_folder, load_or_create
from crossbrand.paths import Paths
from crossbrand.publish.declared import BI, load_marts
from crossbrand.publish.pseudonyms import KEY_NAME, pseudonym
from tests.properties.boards.conftest import Site
from tests.properties.boards.reading import Drawn, Page, pages
from tests.properties.built_sample import PROJECT

Row = dict[str, Any]
BOARDS = ("group", "rfm", "activity", "channels", "campaigns", "quality", "customer")
# What the sample has nothing of: its first build changes no id, and it has no doubtful rows.
EMPTY = {"Which ids changed?", "Doubtful, loaded all the same"}


@cache
def rows_of(site: Site, table: str) -> list[Row]:
    """A whole table of the published file."""
    with duckdb.connect(str(site.marts), read_only=True) as connection:
        cursor = connection.execute(f"select * from {table}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_every_board_is_there_whole_and_sealed_off(site: Site) -> None:
    found = dict(pages(site.folder))
    names = {path.name for path in found}
    assert {f"{name}.html" for name in (*BOARDS, "index")} <= names
    assert sum(name.startswith("customer-") for name in names) >= 3
    for path, page in found.items():
        text = path.read_text(encoding="utf-8")
        assert not page.elements & {"script", "link", "img", "iframe", "object", "embed"}
        assert "default-src 'none'" in text
        assert not re.search(r"(https?:)?//\w|url\(|@import", re.sub("<pre>.*?</pre>", "", text))
        assert set(page.links) <= names, path
    index = found[site.folder / "index.html"]
    assert {f"{name}.html" for name in BOARDS} <= set(index.links)


def test_every_chart_shows_something_or_says_why_not(site: Site) -> None:
    for path, page in pages(site.folder):
        for title, chart in page.charts.items():
            assert chart.is_empty != bool(chart.marks), (path.name, title)
            if path.stem in BOARDS and title not in EMPTY:
                assert chart.marks, (path.name, title)


def test_no_chart_shows_a_code_where_people_have_a_word(site: Site) -> None:
    """No underscore is left in a label, and every vocabulary of the words is a real one."""
    coded = re.compile(r"\b(high_in|low_every|at_risk|win_back|app_push|contact_id|no_consent)\w*")
    for path, page in pages(site.folder):
        for chart in page.charts.values():
            wrong = [text for text in chart.texts if coded.search(text) and "." not in text]
            assert not [text for text in wrong if "-" not in text], (path.name, chart.title)


def test_a_dash_says_why_it_stands_there(site: Site) -> None:
    """On the boards of groups. Of one customer a dash is what is not known of them."""
    dashed = 0
    for path, page in pages(site.folder):
        for title, chart in page.charts.items():
            told = [text for text in chart.texts if text.startswith(("– s", "<5: "))]
            few = "<5" in chart.texts
            if path.stem.startswith("customer") or not few | ("–" in chart.texts):
                assert not told or path.stem.startswith("customer"), (path.name, title)
                continue
            dashed += 1
            assert told, (path.name, title)
            assert ("<5: " in told[0]) == few, (path.name, title)
    assert dashed >= 3


# --- the numbers --------------------------------------------------------------------------------


def number(value: Any) -> Decimal:
    return round(Decimal(str(value)), 6)


def month(day: dt.date) -> dt.date:
    return day.replace(day=1)


@cache
def as_of(site: Site) -> dt.date:
    moment: dt.datetime = rows_of(site, "_generation")[0]["as_of_at"]
    return moment.date()


def revenue(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = defaultdict(Decimal)
    for row in rows_of(site, "kpi_daily"):
        if (as_of(site) - row["kpi_date"]).days < 730:
            found[f"{row['brand_id']}|{month(row['kpi_date'])}"] += row["net_amount"]
    return found


def overlap(site: Site) -> dict[str, Any]:
    brands = defaultdict(set)
    for row in rows_of(site, "customer_brand_360"):
        brands[row["brand_id"]].add(row["customer_id"])
    return {
        f"{one}|{other}": Decimal(len(brands[one] & brands[other])) / len(brands[one])
        for one in brands for other in brands if brands[one] & brands[other]
    }  # fmt: skip


def new_buyers(site: Site) -> dict[str, Any]:
    return Counter(
        f"{row['brand_id']}|{month(row['first_order_at'].date())}"
        for row in rows_of(site, "customer_brand_360")
        if row["first_order_at"] and (as_of(site) - row["first_order_at"].date()).days < 730
    )


def at_a_glance(site: Site) -> dict[str, Any]:
    customers = rows_of(site, "customer_360")
    days = [row for row in rows_of(site, "kpi_daily")
            if 0 <= (as_of(site) - row["kpi_date"]).days < 90]  # fmt: skip
    orders = sum(row["order_count"] for row in days)
    several = sum(row["brand_count"] > 1 for row in customers)
    reached = sum(row["contactable_brand_count"] > 0 for row in customers)
    return {
        "customer_count": len(customers),
        "net_amount": sum(row["net_amount"] for row in days),
        "order_count": orders,
        "average_order_amount": sum(row["gross_amount"] for row in days) / orders,
        "customer_share": Decimal(several) / len(customers),
        "contactable_share": Decimal(reached) / len(customers),
    }


def retention(site: Site) -> dict[str, Any]:
    return {
        f"{row['cohort_month_date']}|{row['months_since_first']}":
            Decimal(row["active_customer_count"]) / row["customer_count"]
        for row in rows_of(site, "cohort_retention")
        if row["scope"] == "all" and row["is_month_over"]
        and row["retention_share"] is not None
        and 1 <= row["months_since_first"] <= 12
        and (as_of(site) - row["cohort_month_date"]).days < 425
    }  # fmt: skip


def segments(site: Site) -> dict[str, Any]:
    return Counter(
        row["rfm_segment"] for row in rows_of(site, "rfm_scores") if row["scope"] == "all"
    )


def grid(site: Site) -> dict[str, Any]:
    return Counter(
        f"{row['recency_score']}|{row['frequency_score']}"
        for row in rows_of(site, "rfm_scores") if row["scope"] == "all"
    )  # fmt: skip


def segment_moves(site: Site) -> dict[str, Any]:
    """As funnel_transitions has them, where it does not hide them; fewer than five are not told."""
    history = [row for row in rows_of(site, "customer_history") if not row["is_current"]]
    last = max(row["month_date"] for row in history)
    moves = Counter(
        f"{row['previous_rfm_segment'] or 'no_order'}|{row['rfm_segment'] or 'no_order'}"
        for row in history if row["month_date"] == last and not row["is_newly_known"]
    )  # fmt: skip
    for row in rows_of(site, "funnel_transitions"):
        key = f"{row['from_value']}|{row['to_value']}"
        if row["month_date"] == last and row["funnel"] == "rfm_segment" and row["customer_count"]:
            assert moves[key] == row["customer_count"] or row["from_value"] == "not_known"
    return {key: count for key, count in moves.items() if count >= 5 and key != "no_order|no_order"}


def tier_moves(site: Site) -> dict[str, Any]:
    history = [row for row in rows_of(site, "customer_history") if not row["is_current"]]
    last = max(row["month_date"] for row in history)
    moves = Counter(
        f"{'not_known' if row['is_newly_known'] else row['previous_activity_tier']}"
        f"|{row['activity_tier']}"
        for row in history if row["month_date"] == last
    )  # fmt: skip
    return {key: count for key, count in moves.items() if count >= 5}


def best_hours(site: Site) -> dict[str, Any]:
    hours = Counter(
        f"{row['channel']}|{row['best_hour']}" for row in rows_of(site, "channel_affinity")
        if row["best_hour"] is not None
    )  # fmt: skip
    return {key: count for key, count in hours.items() if count >= 5}


def brand_tiers(site: Site) -> dict[str, Any]:
    return Counter(
        f"{row['brand_id']}|{row['activity_tier']}" for row in rows_of(site, "brand_activity")
    )


def stimulation(site: Site) -> dict[str, Any]:
    return Counter(
        f"{row['strongest_brand_id']}|{row['brand_to_stimulate_id']}"
        for row in rows_of(site, "cross_brand_activity_tiers")
        if row["tier"] == "high_in_one" and row["brand_to_stimulate_id"]
    )


def reach(site: Site) -> dict[str, Any]:
    may: dict[str, list[bool]] = defaultdict(list)
    for row in rows_of(site, "contactability"):
        may[f"{row['channel']}|{row['brand_id']}"].append(row["may_contact"])
    return {key: Decimal(sum(values)) / len(values) for key, values in may.items()}


def fatigue(site: Site) -> dict[str, Any]:
    buckets: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows_of(site, "channel_affinity"):
        sent = row["sent_count"]
        for least, most, name in (
            (1, 2, "1 or 2"), (3, 4, "3 or 4"), (5, 8, "5 to 8"), (9, 16, "9 to 16"),
            (17, 10**9, "17 and more"),
        ):  # fmt: skip
            if least <= sent <= most:
                buckets[name][0] += row["responded_count"]
                buckets[name][1] += row["reached_count"]
    return {name: Decimal(done) / reached for name, (done, reached) in buckets.items()}


def uplifts(site: Site) -> dict[str, Any]:
    """Of each shown campaign, by its name: treated minus control."""
    brands = {row["brand_id"]: row["brand_name"] for row in rows_of(site, "brands")}
    measured = [row for row in rows_of(site, "campaign_performance")
                if row["uplift_rate"] is not None]  # fmt: skip
    measured.sort(key=lambda row: (
        -(row["treated_count"] + row["control_count"]),
        row["campaign_id"], row["brand_id"], row["channel"],
    ))  # fmt: skip
    channels = {"email": "e-mail", "sms": "SMS", "vms": "voice message"}
    return {
        f"{row['campaign_name']}, {brands[row['brand_id']]}, "
        f"{channels.get(row['channel'], row['channel'].replace('_', ' '))}":
            Decimal(row["treated_converted_count"]) / row["treated_count"]
            - Decimal(row["control_converted_count"]) / row["control_count"]
        for row in measured[:16]
    }  # fmt: skip


def refusals(site: Site) -> dict[str, Any]:
    return Counter(row["reason_code"] for row in rows_of(site, "rejected_records"))


def silence(site: Site) -> dict[str, Any]:
    known = {row["brand_id"] for row in rows_of(site, "brands")}
    return {
        f"{row['feed']}|{row['brand_id']}{'' if row['brand_id'] in known else ' (unknown brand)'}":
            row["silent_days"]
        for row in rows_of(site, "landing_freshness")
    }  # fmt: skip


def rules(site: Site) -> dict[str, Any]:
    """From the warehouse's own records, which never leave it."""
    with duckdb.connect(str(site.paths.warehouse), read_only=True) as connection:
        return Counter(
            rule or "no_customer"
            for (rule,) in connection.execute(
                "select link_rule from marts.customer_records"
            ).fetchall()
        )


@cache
def plain_ids(site: Site) -> dict[str, str]:
    """Which customer of the warehouse an id of the boards stands for."""
    key = load_or_create(keys_folder(site.paths.project), KEY_NAME)
    with duckdb.connect(str(site.paths.warehouse), read_only=True) as connection:
        found = connection.execute("select customer_id from marts.customer_360").fetchall()
    return {pseudonym(key, customer): customer for (customer,) in found}


def person(site: Site) -> str:
    text = (site.folder / "customer.html").read_text(encoding="utf-8")
    found = re.search(r'class="subject"><code>(\w+)<', text)
    assert found
    return found[1]


def story(site: Site) -> dict[str, Any]:
    """From the warehouse's chronology, happening by happening."""
    with duckdb.connect(str(site.paths.warehouse), read_only=True) as connection:
        happened = connection.execute(
            "select kind, occurred_at, brand_id from marts.customer_timeline where customer_id = ?",
            [plain_ids(site)[person(site)]],
        ).fetchall()
    return Counter(
        f"{kind}|{month(at.date())}" for kind, at, brand in happened
        if brand and (as_of(site) - month(at.date())).days < 395
    )  # fmt: skip


ORACLES: list[tuple[str, str, Callable[[Site], dict[str, Any]]]] = [
    ("group", "The group at a glance", at_a_glance),
    ("group", "Net revenue by month", revenue),
    ("group", "New buyers by month", new_buyers),
    ("group", "Do they come back?", retention),
    ("group", "Which brands share customers?", overlap),
    ("rfm", "How many customers in each segment", segments),
    ("rfm", "The grid: how many", grid),
    ("rfm", "Who moved in the last full month?", segment_moves),
    ("activity", "Tier by brand", brand_tiers),
    ("activity", "Who moved in the last full month?", tier_moves),
    ("activity", "Whom to lead into which brand", stimulation),
    ("channels", "Whom may we reach?", reach),
    ("channels", "Fatigue: when is it too much?", fatigue),
    ("channels", "The best hours", best_hours),
    ("campaigns", "Uplift: would it have come without them?", uplifts),
    ("quality", "Why rows were refused", refusals),
    ("quality", "Who delivers late?", silence),
    ("quality", "By which rule a record finds its customer", rules),
    ("customer", "What has happened, month by month", story),
]


@pytest.mark.parametrize(
    ("board", "title", "oracle"), ORACLES, ids=[o[2].__name__ for o in ORACLES]
)
def test_the_numbers_are_those_of_the_marts(
    site: Site, board: str, title: str, oracle: Callable[[Site], dict[str, Any]]
) -> None:
    drawn = Page(site.folder / f"{board}.html").charts[title].values
    counted = oracle(site)
    assert counted
    shown = {
        key: number(value) for key, value in drawn.items() if number(value or 0) or key in counted
    }
    assert shown == {key: number(value) for key, value in counted.items()}


def test_the_customers_page_is_that_customers(site: Site) -> None:
    """And says why it is one person, as often as the evidence in the warehouse does."""
    page = Page(site.folder / "customer.html")
    chosen = person(site)
    (row,) = (row for row in rows_of(site, "customer_360") if row["customer_id"] == chosen)
    glance = page.charts["At a glance"].values
    assert number(glance["net_amount"]) == number(row["net_amount"])
    assert row["brand_count"] == max(one["brand_count"] for one in rows_of(site, "customer_360"))
    with duckdb.connect(str(site.paths.warehouse), read_only=True) as connection:
        links = connection.execute(
            "select link_rule, record_count from marts.identity_evidence where customer_id = ?",
            [plain_ids(site)[chosen]],
        ).fetchall()
    table = page.charts["Why it is one person"].values
    shown = {
        table[f"{line}|link_rule"]: int(table[f"{line}|link_count"])
        for line in range(len(table) // 4)
    }
    assert shown == Counter(rule for rule, _ in links)


def test_the_measured_rules_are_those_of_evaluate(site: Site) -> None:
    """The stand-in for truth lies beside the landing, as for every sample."""
    table = Page(site.folder / "quality.html").charts["How right the rules are"].values
    result = evaluate(site.paths.warehouse, site.paths.truth, worst=0)
    assert [table[f"{n}|precision"] for n, _ in enumerate(result.by_rule)] == [
        str(score.precision) for score in result.by_rule
    ]


def test_a_truth_of_other_data_does_not_keep_the_boards_from_being_drawn(
    site: Site, tmp_path: Path
) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "records.parquet").write_bytes(b"something else")
    paths = dataclasses.replace(site.paths, landing=tmp_path / "landing")
    with module.studio(paths) as studio:
        (board,) = (board for board in studio.boards if board.name == "quality")
        (chart,) = (chart for chart in board.charts if chart.source == "stitching")
        assert studio.rows(board, chart) == []


def test_bars_are_as_long_as_their_values(site: Site) -> None:
    chart = Page(site.folder / "rfm.html").charts["How many customers in each segment"]
    most = max(int(value) for _, value in chart.marks)
    for (key, value), style in zip(chart.marks, chart.styles, strict=True):
        width = re.search(r"width:([\d.]+)%", style)
        assert width
        assert abs(float(width[1]) - int(value) / most * 100) < 0.01, key


def test_segments_stand_from_the_best_to_the_lost(site: Site) -> None:
    """By the scores that the seed gives them, and not by alphabet."""
    chart = Page(site.folder / "rfm.html").charts["How many customers in each segment"]
    shown = [key for key, _ in chart.marks]
    words = yaml.safe_load((PROJECT / "boards/_words.yml").read_text(encoding="utf-8"))
    assert shown == [name for name in words["orders"]["rfm_segment"] if name in shown]
    assert shown[0] == "champions"
    assert shown[-1] == "lost"
    assert shown != sorted(shown)


# --- nothing to show, and mistakes ---------------------------------------------------------------


def test_with_nothing_in_the_marts_every_chart_says_so(site: Site, tmp_path: Path) -> None:
    """The first day: everything published, nothing in it."""
    (tmp_path / "bi").mkdir()
    copy = tmp_path / "bi" / site.marts.name
    with duckdb.connect() as connection:
        connection.execute(f"attach '{site.marts}' as full_one (read_only)")
        connection.execute(f"attach '{copy}' as empty_one")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'full_one'"
        ).fetchall()
        for (table,) in tables:
            kept = "" if table == "_generation" else " limit 0"
            connection.execute(
                f"create table empty_one.{table} as select * from full_one.{table}{kept}"
            )
    (tmp_path / "bi" / "current").symlink_to(copy.name)
    paths = type(site.paths)(PROJECT, tmp_path / "no", tmp_path / "no.duckdb", tmp_path)
    target = module.render(paths, Console(file=io.StringIO()))
    for path, page in pages(target):
        for title, chart in page.charts.items():
            values = {value for _, value in chart.marks}
            assert chart.is_empty or values <= {"", "0"}, (path.name, title)


def words(**given: Any) -> Look:
    return Look(Words({}, {}, given), {"aster": "Aster <b>&", "birch": "Birch"}, "EUR")


def test_what_people_typed_is_no_markup() -> None:
    chart = Chart("bars", "T", "q", options={"label": "who", "value": "n"})
    body = draw(chart, [{"who": "aster", "n": 3}, {"who": '"><i>', "n": 1}], words())
    assert "<b>&" not in body
    assert "<i>" not in body
    assert "Aster &lt;b&gt;&amp;" in body


def test_series_of_the_same_chart_differ_in_colour() -> None:
    look = Look(Words({}, {"good": 3}, {}), {"aster": "A", "birch": "B"}, "EUR")
    kinds = ["one", "good", "birch", "two", "three"]
    colours = look.colours(kinds)
    assert colours["good"] == 3
    assert colours["birch"] == 2
    assert len(set(colours.values())) == len(kinds)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1234567, "count", "1,234,567"),
        (Decimal("1234.5"), "amount", "1,235 EUR"),
        (Decimal("-0.004"), "cents", "0.00 EUR"),
        (0.1234, "share", "12.3%"),
        (1, "share", "100%"),
        (Decimal("-0.05"), "points", "−5.0 pp"),
        (Decimal("0.05"), "points", "+5.0 pp"),
        (1, "days", "1 day"),
        (90, "minutes", "90 min"),
        (150, "minutes", "2.5 h"),
        (3000, "minutes", "2.1 d"),
        (7, "hour", "07:00"),
        (1, "weekday", "Mon"),
        (dt.date(2025, 6, 3), "date", "3 Jun 2025"),
        (dt.date(2025, 6, 3), "month", "Jun 2025"),
        (True, "flag", "yes"),
        (None, "amount", "–"),
        (float("nan"), "share", "–"),
    ],
)
def test_values_are_written_as_people_read_them(value: Any, form: str, text: str) -> None:
    assert write(value, form, "EUR") == text


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 0.0123), (-40, 17), (0, 99999), (0, 0)])
def test_ticks_are_round_span_all_and_have_zero(low: float, high: float) -> None:
    found = ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert 0 in found
    assert 2 <= len(found) <= 7
    assert len({round(b - a, 9) for a, b in itertools.pairwise(found)}) == 1


GOOD = {
    "title": "T",
    "question": "Q?",
    "charts": [{"type": "bars", "title": "C", "query": "select 1 as n, 'a' as l",
                "label": "l", "value": "n"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": ""}, "'title' is missing"),
        ({"titel": "x"}, "'titel' is not known"),
        ({"charts": [{"type": "pie", "title": "C"}]}, "'pie' is none of"),
        ({"charts": [{**GOOD["charts"][0], "colour": "red"}]}, "does not know 'colour'"),  # type: ignore[dict-item]
        ({"charts": [{"type": "bars", "title": "C", "query": "x", "label": "l"}]}, "needs 'value'"),
        ({"charts": [{**GOOD["charts"][0], "format": "euro"}]}, "format 'euro' is none of"),  # type: ignore[dict-item]
        ({"charts": [{**GOOD["charts"][0], "order": "size"}]}, "no order 'size'"),  # type: ignore[dict-item]
        ({"charts": [{**GOOD["charts"][0], "width": "wide"}]}, "width 'wide' is none of"),  # type: ignore[dict-item]
        ({"charts": [{**GOOD["charts"][0], "source": "web"}]}, "source 'web' is none of"),  # type: ignore[dict-item]
    ],
)
def test_a_mistake_in_a_board_names_the_file_and_the_mend(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    (tmp_path / "10-mine.yml").write_text(yaml.safe_dump(GOOD), encoding="utf-8")
    assert load_boards(tmp_path)[0].name == "mine"
    (tmp_path / "10-mine.yml").write_text(yaml.safe_dump(GOOD | change), encoding="utf-8")
    with pytest.raises(CrossbrandError, match="10-mine") as error:
        load_boards(tmp_path)
    assert said in str(error.value)


def test_a_query_that_does_not_run_names_its_chart(site: Site) -> None:
    chart = Chart("bars", "Mine", "select nothing_such from customer_360")
    with module.studio(site.paths) as studio, pytest.raises(CrossbrandError) as error:
        studio.rows(studio.boards[0], chart)
    assert "'Mine'" in str(error.value)
    assert "nothing_such" in str(error.value)


def test_nothing_published_says_what_publishes(tmp_path: Path) -> None:
    paths = Paths(PROJECT, tmp_path, tmp_path / "w.duckdb", tmp_path / "published")
    with pytest.raises(CrossbrandError, match="crossbrand build"):
        module.render(paths, Console(file=io.StringIO()))


def test_a_folder_of_somebody_elses_is_left_alone(site: Site, tmp_path: Path) -> None:
    (tmp_path / "bi").symlink_to(site.paths.published / "bi")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.txt").write_text("mine")
    paths = type(site.paths)(PROJECT, site.paths.landing, site.paths.warehouse, tmp_path)
    with pytest.raises(CrossbrandError, match="something else"):
        module.render(paths, Console(file=io.StringIO()))
    assert (tmp_path / "site" / "thesis.txt").read_text() == "mine"


def test_serving_stays_on_this_machine_and_finds_any_customer(site: Site) -> None:
    last = max(row["customer_id"] for row in rows_of(site, "customer_360"))
    with module.server(site.paths, 0) as listening:
        host, port = listening.server_address[:2]
        assert host == "127.0.0.1"
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()

        def get(path: str) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        try:
            assert get("")[0] == 200
            code, text = get(f"customer.html?id={last}")
            assert code == 200
            assert last in text
            code, text = get("customer.html?id=nobody%27--")
            assert code == 400
            assert "no customer" in text
            assert get("../../etc/passwd")[0] == 404
            assert get("generation.txt")[0] == 404
        finally:
            listening.shutdown()
            thread.join()


def test_a_chart_is_read_as_it_is_drawn() -> None:
    """The reader itself: two keys that are alike must not hide a value."""
    with pytest.raises(AssertionError, match="twice"):
        _ = Drawn("T", "bars", [("a", "1"), ("a", "2")]).values


def test_the_exposures_name_what_the_boards_read() -> None:
    """DuckDB's own parser finds the tables of each query; dbt's exposures must have the same."""
    text = (PROJECT / "models/exposures/_boards__exposures.yml").read_text(encoding="utf-8")
    exposures = {one["name"]: one for one in yaml.safe_load(text)["exposures"]}
    published = {mart.name for mart in load_marts(PROJECT) if BI in mart.roles}
    boards = load_boards(PROJECT / "boards")
    assert set(exposures) == {f"board_{board.name}" for board in boards}
    with duckdb.connect() as connection:
        for board in boards:
            queries = [query for query in (board.choose, *(c.query for c in board.charts)) if query]
            read = {
                name
                for query in queries
                for name in connection.get_table_names(query.replace("$customer_id", "''"))
            }
            named = {
                ref.removeprefix("ref('").removesuffix("')")
                for ref in exposures[f"board_{board.name}"]["depends_on"]
            }
            # The one mart whose table is not called like its model, since a seed is.
            tables = {{"audience_sizes": "audiences"}.get(name, name) for name in named}
            assert tables == read & published, board.name


def test_the_counts_for_the_boards_are_those_of_the_warehouse(site: Site) -> None:
    """Every row of the three marts whose sources never leave the warehouse, counted in Python."""
    with duckdb.connect(str(site.paths.warehouse), read_only=True) as connection:
        evidence = connection.execute(
            "select customer_id, link_rule, identifier_type_a, identifier_type_b "
            "from marts.identity_evidence"
        ).fetchall()
        records = connection.execute(
            "select brand_id, feed, link_rule from marts.customer_records"
        ).fetchall()
        happened = connection.execute(
            "select customer_id, occurred_at, brand_id, kind, amount from marts.customer_timeline"
        ).fetchall()
    plain = plain_ids(site)
    assert {
        (plain[row["customer_id"]], row["link_rule"], row["identifier_type_a"],
         row["identifier_type_b"]): row["link_count"]
        for row in rows_of(site, "customer_links")
    } == Counter(evidence)  # fmt: skip
    assert {
        (row["brand_id"], row["feed"], row["link_rule"]): row["record_count"]
        for row in rows_of(site, "record_links")
    } == Counter((brand, feed, rule or "no_customer") for brand, feed, rule in records)
    months: dict[tuple[str, dt.date, str, str], list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for customer, at, brand, kind, amount in happened:
        if brand:
            months[customer, month(at.date()), brand, kind][0] += 1
            months[customer, month(at.date()), brand, kind][1] += amount or 0
    assert {
        (plain[row["customer_id"]], row["month_date"], row["brand_id"], row["kind"]):
            [row["happening_count"], row["happening_amount"]]
        for row in rows_of(site, "customer_months")
    } == months  # fmt: skip


def test_whoever_is_asked_for_comes_first(site: Site) -> None:
    last = max(row["customer_id"] for row in rows_of(site, "customer_360"))
    with module.studio(site.paths) as studio:
        (board,) = (board for board in studio.boards if board.choose)
        chosen = studio.subjects(board)
        asked = studio.subjects(board, last)
        assert (asked[0].id, asked[0].page) == (last, "customer.html")
        assert {one.id for one in asked} == {one.id for one in chosen} | {last}
        with pytest.raises(CrossbrandError, match="identity_redirects"):
            studio.subjects(board, "nobody")
