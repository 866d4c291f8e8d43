"""What history and images say together: rates are added, never averaged.

    Λ = w₀ + w_h·Λ_history + w_i·Σ over regions of −ln(1 − p_region),   all w ≥ 0

Expected numbers of flares add up over regions and causes; probabilities do not. The weights are fitted on
regions (for one region Λ_history holds its own flares only) and serve the disk because both sums are linear.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError
from flarescope.models.history import probability

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Fusion", "FusionWeights", "rate_of", "shift_base_rate"]

SMALLEST, LARGEST = 1e-6, 1 - 1e-6


def shift_base_rate(p: Float[np.ndarray, "..."], sampled: float, true: float) -> Float[np.ndarray, "..."]:
    """What would p be where events are as common as ``true``, not ``sampled``? The odds change."""
    p = np.clip(np.asarray(p, float), SMALLEST, LARGEST)
    odds = p / (1 - p) * (true / (1 - true)) / (sampled / (1 - sampled))
    return np.asarray(odds / (1 + odds))


def rate_of(p: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """λ = −ln(1 − p): the expected number of flares that makes at least one as probable as p."""
    return np.asarray(-np.log1p(-np.clip(np.asarray(p, float), 0.0, LARGEST)))


@dataclass(frozen=True)
class FusionWeights:
    """w₀, w_h and w_i."""

    background: float
    history: float
    image: float

    def probability(self, history_rate: Any, image_rate: Any) -> Any:
        """P = 1 − exp(−Λ)."""
        return probability(self.background + self.history * history_rate + self.image * image_rate)


@dataclass(frozen=True)
class Fusion:
    """Fitted weights, and what they were fitted on.

    Attributes:
        network: name of the image model.
        region: weights for one region.
        region_history: the same without the image: what a region's own flares say alone.
        disk: weights for the whole disk; an image weight of 0 means that history alone forecasts better.
        region_ensemble: refits of ``region`` on regions drawn anew.
        region_history_ensemble: the same for ``region_history``.
        disk_ensemble: the same for ``disk``.
        sampled_rate: share of events among the frames that the network was trained on.
        true_rate: share of region-days with such a flare in the Solar Region Summaries.
        region_threshold: maximises TSS of ``region`` on the training frames.
        fitted_on: data, counts, and what the image was measured to add.
    """

    network: str
    region: FusionWeights
    region_history: FusionWeights
    disk: FusionWeights
    region_ensemble: tuple[FusionWeights, ...]
    region_history_ensemble: tuple[FusionWeights, ...]
    disk_ensemble: tuple[FusionWeights, ...]
    sampled_rate: float
    true_rate: float
    region_threshold: float
    fitted_on: dict[str, Any]

    def image_rate(self, p: Any) -> Any:
        """λ of the network's probability, brought from the patches' base rate to the Sun's."""
        return rate_of(shift_base_rate(p, self.sampled_rate, self.true_rate))

    def to_json(self) -> str:
        """As shipped."""
        return json.dumps(_rounded(asdict(self)), indent=1) + "\n"

    @classmethod
    def load(cls, path: Path) -> Fusion:
        """Read what ``to_json`` wrote; a damaged file is a ``BadFileError``."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            for name in ("region", "region_history", "disk"):
                data[name] = FusionWeights(**data[name])
            for name in ("region_ensemble", "region_history_ensemble", "disk_ensemble"):
                data[name] = tuple(FusionWeights(**member) for member in data[name])
            return cls(**data)
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise BadFileError(
                path, f"no fusion weights ({problem!r}). Refit them: flarescope train fusion"
            ) from None


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
