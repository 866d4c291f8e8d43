"""What CNN-2 says of images of regions that it never saw: the rows behind Figures 4 to 6 and Table 4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from flarescope.errors import MissingDataError
from flarescope.papers.claims import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["KIND_WORDS", "SIZE", "held_out", "kinds", "least_spread", "on_each_kind", "over_splits"]

SIZE = 256  # pixels, as in the paper from Table 3 on
KIND_WORDS: dict[DataKind, str] = {
    "synthetic": "Made-up Sun",
    "real-small": "Real patches 2012–2017",
    "real": "Real SHARPs",
}


def kinds(desk: Desk) -> tuple[DataKind, ...]:
    """The kinds of images at hand: the paper's own only where a folder of SHARPs is given."""
    return ("synthetic", "real-small", "real") if desk.sharps else ("synthetic", "real-small")


def held_out(
    desk: Desk, kind: DataKind, *, by: Literal["splits", "chronological"] = "splits"
) -> pd.DataFrame:
    """What does CNN-2 say of each held-out image?

    The networks are those of Table 3 (``by="splits"``) or of the chronological test; what stands is not
    trained again. A region that several splits hold out is there once for each.

    Returns:
        The data set's rows with ``split``, ``row`` (its number in the data set) and ``y`` (the network's
        output, 0 to 1).

    Raises:
        MissingDataError: there are no data of this kind.
    """
    from flarescope.papers.bhattacharjee2020.cells import Cell, outcomes, splits
    from flarescope.papers.bhattacharjee2020.dataset import dataset

    of: list[int | Literal["chronological"]] = [*splits(desk)] if by == "splits" else ["chronological"]
    cells = [Cell(data=kind, network="cnn2", size=SIZE, split=split) for split in of]
    rows = dataset(desk, kind).rows
    parts = [
        rows.iloc[done.rows].assign(split=str(done.cell.split), row=done.rows, y=done.probability)
        for done in outcomes(desk, cells)
    ]
    return pd.concat(parts, ignore_index=True)


def over_splits(
    claim: str, kind: DataKind, table: pd.DataFrame, measure: Callable[[pd.DataFrame], float], note: str = ""
) -> Finding:
    """A number measured in each split: its mean and standard deviation, as the paper gives them.

    Splits in which it is undefined are left out; of fewer than two splits nothing is said.
    """
    found = np.array([measure(part) for _, part in table.groupby("split")], float)
    found = found[np.isfinite(found)]
    if len(found) < 2:
        return Finding(claim, kind, None, needs=f"more images: defined in {len(found)} of the splits only")
    return Finding(claim, kind, float(found.mean()), float(found.std(ddof=1)), note=note)


def least_spread(share: float, trials: float) -> float:
    """How uncertain is a share of so many trials at least, even where it is 0 or 1?

    √(p(1 − p) / (n + 2)) with p = (k + 1) / (n + 2): the posterior's width, roughly, after k of n. Drawing
    regions or splits again says "none" where all of a few trials came out alike.
    """
    p = (share * trials + 1) / (trials + 2)
    return float(np.sqrt(p * (1 - p) / (trials + 2)))


def on_each_kind(
    desk: Desk, claims: Sequence[str], find: Callable[[DataKind], list[Finding]]
) -> list[Finding]:
    """Run on every kind of images at hand; a kind whose data are missing is said to be so."""
    found: list[Finding] = []
    for kind in kinds(desk):
        try:
            found += find(kind)
        except MissingDataError as problem:
            found += [Finding(claim, kind, None, needs=str(problem)) for claim in claims]
    return found
