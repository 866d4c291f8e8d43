"""Positions, regions, magnetograms."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.sun import Magnetogram, Position

NOON = datetime(2012, 3, 6, 12, tzinfo=UTC)


@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(0, 180))
def test_near_limb_is_symmetric(longitude: float, latitude: float, limb: float) -> None:
    here, there = Position(longitude, latitude), Position(-longitude, latitude)
    assert here.near_limb(limb) == there.near_limb(limb) == (abs(longitude) > limb)


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(181, 0), (-181, 0), (0, 91), (0, -91), (float("nan"), 0)]
)
def test_positions_off_the_sun_are_refused(longitude: float, latitude: float) -> None:
    with pytest.raises(BadOptionError, match="not on the Sun"):
        Position(longitude, latitude)


@given(st.floats(-9999, 9999, width=32))
def test_a_field_within_10_kilogauss_is_a_magnetogram(value: float) -> None:
    assert Magnetogram(np.full((2, 3), value), NOON, "region", "gauss").signed[0, 0] == np.float64(value)


@pytest.mark.parametrize(
    ("field", "encoding", "message"),
    [
        (np.zeros(4), "gauss", "two dimensions"),
        (np.zeros((1, 4)), "gauss", "two dimensions"),
        (np.full((4, 4), np.nan), "gauss", "every pixel is NaN"),
        (np.full((4, 4), 10_001.0), "gauss", "below 10 kG"),
        (np.full((4, 4), -10_001.0), "gauss", "below 10 kG"),
        (np.full((4, 4), 256.0), "grey8", "0 to 255"),
        (np.full((4, 4), -1.0), "grey8", "0 to 255"),
    ],
)
def test_fields_that_cannot_be_are_refused(field: np.ndarray, encoding: str, message: str) -> None:
    with pytest.raises(BadOptionError, match=message):
        Magnetogram(field, NOON, "region", encoding)  # type: ignore[arg-type]


def test_grey_has_its_zero_between_127_and_128() -> None:
    grey = Magnetogram(np.array([[0.0, 127.5], [128.0, 255.0]]), NOON, "full_disk", "grey8")
    assert grey.signed.tolist() == [[-127.5, 0.0], [0.5, 127.5]]


def test_times_become_utc_and_naive_ones_are_refused() -> None:
    with pytest.raises(BadOptionError, match="no zone"):
        Magnetogram(np.zeros((2, 2)), datetime(2012, 3, 6), "region", "gauss")  # noqa: DTZ001
