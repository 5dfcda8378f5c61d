"""`crossbrand land` as its user meets it: options, messages, manifests, mapping, drift, a kill."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from crossbrand import cli
from crossbrand.contract import load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.land import commit, run
from crossbrand.land.convert import from_epoch, from_local_time, from_number
from crossbrand.land.csv_record import Dialect, read_record
from crossbrand.land.encodings import decide
from crossbrand.land.landing import Outcome
from crossbrand.land.mapping import read_mapping
from crossbrand.land.model import FileRefusedError
from crossbrand.paths import Paths

HEADER = "order_id,ordered_at,status,sales_channel,currency_code,total_amount,updated_at,email"
ROW = "{id},2025-02-28T10:00:00Z,paid,eshop,CZK,12.50,2025-02-28T11:00:00Z,jana@example.com"
Land = Callable[..., Outcome]


def csv(*ids: str, header: str = HEADER) -> str:
    return "\n".join([header, *(ROW.replace("{id}", key) for key in ids)]) + "\n"


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def land(tmp_path: Path, landing: Path, project: Path) -> Land:
    """Write a file and land it; the text that the user reads is in `.said`."""

    def do(content: str | bytes, name: str = "orders.csv", **options: Any) -> Outcome:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths = Paths(project=project, landing=landing, warehouse=tmp_path / "unused")
        chosen = {"feed": "orders", "brand": "aster", "load_date": "2025-03-01"} | options
        said = io.StringIO()
        outcome = run.land(
            run.Request(files=[file], **chosen), paths, Console(file=said, width=200)
        )[0]
        outcome.said = said.getvalue()  # type: ignore[attr-defined]
        return outcome

    return do


def rows(landing: Path, outcome: Outcome) -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = pq.read_table(landing / outcome.target).to_pylist()
    return table


def tree(folder: Path) -> dict[str, str]:
    """Each file below a folder and the hash of its bytes; working files aside."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "_incoming" not in path.parts
    }


def test_the_verb_lands_and_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    project: Path,
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("CROSSBRAND_LANDING", str(tmp_path / "landing"))
    file = tmp_path / "orders.csv"
    file.write_text(csv("o1", "o2") + "o3,too short\n", encoding="utf-8")
    arguments = [
        "land",
        str(file),
        "--feed",
        "orders",
        "--brand",
        "aster",
        "--load-date",
        "2025-03-01",
    ]
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert "3 records = 2 landed + 1 rejected" in said
    assert "1 wrong_field_count, first in line 4: 2 fields instead of 8" in said
    landed = sorted((tmp_path / "landing/orders/brand=aster/load_date=2025-03-01").iterdir())
    assert len(landed) == 1
    assert cli.main(arguments) == 1
    assert "the same bytes have landed before" in capsys.readouterr().out
    assert cli.main([*arguments, "--skip-landed"]) == 0
    assert "skipped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"feed": "order"}, ["`order` is no feed", "Did you mean orders?"]),
        ({"feed": "../orders"}, ["is no feed"]),
        ({"brand": "astre"}, ["is no brand", "Did you mean aster?"]),
        ({"brand": ""}, ["is no brand id"]),
        ({"brand": "a\nb", "allow_unknown_brand": True}, ["is no brand id"]),
        ({"load_date": "1.3.2025"}, ["is no date", "2025-03-31"]),
        ({"load_date": "2025-02-30"}, ["is no date"]),
        ({"load_date": "../../etc"}, ["is no date"]),
        ({"format": "xlsx"}, ["--format", "csv, jsonl, parquet"]),
        ({"encoding": "klingon"}, ["--encoding", "cp1250"]),
        ({"encoding": "rot13"}, ["--encoding"]),
        ({"encoding": "base64"}, ["--encoding"]),
        ({"quote": "ab"}, ["--quote", "one ASCII character"]),
        ({"delimiter": "\n"}, ["--delimiter"]),
        ({"delimiter": "\udcff"}, ["--delimiter", "is no text"]),
        ({"max_rejected": 2.0}, ["--max-rejected"]),
        ({"map": Path("missing.yml")}, ["There is no mapping missing.yml"]),
        ({"manifest": Path("missing.json")}, ["There is no manifest"]),
    ],
)
def test_a_wrong_call_touches_nothing_and_names_the_mend(
    options: dict[str, Any], words: list[str], land: Land, landing: Path
) -> None:
    with pytest.raises(CrossbrandError) as raised:
        land(csv("o1"), **options)
    for word in words:
        assert word in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not landing.exists()


