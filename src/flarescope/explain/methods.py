"""What an explanation method is, the list of those known, and the check they share."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.registry import Registry

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

__all__ = [
    "COMPLETE",
    "METHODS",
    "Baseline",
    "Method",
    "MethodResult",
    "Progress",
    "completeness",
    "frozen",
    "logits",
    "register",
]

COMPLETE = 0.01  # a map that is further off than this is said to be
Progress = Callable[[int, int], None]
"""Called with (done, of): how far has a long piece of work come?"""


@dataclass(frozen=True, eq=False)
class Baseline:
    """An image that stands for "nothing there", as the network sees it: its name and ``image`` "1 1 h w"."""

    name: str
    image: Tensor

    @classmethod
    def zeros(cls, x: Tensor) -> Baseline:
        """The network's own zero: right where a zero field is prepared to zero."""
        return cls("network_zero", x.new_zeros(x.shape))


@dataclass(frozen=True, eq=False)
class MethodResult:
    """What a method found, on the network's own grid.

    Attributes:
        map: attribution of each input pixel, float64; positive speaks for a flare, unless the method is not
            ``signed``: then only the size counts.
        baseline: name of what "nothing there" meant.
        checks: numbers that tell whether the map can be trusted.
        notes: what a reader must know.
    """

    map: Float[np.ndarray, "h w"]
    baseline: str
    checks: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Method:
    """A registered method: ``function(network, x, *, baseline, progress, …) -> MethodResult``.

    Attributes:
        name: under which it is registered.
        function: what it does.
        complete: a promise: the map's values add up to logit(x) − logit(baseline).
        signed: positive speaks for a flare, negative against it. Otherwise the sign says something else, such
            as the sense of the field, and pixels are put in order by the size of φ.
        uses_baseline: another baseline may give another map.
    """

    name: str
    function: Callable[..., MethodResult]
    complete: bool
    signed: bool = True
    uses_baseline: bool = True

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the keyword options, without ``baseline`` and ``progress``, which every method has."""
        names = inspect.signature(self.function).parameters
        return tuple(n for n in names if n not in {"network", "x", "baseline", "progress"})

    def check_options(self, names: Iterable[str]) -> None:
        """Raise a ``BadOptionError`` for the first name that is no option of this method."""
        for name in names:
            if name not in self.options:
                accepted = ", ".join(self.options) or "none"
                raise BadOptionError(f"Method '{self.name}' has no option '{name}'. Accepted: {accepted}.")

    def __call__(
        self,
        network: nn.Module,
        x: Tensor,
        *,
        baseline: Baseline | None = None,
        progress: Progress | None = None,
        **options: Any,
    ) -> MethodResult:
        """Run the method on one prepared image.

        Raises:
            BadOptionError: ``x`` or the baseline is not "1 1 h w", or the method has no such option.
        """
        baseline = baseline or Baseline.zeros(x)
        for what, image in (("The image", x), (f"Baseline '{baseline.name}'", baseline.image)):
            if image.ndim != 4 or image.shape[:2] != (1, 1) or image.shape[2:] != x.shape[2:]:
                raise BadOptionError(
                    f"{what} has shape {tuple(image.shape)}; "
                    "an explanation takes one image of one channel, (1, 1, h, w)."
                )
        self.check_options(options)
        return self.function(network, x, baseline=baseline, progress=progress or _silent, **options)


METHODS: Registry[Method] = Registry("explanation method")


def register(
    name: str, *, complete: bool = False, signed: bool = True, uses_baseline: bool = True
) -> Callable[[Callable[..., MethodResult]], Callable[..., MethodResult]]:
    """Make a method known; ``complete=True`` promises that its map adds up to the change of the logit.

    ``signed`` and ``uses_baseline`` say how its maps are to be read: see ``Method``.
    """

    def keep(function: Callable[..., MethodResult]) -> Callable[..., MethodResult]:
        METHODS.register(name)(Method(name, function, complete, signed, uses_baseline))
        return function

    return keep


def completeness(attribution: Float[np.ndarray, "..."], difference: float) -> float:
    """How far is the map from adding up to what it explains?

    |Σφ − Δ| / max(|Δ|, 0.01·Σ|φ|), with Δ the logit of the image less that of the baseline. The second term
    keeps the number meaningful where positive and negative attributions nearly cancel.

    Returns:
        0 is perfect; 0.01 is an error of one per cent. Zeros that explain a difference of zero are perfect.

    Example:
        >>> completeness(np.array([1.0, 0.98]), 2.0)
        0.010000000000000009

    Reference: Sundararajan, Taly and Yan 2017, axiom of completeness (section 3).
    """
    error = abs(float(attribution.sum()) - difference)
    scale = max(abs(difference), 0.01 * float(np.abs(attribution).sum()))
    return error / scale if scale > 0.0 else 0.0


def frozen(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    """A network that only answers, in ``dtype``: no dropout, no running averages, no gradients of weights.

    The network given stays as it is; numbers that need no conversion are shared with it, not copied. Weights
    of convolutions lie channels last, the order of memory that convolutions like best. Activations are not in
    place: rules and gradients need what went in.
    """
    import torch

    shared: dict[int, Any] = {id(b): b.detach() for b in network.buffers()}
    shared |= {id(p): torch.nn.Parameter(p.detach(), requires_grad=False) for p in network.parameters()}
    alike = copy.deepcopy(network, shared).to(dtype).eval()
    for module in alike.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
    return alike.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def logits(network: nn.Module, x: Tensor) -> Tensor:
    """The network's answers "n" to images "n 1 h w"; another shape is a ``BadOptionError``."""
    out: Tensor = network(x)
    if out.shape != x.shape[:1]:
        raise BadOptionError(
            f"The network answers {tuple(x.shape)} with shape {tuple(out.shape)}; "
            f"an explanation needs one logit an image, ({x.shape[0]},)."
        )
    return out


def _silent(done: int, of: int) -> None:
    pass
