"""Blocks: who belongs together, and how often each is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from flarescope.errors import BadOptionError
from flarescope.verify import Estimate, blocks_of, blocks_of_days, scorecard
from flarescope.verify.intervals import percentiles, resampled_weights


def test_blocks_of_days_start_at_midnight_of_the_first_day_in_any_order() -> None:
    times = np.array(["2014-02-01T05", "2014-01-01T13", "2014-01-27T23", "2014-01-28T00"], "datetime64[h]")
    blocks = blocks_of_days(times)
    assert blocks.ids.tolist() == [1, 0, 0, 1]
    assert (blocks.count, blocks.unit) == (2, "27 days")
    assert blocks_of_days(times, days=1).count == 4


def test_empty_blocks_are_not_counted() -> None:
    times = np.array(["2010-01-01", "2020-01-01"], "datetime64[D]")
    assert blocks_of_days(times).count == 2
    assert blocks_of(["11158", "11429", "11158"]).ids.tolist() == [0, 1, 0]


def test_bad_blocks_are_refused() -> None:
    with pytest.raises(BadOptionError, match="1 times are missing"):
        blocks_of_days(np.array(["2014-01-01", "NaT"], "datetime64[D]"))
    with pytest.raises(BadOptionError, match="Blocks of 0 days cannot be drawn"):
        blocks_of_days(np.array(["2014-01-01"], "datetime64[D]"), days=0)
    with pytest.raises(BadOptionError, match="one column"):
        blocks_of([[1, 2]])


def test_weights_add_up_and_repeat_with_the_seed() -> None:
    blocks = blocks_of(np.arange(30))
    first, again = (np.concatenate(list(resampled_weights(blocks, 500, 4))) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first.sum(1), 30)
    assert abs(first.mean(0) - 1).max() < 0.25
    assert not np.array_equal(first, np.concatenate(list(resampled_weights(blocks, 500, 5))))


def test_percentiles_leave_undefined_resamples_out() -> None:
    samples = np.array([[0.0, np.nan], [1.0, np.nan], [np.nan, np.nan]])
    low, high = percentiles(samples)
    assert low[0] == pytest.approx(0.025)
    assert high[0] == pytest.approx(0.975)
    assert np.isnan(low[1])


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    """Days of 24 equal hours: blocks of days cover the true Brier score, single hours do not."""
    rng = np.random.default_rng(11)
    day = np.repeat(np.arange(80), 24)
    days, hours = 0, 0
    for _ in range(100):
        observed = (rng.random(80) < 0.3)[day]
        said = np.full(len(day), 0.1)
        truth = 0.3 * 0.81 + 0.7 * 0.01
        whole = scorecard(said, observed, blocks=blocks_of(day), resamples=200)["brier"]
        single = scorecard(said, observed, blocks=blocks_of(np.arange(len(day))), resamples=50)["brier"]
        days += whole.low <= truth <= whole.high
        hours += single.low <= truth <= single.high
    assert days >= 88
    assert hours < 50


def test_an_estimate_reads_as_one() -> None:
    assert str(Estimate(0.5083, 0.4316, 0.5661, "")) == "0.508 [0.432, 0.566]"
    assert str(Estimate(0.5, np.nan, np.nan, "")) == "0.500"
    assert str(Estimate(np.nan, np.nan, np.nan, "undefined")) == "undefined"
