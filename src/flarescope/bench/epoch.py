"""One epoch of CNN-2 over 3,125 patches of 256 pixels: by the training loop, in float32 and in bfloat16.

Both take steps on the same batches in turn, several times, in one process; medians are carried to an epoch.
That both see the same loss before the first step is checked in the same run. Where the processor does not
compute with bfloat16 the loop trains in float32 either way.

Example:
    python -m flarescope.bench.epoch --threads 2
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from flarescope.experiment import Training

__all__ = ["compare"]

PATCHES = 3125


def compare(*, size: int = 256, batch: int = 32, steps: int = 4, rounds: int = 3) -> dict[str, float | bool]:
    """How long does an epoch take, and do both precisions agree?

    Args:
        size: side of the images in pixels.
        batch: images a step.
        steps: steps a round.
        rounds: turns of each precision; medians are taken.

    Returns:
        Milliseconds an image (``fp32_ms``, ``bf16_ms``), seconds an epoch (``fp32_epoch``, ``bf16_epoch``),
        the relative ``loss_difference`` before the first step, and whether bfloat16 was used
        (``computes_bf16``).
    """
    from flarescope.compute import computes_bf16
    from flarescope.experiment import Training

    settings = {
        name: Training.model_validate(
            {"steps": steps, "batch": batch, "learning_rate": 1e-3, "bf16": name == "bf16"}
        )
        for name in ("fp32", "bf16")
    }
    turns = [{name: _round(one, size) for name, one in settings.items()} for _ in range(rounds)]
    ms = {
        name: 1000 * statistics.median(turn[name][0] for turn in turns) / (steps * batch) for name in settings
    }
    losses = [turns[0][name][1] for name in settings]
    return {
        **{f"{name}_ms": one for name, one in ms.items()},
        **{f"{name}_epoch": one * PATCHES / 1000 for name, one in ms.items()},
        "loss_difference": abs(losses[1] / losses[0] - 1),
        "computes_bf16": computes_bf16(),
    }


def _round(settings: Training, size: int) -> tuple[float, float]:
    """Seconds of a round, after a step that warms up, and the loss before that step."""
    import torch

    from flarescope.models.cnn import Cnn2
    from flarescope.samples.loader import EpochBatches
    from flarescope.training.loop import fit

    rng = np.random.default_rng(0)
    images = rng.normal(size=(settings.batch * 2, size, size)).astype(np.float16)
    batches = EpochBatches(images, np.arange(len(images)) % 4 // 3, settings.batch)
    torch.manual_seed(0)
    network, begun = Cnn2(), [0.0]

    def told(done: int, of: int) -> None:
        if done == 1:
            begun[0] = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        once = settings.model_copy(update={"steps": settings.steps + 1, "checkpoint_steps": 10**6})
        fit(network, batches, once, seed=0, folder=Path(folder), progress=told)
        seconds = time.perf_counter() - begun[0]
        first = settings.model_copy(update={"steps": 1, "checkpoint_steps": 10**6})
        torch.manual_seed(0)
        (Path(folder) / "first").mkdir()
        fit(Cnn2(), batches, first, seed=0, folder=Path(folder) / "first")
        log = (Path(folder) / "first" / "log.jsonl").read_text(encoding="utf-8")
    return seconds, float(json.loads(log.splitlines()[0])["loss"])


if __name__ == "__main__":
    from flarescope.compute import keep_memory, use_threads

    parser = argparse.ArgumentParser(description="Time an epoch of CNN-2 in float32 and in bfloat16.")
    parser.add_argument("--threads", type=int, default=None, help="threads for torch; all cores by default")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each precision")
    asked = parser.parse_args()
    keep_memory()
    use_threads(asked.threads)
    sys.stdout.write(json.dumps(compare(rounds=asked.rounds), indent=1) + "\n")