def test_all_columns_are_text_with_file_and_line(land: Land, landing: Path) -> None:
    outcome = land(csv("o1", "o2"))
    schema = pq.read_schema(landing / outcome.target)
    assert schema.names == [*HEADER.split(","), "_file", "_line"]
    assert {str(kind) for kind in schema.types[:-1]} == {"string"}
    assert [(row["order_id"], row["_file"], row["_line"]) for row in rows(landing, outcome)] == [
        ("o1", "orders.csv", 2),
        ("o2", "orders.csv", 3),
    ]


def test_rejects_have_the_documented_columns(land: Land, landing: Path) -> None:
    outcome = land(csv("o1") + 'o2,"open\n')
    rejects = landing / "_rejects" / outcome.target
    assert pq.ParquetFile(rejects).read().to_pylist() == [
        {
            "feed": "orders",
            "brand": "aster",
            "load_date": "2025-03-01",
            "file": "orders.csv",
            "line": 3,
            "reason_code": "unclosed_quote",
            "detail": "a quote that is never closed",
            "text": 'o2,"open',
        }
    ]


def test_every_reason_is_documented(project: Path) -> None:
    """A code without its sentence in the seed would fail the build of whoever meets it first."""
    seed = (project / "seeds" / "reject_reasons.csv").read_text(encoding="utf-8")
    known = {line.split(",")[0] for line in seed.splitlines()}
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (project / "scripts/crossbrand/land").glob("*.py")
    )
    used = {
        code
        for code in (
            "unclosed_quote", "broken_quote", "ambiguous_quote", "wrong_field_count",
            "unreadable_encoding", "null_byte", "invalid_json", "not_an_object", "repeated_key",
            "unconverted_value", "mixed_line_ends",
        )
        if f'"{code}"' in source
    }  # fmt: skip
    assert len(used) == 11
    assert used <= known


def test_a_dry_run_writes_nothing(land: Land, landing: Path) -> None:
    outcome = land(csv("o1") + "short\n", dry_run=True)
    assert outcome.state == "would land"
    assert (outcome.physical, outcome.counts.landed, outcome.counts.rejected) == (2, 1, 1)
    assert not landing.exists()


def test_the_same_name_twice_overwrites_nothing(land: Land, landing: Path) -> None:
    first, second = land(csv("o1")), land(csv("o2"))
    assert first.target != second.target
    assert rows(landing, first)[0]["order_id"] == "o1"
    assert rows(landing, second)[0]["order_id"] == "o2"


def test_the_same_bytes_for_another_brand_land_with_a_word(land: Land) -> None:
    land(csv("o1"))
    outcome = land(csv("o1"), brand="birch")
    assert outcome.state == "landed"
    assert any("brand aster" in warning for warning in outcome.warnings)


def test_replace_lands_the_same_bytes_in_place_of_the_first_time(land: Land, landing: Path) -> None:
    data = csv("o1").replace("jana", "jané").encode("cp1252")
    land(data, encoding="utf-8", max_rejected=1.0)
    assert len(tree(landing / "_rejects")) == 1
    outcome = land(data, encoding="cp1252", replace=True, load_date="2025-03-02")
    assert outcome.state == "landed"
    assert rows(landing, outcome)[0]["email"] == "jané@example.com"
    assert [path for path in tree(landing) if not path.startswith("_manifests")] == [outcome.target]
    assert len(tree(landing / "_manifests")) == 1


