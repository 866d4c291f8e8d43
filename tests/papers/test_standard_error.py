"""An error from few values is widened by Student's t."""

from __future__ import annotations

import pytest

from flarescope.papers.standard_error import widened


@pytest.mark.parametrize(("count", "factor"), [(2, 12.706), (3, 4.303), (10, 2.262), (100_000, 1.960)])
def test_two_widened_errors_hold_95_percent(count: int, factor: float) -> None:
    assert 2 * widened(0.5, count) == pytest.approx(0.5 * factor, rel=1e-3)  # a table of Student's t
