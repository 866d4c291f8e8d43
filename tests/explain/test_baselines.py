"""What "nothing there" looks like."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from flarescope.errors import UnknownNameError
from flarescope.explain.baselines import BASELINES
from flarescope.sun import ZERO_GREY, Magnetogram


def spotted(encoding: str = "gauss") -> Magnetogram:
    field = np.zeros((60, 80))
    field[20:30, 20:30], field[20:30, 30:40] = 400.0, -300.0
    field[:5, :5] = np.nan
    field = field if encoding == "gauss" else ZERO_GREY + field / 4.0
    return Magnetogram(field, datetime(2012, 3, 6, tzinfo=UTC), "region", encoding)


@pytest.mark.parametrize("encoding", ["gauss", "grey8"])
@pytest.mark.parametrize("name", list(BASELINES))
def test_a_whole_field_in_the_same_encoding(name: str, encoding: str) -> None:
    m = spotted(encoding)
    field = BASELINES[name](m)
    assert field.shape == m.field.shape
    np.testing.assert_array_equal(np.isnan(field), np.isnan(m.field))
    m.with_field(field)  # a magnetogram refuses what its encoding cannot hold


def test_levels() -> None:
    gauss, grey = spotted(), spotted("grey8")
    assert set(np.unique(BASELINES["zero_field"](gauss)[10:])) == {0.0}
    assert set(np.unique(BASELINES["zero_field"](grey)[10:])) == {ZERO_GREY}
    assert set(np.unique(BASELINES["black"](gauss)[10:])) == {-300.0}
    assert set(np.unique(BASELINES["black"](grey)[10:])) == {0.0}
    assert np.unique(BASELINES["mean_disk"](gauss)[10:]) == pytest.approx(np.nanmean(gauss.field))


def test_blurred_keeps_the_flux_and_loses_the_contrast() -> None:
    m = spotted()
    blurred = BASELINES["blurred"](m)
    assert np.nanmean(blurred) == pytest.approx(np.nanmean(m.field), rel=0.01)
    assert 100.0 < np.nanmax(blurred) < 400.0
    flat = m.with_field(np.where(np.isnan(m.field), np.nan, 80.0))
    np.testing.assert_allclose(BASELINES["blurred"](flat), flat.field)  # no dark rim at unknown pixels


def test_the_old_name_is_gone_and_the_new_one_offered() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'mean_disk'\?"):
        BASELINES["mean"]
