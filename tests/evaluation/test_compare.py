"""Two sets of forecasts for the same hours; numbers against scikit-learn and numpy."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LinearRegression
from sklearn.metrics import brier_score_loss, confusion_matrix, roc_auc_score

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.evaluation.change import change_statistics, logit
from flarescope.evaluation.compare import LEAST_BLOCKS, SCORED, Comparison, compare
from flarescope.evaluation.outcomes import outcomes
from flarescope.evaluation.pairs import Asked, Said
from flarescope.flare import FlareCatalog
from flarescope.sun import Region
from flarescope.verify import blocks_of_days

HOUR = np.timedelta64(1, "h")
START = np.datetime64("2014-01-01T00:00", "us")


def made_up(n: int = 9000, seed: int = 0) -> tuple[Said, Said, np.ndarray]:
    """The truth, and near-real-time forecasts that say a little more and are noisy."""
    rng = np.random.default_rng(seed)
    q = np.clip(rng.beta(1, 4, n), 0.01, 0.99)
    p = 1 / (1 + np.exp(-(logit(q) * 0.9 + 0.2 + rng.normal(0, 0.3, n))))
    times = START + np.arange(n) * HOUR
    happened = (rng.random(n) < q).astype(float)
    return Said("nrt", times, p, np.array(0.3)), Said("definitive", times, q, np.array(0.35)), happened


@pytest.fixture(scope="module")
def found() -> Comparison:
    nrt, definitive, happened = made_up()
    return compare(nrt, definitive, observed=happened, resamples=200)


def test_changes_are_those_of_numpy_and_sklearn(found: Comparison) -> None:
    p, q = found.p_nrt, found.p_definitive
    line = LinearRegression().fit(logit(p)[:, None], logit(q))
    expected = {
        "mean_difference": (q - p).mean(),
        "mean_absolute_difference": np.abs(q - p).mean(),
        "correlation": np.corrcoef(p, q)[0, 1],
        "slope": line.coef_[0],
        "intercept": line.intercept_,
        "share_changed": np.mean((p >= 0.3) != (q >= 0.35)),
    }
    assert {name: e.value for name, e in found.changes.items()} == pytest.approx(expected, rel=1e-9)
    top = np.argmax(np.abs(q - p))
    assert found.largest == ((q - p)[top], found.times[top])
    assert found.to_yes + found.to_no == round(expected["share_changed"] * found.n)
    assert all(e.low < e.value < e.high for e in found.changes.values())


def test_scores_are_those_of_sklearn_and_differences_are_definitive_less_nrt(found: Comparison) -> None:
    _, _, o = made_up()
    rate = o.mean()
    for side, p, t in (("nrt", found.p_nrt, 0.3), ("definitive", found.p_definitive, 0.35)):
        (tn, fp), (fn, tp) = confusion_matrix(o, p >= t)
        brier = brier_score_loss(o, p)
        expected = {
            "tss": tp / (tp + fn) - fp / (fp + tn),
            "auc": roc_auc_score(o, p),
            "brier": brier,
            "bss": 1 - brier / (rate * (1 - rate)),
        }
        got = {name: getattr(found.scores[name], side).value for name in expected}
        assert got == pytest.approx(expected, rel=1e-9)
    assert set(found.scores) == set(SCORED)
    for change in found.scores.values():
        assert change.difference.value == pytest.approx(change.definitive.value - change.nrt.value, abs=1e-12)
    assert found.scores["brier"].difference.high < 0.0  # the truth is the better forecast
    assert found.scores["ece"].difference.high < 0.0


def test_curves_are_those_of_sklearn(found: Comparison) -> None:
    _, _, o = made_up()
    assert found.curves is not None
    for curve, p in zip(found.curves, (found.p_nrt, found.p_definitive), strict=True):
        rate, mean = calibration_curve(o, p, n_bins=10)
        said = curve.count > 0
        assert curve.observed_rate[said] == pytest.approx(rate)
        assert curve.mean_forecast[said] == pytest.approx(mean)


def test_intervals_are_those_of_blocks_drawn_by_hand() -> None:
    nrt, definitive, _ = made_up(4000)
    p, q, blocks = nrt.probability, definitive.probability, blocks_of_days(nrt.times, 10)
    changed = (p >= 0.3) != (q >= 0.35)
    _, low, high = change_statistics(p, q, changed, blocks, resamples=400, seed=1)
    rng, slopes = np.random.default_rng(2), []
    rows = [np.flatnonzero(blocks.ids == k) for k in range(blocks.count)]
    for _ in range(400):
        drawn = np.concatenate([rows[k] for k in rng.integers(blocks.count, size=blocks.count)])
        slopes.append(np.polyfit(logit(p[drawn]), logit(q[drawn]), 1)[0])
    expected = np.quantile(slopes, [0.025, 0.975])
    assert [low["slope"], high["slope"]] == pytest.approx(expected, abs=0.3 * (expected[1] - expected[0]))


def test_equal_sets_differ_by_nothing() -> None:
    nrt, _, happened = made_up(7000)
    same = compare(nrt, nrt, observed=happened, resamples=50)
    assert same.changes["slope"].value == pytest.approx(1.0)
    assert same.changes["intercept"].value == pytest.approx(0.0, abs=1e-9)
    assert same.changes["mean_absolute_difference"].high == 0.0
    assert (same.to_yes, same.to_no, same.largest[0]) == (0, 0, 0.0)
    assert all(
        s.difference.value == s.difference.low == s.difference.high == 0.0 for s in same.scores.values()
    )


def test_few_blocks_have_no_intervals_and_say_so() -> None:
    nrt, definitive, happened = made_up(27 * 24 * (LEAST_BLOCKS - 1))
    few = compare(nrt, definitive, observed=happened)
    assert few.n_blocks == LEAST_BLOCKS - 1
    told = [
        *few.changes.values(),
        *(getattr(s, k) for s in few.scores.values() for k in ("nrt", "difference")),
    ]
    assert all(np.isnan(e.low) and "unknown: 9 blocks of 27 days" in e.how for e in told)
    assert few.curves is not None
    assert np.isnan(few.curves[0].low).all()
    assert "No intervals: 9 blocks of 27 days, at least 10 are needed." in few.notes
    assert not any("nobody said which rows" in note for note in few.notes)
    more = compare(nrt, definitive, observed=happened, block_days=5, resamples=50)
    assert np.isfinite(more.changes["slope"].low)
    assert "10 are needed" not in " ".join(more.notes)


def test_without_outcomes_there_are_no_scores_and_unknown_ones_are_left_out() -> None:
    nrt, definitive, happened = made_up(500)
    assert compare(nrt, definitive).scores == {}
    assert any("nobody said what happened" in note for note in compare(nrt, definitive).notes)
    happened[:100] = np.nan
    part = compare(nrt, definitive, observed=happened)
    assert (part.n, part.scored, part.events) == (500, 400, int(happened[100:].sum()))
    assert any(note.startswith("100 pairs are not scored") for note in part.notes)


def test_what_the_image_says_is_compared_by_the_same_rule() -> None:
    nrt, definitive, happened = made_up()
    told = nrt.probability.copy()
    told[::3] = np.nan  # a third of the forecasts does not tell
    idle = np.arange(len(nrt)) % 2 == 0
    a = replace(nrt, probability=definitive.probability, rivals={"image": told}, image_unused=idle)
    b = replace(definitive, rivals={"image": definitive.probability}, image_unused=idle | True)
    found = compare(a, b, observed=happened, resamples=50, notes=("read",))
    assert found.changes["mean_absolute_difference"].value == 0.0
    assert found.image_unused == 4500
    assert found.notes[0].startswith("In 4500 of 9000 pairs the image has weight 0: these forecasts cannot")
    assert found.notes[1] == "read"
    kept = np.flatnonzero(np.isfinite(told))
    alone = compare(nrt.rows(kept), definitive.rows(kept), observed=happened[kept], resamples=50)
    assert list(found.rivals) == ["image"]
    image = found.rivals["image"]
    assert (image.n, image.changes, image.scores) == (6000, alone.changes, alone.scores)
    assert image.largest == alone.largest
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))["rivals"]["image"]
    assert document["slope"]["low"] < document["slope"]["value"] < document["slope"]["high"]
    assert not {"data", "only_nrt", "field"} & document.keys()


def test_one_side_that_tells_is_not_enough_and_tables_are_as_before() -> None:
    nrt, definitive, happened = made_up(300)
    told = replace(nrt, rivals={"image": nrt.probability}, image_unused=np.ones(300, bool))
    found = compare(told, definitive, observed=happened)
    assert (found.rivals, found.image_unused) == ({}, 0)
    assert found.to_dict() == compare(nrt, definitive, observed=happened).to_dict()
    assert "rivals" not in found.to_dict()
    with pytest.raises(BadOptionError, match="300 times, but 2 of image"):
        replace(nrt, rivals={"image": np.zeros(2)})


def test_no_minus_zero() -> None:
    times = START + np.arange(3) * HOUR
    a = Said("a", times, np.array([0.1, 0.2, 0.3]), np.array(0.5))
    b = replace(a, probability=a.probability - 1e-8)
    found = compare(a, b)
    assert "-0.0," not in json.dumps(found.to_dict())
    assert str(found.changes["mean_difference"]) == "0.000"


def test_certainties_are_named() -> None:
    times = START + np.arange(4) * HOUR
    a = Said("a", times, np.array([0.0, 0.2, 0.4, 1.0]), np.array(0.5))
    note = next(n for n in compare(a, a).notes if "within 0.0001" in n)
    assert note.startswith("4 probabilities")
    flat = Said("flat", times, np.full(4, 0.1), np.array(0.5))
    undefined = compare(flat, a).changes["slope"]
    assert np.isnan(undefined.value)
    assert undefined.how.startswith("undefined")


def test_json_has_no_nan(found: Comparison) -> None:
    nrt, definitive, happened = made_up(300)
    for one in (found, compare(nrt, definitive, observed=happened)):
        document = json.loads(json.dumps(one.to_dict(), allow_nan=False))
        assert {
            "n",
            "n_blocks",
            "block_unit",
            "only_nrt",
            "slope",
            "scores",
            "reliability",
        } <= document.keys()
        assert sum(row["n"] for row in document["reliability"]["nrt"]["bins"]) == document["scored"]


def test_what_cannot_be_compared_is_refused() -> None:
    nrt, definitive, _ = made_up(10)
    late = Said("late", definitive.times + 20 * HOUR, definitive.probability, np.array(0.5))
    with pytest.raises(MissingDataError, match=r"nrt \(2014-01-01T00:00:00Z to .*late \(2014-01-01T20"):
        compare(nrt, late)
    with pytest.raises(BadOptionError, match="10 forecasts, but outcomes of shape"):
        compare(nrt, definitive, observed=np.zeros(3))
    with pytest.raises(BadOptionError, match="Outcome 2 in row 1"):
        compare(nrt, definitive, observed=np.full(10, 2.0))


def test_outcomes_of_disk_and_region(catalog: FlareCatalog) -> None:
    m = next(f for f in catalog.at_least("M1.0") if f.start.month == 3)
    moments = [
        m.start - timedelta(hours=2),
        m.start,
        m.start - timedelta(hours=25),
        m.start.replace(year=2026),
    ]
    times = np.array([t.replace(tzinfo=None) for t in moments] * 2, "datetime64[us]")
    regions = (None,) * 4 + (Region(noaa=(12345,)), Region(noaa=(1,)), Region(), Region(noaa=(12345,)))
    said = Said("x", times, np.full(8, 0.1), np.array(0.5), regions)
    got, notes = outcomes(said, catalog)
    assert got[:3].tolist() == [1, 0, 0]
    assert notes == []
    assert np.isnan(got[3])
    assert got[4:6].tolist() == [1, 0]
    assert np.isnan(got[6:]).all()
    next_day = Said("x", times[2:3], np.full(1, 0.1), np.array(0.5), (), (Asked("M1.0", 24.0, 48.0),))
    assert outcomes(next_day, catalog)[0].tolist() == [1]
    homeless = replace(catalog, flares=tuple(replace(f, noaa_region=None) for f in catalog))
    got, notes = outcomes(said, homeless)
    assert got[:3].tolist() == [1, 0, 0]
    assert np.isnan(got[4])
    assert got[5] == 0  # the flare starts at the hour itself, so it is not in the window
    assert notes[0].startswith("What happened after 1 forecasts of a region is not known")
