"""The artefact-free network: blind to the frame and to the sign convention, and to nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from flarescope import models
from flarescope.errors import BadOptionError, UnknownNameError
from flarescope.models.artefact_free import ArtefactFree

TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4}


def fresh(**options: object) -> ArtefactFree:
    torch.manual_seed(0)
    network = models.build("artefact_free", **options).eval()
    assert isinstance(network, ArtefactFree)
    return network


def region(rows: int = 40, columns: int = 56) -> Tensor:
    """A cycle-24 northern region: negative pole west and nearer the equator, with some noise."""
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")

    def pole(row: float, column: float, width: float) -> Tensor:
        return torch.exp(-((y - row) ** 2 + (x - column) ** 2) / width)

    field = 12 * pole(24, 20, 60) - 18 * pole(18, 36, 30)
    return (field + 0.05 * torch.randn(rows, columns, generator=torch.Generator().manual_seed(1)))[None, None]


def framed(field: Tensor, height: int, width: int, row: int, column: int) -> Tensor:
    frame = field.new_zeros(1, field.shape[1], height, width)
    frame[..., row : row + field.shape[2], column : column + field.shape[3]] = field
    return frame


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("symmetry", ["full", "none"])
class TestFrames:
    def test_the_frame_changes_nothing(self, dtype: torch.dtype, symmetry: str) -> None:
        network, field = fresh(symmetry=symmetry).to(dtype), region().to(dtype)
        alone = network(field)
        for height, width, row, column in [
            (40, 56, 0, 0),
            (96, 56, 56, 0),
            (104, 200, 32, 144),
            (83, 121, 8, 40),
        ]:
            said = network(framed(field, height, width, row, column))
            assert abs(said / alone - 1) <= TOLERANCE[dtype]

    def test_an_edge_cuts_no_activation(self, dtype: torch.dtype, symmetry: str) -> None:
        network, spot = fresh(symmetry=symmetry).to(dtype), torch.full((1, 1, 8, 8), 9.0, dtype=dtype)
        assert abs(network(spot) / network(framed(spot, 88, 88, 40, 40)) - 1) <= TOLERANCE[dtype]

    def test_noise_below_the_threshold_is_an_empty_margin(self, dtype: torch.dtype, symmetry: str) -> None:
        network, field = fresh(symmetry=symmetry).to(dtype), region().to(dtype)
        frame = framed(field, 96, 128, 16, 24)
        noise = 0.24 * (2 * torch.rand(frame.shape, generator=torch.Generator().manual_seed(3)) - 1)
        quiet = torch.where(framed(torch.ones_like(field), 96, 128, 16, 24) > 0, frame, noise.to(dtype))
        torch.testing.assert_close(network(quiet), network(frame), rtol=TOLERANCE[dtype], atol=0.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
class TestSymmetry:
    def test_polarity_and_hemisphere_do_not_matter(self, dtype: torch.dtype) -> None:
        network, field = fresh().to(dtype), region().to(dtype)
        said = network(field)
        for other in (-field, field.flip(2), -field.flip(2)):
            assert abs(network(other) / said - 1) <= TOLERANCE[dtype]

    def test_leading_and_following_do(self, dtype: torch.dtype) -> None:
        network, field = fresh().to(dtype), region().to(dtype)
        assert abs(network(field.flip(3)) / network(field) - 1) > 1e-3

    def test_a_cycle_24_network_says_the_same_of_cycle_25(self, dtype: torch.dtype) -> None:
        """In cycle 25 all polarities are swapped; a southern region is also turned over."""
        network, north_24 = fresh().to(dtype), region().to(dtype)
        north_25, south_25 = -north_24, north_24.flip(2)
        said = torch.cat([network(x) for x in (north_24, north_25, south_25)])
        assert (said / said[0] - 1).abs().max() <= TOLERANCE[dtype]

    def test_the_ablation_sees_polarity(self, dtype: torch.dtype) -> None:
        network, field = fresh(symmetry="none").to(dtype), region().to(dtype)
        assert abs(network(-field) - network(field)) > 1e-3


def test_no_field_is_zero_in_every_layer() -> None:
    network, seen = fresh(), []
    for module in (*network.thresholds.modules(), *network.stages.modules(), network.log):
        module.register_forward_hook(lambda m, i, o: seen.append(o))
    network(torch.full((1, 1, 48, 40), 0.2))
    assert len(seen) > 15
    assert all(not output.any() for output in seen)
    assert not [key for key, _ in network.stages.named_parameters() if "bias" in key]
    assert not [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]


def test_flux_counts_and_not_its_share_of_the_frame() -> None:
    network, field = fresh(), region()
    one, two = (
        network.sums(field),
        network.sums(framed(field, 96, 128, 0, 0) + framed(field, 96, 128, 56, 72)),
    )
    torch.testing.assert_close(two, 2 * one, rtol=1e-5, atol=1e-3)


def test_further_channels_are_flipped_but_keep_their_sign() -> None:
    network, field = fresh(channels=2), region()
    corona = field.abs().roll(3, dims=2)
    both = torch.cat([field, corona], dim=1)
    for other in (torch.cat([-field, corona], dim=1), both.flip(2)):
        torch.testing.assert_close(network(other), network(both), rtol=1e-5, atol=0.0)
    assert abs(network(torch.cat([field, -corona], dim=1)) - network(both)) > 1e-4


def test_gradients_are_those_of_finite_differences() -> None:
    network = fresh(filters=(2, 3), hidden=4).double()
    field = region(8, 12).double().requires_grad_()
    assert torch.autograd.gradcheck(network, field, eps=1e-7, atol=1e-5)


def test_options_are_checked() -> None:
    with pytest.raises(UnknownNameError, match=r"No symmetry named 'half'"):
        fresh(symmetry="half")
    with pytest.raises(BadOptionError, match="0 channels and 4 convolutions"):
        fresh(channels=0)