def test_a_folder_lands_file_by_file(tmp_path: Path, landing: Path, project: Path) -> None:
    delivery = tmp_path / "delivery"
    (delivery / "deep").mkdir(parents=True)
    (delivery / "a.csv").write_text(csv("o1"), encoding="utf-8")
    (delivery / "deep" / "b.csv").write_text(csv("o2"), encoding="utf-8")
    (delivery / "c.csv").write_bytes(b"")
    (delivery / "readme.md").write_text("hello", encoding="utf-8")
    (delivery / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    (delivery / "more").symlink_to(tmp_path)
    os.mkfifo(delivery / "pipe.csv")
    said = io.StringIO()
    outcomes = run.land(
        run.Request(files=[delivery], feed="orders", brand="aster", load_date="2025-03-01"),
        Paths(project=project, landing=landing, warehouse=tmp_path / "unused"),
        Console(file=said, width=200),
    )
    assert [(outcome.file, outcome.state) for outcome in outcomes] == [
        ("a.csv", "landed"),
        ("c.csv", "refused"),
        ("deep/b.csv", "landed"),
        ("gone.csv", "refused"),
    ]
    assert "not landed, as it is a link to a folder: more\n" in said.getvalue()
    assert "not landed, as it is no ordinary file: pipe.csv\n" in said.getvalue()
    assert run.exit_code(outcomes) == 1
    assert "readme.md" in said.getvalue()
    assert "2 files landed, 2 refused: 2 records = 2 landed + 0 rejected." in said.getvalue()


def test_a_landing_is_not_landed_into_itself(
    land: Land, tmp_path: Path, landing: Path, project: Path
) -> None:
    landed = land(csv("o1"))
    paths = Paths(project=project, landing=landing, warehouse=tmp_path / "unused")
    request = run.Request(
        files=[tmp_path], feed="orders", brand="aster", load_date="2025-03-01", replace=True
    )
    outcomes = run.land(request, paths, Console(file=io.StringIO()))
    assert [outcome.file for outcome in outcomes] == ["orders.csv"]
    with pytest.raises(CrossbrandError, match="in the landing"):
        land("", name=str(landing / landed.target))


# Manifests.


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"rows": 2}, ""),
        ({"rows": 2, "header": HEADER.split(",")}, ""),
        ({"rows": 3}, "it has 2 records, and orders.csv.manifest.json says 3"),
        ({"sha256": "0" * 64}, "was changed or cut on the way"),
        ({"sha256": "short"}, "64 hexadecimal digits"),
        ({"header": ["order_id", "gone"]}, "`gone` did not come"),
        ({"rows": "many"}, "rows must be a whole number"),
        ({"header": "order_id"}, "header must be a list"),
        ([{"name": "other.csv"}], "does not list it"),
        ([{"name": "orders.csv", "rows": 2}, {"name": "orders.csv", "rows": 2}], "lists it twice"),
        ({}, "promises nothing"),
        ({"size": 200}, "promises nothing"),
        ({"row": 2, "sha265": "0"}, "`row` is not known. Did you mean rows?"),
        ({"rows": 2, "sha265": "0"}, "`sha265` is not known. Did you mean sha256?"),
        ({"rows": 2, "size": 200}, ""),
    ],
)
def test_what_a_manifest_says_must_be_so(
    told: Any, words: str, land: Land, tmp_path: Path, landing: Path
) -> None:
    (tmp_path / "orders.csv.manifest.json").write_text(json.dumps(told), encoding="utf-8")
    outcome = land(csv("o1", "o2"))
    assert outcome.state == ("refused" if words else "landed")
    assert words in outcome.message
    assert bool(tree(landing)) is not bool(words)
    if not words:
        agree = "rows and header agree" if "header" in dict(told) else "rows agrees"
        assert f"the manifest orders.csv.manifest.json was checked: {agree}" in outcome.notes


def test_a_sum_beside_the_file_is_checked(land: Land, tmp_path: Path) -> None:
    sums = tmp_path / "orders.csv.sha256"
    sums.write_text("0" * 64 + "  orders.csv\n", encoding="utf-8")
    assert "was changed or cut" in land(csv("o1")).message
    sums.write_text(
        hashlib.sha256(csv("o1").encode()).hexdigest() + "  orders.csv\n", encoding="utf-8"
    )
    assert land(csv("o1")).state == "landed"


def test_the_manifest_that_is_kept(land: Land, landing: Path) -> None:
    outcome = land(csv("o1") + "short\n")
    path = (landing / "_manifests" / outcome.target).with_suffix(".json")
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["sha256"] == hashlib.sha256((csv("o1") + "short\n").encode()).hexdigest()
    assert told["header"] == HEADER.split(",")
    assert told["records"] == {"physical": 2, "landed": 1, "rejected": 1, "blank_lines": 0}
    assert told["rejected_by_reason"] == {"wrong_field_count": 1}


# Mapping.

