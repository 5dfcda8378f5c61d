"""People planted in every feed are erased, and nothing of them is left, nor comes back.

The build stops at the identities here; tests/properties/privacy/test_long.py does the whole. The
erasure is killed three times on its way.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from crossbrand.errors import CrossbrandError
from crossbrand.land.run import Request, land
from crossbrand.locks import hold
from crossbrand.paths import open_warehouse
from crossbrand.privacy import audit, retain, rewrite
from crossbrand.privacy.access import AccessRequest, access
from crossbrand.privacy.marks import load_list
from crossbrand.privacy.over_age import OverAge, find_over_age
from crossbrand.privacy.places import privacy_folder
from crossbrand.privacy.rows import RowReader
from crossbrand.privacy.suppress import scrub
from crossbrand.sync.lineage import load_deletions
from crossbrand.sync.places import find_places

from .ageing import plant_aged, planted_texts, set_days
from .answers import (
    assert_page_tells_the_same,
    rows_of_answer,
    rows_of_everybody,
    texts_of_others,
)
from .planting import LATE, Garden, Planted, plant, plant_elsewhere, write_rows
from .project import NEW, OLD, Grounds
from .search import Needles, find_texts

PEOPLE = 200 if os.environ.get("CROSSBRAND_LONG") else 20
ASKED = (0, 1, 2, 3, 8)
"""Those of the erased whose requests for access are answered before; the long form asks for all."""
REPOSITORY = Path(__file__).resolve().parents[3]
AGEING = ("contacts", "orders", "returns", "events", "share_codes", "reviews", "survey_responses",
          "message_events", "service_interactions", "loyalty_events")  # fmt: skip
BUILT_LAST, SECRET = "base_privacy__privacy_requests", "zqplatform-5ecret-0f-braze"
KILLS = ("landing:3", "build", "check")


@dataclass
class Answer:
    """What `crossbrand access` wrote for somebody before the erasure, by brand."""

    number: int
    person: Planted
    documents: dict[str, dict[str, Any]]
    pages: dict[str, str]
    modes: set[int]


@dataclass
class Aged:
    """What was over age, and what was left of it when the rewriting had been cut off and ended."""

    texts: set[str]
    young: set[str]
    found: list[OverAge]


@dataclass
class Grown:
    """The planted people before and after they were erased."""

    garden: Garden
    grounds: Grounds
    before: dict[str, set[str]]
    bound_before: dict[tuple[str, str, str], str | None]
    relatives_before: list[str]
    original: Path
    preview: str
    answers: list[Answer]
    refusal: tuple[bool, str]
    aged: Aged
    said: str = ""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    folder = tmp_path_factory.mktemp("privacy") / "project"
    grounds, garden = Grounds(folder), plant(PEOPLE)
    garden.write(grounds.landing)
    plant_aged(grounds.landing, AGEING)
    set_days(folder, AGEING)
    grounds.build()
    grounds.publish(OLD)
    aged = remove_over_age(grounds)
    plant_elsewhere(garden, folder)
    # A landing that was killed before it counted.
    incoming = grounds.landing / "_incoming" / "dump.csv.0000.tmp" / "data.parquet"
    incoming.parent.mkdir(parents=True)
    shutil.copy2(next(grounds.landing.glob("contacts/brand=aster/*/*.parquet")), incoming)
    (folder / "seeds" / "identity_decisions.csv").open("a", encoding="utf-8").write(
        "deny_identifier,email,aster,zq0000.mail@planted.example,,,,a steward,2025-01-01,why\n"
    )
    original = folder.parent / "original"
    shutil.copytree(grounds.landing, original)
    before = find_texts(folder, garden.texts())
    bound = bindings(grounds.warehouse)
    relatives = relative_rows(grounds.landing, garden)
    done, preview = grounds.erase(all_pending=True, dry_run=True)
    assert done
    assert find_texts(folder, garden.texts()) == before, "a preview changes nothing"
    asked = range(PEOPLE) if PEOPLE > 20 else ASKED
    answers = [ask(grounds, garden, number) for number in (*asked, PEOPLE)]
    answers += [
        ask(grounds, garden, number) for number in range(PEOPLE + 1, PEOPLE + len(asked) // 4)
    ]
    refusal = grounds.erase(identifier="email=ZQHome0003@planted.example", brand="aster")
    grown = Grown(
        garden, grounds, before, bound, relatives, original, preview, answers, refusal, aged
    )
    for place in KILLS:
        child = subprocess.run(
            [sys.executable, "-m", "tests.properties.privacy.project", str(folder), place],
            cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert child.returncode == -signal.SIGKILL, child.stderr
    done, grown.said = grounds.erase()
    assert done, grown.said
    return grown


def remove_over_age(grounds: Grounds) -> Aged:
    """As `crossbrand retain` does, without its build; the first time it ends at the third file."""
    aged, young = (planted_texts(grounds.landing, begin) for begin in ("zqaged", "zqyoung"))
    take_place, left = rewrite._take_place, [2]

    def ended(staged: Path, path: Path) -> None:
        if left[0] == 0:
            raise InterruptedError(path.name)
        left[0] -= 1
        take_place(staged, path)

    found = [over_age(grounds)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rewrite, "_take_place", ended)
        with pytest.raises(InterruptedError):
            retain.rewrite_landing(found[0], grounds.paths)
    found.append(over_age(grounds))
    retain.rewrite_landing(found[1], grounds.paths)
    return Aged(aged, young, found)


def over_age(grounds: Grounds) -> OverAge:
    """What the warehouse's cuts find in the landing."""
    with open_warehouse(grounds.warehouse) as connection:
        return find_over_age(connection, RowReader(grounds.project), grounds.paths)


