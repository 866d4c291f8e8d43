"""The probe's circles: their area, signs and place, the same pixels in every frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.synthetic.probe_bipole import FRAME, MEGAMETRES_PER_PIXEL, probe_bipole, space_needed


def test_it_is_the_papers_frame_in_the_papers_pixels() -> None:
    probe = probe_bipole(12.5)
    assert probe.field.shape == (427, 768)
    assert probe.geometry is not None
    assert probe.geometry.megametres_per_pixel == pytest.approx(0.3643, abs=1e-4)
    assert probe.encoding == "gauss"
    assert set(np.unique(probe.field)) == {-2000.0, 0.0, 2000.0}


@given(st.floats(3.0, 40.0))
def test_area_signs_and_symmetry(radius_mm: float) -> None:
    field = probe_bipole(radius_mm, field_gauss=1.0).field
    area = np.pi * (radius_mm / MEGAMETRES_PER_PIXEL) ** 2
    assert (field > 0).sum() == pytest.approx(area, rel=0.05)
    assert np.array_equal(field, -field[:, ::-1])  # both circles alike
    east = field[:, : FRAME[0] // 2]
    assert east.max() == 0.0  # −+: the negative circle lies east, which is column 0
    assert np.array_equal(probe_bipole(radius_mm, field_gauss=1.0, poles="+-").field, -field)


@given(st.floats(0.5, 15.0), st.integers(90, 150), st.integers(50, 120))
def test_the_same_pixels_in_another_frame(radius_mm: float, x: int, y: int) -> None:
    small = probe_bipole(radius_mm, frame=(240, 200), at=(x, y)).field
    large = probe_bipole(radius_mm, frame=(701, 333), at=(x + 100, y + 70)).field
    assert np.array_equal(large[70:270, 100:340], small)
    assert np.count_nonzero(large) == np.count_nonzero(small)


def test_one_circle() -> None:
    field = probe_bipole(10.0, poles="-", frame=(60, 60)).field
    assert field.min() == -2000.0
    assert field.max() == 0.0
    assert space_needed(10.0, "-") == (56, 56)
    assert space_needed(10.0) == (110, 56)


def test_a_quiet_sun_lies_under_it_and_never_changes() -> None:
    bare, quiet = probe_bipole(10.0).field, probe_bipole(10.0, quiet_sun=True).field
    under = quiet - bare
    assert 8.0 < under.std() < 40.0
    assert np.allclose(
        under,
        probe_bipole(30.0, poles="+", quiet_sun=True).field - probe_bipole(30.0, poles="+").field,
        atol=1e-3,
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"radius_mm": 80.0}, r"radius 80 Mm needs 880 × 440 pixels and does not fit at \(384, 213\)"),
        ({"radius_mm": 0.1}, "more than half a pixel"),
        ({"radius_mm": float("nan")}, "more than half a pixel"),
        ({"radius_mm": 5.0, "poles": "++"}, r"Poles '\+\+' are not accepted: -\+, \+-, \+, -"),
        ({"radius_mm": 5.0, "field_gauss": 2e4}, "stays below 10 kG"),
    ],
)
def test_what_cannot_be_drawn(given: dict, message: str) -> None:
    with pytest.raises(BadOptionError, match=message):
        probe_bipole(**given)