MAPPING = """
feed: orders
columns:
  Č. objednávky: order_id
  Vytvořeno: {to: ordered_at, format: "%d.%m.%Y %H:%M", time_zone: Europe/Prague}
  Stav: {to: status, values: {zaplaceno: paid, "zrušeno": cancelled}}
  Celkem: {to: total_amount, decimal: comma}
  Změněno: {to: updated_at, unit: milliseconds}
  Sleva: {to: discount_amount, decimal: comma}
constants:
  sales_channel: eshop
  currency_code: CZK
"""
EXPORT = (
    "Č. objednávky;Vytvořeno;Stav;Celkem;Změněno;Sleva\n"
    "o1;28.02.2025 11:00;Zaplaceno;1.234;1740736800000;1,5\n"
    "o2;28.06.2025 11:00;zrušeno;12,30;1740736800123;half\n"
    "o3;28.02.2025 11:00;zaplaceno;12.3;1740736800000;\n"
    "o4;30.02.2025 11:00;zaplaceno;1;1740736800000;\n"
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mapping_gives_names_and_values_of_the_contract(
    land: Land, landing: Path, tmp_path: Path
) -> None:
    mapping = write(tmp_path / "mapping.yml", MAPPING)
    outcome = land(EXPORT, map=mapping)
    assert outcome.state == "landed", outcome.message
    landed = rows(landing, outcome)
    names = ("order_id", "ordered_at", "status", "total_amount", "updated_at", "discount_amount")
    assert [tuple(row[name] for name in names) for row in landed] == [
        # A point is a thousands mark where the comma is the decimal one.
        ("o1", "2025-02-28T10:00:00Z", "paid", "1234", "2025-02-28T10:00:00Z", "1.5"),
        # Summer time; an optional value that cannot be read is null, and kept beside it.
        ("o2", "2025-06-28T09:00:00Z", "cancelled", "12.30", "2025-02-28T10:00:00.123000Z", None),
    ]
    assert landed[1]["discount_amount_as_delivered"] == "half"
    assert {row["sales_channel"] for row in landed} == {"eshop"}
    # 12.3 is no number with a decimal comma, and the 30th of February is no day.
    assert dict(outcome.counts.by_reason) == {"unconverted_value": 2}
    assert outcome.physical == 4
    assert any("1 value of discount_amount" in warning for warning in outcome.warnings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "columns:\n  A: total_amout\n",
            ["`total_amout` is no column", "Did you mean total_amount?"],
        ),
        (
            "columns:\n  A: {to: status, values: {x: shiped}}\n",
            ["`shiped`", "Did you mean shipped?"],
        ),
        ("columns:\n  A: {to: status, unit: seconds}\n", ["unit is for timestamps"]),
        ("columns:\n  A: {to: status, decimal: comma}\n", ["decimal is for numbers"]),
        ("columns:\n  A: {to: total_amount, decimal: dot}\n", ["use comma, point"]),
        ("columns:\n  A: {to: ordered_at, time_zone: Prague}\n", ["Europe/Prague"]),
        ("columns:\n  A: {to: ordered_at, time_zone: ../../etc/passwd}\n", ["is not known"]),
        ("columns:\n  A: {to: ordered_at, unit: seconds, time_zone: UTC}\n", ["do not go with it"]),
        ("columns:\n  A: {to: status, vales: {x: paid}}\n", ["`vales`", "Did you mean values?"]),
        ("columns:\n  A: order_id\n  B: order_id\n", ["filled twice"]),
        ("columns:\n  A: order_id\n  A: status\n", ["line 3", "stands twice"]),
        ("columns:\n  A: order_id\nconstants: {order_id: x}\n", ["filled twice"]),
        ("constants: {status: payed}\n", ["is no value of status"]),
        ("feed: returns\ncolumns: {A: order_id}\n", ["--feed says orders"]),
        ("colums: {A: order_id}\n", ["Did you mean columns?"]),
        ("columns: [a, b]\n", ["must hold lines"]),
        ("columns: {A: [order_id]}\n", ["{to: column"]),
        ("a: [\n", ["line", "YAML"]),
        ("", ["holds no mapping"]),
        ("columns: {}\n", ["maps nothing"]),
        ("!!python/object/apply:os.system ['true']", ["holds no mapping"]),
        ("columns: {A: !!int abc}\n", ["`abc` is no column"]),
        ("columns: {A: {to: ordered_at, format: '%d.%d.%Y'}}\n", ["columns.A.format", "once"]),
        ("columns: {A: {to: ordered_at, format: '%d.%Q'}}\n", ["`%d.%Q` is no pattern"]),
        ("columns: " + "[" * 1200, ["nested too deeply"]),
    ],
)
def test_a_wrong_mapping_names_the_place_and_the_mend(
    text: str, words: list[str], tmp_path: Path, project: Path
) -> None:
    path = write(tmp_path / "mapping.yml", text)
    with pytest.raises(CrossbrandError) as raised:
        read_mapping(path, load_contract(project)["orders"])
    for word in (*words, "mapping.yml"):
        assert word in str(raised.value)


