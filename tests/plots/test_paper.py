from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from PIL import Image

from flarescope.errors import BadOptionError
from flarescope.forecast import Explanation, Forecast
from flarescope.plots import data_uri, magnetogram_figure, rivals_figure, save
from flarescope.sun import Magnetogram


def test_a_figure_is_written_whole_in_each_format(forecast: Forecast, tmp_path: Path) -> None:
    figure = rivals_figure(forecast)
    starts = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}
    for suffix, start in starts.items():
        path = save(figure, tmp_path / "new" / f"figure{suffix}", dpi=100)
        assert path.read_bytes().startswith(start)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["figure.pdf", "figure.png", "figure.svg"]
    with Image.open(tmp_path / "new" / "figure.png") as image:
        assert image.width == 350


def test_the_same_figure_gives_the_same_bytes(forecast: Forecast) -> None:
    for form in ("svg", "png"):
        assert data_uri(rivals_figure(forecast), form=form) == data_uri(rivals_figure(forecast), form=form)


def test_a_failed_drawing_leaves_nothing(forecast: Forecast, tmp_path: Path, monkeypatch) -> None:
    figure = rivals_figure(forecast)
    (tmp_path / "why.png").write_text("old")
    monkeypatch.setattr(
        "flarescope.writing.os.replace",
        lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")),
    )
    with pytest.raises(BadOptionError, match=r"why\.png cannot be written \(No space left\)"):
        save(figure, tmp_path / "why.png")
    assert [p.name for p in tmp_path.iterdir()] == ["why.png"]
    assert (tmp_path / "why.png").read_text() == "old"


def test_a_place_that_cannot_be_written_is_said(forecast: Forecast, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(BadOptionError, match=r"file is not a folder\. Choose another place"):
        save(rivals_figure(forecast), tmp_path / "file" / "why.png")
    with pytest.raises(BadOptionError, match=r"folder\.png is a folder\. Give the name of a file"):
        save(rivals_figure(forecast), tmp_path / "folder.png")


def test_an_unknown_format_is_refused(forecast: Forecast, tmp_path: Path) -> None:
    with pytest.raises(BadOptionError, match=r"'why\.bmp'\. Accepted: names ending in \.png, \.pdf, \.svg"):
        save(rivals_figure(forecast), tmp_path / "why.bmp")
    with pytest.raises(BadOptionError, match="Form 'pdf' is not accepted: svg or png"):
        data_uri(rivals_figure(forecast), form="pdf")


def test_svg_for_a_page_needs_nothing_from_outside(patch: Magnetogram, why: Explanation) -> None:
    svg = base64.b64decode(data_uri(magnetogram_figure(patch, why)).split(",")[1]).decode()
    assert 'href="http' not in svg
    assert "<script" not in svg


def test_nothing_global_is_touched(patch: Magnetogram, why: Explanation) -> None:
    before = dict(matplotlib.rcParams)
    save_format = data_uri(magnetogram_figure(patch, why), form="png")
    assert save_format.startswith("data:image/png;base64,")
    assert dict(matplotlib.rcParams) == before
    code = "import sys, flarescope.plots; print('matplotlib.pyplot' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )
