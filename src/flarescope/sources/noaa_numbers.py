"""NOAA active region numbers: four printed digits, five counted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Int

__all__ = ["full_region_numbers"]

_PASSED_9999 = np.datetime64("2002-06-14")  # the day region 10000 was numbered
_OLD_NUMBERS_GONE = np.datetime64("2003-06-14")


def full_region_numbers(numbers: Int[np.ndarray, " n"], days: np.ndarray) -> Int[np.ndarray, " n"]:
    """Which region does a printed number mean?

    NOAA prints four digits (2293) and counts on (12293) since number 9999 was passed on 2002-06-14. For a
    year after that day numbers from 9000 keep their old meaning: such regions were still about to return.

    Args:
        numbers: region numbers as printed, 0 or more.
        days: datetime64 of each.

    Returns:
        The numbers in full; five-digit ones are returned unchanged, and so are earlier dates.

    Example:
        >>> full_region_numbers(np.array([2293, 9999]), np.array(["2015-03-06", "2002-06-28"], "M8[D]"))
        array([12293,  9999])
    """
    short = numbers < 10_000
    old = (days < _PASSED_9999) | ((numbers >= 9_000) & (days < _OLD_NUMBERS_GONE))
    return np.where(short & ~old, numbers + 10_000, numbers)
