"""Full-disk images as samples: which hours, what followed, and folds by blocks of days.

Neighbouring hours see the same Sun, and eight weeks of it are a handful of independent cases. Folds are
therefore whole blocks of days, dealt out in turn, and training stays 24 h away from what is tested.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Int

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.samples.label import label_times
from flarescope.samples.split import Split, by_fold
from flarescope.samples.table import SampleTable, as_times, read_table
from flarescope.sources.files import read_magnetogram
from flarescope.sources.names import time_in_name
from flarescope.times import duration, iso, to_datetime64, utc
from flarescope.verify.intervals import blocks_of_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from flarescope.flare import FlareCatalog

__all__ = ["balanced_hours", "block_folds", "by_blocks", "disk_hours", "spans"]

SUFFIXES = (".jpg", ".jpeg", ".png", ".jp2", ".fits", ".npz")
UNREADABLE = "the image cannot be read"
SAME_TIME = "another image of the same time"
SAME_BYTES = "the same bytes as an earlier image"
INDEX = "index.csv"
GAP = "24h"


def disk_hours(
    images: str | Path, flares: FlareCatalog, *, at_least: str = "M1.0", within: str = "24h"
) -> pd.DataFrame:
    """Which full-disk images are there, and did a flare follow anywhere on the Sun?

    label = 1 if a flare of ``at_least`` or above starts in (t, t + ``within``), with t the image's time: that
    of its name, else of its header. Nothing is decoded here; images that turn out to be damaged are found
    when they are prepared.

    Args:
        images: folder with images, in any folders below. Where it holds an ``index.csv`` with the columns
            ``file`` and ``suspect_time``, images whose time is in doubt are marked.
        flares: the flares; on one GOES scale.
        at_least: threshold class.
        within: length of the window.

    Returns:
        A row for each labelled image, by time: ``path``, ``time_utc`` (datetime64, UTC), ``label`` (0 or 1),
        ``strongest`` (class of the strongest flare in the window, "" if none) and ``suspect``. What was left
        out is counted by reason in ``attrs["left_out"]``; ``attrs["notes"]`` say how classes were compared.

    Raises:
        MissingDataError: there is no image, or none can be labelled.
        BadFileError: ``index.csv`` is damaged.

    Example:
        >>> hours = disk_hours("full_disk_2026", read_flares("lmsal_2026.csv"))  # doctest: +SKIP
        >>> len(hours), int(hours["label"].sum()), hours.attrs["left_out"]  # doctest: +SKIP
        (1153, 393, {'the flare list does not cover the window': 24})

    *Reference*: Pandey et al. 2023, section 3 (labels).
    """
    folder = Path(images)
    found, left_out = _by_time(_images_in(folder))
    table = label_times(list(found), flares, at_least=at_least, within=within)
    rows = table.rows.assign(path=[str(path) for path in found.values()], suspect=_suspect(folder, found))
    kept = rows[rows["label"].notna()].reset_index(drop=True)
    left_out.update(reason for reason in rows["reason"] if reason)
    if kept.empty:
        raise MissingDataError(
            f"None of the {left_out.total()} images in {folder} can be labelled: {dict(left_out)}. "
            "Give a flare list that covers the day after each."
        )
    hours = kept[["path", "time_utc", "label", "strongest", "suspect"]].astype({"label": int})
    hours.attrs = {"left_out": dict(left_out), "notes": list(table.notes)}
    return hours


def block_folds(
    times: np.ndarray, labels: Int[np.ndarray, "n"], *, days: float = 5, folds: int = 4
) -> Int[np.ndarray, "n"]:
    """Which fold is each hour in? Whole blocks of days, dealt out in turn and never at random.

    Blocks that hold a positive hour are dealt first, in the order of time, then the others: so each fold has
    both classes where there are blocks enough.

    Args:
        times: datetime64 "n".
        labels: 0 or 1, "n".
        days: length of a block, counted from midnight of the first day.
        folds: number of folds, 2 or more.

    Raises:
        BadOptionError: fewer blocks than folds, or fewer than two folds.
    """
    blocks = blocks_of_days(times, days)
    if not 2 <= folds <= blocks.count:
        raise BadOptionError(
            f"{folds} folds cannot be made of {blocks.count} blocks of {days:g} days. "
            "Accepted: 2 to the number of blocks; give more images, or shorter blocks."
        )
    flaring = np.bincount(blocks.ids, np.asarray(labels) == 1, minlength=blocks.count) > 0
    order = np.concatenate([np.flatnonzero(flaring == kind) for kind in (True, False)])
    fold_of = np.empty(blocks.count, int)
    fold_of[order] = np.arange(blocks.count) % folds
    return np.asarray(fold_of[blocks.ids])


def by_blocks(
    hours: pd.DataFrame,
    *,
    days: float = 5,
    folds: int = 4,
    quarters: bool = False,
    gap: str | timedelta = GAP,
    validation: bool = False,
) -> tuple[Split, ...]:
    """Cross-validation over blocks of days, with a gap on both sides of what is tested.

    Args:
        hours: ``time_utc`` and ``label``, as ``disk_hours`` gives them.
        days: length of a block.
        folds: number of folds.
        quarters: instead, four folds by calendar quarter over all years, as Pandey et al. 2023 have them.
        gap: training rows nearer than this to a tested one are dropped, and counted in ``Split.dropped``.
        validation: validate on the fold after the tested one; else validation is empty.

    Returns:
        One split a fold. Rows keep their columns, with ``row`` (its number in ``hours``), ``block`` and
        ``fold``.

    Raises:
        BadOptionError: fewer blocks than folds.
        LeakError: never, unless the gap were not kept: the split refuses it.
    """
    times = as_times(hours["time_utc"])
    block, row = blocks_of_days(times, days).ids, np.arange(len(hours))
    if quarters:
        fold = (pd.DatetimeIndex(times).quarter - 1).to_numpy()
    else:
        fold = block_folds(times, hours["label"].to_numpy(int), days=days, folds=folds)
    table = SampleTable(hours.assign(time_utc=times, row=row, block=block, fold=fold))
    return by_fold(table, fold, unit="fold" if quarters else "block", gap=gap, validation=validation)


def spans(times: np.ndarray, *, hole: str | timedelta = GAP) -> tuple[tuple[str, str], ...]:
    """From when to when do these times reach? Half-open spans, with no hole longer than ``hole`` inside.

    A span ends a second after its last time.

    Example:
        >>> spans(np.array(["2026-02-01T00", "2026-02-01T05", "2026-02-07T00"], "datetime64[us]"))
        (('2026-02-01T00:00:00Z', '2026-02-01T05:00:01Z'), ('2026-02-07T00:00:00Z', '2026-02-07T00:00:01Z'))
    """
    if not len(times):
        return ()
    ordered = np.sort(np.asarray(times, "datetime64[us]"))
    parts = np.split(ordered, np.flatnonzero(np.diff(ordered) > np.timedelta64(duration(hole))) + 1)
    second = np.timedelta64(1, "s")
    return tuple((iso(utc(part[0])), iso(utc(part[-1] + second))) for part in parts)


def balanced_hours(hours: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """All rows of the rarer class and as many of the other, drawn without replacement; by time."""
    rng = np.random.default_rng(seed)
    classes = [np.flatnonzero(hours["label"].to_numpy() == label) for label in (0, 1)]
    count = min(map(len, classes))
    rows = np.sort(np.concatenate([rng.choice(rows, count, replace=False) for rows in classes]))
    return hours.iloc[rows].reset_index(drop=True)


def _images_in(folder: Path) -> list[Path]:
    """Every image below the folder, by name."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise MissingDataError(
            f"{folder} holds no image. Accepted: a folder with {', '.join(SUFFIXES)} in it or below it."
        )
    return found


