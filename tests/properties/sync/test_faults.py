"""A platform that misbehaves: every change arrives in the end, none is told wrongly, none is lost.

`CROSSBRAND_LONG=1` runs 40 random campaigns for each of five platforms instead of one for two.
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from typing import Any

import pytest

from crossbrand.sync.http import Pace, Transport

from .activation import Row, Stage, World, profile
from .conftest import Sync
from .server import SECRET, Fault, Platform
from .test_destinations import PLATFORMS, later, person

IS_LONG = os.environ.get("CROSSBRAND_LONG") == "1"
SEEDS = range(40 if IS_LONG else 1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PLATFORMS if IS_LONG else ["webhook", "klaviyo"])
def test_everything_arrives_whatever_goes_wrong(
    name: str, seed: int, stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors, resets, lost answers, slow ones and refused rows, over changing generations."""
    chance = random.Random(f"{name}{seed}")
    people = [profile(number) for number in range(120)]
    calm = False

    def is_bad(item: Row) -> bool:
        return bool((item.get("fields") or item).get("city") == "Brno")

    def fault(_number: int) -> Fault:
        if calm:
            return None
        return chance.choice(
            [None, None, None, "500", "503", "reset", "lost", ("429", 0), ("slow", 0.01),
             ("reject", is_bad)]
        )  # fmt: skip

    ahead = 0
    with Platform(name, faults=fault) as platform:
        for _ in range(2):
            for row in chance.sample(people, 30):
                row["first_name"] = chance.choice(["A", "B", "C"])
            stage.publish(World(people))
            code, _ = sync(platform, attempts=2, concurrency=3)
            assert code in (0, 1)
            assert platform.violations == []
        calm = True
        for _ in range(6):
            ahead += 25
            monkeypatch.setattr("time.time", later(hours=ahead))
            if sync(platform)[1]["status"] == "complete":
                break
        assert sync(platform)[1]["skipped"]["unchanged"] == 120
        last = {one["id"]: one["item"] for one in platform.deliveries}
        if name == "webhook":
            for row in people:
                told = last[f"aster:{row['customer_id']}"]["fields"]
                assert (told["first_name"], told["city"]) == (row["first_name"], row["city"])
            # The same key never carries two contents.
            contents: dict[str, set[str]] = defaultdict(set)
            for one in platform.deliveries:
                contents[one["row"]].add(str(sorted(one["item"]["fields"].items(), key=str)))
            assert {len(found) for found in contents.values()} == {1}
        assert set(last) == {f"aster:{row['customer_id']}" for row in people}
        assert platform.violations == []
        assert 401 not in platform.statuses


def test_retry_after_is_honoured_by_all_workers(stage: Stage, sync: Sync) -> None:
    """One worker is asked to wait, and none sends before that but what was under way."""
    stage.publish(World([profile(number) for number in range(450)]))
    platform = Platform("braze", faults=lambda number: ("429", 1) if number == 1 else None)
    with platform:
        code, report = sync(platform, concurrency=2)
        assert (code, report["sent"]) == (0, 450)
        early = [at for at in platform.times if at < platform.times[0] + 0.95]
        assert len(early) <= 2


def test_a_platform_that_wants_too_long_a_rest_is_left_alone(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1)]))
    with Platform("braze", faults=lambda _: ("429", 3600)) as platform:
        began = time.monotonic()
        code, report = sync(platform)
        assert (code, report["undelivered"]) == (1, 1)
        assert "3600 s" in report["trouble"]
        assert time.monotonic() - began < 20
        assert platform.requests == 1


def test_batches_are_under_way_side_by_side_and_no_more_than_allowed(
    stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(number) for number in range(600)]))
    with Platform("braze", faults=lambda _: ("slow", 0.1)) as platform:
        sync(platform, concurrency=3)
        assert platform.busiest == 3
        assert platform.requests == 8


def test_the_pace_is_kept() -> None:
    """Twenty a second: each request has its turn a twentieth after the one before."""
    transport = Transport("http://localhost", Pace(requests_per_second=20), secrets={})
    waits: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.monotonic", lambda: 100.0)
        patch.setattr(transport.stopped, "wait", waits.append)
        for _ in range(4):
            transport._wait_for_turn()
        transport._pause(3)
        transport._wait_for_turn()
    transport.close()
    assert waits == pytest.approx([0.05, 0.1, 0.15, 3.0])


@pytest.mark.parametrize("fault", ["500", "hang", "reset"])
def test_a_platform_that_is_down_is_not_hammered(fault: str, stage: Stage, sync: Sync) -> None:
    """Three batches without an answer end the run; all of it waits for the next."""
    stage.publish(World([profile(number) for number in range(750)]))
    with Platform("braze", faults=lambda _: fault) as platform:
        code, report = sync(platform, attempts=1, concurrency=1, timeout_seconds=0.3)
        assert (code, report["undelivered"], report["sent"]) == (1, 750, 0)
        assert platform.requests == 3
    with Platform("braze") as platform:
        assert sync(platform)[1]["sent"] == 750


@pytest.mark.parametrize("name", ["salesmanago", "carecloud"])
def test_refused_credentials_name_the_variable_and_lose_nothing(
    name: str, stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(number) for number in range(3)]))
    with Platform(name, faults=lambda number: "401" if number == 1 else None) as platform:
        code, report = sync(platform)
        assert code == 2
        assert f"CROSSBRAND_{name.upper()}_" in report["err"]
        assert SECRET not in report["err"]
        first = len({one["id"] for one in platform.deliveries})
        assert sync(platform)[1]["sent"] == 3 - first
        assert len({one["id"] for one in platform.deliveries}) == 3


@pytest.mark.parametrize(("status", "is_down"), [("422", False), ("404", True), ("302", True)])
def test_a_batch_that_is_refused_as_a_whole(
    status: str, is_down: bool, stage: Stage, sync: Sync
) -> None:
    """A wrong address or mapping is not asked row by row."""
    stage.publish(World([profile(number) for number in range(64)]))
    with Platform("webhook", faults=lambda _: status) as platform:
        code, report = sync(platform)
        assert code == 1
        assert report["undelivered"] == 64
        assert platform.requests < 60
        assert ("every row is refused" in report["trouble"]) != is_down


def test_the_row_to_blame_is_found_by_halving(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(number) for number in range(64)]))
    bad = person(9)

    class Picky(Platform):
        def _webhook(self, *given: Any) -> Any:
            if any(item["external_id"] == bad for item in given[1]["changes"]):
                return 422, {"message": "no"}
            return super()._webhook(*given)

    with Picky("webhook") as platform:
        code, report = sync(platform)
        assert (code, report["sent"], report["rejected"]) == (1, 63, 1)
        assert platform.requests < 20


def test_personal_data_goes_over_https_only(
    stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publish(World([profile(1)]))
    monkeypatch.setenv("CROSSBRAND_BRAZE_URL", "http://rest.example.com")
    code, report = sync("braze")
    assert code == 2
    assert "https only" in report["err"]


@pytest.mark.parametrize("name", PLATFORMS[1:])
def test_an_answer_of_another_shape_is_no_answer(name: str, stage: Stage, sync: Sync) -> None:
    """Nobody can tell what was taken: it waits, and nothing is printed but a sentence."""
    stage.publish(World([profile(1)]))

    class Odd(Platform):
        def _judge(self, *_given: Any) -> tuple[int, Any]:
            return 200, {"data": [[]], "errors": 3, "contactIds": [1], "success": True}

    with Odd(name) as platform:
        code, report = sync(platform, attempts=1)
        assert code == 1
        assert report["undelivered"] == 1
        assert "cannot be read" in report["trouble"]
