"""Rules by layer: run a network while the gradient of everything that is not linear follows a rule of ours.

A rule such as DeepLIFT's or guided backpropagation replaces the derivative of each activation and leaves
linear layers as they are. Where modules are hooked for it, functional code (``torch.relu(x)``) goes
unnoticed, a module used twice is confused with itself, and an unknown activation silently keeps its plain
gradient.

Here ``Rules`` sees every torch function that the network calls, whoever calls it, and sorts those that take
something that depends on the image (``function_kinds``): linear ones pass, those that bend or pool go to the
rule, and all others are refused by name together with the layer that called them. Nothing is guessed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode, resolve_name

from flarescope.errors import NoRuleError
from flarescope.explain.function_kinds import (
    DESCRIBES,
    ELEMENTWISE,
    IN_TRAINING,
    POOLS,
    PRODUCTS,
    QUOTIENTS,
    SUMS,
)

__all__ = ["Bend", "Rule", "Rules", "Step", "gradient", "with_gradient"]

WITH_INDICES: dict[str, Callable[..., Any]] = {
    "adaptive_max_pool2d": functional.adaptive_max_pool2d_with_indices,
    "max_pool2d": functional.max_pool2d_with_indices,
}


@dataclass(frozen=True, eq=False)
class Bend:
    """One call of a function that is not linear.

    Attributes:
        name: of the function, such as "relu" or "max_pool2d".
        z: what it was given, which depends on the image.
        function: the same function with all its other arguments; for a pool it gives the maxima and their
            places in the flattened plane.
        refusal: makes the error of a rule that does not hold for it, given why.
    """

    name: str
    z: Tensor
    function: Callable[[Tensor], Any]
    refusal: Callable[[str], NoRuleError]

    @property
    def pools(self) -> bool:
        """Is it the maximum of windows, rather than a function of each number by itself?"""
        return self.name in POOLS


Rule = Callable[[Bend], Tensor]
"""Gives the function's value, with whatever gradient the rule wants (``with_gradient``)."""


@dataclass(frozen=True, eq=False)
class Step:
    """One call that the network made: the function's name, the layer that called it, and what came out."""

    name: str
    layer: str
    result: Tensor


