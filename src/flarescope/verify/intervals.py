"""How sure is a score? Bootstrap over blocks that are independent of each other.

Neighbouring hours see the same regions, so hours are not independent: whole blocks of days (27 by default,
one solar rotation) or whole regions are drawn with replacement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from flarescope.errors import BadOptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

__all__ = ["Blocks", "Estimate", "blocks_of", "blocks_of_days", "percentiles", "resampled_weights"]

_WEIGHTS_AT_ONCE = 4_000_000  # resamples × blocks held in memory together: 32 MB


@dataclass(frozen=True)
class Estimate:
    """A score with its 95 % interval; NaN where it is undefined.

    Attributes:
        value: the score of the rows as they are; over groups, the mean of the groups' scores.
        low: lower bound.
        high: upper bound.
        how: what was averaged and drawn, or why there is no value.
        sd: sample standard deviation over groups; NaN without groups.
    """

    value: float
    low: float
    high: float
    how: str
    sd: float = math.nan

    def __str__(self) -> str:
        """Such as 0.508 [0.464, 0.551]."""
        if math.isnan(self.value):
            return "undefined"
        bounds = "" if math.isnan(self.low) else f" [{self.low:z.3f}, {self.high:z.3f}]"
        return f"{self.value:z.3f}{bounds}"


@dataclass(frozen=True, eq=False)
class Blocks:
    """Which rows belong together?

    Attributes:
        ids: block of each row "n", from 0 to count − 1, none empty.
        unit: what a block is: "27 days", "region".
    """

    ids: Int[np.ndarray, "n"]
    unit: str = "block"

    @property
    def count(self) -> int:
        """Number of blocks that hold a row."""
        return int(self.ids.max()) + 1 if len(self.ids) else 0

    def how(self, resamples: int) -> str:
        """The interval in words."""
        return (
            f"95 % percentile interval, {resamples:,} bootstrap samples of {self.count} blocks ({self.unit})"
        )


def blocks_of(labels: ArrayLike, *, unit: str = "region") -> Blocks:
    """One block for each distinct label "n": region numbers, years, anything.

    Raises:
        BadOptionError: the labels are not one column.
    """
    column = np.asarray(labels)
    if column.ndim != 1:
        raise BadOptionError(f"Block labels have shape {column.shape}. Accepted: one column.")
    return Blocks(np.unique(column, return_inverse=True)[1], unit)


def blocks_of_days(times: ArrayLike, days: float = 27) -> Blocks:
    """Blocks of whole days, counted from midnight of the first day.

    Args:
        times: ``datetime64`` "n", UTC, in any order.
        days: length of a block; 27 is one solar rotation as seen from the Earth.

    Raises:
        BadOptionError: a time is missing, or the length is not positive.

    Example:
        >>> blocks_of_days(np.array(["2014-01-01", "2014-01-27", "2014-01-28"], "datetime64[D]")).ids.tolist()
        [0, 0, 1]
    """
    column = np.asarray(times, "datetime64[us]")
    if np.isnat(column).any():
        raise BadOptionError(
            f"{np.isnat(column).sum()} times are missing. Give every row its time, or drop the row."
        )
    if not (math.isfinite(days) and days > 0):
        raise BadOptionError(
            f"Blocks of {days:g} days cannot be drawn. Accepted: a positive number of days, such as 27."
        )
    if not len(column):
        return Blocks(np.zeros(0, int), f"{days:g} days")
    first = column.min().astype("datetime64[D]")
    return blocks_of(np.floor((column - first) / np.timedelta64(1, "D") / days), unit=f"{days:g} days")


def resampled_weights(blocks: Blocks, resamples: int, seed: int) -> Iterator[Float[np.ndarray, "r block"]]:
    """How often is each block drawn in each resample? In batches that fit into memory.

    Each row of weights adds up to the number of blocks. The same seed and blocks give the same draws, so
    differences of two forecasts are paired.

    Raises:
        BadOptionError: fewer than one resample is asked for.
    """
    if resamples < 1:
        raise BadOptionError(f"{resamples} resamples give no interval. Accepted: 1 or more; 1000 is usual.")
    random = np.random.default_rng(seed)
    chance = np.full(blocks.count, 1.0 / blocks.count)
    step = max(1, _WEIGHTS_AT_ONCE // blocks.count)
    for done in range(0, resamples, step):
        size = min(step, resamples - done)
        yield random.multinomial(blocks.count, chance, size=size).astype(float)


def percentiles(samples: Float[np.ndarray, "r ..."]) -> tuple[np.ndarray, np.ndarray]:
    """The middle 95 % over the first axis; resamples in which a score is undefined are left out."""
    flat = samples.reshape(len(samples), -1)
    bounds = np.full((2, flat.shape[1]), np.nan)
    for column in range(flat.shape[1]):
        known = flat[np.isfinite(flat[:, column]), column]
        if len(known):
            bounds[:, column] = np.quantile(known, [0.025, 0.975])
    return bounds[0].reshape(samples.shape[1:]), bounds[1].reshape(samples.shape[1:])
