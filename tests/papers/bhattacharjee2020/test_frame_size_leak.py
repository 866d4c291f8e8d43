"""A frame that tells the label is found out; one that does not is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flarescope.papers.bhattacharjee2020.frame_size_leak import SPLITS, scores_of


def rows_of(leak: float) -> pd.DataFrame:
    """120 regions seen twice; flaring ones have frames larger by ``leak`` in the logarithm."""
    rng = np.random.default_rng(0)
    flaring = np.arange(120) < 36
    width = np.exp(6.5 + leak * flaring + rng.normal(0, 0.3, 120))
    return pd.DataFrame({
        "group": np.arange(120).astype(str).repeat(2), "flaring": flaring.astype(int).repeat(2),
        "period": "train",
        "time_utc": np.datetime64("2012-01-01", "us"), "width_px": width.repeat(2),
        "height_px": (width / 2 * np.exp(rng.normal(0, 0.1, 120))).repeat(2),
    })  # fmt: skip


def test_a_leak_is_measured_and_its_absence_too() -> None:
    leaking = scores_of(rows_of(1.5), ["width_px", "height_px"])
    sound = scores_of(rows_of(0.0), ["width_px", "height_px"])
    assert len(leaking) == SPLITS
    assert np.mean([s.tss for s in leaking]) > 0.85
    assert abs(np.mean([s.tss for s in sound])) < 0.15
    assert np.mean([s.auc for s in sound]) == pytest.approx(0.5, abs=0.1)


def test_the_curve_encloses_the_stated_area() -> None:
    for split in scores_of(rows_of(0.4), ["width_px"]):
        alarms, hits = split.curve
        assert np.trapezoid(hits, alarms) == pytest.approx(split.auc, abs=0.03)