def _by_time(paths: Sequence[Path]) -> tuple[dict[np.datetime64, Path], Counter[str]]:
    """One image for each time, none of them stale; what was left out, counted."""
    left_out: Counter[str] = Counter()
    timed = []
    for path in paths:
        try:
            timed.append((to_datetime64(time_in_name(path) or read_magnetogram(path).time), path))
        except BadFileError:
            left_out[UNREADABLE] += 1
    found: dict[np.datetime64, Path] = {}
    of_size = Counter(path.stat().st_size for _, path in timed)
    seen: set[str] = set()
    for time, path in sorted(timed):
        reason = SAME_TIME if time in found else ""
        if of_size[path.stat().st_size] > 1:  # only files of one size can have the same bytes
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            reason = reason or (SAME_BYTES if digest in seen else "")
            seen.add(digest)
        if reason:
            left_out[reason] += 1
        else:
            found[time] = path
    return found, left_out


def _suspect(folder: Path, found: dict[np.datetime64, Path]) -> list[bool]:
    """Is an image's time in doubt, by the folder's own index?"""
    if not (folder / INDEX).exists():
        return [False] * len(found)
    listed = read_table(folder / INDEX, needed=("file", "suspect_time"))
    doubted = {folder / str(name) for name in listed["file"][listed["suspect_time"].astype(str) == "True"]}
    return [path in doubted for path in found.values()]
