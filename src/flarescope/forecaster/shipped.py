"""The fitted models that come with flarescope."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

from flarescope.models import shipped_folder
from flarescope.models.fusion import Fusion
from flarescope.models.history import HistoryModel

if TYPE_CHECKING:
    from flarescope.flare import GoesScale
    from flarescope.training.run import Run

__all__ = ["NETWORK", "history_label", "shipped_fusion", "shipped_history", "shipped_network"]

NETWORK = "patch_cnn"


@cache
def shipped_history(scale: GoesScale) -> HistoryModel:
    """The history rate for flares of one GOES scale."""
    return HistoryModel.load(shipped_folder() / f"history_{scale}.json")


@cache
def shipped_fusion() -> Fusion:
    """The weights of history and image."""
    return Fusion.load(shipped_folder() / "fusion.json")


@cache
def shipped_network() -> Run | None:
    """The region network; None where torch is not installed."""
    try:
        from flarescope.training.run import load_run
    except ImportError:
        return None
    return load_run(NETWORK)


@cache
def history_label(scale: GoesScale) -> str:
    """Such as history_science@1a2b3c4d."""
    digest = hashlib.sha256((shipped_folder() / f"history_{scale}.json").read_bytes()).hexdigest()
    return f"history_{scale}@{digest[:8]}"
