"""What do full-disk networks say of images that they never saw, and what do their rivals say?

A run that is a mean of fold members forecasts its own days too: each image is left to those members that
were not trained within 24 h of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Float16, Int

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.flare import scale_by_date
from flarescope.forecaster.shipped import shipped_history
from flarescope.models.baselines import persistence, trailing_climatology
from flarescope.models.history import Target, probability, rates
from flarescope.models.history_terms import LEAST_COVERED_DAYS, covered_days, recently_covered
from flarescope.samples.disk_images import prepared_disks
from flarescope.samples.disks import disk_hours
from flarescope.samples.table import as_times
from flarescope.times import utc
from flarescope.training.predict import predict_logits
from flarescope.training.unseen import unseen_members

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from torch import nn

    from flarescope.flare import FlareCatalog
    from flarescope.training.run import Calibration, Run

__all__ = [
    "DiskForecasts",
    "check_run",
    "disk_forecasts",
    "labelled_disks",
    "rivals_of",
]

TARGET = Target("M1.0")
SEEN = "every member was trained within 24 h of it"
UNKNOWN = f"fewer than {LEAST_COVERED_DAYS:.0f} days of the flare list before it, or a hole in the last three"
UNREADABLE = "the image cannot be read"
AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class DiskForecasts:
    """What was said of each image, by whom, and what happened.

    Attributes:
        times: of the images, "t".
        happened: a flare of M1.0 or above started within 24 h.
        logit: mean over the members that were not trained within 24 h.
        members: how many these are.
        untouched: no member at all was trained within 24 h.
        rivals: probabilities of history, climatology, trailing_climatology and persistence.
        calibration: of the run, from logit to probability.
        left_out: images that are not scored, counted by reason.
        notes: on times in doubt, and on the scale of the classes.
    """

    times: np.ndarray
    happened: Bool[np.ndarray, "t"]
    logit: Float[np.ndarray, "t"]
    members: Int[np.ndarray, "t"]
    untouched: Bool[np.ndarray, "t"]
    rivals: dict[str, Float[np.ndarray, "t"]]
    calibration: Calibration
    left_out: dict[str, int]
    notes: tuple[str, ...] = ()


def labelled_disks(images: Path, flares: FlareCatalog) -> tuple[pd.DataFrame, FlareCatalog]:
    """Hours with a label, as ``samples.disks.disk_hours`` gives them, and the list on their years' scale.

    Raises:
        MissingDataError: there is no image, or none can be labelled.
    """
    hours = disk_hours(images, flares)
    scale = scale_by_date(utc(as_times(hours["time_utc"])[0]))
    if flares.scale == scale:
        return hours, flares
    return disk_hours(images, flares.on_scale(scale)), flares.on_scale(scale)


def disk_forecasts(
    run: Run,
    hours: pd.DataFrame,
    catalog: FlareCatalog,
    *,
    kept: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> DiskForecasts:
    """Forecast every hour's disk by members that were not trained within 24 h of it.

    Left out, and counted: images that every member has seen, those whose flare history the list does not
    hold, and damaged ones.

    Args:
        run: of full disks.
        hours: with ``path``, ``time_utc``, ``label`` and ``suspect``, as ``labelled_disks`` gives them.
        catalog: the flares that they were labelled by, on one scale.
        kept: folder for the prepared images of these hours; a temporary one by default.
        progress: told (what, done, of).

    Raises:
        BadOptionError: the run sees regions.
        MissingDataError: nobody knows what the run was trained on, or no image is left.
    """
    check_run(run)
    times = as_times(hours["time_utc"])
    free = unseen_members(times, run.training_spans)
    left_out = Counter(hours.attrs.get("left_out", {}))
    known = (covered_days(times, catalog) >= LEAST_COVERED_DAYS) & recently_covered(times, catalog)
    left_out[SEEN] += int((~free.any(axis=1)).sum())
    left_out[UNKNOWN] += int((free.any(axis=1) & ~known).sum())
    rows = np.flatnonzero(free.any(axis=1) & known)
    if not len(rows):
        raise MissingDataError(f"No image can be scored: {_plain(left_out)}. Give other images.")
    with TemporaryDirectory(prefix="flarescope_") as folder:
        found = prepared_disks(
            list(hours["path"]), run.preparation, kept or Path(folder), progress=partial(progress, "images")
        )
        left_out[UNREADABLE] += int((~found.readable[rows]).sum())
        rows = rows[found.readable[rows]]
        logit = _logits(run, found.images, rows, free, progress)
    return DiskForecasts(
        times[rows],
        hours["label"].to_numpy(int)[rows] == 1,
        logit,
        free[rows].sum(axis=1),
        free[rows].all(axis=1),
        rivals_of(times[rows], catalog),
        run.calibration,
        _plain(left_out),
        _notes(hours.iloc[rows], tuple(hours.attrs.get("notes", ()))),
    )


def rivals_of(times: np.ndarray, catalog: FlareCatalog) -> dict[str, Float[np.ndarray, "t"]]:
    """What the flare list alone says: the shipped history rate, climatology of two kinds, persistence.

    The 180-day rate of history counts covered days, so that a list of a month gives a month's rate.
    Trailing climatology falls back on climatology while it knows fewer than 27 days.
    """
    model = shipped_history(scale_by_date(utc(times[0])))
    fit = model.fit_of(TARGET)
    trailing = trailing_climatology(times, catalog, TARGET)
    return {
        "history": probability(rates(model.terms(times, catalog), fit.coefficients)),
        "climatology": np.full(len(times), fit.base_rate),
        "trailing_climatology": np.where(np.isfinite(trailing), trailing, fit.base_rate),
        "persistence": persistence(times, catalog, fit, model.durations_hours),
    }


def check_run(run: Run) -> None:
    """Can this run be judged on days it never saw? See ``disk_forecasts`` for what is raised."""
    if run.sees == "region":
        raise BadOptionError(
            f"{run.label} was trained on images of single regions. Give a run of full disks, such as compact."
        )
    if not run.training_spans:
        raise MissingDataError(
            f"Nobody knows on which days {run.label} was trained (model.json has no training_spans), so no "
            "image is known to be new to it. Train it with flarescope train disks."
        )
    if len(_members(run)) != len(run.training_spans):
        raise MissingDataError(
            f"{run.label} has {len(_members(run))} members and training_spans of {len(run.training_spans)}. "
            "Train it again."
        )


def _logits(
    run: Run,
    images: Float16[np.ndarray, "n h w"],
    rows: Int[np.ndarray, "t"],
    free: Bool[np.ndarray, "n m"],
    progress: Callable[[str, int, int], None],
) -> Float[np.ndarray, "t"]:
    """Mean logit of the members that did not see the days of each row."""
    total = np.zeros(len(rows))
    for begin in range(0, len(rows), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        for member, network in enumerate(_members(run)):
            asked = free[rows[part], member]
            if asked.any():
                shown = images[rows[part][asked]]
                total[part][asked] += predict_logits(network, shown, views=run.calibration.views)
        progress("forecasts", min(begin + AT_ONCE, len(rows)), len(rows))
    return np.asarray(total / free[rows].sum(axis=1))


def _members(run: Run) -> list[nn.Module]:
    return list(getattr(run.network, "members", [run.network]))


def _notes(hours: pd.DataFrame, notes: tuple[str, ...]) -> tuple[str, ...]:
    doubted = int(hours["suspect"].sum())
    return (*notes, *([f"The times of {doubted} images are in doubt by up to an hour."] if doubted else []))


def _plain(left_out: Counter[str]) -> dict[str, int]:
    return {reason: count for reason, count in left_out.items() if count}
