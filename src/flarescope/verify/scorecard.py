"""How good is a forecast, and is it better than its rivals? Scores, intervals, paired differences."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from flarescope.errors import BadOptionError
from flarescope.verify.arrays import divide, forecast_arrays, probability_array
from flarescope.verify.intervals import Blocks, Estimate, percentiles, resampled_weights
from flarescope.verify.scores import GroupScores, Rivalry, Scores
from flarescope.verify.statistics import SCORES, BlockStatistics, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

__all__ = ["scorecard"]

FEW_EVENTS = 10
Samples = dict[str, np.ndarray]  # score → "r group"


def scorecard(
    probability: ArrayLike,
    observed: ArrayLike,
    *,
    threshold: ArrayLike = 0.5,
    blocks: Blocks | None = None,
    groups: ArrayLike | None = None,
    references: Mapping[str, ArrayLike] | None = None,
    reference_thresholds: Mapping[str, ArrayLike] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Scores:
    """How good is this forecast, how sure is that, and is it better than its rivals?

    With groups, every score is the mean over groups and ``sd`` their sample standard deviation; only ECE is
    pooled over all rows (small groups inflate it). BSS is against each group's own base rate.

    Args:
        probability: forecasts "n", 0 to 1.
        observed: what happened "n", 0 or 1.
        threshold: yes from this probability on: one number, or "n" (fitted on each fold's training rows).
        blocks: units of independence; without them there are no intervals.
        groups: fold or other label of each row "n".
        references: rivals' probabilities for the same rows, by name.
        reference_thresholds: theirs, where they differ from ``threshold``.
        resamples: bootstrap samples of the blocks.
        seed: of the bootstrap; the same seed gives the same interval.

    Raises:
        BadOptionError: columns that cannot be scored.

    Example:
        >>> card = scorecard([0.9, 0.2, 0.6, 0.1], [1, 0, 0, 0])
        >>> round(card["tss"].value, 3)
        0.667
    """
    said, events = forecast_arrays(probability, observed)
    labels, group = _groups(groups, len(events))
    if blocks is not None and len(blocks.ids) != len(events):
        raise BadOptionError(
            f"There are {len(events)} forecasts and {len(blocks.ids)} block numbers. "
            "Give each forecast its block."
        )
    block = np.zeros(len(events), int) if blocks is None else blocks.ids
    mine = Rows(said, events, _thresholds(threshold, len(events)), block, group)
    rivals = _rivals(mine, references or {}, reference_thresholds or {})
    tables = [BlockStatistics(rows) for rows in (mine, *rivals.values())]
    points = [table.scores(np.ones((1, mine.blocks))) for table in tables]
    draws = _draw(tables, blocks, resamples, seed)
    judge = _Judge(len(labels), "" if blocks is None else blocks.how(resamples))
    return Scores(
        n=len(events),
        events=int(events.sum()),
        threshold=_common(mine.threshold),
        n_blocks=0 if blocks is None else blocks.count,
        block_unit="" if blocks is None else blocks.unit,
        estimates=judge.estimates(points[0], draws[0]),
        groups=_group_scores(labels, mine, points[0]),
        rivals={
            name: judge.rivalry(points[0], points[k], draws[0], draws[k]) for k, name in enumerate(rivals, 1)
        },
        notes=_notes(labels, mine, blocks),
    )


@dataclass(frozen=True)
class _Judge:
    """Turns "r group" samples into estimates."""

    groups: int
    interval: str

    def estimates(self, point: Samples, draws: Samples | None) -> dict[str, Estimate]:
        """Every score of one forecast."""
        return {name: self.estimate(name, point, draws) for name in SCORES}

    def estimate(self, name: str, point: Samples, draws: Samples | None) -> Estimate:
        """One score: averaged over groups, or pooled for ECE."""
        source = "pooled_ece" if name == "ece" else name
        value = float(_mean(point[source])[0])
        how = "all rows" if not self.groups else f"mean over {self.groups} groups"
        if name == "ece" and self.groups:
            how = f"pooled over {self.groups} groups, 10 equal-width bins"
        if name == "bss":
            how += (
                ", against each group's base rate" if self.groups else ", against the base rate of these rows"
            )
        if math.isnan(value):
            return Estimate(value, math.nan, math.nan, _why_undefined(name))
        low, high = (math.nan, math.nan) if draws is None else _bounds(draws[source])
        if not math.isnan(low):
            how += f"; {self.interval}"
        return Estimate(value, low, high, how, sd=_spread(point[name][0]) if self.groups else math.nan)

    def rivalry(self, mine: Samples, theirs: Samples, a: Samples | None, b: Samples | None) -> Rivalry:
        """Our forecast against one rival, on the same draws."""
        minus = {name: mine[name] - theirs[name] for name in mine}
        minus_draws = None if a is None or b is None else {name: a[name] - b[name] for name in a}
        gain = {"bss": _gain(mine, theirs)}
        gain_draws = None if a is None or b is None else {"bss": _gain(a, b)}
        bss = self.estimate("bss", gain, gain_draws)
        how = bss.how.replace("each group's base rate", "the rival").replace(
            "the base rate of these rows", "the rival"
        )
        return Rivalry(
            bss=Estimate(bss.value, bss.low, bss.high, how, bss.sd),
            scores=self.estimates(theirs, b),
            differences=self.estimates(minus, minus_draws),
        )


def _draw(
    tables: list[BlockStatistics], blocks: Blocks | None, resamples: int, seed: int
) -> list[Samples] | list[None]:
    """All scores of all forecasts on the same resamples; None where one block or none gives no interval."""
    if blocks is None or blocks.count < 2:
        return [None] * len(tables)
    parts: list[list[Samples]] = [[] for _ in tables]
    for weights in resampled_weights(blocks, resamples, seed):
        for table, part in zip(tables, parts, strict=True):
            part.append(table.scores(weights))
    return [{name: np.concatenate([p[name] for p in part]) for name in part[0]} for part in parts]


def _rivals(
    mine: Rows, references: Mapping[str, ArrayLike], thresholds: Mapping[str, ArrayLike]
) -> dict[str, Rows]:
    """The same rows as each rival forecast them."""
    found = {}
    for name, column in references.items():
        rival = probability_array(column, what=f"Reference '{name}'")
        forecast_arrays(rival, mine.observed)
        limits = _thresholds(thresholds.get(name, mine.threshold), len(rival))
        found[name] = replace(mine, probability=rival, threshold=limits)
    return found


def _groups(groups: ArrayLike | None, n: int) -> tuple[list[str], Int[np.ndarray, "n"]]:
    """Sorted labels as text, and the number of each row's group."""
    if groups is None:
        return [], np.zeros(n, int)
    column = np.asarray(groups)
    if column.shape != (n,):
        raise BadOptionError(
            f"There are {n} forecasts and group labels of shape {column.shape}. Give one a forecast."
        )
    labels, group = np.unique(column, return_inverse=True)
    return [str(label) for label in labels], group


def _thresholds(threshold: ArrayLike, n: int) -> Float[np.ndarray, "n"]:
    """One threshold a row."""
    values = np.asarray(threshold, float)
    if values.shape not in ((), (n,)) or not np.all((values >= 0.0) & (values <= 1.0)):
        shown = f"{values:g}" if values.ndim == 0 else f"column of shape {values.shape}"
        raise BadOptionError(
            f"Threshold {shown} cannot be used. Accepted: a probability 0 to 1, or one for each row."
        )
    return np.broadcast_to(values, n)


def _group_scores(labels: list[str], rows: Rows, point: Samples) -> dict[str, GroupScores]:
    """Counts and scores of each group."""
    found = {}
    for k, label in enumerate(labels):
        chosen = rows.group == k
        values = {name: float(point[name][0, k]) for name in SCORES}
        found[label] = GroupScores(
            int(chosen.sum()), int(rows.observed[chosen].sum()), _common(rows.threshold[chosen]), values
        )
    return found


def _notes(labels: list[str], rows: Rows, blocks: Blocks | None) -> tuple[str, ...]:
    """Few events, no blocks, one class: what weakens the numbers."""
    notes = []
    events = int(rows.observed.sum())
    if events < FEW_EVENTS or len(rows.observed) - events < FEW_EVENTS:
        notes.append(f"{events} events in {len(rows.observed)} rows: too few for the scores to mean much.")
    for k, label in enumerate(labels):
        happened = rows.observed[rows.group == k]
        if happened.all() or not happened.any():
            kind = "no events" if not happened.any() else "events only"
            notes.append(
                f"Group {label} has {kind}: scores that need both are undefined there and leave the mean."
            )
        elif happened.sum() < FEW_EVENTS:
            notes.append(f"Group {label} has {happened.sum()} events: its scores mean little.")
    if blocks is None:
        notes.append("No intervals: nobody said which rows are independent (a time or a block for each row).")
    elif blocks.count < 2:
        notes.append(f"No intervals: all rows lie in one block ({blocks.unit}).")
    elif blocks.count < FEW_EVENTS:
        notes.append(f"{blocks.count} blocks only: the intervals are too narrow.")
    return tuple(notes)


def _why_undefined(name: str) -> str:
    """Why is this score not a number?"""
    if name in ("far", "precision"):
        return "undefined: no event was forecast"
    if name in ("pod", "bias"):
        return "undefined: no event was observed"
    return "undefined: events and quiet rows are both needed"


def _gain(mine: Samples, theirs: Samples) -> np.ndarray:
    """1 − BS / BS_rival, NaN where the rival was perfect."""
    return 1.0 - divide(mine["brier"], theirs["brier"])


def _mean(samples: np.ndarray) -> np.ndarray:
    """Mean over groups "r" of "r group"; undefined groups are left out, all undefined is NaN."""
    known = np.isfinite(samples)
    return divide(np.where(known, samples, 0.0).sum(1), known.sum(1))


def _bounds(samples: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of the means over groups."""
    low, high = percentiles(_mean(samples))
    return float(low), float(high)


def _spread(values: np.ndarray) -> float:
    """Sample standard deviation of the defined values; NaN for fewer than two."""
    known = values[np.isfinite(values)]
    return float(np.std(known, ddof=1)) if len(known) > 1 else math.nan


def _common(values: np.ndarray) -> float | None:
    """The value all rows share, or None."""
    return float(values[0]) if len(values) and np.all(values == values[0]) else None
