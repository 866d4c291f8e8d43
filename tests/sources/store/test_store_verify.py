"""A flipped byte is found and named."""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from flarescope.errors import BadFileError, BadOptionError, UnreadableFileError
from flarescope.sources.store import Store, Unit
from flarescope.sources.store.repair import repair_store
from flarescope.sources.store.units import do_unit
from flarescope.sources.store.verify import verify_store, waiting_units

KINDS = ["store.json", "index.parquet", "checksums.json", "rows/*.json", "shards/*.npy", "files/*/*/*/*.raw"]


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_a_sound_store_is_sound(built: Path) -> None:
    told = []
    assert verify_store(built, lambda *done: told.append(done)) == []
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_is_named(built: Path, kind: str) -> None:
    draw = random.Random(kind)
    for path in sorted(built.glob(kind))[:4]:
        for _ in range(8):
            place = draw.randrange(path.stat().st_size)
            flip(path, place)
            found = {damage.path for damage in verify_store(built)}
            assert path.relative_to(built).as_posix() in found, place
            flip(path, place)
    assert verify_store(built) == []


@pytest.mark.parametrize("kind", ["shards/*.npy", "files/*/*/*/*.raw", "rows/*.json"])
def test_what_to_do_about_it_is_told(built: Path, kind: str) -> None:
    flip(sorted(built.glob(kind))[0], 150)
    (damage,) = verify_store(built)
    assert damage.problem.endswith(f"Type: flarescope store repair {built}")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_missing_file_is_named(built: Path, kind: str) -> None:
    path = sorted(built.glob(kind))[1 if "*" in kind else 0]
    path.unlink()
    assert path.relative_to(built).as_posix() in {damage.path for damage in verify_store(built)}


@pytest.mark.parametrize(
    "name",
    ["x.txt", "rows/x.json", "shards/2026-02-03.01234567.npy", "shards/x", "shards/2031-01-01.0.npy",
     "files/2026/02/03/x.raw", "files/2026/02/09/x.raw", "files/2026/x", "files/2026/02/03/.1-a.part",
     ".1-a.part", "files/a/b/c/d", "units/x"],
)  # fmt: skip
def test_what_does_not_belong_is_named(built: Path, name: str) -> None:
    (built / name).parent.mkdir(parents=True, exist_ok=True)
    (built / name).write_bytes(b"x")
    assert [damage.path for damage in verify_store(built)] == [name]


def test_labels_beside_the_index_belong(built: Path) -> None:
    (built / "labels.parquet").write_bytes(b"x")
    assert verify_store(built) == []


def test_a_file_put_in_the_place_of_another_is_named(built: Path) -> None:
    first, second = sorted(built.glob("rows/*.json"))[:2]
    shutil.copy(first, second)
    assert second.relative_to(built).as_posix() in {damage.path for damage in verify_store(built)}


def soak_files(soak: ModuleType, unit: Unit) -> dict[str, bytes]:
    file = soak.MadeUp().supply(unit.times[0]).file
    return {file.path.name: file.data}


def test_older_rows_put_back_are_named(soak: ModuleType, built: Path) -> None:
    path, unit = built / "rows/2026-02-06.json", soak.units(32)[-1]
    older, store = path.read_bytes(), Store.open(built)
    store.put(unit, [replace(store.rows(unit)[0], quality=1)], [np.ones((32, 32))], soak_files(soak, unit))
    store.seal()
    assert verify_store(built) == []
    path.write_bytes(older)
    assert {damage.path for damage in verify_store(built)} >= {"rows"}


def test_units_not_sealed_yet_are_checked_and_no_damage(built: Path, soak: ModuleType) -> None:
    for unit in soak.units(34)[32:]:
        do_unit(built, soak.MadeUp(), unit)
    assert verify_store(built) == []
    array = next(built.glob("units/*/*.npy"))
    flip(array, 200)
    assert [damage.path for damage in verify_store(built)] == [array.relative_to(built).as_posix()]
    record = next(built.glob("units/*/*.json"))
    flip(record, 20)
    assert record.relative_to(built).as_posix() in {damage.path for damage in verify_store(built)}


def test_units_that_wait_are_counted(built: Path, soak: ModuleType) -> None:
    assert waiting_units(built) is None
    do_unit(built, soak.MadeUp(), soak.units(33)[-1])
    assert waiting_units(built) == 1
    begun = Store.create(built.parent / "begun", preparation=None, keep_files=True)
    assert waiting_units(begun.folder) == 0
    begun.seal()
    assert waiting_units(begun.folder) is None


def test_a_sealed_day_that_the_index_does_not_tell_of(built: Path) -> None:
    (built / "index.parquet").unlink()
    (built / "checksums.json").unlink()
    assert [damage.path for damage in verify_store(built)] == ["index.parquet"]


@pytest.mark.parametrize("name", ["rows", "units", "units/2026-02-07", "files/2026/02/03"])
def test_a_folder_that_cannot_be_read_is_one_line(
    built: Path, soak: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    do_unit(built, soak.MadeUp(), soak.units(33)[-1])
    real = os.access  # root may read everything, whatever its rights
    monkeypatch.setattr("os.access", lambda path, *way: str(path) != str(built / name) and real(path, *way))
    (damage,) = verify_store(built)
    assert (damage.path, damage.kind) == (name, "unreadable")
    for act in (repair_store, Store.open(built).seal):
        with pytest.raises(UnreadableFileError, match=r"the folder cannot be read\. Give yourself the right"):
            act(*([built] if act is repair_store else []))


def test_what_a_full_disk_left_is_no_damage(
    built: Path, soak: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise BadOptionError("Nothing can be written in it (No space left on device).")

    with monkeypatch.context() as patch:
        patch.setattr("flarescope.sources.store.put.write_record", full)
        with pytest.raises(BadOptionError):
            do_unit(built, soak.MadeUp(), soak.units(34)[-1])
    (left,) = verify_store(built)
    assert (left.path.rpartition("/")[2], left.kind) == ("made_up_20260207T0300.raw", "left over")
    assert left.problem == "left over from a stopped run. Type the same line again to take it up."
    soak.build(built, soak.units(34))
    assert verify_store(built) == []


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="this is no store"):
        verify_store(tmp_path)
