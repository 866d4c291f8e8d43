"""What a forecast is worth: scores with intervals, by group, and against rivals."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flarescope.verify.intervals import Estimate

__all__ = ["GroupScores", "Rivalry", "Scores"]


@dataclass(frozen=True)
class GroupScores:
    """One group's counts and scores; NaN where a score is undefined.

    ``threshold`` is None where rows of the group had different ones.
    """

    n: int
    events: int
    threshold: float | None
    values: dict[str, float]


@dataclass(frozen=True)
class Rivalry:
    """The same rows forecast by a rival.

    Attributes:
        bss: Brier skill of our forecast with the rival as reference.
        scores: the rival's own scores.
        differences: our score less the rival's, both from the same draws of blocks.
    """

    bss: Estimate
    scores: dict[str, Estimate]
    differences: dict[str, Estimate]


@dataclass(frozen=True)
class Scores:
    """What a forecast is worth, with intervals.

    Attributes:
        n: rows scored.
        events: rows on which the event happened.
        threshold: yes from this probability on; None where it differs between rows.
        n_blocks: independent blocks behind the intervals; 0 where none were given.
        block_unit: what a block is, such as "27 days".
        estimates: by score, in the order of ``SCORES``.
        groups: by group, in sorted order; empty without groups.
        rivals: by name of the reference.
        notes: what a reader must know.
    """

    n: int
    events: int
    threshold: float | None
    n_blocks: int
    block_unit: str
    estimates: dict[str, Estimate]
    groups: dict[str, GroupScores] = field(default_factory=dict)
    rivals: dict[str, Rivalry] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __getitem__(self, score: str) -> Estimate:
        """One score by name: ``scores["tss"]``."""
        return self.estimates[score]

    def __str__(self) -> str:
        """One line of the main scores, such as TSS 0.508 [0.432, 0.566]."""
        head = ("tss", "hss", "auc", "bss", "ece")
        return "  ".join(f"{name.upper()} {self.estimates[name]}" for name in head)

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it: undefined numbers are None, with the reason in "how"."""
        counts = {"n": self.n, "events": self.events, "base_rate": _number(self.events / self.n)}
        document: dict[str, Any] = {name: _plain(value) for name, value in self.estimates.items()}
        document |= counts | {
            "threshold": self.threshold,
            "n_blocks": self.n_blocks,
            "block_unit": self.block_unit,
        }
        document["groups"] = {
            name: {"n": g.n, "events": g.events, "threshold": g.threshold}
            | {score: _number(value) for score, value in g.values.items()}
            for name, g in self.groups.items()
        }
        document["references"] = {
            name: {
                "bss": _plain(rival.bss),
                "scores": {score: _plain(value) for score, value in rival.scores.items()},
                "difference": {score: _plain(value) for score, value in rival.differences.items()},
            }
            for name, rival in self.rivals.items()
        }
        document["notes"] = list(self.notes)
        return document


def _number(value: float) -> float | None:
    """Six decimals for JSON, None for NaN."""
    return round(value, 6) if math.isfinite(value) else None


def _plain(estimate: Estimate) -> dict[str, Any]:
    """An estimate for JSON."""
    names = {"mean": estimate.value, "sd": estimate.sd, "low": estimate.low, "high": estimate.high}
    return {key: _number(value) for key, value in names.items()} | {"how": estimate.how}
