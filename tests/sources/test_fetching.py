"""From an archive to a verified store: hour by hour, whatever breaks on the way."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flarescope.errors import ArchiveError, BadOptionError, MissingDataError
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.archives import Found, Supplied
from flarescope.sources.fetching import expected, fetch_magnetograms, times_between, units_for
from flarescope.sources.helioviewer import Helioviewer
from flarescope.sources.http import Http
from flarescope.sources.jsoc import Jsoc
from flarescope.sources.settings import ArchiveSettings
from flarescope.sources.store import Store
from flarescope.sources.store.build import preparation_for
from flarescope.sources.store.verify import verify_store

BEGIN = datetime(2026, 2, 3, tzinfo=UTC)
NEAR = timedelta(minutes=12)
QUICK = ArchiveSettings(back_off_seconds=0.01, per_second=500, read_seconds=1.0)
FAULTS = ("http500", "truncated", "wrong_length", "stale", "wrong_channel", "html", "hole", "clock")


class Counted:
    """An archive that is there but for some hours, and counts what it is asked."""

    name, series, bytes_each, seconds_each = "counted", "helioviewer:19", 1000, 2.0

    def __init__(self, inner: Helioviewer | None, broken: frozenset[int] = frozenset()) -> None:
        self.inner, self.broken, self.asked = inner, broken, 0

    def find(self, time: datetime, *, tolerance: timedelta) -> Found:
        self.asked += 1
        if self.inner is None or time.hour in self.broken:
            raise ArchiveError("no answer in 5 attempts")
        return self.inner.find(time, tolerance=tolerance)

    def fetch(self, found: Found) -> Supplied:
        assert self.inner is not None
        return self.inner.fetch(found)

    def newest(self, at: datetime, *, oldest: timedelta) -> Found:
        raise MissingDataError("not asked here")


def new_store(folder: Path, size: int = 64) -> Store:
    return Store.create(folder, preparation=preparation_for("full_disk", size=size), keep_files=True)


def test_the_end_is_exclusive_and_both_ends_must_make_sense() -> None:
    assert len(times_between("2026-02-03", "2026-02-04", "1h")) == 24
    assert times_between("2026-02-03", "2026-02-03T00:30Z", "12min")[-1] == BEGIN + timedelta(minutes=24)
    with pytest.raises(BadOptionError, match="--to is exclusive"):
        times_between("2026-02-03", "2026-02-03", "1h")
    with pytest.raises(BadOptionError, match="Accepted"):
        times_between("1990-01-01", "2026-01-01", "1s")


def test_units_are_hours_of_the_disk_or_days_of_a_region() -> None:
    times = times_between("2026-02-03", "2026-02-05", "30min")
    disk, region = units_for(times), units_for(times, harp=377)
    assert [len(disk), len(region)] == [48, 2]
    assert disk[0].key == "20260203T0000Z"
    assert region[1].key == "harp00377_20260204"
    assert [t for unit in disk for t in unit.times] == [t for unit in region for t in unit.times]


def test_what_a_fetch_costs_is_known_before_it_begins() -> None:
    cost = expected(
        Counted(None),
        units_for(times_between("2026-02-03", "2026-02-04", "1h")),
        None,
        tolerance=NEAR,
        workers=4,
    )
    assert (cost.images, cost.there, cost.size_bytes, cost.seconds) == (24, 0, 24_000, 12.0)


def test_a_broken_archive_gives_every_image_in_the_end(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T06:00Z", "1h"))
    with ArchiveServer(data=None, faults=FAULTS, share=0.12) as server, Http(QUICK.at(server.url)) as http:
        store = new_store(tmp_path / "store")
        found = fetch_magnetograms(Helioviewer(http), units, store, http, tolerance=NEAR)
        assert [fault for _, fault in server.requests if fault]
    assert (found.images, found.checksummed, found.gaps) == (6, 6, ())
    assert found.troubles
    assert {trouble.action for trouble in found.troubles} == {"retried"}
    assert verify_store(store.folder) == []
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        clean = new_store(tmp_path / "clean")
        fetch_magnetograms(Helioviewer(http), units, clean, http, tolerance=NEAR)
    names = {p.relative_to(clean.folder) for p in clean.folder.rglob("*") if p.is_file()}
    assert names == {p.relative_to(store.folder) for p in store.folder.rglob("*") if p.is_file()}
    assert all((clean.folder / n).read_bytes() == (store.folder / n).read_bytes() for n in names)


def test_a_gap_has_its_reason_and_is_filled_by_the_next_call(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T04:00Z", "1h"))
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        real = Helioviewer(http)
        store = new_store(tmp_path / "store")
        first = fetch_magnetograms(Counted(real, frozenset({2})), units, store, http, tolerance=NEAR)
        assert (first.asked, first.images) == (4, 3)
        ((time, reason),) = first.gaps
        assert time == BEGIN + timedelta(hours=2)
        assert "no answer" in reason
        archive = Counted(real)
        again = fetch_magnetograms(archive, units, store, http, tolerance=NEAR)
    assert (again.images, again.gaps, archive.asked) == (4, (), 1)


def test_what_a_power_cut_damaged_before_it_was_sealed_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T03:00Z", "1h"))
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        store = new_store(tmp_path / "store")
        with monkeypatch.context() as patch:
            patch.setattr(store, "seal", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                fetch_magnetograms(Helioviewer(http), units, store, http, tolerance=NEAR)
        sorted(store.folder.glob("units/2026-02-03/*.npy"))[1].write_bytes(b"")
        found = fetch_magnetograms(Helioviewer(http), units, store, http, tolerance=NEAR)
    assert (found.images, found.gaps) == (3, ())
    assert verify_store(store.folder) == []


def test_of_a_day_with_gaps_only_these_are_asked_for_again(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T06:00Z", "1h"), harp=377)
    assert len(units) == 1
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        real, store, whole = Helioviewer(http), new_store(tmp_path / "store"), new_store(tmp_path / "whole")
        asked = []
        for broken in ({0, 2, 5}, {0, 2}, {0, 2}, {2}, set()):
            archive = Counted(real, frozenset(broken))
            left = expected(archive, units, store, tolerance=NEAR, workers=1)
            found = fetch_magnetograms(archive, units, store, http, tolerance=NEAR)
            assert found.images == 6 - len(broken)
            assert left.images - left.there == archive.asked
            assert {time.hour for time, _ in found.gaps} == broken
            assert verify_store(store.folder) == []
            asked.append(archive.asked)
        fetch_magnetograms(real, units, whole, http, tolerance=NEAR)
    assert asked == [6, 3, 2, 2, 1]
    names = {p.relative_to(whole.folder) for p in whole.folder.rglob("*") if p.is_file()}
    assert names == {p.relative_to(store.folder) for p in store.folder.rglob("*") if p.is_file()}
    assert all((whole.folder / n).read_bytes() == (store.folder / n).read_bytes() for n in names)


def test_of_a_day_with_a_stale_image_only_that_is_asked_for_again(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T04:00Z", "1h"), harp=377)
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        archive, store = Behind(Helioviewer(http)), new_store(tmp_path / "s")
        first = fetch_magnetograms(archive, units, store, http, tolerance=NEAR, workers=1)
        assert (first.images, archive.asked) == (1, 4 + 3)
        archive.behind = False
        again = fetch_magnetograms(archive, units, store, http, tolerance=NEAR, workers=1)
    assert (again.images, again.gaps, archive.asked) == (4, (), 7 + 3)


def test_the_index_is_never_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(store: Store) -> None:
        raise AssertionError("all rows at once")

    monkeypatch.setattr(Store, "index", whole)
    monkeypatch.setattr("flarescope.sources.store.index.ROWS_AT_ONCE", 2)
    units = units_for(times_between("2026-02-03", "2026-02-03T05:00Z", "1h"))
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        archive, store = Behind(Helioviewer(http), frozenset({4})), new_store(tmp_path / "s", 32)
        first = fetch_magnetograms(archive, units, store, http, tolerance=NEAR, workers=1)
        archive.behind = False
        again = fetch_magnetograms(archive, units[:4], store, http, tolerance=NEAR, workers=1)
    assert (first.asked, first.images, first.checksummed) == (5, 1, 1)
    assert [time.hour for time, _ in first.gaps] == [1, 2, 3, 4]
    assert ["nearer to its own time" in reason for _, reason in first.gaps] == [True] * 3 + [False]
    assert (again.asked, again.images, again.gaps) == (4, 4, ())
    assert again.size_bytes == sum(path.stat().st_size for path in store.folder.rglob("*.jp2"))


def test_only_what_was_asked_for_is_counted(tmp_path: Path) -> None:
    store = new_store(tmp_path / "store", 32)
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        archive = Helioviewer(http)
        for first, last in (("00:00", "00:30"), ("00:30", "01:00")):
            units = units_for(times_between(f"2026-02-03T{first}Z", f"2026-02-03T{last}Z", "15min"))
            found = fetch_magnetograms(archive, units, store, http, tolerance=NEAR)
            assert (found.asked, found.images + len(found.gaps)) == (2, 2)
            assert found.checksummed == found.images
    assert len(store.index()) == 4


def test_an_archive_that_is_down_is_left_alone(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-05", "1h"))
    archive = Counted(None)
    with Http(QUICK) as http:
        found = fetch_magnetograms(archive, units, new_store(tmp_path / "s"), http, tolerance=NEAR, workers=2)
    assert archive.asked <= 9
    assert (found.images, len(found.gaps)) == (0, 48)
    assert "not asked" in found.gaps[-1][1]
    assert "no answer" in found.gaps[-1][1]


def test_an_archive_that_went_down_stays_so_and_every_gap_has_a_reason(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-04", "1h"))
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        archive = Late(Helioviewer(http))
        store = new_store(tmp_path / "s")
        found = fetch_magnetograms(archive, units, store, http, tolerance=NEAR, workers=2)
    assert (found.images, len(found.gaps)) == (1, 23)
    assert all(reason for _, reason in found.gaps)


class Behind(Counted):
    """An archive that serves the first hour's image for every hour, until it has caught up."""

    first: Found | None = None
    behind = True

    def fetch(self, found: Found) -> Supplied:
        self.first = self.first or found
        return super().fetch(self.first if self.behind else found)


