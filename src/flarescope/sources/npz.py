"""numpy archives: SDOML's 512-pixel magnetograms, and any archive with one two-dimensional array of gauss."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.geometry import Disk, earth_view
from flarescope.sources.limb import find_limb
from flarescope.sources.limits import MAX_BYTES, FileBytes, check_size, damage_in
from flarescope.sources.names import time_in_name
from flarescope.sun import Magnetogram, Origin

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["read_npz"]

MAX_MEMBERS = 16


def read_npz(file: FileBytes, *, time: datetime | None = None) -> Magnetogram:
    """What field is in this numpy archive?

    One two-dimensional array of numbers in gauss is expected, row 0 the southernmost (SDOML's ``x`` is so),
    the sky exactly 0 or NaN. The disk is found by its edge; B0, L0 and distance come from the ephemeris.
    SDOML's Bz is the line-of-sight component of the *vector* magnetogram, and its disk has one radius at all
    times: a note says so.

    Args:
        file: the file's bytes.
        time: when it was observed, if its name does not say.

    Raises:
        BadFileError: damaged, another content, no time, or no solar disk.
    """
    when = time or time_in_name(file.path)
    if when is None:
        raise BadFileError(
            file.path, "neither the archive nor its name says when. Give time=2026-02-03T12:00Z."
        )
    field = _array(file)
    try:
        seen = earth_view(when)
        on_sun = np.where(np.isfinite(field) & (field != 0), np.float32(128.0), np.float32(0.0))
        limb = find_limb(on_sun)
        geometry = Disk(limb.x, limb.y, limb.radius, seen.b0, seen.l0, seen.distance_au)
        field = np.where(geometry.mask((field.shape[0], field.shape[1])), field, np.float32(np.nan))
        notes: tuple[str, ...] = (f"disk from its edge: radius {limb.radius:.2f} px",)
        if "_bz" in file.path.name:
            notes = (
                *notes,
                "out of distribution: Bz of the vector magnetogram, resampled to one disk radius (SDOML)",
            )
        origin = Origin(file.path.name, "numpy archive", file.sha256)
        return Magnetogram(field, when, "full_disk", "gauss", geometry, None, 0, origin, notes)
    except (BadOptionError, MissingDataError) as error:
        raise BadFileError(file.path, f"the array cannot be a magnetogram. {error}") from None


def _array(file: FileBytes) -> Float[np.ndarray, "y x"]:
    """The archive's only two-dimensional array, as float32; sizes are checked before it is unpacked."""
    with damage_in(file.path, "numpy archive"):
        with zipfile.ZipFile(BytesIO(file.data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_BYTES:
                raise BadFileError(
                    file.path, f"it unpacks to more than {MAX_BYTES:,} bytes or {MAX_MEMBERS} arrays."
                )
            shapes = {member.filename: _shape(archive, member) for member in members}
        flat = [name for name, shape in shapes.items() if len(shape) == 2]
        if len(flat) != 1:
            raise BadFileError(
                file.path, f"it holds {len(flat)} two-dimensional arrays; exactly one is needed."
            )
        rows, columns = shapes[flat[0]]
        check_size(file.path, columns, rows)
        with np.load(BytesIO(file.data), allow_pickle=False) as arrays:
            field = arrays[flat[0].removesuffix(".npy")]
        if field.dtype.kind not in "fiu":
            raise BadFileError(file.path, f"its numbers are of type {field.dtype}; accepted: real numbers.")
        if (
            field.dtype.kind == "f"
            and float(np.nanmax(np.abs(field), initial=0.0)) > np.finfo(np.float32).max
        ):
            raise BadFileError(file.path, "its numbers are larger than any field on the Sun.")
        return np.asarray(field, dtype=np.float32)


def _shape(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[int, ...]:
    """The shape that a .npy member declares, read from its first bytes; it must fit the member's size."""
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    if int(np.prod(shape, dtype=np.float64)) * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename} declares the shape {shape}, more than it holds")
    return tuple(shape)
