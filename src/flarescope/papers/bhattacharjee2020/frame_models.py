"""The two shipped networks of the made-up Sun: CNN-2 with the paper's resizing, and one without artefacts.

Same regions, same varied frames, same split, same number of images shown. Not the same: CNN-2 has half the
filters in its branches, so that its file is small, and a learning rate of 1e-3 where the other has 3e-3.
Rates were tried on held-out regions of splits of the training period, by trials that were not kept; if in
doubt, the scores are flattered. Both are there to be probed (``flarescope probe``), not to forecast: the
flare law they learnt is made up.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np

from flarescope.papers.bhattacharjee2020.cells import Cell, outcomes, training_of
from flarescope.papers.bhattacharjee2020.dataset import dataset
from flarescope.papers.bhattacharjee2020.frame_card import frame_card
from flarescope.papers.reproduction import Desk
from flarescope.synthetic.name import MADE_UP
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flarescope.explain.probes import Precision
    from flarescope.papers.bhattacharjee2020.cells import Outcome
    from flarescope.training.run import Run
    from flarescope.verify.scores import Scores

__all__ = ["FRAME_MODELS", "train_frames"]

STEPS = 150
RADII = 16  # from 2 to 40 Mm, as ``flarescope probe`` takes them
FRAME_MODELS = {
    "cnn2_frames": Cell(
        "synthetic", "cnn2", {"branch": 32}, size=256, split="chronological", learning_rate=1e-3, steps=STEPS
    ),
    "artefact_free": Cell(
        "synthetic", "artefact_free", size=0, split="chronological", learning_rate=3e-3, steps=STEPS
    ),
}


def train_frames(
    out: Path,
    *,
    quick: bool = False,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> dict[str, dict[str, Any]]:
    """Train both networks on the made-up Sun's May 2010 to September 2015, score them on what follows.

    Writes a run folder for each, with its card, scores and environment; trainings that were stopped go on.

    Args:
        out: folder for both run folders, and for the data set and checkpoints in ``work``.
        quick: few regions and steps, for tests; not what ships.
        progress: told (what, done, of).

    Returns:
        The ``scores.json`` of each.

    Raises:
        BadOptionError: the folder cannot be written.
    """
    desk = Desk(None, out, quick, progress=progress)
    cells = [replace(cell, steps=None) if quick else cell for cell in FRAME_MODELS.values()]
    made = dict(zip(FRAME_MODELS, outcomes(desk, cells), strict=True))
    said = {name: _calibrated(outcome) for name, outcome in made.items()}
    return {
        name: _kept(
            desk, name, made[name], said[name], {other: said[other] for other in made if other != name}
        )
        for name in FRAME_MODELS
    }


def _calibrated(outcome: Outcome) -> np.ndarray:
    """Probabilities of the held-out rows, at the base rate of the training rows."""
    from flarescope.training.run import load_run

    y = np.clip(np.asarray(outcome.probability, float), 1e-12, 1 - 1e-12)
    return load_run(outcome.folder).calibration.probability(np.log(y / (1 - y)))


def _kept(
    desk: Desk, name: str, outcome: Outcome, said: np.ndarray, others: dict[str, np.ndarray]
) -> dict[str, Any]:
    """The run once more under its name, with card and scores."""
    from flarescope.training.run import CARD, environment, load_run, save_run

    trained, folder = load_run(outcome.folder), desk.out / name
    save_run(
        folder, trained.network, trained.preparation, trained.calibration, name=outcome.cell.network,
        options=outcome.cell.options, members=1, training_regions=(), trained_on=MADE_UP,
    )  # fmt: skip
    run = load_run(folder)
    document = _document(desk, run, outcome, _scored(desk, outcome, said, others, run))
    write_whole(folder / "scores.json", json.dumps(document, indent=1, allow_nan=False) + "\n")
    write_whole(folder / "environment.txt", environment())
    write_whole(folder / CARD, frame_card(name, document))
    return document


def _scored(
    desk: Desk, outcome: Outcome, said: np.ndarray, others: dict[str, np.ndarray], run: Run
) -> Scores:
    """TSS at y = 0.5 and the rest, with intervals over regions; the other network is the rival."""
    from flarescope.verify.intervals import blocks_of
    from flarescope.verify.scorecard import scorecard

    regions = dataset(desk, "synthetic").rows["region"].to_numpy()[outcome.rows]
    return scorecard(
        said, outcome.label, threshold=run.calibration.threshold, blocks=blocks_of(regions), references=others
    )


def _document(desk: Desk, run: Run, outcome: Outcome, scores: Scores) -> dict[str, Any]:
    rows = dataset(desk, "synthetic").rows
    trained = rows[rows["period"] == "train"]
    settings = training_of(desk, outcome.cell, len(rows))
    return {
        "model": run.label,
        "data": {
            "kind": MADE_UP,
            "regions": int(trained["region"].nunique()),
            "flaring_regions": int(trained[trained["flaring"] == 1]["region"].nunique()),
            "images": len(trained),
            "label": "a flare of M1.0 or above in the region's passage, by a law that was made up",
        },
        "split": "trained on May 2010 to September 2015, scored on October 2015 to August 2018",
        "training": settings.model_dump(mode="json"),
        "parameters": sum(p.numel() for p in run.network.parameters()),
        "scores": scores.to_dict(),
        "probes": {dtype: _probed(run, dtype) for dtype in _precisions()},
    }


def _precisions() -> tuple[Precision, ...]:
    from flarescope.explain.probes import Precision

    return cast("tuple[Precision, ...]", get_args(Precision))


def _probed(run: Run, dtype: Precision) -> dict[str, float]:
    from flarescope.explain.probe_measures import measure
    from flarescope.explain.probes import radii, under_probe

    probed = under_probe(run.network, run.preparation, calibration=run.calibration.probability, dtype=dtype)
    found = measure(probed, radii(count=RADII))
    return {key: float(value) for key, value in vars(found).items()}
