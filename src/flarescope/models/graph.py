"""What is a network made of? Its layers and what feeds each, seen while an image passes through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Layer", "layers"]


@dataclass(frozen=True)
class Layer:
    """One layer as it worked on one image.

    Attributes:
        name: where it stands in the network, such as "features.1".
        kind: its class, such as "Conv2d".
        kernel: side of a square window in pixels; 0 for layers without one.
        stride: pixels between windows; 0 without a window.
        shape: of what it gave, without the number of images: (channels, height, width) or (features,).
        weights: how many numbers it has learnt.
        sources: the layers that feed it, as places in the list; empty: the image itself.
    """

    name: str
    kind: str
    kernel: int
    stride: int
    shape: tuple[int, ...]
    weights: int
    sources: tuple[int, ...]


def layers(network: nn.Module, x: Float[Tensor, "n 1 h w"]) -> list[Layer]:
    """Which layers does an image pass, in which order, and what comes out of each?

    The graph is that of the code, not of a drawing: hooks note what each layer is given and gives. Sums,
    concatenations and flips between layers pass their sources on. A layer that does nothing (``Identity``, or
    dropout outside training) is left out; a layer used twice stands there twice.

    Args:
        network: any network; it is left as it was.
        x: images; their size decides the shapes.

    Example:
        >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
        >>> [layer.kind for layer in layers(network, torch.ones(1, 1, 8, 8))]
        ['Conv2d', 'ReLU']
    """
    trace = _Trace()
    idle = (nn.Identity, nn.Dropout, nn.Dropout2d)
    leaves = [(n, m) for n, m in network.named_modules() if not any(m.children()) and not isinstance(m, idle)]
    hooks = [leaf.register_forward_hook(trace.hook(name)) for name, leaf in leaves]
    training = network.training
    network.eval()
    try:
        with torch.no_grad(), trace:
            network(x)
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return trace.found


class _Trace(TorchFunctionMode):
    """Remembers for each tensor which layers it comes from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Layer] = []
        self._origin: dict[int, tuple[int, ...]] = {}
        self._alive: list[Tensor] = []  # a tensor that is gone would lend its id to another

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Whatever is done to tensors: what comes out has the sources of all that went in."""
        given = func(*args, **(kwargs or {}))
        sources = self._sources((args, kwargs))
        for tensor in tree_leaves(given):
            if isinstance(tensor, Tensor) and sources:
                self._remember(tensor, sources)
        return given

    def hook(self, name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        """Called when a layer has worked: it is a source of its own from here on."""

        def note(layer: nn.Module, inputs: Any, output: Tensor) -> None:
            with torch._C.DisableTorchFunction():
                kernel, stride = _first(layer, "kernel_size"), _first(layer, "stride")
                weights = sum(p.numel() for p in layer.parameters())
                shape = tuple(output.shape[1:])
            sources = self._sources(inputs)
            self.found.append(Layer(name, type(layer).__name__, kernel, stride, shape, weights, sources))
            self._remember(output, (len(self.found) - 1,))

        return note

    def _sources(self, things: Any) -> tuple[int, ...]:
        tensors = [t for t in tree_leaves(things) if isinstance(t, Tensor)]
        return tuple(sorted({origin for t in tensors for origin in self._origin.get(id(t), ())}))

    def _remember(self, tensor: Tensor, sources: tuple[int, ...]) -> None:
        self._origin[id(tensor)] = sources
        self._alive.append(tensor)


def _first(layer: nn.Module, name: str) -> int:
    value = getattr(layer, name, 0)
    return int(value[0] if isinstance(value, tuple) else value)
