"""The training loop: draw a batch, take a step, write it down, keep a checkpoint.

Every step seeds torch from the run's seed and its own number, so a run that was killed and resumed draws
what it would have drawn. On one machine with one number of threads the weights come out equal to the last
bit; another processor, another number of threads, or float32 instead of bf16 rounds otherwise.
"""

from __future__ import annotations

import json
import math
import time
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from flarescope.compute import best_device, computes_bf16
from flarescope.errors import TrainingError
from flarescope.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from flarescope.training.losses import loss_of
from flarescope.training.predict import predict_logits
from flarescope.training.schedule import one_cycle, schedule_of
from flarescope.verify.contingency import ContingencyTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from flarescope.experiment import Training

__all__ = ["Batches", "Validation", "fit", "watched_loss"]

LOG = "log.jsonl"
LOG_STEPS = 10
CHANNELS_LAST: Any = torch.channels_last


class Batches(Protocol):
    """What is learnt from, batch by batch: see ``samples.loader`` and ``samples.fields``."""

    @property
    def sampled_rate(self) -> float:
        """Share of positives among what is shown."""

    def draw(self, step: int = 0) -> tuple[Tensor | Sequence[Tensor], Tensor, Tensor]:
        """Images "b 1 h w" (or parts of several shapes), labels "b" and weights "b" of a step's batch."""


@dataclass(frozen=True, eq=False)
class Validation:
    """Images "n h w" (or of several shapes), labels "n" and their weights on which the loss is watched."""

    images: np.ndarray | Sequence[np.ndarray]
    labels: np.ndarray
    weights: np.ndarray | None = None


def fit(
    network: nn.Module,
    batches: Batches,
    settings: Training,
    *,
    seed: int,
    folder: Path,
    validation: Validation | None = None,
    watched: Validation | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> nn.Module:
    """Train ``network`` in place; go on from the folder's checkpoint if there is one.

    Optimiser, schedule and loss are settings: AdamW with decay on weights alone and one cycle of the learning
    rate, or plain SGD at a constant one or one that falls when the validation loss no longer does. With early
    stopping the weights of the smallest validation loss are kept.

    Args:
        network: images "n 1 h w" to logits "n".
        batches: what it learns from.
        settings: steps, learning rate and the rest.
        seed: decides batches, augmentation and dropout; the caller's random numbers are left alone.
        folder: for ``checkpoint.safetensors`` and ``log.jsonl``.
        validation: rows of other regions or days, whose loss is logged each ``check_steps``; for early
            stopping, and for a learning rate that waits for it.
        watched: rows that are trained on, whose loss is then logged too.
        progress: told (done, of) after each step.

    Raises:
        TrainingError: the loss is not a number, the checkpoint is damaged, or early stopping or the schedule
            has nothing to go by.
    """
    if settings.watches and validation is None:
        needs = "Early stopping" if settings.early_stopping else f"The schedule '{settings.schedule}'"
        raise TrainingError(f"{needs} needs validation images: give some, or leave it out.")
    device = best_device()
    network.to(device).to(memory_format=CHANNELS_LAST)  # type: ignore[call-overload]
    optimizer = _optimizer(network, settings)
    folder.mkdir(parents=True, exist_ok=True)
    state = load_checkpoint(folder, network, optimizer)
    log = folder / LOG
    _forget_after(log, state.step)
    begin = time.monotonic()
    with torch.random.fork_rng(), log.open("a", encoding="utf-8") as lines:
        while state.step < settings.steps and not _over(state, settings):
            torch.manual_seed(seed * 1_000_003 + state.step)
            _set_rate(optimizer, settings, state)
            loss = _step(network, optimizer, batches, settings, state.step, device)
            state.step += 1
            entry: dict[str, Any] = {"step": state.step, "loss": round(loss, 6)}
            if state.step % settings.check_steps == 0:
                entry |= _check(
                    network,
                    {"validation": validation, "training": watched},
                    settings,
                    state,
                    batches.sampled_rate,
                )
            if state.step % LOG_STEPS == 0 or len(entry) > 2 or state.step == settings.steps:
                lines.write(json.dumps(entry | {"seconds": round(time.monotonic() - begin, 2)}) + "\n")
            if state.step % settings.checkpoint_steps == 0:
                lines.flush()
                save_checkpoint(folder, network, optimizer, state)
            progress(state.step, settings.steps)
    if state.best:
        network.load_state_dict(state.best)
    return network.eval()


def watched_loss(network: nn.Module, sample: Validation, settings: Training, *, sampled_rate: float) -> float:
    """The settings' loss on some rows, by the network in evaluation and without label smoothing."""
    return _loss(predict_logits(network, sample.images), sample, settings, sampled_rate)


def _loss(logits: np.ndarray, sample: Validation, settings: Training, sampled_rate: float) -> float:
    plain = settings.model_copy(update={"label_smoothing": 0.0})
    labels = torch.from_numpy(sample.labels).double()
    weights = None if sample.weights is None else torch.from_numpy(sample.weights).double()
    return float(loss_of(plain, torch.from_numpy(logits), labels, weights, sampled_rate=sampled_rate))


def _optimizer(network: nn.Module, settings: Training) -> torch.optim.Optimizer:
    """AdamW spares biases and scales of batch normalisation from decay; SGD, as published, spares none."""
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate)


