"""Many profiles to a server that validates and counts, within the platform's limits.

`CROSSBRAND_LONG=1 pytest tests/properties/sync/test_scale.py` sends 100,000 instead of 2,000. It
prints how many rows a second, what the server held against them, and what the runs after it sent.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import pytest

from crossbrand.sync.destinations import find_kind

from .activation import Stage, World, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import person, taken

Say = Callable[[str], None]
PEOPLE = 100_000 if os.environ.get("CROSSBRAND_LONG") == "1" else 2_000


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print past pytest's capture, which the reports of the runs pass through."""

    def said(words: str) -> None:
        with capsys.disabled():
            print(words, end="", file=sys.stderr, flush=True)

    return said


@pytest.mark.parametrize("name", ["braze", "klaviyo"])
def test_all_then_exactly_what_changed_then_nothing(
    name: str, stage: Stage, sync: Sync, say: Say
) -> None:
    people = [profile(number) for number in range(PEOPLE)]
    stage.publish(World(people))
    own = find_kind(name).contract
    with Platform(name) as platform:
        began = time.monotonic()
        # Checking 10,000 profiles takes the server a while, and it shares the process with us.
        code, report = sync(
            platform, requests_per_second=own.requests_per_second, timeout_seconds=300
        )
        seconds = time.monotonic() - began
        assert (code, report["sent"]) == (0, PEOPLE)
        assert platform.violations == []
        assert len(set(taken(platform))) == len(platform.deliveries) == PEOPLE
        took = platform.times[-1] - platform.times[0]
        assert own.requests_per_second is not None
        assert platform.requests <= own.requests_per_second * took + 1 + own.concurrency
        say(f"{name}: {PEOPLE:,} profiles in {seconds:.1f} s, {PEOPLE / seconds:,.0f} a second, ")
        say(f"{platform.requests:,} requests, {len(platform.violations)} violations\n")

        since = len(platform.deliveries)
        changed = set(range(0, PEOPLE, 97))
        stage.publish(
            World(
                [{**row, "city": "Moved"} if n in changed else row for n, row in enumerate(people)]
            )
        )
        began = time.monotonic()
        code, report = sync(platform, timeout_seconds=300)
        say(f"  {len(changed):,} changed: {report['sent']:,} sent in ")
        say(f"{time.monotonic() - began:.1f} s\n")
        assert (code, report["sent"]) == (0, len(changed))
        assert {one for _, one in taken(platform, since)} == {person(n) for n in changed}
        seen = platform.requests
        began = time.monotonic()
        sent = sync(platform)[1]["sent"]
        say(f"  nothing changed: {sent} sent in {time.monotonic() - began:.1f} s, ")
        say(f"{len(platform.violations)} violations in all\n")
        assert sent == 0
        assert platform.requests == seen
        assert platform.violations == []
