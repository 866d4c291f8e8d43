"""Units in any order, at once, and twice: the same store."""

from __future__ import annotations

import hashlib
import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.preparation import Preparation
from flarescope.sources.store import Row, Store, Unit
from flarescope.sources.store.files import Places
from flarescope.sources.store.index import Seen
from flarescope.sources.store.leftovers import note
from flarescope.sources.store.repair import repair_store
from flarescope.sources.store.units import do_unit
from flarescope.sources.store.verify import verify_store
from flarescope.work import run_units

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PREPARATION = Preparation(size=4)


def unit(time: datetime = NOON, **changes) -> Unit:
    return replace(Unit(f"{time:%Y%m%dT%H}00Z", time.date(), (time,)), **changes)


def row(time: datetime = NOON, data: bytes = b"sun", **changes) -> Row:
    values = {
        "status": "image", "observed": time, "name": f"{time:%Y%m%dT%H%M}.jp2", "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(), "pixels_sha256": hashlib.sha256(b"p" + data).hexdigest(),
    }  # fmt: skip
    return Row(time, **{**values, **changes})


def put(store: Store, time: datetime, data: bytes, value: float = 1.0) -> None:
    one = row(time, data)
    store.put(unit(time), [one], [np.full((4, 4), value)], {one.name: data})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "store", preparation=PREPARATION, keep_files=True)


def test_what_is_put_is_found_again(store: Store) -> None:
    assert not store.has(unit())
    put(store, NOON, b"noon", 2.5)
    assert store.has(unit())
    sealed = store.seal()
    assert (sealed.images, sealed.gaps, sealed.stale, sealed.dropped) == (1, 0, 0, ())
    assert store.has(unit())
    assert not store.has(unit(times=(NOON, NOON + HOUR)))
    index = store.index()
    assert index.loc[0, "file"] == "files/2026/02/03/20260203T1200.jp2"
    assert (store.folder / index.loc[0, "file"]).read_bytes() == b"noon"
    assert index.loc[0, "time"] == NOON
    assert index.loc[0, "time"].tzinfo is not None
    array = store.image(index.iloc[0])
    assert array.dtype == np.float16
    np.testing.assert_array_equal(array, np.full((4, 4), 2.5))
    shards = [path.name for path in (store.folder / "shards").iterdir()]
    content = (store.folder / "shards" / shards[0]).read_bytes()
    assert shards == [f"2026-02-03.{hashlib.sha256(content).hexdigest()[:8]}.npy"]
    assert not (store.folder / "units").exists()
    assert sealed.bytes == len(content) + 4


@pytest.mark.parametrize("workers", [1, 3])
def test_the_same_store_in_any_order_by_anyone_twice(
    soak: ModuleType, built: Path, tmp_path: Path, workers: int
) -> None:
    units = soak.units(32)
    units = random.Random(workers).sample([*units, *units[::3]], 43)
    store = Store.create(tmp_path / "again", preparation=soak.PREPARATION, keep_files=True)
    for part in (units[:20], units[20:]):
        list(run_units(partial(do_unit, store.folder, soak.MadeUp()), part, workers=workers, threads=True))
        store.seal()
    assert soak.tree(store.folder) == soak.tree(built)


def test_sealed_twice_nothing_changes(soak: ModuleType, built: Path) -> None:
    before = soak.tree(built)
    Store.open(built).seal()
    assert soak.tree(built) == before


def test_nothing_of_the_outside_is_in_it(built: Path, tmp_path: Path, soak: ModuleType) -> None:
    assert len(soak.tree(built)) > 32
    for name, content in soak.tree(built).items():
        assert str(tmp_path).encode() not in content, name


def test_the_index_is_sorted_and_tells_of_gaps(built: Path) -> None:
    index = Store.open(built).index()
    assert list(index["status"].value_counts().sort_index().items()) == [
        ("gap", 2),
        ("image", 26),
        ("stale", 4),
    ]
    assert index.equals(index.sort_values(["day", "key", "time"], ignore_index=True))
    gaps = index[index["status"] == "gap"]
    assert set(gaps["reason"]) == {"there is none."}
    assert gaps["shard"].isna().all()
    assert gaps["position"].isna().all()
    record = json.loads((built / "checksums.json").read_text())
    assert record["index"]["sha256"] == hashlib.sha256((built / "index.parquet").read_bytes()).hexdigest()
    assert (record["image"], record["gap"], record["stale"], record["days"]) == (26, 2, 4, 4)


