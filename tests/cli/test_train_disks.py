"""``flarescope train disks``: from a folder of images and a flare list to a run that forecasts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from flarescope.cli import main
from flarescope.training.run import load_run

EXPERIMENT = """
name = "tiny"
[data]
index = "images"
flares = ["flares.csv"]
[model]
name = "compact"
options = { channels = [4, 8] }
[preparation]
size = 64
fit = "disk"
disk_radius = 25.0
encoding = "grey8"
std = 127.5
[training]
batches = "published"
steps = 1
steps_are = "epochs"
batch = 16
learning_rate = 1e-2
[evaluation]
folds = 2
block_days = 2
resamples = 10
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight days of images, three a day, and a flare list that ends with them."""
    folder = tmp_path / "data"
    for number, time in enumerate(pd.date_range("2026-02-01", periods=24, freq="8h")):
        path = folder / f"images/{time:%Y/%m/%d}/HMI.m{time:%Y.%m.%d_%H.%M.%S}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        grey = 127 + np.random.default_rng(number).normal(0, 3, (96, 96))
        y, x = np.mgrid[:96, :96] - 47.5
        grey[np.hypot(y, x) > 38] = 0
        Image.fromarray(grey.astype(np.uint8)).save(path)
    flares = [f"2026-02-0{day} 10:00:00,{'M2.0' if day in (2, 4, 6) else 'C1.0'}" for day in range(1, 9)]
    (folder / "flares.csv").write_text("\n".join(["start_utc,goes_class", *flares]) + "\n")
    (folder / "tiny.toml").write_text(EXPERIMENT)
    return folder


def typed(*words: object, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["flarescope", "train", "disks", *map(str, words)])
    monkeypatch.delenv("FLARESCOPE_DATA", raising=False)
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def test_images_and_flares_become_a_run(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--images", data / "images", "--flares", data / "flares.csv", "--out", data / "run")
    assert typed(data / "tiny.toml", *given, "--threads", 1, "--json", monkeypatch=monkeypatch) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["validated"] is False
    assert document["data"]["hours"] == 21  # the last day's windows are not covered
    assert document["data"]["left_out"] == {"the flare list does not cover the window": 3}
    assert document["model"] == load_run(data / "run").label
    assert typed(data / "tiny.toml", "--data", data, "--out", data / "run", monkeypatch=monkeypatch) == 0
    assert "not validated" in capsys.readouterr().out


def test_without_data_it_says_what_to_type(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(data / "tiny.toml", "--out", data / "run", monkeypatch=monkeypatch) == 2
    assert capsys.readouterr().err == (
        "flarescope: The data folder is not given. Type: --images FOLDER, or --data FOLDER, or set "
        "FLARESCOPE_DATA.\n"
    )
