"""One epoch of the compact network over 1,177 full disks of 512 pixels, augmented and weighted as published.

Steps are taken by the training loop on made-up images with the real share of flaring hours, and the median
step is carried to an epoch: flaring images come four times, quiet ones twice. Turns and mirrors are part of
the time, and so are the steps of the optimiser.

Example:
    python -m flarescope.bench.disk_epoch --threads 2
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

__all__ = ["time_epoch"]

IMAGES, FLARING = 1177, 393


def time_epoch(
    model: str = "compact", *, size: int = 512, batch: int = 24, steps: int = 8
) -> dict[str, float | bool | int]:
    """How long does an epoch take?

    Args:
        model: a network of full disks.
        size: side of the images in pixels.
        batch: images a step.
        steps: steps that are timed, after one that warms up.

    Returns:
        Milliseconds an image (``ms``), images shown in an epoch (``shown``), seconds an epoch (``epoch``) and
        whether bfloat16 was used (``computes_bf16``).
    """
    import torch

    from flarescope import models
    from flarescope.compute import computes_bf16
    from flarescope.experiment import Training
    from flarescope.samples.disk_batches import DiskBatches
    from flarescope.training.loop import fit

    rng = np.random.default_rng(0)
    images = rng.normal(0, 0.1, (3 * batch, size, size)).astype(np.float16)
    batches = DiskBatches(images, (np.arange(3 * batch) % 3 == 0).astype(int), batch)
    settings = Training.model_validate(
        {"steps": steps + 1, "batch": batch, "learning_rate": 1e-3, "bf16": True, "checkpoint_steps": 10**6}
    )
    torch.manual_seed(0)
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        fit(
            models.build(model), batches, settings, seed=0, folder=Path(folder),
            progress=lambda done, of: ends.append(time.perf_counter()),
        )  # fmt: skip
    seconds = statistics.median(np.diff(ends)) / batch
    shown = 4 * FLARING + 2 * (IMAGES - FLARING)
    return {
        "ms": 1000 * seconds,
        "shown": shown,
        "epoch": shown * seconds,
        "computes_bf16": computes_bf16(),
    }


if __name__ == "__main__":
    from flarescope.compute import keep_memory, use_threads

    parser = argparse.ArgumentParser(description="Time an epoch of a full-disk network.")
    parser.add_argument("--model", default="compact", help="network; compact by default")
    parser.add_argument("--threads", type=int, default=None, help="threads for torch; all cores by default")
    asked = parser.parse_args()
    keep_memory()
    use_threads(asked.threads)
    sys.stdout.write(json.dumps(time_epoch(asked.model), indent=1) + "\n")
