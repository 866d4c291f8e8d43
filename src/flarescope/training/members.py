"""One network of several: how it begins, and how its final weights are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from flarescope import models
from flarescope.errors import TrainingError
from flarescope.training.checkpoint import NAME as CHECKPOINT
from flarescope.training.loop import CHANNELS_LAST
from flarescope.training.pretrained import load_imagenet

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from flarescope.experiment import Model

__all__ = ["WEIGHTS", "fresh", "keep_weights", "with_weights"]

WEIGHTS = "model.safetensors"


def fresh(model: Model, seed: int) -> nn.Module:
    """A network whose first weights the seed decides, or a file of ImageNet weights where there is one.

    Raises:
        BadFileError: the file does not fit.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = models.build(model.name, **model.options)
    if model.weights:
        load_imagenet(network, model.weights)
    return network


def keep_weights(network: nn.Module, own: Path) -> None:
    """Final weights, whole; the checkpoint is no longer needed."""
    from safetensors.torch import save_file

    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    save_file(tensors, own / f"{WEIGHTS}.part")
    (own / f"{WEIGHTS}.part").replace(own / WEIGHTS)
    (own / CHECKPOINT).unlink(missing_ok=True)


def with_weights(network: nn.Module, own: Path) -> nn.Module:
    """The network with the final weights that were kept.

    Raises:
        TrainingError: they are damaged or of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        network.load_state_dict(load_file(own / WEIGHTS))
    except (SafetensorError, OSError, RuntimeError) as problem:
        why = str(problem).splitlines()[0]
        raise TrainingError(f"{own}: its weights cannot be used ({why}). Delete this folder.") from None
    return network.to(memory_format=CHANNELS_LAST).eval()  # type: ignore[call-overload,no-any-return]
