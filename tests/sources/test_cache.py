"""Kept answers: found again, checked, counted, cleared, and nothing else touched."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flarescope.sources.cache import Cache, CacheInfo

HERE, THERE = "http://a.example/x?b=1", "http://a.example/x?b=2"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "answers")


def test_what_is_kept_is_found_again(cache: Cache) -> None:
    assert cache.read(HERE) is None
    assert cache.info() == CacheInfo(cache.folder, 0, 0)
    assert not cache.folder.exists()  # asking leaves no trace
    assert cache.keep(HERE, b"bytes")
    assert cache.keep(HERE, b"newer")
    assert cache.read(HERE) == b"newer"
    assert cache.read(THERE) is None
    about = json.loads(next(cache.folder.rglob("*.json")).read_text())
    assert (about["url"], about["bytes"]) == (HERE, 5)
    assert about["fetched"].endswith("Z")


@pytest.mark.parametrize("kind", ["data", "json"])
@pytest.mark.parametrize("damage", [b"", b"other", b"[]", b"{}", b"[" * 100_000, b"\xff\xfe"])
def test_damaged_entry_is_dropped(cache: Cache, kind: str, damage: bytes) -> None:
    cache.keep(HERE, b"bytes")
    next(cache.folder.rglob(f"*.{kind}")).write_bytes(damage)
    assert cache.read(HERE) is None
    assert cache.info().entries == 0
    cache.keep(HERE, b"bytes")
    assert cache.read(HERE) == b"bytes"


@pytest.mark.parametrize("kind", ["data", "json"])
def test_half_an_entry_is_none(cache: Cache, kind: str) -> None:
    cache.keep(HERE, b"bytes")
    next(cache.folder.rglob(f"*.{kind}")).unlink()
    assert cache.read(HERE) is None


def test_clear_removes_what_is_ours_and_nothing_else(cache: Cache, tmp_path: Path) -> None:
    cache.keep(HERE, b"12345")
    cache.keep(THERE, b"678")
    key = next(cache.folder.rglob("*.data")).name
    draft = next(cache.folder.glob("??")) / f".{key}.77.part"  # left by a killed process
    draft.write_bytes(b"half")
    photo, elsewhere = cache.folder / "ab" / "photo.json", tmp_path / "elsewhere"
    photo.parent.mkdir(exist_ok=True)
    photo.write_text("mine")
    elsewhere.write_text("mine, too")
    link = photo.parent / ("0" * 64 + ".data")
    os.symlink(elsewhere, link)
    before = cache.info()
    assert before.entries == 2
    assert before.bytes > 8
    assert cache.clear() == before
    assert (photo.read_text(), elsewhere.read_text(), link.is_symlink()) == ("mine", "mine, too", True)
    assert not draft.exists()
    assert cache.info() == CacheInfo(cache.folder, 0, 0)
    assert cache.clear().entries == 0


def test_folder_that_takes_nothing_loses_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = Cache(tmp_path / "file")
    assert not cache.keep(HERE, b"bytes")
    assert cache.read(HERE) is None
    assert cache.clear().entries == 0


def test_threads_may_keep_the_same(cache: Cache) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: cache.keep(HERE, b"x" * (n + 1) * 1000), range(40)))
    kept = cache.read(HERE)
    assert kept is not None
    assert len(kept) % 1000 == 0
    assert len(list(cache.folder.rglob("*.part"))) == 0


def test_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLARESCOPE_CACHE_DIR", str(tmp_path / "here"))
    assert Cache().folder == tmp_path / "here"
    monkeypatch.delenv("FLARESCOPE_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Cache().folder.name == "flarescope"


def test_the_oldest_go_where_all_are_too_large(tmp_path: Path) -> None:
    cache = Cache(tmp_path, most_bytes=2500)
    for number in range(21):
        assert cache.keep(f"http://x/{number}", bytes(1000))
        os.utime(cache._places(f"http://x/{number}")[0], (number, number))
    assert cache.info().entries == 2  # 21,000 bytes were kept, 2,500 may be
    assert cache.read("http://x/20") is not None
    assert cache.read("http://x/0") is None


def test_another_process_may_clear_at_the_same_time(tmp_path: Path) -> None:
    code = "import sys\nfrom flarescope.sources.cache import Cache\nwhile True: Cache(sys.argv[1]).clear()"
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        end = time.monotonic() + 3.0
        while time.monotonic() < end:
            cache = Cache(tmp_path, most_bytes=1)  # a new one trims at its first answer
            for number in range(3):
                cache.keep(f"http://x/{number}", b"bytes")
            assert cache.read("http://x/0") in {b"bytes", None}
            assert cache.info().entries >= 0
        assert other.poll() is None  # nor did clearing fail
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("gone", ["stat", "iterdir", "unlink"])
def test_what_goes_away_in_the_middle_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    cache = Cache(tmp_path, most_bytes=1)
    assert cache.keep(HERE, b"bytes")
    real = getattr(Path, gone)

    def vanished(path: Path, *args: Any, **options: Any) -> Any:
        if re.fullmatch(r"[0-9a-f]{64}\.(data|json)" if gone != "iterdir" else "[0-9a-f]{2}", path.name):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return real(path, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, gone, vanished)
        assert Cache(tmp_path, most_bytes=1).keep(THERE, b"other")
        cache.info()
        cache.drop(HERE)
    assert Cache(tmp_path).read(THERE) == b"other"
