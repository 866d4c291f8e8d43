"""Networks trained on eight weeks of real disks: no ground for a claim of skill, and scored all the same.

Out of fold in blocks of five days, 24 h apart, beside history, climatology, persistence and the fusion.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from flarescope.evaluation.disk_forecasts import disk_forecasts
from flarescope.evaluation.disks import DiskScores, cross_fitted, judged
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.date_leak import date_leak
from flarescope.papers.pandey2023.disks_2026 import disks_2026, experiment_of, store_of, trained
from flarescope.verify import blocks_of_days

if TYPE_CHECKING:
    from flarescope.evaluation.disk_forecasts import DiskForecasts
    from flarescope.papers.reproduction import Desk
    from flarescope.verify import Estimate

__all__ = ["alexnet_trained_2026", "compact_trained_2026", "spread_of"]

BLOCK_DAYS = 5
PAPER_TSS, PAPER_SPREAD = 0.508, 0.049
RIVALS = ("fusion", "history", "history_refitted", "persistence", "trailing_climatology", "climatology")


def alexnet_trained_2026(desk: Desk) -> list[Finding]:
    """The paper's network on eight weeks of 2026, from random weights, each fold tested by the other.

    Its TSS is given less the paper's: an interval that holds both 0 and the paper's TSS agrees with neither.
    """
    tss, *others = _trained_and_scored(desk, "alexnet_2026")
    spread = None if tss.spread is None else float(np.hypot(tss.spread, PAPER_SPREAD))
    return [replace(tss, value=float(tss.value or 0.0) - PAPER_TSS, spread=spread), *others]


def compact_trained_2026(desk: Desk) -> list[Finding]:
    """Our compact network on the same weeks, and whether the size of the disk gives the date away."""
    return [*_trained_and_scored(desk, "compact"), *date_leak(desk)]


def spread_of(estimate: Estimate) -> float | None:
    """One standard deviation, as wide as the interval makes it; None where there is no interval."""
    width = estimate.high - estimate.low
    return float(width) / 4 if np.isfinite(width) else None


def _trained_and_scored(desk: Desk, name: str) -> list[Finding]:
    hours, catalog = disks_2026(desk)
    experiment = experiment_of(name, desk)
    run = trained(desk, experiment, hours, what=name)
    kept = store_of(desk, experiment.preparation, hours)
    forecasts = disk_forecasts(run, hours, catalog, kept=kept, progress=partial(_told, desk, name))
    scores = judged(forecasts, block_days=BLOCK_DAYS, resamples=200 if desk.quick else 1000)
    figures = _draw(desk, name, forecasts, scores)
    return _findings(scores, figures, f"{run.label}, trained from random weights")


def _findings(scores: DiskScores, figures: tuple[str, str], who: str) -> list[Finding]:
    network, fusion = scores.network, scores.fusion
    rest = (
        f"{who}; {network.n} hours, {network.events} events, {network.n_blocks} blocks of {BLOCK_DAYS} days "
        "of one solar phase: not validated"
    )
    tss = {name.replace("_", " "): network.rivals[name].scores["tss"] for name in RIVALS[:4]}
    others = ", ".join(f"{name} {found}" for name, found in tss.items())
    against = network.rivals["history"]
    gains = {
        "tss": (
            network["tss"],
            f"TSS {network['tss']} beside {others}; thresholds from other blocks. {rest}.",
        ),
        "beats_history": (
            against.differences["bss"],
            f"Brier skill {network['bss']} less history's {against.scores['bss']}, paired: "
            f"{against.differences['bss']}. {rest}.",
        ),
        "adds_to_history": (
            fusion.rivals["history_refitted"].differences["bss"],
            f"Brier skill of the fusion less that of history refitted on the same blocks, paired: "
            f"{fusion.rivals['history_refitted'].differences['bss']}. {rest}.",
        ),
    }
    return [
        Finding(claim, "real-small", found.value, spread_of(found), figures[claim == "beats_history"], note)
        for claim, (found, note) in gains.items()
    ]


def _draw(desk: Desk, name: str, forecasts: DiskForecasts, scores: DiskScores) -> tuple[str, str]:
    """The scores with their intervals, and what was said in these weeks."""
    from flarescope.plots.trained import disk_scores_figure, weeks_figure

    blocks = blocks_of_days(forecasts.times, BLOCK_DAYS)
    said = cross_fitted(forecasts, blocks).said
    shown = {key: said[key] for key in ("network", "history", "fusion")}
    weeks = weeks_figure(forecasts.times, forecasts.happened, shown, blocks=blocks)
    estimates = {"network": scores.network.estimates} | {
        rival: scores.network.rivals[rival].scores for rival in RIVALS
    }
    title = f"{scores.network.n:,} hours out of fold, {blocks.count} blocks of {blocks.unit}: not validated"
    return (
        desk.figure(f"{name}_scores", disk_scores_figure(estimates, title=title)),
        desk.figure(f"{name}_weeks", weeks),
    )


def _told(desk: Desk, name: str, part: str, done: int, of: int) -> None:
    desk.progress(f"{name}: {part}", done, of)
