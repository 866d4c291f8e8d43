from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

from flarescope.errors import BadOptionError
from flarescope.forecast import Explanation
from flarescope.plots import magnetogram_figure
from flarescope.plots.contours import contour_levels
from flarescope.plots.graticule import edge_ticks, limb_labels, lines, nice_step
from flarescope.plots.paper import BLUE, ORANGE
from flarescope.plots.sky import headline
from flarescope.sun import Magnetogram


def words(figure: Figure) -> str:
    return "\n".join(t.get_text() for t in figure.findobj(Text))


def contour_colours(figure: Figure) -> set[tuple[float, ...]]:
    return {tuple(colour) for c in figure.axes[0].collections for colour in c.get_edgecolor()}


def test_a_patch_says_when_where_and_how_strong(patch: Magnetogram) -> None:
    figure = magnetogram_figure(patch)
    assert isinstance(figure, Figure)
    text = words(figure)
    for expected in (
        "2012-03-06 12:00 UTC",
        "HARP 1449",
        "NOAA 11429, 11430",
        "saturated at ±500 G",
        "longitude",
    ):
        assert expected in text
    image = figure.axes[0].images[0]
    assert image.get_clim() == (-500.0, 500.0)
    assert image.origin == "lower"
    assert "contours" not in text.lower()


def test_ticks_lie_where_the_geometry_puts_them(patch: Magnetogram) -> None:
    longitudes, latitudes = edge_ticks(patch.geometry, patch.field.shape)
    assert len(longitudes) >= 4
    assert len(latitudes) >= 3
    for place, text in longitudes:
        value = patch.geometry.heliographic(place, 0.0)[0]
        assert float(value) == pytest.approx(-float(text[:-2]), abs=1e-3)
        assert text.endswith("°E")
    for place, text in latitudes:
        assert float(patch.geometry.heliographic(0.0, place)[1]) == pytest.approx(float(text[:-2]), abs=1e-3)
        assert text.endswith("°N")


def test_the_grid_of_a_disk_stays_on_the_disk(disk: Magnetogram) -> None:
    geometry = disk.geometry
    for x, y in lines(geometry, disk.field.shape, whole_disk=True):
        seen = np.isfinite(x)
        assert seen.any()
        assert np.hypot(x[seen] - 63.5, y[seen] - 63.5).max() <= geometry.radius * 1.0001
    texts = [text for *_, text, _ in limb_labels(geometry)]
    assert {"60°N", "30°S", "0°", "60°E", "30°W"} <= set(texts)


def test_a_full_disk_has_its_limb_and_no_false_ticks(disk: Magnetogram) -> None:
    figure = magnetogram_figure(disk)
    axes = figure.axes[0]
    assert [p.radius for p in axes.patches] == [58.0]
    assert not len(axes.get_xticks())
    assert "grey level − 127.5 (0: no field)" in words(figure)


def test_without_geometry_the_axes_say_so(patch: Magnetogram) -> None:
    assert "place on the Sun unknown" in words(magnetogram_figure(replace(patch, geometry=None)))


def test_contours_in_two_colours_with_stated_levels(patch: Magnetogram, why: Explanation) -> None:
    figure = magnetogram_figure(patch, why)
    text = words(figure)
    for expected in (
        "Integrated Gradients (baseline zero field; completeness error 0.4 %)",
        "Contours at 25, 50, 75 % of the largest |attribution|, smoothed with σ = 0.10°",
        "speaks for a flare",
        "speaks against a flare",
    ):
        assert expected in text
    assert {to_rgba(ORANGE), to_rgba(BLUE)} <= contour_colours(figure)


def test_only_what_is_there_is_drawn(patch: Magnetogram, why: Explanation) -> None:
    positive = replace(why, map=np.abs(why.map))
    figure = magnetogram_figure(patch, positive)
    assert "against" not in words(figure)
    assert to_rgba(BLUE) not in contour_colours(figure)
    nothing = magnetogram_figure(patch, replace(why, map=0.0 * why.map))
    assert "the map is zero everywhere, so there is nothing to draw" in words(nothing)
    assert not contour_colours(nothing)


def test_levels() -> None:
    assert contour_levels(np.array([[0.0, 4.0], [-2.0, 0.0]])) == ([1.0, 2.0, 3.0], [-1.0])
    assert contour_levels(np.zeros((2, 2))) == ([], [])


def test_steps_are_round() -> None:
    assert [nice_step(span) for span in (0.5, 11.0, 23.0, 180.0, 900.0)] == [0.1, 2.0, 5.0, 30.0, 30.0]


def test_wrong_use_is_refused(patch: Magnetogram, why: Explanation) -> None:
    with pytest.raises(BadOptionError, match="An explanation belongs to one magnetogram"):
        magnetogram_figure(patch, replace(why, map=np.zeros((3, 3))))
    with pytest.raises(BadOptionError, match="Saturation at 0 G is not accepted"):
        magnetogram_figure(patch, saturate_gauss=0.0)


def test_the_headline_says_what_is_made_up(patch: Magnetogram) -> None:
    made_up = replace(patch, origin=replace(patch.origin, source="made-up Sun"))
    real = replace(patch, origin=replace(patch.origin, source="JSOC"))
    assert headline(made_up).startswith("made-up Sun  ·  2012-03-06")
    assert headline(made_up, trained_on="made-up Sun").count("made-up Sun") == 1
    assert headline(real, trained_on="made-up Sun").endswith("network of the made-up Sun")
    assert "made-up" not in headline(real)
