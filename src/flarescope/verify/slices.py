"""Where is a forecast good, and where not? The same scores over parts of the rows.

A slice is a name and a mask; ``by_class``, ``by_longitude``, ``by_hours_to_flare`` and ``after_activity``
make the usual ones. Fewer than ten events say nothing about skill: such a slice gives its counts only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool

from flarescope.errors import BadOptionError
from flarescope.verify.arrays import forecast_arrays
from flarescope.verify.contingency import ContingencyTable
from flarescope.verify.intervals import Blocks, blocks_of
from flarescope.verify.scorecard import scorecard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from flarescope.verify.scores import Scores

__all__ = ["Slice", "after_activity", "by_class", "by_hours_to_flare", "by_longitude", "slice_scores"]

FEW_EVENTS = 10
Masks = dict[str, Bool[np.ndarray, "n"]]


@dataclass(frozen=True)
class Slice:
    """One part of the rows.

    Attributes:
        n: its rows.
        table: what was said and what happened in them; ``table.pod`` is the recall of a slice of events,
            ``table.pofd`` the false alarm rate of a slice of quiet rows.
        scores: with intervals, or None for fewer than ten events.
    """

    n: int
    table: ContingencyTable
    scores: Scores | None

    def to_dict(self) -> dict[str, Any]:
        """Counts, and the scores where there are enough events; as JSON takes it."""
        counts = {key: getattr(self.table, key) for key in ("tp", "fp", "fn", "tn", "events")}
        document: dict[str, Any] = {"n": self.n} | counts
        if self.scores is None:
            document["note"] = f"fewer than {FEW_EVENTS} events: counts only"
            return document
        keep = ("tss", "hss", "auc", "bss", "ece", "pod", "pofd", "n_blocks")
        scored = self.scores.to_dict()
        return document | {key: scored[key] for key in keep}


def slice_scores(
    probability: ArrayLike,
    observed: ArrayLike,
    slices: Mapping[str, ArrayLike],
    *,
    threshold: ArrayLike = 0.5,
    blocks: Blocks | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Slice]:
    """How good is the forecast in each part?

    Args:
        probability: forecasts "n".
        observed: 0 or 1 "n".
        slices: a mask "n" by name; slices may overlap and need not cover all rows.
        threshold: yes from this probability on, one number or "n".
        blocks: units of independence for the intervals.
        resamples: bootstrap samples of the blocks.
        seed: of the bootstrap.

    Raises:
        BadOptionError: columns or masks that cannot be scored.
    """
    said, events = forecast_arrays(probability, observed)
    limits = np.broadcast_to(np.asarray(threshold, float), len(said))
    found = {}
    for name, mask in slices.items():
        chosen = np.asarray(mask)
        if chosen.shape != said.shape or chosen.dtype != bool:
            raise BadOptionError(
                f"Slice '{name}' has shape {chosen.shape} and type {chosen.dtype}. "
                f"Accepted: True or False for each of {len(said)} rows."
            )
        table = ContingencyTable.from_answers((said >= limits)[chosen], events[chosen])
        scores = None
        if table.events >= FEW_EVENTS:
            part = None if blocks is None else blocks_of(blocks.ids[chosen], unit=blocks.unit)
            scores = scorecard(
                said[chosen],
                events[chosen],
                threshold=limits[chosen],
                blocks=part,
                resamples=resamples,
                seed=seed,
            )
        found[name] = Slice(int(chosen.sum()), table, scores)
    return found


def by_class(flux: ArrayLike) -> Masks:
    """By the letter of the strongest flare of the window.

    Args:
        flux: its peak flux in W m⁻² "n"; NaN or 0 where there was none.

    Returns:
        Masks "X", "M", "C", "B", "A" and "none", which part the rows.
    """
    peak = np.nan_to_num(np.asarray(flux, float))
    step = np.clip(np.floor(np.log10(np.maximum(peak, 1e-30)) + 1e-9) + 8, 0, 4)
    masks = {letter: (step == k) & (peak > 0) for k, letter in reversed(list(enumerate("ABCMX")))}
    return masks | {"none": peak <= 0}


def by_longitude(longitude: ArrayLike, *, limb_degrees: float = 70) -> Masks:
    """By the place of the strongest flare: within or beyond ``limb_degrees`` of the central meridian.

    Args:
        longitude: Stonyhurst degrees "n"; NaN where unknown.
        limb_degrees: |longitude| up to and including this is "within".

    Returns:
        Masks "within 70°", "beyond 70°" and "unknown", which part the rows.
    """
    away = np.abs(np.asarray(longitude, float))
    return {
        f"within {limb_degrees:g}°": away <= limb_degrees,
        f"beyond {limb_degrees:g}°": away > limb_degrees,
        "unknown": np.isnan(away),
    }


def by_hours_to_flare(hours: ArrayLike, *, edges: Sequence[float] = (0, 6, 12, 18, 24)) -> Masks:
    """By the time left until the flare: does the forecast see it only when it is near?

    Args:
        hours: from forecast to the first flare of the window "n"; NaN where there is none.
        edges: rising hours; each mask is lower < hours ≤ upper.

    Raises:
        BadOptionError: the edges do not rise.
    """
    limits = list(edges)
    if len(limits) < 2 or any(b <= a for a, b in pairwise(limits)):
        raise BadOptionError(
            f"Edges {limits} do not rise. Accepted: two or more rising hours, such as 0, 6, 12, 24."
        )
    away = np.asarray(hours, float)
    return {f"{a:g}-{b:g} h": (away > a) & (away <= b) for a, b in pairwise(limits)}


def after_activity(times: ArrayLike, flare_starts: ArrayLike, *, hours: float = 24) -> Masks:
    """After quiet, the forecast that matters; and after activity, where persistence does well.

    Args:
        times: ``datetime64`` of the forecasts "n", UTC.
        flare_starts: ``datetime64`` of the flares that count as activity (≥ M1.0 is usual) "f", in any order.
        hours: how far back to look; a flare with t − hours ≤ start < t makes the time active.

    Returns:
        Masks "after quiet" and "after active", which part the rows.
    """
    when = np.asarray(times, "datetime64[us]")
    starts = np.sort(np.asarray(flare_starts, "datetime64[us]"))
    back = np.timedelta64(round(hours * 3_600_000_000), "us")
    active = np.searchsorted(starts, when, "left") > np.searchsorted(starts, when - back, "left")
    return {"after quiet": ~active, "after active": active}
