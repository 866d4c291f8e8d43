"""Two numbers that say much of an active region: its flux, and its flux near polarity inversion lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import BadOptionError

if TYPE_CHECKING:
    from flarescope.sun import Magnetogram

__all__ = ["inversion_line", "pil_flux", "unsigned_flux"]

SIGMA_PER_FWHM = 1 / np.sqrt(8 * np.log(2))


def unsigned_flux(magnetogram: Magnetogram) -> float:
    """How much line-of-sight field is there, of either sign?

    Σ |B| over the pixels on the disk, in gauss (or grey levels) × pixel; multiply by the area of a pixel for
    maxwells. From 0; bounded by the image.

    Example:
        >>> unsigned_flux(magnetogram)  # doctest: +SKIP
        1450000.0
    """
    return float(np.nansum(np.abs(magnetogram.signed), dtype=float))


def pil_flux(magnetogram: Magnetogram, *, threshold: float, fwhm_pixels: float) -> float:
    """How much field lies close to where strong fields of both signs meet?

    Σ W·|B|, with W a Gaussian of unit sum laid over every pixel that touches both a pixel above
    ``threshold`` and one below −``threshold`` (each mask grown by one pixel to all sides). From 0: no such
    place.

    Args:
        magnetogram: the region.
        threshold: in the image's own unit, gauss or grey levels from zero field; the reference has 150 G.
        fwhm_pixels: full width at half maximum of the Gaussian; the reference has 15 Mm.

    Raises:
        BadOptionError: the threshold or the width is not positive.

    *Reference*: Schrijver 2007, section 2 (his R is the base-10 logarithm of this sum).
    """
    from scipy.ndimage import gaussian_filter

    if not (threshold > 0.0 and fwhm_pixels > 0.0):
        raise BadOptionError(
            f"threshold {threshold:g} and fwhm_pixels {fwhm_pixels:g} must be positive, such as 150 and 15."
        )
    field = np.nan_to_num(magnetogram.signed, nan=0.0)
    line = inversion_line(field, threshold=threshold)
    if not line.any():
        return 0.0
    weight = gaussian_filter(line.astype(np.float32), fwhm_pixels * SIGMA_PER_FWHM)
    return float(np.sum(weight * np.abs(field), dtype=float))


def inversion_line(
    field: Float[np.ndarray, "y x"], *, threshold: float, reach: int = 1
) -> Bool[np.ndarray, "y x"]:
    """Where do strong fields of both signs meet?

    Pixels within ``reach`` of both a pixel above ``threshold`` and one below −``threshold``: each mask is
    grown to all sides, and a line is where both lie. The reference grows by one pixel of 1.45 Mm.

    *Reference*: Schrijver 2007, section 2.
    """
    return np.asarray(_grown(field > threshold, reach) & _grown(field < -threshold, reach))


def _grown(mask: Bool[np.ndarray, "y x"], reach: int) -> Bool[np.ndarray, "y x"]:
    """The mask and all pixels up to so many steps away, across corners too."""
    from scipy.ndimage import binary_dilation

    return np.asarray(binary_dilation(mask, structure=np.ones((3, 3), bool), iterations=reach))
