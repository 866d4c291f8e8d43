from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text

from flarescope.errors import BadOptionError
from flarescope.forecast import Forecast
from flarescope.plots import reliability_figure, rivals_figure, roc_figure
from flarescope.verify.probability import auc, reliability, roc


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    probability = random.beta(0.5, 2.0, 2000)
    return probability, (random.random(2000) < probability).astype(int)


def words(figure) -> str:
    return "\n".join(t.get_text() for t in figure.findobj(Text))


def test_reliability_draws_what_was_measured(scored: tuple[np.ndarray, np.ndarray]) -> None:
    curve = reliability(*scored)
    figure = reliability_figure({"ours": curve, "theirs": curve}, title="2015–2018")
    above, below = figure.axes
    line = next(item for item in above.lines if item.get_marker() == "o")
    np.testing.assert_allclose(line.get_xdata(), curve.mean_forecast)
    np.testing.assert_allclose(line.get_ydata(), curve.observed_rate)
    assert below.get_yscale() == "log"
    assert "2015–2018" in words(figure)
    assert f"base rate {scored[1].mean():.3f}" in words(figure)


def test_empty_bins_are_left_out() -> None:
    figure = reliability_figure({"two values": reliability([0.05, 0.05, 0.95, 0.95], [0, 0, 1, 1])})
    line = next(item for item in figure.axes[0].lines if item.get_marker() == "o")
    assert len(line.get_xdata()) == 2
    assert np.isfinite(line.get_ydata()).all()


def test_roc_names_the_exact_area(scored: tuple[np.ndarray, np.ndarray]) -> None:
    figure = roc_figure({"ours": roc(*scored)})
    assert f"ours, AUC {auc(*scored):.3f}" in words(figure)


def test_rivals_are_dots_and_ours_has_its_interval(forecast: Forecast) -> None:
    figure = rivals_figure(forecast)
    text = words(figure)
    for expected in (
        "flarescope",
        "climatology",
        "flare history",
        "62.0 %",
        "58.0 %",
        "8.0 %",
        "“yes” from 23 %",
        "≥ M1.0",
    ):
        assert expected in text
    axes = figure.axes[0]
    assert not axes.containers  # no bars
    dots = sorted(float(item.get_xdata()[0]) for item in axes.lines if item.get_marker() == "o")
    assert dots == [0.08, 0.58, 0.62]
    spans = [tuple(s[:, 0]) for c in axes.collections for s in c.get_segments()]
    assert (0.48, 0.74) in spans


def test_too_many_curves_are_refused(scored: tuple[np.ndarray, np.ndarray]) -> None:
    curve = roc(*scored)
    with pytest.raises(BadOptionError, match="5 curves cannot be drawn in one figure"):
        roc_figure({str(k): curve for k in range(5)})
    with pytest.raises(BadOptionError, match="0 curves"):
        reliability_figure({})
