"""Frames of the real SHARPs at hand: how large they are, and which of their regions flare."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flarescope.papers.reproduction import Desk
from flarescope.samples.table import read_table
from flarescope.sources.files import read_magnetogram
from flarescope.sources.flares import read_flares
from flarescope.sources.regions import read_harp_noaa

__all__ = ["real_frames"]

FOLDER = "magnetograms/sharp_cea"


def real_frames(desk: Desk) -> pd.DataFrame:
    """One row a HARP of the data folder: ``region``, ``width_px``, ``height_px`` and ``flaring``.

    A HARP's frame is the same in all its files. Flaring: a NOAA region in it has a flare of M1.0 or above.

    Raises:
        MissingDataError: the data folder lacks them.
    """
    folder = desk.need(FOLDER)
    listed = read_table(desk.need(FOLDER, "index.csv"), needed=("file", "harp", "readable"))
    paths = {path.name: path for path in sorted(folder.rglob("*.fits"))}
    first = listed[listed["readable"].astype(bool) & listed["file"].isin(paths.keys())].drop_duplicates(
        "harp"
    )
    harps = read_harp_noaa(desk.need("regions/all_harps_with_noaa_ars.txt"))
    columns = read_flares(desk.need("flares/goes_2010_2025.csv")).at_least("M1.0").columns
    rows = []
    for name, harp in zip(first["file"], first["harp"].astype(int), strict=True):
        height, width = read_magnetogram(paths[name]).field.shape
        flaring = bool(np.isin(columns.region, harps.noaa(harp) or (-1,)).any())
        rows.append((harp, width, height, int(flaring)))
    return pd.DataFrame(rows, columns=["region", "width_px", "height_px", "flaring"])
