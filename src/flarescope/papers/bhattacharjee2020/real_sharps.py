"""SHARP magnetograms, selected as in section 2 of the paper: for those who have the archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flarescope.errors import BadFileError, MissingDataError
from flarescope.papers.bhattacharjee2020 import around_flares
from flarescope.papers.bhattacharjee2020.around_flares import flare_follows, hours_from_flares
from flarescope.papers.bhattacharjee2020.dataset import COLUMNS, Dataset
from flarescope.papers.bhattacharjee2020.kept_rows import kept_rows
from flarescope.papers.bhattacharjee2020.periods import TEST_FROM, TEST_UNTIL
from flarescope.papers.kept_stamp import sizes, stamp
from flarescope.samples.select import select
from flarescope.samples.table import SampleTable
from flarescope.sources.files import read_magnetogram
from flarescope.sources.flares import read_flares
from flarescope.sources.regions import read_harp_noaa
from flarescope.synthetic.spots import PIXEL_CM2
from flarescope.times import to_datetime64

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog
    from flarescope.papers.reproduction import Desk
    from flarescope.sources.regions import HarpNoaa
    from flarescope.sun import Magnetogram

__all__ = ["labelled", "paper_selection", "sharp_headers", "sharps", "up_to_the_end"]

FLARES = "flares/goes_2010_2025.csv"
HARPS = "regions/all_harps_with_noaa_ars.txt"
PATTERN = "*.magnetogram.fits"
# 25 Mm² in millionths of the hemisphere (1 is 3.04 Mm²)
SMALLEST_MSH = 8.2
LARGEST_QUALITY = 0xFFFF  # the paper's QUALITY < 65536


def sharps(desk: Desk) -> Dataset:
    """The line-of-sight hmi.sharp_cea_720s maps in and below a folder, selected as in the paper.

    A HARP is flaring if any NOAA region in it has a flare of M1.0 or above; HARPs that share a NOAA
    region share a number in ``group``. Files after August 2018 are left out and counted in
    ``rows.attrs["later"]``.

    Raises:
        MissingDataError: no folder is given, it holds no such file, or none passes the selection.
    """
    if desk.sharps is None:
        raise MissingDataError("needs a folder of hmi.sharp_cea_720s magnetograms (option --sharps)")
    flares, harps = desk.need(FLARES), desk.need(HARPS)
    files = sorted(desk.sharps.rglob(PATTERN))
    if not files:
        raise MissingDataError(f"needs files named {PATTERN}, and {desk.sharps} holds none")
    folder = desk.cache("dataset_sharps")
    cuts = (str(TEST_FROM), str(TEST_UNTIL), SMALLEST_MSH, LARGEST_QUALITY)
    named = stamp(cuts, sizes(files), files=(flares, harps, Path(around_flares.__file__)))

    def table() -> pd.DataFrame:
        headers = up_to_the_end(sharp_headers(files, desk))
        later = headers.attrs["later"]
        desk.progress("SHARPs after August 2018, left out", later, len(files))
        found = labelled(paper_selection(headers), read_flares(flares), read_harp_noaa(harps))
        found.attrs["later"] = later
        return found

    rows = kept_rows(folder / f"rows_{named}.parquet", table, COLUMNS)
    if rows.empty:
        raise MissingDataError(f"needs SHARPs that pass the selection; none of {len(files)} does")
    paths = rows["file"].tolist()

    def read(row: int) -> Magnetogram:
        return read_magnetogram(paths[row])

    return Dataset("real", rows, folder, named, read, "gauss", desk.progress)


def sharp_headers(files: list[Path], desk: Desk) -> pd.DataFrame:
    """One row a readable file: what selection and labels need, and the flux of the image."""
    rows = []
    for done, path in enumerate(files):
        try:
            rows.append(_row(path))
        except BadFileError:
            continue  # damaged files are left out, as files that are not there
        if done % 50 == 0:
            desk.progress("SHARP headers", done, len(files))
    return pd.DataFrame(rows)


def _row(path: Path) -> dict[str, Any]:
    m = read_magnetogram(path)
    region = m.region
    if region is None or region.harp is None:
        raise BadFileError(path, "its header names no HARP. Give files of hmi.sharp_cea_720s.")
    place = region.position
    return {
        "file": str(path),
        "region": region.harp,
        "noaa": list(region.noaa),
        "time_utc": to_datetime64(m.time),
        "quality": m.quality,
        "obs_vr": _speed(path),
        "longitude": place.longitude if place else np.nan,
        "latitude": place.latitude if place else np.nan,
        "area_now_msh": region.area_msh,
        "flux_mx": float(np.nansum(np.abs(m.field), dtype=float)) * PIXEL_CM2,
        "width_px": m.field.shape[1],
        "height_px": m.field.shape[0],
    }


def _speed(path: Path) -> float:
    """The satellite's speed from the Sun (OBS_VR), m/s; NaN where the header does not say."""
    from astropy.io import fits

    with fits.open(path) as hdus:
        return float(hdus[1 if len(hdus) > 1 else 0].header.get("OBS_VR", np.nan))


def up_to_the_end(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows up to August 2018, where the paper's test ends; ``attrs["later"]`` counts those left out."""
    kept = rows[rows["time_utc"] < TEST_UNTIL] if len(rows) else rows.copy()
    kept.attrs["later"] = len(rows) - len(kept)
    return kept


def paper_selection(rows: pd.DataFrame) -> pd.DataFrame:
    """QUALITY up to 0xFFFF, |OBS_VR| below 3500 m/s, ±45°, a largest area of 25 Mm², one an hour a HARP."""
    if rows.empty:
        return rows
    largest = rows.groupby("region")["area_now_msh"].transform("max")
    table = SampleTable(rows.assign(area_msh=largest, group=rows["region"]))
    kept = select(
        table,
        quality_at_most=LARGEST_QUALITY,
        speed_below=3500.0,
        longitude_within=45.0,
        area_at_least=SMALLEST_MSH,
        cadence="1h",
        labelled=False,
    )
    return kept.table.rows


def labelled(rows: pd.DataFrame, flares: FlareCatalog, harps: HarpNoaa) -> pd.DataFrame:
    """Rows with the label of their HARP, its NOAA numbers, the period and the hours from flares."""
    columns = flares.at_least("M1.0").columns
    parts = []
    for harp, own in rows.groupby("region"):
        noaa = {*harps.noaa(int(str(harp))), *(int(n) for listed in own["noaa"] for n in listed)}
        starts = columns.start[np.isin(columns.region, list(noaa or {-1}))]
        times = own["time_utc"].to_numpy("datetime64[us]")
        hours, isolated = hours_from_flares(times, starts)
        parts.append(
            own.assign(
                group=",".join(map(str, sorted(noaa))) or f"HARP {harp}",
                flaring=int(len(starts) > 0),
                period="train" if times.min() < TEST_FROM else "test",
                hours_from_flare=hours,
                isolated=isolated,
                flare_within_24h=flare_follows(times, starts),
            )
        )
    if not parts:
        return pd.DataFrame(columns=[*COLUMNS, "file"])
    found = pd.concat(parts).sort_values(["region", "time_utc"], ignore_index=True)
    return found[[*COLUMNS, "file"]]
