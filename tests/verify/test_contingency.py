"""The 2 × 2 table: values by hand, what is undefined, and a second implementation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from flarescope.errors import BadOptionError
from flarescope.verify import ContingencyTable

counts = st.integers(0, 10_000)


def test_by_hand() -> None:
    table = ContingencyTable(tp=30, fp=20, fn=10, tn=40)
    assert table.pod == 0.75
    assert table.pofd == pytest.approx(1 / 3)
    assert table.tss == pytest.approx(5 / 12)
    assert table.hss == pytest.approx(2 * (1200 - 200) / (40 * 50 + 50 * 60))
    assert (table.far, table.precision, table.bias, table.accuracy) == (0.4, 0.6, 1.25, 0.7)
    assert table.csi == 0.5
    assert table.f1 == pytest.approx(2 / 3)
    assert (table.n, table.events, table.base_rate) == (100, 40, 0.4)


def test_tables_add_up() -> None:
    assert ContingencyTable(1, 2, 3, 4) + ContingencyTable(10, 20, 30, 40) == ContingencyTable(11, 22, 33, 44)


def test_yes_is_at_or_above_the_threshold() -> None:
    table = ContingencyTable.from_forecasts([0.5, 0.49, 0.5, 0.1], [1, 1, 0, 0], threshold=0.5)
    assert table == ContingencyTable(1, 1, 1, 1)
    each = ContingencyTable.from_forecasts(
        [0.5, 0.49, 0.5, 0.1], [1, 1, 0, 0], threshold=[0.6, 0.4, 0.6, 0.4]
    )
    assert each == ContingencyTable(1, 0, 1, 2)


def test_undefined_is_nan_not_zero() -> None:
    quiet = ContingencyTable(tp=0, fp=0, fn=0, tn=9)
    for name in ("tss", "hss", "pod", "far", "precision", "bias", "csi", "f1"):
        assert math.isnan(getattr(quiet, name)), name
    assert quiet.accuracy == 1.0
    assert math.isnan(ContingencyTable(0, 0, 0, 0).accuracy)


def test_arrays_give_arrays() -> None:
    table = ContingencyTable(*(np.array([1, 0]) for _ in range(4)))
    assert table.tss[0] == 0.0
    assert np.isnan(table.tss[1])


@given(counts, counts, counts, counts)
def test_scores_stay_in_their_range(tp: int, fp: int, fn: int, tn: int) -> None:
    table = ContingencyTable(tp, fp, fn, tn)
    for name in ("pod", "pofd", "far", "precision", "accuracy", "csi", "f1"):
        value = getattr(table, name)
        assert math.isnan(value) or 0.0 <= value <= 1.0
    for value in (table.tss, table.hss):
        assert math.isnan(value) or -1.0 - 1e-12 <= value <= 1.0 + 1e-12
    swapped = ContingencyTable(fp=tp, tp=fp, tn=fn, fn=tn)  # the same answers, the other class
    assert math.isnan(table.tss) or swapped.tss == pytest.approx(-table.tss, abs=1e-12)


def test_scores_and_scikit_learn_agree() -> None:
    import xarray as xr
    from scores.categorical import BinaryContingencyManager

    rng = np.random.default_rng(3)
    observed = rng.random(2000) < 0.2
    yes = rng.random(2000) < np.where(observed, 0.7, 0.25)
    ours = ContingencyTable.from_answers(yes, observed)
    theirs = BinaryContingencyManager(xr.DataArray(yes.astype(float)), xr.DataArray(observed.astype(float)))
    for name, other in {
        "tss": "hanssen_and_kuipers_discriminant",
        "hss": "heidke_skill_score",
        "pod": "probability_of_detection",
        "pofd": "probability_of_false_detection",
        "far": "false_alarm_ratio",
        "bias": "frequency_bias",
        "csi": "critical_success_index",
        "accuracy": "accuracy",
        "f1": "f1_score",
    }.items():
        assert getattr(ours, name) == pytest.approx(float(getattr(theirs, other)()), abs=1e-12), name
    assert ours.precision == pytest.approx(metrics.precision_score(observed, yes))
    assert ours.hss == pytest.approx(metrics.cohen_kappa_score(observed, yes))
    assert ours.tss == pytest.approx(metrics.balanced_accuracy_score(observed, yes, adjusted=True))


@pytest.mark.parametrize(
    ("forecast", "observed", "text"),
    [
        ([0.1, 0.2], [1], "There are 2 probabilities and 1 observations."),
        ([], [], "There is no forecast to score"),
        ([0.1, math.nan], [0, 1], "Probability nan in row 2 (1 such) is not from 0 to 1."),
        ([10.0, 60.0], [0, 1], "These look like per cent: divide by 100."),
        ([0.1, 0.2], [0, 2], "Observation 2 in row 2 (1 such) is neither 0 nor 1."),
        ([0.1, 0.2], ["yes", "no"], "holds something that is no number"),
        ([[0.1], [0.2]], [0, 1], "has shape (2, 1)"),
    ],
)
def test_what_cannot_be_scored_is_refused(forecast: list[float], observed: list[int], text: str) -> None:
    with pytest.raises(BadOptionError) as caught:
        ContingencyTable.from_forecasts(forecast, observed)
    assert text in str(caught.value)
