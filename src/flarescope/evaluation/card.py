"""A model card: what it is, what it learnt from, how good it is out of fold, and what it cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flarescope.flare import OPERATIONAL_OVER_SCIENCE, GoesClass
from flarescope.training.disk_card import estimate_text

if TYPE_CHECKING:
    from flarescope.experiment import Experiment

__all__ = ["model_card", "score_rows"]

SHOWN = ("tss", "hss", "auc", "bss", "ece")
TEMPLATE = """# {model}

How probable is a flare of {at_least} or above within {within}, seen from one line-of-sight magnetogram of one
active region?

## What it is
- Network `{network}` {options}: {members} on all rows, {views}.
- Input: {image}.
- Training: {steps} batches of {batch}, AdamW, one cycle of the learning rate up to {rate:g}; all settings are
  in `experiment.toml`.

## What it learnt from
- {frames:,} frames of {regions} NOAA regions, {positive_frames} of them positive, from {positive_regions}
  regions: `{images}` (SDOBenchmark example set, 8-bit patches).
- Label: {label}, from {flares}; GOES operational scale.
- Credit: "Courtesy of NASA/SDO and the AIA, EVE, and HMI science teams"; flare lists NOAA/SWPC.

## How good it is: {split}{seeds}
No frame was forecast by a network that had seen its region. Thresholds: largest TSS on training rows.
Intervals: 95 %, whole regions drawn with replacement.

{table}

{differences}

{rivals}

## What it cannot do
- The quiet frames were picked by hand: the base rate ({base_rate:.3f}) is that of the set, not the Sun's, and
  probabilities must be brought to the base rate of the place of use.
- {positive_regions} regions with flares are few: the intervals are wide{seeds_move}.
- {scale}
- It saw 8-bit images that saturate at ±250 G, not gauss; longitude and projection are not corrected.
- A region it was trained on (`training_regions` in `model.json`) is no test of it.
- Weights are repeatable on one machine with one number of threads; elsewhere rounding differs.
"""


def model_card(experiment: Experiment, document: dict[str, Any]) -> str:
    """The card in Markdown, from the settings and the document of ``scores.json``."""
    data, settings = document["data"], experiment.training
    seeds = len(document["seeds"])
    rivals = document["rivals"].items()
    return TEMPLATE.format(
        model=document["model"],
        at_least=experiment.data.at_least,
        within=experiment.data.within,
        network=experiment.model.name,
        options=experiment.model.options,
        members=f"the mean logit of {seeds} refits" if seeds > 1 else "one refit",
        views="mean logit of 8 views (flips, polarities)" if experiment.evaluation.views == 8 else "one view",
        image=_input(experiment),
        steps=settings.steps,
        batch=settings.batch,
        rate=settings.learning_rate,
        **{key: data[key] for key in ("frames", "regions", "positive_frames", "positive_regions", "images")},
        label=data["label"],
        flares=", ".join(f"`{name}`" for name in data["flares"]),
        split=document["split"],
        seeds=f", {seeds} seeds" if seeds > 1 else "",
        table="\n".join(_markdown(score_rows(document))),
        differences="\n".join(_differences(document)),
        rivals="\n".join(f"- {name}: {text}." for name, text in rivals),
        scale=_scale(experiment.data.at_least),
        base_rate=data["positive_frames"] / data["frames"],
        seeds_move=_seeds_move(document),
    )


def _scale(at_least: str) -> str:
    """The label on both GOES scales, in words."""
    science = GoesClass.from_flux(GoesClass(at_least).peak_flux / OPERATIONAL_OVER_SCIENCE)
    return (
        f"The label is {at_least} on the operational GOES scale, which is "
        f"{science.letter}{science.magnitude:.2f} on the science scale in\n  use since 2020; "
        "the two must not be mixed."
    )


def _input(experiment: Experiment) -> str:
    p = experiment.preparation
    fit = {
        "crop": f"{p.megametres_per_pixel} Mm a pixel, cut or padded around the centre",
        "resize": "stretched to the square",
        "pad": "padded to a square, then resized",
    }[p.fit]
    gauss = "" if p.grey_per_gauss is None else f" (gauss × {p.grey_per_gauss:g}, cut off at ±127.5)"
    return f"{p.size} × {p.size} pixels, {fit}; signed grey levels{gauss}, divided by {p.std:g}"


def score_rows(document: dict[str, Any]) -> list[list[str]]:
    """The table of scores, its header first: the network, the network on degraded images, rivals, seeds."""
    many = len(document["seeds"]) > 1
    scored = "mean of the seeds" if many else "out of fold"
    rows = [(f"the network, {scored}", document["out_of_fold_seeds"])]
    if many:
        rows.append(("the seeds' mean logit (as it ships)", document["out_of_fold_mean"]))
    rows.append((f"on degraded images, {scored}", document["out_of_fold_degraded"]))
    rows += [
        (f"rival {name}", rival["scores"])
        for name, rival in document["out_of_fold_mean"]["references"].items()
    ]
    for seed, group in document["out_of_fold_seeds"]["groups"].items():
        rows.append((f"seed {seed}", {name: {"mean": group[name]} for name in SHOWN}))
    return [
        ["forecast", *(name.upper() for name in SHOWN)],
        *([name, *(estimate_text(scores[score]) for score in SHOWN)] for name, scores in rows),
    ]


def _markdown(rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]


def _differences(document: dict[str, Any]) -> list[str]:
    """Paired differences to the rivals, in words."""
    return [
        f"- Less {name}: TSS {estimate_text(rival['difference']['tss'])}, AUC "
        f"{estimate_text(rival['difference']['auc'])}; Brier skill with {name} as reference "
        f"{estimate_text(rival['bss'])}."
        for name, rival in document["out_of_fold_seeds"]["references"].items()
    ]


def _seeds_move(document: dict[str, Any]) -> str:
    """How much the seed alone does, where there are several."""
    spread = document["out_of_fold_seeds"]["tss"]["sd"]
    return "" if spread is None else f", and TSS has a standard deviation of {spread:.3f} over seeds alone"
