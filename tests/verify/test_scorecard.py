"""The scorecard: one row of truth for scores, folds, intervals and rivals."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from flarescope.errors import BadOptionError
from flarescope.verify import ContingencyTable, auc, blocks_of, blocks_of_days, brier, bss, ece, scorecard
from flarescope.verify.intervals import resampled_weights
from flarescope.verify.statistics import SCORES


def made_up(n: int = 2000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities with ties, observations, blocks of 20 rows, four folds."""
    rng = np.random.default_rng(seed)
    observed = rng.random(n) < 0.2
    probability = np.round(np.clip(rng.beta(1, 4, n) + 0.25 * observed, 0, 1), 2)
    return probability, observed, np.arange(n) // 20, rng.integers(1, 5, n)


def test_values_are_those_of_the_plain_functions() -> None:
    probability, observed, _, _ = made_up()
    card = scorecard(probability, observed, threshold=0.3)
    table = ContingencyTable.from_forecasts(probability, observed, threshold=0.3)
    assert tuple(card.estimates) == SCORES
    for name in ("tss", "hss", "pod", "pofd", "far", "precision", "bias", "csi", "f1", "accuracy"):
        assert card[name].value == pytest.approx(getattr(table, name), abs=1e-12), name
    for name, function in {"auc": auc, "bss": bss, "brier": brier, "ece": ece}.items():
        assert card[name].value == pytest.approx(function(probability, observed), abs=1e-12), name
    assert np.isnan(card["tss"].low)
    assert any("No intervals" in note for note in card.notes)


def test_groups_give_mean_and_sample_sd_and_pooled_ece() -> None:
    probability, observed, _, fold = made_up()
    card = scorecard(probability, observed, groups=fold, threshold=0.3)
    each = [
        ContingencyTable.from_forecasts(probability[fold == k], observed[fold == k], threshold=0.3).tss
        for k in range(1, 5)
    ]
    assert list(card.groups) == ["1", "2", "3", "4"]
    assert [card.groups[k].values["tss"] for k in card.groups] == pytest.approx(each)
    assert card["tss"].value == pytest.approx(np.mean(each))
    assert card["tss"].sd == pytest.approx(np.std(each, ddof=1))
    assert card["ece"].value == pytest.approx(ece(probability, observed))
    assert card.groups["2"].values["ece"] == pytest.approx(ece(probability[fold == 2], observed[fold == 2]))
    assert "pooled over 4 groups" in card["ece"].how


def test_bootstrap_equals_scoring_the_drawn_rows() -> None:
    """The slow way: write the drawn blocks out row by row and score them with scikit-learn."""
    probability, observed, block, fold = made_up(600)
    blocks = blocks_of(block)
    card = scorecard(probability, observed, blocks=blocks, groups=fold, resamples=40, threshold=0.3)
    drawn: dict[str, list[float]] = {"auc": [], "tss": [], "bss": [], "ece": []}
    for weights in np.concatenate(list(resampled_weights(blocks, 40, 0))).astype(int):
        rows = np.repeat(np.arange(600), weights[blocks.ids])
        p, o, g = probability[rows], observed[rows], fold[rows]
        parts = [(p[g == k], o[g == k]) for k in range(1, 5)]
        drawn["auc"].append(np.mean([roc_auc_score(b, a) for a, b in parts]))
        drawn["tss"].append(
            np.mean([ContingencyTable.from_forecasts(a, b, threshold=0.3).tss for a, b in parts])
        )
        drawn["bss"].append(np.mean([bss(a, b) for a, b in parts]))
        drawn["ece"].append(ece(p, o))
    for name, values in drawn.items():
        low, high = np.quantile(values, [0.025, 0.975])
        assert (card[name].low, card[name].high) == pytest.approx((low, high), abs=1e-12), name


