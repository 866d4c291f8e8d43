"""Figure 12 draws its three layers, also where there is no red region."""

from __future__ import annotations

import numpy as np

from flarescope.plots.occlusion import Panel, occlusion_figure


def test_field_line_and_outline() -> None:
    field = np.full((10, 20), np.nan)
    field[2:8, 2:18] = 900.0
    red, line = np.zeros((10, 20), bool), np.zeros((10, 20), bool)
    red[3:6, 5:9], line[5, 4:12] = True, True
    panels = [Panel("one", field, red, line, 0.5), Panel("none", field, ~red & False, line, 0.5)]
    figure = occlusion_figure(panels, "words")
    first, second = figure.axes
    assert np.asarray(first.images[0].get_array()).max() == 500.0
    assert np.asarray(first.images[1].get_array())[..., 3].sum() == 8
    assert len(first.collections) == 1
    assert not second.collections
    assert first.images[0].get_extent() == [0.0, 10.0, 0.0, 5.0]
    figure.canvas.draw()
