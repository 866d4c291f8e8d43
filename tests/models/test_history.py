"""The flare-history rate: its fit, what comes with the package, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadFileError, BadOptionError, MissingDataError, ScaleError, TrainingError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.forecaster import shipped_history
from flarescope.models.history import HistoryModel, Target, fit_rate, probability, rates

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_fit_finds_the_rate_that_made_the_data() -> None:
    rng = np.random.default_rng(1)
    terms = np.column_stack([np.ones(60_000), *rng.exponential(1.0, (5, 60_000))])
    truth = np.array([0.02, 0.15, 0.0, 0.05, 0.02, 0.01])
    y = rng.random(60_000) < probability(rates(terms, truth))
    np.testing.assert_allclose(fit_rate(terms, y), truth, atol=0.01)


def test_weights_of_zero_equal_rows_left_out() -> None:
    rng = np.random.default_rng(2)
    terms = np.column_stack([np.ones(4000), *rng.exponential(1.0, (5, 4000))])
    y = rng.random(4000) < 0.2
    weights = (np.arange(4000) < 2000).astype(float)
    np.testing.assert_allclose(fit_rate(terms, y, weights), fit_rate(terms[:2000], y[:2000]), atol=2e-4)


def test_one_class_alone_teaches_nothing() -> None:
    with pytest.raises(TrainingError, match="10 hours with 0 events"):
        fit_rate(np.ones((10, 6)), np.zeros(10))


@pytest.mark.parametrize("scale", ["operational", "science"])
def test_shipped_models_are_whole_and_read_back(scale: str, tmp_path: Path) -> None:
    model = shipped_history(scale)  # type: ignore[arg-type]
    assert {f.target.name for f in model.fits} >= {"M1.0 0-24h", "C1.0 48-72h", "X1.0 0-72h"}
    assert len(model.fits) == 15
    assert all(min(f.coefficients) >= 0 and len(f.ensemble) == len(f.base_rates) == 40 for f in model.fits)
    copy = tmp_path / "history.json"
    copy.write_text(model.to_json())
    assert HistoryModel.load(copy) == model


@pytest.mark.parametrize("window", [(-24, 0), (24, 24), (0, float("nan")), (0, 1e9)])
def test_a_window_lies_in_the_future(window: tuple[float, float]) -> None:
    with pytest.raises(BadOptionError, match="0 ≤ from < to ≤ 240 h"):
        Target("M1.0", *window)


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    model = shipped_history("science")
    flares = FlareCatalog((Flare(START, GoesClass("M1.0")),), ((START, START + timedelta(days=1)),))
    with pytest.raises(ScaleError, match=r"flares\.on_scale\('science'\)"):
        model.terms([START], flares.on_scale("operational"))
    with pytest.raises(MissingDataError, match=r"no target M5\.0 0-24h\. Accepted: C1\.0 0-24h"):
        model.fit_of(Target("M5.0"))
    broken = tmp_path / "h.json"
    broken.write_text("{}")
    with pytest.raises(BadFileError, match="flarescope train history"):
        HistoryModel.load(broken)
