"""Deletion and insertion on a linear network, whose curves are known by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from flarescope.errors import BadOptionError
from flarescope.explain.deletion import faithfulness, reference_curves

SIDE = 12


class Linear(nn.Module):
    """f(x) = Σ w·x + 0.7, with as many weights for as against."""

    def __init__(self, side: int = SIDE, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(side, side, generator=generator, dtype=torch.float64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, 0] * self.weight).sum(dim=(1, 2)) + 0.7


def image(side: int = SIDE, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 1, side, side, generator=generator, dtype=torch.float64)


def said(network: nn.Module, x: torch.Tensor) -> float:
    with torch.no_grad():
        return float(network(x))


def exact(network: Linear, x: torch.Tensor, zero: torch.Tensor) -> np.ndarray:
    return (network.weight.detach() * (x - zero)[0, 0]).numpy()


def test_the_right_map_gives_the_known_curve() -> None:
    network, x = Linear(), image()
    zero = torch.full_like(x, 0.25)
    phi = exact(network, x, zero)
    found = faithfulness(network, x, zero, phi, steps=SIDE * SIDE)
    whole, nothing = said(network, x), said(network, zero)
    fallen = np.concatenate([[0.0], np.cumsum(np.sort(phi.ravel())[::-1])])
    curves = found.curves["map"]
    np.testing.assert_allclose(curves.deletion, whole - fallen, atol=1e-10)
    np.testing.assert_allclose(curves.insertion, nothing + fallen, atol=1e-10)
    assert curves.deletion[-1] == pytest.approx(nothing)
    assert curves.insertion[-1] == pytest.approx(whole)
    assert curves.deletion_area == pytest.approx(np.trapezoid(whole - fallen, np.linspace(0, 1, 145)))
    for rival in ("random", "unsigned_flux"):
        assert found.deletion_gain(rival) > 1.0
        assert found.insertion_gain(rival) > 1.0
    upside_down = faithfulness(network, x, zero, -phi)
    assert upside_down.deletion_gain() < -1.0
    assert upside_down.insertion_gain() < -1.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_order_beats_the_right_one(seed: int) -> None:
    network, x = Linear(6, seed), image(6, seed + 1)
    zero = torch.zeros_like(x)
    other = np.random.default_rng(seed).normal(size=(6, 6))
    found = faithfulness(network, x, zero, exact(network, x, zero), rivals={"other": other}, steps=36)
    assert found.deletion_gain("other") >= -1e-12
    assert found.insertion_gain("other") >= -1e-12


def test_random_order_falls_along_a_straight_line_on_the_mean() -> None:
    network, x = Linear(), image()
    zero = torch.zeros_like(x)
    random = reference_curves(network, x, zero, draws=400, steps=4)["random"]
    straight = np.linspace(said(network, x), said(network, zero), 5)
    np.testing.assert_allclose(random.deletion, straight, atol=1.0)
    assert np.ptp(straight) > 2.0


def test_a_map_without_order_is_as_good_as_random() -> None:
    network, x = Linear(), image()
    found = faithfulness(network, x, torch.zeros_like(x), np.zeros((SIDE, SIDE)), draws=50)
    right = faithfulness(network, x, torch.zeros_like(x), exact(network, x, torch.zeros_like(x)), draws=50)
    assert abs(found.deletion_gain()) < 0.3 * right.deletion_gain()


def test_a_map_without_signs_is_taken_by_its_size() -> None:
    network, x = Linear(), image()
    zero, phi = torch.zeros_like(x), np.random.default_rng(0).normal(size=(SIDE, SIDE))
    size = faithfulness(network, x, zero, phi, signed=False, steps=SIDE * SIDE).curves["map"]
    again = faithfulness(network, x, zero, -phi, signed=False, steps=SIDE * SIDE).curves["map"]
    by_size = faithfulness(network, x, zero, np.abs(phi), steps=SIDE * SIDE).curves["map"]
    by_sign = faithfulness(network, x, zero, phi, steps=SIDE * SIDE).curves["map"]
    assert size.deletion.tolist() == again.deletion.tolist() == by_size.deletion.tolist()
    assert size.deletion.tolist() != by_sign.deletion.tolist()
    blocks = faithfulness(network, x, zero, phi, signed=False, block_pixels=2, steps=36).curves["map"]
    grouped = faithfulness(network, x, zero, np.abs(phi), block_pixels=2, steps=36).curves["map"]
    assert blocks.deletion.tolist() == grouped.deletion.tolist()  # Σ|φ| of a block, not |Σφ|


def test_what_is_zero_field_already_takes_no_part() -> None:
    network, x = Linear(), image()
    zero = torch.full_like(x, -0.5)
    x[:, :, 6:] = -0.5  # half of the image is off the disk
    curves = faithfulness(network, x, zero, np.ones((SIDE, SIDE)), steps=2).curves["random"]
    assert curves.deletion[0] == pytest.approx(said(network, x))
    assert curves.deletion[-1] == pytest.approx(said(network, zero))
    phi = exact(network, x, zero)
    found = faithfulness(network, x, zero, phi, steps=72).curves["map"]
    assert (np.abs(np.diff(found.deletion)) > 1e-9).all()  # every step takes something away


def test_blocks_go_as_one() -> None:
    class Count(nn.Module):
        """How many pixels are left?"""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum(dim=(1, 2, 3))

    x = torch.ones(1, 1, 10, 10)
    heat = np.zeros((10, 10))
    heat[9, 9] = 1.0  # in the corner's block, of 2 × 2 pixels
    heat[0, 0] = -1.0
    curves = faithfulness(Count(), x, torch.zeros_like(x), heat, block_pixels=4, steps=9).curves["map"]
    assert curves.deletion[:2].tolist() == [100.0, 96.0]
    assert curves.deletion[-2:].tolist() == [16.0, 0.0]


def test_one_step_is_all_or_nothing() -> None:
    network, x = Linear(), image()
    curves = faithfulness(network, x, torch.zeros_like(x), np.ones((SIDE, SIDE)), steps=1).curves["map"]
    assert curves.deletion.tolist() == curves.insertion[::-1].tolist()
    assert curves.deletion.tolist() == pytest.approx([said(network, x), 0.7])


def test_known_curves_are_not_asked_for_again() -> None:
    network, x = Linear(), image()
    zero = torch.zeros_like(x)
    known = reference_curves(network, x, zero)
    phi = exact(network, x, zero)
    again, fresh = faithfulness(network, x, zero, phi, rivals=known), faithfulness(network, x, zero, phi)
    assert again.curves["random"] is known["random"]
    assert again.deletion_gain() == fresh.deletion_gain()
    assert list(again.frame().columns) == ["order", "fraction", "deletion", "insertion"]
    assert again.frame()["order"].unique().tolist() == ["map", "random", "unsigned_flux"]
    assert len(again.frame()) == 3 * 21


def test_an_empty_image_has_flat_curves() -> None:
    network, x = Linear(), torch.zeros(1, 1, SIDE, SIDE, dtype=torch.float64)
    found = faithfulness(network, x, torch.zeros_like(x), np.zeros((SIDE, SIDE)))
    assert set(found.curves["map"].deletion) == {0.7}
    assert found.deletion_gain() == pytest.approx(0.0, abs=1e-12)
    assert found.insertion_gain("unsigned_flux") == pytest.approx(0.0, abs=1e-12)


def test_wrong_use_is_refused_in_words() -> None:
    network, x = Linear(), image()
    zero = torch.zeros_like(x)
    with pytest.raises(BadOptionError, match=r"A map of shape \(3, 3\) does not order"):
        faithfulness(network, x, zero, np.ones((3, 3)))
    with pytest.raises(BadOptionError, match="Deletion in 0 steps"):
        faithfulness(network, x, zero, np.ones((SIDE, SIDE)), steps=0)
    with pytest.raises(BadOptionError, match=r"zero field of shape \(1, 1, 3, 3\)"):
        faithfulness(network, x, zero[..., :3, :3], np.ones((SIDE, SIDE)))
    with pytest.raises(BadOptionError, match="0 random orders"):
        reference_curves(network, x, zero, draws=0)
