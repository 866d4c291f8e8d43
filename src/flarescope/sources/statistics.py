"""Do the numbers agree with the statistics in their own header? HMI files have no checksums.

This finds damage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from flarescope.sources.header import Header

__all__ = ["check_statistics"]

ROUNDING = 6e-7  # of a number written with seven digits; 97 SHARP files agree to 5e-8 of it


def check_statistics(header: Header, field: Float[np.ndarray, "y x"]) -> None:
    """Are DATAVALS, DATAMIN, DATAMAX, DATAMEAN and DATARMS those of this field?

    A flipped bit in the compressed pixels changes a part of a row by a gauss or a thousand, and with it the
    mean or the scatter. Keywords that are missing, or that were written for another number of pixels (a
    cut-out keeps its parent's), are not compared.

    Args:
        header: of the same segment.
        field: with NaN where blank, before anything is masked.

    Raises:
        BadFileError: every pixel is blank, or a number is further off than rounding explains.
    """
    known = field[np.isfinite(field)].astype(np.float64)
    if known.size < 2:
        raise header.error("every pixel is blank. Fetch another time.")
    valid, missing = header.number("DATAVALS"), header.number("MISSVALS")
    if valid is None or missing is None or valid + missing > field.size:
        return  # a cut-out
    if valid + missing < field.size:
        raise header.error(
            f"it has {field.size:,} pixels, but its header counts {valid + missing:,.0f}: it is damaged."
        )
    if valid != known.size:
        raise header.error(
            f"{known.size:,} pixels have numbers, but its header says {valid:,.0f}: it is damaged."
        )
    for key, value, allowed in (
        ("DATAMIN", float(known.min()), 2e-3),
        ("DATAMAX", float(known.max()), 2e-3),
        ("DATAMEAN", float(known.mean()), 1e-5),
        ("DATARMS", float(known.std(ddof=1)), 1e-5),
    ):
        stated = header.number(key)
        if stated is not None and not abs(stated - value) <= allowed + ROUNDING * abs(stated):
            raise header.error(
                f"the field's {key} is {value:.9g}, its header says {stated:.9g}: it is damaged."
            )
