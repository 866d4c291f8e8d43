"""``flarescope verify`` as a user types it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarescope.cli import main


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    hours = pd.date_range("2014-01-01", periods=4000, freq="h")
    flare = (rng.random(4000) < 0.2).astype(int)
    said = np.clip(rng.beta(1, 4, 4000) + 0.3 * flare, 0, 1)
    frame = pd.DataFrame(
        {"time_utc": hours, "probability": said, "flare": flare, "fold": hours.quarter, "flat": 0.2}
    )
    frame["kind"] = np.where(np.arange(4000) < 20, "rare", "usual")
    frame.loc[:19, "flare"] = 0
    path = tmp_path / "forecasts.csv"
    frame.to_csv(path, index=False)
    return path


def run(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["flarescope", "verify", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert run(monkeypatch, *words) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert len(seen.err.splitlines()) == 1
    return seen.err


def no_constants(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def test_json_is_one_valid_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path
) -> None:
    options = (
        "--observed-column",
        "flare",
        "--group",
        "fold",
        "--reference",
        "flat",
        "--by",
        "kind",
        "--json",
    )
    assert run(monkeypatch, table, *options) == 0
    document = json.loads(capsys.readouterr().out, parse_constant=no_constants)
    for name in ("tss", "hss", "auc", "bss", "ece"):
        assert {"mean", "sd", "low", "high", "how"} <= document[name].keys()
        assert document[name]["low"] < document[name]["mean"] < document[name]["high"]
    assert list(document["groups"]) == ["1", "2"]
    assert document["tss"]["sd"] == pytest.approx(
        np.std([document["groups"][k]["tss"] for k in "12"], ddof=1), abs=1e-5
    )
    assert (document["n_blocks"], document["block_unit"], document["threshold"]) == (7, "27 days", 0.5)
    assert document["references"]["flat"]["difference"]["auc"]["low"] > 0.1
    assert document["slices"]["kind"]["rare"]["note"] == "fewer than 10 events: counts only"
    assert "tss" not in document["slices"]["kind"]["rare"]
    assert document["slices"]["kind"]["usual"]["tss"]["mean"] > 0
    assert sum(row["n"] for row in document["reliability"]["bins"]) == document["n"] == 4000


def test_parquet_gives_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path
) -> None:
    pd.read_csv(table, parse_dates=["time_utc"]).to_parquet(table.with_suffix(".parquet"))
    documents = []
    for path in (table, table.with_suffix(".parquet")):
        assert run(monkeypatch, path, "--observed-column", "flare", "--json") == 0
        documents.append(json.loads(capsys.readouterr().out))
        documents[-1].pop("data")
    assert documents[0] == documents[1]


def test_people_get_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path
) -> None:
    assert (
        run(monkeypatch, table, "--observed-column", "flare", "--group", "fold", "--reference", "flat") == 0
    )
    seen = capsys.readouterr().out
    for word in ("TSS", "HSS", "AUC", "BSS", "ECE", "7 blocks", "against flat", "note: 7 blocks only"):
        assert word in seen


def test_without_times_there_is_no_interval_but_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "f.csv"
    path.write_text("probability,observed,region\n0.1,0,a\n0.9,1,b\n0.3,0,b\n")
    assert run(monkeypatch, path, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["tss"]["mean"] == 1.0
    assert document["tss"]["low"] is None
    assert document["n_blocks"] == 0
    assert any("--time-column" in note for note in document["notes"])
    assert run(monkeypatch, path, "--block-column", "region", "--json") == 0
    assert json.loads(capsys.readouterr().out)["block_unit"] == "region"


def test_one_class_is_null_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "f.csv"
    path.write_text("time_utc,probability,observed\n2014-01-01,0.1,0\n2014-03-01,0.2,0\n")
    assert run(monkeypatch, path, "--json") == 0
    document = json.loads(capsys.readouterr().out, parse_constant=no_constants)
    assert document["tss"]["mean"] is None
    assert "events and quiet rows are both needed" in document["tss"]["how"]


def test_wrong_input_ends_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path
) -> None:
    assert "Did you mean 'flare'?" in refused(monkeypatch, capsys, table, "--observed-column", "flares")
    flare = ("--observed-column", "flare")
    assert "Did you mean 'fold'?" in refused(monkeypatch, capsys, table, *flare, "--group", "folds")
    assert "Threshold 50" in refused(monkeypatch, capsys, table, *flare, "--threshold", "50")
    assert "Blocks of 0 days" in refused(monkeypatch, capsys, table, *flare, "--block-days", "0")
    for wrong in ("0", "100000000"):
        assert f", not '{wrong}'. Type" in refused(monkeypatch, capsys, table, *flare, "--resamples", wrong)
    assert ", not '-1'" in refused(monkeypatch, capsys, table, *flare, "--seed", "-1")
    assert "Slice by a column of 50 or fewer" in refused(
        monkeypatch, capsys, table, *flare, "--by", "time_utc"
    )
    semi = table.with_name("semi.csv")
    semi.write_text(table.read_text().replace(",", ";"))
    assert "separated by semicolons ('time_utc;probability" in refused(monkeypatch, capsys, semi, *flare)
    assert "cannot be opened" in refused(monkeypatch, capsys, "none.csv", *flare)


@pytest.mark.realdata
def test_paper_b_in_under_forty_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data_dir: Path
) -> None:
    start = time.perf_counter()
    path = data_dir / "predictions" / "pandey2023_alexnet.parquet"
    assert run(monkeypatch, path, "--observed-column", "ge_m1", "--group", "fold", "--json") == 0
    assert time.perf_counter() - start < 40
    document = json.loads(capsys.readouterr().out)
    assert round(document["tss"]["mean"], 3) == 0.508
    assert round(document["tss"]["sd"], 3) == 0.049
    assert round(document["hss"]["mean"], 3) == 0.380
    assert round(document["hss"]["sd"], 3) == 0.077
    assert document["n_blocks"] == 109


def test_the_truth_is_no_rival(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path
) -> None:
    words = (table, "--observed-column", "flare", "--reference", "flare")
    assert "--reference flare is what is scored, not a rival" in refused(monkeypatch, capsys, *words)


def test_places_add_the_limb_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path
) -> None:
    hours = pd.read_csv(table)
    away = np.arange(len(hours)) % 4 == 0
    hours = hours.assign(
        strongest_class=np.where(hours["flare"] == 1, "M1.5", "C4.0"),
        flare_longitude_deg=np.where(away, 80, 10),
        flare_latitude_deg=10,
    )
    labels = tmp_path / "labels.csv"
    hours.drop(columns=["probability", "flare"]).to_csv(labels, index=False)
    asked = (table, "--observed-column", "flare", "--places", labels, "--resamples", "50")
    assert run(monkeypatch, *asked, "--json") == 0
    places = json.loads(capsys.readouterr().out, parse_constant=no_constants)["places"]
    rows = {(row["class"], row["place"]): row for row in places["limb"]}
    beyond, flaring = rows["M", "beyond 70°"], hours[away & (hours["flare"] == 1)]
    assert (beyond["called"], beyond["n"]) == ((flaring["probability"] >= 0.5).sum(), len(flaring))
    assert beyond["low"] <= beyond["share"] <= beyond["high"]
    assert places["c_class"][3]["n"] == (hours["flare"] == 0).sum()
    assert run(monkeypatch, *asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"M beyond 70°: {beyond['called']:,} of {beyond['n']:,} called" in said
    hours.drop(columns="time_utc").to_csv(table, index=False)
    assert "needs times" in refused(monkeypatch, capsys, *asked)
