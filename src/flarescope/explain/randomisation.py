"""Does the map depend on what the network has learnt? Its weights are drawn anew, layer after layer."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool

from flarescope.errors import BadOptionError
from flarescope.explain.agreement import rank_correlation

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from torch import nn

__all__ = ["LIMIT", "insensitive", "randomisation"]

APART = 1_000_000_000  # of the seeds of two draws: more than a seed's layers take
LIMIT = 0.5  # a map still this like the original when nothing learnt is left is not about what was learnt


def randomisation(
    network: nn.Module,
    explainer: Callable[[nn.Module], np.ndarray],
    *,
    seed: int = 0,
    most_stages: int | None = None,
    draws: int = 1,
    seen: Bool[np.ndarray, "h w"] | None = None,
) -> pd.DataFrame:
    """How soon does a map change when the weights that made it are lost?

    The cascade of Adebayo et al.: the output layer is drawn anew, then also the layer before it, down to the
    first. Each layer gets the weights that its own ``reset_parameters`` draws (running averages are reset
    too). For torch's layers these are torch's defaults, which need not be what this network began its
    training with. Weights of a layer without ``reset_parameters`` are shuffled, so that their values stay.
    Layers are taken in the order in which the network names them; those of an ensemble's members at the same
    depth count as one.

    A low correlation is weak evidence for a map: it only says that the weights matter to it, not that what
    it shows is right. Random weights alone, without any learning, make maps of some methods differ.

    Args:
        network: it is left as it was; copies of it are explained, in evaluation mode.
        explainer: from a network to its map "h w" of the image in question.
        seed: of the draws; a layer's new weights do not depend on ``most_stages``.
        most_stages: explain no more than this many of the stages, spread evenly: 1 is the last, where
            nothing learnt is left, more are the first and the last and some between; None explains them all.
        draws: how many times the whole cascade is drawn.
        seen: pixels that show known field, on the map's grid; only they are compared (``rank_correlation``).

    Returns:
        One row a stage of each draw: ``layer``, the deepest layer drawn anew; ``draw``; ``correlation``,
        Spearman's of |map| with the original's (``agreement.rank_correlation``), 1 is no change; ``signed``,
        the same without taking absolute values. A map that has become the same everywhere has nothing left in
        common with the original: 0. An original without an order: NaN.

    Raises:
        BadOptionError: the network has no weights, or fewer than one stage or draw is asked for.

    Reference:
        Adebayo et al. 2018, Sanity checks for saliency maps, sections 3 and 4.1 (both correlations).
    """
    import pandas as pd

    layers = _layers(network)[::-1]
    if not layers:
        raise BadOptionError("The network has no weights that could be drawn anew.")
    count = len(layers) if most_stages is None else min(most_stages, len(layers))
    if count < 1 or draws < 1:
        raise BadOptionError(f"{count} stages in {draws} draws are not accepted: 1 or more of each.")
    original = explainer(copy.deepcopy(network).eval())
    stages = set(np.linspace(len(layers) - 1, 0, count).round().astype(int).tolist())
    rows = []
    for draw in range(draws):
        drawn = copy.deepcopy(network).eval()
        for index, (name, modules) in enumerate(layers):
            _draw(drawn, modules, seed=APART * draw + 1000 * seed + index)
            if index in stages:
                changed = explainer(copy.deepcopy(drawn))
                kept = (_kept(original, changed, signed=signed, seen=seen) for signed in (False, True))
                rows.append((name, draw, *kept))
    return pd.DataFrame(rows, columns=["layer", "draw", "correlation", "signed"])


def insensitive(randomised: pd.DataFrame, limit: float = LIMIT, *, signed: bool = True) -> bool:
    """Is this map the same whatever the network has learnt?

    True if with all layers drawn anew (the last layer of ``randomisation``, the mean over its draws) the
    correlation of |map| and the size of the signed correlation are both still above ``limit``: a map turned
    into its negative is the same map. Such a map shows the image, not the network. Of a map that is not
    ``signed`` (``Method.signed``) the first alone counts. Where signs speak, the size of φ alone does not
    convict: methods that multiply by the field inherit its size, whatever the network; but what was learnt
    must then show in the sign. An undefined correlation is no sign of insensitivity.

    False is weak evidence: the map depends on the weights, which does not make it right.
    """
    last = randomised[randomised["layer"] == randomised["layer"].iloc[-1]]
    sizes = [last["correlation"].mean(), *([last["signed"].abs().mean()] if signed else [])]
    return all(size > limit for size in sizes)


def _kept(
    original: np.ndarray, changed: np.ndarray, *, signed: bool, seen: Bool[np.ndarray, "h w"] | None
) -> float:
    """Correlation with the original; 0 of a map that has lost all order, NaN if the original had none."""
    size = np.abs(original if seen is None else original[seen])
    if size.size == 0 or size.min() == size.max():
        return float("nan")
    correlation = rank_correlation(original, changed, signed=signed, seen=seen)
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
