"""The terms of the history rate: what a flare list says by each time, and nothing of what comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.models.history_terms import TERMS, covered_days, history_terms

START = datetime(2026, 1, 1, tzinfo=UTC)
DURATIONS = {"C": 0.5, "M": 1.0, "X": 1.5}


def catalog(*flares: tuple[float, str], minutes: float | None = 30, days: float = 60) -> FlareCatalog:
    """Flares given by (hours after START, class)."""
    made = []
    for hours, goes_class in flares:
        start = START + timedelta(hours=hours)
        end = None if minutes is None else start + timedelta(minutes=minutes)
        made.append(Flare(start, GoesClass(goes_class), end=end))
    return FlareCatalog(tuple(made), ((START, START + timedelta(days=days)),))


def at(*hours: float) -> list[datetime]:
    return [START + timedelta(hours=h) for h in hours]


def test_terms_are_the_formula() -> None:
    flares = catalog((0.0, "M2.0"), (10.0, "C4.0"), (12.0, "B9.0"))
    row = dict(zip(TERMS, history_terms(at(34.5), flares, DURATIONS)[0], strict=True))
    assert row["b0"] == 1.0
    assert row["nM24"] == pytest.approx(np.exp(-34.0 / 24))
    assert row["nM324"] == pytest.approx(np.exp(-34.0 / 324))
    assert row["sq6"] == pytest.approx(np.sqrt(20) * np.exp(-34.0 / 6) + 2 * np.exp(-24.0 / 6))
    assert row["sq24"] == pytest.approx(np.sqrt(20) * np.exp(-34.0 / 24) + 2 * np.exp(-24.0 / 24))
    assert row["rC180"] == pytest.approx(2 / (34.5 / 24))


def test_a_flare_counts_from_its_end_and_not_before() -> None:
    flares = catalog((10.0, "M1.0"))
    before, after = history_terms(at(10.4, 10.5), flares, DURATIONS)[:, 1]
    assert before == 0.0
    assert after == pytest.approx(1.0)


def test_without_an_end_the_duration_of_its_class_is_waited_for() -> None:
    flares = catalog((10.0, "X2.0"), minutes=None)
    before, after = history_terms(at(11.4, 11.6), flares, DURATIONS)[:, 1]
    assert before == 0.0
    assert after > 0.9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1000), st.sampled_from(["C3.0", "M1.5", "X1.0"])), max_size=12))
def test_the_future_changes_nothing(flares: list[tuple[float, str]]) -> None:
    times = at(0.0, 300.0, 500.0)
    known = [f for f in flares if f[0] + 0.5 <= 500.0]
    whole = history_terms(times, catalog(*flares), DURATIONS)
    past = history_terms(times, catalog(*known), DURATIONS)
    np.testing.assert_allclose(whole, past, rtol=1e-12, atol=1e-12)


def test_one_pass_equals_the_sum_over_all_flares() -> None:
    rng = np.random.default_rng(0)
    flares = catalog(
        *[
            (float(h), f"M{m:.1f}")
            for h, m in zip(rng.uniform(0, 900, 60), rng.uniform(1, 9, 60), strict=True)
        ]
    )
    times = at(*rng.uniform(0, 1000, 30))
    ours = history_terms(times, flares, DURATIONS)[:, 4]
    for t, value in zip(times, ours, strict=True):
        ended = [f for f in flares if f.end is not None and f.end <= t]
        direct = sum(
            np.sqrt(f.goes_class.peak_flux / 1e-6) * np.exp(-(t - f.end).total_seconds() / 86400)  # type: ignore[operator]
            for f in ended
        )
        assert value == pytest.approx(direct, rel=1e-9, abs=1e-12)


def test_covered_days_leave_out_holes() -> None:
    holey = FlareCatalog(
        (), ((START, START + timedelta(days=10)), (START + timedelta(days=20), START + timedelta(days=30)))
    )
    assert covered_days(at(30 * 24), holey)[0] == pytest.approx(20)
    assert covered_days(at(15 * 24), holey)[0] == pytest.approx(10)
