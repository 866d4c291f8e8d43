from __future__ import annotations

import numpy as np
import pytest
import torch

from flarescope.errors import TrainingError
from flarescope.samples.loader import BalancedBatches, EpochBatches, augment, degrade


def images(n: int = 20, size: int = 16) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, size, size)).astype(np.float16)


def labels(n: int = 20, positives: int = 5) -> np.ndarray:
    return (np.arange(n) < positives).astype(int)


def test_batches_hold_the_share_that_was_asked_for() -> None:
    torch.manual_seed(0)
    batches = BalancedBatches(images(), labels(), 12, 0.25)
    x, y, weight = batches.draw()
    assert x.shape == (12, 1, 16, 16)
    assert x.dtype == torch.float32
    assert y.sum() == 3
    assert batches.sampled_rate == 0.25
    assert (weight == 1).all()


def test_every_row_is_drawn_and_keeps_its_label_and_weight() -> None:
    torch.manual_seed(0)
    marked = np.ones((20, 4, 4), np.float16) * np.arange(20, dtype=np.float16)[:, None, None]
    batches = BalancedBatches(marked, labels(), 16, 0.5, weights=1.0 + np.arange(20))
    seen = set()
    for _ in range(40):
        x, y, weight = batches.draw()
        row = x[:, 0, 0, 0]
        seen |= set(row.int().tolist())
        assert torch.equal(y, (row < 5).float())
        assert torch.equal(weight, row + 1)
    assert seen == set(range(20))


def test_the_same_seed_draws_the_same() -> None:
    batches = BalancedBatches(
        images(), labels(), 8, 0.25, {"shift_pixels": 2, "flips": True, "polarity": True}
    )
    torch.manual_seed(3)
    one = batches.draw()
    torch.manual_seed(3)
    two = batches.draw()
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("positives", [0, 20])
def test_one_class_only_is_refused(positives: int) -> None:
    with pytest.raises(TrainingError, match=r"All 20 training rows have the same label .* needs both"):
        BalancedBatches(images(), labels(positives=positives), 8, 0.25)


def test_a_batch_of_one_class_is_refused() -> None:
    with pytest.raises(TrainingError, match="holds 0 positives"):
        BalancedBatches(images(), labels(), 4, 0.1)


def test_no_augmentation_changes_nothing() -> None:
    x = torch.randn(3, 1, 8, 8)
    assert torch.equal(augment(x), x)


def test_shift_brings_in_zero_field_and_keeps_whole_pixels() -> None:
    torch.manual_seed(1)
    x = torch.arange(1.0, 65.0).reshape(1, 1, 8, 8).repeat(200, 1, 1, 1)
    moved = augment(x, shift_pixels=2)
    centre = {float(v) for v in moved[:, 0, 4, 4]}
    assert centre == {37.0 + 8 * a + b for a in range(-2, 3) for b in range(-2, 3)}
    assert (moved[moved != x[0, 0, 0, 0]] >= 0).all()
    assert (moved == 0).any()


def test_flips_and_polarity_make_eight_views() -> None:
    torch.manual_seed(1)
    x = torch.randn(1, 1, 6, 6).repeat(300, 1, 1, 1)
    assert len({tuple(v.flatten().tolist()) for v in augment(x, flips=True, polarity=True)}) == 8
    assert len({tuple(v.flatten().tolist()) for v in augment(x, flips=True)}) == 4
    assert len({tuple(v.flatten().tolist()) for v in augment(x, polarity=True)}) == 2


def test_degrading_keeps_the_mean_and_takes_the_detail() -> None:
    x = torch.randn(2, 1, 32, 32)
    coarse = degrade(x, 2.0)
    assert coarse.shape == x.shape
    torch.testing.assert_close(coarse.mean(dim=(2, 3)), x.mean(dim=(2, 3)), atol=0.02, rtol=0)
    assert coarse.std() < 0.7 * x.std()
    flat = torch.full((1, 1, 32, 32), 3.0)
    torch.testing.assert_close(degrade(flat, 2.05), flat)


def test_degrading_hits_about_the_share_asked_for() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 1, 16, 16).repeat(400, 1, 1, 1)
    changed = (augment(x, degrade_share=0.5) != x).flatten(1).any(dim=1).float().mean()
    assert 0.4 < changed < 0.6
    assert (augment(x, degrade_share=1.0) != x).flatten(1).any(dim=1).all()


def test_an_epoch_shows_every_row_once_and_the_next_in_another_order() -> None:
    marked = np.ones((20, 4, 4), np.float16) * np.arange(20, dtype=np.float16)[:, None, None]
    batches = EpochBatches(marked, labels(), 8, seed=1)
    assert batches.steps_an_epoch == 3
    assert batches.sampled_rate == 0.25
    epochs = []
    for epoch in range(2):
        drawn = [batches.draw(3 * epoch + step) for step in range(3)]
        assert [len(y) for _, y, _ in drawn] == [8, 8, 4]
        rows = torch.cat([x[:, 0, 0, 0] for x, _, _ in drawn])
        assert torch.equal(torch.cat([y for _, y, _ in drawn]), (rows < 5).float())
        epochs.append(rows.int().tolist())
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(20))
    assert epochs[0] != epochs[1]
    assert torch.equal(batches.draw(4)[0], batches.draw(4)[0])


@pytest.mark.parametrize("label", [0, 1])
def test_epochs_of_one_class_are_refused(label: int) -> None:
    with pytest.raises(TrainingError, match=r"All 20 training rows have the same label .* needs both"):
        EpochBatches(images(), np.full(20, label), 8)
