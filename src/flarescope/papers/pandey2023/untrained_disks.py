"""The same maps by networks of random weights: what of a map is owed to the image alone?

Regions are where the field is, and an explanation of any network follows the field somewhat. So sharing
pixels, or lying in regions, says nothing of what was learnt unless it is more than random weights do on the
same disk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope import explain
from flarescope.models import compact
from flarescope.papers.kept_stamp import stamp
from flarescope.papers.pandey2023.explained import THREE, kept_rows, pair_rows
from flarescope.papers.pandey2023.explained_set import block_of, made_up_before_flares, shares_of
from flarescope.papers.pandey2023.made_up_disks import disk_network
from flarescope.papers.pandey2023.real_disks import STEPS, explain_three, real_hours, shipped_disk_network
from flarescope.training import untrained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flarescope.papers.pandey2023.explained import Rows
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram, Region
    from flarescope.training.run import Run

__all__ = ["LEARNT", "Beside", "above_untrained", "beside_untrained", "made_up_beside", "real_beside"]

SEEDS = 2  # networks of random weights, averaged
MOST = 12  # made-up disks, of those that are explained
LEARNT = "learnt"


@dataclass(frozen=True, eq=False)
class Disk:
    """An image with its name, the block of time it belongs to, and how its active regions are found."""

    name: str
    block: int
    image: Magnetogram
    regions: Callable[[], Sequence[Region]]


@dataclass(frozen=True, eq=False)
class Beside:
    """What was measured of each image for each ``network``: "learnt", "random0", "random1".

    Attributes:
        scored: method, image, block, ``in_regions``, the share of the map in them; NaN of a map that is zero
            everywhere. Deep SHAP's is against zero field: quiet copies differ from a disk in regions only.
        pairs: method_a, method_b, image, block, rank_correlation, overlap, same_region.
    """

    scored: pd.DataFrame
    pairs: pd.DataFrame


def made_up_beside(desk: Desk) -> Beside:
    """On the first held-out disks of the made-up Sun before a flare."""
    disks = made_up_before_flares(desk)[:MOST]
    shown = [Disk(f"{n:04d}", block_of(n), one.magnetogram, lambda d=one: d.regions) for n, one in disks]  # type: ignore[misc]
    return beside_untrained(desk, disk_network(desk), shown)


def real_beside(desk: Desk) -> Beside:
    """On the real disks of 2026.

    Raises:
        MissingDataError: no full-disk network is shipped, or there are no images.
    """
    from flarescope.forecaster.disk_regions import regions_on

    run = shipped_disk_network()
    shown = (Disk(name, block, image, partial(regions_on, image)) for name, block, image in real_hours(desk))
    return beside_untrained(desk, run, shown)


def beside_untrained(desk: Desk, run: Run, disks: Iterable[Disk]) -> Beside:
    """Each disk explained by the run, and by networks that have learnt nothing; what stands is read."""
    code = [
        *sorted(Path(explain.__file__).parent.glob("*.py")),
        Path(compact.__file__),
        Path(untrained.__file__),
    ]
    folder = desk.cache(f"untrained_{run.hash}_{stamp(STEPS, SEEDS, files=code)}")
    networks = {LEARNT: run} | {f"random{seed}": _of_random_weights(run, seed) for seed in range(SEEDS)}
    found = [
        kept_rows(folder / f"{disk.name}.json", lambda one=disk: _explained(networks, one))  # type: ignore[misc]
        for disk in disks
    ]
    scored, pairs = (
        pd.DataFrame([row for rows in found for row in rows[key]]) for key in ("scored", "pairs")
    )
    return Beside(scored, pairs)


def above_untrained(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row for each image: ``own``, ``random`` (the mean over seeds), and ``above``, own less random.

    Example:
        >>> rows = pd.DataFrame({"network": ["learnt", "random0", "random1"], "image": "a", "block": 0,
        ...                      "overlap": [0.5, 0.2, 0.4]})
        >>> round(float(above_untrained(rows, "overlap")["above"].iloc[0]), 3)
        0.2
    """
    by_network = rows.assign(who=np.where(rows["network"] == LEARNT, "own", "random"))
    table = by_network.groupby(["image", "block", "who"])[column].mean().unstack("who")
    table = table.reindex(columns=["own", "random"])
    return table.assign(above=table["own"] - table["random"]).reset_index()


def _of_random_weights(run: Run, seed: int) -> Run:
    """One network that has learnt nothing, fed and asked as the run is."""
    return replace(run, network=untrained.untrained_run("compact", seed=seed).network)


def _explained(networks: dict[str, Run], disk: Disk) -> Rows:
    rows: Rows = {"scored": [], "pairs": []}
    regions = disk.regions()
    for who, run in networks.items():
        found = explain_three(disk.image, run)
        against_zero = explain_three(disk.image, run, methods=("deep_shap",), zero_field=True)
        shares = shares_of(disk.image, {m: why.map for m, why in found.items()}, regions)
        shares.pop("area")
        maps = {m: np.asarray(why.prepared) for m, why in found.items()}
        pairs = pair_rows(disk.name, disk.block, maps, shares, run.preparation.seen(disk.image))
        lain = shares_of(disk.image, {m: why.map for m, why in (found | against_zero).items()}, regions)
        rows["pairs"] += [{"network": who, **row} for row in pairs]
        rows["scored"] += [
            {"network": who, "method": m, "image": disk.name, "block": disk.block,
             "in_regions": 1.0 - lain[m][-1].share if maps[m].any() else float("nan")}
            for m in THREE
        ]  # fmt: skip
    return rows
