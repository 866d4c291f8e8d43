"""Do methods agree? Maps of the same image compared by rank and by their strongest pixels."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import BadOptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["agreement", "rank_correlation", "top_overlap"]


def agreement(
    maps: Mapping[str, Float[np.ndarray, "h w"]],
    *,
    top_share: float = 0.01,
    seen: Bool[np.ndarray, "h w"] | None = None,
) -> pd.DataFrame:
    """Do the methods point at the same pixels?

    Args:
        maps: method → map of one image, all of one shape.
        top_share: share of the pixels that count as strongest.
        seen: which pixels count (``Preparation.seen``: those that show known field); None counts them all.

    Returns:
        One row a pair: method_a, method_b, ``rank_correlation`` (−1 to 1; 1 is the same order) and
        ``overlap`` (0 to 1; 1 is the same strongest pixels). NaN where a map has no order or no strongest
        pixels: see ``rank_correlation`` and ``top_overlap``.

    Raises:
        BadOptionError: fewer than two maps, different shapes, or a share outside 0 to 1.

    Reference:
        Krishna et al. 2022, arXiv 2202.01602, section 3 (measures of disagreement).
    """
    import pandas as pd

    if len(maps) < 2:
        raise BadOptionError(f"{len(maps)} map has nothing to agree with. Accepted: two or more.")
    rows = [
        (a, b, rank_correlation(*pair, seen=seen), top_overlap(*pair, top_share=top_share, seen=seen))
        for a, b in combinations(maps, 2)
        for pair in [(maps[a], maps[b])]
    ]
    return pd.DataFrame(rows, columns=["method_a", "method_b", "rank_correlation", "overlap"])


def rank_correlation(
    a: Float[np.ndarray, "h w"],
    b: Float[np.ndarray, "h w"],
    *,
    signed: bool = False,
    seen: Bool[np.ndarray, "h w"] | None = None,
) -> float:
    """Do two maps put the pixels in the same order? Spearman's correlation of |a| and |b|.

    Equal values share their mean rank, so that two sparse maps of unrelated pixels come out near 0. Maps that
    are zero over the same large part of what counts are alike there, and count as alike: leave out with
    ``seen`` what no method can speak of. Between sparse maps the number says mostly whether they are zero at
    the same pixels, little of the order within; ``top_overlap`` asks for the strongest alone.

    Args:
        a: one map.
        b: the other.
        signed: compare a and b themselves, so that what speaks for a flare is told from what speaks against.
        seen: which pixels count (``Preparation.seen``: those that show known field); None counts them all.

    Returns:
        −1 to 1; NaN where either map is the same everywhere that counts, since it then has no order.

    Raises:
        BadOptionError: different shapes.

    Example:
        >>> rank_correlation(np.array([[1.0, -2.0, 3.0]]), np.array([[1.0, 4.0, 9.0]]))
        1.0
    """
    from scipy.stats import rankdata

    one, two = _sizes(a, b, seen, signed=signed)
    if len(one) < 2 or one.min() == one.max() or two.min() == two.max():
        return float("nan")
    x, y = (rankdata(values) - (len(one) + 1) / 2.0 for values in (one, two))
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1.0, 1.0))


def top_overlap(
    a: Float[np.ndarray, "h w"],
    b: Float[np.ndarray, "h w"],
    *,
    top_share: float = 0.01,
    seen: Bool[np.ndarray, "h w"] | None = None,
) -> float:
    """Are the strongest pixels the same? Intersection over union of the top ``top_share`` of |a| and |b|.

    A pixel of zero is never among the strongest, so a sparse map may have fewer; of equal values all are
    taken. ``seen`` tells which pixels count; None counts them all.

    Returns:
        0 to 1; NaN where both maps are zero everywhere that counts.

    Raises:
        BadOptionError: different shapes, or a share outside 0 to 1.
    """
    if not 0.0 < top_share <= 1.0:
        raise BadOptionError(f"The top {top_share:g} of the pixels: accepted is a share above 0, at most 1.")
    one, two = (_top(size, top_share) for size in _sizes(a, b, seen))
    union = int((one | two).sum())
    return float((one & two).sum() / union) if union else float("nan")


def _top(size: Float[np.ndarray, "n"], share: float) -> Bool[np.ndarray, "n"]:
    if not size.size:
        return np.zeros(0, bool)
    count = max(1, round(share * len(size)))
    least = np.partition(size, len(size) - count)[len(size) - count]
    return np.asarray((size >= least) & (size > 0.0))


def _sizes(
    a: np.ndarray, b: np.ndarray, seen: np.ndarray | None, *, signed: bool = False
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """The values that count, in one row; a number that is not known is 0."""
    counts = np.ones(a.shape, bool) if seen is None else seen
    if not a.shape == b.shape == counts.shape:
        given = " and ".join(str(array.shape) for array in (a, b, counts))
        raise BadOptionError(f"Maps (and pixels seen) of shapes {given} cannot be compared. Give one shape.")
    one, two = (np.nan_to_num(values[counts]).astype(float) for values in (a, b))
    return (one, two) if signed else (np.abs(one), np.abs(two))
