"""`crossbrand validate`: what is judged against which history, what stops, and what the pages show.

The numbers are worked by hand. Great Expectations runs over a project of one domain, so that it
takes seconds, and a warehouse that holds only what the command reads.
"""

from __future__ import annotations

import math
import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossbrand import cli
from crossbrand.contract import load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.validate.docs import local_page
from crossbrand.validate.judge import Judgement, ProfileRow, judge_feed, stability_index
from crossbrand.validate.project import project_files, write_project
from crossbrand.validate.samples import format_of, sample_feed
from crossbrand.validate.tolerances import GX_FOLDER, load_tolerances

PROJECT = Path(__file__).resolve().parents[2]
START = date(2025, 1, 6)


def test_the_committed_project_is_what_the_contract_and_the_tolerances_say() -> None:
    root = PROJECT / GX_FOLDER
    files = project_files(load_contract(PROJECT), load_tolerances(PROJECT))
    assert len(files) == 1 + 2 * 33 + 17
    for relative, text in files.items():
        assert (root / relative).read_text(encoding="utf-8") == text, (
            "run `python -m crossbrand.validate.project`"
        )
    kept = {path.relative_to(root) for path in root.glob("*/*.json")}
    assert kept == set(files) - {Path("great_expectations.yml")}


# --- judging -----------------------------------------------------------------------------------


def week(number: int) -> date:
    return START + timedelta(weeks=number)


def delivery(
    load_date: date, rows: float = 700, brand: str = "aster", **more: float
) -> list[ProfileRow]:
    """One delivery; `more` is measure__column or measure__column__value = number."""
    numbers = {"row_count__*": rows, "rejected_share__*": 0.0, **more}
    found: list[ProfileRow] = []
    for name, number in numbers.items():
        measure, column, value = (*name.split("__"), "")[:3]
        found.append((brand, load_date, measure, column, value, number))
    return found


def judged(profile: list[ProfileRow], feed: str = "orders") -> dict[tuple[str, str], Judgement]:
    tolerances = load_tolerances(PROJECT)
    newest = max(row[1] for row in profile)
    found = judge_feed(profile, tolerances.checks_of(feed), tolerances, {"aster", "birch"}, newest)
    return {(judgement.check, judgement.subject): judgement for judgement in found}


def test_volume_is_per_day_so_that_a_week_and_a_day_compare() -> None:
    profile = [row for number in range(6) for row in delivery(week(number))]
    profile += delivery(week(5) + timedelta(days=1), rows=50)
    volume = judged(profile)["volume", "rows"]
    assert (volume.value, volume.usual, volume.judged) == (50, 100, 0.5)


def test_small_and_short_histories_say_nothing() -> None:
    few_rows = [row for number in range(7) for row in delivery(week(number), rows=20)]
    few_weeks = [row for number in range(4) for row in delivery(week(number))]
    assert ("volume", "rows") not in judged(few_rows)
    assert ("volume", "rows") not in judged(few_weeks)
    assert ("rejected", "rows") in judged(few_weeks)


def test_shares_and_numbers_are_held_against_the_median_of_the_history() -> None:
    shares = (0.10, 0.12, 0.50, 0.11, 0.09)
    profile = [
        row
        for number, share in enumerate(shares)
        for row in delivery(week(number), null_share__email=share, p50__total_amount=20.0)
    ]
    profile += delivery(week(5), null_share__email=0.61, p50__total_amount=2000.0)
    found = judged(profile)
    missing = found["missing_values", "email"]
    assert math.isclose(missing.usual or 0, 0.11)
    assert math.isclose(missing.judged, 0.50)
    assert found["middle", "total_amount"].judged == 100


def test_the_mix_of_values_is_a_stability_index() -> None:
    # (0.8 - 0.5) ln(0.8 / 0.5) + (0.2 - 0.5) ln(0.2 / 0.5), and no third value.
    expected = 0.3 * math.log(1.6) - 0.3 * math.log(0.4)
    assert math.isclose(stability_index([0.8, 0.2], [0.5, 0.5]), expected, abs_tol=1e-9)
    assert stability_index([0.5, 0.5], [0.5, 0.5]) == 0
    usual = {"value_share__status__paid": 0.5, "value_share__status__placed": 0.5}
    profile = [row for number in range(5) for row in delivery(week(number), 700, "aster", **usual)]
    moved = {"value_share__status__paid": 0.8, "value_share__status__placed": 0.2}
    profile += delivery(week(5), 700, "aster", **moved)
    mix = judged(profile)["mix_of_values", "status: paid"]
    assert math.isclose(mix.judged, expected, abs_tol=1e-9)
    assert (mix.value, mix.usual) == (0.8, 0.5)


def test_silence_is_measured_by_the_longest_pause() -> None:
    profile = [row for number in (0, 1, 2, 4, 5) for row in delivery(week(number))]
    profile += [row for number in range(12) for row in delivery(week(number), brand="birch")]
    found = judge_feed(
        [row for row in profile if row[0] == "aster"],
        load_tolerances(PROJECT).checks_of("orders"),
        load_tolerances(PROJECT),
        {"aster"},
        week(11),
    )
    silence = next(judgement for judgement in found if judgement.check == "silence")
    assert (silence.value, silence.usual, silence.judged) == (42, 14, 3)


