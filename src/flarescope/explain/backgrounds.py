"""Images to compare an image with: the same Sun without its active regions, or given ones of one kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import BadOptionError
from flarescope.sources.calibration import GREY_PER_GAUSS, SATURATION_GAUSS
from flarescope.sun import ZERO_GREY, Magnetogram

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["active", "check_alike", "quiet_copies"]

STRONG_GAUSS = 30.0  # of the smoothed unsigned field: above it, a pixel belongs to an active region
SMOOTH_MEGAMETRES = 7.0
SMOOTH_SHARE = 0.01  # of the longer side, where the size of a pixel is unknown


def quiet_copies(magnetogram: Magnetogram, n: int = 10, seed: int = 0) -> list[Magnetogram]:
    """What would this image show if its active regions were quiet Sun?

    Pixels of active regions (``active``) get values drawn from the image's other pixels; all others stay.
    The copies differ in what was drawn, so that no chance pattern is explained. A copy has the image's disk,
    day and values of quiet Sun; but as each value is drawn by itself, neighbours in a filled region are not
    alike as they are on the Sun: it shows noise without the network of quiet field.

    Image and copies differ in active regions only. So an attribution against them lies there, whatever the
    network has learnt.

    Args:
        magnetogram: any image, in gauss or grey.
        n: how many copies.
        seed: of the draws; the same seed gives the same copies.

    Raises:
        BadOptionError: fewer than one copy.

    Reference: Lundberg and Lee 2017, section 4.2: attributions are averaged over backgrounds.
    """
    if n < 1:
        raise BadOptionError(f"{n} quiet copies are not accepted: 1 or more.")
    strong = active(magnetogram)
    quiet = magnetogram.field[np.isfinite(magnetogram.field) & ~strong]
    if quiet.size == 0:  # nothing but a region: no field is the only quiet there is
        quiet = np.array([0.0 if magnetogram.encoding == "gauss" else ZERO_GREY])
    random = np.random.default_rng(seed)
    return [_filled(magnetogram, strong, random.choice(quiet, int(strong.sum())), k) for k in range(n)]


def check_alike(backgrounds: Sequence[Magnetogram]) -> None:
    """Are these images of one kind? Else a map against them shows how they differ, not what the Sun did.

    They must agree in size, view, encoding and source (series or kind of file).

    Raises:
        BadOptionError: one is unlike the others; it is named, with what it has and what they have.
    """
    for kinds in zip(*(_kinds(one) for one in backgrounds), strict=True):
        usual, count = Counter(kinds).most_common(1)[0]
        odd = next((k for k, kind in enumerate(kinds) if kind != usual), None)
        if odd is not None:
            rest = len(kinds) - 1
            others = "all others have" if count == rest else f"{count} of the other {rest} have"
            raise BadOptionError(
                f"Background {backgrounds[odd].origin.name} has {kinds[odd]}, {others} {usual}. "
                "Give backgrounds of one size, view, encoding and source."
            )


def _kinds(one: Magnetogram) -> tuple[str, ...]:
    """View, encoding, source and size, in words."""
    rows, columns = one.field.shape
    return (
        "a full disk in view" if one.view == "full_disk" else "a region in view",
        "values in gauss" if one.encoding == "gauss" else "8-bit grey levels",
        f"the source '{one.origin.source}'",
        f"{columns}×{rows} pixels",
    )


def active(magnetogram: Magnetogram) -> Bool[np.ndarray, "y x"]:
    """Which pixels belong to active regions?

    Those where |B|, smoothed over 7 Mm (a hundredth of the image where the size of its pixels is unknown),
    exceeds 30 G. |B| is cut off at 250 G, where 8-bit images end, so that both encodings agree.
    """
    from scipy.ndimage import gaussian_filter

    per_gauss = 1.0 if magnetogram.encoding == "gauss" else GREY_PER_GAUSS
    unsigned = np.minimum(np.abs(np.nan_to_num(magnetogram.signed)) / per_gauss, SATURATION_GAUSS)
    own = magnetogram.geometry.megametres_per_pixel if magnetogram.geometry else None
    sigma = SMOOTH_MEGAMETRES / own if own else SMOOTH_SHARE * max(magnetogram.field.shape)
    known = np.isfinite(magnetogram.field)
    return np.asarray((gaussian_filter(unsigned, sigma) > STRONG_GAUSS) & known)


def _filled(
    magnetogram: Magnetogram, strong: Bool[np.ndarray, "y x"], values: Float[np.ndarray, "n"], number: int
) -> Magnetogram:
    field = magnetogram.field.copy()
    field[strong] = values
    origin = replace(
        magnetogram.origin, name=f"{magnetogram.origin.name}, quiet copy {number + 1}", sha256=""
    )
    return replace(magnetogram, field=field, origin=origin)
