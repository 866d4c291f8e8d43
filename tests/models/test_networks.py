"""What every registered network must hold; their sizes; errors that help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from flarescope import models
from flarescope.errors import BadOptionError, UnknownNameError
from flarescope.models.patch_cnn import MeanLogit

BENDS = (nn.ReLU, nn.LeakyReLU)


def fresh(name: str, seed: int = 0, size: int = 64) -> nn.Module:
    torch.manual_seed(seed)
    return models.build(name, **({"size": size} if name == "cnn1" else {}))


@pytest.mark.parametrize("name", list(models.networks))
class TestEveryNetwork:
    @pytest.mark.parametrize("size", [64, 128])
    def test_one_logit_an_image(self, name: str, size: int) -> None:
        logits = fresh(name, size=size).eval()(torch.randn(3, 1, size, size))
        assert logits.shape == (3,)
        assert torch.isfinite(logits).all()

    def test_images_do_not_see_each_other(self, name: str) -> None:
        network, x = fresh(name).eval().double(), torch.randn(3, 1, 64, 64, dtype=torch.float64)
        torch.testing.assert_close(network(x)[1:2], network(x[1:2]))

    def test_gradient_reaches_every_parameter(self, name: str) -> None:
        network = fresh(name).train()
        network(torch.randn(4, 1, 64, 64)).square().sum().backward()
        for key, parameter in network.named_parameters():
            assert parameter.grad is not None, key
            assert torch.isfinite(parameter.grad).all(), key
        reached = [key for key, p in network.named_parameters() if p.grad is not None and p.grad.any()]
        unreached = {key for key, _ in network.named_parameters()} - set(reached)
        # a bias before a batch norm is taken out again by it; nothing else may be deaf
        assert all(key.endswith("bias") for key in unreached), unreached

    def test_saved_and_loaded_it_says_the_same(self, name: str, tmp_path: Path) -> None:
        network, other, x = fresh(name).eval(), fresh(name, 1).eval(), torch.randn(2, 1, 64, 64)
        assert not torch.equal(network(x), other(x))
        save_file(network.state_dict(), tmp_path / "n.safetensors")
        other.load_state_dict(load_file(tmp_path / "n.safetensors"))
        assert torch.equal(network(x), other(x))

    def test_zero_field_is_finite(self, name: str) -> None:
        network = fresh(name)
        for mode in (True, False):
            assert torch.isfinite(network.train(mode)(torch.zeros(2, 1, 64, 64))).all()

    def test_bends_are_modules_of_their_own(self, name: str) -> None:
        network, calls = fresh(name).eval(), []
        for module in network.modules():
            if isinstance(module, (*BENDS, nn.MaxPool2d)):
                module.register_forward_hook(lambda m, i, o: calls.append(m))
                assert not getattr(module, "inplace", False)
        network(torch.randn(1, 1, 64, 64))
        assert len(calls) == len(set(calls)) > 3


def test_sizes_are_as_declared() -> None:
    def count(name: str) -> int:
        return sum(p.numel() for p in fresh(name).parameters())

    assert count("patch_cnn") == pytest.approx(98_000, rel=0.01)
    assert count("cnn2") == pytest.approx(1.72e6, rel=0.02)
    assert count("cnn1") == 2 + 32 * 26 + 2 * 32 + 64 * 289 + 128 * (64 * 16**2 + 1) + 129


def test_pooling_before_the_leaky_relu_changes_nothing() -> None:
    x = torch.randn(1, 3, 9, 9)
    pool, bend = nn.MaxPool2d(3), nn.LeakyReLU(0.1)
    assert torch.equal(pool(bend(x)), bend(pool(x)))


def test_the_patch_network_sees_the_field_and_its_size() -> None:
    network, seen = fresh("patch_cnn").eval(), []
    network.features[0].register_forward_hook(lambda m, inputs, o: seen.append(inputs[0]))
    x = torch.randn(2, 1, 32, 32)
    network(x)
    assert torch.equal(seen[0], torch.cat([x, x.abs()], dim=1))


def test_the_mean_of_networks_is_the_mean_of_logits() -> None:
    one, two, x = fresh("patch_cnn").eval(), fresh("patch_cnn", 1).eval(), torch.randn(2, 1, 32, 32)
    torch.testing.assert_close(MeanLogit([one, two]).eval()(x), (one(x) + two(x)) / 2)


def test_errors_help() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'patch_cnn'\?"):
        models.build("patchcnn")
    with pytest.raises(BadOptionError, match=r"Model 'cnn2' cannot be built with slop=0.2"):
        models.build("cnn2", slop=0.2)
    with pytest.raises(BadOptionError, match="dropout=3"):
        models.build("patch_cnn", dropout=3)
    with pytest.raises(BadOptionError, match="built for images of 64×64 pixels, not 32×32"):
        fresh("cnn1")(torch.zeros(1, 1, 32, 32))
    with pytest.raises(BadOptionError, match=r"20×40 pixels is smaller than cnn2's field of view"):
        fresh("cnn2")(torch.zeros(1, 1, 20, 40))


def test_the_list_of_networks_needs_no_torch() -> None:
    code = "import sys, flarescope.models as m; assert 'cnn2' in m.networks; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def test_images_of_several_shapes_are_judged_in_their_own_order() -> None:
    from flarescope.training.predict import predict_logits

    network = fresh("patch_cnn").eval()
    images = [
        np.random.default_rng(k).normal(size=(32 + 8 * (k % 2), 64)).astype(np.float32) for k in range(5)
    ]
    alone = [predict_logits(network, image[None])[0] for image in images]
    np.testing.assert_allclose(predict_logits(network, images), alone, atol=1e-5)
