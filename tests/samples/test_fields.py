"""Fields of several sizes: cut, grouped and filled up, they say what they said."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from flarescope import models
from flarescope.errors import TrainingError
from flarescope.samples.fields import FieldBatches, cut_to_field, padded, similar_sizes


def spot(height: int, width: int, row: int, column: int, seed: int = 0) -> np.ndarray:
    field = np.random.default_rng(seed).normal(0, 0.05, (height, width)).astype(np.float16)
    field[row : row + 9, column : column + 13] += 7.0
    return field


@pytest.mark.parametrize(("row", "column"), [(0, 0), (21, 30), (71, 99)])
def test_a_cut_field_says_what_the_whole_does(row: int, column: int) -> None:
    torch.manual_seed(0)
    network, whole = models.build("artefact_free").eval(), spot(80, 112, row, column)
    cut = cut_to_field(whole)
    assert cut.size < whole.size / 4
    assert all(side % 8 == 0 for side in cut.shape)
    torch.testing.assert_close(network(padded([cut])), network(padded([whole])), rtol=1e-5, atol=0.0)


def test_of_no_field_one_cell_is_left() -> None:
    assert cut_to_field(np.full((24, 40), 0.1, np.float16)).shape == (8, 8)


def test_groups_hold_every_row_once_and_waste_little() -> None:
    sizes = np.random.default_rng(1).integers(1, 30, (40, 2)) * 8
    shapes = [(int(h), int(w)) for h, w in sizes]
    groups = similar_sizes(shapes, waste=1.3)
    assert sorted(row for group in groups for row in group) == list(range(40))
    assert 1 < len(groups) < 40
    for group in groups:
        high, wide = (max(shapes[row][axis] for row in group) for axis in (0, 1))
        assert len(group) * high * wide <= 1.3 * sum(shapes[row][0] * shapes[row][1] for row in group)


def test_a_batch_is_balanced_and_labels_stay_with_their_fields() -> None:
    labels = np.array([0, 1] * 6)
    fields = [np.full((8 * (1 + k % 3), 16), 1.0 + k, np.float16) for k in range(12)]
    torch.manual_seed(2)
    parts, y, weight = FieldBatches(fields, labels, 8, 0.25, np.arange(12.0), shift_pixels=5).draw()
    assert int(y.sum()) == 2
    seen = torch.cat([part.amax(dim=(1, 2, 3)) for part in parts])
    assert len(parts) > 1
    assert torch.equal(seen - 1, weight)
    assert torch.equal(y, weight % 2)


def test_the_seed_decides_the_batch() -> None:
    fields, labels = [spot(24, 32, 3, 3, k) for k in range(6)], np.array([0, 1, 0, 1, 0, 1])
    drawn = []
    for _ in range(2):
        torch.manual_seed(4)
        drawn.append(FieldBatches(fields, labels, 4, 0.5, shift_pixels=7).draw()[0])
    assert all(torch.equal(a, b) for a, b in zip(*drawn, strict=True))


def test_one_class_is_refused() -> None:
    with pytest.raises(TrainingError, match="have the same label"):
        FieldBatches([spot(16, 16, 1, 1)] * 3, np.ones(3, int), 2, 0.5)
    with pytest.raises(TrainingError, match="at least one of each class"):
        FieldBatches([spot(16, 16, 1, 1)] * 3, np.array([0, 1, 0]), 2, 0.1)
