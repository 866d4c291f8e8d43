from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from flarescope.plots.resolution import leak_figure, resolution_figure


def words(figure) -> str:
    return "\n".join(t.get_text() for t in figure.findobj(Text))


def test_resolutions_are_drawn_with_their_weighted_mean_and_the_papers() -> None:
    many, few = np.linspace(0.02, 0.20, 100), np.array([0.05, 0.09])
    figure = resolution_figure({
        "synthetic": ({"x": many, "y": many / 2}, np.full(100, 0.01)),
        "real-small": ({"x": few, "y": few / 2}, np.full(2, 0.5)),
    })  # fmt: skip
    places = [line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert pytest.approx(0.11) in places
    assert pytest.approx(0.07) in places
    assert "made-up Sun" in words(figure)
    assert "real SHARPs at hand" in words(figure)


def test_one_curve_an_input() -> None:
    rows = pd.DataFrame(
        {"region": [1, 1, 2], "width_px": [300, 300, 900], "height_px": [200, 200, 400], "flaring": [0, 0, 1]}
    )
    straight = (np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    figure = leak_figure(rows, {"frame size": [straight, straight], "both": [straight]})
    assert sum(len(c.get_offsets()) for c in figure.axes[0].collections) == 2  # regions, not images
    assert "frame size" in words(figure)
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()][:2] == ["200", "500"]