def test_a_rival_is_compared_on_the_same_draws() -> None:
    probability, observed, block, fold = made_up()
    card = scorecard(
        probability,
        observed,
        blocks=blocks_of(block),
        groups=fold,
        references={"itself": probability, "flat": 0.2 + 0 * probability},
    )
    same = card.rivals["itself"].differences["auc"]
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    assert card.rivals["itself"].bss.value == 0.0
    flat = card.rivals["flat"]
    assert flat.scores["auc"].value == 0.5
    assert flat.differences["auc"].value == pytest.approx(card["auc"].value - 0.5)
    assert flat.differences["auc"].low > 0.1
    assert "against the rival" in flat.bss.how
    pooled = scorecard(probability, observed, references={"flat": np.full(len(observed), 0.2)})
    assert pooled.rivals["flat"].bss.value == pytest.approx(bss(probability, observed, reference=0.2))


def test_each_row_and_each_rival_may_have_its_own_threshold() -> None:
    probability, observed, _, fold = made_up()
    limits = np.where(fold == 1, 0.2, 0.4)
    card = scorecard(
        probability,
        observed,
        threshold=limits,
        groups=fold,
        references={"low": probability},
        reference_thresholds={"low": 0.1},
    )
    assert card.threshold is None
    assert (card.groups["1"].threshold, card.groups["2"].threshold) == (0.2, 0.4)
    assert card.rivals["low"].scores["pod"].value > card["pod"].value


def test_one_class_is_undefined_and_says_why() -> None:
    card = scorecard([0.1, 0.2, 0.6], [0, 0, 0], blocks=blocks_of([0, 1, 2]))
    document = card.to_dict()
    assert document["tss"]["mean"] is None
    assert document["tss"]["how"] == "undefined: events and quiet rows are both needed"
    assert document["bss"]["mean"] is None
    assert document["auc"]["mean"] is None
    assert document["brier"]["mean"] is not None
    json.dumps(document, allow_nan=False)
    assert "TSS undefined" in str(card)


def test_a_fold_without_events_leaves_the_mean_and_is_named() -> None:
    card = scorecard([0.9, 0.1, 0.9, 0.1, 0.2, 0.3], [1, 0, 1, 1, 0, 0], groups=list("aabbcc"))
    assert np.isnan(card.groups["b"].values["tss"])
    assert card["tss"].value == 1.0
    assert any(note.startswith("Group c has no events") for note in card.notes)
    assert any(note.startswith("Group b has events only") for note in card.notes)


def test_one_block_gives_no_interval() -> None:
    card = scorecard([0.9, 0.1], [1, 0], blocks=blocks_of([5, 5]))
    assert np.isnan(card["tss"].low)
    assert "No intervals: all rows lie in one block (region)." in card.notes


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"threshold": 1.5}, "Threshold 1.5 cannot be used."),
        ({"threshold": [0.1]}, "Threshold column of shape (1,) cannot be used."),
        ({"groups": [1]}, "group labels of shape (1,)"),
        ({"blocks": blocks_of([1])}, "2 forecasts and 1 block numbers"),
        ({"references": {"swpc": [0.1, 3.0]}}, "Reference 'swpc' 3 in row 2"),
        ({"references": {"swpc": [0.1]}}, "1 probabilities and 2 observations"),
        ({"blocks": blocks_of([1, 2]), "resamples": 0}, "0 resamples give no interval"),
    ],
)
def test_what_cannot_be_scored_is_refused(options: dict[str, object], text: str) -> None:
    with pytest.raises(BadOptionError) as caught:
        scorecard([0.1, 0.9], [0, 1], **options)  # type: ignore[arg-type]
    assert text in str(caught.value)


def test_a_thousand_resamples_of_63649_forecasts_in_under_two_seconds() -> None:
    probability, observed, _, fold = made_up(63_649)
    hours = np.datetime64("2010-12-06T00", "h") + np.arange(63_649)
    blocks = blocks_of_days(hours)
    start = time.perf_counter()
    card = scorecard(probability, observed, blocks=blocks, groups=fold)
    assert time.perf_counter() - start < 2.0
    assert card.n_blocks == 99
    assert card["auc"].low < card["auc"].value < card["auc"].high
