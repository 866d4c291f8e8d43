"""Can the date be read from the size of the disk, and is that gone once all disks have one radius?

From February to March the Earth moves away from the Sun: a disk of 203 pixels shrinks to 200. Most flares of
these weeks fell on the first five days, so whoever reads the date ranks the hours.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.disks_2026 import disks_2026, experiment_of
from flarescope.preparation import Preparation
from flarescope.samples.disk_images import prepared_disks
from flarescope.verify import auc, blocks_of_days
from flarescope.verify.intervals import resampled_weights

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    from flarescope.papers.reproduction import Desk
    from flarescope.verify import Blocks

__all__ = ["date_error", "date_leak", "ring_means"]

EVERY = 4  # hours
RING = 2  # pixels
BLOCK_DAYS = 5
DECAYS = np.logspace(-3, 4, 15)
RESAMPLES = 1000


def date_leak(desk: Desk) -> list[Finding]:
    """How well does the date alone rank the hours, and how well is it read from rings around the centre?

    A ridge regression from the mean |field| of each ring of two pixels to the date, tested on blocks of five
    days that it was not fitted on: once on images as they are, once brought to one radius. Its error is
    given in units of the error of who says the mean date: 0 at best, 1 and more for who knows nothing.
    """
    hours, _ = disks_2026(desk, every=EVERY)
    times = hours["time_utc"].to_numpy("datetime64[us]")
    days, happened = (times - times.min()) / np.timedelta64(1, "D"), hours["label"].to_numpy(int)
    blocks = blocks_of_days(times, BLOCK_DAYS)
    rescaled = experiment_of("compact", desk).preparation
    as_it_is = replace(rescaled, fit="resize", disk_radius=None)
    found = [_ranked(days, happened, blocks)]
    for name, preparation in (("date_before", as_it_is), ("date_after", rescaled)):
        rings, good = _rings(desk, list(hours["path"]), preparation)
        error, spread = date_error(rings[good], days[good], blocks_of_days(times[good], BLOCK_DAYS))
        note = (
            f"Off by {error * float(days.std()):.1f} days, saying the mean date by {days.std():.1f}; "
            f"{len(days)} images in {blocks.count} blocks of {blocks.unit}."
        )
        found.append(Finding(name, "real-small", error, spread, note=note))
    return found


def ring_means(images: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n r"]:
    """Mean |field| of each ring of two pixels around the image's centre, out to its edge."""
    side = images.shape[1]
    away = np.arange(side) - (side - 1) / 2
    ring = (np.hypot(away[:, None], away) / RING).astype(int).ravel()
    inside = ring < side // (2 * RING)
    count = np.bincount(ring[inside])
    rows = [np.abs(np.asarray(image, np.float32)).ravel()[inside] for image in images]
    return np.stack([np.bincount(ring[inside], row) / count for row in rows])


def date_error(
    rings: Float[np.ndarray, "n r"], days: Float[np.ndarray, "n"], blocks: Blocks
) -> tuple[float, float]:
    """Error of the date read on held-out blocks over that of the mean date, and its spread over blocks."""
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RidgeCV(DECAYS))
    said = cross_val_predict(model, rings, days, groups=blocks.ids, cv=LeaveOneGroupOut())
    sums = [np.bincount(blocks.ids, row) for row in (np.ones(len(days)), days, days**2, (said - days) ** 2)]
    weights = np.concatenate(list(resampled_weights(blocks, RESAMPLES, 0)))
    n, first, second, error = (weights @ one for one in sums)
    drawn = np.sqrt(error / np.maximum(second - first**2 / n, 1e-9))
    point = np.sqrt(float(sums[3].sum()) / float(((days - days.mean()) ** 2).sum()))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(point), float(high - low) / 4


def _ranked(days: Float[np.ndarray, "n"], happened: np.ndarray, blocks: Blocks) -> Finding:
    """AUC of "the earlier, the likelier"."""
    rank = 1 - days / max(float(days.max()), 1.0)
    weights = np.concatenate(list(resampled_weights(blocks, RESAMPLES, 0))).astype(int)
    drawn = []
    for times in weights:
        rows = np.repeat(np.arange(len(days)), times[blocks.ids])
        drawn.append(auc(rank[rows], happened[rows]))
    note = f"{len(days)} images with {int(happened.sum())} events in {blocks.count} blocks of {blocks.unit}."
    return Finding("date_ranks", "real-small", auc(rank, happened), float(np.nanstd(drawn)), note=note)


def _rings(
    desk: Desk, paths: list[str], preparation: Preparation
) -> tuple[Float[np.ndarray, "n r"], Bool[np.ndarray, "n"]]:
    """Rings of every image, and which images could be read."""
    folder = desk.cache(f"date_leak_{preparation.fit}")
    told = partial(desk.progress, f"date leak, {preparation.fit}")
    found = prepared_disks(paths, preparation, folder, progress=told)
    return ring_means(found.images), found.readable
