"""The contract that every destination keeps, against a server that checks every request.

A new platform is added to PLATFORMS, with its OpenAPI document in contracts/ and its behaviour in
server.py, and must pass as it is.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import hmac
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from crossbrand.sync.destinations import KINDS, find_kind
from crossbrand.sync.destinations.base import Change, Operation, Setup
from crossbrand.sync.destinations.carecloud import merged, without_nothing
from crossbrand.sync.destinations.file import defused
from crossbrand.sync.destinations.template import Template
from crossbrand.sync.destinations.webhook import sign
from crossbrand.sync.http import Reply
from crossbrand.sync.mapping import DestinationMapping

from .activation import BUILT_AT, FLAGS, ROOT, Row, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform

PLATFORMS = ["webhook", "braze", "klaviyo", "salesmanago", "carecloud"]
IS_LONG = os.environ.get("CROSSBRAND_LONG") == "1"


def some(*names: str) -> list[str]:
    """These platforms, and with CROSSBRAND_LONG=1 all of them."""
    return PLATFORMS if IS_LONG else list(names)


def person(number: int, brand: str = "aster") -> str:
    return f"{brand}:{customer_id(number)}"


def taken(platform: Platform, since: int = 0) -> list[tuple[str, str]]:
    """Operation and person of what the platform took, in order."""
    return [(one["operation"], one["id"]) for one in platform.deliveries[since:]]


@pytest.mark.parametrize("name", PLATFORMS)
def test_first_again_changed_and_closed(name: str, stage: Stage, sync: Sync) -> None:
    """All at first, nothing again, then exactly who changed; who withdrew is only closed."""
    people = [profile(number) for number in range(160)]
    stage.publish(World(people))
    with Platform(name) as platform:
        code, report = sync(platform)
        assert (code, report["sent"]) == (0, 160)
        assert sorted(taken(platform)) == sorted(("upsert", person(n)) for n in range(160))
        assert platform.violations == []
        seen = platform.requests
        code, report = sync(platform)
        assert (code, report["sent"], report["skipped"]["unchanged"]) == (0, 0, 160)
        assert platform.requests == seen

        changed = [{**row, "first_name": "Other"} if n < 3 else row for n, row in enumerate(people)]
        since = len(platform.deliveries)
        stage.publish(World(changed))
        assert sync(platform)[1]["sent"] == 3
        assert sorted(taken(platform, since)) == sorted(("upsert", person(n)) for n in range(3))

        since = len(platform.deliveries)
        by_channel = withdrawal("person.6@example.com", channel="E-mail")
        stage.land("consent_events", [withdrawal("PERSON.5@example.com "), by_channel])
        code, report = sync(platform)
        assert (code, report["sent"]) == (0, 2)
        told = taken(platform, since)
        assert ("suppress", person(5)) in told
        assert {one for _, one in told} == {person(5), person(6)}
        assert report["skipped"]["newer_withdrawal"] == 1
        check_one_channel_closed(platform, person(6), "person.6@example.com", person(7))
        assert sync(platform)[1]["sent"] == 0
        assert platform.violations == []


def redirect(old: int, new: int) -> Row:
    return {
        "redirect_id": f"r{old}",
        "old_customer_id": customer_id(old),
        "new_customer_id": customer_id(new),
        "reason": "merge",
        "is_old_id_alive": False,
        "redirected_at": BUILT_AT,
    }


def withdrawal(email: str, **given: Any) -> Row:
    return {
        "consent_event_id": f"w-{email}-{given.get('channel')}",
        "email": email,
        "purpose": "marketing",
        "decision": "withdrawn",
        "decided_at": "2026-01-02T08:00:00Z",
        **given,
    }


def check_one_channel_closed(platform: Platform, closed: str, email: str, other: str) -> None:
    """E-mail withdrawn, text messages not: the platform has no address and has learnt of the no."""
    name = platform.name
    if name == "braze":
        held = platform.profiles[closed]
        assert (held["email"], held["email_subscribe"]) == (None, "unsubscribed")
        # A yes is told once: who unsubscribed at the platform is not subscribed by another change.
        assert "email_subscribe" not in platform.profiles[other]
    elif name == "klaviyo":
        assert platform.profiles[closed]["suppressed"]
        assert not platform.profiles[other]["suppressed"]
    elif name == "salesmanago":
        assert platform.profiles[email]["opted_in"] is False
    elif name == "carecloud":
        (held,) = [one for one in platform.profiles.values() if one["external_id"] == closed]
        assert "email" not in held["personal_information"]
        assert held["personal_information"]["store_id"] == "S1"
    else:
        assert "email" not in platform.reaches(closed)
        assert "sms" in platform.reaches(closed)
    if name == "webhook":
        held = platform.profiles[closed]
        assert held["fields"]["email"] is None
        assert held["permissions"]["email"] is False
        assert held["permissions"]["sms"] is True


@pytest.mark.parametrize("name", PLATFORMS)
def test_merge_and_erasure_go_first(name: str, stage: Stage, sync: Sync) -> None:
    """The old customer's profile goes into the new one's, which is told of first; erasure once."""
    stage.publish(World([profile(1), profile(2), profile(3), profile(4)]))
    with Platform(name) as platform:
        sync(platform)
        redirects = [redirect(1, 9), redirect(2, 3)]
        stage.deletions.write_text(json.dumps({
            "deletion_id": "d1", "customer_id": customer_id(4), "brand_id": "aster",
            "erased_at": (BUILT_AT + dt.timedelta(days=1)).isoformat() + "Z"}) + "\n")  # fmt: skip
        since = len(platform.deliveries)
        stage.publish(World([profile(9), profile(3), profile(4)], redirects=redirects))
        code, report = sync(platform)
        assert code == 0, report
        assert platform.violations == []
        assert report["sent_by_operation"]["merge"] == 2
        assert report["sent_by_operation"]["erase"] == 1
        assert report["skipped"]["erased"] == 1
        order = taken(platform, since)
        assert order[0] == ("upsert", person(9))
        kinds = [kind for kind, _ in order]
        assert not {"merge", "delete", "erase"} & set(kinds[kinds.index("upsert", 1) :])
        held = json.dumps(platform.profiles, default=str)
        if name != "carecloud":
            for number in (1, 2, 4):
                assert person(number) not in held
        assert person(3) in held
        assert person(9) in held
        seen = len(platform.deliveries)
        assert sync(platform)[1]["sent"] == 0
        assert len(platform.deliveries) == seen


@pytest.mark.parametrize("name", PLATFORMS)
def test_mirror_takes_away_under_guard(name: str, stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(number) for number in range(10)]))
    with Platform(name) as platform:
        sync(platform)
        stage.publish(World([profile(number) for number in range(7)]))
        seen = platform.requests
        code, report = sync(platform, "--mode", "mirror")
        assert code == 1
        assert "--allow-deletes" in report["err"]
        assert platform.requests == seen
        since = len(platform.deliveries)
        code, report = sync(platform, "--mode", "mirror", "--allow-deletes")
        assert (code, report["sent_by_operation"]) == (0, {"delete": 3})
        assert sorted(taken(platform, since)) == sorted(("delete", person(n)) for n in (7, 8, 9))
        assert platform.violations == []


def test_klaviyo_is_told_a_no_on_every_channel(stage: Stage, sync: Sync) -> None:
    """Its suppression is about e-mail alone; who has only a phone has nothing to suppress."""
    by_phone = profile(2, email=None, may_contact_email=False)
    stage.publish(World([profile(1), by_phone, profile(3)]))
    with Platform("klaviyo") as platform:
        sync(platform)
        assert platform.profiles[person(2)]["properties"]["may_contact_sms"] is True
        stage.publish(World([profile(3)]))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (0, {"suppress": 2})
        for number, may in ((1, False), (2, False), (3, True)):
            told = platform.profiles[person(number)]["properties"]
            assert {told[f"may_contact_{channel}"] for channel in FLAGS} == {may}
        assert platform.profiles[person(1)]["suppressed"]
        assert platform.profiles[person(1)]["properties"]["loyalty_card_id"]
        assert platform.violations == []
        assert sync(platform)[1]["sent"] == 0


def test_a_contact_that_two_share_is_not_deleted_with_one(stage: Stage, sync: Sync) -> None:
    """SALESmanago keys by e-mail: who goes must not take along the one who stays."""
    shared = {"email": "family@example.com"}
    stage.publish(World([profile(1, **shared), profile(2, **shared), profile(3)]))
    with Platform("salesmanago") as platform:
        sync(platform)
        stage.publish(World([profile(2, **shared)]))
        code, report = sync(platform, "--mode", "mirror", "--allow-deletes")
        assert (code, report["sent_by_operation"]["delete"]) == (0, 2)
        assert set(platform.profiles) == {"family@example.com"}


@pytest.mark.parametrize("name", [name for name in PLATFORMS if name != "carecloud"])
def test_an_audience_is_entered_and_left(name: str, stage: Stage, sync: Sync) -> None:
    people = [profile(number) for number in range(8)]

    def members(numbers: range, held_out: tuple[int, ...] = ()) -> list[Row]:
        return [
            {"audience_name": "reward", "customer_id": customer_id(n), "brand_id": "aster",
             "entered_at": BUILT_AT, "channel": "email", "send_at_hour": 8, "send_at_weekday": 2,
             "is_held_out": n in held_out}
            for n in numbers
        ]  # fmt: skip

    stage.publish(World(people, members=members(range(6), held_out=(5,))))
    with Platform(name) as platform:
        code, report = sync(platform, "--audience", "reward")
        assert (code, report["sent_by_operation"]) == (0, {"enter": 5})
        assert report["skipped"]["held_out"] == 1
        stage.publish(World(people, members=members(range(1, 5))))
        assert sync(platform, "--audience", "reward")[1]["sent"] == 0
        code, report = sync(platform, "--audience", "reward", "--mode", "mirror")
        assert (code, report["sent_by_operation"]) == (0, {"leave": 1})
        assert platform.violations == []
        # A mirror of an audience that is empty all at once is a mistake more often than not.
        stage.publish(World(people, members=members(range(1, 2), held_out=(1,))))
        code, report = sync(platform, "--audience", "reward", "--mode", "mirror")
        assert code == 1
        assert "4 of 4" in report["err"]


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_is_refused_is_kept_with_the_words(
    name: str, stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some rows are refused: the others are taken, and these wait, and then are tried again."""
    stage.publish(World([profile(number) for number in range(30)]))
    bad = {f"person.{number}@example.com" for number in (4, 11)}

    def is_bad(item: Row) -> bool:
        email = (item.get("fields") or item).get("email")
        return email in bad

    with Platform(name, faults=lambda _: ("reject", is_bad)) as platform:
        code, report = sync(platform)
        assert (code, report["sent"], report["rejected"]) == (1, 28, 2)
        assert "example.com" not in json.dumps(report)
        assert platform.violations == []
        code, report = sync(platform)
        assert (code, report["sent"], report["skipped"]["rejected_earlier"]) == (0, 0, 2)
        bad.clear()
        monkeypatch.setattr("time.time", later(hours=1))
        code, report = sync(platform)
        assert (code, report["sent"]) == (0, 2)


