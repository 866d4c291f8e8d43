"""Agreement of maps, against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from flarescope.errors import BadOptionError
from flarescope.explain.agreement import agreement, rank_correlation, top_overlap

NOISE = np.random.default_rng(0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.booleans())
def test_rank_correlation_is_that_of_scipy(seed: int, ties: bool) -> None:
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, 12, 10))
    b += 0.5 * a
    if ties:
        a, b = np.round(a) + 5.0, np.round(b) + 5.0
    assert rank_correlation(a, b) == pytest.approx(spearmanr(np.abs(a).ravel(), np.abs(b).ravel()).statistic)
    assert rank_correlation(a, b) == rank_correlation(b, a)


def test_with_signs_for_is_told_from_against() -> None:
    a, b = NOISE.normal(size=(2, 20, 20))
    assert rank_correlation(a, -a, signed=True) == -1.0
    expected = spearmanr(a.ravel(), b.ravel()).statistic
    assert rank_correlation(a, b, signed=True) == pytest.approx(expected)


def test_signs_do_not_count_and_what_is_not_seen_is_no_agreement() -> None:
    a, b = NOISE.normal(size=(2, 20, 20))
    assert rank_correlation(a, -a) == 1.0
    padded_a, padded_b = np.zeros((2, 60, 60))
    padded_a[:20, :20], padded_b[:20, :20] = a, b
    seen = padded_a != 0.0
    assert rank_correlation(padded_a, padded_b, seen=seen) == pytest.approx(rank_correlation(a, b))
    assert rank_correlation(padded_a, padded_b) > 0.9  # zeros off the disk would make any two maps alike
    padded_b[40:] = 9.0  # such as masks of an occlusion that reach over the limb
    assert rank_correlation(padded_a, padded_b, seen=seen) == pytest.approx(rank_correlation(a, b))
    assert top_overlap(padded_a, padded_b, top_share=0.1, seen=seen) == top_overlap(a, b, top_share=0.1)
    table = agreement({"a": padded_a, "b": padded_b}, top_share=0.1, seen=seen)
    assert table["rank_correlation"].iloc[0] == pytest.approx(rank_correlation(a, b))
    assert table["overlap"].iloc[0] == top_overlap(a, b, top_share=0.1)
    assert np.isnan(rank_correlation(a, b, seen=np.zeros((20, 20), bool)))
    assert np.isnan(top_overlap(a, b, seen=np.zeros((20, 20), bool)))


@pytest.mark.parametrize("signed", [False, True])
def test_sparse_maps_that_have_nothing_to_do_with_each_other_do_not_disagree(signed: bool) -> None:
    a, b = NOISE.normal(size=(2, 100, 100)) * (NOISE.random((2, 100, 100)) < 0.05)
    assert rank_correlation(a, b, signed=signed) == pytest.approx(0.0, abs=0.05)


def test_a_map_without_order_has_no_correlation() -> None:
    a = NOISE.normal(size=(5, 5))
    for flat in (np.zeros((5, 5)), np.full((5, 5), 2.0)):
        assert np.isnan(rank_correlation(a, flat))
        assert np.isnan(rank_correlation(flat, flat))
    assert np.isnan(top_overlap(np.zeros((5, 5)), np.zeros((5, 5))))
    assert top_overlap(a, np.zeros((5, 5))) == 0.0


def test_overlap_by_hand() -> None:
    a, b = np.arange(100.0).reshape(10, 10), np.arange(100.0).reshape(10, 10)
    assert top_overlap(a, b, top_share=0.1) == 1.0
    b[9] = b[9, ::-1]
    assert top_overlap(a, b, top_share=0.1) == 1.0  # the same pixels in another order
    assert top_overlap(a, b, top_share=0.05) == 0.0
    b = -np.roll(np.arange(100.0), 5).reshape(10, 10)
    assert top_overlap(a, b, top_share=0.1) == pytest.approx(5 / 15)
    sparse = np.zeros((10, 10))
    sparse[0, 0] = 1.0
    assert top_overlap(sparse, sparse, top_share=0.5) == 1.0
    assert top_overlap(sparse, np.ones((10, 10)), top_share=0.5) == 0.01


def test_all_pairs_are_told_once() -> None:
    a, b = np.abs(NOISE.normal(size=(2, 8, 8)))
    table = agreement({"one": a, "two": 2.0 * a, "three": b}, top_share=0.1)
    assert list(zip(table["method_a"], table["method_b"], strict=True)) == [
        ("one", "two"), ("one", "three"), ("two", "three"),
    ]  # fmt: skip
    assert table["rank_correlation"].iloc[0] == table["overlap"].iloc[0] == 1.0
    assert table["rank_correlation"].iloc[1] == table["rank_correlation"].iloc[2] < 0.5


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(BadOptionError, match="1 map has nothing to agree with"):
        agreement({"one": np.ones((2, 2))})
    with pytest.raises(BadOptionError, match=r"shapes \(2, 2\) and \(3, 3\)"):
        rank_correlation(np.ones((2, 2)), np.ones((3, 3)))
    with pytest.raises(BadOptionError, match=r"pixels seen.* and \(1, 2\) cannot be compared"):
        rank_correlation(np.ones((2, 2)), np.ones((2, 2)), seen=np.ones((1, 2), bool))
    with pytest.raises(BadOptionError, match="top 0 of the pixels"):
        top_overlap(np.ones((2, 2)), np.ones((2, 2)), top_share=0.0)
