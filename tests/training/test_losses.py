"""Losses against numbers worked out with numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import cohen_kappa_score

from flarescope.experiment import Training
from flarescope.training.losses import (
    batch_skill_loss,
    loss_of,
    smoothed_cross_entropy,
    weighted_cross_entropy,
)

LOGITS = np.array([2.0, -1.0, 0.3, -2.0, 0.7, -0.4])
LABELS = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
P = 1 / (1 + np.exp(-LOGITS))


def tensors(*arrays: np.ndarray) -> tuple[torch.Tensor, ...]:
    return tuple(torch.from_numpy(array) for array in arrays)


def test_a_missed_positive_costs_its_weight() -> None:
    each = -(4.5 * LABELS * np.log(P) + (1 - LABELS) * np.log(1 - P))
    logits, labels = tensors(LOGITS, LABELS)
    assert float(weighted_cross_entropy(logits, labels)) == pytest.approx(each.mean(), rel=1e-12)
    weights = np.arange(1.0, 7.0)
    found = weighted_cross_entropy(logits, labels, torch.from_numpy(weights))
    assert float(found) == pytest.approx((weights * each).sum() / weights.sum(), rel=1e-12)
    plain = weighted_cross_entropy(logits, labels, positive_weight=1.0)
    assert float(plain) == pytest.approx(float(smoothed_cross_entropy(logits, labels)), rel=1e-12)


def skill_weight() -> float:
    yes = P >= 0.5
    tss = yes[LABELS == 1].mean() - yes[LABELS == 0].mean()
    hss = cohen_kappa_score(LABELS, yes)  # another name of the same score
    return float(4 / 2 * np.exp(hss) * np.exp(tss))


def test_the_batch_skill_loss_is_the_papers() -> None:
    logits, labels = tensors(LOGITS, LABELS)
    missed, alarmed = ((1 - P[LABELS == 1]) ** 2).mean(), (P[LABELS == 0] ** 2).mean()
    found = float(batch_skill_loss(logits, labels))
    assert found == pytest.approx(skill_weight() * missed + alarmed, rel=1e-6)
    even = float(batch_skill_loss(logits, labels, torch.full((6,), 3.0)))
    assert even == pytest.approx(found, rel=1e-6)


def test_the_skill_is_a_number_and_has_no_gradient() -> None:
    logits = torch.tensor(LOGITS, requires_grad=True)
    batch_skill_loss(logits, torch.from_numpy(LABELS)).backward()
    by_hand = 2 * np.where(LABELS == 1, -skill_weight() * (1 - P) / 2, P / 4) * P * (1 - P)
    np.testing.assert_allclose(logits.grad.numpy(), by_hand, rtol=1e-6)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_batch_of_one_class_has_no_skill(label: float) -> None:
    logits = torch.tensor(LOGITS)
    found = batch_skill_loss(logits, torch.full((6,), label, dtype=torch.float64))
    assert float(found) == pytest.approx(((P - label) ** 2).mean(), rel=1e-12)


def test_the_settings_name_the_loss() -> None:
    logits, labels = tensors(LOGITS, LABELS)
    settings = Training(steps=1, batch=2, learning_rate=1.0)

    def found(rate: float = 0.25, **changes: object) -> float:
        return float(loss_of(settings.model_copy(update=changes), logits, labels, sampled_rate=rate))

    assert found() == float(smoothed_cross_entropy(logits, labels))
    assert found(label_smoothing=0.1) == float(smoothed_cross_entropy(logits, labels, smoothing=0.1))
    assert found(loss="weighted") == float(weighted_cross_entropy(logits, labels, positive_weight=3.0))
    assert found(loss="weighted", positive_weight=4.5) == float(weighted_cross_entropy(logits, labels))
    assert found(loss="batch_skill") == float(batch_skill_loss(logits, labels))