def _set_rate(optimizer: torch.optim.Optimizer, settings: Training, state: Progress) -> None:
    """The learning rate of the next step; with one cycle also the first moment's decay."""
    schedule = schedule_of(settings)
    if schedule.startswith("plateau"):
        state.plateau.rate = state.plateau.rate or settings.learning_rate
        for group in optimizer.param_groups:
            group["lr"] = state.plateau.rate
    elif schedule == "one_cycle":
        rate, decay = one_cycle(state.step, settings)
        for group in optimizer.param_groups:
            group["lr"] = rate
            if "betas" in group:
                group["betas"] = (decay, 0.999)


def _step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Batches,
    settings: Training,
    step: int,
    device: torch.device,
) -> float:
    """One step down; the batch's loss before it."""
    network.train()
    x, labels, weights = batches.draw(step)
    parts = [x] if isinstance(x, torch.Tensor) else x
    half = settings.bf16 and computes_bf16()
    with torch.autocast(device.type, torch.bfloat16) if half else nullcontext():
        logits = [network(part.to(device).contiguous(memory_format=CHANNELS_LAST)) for part in parts]
    loss = loss_of(
        settings, torch.cat(logits).float(), labels.to(device), weights.to(device),
        sampled_rate=batches.sampled_rate,
    )  # fmt: skip
    value = loss.item()
    if not math.isfinite(value):
        raise TrainingError(
            f"The loss is {value} at step {step + 1}: the training has come apart. "
            f"Lower the learning rate ({settings.learning_rate:g}), or check the images for NaN."
        )
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return value


def _check(
    network: nn.Module,
    samples: dict[str, Validation | None],
    settings: Training,
    state: Progress,
    sampled_rate: float,
) -> dict[str, float]:
    """The losses now, without label smoothing; with early stopping, remembers the best weights."""
    known = {name: sample for name, sample in samples.items() if sample is not None}
    logits = {name: predict_logits(network, sample.images) for name, sample in known.items()}
    losses = {
        f"{name}_loss": _loss(logits[name], sample, settings, sampled_rate) for name, sample in known.items()
    }
    if schedule_of(settings).startswith("plateau") and (sample := samples["validation"]) is not None:
        losses |= _shown(logits["validation"], sample.labels, losses["validation_loss"], settings, state)
    if settings.early_stopping:
        if losses["validation_loss"] < state.best_loss:
            state.best_loss, state.waited = losses["validation_loss"], 0
            state.best = {key: value.detach().clone() for key, value in network.state_dict().items()}
        else:
            state.waited += 1
    return {name: loss if name == "learning_rate" else round(loss, 6) for name, loss in losses.items()}


def _shown(
    logits: np.ndarray, labels: np.ndarray, loss: float, settings: Training, state: Progress
) -> dict[str, float]:
    """Show the schedule what it waits for; what it did comes back."""
    show = partial(state.plateau.show, factor=settings.plateau_factor, patience=settings.plateau_patience)
    tss = float(ContingencyTable.from_forecasts(logits >= 0.0, labels).tss)
    show(loss)
    if settings.schedule == "plateau_stepped_twice":
        show(tss)
    return {"validation_tss": tss, "learning_rate": state.plateau.rate}


def _over(state: Progress, settings: Training) -> bool:
    return settings.early_stopping is not None and state.waited >= settings.early_stopping


def _forget_after(log: Path, step: int) -> None:
    """Lines of steps that will be done again are cut off; so is a line that a kill left half-written."""
    if not log.exists():
        return
    kept = []
    for line in log.read_text(encoding="utf-8").splitlines(keepends=True):
        try:
            if json.loads(line)["step"] > step:
                break
        except (ValueError, KeyError, TypeError):
            break
        kept.append(line)
    log.write_text("".join(kept), encoding="utf-8")
