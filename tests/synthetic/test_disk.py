"""Bipoles stand where they were put."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from flarescope.sun import Position
from flarescope.synthetic import MADE_UP, Bipole, full_disk

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