def test_arrays_are_those_of_their_rows(built: Path, soak: ModuleType) -> None:
    store = Store.open(built)
    for _, found in store.index().iterrows():
        if found["status"] == "gap":
            with pytest.raises(MissingDataError, match="has no array: there is none"):
                store.image(found)
        else:
            image = soak.MadeUp().supply(found["time"].to_pydatetime()).image
            np.testing.assert_array_equal(store.image(found), soak.PREPARATION.apply(image).astype("f2"))


def test_gaps_are_tried_again(store: Store) -> None:
    store.put(unit(), [Row(NOON, "gap", "nobody answered.")], [], {})
    for _ in range(2):
        assert not store.has(unit())
        assert store.has(unit(), keep_gaps=True)
        assert store.rows(unit())[0].reason == "nobody answered."
        assert store.seal().gaps == 1
    put(store, NOON, b"noon")
    assert store.has(unit())
    sealed = store.seal()
    assert (sealed.images, sealed.gaps) == (1, 0)


@pytest.mark.parametrize("sealed", [False, True])
def test_what_is_missing_of_a_unit(store: Store, sealed: bool) -> None:
    times = tuple(NOON + minutes * timedelta(minutes=12) for minutes in range(4))
    day = unit(times=times)
    assert store.missing(day) == times
    gap, noon = row(times[1], status="gap", reason="none"), row(times[0], b"noon")
    store.put(unit(times=times[:2]), [noon, gap], [np.ones((4, 4))], {noon.name: b"noon"})
    if sealed:
        store.seal()
    assert store.missing(day) == times[1:]
    assert store.missing(day, keep_gaps=True) == times[2:]
    assert store.missing(unit()) == ()


def test_images_damaged_before_they_were_sealed_are_missing(store: Store) -> None:
    times = (NOON, NOON + timedelta(minutes=12))
    day, noon = unit(times=times), row(NOON, b"noon")
    gap = row(times[1], status="gap", reason="none")
    store.put(day, [noon, gap], [np.ones((4, 4))], {noon.name: b"noon"})
    assert store.missing(day) == times[1:]
    (array,) = (store.folder / "units").glob("*/*.npy")
    array.write_bytes(array.read_bytes()[:-2])  # as a power cut may leave it
    assert store.missing(day) == times


def test_a_stale_image_is_told_with_the_hour_it_was_of(store: Store) -> None:
    put(store, NOON + HOUR, b"old")
    put(store, NOON, b"old")
    put(store, NOON + 48 * HOUR, b"old")
    assert store.seal().stale == 2
    index = store.index()
    assert list(index["status"]) == ["image", "stale", "stale"]
    assert index.loc[1, "reason"] == "the same file was already there for 2026-02-03T12:00:00Z"
    put(store, NOON - 30 * HOUR, b"old")
    store.seal()
    assert store.index().loc[1, "status"] == "stale"
    assert store.index().loc[1, "reason"].endswith("2026-02-02T06:00:00Z")


def judged(hours: list[int], marks: list[str], harps: list[int | None] | None = None) -> list[str]:
    seen = Seen()
    harps = harps or [None] * len(hours)
    rows = [
        row(NOON + hour * HOUR, mark.encode(), harp=harp)
        for hour, mark, harp in zip(hours, marks, harps, strict=True)
    ]
    return [seen.judge(one).status for one in rows]


def test_stale_means_within_48_hours_and_of_the_same_region() -> None:
    assert judged([0, 48], ["a", "a"]) == ["image", "stale"]
    assert judged([0, 49], ["a", "a"]) == ["image", "image"]
    assert judged([0, 30, 60], ["a", "a", "a"]) == ["image", "stale", "stale"]
    assert judged([0, 1], ["a", "a"], [377, 378]) == ["image", "image"]
    assert judged([0, 0], ["a", "a"]) == ["image", "stale"]


def test_the_same_pixels_in_another_file_are_stale() -> None:
    seen = Seen()
    assert seen.judge(row(NOON)).status == "image"
    again = seen.judge(replace(row(NOON + HOUR, b"other"), pixels_sha256=row(NOON).pixels_sha256))
    assert again.status == "stale"
    assert again.reason == "the same image was already there for 2026-02-03T12:00:00Z"


