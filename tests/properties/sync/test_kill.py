"""kill -9 at any moment, again and again: nothing is lost, and no change is told under two keys.

The server lives in this process and keeps the journal; the sync is a process of its own.
Generations change between the kills. `CROSSBRAND_LONG=1` kills 150 times instead of 4, and the
other destinations 20 times each, in every mode, instead of one of them twice. Files, which have no
server, are written slowly and in small batches, so that a kill meets them half-written.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from .activation import BUILT_AT, Row, Stage, World, profile
from .conftest import FAST, Sync, set_up
from .server import Platform
from .test_destinations import PLATFORMS, withdrawal
from .test_histories import Reader

IS_LONG = os.environ.get("CROSSBRAND_LONG") == "1"
KILLS = 150 if IS_LONG else 4
OTHERS = PLATFORMS[1:] if IS_LONG else ["salesmanago"]
KILLS_OF_OTHERS = 20 if IS_LONG else 2
PEOPLE = 400


def test_killed_again_and_again(stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(KILLS)
    people = [profile(number) for number in range(PEOPLE)]
    # What each key may carry, by what was published when it was made.
    with Platform("webhook", faults=lambda _: ("slow", chance.random() * 0.02)) as platform:
        monkeypatch.setenv("CROSSBRAND_WEBHOOK_URL", platform.url)
        set_up(stage, "webhook", **FAST, concurrency=3)
        killed_under_way = 0
        duration = 0.0
        for number in range(KILLS):
            if number % 2 == 0:
                for row in chance.sample(people, PEOPLE // 3):
                    row["city"] = f"city {number}"
                stage.publish(World(people))
            began = time.monotonic()
            before = len(platform.deliveries)
            process = subprocess.Popen(
                [sys.executable, "-m", "crossbrand.cli", "sync", "webhook"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            if number % 3 == 0:
                # In the midst of sending, by what the server sees.
                aim = before + chance.randrange(1, PEOPLE // 2)
                while len(platform.deliveries) < aim and process.poll() is None:
                    time.sleep(0.002)
            else:
                time.sleep(chance.uniform(0.2, 1.0) * (duration or 2.0))
            process.send_signal(signal.SIGKILL)
            _, err = process.communicate()
            assert b"Traceback" not in err
            duration = max(duration, time.monotonic() - began)
            killed_under_way += len(platform.deliveries) > before
        assert killed_under_way >= KILLS / 4

        code, report = sync("webhook")
        assert (code, report["status"]) == (0, "complete")
        assert platform.violations == []
        # None lost: the platform holds what is published.
        for row in people:
            held = platform.profiles[f"aster:{row['customer_id']}"]
            assert held["fields"]["city"] == row["city"]
        # Repeats carry their key: one key is one person and one content, and the same content is
        # told under a new key only after another content was told or begun.
        content_of: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for one in platform.deliveries:
            content_of[one["row"]].add((one["id"], str(one["item"]["fields"]["city"])))
        assert {len(found) for found in content_of.values()} == {1}
        repeated = len(platform.deliveries) - len(content_of)
        last: dict[str, tuple[str, str]] = {}
        twice = 0
        for one in platform.deliveries:
            said = (one["row"], str(one["item"]["fields"]["city"]))
            known = last.get(one["id"])
            twice += known is not None and known[1] == said[1] and known[0] != said[0]
            last[one["id"]] = said
        assert twice == 0
        told = f"{KILLS} kills, {killed_under_way} under way, {repeated} repeated under their key"
        print(told, file=sys.__stderr__)
        assert sync("webhook")[1]["sent"] == 0
    with sqlite3.connect(stage.state) as connection:
        (left,) = connection.execute("select count(*) from outbox").fetchone()
        (killed,) = connection.execute(
            "select count(*) from sync_runs where status = 'killed'"
        ).fetchone()
    assert left == 0
    assert killed >= 1


@pytest.mark.parametrize("name", OTHERS)
def test_killed_in_every_mode(
    name: str, stage: Stage, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles, a mirror and an audience, killed in turn; who withdrew before stays closed."""
    chance = random.Random(name)
    people = [profile(number) for number in range(60)]
    modes = [[], ["--mode", "mirror", "--allow-deletes"]]
    if name != "carecloud":
        modes.append(["--audience", "reward"])
    refused = {f"aster:{row['customer_id']}" for row in people[:5]}
    with Platform(name, faults=lambda _: ("slow", chance.random() * 0.05)) as platform:
        monkeypatch.setenv(f"CROSSBRAND_{name.upper()}_URL", platform.url)
        quick = {"poll_seconds": 0.01} if name == "klaviyo" else {}
        set_up(stage, name, **FAST, **quick, concurrency=3)
        stage.publish(World(people))
        assert sync(name)[0] == 0
        stage.land("consent_events", [withdrawal(str(row["email"])) for row in people[:5]])
        for number in range(KILLS_OF_OTHERS):
            for row in chance.sample(people[5:], 20):
                row["first_name"] = f"name {number}"
            members: list[Row] = [
                {"audience_name": "reward", "customer_id": row["customer_id"],
                 "brand_id": "aster", "entered_at": BUILT_AT, "is_held_out": False}
                for row in chance.sample(people, 20)]  # fmt: skip
            stage.publish(World(people, members=members))
            aim = platform.requests + chance.randrange(1, 8)
            process = subprocess.Popen(
                [sys.executable, "-m", "crossbrand.cli", "sync", name, *modes[number % len(modes)]],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            while platform.requests < aim and process.poll() is None:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            _, err = process.communicate()
            assert b"Traceback" not in err
        for mode in modes:
            assert sync(name, *mode)[0] == 0
        assert platform.violations == []
        for row in people:
            who = f"aster:{row['customer_id']}"
            assert bool(platform.reaches(who)) == (who not in refused)
            if who not in refused:
                assert row["first_name"] in str(platform.find(who))
        assert sync(name)[1]["sent"] == 0


SLOWLY = """
import os, sys, time
from crossbrand import cli
from crossbrand.sync.destinations.file import FileDestination
FileDestination.contract.batch.update(dict.fromkeys(FileDestination.contract.batch, 6))
fsync = os.fsync
def slow(descriptor):
    time.sleep(0.01)
    fsync(descriptor)
os.fsync = slow
sys.exit(cli.main(sys.argv[1:]))
"""
"""Pauses where a file is brought to the disk: before it has its name, and after."""


def test_files_survive_kills(stage: Stage, sync: Sync) -> None:
    """Whole files only, under one key one content, and in the end what is published; no leavings.

    Whoever takes the files may do so at any moment, as after each kill here.
    """
    chance = random.Random("file")
    people = [profile(number) for number in range(60)]
    folder = stage.root / "data" / "exports" / "file"
    stage.publish(World(people))
    assert sync("file")[0] == 0
    stage.land("consent_events", [withdrawal(str(row["email"])) for row in people[:5]])
    refused = {f"aster:{row['customer_id']}" for row in people[:5]}
    modes = [["--audience", "reward"], [], ["--mode", "mirror", "--allow-deletes"]]
    modes = modes[: 3 if IS_LONG else 2]
    content_of: dict[str, set[str]] = defaultdict(set)
    reader = Reader(stage)
    for number in range(KILLS_OF_OTHERS):
        for row in chance.sample(people[5:], 20):
            row["first_name"] = f"name {number}"
        members: list[Row] = [
            {"audience_name": "reward", "customer_id": row["customer_id"],
             "brand_id": "aster", "entered_at": BUILT_AT, "is_held_out": False}
            for row in chance.sample(people, 20)]  # fmt: skip
        stage.publish(World(people, members=members))
        aim = len(files_in(folder)) + chance.randrange(1, 10)
        process = subprocess.Popen(
            [sys.executable, "-c", SLOWLY, "sync", "file", *modes[number % len(modes)]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        # Half-written ones count, too: an odd number of them is a kill in the midst of a file.
        while len(files_in(folder)) < aim and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        _, err = process.communicate()
        assert b"Traceback" not in err
        reader.read()
        for path in folder.rglob("*.jsonl"):
            for line in path.read_text(encoding="utf-8").splitlines():
                one = json.loads(line)
                content_of[one["idempotency_key"]].add(line)
    for mode in modes:
        assert sync("file", *mode)[0] == 0
    reader.read()
    assert {len(found) for found in content_of.values()} == {1}
    for row in people:
        who = f"aster:{row['customer_id']}"
        assert bool(reader.reaches(who)) == (who not in refused)
        if who not in refused:
            assert row["first_name"] in str(reader.find(who))
    assert sync("file")[1]["sent"] == 0
    assert [path for path in files_in(folder) if path.suffix != ".jsonl"] == []


def files_in(folder: Path) -> list[Path]:
    """Whole ones and half-written ones."""
    return [path for path in folder.rglob("*") if path.is_file()]
