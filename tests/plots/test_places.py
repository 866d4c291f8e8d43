from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from flarescope.errors import BadOptionError
from flarescope.plots.places import limb_figure, magnitude_figure, place_figure

LIMB = pd.DataFrame({
    "class": ["X", "X", "C", "C"], "place": ["within 70°", "beyond 70°"] * 2,
    "called": [637, 157, 7171, 2069], "n": [668, 212, 17348, 7683], "share": [0.95, 0.74, 0.41, 0.27],
    "low": [0.9, np.nan, 0.35, 0.2],
    "high": [0.98, np.nan, 0.5, 0.3],
})  # fmt: skip


def cells() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A map of which two bins hold hours: one in the north-east, missed, and one in the south-west, found."""
    longitude, latitude = np.meshgrid(np.arange(-87.5, 90, 5), np.arange(-32.5, 35, 5))
    table = pd.DataFrame(
        {"longitude": longitude.ravel(), "latitude": latitude.ravel(), "n": 0, "share": np.nan}
    )
    table.loc[(table["longitude"] == -67.5) & (table["latitude"] == 12.5), ["n", "share"]] = [24, 0.0]
    table.loc[(table["longitude"] == 72.5) & (table["latitude"] == -17.5), ["n", "share"]] = [1, 1.0]
    profile = pd.DataFrame(
        {"longitude": [-65.0, 75.0], "share": [0.0, 1.0], "low": 0.0, "high": 1.0, "n": [24, 1]}
    )
    return table, profile


def words(figure) -> str:
    return "\n".join(t.get_text() for t in figure.findobj(Text))


def test_bins_lie_where_the_flares_were_and_empty_ones_are_blank() -> None:
    figure = place_figure(*cells(), title="X flares")
    counts, recall = (axes.images[0] for axes in figure.axes if axes.images)
    for image, expected in ((counts, {(9, 4): 24, (3, 32): 1}), (recall, {(9, 4): 0.0, (3, 32): 1.0})):
        shown = image.get_array()
        assert {tuple(map(int, place)): shown[tuple(place)] for place in np.argwhere(~shown.mask)} == expected
        assert image.get_extent() == [-90, 90, -35, 35]
        assert image.origin == "lower"
    assert counts.axes.get_xlim()[0] < counts.axes.get_xlim()[1]  # east, negative, on the left
    figure.draw_without_rendering()
    for word in ("X flares", "E70°", "W70°", "S15°", "hours", "share called flaring"):
        assert word in words(figure)


def test_limb_lines_stand_in_every_panel() -> None:
    figure = place_figure(*cells(), limb_degrees=60)
    panels = [axes for axes in figure.axes if axes.get_ylabel() in ("latitude", "share called")]
    for axes in panels:
        at = {float(line.get_xdata()[0]) for line in axes.lines if len(set(line.get_xdata())) == 1}
        assert {-60.0, 60.0} <= at
    assert len(panels) == 3


def test_a_map_without_hours_can_be_drawn() -> None:
    table, profile = cells()
    figure = place_figure(table.assign(n=0, share=np.nan), profile.assign(n=0))
    figure.draw_without_rendering()


def test_the_limb_figure_says_its_counts() -> None:
    figure = limb_figure(LIMB, title="ours")
    for word in ("637 of 668", "157 of 212", "X (recall)", "C (false alarms)", "beyond 70°"):
        assert word in words(figure)
    dots = sorted(float(x) for c in figure.axes[0].containers for x in c.lines[0].get_xdata())
    assert dots == [0.27, 0.41, 0.74, 0.95]
    with pytest.raises(BadOptionError, match="cannot be compared"):
        limb_figure(LIMB[LIMB["place"] == "within 70°"])


def test_magnitudes_have_dots_bars_and_counts() -> None:
    curve = pd.DataFrame({
        "lower": [1.0, 2.0], "upper": [2.0, 3.0], "n": [30, 10], "share": [0.2, 0.4], "low": 0.1, "high": 0.6,
    })  # fmt: skip
    figure = magnitude_figure({"within": curve, "beyond": curve}, letter="B")
    above, below = figure.axes
    assert [bar.get_height() for bar in below.patches] == [30, 10, 30, 10]
    assert [bar.get_y() for bar in below.patches] == [0, 0, 30, 10]
    segments = above.containers[0].lines[2][0].get_segments()
    assert [s[:, 1].tolist() for s in segments] == [pytest.approx([0.1, 0.6])] * 2
    figure.draw_without_rendering()
    assert "B3" in words(figure)
    with pytest.raises(BadOptionError, match="0 curves"):
        magnitude_figure({})
