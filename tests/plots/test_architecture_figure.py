from __future__ import annotations

import pytest
from matplotlib.patches import FancyBboxPatch

from flarescope.errors import BadOptionError
from flarescope.models.graph import Layer
from flarescope.plots.architecture import architecture_figure

STEM = Layer("a", "Conv2d", 7, 1, (32, 9, 9), 8, ())
LEFT = Layer("b", "Conv2d", 3, 1, (4, 9, 9), 8, (0,))
RIGHT = Layer("c", "MaxPool2d", 3, 3, (32, 3, 3), 0, (0,))
OUT = Layer("d", "Mystery", 0, 0, (1,), 0, (1, 2))


def test_one_box_a_layer_with_its_shape_and_branches_side_by_side() -> None:
    figure = architecture_figure([STEM, LEFT, RIGHT, OUT], given="nothing")
    axes = figure.axes[0]
    boxes = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    words = [text.get_text() for text in axes.texts]
    assert len(boxes) == 4
    assert "convolution 7×7\n32 × 9 × 9" in words
    assert "max-pool 3×3, step 3\n32 × 3 × 3" in words
    assert "Mystery\n1" in words
    stem, left, right, out = (box.get_x() for box in boxes)
    assert left < stem < right
    assert out == pytest.approx(stem)
    assert boxes[1].get_y() == pytest.approx(boxes[2].get_y())


def test_no_layer_is_refused() -> None:
    with pytest.raises(BadOptionError, match="no layer to draw"):
        architecture_figure([])
