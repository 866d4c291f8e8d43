"""Probabilities: values by hand, ties, edges of bins, and second implementations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from flarescope.errors import BadOptionError
from flarescope.verify import (
    auc,
    best_threshold,
    blocks_of,
    brier,
    bss,
    ece,
    reliability,
    roc,
    threshold_curve,
)

rows = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.99, 1.0]), st.booleans()), min_size=1)


@pytest.fixture(scope="module")
def forecasts() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    observed = rng.random(3000) < 0.15
    probability = np.round(np.clip(rng.beta(1, 5, 3000) + 0.2 * observed, 0, 1), 2)  # many ties
    return probability, observed


def test_brier_and_skill_by_hand() -> None:
    assert brier([1.0, 0.5, 0.0, 0.0], [1, 0, 0, 0]) == 0.0625
    assert bss([1.0, 0.5, 0.0, 0.0], [1, 0, 0, 0]) == pytest.approx(1 - 0.0625 / 0.1875)
    assert bss([1.0, 0.5, 0.0, 0.0], [1, 0, 0, 0], reference=0.5) == pytest.approx(0.75)
    assert bss([0.2, 0.8], [0, 1], reference=[0.2, 0.8]) == 0.0
    assert math.isnan(bss([0.1, 0.2], [0, 0]))
    with pytest.raises(BadOptionError, match=r"Reference 1\.5 in row 1"):
        bss([0.1, 0.2], [0, 1], reference=1.5)


def test_auc_counts_ties_half() -> None:
    assert auc([0.9, 0.1], [1, 0]) == 1.0
    assert auc([0.3, 0.3], [1, 0]) == 0.5
    assert auc([0.3, 0.3, 0.1], [1, 0, 0]) == 0.75
    assert math.isnan(auc([0.3, 0.3], [1, 1]))


def test_scikit_learn_agrees(forecasts: tuple[np.ndarray, np.ndarray]) -> None:
    probability, observed = forecasts
    assert brier(probability, observed) == pytest.approx(metrics.brier_score_loss(observed, probability))
    assert auc(probability, observed) == pytest.approx(
        metrics.roc_auc_score(observed, probability), abs=1e-12
    )
    ours = roc(probability, observed)
    pofd, pod, threshold = metrics.roc_curve(observed, probability, drop_intermediate=False)
    np.testing.assert_allclose(ours.pofd, pofd)
    np.testing.assert_allclose(ours.pod, pod)
    np.testing.assert_array_equal(ours.threshold, threshold)
    assert np.trapezoid(ours.pod, ours.pofd) == pytest.approx(auc(probability, observed), abs=1e-12)


def test_scores_agrees(forecasts: tuple[np.ndarray, np.ndarray]) -> None:
    import xarray as xr
    from scores.probability import brier_score, roc_auc

    probability, observed = (xr.DataArray(np.asarray(column, float)) for column in forecasts)
    assert brier(*forecasts) == pytest.approx(float(brier_score(probability, observed)))
    assert auc(*forecasts) == pytest.approx(float(roc_auc(probability, observed)), abs=1e-12)


def test_reliability_by_hand() -> None:
    curve = reliability([0.05, 0.1, 0.3, 0.7, 1.0], [0, 1, 0, 1, 1])
    assert curve.count.tolist() == [
        1,
        1,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        1,
    ]  # a lower edge belongs to its bin, and 1 to the last
    assert curve.events.tolist() == [0, 1, 0, 0, 0, 0, 0, 1, 0, 1]
    assert np.isnan(curve.observed_rate[2])
    assert np.isnan(curve.low[2])
    assert curve.mean_forecast[9] == 1.0
    assert "every row taken for independent" in curve.how


def test_ece_by_hand_and_from_the_reliability_curve(forecasts: tuple[np.ndarray, np.ndarray]) -> None:
    assert ece([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 0]) == pytest.approx(0.5 * 0.2 + 0.5 * 0.3)
    probability, observed = forecasts
    curve = reliability(probability, observed)
    filled = curve.count > 0
    gap = np.abs(curve.mean_forecast - curve.observed_rate)[filled]
    assert ece(probability, observed) == pytest.approx(float(gap @ curve.count[filled] / len(observed)))


def test_blocks_widen_the_reliability_bounds() -> None:
    rng = np.random.default_rng(0)
    day = np.repeat(np.arange(100), 24)
    observed = (rng.random(100) < 0.3)[day]  # a whole day is one draw
    probability = np.full(len(day), 0.3)
    alone, together = (
        reliability(probability, observed),
        reliability(probability, observed, blocks=blocks_of(day)),
    )
    assert (together.high - together.low)[3] > 3 * (alone.high - alone.low)[3]
    assert together.low[3] < together.observed_rate[3] < together.high[3]
    assert "100 blocks (region)" in together.how


def test_threshold_curve_and_the_best_threshold() -> None:
    probability, observed = [0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1]
    curve = threshold_curve(probability, observed)
    assert curve.threshold.tolist() == [0.1, 0.4, 0.8]
    assert curve.table.tp.tolist() == [2, 2, 1]
    assert curve.table.fp.tolist() == [2, 1, 0]
    assert best_threshold(probability, observed) == pytest.approx(0.25)
    assert best_threshold([0.2, 0.6], [0, 1], score="hss") == pytest.approx(0.4)
    with pytest.raises(BadOptionError, match="these rows are of one class"):
        best_threshold([0.1, 0.2], [0, 0])
    with pytest.raises(BadOptionError, match="Accepted: tss, hss, csi, f1"):
        best_threshold([0.1, 0.2], [0, 1], score="auc")  # type: ignore[arg-type]


@given(rows)
def test_curve_and_single_table_agree(pairs: list[tuple[float, bool]]) -> None:
    from flarescope.verify import ContingencyTable

    probability, observed = [p for p, _ in pairs], [o for _, o in pairs]
    curve = threshold_curve(probability, observed)
    for k, threshold in enumerate(curve.threshold):
        one = ContingencyTable.from_forecasts(probability, observed, threshold=threshold)
        assert (curve.table.tp[k], curve.table.fp[k], curve.table.fn[k], curve.table.tn[k]) == (
            one.tp,
            one.fp,
            one.fn,
            one.tn,
        )
    area = auc(probability, observed)
    assert math.isnan(area) or 0.0 <= area <= 1.0
    assert 0.0 <= ece(probability, observed) <= 1.0
