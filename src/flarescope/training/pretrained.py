"""A user's file of AlexNet weights, trained on photographs (ImageNet), as the beginning of a training.

Nothing is fetched. Pickled files (``.pth``, ``.pt``) can run any program when they are read and are refused;
safetensors holds numbers alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, BadOptionError

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["load_imagenet"]

LAST = "classifier.6."  # photographs have 1,000 classes, we have two
CONVERT = (
    "python -c \"import torch, safetensors.torch as s; s.save_file(torch.load('{0}', weights_only=True), "
    "'{1}')\""
)


def load_imagenet(network: nn.Module, path: str | Path) -> tuple[str, ...]:
    """Put the weights of a file with torchvision's AlexNet names into a network.

    Args:
        network: ``alexnet``; its stem and its last layer stay as they are.
        path: a safetensors file; its last layer (1,000 classes) is left out.

    Returns:
        Names of the network's tensors that the file did not fill.

    Raises:
        BadFileError: missing, damaged, a pickle, or of another network; the message says what to do.
        BadOptionError: the network is not AlexNet.
    """
    own = network.state_dict()
    if f"{LAST}weight" not in own:
        raise BadOptionError("Weights of photographs fit alexnet alone. Leave out weights, or train alexnet.")
    given = {name: value for name, value in _read(Path(path)).items() if not name.startswith(LAST)}
    wanted = [
        name for name in own if name.startswith(("features.", "classifier.")) and not name.startswith(LAST)
    ]
    lacking = [name for name in wanted if name not in given]
    other = [name for name in given if name not in wanted]
    unlike = [name for name in wanted if name in given and given[name].shape != own[name].shape]
    for names, what in ((lacking, "lacks"), (other, "also holds"), (unlike, "has another shape of")):
        if names:
            raise BadFileError(
                path,
                f"these are not AlexNet's weights: the file {what} '{names[0]}' ({len(names)} such). "
                "Accepted: torchvision's names, features.0.weight to classifier.6.bias.",
            )
    network.load_state_dict(given, strict=False)
    return tuple(name for name in own if name not in given)


def _read(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with path.open("rb") as file:
            begins = file.read(2)
        if begins == b"PK" or begins[:1] == b"\x80" or path.suffix in (".pth", ".pt", ".pkl"):
            convert = CONVERT.format(path.name, path.with_suffix(".safetensors").name)
            raise BadFileError(
                path, f"it is a pickle, which can run any program when it is read. Convert it: {convert}"
            )
        return load_file(path)
    except OSError as problem:
        raise BadFileError(
            path, f"it cannot be read ({problem.strerror}). Give a safetensors file."
        ) from None
    except SafetensorError as problem:
        why = str(problem).splitlines()[0]
        raise BadFileError(path, f"it is no safetensors file ({why}). Convert the weights again.") from None
