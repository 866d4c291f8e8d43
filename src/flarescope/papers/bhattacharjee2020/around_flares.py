"""How long before or after a flare was this seen, and how often is a flaring region recognised then?

The hours follow section 4.2 of the paper: every flare has a window of 72 hours to both sides, and where two
flares of a region are less than 144 hours apart, what lies between them is split in halves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from flarescope.errors import BadOptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["EDGES", "WINDOW_HOURS", "flare_follows", "hours_from_flares", "recall_curve"]

WINDOW_HOURS = 72.0
EDGES = np.arange(-WINDOW_HOURS, WINDOW_HOURS + 1, 3.0)  # no bin holds both sides of the flare


def hours_from_flares(
    times: ArrayLike, flare_times: ArrayLike
) -> tuple[Float[np.ndarray, "n"], Bool[np.ndarray, "n"]]:
    """How far from which flare of its region was each observation made?

    hours = t − T of the nearest flare, which gives the first half of what lies between two flares to the
    first and the second half to the second; just in the middle counts as after the first. Further than 72
    hours from every flare there is no value.

    Args:
        times: observations of one region, "n", datetime64 UTC.
        flare_times: starts of that region's flares, "f", datetime64 UTC, in any order.

    Returns:
        hours: "n", negative before the flare, NaN beyond ±72.
        isolated: "n", True where the flare has no other within 144 hours; False where hours is NaN.

    Example:
        >>> day = np.array(["2011-02-14T00", "2011-02-15T01"], "datetime64[h]")
        >>> hours_from_flares(day, day[1:])[0]
        array([-25.,   0.])

    *Reference*: Bhattacharjee et al. 2020, section 4.2.
    """
    seen = np.asarray(times, "datetime64[us]")
    flares = np.unique(np.asarray(flare_times, "datetime64[us]"))  # one time listed twice is one flare
    if not len(flares):
        return np.full(len(seen), np.nan), np.zeros(len(seen), bool)
    after = np.minimum(np.searchsorted(flares, seen), len(flares) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(seen - flares[before]) <= np.abs(seen - flares[after]), before, after)
    hours = (seen - flares[nearest]) / np.timedelta64(1, "h")
    inside = np.abs(hours) <= WINDOW_HOURS
    gaps = np.diff(flares) / np.timedelta64(1, "h")
    room = np.minimum(np.append(np.inf, gaps), np.append(gaps, np.inf))
    alone = room >= 2 * WINDOW_HOURS
    return np.where(inside, hours, np.nan), inside & alone[nearest]


def flare_follows(
    times: ArrayLike, flare_times: ArrayLike, *, within_hours: float = 24.0
) -> Bool[np.ndarray, "n"]:
    """Does a flare start within (t, t + ``within_hours``)? Open at both ends; the halfway rule has no say.

    Args:
        times: observations of one region, "n", datetime64 UTC.
        flare_times: starts of that region's flares, "f", datetime64 UTC, in any order.
        within_hours: length of the window.

    Example:
        >>> day = np.array(["2011-02-14T00", "2011-02-15T01"], "datetime64[h]")
        >>> flare_follows(day, day[1:], within_hours=48)
        array([ True, False])
    """
    seen = np.asarray(times, "datetime64[us]")
    flares = np.sort(np.asarray(flare_times, "datetime64[us]"))
    until = seen + np.timedelta64(round(within_hours * 3.6e9), "us")
    return np.asarray(np.searchsorted(flares, until, "left") > np.searchsorted(flares, seen, "right"))


def recall_curve(
    hours: ArrayLike,
    said_yes: ArrayLike,
    groups: ArrayLike,
    *,
    bins: ArrayLike = EDGES,
    sigma_over: Literal["splits", "regions"] = "splits",
) -> pd.DataFrame:
    """What share of a flaring region's observations is recognised, by hours from the flare?

    recall = TP / (TP + FN) of the observations in each bin.

    Args:
        hours: from the flare, "n"; NaN rows are left out, so all observations may be given.
        said_yes: was the region called flaring? "n".
        groups: the split (or the region) of each row, "n". A row that several splits test is given once for
            each.
        bins: edges in hours, rising; a bin holds its lower edge, the last one its upper edge too.
        sigma_over: "splits": recall is the mean over the groups' recalls and sigma their standard deviation,
            as in the paper. "regions": recall is that of all rows together and sigma the error it has from
            drawing these regions, rows of one region moving together.

    Returns:
        hour (middle of the bin), recall, sigma (one standard deviation) and n (rows, all groups together);
        NaN where there are no rows, and sigma also where there is one group only.

    Raises:
        BadOptionError: columns of different lengths, edges that do not rise, or another ``sigma_over``.

    *Reference*: Bhattacharjee et al. 2020, section 4.2 and Figure 5.
    """
    edges = np.asarray(bins, float)
    rows = _rows(np.asarray(hours, float), np.asarray(said_yes), np.asarray(groups), edges)
    if sigma_over not in ("splits", "regions"):
        raise BadOptionError(f"sigma_over '{sigma_over}' is not accepted. Accepted: splits or regions.")
    counts = rows.groupby(["bin", "group"])["yes"].agg(["sum", "size"]).reset_index()
    found = counts.groupby("bin")[["sum", "size"]].apply(
        _of_splits if sigma_over == "splits" else _of_regions
    )
    found = found.reindex(range(len(edges) - 1))
    curve = pd.DataFrame({"hour": (edges[:-1] + edges[1:]) / 2})
    for name in ("recall", "sigma", "n"):
        curve[name] = found[name].to_numpy(float) if name in found else np.nan
    return curve.assign(n=curve["n"].fillna(0).astype(int))


def _rows(hours: np.ndarray, yes: np.ndarray, groups: np.ndarray, edges: np.ndarray) -> pd.DataFrame:
    if not len(hours) == len(yes) == len(groups):
        raise BadOptionError(
            f"{len(hours)} hours, {len(yes)} answers and {len(groups)} groups: give one of each a row."
        )
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise BadOptionError(f"Edges {edges.tolist()} do not rise. Accepted: two or more rising hours.")
    number = np.searchsorted(edges, hours, side="right") - 1
    number[hours == edges[-1]] = len(edges) - 2
    kept = np.isfinite(hours) & (number >= 0) & (number < len(edges) - 1)
    return pd.DataFrame({"bin": number[kept], "group": groups[kept], "yes": yes[kept].astype(bool)})


def _of_splits(counts: pd.DataFrame) -> pd.Series[float]:
    """Mean and standard deviation of the groups' recalls in one bin."""
    recalls = counts["sum"] / counts["size"]
    return pd.Series({"recall": recalls.mean(), "sigma": recalls.std(), "n": counts["size"].sum()})


def _of_regions(counts: pd.DataFrame) -> pd.Series[float]:
    """Recall of all rows in one bin, and its error as a ratio of two sums over regions."""
    n, regions = counts["size"].sum(), len(counts)
    recall = counts["sum"].sum() / n
    scatter = ((counts["sum"] - recall * counts["size"]) ** 2).sum()
    factor = regions / (regions - 1) if regions > 1 else np.nan
    return pd.Series({"recall": recall, "sigma": np.sqrt(factor * scatter) / n, "n": n})
