"""Does the map depend on what the network has learnt? Its weights are drawn anew, layer after layer."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.explain.agreement import rank_correlation

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from torch import nn

__all__ = ["LIMIT", "insensitive", "randomisation"]

LIMIT = 0.5  # a map still this like the original when nothing learnt is left is not about what was learnt


def randomisation(
    network: nn.Module,
    explainer: Callable[[nn.Module], np.ndarray],
    *,
    seed: int = 0,
    most_stages: int | None = None,
) -> pd.DataFrame:
    """How soon does a map change when the weights that made it are lost?

    The cascade of Adebayo et al.: the output layer is drawn anew, then also the layer before it, down to the
    first. Each layer gets the weights it would have before any training (``reset_parameters``; running
    averages too); weights of a layer without this are shuffled. Layers are taken in the order in which the
    network names them; those of an ensemble's members at the same depth count as one.

    Args:
        network: it is left as it was; copies of it are explained, in evaluation mode.
        explainer: from a network to its map "h w" of the image in question.
        seed: of the draws; a layer's new weights do not depend on ``most_stages``.
        most_stages: explain no more than this many of the stages, spread evenly and always with the first
            and the last; None explains them all.

    Returns:
        One row a stage: ``layer``, the deepest layer drawn anew; ``correlation``, Spearman's of |map| with
        the original's (``agreement.rank_correlation``), 1 is no change; ``signed``, the same without taking
        absolute values. A map that has become the same everywhere has nothing left in common with the
        original: 0. An original without an order: NaN.

    Raises:
        BadOptionError: the network has no weights, or fewer than two stages are asked for.

    Reference:
        Adebayo et al. 2018, Sanity checks for saliency maps, sections 3 and 4.1 (both correlations).
    """
    import pandas as pd

    layers = _layers(network)[::-1]
    if not layers:
        raise BadOptionError("The network has no weights that could be drawn anew.")
    if most_stages is not None and most_stages < 2:
        raise BadOptionError(f"{most_stages} stages are not accepted: 2 or more, the first and the last.")
    original = explainer(copy.deepcopy(network).eval())
    count = len(layers) if most_stages is None else min(most_stages, len(layers))
    stages = set(np.linspace(0, len(layers) - 1, count).round().astype(int).tolist())
    drawn, rows = copy.deepcopy(network).eval(), []
    for index, (name, modules) in enumerate(layers):
        _draw(drawn, modules, seed=1000 * seed + index)
        if index in stages:
            changed = explainer(copy.deepcopy(drawn))
            rows.append((name, *(_kept(original, changed, signed=signed) for signed in (False, True))))
    return pd.DataFrame(rows, columns=["layer", "correlation", "signed"])


def insensitive(randomised: pd.DataFrame, limit: float = LIMIT) -> bool:
    """Is this map the same whatever the network has learnt?

    True if with all layers drawn anew (the last row of ``randomisation``) both correlations are still above
    ``limit``. Such a map shows the image, not the network. The size of φ alone does not convict: methods that
    multiply by the field inherit its size, whatever the network; but what was learnt must then show in the
    sign. An undefined correlation is no sign of insensitivity.
    """
    last = randomised[["correlation", "signed"]].iloc[-1]
    return bool((last > limit).all())


def _kept(original: np.ndarray, changed: np.ndarray, *, signed: bool) -> float:
    """Correlation with the original; 0 of a map that has lost all order, NaN if the original had none."""
    if np.abs(original).min() == np.abs(original).max():
        return float("nan")
    correlation = rank_correlation(original, changed, signed=signed)
    return 0.0 if np.isnan(correlation) else correlation


def _layers(network: nn.Module) -> list[tuple[str, list[str]]]:
    """Name of a layer and its modules, from the image to the output; an ensemble's members go together."""
    found: dict[str, list[str]] = {}
    for name, module in network.named_modules():
        if any(True for _ in module.parameters(recurse=False)):
            found.setdefault(re.sub(r"\bmembers\.\d+\.?", "", name) or type(module).__name__, []).append(name)
    return list(found.items())


def _draw(network: nn.Module, names: list[str], *, seed: int) -> None:
    """New weights for these modules; the caller's random numbers are left alone."""
    import torch

    devices = {p.device.index for p in network.parameters() if p.is_cuda}
    with torch.random.fork_rng(devices=list(devices)), torch.no_grad():
        torch.manual_seed(seed)
        for name in names:
            module = network.get_submodule(name)
            if callable(reset := getattr(module, "reset_parameters", None)):
                reset()
                continue
            for weights in module.parameters(recurse=False):
                flat = weights.flatten()
                weights.copy_(flat[torch.randperm(len(flat), device=flat.device)].view_as(weights))