def later(**ahead: float) -> Any:
    import time

    real = time.time
    return lambda: real() + dt.timedelta(**ahead).total_seconds()


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_kind_declares_its_contract(name: str) -> None:
    contract = find_kind(name).contract
    assert contract.name == name
    assert (ROOT / "contracts" / f"{name}.yaml").is_file()
    assert (ROOT / "destinations" / f"{name}.yml").is_file()
    wanted = {Operation.upsert, Operation.suppress, Operation.delete, Operation.merge}
    assert wanted | {Operation.erase} <= set(contract.batch)
    assert all(size >= 1 for size in contract.batch.values())
    assert set(KINDS) == {*PLATFORMS, "file"}


def test_the_template_is_a_destination_that_works() -> None:
    """Who copies it starts from something that sends what it says and reads what it is told."""
    sent = []

    class Recorder:
        def request(self, method: str, path: str, **given: Any) -> Reply:
            sent.append((method, path, given["document"], given["key"]))
            return Reply(200, {"errors": [{"index": 1, "message": "no"}] if len(sent) == 1 else []})

    mapping = DestinationMapping("mine", "template", Path("mine.yml"), ())
    transport: Any = Recorder()
    setup = Setup(mapping, {"API_KEY": "k"}, {}, Path(), "profiles", transport)
    destination = Template(setup)
    told = [Change(n, Operation.upsert, f"c{n}", "aster", f"k{n}", {"a": n}) for n in range(2)]
    outcomes = destination.deliver(Operation.upsert, told, "key")
    assert [one.rejected for one in outcomes] == [None, "no"]
    assert sent[0] == (
        "POST", "/people",
        {"people": [
            {"id": f"aster:c{n}", "a": n, "may": {}, "opened": [], "held": []} for n in range(2)]},
        "key",
    )  # fmt: skip
    gone = Change(3, Operation.erase, "c3", "aster", "k3")
    assert destination.deliver(Operation.erase, [gone], "key")[0].rejected is None
    assert sent[1][1:3] == ("/people/erase", {"people": [{"id": "aster:c3"}]})
    united = Change(4, Operation.merge, "c4", "aster", "k4", into_customer_id="c5")
    destination.deliver(Operation.merge, [united], "key")
    assert sent[2][2] == {"people": [{"from": "aster:c4", "into": "aster:c5"}]}


