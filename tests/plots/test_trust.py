from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from flarescope.errors import BadOptionError
from flarescope.plots.paper import save
from flarescope.plots.trust import faithfulness_figure, randomisation_figure, trust_figure


def words(figure) -> str:
    return "\n".join(t.get_text() for t in figure.findobj(Text))


@pytest.fixture
def curves() -> pd.DataFrame:
    fraction = np.linspace(0.0, 1.0, 5)
    return pd.concat(
        pd.DataFrame({"order": name, "fraction": fraction, "deletion": 2.0 - slope * fraction,
                      "insertion": slope * fraction - 1.0})
        for name, slope in (("deep_shap", 3.0), ("random", 2.0), ("unsigned_flux", 2.5))
    )  # fmt: skip


def test_deletion_and_insertion_stand_beside_each_other(curves: pd.DataFrame) -> None:
    figure = faithfulness_figure(curves, title="2026-02-03 12:00")
    left, right = figure.axes
    drawn = {line.get_label(): line for line in left.lines}
    assert set(drawn) == {"deep shap", "random", "unsigned flux"}
    np.testing.assert_allclose(drawn["deep shap"].get_ydata(), 2.0 - 3.0 * np.linspace(0, 1, 5))
    assert drawn["random"].get_color() == drawn["unsigned flux"].get_color() != drawn["deep shap"].get_color()
    np.testing.assert_allclose(right.lines[0].get_ydata(), 3.0 * np.linspace(0, 1, 5) - 1.0)
    assert "2026-02-03 12:00" in words(figure)
    assert "lower is better" in words(figure)


def test_randomised_weights_start_from_no_change() -> None:
    frame = pd.DataFrame({
        "method": ["edges"] * 3 + ["deep_shap"] * 2, "layer": ["8", "4", "0", "8", "0"],
        "correlation": [1.0, 1.0, 1.0, 0.3, np.nan],
    })  # fmt: skip
    axes = randomisation_figure(frame).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["edges"].get_xdata().tolist() == [0, 1, 2, 3]
    assert lines["deep shap"].get_xdata().tolist() == [0, 1, 3]
    assert lines["deep shap"].get_ydata()[:2].tolist() == [1.0, 0.3]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["none", "8", "4", "0"]
    both = randomisation_figure(frame.assign(signed=[0.9, 0.8, -0.7, 0.1, 0.0]), title="both").axes
    assert [panel.get_title(loc="left") for panel in both] == ["sizes |φ|", "with signs, φ"]
    assert both[1].lines[0].get_ydata().tolist() == [1.0, 0.9, 0.8, -0.7]
    assert both[0].get_ylim()[0] == -0.7


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("deep_shap", "randomised", 0.21, 0.15, 0.3),
            ("deep_shap", "completeness", 1e-7, 1e-8, 1e-6),
            ("occlusion", "randomised", 0.63, np.nan, np.nan),
        ],
        columns=["method", "check", "mean", "low", "high"],
    )


def test_the_table_says_every_mean(table: pd.DataFrame, tmp_path) -> None:
    figure = trust_figure(table, title="40 images", words={"completeness": "error of the sum"})
    first, second = (axes for axes in figure.axes if axes.get_visible())
    text = words(figure)
    for expected in ("deep shap", "occlusion", "0.21", "0.63", "1e-07", "error of the sum", "40 images"):
        assert expected in text
    dots = next(line for line in first.lines if line.get_marker() == "o")
    assert dots.get_xdata().tolist() == [0.21, 0.63]
    assert np.isnan(next(line for line in second.lines if line.get_marker() == "o").get_xdata()[1])
    low, high = first.get_ylim()
    assert low > high  # the first method at the top
    assert save(figure, tmp_path / "trust.png", dpi=60).stat().st_size > 1000


def test_many_checks_take_several_lines(table: pd.DataFrame, curves: pd.DataFrame, tmp_path) -> None:
    many = pd.concat(table.iloc[:1].assign(check=f"check_{k}") for k in range(6))
    visible = [axes for axes in trust_figure(many).axes if axes.get_visible()]
    assert len(visible) == 6
    save(faithfulness_figure(curves), tmp_path / "curves.svg")


def test_what_cannot_be_drawn_is_refused(table: pd.DataFrame, curves: pd.DataFrame) -> None:
    with pytest.raises(BadOptionError, match="3 rows with columns method, check, mean, low cannot be drawn"):
        trust_figure(table.drop(columns="high"))
    with pytest.raises(BadOptionError, match="0 rows"):
        faithfulness_figure(curves.iloc[:0])
    with pytest.raises(BadOptionError, match="7 methods cannot be told apart"):
        randomisation_figure(pd.DataFrame({"method": range(7), "layer": "1", "correlation": 0.5}).astype(
            {"method": str}))  # fmt: skip
