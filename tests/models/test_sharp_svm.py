"""The support vector machine on SHARP keywords."""

from __future__ import annotations

import numpy as np
import pytest

from flarescope.errors import BadOptionError, TrainingError
from flarescope.models.sharp_svm import KEYWORDS, LACKING, SvmSettings, fit_sharp_svm


def two_groups(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Area and flux in real units; one row in five is of a flaring region, with about four times as much."""
    rng = np.random.default_rng(1)
    flaring = np.arange(n) % 5 == 0
    size = np.exp(rng.normal(0, 0.4, n)) * np.where(flaring, 4, 1)
    return np.column_stack([260 * size, 6e21 * size * np.exp(rng.normal(0, 0.1, n))]), flaring


def test_it_tells_large_regions_from_small_ones_whatever_the_units() -> None:
    rows, flaring = two_groups()
    yes = fit_sharp_svm(rows, flaring).decision(rows) >= 0
    assert yes[flaring].mean() - yes[~flaring].mean() > 0.8
    again = fit_sharp_svm(rows * [3.04, 1e-21], flaring).decision(rows * [3.04, 1e-21]) >= 0
    assert (again == yes).all()


def test_fluxes_in_float32_do_not_overflow() -> None:
    rows, flaring = two_groups()
    svm = fit_sharp_svm(rows.astype(np.float32), flaring)
    assert np.isfinite(svm.scale).all()
    assert np.isfinite(svm.decision(rows.astype(np.float32))).all()


def test_it_is_the_published_machine() -> None:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    rows, flaring = two_groups()
    oracle = make_pipeline(StandardScaler(), SVC(C=3, gamma=0.01, class_weight={0: 1, 1: 7}))
    oracle.fit(rows, flaring.astype(int))
    svm = fit_sharp_svm(rows, flaring)
    assert svm.decision(rows) == pytest.approx(oracle.decision_function(rows), abs=1e-6)
    assert svm.supports == oracle[-1].n_support_.sum()
    assert len({*KEYWORDS, *LACKING}) == 12


def test_a_larger_weight_says_flaring_more_often() -> None:
    rows, flaring = two_groups()
    shares = [
        (fit_sharp_svm(rows, flaring, SvmSettings(flaring_weight=w)).decision(rows) >= 0).mean()
        for w in (0.2, 1, 30)
    ]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


def test_no_rows_get_no_answers() -> None:
    rows, flaring = two_groups()
    assert fit_sharp_svm(rows, flaring).decision(rows[:0]).shape == (0,)


def test_what_cannot_be_learnt_is_refused() -> None:
    rows, flaring = two_groups()
    with pytest.raises(TrainingError, match="one class"):
        fit_sharp_svm(rows, np.zeros(len(rows), bool))
    with pytest.raises(TrainingError, match="Keyword 2 has one value"):
        fit_sharp_svm(np.column_stack([rows[:, 0], np.ones(len(rows))]), flaring)
    with pytest.raises(BadOptionError, match="1 rows of keywords have missing values"):
        fit_sharp_svm(np.where(np.arange(len(rows))[:, None] == 3, np.nan, rows), flaring)
    with pytest.raises(BadOptionError, match="300 rows of keywords but 2 labels"):
        fit_sharp_svm(rows, flaring[:2])
    with pytest.raises(BadOptionError, match="do not fit"):
        fit_sharp_svm(rows, flaring).decision(rows[:, :1])
    with pytest.raises(BadOptionError, match="not positive"):
        SvmSettings(gamma=0.0)
