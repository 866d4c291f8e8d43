"""Figure 9: CNN-2's output over a bipole's size, field strength and polarity, and for one pole alone.

The paper's bipoles lie in an empty frame, without the noise that every training image has. That alone can
make a network say yes, so each number is also measured on bipoles on a quiet Sun: two findings a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.papers.bhattacharjee2020.bipoles import (
    GROUNDS,
    band,
    curves_of,
    models,
    over_models,
    share_of_models,
)
from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS, on_each_kind
from flarescope.papers.claims import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.explain.probes import Curves
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk
    from flarescope.plots.probes import Panel

__all__ = ["asymmetry", "figure9_field", "figure9_polarity", "figure9_radius", "figure9_single"]

VARIES = 0.05  # an output that varies by less is not at a peak and does not saturate: it is always the same
HIGH, LOW = "a peak within 2 to 40 Mm", "a second peak below the high one"
LEVEL = f"an output that varies by {VARIES} or more"
MISSING = {
    "high_peak": HIGH, "high_output": f"{HIGH} and {LEVEL}", "low_peak": LOW,
    "low_output": f"{LOW} and {LEVEL}", "saturates": LEVEL,
}  # fmt: skip


def figure9_radius(desk: Desk) -> list[Finding]:
    """Top left: two peaks over the radius, at three field strengths."""
    claims = ("high_peak", "high_output", "low_peak", "low_output", "two_peaks", "falls")
    return on_each_kind(desk, claims, lambda kind: _measured(desk, kind, "radius", 0, _radius))


def figure9_field(desk: Desk) -> list[Finding]:
    """Top right: the output grows with the field and saturates."""

    def find(kind: DataKind) -> list[Finding]:
        if kind == "real-small":
            needs = "images in gauss: these 8-bit images are cut at 250 G"
            return [Finding(claim, kind, None, needs=needs) for claim in ("grows", "saturates")]
        return _measured(desk, kind, "field", 1, _field)

    return on_each_kind(desk, ("grows", "saturates"), find)


def figure9_polarity(desk: Desk) -> list[Finding]:
    """Bottom left: −+ against +−."""

    def measure(found: Curves) -> dict[str, float]:
        return {"asymmetric": asymmetry(found)}

    return on_each_kind(desk, ("asymmetric",), lambda kind: _measured(desk, kind, "polarity", 2, measure))


def figure9_single(desk: Desk) -> list[Finding]:
    """Bottom right: one pole alone."""

    def measure(found: Curves) -> dict[str, float]:
        lower = (_difference(found, "+", "-+") + _difference(found, "-", "-+")) / 2
        return {"lower": lower, "negative_higher": _difference(found, "-", "+")}

    claims = ("lower", "negative_higher")
    return on_each_kind(desk, claims, lambda kind: _measured(desk, kind, "single", 3, measure))


def asymmetry(found: Curves) -> float:
    """Output of −+ minus that of +−, mean over the radii."""
    return _difference(found, "-+", "+-")


def _radius(found: Curves) -> dict[str, float]:
    from flarescope.explain.probe_peaks import peaks
    from flarescope.explain.probes import probability

    spot, y = peaks(found.radius_mm, found.by_poles["-+"]), probability(found.by_poles["-+"])

    def at(radius_mm: float) -> float:
        return float(np.interp(radius_mm, found.radius_mm, y))  # NaN of NaN

    level = np.ptp(y) >= VARIES
    return {
        "high_peak": spot.high,
        "high_output": at(spot.high) if level else np.nan,
        "low_peak": spot.low,
        "low_output": at(spot.low) if level else np.nan,
        "two_peaks": float(np.isfinite(spot.low)),
        "falls": at(40.0) - at(20.0),
    }


def _field(found: Curves) -> dict[str, float]:
    from flarescope.explain.probes import probability

    y = dict(zip(found.fields_gauss.tolist(), probability(found.over_field).tolist(), strict=True))
    level = max(y.values()) - min(y.values()) >= VARIES
    return {"grows": y[3000.0] - y[1000.0], "saturates": y[4000.0] if level else np.nan}


def _difference(found: Curves, one: str, other: str) -> float:
    """Output of one arrangement of poles minus that of another, mean over the radii (equal steps of log)."""
    from flarescope.explain.probes import probability

    return float(np.mean(probability(found.by_poles[one]) - probability(found.by_poles[other])))


def _measured(
    desk: Desk, kind: DataKind, name: str, panel: int, measure: Callable[[Curves], dict[str, float]]
) -> list[Finding]:
    """Each number over the models, once in empty frames as in the paper and once on a quiet Sun."""
    made = models(desk, kind)
    grounds = {
        ground: [curves_of(one, quiet_sun=quiet_sun) for one in made] for ground, quiet_sun in GROUNDS.items()
    }
    figure = _figure(desk, kind, grounds, panel, name)
    found = []
    for ground, some in grounds.items():
        alone = float(band([one.over_field[:1] for one in some]).y[0])
        note = f"{KIND_WORDS[kind]}, {ground}, which alone gives {alone:.2f}"
        numbers = [measure(one) for one in some]
        found += [_over(claim, kind, [one[claim] for one in numbers], note, figure) for claim in numbers[0]]
    return found


def _over(claim: str, kind: DataKind, values: list[float], note: str, figure: str) -> Finding:
    if claim == "two_peaks":
        return share_of_models(claim, kind, values, note=note, figure=figure)
    return over_models(claim, kind, values, note=note, figure=figure, missing=MISSING.get(claim, ""))


def _figure(desk: Desk, kind: DataKind, grounds: dict[str, list[Curves]], panel: int, name: str) -> str:
    from flarescope.plots.probes import panels_figure

    count = len(next(iter(grounds.values())))
    title = f"CNN-2, {KIND_WORDS[kind]}: mean of {count} splits, ±1σ"
    panels = [_panel(some, panel, ground) for ground, some in grounds.items()]
    return desk.figure(f"figure9_{name}_{kind}", panels_figure(panels, title=title))


def _panel(found: list[Curves], panel: int, title: str) -> Panel:
    from dataclasses import replace

    from flarescope.plots.probes import figure9_panels

    panels = figure9_panels(
        found[0].radius_mm,
        {field: band([one.by_field[field] for one in found]) for field in found[0].by_field},
        {poles: band([one.by_poles[poles] for one in found]) for poles in found[0].by_poles},
        found[0].fields_gauss,
        band([one.over_field for one in found]),
        field_gauss=found[0].field_gauss,
    )
    return replace(panels[panel], title=title)
