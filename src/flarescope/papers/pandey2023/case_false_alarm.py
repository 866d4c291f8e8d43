"""A case that the paper shows in maps: a false alarm. Ours is the worst of 2026."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import MissingDataError
from flarescope.forecast import percent
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.disks_2026 import disks_2026, store_of
from flarescope.papers.pandey2023.explained import THREE, first_region
from flarescope.papers.pandey2023.explained_set import shares_of
from flarescope.papers.pandey2023.real_disks import IMAGES, explain_three, shipped_disk_network
from flarescope.sources.files import read_magnetogram
from flarescope.sources.flares import read_flares
from flarescope.times import iso, to_datetime64, utc

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.explain.shares import RegionShare
    from flarescope.forecast import Explanation
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["case_false_alarm", "unseen_run"]

FLARES = "flares", "lmsal_2026_start_only.csv"
PAPERS = "needs the full-disk magnetogram of 2014-02-02 23h (a C7.9 flare followed) and the paper's weights"


def case_false_alarm(desk: Desk) -> list[Finding]:
    """Where do the maps lie at the hour of the highest probability before a flareless window of 2026?

    The probability, and the maps, are those of the fold members that were not trained within 24 h of it.

    Raises:
        MissingDataError: no full-disk network is shipped, or the data are not there.
    """
    run = shipped_disk_network()
    time, logit = _worst(desk, run)
    image = read_magnetogram(_path(desk, time))
    asked = unseen_run(run, time)
    found = explain_three(image, asked)
    shares = _shares(image, found)
    figure, said = _drawn(desk, image, found, shares), _said(desk, run, time, logit)
    first = {m: first_region(shares[m]) for m in THREE}
    same = float(len(set(first.values())) == 1 and "" not in first.values())
    findings = [
        Finding("probability", "real-small", _probability(run, logit), None, figure, said),
        Finding("same_region", "real-small", same, None, figure, f"First: {_words(first)}."),
    ]
    findings += [
        Finding(f"first_share_{m}", "real-small", shares[m][0].share, None, figure, _listed(shares[m]))
        for m in THREE
    ]
    return [*findings, Finding("published_case", "real", None, needs=PAPERS)]


def unseen_run(run: Run, time: datetime) -> Run:
    """The same run with only the members that were not trained within 24 h of this time.

    Raises:
        MissingDataError: every member was.
    """
    from flarescope.models.patch_cnn import MeanLogit
    from flarescope.training.unseen import unseen_members

    members = list(getattr(run.network, "members", [run.network]))
    free = unseen_members(np.array([to_datetime64(time)]), run.training_spans)[0]
    chosen = [member for member, ok in zip(members, free, strict=True) if ok]
    if not chosen:
        raise MissingDataError(f"needs a member of {run.label} that was not trained on {iso(time)}")
    return replace(run, network=(MeanLogit(chosen) if len(chosen) > 1 else chosen[0]).eval())


def _worst(desk: Desk, run: Run) -> tuple[datetime, float]:
    """The highest logit out of fold before a window without a flare of M1.0 or above."""
    times, label, logit = _asked(desk, run)
    quiet = np.flatnonzero(label == 0)
    best = quiet[np.argmax(logit[quiet])]
    return utc(pd.to_datetime(times[best], utc=True).to_pydatetime()), float(logit[best])


def _asked(desk: Desk, run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, labels and logits, each image by members that never saw its day; prepared images are shared."""
    from flarescope.evaluation.disk_forecasts import disk_forecasts

    hours, catalog = disks_2026(desk)
    kept = store_of(desk, run.preparation, hours)
    found = disk_forecasts(run, hours, catalog, kept=kept, progress=desk.progress)
    return found.times, found.happened.astype(int), found.logit


def _path(desk: Desk, time: datetime) -> Path:
    from flarescope.samples.disks import disk_hours

    hours = disk_hours(desk.need(*IMAGES), read_flares(desk.need(*FLARES)))
    near = (pd.to_datetime(hours["time_utc"], utc=True) - pd.Timestamp(time)).abs()
    return Path(hours["path"].iloc[int(near.to_numpy().argmin())])


def _probability(run: Run, logit: float) -> float:
    return float(run.calibration.probability(np.array([logit]))[0])


def _shares(image: Magnetogram, found: dict[str, Explanation]) -> dict[str, tuple[RegionShare, ...]]:
    from flarescope.forecaster.disk_regions import regions_on

    return shares_of(image, {m: why.map for m, why in found.items()}, regions_on(image))


def _said(desk: Desk, run: Run, time: datetime, logit: float) -> str:
    """When it was, what was said, and what followed."""
    flares = read_flares(desk.need(*FLARES))
    after = flares.between(time, time + timedelta(hours=24)).strongest()
    return (
        f"{iso(time)}: {percent(_probability(run, logit))} by members of {run.label} not trained on it; "
        f"strongest flare of the next 24 h: {after.goes_class if after else 'none listed'}."
    )


def _listed(shares: tuple[RegionShare, ...]) -> str:
    parts = [f"{one.name} {one.share:.2f}" for one in (*shares[:3], shares[-1])]
    return "Shares: " + ", ".join(dict.fromkeys(parts)) + "."


def _words(first: dict[str, str]) -> str:
    return ", ".join(f"{m.replace('_', ' ')} {name or 'none'}" for m, name in first.items())


def _drawn(
    desk: Desk, image: Magnetogram, found: dict[str, Explanation], shares: dict[str, tuple[RegionShare, ...]]
) -> str:
    from flarescope.plots.side_by_side import side_by_side

    title = "a false alarm"
    return desk.figure(
        "case_false_alarm", side_by_side(image, list(found.values()), shares=shares, title=title)
    )
