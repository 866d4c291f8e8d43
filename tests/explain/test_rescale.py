"""Secants: exact, bounded, and finite where numbers nearly agree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from flarescope.errors import BadOptionError
from flarescope.explain.rescale import Rescale, secant
from flarescope.explain.rules import Bend, Rules, gradient

NUMBERS = st.floats(-1e3, 1e3, allow_subnormal=False)
FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": torch.relu,
    "leaky_relu": lambda z: functional.leaky_relu(z, 0.1),
    "abs": torch.abs,
    "softplus": functional.softplus,
    "softshrink": lambda z: functional.softshrink(z, 0.25),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "elu": functional.elu,
    "gelu": functional.gelu,
    "silu": functional.silu,
}


def bend(name: str) -> Bend:
    return Bend(name, torch.zeros(1), FUNCTIONS[name], refusal=BadOptionError)


def of(name: str, own: float, other: float, dtype: torch.dtype = torch.float64) -> float:
    return float(secant(bend(name), torch.tensor([own], dtype=dtype), torch.tensor([other], dtype=dtype)))


@pytest.mark.parametrize("name", list(FUNCTIONS))
@given(own=NUMBERS, other=NUMBERS)
def test_a_secant_carries_the_whole_change(name: str, own: float, other: float) -> None:
    function = FUNCTIONS[name]
    a, b = (torch.tensor(z, dtype=torch.float64) for z in (own, other))
    assert of(name, own, other) * (own - other) == pytest.approx(float(function(a) - function(b)), abs=1e-9)
    assert of(name, own, other) == pytest.approx(of(name, other, own), rel=1e-9, abs=1e-9)


@given(own=NUMBERS, other=NUMBERS)
def test_lines_never_leave_their_slopes_in_float32(own: float, other: float) -> None:
    assert 0.0 <= of("relu", own, other, torch.float32) <= 1.0
    assert 0.1 - 1e-7 <= of("leaky_relu", own, other, torch.float32) <= 1.0


@pytest.mark.parametrize(("name", "below"), [("relu", 0.0), ("leaky_relu", 0.1), ("abs", -1.0)])
def test_lines_are_exact_without_cancellation(name: str, below: float) -> None:
    near = np.nextafter(np.float32(700.0), np.float32(701.0))
    assert of(name, 700.0, near, torch.float32) == 1.0
    assert of(name, -700.0, -near, torch.float32) == pytest.approx(below, abs=1e-8)
    assert of(name, 3.0, -1.0) == pytest.approx(0.75 + 0.25 * below)
    assert of(name, 2.0, 2.0) == 1.0
    assert of(name, -2.0, -2.0) == pytest.approx(below)
    assert of(name, 0.0, 0.0) == pytest.approx(below)


@pytest.mark.parametrize("name", ["softplus", "sigmoid", "tanh", "gelu"])
@pytest.mark.parametrize("gap", [0.0, 1e-16, 1e-12, 1e-9, 1e-6, 1e-3])
def test_where_two_numbers_nearly_agree_the_secant_is_the_slope(name: str, gap: float) -> None:
    z = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(FUNCTIONS[name](z), z)
    assert of(name, 0.7, 0.7 + gap) == pytest.approx(float(slope), abs=1e-8 + gap)


def test_a_root_at_zero_passes_nothing_rather_than_infinity() -> None:
    root = Bend("sqrt", torch.zeros(1), torch.sqrt, refusal=BadOptionError)
    assert float(secant(root, torch.zeros(1), torch.zeros(1))) == 0.0
    assert float(secant(root, torch.tensor([4.0]), torch.zeros(1))) == 0.5


def multipliers(network: nn.Module, x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    rescale, x, other = Rescale(), x.requires_grad_(True), other.requires_grad_(True)
    with Rules(network, "test", rescale.remember):
        network(x)
    with Rules(network, "test", rescale.compare()):
        out = network(other)
    return gradient(out, other)


def plane(values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 1, -1)


def test_a_pool_by_hand() -> None:
    """Windows (0, 1, 2) and (2, 3, 4) share pixel 2; the image wins the first, the background the second."""
    pool = nn.MaxPool2d((1, 3), stride=(1, 2))
    x, other = plane([0.0, 1.0, 5.0, 0.0, 2.0]), plane([3.0, 0.0, 1.0, 0.0, 9.0])
    # first: 5 at 2 against 3 at 0, so (5 - 3)/(5 - 1) at 2; second: 5 at 2 against 9 at 4, so (5 - 9)/(2 - 9)
    np.testing.assert_allclose(multipliers(pool, x, other).flatten(), [0.0, 0.0, 2 / 4, 0.0, 4 / 7])


def test_windows_that_overlap_add_up() -> None:
    pool = nn.MaxPool2d((1, 3), stride=1)
    x, other = plane([0.0, 0.0, 8.0, 0.0, 0.0]), plane([0.0, 4.0, 0.0, 0.0, 0.0])
    # three windows hold pixel 2; the background's maxima are 4, 4 and 0
    np.testing.assert_allclose(multipliers(pool, x, other).flatten(), [0.0, 0.0, 2.0, 0.0, 0.0])


@given(seed=st.integers(0, 10_000), kernel=st.integers(1, 4), stride=st.integers(1, 4), like=st.booleans())
def test_any_pool_is_complete(seed: int, kernel: int, stride: int, like: bool) -> None:
    draw = torch.Generator().manual_seed(seed)
    x, other = (torch.randn(1, 2, 9, 7, dtype=torch.float64, generator=draw) for _ in range(2))
    if like:  # ties and equal pixels
        x, other = x.round(), other.round()
    pools = (nn.MaxPool2d(kernel, stride, padding=kernel // 2), nn.AdaptiveMaxPool2d((kernel, stride)))
    for pool in pools:
        with torch.no_grad():
            change = float((pool(x) - pool(other)).sum())
        found = multipliers(pool, x.clone(), other.clone())
        assert float((found * (x - other)).sum().detach()) == pytest.approx(change, abs=1e-10)


def test_a_network_that_takes_another_way_is_refused() -> None:
    class Fickle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.turns = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.turns += 1
            return torch.tanh(x) if self.turns == 1 else torch.relu(x)

    with pytest.raises(BadOptionError, match=r"At 'relu' the network treats a background unlike the image"):
        multipliers(Fickle(), plane([1.0]), plane([2.0]))
