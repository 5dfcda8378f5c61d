"""How an erased person leaves the state, and how far their deletion has come."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3

import pytest

from crossbrand.sync.state import deletion_status, forget

from .activation import BUILT_AT, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import person

WORDS = "taken already: jana.novakova@example.com, NOV\u00c1KOV\u00c1 and Nov%C3%A1kov%C3%A1"


def erase(stage: Stage, number: int) -> None:
    document = {
        "deletion_id": "d1",
        "customer_id": customer_id(number),
        "brand_id": None,
        "erased_at": (BUILT_AT + dt.timedelta(days=1)).isoformat() + "Z",
    }
    stage.deletions.write_text(json.dumps(document) + "\n")


def bytes_of(stage: Stage) -> bytes:
    return b"".join(path.read_bytes() for path in stage.state.parent.glob("sync_state.sqlite*"))


@pytest.mark.parametrize("name", ["webhook", "salesmanago"])
def test_who_is_erased_leaves_the_state_when_the_platform_has_taken_it(
    name: str, stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(1), profile(2)]))
    gone = customer_id(1).encode()
    assert deletion_status(stage.state, ["d1"]) == []
    assert forget(stage.state, [customer_id(1)]) == {}
    faults: dict[int, str] = {}
    with Platform(name, faults=faults.get) as platform:
        sync(platform)
        (status,) = deletion_status(stage.state, ["d1"])
        assert (status.destination, status.status) == (name, "not_sent")
        # What is needed to delete them there stays until then.
        assert forget(stage.state, [customer_id(1)]) == {name: "waiting"}
        erase(stage, 1)
        stage.publish(World([profile(2)]))
        faults[platform.requests + 1] = "500"
        sync(platform, attempts=1)
        assert deletion_status(stage.state, ["d1"])[0].status == "waiting"
        assert forget(stage.state, [customer_id(1)]) == {name: "waiting"}
        assert sync(platform)[1]["sent_by_operation"] == {"erase": 1}
        assert person(1) not in str(platform.profiles)
        (status,) = deletion_status(stage.state, ["d1"])
        assert (status.status, status.acknowledged_at is not None) == ("acknowledged", True)
        with sqlite3.connect(stage.state) as connection:
            connection.execute("update sync_changelog set words = ?", (WORDS,))
            connection.execute("update sync_runs set report = ?", (json.dumps({"a": WORDS}),))
        assert forget(
            stage.state, [customer_id(1)], ["Jana.Novakova@example.com", "Nov\u00e1kov\u00e1"]
        ) == {name: "forgotten"}
        kept = bytes_of(stage)
        assert kept.count(gone) == 1
        for word in ("novakova", "u00c1KOV", "NOV\u00c1KOV", "Nov%C3"):
            assert word.encode() not in kept
        assert customer_id(2).encode() in kept
        # That it was done is remembered, and it is not sent again.
        assert deletion_status(stage.state, ["d1"])[0].status == "acknowledged"
        assert sync(platform)[1]["sent"] == 0


def test_a_deletion_that_is_refused_says_so(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1), profile(2)]))
    with Platform("webhook") as platform:
        sync(platform)
        erase(stage, 1)
        platform.faults = lambda _: "422"
        sync(platform)
        (status,) = deletion_status(stage.state, ["d1"])
        assert (status.status, status.attempts) == ("refused", 1)
        assert "422" in str(status.words)
