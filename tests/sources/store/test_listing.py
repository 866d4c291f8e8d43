"""Lists of images of any length: their order, their counts, and what they cost."""

from __future__ import annotations

import os
import random
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flarescope.sources.store.listing import SAME_TIME, Listing, list_files, told_left_out
from flarescope.sources.store.local_images import Listed

HOUR = datetime(2026, 2, 3, 12, tzinfo=UTC)


def file(hours: float, region: str = "", name: str = "a.jpg") -> Listed:
    harp = int(region[4:]) if region else None
    return Listed(region, HOUR + timedelta(hours=hours), name, "folder", harp, True)


def test_files_come_by_day_region_time_and_name() -> None:
    wanted = [
        file(0), file(0, name="b.jpg"), file(11), file(3, "harp00377"), file(2, "harp01449"),
        file(12), file(13, "harp00377"),
    ]  # fmt: skip
    listing = Listing()
    listing.add(random.Random(3).sample(wanted, len(wanted)))
    assert list(listing.files()) == wanted
    assert (listing.disks, listing.regions, listing.units) == (4, 3, 6)
    assert listing.left_out == {SAME_TIME: 1}


def test_one_view_is_kept_and_the_other_counted() -> None:
    for view, units, gone in (
        ("full_disk", 2, {"it shows a region": 1}),
        ("region", 1, {"it shows the whole disk": 2}),
    ):
        listing = Listing()
        listing.add([file(0), file(2), file(1, "harp00377")])
        listing.keep(view)  # type: ignore[arg-type]
        assert (listing.units, listing.left_out) == (units, gone)


def test_names_of_any_bytes_are_listed(tmp_path: Path) -> None:
    name = "HMI.m2014.06.09_23.48.00." + os.fsdecode(b"caf\xe9.jpg")
    (tmp_path / name).write_bytes(b"x")
    (found,) = (Path(one.folder) / one.name for one in list_files([tmp_path]).files())
    assert found.read_bytes() == b"x"


def test_memory_does_not_grow_with_the_list() -> None:
    peaks = []
    for count in (4_000, 16_000):
        tracemalloc.start()
        listing = Listing()
        listing.add(file(number / 5, name=f"2026/{number:08d}.jpg") for number in range(count))
        assert sum(1 for _ in listing.files()) == count
        assert listing.units == count // 5
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "HMI.m2026.02.03_12.00.00.jpg").write_bytes(b"x")
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = list_files([tmp_path])
    assert (found.disks, found.left_out) == (
        1,
        {"all of folder closed cannot be read (Permission denied)": 1},
    )
    assert list(told_left_out(found.left_out | {"x": 3})) == [
        "left out: all of folder closed cannot be read (Permission denied)", "3 files left out: x",
    ]  # fmt: skip
