"""The figure of a comparison."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from flarescope.errors import BadOptionError
from flarescope.plots.compare import compare_figure
from flarescope.plots.paper import data_uri
from flarescope.verify import reliability


def test_both_halves_show_the_numbers() -> None:
    rng = np.random.default_rng(0)
    p, o = rng.random(200), rng.random(200) < 0.3
    curves = reliability(p, o), reliability(p**2, o)
    figure = compare_figure(p, p**2, curves, title="a against b")
    left, right = figure.axes
    assert left.get_title(loc="left") == "200 pairs"
    assert left.lines[1].get_xydata()[:, 1] == pytest.approx(p**2)
    assert f"{int(o.sum())} events, 95 % bounds" in right.get_title(loc="left")
    assert [t.get_text() for t in right.get_legend().get_texts()] == ["near-real-time", "definitive"]
    assert data_uri(figure, form="png").startswith("data:image/png")


def test_rivals_lie_below_the_forecasts_in_lighter_colours_with_their_names() -> None:
    p = np.linspace(0.1, 0.5, 9)
    rivals = {"image": (p / 2, p), "image_and_history": (p[:4], p[:4] ** 2)}
    (axes,) = compare_figure(p, p, rivals=rivals).axes
    _, image, both, forecast = axes.lines
    assert image.get_xydata() == pytest.approx(np.column_stack(rivals["image"]))
    assert both.get_xydata() == pytest.approx(np.column_stack(rivals["image_and_history"]))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "forecast", "image", "image and history, 4 pairs",
    ]  # fmt: skip
    for rival in (image, both):
        assert rival.get_zorder() < forecast.get_zorder()
        assert min(to_rgb(rival.get_color())[:2]) > 0.5 > max(to_rgb(forecast.get_color()))
    assert image.get_marker() != both.get_marker() != forecast.get_marker()
    assert axes.get_xlim()[1] >= 0.5
    assert compare_figure(p, p).axes[0].get_legend() is None
    with pytest.raises(BadOptionError, match="9 and 8 probabilities"):
        compare_figure(p, p, rivals={"image": (p, p[1:])})


def test_two_curves_that_coincide_are_both_seen() -> None:
    rng = np.random.default_rng(0)
    p, o = rng.random(200), rng.random(200) < 0.3
    curve = reliability(p, o)
    right = compare_figure(p, p, (curve, curve)).axes[1]
    below, above = (bars.lines[0] for bars in right.containers)
    assert below.get_linestyle() == "-" != above.get_linestyle()
    assert below.get_markersize() > 2 * above.get_markersize()


def test_without_outcomes_there_is_one_half() -> None:
    assert len(compare_figure(np.array([0.1]), np.array([0.2])).axes) == 1
    with pytest.raises(BadOptionError, match="0 and 0 probabilities"):
        compare_figure(np.zeros(0), np.zeros(0))