def test_an_unknown_brand_is_only_told() -> None:
    profile = [row for number in range(6) for row in delivery(week(number), brand="nobody")]
    assert set(judged(profile)) == {("unknown_brand", "rows")}


def test_an_exception_changes_one_feed() -> None:
    tolerances = load_tolerances(PROJECT)
    assert "volume" not in {check.name for check in tolerances.checks_of("products")}
    checks = {check.name: check for check in tolerances.checks_of("share_codes")}
    assert checks["volume"].bounds == {"warn": (0.2, 5.0), "stop": (0.05, 20.0)}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("compare: per_day", "compare: by_feeling", r"volume\.compare is 'by_feeling'"),
        ("warn: [0.4, 2.5]", "warn: 0.4", r"volume\.warn is not \[least, most\]"),
        ("  volume: null", "  volumes: null", "names no check: volumes"),
        ("history:", "histories:", "'history' is missing"),
    ],
)
def test_a_mistake_in_the_tolerances_is_named(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (PROJECT / GX_FOLDER / "tolerances.yml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / GX_FOLDER).mkdir()
    changed = tmp_path / GX_FOLDER / "tolerances.yml"
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CrossbrandError, match=message):
        load_tolerances(tmp_path)


# --- row samples -------------------------------------------------------------------------------

SECRET = ("Novák", "jan.novak@example.cz", "+420777123456", "AB12", "Jan")


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("ordered_at", ["2025-02-28T10:00:00+02:00", "1740736800", "2025-02-28"], ["28.2.2025"]),
        ("total_amount", ["12.50", "1 234,50", "-3"], ["free", "12 Kč"]),
        ("currency_code", ["CZK", "czk"], ["Kč", "CZKK"]),
        ("email", ["Aaa.Aaaa@aaaa.aa", "Aaa <aaa@aaa.aa>"], ["aaa", "aaa@aaa", "aaa aaa.aa"]),
        ("phone", ["+999 999 999 999", "999999999"], ["99", "aaaa"]),
        ("status", ["paid", " PAID "], ["sent", "paidup"]),
        ("is_test", ["true", "0"], ["maybe"]),
    ],
)
def test_forms(column: str, good: list[str], bad: list[str]) -> None:
    described = {entry.name: entry for entry in load_contract(PROJECT)["orders"].columns}
    form = format_of(described[column])
    assert form
    assert all(re.match(form, value) for value in good)
    assert not any(re.match(form, value) for value in bad)


def write_orders(landing: Path, load_date: date, rows: list[dict[str, str | None]]) -> None:
    folder = landing / "orders" / "brand=aster" / f"load_date={load_date}"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "part.parquet")


def test_samples_hold_shapes_and_no_person(tmp_path: Path) -> None:
    rows = [{"order_id": "AB12", "email": "jan.novak@example.cz", "status": "paid"}] * 5
    write_orders(tmp_path, START, rows)  # type: ignore[arg-type]
    feed = load_contract(PROJECT)["orders"]
    table = sample_feed(feed, tmp_path, {"aster": [START]}, 3)
    assert table is not None
    first = table.to_pylist()[0]
    assert table.num_rows == 3
    assert set(first) == {"scope", *feed.column_names}
    assert (first["order_id"], first["email"]) == ("AA99", "aaa.aaaaa@aaaaaaa.aa")
    assert (first["status"], first["phone"]) == ("paid", None)


# --- the whole command -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one domain of the contract, whose suites are derived anew."""
    project = tmp_path_factory.mktemp("validate")
    shutil.copy2(PROJECT / "dbt_project.yml", project)
    sources = Path("models") / "staging" / "transaction" / "_transaction__sources.yml"
    (project / sources).parent.mkdir(parents=True)
    shutil.copy2(PROJECT / sources, project / sources)
    (project / GX_FOLDER).mkdir()
    shutil.copy2(PROJECT / GX_FOLDER / "tolerances.yml", project / GX_FOLDER)
    shutil.copytree(PROJECT / GX_FOLDER / "assets", project / GX_FOLDER / "assets")
    assert len(write_project(project)) == 1 + 2 * 9 + 5
    return project


def write_warehouse(path: Path, profile: list[ProfileRow]) -> None:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema reference")
        connection.execute("create table reference.brands as select 'aster' as brand_id")
        connection.execute(
            "create table marts.landing_profile (feed varchar, brand_id varchar, load_date date, "
            "measure varchar, column_name varchar, column_value varchar, "
            "measured_number decimal(24, 6))"
        )
        connection.executemany(
            "insert into marts.landing_profile values ('orders', ?, ?, ?, ?, ?, ?)", profile
        )


