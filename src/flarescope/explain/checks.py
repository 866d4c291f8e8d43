"""Is this map evidence, or decoration? All checks of one map together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import BadOptionError
from flarescope.explain.agreement import rank_correlation
from flarescope.explain.deletion import Curves, faithfulness, reference_curves
from flarescope.explain.methods import COMPLETE, METHODS
from flarescope.explain.randomisation import LIMIT, insensitive, randomisation

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from flarescope.forecast import Explanation
    from flarescope.preparation import Preparation
    from flarescope.sun import Magnetogram

__all__ = ["CHECKS", "Check", "baseline_sensitivity", "check", "off_disk_share", "references"]


@dataclass(frozen=True)
class Check:
    """A number that ``check`` measures: what it is, and which values speak for the map.

    Attributes:
        meaning: in plain words.
        at_most: good up to here.
        above: good from here on, without it. With neither, no value is good or bad by itself.
    """

    meaning: str
    at_most: float | None = None
    above: float | None = None

    @property
    def wanted(self) -> str | None:
        """What the number should be, such as "at most 0.01"; None where there is no limit."""
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return None if self.above is None else f"above {self.above:g}"

    def passes(self, value: float) -> bool | None:
        """Is this value good? None where there is no limit.

        Example:
            >>> CHECKS["completeness"].passes(0.0086)
            True
        """
        if self.at_most is not None:
            return value <= self.at_most
        return None if self.above is None else value > self.above


CHECKS: dict[str, Check] = {
    "completeness": Check("error of the sum; 0 is perfect", at_most=COMPLETE),
    "randomised": Check(
        "rank correlation of |map| with that of a network that learnt nothing", at_most=LIMIT
    ),
    "randomised_signed": Check(
        "the same with signs, its size: what speaks for a flare, and what against", at_most=LIMIT
    ),
    "insensitive": Check(
        "1 if it is the same map whatever was learnt: both still above their limit; 0 is weak evidence",
        at_most=0.0,
    ),
    "deletion_over_random": Check("logits by which the output falls sooner than in random order", above=0.0),
    "deletion_over_flux": Check("the same against the order of unsigned flux", above=0.0),
    "insertion_over_random": Check("logits by which the output rises sooner than in random order", above=0.0),
    "insertion_over_flux": Check("the same against the order of unsigned flux", above=0.0),
    "off_disk": Check("share of the map off the disk; 0 is perfect"),
    "baseline_sensitivity": Check("1 less the rank correlation between baselines; 0 is none"),
}
"""What ``check`` measures, in plain words, and what is good."""


def check(
    network: nn.Module,
    preparation: Preparation,
    magnetogram: Magnetogram,
    why: Explanation,
    *,
    explain_again: Callable[[nn.Module, str], np.ndarray],
    baselines: Sequence[str] = ("zero_field", "black"),
    draws: int = 3,
    steps: int = 20,
    seed: int = 0,
    against: Mapping[str, Curves] | None = None,
) -> dict[str, float | None]:
    """Can this map be trusted? Everything is measured on the network's own grid, where field is known.

    A method that is not ``signed`` (``Method``) is asked by the size of its map only, and one that uses no
    baseline is not asked for its sensitivity to one. ``randomised`` and ``randomised_signed``, the mean size
    over the draws, are those with nothing learnt left. That a map changes then (``insensitive`` 0) is weak
    evidence: see ``randomisation``.

    Args:
        network: what was explained, views included.
        preparation: the one it was trained with.
        magnetogram: the image.
        why: its explanation, with its map on the network's grid (``prepared``).
        explain_again: (network, name of a baseline) → map "h w" on the network's grid, by the same method.
            The network may have random weights: bound the steps of a method that doubles them.
        baselines: compared with each other, whatever ``why.baseline`` is, so that methods can be compared;
            fewer than two are not.
        draws: of random weights, whose correlations are averaged.
        steps: of the deletion and insertion curves.
        seed: of random weights and orders.
        against: ``references`` of this image, to spare them for every method.

    Returns:
        The keys of ``CHECKS``. None: not promised by the method or not asked of it, or undefined since the
        map is the same everywhere.

    Raises:
        BadOptionError: the explanation does not hold its map on the network's grid.
    """
    if why.prepared is None:
        raise BadOptionError(
            f"This explanation by {why.method} holds no map on the network's own grid, and checks are made "
            "there. Give one that flarescope.explain.explain made."
        )
    x, zero = _images(network, preparation, magnetogram)
    seen, (signed, compares) = preparation.seen(magnetogram), _reads(why.method)
    randomised = randomisation(
        network, lambda drawn: explain_again(drawn, why.baseline), seed=seed, most_stages=1, draws=draws,
        seen=seen,
    )  # fmt: skip
    faithful = faithfulness(
        network, x, zero, why.prepared, signed=signed, steps=steps, rivals=against, seed=seed
    )
    maps = {
        name: why.prepared if name == why.baseline else explain_again(network, name)
        for name in baselines
        if compares and len(baselines) > 1
    }
    found = {
        "completeness": why.checks.get("completeness", math.nan),
        "randomised": float(randomised["correlation"].mean()),
        "randomised_signed": float(randomised["signed"].abs().mean()) if signed else math.nan,
        "insensitive": float(insensitive(randomised, signed=signed)),
        "deletion_over_random": faithful.deletion_gain("random"),
        "deletion_over_flux": faithful.deletion_gain("unsigned_flux"),
        "insertion_over_random": faithful.insertion_gain("random"),
        "insertion_over_flux": faithful.insertion_gain("unsigned_flux"),
        "off_disk": off_disk_share(why.prepared, seen),
        "baseline_sensitivity": baseline_sensitivity(maps, seen) if len(maps) > 1 else math.nan,
    }
    return {name: value if math.isfinite(value) else None for name, value in found.items()}


def references(
    network: nn.Module,
    preparation: Preparation,
    magnetogram: Magnetogram,
    *,
    steps: int = 20,
    seed: int = 0,
) -> dict[str, Curves]:
    """The deletion and insertion curves that every map of this image is compared with, computed once."""
    x, zero = _images(network, preparation, magnetogram)
    return reference_curves(network, x, zero, steps=steps, seed=seed)


def off_disk_share(attribution: Float[np.ndarray, "h w"], seen: Bool[np.ndarray, "h w"]) -> float:
    """How much of the map lies where there is no Sun? Σ|φ| off the disk over Σ|φ|.

    Args:
        attribution: φ on the network's own grid.
        seen: which of its pixels show known field (``Preparation.seen``).

    Returns:
        0 (perfect) to 1; 0 for a map that is zero everywhere.

    Raises:
        BadOptionError: different shapes.
    """
    if attribution.shape != seen.shape:
        raise BadOptionError(
            f"A map of shape {attribution.shape} and pixels seen of shape {seen.shape} do not fit. "
            "Give both on the network's own grid."
        )
    size = np.abs(np.nan_to_num(attribution))
    total = float(size.sum())
    return float(size[~seen].sum()) / total if total > 0.0 else 0.0


def baseline_sensitivity(
    maps: Mapping[str, Float[np.ndarray, "h w"]], seen: Bool[np.ndarray, "h w"] | None = None
) -> float:
    """How much does the map depend on what "nothing there" means?

    1 less the mean rank correlation (``agreement.rank_correlation``) over all pairs of baselines.

    Args:
        maps: name of a baseline → the map it gives.
        seen: pixels that show known field; only they are compared.

    Returns:
        0 (none) to 2; NaN where no pair of maps has an order.

    Raises:
        BadOptionError: fewer than two maps.
    """
    if len(maps) < 2:
        raise BadOptionError(f"{len(maps)} baseline shows no sensitivity. Accepted: two or more.")
    pairs = [rank_correlation(maps[a], maps[b], seen=seen) for a, b in combinations(maps, 2)]
    known = [value for value in pairs if math.isfinite(value)]
    return 1.0 - float(np.mean(known)) if known else math.nan


def _reads(method: str) -> tuple[bool, bool]:
    """Does the sign of its map speak, and does it use a baseline? One that is not registered does both."""
    if method not in METHODS:
        return True, True
    return METHODS[method].signed, METHODS[method].uses_baseline


def _images(network: nn.Module, preparation: Preparation, magnetogram: Magnetogram) -> tuple[Tensor, Tensor]:
    """The image and zero field as the network sees them, "1 1 h w" both."""
    import torch

    weight = next(network.parameters(), torch.zeros(1))
    image = np.ascontiguousarray(preparation.apply(magnetogram))
    x = torch.from_numpy(image).to(weight.device, weight.dtype)[None, None]
    return x, torch.full_like(x, preparation.zero)
