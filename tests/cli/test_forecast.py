"""``flarescope forecast``: what is asked, what is answered, what is refused."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flarescope.cli import app, main

FLARES = "start,class\n" + "".join(
    f"2024-{month:02d}-{day:02d} 06:00,{'M2.0' if day % 9 == 0 else 'C3.0'}\n"
    for month in range(1, 7)
    for day in range(1, 29)
)


@pytest.fixture
def flares(tmp_path: Path) -> Path:
    path = tmp_path / "flares.csv"
    path.write_text(FLARES)
    return path


def asked(flares: Path, *more: str) -> dict[str, object]:
    words = ["forecast", "--flares", str(flares), "--at", "2024-06-20T12:00Z", "--json", *more]
    ended = CliRunner().invoke(app, words, catch_exceptions=False)
    assert ended.exit_code == 0
    return json.loads(ended.stdout)


def test_json_is_one_document_with_a_probability(flares: Path) -> None:
    said = asked(flares)
    assert 0.0 < said["low"] <= said["probability"] <= said["high"] < 1.0
    assert said["at_least"] == "M1.0"
    assert said["inputs"]["flares"] == [str(flares)]
    assert {"state", "notes", "rivals"} <= said.keys()


@pytest.mark.parametrize(
    ("more", "begin", "hours"),
    [((), 20, 24), (("--within", "48h"), 20, 48), (("--within", "3d"), 20, 72), (("--day", "2"), 21, 24)],
)
def test_windows(flares: Path, more: tuple[str, ...], begin: int, hours: int) -> None:
    said = asked(flares, *more)
    start, stop = (datetime.fromisoformat(said[key]) for key in ("valid_from", "valid_to"))
    assert (start.day, start.hour) == (begin, 12)
    assert (stop - start).total_seconds() == hours * 3600


def test_people_get_lines(flares: Path) -> None:
    words = ["forecast", "--flares", str(flares), "--at", "2024-06-20T12:00Z"]
    shown = CliRunner().invoke(app, words, catch_exceptions=False).stdout
    assert shown.startswith("M1.0 or stronger, 2024-06-20 12:00 to 2024-06-21 12:00 UTC\n")
    assert " state " in shown
    assert "climatology" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Neither an image nor an hour was given"),
        (("--at", ""), "Time '' cannot be read"),
        (("--at", "9999-12-31T23:00Z"), "in the years 1900 to 2200"),
        (("--at", "0001-01-01T00:00+05:00"), "in the years 1900 to 2200"),
        (("--at", "2026-01-01", "--within", "99999999999d"), "at most 3650d"),
        (("--at", "2026-01-01", "--day", "4"), "'--day'"),
        (("--at", "2026-01-01", "--day", "2", "--within", "48h"), "--day 2 goes with --within 24h"),
        (("--image", "none.fits"), "there is no such file"),
        (("--sun",), "No such option: --sun"),
    ],
)
def test_wrong_input_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr("sys.argv", ["flarescope", "forecast", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    seen = capsys.readouterr()
    assert (stop.value.code, seen.out) == (2, "")
    assert message in seen.err
    assert seen.err.count("\n") == 1
