"""What all rows of a store have in common: ``store.json``, written when it begins, and held to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.store.files import LOCK, SETTINGS, is_draft, read_record, write_record
from flarescope.sources.store.lock import locked
from flarescope.times import duration, duration_text

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

__all__ = [
    "begin_or_agree",
    "check_series",
    "check_tolerance",
    "keep_series",
    "keep_tolerance",
    "read_settings",
    "tolerance_in",
]

FORMAT = "flarescope store 1"
NRT = "_nrt"


def begin_or_agree(folder: Path, settings: dict[str, Any]) -> None:
    """Begin a store of these settings, or see that the one that is there has the same.

    Raises:
        BadOptionError: the folder holds other files, or a store of other settings.
        BadFileError: the settings that are there are damaged.
    """
    settings = {"format": FORMAT, **settings}
    if not (folder / SETTINGS).is_file():
        _check_free(folder)
        write_record(folder / SETTINGS, settings)
    known = read_settings(folder)
    for name, asked in settings.items():
        there = known[name]
        if there != asked:
            raise BadOptionError(
                f"{folder} is a store with {name} {_where_unlike(there, asked)}, not "
                f"{_where_unlike(asked, there)}. Choose another folder, or the same settings."
            )


def read_settings(folder: Path) -> dict[str, Any]:
    """What a store was begun with.

    Raises:
        BadFileError: there is none, its settings are damaged, or it is of another format.
    """
    path = folder / SETTINGS
    if not path.is_file():
        raise BadFileError(folder, "this is no store: there is no store.json. Begin one with 'store build'.")
    settings = read_record(path)
    if settings.get("format") != FORMAT:
        raise BadFileError(path, f"its format is '{settings.get('format')}'. Accepted: '{FORMAT}'.")
    return settings


def tolerance_in(settings: dict[str, Any]) -> timedelta | None:
    """How far the image of a row may be from its time; None where nothing was fetched, or of old."""
    text = settings.get("tolerance")
    return duration(text) if text else None


def check_tolerance(folder: Path, tolerance: timedelta) -> None:
    """May images this far from their times be fetched into this store?

    Raises:
        BadOptionError: it holds those of another tolerance.
    """
    known = tolerance_in(read_settings(folder))
    if known is not None and known != tolerance:
        there, asked = duration_text(known), duration_text(tolerance)
        raise BadOptionError(
            f"{folder} holds images within {there} of their times, and --tolerance {asked} is asked for. "
            f"Type --tolerance {there}, or choose another folder."
        )


def keep_tolerance(folder: Path, tolerance: timedelta) -> None:
    """Write the tolerance of a store that has none.

    Raises:
        BadOptionError: it has another one, or cannot be written.
    """
    with locked(folder, alone=True):
        check_tolerance(folder, tolerance)
        settings = read_settings(folder)
        if tolerance_in(settings) is None:
            del settings["sha256"]
            write_record(folder / SETTINGS, settings | {"tolerance": duration_text(tolerance)})


def check_series(folder: Path, series: str) -> None:
    """May images of this series be fetched into this store?

    Near-real-time and definitive images differ, and their HARPs are numbered apart, so a store holds either.

    Raises:
        BadOptionError: it holds the other one of the two.
    """
    there = [one for one in read_settings(folder).get("series", []) if one != series]
    other = [one for one in there if one.removesuffix(NRT) == series.removesuffix(NRT)]
    if other:
        raise BadOptionError(
            f"{folder} holds {other[0]}, and {series} is asked for; near-real-time and definitive images do "
            "not go into one store. Choose another folder."
        )


def keep_series(folder: Path, series: str) -> None:
    """Write a series into the settings of a store that holds its images.

    Raises:
        BadOptionError: it holds the near-real-time or definitive other one, or cannot be written.
    """
    with locked(folder, alone=True):
        check_series(folder, series)
        settings = read_settings(folder)
        known = settings.get("series", [])
        if series not in known:
            del settings["sha256"]
            write_record(folder / SETTINGS, settings | {"series": sorted([*known, series])})


def _where_unlike(one: Any, other: Any) -> Any:
    """Of two preparations only what differs."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one
    return {name: value for name, value in one.items() if value != other.get(name)}


def _check_free(folder: Path) -> None:
    """May a store begin here?"""
    there = os.listdir(folder) if folder.is_dir() else []
    strange = sorted(name for name in there if name != LOCK and not is_draft(name))
    if strange:
        raise BadOptionError(
            f"{folder} holds other files, such as {strange[0]}, and no store. Choose a new or empty folder."
        )
