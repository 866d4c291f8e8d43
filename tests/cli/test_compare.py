"""``flarescope compare`` as a user types it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarescope.cli import main
from flarescope.flare import GoesClass
from flarescope.forecast import Forecast


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(5)
    n = 8000
    hours = pd.date_range("2014-01-01", periods=n, freq="h")
    q = np.clip(rng.beta(1, 4, n), 0.01, 0.99)
    p = np.clip(q * 1.1 + rng.normal(0, 0.02, n), 0.001, 0.999)
    frame = pd.DataFrame({"time_utc": hours, "probability": p, "observed": (rng.random(n) < q).astype(int)})
    nrt, definitive = tmp_path / "nrt.csv", tmp_path / "definitive.parquet"
    frame.iloc[:-10].to_csv(nrt, index=False)
    frame.assign(probability=q).drop(columns="observed").iloc[5:].to_parquet(definitive)
    return nrt, definitive


def run(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["flarescope", "compare", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert run(monkeypatch, *words) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert len(seen.err.splitlines()) == 1
    return seen.err


def test_tables_to_json_and_figure(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tables: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    out = tmp_path / "figure.png"
    assert run(monkeypatch, *tables, "--threshold", "0.3", "--resamples", "100", "--out", out, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["data"] == {"nrt": str(tables[0]), "definitive": str(tables[1])}
    assert (document["n"], document["only_nrt"]["n"], document["only_definitive"]["n"]) == (7985, 5, 10)
    assert (document["n_blocks"], document["block_unit"]) == (13, "27 days")
    assert document["mean_difference"]["high"] < 0.0
    assert document["scores"]["brier"]["difference"]["value"] < 0.0
    assert document["field"] is None
    assert out.read_bytes().startswith(b"\x89PNG")


def test_people_get_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]
) -> None:
    assert run(monkeypatch, *tables, "--block-days", "100") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "7,985 pairs" in shown
    assert "4 blocks of 100 days" in shown
    assert "note: No intervals: 4 blocks of 100 days, at least 10 are needed." in shown


def test_scores_with_intervals_fit_eighty_letters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(monkeypatch, *tables, "--threshold", "0.3", "--resamples", "100") == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("score"))
    names = " ".join(line.split()[0] for line in lines[start + 2 : start + 8])
    assert names == "TSS HSS AUC BSS ECE Brier"
    assert all(line.count("[") == line.count("]") == 3 for line in lines[start + 2 : start + 8])
    assert not any("image" in line for line in lines)


def stored(folder: Path, images: list[float]) -> Path:
    """Forecasts of full disks as they are issued now: by history alone, the image among the rivals."""
    folder.mkdir()
    for k, said in enumerate(images):
        at = datetime(2026, 2, 1, tzinfo=UTC) + k * timedelta(hours=1)
        forecast = Forecast(
            at, at, at, at + timedelta(hours=24), GoesClass("M1.0"), 0.3 + 0.01 * k, 0.2, 0.6, 0.5, "m@1", {},
            "full", rivals={"history": 0.3 + 0.01 * k, "image": said, "image_and_history": said / 2},
            notes=("The image shows 2 active regions and has weight 0 on the disk: not proven.",),
        )  # fmt: skip
        (folder / f"{k}.json").write_text(forecast.to_json())
    return folder


def test_an_image_without_weight_is_said_aloud_and_compared_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sides = stored(tmp_path / "a", [0.1, 0.2, 0.4]), stored(tmp_path / "b", [0.2, 0.4, 0.7])
    assert run(monkeypatch, *sides, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["mean_difference"]["value"] == 0.0
    assert document["notes"][0].startswith("In 3 of 3 pairs the image has weight 0: these forecasts cannot")
    image, both = document["rivals"]["image"], document["rivals"]["image_and_history"]
    assert (image["n"], image["mean_difference"]["value"]) == (3, pytest.approx(0.2, abs=1e-6))
    assert image["largest_difference"] == {"value": 0.3, "time_utc": "2026-02-01T02:00:00Z"}
    assert image["changed"] == {"to_yes": 1, "to_no": 0}
    assert both["mean_difference"]["value"] == pytest.approx(0.1, abs=1e-6)
    assert run(monkeypatch, *sides, "--out", tmp_path / "figure.png") == 0
    shown = capsys.readouterr().out
    words = " ".join(shown.split())
    assert words.index("NOTE: In 3 of 3 pairs the image has weight 0") < words.index("mean difference: 0.000")
    assert "what the image says image image and history" in words
    assert "largest difference +0.300 +0.150" in words


def test_regions_and_disagreeing_outcomes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    a.write_text("time_utc,noaa,probability,observed\n2014-01-01T00,11158,.2,1\n2014-01-01T00,11159,.4,0\n")
    b.write_text("time_utc,noaa,probability,observed\n2014-01-01T00,11159,.5,0\n2014-01-01T00,11158,.3,0\n")
    assert run(monkeypatch, a, b, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["n"] == 2
    assert document["mean_difference"]["value"] == pytest.approx(0.1)
    assert document["scored"] == 1
    assert any("disagree on what happened after 1" in note for note in document["notes"])


def test_wrong_input_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tables: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    nrt, definitive = tables
    assert "given twice" in refused(monkeypatch, capsys, nrt, nrt)
    assert "No column in nrt.csv named 'chance'" in refused(
        monkeypatch, capsys, nrt, definitive, "--probability-column", "chance"
    )
    assert "No table has the column 'ge_m1'" in refused(
        monkeypatch, capsys, nrt, definitive, "--observed-column", "ge_m1"
    )
    assert "names ending in .png" in refused(monkeypatch, capsys, nrt, definitive, "--out", "x.gif")
    assert "'6 apples' cannot be read" in refused(
        monkeypatch, capsys, nrt, definitive, "--tolerance", "6 apples"
    )
    assert "Blocks of -1 days" in refused(monkeypatch, capsys, nrt, definitive, "--block-days", "-1")
    assert "cannot be opened" in refused(monkeypatch, capsys, nrt, tmp_path / "none.csv")
    late = tmp_path / "late.csv"
    late.write_text("time_utc,probability\n2020-01-01T00:00Z,0.2\n")
    assert "No hour, region and question is in both" in refused(monkeypatch, capsys, nrt, late)
    late.write_text("time_utc,probability\n2014-01-01T00:00Z,20\n")
    assert "divide by 100" in refused(monkeypatch, capsys, nrt, late)
