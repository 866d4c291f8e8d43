"""The published augmentation and class weights, entry by entry."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from scipy import ndimage

from flarescope.errors import TrainingError
from flarescope.samples.disk_batches import DiskBatches
from flarescope.samples.disk_images import Picked
from flarescope.samples.loader import augment, turned

LABELS = np.array([1, 0, 0, 1, 0, 0, 0])


def pictures(side: int = 16) -> np.ndarray:
    """Each image a smooth gradient of its own, fixed in height by its number."""
    rng = np.random.default_rng(1)
    smooth = [ndimage.gaussian_filter(rng.normal(size=(side, side)), 2) for _ in LABELS]
    return np.array([10 * row + 20 * one for row, one in enumerate(smooth)], np.float16)


def epoch(batches: DiskBatches, number: int = 0) -> list[tuple[np.ndarray, float, float]]:
    first = number * batches.steps_an_epoch
    drawn = [batches.draw(step) for step in range(first, first + batches.steps_an_epoch)]
    return [
        (x[0].numpy(), float(label), float(weight))
        for xs, labels, weights in drawn
        for x, label, weight in zip(xs, labels, weights, strict=True)
    ]


def kinds(shown: list[tuple[np.ndarray, float, float]], row: int) -> Counter[str]:
    """Which copies of an image an epoch held."""
    own = pictures()[row].astype(np.float32)
    near = [x for x, _, _ in shown if abs(np.median(x) - np.median(own)) < 5]
    known = {"as it is": own, "east-west": own[:, ::-1], "north-south": own[::-1]}
    return Counter(
        next((name for name, copy in known.items() if np.array_equal(copy, x)), "turned") for x in near
    )


def test_flaring_images_come_four_times_and_quiet_ones_twice() -> None:
    batches = DiskBatches(pictures(), LABELS, 4, seed=3)
    assert batches.steps_an_epoch == 5  # 2·4 + 5·2 entries in batches of 4
    quiet: Counter[str] = Counter()
    for number in range(30):
        shown = epoch(batches, number)
        assert len(shown) == 18
        for row in (0, 3):
            assert kinds(shown, row) == {"as it is": 1, "east-west": 1, "north-south": 1, "turned": 1}
        more = kinds(shown, 4) - Counter({"as it is": 1})
        assert more.total() == 1
        quiet += more
    assert set(quiet) == {"east-west", "north-south", "turned"}
    assert min(quiet.values()) > 3


def test_class_weights_are_the_published_ones() -> None:
    batches = DiskBatches(pictures(), LABELS, 4)
    weights = {label: weight for _, label, weight in epoch(batches)}
    assert weights == {0.0: 1.0, 1.0: pytest.approx(2 * 5 / (4 * 2))}
    assert batches.sampled_rate == pytest.approx(0.5)
    plain = DiskBatches(pictures(), LABELS, 4, weighted=False)
    assert (plain.positive_weight, plain.sampled_rate) == (1.0, pytest.approx(8 / 18))
    once = DiskBatches(pictures(), LABELS, 4, copies="none")
    assert (len(epoch(once)), once.positive_weight) == (7, pytest.approx(5 / 2))
    assert {kinds(epoch(once), row)["as it is"] for row in range(7)} == {1}


def test_epochs_have_orders_of_their_own_and_repeat() -> None:
    one, two = (DiskBatches(pictures(), LABELS, 4, seed=1) for _ in range(2))
    for step in (0, 3, 7):
        assert torch.equal(one.draw(step)[0], two.draw(step)[0])
    assert not torch.equal(one.draw(0)[0], one.draw(5)[0])
    assert not torch.equal(one.draw(0)[0], DiskBatches(pictures(), LABELS, 4, seed=2).draw(0)[0])


def test_rows_of_a_file_are_as_those_of_an_array() -> None:
    everything = np.concatenate([pictures() + 100, pictures()])
    picked = Picked(everything, np.arange(7, 14))
    assert torch.equal(
        DiskBatches(picked, LABELS, 4).draw(2)[0], DiskBatches(pictures(), LABELS, 4).draw(2)[0]
    )


def test_turns_are_those_of_scipy() -> None:
    image = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(40, 40)), 2)
    image[:6] = image[-6:] = image[:, :6] = image[:, -6:] = 0
    for degrees in (-5.0, 3.0, 90.0):
        mine = turned(torch.tensor(image)[None, None].float(), torch.tensor([degrees]))[0, 0].numpy()
        # scipy turns from the first axis (rows, towards north) to the second; row 0 is south here
        oracle = ndimage.rotate(image, -degrees, reshape=False, order=1)
        assert mine == pytest.approx(oracle, abs=1e-5)
    west = torch.zeros(1, 1, 41, 41)
    west[0, 0, 20, 35] = 1.0
    north = turned(west, torch.tensor([90.0]))[0, 0]
    assert divmod(int(north.argmax()), 41) == (35, 20)


def test_augment_turns_only_when_asked() -> None:
    x = torch.randn(3, 1, 8, 8)
    torch.manual_seed(0)
    plain = augment(x, flips=True)
    torch.manual_seed(0)
    assert torch.equal(plain, augment(x, flips=True, turn_degrees=0.0))
    assert not torch.equal(x, augment(x, turn_degrees=5.0))


def test_one_class_is_refused() -> None:
    with pytest.raises(TrainingError, match="same label"):
        DiskBatches(pictures(), np.zeros(7, int), 4)