def test_the_signature_of_a_webhook_can_be_checked() -> None:
    signature = sign("key", b'{"a":1}', 1_700_000_000)
    digest = hmac.new(b"key", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert signature == f"t=1700000000,v1={digest}"


def test_a_replaced_record_keeps_what_others_wrote() -> None:
    current = {"state": 1, "personal_information": {"store_id": "S", "email": "a@b.cz",
               "address": {"zip": "1", "city": "Brno"}}}  # fmt: skip
    told = {"personal_information": {"email": None, "address": {"city": "Praha"}}}
    assert without_nothing(merged(current, told)) == {
        "state": 1,
        "personal_information": {"store_id": "S", "address": {"zip": "1", "city": "Praha"}},
    }


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=cmd()", "'=cmd()"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@sum", "'@sum"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("|calc", "'|calc"),
        ("+420777123456", "+420777123456"),
        (-1.5, "-1.5"),
        ("O'Brien", "O'Brien"),
        (None, ""),
        (True, "true"),
        (["=a", "b"], "'=a,b"),
    ],
)
def test_no_cell_computes(cell: object, text: str) -> None:
    assert defused(cell) == text


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_files_hold_each_change_once_and_no_formula(form: str, stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(number) for number in range(50)]))
    assert sync("file", format=form)[1]["sent"] == 50
    (path,) = (stage.state.parent / "exports" / "file" / "profiles").iterdir()
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0
    if form == "jsonl":
        rows = [json.loads(line) for line in text.splitlines()]
        assert {row["fields"]["first_name"] for row in rows} >= {"=cmd()", "Zoë"}
    else:
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {row["first_name"] for row in rows} >= {"'=cmd()", "Zoë"}
    assert {row["external_id"] for row in rows} == {person(number) for number in range(50)}
    assert len({row["idempotency_key"] for row in rows}) == 50
