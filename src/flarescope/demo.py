"""The main job, end to end: an image and a flare list in; a forecast, its reasons and its record out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import MissingDataError
from flarescope.forecast import percent
from flarescope.models.history import Target
from flarescope.sun import Position
from flarescope.times import to_datetime64
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.flare import FlareCatalog
    from flarescope.forecast import Explanation, Forecast
    from flarescope.sun import Magnetogram
    from flarescope.verify import Scores

__all__ = ["run_demo"]

TARGET = Target("M1.0")
IMAGE = "magnetograms/full_disk_2026/2026/02/14/HMI.m2026.02.14_12.00.00.jpg"
NEWEST_FLARES = "flares/lmsal_2026_start_only.csv"
OLDER_FLARES = "flares/goes_2010_2025.csv"
HOURS = "labels/full_disk_hours_2010_2018.parquet"
PUBLISHED = "predictions/pandey2023_alexnet.parquet"


@dataclass(frozen=True)
class _Inputs:
    """What the demonstration runs on."""

    image: Magnetogram
    flares: FlareCatalog
    names: dict[str, Any]
    times: np.ndarray
    folds: np.ndarray
    record: FlareCatalog
    published: dict[str, np.ndarray]
    data: str
    made_up: bool


@dataclass(frozen=True)
class _Record:
    """Scores, the probabilities behind them, and what happened."""

    scores: Scores
    times: np.ndarray
    said: dict[str, np.ndarray]
    happened: np.ndarray


def run_demo(out: Path, data: Path | None, *, say: Callable[[str], None] = print) -> dict[str, Path]:
    """Forecast, explain, verify, and write it all down.

    Args:
        out: folder for forecast.json, scores.json, explanation.png and report.html.
        data: folder of real data; None runs on the made-up Sun.
        say: told what happens, line by line.

    Raises:
        MissingDataError: the data folder lacks a file that the demonstration needs.
    """
    from flarescope.forecaster import make_forecast

    if data is None:
        say("no data folder, no network: this demonstration runs on the made-up Sun (set FLARESCOPE_DATA)")
    else:
        say(f"real data from {data}")
    given = _made_up() if data is None else _real(data)
    said = make_forecast(image=given.image, flares=given.flares, inputs=given.names)
    chance = f"{percent(said.probability)} [{percent(said.low)} to {percent(said.high)}]"
    say(f"forecast: {chance} for {said.at_least} within 24 h, state {said.state}")
    why = _explained(given.image)
    say(
        f"explained: completeness {why.checks['completeness']:.1e}"
        if why
        else "not explained: no network or region"
    )
    record = _record(given)
    say(f"verified: flare history {record.scores}")
    say(f"  on {given.data}")
    files = _write_all(out, given, said, why, record)
    say(f"written: {', '.join(str(f) for f in files.values())}")
    return files


def _explained(image: Magnetogram) -> Explanation | None:
    """Integrated Gradients on the regions of the image; None without torch or without a region."""
    from flarescope.forecaster import explain_image
    from flarescope.forecaster.shipped import shipped_network

    network = shipped_network()
    try:
        return None if network is None else explain_image(image, network)
    except MissingDataError:
        return None


def _write_all(
    out: Path, given: _Inputs, said: Forecast, why: Explanation | None, record: _Record
) -> dict[str, Path]:
    from flarescope import plots
    from flarescope.report import render_report
    from flarescope.verify import blocks_of_days, reliability, roc

    scores, blocks = record.scores.to_dict(), blocks_of_days(record.times)
    page = render_report(
        said,
        given.image,
        why,
        scores,
        reliability={name: reliability(p, record.happened, blocks=blocks) for name, p in record.said.items()},
        roc={name: roc(p, record.happened) for name, p in record.said.items()},
        data=given.data,
        scored="flare history",
        made_up=given.made_up,
    )
    files = {name: out / name for name in ("forecast.json", "scores.json", "explanation.png", "report.html")}
    write_whole(files["forecast.json"], said.to_json())
    write_whole(files["scores.json"], json.dumps({"data": given.data} | scores, indent=2, ensure_ascii=False))
    plots.save(plots.magnetogram_figure(given.image, why), files["explanation.png"])
    write_whole(files["report.html"], page)
    return files


def _real(data: Path) -> _Inputs:
    from flarescope.evaluation.history import flares_for
    from flarescope.sources.files import read_magnetogram
    from flarescope.sources.flares import read_flares
    from flarescope.sources.forecast_table import read_forecast_table
    from flarescope.sources.hours import read_hours

    for name in (IMAGE, NEWEST_FLARES, OLDER_FLARES, HOURS, PUBLISHED):
        if not (data / name).is_file():
            raise MissingDataError(f"{data / name} is not there. Point FLARESCOPE_DATA elsewhere.")
    times, folds = read_hours(data / HOURS, "fold")
    older = read_flares(data / OLDER_FLARES)
    published = read_forecast_table(data / PUBLISHED, observed_column="ge_m1")
    return _Inputs(
        image=read_magnetogram(data / IMAGE),
        flares=read_flares(data / OLDER_FLARES, data / NEWEST_FLARES),
        names={"image": str(data / IMAGE), "flares": [str(data / OLDER_FLARES), str(data / NEWEST_FLARES)]},
        times=times,
        folds=folds,
        record=flares_for(times, older, TARGET),
        published={"AlexNet (Pandey 2023)": published.probability},
        data="the 63,649 hours of 2010 to 2018 published with Pandey et al. 2023, refitted on three "
        "of four folds (calendar quarters); 95 % intervals from 27-day blocks",
        made_up=False,
    )


def _made_up() -> _Inputs:
    from flarescope.synthetic import Bipole, flare_list, full_disk

    begin, hour = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 2, 3, 12, tzinfo=UTC)
    regions = (
        Bipole(Position(20.0, 15.0), peak_gauss=1800.0, radius_degrees=2.0, separation_degrees=4.0),
        Bipole(Position(-35.0, -12.0), peak_gauss=-1200.0),
        Bipole(Position(55.0, 8.0), peak_gauss=900.0, radius_degrees=1.0, separation_degrees=3.0),
    )
    flares = flare_list(begin, hour, per_day=4.0, seed=2)
    times = np.arange(
        to_datetime64(begin) + np.timedelta64(180, "D"),
        to_datetime64(hour) - np.timedelta64(1, "D"),
        np.timedelta64(1, "h"),
    )
    folds = np.where(times < times[len(times) // 2], "first half", "second half")
    return _Inputs(
        image=full_disk(hour, regions, seed=2),
        flares=flares,
        names={"image": "made-up Sun", "flares": ["made-up Sun"]},
        times=times,
        folds=folds,
        record=flares,
        published={},
        data="the made-up Sun, each half forecast by a fit to the other; 95 % intervals, 27-day blocks",
        made_up=True,
    )


def _record(given: _Inputs) -> _Record:
    """How good flare history and its rivals have been."""
    from flarescope.evaluation.history import cross_validated
    from flarescope.verify import blocks_of_days, scorecard

    found = cross_validated(given.times, given.folds, given.record, TARGET)
    rivals = {name: p for name, p in found.said.items() if name != "history"}
    published = {name: p[found.usable] for name, p in given.published.items()}
    limits = {name: found.thresholds[name] for name in rivals} | dict.fromkeys(published, 0.5)
    scores = scorecard(
        found.said["history"],
        found.happened,
        threshold=found.thresholds["history"],
        blocks=blocks_of_days(found.times),
        groups=found.folds,
        references=rivals | published,
        reference_thresholds=limits,
    )
    return _Record(scores, found.times, {"flare history": found.said["history"]} | published, found.happened)
