"""What a run on full disks says of itself: its card, and the document of ``scores.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flarescope.samples.disks import GAP
from flarescope.times import iso, utc
from flarescope.training.schedule import schedule_of
from flarescope.verify import blocks_of_days, scorecard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flarescope.experiment import Experiment
    from flarescope.samples.split import Split

__all__ = ["disk_card", "disk_document", "estimate_text"]

SHOWN = ("tss", "hss", "auc", "bss", "ece")
FROM_SCRATCH = "from scratch: no file of ImageNet weights was given"
TEMPLATE = """# {model}: **not validated**

How probable is a flare of {at_least} or above anywhere on the Sun within {within}, seen from one full-disk
line-of-sight magnetogram?

## Not validated
{hours:,} hours from {begin} to {end} are {blocks} blocks of {block_days:g} days of one solar phase: no ground
for a claim of skill, whatever the numbers below say. Nothing of this network enters the default forecast
unless it is better than the flare history on days that it never saw.

## What it is
- Network `{network}`{options}: {members}, {views}.
- Weights begin {begins}.
- Input: the disk centred and brought to a radius of {radius:g} of {size} pixels; what lies beyond 98.5 % of
  the radius is zero field. Otherwise a network reads the date from the size of the disk.
- Training: {steps} {steps_are} of {batch}, batches {batches}, {optimizer}, learning rate {rate:g}
  ({schedule}), decay {decay:g}; all settings are in `experiment.toml`.

## What it learnt from
- {hours:,} hours, {positive} of them positive (base rate {base_rate:.3f}).{suspect}
- Left out: {left_out}.
- Label: a flare of {at_least} or above that starts in (t, t + {within}), on the list's own GOES scale.
- Credit: "Courtesy of NASA/SDO and the AIA, EVE, and HMI science teams"; flare lists NOAA/SWPC.

## Out of fold: {split}
No hour was forecast by a network that had seen a day within {gap} of it. Thresholds: largest TSS on training
rows. Intervals: 95 %, blocks of {block_days:g} days drawn with replacement ({scored} blocks).

{table}

These numbers stand alone. `flarescope evaluate compact --run …` scores the same members beside flare history,
persistence and climatology, with one base rate for all blocks and thresholds from other blocks: quote those.

## What it cannot do
- Neighbouring hours show the same regions, and so do neighbouring blocks: a region crosses the disk in
  thirteen days. A tested region may have been learnt from at another hour, and the intervals are too narrow.
- It saw 8-bit images that saturate, not gauss.
- `training_spans` in `model.json` say which days each member has seen: a score on them is none.
- Weights are repeatable on one machine with one number of threads; elsewhere rounding differs.
"""


def disk_document(
    experiment: Experiment,
    label: str,
    rows: pd.DataFrame,
    table: pd.DataFrame,
    left_out: Mapping[str, int],
    splits: Sequence[Split],
) -> dict[str, Any]:
    """What ``scores.json`` holds.

    Args:
        experiment: the settings.
        label: name@hash of the run.
        rows: the hours learnt from.
        table: out-of-fold forecasts.
        left_out: how many images were left out, by reason.
        splits: the folds that were trained.
    """
    settings = experiment.evaluation
    blocks = blocks_of_days(table["time_utc"], settings.block_days)
    climatology = {int(split.test["fold"].iloc[0]): float(split.train["label"].mean()) for split in splits}
    scores = scorecard(
        table["probability"],
        table["label"],
        threshold=table["threshold"].to_numpy(),
        blocks=blocks,
        references={"climatology": table["fold"].map(climatology).to_numpy()},
        resamples=settings.resamples,
    )
    split = f"{settings.folds} folds of blocks of {settings.block_days:g} days, dealt in turn, {GAP} apart"
    if settings.quarters:
        split = f"calendar quarters over all years, {GAP} apart"
    return {
        "model": label,
        "experiment": experiment.name,
        "validated": False,
        "begins": f"from {experiment.model.weights}" if experiment.model.weights else FROM_SCRATCH,
        "data": _data(rows, settings.block_days, left_out),
        "split": split + (f"; {len(splits)} of them trained" if settings.trained_folds else ""),
        "folds": [_told(split) for split in splits],
        "out_of_fold": scores.to_dict(),
    }


def disk_card(experiment: Experiment, document: Mapping[str, Any]) -> str:
    """The card in Markdown, from the settings and the document of ``scores.json``."""
    data, training, evaluation = document["data"], experiment.training, experiment.evaluation
    members = len(document["folds"]) * len(evaluation.seeds)
    return TEMPLATE.format(
        model=document["model"],
        at_least=experiment.data.at_least,
        within=experiment.data.within,
        **{name: data[name] for name in ("hours", "positive", "begin", "end", "blocks", "base_rate")},
        block_days=evaluation.block_days,
        network=experiment.model.name,
        options=f" {experiment.model.options}" if experiment.model.options else "",
        members="one member" if members == 1 else f"the mean logit of {members} members, one a fold and seed",
        views="mean logit of 8 views" if evaluation.views == 8 else "one view",
        begins=document["begins"],
        radius=experiment.preparation.disk_radius,
        size=experiment.preparation.size,
        **{name: getattr(training, name) for name in ("steps", "steps_are", "batch", "batches", "optimizer")},
        rate=training.learning_rate,
        schedule=schedule_of(training),
        decay=training.weight_decay,
        suspect=f" The time of {data['suspect']} images is in doubt." if data["suspect"] else "",
        left_out="; ".join(f"{count} ({why})" for why, count in data["left_out"].items()) or "nothing",
        split=document["split"],
        gap=GAP,
        scored=document["out_of_fold"]["n_blocks"],
        table="\n".join(_lines(document["out_of_fold"])),
    )


def estimate_text(value: Mapping[str, Any]) -> str:
    """A score of ``scores.json`` with its interval, such as 0.508 [0.464, 0.551]; "–" where it has none."""
    if value["mean"] is None:
        return "–"
    bounds = "" if value.get("low") is None else f" [{value['low']:.3f}, {value['high']:.3f}]"
    return f"{value['mean']:.3f}{bounds}"


def _data(rows: pd.DataFrame, block_days: float, left_out: Mapping[str, int]) -> dict[str, Any]:
    times = rows["time_utc"].to_numpy("datetime64[us]")
    return {
        "hours": len(rows),
        "positive": int(rows["label"].sum()),
        "base_rate": float(rows["label"].mean()),
        "begin": iso(utc(times.min())),
        "end": iso(utc(times.max())),
        "blocks": blocks_of_days(times, block_days).count,
        "suspect": int(np.sum(rows["suspect"])) if "suspect" in rows else 0,
        "left_out": {why: count for why, count in left_out.items() if count},
    }


def _told(split: Split) -> dict[str, Any]:
    """Who was trained on, who was tested, and what was dropped between them."""
    return {
        "fold": int(split.test["fold"].iloc[0]),
        "train": split.train.counts,
        "test": split.test.counts,
        "dropped": split.dropped.get("train", 0),
    }


def _lines(scores: Mapping[str, Any]) -> list[str]:
    """The table of scores."""
    return [
        "| forecast | " + " | ".join(name.upper() for name in SHOWN) + " |",
        "|---" * (1 + len(SHOWN)) + "|",
        "| network | " + " | ".join(estimate_text(scores[name]) for name in SHOWN) + " |",
    ]