def test_a_mapping_of_a_column_that_did_not_come_refuses_the_file(
    land: Land, tmp_path: Path
) -> None:
    mapping = write(tmp_path / "mapping.yml", "columns: {Celkem CZK: total_amount}\n")
    outcome = land(csv("o1", header=HEADER.replace("total_amount", "Celkem_Kc")), map=mapping)
    assert outcome.state == "refused"
    assert "the mapping names the column `Celkem CZK`, which it does not have" in outcome.message


def test_conversions_against_values_worked_by_hand() -> None:
    assert from_epoch("1740736800", 1) == "2025-02-28T10:00:00Z"
    assert from_epoch("1740736800123456789", 10**9) == "2025-02-28T10:00:00.123456Z"
    assert from_epoch("now", 1) is None
    assert from_epoch("1e99", 1) is None
    assert from_epoch("9e999999", 1000) is None
    numbers = [
        ("1.234,50", "1234.50"),
        ("1 234", "1234"),
        ("-5", "-5"),
        ("1.23", None),
        (",", None),
        ("1e-7", "1e-7"),
        ("1,5E3", "1.5E3"),
        ("1.234e3", None),
        ("e5", None),
    ]
    assert [from_number(text, "comma") for text, _ in numbers] == [value for _, value in numbers]
    assert from_number("1,234.5", "point") == "1234.5"
    assert from_number("1,5", "point") is None
    from zoneinfo import ZoneInfo

    prague = ZoneInfo("Europe/Prague")
    # Twice an hour in autumn: the first. Skipped in spring: with the offset before.
    assert from_local_time("2025-10-26 02:30", (), prague) == "2025-10-26T00:30:00Z"
    assert from_local_time("2025-03-30 02:30", (), prague) == "2025-03-30T01:30:00Z"
    assert from_local_time("2025-03-30T02:30:00+05:00", (), prague) == "2025-03-29T21:30:00Z"
    assert from_local_time("soon", (), prague) is None


# Drift: a column that is new, missing, renamed, retyped.


def drift(land: Land, before: str | bytes, after: str | bytes, **options: Any) -> Outcome:
    suffix = options.pop("suffix", "csv")
    assert land(before, f"before.{suffix}").state == "landed"
    return land(after, f"after.{suffix}", load_date="2025-03-02", **options)


def test_drift_a_new_column_lands_and_is_told(land: Land, landing: Path) -> None:
    after = csv("o2", header=HEADER + ",gift").replace("example.com\n", "example.com,yes\n")
    outcome = drift(land, csv("o1"), after)
    assert outcome.state == "landed"
    assert any("`gift` did not come with the last delivery" in text for text in outcome.warnings)
    assert rows(landing, outcome)[0]["gift"] == "yes"


def test_drift_a_missing_column_is_told(land: Land) -> None:
    after = csv("o2").replace(",email", "").replace(",jana@example.com", "")
    outcome = drift(land, csv("o1"), after)
    assert outcome.state == "landed"
    assert any("`email` came with the last delivery" in text for text in outcome.warnings)


def test_drift_a_renamed_column_is_refused_until_somebody_says_so(
    land: Land, tmp_path: Path, landing: Path
) -> None:
    after = csv("o2", header=HEADER.replace("email", "kontakt_mail"))
    outcome = drift(land, csv("o1"), after)
    assert outcome.state == "refused"
    assert "`kontakt_mail` may be email" in outcome.message
    mapping = write(tmp_path / "m.yml", "columns: {kontakt_mail: email}\n")
    mapped = land(after, "after.csv", map=mapping, load_date="2025-03-02")
    assert rows(landing, mapped)[0]["email"] == "jana@example.com"
    assert land(after, "after.csv", replace=True, accept_drift=True).state == "landed"


