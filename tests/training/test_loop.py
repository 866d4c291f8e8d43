"""The loop on a network and data small enough to watch."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from flarescope import models
from flarescope.errors import TrainingError
from flarescope.experiment import Training
from flarescope.samples.loader import BalancedBatches, EpochBatches
from flarescope.training.checkpoint import NAME
from flarescope.training.loop import Validation, fit
from flarescope.training.losses import smoothed_cross_entropy
from flarescope.training.predict import predict_logits
from flarescope.training.schedule import one_cycle

SETTINGS = Training(
    steps=12, batch=8, learning_rate=3e-3, weight_decay=1e-2, label_smoothing=0.04, checkpoint_steps=5
)


def tiny(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return models.build("patch_cnn", channels=(2, 4), dropout=0.3)


def data(n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    labels = (np.arange(n) % 4 == 0).astype(int)
    noise = np.random.default_rng(0).normal(size=(n, 16, 16))
    return (noise * (1 + 2 * labels[:, None, None])).astype(np.float16), labels


def batches() -> BalancedBatches:
    return BalancedBatches(*data(), 8, 0.25, {"shift_pixels": 1, "flips": True, "polarity": True})


def weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in network.state_dict().items()}


class KilledError(Exception):
    pass


def kill_at(step: int):
    def told(done: int, of: int) -> None:
        if done == step:
            raise KilledError

    return told


@pytest.mark.parametrize("step", [3, 5, 9])
def test_a_killed_training_goes_on_to_the_same_weights(step: int, tmp_path: Path) -> None:
    whole = weights(fit(tiny(), batches(), SETTINGS, seed=1, folder=tmp_path / "whole"))
    with pytest.raises(KilledError):
        fit(tiny(), batches(), SETTINGS, seed=1, folder=tmp_path / "cut", progress=kill_at(step))
    with (tmp_path / "cut" / "log.jsonl").open("a") as log:
        log.write('{"step": 9, "lo')  # a line that the kill left half-written
    torch.manual_seed(99)
    assert (tmp_path / "cut" / NAME).exists() == (step >= 5)
    other = tiny(5 if step >= 5 else 0)  # the checkpoint, not the network given, decides where it goes on
    resumed = weights(fit(other, batches(), SETTINGS, seed=1, folder=tmp_path / "cut"))
    for key, value in whole.items():
        assert torch.equal(value, resumed[key]), key
    logs = [(tmp_path / name / "log.jsonl").read_text().splitlines() for name in ("whole", "cut")]
    steps = [[(json.loads(line)["step"], json.loads(line)["loss"]) for line in log] for log in logs]
    assert steps[0] == steps[1] == sorted(steps[1])


def test_the_seed_decides_and_the_callers_numbers_are_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    networks = [tiny() for _ in range(3)]
    torch.manual_seed(7)
    a, b, c = (
        weights(fit(n, batches(), SETTINGS, seed=seed, folder=tmp_path / str(k)))
        for k, (n, seed) in enumerate(zip(networks, (1, 1, 2), strict=True))
    )
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert not torch.equal(a["output.weight"], c["output.weight"])


def test_it_learns(tmp_path: Path) -> None:
    images, labels = data()
    settings = SETTINGS.model_copy(update={"steps": 60, "learning_rate": 2e-2})
    network = fit(tiny(), batches(), settings, seed=0, folder=tmp_path)
    logits = predict_logits(network, images)
    assert logits[labels == 1].mean() > logits[labels == 0].mean() + 1.0


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    images, labels = data()
    bad = BalancedBatches(np.full_like(images, np.nan), labels, 8, 0.25)
    with pytest.raises(
        TrainingError, match=r"The loss is nan at step 1: .* Lower the learning rate \(0.003\)"
    ):
        fit(tiny(), bad, SETTINGS, seed=0, folder=tmp_path)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no weights at all")
    with pytest.raises(TrainingError, match=r"checkpoint cannot be used .* Delete it"):
        fit(tiny(), batches(), SETTINGS, seed=0, folder=tmp_path)


def test_sgd_steps_against_the_gradient_at_a_constant_rate(tmp_path: Path) -> None:
    images, labels = data()
    settings = Training(steps=1, batch=8, learning_rate=0.3, optimizer="sgd", loss="weighted")
    before, epochs = tiny(), EpochBatches(images, labels, 8, seed=3)
    x, y, _ = epochs.draw(0)
    twin = models.build("patch_cnn", channels=(2, 4), dropout=0.0).train()
    twin.load_state_dict(before.state_dict())
    cost = torch.tensor(3.0)  # a quarter of the rows are positive
    nn.functional.binary_cross_entropy_with_logits(twin(x), y, pos_weight=cost).backward()
    expected = twin.output.weight.detach() - 0.3 * twin.output.weight.grad
    plain = models.build("patch_cnn", channels=(2, 4), dropout=0.0)
    plain.load_state_dict(before.state_dict())
    after = fit(plain, epochs, settings, seed=0, folder=tmp_path)
    torch.testing.assert_close(after.output.weight, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["weighted", "batch_skill"])
def test_plain_epochs_by_sgd_go_on_after_a_kill(loss: str, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"optimizer": "sgd", "loss": loss, "learning_rate": 0.05})
    epochs = EpochBatches(*data(), 12, seed=3)
    whole = weights(fit(tiny(), epochs, settings, seed=1, folder=tmp_path / "whole"))
    with pytest.raises(KilledError):
        fit(tiny(), epochs, settings, seed=1, folder=tmp_path / "cut", progress=kill_at(7))
    resumed = weights(fit(tiny(5), epochs, settings, seed=1, folder=tmp_path / "cut"))
    assert all(torch.equal(value, resumed[key]) for key, value in whole.items())


class Parts:
    """The same batch whole or in parts of several shapes."""

    sampled_rate = 0.5

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole

    def draw(self, step: int = 0) -> tuple[torch.Tensor | list[torch.Tensor], torch.Tensor, torch.Tensor]:
        x = torch.arange(4 * 36.0).reshape(4, 1, 6, 6).sin()
        x[2:, :, 4:] = 0.0
        parts = [x[:2], x[2:, :, :4]]  # zero rows add nothing to a sum
        return x if self.whole else parts, torch.tensor([1.0, 0, 1, 0]), torch.tensor([1.0, 2, 3, 4])


class Sums(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.3]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * x.relu().sum(dim=(1, 2, 3))


@pytest.mark.parametrize("loss", ["smoothed", "weighted", "batch_skill"])
def test_parts_of_a_batch_take_one_step_together(loss: str, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"loss": loss, "steps": 3, "optimizer": "sgd"})
    a, b = (
        fit(Sums(), Parts(whole=whole), settings, seed=0, folder=tmp_path / str(whole))
        for whole in (True, False)
    )
    torch.testing.assert_close(a.weight, b.weight)
    assert abs(float(a.weight.detach()) - 0.3) > 1e-4


def test_both_losses_are_watched_without_changing_the_end(tmp_path: Path) -> None:
    images, labels = data()
    rows = Validation(list(images[:8]), labels[:8])
    settings = SETTINGS.model_copy(update={"check_steps": 4, "loss": "weighted"})
    plain = fit(tiny(), batches(), settings, seed=1, folder=tmp_path / "plain")
    seen = fit(tiny(), batches(), settings, seed=1, folder=tmp_path / "seen", validation=rows, watched=rows)
    assert all(torch.equal(value, weights(seen)[key]) for key, value in weights(plain).items())
    lines = [json.loads(line) for line in (tmp_path / "seen" / "log.jsonl").read_text().splitlines()]
    checked = {line["step"]: line for line in lines if "training_loss" in line}
    assert list(checked) == [4, 8, 12]
    logits = torch.from_numpy(predict_logits(seen, images[:8]))
    cost = torch.tensor(3.0)  # a quarter of each batch is positive
    expected = nn.functional.binary_cross_entropy_with_logits(
        logits, torch.from_numpy(labels[:8]).double(), pos_weight=cost
    )
    assert (
        checked[12]["training_loss"]
        == checked[12]["validation_loss"]
        == pytest.approx(float(expected), abs=1e-5)
    )


def test_early_stopping_keeps_the_best(tmp_path: Path) -> None:
    images, labels = data()
    settings = SETTINGS.model_copy(
        update={"steps": 200, "learning_rate": 0.5, "early_stopping": 2, "check_steps": 2}
    )
    wrong = Validation(images, 1 - labels)  # the more it learns the worse this gets
    network = fit(tiny(), batches(), settings, seed=0, folder=tmp_path, validation=wrong)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    losses = [line["validation_loss"] for line in lines if "validation_loss" in line]
    assert lines[-1]["step"] < 200
    kept = smoothed_cross_entropy(
        torch.from_numpy(predict_logits(network, images)), torch.from_numpy(1.0 - labels)
    )
    assert float(kept) == pytest.approx(min(losses), abs=1e-5)
    with pytest.raises(TrainingError, match="needs validation images"):
        fit(tiny(), batches(), settings, seed=0, folder=tmp_path / "none")


@pytest.mark.parametrize("steps", [10, 130, 200])
def test_the_cycle_is_torchs(steps: int) -> None:
    settings = SETTINGS.model_copy(update={"steps": steps})
    optimizer = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=1.0)
    oracle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.15)
    for step in range(steps):
        group = optimizer.param_groups[0]
        assert one_cycle(step, settings) == pytest.approx((group["lr"], group["betas"][0]), rel=1e-9)
        optimizer.step()
        if step < steps - 1:
            oracle.step()


@pytest.mark.parametrize("steps", [1, 2, 7, 20])
def test_the_cycle_of_any_length_is_finite(steps: int) -> None:
    settings = SETTINGS.model_copy(update={"steps": steps, "warm_up": 0.05})
    rates = [one_cycle(step, settings)[0] for step in range(steps)]
    assert all(math.isfinite(r) and 0 < r <= 3e-3 * (1 + 1e-9) for r in rates)


def test_the_loss_is_the_cross_entropy_of_smoothed_labels() -> None:
    logits, labels = torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0])
    p = torch.sigmoid(logits)
    each = -(torch.tensor([0.98, 0.02]) * p.log() + torch.tensor([0.02, 0.98]) * (1 - p).log())
    torch.testing.assert_close(smoothed_cross_entropy(logits, labels, smoothing=0.04), each.mean())
    weighted = smoothed_cross_entropy(logits, labels, torch.tensor([3.0, 1.0]), smoothing=0.04)
    torch.testing.assert_close(weighted, (3 * each[0] + each[1]) / 4)
