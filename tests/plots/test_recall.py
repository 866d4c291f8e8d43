"""Recall around flares, drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadOptionError
from flarescope.plots.recall import recall_figure


def curve(level: float) -> pd.DataFrame:
    hour = np.arange(-70.5, 72, 3)
    recall = level + 0.1 * np.exp(-np.abs(hour) / 24)
    recall[3] = np.nan
    return pd.DataFrame({"hour": hour, "recall": recall, "sigma": 0.05})


def test_each_curve_has_its_line_and_its_band_of_one_standard_deviation() -> None:
    figure = recall_figure({"SVM": curve(0.7), "CNN": curve(0.6)}, titles=["all flares"])
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["SVM", "CNN"]
    band = np.concatenate([part.vertices[:, 1] for part in axes.collections[0].get_paths()])
    assert band.min() == pytest.approx(0.65, abs=0.01)
    assert band.max() == pytest.approx(0.85, abs=0.01)
    assert axes.get_title(loc="left") == "all flares"
    assert axes.get_xlabel() == "hours from flare"


def test_panels_share_one_scale() -> None:
    figure = recall_figure({"a": curve(0.7)}, {"a": curve(0.2)}, titles=["all", "isolated"])
    left, right = figure.axes
    assert left.get_ylim() == right.get_ylim() == (0, 1)
    assert (left.get_ylabel(), right.get_ylabel()) == ("recall", "")


@pytest.mark.parametrize("panels", [(), ({},), ({str(i): curve(0.5) for i in range(5)},)])
def test_too_few_or_too_many_curves_are_refused(panels: tuple) -> None:
    with pytest.raises(BadOptionError, match="cannot be drawn"):
        recall_figure(*panels)