def run(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    monkeypatch.setenv("CROSSBRAND_PROJECT", str(project))
    monkeypatch.setenv("CROSSBRAND_LANDING", str(project / "landing"))
    monkeypatch.setenv("CROSSBRAND_WAREHOUSE", str(project / "warehouse.duckdb"))
    code = cli.main(["validate", *words])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_healthy_landing_passes_and_a_sick_one_stops(
    small_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {
        "order_id": "AB12", "ordered_at": "2025-02-28T10:00:00Z", "status": "paid",
        "sales_channel": "eshop", "currency_code": "CZK", "total_amount": "12.50",
        "updated_at": "2025-02-28T10:00:00Z", "email": "jan.novak@example.cz",
        "phone": "+420777123456",
    }  # fmt: skip
    history = [
        row
        for number in range(7)
        for row in delivery(week(number), null_share__email=0.1, p50__total_amount=20.0)
    ]
    write_orders(small_project / "landing", week(7), [good] * 40)  # type: ignore[list-item]
    profile = [*history, *delivery(week(7), null_share__email=0.1, p50__total_amount=21.0)]
    write_warehouse(small_project / "warehouse.duckdb", profile)
    code, said = run(small_project, monkeypatch, capsys, "landing", "--no-build", "--no-docs")
    assert code == 0, said
    assert "4 checkpoints" in said
    assert "0 stops, 0 warnings" in said

    sick = good | {"ordered_at": "28.2.2025", "email": "jan.novak", "currency_code": "Kč"}
    write_orders(small_project / "landing", week(7), [sick] * 40)  # type: ignore[list-item]
    newest = delivery(week(7), rows=10_000, null_share__email=0.9, p50__total_amount=2000.0)
    newest += delivery(week(7), brand="nobody")
    write_warehouse(small_project / "warehouse.duckdb", [*history, *newest])
    code, said = run(small_project, monkeypatch, capsys, "landing", "--no-build")
    assert code == 1, said
    for line in (
        "stop  landing_orders: aster, total_amount: 2000, usually 20 (middle 100)",
        "stop  landing_orders: aster, email: 0.9, usually 0.1 (missing_values 0.8)",
        "stop  landing_orders: Row sample: Of the values of ordered_at, at least 50%",
        "warn  landing_orders: aster, rows: 1e+04, usually 700 (volume 14.3)",
        "warn  landing_orders: nobody, rows: 700",
        "warn  landing_orders: Row sample: Of the values of email, at least 97%",
    ):
        assert line in said, (line, said)
    site = small_project / GX_FOLDER / "uncommitted" / "data_docs" / "local_site"
    front = (site / "index.html").read_text(encoding="utf-8")
    assert "Stopped" in front
    assert "aster, total_amount: 2000, usually 20" in front
    assert not any(secret in front for secret in SECRET)
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"""(?:src|<link[^>]*href)=["']https?:""", text), page
        for link in re.findall(r"""(?:src|<link[^>]* href)=["']([^"'?#]+)""", text):
            if "static/local" in link:
                assert (page.parent / link).resolve().is_file(), (page, link)
    written = (small_project / GX_FOLDER / "uncommitted").rglob("*")
    for path in (path for path in written if path.is_file() and "static" not in path.parts):
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in SECRET), path


def test_the_marts_are_judged_after_the_build(
    small_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse = small_project / "warehouse.duckdb"
    write_warehouse(warehouse, delivery(START))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table marts.customer_360 as select true as is_suspect limit 0")
        connection.execute(
            "create table marts.customer_records as select 'aster' as brand_id, 'orders' as feed, "
            "range::varchar as record_id, case when range < 4 then 'c' end as customer_id "
            "from range(10)"
        )
    code, said = run(small_project, monkeypatch, capsys, "publication", "--no-docs")
    assert code == 1, said
    assert "stop  publication: all, customers: 0." in said
    assert "warn  publication: aster, orders_with_customer: 0.4." in said


def test_what_cannot_be_judged_is_said_in_one_line(
    small_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tolerances = small_project / GX_FOLDER / "tolerances.yml"
    text = tolerances.read_text(encoding="utf-8")
    (small_project / "warehouse.duckdb").unlink(missing_ok=True)
    code, said = run(small_project, monkeypatch, capsys, "landing", "--no-build")
    assert (code, said.count("\n")) == (2, 1)
    assert "There is no warehouse" in said
    tolerances.write_text(text.replace("warn: [0.4, 2.5]", "warn: [0.5, 2.5]", 1), encoding="utf-8")
    code, said = run(small_project, monkeypatch, capsys, "landing", "--no-build")
    tolerances.write_text(text, encoding="utf-8")
    assert (code, said.count("\n")) == (2, 1)
    assert "python -m crossbrand.validate.project" in said


def test_a_page_asks_nothing_of_the_network() -> None:
    page = (
        "<title>t</title>"
        '<link rel="stylesheet" href="https://cdn.example/a.css"/>'
        "<script src='http://cdn.example/a.js'></script>"
        '<img class="x"\n src="https://cdn.example/a.png"/>'
        "<style>a {background: url('https://cdn.example/b.png') 0 0}</style>"
    )
    local = local_page(page, "../")
    assert "cdn.example" not in local
    assert '<script src="../static/local/jquery.min.js"></script>' in local
