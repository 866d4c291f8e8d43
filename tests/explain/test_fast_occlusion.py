"""The shared-work occlusion of CNN-2 against every masked image by itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.explain import METHODS, Baseline
from flarescope.explain.fast_occlusion import masked_logits
from flarescope.explain.occlusion import Masks, shares_work
from flarescope.explain.spectral import SpectralConvolution
from flarescope.models.cnn import Cnn2


def network(seed: int = 0, slope: float = 0.1) -> Cnn2:
    """Small, with normalisations far from the identity: some scales are negative."""
    torch.manual_seed(seed)
    made = Cnn2((4, 6), 5, slope)
    for part in made.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean = torch.randn(part.num_features) * 0.3
            part.running_var = torch.rand(part.num_features) + 0.5
            part.weight.data = torch.rand(part.num_features) * 2 - 0.6
            part.bias.data = torch.randn(part.num_features) * 0.3
    return made.double().eval().requires_grad_(False)


def images(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(height * 1000 + width)
    both = torch.randn(2, 1, 1, height, width, dtype=torch.float64, generator=made)
    return both[0], 0.3 * both[1]


def one_by_one(
    net: Cnn2, x: torch.Tensor, cover: torch.Tensor, rows: list[int], columns: list[int], mask: int
) -> torch.Tensor:
    found = torch.empty(len(rows), len(columns), dtype=x.dtype)
    for i, r in enumerate(rows):
        for j, c in enumerate(columns):
            masked = x.clone()
            masked[..., r : r + mask, c : c + mask] = cover[..., r : r + mask, c : c + mask]
            found[i, j] = net(masked)[0]
    return found


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_same_logits_as_every_masked_image(data: st.DataObject) -> None:
    height, width = (data.draw(st.integers(27, 96), label=name) for name in ("height", "width"))
    mask = data.draw(st.integers(1, min(height, width)), label="mask")
    rows, columns = (
        sorted(data.draw(st.sets(st.integers(0, side - mask), min_size=1, max_size=6)))
        for side in (height, width)
    )
    net, (x, cover) = network(), images(height, width)
    seen: list[tuple[int, int]] = []
    ours = masked_logits(net, x, cover, rows, columns, mask, progress=lambda d, n: seen.append((d, n)))
    theirs = one_by_one(net, x, cover, rows, columns, mask)
    assert float((ours - theirs).abs().max()) < 1e-12
    assert seen[-1] == (theirs.numel(), theirs.numel())


def test_every_position_of_a_stride_of_one() -> None:
    net, (x, cover) = network(1, slope=1.0), images(40, 37)
    rows, columns = list(range(40 - 24 + 1)), list(range(37 - 24 + 1))
    with torch.inference_mode():
        ours = masked_logits(net, x, cover, rows, columns, 24, progress=lambda *_: None, chunk=5)
        theirs = one_by_one(net, x, cover, rows, columns, 24)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize("reading", ["output", "label"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-6)])
def test_the_method_takes_the_short_way_by_itself(reading: str, dtype: torch.dtype, tolerance: float) -> None:
    class Unknown(Cnn2):
        """The same numbers, but a network that is not known exactly."""

    net = network()
    unknown = Unknown((4, 6), 5).double()
    unknown.load_state_dict(net.state_dict())
    x, cover = (image.to(dtype) for image in images(64, 64))
    middle = float(net(x.double())[0])
    results = [
        METHODS["occlusion"](
            either, x, baseline=Baseline("other", cover), mask_pixels=24, stride=3, reading=reading,
            threshold_logit=middle + 0.01,
        )
        for either in (net, unknown)
    ]  # fmt: skip
    assert [result.checks["shared_work"] for result in results] == [1.0, 0.0]
    np.testing.assert_allclose(results[0].map, results[1].map, atol=tolerance)
    assert results[0].map.any()


def test_masks_far_apart_are_passed_one_by_one() -> None:
    assert shares_work(network(), Masks((64, 64), 24, 4))
    assert not shares_work(network(), Masks((64, 64), 24, 5))
    assert not shares_work(torch.nn.Identity(), Masks((64, 64), 24, 1))


@pytest.mark.parametrize("sides", [(5, 8), (6, 7)])
def test_a_product_of_spectra_is_a_convolution(sides: tuple[int, int]) -> None:
    made = torch.Generator().manual_seed(2)
    kernels = [torch.randn(3, 2, k, k, dtype=torch.float64, generator=made) for k in (3, 5, 7)]
    x = torch.randn(*sides, 4, 2, dtype=torch.float64, generator=made)  # y x n c
    padded = torch.nn.functional.pad(x.permute(2, 3, 0, 1), (5, 5, 5, 5))
    wide = torch.cat([torch.nn.functional.conv2d(padded, k, padding=k.shape[2] // 2) for k in kernels], 1)
    wide = wide.permute(2, 3, 0, 1)
    beyond = SpectralConvolution(kernels, sides, beyond=True)(x, range(-4, sides[0] + 4), range(-5, 3))
    torch.testing.assert_close(beyond, wide[1 : sides[0] + 9, 0:8])
    inside = SpectralConvolution(kernels, sides, beyond=False)(x, range(sides[0]), range(1, sides[1]))
    torch.testing.assert_close(inside, wide[5 : sides[0] + 5, 6 : sides[1] + 5])
