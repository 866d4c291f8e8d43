"""ImageNet weights: what fits is taken, the last layer is not, a pickle is never opened."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from flarescope.errors import BadFileError, BadOptionError
from flarescope.experiment import Model
from flarescope.models.compact import Compact
from flarescope.training.members import fresh
from flarescope.training.pretrained import load_imagenet


class Small(nn.Module):
    """AlexNet's names on a few numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 3, 3))
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        layers = [nn.Dropout(), nn.Linear(4, 3), nn.ReLU(), nn.Dropout(), nn.Linear(3, 3), nn.ReLU()]
        self.classifier = nn.Sequential(*layers, nn.Linear(3, 2))


def photographs(**changes: Tensor | None) -> dict[str, Tensor]:
    """A file as torchvision names it: no stem, 1,000 classes."""
    given = {name: torch.randn_like(v) for name, v in Small().state_dict().items() if "stem" not in name}
    given |= {"classifier.6.weight": torch.randn(1000, 3), "classifier.6.bias": torch.randn(1000)}
    given |= {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in given.items() if changes.get(name, value) is not None}


def test_all_but_stem_and_last_layer_is_taken(tmp_path: Path) -> None:
    given, network = photographs(), Small()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    save_file(given, tmp_path / "alexnet.safetensors")
    new = load_imagenet(network, tmp_path / "alexnet.safetensors")
    assert new == ("stem.0.weight", "stem.0.bias", "classifier.6.weight", "classifier.6.bias")
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name] if name in new else given[name])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"features.0.weight": None}, "lacks 'features.0.weight'"),
        ({"features.9.weight": torch.zeros(1)}, "also holds 'features.9.weight'"),
        ({"features.0.weight": torch.zeros(2)}, "another shape of 'features.0.weight'"),
    ],
)
def test_another_networks_file_is_one_clear_line(
    changes: dict[str, Tensor | None], says: str, tmp_path: Path
) -> None:
    save_file(photographs(**changes), tmp_path / "other.safetensors")
    with pytest.raises(BadFileError, match=says) as error:
        load_imagenet(Small(), tmp_path / "other.safetensors")
    assert "\n" not in str(error.value)


def test_a_pickle_is_refused_with_the_way_to_convert_it(tmp_path: Path) -> None:
    path = tmp_path / "alexnet.pth"
    torch.save(photographs(), path)
    with pytest.raises(BadFileError, match=r"pickle.*save_file\(torch.load\('alexnet.pth'"):
        load_imagenet(Small(), path)
    path.rename(tmp_path / "alexnet.safetensors")  # by its bytes, whatever its name
    with pytest.raises(BadFileError, match="pickle"):
        load_imagenet(Small(), tmp_path / "alexnet.safetensors")


def test_no_file_and_no_safetensors(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="cannot be read"):
        load_imagenet(Small(), tmp_path / "none.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"12345678901234567890")
    with pytest.raises(BadFileError, match="no safetensors file"):
        load_imagenet(Small(), tmp_path / "damaged.safetensors")


def test_only_alexnet_takes_photographs(tmp_path: Path) -> None:
    with pytest.raises(BadOptionError, match="fit alexnet alone"):
        load_imagenet(Compact([4, 4]), tmp_path / "any.safetensors")
    with pytest.raises(BadOptionError, match="fit alexnet alone"):
        fresh(Model(name="compact", weights="any.safetensors"), 0)
