"""What does "nothing there" look like? Whole fields to explain an image against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from flarescope.registry import Registry
from flarescope.sun import ZERO_GREY, Magnetogram

__all__ = ["BASELINES"]

BLUR_SHARE = 0.02  # of the image's shorter side: the blur's standard deviation

BASELINES: Registry[Callable[[Magnetogram], Float[np.ndarray, "y x"]]] = Registry("baseline")
"""Named fields on the magnetogram's own grid and in its own encoding, NaN where it is NaN.

The preparation brings them to the network.

Example:
    >>> list(BASELINES)
    ['black', 'blurred', 'mean_disk', 'zero_field']
"""


@BASELINES.register("zero_field")
def _zero_field(magnetogram: Magnetogram) -> Float[np.ndarray, "y x"]:
    """No field at all: 0 G, or the middle grey level."""
    return _level(magnetogram, 0.0 if magnetogram.encoding == "gauss" else ZERO_GREY)


@BASELINES.register("black")
def _black(magnetogram: Magnetogram) -> Float[np.ndarray, "y x"]:
    """The darkest the image format can show; in gauss, the strongest negative field of the image.

    Often used as "nothing", it is the strongest negative field everywhere.
    """
    grey = magnetogram.encoding == "grey8"
    return _level(magnetogram, 0.0 if grey else float(np.nanmin(magnetogram.field)))


@BASELINES.register("mean_disk")
def _mean_disk(magnetogram: Magnetogram) -> Float[np.ndarray, "y x"]:
    """The mean of all that is known, everywhere: structure gone, net flux kept."""
    return _level(magnetogram, float(np.nanmean(magnetogram.field)))


@BASELINES.register("blurred")
def _blurred(magnetogram: Magnetogram) -> Float[np.ndarray, "y x"]:
    """The image out of focus: regions stay as faint shadows, all that is finer is gone.

    A Gaussian of standard deviation 2 % of the shorter side, over known pixels only:
    B̄ = (G ∗ B·w)/(G ∗ w) with w = 1 where B is known, else 0.
    """
    from scipy.ndimage import gaussian_filter

    known = np.isfinite(magnetogram.field)
    sigma = BLUR_SHARE * min(magnetogram.field.shape)
    weight = gaussian_filter(known.astype(float), sigma)
    blurred = gaussian_filter(np.where(known, magnetogram.field, 0.0).astype(float), sigma)
    return np.where(known, blurred / np.where(known, weight, 1.0), np.nan)


def _level(magnetogram: Magnetogram, level: float) -> Float[np.ndarray, "y x"]:
    return np.where(np.isfinite(magnetogram.field), level, np.nan)
