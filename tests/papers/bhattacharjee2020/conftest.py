"""A table of held-out images whose every number is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def held_out_table() -> pd.DataFrame:
    """Three splits of 8 flaring and 16 quiet regions, 48 hourly images each; the output rises to the flare.

    Flaring regions flare once, half-way through. y is .8 within 24 h before it, .4 otherwise; of quiet
    regions every fourth is called flaring (.55), the others are not (.05).
    """
    parts = []
    for split in range(3):
        for number in range(24):
            flaring = number < 8
            hours = np.arange(-47.5, 48.0, 2.0) if flaring else np.full(48, np.nan)
            near = (hours > -24) & (hours < 0)
            y = np.where(near, 0.8, 0.4) if flaring else np.full(48, 0.55 if number % 4 == 0 else 0.05)
            region = 1000 * (split + 1) + number
            parts.append(pd.DataFrame({
                "split": str(split), "row": np.arange(48) + 48 * (number + 24 * split), "region": region,
                "flaring": int(flaring), "hours_from_flare": hours, "flare_within_24h": near, "y": y,
                "flux_mx": 1e22 * (1 + y) + 1e19 * np.arange(48),
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)
