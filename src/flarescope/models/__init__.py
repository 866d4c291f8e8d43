"""Networks and honest rivals.

Networks are registered by name; each maps magnetograms "n 1 h w" to one logit "n". The rivals need no
image: climatology, persistence and the flare-history rate; or two sums over it (``features``).
Torch is imported only when a network is built.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadOptionError
from flarescope.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

__all__ = ["build", "networks", "register", "shipped_folder"]

networks: Registry[Callable[..., nn.Module]] = Registry("model")
register = networks.register


def build(name: str, **options: Any) -> nn.Module:
    """A fresh network by name, its weights drawn from torch's random numbers.

    Args:
        name: one of ``networks``.
        options: of the network, such as ``dropout=0.4``.

    Raises:
        UnknownNameError: no such network; the message offers the nearest.
        BadOptionError: the network has no such option, or refuses its value.

    Example:
        >>> network = build("patch_cnn", dropout=0.2)  # doctest: +SKIP
    """
    try:
        return networks[name](**options)
    except (TypeError, ValueError, RuntimeError) as problem:
        if isinstance(problem, BadOptionError):
            raise
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        raise BadOptionError(
            f"Model '{name}' cannot be built with {given or 'no option'}: {problem}"
        ) from None


def shipped_folder() -> Path:
    """Where the fitted models that come with flarescope lie."""
    return Path(str(files("flarescope.models"))) / "shipped"


@register("alexnet")
def _alexnet(**options: Any) -> nn.Module:
    from flarescope.models.alexnet import AlexNet

    return AlexNet(**options)


@register("artefact_free")
def _artefact_free(**options: Any) -> nn.Module:
    from flarescope.models.artefact_free import ArtefactFree

    return ArtefactFree(**options)


@register("cnn1")
def _cnn1(**options: Any) -> nn.Module:
    from flarescope.models.cnn1 import Cnn1

    return Cnn1(**options)


@register("cnn2")
def _cnn2(**options: Any) -> nn.Module:
    from flarescope.models.cnn import Cnn2

    return Cnn2(**options)


@register("compact")
def _compact(**options: Any) -> nn.Module:
    from flarescope.models.compact import Compact

    return Compact(**options)


@register("patch_cnn")
def _patch_cnn(**options: Any) -> nn.Module:
    from flarescope.models.patch_cnn import PatchCnn

    return PatchCnn(**options)
