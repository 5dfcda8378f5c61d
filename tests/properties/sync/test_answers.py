"""What a platform may answer, and what of it counts as a yes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from .activation import Stage, World, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import person, some, withdrawal


@pytest.mark.parametrize("name", some("webhook", "salesmanago"))
def test_a_web_page_is_no_answer(name: str, stage: Stage, sync: Sync) -> None:
    """A proxy that asks for a password says 200, and has passed nothing on."""
    people = [profile(1), profile(2)]
    stage.publish(World(people))
    with Platform(name) as platform:
        sync(platform)
        stage.land("consent_events", [withdrawal("person.1@example.com")])
        platform.faults = lambda _: "page"
        code, report = sync(platform, attempts=1)
        assert (code, report["undelivered"]) == (1, 1)
        platform.faults = lambda _: None
        assert sync(platform)[0] == 0
        assert platform.reaches(person(1)) == set()


def test_an_answer_that_never_ends_is_no_answer(stage: Stage, sync: Sync) -> None:
    """It comes letter by letter, each of them in time."""
    stage.publish(World([profile(1)]))
    with Platform("webhook", faults=lambda _: "drip") as platform:
        began = time.monotonic()
        code, report = sync(platform, attempts=1, timeout_seconds=0.3)
        assert (code, report["undelivered"]) == (1, 1)
        assert time.monotonic() - began < 2.5


class Blaming(Platform):
    """Takes everything but one, and does not say so in a way that points at anybody."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.is_bad = True

    def _judge(self, *given: Any) -> tuple[int, Any]:
        content = given[1]
        if self.is_bad and b"person.2@example.com" in content:
            if self.name == "braze":
                return 201, {"message": "success", "errors": ["an e-mail is not valid"]}
            return 200, {"rejected": [{"idempotency_key": "?", "message": "not valid"}]}
        return super()._judge(*given)


@pytest.mark.parametrize("name", ["braze", "webhook"])
def test_a_refusal_that_names_nobody_is_brought_home(name: str, stage: Stage, sync: Sync) -> None:
    """The batch is halved until the row to blame is alone."""
    stage.publish(World([profile(number) for number in range(5)]))
    with Blaming(name) as platform:
        code, report = sync(platform)
        assert (code, report["sent"], report["rejected"]) == (1, 4, 1)
        assert platform.find(person(2)) is None


def test_klaviyo_has_taken_a_no_when_its_job_is_done(stage: Stage, sync: Sync) -> None:
    """A suppression is accepted at once, and done later, or not at all."""
    stage.publish(World([profile(1)]))
    with Platform("klaviyo") as platform:
        sync(platform)
        stage.land("consent_events", [withdrawal("person.1@example.com")])
        platform.end_of_suppressions = "cancelled"
        code, report = sync(platform, attempts=1)
        assert (code, report["undelivered"]) == (1, 1)
        platform.end_of_suppressions = "complete"
        assert sync(platform)[1]["sent_by_operation"] == {"suppress": 1}
