"""The main job, end to end: an image and a flare list in; a forecast, its reasons and its record out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from flarescope.demo.inputs import TARGET, from_archive, from_files, from_network, made_up
from flarescope.errors import MissingDataError
from flarescope.forecast import percent
from flarescope.times import iso
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.demo.inputs import Inputs
    from flarescope.forecast import Explanation, Forecast
    from flarescope.sun import Magnetogram
    from flarescope.verify import Scores

__all__ = ["run_demo"]


@dataclass(frozen=True)
class _Record:
    """Scores, the probabilities behind them, and what happened."""

    scores: Scores
    times: np.ndarray
    said: dict[str, np.ndarray]
    happened: np.ndarray


def run_demo(
    out: Path,
    data: Path | None,
    *,
    archive: bool = False,
    network: bool = True,
    say: Callable[[str], None] = print,
) -> dict[str, Path]:
    """Forecast, explain, verify, and write it all down.

    Args:
        out: folder for forecast.json, scores.json, explanation.png and report.html.
        data: folder of real data; without one the archives are asked, and where they do not answer it runs
            on the made-up Sun.
        archive: ask a local archive server, filled from ``data``, instead of reading the files.
        network: may the public archives be asked?
        say: told what happens, line by line.

    Raises:
        MissingDataError: the data folder lacks a file that the demonstration needs.
    """
    from flarescope.forecaster import make_forecast

    given = _inputs(data, archive=archive, network=network, say=say)
    said = make_forecast(
        image=given.image,
        flares=given.flares,
        at=given.hour,
        summary=given.summary,
        inputs=given.names,
        oldest_image=given.oldest_image,
    )
    said = replace(said, notes=(*given.notes, *said.notes))
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


def _inputs(data: Path | None, *, archive: bool, network: bool, say: Callable[[str], None]) -> Inputs:
    """What there is to run on, and a line that says which it was."""
    if archive:
        given = from_archive(data)
        hour = "" if given.hour is None else iso(given.hour)
        say(f"a local archive server, filled from {data or 'the made-up Sun'}, answered for {hour}")
        return given
    if data is not None:
        say(f"real data from {data}")
        return from_files(data)
    live = from_network() if network else None
    if live is not None:
        say(f"no data folder; the archives answered: {live.names['image']}")
        return live
    say(
        "no data folder, and no archive answers with an image: "
        "this demonstration runs on the made-up Sun (set FLARESCOPE_DATA)"
    )
    return made_up()


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
    out: Path, given: Inputs, said: Forecast, why: Explanation | None, record: _Record
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


def _record(given: Inputs) -> _Record:
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