class Rules(TorchFunctionMode):
    """While active, every function that ``network`` calls on the image is linear, or follows ``rule``.

    A tensor depends on the image if it requires a gradient; so the network's weights must not, and the image
    must.

    Attributes:
        steps: the calls so far whose result is a stack of maps "n c h w", in order.

    Raises:
        NoRuleError: while the network runs, at the first function without a rule, a product of two
            numbers that both depend on the image, an operation in place, or dropout in training.

    Example:
        >>> with Rules(network, "deep_shap", rule):  # doctest: +SKIP
        ...     logit = network(x.requires_grad_(True))
    """

    def __init__(self, network: nn.Module, method: str, rule: Rule) -> None:
        super().__init__()
        self.network, self.method, self.rule = network, method, rule
        self.steps: list[Step] = []
        self._running = [""]  # names of the modules that are running, innermost last
        self._hooks: list[Any] = []

    def __enter__(self) -> Rules:
        for name, module in self.network.named_modules():
            if isinstance(module, torch.jit.ScriptModule):
                raise self._refusal(
                    f"has no rule for layer '{name}': what a compiled module does cannot be seen"
                )
            self._hooks += [
                module.register_forward_pre_hook(partial(self._begin, name)),
                module.register_forward_hook(self._end, always_call=True),
            ]
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        for hook in self._hooks:
            hook.remove()

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        options = kwargs or {}
        from_image = [t for t in _tensors((args, options)) if t.requires_grad]
        name = _short_name(function)
        if not from_image or name in DESCRIBES:
            return function(*args, **options)
        self._refuse_changes(function, args, options)
        if name in ELEMENTWISE or name in POOLS:
            given = self._by_rule(function, name, args, options, from_image)
        elif name in SUMS or _is_product(name, args, from_image):
            given = function(*args, **options)
        else:
            raise self._refusal(f"has no rule for {_full_name(function)}{self._where()}")
        return self._keep(function, name, given)

    def _by_rule(
        self, function: Callable[..., Any], name: str, args: tuple[Any, ...], options: dict[str, Any],
        from_image: list[Tensor],
    ) -> Tensor:  # fmt: skip
        first, rest, options = args[:1], args[1:], dict(options)
        z = first[0] if first else options.pop("input", None)
        if len(from_image) > 1 or z is not from_image[0]:
            raise self._refusal(
                f"has no rule for {_full_name(function)} with options that depend on the image{self._where()}"
            )
        chosen = WITH_INDICES.get(name, function)
        what = f"has no rule for {_full_name(function)}{self._where()}"
        return self.rule(
            Bend(
                name,
                z,
                function=lambda values: chosen(values, *rest, **options),
                refusal=lambda why: self._refusal(f"{what}, {why}"),
            )
        )

    def _keep(self, function: Callable[..., Any], name: str, given: Any) -> Any:
        """What came out; it must depend on the image as what went in did."""
        for tensor in _tensors(given):
            if not tensor.requires_grad:
                raise self._refusal(
                    f"lost the image in {_full_name(function)}{self._where()}: its result has no gradient"
                )
        if isinstance(given, Tensor) and given.ndim == 4:
            self.steps.append(Step(name, self._running[-1], given))
        return given

    def _refuse_changes(self, function: Callable[..., Any], args: Any, options: Any) -> None:
        """In place, a rule would lose what went in; in training, dropout and averages see chance."""
        full = _full_name(function)
        if _short_name(function) in IN_TRAINING and not full.startswith("torch.nn.functional."):
            raise self._refusal(
                f"has no rule for {full}{self._where()}, which does not tell whether it is in training, "
                "as that of torch.nn.functional does"
            )
        named = _named(function, args, options)
        for option in ("inplace", "training"):
            if named.get(option):
                raise self._refusal(
                    f"has no rule for {_full_name(function)} with {option}=True{self._where()}"
                )

    def _where(self) -> str:
        layer = self._running[-1]
        kind = type(self.network.get_submodule(layer)).__name__
        return f" in layer '{layer}' ({kind})" if layer else f" in the network itself ({kind})"

    def _refusal(self, why: str) -> NoRuleError:
        return NoRuleError(
            f"Method '{self.method}' {why}. "
            "Write the network without it, or use integrated_gradients or occlusion, which need no rules."
        )

    def _begin(self, name: str, module: nn.Module, args: Any) -> None:
        self._running.append(name)

    def _end(self, module: nn.Module, args: Any, output: Any) -> None:
        self._running.pop()


class _WithGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, value: Tensor, back: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.back = back
        return value.detach()  # not a view: it may lose the order of memory where there is one image only

    @staticmethod
    def backward(ctx: Any, arriving: Tensor) -> tuple[Tensor, None, None]:
        return ctx.back(arriving), None, None


def with_gradient(z: Tensor, value: Tensor, back: Callable[[Tensor], Tensor]) -> Tensor:
    """``value`` as a function of ``z``; its gradient is what ``back`` makes of the gradient that arrives."""
    given: Tensor = _WithGradient.apply(z, value, back)  # type: ignore[no-untyped-call]
    return given


def gradient(out: Tensor, at: Tensor, *, keep: bool = False) -> Tensor:
    """Gradient of the sum of ``out``; zero where nothing depends on ``at``."""
    if not out.requires_grad:
        return torch.zeros_like(at)
    (found,) = torch.autograd.grad(out.sum(), at, retain_graph=keep, allow_unused=True)
    return torch.zeros_like(at) if found is None else found


def _is_product(name: str, args: tuple[Any, ...], from_image: list[Tensor]) -> bool:
    """A product with one factor, or a quotient with its upper part, that depends on the image?"""
    if name in QUOTIENTS:
        return len(from_image) == 1 and bool(args) and args[0] is from_image[0]
    return name in PRODUCTS and len(from_image) == 1


def _tensors(value: Any) -> Iterator[Tensor]:
    """All tensors among nested arguments."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)


def _full_name(function: Callable[..., Any]) -> str:
    name = resolve_name(function) or getattr(function, "__name__", repr(function))
    return str(name).removesuffix(".__get__")


def _short_name(function: Callable[..., Any]) -> str:
    return _full_name(function).rsplit(".", 1)[-1]


def _named(function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, with defaults; nothing for built-in functions, which do not tell them."""
    try:
        bound = inspect.signature(function).bind(*args, **options)
    except (TypeError, ValueError):
        return {}
    bound.apply_defaults()
    return dict(bound.arguments)
