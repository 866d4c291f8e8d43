"""Do one unit of a store: ask for each of its images, prepare it, and keep what came of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from flarescope.errors import ArchiveError, BadFileError, BadOptionError, FlarescopeError, MissingDataError
from flarescope.sources.store.store import Row, Store

if TYPE_CHECKING:
    from datetime import datetime

    from jaxtyping import Float

    from flarescope.preparation import Preparation
    from flarescope.sources.archives import Supplied
    from flarescope.sources.store.store import Unit
    from flarescope.sun import Magnetogram

__all__ = ["Supply", "UnitReport", "do_unit", "pixels_sha256"]


class Supply(Protocol):
    """Where images come from: an archive, or a folder."""

    def supply(self, time: datetime, harp: int | None) -> Supplied:
        """The checked image of this time; MissingDataError, BadFileError or ArchiveError if there is none."""


@dataclass(frozen=True)
class UnitReport:
    """What came of a unit: how many images, and the times without one, each with its reason."""

    key: str
    images: int
    gaps: tuple[tuple[datetime, str], ...]


def do_unit(store_folder: str | Path, supply: Supply, unit: Unit) -> UnitReport:
    """Fetch, check, prepare and keep all images of a unit.

    Done twice it gives the same bytes. An image that is missing, damaged, of the wrong kind, or that its
    archive does not give becomes a gap with its reason. A mistake in what was asked is none: it stops the
    work, and nothing of the unit is kept.

    Raises:
        BadFileError: there is no store in the folder.
        BadOptionError: the supply cannot be asked like that; or the store cannot be written.
        FlarescopeError: what else the supply raised that is no fault of the data.
    """
    store = Store.open(store_folder)
    rows: list[Row] = []
    arrays: list[Float[np.ndarray, "h w"]] = []
    files: dict[str, bytes] = {}
    for time in unit.times:
        try:
            supplied = supply.supply(time, unit.harp)
            made = [_prepared(store.preparation, supplied.image)] if store.preparation else []
        except (MissingDataError, BadFileError, ArchiveError, _UnfitError) as problem:
            rows.append(Row(time, "gap", _reason(problem), harp=unit.harp))
            continue
        row = _row(unit, time, supplied)
        rows.append(row)
        arrays += made
        if store.keep_files:
            files[row.name] = supplied.file.data
    store.put(unit, rows, arrays, files)
    gaps = tuple((row.time, row.reason) for row in rows if row.status == "gap")
    return UnitReport(unit.key, len(rows) - len(gaps), gaps)


def pixels_sha256(image: Magnetogram) -> str:
    """The checksum of what an image shows, whatever file it came in: float32, one NaN, one zero."""
    field = np.ascontiguousarray(image.field, dtype="<f4")
    field = np.where(np.isnan(field), np.float32(np.nan), field + np.float32(0.0))
    return hashlib.sha256(str(field.shape).encode() + field.tobytes()).hexdigest()


class _UnfitError(FlarescopeError):
    """This one image cannot be prepared as the store wants it; the next one may."""


def _prepared(preparation: Preparation, image: Magnetogram) -> Float[np.ndarray, "h w"]:
    """What a network sees of it, if float16 can hold that."""
    try:
        array = preparation.apply(image)
    except BadOptionError as problem:
        raise _UnfitError(str(problem)) from None
    if not np.isfinite(array).all() or np.abs(array).max() > np.finfo(np.float16).max:
        raise _UnfitError("The prepared image holds numbers that are no float16.")
    return array


def _row(unit: Unit, time: datetime, supplied: Supplied) -> Row:
    image, found = supplied.image, supplied.found
    region = image.region
    harp = region.harp if region and region.harp is not None else unit.harp
    return Row(
        time, "image", observed=image.time, source=image.origin.source, series=found.series if found else "",
        name=_name(unit, supplied), bytes=len(supplied.file.data), sha256=supplied.file.sha256,
        pixels_sha256=pixels_sha256(image), quality=image.quality, harp=harp,
        noaa=region.noaa if region else (), view=image.view, encoding=image.encoding, notes=image.notes,
    )  # fmt: skip


def _name(unit: Unit, supplied: Supplied) -> str:
    """The file's name, of safe letters; a region's begins with the unit: many have one of the same time."""
    name = re.sub(r"[^A-Za-z0-9._+-]", "_", supplied.file.path.name).lstrip(".") or "image"
    if supplied.image.view == "region":
        name = f"{unit.key}__{name}"
    return name[-150:].lstrip(".")


def _reason(problem: FlarescopeError) -> str:
    """One line without the folders of this machine."""
    if isinstance(problem, BadFileError):
        return f"{Path(problem.path).name}: {problem.problem}"
    return str(problem) or type(problem).__name__
