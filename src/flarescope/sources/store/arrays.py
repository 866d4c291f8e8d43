"""Arrays of a store: float16 "n h w" in numpy's own format, written and read without holding them all."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float16

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.store.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flarescope.sources.store.rows import Shard

__all__ = ["as_float16", "check_shard", "npy_chunks", "open_shard"]


def as_float16(array: Float[np.ndarray, "h w"], shape: tuple[int, int]) -> Float16[np.ndarray, "h w"]:
    """A prepared image as the store keeps it.

    Raises:
        BadOptionError: another shape, or numbers that float16 does not hold (NaN, or beyond 65,504).
    """
    if array.shape != shape:
        raise BadOptionError(f"An array of shape {array.shape} does not fit a store of {shape} images.")
    with np.errstate(over="ignore"):
        kept = np.ascontiguousarray(array, dtype="<f2")
    if not np.isfinite(kept).all():
        raise BadOptionError("An array holds numbers that are no float16: NaN, or beyond 65,504.")
    return kept


def npy_chunks(arrays: Iterable[Float16[np.ndarray, "h w"]], shape: tuple[int, int, int]) -> Iterator[bytes]:
    """The bytes of an .npy file, one image at a time."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f2", "fortran_order": False, "shape": shape})
    yield header.getvalue()
    for array in arrays:
        yield np.ascontiguousarray(array, dtype="<f2").tobytes()


def open_shard(path: Path, shard: Shard) -> Float16[np.ndarray, "n h w"]:
    """The arrays of a file, read when they are used.

    Raises:
        BadFileError: missing, or not of the shape that its record tells.
    """
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise BadFileError(path, f"the arrays cannot be read ({problem}). Verify the store.") from None
    if not isinstance(found, np.ndarray) or found.shape != shard.shape or found.dtype != np.float16:
        raise BadFileError(path, "these are not the arrays that the rows tell of. Verify the store.")
    return found


def check_shard(path: Path, shard: Shard) -> None:
    """Are these the arrays that were written?

    Raises:
        BadFileError: missing or damaged.
    """
    if sha256_of(path) != shard.sha256:
        raise BadFileError(path, "its bytes are not those that were written.")
