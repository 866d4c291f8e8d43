from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from flarescope.errors import BadOptionError
from flarescope.models.features import pil_flux, unsigned_flux
from flarescope.sun import Magnetogram


def magnetogram(field: np.ndarray, encoding: str = "gauss") -> Magnetogram:
    return Magnetogram(field.astype(float), datetime(2012, 3, 6, tzinfo=UTC), "region", encoding)


def poles(gap: int) -> Magnetogram:
    """Two poles of 500 G, ``gap`` quiet columns between them."""
    field = np.zeros((60, 80))
    field[20:40, 20:30] = 500.0
    field[20:40, 30 + gap : 40 + gap] = -500.0
    return magnetogram(field)


def test_unsigned_flux_is_the_sum_of_sizes() -> None:
    assert unsigned_flux(magnetogram(np.array([[1.0, -2.0], [np.nan, 4.0]]))) == 7.0
    assert unsigned_flux(magnetogram(np.array([[127.5, 0.0], [255.0, 127.5]]), "grey8")) == 255.0


def test_pil_flux_needs_poles_that_touch() -> None:
    options = {"threshold": 150.0, "fwhm_pixels": 6.0}
    touching, near, apart = (pil_flux(poles(gap), **options) for gap in (0, 1, 2))
    assert touching > near > 0.0
    assert apart == 0.0


def test_pil_flux_of_a_known_line() -> None:
    # the line is four columns of 22 pixels: each mask grown by one; a narrow Gaussian keeps its own weight
    found = pil_flux(poles(0), threshold=150.0, fwhm_pixels=0.1)
    assert found == pytest.approx(500.0 * 20 * 2)


@pytest.mark.parametrize("field", [lambda b: -b, np.fliplr, np.flipud])
def test_pil_flux_does_not_know_left_from_right(field) -> None:
    region = poles(1)
    options = {"threshold": 150.0, "fwhm_pixels": 6.0}
    turned = region.with_field(field(region.field))
    assert pil_flux(turned, **options) == pytest.approx(pil_flux(region, **options), rel=1e-5)


def test_options_are_checked() -> None:
    with pytest.raises(BadOptionError, match="must be positive"):
        pil_flux(poles(0), threshold=0.0, fwhm_pixels=6.0)
