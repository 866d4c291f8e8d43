"""Figure 11 and section 4.4: CNN-2 retrained on other polarities, and how much its ten models differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.papers.bhattacharjee2020.bipoles import SIZE, band, curves_of, models, over_models
from flarescope.papers.bhattacharjee2020.figure09_bipoles import asymmetry
from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS, on_each_kind
from flarescope.papers.claims import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flarescope.explain.probes import Curves
    from flarescope.papers.bhattacharjee2020.cells import Outcome
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["figure11_reversed", "figure11_spread", "hale_joy"]

QUICK_SIZE = 128  # of what is retrained in the preview; a quarter of the time


def figure11_reversed(desk: Desk) -> list[Finding]:
    """Top: trained on −B, the curves of −+ and +− change places."""
    kind, size = _kind(desk), _size(desk)
    before = [curves_of(made) for made in models(desk, kind, size=size)]
    after = [curves_of(made) for made in models(desk, kind, transform="reversed", size=size)]
    figure = _two_polarities(desk, "figure11_reversed", kind, before, after, "reversed polarity")
    values = [asymmetry(one) for one in after]
    note = (
        f"{KIND_WORDS[kind]}, {size} pixels, 2000 G; the same difference before reversal: "
        f"{_mean(map(asymmetry, before)):+.3f}"
    )
    change = [new - asymmetry(old) for new, old in zip(values, before, strict=True)]
    return [
        over_models("reverses", kind, values, note=note, figure=figure),
        over_models("changes", kind, change, note=note, figure=figure),
    ]


def figure11_spread(desk: Desk) -> list[Finding]:
    """Bottom: how much the models of the splits differ on one bipole."""
    return on_each_kind(desk, ("spread",), lambda kind: _spread(desk, kind))


def hale_joy(desk: Desk) -> list[Finding]:
    """Southern regions brought to the northern sign and tilt: what it does to the TSS and the asymmetry."""
    kind, size = _kind(desk), _size(desk)
    plain = models(desk, kind, size=size)
    corrected = models(desk, kind, transform="hale_joy", size=size)
    before, after = ([curves_of(made) for made in some] for some in (plain, corrected))
    figure = _two_polarities(desk, "hale_joy", kind, before, after, "southern regions corrected")
    change = [tss(new) - tss(old) for new, old in zip(corrected, plain, strict=True)]
    note = (
        f"{KIND_WORDS[kind]}, {size} pixels, the same splits: TSS {_mean(map(tss, plain)):.2f} before and "
        f"{_mean(map(tss, corrected)):.2f} after; −+ less +− at 2000 G goes from "
        f"{_mean(map(asymmetry, before)):+.3f} to {_mean(map(asymmetry, after)):+.3f}"
    )
    return [over_models("same_tss", kind, change, note=note, figure=figure)]


def tss(made: Outcome) -> float:
    """True skill of the held-out rows, yes from an output of 0.5 on."""
    from flarescope.verify import ContingencyTable

    return float(ContingencyTable.from_forecasts(made.probability, made.label).tss)


def _spread(desk: Desk, kind: DataKind) -> list[Finding]:
    from flarescope.plots.probes import Panel, panels_figure

    found = [curves_of(made) for made in models(desk, kind)]
    y = band([one.by_poles["-+"] for one in found])
    title = f"CNN-2, {KIND_WORDS[kind]}: mean of {len(found)} splits, ±1σ"
    panel = Panel({"−+, 2000 G": (found[0].radius_mm, y)})
    figure = desk.figure(f"figure11_spread_{kind}", panels_figure([panel], title=title))
    if y.spread is None:
        return [Finding("spread", kind, None, figure=figure, needs="at least two splits")]
    value = float(y.spread.mean())
    sigma = value / np.sqrt(2.0 * (len(found) - 1))  # of a standard deviation from so many models
    note = (
        f"{KIND_WORDS[kind]}, −+ of 2000 G: standard deviation over {len(found)} models, mean over 2 to 40 Mm"
    )
    return [Finding("spread", kind, value, float(sigma), figure, note)]


def _two_polarities(
    desk: Desk, name: str, kind: DataKind, before: list[Curves], after: list[Curves], what: str
) -> str:
    from flarescope.plots.probes import Panel, panels_figure

    panels = [
        Panel(
            {sign: (some[0].radius_mm, band([one.by_poles[poles] for one in some]))
             for sign, poles in (("−+", "-+"), ("+−", "+-"))},
            title=f"{title}, 2000 G",
        )
        for title, some in (("as observed", before), (what, after))
    ]  # fmt: skip
    title = f"CNN-2, {KIND_WORDS[kind]}: mean of {len(after)} splits, ±1σ"
    return desk.figure(name, panels_figure(panels, title=title))


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _kind(desk: Desk) -> DataKind:
    """Retraining asks for hemispheres and laws that are known."""
    return "real" if desk.sharps else "synthetic"


def _size(desk: Desk) -> int:
    return QUICK_SIZE if desk.quick else SIZE
