"""Figure 11 and section 4.4: CNN-2 retrained on other polarities, and how much its ten models differ."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flarescope.papers.bhattacharjee2020.bipoles import GROUNDS, SIZE, band, curves_of, models, over_models
from flarescope.papers.bhattacharjee2020.figure09_bipoles import asymmetry
from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS, on_each_kind
from flarescope.papers.bhattacharjee2020.skill import compared, skill_of, standard_error
from flarescope.papers.claims import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flarescope.papers.bhattacharjee2020.cells import Outcome
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["figure11_reversed", "figure11_spread", "hale_joy"]

QUICK_SIZE = 128  # of what is retrained in the preview; a quarter of the time


def figure11_reversed(desk: Desk) -> list[Finding]:
    """Top: trained on −B, the curves of −+ and +− change places.

    Only an asymmetry that is there can turn round: its mean before is to be beyond two standard errors.
    """
    kind, size = _kind(desk), _size(desk)
    plain = models(desk, kind, size=size)
    turned = models(desk, kind, transform="reversed", size=size)
    figure = _two_polarities(desk, "figure11_reversed", kind, plain, turned, "reversed polarity")
    found = []
    for ground, quiet_sun in GROUNDS.items():
        before = [asymmetry(curves_of(one, quiet_sun=quiet_sun)) for one in plain]
        after = [asymmetry(curves_of(one, quiet_sun=quiet_sun)) for one in turned]
        note = (
            f"{KIND_WORDS[kind]}, {size} pixels, 2000 G, {ground}; −+ less +− goes from {_mean(before):+.3f} "
            f"to {_mean(after):+.3f}"
        )
        error = standard_error(before)
        if error is None or abs(_mean(before)) <= 2 * error:
            needs = _too_small(before, error, note)
            found.append(Finding("reverses", kind, None, figure=figure, needs=needs))
            continue
        turned_round = [new * np.sign(_mean(before)) for new in after]
        found.append(over_models("reverses", kind, turned_round, note=note, figure=figure))
    return found


def _too_small(before: list[float], error: float | None, note: str) -> str:
    width = "of one split" if error is None else f"± {2 * error:.3f} (95 %)"
    return f"the asymmetry before is {_mean(before):+.3f} {width}, too small to be turned round. {note}"


def figure11_spread(desk: Desk) -> list[Finding]:
    """Bottom: how much the models of the splits differ on one bipole."""
    return on_each_kind(desk, ("spread",), lambda kind: _spread(desk, kind))


def hale_joy(desk: Desk) -> list[Finding]:
    """Southern regions brought to the northern sign and tilt: what it does to the TSS and the asymmetry."""
    kind, size = _kind(desk), _size(desk)
    plain = models(desk, kind, size=size)
    corrected = models(desk, kind, transform="hale_joy", size=size)
    figure = _two_polarities(desk, "hale_joy", kind, plain, corrected, "south corrected")
    words = []
    for ground, quiet_sun in GROUNDS.items():
        was, now = (
            _mean(asymmetry(curves_of(one, quiet_sun=quiet_sun)) for one in some)
            for some in (plain, corrected)
        )
        words.append(f"{was:+.3f} to {now:+.3f} {ground}")
    note = (
        f"{KIND_WORDS[kind]}, {size} pixels; −+ less +− at 2000 G goes from {' and from '.join(words)}; TSS "
        "corrected against as observed"
    )
    after, before = (skill_of(some)["tss"] for some in (corrected, plain))
    return [compared("same_tss", kind, after, before, note, figure=figure)]


def _spread(desk: Desk, kind: DataKind) -> list[Finding]:
    from flarescope.plots.probes import Panel, panels_figure

    made = models(desk, kind)
    panels, found = [], []
    for ground, quiet_sun in GROUNDS.items():
        curves = [curves_of(one, quiet_sun=quiet_sun) for one in made]
        y = band([one.by_poles["-+"] for one in curves])
        panels.append(Panel({"−+, 2000 G": (curves[0].radius_mm, y)}, title=ground))
        value = float(np.nan if y.spread is None else y.spread.mean())
        sigma = value / np.sqrt(2.0 * max(1, len(made) - 1))  # of a standard deviation from so many models
        note = (
            f"{KIND_WORDS[kind]}, −+ of 2000 G {ground}: standard deviation over {len(made)} models, mean "
            f"over radii; mean output {y.y.mean():.2f}"
        )
        found.append(Finding("spread", kind, value, float(sigma), note=note))
    title = f"CNN-2, {KIND_WORDS[kind]}: mean of {len(made)} splits, ±1σ"
    figure = desk.figure(f"figure11_spread_{kind}", panels_figure(panels, title=title))
    return [replace(one, figure=figure) for one in found]


def _two_polarities(
    desk: Desk, name: str, kind: DataKind, before: list[Outcome], after: list[Outcome], what: str
) -> str:
    from flarescope.plots.probes import Panel, panels_figure

    panels = []
    for ground, quiet_sun in GROUNDS.items():
        for title, some in (("as observed", before), (what, after)):
            found = [curves_of(one, quiet_sun=quiet_sun) for one in some]
            pairs = {
                sign: (found[0].radius_mm, band([one.by_poles[poles] for one in found]))
                for sign, poles in (("−+", "-+"), ("+−", "+-"))
            }
            panels.append(Panel(pairs, title=f"{title}, {ground}"))
    title = f"CNN-2, {KIND_WORDS[kind]}: mean of {len(after)} splits, ±1σ, 2000 G"
    return desk.figure(name, panels_figure(panels, title=title))


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _kind(desk: Desk) -> DataKind:
    """Retraining asks for hemispheres and laws that are known."""
    return "real" if desk.sharps else "synthetic"


def _size(desk: Desk) -> int:
    return QUICK_SIZE if desk.quick else SIZE
