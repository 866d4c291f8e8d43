"""Panels fill the page, whatever their shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.plots.panel_grid import panel_grid


@pytest.mark.parametrize(("aspect", "across"), [(0.1, 1), (0.4, 2), (0.55, 2), (1.0, 3), (1.6, 3)])
def test_the_wider_the_image_the_fewer_lie_beside_each_other(aspect: float, across: int) -> None:
    assert panel_grid(5, aspect, 7.2).across == across


@given(st.integers(2, 6), st.floats(0.05, 6.0), st.floats(3.5, 12.0))
def test_everything_has_its_place_on_a_page_no_taller_than_wide(
    panels: int, aspect: float, width: float
) -> None:
    grid = panel_grid(panels, aspect, width)
    assert grid.across * len(grid.rows) > panels  # the key too
    assert min(grid.rows) > 0.0
    assert sum(grid.rows) < grid.height
    assert grid.height <= max(width, 7.0)
    assert 0.0 < grid.filled < 1.0
