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


def agreement(maps: Mapping[str, Float[np.ndarray, "h w"]], *, top_share: float = 0.01) -> pd.DataFrame:
    """Do the methods point at the same pixels?

    Args:
        maps: method → map of one image, all of one shape.
        top_share: share of the pixels that count as strongest.

    Returns:
        One row a pair: method_a, method_b, ``rank_correlation`` (−1 to 1; 1 is the same order) and
        ``overlap`` (0 to 1; 1 is the same strongest pixels). NaN where a map has no order or no strongest
        pixels: see ``rank_correlation`` and ``top_overlap``.

    Raises:
        BadOptionError: fewer than two maps, or different shapes.

    Reference:
        Krishna et al. 2022, arXiv 2202.01602, section 3 (measures of disagreement).
    """
    import pandas as pd

    if len(maps) < 2:
        raise BadOptionError(f"{len(maps)} map has nothing to agree with. Accepted: two or more.")
    rows = [
        (a, b, rank_correlation(maps[a], maps[b]), top_overlap(maps[a], maps[b], top_share=top_share))
        for a, b in combinations(maps, 2)
    ]
    return pd.DataFrame(rows, columns=["method_a", "method_b", "rank_correlation", "overlap"])


def rank_correlation(
    a: Float[np.ndarray, "h w"], b: Float[np.ndarray, "h w"], *, signed: bool = False
) -> float:
    """Do two maps put the pixels in the same order? Spearman's correlation of |a| and |b|.

    With ``signed`` that of a and b themselves, so that what speaks for a flare is told from what speaks
    against it.

    Pixels that are zero in both are left out: off the disk no method has anything to say, and counting half
    an image of zeros as agreement would make any two maps alike.

    Returns:
        −1 to 1; NaN where either map is the same everywhere that counts, since it then has no order.

    Raises:
        BadOptionError: different shapes.

    Example:
        >>> rank_correlation(np.array([[1.0, -2.0, 3.0]]), np.array([[1.0, 4.0, 9.0]]))
        1.0
    """
    from scipy.stats import rankdata

    one, two = _sizes(a, b, signed=signed)
    counts = (one != 0.0) | (two != 0.0)
    one, two = one[counts], two[counts]
    if len(one) < 2 or one.min() == one.max() or two.min() == two.max():
        return float("nan")
    x, y = (rankdata(values) - (len(one) + 1) / 2.0 for values in (one, two))
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1.0, 1.0))


def top_overlap(
    a: Float[np.ndarray, "h w"], b: Float[np.ndarray, "h w"], *, top_share: float = 0.01
) -> float:
    """Are the strongest pixels the same? Intersection over union of the top ``top_share`` of |a| and |b|.

    A pixel of zero is never among the strongest, so a sparse map may have fewer; of equal values all are
    taken.

    Returns:
        0 to 1; NaN where both maps are zero everywhere.

    Raises:
        BadOptionError: different shapes, or a share outside 0 to 1.
    """
    if not 0.0 < top_share <= 1.0:
        raise BadOptionError(f"The top {top_share:g} of the pixels: accepted is a share above 0, at most 1.")
    one, two = (_top(size, top_share) for size in _sizes(a, b))
    union = int((one | two).sum())
    return float((one & two).sum() / union) if union else float("nan")


def _top(size: Float[np.ndarray, "n"], share: float) -> Bool[np.ndarray, "n"]:
    count = max(1, round(share * len(size)))
    least = np.partition(size, len(size) - count)[len(size) - count]
    return np.asarray((size >= least) & (size > 0.0))


def _sizes(
    a: np.ndarray, b: np.ndarray, *, signed: bool = False
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    if a.shape != b.shape:
        raise BadOptionError(f"Maps of shapes {a.shape} and {b.shape} cannot be compared. Give one shape.")
    one, two = (np.nan_to_num(values.ravel()).astype(float) for values in (a, b))
    return (one, two) if signed else (np.abs(one), np.abs(two))
