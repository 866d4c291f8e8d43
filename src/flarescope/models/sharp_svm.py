"""A rival without images: a support vector machine on SHARP keywords.

It is never stored: fitting takes seconds, and what is kept of it are its answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import BadOptionError, MissingExtraError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AREA_AND_FLUX", "KEYWORDS", "LACKING", "SharpSvm", "SvmSettings", "fit_sharp_svm"]

KEYWORDS = (
    "USFLUX", "AREA_ACR", "TOTUSJZ", "TOTUSJH", "TOTPOT", "ABSNJZH", "SAVNCPP", "R_VALUE", "MEANPOT",
    "SHRGT45",
)  # fmt: skip
LACKING = ("TOTBSQ", "TOTFZ")  # of the published twelve, not in the hourly table
AREA_AND_FLUX = ("AREA_ACR", "USFLUX")  # what line-of-sight magnetograms can tell
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class SvmSettings:
    """Settings of the machine, as published by the paper's authors (2019).

    Attributes:
        penalty: C, the price of an error.
        gamma: of the radial basis function exp(−γ·|x − x'|²), for keywords of unit variance.
        flaring_weight: how many times dearer it is to miss a row of a flaring region.
    """

    penalty: float = 3.0
    gamma: float = 0.01
    flaring_weight: float = 7.0

    def __post_init__(self) -> None:
        if not min(self.penalty, self.gamma, self.flaring_weight) > 0.0:
            raise BadOptionError(f"{self} holds a value that is not positive. Accepted: numbers above 0.")


@dataclass(frozen=True, eq=False)
class SharpSvm:
    """A fitted machine.

    Attributes:
        mean: of each keyword in training, "k".
        scale: standard deviation of each keyword in training, "k".
        distance: the machine itself: standardised keywords "n k" to signed distances "n".
        supports: number of its support vectors.
    """

    mean: Float[np.ndarray, "k"]
    scale: Float[np.ndarray, "k"]
    distance: Callable[[np.ndarray], np.ndarray]
    supports: int

    def decision(self, keywords: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n"]:
        """How far on the flaring side is each row? From 0 on the answer is "flaring".

        Raises:
            BadOptionError: another number of keywords, or a value that is missing.
        """
        rows = _checked(keywords, len(self.mean))
        parts = [
            self.distance((rows[i : i + ROWS_AT_ONCE] - self.mean) / self.scale)
            for i in range(0, len(rows), ROWS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)


def fit_sharp_svm(
    keywords: Float[np.ndarray, "n k"],
    flaring: Bool[np.ndarray, "n"],
    settings: SvmSettings | None = None,
) -> SharpSvm:
    """Learn to tell rows of flaring regions from others.

    Keywords are brought to zero mean and unit variance over these rows, in float64: the square of a flux in
    maxwells exceeds what float32 can hold.

    Args:
        keywords: one row an observation, all values known.
        flaring: does the region flare?
        settings: the published ones unless given.

    Raises:
        TrainingError: one class only, or a keyword that never changes.
        BadOptionError: a value is missing, or lengths differ.
        MissingExtraError: scikit-learn is not installed.

    Example:
        >>> svm = fit_sharp_svm(rows, flaring)  # doctest: +SKIP
        >>> said_yes = svm.decision(others) >= 0  # doctest: +SKIP

    *Reference*: Bobra and Couvidat 2015 (the method); Dhuri, Hanasoge and Cheung 2019 (the settings).
    """
    settings = settings or SvmSettings()
    rows, yes = _checked(keywords), np.asarray(flaring, bool)
    if len(yes) != len(rows):
        raise BadOptionError(f"{len(rows)} rows of keywords but {len(yes)} labels. Give one a row.")
    if yes.all() or not yes.any():
        raise TrainingError(f"All {len(yes)} rows are of one class: nothing can be learnt. Give both.")
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    if not (scale > 0).all():
        raise TrainingError(f"Keyword {int(np.argmin(scale)) + 1} has one value in all rows. Leave it out.")
    try:
        from sklearn.svm import SVC
    except ImportError:
        raise MissingExtraError("The support vector machine", "train") from None
    machine = SVC(
        C=settings.penalty, gamma=settings.gamma, class_weight={True: settings.flaring_weight}, cache_size=500
    )
    machine.fit((rows - mean) / scale, yes)
    return SharpSvm(mean, scale, machine.decision_function, int(machine.n_support_.sum()))


def _checked(keywords: np.ndarray, count: int | None = None) -> np.ndarray:
    """Rows as float64, without holes."""
    rows = np.asarray(keywords, float)
    if rows.ndim != 2 or (count is not None and rows.shape[1] != count):
        raise BadOptionError(
            f"Keywords of shape {rows.shape} do not fit. Accepted: rows of {count or 'some'}."
        )
    bad = ~np.isfinite(rows).all(axis=1)
    if bad.any():
        raise BadOptionError(f"{int(bad.sum())} rows of keywords have missing values. Leave them out.")
    return rows
