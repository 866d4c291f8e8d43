"""A full-disk network whose truth is known: trained on the made-up Sun, explained on another one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from flarescope import synthetic
from flarescope.models import compact
from flarescope.papers.kept_stamp import stamp
from flarescope.preparation import Preparation
from flarescope.synthetic.disks import made_up_disks
from flarescope.synthetic.name import MADE_UP
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.papers.reproduction import Desk
    from flarescope.synthetic.disks import MadeUpDisk
    from flarescope.training.run import Run

__all__ = ["PIXELS", "Size", "disk_network", "held_out_disks", "size_of"]

PIXELS = 256
PREPARATION = Preparation(size=PIXELS, fit="disk", disk_radius=100.0, std=300.0)
TRAINING_SUN, HELD_OUT_SUN = 2023, 2024  # seeds: two Suns that share no region
TRAINING_EVERY, HELD_OUT_EVERY = "48h", "120h"
LEARNING_RATE = 3e-3
BATCH, POSITIVE_SHARE = 32, 0.5
AS_IT_MIGHT_LOOK = {"flips": True, "polarity": True, "shift_pixels": 8}


@dataclass(frozen=True)
class Size:
    """How much is done: disks to learn from, steps of the training, disks that are explained."""

    disks: int
    steps: int
    explained: int


def size_of(desk: Desk) -> Size:
    """A preview learns little from few disks."""
    return Size(120, 60, 6) if desk.quick else Size(600, 240, 32)


def held_out_disks(most: int = 10_000) -> Sequence[MadeUpDisk]:
    """Disks of a Sun that the network never saw, five days apart."""
    return made_up_disks(most, pixels=PIXELS, seed=HELD_OUT_SUN, every=HELD_OUT_EVERY)


def disk_network(desk: Desk, size: Size | None = None) -> Run:
    """The compact network, trained on whole disks of the made-up Sun and the flares of the next 24 hours.

    It is told whether any region flares, never which. What stands is used; a training that was stopped goes
    on.
    """
    from flarescope.training.run import load_run

    size = size or size_of(desk)
    code = Path(synthetic.__file__).parent
    named = stamp(
        size.disks, size.steps, PREPARATION.to_dict(), TRAINING_SUN, TRAINING_EVERY, LEARNING_RATE, BATCH,
        files=[*sorted(code.glob("*.py")), Path(compact.__file__)],
    )  # fmt: skip
    folder = desk.cache(f"made_up_disks_{named}")
    if not (folder / "model.json").exists():
        _train(desk, size, folder)
    return load_run(folder)


def _train(desk: Desk, size: Size, folder: Path) -> None:
    import torch

    from flarescope import models
    from flarescope.experiment import Training
    from flarescope.samples.loader import BalancedBatches
    from flarescope.training.loop import fit
    from flarescope.training.run import Calibration, save_run

    images, labels = _learnt_from(desk, size.disks, folder)
    rate = float(labels.mean())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(TRAINING_SUN)
        network = models.build("compact", rate=rate)
    settings = Training.model_validate(
        {
            "steps": size.steps, "batch": BATCH, "positive_share": POSITIVE_SHARE,
            "learning_rate": LEARNING_RATE, "weight_decay": 0.01,
        }
    )  # fmt: skip
    batches = BalancedBatches(images, labels, BATCH, POSITIVE_SHARE, AS_IT_MIGHT_LOOK)
    fit(
        network, batches, settings, seed=TRAINING_SUN, folder=folder,
        progress=lambda done, of: desk.progress("made-up disks: steps", done, of),
    )  # fmt: skip
    save_run(
        folder, network, PREPARATION, Calibration(rate, POSITIVE_SHARE, rate, views=1),
        name="compact", options={}, members=1, training_regions=(), trained_on=MADE_UP, sees="full_disk",
    )  # fmt: skip


def _learnt_from(desk: Desk, count: int, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Prepared disks "n h w" in float16, and 1 where a flare of M1.0 or above follows within 24 h."""
    kept = folder / "disks.npz"
    if not kept.exists():
        images = np.empty((count, PIXELS, PIXELS), np.float16)
        labels = np.empty(count, int)
        disks = made_up_disks(count, pixels=PIXELS, seed=TRAINING_SUN, every=TRAINING_EVERY)
        for row, one in enumerate(disks):
            images[row], labels[row] = PREPARATION.apply(one.magnetogram), one.label
            desk.progress("made-up disks", row + 1, count)
        _keep(kept, images=images, labels=labels)
    with np.load(kept) as arrays:
        return arrays["images"], arrays["labels"]


def _keep(path: Path, **arrays: np.ndarray) -> None:
    import io

    memory = io.BytesIO()
    np.savez(memory, **arrays)  # type: ignore[arg-type]
    write_whole(path, memory.getvalue())
