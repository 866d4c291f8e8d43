"""Statistics first, scores after: sums per block and group, from which every score of every resample follows.

A bootstrap sample is a count of how often each block was drawn. Weighted sums of the per-block statistics
then give all scores but AUC; AUC needs ranks, sorted once and weighted anew for each resample. Both exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from flarescope.verify.arrays import divide
from flarescope.verify.contingency import ContingencyTable
from flarescope.verify.probability import bin_of

__all__ = ["SCORES", "BlockStatistics", "Rows"]

BINS = 10  # equal-width bins of probability for the calibration error
SCORES = (
    "tss",
    "hss",
    "auc",
    "bss",
    "ece",
    "brier",
    "pod",
    "pofd",
    "far",
    "precision",
    "bias",
    "csi",
    "f1",
    "accuracy",
)
_TABLE_SCORES = ("tss", "hss", "pod", "pofd", "far", "precision", "bias", "csi", "f1", "accuracy")


@dataclass(frozen=True, eq=False)
class Rows:
    """Checked rows of one forecast, with the block and the group of each.

    Attributes:
        probability: "n".
        observed: "n".
        threshold: "n": yes is a probability ≥ this.
        block: "n", 0 to blocks − 1.
        group: "n", 0 to groups − 1.
    """

    probability: Float[np.ndarray, "n"]
    observed: Bool[np.ndarray, "n"]
    threshold: Float[np.ndarray, "n"]
    block: Int[np.ndarray, "n"]
    group: Int[np.ndarray, "n"]

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return int(self.block.max()) + 1

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self.group.max()) + 1


@dataclass(frozen=True, eq=False)
class _Ranks:
    """The rows of one group in the order AUC needs."""

    event_block: Int[np.ndarray, "e"]
    quiet_block: Int[np.ndarray, "q"]  # by rising probability
    below: Int[np.ndarray, "e"]  # quiet rows with a lower probability than this event's
    not_above: Int[np.ndarray, "e"]  # quiet rows with a probability no higher

    def auc(self, weights: Float[np.ndarray, "r block"]) -> Float[np.ndarray, "r"]:
        """Share of (event, quiet row) pairs ranked rightly, each row as often as its block was drawn."""
        values = np.full(len(weights), np.nan)
        drawn = np.zeros(len(self.quiet_block) + 1)
        for row, weight in enumerate(weights):
            np.cumsum(weight[self.quiet_block], out=drawn[1:])
            events = weight[self.event_block]
            pairs = events.sum() * drawn[-1]
            if pairs > 0:
                values[row] = events @ (drawn[self.below] + drawn[self.not_above]) / (2.0 * pairs)
        return values


class BlockStatistics:
    """All that the scores of one forecast need to know about its rows.

    Example:
        >>> every_block_once = np.ones((1, rows.blocks))
        >>> BlockStatistics(rows).scores(every_block_once)["tss"]  # "1 group"
    """

    def __init__(self, rows: Rows) -> None:
        yes = rows.probability >= rows.threshold
        error = rows.probability - rows.observed
        cell = rows.block * rows.groups + rows.group
        cells = rows.blocks * rows.groups
        columns = (None, rows.observed, yes, yes & rows.observed, error**2)
        plain = np.stack([np.bincount(cell, column, cells) for column in columns], axis=-1)
        binned = np.bincount(cell * BINS + bin_of(rows.probability, BINS), error, cells * BINS)
        sums = np.concatenate([plain, binned.reshape(cells, BINS)], axis=1)
        self._sums = sums.reshape(rows.blocks, -1)  # block × (group · statistic)
        self._groups = rows.groups
        self._ranks = [_ranks(rows, rows.group == group) for group in range(rows.groups)]

    def scores(self, weights: Float[np.ndarray, "r block"]) -> dict[str, Float[np.ndarray, "r group"]]:
        """Every score of every group in every resample; "pooled_ece" "r 1" over all groups together."""
        totals = (weights @ self._sums).reshape(len(weights), self._groups, -1)
        n, events, yes, hits, squares = np.moveaxis(totals[..., :5], -1, 0)
        table = ContingencyTable(hits, yes - hits, events - hits, n - yes - events + hits)
        scores = {name: getattr(table, name) for name in _TABLE_SCORES}
        rate = table.base_rate
        scores["brier"] = divide(squares, n)
        scores["bss"] = 1.0 - divide(scores["brier"], rate * (1.0 - rate))
        scores["ece"] = divide(np.abs(totals[..., 5:]).sum(-1), n)
        scores["pooled_ece"] = divide(np.abs(totals[..., 5:].sum(1)).sum(-1), n.sum(1))[:, None]
        scores["auc"] = np.stack([ranks.auc(weights) for ranks in self._ranks], axis=1)
        return scores


def _ranks(rows: Rows, chosen: Bool[np.ndarray, "n"]) -> _Ranks:
    """Sort the quiet rows of one group and find each event's place among them."""
    active, quiet = chosen & rows.observed, chosen & ~rows.observed
    order = np.argsort(rows.probability[quiet], kind="stable")
    ascending, said = rows.probability[quiet][order], rows.probability[active]
    return _Ranks(
        event_block=rows.block[active],
        quiet_block=rows.block[quiet][order],
        below=np.searchsorted(ascending, said, "left"),
        not_above=np.searchsorted(ascending, said, "right"),
    )
