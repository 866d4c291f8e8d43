"""``flarescope label``: the table, the counts, and what a wrong input says."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from flarescope.cli import main

FLARES = "start,class\n2012-03-05 10:00,C1.0\n2012-03-07 00:02,X5.4\n2012-03-09 10:00,C1.0\n"


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    (tmp_path / "flares.csv").write_text(FLARES)
    (tmp_path / "times.csv").write_text("time_utc\n2012-03-06 12:00\n2012-03-08 00:00\n2012-03-09 12:00\n")
    (tmp_path / "bad.csv").write_text("time_utc\n2012-03-06 12:00\nnoon\n")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str, **changed: str) -> int:
    options = {"flares": "flares.csv", "times": "times.csv", "out": "out/labels.parquet"} | changed
    named = [part for key, value in options.items() for part in (f"--{key}", str(folder / value))]
    monkeypatch.setattr("sys.argv", ["flarescope", "label", *named, *more])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


@pytest.mark.parametrize("name", ["out/labels.parquet", "labels.csv"])
def test_labels_are_written_and_counted(
    inputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(monkeypatch, inputs, "--json", out=name) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["positive"], told["negative"], told["unlabelled"]) == (3, 1, 1, 1)
    assert list(told["excluded"].values()) == [1]
    assert told["notes"][0] == "Classes are compared on the operational scale."
    path = inputs / name
    rows = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    assert list(rows.columns[:3]) == ["time_utc", "label", "strongest"]
    assert rows["strongest"].fillna("").tolist() == ["X5.4", "", ""]


def test_counts_in_words(
    inputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, inputs, "--at-least", "C1.0", "--within", "48h") == 0
    said = capsys.readouterr().out
    assert "3 times: 2 with a flare of C1.0 or above within 48h" in said
    assert "the flare list does not cover the window" in said
    assert "note: Classes are compared on the operational scale." in said


def test_a_list_of_two_scales_is_noted(
    inputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (inputs / "new.csv").write_text("start,class\n2024-05-10 10:00,M1.0\n2024-05-11 10:00,X1.0\n")
    assert run(monkeypatch, inputs, "--flares", str(inputs / "new.csv"), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["goes_scale"] == "mixed"
    assert "each as listed, and the list is mixed: operational up to 2019, science after" in told["notes"][0]


@pytest.mark.parametrize(
    ("more", "changed", "message"),
    [
        ((), {"flares": "none.csv"}, "cannot be read"),
        ((), {"times": "flares.csv"}, "time_utc are missing"),
        ((), {"times": "none.csv"}, "cannot be opened"),
        ((), {"times": "bad.csv"}, "bad.csv: column 'time_utc' holds 'noon' in row 2 (1 such)"),
        ((), {"out": "times.csv"}, "times.csv is read as an input and would be overwritten"),
        ((), {"out": "flares.csv"}, "flares.csv is read as an input and would be overwritten"),
        ((), {"out": "times.csv/labels.csv"}, "times.csv is not a folder"),
        (("--within", "99999999999d"), {}, "Accepted: at most 3650d"),
        ((), {"flares": "times.csv"}, "no header of a flare list"),
        ((), {"out": "labels.xlsx"}, "Accepted: .parquet or .csv"),
        (("--at-least", "Q1"), {}, "GOES class 'Q1'"),
        (("--within", "soon"), {}, "Duration 'soon'"),
    ],
)
def test_wrong_inputs_say_so_in_one_line(
    inputs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    changed: dict[str, str],
    message: str,
) -> None:
    before = sorted(inputs.rglob("*"))
    assert run(monkeypatch, inputs, *more, **changed) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert sorted(inputs.rglob("*")) == before
