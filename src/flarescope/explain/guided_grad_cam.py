"""Guided Grad-CAM: which fine structure, in which parts of the image, raises the logit?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import NoRuleError, UnknownNameError
from flarescope.explain.function_kinds import NEVER_FALLS
from flarescope.explain.methods import Baseline, MethodResult, Progress, frozen, logits, register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from flarescope.explain.rules import Bend, Step

__all__ = ["guided_grad_cam"]

CONVOLUTIONS = frozenset(["conv2d", "conv_transpose2d"])


@register("guided_grad_cam", signed=False, uses_baseline=False)
def guided_grad_cam(
    network: nn.Module, x: Tensor, *, baseline: Baseline, progress: Progress, layer: str | None = None
) -> MethodResult:
    """Which fine structure, in which parts of the image, raises the logit?

    The product of two maps. *Guided backpropagation* is the gradient of the logit with one change: through
    an activation y = f(z) passes

        ∂/∂z = f′(z) · max(∂/∂y, 0),

    so that only what raises the logit all the way is followed. For ReLU this is the published rule, as
    f′ is 0 or 1 there; for leaky ReLU f′ is the slope below zero, where ReLU would pass nothing; it is meant
    for every activation that never falls (f′ ≥ 0), and others, such as GELU, are refused. Max-pools and
    linear layers keep their gradient. *Grad-CAM* is max(Σₖ αₖ·Aᵏ, 0) with the maps Aᵏ of the last convolution
    of several maps (before its activation function) and αₖ = mean over its cells of ∂logit/∂Aᵏ, the ordinary
    gradient; it is laid over the image bilinearly.

    Where several convolutions end beside each other, as in an inception module, A is the first stack of maps
    that all of them feed (in CNN-2, the concatenation of the branches). The map of several networks or views
    whose logits are averaged (``MeanLogit``, ``EightViews``) is the mean of their maps.

    Args:
        network: images "n 1 h w" to logits "n".
        x: the prepared image, "1 1 h w"; its dtype is the arithmetic's.
        baseline: not used, as nothing is compared; its name is kept.
        progress: not told, as it takes one pass.
        layer: name of the layer whose last stack of maps is A, such as "features.10"; of one member, where
            several networks are averaged.

    Returns:
        The map in logit per (unit of the input × unit of A); its scale means little, only its pattern. Its
        sign is that of a gradient and follows the sense of the field: a network that takes both polarities
        alike gives −x the negative of the map of x. So it says nothing for or against a flare. Checks:
        ``logit``, and ``cells``, how many cells A has. Notes: the layer, and whether the map is all zero.

    Raises:
        UnknownNameError: no such layer.
        NoRuleError: the network has no convolution, or an activation without a rule (the message names
            it and its layer); its last convolutions feed no common maps; or it looks at several views.

    Reference: Selvaraju et al. 2017, sections 3 and 3.1; Springenberg et al. 2015, section 3.4.
    """
    found = _mean_map(frozen(network, x.dtype), x.detach(), layer)
    attribution = found.map[0, 0].double().cpu().numpy()
    notes = [f"Grad-CAM is taken at layer '{found.layer}'."]
    if not np.any(attribution):
        notes.append("No cell of that layer speaks for a flare together with any structure of the image.")
    checks = {"logit": found.logit, "cells": float(found.cells)}
    return MethodResult(attribution, baseline.name, checks, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Found:
    """The map "1 1 h w" of a network, its logit, and the layer that Grad-CAM was taken at with its cells."""

    map: Tensor
    logit: float
    layer: str
    cells: int


def _mean_map(network: nn.Module, x: Tensor, layer: str | None) -> _Found:
    """The map of a network; of networks or views whose logits are averaged, the mean of theirs."""
    import torch

    from flarescope.explain.rules import gradient
    from flarescope.explain.views import EightViews, eight_views
    from flarescope.models.patch_cnn import MeanLogit

    if isinstance(network, MeanLogit):
        found = [_mean_map(member, x, layer) for member in network.members.children()]
        maps = [one.map for one in found]
    elif isinstance(network, EightViews):
        image = x.clone().requires_grad_(True)
        views = eight_views(image)
        found = [_mean_map(network.network, view.detach(), layer) for view in views]
        # the gradient of each view turns its map back to how the image lies
        maps = [gradient(view * one.map, image) for view, one in zip(views, found, strict=True)]
    else:
        return _map(network, x, layer)
    logit = sum(one.logit for one in found) / len(found)
    return replace(found[0], map=torch.stack(maps).mean(dim=0), logit=logit)


def _map(network: nn.Module, x: Tensor, layer: str | None) -> _Found:
    """The map of one network: guided backpropagation times Grad-CAM, from one pass forward."""
    from torch.nn import functional

    from flarescope.explain.rules import Rules, gradient

    rule, image = _Guided(), x.clone().requires_grad_(True)
    with Rules(network, "guided_grad_cam", rule) as rules:
        said = logits(network, image)
    step = _maps_of(rules.steps, layer) if layer else _last_maps(rules.steps)
    if len(step.result) != 1:
        raise NoRuleError(
            f"Layer '{step.layer}' looks at {len(step.result)} views of the image, and Grad-CAM cannot tell "
            "how they lie. Use another method of explanation."
        )
    weight = gradient(said, step.result, keep=True).mean(dim=(2, 3), keepdim=True)  # 1 k 1 1
    cam = (weight * step.result.detach()).sum(dim=1, keepdim=True).clamp(min=0.0)  # 1 1 y x
    rule.on = True
    guided = gradient(said, image)
    laid_over = functional.interpolate(cam, size=x.shape[2:], mode="bilinear")
    return _Found(laid_over * guided, float(said.detach()), step.layer, cam.shape[2] * cam.shape[3])


class _Guided:
    """The rule of guided backpropagation; while it is not ``on``, the ordinary gradient."""

    def __init__(self) -> None:
        self.on = False

    def __call__(self, bend: Bend) -> Tensor:
        given = bend.function(bend.z)
        value: Tensor = given[0] if bend.pools else given
        if bend.pools:
            return value
        if bend.name not in NEVER_FALLS or _falls(bend):
            raise bend.refusal("for it may fall, and the rule is meant for functions that never do")
        value.register_hook(self._guide)  # type: ignore[no-untyped-call]
        return value

    def _guide(self, arriving: Tensor) -> Tensor:
        return arriving.clamp(min=0.0) if self.on else arriving


def _falls(bend: Bend) -> bool:
    """Do this function's options make it fall between −1 and 1, as a leaky ReLU of negative slope does?"""
    values: Tensor = bend.function(bend.z.new_tensor([-1.0, 0.0, 1.0]))
    return bool((values.diff() < 0.0).any())


