"""Where a training stands, in one safetensors file that is replaced whole or not at all.

Holds the network, the optimiser's moments, the best network so far, and two counters: after ``kill -9`` the
training goes on from the last one and ends with the same weights.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from flarescope.errors import TrainingError
from flarescope.training.schedule import Plateau

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor, nn

__all__ = ["NAME", "Progress", "load_checkpoint", "save_checkpoint"]

NAME = "checkpoint.safetensors"


@dataclass
class Progress:
    """How far a training has come.

    Attributes:
        step: steps done.
        best_loss: smallest validation loss so far.
        waited: checks since then.
        best: the network's weights then; empty without early stopping.
        plateau: the learning rate, where it depends on what was watched.
    """

    step: int = 0
    best_loss: float = float("inf")
    waited: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    plateau: Plateau = field(default_factory=Plateau)


def save_checkpoint(
    folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write where the training stands."""
    from safetensors.torch import save_file

    tensors = {f"network.{key}": value for key, value in network.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in moments.items()}
    tensors |= {f"best.{key}": value for key, value in progress.best.items()}
    about = json.dumps(
        {
            "step": progress.step,
            "best_loss": progress.best_loss,
            "waited": progress.waited,
            "plateau": asdict(progress.plateau),
        }
    )
    part = folder / f"{NAME}.part"
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, part, metadata={"progress": about})
    os.replace(part, folder / NAME)


def load_checkpoint(folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Put network and optimiser where a training stood; a new ``Progress`` where there is no checkpoint.

    Raises:
        TrainingError: the file is damaged or of another network.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / NAME
    if not path.exists():
        return Progress()
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["progress"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        network.load_state_dict(_part(tensors, "network."))
        state: dict[int, dict[str, Any]] = {}
        for key, value in _part(tensors, "optimizer.").items():
            index, name = key.split(".", 1)
            state.setdefault(int(index), {})[name] = value
        plateau = Plateau(**about.get("plateau", {}))
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as problem:
        why = str(problem).splitlines()[0]
        raise TrainingError(
            f"{path}: the checkpoint cannot be used ({why}). Delete it to start anew."
        ) from None
    return Progress(about["step"], about["best_loss"], about["waited"], _part(tensors, "best."), plateau)


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