def test_a_stale_image_is_asked_for_again_by_the_next_call(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T03:00Z", "1h"))
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        archive, store = Behind(Helioviewer(http)), new_store(tmp_path / "s")
        first = fetch_magnetograms(archive, units, store, http, tolerance=NEAR, workers=1)
        asked, archive.behind = archive.asked, False
        again = fetch_magnetograms(archive, units, store, http, tolerance=NEAR, workers=1)
    assert (first.images, len(first.gaps), asked) == (1, 2, 5)
    assert (again.images, again.gaps, archive.asked) == (3, (), 7)
    assert verify_store(store.folder) == []


class Late(Counted):
    """One image comes, but only after all else has failed."""

    def __init__(self, inner: Helioviewer) -> None:
        super().__init__(inner, frozenset(range(1, 24)))
        self.failed = threading.Semaphore(0)

    def find(self, time: datetime, *, tolerance: timedelta) -> Found:
        if time.hour in self.broken:
            self.failed.release()
            return super().find(time, tolerance=tolerance)
        for _ in range(8):
            assert self.failed.acquire(timeout=20)
        threading.Event().wait(0.2)
        return super().find(time, tolerance=tolerance)


def test_an_image_of_another_series_does_not_pass_for_the_one_asked_for(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T01:00Z", "1h"))
    store = Store.create(tmp_path / "store", preparation=None, keep_files=True)
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        quick, definitive = (Jsoc(http, series=name) for name in ("hmi.M_720s_nrt", "hmi.M_720s"))
        found = fetch_magnetograms(quick, units, store, http, tolerance=NEAR)
        assert found.images == 1
        assert "made-up Sun" in found.notes[0]
        for ask in (
            lambda: expected(definitive, units, store, tolerance=NEAR, workers=1),
            lambda: fetch_magnetograms(definitive, units, store, http, tolerance=NEAR),
        ):
            with pytest.raises(BadOptionError, match=r"holds hmi\.M_720s_nrt, and hmi\.M_720s is asked for"):
                ask()


@pytest.mark.parametrize("first", ["hmi.M_720s_nrt", "hmi.M_720s"])
def test_near_real_time_and_definitive_images_do_not_go_into_one_store(tmp_path: Path, first: str) -> None:
    store = Store.create(tmp_path / "store", preparation=None, keep_files=True)
    (second,) = {"hmi.M_720s_nrt", "hmi.M_720s"} - {first}
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        for series, day in ((first, "2026-02-03"), (first, "2026-02-04"), (second, "2026-02-05")):
            units = units_for(times_between(f"{day}T00:00Z", f"{day}T01:00Z", "1h"))
            archive = Jsoc(http, series=series)
            if series == second:
                with pytest.raises(
                    BadOptionError, match="near-real-time and definitive images do not go into one"
                ):
                    fetch_magnetograms(archive, units, store, http, tolerance=NEAR)
            else:
                assert fetch_magnetograms(archive, units, store, http, tolerance=NEAR).images == 1
        fetch_magnetograms(Helioviewer(http), units, store, http, tolerance=NEAR)
    assert json.loads((store.folder / "store.json").read_text())["series"] == ["helioviewer:19", first]


def test_a_store_keeps_to_one_tolerance(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T02:00Z", "1h"))
    store, older = new_store(tmp_path / "store", 32), new_store(tmp_path / "older", 32)
    with ArchiveServer(data=None) as server, Http(QUICK.at(server.url)) as http:
        archive = Counted(Helioviewer(http))
        fetch_magnetograms(archive, units[:1], store, http, tolerance=NEAR)
        told = json.loads((store.folder / "store.json").read_text())
        assert told["tolerance"] == "12min"
        wide, again, asked = timedelta(hours=1), Store.open(store.folder), archive.asked
        line = re.escape(
            f"{store.folder} holds images within 12min of their times, and --tolerance 1h is asked for. "
            "Type --tolerance 12min, or choose another folder."
        )
        with pytest.raises(BadOptionError, match=line):
            expected(archive, units, again, tolerance=wide, workers=1)
        with pytest.raises(BadOptionError, match=line):
            fetch_magnetograms(archive, units, again, http, tolerance=wide)
        assert archive.asked == asked
        fetch_magnetograms(archive, units, again, http, tolerance=timedelta(seconds=720))
        # a store of an older flarescope has no such field: the first fetch writes it
        assert "tolerance" not in json.loads((older.folder / "store.json").read_text())
        assert older.tolerance is None
        fetch_magnetograms(archive, units, older, http, tolerance=NEAR)
    assert (older.folder / "store.json").read_bytes() == (store.folder / "store.json").read_bytes()
    assert new_store(store.folder, 32).tolerance == NEAR
    assert verify_store(store.folder) == verify_store(older.folder) == []


def test_a_mistake_in_the_asking_stops_the_fetch_and_leaves_no_gap(tmp_path: Path) -> None:
    units = units_for(times_between("2026-02-03", "2026-02-03T02:00Z", "1h"))
    store = Store.create(tmp_path / "store", preparation=None, keep_files=True)
    with Http(QUICK) as http:
        nameless = Jsoc(http, series="hmi.sharp_cea_720s")
        with pytest.raises(BadOptionError, match="many regions at a time"):
            fetch_magnetograms(nameless, units, store, http, tolerance=NEAR)
    assert not any(store.rows(unit) for unit in units)


@pytest.mark.realdata
def test_an_hour_that_is_not_there_is_a_gap_and_not_its_neighbour(tmp_path: Path, data_dir: Path) -> None:
    units = units_for(times_between("2026-03-15T00:00Z", "2026-03-15T03:00Z", "1h"))
    with ArchiveServer(data=data_dir) as server, Http(QUICK.at(server.url)) as http:
        found = fetch_magnetograms(Helioviewer(http), units, new_store(tmp_path / "s"), http, tolerance=NEAR)
    assert found.images == 3 - len(found.gaps)
    assert found.gaps
    assert all("within 12 minutes" in reason for _, reason in found.gaps)
