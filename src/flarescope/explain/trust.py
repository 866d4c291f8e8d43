"""Which explanation can be trusted? Checks of many maps, summed up for each method with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.verify.intervals import Blocks, blocks_of, percentiles, resampled_weights

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["beside", "trust_table"]

KEYS = ("method", "image", "block")
COLUMNS = ["method", "check", "mean", "low", "high", "images", "blocks"]


def trust_table(scored: pd.DataFrame, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """What does each check say of each method, over a whole set of images?

    Whole blocks are drawn with replacement, the same for every method: images of neighbouring hours show the
    same regions and are not independent.

    Args:
        scored: one row for each method and image: method, image, block, and one column for each check. A
            check that a method does not promise, or that is undefined for a map, is None or NaN: left out.
        resamples: bootstrap samples.
        seed: of the draws.

    Returns:
        One row for each method and check, in the order met: ``mean``, ``low`` and ``high`` (95 %; NaN with
        fewer than two blocks, which give no interval), ``images`` and ``blocks`` that the mean is taken over.
        Checks that no image of a method has are left out.

    Raises:
        BadOptionError: a column is missing, there is no check or no row, or a check holds no numbers.
    """
    import pandas as pd

    checks = _checks(scored)
    blocks = blocks_of(scored["block"].astype(str), unit="block")
    rows = []
    for method in scored["method"].unique():
        own = (scored["method"] == method).to_numpy()
        for check, values in checks.items():
            known = own & np.isfinite(values)
            if known.any():
                rows.append((method, check, *_summary(values, known, blocks, resamples, seed)))
    return pd.DataFrame(rows, columns=COLUMNS)


def beside(scored: pd.DataFrame, rival: str) -> pd.DataFrame:
    """By how much is each method above one rival, image by image?

    Returns:
        Rows of the other methods, each check less the rival's on the same image; ``trust_table`` of it gives
        the interval of the difference, which is paired and so much narrower than the methods' own.

    Raises:
        BadOptionError: no such rival among the methods.
    """
    checks = list(_checks(scored))
    if rival not in set(scored["method"]):
        known = ", ".join(scored["method"].unique())
        raise BadOptionError(f"Nothing was scored under '{rival}'. Accepted: {known}.")
    own = scored[scored["method"] == rival].set_index("image")[checks].astype(float)
    rest = scored[scored["method"] != rival].reset_index(drop=True)
    theirs = own.reindex(rest["image"]).reset_index(drop=True)
    return rest[list(KEYS)].join(rest[checks].astype(float) - theirs)


def _summary(
    values: Float[np.ndarray, "n"], known: np.ndarray, blocks: Blocks, resamples: int, seed: int
) -> tuple[float, float, float, int, int]:
    """Mean, bounds, and of how many images and blocks; a resample without any image is left out."""
    ids = blocks.ids[known]
    total = np.bincount(ids, values[known], blocks.count)
    count = np.bincount(ids, minlength=blocks.count).astype(float)
    mean, met = float(values[known].mean()), int((count > 0).sum())
    if met < 2:
        return mean, np.nan, np.nan, len(ids), met
    drawn = []
    for weights in resampled_weights(blocks, resamples, seed):  # "r block"
        images = weights @ count
        drawn.append(np.divide(weights @ total, images, out=np.full(len(images), np.nan), where=images > 0))
    low, high = percentiles(np.concatenate(drawn)[:, None])
    return mean, float(low[0]), float(high[0]), len(ids), met


def _checks(scored: pd.DataFrame) -> dict[str, Float[np.ndarray, "n"]]:
    """Every column that is no key, as numbers."""
    missing = [key for key in KEYS if key not in scored]
    names = [name for name in scored if name not in KEYS]
    if missing or not names or scored.empty:
        raise BadOptionError(
            f"A table of {len(scored)} rows with columns {', '.join(map(str, scored))} cannot be summed up. "
            "Accepted: one row or more with method, image, block and a column for each check."
        )
    try:
        return {str(name): scored[name].to_numpy(float, na_value=np.nan) for name in names}
    except (TypeError, ValueError):
        raise BadOptionError(
            f"A check among {', '.join(map(str, names))} holds something that is no number. "
            "Accepted: numbers, and None where a check does not apply."
        ) from None
