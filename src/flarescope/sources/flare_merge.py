"""Several records of one flare become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.flare import OPERATIONAL_OVER_SCIENCE, GoesClass

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SAME_FLUX", "merged"]

_SAME_START = np.timedelta64(1, "m")
SAME_FLUX = 1.125  # two satellites, or rounding, differ by up to 0.1 of a class: 1.3 / 1.2, 3.4 / 3.3


def merged(tables: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Join lists and keep one record of each flare.

    Two records are of one flare where the starts differ by at most a minute and the fluxes, on one scale,
    by at most an eighth. The record with more of peak, end, region and position is kept, of equals the
    shorter flare, then the earlier list; a region or position it lacks is taken from the other.

    Returns:
        The table sorted by start, and a note that counts what was dropped.
    """
    table = pd.concat(tables, ignore_index=True)
    table["order"] = np.arange(len(table))
    table = table.sort_values(["start", "order"], kind="stable", ignore_index=True)
    drop = np.zeros(len(table), bool)
    rank = _ranks(table)
    region, lon, lat = (table[name].to_numpy().copy() for name in ("region", "lon", "lat"))
    for first, second in _pairs(table):
        if drop[first] or drop[second]:
            continue
        keep, lose = (first, second) if rank[first] <= rank[second] else (second, first)
        drop[lose] = True
        region[keep] = region[keep] or region[lose]
        if np.isnan(lon[keep]):
            lon[keep], lat[keep] = lon[lose], lat[lose]
    notes = (f"{int(drop.sum())} duplicate records merged.",) if drop.any() else ()
    table = table.assign(region=region, lon=lon, lat=lat)
    return table[~drop].drop(columns="order").reset_index(drop=True), notes


def _pairs(table: pd.DataFrame) -> list[tuple[int, int]]:
    """Rows that tell of the same flare; the table is sorted by start."""
    start, flux = table["start"].to_numpy(), _science_flux(table)
    pairs: list[tuple[int, int]] = []
    for step in range(1, len(table)):
        near = start[step:] - start[:-step] <= _SAME_START
        if not near.any():
            break
        ratio = flux[step:] / flux[:-step]
        same = near & (np.maximum(ratio, 1 / ratio) <= SAME_FLUX)
        pairs += [(int(i), int(i) + step) for i in np.flatnonzero(same)]
    return pairs


def _ranks(table: pd.DataFrame) -> list[tuple[int, float, int]]:
    """The smaller, the better a record: fewer things unknown, then shorter, then earlier in the lists."""
    unknown = table[["peak", "end", "lon"]].isna().sum(axis=1) + (table["region"] == 0)
    length = (table["end"] - table["start"]).dt.total_seconds().fillna(0.0)
    return list(zip(unknown.tolist(), length.tolist(), table["order"].tolist(), strict=True))


def _science_flux(table: pd.DataFrame) -> np.ndarray:
    """Peak fluxes of all rows on the science scale, W m⁻²."""
    known = {text: GoesClass(text).peak_flux for text in table["goes_class"].unique()}
    flux = table["goes_class"].map(known).to_numpy(float)
    return np.where(table["science"], flux, flux / OPERATIONAL_OVER_SCIENCE)