@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from("abc")), max_size=30))
def test_stale_as_a_slow_reader_finds_it(given_rows: list[tuple[int, str]]) -> None:
    given_rows = sorted(given_rows)
    hours, marks = [hour for hour, _ in given_rows], [mark for _, mark in given_rows]
    slow = [
        "stale" if any(m == mark and hour - h <= 48 for h, m in given_rows[:i]) else "image"
        for i, (hour, mark) in enumerate(given_rows)
    ]
    assert judged(hours, marks) == slow


def test_another_image_replaces_a_stale_one(store: Store) -> None:
    put(store, NOON, b"old", 1.0)
    put(store, NOON + HOUR, b"old", 1.0)
    assert store.seal().stale == 1
    put(store, NOON + HOUR, b"new", 2.0)
    sealed = store.seal()
    assert (sealed.images, sealed.stale) == (2, 0)
    assert (store.folder / store.index().loc[1, "file"]).read_bytes() == b"new"
    assert store.image(store.index().iloc[1])[0, 0] == 2.0
    assert len(list((store.folder / "shards").iterdir())) == 1


def test_a_store_of_files_alone(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "s", preparation=None, keep_files=True)
    store.put(unit(), [row(NOON)], [], {row().name: b"sun"})
    assert store.seal().images == 1
    assert not (tmp_path / "s" / "shards").exists()
    with pytest.raises(MissingDataError, match="files only"):
        store.image(store.index().iloc[0])


def test_a_store_of_arrays_alone(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "s", preparation=PREPARATION)
    put(store, NOON, b"noon")
    store.seal()
    assert not (tmp_path / "s" / "files").exists()
    assert store.index().loc[0, "file"] == ""
    assert store.index().loc[0, "name"] == "20260203T1200.jp2"


