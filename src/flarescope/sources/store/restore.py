"""What a damaged store still knows twice: settings, rows of a day, arrays; made from the other copy."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError, FlarescopeError, UnreadableFileError
from flarescope.sources.files import read_magnetogram_bytes
from flarescope.sources.limits import FileBytes, read_bytes
from flarescope.sources.store.arrays import as_float16
from flarescope.sources.store.files import (
    CHECKSUMS,
    INDEX,
    SETTINGS,
    read_record,
    sha256_of,
    write_record,
)
from flarescope.sources.store.index import opened_index
from flarescope.sources.store.rows import DayRows, Row, Shard, UnitRows
from flarescope.sources.store.units import pixels_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from jaxtyping import Float16

    from flarescope.preparation import Preparation
    from flarescope.sources.store.files import Places
    from flarescope.sun import View

__all__ = ["day_from_index", "days_of_index", "is_sound", "made_again", "restore_settings"]

IN_ROW = {
    "time", "status", "reason", "observed", "source", "series", "name", "file", "bytes", "sha256",
    "pixels_sha256", "quality", "harp", "noaa", "view", "encoding", "notes",
}  # fmt: skip


def is_sound(path: Path, sha256: str) -> bool:
    """Are these the bytes that were written?

    Raises:
        UnreadableFileError: the system does not give them out.
    """
    try:
        return sha256_of(path) == sha256
    except UnreadableFileError:
        raise
    except BadFileError:
        return False


def restore_settings(folder: Path) -> bool:
    """Write ``store.json`` anew where it is damaged and ``checksums.json`` has a copy; True if it did.

    Raises:
        BadFileError: it is damaged, and there is no copy.
    """
    try:
        read_record(folder / SETTINGS)
    except UnreadableFileError:
        raise
    except BadFileError as damage:
        copy = _checksums(folder).get("settings")
        if copy is None:
            raise BadFileError(
                folder / SETTINGS,
                f"{damage.problem} The store was never sealed, so there is no copy: begin it anew elsewhere.",
            ) from None
        write_record(folder / SETTINGS, copy)
        return True
    return False


def _checksums(folder: Path) -> dict[str, Any]:
    """What the checksums tell; nothing where they are damaged."""
    try:
        return read_record(folder / CHECKSUMS)
    except UnreadableFileError:
        raise
    except BadFileError:
        return {}


def days_of_index(folder: Path) -> set[date]:
    """The days that a sound index tells of; none where it is damaged or missing."""
    sha256 = _checksums(folder).get("index", {}).get("sha256", "")
    if not is_sound(folder / INDEX, sha256):
        return set()
    with opened_index(folder) as file:
        batches = file.iter_batches(columns=["day"])
        return {date.fromisoformat(day) for batch in batches for day in batch.column(0).unique().to_pylist()}


def day_from_index(places: Places, day: date) -> DayRows:
    """A day's record as the index tells it; the index must be sound.

    The index has but the first letters of the shard's checksum, in its name: where what lies there has
    others, the shard counts as damaged.
    """
    units: dict[str, list[Row]] = {}
    name, images, side = "", 0, 0
    for values in _rows_of(places.folder, day):
        units.setdefault(values["key"], []).append(_row(values))
        if values["shard"]:
            name, images = values["shard"], images + 1
    shard = None
    if name:
        try:
            sha256 = sha256_of(places.shard(name))
        except UnreadableFileError:
            raise
        except BadFileError:
            sha256 = ""
        preparation = read_record(places.folder / SETTINGS)["preparation"]
        side = int(preparation["size"]) if preparation else 0
        shard = Shard(name, sha256 if name == f"{day}.{sha256[:8]}.npy" else "damaged", (images, side, side))
    return DayRows(day, shard, {key: UnitRows(key, tuple(rows)) for key, rows in units.items()})


def _rows_of(folder: Path, day: date) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    from pyarrow import compute

    with opened_index(folder) as file:
        for batch in file.iter_batches():
            table = pa.Table.from_batches([batch])
            yield from table.filter(compute.equal(table["day"], str(day))).to_pylist()


def _row(values: dict[str, Any]) -> Row:
    """A row as it was before the index judged it."""
    found = {name: values[name] for name in IN_ROW}
    found["noaa"] = tuple(int(number) for number in found["noaa"].split(",") if number)
    found["notes"] = tuple(note for note in found["notes"].split("; ") if note)
    if found["status"] == "stale":
        found |= {"status": "image", "reason": ""}
    return Row(**found)


def made_again(places: Places, preparation: Preparation, row: Row) -> Float16[np.ndarray, "h w"] | None:
    """The array of a row, made from its kept file; None where that does not show the same pixels any more."""
    if not row.file:
        return None
    try:
        data = read_bytes(places.folder / row.file).data
        view: View = "region" if row.view == "region" else "full_disk"
        file = FileBytes(places.folder / row.name, data)
        image = read_magnetogram_bytes(file, time=row.observed, view=view)
        if pixels_sha256(image) != row.pixels_sha256:
            return None
        side = preparation.size
        return as_float16(preparation.apply(image), (side, side))
    except UnreadableFileError:
        raise
    except FlarescopeError:
        return None
