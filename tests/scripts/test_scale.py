"""The arithmetic of benchmarks/scale.py against cases worked out by hand or by brute force."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def scale() -> Any:
    """The script as a module."""
    specification = importlib.util.spec_from_file_location(
        "benchmarks_scale", PROJECT / "benchmarks" / "scale.py"
    )
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["benchmarks_scale"] = module
    specification.loader.exec_module(module)
    return module


def test_a_power_is_told_from_two_sizes(scale: Any) -> None:
    # 3 n^2 at 10 and 100 is 300 and 30,000; at 1,000 it is 3 million.
    assert scale.power_law((10, 300), (100, 30_000), 1000) == pytest.approx(3_000_000)
    # Nothing at the smaller size: in proportion.
    assert scale.power_law((10, 0), (100, 7), 1000) == pytest.approx(70)


def test_a_tail_is_found_again_and_a_hub_set_aside(scale: Any) -> None:
    rng = np.random.default_rng(3)
    sizes = np.ceil(rng.exponential(20.0, 200_000))
    keys = scale.fit(sizes)
    assert keys.hubs == ()
    assert keys.excess == pytest.approx(20.0, rel=0.06)
    # One of n exponential sizes of mean 20 exceeds 20 ln n; for a million that is 276.
    assert keys.largest(1_000_000) == pytest.approx(20 * np.log(1e6), rel=0.06)
    # An identifier of everybody's, with a tenth of all rows, holds a tenth of them at any size.
    hub = sizes.sum() / 9
    (share,) = scale.fit(np.append(sizes, hub)).hubs
    assert share == pytest.approx(0.1)


def test_a_short_tail_is_not_taken_for_a_longer_one(scale: Any) -> None:
    # Keys have whole rows: of a tail of mean 0.7, rounded up, the mean is 1.3.
    sizes = np.ceil(np.random.default_rng(4).exponential(0.7, 500_000))
    assert sizes.mean() == pytest.approx(1.3, abs=0.02)
    assert scale.fit(sizes, tail_share=0.2).excess == pytest.approx(0.7, rel=0.05)


def test_keys_of_one_size_have_no_tail(scale: Any) -> None:
    keys = scale.fit(np.ones(1000))
    assert keys.largest(1e9) == 1
    # Two of a thousand versions came twice: no hubs, and not larger ones among more.
    keys = scale.fit(np.append(np.ones(998), [2.0, 2.0]))
    assert keys.hubs == ()


def test_partitions_are_as_full_as_when_every_key_is_drawn(scale: Any) -> None:
    rng = np.random.default_rng(5)
    sizes = np.ceil(rng.lognormal(2.0, 1.0, 5_000))
    keys = scale.fit(sizes)
    count, partitions = 400_000, 200
    rows = count * sizes.mean()
    told = [
        scale.skew(scale.partition_loads(keys, count, rows, partitions, rng)) for _ in range(20)
    ]
    drawn = []
    for _ in range(20):
        place = rng.integers(0, partitions, count)
        loads = np.bincount(place, weights=rng.choice(sizes, count), minlength=partitions)
        drawn.append(loads.max() / loads.mean())
    # Above 1: the fullest partition's excess over the mean, to a sixth of it.
    assert np.mean(told) - 1 == pytest.approx(np.mean(drawn) - 1, rel=0.17)
    loads = scale.partition_loads(keys, count, rows, partitions, rng)
    assert loads.sum() == pytest.approx(rows, rel=0.02)


def test_a_hub_makes_one_partition_full(scale: Any) -> None:
    rng = np.random.default_rng(7)
    keys = scale.Keys(np.ones(100), 1.0, 0.0, 0.0, hubs=(0.1,))
    loads = scale.partition_loads(keys, 1e6, 1e6, 100, rng)
    # 9,000 rows in each of 100 partitions, and 100,000 more in one of them.
    assert loads.max() == pytest.approx(109_000, rel=0.02)
    assert np.sort(loads)[-2] < 9_600


def test_fixed_keys_hold_their_share_at_any_size(scale: Any) -> None:
    keys = scale.fit_fixed(np.array([1.0, 2.0, 7.0]))
    assert keys.hubs == (0.7, 0.2, 0.1)
    loads = scale.partition_loads(keys, 3, 1000, 1, np.random.default_rng(1))
    assert loads.tolist() == [1000]


def test_files_with_a_touched_key(scale: Any) -> None:
    # Two keys in a file, each touched with one half: three of four files.
    assert scale.files_touched(2, 0.5) == 0.75
    assert scale.files_touched(500_000, 0.01) == 1.0
    # A thousand rows, nine of ten of the day itself, into ten files of each day: 90 and 10 a file.
    shares = scale.day_files_touched([0.9, 0.1], 1000, 10)
    assert shares[0] == pytest.approx(1.0)
    assert shares[1] == pytest.approx(1 - np.exp(-10))
    # Five rows in fifty files of another day: 0.1 a file, so 9.5 % of its files.
    assert scale.day_files_touched([0, 0.005], 1000, 50)[1] == pytest.approx(0.0952, abs=1e-4)


def test_a_day_costs_what_it_touches(scale: Any) -> None:
    # A quarter of a build is loaded by file, of which a hundredth came; half the customers moved.
    assert scale.day_share(0.75, 0.01, 0.5) == pytest.approx(0.25 * 0.01 + 0.375)


def test_a_stage_moves_what_its_people_have(scale: Any) -> None:
    profile = scale.Profile(people=100, landed_rows=7200, warehouse_mb=2.7)
    stage = scale.Stage("sessions by visitor", "events", "visitor", of_events=True)
    profile.rows["events"], profile.plain_bytes["events"] = 3000, 200.0
    profile.sizes[stage.name] = np.full(100, 30.0)
    prices = scale.Prices(58, 3, 0.05, 0.02, 60, 0.5, 256, 2.4, 4, 0.72, 16)
    moved = scale.move(stage, profile, 10_000, 2, prices, np.random.default_rng(1))
    # 3,000 rows x 100 x 2 = 600,000 rows of 200 plain bytes, halved on their way: 60 MB.
    assert moved.rows == 600_000
    assert moved.megabytes == pytest.approx(60)
    assert moved.partitions == 2
    assert moved.largest == 60
