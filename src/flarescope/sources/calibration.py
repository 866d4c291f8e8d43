"""What the 8-bit images mean: their plate scale and their grey levels, fitted on real data.

How each number was got, and how far to trust it, is told in ``docs/calibration.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.geometry import ARCSEC, SOLAR_RADIUS_AU, PlateScale, earth_view

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "GREY_PER_GAUSS",
    "HELIOVIEWER_ARCSEC",
    "PATCH_ARCSEC",
    "PATCH_PIXELS",
    "REGION_DAY_RATE",
    "SATURATION_GAUSS",
    "patch_scale",
]

PATCH_PIXELS = 256
# Of the 256-pixel active-region patches. Region 11429 against HARP 1449, four frames within 2.2 h of a SHARP:
# 1.2019 ± 0.0008 (standard error); the limb in 61 regions, 2012 to 2017: 1.196 ± 0.016. HMI's 0.6 twice.
PATCH_ARCSEC = 1.2
# Of Helioviewer's 512-pixel images: fitted on 99 of them (mean 4.7980, standard deviation 0.0004).
HELIOVIEWER_ARCSEC = 4.798
# Grey = 127.5 + 0.51·B (fitted: 0.51 ± 0.01), B cut off at ±250 G (fitted: 255 ± 15) before pixels are
# averaged; zero field at 127.5 ± 0.1: 255 levels for 500 G
GREY_PER_GAUSS = 0.51
SATURATION_GAUSS = 250.0
# Share of region-days in the Solar Region Summaries of 2012 to 2017 that are followed by a flare of M1.0 or
# above in that region within 24 h: 328 of 9,342, 95 % interval .028 to .042 (27-day blocks).
# 1996 to 2018: 1,205 of 33,516 = .0360, .032 to .040.
REGION_DAY_RATE = 0.0351
MM_PER_AU = 149_597.8707


def patch_scale(time: datetime) -> PlateScale:
    """How large is a pixel of an active-region patch, in Mm at the Sun's distance on that day?

    0.85 Mm in January, 0.88 Mm in July.

    Example:
        >>> from flarescope.times import utc
        >>> round(patch_scale(utc("2012-03-07T14:00Z")).megametres_per_pixel, 3)
        0.864
    """
    distance = earth_view(time).distance_au
    # the limb is seen at tan(asin(R/D)), as Disk has it: both give the same number for the same scale
    tangent = np.sqrt(distance**2 - SOLAR_RADIUS_AU**2)
    return PlateScale(float(PATCH_ARCSEC / ARCSEC * tangent * MM_PER_AU))
