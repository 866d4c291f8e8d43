"""Probabilities against what happened: Brier scores, ROC, reliability, and where to put the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float, Int

from flarescope.errors import BadOptionError
from flarescope.verify.arrays import divide, forecast_arrays, probability_array
from flarescope.verify.contingency import ContingencyTable
from flarescope.verify.intervals import percentiles, resampled_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from flarescope.verify.intervals import Blocks

__all__ = [
    "Reliability",
    "Roc",
    "ThresholdCurve",
    "auc",
    "best_threshold",
    "bin_of",
    "brier",
    "bss",
    "ece",
    "reliability",
    "roc",
    "threshold_curve",
]


def brier(probability: ArrayLike, observed: ArrayLike) -> float:
    """How far were the probabilities from what happened? Mean of (p − o)²; 0 to 1, best 0.

    Raises:
        BadOptionError: the columns cannot be scored.
    """
    forecast, events = forecast_arrays(probability, observed)
    return float(np.mean((forecast - events) ** 2))


def bss(probability: ArrayLike, observed: ArrayLike, *, reference: ArrayLike | None = None) -> float:
    """How much better than a reference? Brier skill score 1 − BS / BS_reference; up to 1, best 1, 0 no gain.

    Args:
        probability: forecasts "n".
        observed: 0 or 1 "n".
        reference: the rival's probability, one number or "n"; without it the base rate of these very rows,
            which no forecaster could have known.

    Returns:
        NaN if the reference was perfect (for the base rate: if all rows are of one class).

    Raises:
        BadOptionError: the columns cannot be scored.
    """
    forecast, events = forecast_arrays(probability, observed)
    rival = np.full(len(events), events.mean()) if reference is None else np.asarray(reference, float)
    rival = probability_array(
        np.broadcast_to(rival, len(events)) if rival.ndim == 0 else rival, what="Reference"
    )
    against = brier(rival, events)
    return 1.0 - brier(forecast, events) / against if against > 0.0 else float("nan")


def bin_of(probability: Float[np.ndarray, "n"], bins: int = 10) -> Int[np.ndarray, "n"]:
    """Which of ``bins`` equal-width bins holds each probability? Lower edges belong, and 1 is in the last."""
    return np.asarray(np.minimum((probability * bins).astype(int), bins - 1))


@dataclass(frozen=True, eq=False)
class Reliability:
    """What happened when 30 % was said? One entry a bin; NaN where a bin is empty.

    Attributes:
        lower: lower edges "b"; each bin reaches to the next, the last one to 1 inclusive.
        count: forecasts in the bin "b".
        events: of these, how many were followed by an event "b".
        mean_forecast: mean probability "b".
        observed_rate: share of events "b".
        low: lower bound of the observed rate (95 %) "b".
        high: upper bound "b".
        how: what the bounds are.
    """

    lower: Float[np.ndarray, "b"]
    count: Int[np.ndarray, "b"]
    events: Int[np.ndarray, "b"]
    mean_forecast: Float[np.ndarray, "b"]
    observed_rate: Float[np.ndarray, "b"]
    low: Float[np.ndarray, "b"]
    high: Float[np.ndarray, "b"]
    how: str


def reliability(
    probability: ArrayLike,
    observed: ArrayLike,
    *,
    bins: int = 10,
    blocks: Blocks | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Reliability:
    """Does an event follow in 30 % of the cases in which 30 % was said?

    Args:
        probability: forecasts "n".
        observed: 0 or 1 "n".
        bins: equal-width bins of probability.
        blocks: units of independence for the bounds; without them Wilson's bounds, which take every row for
            independent and so are far too narrow for hourly forecasts.
        resamples: how many bootstrap samples of the blocks.
        seed: of the bootstrap.

    Raises:
        BadOptionError: the columns cannot be scored, or there is no bin.
    """
    forecast, events = forecast_arrays(probability, observed)
    if bins < 1:
        raise BadOptionError(f"{bins} bins are no bins. Accepted: 1 or more.")
    where = bin_of(forecast, bins)
    count, happened = np.bincount(where, minlength=bins), np.bincount(where, events, minlength=bins)
    rate = divide(happened, count)
    if blocks is None:
        low, high = _wilson(happened, count)
        how = "95 % Wilson interval, every row taken for independent"
    else:
        cell, cells = blocks.ids * bins + where, blocks.count * bins
        sums = np.stack(
            [np.bincount(cell, w, cells).reshape(-1, bins) for w in (events, np.ones(len(events)))]
        )
        rates = [divide(w @ sums[0], w @ sums[1]) for w in resampled_weights(blocks, resamples, seed)]
        low, high = percentiles(np.concatenate(rates))
        how = blocks.how(resamples)
    return Reliability(
        lower=np.arange(bins) / bins,
        count=count,
        events=happened.astype(int),
        mean_forecast=divide(np.bincount(where, forecast, minlength=bins), count),
        observed_rate=rate,
        low=low,
        high=high,
        how=how,
    )


def ece(probability: ArrayLike, observed: ArrayLike, *, bins: int = 10) -> float:
    """How far is what was said from what followed? Expected calibration error; 0 to 1, best 0.

    Σ over bins of (rows in bin / n) · |mean probability − share of events|, with equal-width bins.

    Raises:
        BadOptionError: the columns cannot be scored.
    """
    forecast, events = forecast_arrays(probability, observed)
    gap = np.bincount(bin_of(forecast, bins), forecast - events, minlength=bins)
    return float(np.abs(gap).sum() / len(events))


@dataclass(frozen=True, eq=False)
class Roc:
    """Hits against false alarms as the threshold falls; from (0, 0) to (1, 1).

    Attributes:
        threshold: "yes" from this probability on "k"; the first is infinite: nothing is forecast.
        pod: share of events forecast "k".
        pofd: share of quiet rows called events "k".
    """

    threshold: Float[np.ndarray, "k"]
    pod: Float[np.ndarray, "k"]
    pofd: Float[np.ndarray, "k"]


def roc(probability: ArrayLike, observed: ArrayLike) -> Roc:
    """What do more hits cost in false alarms? One point for each probability that was said.

    Raises:
        BadOptionError: the columns cannot be scored.
    """
    curve = threshold_curve(probability, observed)
    return Roc(
        np.concatenate([[np.inf], curve.threshold[::-1]]),
        np.concatenate([[0.0], curve.table.pod[::-1]]),
        np.concatenate([[0.0], curve.table.pofd[::-1]]),
    )


def auc(probability: ArrayLike, observed: ArrayLike) -> float:
    """How often does an event rank above a quiet row? Area under the ROC curve; 0 to 1, best 1, 0.5 no skill.

    Exact: the share of (event, quiet row) pairs in which the event has the higher probability; equals count
    half. NaN if one class is absent. *Reference*: Mann and Whitney 1947.

    Raises:
        BadOptionError: the columns cannot be scored.
    """
    forecast, events = forecast_arrays(probability, observed)
    quiet, active = np.sort(forecast[~events]), forecast[events]
    if not (len(quiet) and len(active)):
        return float("nan")
    below = np.searchsorted(quiet, active, "left") + np.searchsorted(quiet, active, "right")
    return float(below.sum() / (2.0 * len(quiet) * len(active)))


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """Every threshold that makes a difference, and the table that each one gives.

    Attributes:
        threshold: ascending "k"; "yes" is a probability ≥ threshold.
        table: counts as arrays "k", so that ``curve.table.tss`` is the TSS at each threshold.
    """

    threshold: Float[np.ndarray, "k"]
    table: ContingencyTable


def threshold_curve(probability: ArrayLike, observed: ArrayLike) -> ThresholdCurve:
    """What would the scores be at another threshold?

    Raises:
        BadOptionError: the columns cannot be scored.
    """
    forecast, events = forecast_arrays(probability, observed)
    threshold, where = np.unique(forecast, return_inverse=True)
    happened = np.bincount(where, events).astype(int)
    quiet = np.bincount(where).astype(int) - happened
    tp, fp = np.cumsum(happened[::-1])[::-1], np.cumsum(quiet[::-1])[::-1]
    return ThresholdCurve(threshold, ContingencyTable(tp, fp, happened.sum() - tp, quiet.sum() - fp))


def best_threshold(
    probability: ArrayLike, observed: ArrayLike, *, score: Literal["tss", "hss", "csi", "f1"] = "tss"
) -> float:
    """From which probability on should one say yes? To be asked of training rows only, never of test rows.

    The threshold lies half-way between the two neighbouring probabilities; the lowest of equals wins.

    Raises:
        BadOptionError: the columns cannot be scored, hold one class only, or the score is not offered.
    """
    if score not in ("tss", "hss", "csi", "f1"):
        raise BadOptionError(f"Score '{score}' sets no threshold. Accepted: tss, hss, csi, f1.")
    curve = threshold_curve(probability, observed)
    values = np.asarray(getattr(curve.table, score))
    if not np.isfinite(curve.table.tss).any():
        raise BadOptionError(
            "A threshold needs events and quiet rows to be fitted on; these rows are of one class."
        )
    best = int(np.nanargmax(values))
    below = curve.threshold[best - 1] if best else 0.0
    return float((below + curve.threshold[best]) / 2)


def _wilson(events: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % bounds of a share. *Reference*: Wilson 1927."""
    z2 = 1.959964**2
    centre = divide(events + z2 / 2, count + z2)
    share = divide(events, count)
    half = np.sqrt(z2) * np.sqrt(count * share * (1 - share) + z2 / 4) / (count + z2)
    return np.where(count > 0, centre - half, np.nan), np.where(count > 0, centre + half, np.nan)
