"""Figure 9: CNN-2's output over a bipole's size, field strength and polarity, and for one pole alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.papers.bhattacharjee2020.bipoles import band, curves_of, models, over_models
from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS, on_each_kind
from flarescope.papers.claims import Finding

if TYPE_CHECKING:
    from flarescope.explain.probes import Curves
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["figure9_field", "figure9_polarity", "figure9_radius", "figure9_single"]

RADIUS_CLAIMS = ("high_peak", "high_output", "low_peak", "low_output", "two_peaks", "falls")


def figure9_radius(desk: Desk) -> list[Finding]:
    """Top left: two peaks over the radius, at three field strengths."""
    return on_each_kind(desk, RADIUS_CLAIMS, lambda kind: _radius(desk, kind))


def figure9_field(desk: Desk) -> list[Finding]:
    """Top right: the output grows with the field and saturates."""
    return on_each_kind(desk, ("grows", "saturates"), lambda kind: _field(desk, kind))


def figure9_polarity(desk: Desk) -> list[Finding]:
    """Bottom left: −+ against +−."""
    return on_each_kind(desk, ("asymmetric",), lambda kind: _polarity(desk, kind))


def figure9_single(desk: Desk) -> list[Finding]:
    """Bottom right: one pole alone."""
    return on_each_kind(desk, ("lower", "negative_higher"), lambda kind: _single(desk, kind))


def _radius(desk: Desk, kind: DataKind) -> list[Finding]:
    from flarescope.explain.probe_peaks import peaks
    from flarescope.explain.probes import probability

    found = [curves_of(made) for made in models(desk, kind)]
    figure, where = _figure(desk, kind, found, 0, "radius"), f"{KIND_WORDS[kind]}, −+, 2000 G"
    spots = [peaks(one.radius_mm, one.by_poles["-+"]) for one in found]
    y = [probability(one.by_poles["-+"]) for one in found]

    def at(one: int, radius_mm: float) -> float:
        return float(np.interp(radius_mm, found[one].radius_mm, y[one], left=np.nan, right=np.nan))

    number = range(len(found))
    two = float(np.mean([np.isfinite(spot.low) for spot in spots]))
    return [
        over_models("high_peak", kind, [spot.high for spot in spots], note=where, figure=figure,
                    missing="a peak within 2 to 40 Mm"),
        over_models("high_output", kind, [at(i, spots[i].high) for i in number], note=where, figure=figure,
                    missing="a peak within 2 to 40 Mm"),
        over_models("low_peak", kind, [spot.low for spot in spots], note=where, figure=figure,
                    missing="a second peak below the high one"),
        over_models("low_output", kind, [at(i, spots[i].low) for i in number], note=where, figure=figure,
                    missing="a second peak below the high one"),
        Finding("two_peaks", kind, two, float(np.sqrt(two * (1 - two) / len(found))), figure,
                f"{where}: a peak counts from a prominence of 3 % of the logit's range"),
        over_models("falls", kind, [at(i, 40.0) - at(i, 20.0) for i in number], note=where, figure=figure),
    ]  # fmt: skip


def _field(desk: Desk, kind: DataKind) -> list[Finding]:
    from flarescope.explain.probes import probability

    if kind == "real-small":
        needs = "images in gauss: these 8-bit images are cut at 250 G"
        return [Finding(claim, kind, None, needs=needs) for claim in ("grows", "saturates")]
    found = [curves_of(made) for made in models(desk, kind)]
    figure, where = _figure(desk, kind, found, 1, "field"), f"{KIND_WORDS[kind]}, −+ of 12.5 Mm"
    y = [dict(zip(one.fields_gauss.tolist(), probability(one.over_field), strict=True)) for one in found]
    return [
        over_models("grows", kind, [one[3000.0] - one[1000.0] for one in y], note=where, figure=figure),
        over_models("saturates", kind, [one[4000.0] for one in y], note=where, figure=figure),
    ]


def _polarity(desk: Desk, kind: DataKind) -> list[Finding]:
    found = [curves_of(made) for made in models(desk, kind)]
    figure = _figure(desk, kind, found, 2, "polarity")
    values = [asymmetry(one) for one in found]
    note = f"{KIND_WORDS[kind]}, 2000 G, mean over 2 to 40 Mm"
    return [over_models("asymmetric", kind, values, note=note, figure=figure)]


def _single(desk: Desk, kind: DataKind) -> list[Finding]:
    found = [curves_of(made) for made in models(desk, kind)]
    figure = _figure(desk, kind, found, 3, "single")
    note = f"{KIND_WORDS[kind]}, 2000 G, mean over 2 to 40 Mm"
    lower = [(difference(one, "+", "-+") + difference(one, "-", "-+")) / 2 for one in found]
    higher = [difference(one, "-", "+") for one in found]
    return [
        over_models("lower", kind, lower, note=note, figure=figure),
        over_models("negative_higher", kind, higher, note=note, figure=figure),
    ]


def asymmetry(found: Curves) -> float:
    """Output of −+ minus that of +−, mean over the radii."""
    return difference(found, "-+", "+-")


def difference(found: Curves, one: str, other: str) -> float:
    """Output of one arrangement of poles minus that of another, mean over the radii (equal steps of log)."""
    from flarescope.explain.probes import probability

    return float(np.mean(probability(found.by_poles[one]) - probability(found.by_poles[other])))


def _figure(desk: Desk, kind: DataKind, found: list[Curves], panel: int, name: str) -> str:
    from flarescope.plots.probes import figure9_panels, panels_figure

    panels = figure9_panels(
        found[0].radius_mm,
        {field: band([one.by_field[field] for one in found]) for field in found[0].by_field},
        {poles: band([one.by_poles[poles] for one in found]) for poles in found[0].by_poles},
        found[0].fields_gauss,
        band([one.over_field for one in found]),
        field_gauss=found[0].field_gauss,
    )
    title = f"CNN-2, {KIND_WORDS[kind]}: mean of {len(found)} splits, ±1σ"
    return desk.figure(f"figure9_{name}_{kind}", panels_figure([panels[panel]], title=title))
