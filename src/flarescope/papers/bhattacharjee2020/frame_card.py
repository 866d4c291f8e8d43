"""Model cards of the two networks of the made-up Sun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["frame_card"]

WHAT = {
    "cnn2_frames": """CNN-2 of Bhattacharjee et al. 2020, with 32 filters instead of 64 in each convolution
of the inception modules: whole frames of every size are resized to 256 × 256 pixels, as the paper does it. It
ships to show what that does.""",
    "artefact_free": """The network that section 5 of Bhattacharjee et al. 2020 asks for: whole fields at
1.457 Mm a pixel, nothing resized or cut; zero field is zero in every layer, activations are summed over the
pixels and over four views (B, −B, both flipped north-south). Frame, sign convention and hemisphere change
nothing; leading and following spots stay different.""",
}
LIMITS = {
    "cnn2_frames": """- Its answer hangs on the frame: a region in another frame is another image to it.
- It can learn the size of a frame, which encloses a region's whole life and so tells its future.""",
    "artefact_free": """- It cannot see that a region breaks Hale's law: full symmetry hides it
  (`symmetry="none"` with the paper's own transform does not).
- Moves that are no multiple of its total stride (8 pixels, 11.7 Mm) change the answer a little
  (`shift_dependence`).
- A real quiet margin is nearly, not exactly, nothing to it: field above 25 G counts.
- Coronal and chromospheric images: option `channels`; no such weights are here.""",
}
TEMPLATE = """# {name} ({model})

**Trained on the made-up Sun, whose flare law is ours: for probes, not for forecasts.**
Probe it with `flarescope probe {name}`.

## What it is
{what}
{parameters:,} parameters. Input in units of 100 G. {steps} batches of {batch}, both classes alike, AdamW, one
cycle of the learning rate up to {rate:g}.

The two networks of the made-up Sun were not trained quite alike: `cnn2_frames` has half the filters in its
branches, to be small, and a learning rate of 0.001; that of `artefact_free` is 0.003. Learning rates
were tried on held-out regions of splits of the training period, by trials that were not kept; if in doubt,
take the scores as flattered.

## What it learnt from
- {images:,} made-up SHARP magnetograms of {regions} regions, {flaring} of them flaring, in frames of every
  size; the other network saw the same.
- Label: {label}.
- Made again by: `flarescope train frames --out FOLDER`.

## How good it is
It was {split}.
Probabilities at the base rate of the training rows; intervals: 95 %, whole regions drawn with replacement.

| | TSS | AUC | BSS |
|---|---|---|---|
{table}

## What its answer hangs on
Bipoles of 2000 G; changes of the logit over its range from 2 to 40 Mm radius.

| arithmetic | frame_dependence | polarity_asymmetry | shift_dependence | probability_span |
|---|---|---|---|---|
{probes}

## What it cannot do
- Nothing it says of the real Sun is a forecast.
{limits}
- Weights are repeatable on one machine with one number of threads; elsewhere rounding differs.

*Reference*: Bhattacharjee et al. 2020, sections 4.4 and 5.
"""


def frame_card(name: str, document: dict[str, Any]) -> str:
    """The card in Markdown, from the document of ``scores.json``."""
    data, training, scores = document["data"], document["training"], document["scores"]
    lines = [("this network", scores)]
    for rival, about in scores["references"].items():
        lines += [(rival, about["scores"]), (f"this less {rival}", about["difference"])]
    return TEMPLATE.format(
        name=name,
        what=WHAT[name],
        limits=LIMITS[name],
        steps=training["steps"],
        batch=training["batch"],
        rate=training["learning_rate"],
        flaring=data["flaring_regions"],
        **{key: document[key] for key in ("model", "parameters", "split")},
        **{key: data[key] for key in ("images", "regions", "label")},
        table="\n".join(f"| {text} | {' | '.join(_cells(found))} |" for text, found in lines),
        probes="\n".join(_probes(document["probes"])),
    )


def _cells(scores: dict[str, Any]) -> Iterable[str]:
    for key in ("tss", "auc", "bss"):
        one = scores[key]
        known = one["mean"] is not None and one["low"] is not None
        yield f"{one['mean']:.3f} [{one['low']:.3f}, {one['high']:.3f}]" if known else "–"


def _probes(probes: dict[str, dict[str, float]]) -> Iterable[str]:
    keys = ("frame_dependence", "polarity_asymmetry", "shift_dependence", "probability_span")
    for dtype, measures in probes.items():
        yield f"| {dtype} | {' | '.join(f'{measures[key]:.2g}' for key in keys)} |"
