from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from flarescope.errors import BadOptionError
from flarescope.plots.paper import VERMILION
from flarescope.plots.trained import disk_scores_figure, weeks_figure
from flarescope.verify import blocks_of_days
from flarescope.verify.intervals import Estimate


def estimates(value: float) -> dict[str, Estimate]:
    return {
        name: Estimate(value, value - 0.2, value + 0.2, "") for name in ("tss", "hss", "auc", "bss", "ece")
    }


def test_each_forecast_has_a_dot_and_a_bar_for_each_score() -> None:
    figure = disk_scores_figure(
        {"network": estimates(0.3), "trailing_climatology": estimates(0.1)}, title="T"
    )
    figure.draw_without_rendering()
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "TSS", "HSS", "AUC", "Brier skill", "calibration error",
    ]  # fmt: skip
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [float(np.ravel(dot.get_xdata())[0]) for dot in dots] == [0.3, 0.1]
    assert to_hex(dots[0].get_color()) == VERMILION
    assert "trailing climatology" in [t.get_text() for t in figure.findobj(Text)]
    with pytest.raises(BadOptionError, match="No forecast"):
        disk_scores_figure({})


def test_weeks_shade_the_events_and_break_at_a_hole() -> None:
    times = np.datetime64("2026-02-01", "us") + np.arange(240) * np.timedelta64(1, "h")
    times[120:] += np.timedelta64(4, "D")
    happened = np.arange(240) < 10
    said = {"network": np.full(240, 0.4), "history": np.full(240, 0.2)}
    figure = weeks_figure(times, happened, said, blocks=blocks_of_days(times, 5))
    axes = figure.axes[0]
    figure.draw_without_rendering()
    assert len(axes.patches) == 1  # one shade for one spell
    curves = [line for line in axes.lines if line.get_label() in said]
    assert [np.isnan(curve.get_ydata()).sum() for curve in curves] == [1, 1]
    assert np.diff(curves[0].get_xdata()).min() >= np.timedelta64(0, "h")
    with pytest.raises(BadOptionError, match="0 curves"):
        weeks_figure(times, happened, {}, blocks=blocks_of_days(times, 5))