def ask(grounds: Grounds, garden: Garden, number: int) -> Answer:
    """Have the request of a person answered; every second one into a folder of its own."""
    person = [*garden.erased, *garden.relatives][number]
    kind, value = person.request if number < PEOPLE else ("contact_id", f"ZQF{person.number:04}B")
    out = grounds.project / "answers" if number % 2 else None
    request = AccessRequest(identifier=f"{kind}={value}", controller="alder_group", out=out)
    pages = access(request, grounds.paths, Console(file=io.StringIO()))
    answer = Answer(number, person, {}, {}, set())
    for path in pages:
        written = path.with_suffix(".json")
        answer.modes |= {one.stat().st_mode & 0o777 for one in (path, written)}
        document = json.loads(written.read_text(encoding="utf-8"))
        answer.documents[document["brand_id"]] = document
        answer.pages[document["brand_id"]] = path.read_text(encoding="utf-8")
    return answer


def bindings(warehouse: Path) -> dict[tuple[str, str, str], str | None]:
    """Customer by brand, feed and record."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select brand_id, feed, record_id, customer_id "
            "from intermediate.int_identity__record_customers"
        ).fetchall()
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def relative_rows(landing: Path, garden: Garden) -> list[str]:
    """Every landed row of somebody who stays, as text."""
    ids = {record for person in garden.relatives for _, _, record in person.records}
    found = []
    for path in sorted(landing.glob("[a-z]*/brand=*/*/*.parquet")):
        for row in pq.read_table(path).to_pylist():
            if ids & {str(value) for value in row.values()}:
                found.append(f"{path.relative_to(landing)} {sorted(row.items(), key=str)}")
    return sorted(found)


def test_the_search_finds_everybody_before(grown: Grown) -> None:
    """The positive control: what is found nowhere afterwards was found by the same search."""
    assert set(grown.before) == grown.garden.texts()
    roots = {name.split("/")[0] for names in grown.before.values() for name in names}
    assert roots >= {"sample", "published", "logs", "target", "exports", "seeds", "runs",
                     "warehouse.duckdb", "warehouse.duckdb.tmp"}  # fmt: skip
    assert all("published/site/customer.html" in names for names in grown.before.values())


def test_nothing_is_left_anywhere(grown: Grown) -> None:
    assert find_texts(grown.grounds.project, grown.garden.texts()) == {}


def test_what_is_over_age_leaves_the_landing_and_nothing_else(grown: Grown) -> None:
    """Rows, refused rows, lines put aside and headers; the warehouse is new after the erasure."""
    aged = grown.aged
    assert len(aged.texts) > 25
    assert find_texts(grown.grounds.project, {*aged.texts, "zqagedheader1"}) == {}
    young = find_texts(grown.grounds.landing, aged.young)
    assert set(young) == aged.young
    assert sum(aged.found[1].feeds.values()) < sum(aged.found[0].feeds.values())


def test_the_preview_tells_every_place(grown: Grown) -> None:
    for place in ("contacts", "order_lines", "_rejects", "exports", "steward's decisions"):
        assert place in grown.preview
    assert f"{PEOPLE} people" in grown.preview


def test_an_answer_holds_every_record_and_nobody_elses(grown: Grown) -> None:
    """Row by row with what was planted, at every brand that somebody has, families included."""
    everybodys = rows_of_everybody(grown.original, grown.garden)
    for answer in grown.answers:
        expected = {
            {"nobody_knows": "unknown-brand"}.get(brand, brand): rows
            for (number, brand), rows in everybodys.items()
            if number == answer.number
        }
        found = {brand: rows_of_answer(told) for brand, told in answer.documents.items()}
        assert found == expected, answer.person.request
        assert answer.modes == {0o600}
    assert {brand for answer in grown.answers for brand in answer.documents} == {
        "aster", "birch", "unknown-brand",
    }  # fmt: skip


def test_an_answer_names_nobody_else(grown: Grown) -> None:
    for answer in grown.answers:
        others = Needles(texts_of_others(grown.garden, answer.person))
        for brand, document in answer.documents.items():
            told = json.dumps(document, ensure_ascii=False) + answer.pages[brand]
            assert others.find(told.encode()) == set(), answer.person.request


def test_the_page_tells_what_the_json_tells(grown: Grown) -> None:
    for answer in grown.answers:
        for brand, document in answer.documents.items():
            assert_page_tells_the_same(answer.pages[brand], document)


def test_an_answer_tells_versions_rejects_consents_and_decisions(grown: Grown) -> None:
    document = grown.answers[0].documents["aster"]
    assert len(document["feeds"]["contacts"]["records"]) == 2, "both versions"
    assert [row["decision"] for row in document["consents"]] == ["granted"]
    assert "2 rows that name you and may be somebody else's." in document["left_out"]
    (decision,) = document["decisions"]
    assert decision["identifier_value"] == "zq0000.mail@planted.example"
    assert "a steward" not in json.dumps(decision), "who decided is somebody else"


def test_an_answer_goes_with_the_person(grown: Grown) -> None:
    """From wherever it was written to; those of the relatives stay."""
    folders = privacy_folder(grown.grounds.paths).root / "access", grown.grounds.project / "answers"
    left = {path.stem.split("-")[-1] for folder in folders for path in folder.iterdir()}
    asked = {
        (answer.number < PEOPLE, document["customer_id"])
        for answer in grown.answers
        for document in answer.documents.values()
    }
    assert left == {customer for is_erased, customer in asked if not is_erased}
    assert {is_erased for is_erased, _ in asked} == {True, False}


def test_relatives_stay_whole(grown: Grown) -> None:
    assert grown.garden.relatives
    assert relative_rows(grown.grounds.landing, grown.garden) == grown.relatives_before
    bound = bindings(grown.grounds.warehouse)
    for person in grown.garden.relatives:
        mine = {key for key in person.records if key in grown.bound_before}
        assert mine == {key for key in person.records if key in bound}
        named = {key for key in mine if not key[2].startswith("ZQN")}
        assert len({bound[key] for key in named}) == 1
        assert None not in {bound[key] for key in named}


def test_what_landed_again_does_not_come_back(grown: Grown) -> None:
    """The same files, by name and date; the same rows in another file; and a full dump of them."""
    grounds, garden = grown.grounds, grown.garden
    for path in sorted(grown.original.rglob("brand=*/*/*.parquet")):
        target = grounds.landing / path.relative_to(grown.original)
        shutil.copy2(path, target)
        again = target.parent.parent / f"load_date={LATE}" / f"{target.parent.name}-{target.name}"
        again.parent.mkdir(exist_ok=True)
        shutil.copy2(path, again)
    contacts = [
        {**row, "updated_at": "2030-01-01T00:00:00Z"}
        for row in garden.rows["contacts", "aster", "2025-05-01"]
    ]
    write_rows(
        grounds.landing / "contacts/brand=aster/load_date=2030-01-01", contacts, "dump.parquet"
    )
    refused = grounds.dbt("run", "--select", "stg_contact__contacts")
    assert refused.exit_code
    assert "not held against the list of erased people" in " ".join(refused.failures)
    assert "crossbrand erase --scrub" in " ".join(refused.failures)

    folder = privacy_folder(grounds.paths)
    done = scrub(grounds.paths, folder, load_list(folder))
    assert done.total > 2 * PEOPLE
    assert find_texts(grounds.landing, garden.texts()) == {}
    assert len(relative_rows(grounds.landing, garden)) >= 2 * len(grown.relatives_before)
    assert scrub(grounds.paths, folder, load_list(folder)).looked_at == 0
    secrets = {"BRAZE_API_KEY": SECRET, "CROSSBRAND_POSTGRES": f"postgresql://me:{SECRET}@host/db"}
    grounds.succeed(
        "run", "--select", BUILT_LAST,
        environment={"DBT_WRITE_JSON": "true", "DBT_LOG_LEVEL_FILE": "debug", **secrets},
    )  # fmt: skip


def test_who_comes_back_later_is_a_new_customer(grown: Grown) -> None:
    """What happened after the erasure is kept, what is dated before it is not."""

    grounds = grown.grounds
    guest = next(person for person in grown.garden.erased if person.request[0] == "email")
    place = grounds.landing / "orders/brand=aster/load_date=2099-01-01"
    base = {"email": guest.request[1], "status": "paid"}
    path = write_rows(
        place,
        [{"order_id": "AFTER", "ordered_at": "2098-01-01T00:00:00Z", **base},
         {"order_id": "BEFORE", "ordered_at": "2020-01-01T00:00:00Z", **base},
         {"order_id": "UNDATED", "ordered_at": "soon", **base}],
    )  # fmt: skip
    folder = privacy_folder(grounds.paths)
    scrub(grounds.paths, folder, load_list(folder))
    assert pq.read_table(path)["order_id"].to_pylist() == ["AFTER"]
    path.unlink()


def test_a_shared_mailbox_alone_erases_nobody(grown: Grown) -> None:
    done, said = grown.refusal
    assert not done
    assert "2 people use it" in said
    assert "planted.example" not in said, "what was given is not repeated"


def test_land_leaves_the_erased_out(grown: Grown, tmp_path: Path) -> None:
    guest = next(person for person in grown.garden.erased if person.request[0] == "email")
    delivered = tmp_path / "dump.csv"
    delivered.write_text(
        "contact_id,email,registered_at,updated_at\n"
        f"NEW1,{guest.request[1]},2024-01-01,2024-01-01\n"
        "NEW2,somebody@planted.example,2024-01-01,2024-01-01\n",
        encoding="utf-8",
    )
    said = io.StringIO()
    request = Request([delivered], "contacts", "aster", "2025-07-01", allow_missing=True)
    (outcome,) = land(request, grown.grounds.paths, Console(file=said, width=200))
    path = grown.grounds.landing / outcome.target
    assert pq.read_table(path)["contact_id"].to_pylist() == ["NEW2"]
    assert "came again" in said.getvalue()
    assert guest.request[1] not in said.getvalue()


def test_platforms_are_told_once_of_each_customer(grown: Grown) -> None:
    lines = [
        json.loads(line)
        for line in (grown.grounds.project / "deletions.jsonl").read_text("utf-8").splitlines()
    ]
    customers = {
        grown.bound_before[key]
        for person in grown.garden.erased
        for key in person.records
        if grown.bound_before.get(key)
    }
    assert sorted(line["customer_id"] for line in lines) == sorted(map(str, customers))
    with duckdb.connect() as connection:
        generation: Any = SimpleNamespace(tables={})
        read = load_deletions(connection, generation, find_places(grown.grounds.paths))
    assert sorted(one.customer_id for one in read) == sorted(map(str, customers))
    assert len(customers) == PEOPLE


def test_the_certificate_tells_and_names_nobody(grown: Grown) -> None:
    folder = privacy_folder(grown.grounds.paths)
    (certificate,) = folder.certificates.glob("*.txt")
    text = certificate.read_text(encoding="utf-8")
    for told in ("landing contacts", "REQ-0000", "Not reached", f"People    {PEOPLE}"):
        assert told in text
    assert not folder.journal.exists()
    for path in folder.root.rglob("*.json*"):
        assert path.stat().st_mode & 0o077 == 0
    assert audit.verify(folder.audit).fault == ""
    assert audit.verify(folder.audit).lines >= 2


def test_old_generations_are_gone(grown: Grown) -> None:
    for role in ("activation", "bi"):
        files = sorted(path.name for path in (grown.grounds.project / "published" / role).iterdir())
        assert files == ["20250602T000000Z-00000002.duckdb", "current", "previous"]
        assert (grown.grounds.project / "published" / role / "current").resolve().stem == NEW


def test_no_secret_stands_in_target_logs_and_manifest(grown: Grown) -> None:
    """After a build with keys in their files and a platform's in the environment."""
    keys = privacy_folder(grown.grounds.paths).keys
    (line,) = (keys / "suppression.key").read_text(encoding="utf-8").splitlines()
    secret = line.split()[1]
    spellings = [secret, bytes.fromhex(secret).hex(" ")]
    assert find_texts(keys, spellings) == {secret: {"suppression.key"}}
    (audited,) = (keys / "audit.key").read_text(encoding="utf-8").splitlines()
    found = find_texts(grown.grounds.project, [*spellings, audited.split()[1], SECRET, BUILT_LAST])
    assert set(found) == {BUILT_LAST}, "what was built is found, and no secret"
    assert found[BUILT_LAST] >= {"target/manifest.json", "target/run_results.json", "logs/dbt.log"}


