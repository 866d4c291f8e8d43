"""Batch normalisation, measured again when the weights no longer move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from flarescope.training.loop import Batches

__all__ = ["settle"]


def settle(network: nn.Module, batches: Batches, *, steps: int = 12, seed: int = 0) -> nn.Module:
    """Let a network meet, in evaluation, the means and variances that its weights were trained with.

    Running means forget slowly: after a training of some dozen steps they still hold what earlier weights
    made of the images, and outputs all lean to one side. Here they are plain means over ``steps`` batches
    with the final weights. A network without batch normalisation is left as it is.

    Args:
        network: trained; changed in place and left in evaluation mode.
        batches: those that it was trained on.
        steps: batches to average over.
        seed: decides the batches; the caller's random numbers are left alone.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return network.eval()
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean
        norm.train()
    device = next(network.parameters()).device
    with torch.random.fork_rng(), torch.no_grad():
        for step in range(steps):
            torch.manual_seed(seed * 1_000_003 + step)
            x, _, _ = batches.draw(step)
            for part in [x] if isinstance(x, torch.Tensor) else x:
                network(part.to(device).contiguous(memory_format=torch.channels_last))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return network.eval()