def _maps_of(steps: Sequence[Step], layer: str) -> Step:
    """The last stack of maps that a layer made."""
    made = [s for s in steps if s.layer == layer or s.layer.startswith(f"{layer}.")]
    if not made:
        raise UnknownNameError("layer with maps", layer, {s.layer for s in steps if s.layer})
    return made[-1]


def _last_maps(steps: Sequence[Step]) -> Step:
    """The first stack of maps that all of the last convolutions feed; of a single one, its own.

    A convolution that makes one map is an output, whose sign says as much as its size, and does not count.
    """
    convolutions = [s for s in steps if s.name in CONVOLUTIONS and s.result.shape[1] > 1]
    if not convolutions:
        raise NoRuleError(
            "The network has no convolution of several maps, so Grad-CAM has none to weigh. "
            "Use another method of explanation."
        )
    before = {id(s): _behind(s.result) for s in steps}
    last = [
        c.result.grad_fn
        for c in convolutions
        if not any(c.result.grad_fn in before[id(d)] for d in convolutions if d is not c)
    ]
    for step in steps:
        if all(node in before[id(step)] for node in last):
            return step
    raise NoRuleError(
        "The network's last convolutions feed no maps in common. Choose one by name with the option 'layer', "
        f"such as '{convolutions[-1].layer}'."
    )


def _behind(result: Tensor) -> set[object]:
    """All steps of the computation that lead to this result, its own among them."""
    seen: set[object] = set()
    waiting = [result.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [parent for parent, _ in node.next_functions]
    return seen
