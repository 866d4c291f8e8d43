"""The columns every score is made of, checked once: probabilities, and what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import BadOptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["divide", "forecast_arrays", "observed_array", "probability_array"]


def forecast_arrays(
    probability: ArrayLike, observed: ArrayLike
) -> tuple[Float[np.ndarray, "n"], Bool[np.ndarray, "n"]]:
    """Are these probabilities and observations fit to be scored?

    Returns:
        Probabilities as float64 "n" and observations as bool "n".

    Raises:
        BadOptionError: the columns are empty, differ in length, or hold a value outside what is accepted.
    """
    forecast, events = probability_array(probability), observed_array(observed)
    if len(forecast) != len(events):
        raise BadOptionError(
            f"There are {len(forecast)} probabilities and {len(events)} observations. "
            "Give one observation a forecast."
        )
    if len(forecast) == 0:
        raise BadOptionError("There is no forecast to score: the columns are empty. Give at least one row.")
    return forecast, events


def probability_array(values: ArrayLike, *, what: str = "Probability") -> Float[np.ndarray, "n"]:
    """Numbers from 0 to 1 as float64 "n".

    Raises:
        BadOptionError: something is no number, NaN, or outside 0 to 1.
    """
    numbers = _numbers(values, what, "numbers from 0 to 1")
    bad = np.flatnonzero(~((numbers >= 0.0) & (numbers <= 1.0)))
    if bad.size:
        hint = " These look like per cent: divide by 100." if _looks_like_percent(numbers) else ""
        raise BadOptionError(
            f"{what} {numbers[bad[0]]:g} in row {bad[0] + 1} ({bad.size} such) is not from 0 to 1.{hint}"
            " Mend or drop these rows."
        )
    return numbers


def observed_array(values: ArrayLike, *, what: str = "Observation") -> Bool[np.ndarray, "n"]:
    """0/1 or True/False as bool "n".

    Raises:
        BadOptionError: something is neither.
    """
    numbers = _numbers(values, what, "0 and 1")
    bad = np.flatnonzero((numbers != 0.0) & (numbers != 1.0))
    if bad.size:
        raise BadOptionError(
            f"{what} {numbers[bad[0]]:g} in row {bad[0] + 1} ({bad.size} such) is neither 0 nor 1. "
            "Give 1 where the event happened and 0 where it did not."
        )
    return numbers.astype(bool)


def divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """``above / below``, NaN where nothing is below: a score without cases is undefined, not 0."""
    shape = np.broadcast_shapes(np.shape(above), np.shape(below))
    return np.asarray(np.divide(above, below, out=np.full(shape, np.nan), where=np.abs(below) > 1e-15))


def _numbers(values: ArrayLike, what: str, accepted: str) -> Float[np.ndarray, "n"]:
    """One column as float64."""
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        raise BadOptionError(
            f"{what} column holds something that is no number. Accepted: {accepted}."
        ) from None
    if numbers.ndim != 1:
        raise BadOptionError(f"{what} has shape {numbers.shape}. Accepted: one column of {accepted}.")
    return numbers


def _looks_like_percent(numbers: Float[np.ndarray, "n"]) -> bool:
    """Do the values run from 0 to 100, beyond what a slip of rounding would do?"""
    return bool(np.all((numbers >= 0.0) & (numbers <= 100.0)) and numbers.max() > 2.0)
