"""A store as one zarr group, for tools that want that; training reads the store itself, which is faster."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadOptionError, MissingDataError, MissingExtraError
from flarescope.sources.store_files import INDEX
from flarescope.sources.store_index import opened_index
from flarescope.writing import check_folder_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flarescope.sources.store import Store

__all__ = ["export_zarr"]

AT_ONCE = 32  # images in a file of the group, and in memory
ROWS_AT_ONCE = 8192


def export_zarr(
    store: Store,
    out: str | Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Write the images of a sealed store as a zarr group; gaps and stale images are left out.

    The group has ``images`` (float16 "n h w", one image a chunk), ``time`` and ``observed`` (microseconds
    since 1970, UTC), ``harp`` (-1 for none) and ``quality``, and the preparation among its attributes. Beside
    them lies ``index.parquet`` with the same n rows in the same order.

    Args:
        store: sealed.
        out: a folder that does not exist.
        progress: told (done, of) in images.

    Returns:
        How many images were written.

    Raises:
        BadOptionError: the place is taken or cannot be written.
        MissingDataError: the store is not sealed, has no arrays, or no image.
        BadFileError: its index or a shard is damaged.
        MissingExtraError: zarr is not installed.
    """
    out = _free(out)
    count = _count(store)
    draft = out.with_name(f".{out.name}.{os.getpid()}-{uuid.uuid4().hex[:12]}.part")
    try:
        _write(store, draft, count, progress)
        os.replace(draft, out)
    except OSError as problem:
        raise BadOptionError(f"{out} cannot be written ({problem.strerror}). Choose another place.") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return count


def _free(out: str | Path) -> Path:
    path = Path(out).absolute()
    check_folder_place(path.parent)
    if path.exists():
        raise BadOptionError(f"{out} is there already. Give a folder that does not exist yet.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _count(store: Store) -> int:
    if store.preparation is None:
        raise MissingDataError(f"{store.folder} keeps files only, so there is no array to export.")
    count = sum(len(rows) for rows in _images(store.folder, ["status"]))
    if count == 0:
        raise MissingDataError(f"{store.folder} holds no image, so there is nothing to export.")
    return count


def _images(folder: Path, columns: list[str] | None = None) -> Iterator[Any]:
    """The rows of sound images, some at a time, as Arrow tables."""
    import pyarrow as pa
    from pyarrow import compute

    with opened_index(folder) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=columns):
            table = pa.Table.from_batches([batch])
            yield table.filter(compute.equal(table["status"], "image"))


def _write(store: Store, draft: Path, count: int, progress: Callable[[int, int], None]) -> None:
    from pyarrow import parquet

    images, numbers = _begin(store, draft, count)
    with opened_index(store.folder) as file:
        schema = file.schema_arrow
    begun = 0
    with parquet.ParquetWriter(draft / INDEX, schema, compression="zstd") as writer:
        for table in _images(store.folder):
            writer.write_table(table)
            stop = begun + len(table)
            for name, array in numbers.items():
                array[begun:stop] = _numbers(table[name])
            begun = stop
    places = chain.from_iterable(
        table.select(["shard", "position"]).to_pylist() for table in _images(store.folder)
    )
    for start in range(0, count, AT_ONCE):
        some = [store.image(next(places)) for _ in range(start, min(start + AT_ONCE, count))]
        images[start : start + len(some)] = np.stack(some)
        progress(start + len(some), count)


def _begin(store: Store, draft: Path, count: int) -> tuple[Any, dict[str, Any]]:
    """The group and its arrays, empty."""
    try:
        import zarr
    except ImportError:
        raise MissingExtraError("Export to zarr", "dask") from None
    assert store.preparation is not None
    side = store.preparation.size
    group = zarr.open_group(str(draft), mode="w", zarr_format=3)
    group.attrs["format"] = "flarescope store, exported"
    group.attrs["preparation"] = json.loads(store.preparation.to_json())
    images = group.create_array(
        "images", shape=(count, side, side), chunks=(1, side, side), shards=(AT_ONCE, side, side), dtype="f2"
    )
    numbers = {
        name: group.create_array(name, shape=(count,), chunks=(ROWS_AT_ONCE,), dtype="i8")
        for name in ("time", "observed", "harp", "quality")
    }
    return images, numbers


def _numbers(column: Any) -> np.ndarray:
    """A column as whole numbers: times as microseconds, -1 where there is none."""
    import pyarrow as pa
    from pyarrow import compute

    return np.asarray(compute.fill_null(column.cast(pa.int64()), -1).to_numpy())
