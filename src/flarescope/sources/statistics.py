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


def check_statistics(header: Header, field: Float[np.ndarray, "y x"]) -> None:
    """Are DATAVALS, DATAMIN, DATAMAX, DATAMEAN and DATARMS those of this field?

    All 99 SHARP files with these keywords that were tried agree to 0.001; a flipped bit in the compressed
    pixels changes a row, and with it the mean or the scatter. A keyword that is missing is not compared.

    Args:
        header: of the same segment.
        field: with NaN where blank, before anything is masked.

    Raises:
        BadFileError: a number further off than rounding explains.
    """
    known = field[np.isfinite(field)]
    if known.size == 0:
        raise header.error("every pixel is blank. Fetch another time.")
    valid = header.number("DATAVALS")
    if valid is not None and valid != known.size:
        raise header.error(
            f"{known.size:,} pixels have numbers, but its header says {valid:,.0f}: it is damaged."
        )
    values = known.astype(np.float64)
    measured = {
        "DATAMIN": float(values.min()),
        "DATAMAX": float(values.max()),
        "DATAMEAN": float(values.mean()),
        "DATARMS": float(values.std()),
    }
    for key, value in measured.items():
        stated = header.number(key)
        if stated is not None and not abs(stated - value) <= 2e-3 + 2e-3 * abs(stated):
            raise header.error(
                f"the field's {key} is {value:.6g}, but its header says {stated:.6g}: it is damaged."
            )
