"""Where on the Sun was the strongest flare of each forecast's window?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Shaped

from flarescope.errors import BadFileError, BadOptionError, MissingDataError, UnknownNameError
from flarescope.flare import GoesClass
from flarescope.samples.table import as_times
from flarescope.sources.flares import read_flares
from flarescope.sources.forecast_table import read_frame, times_column
from flarescope.times import duration

if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Any

    import pandas as pd

    from flarescope.flare import FlareCatalog

__all__ = ["FlarePlaces", "read_flare_places", "strongest_places"]

COLUMNS = ("time_utc", "strongest_class", "flare_longitude_deg", "flare_latitude_deg")
NO_FLARE = ("", "0", "FQ", "NF", "NONE")  # words that stand for a window without a flare


@dataclass(frozen=True, eq=False)
class FlarePlaces:
    """The strongest flare of each window.

    Attributes:
        times: ``datetime64[us]`` UTC at which the windows begin, "n".
        flux: its peak flux in W m⁻² "n"; 0 where no flare is listed.
        longitude: Stonyhurst degrees, west positive, "n"; NaN where unknown.
        latitude: degrees "n"; NaN where unknown.
    """

    times: Shaped[np.ndarray, "n"]
    flux: Float[np.ndarray, "n"]
    longitude: Float[np.ndarray, "n"]
    latitude: Float[np.ndarray, "n"]

    def at(self, times: Shaped[np.ndarray, "m"]) -> FlarePlaces:
        """The rows of these times, in their order.

        Raises:
            MissingDataError: a time is not there.
        """
        wanted = np.asarray(times, "datetime64[us]")
        order = np.argsort(self.times, kind="stable")
        row = np.searchsorted(self.times[order], wanted)
        found = order[np.minimum(row, len(order) - 1)]
        lacking = np.flatnonzero(self.times[found] != wanted)
        if lacking.size:
            raise MissingDataError(
                f"No flare place is given for {wanted[lacking[0]]} ({lacking.size} of {len(wanted)} "
                "forecasts). Give a table that holds every time, or a flare list with positions."
            )
        return FlarePlaces(wanted, self.flux[found], self.longitude[found], self.latitude[found])


def read_flare_places(
    path: str | Path, times: Shaped[np.ndarray, "n"], *, within: str | timedelta = "24h"
) -> FlarePlaces:
    """Where was the strongest flare after each time, by a table of labels or by a flare list?

    Args:
        path: a CSV or Parquet with the columns ``time_utc``, ``strongest_class`` (NF or empty: none),
            ``flare_longitude_deg`` and ``flare_latitude_deg``; or any flare list that ``read_flares`` reads,
            best one with positions.
        times: of the forecasts, UTC.
        within: length of the windows, where a flare list is given.

    Raises:
        BadFileError: the file cannot be read, or a class is none.
        UnknownNameError: a table of labels lacks a column.
        MissingDataError: a table of labels lacks a time; a flare list has no flare in any of the windows, or
            no position of any.
    """
    file = Path(path)
    if _is_table(file):
        return _table(file).at(times)
    found = strongest_places(times, read_flares(file), within=within)
    if not found.flux.any():
        raise MissingDataError(
            f"{file} holds no flare after any of the {len(found.times)} forecasts. "
            "Give a list that covers them."
        )
    if not np.isfinite(found.longitude).any():
        raise MissingDataError(
            f"{file} gives no position of any flare. Give a list with positions, or a table of labels with "
            "flare_longitude_deg and flare_latitude_deg."
        )
    return found


def strongest_places(times: Any, catalog: FlareCatalog, *, within: str | timedelta = "24h") -> FlarePlaces:
    """The strongest flare that starts in t < start < t + ``within``: the earliest of equals.

    Classes are compared as listed. A list with a hole knows no flare there; see ``FlareCatalog.coverage``.

    Example:
        >>> strongest_places(["2011-02-15T00:00"], flares).longitude  # doctest: +SKIP
        array([10.])
    """
    moments, columns = as_times(times), catalog.columns
    first = np.searchsorted(columns.start, moments, side="right")
    stop = np.searchsorted(columns.start, moments + np.timedelta64(duration(within)), side="left")
    flux, longitude, latitude = np.zeros(len(moments)), *np.full((2, len(moments)), np.nan)
    for row in np.flatnonzero(stop > first):
        flare = catalog.flares[first[row] + int(np.argmax(columns.flux[first[row] : stop[row]]))]
        flux[row] = flare.goes_class.peak_flux
        if flare.position is not None:
            longitude[row], latitude[row] = flare.position.longitude, flare.position.latitude
    return FlarePlaces(moments, flux, longitude, latitude)


def _is_table(file: Path) -> bool:
    """Is it a table of labels? Flare lists are text without a column of strongest classes."""
    try:
        with file.open("rb") as stream:
            start = stream.read(4096)
    except OSError as error:
        raise BadFileError(file, f"cannot be opened ({error.strerror}).") from None
    return start.startswith(b"PAR1") or b"strongest_class" in start.partition(b"\n")[0]


def _table(file: Path) -> FlarePlaces:
    import pandas as pd

    frame = read_frame(file)
    for name in COLUMNS:
        if name not in frame.columns:
            raise UnknownNameError(f"column in {file.name}", name, map(str, frame.columns))
    times = times_column(file, frame, "time_utc")
    if times is None or not len(times):
        raise BadFileError(file, "the table has no rows. Give one for each forecast.")
    degrees = (pd.to_numeric(frame[name], errors="coerce").to_numpy(float) for name in COLUMNS[2:])
    return FlarePlaces(times, _fluxes(file, frame["strongest_class"]), *degrees)


def _fluxes(file: Path, column: pd.Series[Any]) -> Float[np.ndarray, "n"]:
    """Peak flux of each class, 0 for none; each distinct class is read once."""
    words = column.fillna("").astype(str).str.strip()
    flux: dict[str, float] = {}
    for word in words.unique():
        try:
            flux[word] = 0.0 if word.upper() in NO_FLARE else GoesClass(word).peak_flux
        except BadOptionError as problem:
            raise BadFileError(file, f"column 'strongest_class': {problem}") from None
    return words.map(flux).to_numpy(float)
