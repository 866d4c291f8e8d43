"""Who is trained on and who is held out: ten random splits over regions, or the past and the future."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from jaxtyping import Int

from flarescope.papers.bhattacharjee2020.periods import TEST_FROM
from flarescope.papers.bhattacharjee2020.shared_numbers import shares_number
from flarescope.samples.split import Split, by_date, repeated
from flarescope.samples.table import SampleTable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["dealt", "even_sample"]


def dealt(rows: pd.DataFrame, split: int | Literal["chronological"]) -> Split:
    """Who is trained on and who is held out?

    A number is a random split of the regions up to September 2015: two thirds to train, one third to hold
    out, flaring and other regions dealt separately. "chronological" trains on all of them and holds out those
    from October 2015 on; a region seen on both sides of the date is trained on. Regions that share a NOAA
    number stay together.

    Args:
        rows: a data set's ``rows``.
        split: which of the random splits, from 0, or "chronological".

    Returns:
        A split by ``group`` with the rows' numbers in ``row``; validation is empty.

    Raises:
        LeakError: a region would be on both sides.

    *Reference*: Bhattacharjee et al. 2020, section 4.1.
    """
    table = SampleTable(
        pd.DataFrame(
            {
                "time_utc": rows["time_utc"].to_numpy(),
                "label": rows["flaring"].to_numpy(),
                "group": rows["group"].to_numpy(),
                "period": rows["period"].to_numpy(),
                "row": np.arange(len(rows)),
            }
        )
    )
    if split != "chronological":
        first = table.take((table["period"] == "train").to_numpy())
        return repeated(first, times=split + 1, unit="group")[split]
    past = by_date(table, test_from=f"{TEST_FROM}Z")
    known = shares_number(past.test["group"], past.train["group"])
    return Split(past.train, past.validation, past.test.take(~known), "group", name="chronological")


def even_sample(
    label: Int[np.ndarray, "n"] | Sequence[int], *, count: int, even: bool, seed: int
) -> Int[np.ndarray, "k"]:
    """About ``count`` places of ``label``, sorted: half of each class if ``even``, else as they come."""
    label, rng = np.asarray(label), np.random.default_rng(seed)
    if not even:
        return np.sort(rng.permutation(len(label))[:count])
    each = min(count // 2, int((label == 1).sum()), int((label == 0).sum()))
    chosen = [rng.permutation(np.flatnonzero(label == kind))[:each] for kind in (0, 1)]
    return np.sort(np.concatenate(chosen))
