"""Near-real-time against definitive data: how much do the forecasts differ, and is either better calibrated?

Differences are definitive less near-real-time throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.evaluation.change import CHANGES, SMALLEST, change_statistics
from flarescope.evaluation.comparison import Comparison, ScoreChange, hour_of
from flarescope.evaluation.pairs import IMAGE_RIVALS, pair_up
from flarescope.verify import Estimate, Reliability, blocks_of_days, reliability, scorecard

if TYPE_CHECKING:
    from datetime import timedelta

    from numpy.typing import ArrayLike

    from flarescope.evaluation.field_change import FieldChange
    from flarescope.evaluation.pairs import Said
    from flarescope.verify import Blocks

__all__ = ["LEAST_BLOCKS", "SCORED", "Comparison", "ScoreChange", "compare"]

LEAST_BLOCKS = 10  # percentile intervals of fewer blocks are too narrow, so none are given
SCORED = ("tss", "hss", "auc", "bss", "ece", "brier")
NO_WEIGHT = (
    "In {k} of {n} pairs the image has weight 0: these forecasts cannot differ through the image, whatever "
    "it shows. What the image itself says is compared apart (rivals)."
)


def compare(
    nrt: Said,
    definitive: Said,
    *,
    observed: ArrayLike | None = None,
    tolerance: str | timedelta = "6min",
    block_days: float = 27,
    resamples: int = 1000,
    seed: int = 0,
    fields: tuple[FieldChange, ...] = (),
    notes: tuple[str, ...] = (),
) -> Comparison:
    """How do forecasts on near-real-time data differ from those on the definitive series?

    Forecasts are joined by observed time, region and question. Pairs of one block of days go together in
    every resample, and both sets are resampled alike. With fewer than ten blocks no interval is given. Where
    forecasts tell what the image says, that is compared in the same way, see ``Comparison.rivals``.

    Args:
        nrt: forecasts on near-real-time data.
        definitive: forecasts on definitive data.
        observed: what happened after each row of ``nrt``, 1 or 0, NaN where nobody knows.
        tolerance: how far two observations of one hour may lie apart.
        block_days: length of a bootstrap block.
        resamples: bootstrap samples of the blocks.
        seed: of the bootstrap.
        fields: differences of the images, see ``field_change``.
        notes: what the reader of the inputs noticed.

    Raises:
        MissingDataError: no hour is in both sets.
        BadOptionError: columns that cannot be scored.

    Example:
        >>> hours = np.array(["2014-01-01T00", "2014-01-01T01"], "datetime64[us]")
        >>> a = Said("nrt", hours, np.array([0.2, 0.6]), np.array(0.5))
        >>> b = Said("definitive", hours, np.array([0.3, 0.6]), np.array(0.5))
        >>> round(compare(a, b).changes["mean_difference"].value, 3)
        0.05
    """
    pairs = pair_up(nrt, definitive, tolerance=tolerance)
    if not len(pairs):
        raise MissingDataError(_nothing_in_common(nrt, definitive))
    mine, theirs = nrt.rows(pairs.nrt), definitive.rows(pairs.definitive)
    outcome = _outcomes(observed, len(nrt))[pairs.nrt]
    judge = _Judge(blocks_of_days(mine.times, block_days), block_days, resamples, seed)
    found = _compared(mine, theirs, outcome, judge)
    unused = int((mine.image_unused & theirs.image_unused).sum())
    warning = [NO_WEIGHT.format(k=unused, n=len(mine))] if unused else []
    return replace(
        found,
        only_nrt=nrt.times[pairs.only_nrt],
        only_definitive=definitive.times[pairs.only_definitive],
        fields=fields,
        image_unused=unused,
        rivals=_rivals(mine, theirs, outcome, judge),
        notes=(*warning, *notes, *pairs.notes, *found.notes),
    )


def _compared(mine: Said, theirs: Said, outcome: Float[np.ndarray, "n"], judge: _Judge) -> Comparison:
    """Two sets whose rows are pairs already."""
    gap = theirs.probability - mine.probability
    top = int(np.argmax(np.abs(gap)))
    yes = mine.probability >= mine.threshold, theirs.probability >= theirs.threshold
    scored = _scored(mine, theirs, outcome, judge)
    return Comparison(
        data=(mine.name, theirs.name),
        times=mine.times,
        p_nrt=mine.probability,
        p_definitive=theirs.probability,
        only_nrt=mine.times[:0],
        only_definitive=theirs.times[:0],
        changes=judge.changes(mine.probability, theirs.probability, yes[0] != yes[1]),
        largest=(float(gap[top]), mine.times[top]),
        to_yes=int((yes[1] & ~yes[0]).sum()),
        to_no=int((yes[0] & ~yes[1]).sum()),
        n_blocks=judge.blocks.count,
        block_unit=judge.blocks.unit,
        notes=(*_no_logit(mine, theirs), *scored.pop("notes"), *judge.notes()),
        **scored,
    )


def _rivals(
    mine: Said, theirs: Said, outcome: Float[np.ndarray, "n"], judge: _Judge
) -> dict[str, Comparison]:
    """What the image says, on the pairs whose two forecasts both tell it."""
    found = {}
    for name in IMAGE_RIVALS:
        both = np.flatnonzero(np.isfinite(mine.of_rival(name)) & np.isfinite(theirs.of_rival(name)))
        if both.size:
            a, b = (replace(s.rows(both), probability=s.of_rival(name)[both]) for s in (mine, theirs))
            found[name] = _compared(a, b, outcome[both], judge.of(a))
    return found


@dataclass(frozen=True)
class _Judge:
    """Which rows are drawn together, and whether there are enough of them."""

    blocks: Blocks
    block_days: float
    resamples: int
    seed: int

    def of(self, said: Said) -> _Judge:
        """The same rule for other rows."""
        return replace(self, blocks=blocks_of_days(said.times, self.block_days))

    @property
    def enough(self) -> bool:
        return self.blocks.count >= LEAST_BLOCKS

    @property
    def how(self) -> str:
        if self.enough:
            return self.blocks.how(self.resamples)
        count = "1 block" if self.blocks.count == 1 else f"{self.blocks.count} blocks"
        return f"interval unknown: {count} of {self.blocks.unit}, at least {LEAST_BLOCKS} are needed"

    def notes(self) -> list[str]:
        return [] if self.enough else [f"No intervals: {self.how.removeprefix('interval unknown: ')}."]

    def changes(
        self, p: Float[np.ndarray, "n"], q: Float[np.ndarray, "n"], changed: np.ndarray
    ) -> dict[str, Estimate]:
        """Every change with its interval."""
        drawn = self.blocks if self.enough else None
        point, low, high = change_statistics(p, q, changed, drawn, resamples=self.resamples, seed=self.seed)
        return {
            name: Estimate(
                point[name],
                low[name],
                high[name],
                self.how if math.isfinite(point[name]) else "undefined: one side always says the same",
            )
            for name in CHANGES
        }

    def told(self, estimate: Estimate) -> Estimate:
        """The same score, which says why it has no interval."""
        if self.enough or math.isnan(estimate.value):
            return estimate
        return Estimate(estimate.value, math.nan, math.nan, f"{estimate.how}; {self.how}")

    def curve(self, probability: np.ndarray, events: np.ndarray) -> Reliability:
        """Reliability; rows taken for independent would give bounds that nobody can believe, so none then."""
        given = {"resamples": self.resamples, "seed": self.seed} if self.enough else {}
        curve = reliability(probability, events, blocks=self.blocks if self.enough else None, **given)
        if self.enough:
            return curve
        unknown = np.full(len(curve.count), np.nan)
        return Reliability(
            curve.lower, curve.count, curve.events, curve.mean_forecast, curve.observed_rate,
            unknown, unknown, self.how,
        )  # fmt: skip


def _scored(mine: Said, theirs: Said, outcome: Float[np.ndarray, "n"], judge: _Judge) -> dict[str, Any]:
    """Scores of both on the pairs whose outcome is known."""
    known = np.flatnonzero(np.isfinite(outcome))
    unknown = len(outcome) - len(known)
    if not len(known):
        return {"notes": ["No scores: nobody said what happened (--flares, or a column of outcomes)."]}
    notes = [f"{unknown} pairs are not scored: what happened is not known."] if unknown else []
    events = outcome[known] == 1.0
    a, b = mine.rows(known), theirs.rows(known)
    judge = judge.of(a)
    card = scorecard(
        b.probability, events, threshold=b.threshold, blocks=judge.blocks if judge.enough else None,
        references={"nrt": a.probability}, reference_thresholds={"nrt": a.threshold},
        resamples=judge.resamples, seed=judge.seed,
    )  # fmt: skip
    rival = card.rivals["nrt"]
    scores = {
        name: ScoreChange(*map(judge.told, (rival.scores[name], card[name], rival.differences[name])))
        for name in SCORED
    }
    curves = judge.curve(a.probability, events), judge.curve(b.probability, events)
    said = [note for note in card.notes if not note.startswith("No intervals")]
    counts = {"scored": len(known), "events": int(events.sum())}
    return {**counts, "scores": scores, "curves": curves, "notes": [*notes, *said]}


def _outcomes(observed: ArrayLike | None, n: int) -> Float[np.ndarray, "n"]:
    if observed is None:
        return np.full(n, np.nan)
    values = np.asarray(observed, float)
    if values.shape != (n,):
        raise BadOptionError(f"{n} forecasts, but outcomes of shape {values.shape}. Give one each, or NaN.")
    bad = np.flatnonzero(np.isfinite(values) & (values != 0.0) & (values != 1.0) | np.isinf(values))
    if bad.size:
        raise BadOptionError(f"Outcome {values[bad[0]]:g} in row {bad[0] + 1}. Accepted: 0, 1, or NaN.")
    return values


def _no_logit(mine: Said, theirs: Said) -> list[str]:
    """Certainties are moved before their logit is taken, and still pull at the line."""
    sure = sum(int((np.abs(side.probability - 0.5) > 0.5 - SMALLEST).sum()) for side in (mine, theirs))
    if not sure:
        return []
    return [f"{sure} probabilities lie within {SMALLEST:g} of 0 or 1: slope and intercept take them as that."]


def _nothing_in_common(nrt: Said, definitive: Said) -> str:
    a, b = (
        f"{side.name} ({hour_of(side.times.min())} to {hour_of(side.times.max())})"
        if len(side)
        else side.name
        for side in (nrt, definitive)
    )
    return (
        f"No hour, region and question is in both {a} and {b}. Give forecasts of the same hours, or a longer "
        "--tolerance."
    )
