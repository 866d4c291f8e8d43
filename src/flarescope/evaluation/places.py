"""Does it matter where on the Sun the flare is? Recall and false alarms by place and by strength.

Works on the stored forecasts of any model: what was said, and where the strongest flare of each window was.
Among hours whose strongest flare is M or X the share called "flare" is the recall; among those of C, B and A
it is the false alarm rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from flarescope.errors import BadOptionError
from flarescope.verify import Blocks, ContingencyTable, Estimate, by_class, by_longitude
from flarescope.verify.arrays import divide
from flarescope.verify.intervals import percentiles, resampled_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from flarescope.evaluation.flare_places import FlarePlaces

__all__ = [
    "PlacedAnswers",
    "by_magnitude",
    "fold_tables",
    "limb_gap",
    "limb_table",
    "longitude_profile",
    "magnitude_gap",
    "place_map",
    "place_scores",
]

FEW_BLOCKS = 5  # fewer blocks of days say nothing about how sure a share is
SMALLEST_FLUX = {"A": 1e-8, "B": 1e-7, "C": 1e-6, "M": 1e-5, "X": 1e-4}  # W m⁻²
MAGNITUDES = tuple(range(1, 11))
LONGITUDES, LATITUDES = 90.0, 35.0  # how far maps reach, degrees


@dataclass(frozen=True, eq=False)
class PlacedAnswers:
    """What was said for each hour, and the strongest flare that followed.

    Attributes:
        called: was a flare forecast? "n".
        places: of the strongest flare of each hour's window, "n".
        blocks: units of independence for the intervals.
        resamples: bootstrap samples of the blocks.
        seed: of the bootstrap.
    """

    called: Bool[np.ndarray, "n"]
    places: FlarePlaces
    blocks: Blocks
    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        lengths = len(self.called), len(self.places.flux), len(self.blocks.ids)
        if len(set(lengths)) != 1:
            raise BadOptionError(
                f"{lengths[0]} answers, {lengths[1]} places and {lengths[2]} blocks do not belong together. "
                "Give one of each for every hour."
            )


def fold_tables(
    probability: ArrayLike, observed: ArrayLike, fold: ArrayLike, *, threshold: ArrayLike = 0.5
) -> pd.DataFrame:
    """How good is the forecast in each fold?

    Returns:
        One row a fold: ``fold``, ``n``, ``events``, ``tp``, ``fp``, ``tn``, ``fn``, ``pod``, ``pofd``,
        ``tss``, ``hss``.

    Raises:
        BadOptionError: the columns cannot be scored.
    """
    said, happened, folds = np.asarray(probability), np.asarray(observed), np.asarray(fold)
    limits, rows = np.broadcast_to(np.asarray(threshold, float), said.shape), []
    for name in np.unique(folds):
        own = folds == name
        table = ContingencyTable.from_forecasts(said[own], happened[own], threshold=limits[own])
        scores = ("n", "events", "tp", "fp", "tn", "fn", "pod", "pofd", "tss", "hss")
        rows.append(
            {"fold": name, "n": table.n, "events": table.events}
            | {key: getattr(table, key) for key in scores}
        )
    return pd.DataFrame(rows)


def limb_table(answers: PlacedAnswers, *, classes: str = "XMC", limb_degrees: float = 70) -> pd.DataFrame:
    """How often is a flare forecast, by class of the strongest flare, within and beyond the limb's longitude?

    Returns:
        One row a class and place ("within 70°", "beyond 70°", "unknown"): ``class``, ``place``, ``called``,
        ``n`` (hours), ``share`` = called / n with its 95 % interval ``low`` to ``high`` and standard
        deviation ``sd``, and ``blocks`` that hold such hours. With fewer than five blocks no interval is
        given.
    """
    letters = by_class(answers.places.flux)
    sides = by_longitude(answers.places.longitude, limb_degrees=limb_degrees)
    names = [(letter, side) for letter in classes for side in sides]
    part = _parts([letters[letter] & sides[side] for letter, side in names])
    table = _shares(answers, part, len(names))
    table.insert(0, "class", [letter for letter, _ in names])
    table.insert(1, "place", [side for _, side in names])
    return table


def limb_gap(answers: PlacedAnswers, letter: str, *, limb_degrees: float = 70) -> Estimate:
    """How much more often is a flare of this class called within the limb's longitude than beyond it?

    The difference of the two shares, from the same draws of blocks; −1 to 1, 0 where place does not matter.
    """
    own = by_class(answers.places.flux)[letter]
    within, beyond, _ = by_longitude(answers.places.longitude, limb_degrees=limb_degrees).values()
    return _difference(answers, own & within, own & beyond)


def by_magnitude(
    answers: PlacedAnswers,
    letter: str = "C",
    *,
    edges: Sequence[float] = MAGNITUDES,
    where: Bool[np.ndarray, "n"] | None = None,
) -> pd.DataFrame:
    """How often is a flare called, by the magnitude within one class? C9 borders on M1, C1 does not.

    Args:
        answers: what was said, and what followed.
        letter: the class.
        edges: rising magnitudes; a bin is lower ≤ magnitude < upper, so 1, 2, … 10 for C1.0 to C9.9.
        where: only these hours.

    Returns:
        One row a bin: ``lower``, ``upper`` and the columns of ``limb_table``.

    Raises:
        BadOptionError: no such class, or edges that do not rise.
    """
    limits = np.asarray(edges, float)
    if len(limits) < 2 or not (np.diff(limits) > 0).all():
        raise BadOptionError(f"Edges {list(edges)} do not rise. Accepted: two or more rising magnitudes.")
    bins = np.searchsorted(limits, _magnitude(answers.places.flux, letter), side="right") - 1
    inside = by_class(answers.places.flux)[letter] & (bins >= 0) & (bins < len(limits) - 1)
    part = np.where(inside if where is None else inside & where, bins, -1)
    table = _shares(answers, part, len(limits) - 1)
    table.insert(0, "lower", limits[:-1])
    table.insert(1, "upper", limits[1:])
    return table


def magnitude_gap(answers: PlacedAnswers, letter: str, low: float, high: float) -> Estimate:
    """How much more often are hours of magnitude ≥ ``high`` called than those below ``low``?

    From the same draws of blocks; −1 to 1, 0 where strength does not matter.
    """
    own, size = by_class(answers.places.flux)[letter], _magnitude(answers.places.flux, letter)
    return _difference(answers, own & (size >= high), own & (size < low))


def place_map(answers: PlacedAnswers, chosen: Bool[np.ndarray, "n"], *, degrees: float = 5.0) -> pd.DataFrame:
    """Where on the Sun are flares recognised? Bins of heliographic longitude and latitude.

    Bins reach away from the central meridian and the equator and hold their outer edge, so that the bins
    up to 70° hold just what lies within 70°.

    Args:
        answers: what was said, and what followed.
        chosen: these hours, such as those whose strongest flare is X.
        degrees: side of a bin; it must divide 90 and 35.

    Returns:
        One row a bin, those without an hour too: ``longitude`` and ``latitude`` of its middle (±90°, ±35°)
        and the columns of ``limb_table``. Hours at unknown places or beyond the map are in no bin.

    Raises:
        BadOptionError: the bins do not fit.
    """
    fits = degrees > 0 and all(abs(side / degrees % 1) < 1e-9 for side in (LONGITUDES, LATITUDES))
    if not fits:
        raise BadOptionError(f"Bins of {degrees:g}° do not fill ±90° and ±35°. Accepted: 1, 2.5, 5.")
    column, columns = _bin(answers.places.longitude, degrees, LONGITUDES)
    row, rows = _bin(answers.places.latitude, degrees, LATITUDES)
    known = chosen & (column >= 0) & (row >= 0)
    table = _shares(answers, np.where(known, row * columns + column, -1), rows * columns)
    cell = np.arange(rows * columns)
    table.insert(0, "longitude", (cell % columns + 0.5) * degrees - LONGITUDES)
    table.insert(1, "latitude", (cell // columns + 0.5) * degrees - LATITUDES)
    return table


def longitude_profile(
    answers: PlacedAnswers, chosen: Bool[np.ndarray, "n"], *, degrees: float = 10.0
) -> pd.DataFrame:
    """How often are flares recognised at each longitude, all latitudes together?

    Strips as the bins of ``place_map``; ``longitude`` is that of the middle.

    Raises:
        BadOptionError: the strips do not fill ±90°.
    """
    if not degrees > 0 or abs(LONGITUDES / degrees % 1) > 1e-9:
        raise BadOptionError(f"Strips of {degrees:g}° do not fill ±90°. Accepted: 5, 10, 15.")
    strip, strips = _bin(answers.places.longitude, degrees, LONGITUDES)
    table = _shares(answers, np.where(chosen, strip, -1), strips)
    table.insert(0, "longitude", (np.arange(strips) + 0.5) * degrees - LONGITUDES)
    return table


def place_scores(answers: PlacedAnswers, *, limb_degrees: float = 70) -> dict[str, Any]:
    """The limb table and the false alarms by magnitude of C, as JSON takes them."""
    limb = limb_table(answers, limb_degrees=limb_degrees)
    limb = limb[(limb["place"] != "unknown") | (limb["n"] > 0)]
    document = {"limb": limb, "c_class": by_magnitude(answers)}
    plain = {name: table.astype(object).where(table.notna(), None) for name, table in document.items()}
    return {name: table.to_dict("records") for name, table in plain.items()}


def _magnitude(flux: Float[np.ndarray, "n"], letter: str) -> Float[np.ndarray, "n"]:
    """4.3 of C4.3; rounded, for flux is not exact."""
    if letter not in SMALLEST_FLUX:
        raise BadOptionError(f"'{letter}' is no GOES class. Accepted: A, B, C, M, X.")
    return np.round(flux / SMALLEST_FLUX[letter], 3)


def _bin(degrees_away: Float[np.ndarray, "n"], size: float, reach: float) -> tuple[Int[np.ndarray, "n"], int]:
    """Bin of each place, −1 where unknown or beyond reach, and how many bins there are."""
    each = round(reach / size)
    known = np.abs(degrees_away) <= reach
    away = np.where(known, degrees_away, 0.0)
    step = np.maximum(np.ceil(np.abs(away) / size).astype(int), 1) - 1
    return np.where(known, np.where(away < 0, each - 1 - step, each + step), -1), 2 * each


def _parts(masks: list[Bool[np.ndarray, "n"]]) -> Int[np.ndarray, "n"]:
    """Which of these masks, none of which overlap, holds each row; −1 for none."""
    return np.select(masks, list(range(len(masks))), default=-1)


def _shares(answers: PlacedAnswers, part: Int[np.ndarray, "n"], parts: int) -> pd.DataFrame:
    """Called and all hours of each part, their quotient, and how sure it is."""
    called, n = _tallies(answers, part, parts)
    samples = _samples(answers, called, n)
    low, high = percentiles(samples)
    blocks = (n > 0).sum(axis=0)
    few = blocks < FEW_BLOCKS
    bounds = {"low": low, "high": high, "sd": _spread(samples)}
    return pd.DataFrame(
        {"called": called.sum(axis=0), "n": n.sum(axis=0), "share": divide(called.sum(axis=0), n.sum(axis=0))}
        | {name: np.where(few, np.nan, bound) for name, bound in bounds.items()}
        | {"blocks": blocks}
    )


def _difference(answers: PlacedAnswers, more: Bool[np.ndarray, "n"], less: Bool[np.ndarray, "n"]) -> Estimate:
    called, n = _tallies(answers, _parts([more, less]), 2)
    drawn = _samples(answers, called, n)
    samples = drawn[:, :1] - drawn[:, 1:]
    low, high = percentiles(samples)
    share = divide(called.sum(axis=0), n.sum(axis=0))
    how = answers.blocks.how(answers.resamples)
    return Estimate(
        float(share[0] - share[1]), float(low[0]), float(high[0]), how, float(_spread(samples)[0])
    )


def _tallies(
    answers: PlacedAnswers, part: Int[np.ndarray, "n"], parts: int
) -> tuple[Int[np.ndarray, "block part"], Int[np.ndarray, "block part"]]:
    """Called hours and all hours of each block and part."""
    inside, blocks = part >= 0, answers.blocks.count
    cell = answers.blocks.ids[inside] * parts + part[inside]
    size = blocks * parts
    called = np.bincount(cell, answers.called[inside], size).astype(int)
    return called.reshape(blocks, parts), np.bincount(cell, minlength=size).reshape(blocks, parts)


def _samples(
    answers: PlacedAnswers, called: Int[np.ndarray, "block part"], n: Int[np.ndarray, "block part"]
) -> Float[np.ndarray, "r part"]:
    """The share of each part in each bootstrap sample; NaN where no hour of it was drawn."""
    batches = resampled_weights(answers.blocks, answers.resamples, answers.seed)
    return np.concatenate([divide(weights @ called, weights @ n) for weights in batches])


def _spread(samples: Float[np.ndarray, "r part"]) -> Float[np.ndarray, "part"]:
    """Standard deviation over the samples that know the part; NaN if fewer than two do."""
    return np.asarray(np.ma.masked_invalid(samples).std(axis=0, ddof=1).filled(np.nan))