def test_drift_a_missing_required_column_is_refused(land: Land) -> None:
    header = HEADER.replace("total_amount", "order_total")
    outcome = land(csv("o1", header=header))
    assert outcome.state == "refused"
    assert "`order_total` may be total_amount" in outcome.message
    outcome = land(csv("o1", header=header), allow_missing=True)
    assert outcome.state == "landed"
    assert any("staging will refuse every row" in text for text in outcome.warnings)


def test_drift_a_retyped_column_is_told_in_csv(land: Land) -> None:
    after = csv("o2").replace("2025-02-28T10:00:00Z", "1740736800")
    outcome = drift(land, csv("o1"), after)
    assert (
        "ordered_at held ISO 8601 times with an offset last time and holds epoch seconds now"
        in outcome.warnings
    )


def test_drift_a_column_that_staging_cannot_read_is_told_at_once(land: Land) -> None:
    outcome = land(csv("o1").replace("2025-02-28T10:00:00Z", "28.02.2025"))
    assert any("of ordered_at 1 is no timestamp" in text for text in outcome.warnings)


def test_drift_amounts_with_an_exponent_are_numbers(land: Land) -> None:
    for amount in ("0E-18", "1e-7"):
        outcome = land(csv("o1").replace("12.50", amount))
        assert not [text for text in outcome.warnings if "total_amount" in text]


def test_drift_a_retyped_column_is_told_in_json(land: Land) -> None:
    record = dict(zip(HEADER.split(","), ROW.split(","), strict=True))
    outcome = drift(
        land, json.dumps(record), json.dumps(record | {"updated_at": 1740736800000}), suffix="jsonl"
    )
    assert any("updated_at held" in text and "milliseconds" in text for text in outcome.warnings)


@pytest.mark.parametrize("zone", [None, "Europe/Prague"])
def test_times_of_parquet_are_exact_or_no_times(
    zone: str | None, land: Land, landing: Path
) -> None:
    record = {
        name: [value] * 6 for name, value in zip(HEADER.split(","), ROW.split(","), strict=True)
    }
    last = 253_402_300_799_999
    counts = [18448479763399551, 2**63 - 1, last + 1, last, -62_135_596_800_001, None]
    sink = io.BytesIO()
    pq.write_table(
        pa.table(record | {"ordered_at": pa.array(counts, pa.timestamp("ms", zone))}), sink
    )
    outcome = land(sink.getvalue(), "orders.parquet")
    assert [row["ordered_at"] for row in rows(landing, outcome)] == [
        "18448479763399551 ms since 1970",
        "9223372036854775807 ms since 1970",
        "253402300800000 ms since 1970",
        "9999-12-31 23:59:59.999000" + ("Z" if zone else ""),
        "-62135596800001 ms since 1970",
        None,
    ]


def test_drift_a_retyped_column_is_told_in_parquet(land: Land, landing: Path) -> None:
    record = {name: [value] for name, value in zip(HEADER.split(","), ROW.split(","), strict=True)}

    def parquet(**columns: Any) -> bytes:
        sink = io.BytesIO()
        pq.write_table(pa.table(record | columns), sink)
        return sink.getvalue()

    outcome = drift(
        land,
        parquet(order_id=pa.array([17], pa.int64())),
        parquet(order_id=pa.array([18.0], pa.float64())),
        suffix="parquet",
    )
    assert "`order_id` had the type int64 last time and has double now" in outcome.warnings
    assert rows(landing, outcome)[0]["order_id"] == "18"


# A kill at any moment, and the run after it.


class Killed(BaseException):
    """What a kill looks like from inside: nothing that follows is done."""


