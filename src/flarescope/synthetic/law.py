"""What the made-up Sun's regions are like: every number, and where it comes from.

Sizes follow the hourly SHARP keywords of 2010-05 to 2018-08 (1,310 HARPs with AREA_ACR of 8.2 millionths and
above): the largest USFLUX and AREA_ACR of each HARP in the middle 70 % of its hours, which is about ±45°
(values near the limb are inflated by projection). The flare law is ours.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Float

__all__ = ["draw_area", "draw_flux", "flare_rate", "frame_size", "pil_flux"]

Numbers: TypeAlias = "float | Float[np.ndarray, '...']"
_LEVELS = np.array([0.0, 0.005, *np.arange(0.05, 0.96, 0.05), 0.995, 1.0])
# log10 of USFLUX in maxwell at these shares of HARPs; the two ends are extrapolated
_LOG_FLUX = np.array([
    20.3, 20.521, 21.055, 21.219, 21.341, 21.440, 21.535, 21.632, 21.722, 21.790, 21.856, 21.927, 21.985,
    22.052, 22.129, 22.196, 22.275, 22.344, 22.427, 22.524, 22.683, 22.972, 23.1,
])  # fmt: skip
# log10 AREA_ACR (millionths of the hemisphere) as a parabola in log10(USFLUX / 1e22 Mx), and the scatter
_LOG_AREA = (0.1129, 0.9614, 2.5790)
_LOG_AREA_SCATTER = 0.1229
# Frames: fitted to Figure 8 of Bhattacharjee et al. 2020 (mean width 0.11·256/0.03 = 939, height 427 pixels,
# flaring and quiet samples weighted alike) and to the 12 real SHARP frames at hand
_WIDTH_AT_1E22, _WIDTH_POWER, _WIDTH_SCATTER = 790.0, 0.30, 0.35
_WIDEST = 2200.0
_ASPECT_AT_600, _ASPECT_POWER, _ASPECT_SCATTER = 2.05, 0.20, 0.16


def draw_flux(rng: np.random.Generator) -> float:
    """The largest unsigned flux of a region in its passage, maxwell."""
    return float(10 ** np.interp(rng.random(), _LEVELS, _LOG_FLUX))


def draw_area(rng: np.random.Generator, flux: float) -> float:
    """The area of its active pixels at that time, millionths of the hemisphere."""
    mean = np.polyval(_LOG_AREA, np.log10(flux) - 22.0)
    return float(10 ** (mean + _LOG_AREA_SCATTER * rng.normal()))


def frame_size(rng: np.random.Generator, flux: float, extent: tuple[float, float]) -> tuple[int, int]:
    """Height and width in pixels of the frame that encloses the region's whole life.

    width = 790·(flux/1e22 Mx)^0.30 with a scatter of 35 %; width/height = 2.05·(width/600)^0.20 with 16 %;
    never smaller than the region at its largest, and hardly ever wider than 2200 pixels (66°).
    """
    width = _WIDTH_AT_1E22 * (flux / 1e22) ** _WIDTH_POWER * rng.lognormal(0.0, _WIDTH_SCATTER)
    width = max(100.0, width / (1.0 + (width / _WIDEST) ** 4) ** 0.25)
    aspect = _ASPECT_AT_600 * (width / 600.0) ** _ASPECT_POWER * rng.lognormal(0.0, _ASPECT_SCATTER)
    return round(max(width / aspect, 2.1 * extent[1], 80.0)), round(max(width, 2.1 * extent[0]))


def pil_flux(field: Float[np.ndarray, "y x"], *, megametres_per_pixel: float) -> float:
    """How much flux lies where strong fields of both signs meet?

    ∫ √((G∗B₊)·(G∗B₋)) dA, with B₊ and B₋ the fields beyond ±150 G and G a Gaussian of unit sum and 15 Mm full
    width at half maximum. Maxwell; at most half the unsigned flux.

    *Reference*: after Schrijver 2007, who lays the same Gaussian over the inversion line itself.
    """
    sigma = 15.0 / megametres_per_pixel / np.sqrt(8 * np.log(2))
    positive, negative = (_smooth(np.where(s * field > 150.0, s * field, 0.0), sigma) for s in (1, -1))
    both = np.sqrt(np.maximum(positive, 0.0) * np.maximum(negative, 0.0))
    return float(both.sum() * (megametres_per_pixel * 1e8) ** 2)


def flare_rate(flux: Numbers, line_flux: Numbers) -> Float[np.ndarray, "..."]:
    """Flares of M1.0 and above a day, of a region with this unsigned flux and flux near inversion lines.

    rate = 0.0068·(flux/1e22 Mx)^1.7·(line flux/1e21 Mx)^1.3, chosen so that about 161 of 857
    regions flare, with 4 flares each, and that larger regions do so about as often as the real ones: 1, 16,
    45 and 85 % of HARPs that reach 0.5, 2, 4 and 8 · 1e22 Mx.
    """
    return np.asarray(0.0068 * (flux / 1e22) ** 1.7 * (line_flux / 1e21) ** 1.3)


def _smooth(values: Float[np.ndarray, "y x"], sigma: float) -> Float[np.ndarray, "y x"]:
    """Convolved with a Gaussian of unit sum; what leaves one side comes in at the other."""
    north = np.fft.fftfreq(values.shape[0])[:, None]
    west = np.fft.rfftfreq(values.shape[1])[None, :]
    low_pass = np.exp(-2.0 * (np.pi * sigma) ** 2 * (north**2 + west**2))
    return np.asarray(np.fft.irfft2(np.fft.rfft2(values) * low_pass, s=values.shape))
