"""How well do networks tell flaring from other regions, split by split?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.papers.claims import Finding
from flarescope.papers.standard_error import widened
from flarescope.verify.contingency import ContingencyTable
from flarescope.verify.probability import bss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from flarescope.papers.bhattacharjee2020.cells import Outcome
    from flarescope.papers.claims import DataKind

__all__ = ["brier_skill", "compared", "measured", "recalls", "skill_of", "standard_error"]

HALF = 0.5  # the paper's threshold, equation A7
TEST_TO_TRAIN = 0.5  # regions held out by regions trained on


def skill_of(made: Sequence[Outcome]) -> pd.DataFrame:
    """Scores of each trained network on its held-out images.

    Returns:
        A row for each outcome: ``recall_flaring``, ``recall_quiet`` (shares of images on the right side of an
        output of one half), ``tss`` and ``bss`` (of the output calibrated to the training rows' base rate,
        against the held-out rows' own).

    Reference: Bhattacharjee et al. 2020, section 3 and Tables 2 and 3.
    """
    return pd.DataFrame(
        [recalls(one.probability, one.label) | {"bss": brier_skill(one)} for one in made], dtype=float
    )


def recalls(y: ArrayLike, label: ArrayLike) -> dict[str, float]:
    """``recall_flaring``, ``recall_quiet`` and ``tss`` of outputs; NaN where a class is missing."""
    table = ContingencyTable.from_forecasts(y, label, threshold=HALF)
    return {
        "recall_flaring": float(table.pod),
        "recall_quiet": 1.0 - float(table.pofd),
        "tss": float(table.tss),
    }


def brier_skill(made: Outcome) -> float:
    """Brier skill of the output after it was brought to the base rate of the training rows."""
    about = json.loads((made.folder / "model.json").read_text(encoding="utf-8"))
    rate = float(about["calibration"]["base_rate"])
    y = np.clip(made.probability, 1e-9, 1 - 1e-9)
    odds = y / (1 - y) * rate / (1 - rate)
    return bss(odds / (1 + odds), made.label)


def measured(
    claim: str, kind: DataKind, values: ArrayLike, note: str, *, figure: str = "", unit: str = "splits"
) -> Finding:
    """A number over splits as the paper gives it: mean and standard deviation."""
    found = np.asarray(values, float)
    found = found[np.isfinite(found)]
    if not len(found):
        return Finding(claim, kind, None, needs="held-out images of both classes")
    spread = float(found.std(ddof=1)) if len(found) > 1 else None
    return Finding(claim, kind, float(found.mean()), spread, figure, f"{note}; {len(found)} {unit}.")


def compared(
    claim: str, kind: DataKind, one: ArrayLike, other: ArrayLike, note: str, *, figure: str = ""
) -> Finding:
    """First less second, split by split: the mean and its ``standard_error``."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    change = one - other
    if not np.isfinite(change).all():
        return Finding(claim, kind, None, needs="held-out images of both classes in every split")
    means = f"{one.mean():.2f} against {other.mean():.2f}"
    return Finding(
        claim, kind, float(change.mean()), standard_error(change), figure,
        f"{note}: {means} over {len(change)} splits.",
    )  # fmt: skip


def standard_error(values: ArrayLike) -> float | None:
    """How uncertain is the mean of a number that each split gave?

    Splits share most of their training regions, so the variance of the mean of n numbers is
    (1/n + test/train) times their variance, not 1/n. For few splits it is ``widened``.

    Returns:
        The standard error; None for a single split.

    Reference: Nadeau and Bengio 2003, equation 9.
    """
    found = np.asarray(values, float)
    if len(found) < 2:
        return None
    return widened(float(np.sqrt(1 / len(found) + TEST_TO_TRAIN) * found.std(ddof=1)), len(found))