def steps_of_commit(monkeypatch: pytest.MonkeyPatch, at: int) -> list[str]:
    """Let every step of the commit be counted, and the process die before step number `at`."""
    done: list[str] = []

    def step(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if len(done) == at:
                raise Killed
            done.append(name)
            return original(*arguments, **named)

        return call

    monkeypatch.setattr(commit, "_flush", step("flush", commit._flush))
    monkeypatch.setattr(Path, "rename", step("rename", Path.rename))
    monkeypatch.setattr(Path, "replace", step("replace", Path.replace))
    monkeypatch.setattr(shutil, "rmtree", step("rmtree", shutil.rmtree))
    # A killed process cleans nothing up; its locks are let go of by the system.
    monkeypatch.setattr(commit.Incoming, "abandon", lambda incoming: incoming._alive.close())
    return done


def test_killed_at_any_step_the_next_run_gives_the_same(land: Land, landing: Path) -> None:
    data = csv("o1", "o2") + "short\n"
    land(data)
    wanted = tree(landing)
    at, seen = 0, set()
    while True:
        for path in sorted(landing.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        with pytest.MonkeyPatch.context() as patch:
            done = steps_of_commit(patch, at)
            try:
                land(data)
                killed = False
            except Killed:
                killed = True
        # Whatever is in place is whole; a manifest is there only with its data.
        present = tree(landing)
        assert present.items() <= wanted.items()
        if any(name.startswith("_manifests") for name in present):
            assert present == wanted
        again = land(data, load_date="2025-03-01")
        assert again.state in ("landed", "refused")
        assert tree(landing) == wanted, f"killed before step {at} ({done[-1:]})"
        assert [path for path in (landing / "_incoming").iterdir() if path.name != "lock"] == []
        seen.update(done)
        if not killed:
            break
        at += 1
    assert at > 10
    assert seen == {"flush", "rename", "replace", "rmtree"}


def test_a_real_kill_leaves_nothing_half_done(tmp_path: Path, landing: Path, project: Path) -> None:
    file = write(tmp_path / "orders.csv", csv(*(f"o{i}" for i in range(60_000))))
    command = [sys.executable, "-m", "crossbrand.cli", "land", str(file), "--feed", "orders"]
    command += ["--brand", "aster", "--load-date", "2025-03-01"]
    environment = os.environ | {
        "CROSSBRAND_LANDING": str(landing),
        "CROSSBRAND_PROJECT": str(project),
    }
    for delay in (0.5, 0.8):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        process.wait()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    landed = [path for path in tree(landing) if path.startswith("orders/")]
    assert len(landed) == 1
    assert pq.read_metadata(landing / landed[0]).num_rows == 60_000
    assert [path.name for path in (landing / "_incoming").iterdir()] == ["lock"]


# Small parts.


@pytest.mark.parametrize(
    ("data", "state", "fields"),
    [
        (b"a,b\n", "whole", [b"a", b"b"]),
        (b'"a,b",c\n', "whole", [b"a,b", b"c"]),
        (b'"a""b",\r\n', "whole", [b'a"b', b""]),
        (b'"a\nb",c\n', "whole", [b"a\nb", b"c"]),
        (b'a"b,c"\n', "whole", [b'a"b', b'c"']),
        (b'"a\n', "open", []),
        (b'"a"b,c\n', "broken", [b"a"]),
        (b'x,"a" ,c\n', "broken", [b"x", b"a"]),
    ],
)
def test_one_record_is_read_by_the_grammar(data: bytes, state: str, fields: list[bytes]) -> None:
    record = read_record(data, 0, Dialect())
    assert record.state == state
    assert record.fields == fields


CZECH_AND_SLOVAK = "Jiří Ľubomír Říha Ďuriš Ľudmila Kôstková Jozef Kŕč Eliška Dvořáková Ůlehla\n"
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy\n"
POLISH = "Zażółć gęślą jaźń, łódź\n"
HUNGARIAN = "Árvíztűrő tükörfúrógép\n"
GERMAN = "Übergrößen für Mädchen\n"


@pytest.mark.parametrize(
    "text", [CZECH, POLISH, HUNGARIAN, CZECH_AND_SLOVAK], ids=["cs", "pl", "hu", "cs-sk"]
)
@pytest.mark.parametrize("encoding", ["cp1250", "iso8859-2", "utf-8", "utf-16"])
def test_an_encoding_that_is_found_out_reads_the_text(text: str, encoding: str) -> None:
    """What is decided must give the same text back; where it is not sure, nothing is decided."""
    data = ("name\n" + text * 3).encode(encoding)
    try:
        found = decide(data, complete=True)
    except FileRefusedError:
        assert encoding in ("cp1250", "iso8859-2")
        assert text == HUNGARIAN
        return
    assert data.decode(found).removeprefix("\ufeff") == "name\n" + text * 3


def test_german_reads_the_same_in_each_candidate() -> None:
    data = ("name\n" + GERMAN).encode("cp1252")
    assert data.decode(decide(data, complete=True)) == "name\n" + GERMAN
