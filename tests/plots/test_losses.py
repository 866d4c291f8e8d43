from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadOptionError
from flarescope.plots.losses import loss_figure


def table(shift: float) -> pd.DataFrame:
    epoch = np.arange(1.0, 5.0)
    return pd.DataFrame({"epoch": epoch, "train": 1 / epoch + shift, "validation": 1.2 / epoch + shift})


def test_means_and_bands_are_those_of_the_trainings() -> None:
    figure = loss_figure({"made-up Sun": [table(0.1), table(0.3)], "patches": [table(0.2)]})
    axes = figure.axes[0]
    train, validation = axes.lines
    np.testing.assert_allclose(train.get_ydata(), 1 / np.arange(1.0, 5.0) + 0.2)
    np.testing.assert_allclose(validation.get_ydata(), 1.2 / np.arange(1.0, 5.0) + 0.2)
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx(1.2 + np.std([0.1, 0.3], ddof=1))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["made-up Sun", "patches"]


@pytest.mark.parametrize("panels", [{}, {"a": []}])
def test_nothing_cannot_be_drawn(panels: dict[str, list[pd.DataFrame]]) -> None:
    with pytest.raises(BadOptionError, match="at least one training"):
        loss_figure(panels)
