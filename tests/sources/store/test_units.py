"""One unit: every image or a reason why not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flarescope.errors import (
    ArchiveError,
    BadFileError,
    BadOptionError,
    FlarescopeError,
    MissingDataError,
    MissingExtraError,
    UnknownNameError,
)
from flarescope.preparation import Preparation
from flarescope.sources.archives import Found, Supplied
from flarescope.sources.limits import FileBytes, read_bytes
from flarescope.sources.store import Store, Unit
from flarescope.sources.store.units import do_unit, pixels_sha256
from flarescope.sun import Magnetogram, Origin, Region

NOON = datetime(2011, 2, 15, 12, tzinfo=UTC)
TIMES = tuple(NOON + timedelta(minutes=12 * number) for number in range(5))
UNIT = Unit("harp00377_20110215", NOON.date(), TIMES, 377)


def supplied(time: datetime, **changes: Any) -> Supplied:
    values = np.full((16, 16), float(time.minute) + 1.0)
    data = values.tobytes()
    image = Magnetogram(
        values, time + timedelta(seconds=8.3), "region", "gauss", region=Region(377, (11158, 11160)),
        quality=0x80000000, origin=Origin("a.fits", "JSOC"), notes=("first", "second"),
    )  # fmt: skip
    found = Found(time, "http://x/y", "a.fits", "hmi.sharp_cea_720s")
    name = f"hmi.sharp_cea_720s.377.{time:%Y%m%d_%H%M}.fits"
    return Supplied(FileBytes(Path("/somewhere") / name, data), replace(image, **changes), found)


@dataclass
class Faulty:
    """Fails as told, and remembers what it was asked."""

    faults: dict[int, FlarescopeError] = field(default_factory=dict)
    changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[datetime, int | None]] = field(default_factory=list)

    def supply(self, time: datetime, harp: int | None) -> Supplied:
        self.asked.append((time, harp))
        number = TIMES.index(time)
        if number in self.faults:
            raise self.faults[number]
        return supplied(time, **self.changes.get(number, {}))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "s", preparation=Preparation(size=16), keep_files=True)


def test_rows_say_what_was_supplied(store: Store) -> None:
    supply = Faulty()
    report = do_unit(str(store.folder), supply, UNIT)
    assert (report.key, report.images, report.gaps) == (UNIT.key, 5, ())
    assert supply.asked == [(time, 377) for time in TIMES]
    assert store.has(UNIT)
    store.seal()
    first = store.index().iloc[0]
    assert first["observed"] == NOON + timedelta(seconds=8.3)
    told = ["source", "series", "harp", "noaa", "view", "encoding", "notes", "quality", "bytes"]
    assert [first[name] for name in told] == [
        "JSOC", "hmi.sharp_cea_720s", 377, "11158,11160", "region", "gauss", "first; second", 1 << 31, 2048,
    ]  # fmt: skip
    assert first["file"] == ("files/2011/02/15/harp00377_20110215__hmi.sharp_cea_720s.377.20110215_1200.fits")
    assert (store.folder / first["file"]).read_bytes() == supplied(NOON).file.data
    for number in range(5):
        assert store.image(store.index().iloc[number])[0, 0] == TIMES[number].minute + 1


def test_whatever_goes_wrong_is_a_gap_with_its_reason(store: Store) -> None:
    supply = Faulty(
        {
            0: MissingDataError("there is none within 12 minutes."),
            1: BadFileError("/home/someone/a.fits", "it is cut off."),
            2: ArchiveError("the archive did not answer."),
        },
        {3: {"encoding": "grey8"}},
    )
    report = do_unit(store.folder, supply, UNIT)
    assert report.images == 1
    reasons = dict(report.gaps)
    assert reasons[TIMES[1]] == "a.fits: it is cut off."
    assert "trained on gauss" in reasons[TIMES[3]]
    assert not store.has(UNIT)
    sealed = store.seal()
    assert (sealed.images, sealed.gaps) == (1, 4)
    index = store.index()
    assert list(index["status"]) == ["gap"] * 4 + ["image"]
    assert list(index["harp"]) == [377] * 5
    assert store.image(index.iloc[4])[0, 0] == 49
    do_unit(store.folder, Faulty(), UNIT)
    assert store.has(UNIT)
    assert store.seal().images == 5


def test_numbers_beyond_float16_are_a_gap(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "s", preparation=Preparation(size=16, std=1e-4))
    report = do_unit(store.folder, Faulty(), UNIT)
    assert report.images == 1  # 1 G / 1e-4 still fits
    assert {reason for _, reason in report.gaps} == {"The prepared image holds numbers that are no float16."}


def test_a_reason_names_no_folder_of_this_machine(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.fits").write_bytes(b"x")
    real = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name != "a.fits":
            return real(path)
        raise PermissionError(13, "Permission denied", str(path))

    class Closed:
        def supply(self, time: datetime, harp: int | None) -> Supplied:
            return Supplied(read_bytes(tmp_path / "a.fits"), None)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    ((_, reason),) = do_unit(store.folder, Closed(), Unit("a", TIMES[0].date(), TIMES[:1])).gaps
    assert reason == "a.fits: the file cannot be read (Permission denied)."


def test_a_mistake_in_a_supply_is_no_gap(store: Store) -> None:
    class Broken:
        def supply(self, time: datetime, harp: int | None) -> Supplied:
            raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError, match="a mistake"):
        do_unit(store.folder, Broken(), UNIT)


@pytest.mark.parametrize(
    "mistake",
    [
        BadOptionError("hmi.sharp_cea_720s has many regions at a time. Give harp=."),
        UnknownNameError("series of JSOC", "hmi.M_730s", ["hmi.M_720s"]),
        MissingExtraError("Reading this", "sunpy"),
    ],
)
def test_what_the_user_got_wrong_is_no_gap_and_keeps_nothing(store: Store, mistake: FlarescopeError) -> None:
    with pytest.raises(type(mistake)) as raised:
        do_unit(store.folder, Faulty({3: mistake}), UNIT)
    assert str(raised.value) == str(mistake)
    assert store.rows(UNIT) == ()


def test_a_place_that_cannot_be_written_is_no_gap(store: Store) -> None:
    (store.folder / "units").write_bytes(b"")
    with pytest.raises(BadOptionError, match="Nothing can be written in"):
        do_unit(store.folder, Faulty(), UNIT)


def test_pixels_are_the_same_whatever_held_them() -> None:
    values = np.array([[0.0, 1.5], [np.nan, -3.0]])
    other = np.array([[-0.0, 1.5], [-np.nan, -3.0]], np.float32)

    def image(field: np.ndarray) -> Magnetogram:
        return Magnetogram(field, NOON, "region", "gauss")

    assert pixels_sha256(image(values)) == pixels_sha256(image(other))
    assert pixels_sha256(image(values)) == pixels_sha256(image(np.asfortranarray(values)))
    assert pixels_sha256(image(values)) != pixels_sha256(image(values.T))
    assert pixels_sha256(image(np.ones((2, 8)))) != pixels_sha256(image(np.ones((4, 4))))
