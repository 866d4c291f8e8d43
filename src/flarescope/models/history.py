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
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError, BadOptionError, MissingDataError, ScaleError, TrainingError
from flarescope.flare import GoesClass
from flarescope.times import to_datetime64

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from flarescope.flare import FlareCatalog, GoesScale

__all__ = [
    "TERMS",
    "HistoryModel",
    "Target",
    "TargetFit",
    "flare_ends",
    "history_terms",
    "probability",
    "rates",
    "recently_covered",
]

TERMS = ("b0", "nM24", "nM324", "sq6", "sq24", "rC180")
MEMORY = timedelta(days=180)
LEAST_COVERED_DAYS = 27.0
RECENT = timedelta(days=3)
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


def flare_ends(catalog: FlareCatalog, durations_hours: dict[str, float]) -> np.ndarray:
    """When had each flare ended? From the list, else its start plus the 90 % duration of its class."""
    columns = catalog.columns
    letters = [flare.goes_class.letter for flare in catalog]
    shortest = min(durations_hours.values(), default=0.5)
    hours = np.array([durations_hours.get(letter, shortest) for letter in letters], float)
    guessed = columns.start + (hours * 3.6e9).astype("timedelta64[us]")
    return np.where(np.isnat(columns.end), guessed, columns.end)


def history_terms(
    times: Sequence[datetime] | np.ndarray, catalog: FlareCatalog, durations_hours: dict[str, float]
) -> Float[np.ndarray, "t 6"]:
    """The terms of the rate at each time; see the module's head for their meaning."""
    at = _datetimes(times)
    ends = flare_ends(catalog, durations_hours)
    order = np.argsort(ends, kind="stable")
    ends, flux = ends[order], catalog.columns.flux[order]
    major, counted = flux >= _floor("M1.0"), flux >= _floor("C1.0")
    root = np.sqrt(flux / 1e-6)
    columns = [
        np.ones(len(at)),
        _decayed_sum(at, ends[major], np.ones(major.sum()), 24.0),
        _decayed_sum(at, ends[major], np.ones(major.sum()), 324.0),
        _decayed_sum(at, ends[counted], root[counted], 6.0),
        _decayed_sum(at, ends[counted], root[counted], 24.0),
        _daily_rate(at, ends[counted], catalog),
    ]
    return np.stack(columns, axis=1)


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


def _decayed_sum(at: np.ndarray, ends: np.ndarray, size: np.ndarray, hours: float) -> Float[np.ndarray, "t"]:
    """Σ size·exp(−(t − end)/hours) over the flares that had ended, at each time: one pass over the flares."""
    if len(ends) == 0:
        return np.zeros(len(at))
    gaps = np.diff(ends) / np.timedelta64(1, "h")
    fade = np.exp(-gaps / hours)
    total = np.empty(len(ends))
    total[0] = size[0]
    for k in range(1, len(ends)):
        total[k] = total[k - 1] * fade[k - 1] + size[k]
    last = np.searchsorted(ends, at, side="right") - 1
    age = (at - ends[np.maximum(last, 0)]) / np.timedelta64(1, "h")
    return np.where(last >= 0, total[np.maximum(last, 0)] * np.exp(-np.maximum(age, 0.0) / hours), 0.0)


def _daily_rate(at: np.ndarray, ends: np.ndarray, catalog: FlareCatalog) -> Float[np.ndarray, "t"]:
    """Flares per covered day of the last 180 days; 0 where none is covered."""
    memory = np.timedelta64(MEMORY)
    count = np.searchsorted(ends, at, side="right") - np.searchsorted(ends, at - memory, side="right")
    days = covered_days(at, catalog)
    return np.where(days > 0.0, count / np.maximum(days, 1e-9), 0.0)


def covered_days(times: Sequence[datetime] | np.ndarray, catalog: FlareCatalog) -> Float[np.ndarray, "t"]:
    """How many of the last 180 days does the list cover, at each time?"""
    at = _datetimes(times)
    day = np.timedelta64(1, "D")
    total = np.zeros(len(at))
    for start, end in catalog.coverage:
        low = np.maximum(at - np.timedelta64(MEMORY), to_datetime64(start))
        total += np.maximum((np.minimum(at, to_datetime64(end)) - low) / day, 0.0)
    return total


def recently_covered(times: Sequence[datetime] | np.ndarray, catalog: FlareCatalog) -> np.ndarray:
    """Has the list no hole in the three days before each time, on which the rate leans most?"""
    at = _datetimes(times)
    covered = np.zeros(len(at), bool)
    for start, stop in catalog.coverage:
        covered |= (at >= to_datetime64(start + RECENT)) & (at <= to_datetime64(stop))
    return covered


def _datetimes(times: Sequence[datetime] | np.ndarray) -> np.ndarray:
    if isinstance(times, np.ndarray):
        return times.astype("datetime64[us]")
    return np.array([to_datetime64(t) for t in times], "datetime64[us]")


def _floor(goes_class: str) -> float:
    """Peak flux from which a flare counts, with room for rounding."""
    return GoesClass(goes_class).peak_flux * (1 - 1e-9)


def _rounded(values: Sequence[float]) -> list[float]:
    return [float(f"{v:.5g}") for v in values]
