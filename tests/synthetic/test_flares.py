"""The made-up flare list follows the law it states."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flarescope.synthetic import MADE_UP, flare_list


def test_the_list_follows_its_law() -> None:
    flares = flare_list(
        datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC), per_day=3.0, seed=4
    )
    assert len(flares) / 1461 == pytest.approx(3.0, rel=0.15)
    assert len(flares.at_least("M1.0")) / len(flares) == pytest.approx(0.1, abs=0.02)
    assert flares.covers(datetime(2021, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))
    assert {f.source for f in flares} == {MADE_UP}
