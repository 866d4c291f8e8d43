from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadOptionError
from flarescope.plots.outputs import counts_figure, flux_figure, shares_figure
from flarescope.plots.studies import studies_figure

BINS = pd.DataFrame({
    "lower": np.arange(10) / 10, "flaring": range(10), "quiet": range(10, 0, -1),
    "flaring_flux": 1e22, "quiet_flux": 2e22, "flaring_error": 1e20, "quiet_error": np.nan,
})  # fmt: skip
STUDY = pd.DataFrame({
    "name": ["a", "b"], "kind": ["published", "ours"], "recall": [0.9, 0.8], "recall_spread": [np.nan, 0.1],
    "tss": [0.7, -0.2], "tss_spread": [np.nan, 0.1],
})  # fmt: skip


def test_flux_is_drawn_with_bars_of_five_standard_errors() -> None:
    axes = flux_figure({"one": BINS}).axes[0]
    bars = axes.containers[0].lines[2][0].get_segments()
    assert bars[0][1][1] - bars[0][0][1] == pytest.approx(2 * 5 * 1e20 / 1e22)


def test_a_panel_for_each_kind() -> None:
    assert [a.get_title(loc="left") for a in counts_figure({"one": BINS, "two": BINS}).axes] == ["one", "two"]


def test_bins_without_images_have_no_bar() -> None:
    table = pd.DataFrame({"left": [-24, -12], "right": [-12, 0], "recall": [np.nan, 0.7], "n": [0, 5]})
    axes = shares_figure({"one": table}).axes[0]
    assert [bar.get_height() for bar in axes.patches] == pytest.approx([0.7, 0.3])


def test_a_negative_score_is_within_the_axes() -> None:
    right = studies_figure(STUDY).axes[1]
    assert right.get_xlim()[0] < -0.3
    assert [text.get_text() for text in right.figure.axes[0].get_yticklabels()] == ["a", "b"]


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(BadOptionError, match="nothing to draw"):
        counts_figure({})
    with pytest.raises(BadOptionError, match="'theirs'"):
        studies_figure(STUDY.assign(kind="theirs"))
