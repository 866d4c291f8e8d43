"""All methods beside each other: axes in arcseconds, names that cover nothing, an empty map said to be so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from flarescope.errors import BadOptionError
from flarescope.explain.shares import RegionShare, region_shares
from flarescope.forecast import Explanation
from flarescope.geometry import CeaGrid
from flarescope.plots import magnetogram_figure, save, side_by_side
from flarescope.plots.region_names import places_for_labels
from flarescope.sun import Magnetogram, Position, Region

METHODS = ("integrated_gradients", "deep_shap", "guided_grad_cam", "occlusion")
REGIONS = (
    Region(noaa=(14366,), position=Position(-20.0, 12.0)),
    Region(position=Position(40.0, -15.0)),
    Region(position=Position(47.0, -17.0)),
)


@pytest.fixture
def explanations(disk: Magnetogram) -> list[Explanation]:
    rows, columns = np.mgrid[:128, :128]
    bump = np.exp(-((columns - 45.0) ** 2 + (rows - 80.0) ** 2) / 40.0)
    bump -= 0.5 * np.exp(-((columns - 98.0) ** 2 + (rows - 55.0) ** 2) / 20.0)
    bump[~np.isfinite(disk.field)] = np.nan
    return [
        Explanation(name, bump * (name != "guided_grad_cam"), "zero_field", {"completeness": 0.004})
        for name in METHODS
    ]


@pytest.fixture
def shares(disk: Magnetogram, explanations: list[Explanation]) -> dict[str, tuple[RegionShare, ...]]:
    return {why.method: region_shares(why.map, disk, REGIONS) for why in explanations}


def texts(figure: Figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]


def on_the_page(figure: Figure) -> bool:
    words = [t.get_window_extent() for axes in figure.axes for t in axes.texts]
    return all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in words)


def test_a_panel_a_method_with_the_regions_and_their_shares(
    disk: Magnetogram, explanations: list[Explanation], shares: dict[str, tuple[RegionShare, ...]]
) -> None:
    figure = side_by_side(disk, explanations, shares=shares, title="patch_cnn@1234")
    said = [t.get_text() for t in texts(figure)]
    for name in ("Integrated Gradients", "Deep SHAP", "Guided Grad-CAM, sign not shown", "Occlusion"):
        assert name in said
    assert any("2012-03-06 12:00 UTC  ·  patch_cnn@1234" in text for text in said)
    assert sum(text.startswith("AR 14366  ") for text in said) == 3  # nothing beside a map of zeros
    assert sum(text.startswith("elsewhere") for text in said) == 3
    assert "zero everywhere:\nnothing to draw" in said
    assert "for a flare" in said
    assert figure.get_size_inches()[0] == pytest.approx(7.2)
    assert min(t.get_fontsize() for t in texts(figure)) >= 6.0


def test_a_method_whose_sign_says_nothing_is_drawn_by_size(disk: Magnetogram) -> None:
    rows, columns = np.mgrid[:128, :128]
    against = -np.exp(-((columns - 45.0) ** 2 + (rows - 80.0) ** 2) / 40.0)
    for method, least, most in (("occlusion", -1.0, 0.1), ("guided_grad_cam", -0.1, 1.0)):
        why = Explanation(method, against, "zero_field")
        drawn = side_by_side(disk, [why]).axes[1].images[-1]
        assert drawn.get_array().min() == pytest.approx(least, abs=0.1)
        assert drawn.get_array().max() == pytest.approx(most, abs=0.1)
        said = "\n".join(t.get_text() for t in texts(side_by_side(disk, [why])))
        assert ("sign not shown" in said) == ("Purple: size alone" in said) == (method == "guided_grad_cam")
        legend = "\n".join(t.get_text() for t in magnetogram_figure(disk, why).findobj(Text))
        assert ("speaks against a flare" in legend) == (method == "occlusion")
        assert ("sign not shown" in legend) == (method == "guided_grad_cam")


def test_axes_are_arcseconds_from_the_middle_of_the_disk(
    disk: Magnetogram, explanations: list[Explanation]
) -> None:
    axes = side_by_side(disk, explanations).axes[1]
    geometry = disk.geometry
    limb = geometry.radius * geometry.arcsec_per_pixel
    assert limb == pytest.approx(969.0, abs=1.0)  # the Sun's radius at 0.99 au
    assert axes.get_xlim() == pytest.approx((-1.12 * limb, 1.12 * limb))
    left, right, bottom, top = axes.images[-1].get_extent()
    assert (right - left) / 128 == pytest.approx(geometry.arcsec_per_pixel)
    assert (left + right, bottom + top) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert "helioprojective x (arcsec)" in axes.get_xlabel()
    assert "solar north turned +5.0°" in side_by_side(
        replace(disk, geometry=replace(geometry, roll=5.0)), explanations
    ).axes[1].get_xlabel()  # fmt: skip


def test_no_word_lies_on_another_in_print(
    disk: Magnetogram, explanations: list[Explanation], shares: dict[str, tuple[RegionShare, ...]]
) -> None:
    figure = side_by_side(disk, explanations, shares=shares)
    figure.canvas.draw()
    boxes = [t.get_window_extent() for axes in figure.axes for t in axes.texts]
    boxes += [axes.title.get_window_extent() for axes in figure.axes]
    boxes = [box for box in boxes if box.width > 0]
    for k, one in enumerate(boxes):
        for other in boxes[:k]:
            assert not one.overlaps(other)
    assert on_the_page(figure)


def test_a_patch_keeps_its_degrees(patch: Magnetogram, why: Explanation) -> None:
    figure = side_by_side(patch, [why])
    said = "\n".join(t.get_text() for t in texts(figure))
    assert "Stonyhurst longitude" in said
    assert "±500 G" in said
    assert "arcsec" not in said


@pytest.mark.parametrize(("rows", "columns"), [(60, 110), (40, 100), (64, 100), (100, 100)])
@pytest.mark.parametrize("place", [CeaGrid(-30.0, 17.0, 54.5, 29.5, 0.1), None])
def test_a_patch_of_any_shape_fills_its_page(rows: int, columns: int, place: CeaGrid | None) -> None:
    noise = np.random.default_rng(0).normal(0.0, 300.0, (rows, columns))
    patch = Magnetogram(noise, datetime(2012, 3, 6, tzinfo=UTC), "region", "gauss", place)
    figure = side_by_side(patch, [Explanation(name, noise, "zero_field") for name in METHODS])
    figure.canvas.draw()
    panels = [axes for axes in figure.axes if axes.images]
    shown = sum(box.width * box.height for box in (axes.get_window_extent() for axes in panels))
    assert shown > 0.5 * figure.bbox.width * figure.bbox.height
    assert on_the_page(figure)
    for axes in panels:  # no number outside the image widens its frame
        assert axes.get_xlim() == (-0.5, columns - 0.5)
        assert axes.get_ylim() == (-0.5, rows - 0.5)


def test_it_is_written_as_print_wants_it(
    disk: Magnetogram, explanations: list[Explanation], tmp_path: Path
) -> None:
    figure = side_by_side(disk, explanations)
    assert save(figure, tmp_path / "all.pdf").read_bytes().startswith(b"%PDF")
    assert save(figure, tmp_path / "all.png", dpi=60).read_bytes().startswith(b"\x89PNG")


def test_what_does_not_fit_is_refused(disk: Magnetogram, why: Explanation) -> None:
    with pytest.raises(BadOptionError, match="give one explanation or more"):
        side_by_side(disk, [])
    with pytest.raises(BadOptionError, match=r"integrated_gradients has shape \(60, 110\)"):
        side_by_side(disk, [why])


def test_one_method_names_the_regions_too(
    disk: Magnetogram, explanations: list[Explanation], shares: dict[str, tuple[RegionShare, ...]]
) -> None:
    figure = magnetogram_figure(disk, explanations[0], shares=shares["integrated_gradients"])
    assert any(t.get_text().startswith("AR 14366  ") for t in texts(figure))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-9.0, 9.0), st.floats(-9.0, 9.0)), min_size=1, max_size=6))
def test_labels_never_cover_each_other_or_a_mark(marks: list[tuple[float, float]]) -> None:
    word, frame = (4.0, 0.7), (-12.0, -12.0, 12.0, 12.0)
    found = places_for_labels(marks, [word] * len(marks), (0.0, 0.0), frame, gap=0.6)
    placed = [place for place in found if place is not None]
    assert placed
    for k, (x, y) in enumerate(placed):
        assert abs(x) <= 10.0 + 1e-9
        assert not any(abs(x - a) < 2.0 and abs(y - b) < 0.35 for a, b in marks)
        for a, b in placed[:k]:
            assert abs(x - a) >= 4.0 - 1e-9 or abs(y - b) >= 0.7 - 1e-9
