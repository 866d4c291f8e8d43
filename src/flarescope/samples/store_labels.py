"""Labels of a store: what followed each of its images, in a table beside the index."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadFileError, BadOptionError, MissingDataError, UnreadableFileError
from flarescope.samples.label import label_regions, label_times
from flarescope.sources.store.files import (
    ABOUT,
    INDEX,
    LABELS,
    MAY_READ,
    read_record,
    remove,
    sha256_of,
    write_record,
)
from flarescope.sources.store.index import opened_index
from flarescope.sources.store.verify import Damage
from flarescope.writing import check_file_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    import pandas as pd

    from flarescope.flare import FlareCatalog
    from flarescope.samples.table import SampleTable

__all__ = ["StoreLabels", "about_labels", "label_store", "verify_labels"]

AT_ONCE = 65_536  # rows in memory
EVER = "ever"


@dataclass(frozen=True)
class StoreLabels:
    """What came of labelling.

    Attributes:
        path: the table.
        rows: image rows of the store.
        positive: how many were followed by a flare.
        negative: how many were not.
        excluded: how many have no label, by reason.
        notes: on which GOES scale classes were compared.
    """

    path: Path
    rows: int
    positive: int
    negative: int
    excluded: dict[str, int]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rows": self.rows,
            "positive": self.positive,
            "negative": self.negative,
            "unlabelled": self.rows - self.positive - self.negative,
            "excluded": self.excluded,
            "notes": list(self.notes),
            "out": str(self.path),
        }


def label_store(
    store: str | Path,
    catalog: FlareCatalog,
    *,
    at_least: str = "M1.0",
    within: str | timedelta = "24h",
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> StoreLabels:
    """Did a flare follow each image of this store?

    Images of the whole disk are labelled by ``label_times``, images of regions by ``label_regions`` with the
    NOAA numbers of their rows; t is the time at which the image was observed. Gaps and stale images are no
    samples. Rows are worked through some at a time, so memory does not grow with their number (but for
    ``within="ever"``, which needs all times of a region at once).

    Writes ``labels.parquet`` beside the index, whole or not at all, with a row for each image in the order of
    the index: ``key``, ``time``, ``shard`` and ``position`` as the index has them, ``time_utc`` (observed),
    ``label`` (1, 0 or missing), ``strongest``, ``hours_to_flare``, ``reason`` (why there is no label),
    ``noaa`` and ``group`` (the unit of independence: the region, or the UTC day of the disk). Both times have
    the time zone UTC. How it was made, of which index, and its checksum stand in ``labels.json``.

    Args:
        store: the folder of a sealed store.
        catalog: the flares; bring a list of two scales to one first.
        at_least: threshold class.
        within: length of the window, or "ever" for regions.
        progress: told (done, of) in rows.

    Raises:
        MissingDataError: the store is not sealed, or holds no image.
        BadFileError: its index is damaged.
        BadOptionError: a class or duration that cannot be read.

    Example:
        >>> label_store("store", read_flares("goes.csv")).positive  # doctest: +SKIP
        393
    """
    folder = Path(store)
    place = check_file_place(folder / LABELS)
    with opened_index(folder):  # is it there?
        index = sha256_of(folder / INDEX)
    draft = place.with_name(f".{LABELS}.{os.getpid()}.part")
    counted: Counter[str] = Counter()
    notes: tuple[str, ...] = ()
    about: dict[str, Any] = {"at_least": at_least, "within": str(within), "goes_scale": catalog.scale}
    try:
        with _Table(draft) as table:
            for rows in _images(folder, everything=within == EVER, progress=progress):
                labelled, some = _labelled(rows, catalog, at_least, within)
                notes = labelled.notes
                counted.update(rows=len(rows), positive=labelled.counts["positive"])
                counted.update(negative=labelled.counts["negative"])
                counted.update({f"no label: {why}": n for why, n in labelled.excluded.items()})
                table.add(some)
            if not counted["rows"]:
                raise MissingDataError(f"{folder} holds no image, so there is nothing to label.")
        remove(folder / ABOUT)  # nobody takes the new table for the one it told of
        own = sha256_of(draft)
        os.replace(draft, place)
    except OSError as problem:
        said = problem.strerror or " ".join(str(problem).split())[:160]
        raise BadOptionError(f"{place} cannot be written ({said}). Make room and label again.") from None
    finally:
        remove(draft)
    about |= {"notes": list(notes), "index_sha256": index, "labels_sha256": own}
    write_record(folder / ABOUT, about)
    excluded = {name.removeprefix("no label: "): n for name, n in counted.items() if name[:3] == "no "}
    return StoreLabels(place, counted["rows"], counted["positive"], counted["negative"], excluded, notes)


def about_labels(store: str | Path) -> dict[str, Any] | None:
    """How were this store's labels made? None where it has none.

    Returns:
        ``at_least``, ``within``, ``goes_scale``, ``notes``, and ``of_this_index``: False where the store was
        sealed anew since, so that labels are to be written again.

    Raises:
        BadFileError: the record is damaged.
    """
    folder = Path(store)
    if not (folder / ABOUT).is_file():
        return None
    told = read_record(folder / ABOUT)
    about = {name: told.get(name) for name in ("at_least", "within", "goes_scale", "notes")}
    return about | {"of_this_index": told.get("index_sha256") == sha256_of(folder / INDEX)}


def verify_labels(store: str | Path) -> list[Damage]:
    """Are the labels as they were written? Empty where they are, and where there are none."""
    folder = Path(store)
    if not (folder / LABELS).exists() and not (folder / ABOUT).exists():
        return []
    again = f"Type: flarescope store seal {folder} --flares LIST"
    try:
        told = read_record(folder / ABOUT)
    except BadFileError as damage:
        return [_told(ABOUT, damage, again)]
    try:
        sound = sha256_of(folder / LABELS) == told.get("labels_sha256")
    except BadFileError as damage:
        return [_told(LABELS, damage, again)]
    return [] if sound else [Damage(LABELS, f"its bytes are not those that were written. {again}")]


def _told(name: str, damage: BadFileError, again: str) -> Damage:
    if isinstance(damage, UnreadableFileError):
        return Damage(name, f"{damage.problem} {MAY_READ}", "unreadable")
    return Damage(name, f"{damage.problem} {again}")


class _Table:
    """A Parquet file that is written some rows at a time."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        time = pa.timestamp("us", tz="UTC")
        kinds = {
            "key": pa.string(), "time": time, "time_utc": time,
            "label": pa.int8(), "strongest": pa.string(), "hours_to_flare": pa.float64(),
            "reason": pa.string(), "noaa": pa.string(), "group": pa.string(), "shard": pa.string(),
            "position": pa.int64(),
        }  # fmt: skip
        self.schema = pa.schema(list(kinds.items()))
        self.path = path
        self.writer: Any = None

    def __enter__(self) -> _Table:
        from pyarrow import parquet

        self.writer = parquet.ParquetWriter(self.path, self.schema)
        return self

    def __exit__(self, *raised: object) -> None:
        self.writer.close()

    def add(self, rows: pd.DataFrame) -> None:
        import pyarrow as pa

        self.writer.write_table(pa.Table.from_pandas(rows, self.schema, preserve_index=False))


