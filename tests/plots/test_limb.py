"""Probability and attribution against longitude."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadOptionError
from flarescope.plots.limb import limb_figure


def table(viewers: tuple[str, ...] = ("regions", "disk")) -> pd.DataFrame:
    rows = [
        (v, harp, "1" if harp else "", at, harp - abs(at) / 20, -4.0, 0.5 if at else np.nan, 0.2)
        for v in viewers
        for harp in range(3)
        for at in (-75, 0, 75)
    ]
    columns = ["viewer", "harp", "noaa", "longitude", "logit", "empty", "share", "area_share"]
    return pd.DataFrame(rows, columns=columns)


def test_one_column_a_network() -> None:
    figure = limb_figure(table(), words={"regions": "of regions"})
    assert len(figure.axes) == 4
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["of regions", "disk"]
    upper = figure.axes[0]
    drawn = {tuple(line.get_ydata()) for line in upper.get_lines() if len(line.get_xdata()) == 3}
    assert (2 - 75 / 20, 2.0, 2 - 75 / 20) in drawn  # one region
    assert (1 - 75 / 20, 1.0, 1 - 75 / 20) in drawn  # the mean
    assert "0.1" in [label.get_text() for label in upper.get_yticklabels()]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"without the region", "share of the area with field"} <= set(words)


def test_one_network_alone() -> None:
    assert len(limb_figure(table(("disk",))).axes) == 2


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(BadOptionError, match="without share"):
        limb_figure(table().drop(columns="share"))
    with pytest.raises(BadOptionError, match="0 rows"):
        limb_figure(table()[:0])
