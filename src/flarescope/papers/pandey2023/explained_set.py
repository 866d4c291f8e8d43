"""Held-out disks of the made-up Sun before a flare, each explained by every method and every map checked."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope import explain
from flarescope.errors import MissingDataError
from flarescope.papers.kept_stamp import stamp
from flarescope.papers.pandey2023.explained import (
    UNSIGNED_FLUX,
    Explained,
    kept,
    pair_rows,
)
from flarescope.papers.pandey2023.made_up_disks import disk_network, held_out_disks, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from flarescope.explain.shares import RegionShare
    from flarescope.forecast import Explanation
    from flarescope.papers.pandey2023.explained import Rows
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram, Region
    from flarescope.synthetic.disks import MadeUpDisk
    from flarescope.training.run import Run

__all__ = ["before_flares", "block_of", "explained_set", "made_up_before_flares", "shares_of"]

BLOCK_DAYS, DISK_DAYS = 27, 5
OPTIONS: dict[str, Any] = {"mask_pixels": 32, "stride": 16, "steps": 32}
AGAIN = {"steps": 16, "most_steps": 16}  # of Integrated Gradients where it is repeated for a check


@lru_cache(maxsize=2)
def before_flares(count: int) -> tuple[tuple[int, MadeUpDisk], ...]:
    """The first held-out disks within 24 h before a flare of M1.0 or above, with their numbers."""
    found: list[tuple[int, MadeUpDisk]] = []
    for number, disk in enumerate(held_out_disks()):
        if len(found) == count:
            break
        if disk.flare is not None:
            found.append((number, disk))
    return tuple(found)


def made_up_before_flares(desk: Desk) -> tuple[tuple[int, MadeUpDisk], ...]:
    """The disks that are explained, with their numbers."""
    return before_flares(size_of(desk).explained)


def block_of(number: int) -> int:
    """Which 27 days does the held-out disk of this number belong to?"""
    return number * DISK_DAYS // BLOCK_DAYS


def explained_set(desk: Desk) -> Explained:
    """Every method on every disk, with all checks; what stands is read, disk by disk."""
    run, count = disk_network(desk), size_of(desk).explained
    named = stamp(OPTIONS, AGAIN, files=sorted(Path(explain.__file__).parent.glob("*.py")))
    folder = desk.cache(f"explained_{run.hash}_{named}")
    found = []
    for done, (number, disk) in enumerate(before_flares(count)):
        desk.progress("made-up disks explained", done, count)
        found.append(kept(folder, f"{number:04d}", lambda n=number, one=disk: _explained(run, n, one)))  # type: ignore[misc]
    desk.progress("made-up disks explained", count, count)
    return Explained.of(folder, found)


def shares_of(
    image: Magnetogram, maps: Mapping[str, np.ndarray], regions: Sequence[Region]
) -> dict[str, tuple[RegionShare, ...]]:
    """Each map's shares in the active regions; and, as "area", the regions' shares of the visible disk."""
    from flarescope.explain.shares import region_shares

    known = {**maps, "area": np.isfinite(image.field).astype(float)}
    return {name: region_shares(values, image, regions) for name, values in known.items()}


def _explained(run: Run, number: int, disk: MadeUpDisk) -> tuple[Mapping[str, Explanation], Rows]:
    from flarescope.explain import METHODS

    name, block = f"{number:04d}", block_of(number)
    image = disk.magnetogram
    found = {method: _map(run.network, run, image, method) for method in METHODS}
    shares = shares_of(image, {m: why.map for m, why in found.items()}, disk.regions)
    shares.pop("area")
    checks, points = _checks(run, image, found), _points(name, disk, shares)
    scored = [
        {"method": m, "image": name, "block": block, **checks.get(m, {}), "points_at": value}
        for m, value in points.items()
    ]
    flux = {UNSIGNED_FLUX: np.abs(run.preparation.apply(image)).astype(float)}
    shares |= {m: shares_of(image, {m: np.abs(image.field)}, disk.regions)[m] for m in flux}
    maps = {m: np.asarray(why.prepared) for m, why in found.items()} | flux
    return found, {
        "scored": scored,
        "pairs": pair_rows(name, block, maps, shares, run.preparation.seen(image)),
    }


def _map(
    network: nn.Module, run: Run, image: Magnetogram, method: str, baseline: str = "zero_field", **less: Any
) -> Explanation:
    """One method on one disk; deep_shap's zero field is ten quiet copies."""
    from flarescope.explain import METHODS, explain

    asked = {name: value for name, value in (OPTIONS | less).items() if name in METHODS[method].options}
    return explain(
        network, run.preparation, image, method=method, baseline=baseline, views=(image.view,), **asked
    )


def _checks(
    run: Run, image: Magnetogram, found: Mapping[str, Explanation]
) -> dict[str, dict[str, float | None]]:
    from flarescope.explain.checks import check, references

    against = references(run.network, run.preparation, image)
    checked = {}
    for method, why in found.items():

        def again(network: nn.Module, baseline: str, method: str = method) -> np.ndarray:
            return np.asarray(_map(network, run, image, method, baseline, **AGAIN).prepared)

        same = replace(why, baseline="zero_field")
        checked[method] = check(
            run.network, run.preparation, image, same, explain_again=again, against=against
        )
    return checked


def _points(name: str, disk: MadeUpDisk, shares: Mapping[str, Sequence[RegionShare]]) -> dict[str, float]:
    """For each method and rival: does it point at the region that flares?"""
    from flarescope.explain.pointing import PointingCase, pointing_game

    if disk.flare is None:
        raise MissingDataError("needs a disk before a flare")
    game = pointing_game([PointingCase(name, shares, disk.flare, disk.last_flared)])
    return dict(zip(game["method"], game["points_at"].astype(float), strict=True))
