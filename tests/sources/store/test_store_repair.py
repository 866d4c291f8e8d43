"""What is sound of a damaged store stays; the rest is filled again, as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

from flarescope.errors import BadFileError, UnreadableFileError
from flarescope.sources.store import Store
from flarescope.sources.store import repair as repairing
from flarescope.sources.store import seal as sealing
from flarescope.sources.store.build import build_store
from flarescope.sources.store.files import SETTINGS
from flarescope.sources.store.repair import repair_store
from flarescope.sources.store.units import do_unit
from flarescope.sources.store.verify import verify_store

DAY = "2026-02-03"


class Nothing:
    """A supply whose archive is down."""

    def supply(self, time: object, harp: object = None) -> None:
        raise BadFileError("x", "there is none.")


def flip(path: Path, place: int = 150) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def stopping(real: Callable[..., object], times: int) -> Callable[..., object]:
    """A function that stops the process when it is called for so many times."""
    calls = count(1)

    def until(*args: object, **kwargs: object) -> object:
        if next(calls) == times:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    return until


def first(folder: Path, kind: str) -> Path:
    return sorted(folder.glob(kind))[0]


def damage_file(folder: Path) -> None:
    with open(first(folder, "files/*/*/*/*.raw"), "ab") as file:
        file.write(b"x")


def damage_everything(folder: Path) -> None:
    for kind in ("rows/*.json", "shards/*.npy", "files/*/*/*/*.raw", SETTINGS):
        flip(first(folder, kind), 20)


HARMS: dict[str, Callable[[Path], object]] = {
    "a file": damage_file,
    "a file is gone": lambda folder: first(folder, "files/*/*/*/*.raw").unlink(),
    "a shard": lambda folder: flip(first(folder, "shards/*.npy")),
    "a shard is gone": lambda folder: first(folder, "shards/*.npy").unlink(),
    "a record": lambda folder: flip(first(folder, "rows/*.json")),
    "a record is gone": lambda folder: first(folder, "rows/*.json").unlink(),
    "the index": lambda folder: flip(folder / "index.parquet"),
    "the checksums": lambda folder: flip(folder / "checksums.json", 20),
    "the settings": lambda folder: flip(folder / SETTINGS, 20),
    "the settings are gone": lambda folder: (folder / SETTINGS).unlink(),
    "record and index": lambda folder: [flip(first(folder, "rows/*")), flip(folder / "index.parquet")],
    "everything": damage_everything,
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_repaired_store_filled_again_is_as_before(built: Path, soak: ModuleType, harm: str) -> None:
    whole = soak.tree(built)
    HARMS[harm](built)
    assert verify_store(built)
    repair_store(built)
    again = soak.tree(built)
    repair_store(built)
    assert soak.tree(built) == again
    soak.build(built, soak.units(32))
    assert soak.tree(built) == whole
    assert verify_store(built) == []


def test_of_a_damaged_file_its_image_alone_is_lost(built: Path) -> None:
    whole = Store.open(built).index()
    damage_file(built)
    repaired = repair_store(built)
    (lost,) = repaired.lost
    assert (repaired.mended, repaired.kept, len(repaired.records)) == (1, 7, 0)
    assert lost.reason == "damaged on disk (its file). Fetch or build it again."
    assert verify_store(built) == []
    left = Store.open(built).index()
    assert list(left[left["status"] != whole["status"]]["reason"]) == [lost.reason]
    assert len(list(built.glob("files/2026/02/03/*"))) == 7
    assert not (built / "units").exists()


@pytest.mark.parametrize("record", ["lost", "damaged"])
def test_a_record_comes_back_from_the_index(built: Path, soak: ModuleType, record: str) -> None:
    whole = soak.tree(built)
    path = built / "rows" / f"{DAY}.json"
    path.unlink() if record == "lost" else flip(path)
    repaired = repair_store(built)
    assert repaired.records == (f"rows/{DAY}.json",)
    assert repaired.lost == ()
    assert soak.tree(built) == whole


def test_nothing_sound_goes_because_a_record_is_lost(built: Path, soak: ModuleType) -> None:
    files = set(built.glob("files/2026/02/03/*")) | set(built.glob(f"shards/{DAY}*"))
    (built / "rows" / f"{DAY}.json").unlink()
    store = Store.open(built)
    for _ in range(2):  # the second time there is a record: one of gaps
        for unit in soak.units(3):
            do_unit(built, Nothing(), unit)
        store.seal()
    assert all(path.exists() for path in files)
    told = verify_store(built)
    assert {damage.path for damage in told} == {path.relative_to(built).as_posix() for path in files}
    assert all("no record tells of it" in damage.problem for damage in told)


def test_other_gaps_filled_after_a_record_was_lost_keep_the_rest(built: Path, soak: ModuleType) -> None:
    whole = soak.tree(built)
    (built / "rows" / f"{DAY}.json").unlink()
    for some in (soak.units(2), soak.units(32)):
        soak.build(built, some)
    assert {k: v for k, v in soak.tree(built).items() if k in whole} == whole


@pytest.mark.parametrize("waits", ["units/*/*.json", "units/*/*.npy", "files/2026/02/07/*"])
def test_units_that_wait_are_mended_too(built: Path, soak: ModuleType, waits: str) -> None:
    soak.build(built.parent / "whole", soak.units(36))
    for unit in soak.units(36)[32:]:
        do_unit(built, soak.MadeUp(), unit)
    flip(first(built, waits), 20)
    assert len(repair_store(built).lost) == 1
    assert [
        damage for damage in verify_store(built) if damage.kind == "damaged" and "units" in damage.path
    ] == []
    soak.build(built, soak.units(36))
    assert soak.tree(built) == soak.tree(built.parent / "whole")


def test_arrays_are_made_again_from_kept_files(made: type, tmp_path: Path, soak: ModuleType) -> None:
    images, store = tmp_path / "images", tmp_path / "store"
    images.mkdir()
    for hour in range(3):
        grey = made.grey_sun(256, 100.0)
        grey[120:130, 100 + 10 * hour : 108 + 10 * hour] = 250
        (images / f"HMI.m2026.02.03_{hour:02d}.00.00.jpg").write_bytes(made.image(grey))
    assert build_store([images], store, keep_files=True).images == 3
    whole = soak.tree(store)
    first(store, "shards/*").write_bytes(b"")
    repaired = repair_store(store)
    assert (repaired.kept, repaired.lost) == (3, ())
    assert soak.tree(store) == whole
    flip(first(store, "shards/*"))
    flip(first(store, "files/*/*/*/*"))
    assert [lost.time.hour for lost in repair_store(store).lost] == [0]
    build_store([images], store, keep_files=True)
    assert soak.tree(store) == whole


@pytest.mark.parametrize("stop", ["commit_day", "write_record", "write_chunks", "note", "write_index"])
def test_a_repair_that_was_stopped_is_done_again(
    built: Path, soak: ModuleType, stop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = soak.tree(built)
    for path in sorted(built.glob("files/*/*/*/*.raw"))[::5]:
        flip(path)
    for times in (1, 2, 3):
        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            for room in (repairing, sealing):
                if hasattr(room, stop):
                    patch.setattr(room, stop, stopping(getattr(room, stop), times))
            repair_store(built)
    repair_store(built)
    assert verify_store(built) == []
    soak.build(built, soak.units(32))
    assert soak.tree(built) == whole


@pytest.mark.parametrize("kind", ["files/*/*/*/*.raw", "shards/*.npy", "rows/*.json", "index.parquet"])
def test_what_cannot_be_read_is_not_called_damaged(
    built: Path, soak: ModuleType, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, closed = soak.tree(built), first(built, kind)
    real = open

    def refuse(path: object, *args: object, **kwargs: object) -> object:
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    (damage,) = [one for one in verify_store(built) if one.path == closed.relative_to(built).as_posix()]
    assert damage.kind == "unreadable"
    assert "cannot be read (Permission denied). Give yourself the right to read it" in damage.problem
    with pytest.raises(UnreadableFileError):
        repair_store(built)
    monkeypatch.undo()
    assert soak.tree(built) == whole


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="this is no store"):
        repair_store(tmp_path / "x")
    assert not (tmp_path / "x").exists()
    Store.create(tmp_path / "begun", preparation=None, keep_files=True)
    flip(tmp_path / "begun" / SETTINGS, 20)
    with pytest.raises(BadFileError, match="was never sealed, so there is no copy"):
        repair_store(tmp_path / "begun")
