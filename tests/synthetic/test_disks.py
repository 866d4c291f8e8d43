"""Disks of the made-up Sun: the same each time, with a flare on cue from a region that is seen."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from flarescope.errors import BadOptionError
from flarescope.flare import GoesClass
from flarescope.geometry import Disk
from flarescope.synthetic import disks as rooms
from flarescope.synthetic.disks import MadeUpDisk, made_up_disks


@pytest.fixture(scope="module")
def many() -> list[MadeUpDisk]:
    """Half a year of small disks."""
    return list(made_up_disks(120, pixels=64, seed=4))


def test_lazy_and_the_same_each_time() -> None:
    disks = made_up_disks(10_000, pixels=64, seed=3)
    assert len(disks) == 10_000
    first, again = disks[5], made_up_disks(6, pixels=64, seed=3)[-1]
    assert np.array_equal(first.magnetogram.field, again.magnetogram.field, equal_nan=True)
    assert first.regions == again.regions
    other = made_up_disks(6, pixels=64, seed=4)[5]
    assert not np.array_equal(first.magnetogram.field, other.magnetogram.field, equal_nan=True)
    part = disks[4:8:2]
    assert len(part) == 2
    assert part[0].regions == disks[4].regions
    with pytest.raises(IndexError):
        disks[10_000]


def test_what_a_disk_holds(many: list[MadeUpDisk]) -> None:
    disk = many[7]
    seen = disk.magnetogram
    assert (seen.view, seen.encoding, seen.field.shape) == ("full_disk", "gauss", (64, 64))
    assert isinstance(seen.geometry, Disk)
    assert np.array_equal(np.isfinite(seen.field), seen.geometry.mask((64, 64)))
    assert len(disk.rates) == len(disk.regions)
    assert seen.notes == ("This magnetogram was made up.",)
    assert many[8].magnetogram.time - seen.time == timedelta(hours=36)


def test_flares_come_from_regions_that_are_seen(many: list[MadeUpDisk]) -> None:
    assert 0.15 < float(np.mean([disk.label for disk in many])) < 0.45
    for disk in many:
        assert disk.flare is None or disk.flare in disk.regions
        assert disk.last_flared is None or disk.last_flared in disk.regions
        assert (disk.strongest is not None) == (disk.flare is not None)
        assert disk.strongest is None or disk.strongest >= GoesClass("M1.0")


def test_flares_follow_the_regions_own_lists(many: list[MadeUpDisk]) -> None:
    for disk in many:
        time = disk.magnetogram.time
        lists = {r.harp: rooms._region(r.harp or 0, 4).flares for r in disk.regions}
        coming = {n for n, all_ in lists.items() for t in all_ if time < t < time + timedelta(hours=24)}
        assert (disk.flare.harp in coming) if disk.flare else not coming, time
        past = [(t, n) for n, all_ in lists.items() for t in all_ if t <= time]
        assert (disk.last_flared.harp if disk.last_flared else None) == (max(past)[1] if past else None)


def test_some_stand_near_the_limb_and_many_are_different(many: list[MadeUpDisk]) -> None:
    places = [r.position for disk in many for r in disk.regions if r.position]
    near = np.mean([60.0 <= abs(p.longitude) <= 87.0 for p in places])
    assert 0.2 < near < 0.45
    assert max(abs(p.longitude) for p in places) <= 87.0
    assert len({r.harp for disk in many for r in disk.regions}) > 100


def test_a_large_region_is_seen_in_its_place() -> None:
    for disk in made_up_disks(8, pixels=256, seed=1):
        largest = max(disk.regions, key=lambda region: region.area_msh or 0.0)
        assert isinstance(disk.magnetogram.geometry, Disk)
        assert largest.position is not None
        x, y = disk.magnetogram.geometry.pixel(largest.position.longitude, largest.position.latitude)
        field = np.abs(np.nan_to_num(disk.magnetogram.field))
        rows, columns = np.indices(field.shape)
        here = np.hypot(rows - y, columns - x) < 12
        assert float(field[here].mean()) > 5 * float(np.median(field[disk.magnetogram.field > -1e9]))


def test_the_rate_tells_something(many: list[MadeUpDisk]) -> None:
    flaring, quiet = ([sum(d.rates) for d in many if d.label == k] for k in (1, 0))
    assert float(np.mean(flaring)) > 1.5 * float(np.mean(quiet))


@pytest.mark.parametrize(
    "bad", [{"n": 0}, {"n": 1, "pixels": 32}, {"n": 1, "every": "10min"}], ids=["none", "small", "dense"]
)
def test_what_cannot_be_made(bad: dict[str, int]) -> None:
    with pytest.raises(BadOptionError, match="cannot be made"):
        made_up_disks(**bad)  # type: ignore[arg-type]
