"""``flarescope evaluate``: history, fusion and centre as a user types them."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flarescope.cli import main
from flarescope.errors import BadFileError
from flarescope.sun import Magnetogram, Position
from flarescope.synthetic import Bipole, full_disk
from flarescope.times import utc


def write_flares(path: Path, first: str, days: int) -> Path:
    """A C flare every six hours, an M flare every third day."""
    rows = ["start,end,class"]
    for k in range(days * 4):
        start = datetime.fromisoformat(first) + timedelta(hours=6 * k)
        rows.append(f"{start},{start + timedelta(minutes=20)},{'M2.0' if k % 12 == 5 else 'C3.0'}")
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def flares(tmp_path: Path) -> Path:
    return write_flares(tmp_path / "flares.csv", "2014-01-01", 240)


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    path = tmp_path / "hours.csv"
    times = np.arange("2014-03-01T00", "2014-08-01T00", 3, dtype="datetime64[h]")
    rows = [f"{t},{'spring' if t < np.datetime64('2014-05-15') else 'summer'}" for t in times]
    path.write_text("\n".join(["time_utc,fold", *rows]) + "\n")
    return path


class Typed:
    """The command line, run here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def run(self, *words: object) -> tuple[int, str, str]:
        self.monkeypatch.setattr("sys.argv", ["flarescope", "evaluate", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        seen = self.capsys.readouterr()
        return int(stop.value.code or 0), seen.out, seen.err

    def refused(self, *words: object) -> str:
        code, out, err = self.run(*words)
        assert (code, out, err.count("\n")) == (2, "", 1)
        return err


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(monkeypatch, capsys)


def test_history_in_words_and_in_json(typed: Typed, hours: Path, flares: Path) -> None:
    words = ("history", "--hours", hours, "--flares", flares, "--resamples", 20)
    code, out, _ = typed.run(*words)
    assert code == 0
    for part in ("history, refitted on the other folds, M1.0 0-24h", "TSS", "spring", "against climatology"):
        assert part in out
    code, out, _ = typed.run(*words, "--json")
    document = json.loads(out)
    assert (document["target"], document["goes_scale"]) == ("M1.0 0-24h", "operational")
    assert document["references"].keys() == {"climatology", "trailing_climatology", "persistence"}


def test_history_refuses_in_one_line(typed: Typed, hours: Path, flares: Path, tmp_path: Path) -> None:
    words = ("history", "--hours", hours, "--flares", flares)
    for wrong in ("nan", "inf", "0", "-3", "1e9"):
        assert "Accepted: 0 <= --from-hours < --to-hours" in typed.refused(*words, "--to-hours", wrong)
    assert "Blocks of nan days" in typed.refused(*words, "--block-days", "nan")
    assert "not '100000000'" in typed.refused(*words, "--resamples", "100000000")
    assert "Did you mean 'fold'?" in typed.refused(*words, "--folds", "folds")
    only_header = tmp_path / "only_header.csv"
    only_header.write_text("time_utc,fold\n")
    assert "no rows. Give at least one hour" in typed.refused(
        "history", "--hours", only_header, "--flares", flares
    )


@pytest.fixture
def swpc(tmp_path: Path) -> Path:
    """M flares get 80 per cent on the days they happen, 10 on others."""
    path, lines = tmp_path / "swpc.txt", []
    for k in range(120):
        day = datetime(2014, 2, 1) + timedelta(days=k)  # noqa: DTZ001
        per_cent = 80 if (k + 31) % 3 == 1 else 10
        lines.append(f"{day:%Y %m %d} 22 00 {per_cent} 10 10 1 1 1")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_centre_is_scored(typed: Typed, swpc: Path, flares: Path) -> None:
    code, out, _ = typed.run("centre", swpc, "--flares", flares)
    assert code == 0
    assert out.startswith("SWPC, M1.0, day 1: 120 forecasts, 40 events, threshold 0.5")
    code, out, _ = typed.run("centre", swpc, "--flares", flares, "--json")
    document = json.loads(out)
    assert (document["tss"]["mean"], document["auc"]["mean"]) == (1.0, 1.0)
    assert (document["model"], document["goes_scale"]) == ("SWPC", "operational")
    assert "SWPC forecasts no day 4" in typed.refused("centre", swpc, "--flares", flares, "--day", 4)
    assert "no class C1.0" in typed.refused("centre", swpc, "--flares", flares, "--at-least", "C1")


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Names of a damaged file, a SHARP, and full disks of 2024 that are made up when read."""
    folder = tmp_path / "images"
    (folder / "deeper").mkdir(parents=True)
    for day in range(1, 13):
        (folder / "deeper" / f"2024-06-{day:02d}.{'png' if day % 2 else 'jpg'}").write_text("")
    (folder / "0_damaged.jpg").write_text("")
    (folder / "1_sharp_2012.fits").write_text("")

    def read(path: Path, **_: Any) -> Magnetogram:
        if "damaged" in path.name:
            raise BadFileError(path, "this is not a sound JPEG image.")
        if "sharp" in path.name:
            return Magnetogram(np.ones((32, 32)), utc("2012-03-06"), "region", "gauss")
        time = utc(path.stem)
        return full_disk(time, (Bipole(Position(4.0 * time.day - 30.0, 12.0)),), pixels=256)

    monkeypatch.setattr("flarescope.sources.files.read_magnetogram", read)
    return folder


def test_fusion_takes_full_disks_only(typed: Typed, images: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    flares = write_flares(tmp_path / "flares.csv", "2024-01-01", 240)
    words = ("fusion", "--images", images, "--flares", flares, "--resamples", 20)
    code, out, _ = typed.run(*words, "--json")
    assert code == 0
    document = json.loads(out)
    assert document["skipped"] == {"cannot be read": 1, "no full disk but a region or patch": 1}
    assert document["goes_scale"] == "science"  # of the disks of 2024, not of the SHARP of 2012
    assert document["n"] == document["data"]["used"] + len(document["refused"]) == 12
    assert {"history", "image"} <= document["references"].keys()
    code, out, _ = typed.run(*words)
    assert code == 0
    assert "note: 1 files left out: cannot be read." in out


def test_fusion_without_a_full_disk_is_one_line(typed: Typed, images: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    flares = write_flares(tmp_path / "flares.csv", "2024-01-01", 240)
    shutil.rmtree(images / "deeper")
    said = typed.refused("fusion", "--images", images, "--flares", flares)
    assert "no full-disk magnetogram among 2 images: 1 cannot be read; 1 no full disk" in said
    assert "First problem" in said
    assert "holds no image" in typed.refused("fusion", "--images", tmp_path / "none", "--flares", flares)


@pytest.fixture
def disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two disks a day of five weeks of 2024, made up when they are read."""
    folder = tmp_path / "disks"
    folder.mkdir()
    for k in range(70):
        time = datetime(2024, 3, 1) + timedelta(hours=12 * k)  # noqa: DTZ001
        (folder / f"HMI.m{time:%Y.%m.%d_%H.%M.%S}.png").write_text(str(k))

    def read(path: Path, **_: Any) -> Magnetogram:
        time = datetime.strptime(path.stem, "HMI.m%Y.%m.%d_%H.%M.%S")  # noqa: DTZ007
        return full_disk(utc(f"{time}Z"), (Bipole(Position(2.0 * time.day - 30.0, 12.0)),), pixels=64)

    monkeypatch.setattr("flarescope.samples.disk_images.read_magnetogram", read)
    return folder


@pytest.fixture
def disk_run(tmp_path: Path) -> Path:
    """Two untrained members; the first one knows the first ten days, the second the last ten."""
    pytest.importorskip("torch")
    from flarescope import models
    from flarescope.models.patch_cnn import MeanLogit
    from flarescope.preparation import Preparation
    from flarescope.training.run import Calibration, save_run

    options = {"channels": [2, 4]}
    first = (("2024-03-01T00:00:00Z", "2024-03-10T12:00:01Z"),)
    last = (("2024-03-26T00:00:00Z", "2024-04-04T12:00:01Z"),)
    save_run(
        tmp_path / "run",
        MeanLogit([models.build("compact", **options) for _ in range(2)]),
        Preparation(size=64, fit="disk", disk_radius=25.0, std=500.0),
        Calibration(base_rate=0.3, sampled_rate=0.5, threshold=0.5, views=1),
        name="compact",
        options=options,
        members=2,
        training_regions=(),
        sees="full_disk",
        training_spans=(first, last),
    )
    return tmp_path / "run"


def test_a_full_disk_network_is_scored_on_days_it_never_saw(
    typed: Typed, disks: Path, disk_run: Path, tmp_path: Path
) -> None:
    flares = write_flares(tmp_path / "flares.csv", "2024-01-01", 120)
    words = ("compact", "--images", disks, "--flares", flares, "--run", disk_run, "--resamples", 20)
    code, out, _ = typed.run(*words, "--json")
    assert code == 0
    document = json.loads(out)
    rivals = {"history", "history_refitted", "climatology", "trailing_climatology", "persistence", "fusion"}
    assert document["references"].keys() == rivals
    assert (document["n"], document["n_blocks"], document["block_unit"]) == (70, 7, "5 days")
    assert document["asked"] == {"1 members": 42, "2 members": 28}
    assert document["beats_history"]["network"] is (document["references"]["history"]["bss"]["low"] > 0.0)
    assert document["enters_default_forecast"] is any(document["beats_history"].values())
    assert any(note.startswith("not validated: 70 hours") for note in document["notes"])
    assert document["bss"]["low"] < document["bss"]["mean"]
    code, out, _ = typed.run(*words, "--work", tmp_path / "work")
    assert code == 0
    assert "against history_refitted: BSS" in out
    table = out[out.index("each by itself") : out.index("against history_refitted")]
    for name, rival in document["references"].items():  # their own scores, not differences
        row = table[table.index(f"│ {name} ") :]
        for score in ("tss", "bss", "auc"):
            own = rival["scores"][score]
            assert f"{own['mean']:z.3f}" in row.splitlines()[0]
            assert own["low"] is None or f"[{own['low']:z.3f}, {own['high']:z.3f}]" in row.splitlines()[1]
    assert "than history in Brier score on days no network saw" in " ".join(out.split())
    assert (tmp_path / "work" / "images.npy").exists()


def test_compact_refuses_in_one_line(typed: Typed, disks: Path, disk_run: Path, tmp_path: Path) -> None:
    flares = write_flares(tmp_path / "flares.csv", "2024-01-01", 120)
    words = ("compact", "--images", disks, "--flares", flares)
    assert "images of single regions" in typed.refused(*words, "--run", "patch_cnn")
    assert "Blocks of 2 days are too short" in typed.refused(*words, "--run", disk_run, "--block-days", 2)
    assert "No run folder or shipped model" in typed.refused(*words, "--run", tmp_path / "none")
    assert "holds no image" in typed.refused(
        "compact", "--images", tmp_path / "none", "--flares", flares, "--run", disk_run
    )
