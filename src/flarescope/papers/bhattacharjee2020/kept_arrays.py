"""Arrays that take minutes to make: made once, written whole, mapped from disk afterwards."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from jaxtyping import Float16, Int

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import DTypeLike

__all__ = ["FieldsOf", "kept_array", "kept_fields"]

EVERY = 50  # rows between two words of progress


class FieldsOf(Sequence[np.ndarray]):
    """Arrays of different shapes, end to end in one file.

    Attributes:
        values: all numbers, one array after the other.
        shapes: rows and columns of each, "n 2".
    """

    def __init__(self, values: Float16[np.ndarray, "all"], shapes: Int[np.ndarray, "n 2"]) -> None:
        self.values, self.shapes = values, shapes
        self.ends = np.cumsum(np.prod(shapes, axis=1, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.shapes)

    @overload
    def __getitem__(self, row: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, row: slice) -> list[np.ndarray]: ...
    def __getitem__(self, row: int | slice) -> np.ndarray | list[np.ndarray]:
        """The array of a row number, "h w", or a list of them."""
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        shape = tuple(self.shapes[row])
        return np.asarray(self.values[self.ends[row] - shape[0] * shape[1] : self.ends[row]]).reshape(shape)


def kept_array(
    path: Path,
    shape: tuple[int, int, int],
    make: Callable[[int], np.ndarray],
    progress: Callable[[int, int], None],
) -> Float16[np.ndarray, "n h w"]:
    """The array in this file; if it is not there, it is made row by row and appears whole.

    Args:
        path: an .npy file.
        shape: of the whole array.
        make: the row of this number, "h w".
        progress: told (done, of).
    """
    if not path.exists():
        array = _draft(path, np.float16, shape)
        for row, made in enumerate(_all(make, shape[0])):
            array[row] = made
            if row % EVERY == 0:
                progress(row, shape[0])
        _finish(path, array)
        progress(shape[0], shape[0])
    return np.asarray(np.load(path, mmap_mode="r"))


def kept_fields(
    path: Path, count: int, make: Callable[[int], np.ndarray], progress: Callable[[int, int], None]
) -> FieldsOf:
    """The arrays in ``path``.npy with their shapes in ``path``_shapes.npy, made if they are not there.

    Args:
        path: of both files, without what their names end in.
        count: number of arrays.
        make: the array of this number, "h w", of any shape.
        progress: told (done, of).
    """
    values, shapes = path.with_name(path.name + ".npy"), path.with_name(path.name + "_shapes.npy")
    if not values.exists():  # written last
        parts = []
        for row, made in enumerate(_all(make, count)):
            parts.append(made.astype(np.float16))
            if row % EVERY == 0:
                progress(row, count)
        _write(shapes, np.array([part.shape for part in parts]))
        _write(values, np.concatenate([part.ravel() for part in parts]))
        progress(count, count)
    return FieldsOf(np.load(values, mmap_mode="r"), np.load(shapes))


def _all(make: Callable[[int], np.ndarray], count: int) -> Iterator[np.ndarray]:
    """``make`` of all row numbers, in order, two at a time."""
    with ThreadPoolExecutor(2) as workers:
        for first in range(0, count, EVERY):
            yield from workers.map(make, range(first, min(first + EVERY, count)))


def _write(path: Path, values: np.ndarray) -> None:
    array = _draft(path, values.dtype, values.shape)
    array[...] = values
    _finish(path, array)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _draft(path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """The one draft of this file: what a killed process left is written over.

    It is not emptied first: should another process be writing it too, both write the same numbers.
    """
    with suppress(FileNotFoundError, ValueError):
        left = np.lib.format.open_memmap(_part(path), mode="r+")
        if left.dtype == dtype and left.shape == shape:
            return left
    return np.lib.format.open_memmap(_part(path), mode="w+", dtype=dtype, shape=shape)


def _finish(path: Path, array: np.memmap[Any, Any]) -> None:
    array.flush()
    with suppress(FileNotFoundError):  # another process has finished it
        os.replace(_part(path), path)