def test_create_goes_on_with_the_same_settings_alone(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    Store.create(folder, preparation=PREPARATION)
    assert Store.create(folder, preparation=PREPARATION).preparation == PREPARATION
    with pytest.raises(BadOptionError, match=r"store with preparation .*'size': 4.*Choose another folder"):
        Store.create(folder, preparation=Preparation(size=8))
    with pytest.raises(BadOptionError, match="store with keep_files False, not True"):
        Store.create(folder, preparation=PREPARATION, keep_files=True)


def test_create_refuses_other_folders(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("sun")
    with pytest.raises(BadOptionError, match=r"holds other files, such as thesis\.tex, and no store"):
        Store.create(tmp_path, preparation=None)
    with pytest.raises(BadOptionError, match="is not a folder"):
        Store.create(tmp_path / "thesis.tex", preparation=None)
    with pytest.raises(BadOptionError, match="arrays of many sizes"):
        Store.create(tmp_path / "s", preparation=Preparation(size=8, fit="scale", megametres_per_pixel=1.0))
    with pytest.raises(BadFileError, match="this is no store"):
        Store.open(tmp_path)
    with pytest.raises(BadFileError, match="this is no store"):
        Store.open(tmp_path / "nowhere")


def test_a_store_of_another_format_is_refused(store: Store) -> None:
    path = store.folder / "store.json"
    path.write_text(path.read_text().replace("true", "false"))
    with pytest.raises(BadFileError, match="its bytes are not those that were written"):
        Store.open(store.folder)


@pytest.mark.parametrize("key", ["", "a/b", "../x", "a.b", "a b", "é", "a" * 101])
def test_no_key(key: str) -> None:
    with pytest.raises(BadOptionError, match="is not accepted: 1 to 100 letters"):
        Unit(key, NOON.date(), (NOON,))


def test_times_of_a_unit_are_of_its_day() -> None:
    with pytest.raises(BadOptionError, match="has 2026-02-04T00:00:00Z; its times must be of that UTC day"):
        Unit("a", NOON.date(), (NOON + 12 * HOUR,))
    with pytest.raises(BadOptionError, match="no time at all"):
        Unit("a", NOON.date(), ())
    assert Unit("a", NOON.date(), (NOON + HOUR, NOON)).times == (NOON, NOON + HOUR)


def test_rows_that_do_not_fit_are_refused(store: Store) -> None:
    image, array = row(), np.zeros((4, 4))
    files = {image.name: b"sun"}
    with pytest.raises(BadOptionError, match="are not of its times"):
        store.put(unit(), [], [], {})
    with pytest.raises(BadOptionError, match="gives 0 arrays; its rows want 1"):
        store.put(unit(), [image], [], files)
    with pytest.raises(BadOptionError, match=r"shape \(5, 4\) does not fit"):
        store.put(unit(), [image], [np.zeros((5, 4))], files)
    with pytest.raises(BadOptionError, match="no float16"):
        store.put(unit(), [image], [np.full((4, 4), 1e6)], files)
    with pytest.raises(BadOptionError, match=r"gives no file '20260203T1200\.jp2'"):
        store.put(unit(), [image], [array], {})
    with pytest.raises(BadOptionError, match="has not the checksum of its row"):
        store.put(unit(), [image], [array], {image.name: b"moon"})
    assert not store.has(unit())
    assert store.seal().images == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b.fits", ".hidden", "a\0b", "a" * 151, "ü.fits"])
def test_no_name_of_a_file(name: str) -> None:
    with pytest.raises(BadOptionError, match="names the file"):
        row(name=name)


def test_rows_know_what_they_need() -> None:
    with pytest.raises(BadOptionError, match="gap without a reason"):
        Row(NOON, "gap")
    with pytest.raises(BadOptionError, match="without its time or its checksums"):
        Row(NOON, "image")
    with pytest.raises(BadOptionError, match="has status 'fine'"):
        Row(NOON, "fine")
    one = row(noaa=(11158, 11160), harp=377, notes=("a", "b"), quality=0xFFFFFFFF)
    assert Row.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    with pytest.raises(BadOptionError, match="no row of a store"):
        Row.from_dict({"time": "2026-02-03"})


def test_one_name_is_one_file(store: Store) -> None:
    put(store, NOON, b"noon")
    one = replace(row(NOON + HOUR, b"other"), name=row().name)
    later = unit(NOON + HOUR)
    for _ in range(2):
        with pytest.raises(BadFileError, match="unit '20260203T1200Z' holds other bytes under the name"):
            store.put(later, [one], [np.zeros((4, 4))], {one.name: b"other"})
        store.seal()
    same = replace(row(NOON + HOUR, b"noon"), name=row().name)
    store.put(later, [same], [np.zeros((4, 4))], {same.name: b"noon"})
    assert store.seal().stale == 1


def test_a_unit_damaged_before_it_was_sealed_is_done_again(store: Store) -> None:
    put(store, NOON, b"noon")
    put(store, NOON + HOUR, b"one")
    array = next((store.folder / "units" / "2026-02-03").glob("20260203T1300Z.*.npy"))
    array.write_bytes(array.read_bytes()[:-1])
    sealed = store.seal()
    assert (sealed.images, sealed.dropped) == (1, ("20260203T1300Z",))
    assert not store.has(unit(NOON + HOUR))
    assert (store.folder / "files/2026/02/03/20260203T1300.jp2").exists()  # sound: only its record was not
    put(store, NOON + HOUR, b"one")
    (store.folder / "units/2026-02-03/20260203T1300Z.json").write_bytes(b"{")
    assert not store.has(unit(NOON + HOUR))


def test_damage_of_what_was_sealed_stops_sealing_and_heals(store: Store) -> None:
    put(store, NOON, b"noon", 1.0)
    store.seal()
    shard = next((store.folder / "shards").iterdir())
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + b"\x01")
    put(store, NOON + HOUR, b"one", 2.0)
    with pytest.raises(BadFileError, match=r"flarescope store repair "):
        store.seal()
    assert repair_store(store.folder).lost[0].time == NOON
    assert not store.has(unit())
    put(store, NOON, b"noon", 1.0)
    assert store.seal().images == 2
    assert len(list((store.folder / "shards").iterdir())) == 1


def test_a_shard_that_went_away_is_made_again(store: Store) -> None:
    put(store, NOON, b"noon")
    store.seal()
    next((store.folder / "shards").iterdir()).unlink()
    assert not store.has(unit())


def test_what_killed_processes_left_is_swept(store: Store) -> None:
    put(store, NOON, b"noon")
    left = ["units/2026-02-03/.1-a.part", "files/2026/02/03/.1-a.part", ".1-a.part", "units/2026-02-04/x.npy"]
    left += ["files/2026/02/03/never_told_of.jp2", "shards/2026-02-03.01234567.npy"]
    lost = ["files/2026/02/03/nobody_noted.jp2", "shards/2026-02-03.76543210.npy"]
    for name in [*left, *lost]:
        (store.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (store.folder / name).write_bytes(b"half")
    for name in left[-2:]:
        note(Places(store.folder), NOON.date(), name.rpartition("/")[2])
    assert {one.path for one in verify_store(store.folder) if one.kind == "left over"} >= set(left[-1:])
    store.seal()
    assert [name for name in [*left, *lost] if (store.folder / name).exists()] == lost
    assert not (store.folder / "units").exists()


def test_sealing_waits_for_its_turn(store: Store) -> None:
    fcntl = pytest.importorskip("fcntl")
    put(store, NOON, b"noon")
    done = threading.Event()
    with open(store.folder / ".lock", "ab") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        sealing = threading.Thread(target=lambda: (store.seal(), done.set()))
        sealing.start()
        put(store, NOON + HOUR, b"one")  # others may put meanwhile
        assert not done.wait(0.3)
    assert done.wait(10)
    sealing.join()
    assert len(store.index()) == 2


def test_seals_at_once_do_no_harm(store: Store) -> None:
    for hour in range(6):
        put(store, NOON + 12 * hour * HOUR, b"%d" % hour)
    sealing = [threading.Thread(target=store.seal) for _ in range(4)]
    for one in sealing:
        one.start()
    for one in sealing:
        one.join()
    assert len(store.index()) == 6


def test_an_index_that_is_not_there_or_damaged(store: Store) -> None:
    with pytest.raises(MissingDataError, match=r"is not sealed\. Type: flarescope store seal"):
        store.index()
    put(store, NOON, b"noon")
    store.seal()
    (store.folder / "index.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadFileError, match="the index cannot be read"):
        store.index()


def test_an_empty_store_can_be_sealed(store: Store) -> None:
    assert store.seal().images == 0
    assert len(store.index()) == 0


def test_progress_comes_to_its_end(store: Store) -> None:
    for day in range(3):
        put(store, NOON + 24 * day * HOUR, b"%d" % day)
    told = []
    store.seal(lambda *done: told.append(done))
    assert told == [(done, 6) for done in range(1, 7)]
    assert date(2026, 2, 3) == unit().day


REGION = Unit("harp00377_20260203", NOON.date(), tuple(NOON + k * HOUR for k in range(4)), 377)


def put_some(store: Store, hours: dict[int, float | None]) -> None:
    """Images of a region with these values at these hours; None is a gap."""
    times = {NOON + k * HOUR: value for k, value in hours.items()}
    rows = [
        Row(time, "gap", "the archive is down.") if value is None else row(time, f"{time} {value}".encode())
        for time, value in times.items()
    ]
    values = [value for value in times.values() if value is not None]
    files = {one.name: f"{one.time} {times[one.time]}".encode() for one in rows if one.name}
    some = replace(REGION, times=tuple(times))
    store.put(some, rows, [np.full((4, 4), value) for value in values], files)


@pytest.mark.parametrize("between", [False, True], ids=["unsealed", "sealed"])
def test_no_image_goes_away_because_less_came_later(store: Store, tmp_path: Path, between: bool) -> None:
    asked: list[dict[int, float | None]] = [
        {2: 2.0, 3: 3.0}, {0: 0.5, 1: None}, {0: None, 1: 1.0, 2: None}, {3: 9.0},
    ]  # fmt: skip
    for some in asked:
        put_some(store, some)
        if between:
            store.seal()
    assert store.has(REGION)
    assert store.seal().images == 4
    index = store.index()
    assert [store.image(one)[0, 0] for _, one in index.iterrows()] == [0.5, 1.0, 2.0, 9.0]
    assert [(store.folder / name).exists() for name in index["file"]] == [True] * 4
    assert verify_store(store.folder) == []
    once = Store.create(tmp_path / "once", preparation=PREPARATION, keep_files=True)
    put_some(once, {0: 0.5, 1: 1.0, 2: 2.0, 3: 9.0})
    once.seal()
    assert [p.read_bytes() for p in tree(once)] == [p.read_bytes() for p in tree(store)]


def test_halves_of_a_unit_put_at_once(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda hour: put_some(store, {hour: float(hour)}), [0, 1, 2, 3] * 5))
    assert store.seal().images == 4


def tree(store: Store) -> list[Path]:
    return sorted(path for path in store.folder.rglob("*") if path.is_file())
