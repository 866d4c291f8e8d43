"""Explained images, kept one by one: maps on the network's grid, and rows of what was measured of them."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flarescope.papers.standard_error import widened
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from jaxtyping import Bool, Float

    from flarescope.explain.shares import RegionShare
    from flarescope.forecast import Explanation

__all__ = [
    "THREE",
    "UNSIGNED_FLUX",
    "Explained",
    "first_region",
    "kept",
    "kept_rows",
    "least_spread",
    "mean_of",
    "pair_rows",
    "share_of",
]

THREE = ("guided_grad_cam", "deep_shap", "integrated_gradients")  # the paper's
UNSIGNED_FLUX = "unsigned_flux"
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, eq=False)
class Explained:
    """What was found of a set of images.

    Attributes:
        scored: one row for each method and image: method, image, block, the checks and ``points_at``.
        pairs: one row for each pair of methods and image: method_a, method_b, image, block,
            rank_correlation, overlap, ``same_region`` (do both have the same region first?) and ``chance``.
        folder: where each image's maps are kept.
    """

    scored: pd.DataFrame
    pairs: pd.DataFrame
    folder: Path

    @classmethod
    def of(cls, folder: Path, found: Sequence[Rows]) -> Explained:
        """All images together."""
        scored, pairs = (
            pd.DataFrame([row for rows in found for row in rows[name]]) for name in ("scored", "pairs")
        )
        return cls(scored, pairs, folder)

    @property
    def images(self) -> list[str]:
        """Their names."""
        return list(self.scored["image"].unique())

    def maps(self, image: str) -> dict[str, Float[np.ndarray, "h w"]]:
        """Each method's map on the network's own grid."""
        with np.load(self.folder / f"{image}.npz") as arrays:
            return {name: arrays[name].astype(float) for name in arrays.files}


def kept(folder: Path, image: str, make: Callable[[], tuple[Mapping[str, Explanation], Rows]]) -> Rows:
    """The rows of one image; made, and kept with its maps, if they are not there."""

    def with_maps() -> Rows:
        explanations, rows = make()
        memory = io.BytesIO()
        maps = {name: np.asarray(why.prepared, np.float32) for name, why in explanations.items()}
        np.savez_compressed(memory, **maps)  # type: ignore[arg-type]
        write_whole(folder / f"{image}.npz", memory.getvalue())
        return rows

    return kept_rows(folder / f"{image}.json", with_maps)


def kept_rows(done: Path, make: Callable[[], Rows]) -> Rows:
    """The rows in this file; made, and kept there, if it does not stand."""
    if not done.exists():
        write_whole(done, json.dumps(make()))
    found: Rows = json.loads(done.read_text(encoding="utf-8"))
    return found


def pair_rows(
    image: str,
    block: int | str,
    maps: Mapping[str, Float[np.ndarray, "h w"]],
    shares: Mapping[str, Sequence[RegionShare]],
    seen: Bool[np.ndarray, "h w"],
) -> list[dict[str, Any]]:
    """How far does each pair agree, by pixels (those ``seen``) and by the region that is first?"""
    from flarescope.explain.agreement import agreement

    rows = agreement(maps, seen=seen).to_dict("records")
    first = {name: first_region(found) for name, found in shares.items()}
    regions = max(1, *(len(found) - 1 for found in shares.values()))
    return [
        {
            **{str(key): value for key, value in row.items()},
            "image": image,
            "block": block,
            "same_region": float(first[row["method_a"]] == first[row["method_b"]] != ""),
            "chance": 1.0 / regions,
        }
        for row in rows
    ]


def first_region(shares: Sequence[RegionShare]) -> str:
    """The region with the largest share: its number or place; empty where no region has any."""
    best = max((one for one in shares if one.region is not None), key=lambda one: one.share, default=None)
    if best is None or best.region is None or best.share <= 0.0:
        return ""
    return best.name if best.region.harp is None else f"{best.region.harp} {best.name}"


def mean_of(rows: pd.DataFrame, column: str) -> tuple[float | None, float | None, int, int]:
    """Mean over images, its standard error over blocks, and how many images and blocks there are.

    The error is that of a ratio of sums over blocks, widened for so few blocks; None with fewer than three.
    """
    known = rows[np.isfinite(rows[column].astype(float))] if column in rows else rows.iloc[:0]
    if known.empty:
        return None, None, 0, 0
    values = known[column].astype(float)
    mean = float(values.mean())
    left = (values - mean).groupby(known["block"]).sum().to_numpy()
    count = len(left)
    if count < 3:
        return mean, None, len(known), count
    error = float(np.sqrt(count / (count - 1) * (left**2).sum())) / len(known)
    return mean, widened(error, count), len(known), count


def share_of(
    rows: pd.DataFrame, column: str, *, paired: bool = False
) -> tuple[float | None, float | None, int, int]:
    """As ``mean_of``, of a column of yes and no, whose error is at least ``least_spread``."""
    mean, error, images, blocks = mean_of(rows, column)
    if error is not None:
        values = rows[column].astype(float)
        means = values.groupby(rows["block"]).mean().dropna()
        error = max(error, least_spread(means.to_numpy(), paired=paired))
    return mean, error, images, blocks


def least_spread(shares: Float[np.ndarray, "n"], *, paired: bool = False) -> float:
    """Standard error of a share over few blocks or HARPs, as if there were four more of them.

    Two of these are right and two wrong, so that four of four are no certainty. The difference of two shares
    on the same images (``paired``) has one of each of the four outcomes: both right, both wrong, and either
    of the two alone.

    Example:
        >>> round(least_spread(np.ones(4)), 3), round(least_spread(np.zeros(4), paired=True), 3)
        (0.153, 0.177)

    Reference:
        Agresti & Coull 1998, The American Statistician 52, 119; Agresti & Min 2005 for pairs.
    """
    added = (-1.0, 0.0, 0.0, 1.0) if paired else (0.0, 0.0, 1.0, 1.0)
    values = np.concatenate([shares, added])
    return float(values.std() / np.sqrt(len(values)))
