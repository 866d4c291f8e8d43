"""The three kinds of magnetograms on which the paper's experiments run, behind one interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float16

from flarescope.errors import MissingDataError
from flarescope.papers.bhattacharjee2020.kept_arrays import FieldsOf, kept_array, kept_fields
from flarescope.papers.kept_stamp import stamp
from flarescope.preparation import Preparation
from flarescope.sources.calibration import GREY_PER_GAUSS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Encoding, Magnetogram

__all__ = [
    "COLUMNS",
    "UNIT_GAUSS",
    "Dataset",
    "dataset",
    "enough_regions",
    "made_up_sun",
    "patches",
    "sharps",
]

UNIT_GAUSS = 100.0  # what networks see as 1
FIELD_MEGAMETRES = 1.457  # of a pixel in fields at a fixed scale: 4 pixels of 0.03°
FIELD_MULTIPLE = 8
FEWEST_REGIONS = 12  # flaring, and quiet, in the training period: fewer cannot be split and scored
COLUMNS = (
    "region", "group", "flaring", "time_utc", "period", "latitude", "longitude", "flux_mx", "width_px",
    "height_px", "hours_from_flare", "isolated", "flare_within_24h",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled magnetograms of one kind, prepared as networks see them and kept on disk.

    Attributes:
        kind: "synthetic" (the made-up Sun), "real-small" (patches) or "real" (SHARPs).
        rows: one row a magnetogram: ``region`` (int), ``group`` (text: the NOAA numbers in it
            with commas between them, else the region; groups that share a number share flares and stay
            together in splits), ``flaring`` (1 if the region has a flare of M1.0 or
            above in its passage, else 0), ``time_utc``, ``period`` ("train": May 2010 to September 2015,
            "test": October 2015 to August 2018; by the region's first
            magnetogram), ``latitude`` and ``longitude`` (degrees, NaN where unknown),
            ``flux_mx`` (unsigned line-of-sight flux of the whole image, maxwell), ``width_px`` and
            ``height_px`` (as observed), ``hours_from_flare`` (by the halfway rule, NaN beyond ±72 h),
            ``isolated`` (that flare has no other of its region within 144 h) and ``flare_within_24h`` (one
            starts within t to t + 24 h).
        folder: where prepared arrays are kept.
        stamp: names the data and all that decides the rows; kept arrays are named after it and their
            preparation.
        read: the magnetogram of a row.
        encoding: of the magnetograms.
        progress: told (what, done, of).
    """

    kind: DataKind
    rows: pd.DataFrame
    folder: Path
    stamp: str
    read: Callable[[int], Magnetogram]
    encoding: Encoding
    progress: Callable[[str, int, int], None]

    def __len__(self) -> int:
        return len(self.rows)

    def preparation(self, size: int) -> Preparation:
        """The paper's: the whole frame resized bicubically to a square; 1 is 100 G.

        Of 8-bit images 100 G are 51 grey levels, and field above 250 G is cut off in them.
        """
        grey = self.encoding == "grey8"
        return Preparation(
            size,
            fit="resize",
            encoding=self.encoding,
            grey_per_gauss=GREY_PER_GAUSS,
            std=UNIT_GAUSS * GREY_PER_GAUSS if grey else UNIT_GAUSS,
        )

    def field_preparation(self) -> Preparation:
        """The whole frame at 1.457 Mm a pixel, nothing cut; 1 is 100 G."""
        grey = self.encoding == "grey8"
        return Preparation(
            FIELD_MULTIPLE,
            fit="scale",
            interpolation="area",
            encoding=self.encoding,
            grey_per_gauss=GREY_PER_GAUSS,
            megametres_per_pixel=FIELD_MEGAMETRES,
            std=UNIT_GAUSS * GREY_PER_GAUSS if grey else UNIT_GAUSS,
        )

    def magnetogram(self, row: int) -> Magnetogram:
        """The magnetogram of a row number of ``rows``."""
        return self.read(int(row))

    def images(self, size: int) -> Float16[np.ndarray, "n h w"]:
        """All magnetograms as ``preparation(size)`` makes them: made once, then mapped from disk."""
        prepare = self.preparation(size)
        return kept_array(
            self.folder / f"images_{size}_{stamp(self.stamp, prepare.to_dict())}.npy",
            (len(self), size, size),
            lambda row: prepare.apply(self.magnetogram(row)),
            lambda done, of: self.progress(f"{self.kind} images of {size} pixels", done, of),
        )

    def fields(self) -> FieldsOf:
        """All magnetograms as ``field_preparation`` makes them, float16, each with its own shape."""
        prepare = self.field_preparation()
        return kept_fields(
            self.folder / f"fields_{stamp(self.stamp, prepare.to_dict())}",
            len(self),
            lambda row: prepare.apply(self.magnetogram(row)),
            lambda done, of: self.progress(f"{self.kind} fields", done, of),
        )


def dataset(desk: Desk, kind: DataKind) -> Dataset:
    """The data set of this kind, if it has enough regions to be split and scored.

    Raises:
        MissingDataError: the data are not there, or hold too few regions.
    """
    made = {"synthetic": made_up_sun, "real-small": patches, "real": sharps}[kind]
    return enough_regions(made(desk))


def enough_regions(found: Dataset) -> Dataset:
    """The same data set, if it has enough regions to be split and scored.

    Raises:
        MissingDataError: fewer than 12 flaring or 12 other regions up to September 2015.
    """
    training = found.rows[found.rows["period"] == "train"].groupby("region")["flaring"].max()
    flaring, quiet = int(training.sum()), int((training == 0).sum())
    if min(flaring, quiet) < FEWEST_REGIONS:
        raise MissingDataError(
            f"needs more regions: {flaring} flaring and {quiet} other regions up to September 2015 cannot be "
            f"split and scored; at least {FEWEST_REGIONS} of each are needed"
        )
    return found


def made_up_sun(desk: Desk) -> Dataset:
    """Regions of the made-up Sun in the paper's numbers; about a quarter of them for a quick run."""
    from flarescope.papers.bhattacharjee2020.made_up_sun import made_up_sun as made

    return made(desk)


def patches(desk: Desk) -> Dataset:
    """The real 8-bit patches of 463 NOAA regions, 2012 to 2017.

    Raises:
        MissingDataError: they are not at hand.
    """
    from flarescope.papers.bhattacharjee2020.real_patches import patches as made

    return made(desk)


def sharps(desk: Desk) -> Dataset:
    """The SHARP magnetograms of ``desk.sharps``, selected as in the paper.

    Raises:
        MissingDataError: no folder is given, or it holds none.
    """
    from flarescope.papers.bhattacharjee2020.real_sharps import sharps as made

    return made(desk)
