"""Networks and honest rivals.

Networks are registered by name; each maps magnetograms "n 1 h w" to one logit "n". The rivals need no
image: climatology, persistence and the flare-history rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

__all__ = ["networks", "register"]

networks: Registry[Callable[..., nn.Module]] = Registry("model")
register = networks.register
