"""``flarescope cache`` as a user types it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from flarescope.cli import main
from flarescope.sources.cache import Cache


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["flarescope", "cache", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("FLARESCOPE_CACHE_DIR", str(tmp_path))
    Cache(tmp_path).keep("http://a.example/", b"12345")
    return tmp_path


def test_info_and_clear_in_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    seen = []
    for word in ("info", "clear", "info"):
        assert run(monkeypatch, word, "--json") == 0
        seen.append(json.loads(capsys.readouterr().out))
    assert seen[0] == seen[1]
    assert seen[0]["folder"] == str(folder)
    assert seen[0]["entries"] == 1
    assert seen[2] == {"folder": str(folder), "entries": 0, "bytes": 0}


def test_info_and_clear_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    run(monkeypatch, "info")
    assert f"bytes kept in {folder}" in (said := capsys.readouterr().out)
    assert said.startswith("1 answer, ")
    run(monkeypatch, "clear")
    assert "removed" in capsys.readouterr().out
    run(monkeypatch, "info")
    assert capsys.readouterr().out == f"0 answers, 0 bytes kept in {folder}\n"


def test_help_has_an_example_and_a_bare_command_says_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "info", "--help") == 0
    assert "flarescope cache info --json" in capsys.readouterr().out
    assert run(monkeypatch) == 2


def test_setting_that_is_not_accepted_ends_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLARESCOPE_ATTEMPTS", "many")
    assert run(monkeypatch, "info") == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "FLARESCOPE_ATTEMPTS" in seen.err
    assert len(seen.err.splitlines()) == 1