def _images(
    folder: Path, *, everything: bool, progress: Callable[[int, int], None]
) -> Iterator[pd.DataFrame]:
    """The rows of images, some at a time."""
    columns = ["key", "time", "observed", "status", "view", "harp", "noaa", "shard", "position"]
    with opened_index(folder) as file:
        done, of = 0, file.metadata.num_rows
        for batch in file.iter_batches(max(of, 1) if everything else AT_ONCE, columns=columns):
            rows = batch.to_pandas()
            done += len(rows)
            progress(done, of)
            rows = rows[rows["status"] == "image"].reset_index(drop=True)
            if len(rows):
                yield rows


def _labelled(
    rows: pd.DataFrame, catalog: FlareCatalog, at_least: str, within: str | timedelta
) -> tuple[SampleTable, pd.DataFrame]:
    """Labels of these images, and their rows of the table."""
    times = rows["observed"]
    if (rows["view"] == "region").any():
        table = label_regions(times, _regions(rows["noaa"]), catalog, at_least=at_least, within=within)
        noaa = table["noaa"].to_numpy()
        harps = [
            (f"HARP {harp} nrt" if "nrt_" in key else f"HARP {harp}") if harp else ""  # numbered apart
            for key, harp in zip(rows["key"], rows["harp"].fillna(0).astype(int), strict=True)
        ]
        group = [name or harp for name, harp in zip(noaa, harps, strict=True)]
    else:
        if within == EVER:
            raise BadOptionError("Window 'ever' is for stores of regions. Accepted for disks: such as 24h.")
        table = label_times(times, catalog, at_least=at_least, within=within)
        noaa = np.full(len(rows), "", object)
        group = table["time_utc"].dt.strftime("%Y-%m-%d").tolist()
    kept = {name: rows[name] for name in ("key", "time", "shard", "position")}
    kept["time_utc"] = table["time_utc"].dt.tz_localize("UTC")
    return table, table.rows.assign(**kept, noaa=noaa, group=group)


def _regions(column: pd.Series[Any]) -> list[tuple[int, ...]]:
    """NOAA numbers as the index has them: joined by commas."""
    return [tuple(int(part) for part in str(text or "").split(",") if part.strip()) for text in column]
