"""Which regions are the same in part: HARPs that share a NOAA number share flares and label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from jaxtyping import Bool

__all__ = ["of_other_regions", "shares_number"]


def shares_number(groups: pd.Series[Any], others: pd.Series[Any]) -> Bool[np.ndarray, "n"]:
    """Does each group share a number with any of the others?

    Args:
        groups: of samples, as a data set's ``group``: numbers with commas between them.
        others: the same, of other samples.

    Example:
        >>> shares_number(pd.Series(["11429,11430", "11431"]), pd.Series(["11430"]))  # doctest: +SKIP
        array([ True, False])
    """
    names = {name for value in others.unique() for name in value.split(",")}
    known = {value: not names.isdisjoint(value.split(",")) for value in groups.unique()}
    return np.array([known[value] for value in groups], bool)


def of_other_regions(table: pd.DataFrame, split: str) -> pd.DataFrame:
    """Rows that other splits hold out, of regions that this split does not: its network knew them.

    Args:
        table: held-out rows with ``split`` and ``group``.
        split: which one.
    """
    own = table["split"] == split
    return table[~own & ~shares_number(table["group"], table["group"][own])]
