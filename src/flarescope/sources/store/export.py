"""A store as one zarr group, for tools that want that."""

from __future__ import annotations

import json
import os
import shutil
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import (
    BadFileError,
    BadOptionError,
    FlarescopeError,
    MissingDataError,
    MissingExtraError,
)
from flarescope.sources.store.files import ABOUT, INDEX, LABELS, read_record, sha256_of
from flarescope.sources.store.index import opened_index
from flarescope.sources.store.lock import locked
from flarescope.writing import check_folder_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flarescope.sources.store.store import Store

__all__ = ["export_zarr"]

GROUP, TABLE, WRITTEN = "group", "table.parquet", "written"  # in the folder of drafts
AT_ONCE = 32  # images in a file of the group, and in memory
ROWS_AT_ONCE = 8192
ROWS = "image"  # the dimension that all arrays share
LABEL_COLUMNS = {"label": "i1", "hours_to_flare": "f8"}


def export_zarr(
    store: Store,
    out: str | Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Write the images of a sealed store as a zarr group; gaps and stale images are left out.

    The group has ``images`` (float16 "n h w", one image a chunk), ``time`` and ``observed`` (nanoseconds
    since 1970, UTC; xarray reads them as times), ``harp`` (-1 for none) and ``quality``; of a labelled store
    also ``label`` (1, 0, or -1 for none) and ``hours_to_flare`` (NaN for none). The preparation and how the
    labels were made are among its attributes. Beside ``store.zarr`` lies ``store.index.parquet`` with the
    same n rows in the same order. Killed and called again it begins anew and removes what was left.

    Args:
        store: sealed.
        out: a folder that does not exist.
        progress: told (done, of) in images.

    Returns:
        How many images were written.

    Raises:
        BadOptionError: the place is taken or cannot be written.
        MissingDataError: the store is not sealed, has no arrays, or no image.
        BadFileError: its index, its labels or a shard are damaged, or the labels are of another index.
        MissingExtraError: zarr is not installed.
    """
    out, rows = Path(out).absolute(), _table_of(Path(out).absolute())
    check_folder_place(out.parent)
    draft = out.with_name(f".{out.name}.part")
    if not draft.exists():
        _check_free(out, rows)
    count, labels = _count(store), _about_labels(store.folder)
    try:
        with locked(draft, alone=True):
            try:
                _clear(draft, rows)
                _check_free(out, rows)
                _write(store, draft, labels, count, progress)
                (draft / WRITTEN).touch()
                os.replace(draft / TABLE, rows)
                os.replace(draft / GROUP, out)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    except OSError as problem:
        if isinstance(problem, FlarescopeError):
            raise
        raise BadOptionError(f"{out} cannot be written ({problem.strerror}). Choose another place.") from None
    return count


def _table_of(group: Path) -> Path:
    """The place of the table beside a group."""
    return group.with_name(f"{group.name.removesuffix('.zarr')}.{INDEX}")


def _check_free(*places: Path) -> None:
    for place in places:
        if place.exists():
            raise BadOptionError(f"{place} is there already. Give a folder that does not exist yet.")


def _clear(draft: Path, rows: Path) -> None:
    """Remove what an export left that was killed: its drafts, and its table if the group was yet to come."""
    if (draft / WRITTEN).exists() and (draft / GROUP).exists() and not (draft / TABLE).exists():
        rows.unlink(missing_ok=True)
    (draft / WRITTEN).unlink(missing_ok=True)
    (draft / TABLE).unlink(missing_ok=True)
    shutil.rmtree(draft / GROUP, ignore_errors=True)


def _about_labels(folder: Path) -> dict[str, Any] | None:
    """How the labels were made; None where there are none."""
    if not (folder / ABOUT).exists() and not (folder / LABELS).exists():
        return None
    about, again = read_record(folder / ABOUT), f"flarescope store seal {folder} --flares LIST"
    if about.get("labels_sha256") != sha256_of(folder / LABELS):
        raise BadFileError(folder / LABELS, f"its bytes are not those that were written. Type: {again}")
    if about.get("index_sha256") != sha256_of(folder / INDEX):
        raise BadFileError(folder / LABELS, f"its labels are of another index. Type: {again}")
    return {name: about.get(name) for name in ("at_least", "within", "goes_scale", "notes")}


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


def _write(
    store: Store,
    draft: Path,
    labels: dict[str, Any] | None,
    count: int,
    progress: Callable[[int, int], None],
) -> None:
    group = _begin(store, draft / GROUP, labels)
    _write_rows(store.folder, group, draft / TABLE, count)
    if labels is not None:
        _write_labels(store.folder, group, count)
    side = store.preparation.size if store.preparation else 0
    images = group.create_array(
        "images", shape=(count, side, side), chunks=(1, side, side), shards=(AT_ONCE, side, side),
        dtype="f2", dimension_names=(ROWS, "y", "x"),
    )  # fmt: skip
    places = chain.from_iterable(
        table.select(["shard", "position"]).to_pylist() for table in _images(store.folder)
    )
    for start in range(0, count, AT_ONCE):
        some = [store.image(next(places)) for _ in range(start, min(start + AT_ONCE, count))]
        images[start : start + len(some)] = np.stack(some)
        progress(start + len(some), count)


def _begin(store: Store, draft: Path, labels: dict[str, Any] | None) -> Any:
    """The group, empty."""
    try:
        import zarr
    except ImportError:
        raise MissingExtraError("Export to zarr", "dask") from None
    group = zarr.open_group(str(draft), mode="w", zarr_format=3)
    group.attrs["format"] = "flarescope store, exported"
    group.attrs["preparation"] = json.loads(store.preparation.to_json()) if store.preparation else None
    if labels is not None:
        group.attrs["labels"] = labels
    return group


def _write_rows(folder: Path, group: Any, beside: Path, count: int) -> None:
    """Times and numbers into the group, all columns into the table beside it."""
    from pyarrow import parquet

    arrays = {name: _column(group, name, count, "i8") for name in ("time", "observed", "harp", "quality")}
    for name in ("time", "observed"):
        arrays[name].attrs.update(units="nanoseconds since 1970-01-01", calendar="proleptic_gregorian")
    with opened_index(folder) as file:
        schema = file.schema_arrow
    begun = 0
    with parquet.ParquetWriter(beside, schema, compression="zstd") as writer:
        for table in _images(folder):
            writer.write_table(table)
            for name, array in arrays.items():
                array[begun : begun + len(table)] = _numbers(table[name])
            begun += len(table)


def _write_labels(folder: Path, group: Any, count: int) -> None:
    """``label`` and ``hours_to_flare``: the table has a row for each image, in the order of the index."""
    import pyarrow as pa
    from pyarrow import compute, parquet

    label, hours = (_column(group, name, count, kind) for name, kind in LABEL_COLUMNS.items())
    begun = 0
    with parquet.ParquetFile(folder / LABELS) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(LABEL_COLUMNS)):
            stop = begun + len(batch)
            label[begun:stop] = np.asarray(compute.fill_null(batch["label"], pa.scalar(-1, pa.int8())))
            hours[begun:stop] = np.asarray(compute.fill_null(batch["hours_to_flare"], np.nan))
            begun = stop


def _column(group: Any, name: str, count: int, kind: str) -> Any:
    return group.create_array(
        name, shape=(count,), chunks=(ROWS_AT_ONCE,), dtype=kind, dimension_names=(ROWS,)
    )


def _numbers(column: Any) -> np.ndarray:
    """A column as whole numbers: times as nanoseconds, -1 where there is none."""
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", tz="UTC"))
    return np.asarray(compute.fill_null(column.cast(pa.int64()), -1).to_numpy())
