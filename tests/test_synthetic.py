"""The made-up Sun obeys the laws it states."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from flarescope.sun import Position
from flarescope.synthetic import MADE_UP, Bipole, flare_list, full_disk

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)


def test_a_bipole_stands_where_it_was_put() -> None:
    m = full_disk(NOON, (Bipole(Position(30.0, 20.0), peak_gauss=2000.0),), seed=1)
    assert m.geometry is not None
    row, column = np.unravel_index(np.nanargmax(m.field), m.field.shape)
    longitude, latitude = m.geometry.heliographic(float(column), float(row))
    assert float(longitude) == pytest.approx(30 + 2.5 / np.cos(np.radians(20)), abs=1)
    assert float(latitude) == pytest.approx(20, abs=1)
    assert m.origin.source == MADE_UP
    assert np.isnan(m.field[0, 0])


def test_the_list_follows_its_law() -> None:
    flares = flare_list(
        datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC), per_day=3.0, seed=4
    )
    assert len(flares) / 1461 == pytest.approx(3.0, rel=0.15)
    assert len(flares.at_least("M1.0")) / len(flares) == pytest.approx(0.1, abs=0.02)
    assert flares.covers(datetime(2021, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))
    assert {f.source for f in flares} == {MADE_UP}
