"""Pixels against pixels: calibration, offset and noise found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import HuberRegressor

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.evaluation.field_change import field_change, laid_over, robust_line, summary
from flarescope.geometry import CeaGrid
from flarescope.sources.files import read_magnetogram
from flarescope.sun import Magnetogram, Origin

TIME = datetime(2024, 3, 1, 12, tzinfo=UTC)


def image(field: np.ndarray, x: float = 60.0, encoding: str = "gauss") -> Magnetogram:
    return Magnetogram(
        field, TIME, "region", encoding, CeaGrid(5.0, 10.0, x, 40.0, 0.06), origin=Origin("made up")
    )


def field(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.indices((80, 120), dtype=float)
    spot = np.exp(-((x - 60) ** 2 + (y - 40) ** 2) / 300.0)
    return 900.0 * spot - 500.0 * np.roll(spot, 25, axis=1) + rng.normal(0, 5, spot.shape)


def test_factor_offset_and_noise_are_found_again() -> None:
    b = field()
    a = (b - 3.0) / 0.9
    change = field_change(image(a), image(b))
    assert (change.scale, change.offset) == (pytest.approx(0.9, abs=1e-6), pytest.approx(3.0, abs=1e-4))
    assert change.active_difference > change.quiet_difference > 0.0
    noisy = field_change(image(b + np.random.default_rng(1).normal(0, 12, b.shape)), image(b))
    assert noisy.scale == pytest.approx(1.0, abs=0.01)
    assert noisy.quiet_difference == pytest.approx(12 * np.sqrt(2 / np.pi), rel=0.05)


def test_damaged_pixels_do_not_move_the_line_and_sklearn_agrees() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 400, 3000)
    y = 0.95 * x + 4.0 + rng.normal(0, 10, 3000)
    y[:150] = 3000.0
    slope, intercept = robust_line(x, y)
    oracle = HuberRegressor(epsilon=1.345, alpha=0.0, max_iter=1000).fit(x[:, None], y)
    assert slope == pytest.approx(0.95, abs=0.002)
    assert (slope, intercept) == (
        pytest.approx(oracle.coef_[0], abs=2e-3),
        pytest.approx(oracle.intercept_, abs=1.0),
    )
    assert abs(np.polyfit(x, y, 1)[1] - 4.0) > 50.0  # as least squares would have it


def test_another_frame_is_laid_over_by_its_places() -> None:
    b = field()
    cut = image(b[10:70, 20:100] * 1.1, x=40.0)
    cut = replace(cut, geometry=CeaGrid(5.0, 10.0, 40.0, 30.0, 0.06))
    laid = laid_over(cut, image(b))
    assert np.isnan(laid[:10]).all()
    assert laid[10:70, 20:100] == pytest.approx(b[10:70, 20:100] * 1.1)
    change = field_change(cut, image(b))
    assert change.pixels == 60 * 80
    assert change.scale == pytest.approx(1 / 1.1, abs=1e-6)


def test_quiet_images_have_no_scale_and_json_says_none() -> None:
    quiet = np.random.default_rng(0).normal(0, 5, (80, 120))
    change = field_change(image(quiet), image(quiet + 1.0))
    assert np.isnan(change.scale)
    told = summary([change])
    assert told is not None
    assert told["scale"] == {"median": None, "smallest": None, "largest": None}
    assert told["quiet_difference"]["median"] == pytest.approx(1.0)
    assert summary([]) is None


def test_what_cannot_be_laid_over_is_refused() -> None:
    b = field()
    with pytest.raises(BadOptionError, match="in G and made up in grey levels"):
        field_change(image(b), image(np.full(b.shape, 130.0), encoding="grey8"))
    with pytest.raises(MissingDataError, match="share 0 pixels"):
        field_change(image(b, x=900.0), image(b))
    nowhere = replace(image(b[:50]), geometry=None)
    with pytest.raises(MissingDataError, match="differ in size"):
        field_change(nowhere, image(b))


def test_made_up_files(tmp_path: Path, write_sharp: Callable[..., Path]) -> None:
    nrt, definitive = write_sharp(tmp_path / "a", TIME, nrt=True), write_sharp(tmp_path / "b", TIME)
    change = field_change(read_magnetogram(nrt), read_magnetogram(definitive))
    assert change.scale == pytest.approx(1 / 1.05, abs=0.005)
    assert change.pixels == (96 - 12) * (160 - 12)
