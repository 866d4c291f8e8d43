"""Parts of a store: which are done, and never half of them sealed in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flarescope.errors import BadOptionError
from flarescope.sources.store import Store
from flarescope.sources.store.parts import clear_parts, missing_parts, part_in_name, write_part
from flarescope.sources.store.verify import verify_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "store", preparation=None, keep_files=True)


def done(store: Store, *parts: tuple[int, int]) -> None:
    for part in parts:
        write_part(store.folder, part, units=3, new=3, done=True)


def test_missing_parts_are_named(store: Store) -> None:
    assert missing_parts(store.folder) == ()
    done(store, (2, 3))
    assert missing_parts(store.folder) == ("1/3", "3/3")
    write_part(store.folder, (1, 3), units=0, new=0, done=False)  # killed midway
    assert missing_parts(store.folder) == ("1/3", "3/3")
    done(store, (1, 3), (3, 3))
    assert missing_parts(store.folder) == ()
    assert verify_store(store.folder) == []


def test_all_parts_of_another_number_are_enough(store: Store) -> None:
    done(store, (1, 3), (1, 2))
    assert missing_parts(store.folder) == ("2/2",)
    done(store, (2, 2))
    assert missing_parts(store.folder) == ()


@pytest.mark.parametrize(
    ("units", "new", "done_to_the_end", "missing"),
    [(3, 0, True, ()), (3, 1, True, ("2/2",)), (0, 0, True, ("2/2",)), (0, 0, False, ("1/2", "2/2"))],
    ids=["nothing new", "one new", "no unit", "killed"],
)
def test_a_part_done_again_needs_no_other(
    store: Store, units: int, new: int, done_to_the_end: bool, missing: tuple[str, ...]
) -> None:
    write_part(store.folder, (1, 2), units=units, new=new, done=done_to_the_end)
    assert missing_parts(store.folder) == missing


def test_a_damaged_record_is_no_part(store: Store) -> None:
    done(store, (1, 2), (2, 2))
    (store.folder / "units" / "parts" / "2-of-2.json").write_bytes(b"{}")
    assert missing_parts(store.folder) == ("2/2",)


def test_sealing_removes_the_records(store: Store) -> None:
    done(store, (1, 2))
    with pytest.raises(BadOptionError, match=r"--shard 2/2. Build it first"):
        store.seal()
    done(store, (2, 2))
    store.seal()
    assert sorted(path.name for path in store.folder.iterdir() if path.name[0] != ".") == [
        "checksums.json", "index.parquet", "store.json"
    ]  # fmt: skip


def test_killed_while_they_are_removed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done(store, (1, 2), (2, 2))
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", lambda path: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            clear_parts(store.folder)
    assert missing_parts(store.folder) == ()
    assert {damage.problem for damage in verify_store(store.folder)} == {
        "left over from a stopped run. Type the same line again, or seal the store."
    }
    store.seal()
    assert not (store.folder / "units").exists()


def test_many_missing_parts_are_told_in_short(store: Store) -> None:
    done(store, (1, 64))
    with pytest.raises(BadOptionError, match="8/64, 9/64 and 55 more"):
        store.seal()


@pytest.mark.parametrize("name", ["0-of-2.json", "3-of-2.json", "1-of-2", "1-of-2.json.json", "a-of-b.json"])
def test_no_name_of_a_part(name: str) -> None:
    assert part_in_name(name) is None
