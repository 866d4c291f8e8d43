"""What does the list of past flares alone say of the coming hours?

An additive self-exciting rate: recent flares raise the expected number of flares, and the rise decays.

    Λ = b₀ + b₁·nM24 + b₂·nM324 + b₃·sq6 + b₄·sq24 + b₅·rC180,   P = 1 − exp(−Λ),   all b ≥ 0

nM_T is the sum over flares of class M1.0 and above of exp(−(t − t_end)/T), T in hours; sq_T the sum over
flares of class C1.0 and above of √(flux / 10⁻⁶ W m⁻²)·exp(−(t − t_end)/T); rC180 the number of flares of
class C1.0 and above per covered day of the last 180 days. A flare counts from its end: one under way is
not yet history. Six numbers, and no published full-disk network of this family beats them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError, BadOptionError, MissingDataError, ScaleError, TrainingError
from flarescope.models.history_terms import TERMS, history_terms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from flarescope.flare import FlareCatalog, GoesScale

__all__ = ["HistoryModel", "Target", "TargetFit", "fit_rate", "probability", "rates"]

LONGEST_HOURS = 240.0
SMALLEST_RATE = 1e-6  # one flare in a million windows: keeps the logarithm finite


@dataclass(frozen=True, order=True)
class Target:
    """What is asked: at least one flare of ``at_least`` starting in (t + from_hours, t + to_hours)."""

    at_least: str
    from_hours: float = 0.0
    to_hours: float = 24.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.from_hours < self.to_hours <= LONGEST_HOURS:
            raise BadOptionError(
                f"A window from {self.from_hours:g} to {self.to_hours:g} h cannot be forecast. "
                f"Accepted: 0 ≤ from < to ≤ {LONGEST_HOURS:g} h."
            )

    @property
    def name(self) -> str:
        """Such as "M1.0 0-24h"."""
        return f"{self.at_least} {self.from_hours:g}-{self.to_hours:g}h"


@dataclass(frozen=True)
class TargetFit:
    """The six coefficients of one target, with refits and base rates over resampled 27-day blocks."""

    target: Target
    coefficients: tuple[float, ...]
    threshold: float
    base_rate: float
    after_active: float
    after_quiet: float
    ensemble: tuple[tuple[float, ...], ...] = ()
    base_rates: tuple[float, ...] = ()


@dataclass(frozen=True)
class HistoryModel:
    """A fitted flare-history rate, for flares of one GOES scale.

    Attributes:
        scale: the GOES scale its flares must have.
        durations_hours: 90 % duration of each class, used where a list gives no end.
        fits: one ``TargetFit`` for each target.
        fitted_on: lists, period and counts, in plain words.
    """

    scale: GoesScale
    durations_hours: dict[str, float]
    fits: tuple[TargetFit, ...]
    fitted_on: dict[str, Any]

    def fit_of(self, target: Target) -> TargetFit:
        """The coefficients for a target; ``MissingDataError`` names the targets there are."""
        for fit in self.fits:
            if fit.target == target:
                return fit
        known = "; ".join(fit.target.name for fit in self.fits)
        raise MissingDataError(f"The history model has no target {target.name}. Accepted: {known}.")

    def terms(
        self, times: Sequence[datetime] | np.ndarray, catalog: FlareCatalog
    ) -> Float[np.ndarray, "t 6"]:
        """The six terms at each time, from flares that had ended by then."""
        if catalog.scale not in (None, self.scale):
            raise ScaleError(
                f"The flares are on the {catalog.scale} scale, the model on the {self.scale} scale. "
                f"Convert them first: flares.on_scale('{self.scale}')."
            )
        return history_terms(times, catalog, self.durations_hours)

    def to_json(self) -> str:
        """As shipped: plain JSON, coefficients to six digits."""
        fits = [
            {
                "at_least": f.target.at_least,
                "from_hours": f.target.from_hours,
                "to_hours": f.target.to_hours,
                "coefficients": dict(zip(TERMS, _rounded(f.coefficients), strict=True)),
                "threshold": round(f.threshold, 4),
                "base_rate": round(f.base_rate, 6),
                "after_active": round(f.after_active, 6),
                "after_quiet": round(f.after_quiet, 6),
                "ensemble": [_rounded(member) for member in f.ensemble],
                "base_rates": _rounded(f.base_rates),
            }
            for f in self.fits
        ]
        head = {"model": "history", "scale": self.scale, "durations_hours": self.durations_hours}
        lines = ",\n  ".join(json.dumps(fit) for fit in fits)
        rest = json.dumps({**head, "fitted_on": self.fitted_on}, indent=1)
        return f'{rest[:-2]},\n "fits": [\n  {lines}\n ]\n}}\n'

    @classmethod
    def load(cls, path: Path) -> HistoryModel:
        """Read what ``to_json`` wrote; a damaged file is a ``BadFileError``."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            fits = tuple(
                TargetFit(
                    Target(f["at_least"], f["from_hours"], f["to_hours"]),
                    tuple(f["coefficients"][term] for term in TERMS),
                    f["threshold"],
                    f["base_rate"],
                    f["after_active"],
                    f["after_quiet"],
                    tuple(map(tuple, f["ensemble"])),
                    tuple(f["base_rates"]),
                )
                for f in data["fits"]
            )
            return cls(data["scale"], data["durations_hours"], fits, data["fitted_on"])
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise BadFileError(
                path, f"no history model ({problem!r}). Refit it: flarescope train history"
            ) from None


def rates(terms: Float[np.ndarray, "t 6"], coefficients: Sequence[float]) -> Float[np.ndarray, "t"]:
    """Λ: how many flares are expected in the window?"""
    return np.asarray(np.maximum(terms @ np.asarray(coefficients, float), SMALLEST_RATE))


def probability(rate: float | Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """P = 1 − exp(−Λ): how probable is at least one?"""
    return np.asarray(-np.expm1(-np.asarray(rate, float)))


def fit_rate(
    terms: Float[np.ndarray, "t 6"],
    happened: np.ndarray,
    weights: np.ndarray | None = None,
    start: Sequence[float] | None = None,
) -> tuple[float, ...]:
    """Which non-negative coefficients make what happened most probable?

    Maximum of the Bernoulli likelihood Σ w·[y·ln(1 − e^(−Λ)) − (1 − y)·Λ], which is concave: there is one.

    Args:
        terms: the six terms of each hour.
        happened: 1 where a flare started in the hour's window.
        weights: how often each hour counts; once by default.
        start: where to begin the search.

    Raises:
        TrainingError: only one class is there to learn from.
    """
    from scipy.optimize import minimize

    y = np.asarray(happened, float)
    w = np.ones_like(y) if weights is None else np.asarray(weights, float)
    if not 0.0 < (w * y).sum() < w.sum():
        raise TrainingError(
            f"{len(y)} hours with {int(y.sum())} events: the fit needs hours with and without."
        )
    unit = np.maximum(terms.mean(axis=0), 1e-9)
    scaled = terms / unit

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        rate = np.maximum(scaled @ b, SMALLEST_RATE)
        quiet = np.exp(-rate)
        value = -(w * (y * np.log1p(-quiet) - (1 - y) * rate)).sum() / w.sum()
        slope = w * (y * quiet / (1 - quiet) - (1 - y))
        return float(value), -(scaled.T @ slope) / w.sum()

    first = np.full(terms.shape[1], 0.01) if start is None else np.asarray(start) * unit
    best = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=[(0, None)] * terms.shape[1])
    return tuple(float(v) for v in best.x / unit)


def _rounded(values: Sequence[float]) -> list[float]:
    return [float(f"{v:.5g}") for v in values]
