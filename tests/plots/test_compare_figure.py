"""The figure of a comparison."""

from __future__ import annotations

import numpy as np
import pytest

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
