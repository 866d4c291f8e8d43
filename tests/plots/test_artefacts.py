"""The figure of artefacts: every dot is there, exact zeros on the floor."""

from __future__ import annotations

import pandas as pd
import pytest

from flarescope.plots.artefacts import FLOOR, artefacts


def test_every_network_and_measure_has_its_dots() -> None:
    probes = pd.DataFrame({
        "network": ["artefact_free", "cnn2"] * 2, "frame_dependence": [0.0, 0.5, 0.0, 0.7],
        "polarity_asymmetry": [0.0, 0.1, 0.0, 0.2], "shift_dependence": [0.01, 0.3, 0.02, 0.2],
    })  # fmt: skip
    margins = pd.DataFrame(
        [{"network": n, "frame": f, "share": s} for n, s in (("artefact_free", 0.0), ("cnn2", 0.4))
         for f in ("zero", "quiet")]
    )  # fmt: skip
    left, right = artefacts(probes, margins).axes
    assert [t.get_text() for t in left.get_legend().get_texts()] == ["artefact_free", "cnn2"]
    assert sum(len(line.get_ydata()) for line in left.lines) == 12
    assert min(min(line.get_ydata()) for line in left.lines) == pytest.approx(FLOOR)
    assert [t.get_text() for t in right.get_xticklabels()] == ["zero field added", "quiet Sun added"]
