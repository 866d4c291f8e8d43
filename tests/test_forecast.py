"""Forecast and Explanation: what may be said, and how it is written down."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from flarescope.errors import BadOptionError
from flarescope.flare import GoesClass
from flarescope.forecast import Explanation, Forecast

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)


def forecast(**changes: Any) -> Forecast:
    given: dict[str, Any] = {
        "observed": NOON,
        "issued": NOON + timedelta(minutes=5),
        "valid_from": NOON,
        "valid_to": NOON + timedelta(hours=24),
        "at_least": GoesClass("M1.0"),
        "probability": 0.4,
        "low": 0.3,
        "high": 0.5,
        "threshold": 0.25,
        "model": "history@abc",
        "inputs": {"flares": ["list.csv"]},
        "state": "history_only",
    }
    return Forecast(**(given | changes))


def test_json_has_every_word_a_reader_needs() -> None:
    said = json.loads(forecast().to_json())
    assert said["probability"] == 0.4
    assert said["valid_to"] == "2026-02-04T12:00:00Z"
    assert said["at_least"] == "M1.0"
    assert said["says_flare"] is True


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probability": 1.2, "high": 1.2}, "0 ≤ low ≤ probability ≤ high ≤ 1"),
        ({"low": 0.45}, "0 ≤ low ≤ probability ≤ high ≤ 1"),
        ({"valid_to": NOON}, "Times out of order"),
        ({"issued": NOON - timedelta(hours=1)}, "Times out of order"),
    ],
)
def test_impossible_forecasts_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadOptionError, match=message):
        forecast(**change)


def test_top_regions_are_found_strongest_first() -> None:
    heat = np.zeros((60, 60))
    heat[10:14, 20:24] = 1.0
    heat[40:46, 40:46] = -1.0
    first, second = Explanation(method="m", map=heat, baseline="zero").top_regions(2)
    assert first[:2] == (42, 42)
    assert second[:2] == (12, 22)
    assert first[2] == pytest.approx(36 / 52)
    assert Explanation(method="m", map=np.zeros((5, 5)), baseline="zero").top_regions() == []