def test_two_at_a_time_are_refused(grown: Grown) -> None:
    folder = privacy_folder(grown.grounds.paths)
    with hold(folder.lock, "held"), pytest.raises(CrossbrandError, match="Another erasure"):
        grown.grounds.erase(all_pending=True)


def test_a_list_without_its_key_stops_everything(grown: Grown) -> None:

    folder = privacy_folder(grown.grounds.paths)
    key = folder.keys / "suppression.key"
    key.chmod(0o644)
    with pytest.raises(CrossbrandError, match="Others than its owner"):
        load_list(folder)
    key.chmod(0o600)
    moved = key.rename(key.with_suffix(".moved"))
    with pytest.raises(CrossbrandError, match="Restore the key"):
        load_list(folder)
    moved.rename(key)


def test_a_removed_line_of_the_record_shows(grown: Grown, tmp_path: Path) -> None:
    folder = privacy_folder(grown.grounds.paths)
    lines = folder.audit.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_text("".join(lines[1:]), encoding="utf-8")
    assert "does not follow" in audit.verify(tmp_path / "cut.jsonl").fault
    changed = "".join(lines).replace('"people": 20', '"people": 19')
    (tmp_path / "changed.jsonl").write_text(changed, encoding="utf-8")
    assert "was changed" in audit.verify(tmp_path / "changed.jsonl").fault
