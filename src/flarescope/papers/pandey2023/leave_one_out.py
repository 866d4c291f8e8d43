"""Which of the three methods adds something? Their mean map with and without each, on the made-up Sun."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.explained import THREE, mean_of, share_of
from flarescope.papers.pandey2023.explained_set import before_flares, explained_set, shares_of
from flarescope.papers.pandey2023.made_up_disks import disk_network, size_of
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flarescope.papers.reproduction import Desk
    from flarescope.synthetic.disks import MadeUpDisk
    from flarescope.training.run import Run

__all__ = ["leave_one_method_out", "mean_map"]

SHORT = dict(zip(THREE, ("gradcam", "shap", "gradients"), strict=True))
ALL = "all three"


def leave_one_method_out(desk: Desk) -> list[Finding]:
    """What is lost if one of the three methods is left out?

    The mean of the three maps is compared, disk by disk, with the mean of the other two: how soon the logit
    falls when what the mean calls important goes (deletion), and whether its first region is the one that
    flares. And the agreement of the other two is compared with that of all pairs.
    """
    made_up = explained_set(desk)
    table = pd.DataFrame(_rows(desk))
    pairs = made_up.pairs[made_up.pairs[["method_a", "method_b"]].isin(THREE).all(axis=1)]
    write_whole(desk.folder / "leave_one_method_out.csv", table.to_csv(index=False))
    found = []
    for method, short in SHORT.items():
        rest = pairs[~(pairs[["method_a", "method_b"]] == method).any(axis=1)].set_index("image")
        mean = pairs.groupby("image")["overlap"].mean()
        overlap = rest.assign(less=rest["overlap"] - mean)[["block", "less"]]
        own = table[table["without"] == method]
        found += [
            _finding(f"deletion_without_{short}", own, "deletion", "logits of the deletion curve's mean"),
            _finding(f"pointing_without_{short}", own, "points_at", "share of disks"),
            _finding(f"overlap_without_{short}", overlap, "less", "overlap of the strongest 1 % of pixels"),
        ]
    return found


def mean_map(maps: Mapping[str, np.ndarray], methods: tuple[str, ...]) -> np.ndarray:
    """The mean of several methods' |φ|, each divided by its Σ|φ|: units differ, shares can be added.

    Sizes alone, because the sign of Guided Grad-CAM is the sense of the field.

    Example:
        >>> mean_map({"a": np.array([[1.0, -3.0]]), "b": np.array([[0.0, 8.0]])}, ("a", "b"))
        array([[0.125, 0.875]])
    """
    sizes = [np.abs(maps[name]) for name in methods]
    scaled = [size / max(float(size.sum()), 1e-300) for size in sizes]
    return np.asarray(np.mean(scaled, axis=0))


def _rows(desk: Desk) -> list[dict[str, Any]]:
    """For each disk and method left out: all three less the other two; above 0, the method adds."""
    run, made_up, count = disk_network(desk), explained_set(desk), size_of(desk).explained
    blocks = made_up.scored.drop_duplicates("image").set_index("image")["block"]
    rows: list[dict[str, Any]] = []
    for done, (number, disk) in enumerate(before_flares(count)):
        desk.progress("methods left out", done, count)
        image = f"{number:04d}"
        maps = made_up.maps(image)
        mixed = {ALL: mean_map(maps, THREE)} | {
            method: mean_map(maps, pair)
            for method, pair in zip(reversed(THREE), combinations(THREE, 2), strict=True)
        }
        deletion, right = _deletion(run, disk, mixed), _points_at(run, disk, mixed)
        rows += [
            {
                "without": method,
                "image": image,
                "block": blocks[image],
                "deletion": deletion[method] - deletion[ALL],
                "points_at": right[ALL] - right[method],
            }
            for method in THREE
        ]
    desk.progress("methods left out", count, count)
    return rows


def _deletion(run: Run, disk: MadeUpDisk, maps: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Mean logit while what each map calls important goes: the lower, the better."""
    import torch

    from flarescope.explain.deletion import faithfulness

    x = torch.from_numpy(run.preparation.apply(disk.magnetogram))[None, None]
    first, *others = maps
    found = faithfulness(
        run.network, x, torch.zeros_like(x), maps[first], rivals={n: maps[n] for n in others}
    )
    return {name: found.curves["map" if name == first else name].deletion_area for name in maps}


def _points_at(run: Run, disk: MadeUpDisk, maps: Mapping[str, np.ndarray]) -> dict[str, float]:
    from flarescope.explain.pointing import points_at

    assert disk.flare is not None
    laid = {name: run.preparation.undo_map(values, disk.magnetogram) for name, values in maps.items()}
    shares = shares_of(disk.magnetogram, laid, disk.regions)
    return {name: float(points_at(shares[name], disk.flare)) for name in maps}


def _finding(name: str, rows: pd.DataFrame, column: str, unit: str) -> Finding:
    share = column == "points_at"
    mean, error, images, blocks = share_of(rows, column, paired=True) if share else mean_of(rows, column)
    if mean is None:
        return Finding(name, "synthetic", None, needs="maps that are not zero everywhere")
    note = f"In {unit}; paired on {images} made-up disks, spread over {blocks} blocks of 27 days."
    return Finding(name, "synthetic", mean, error, "", note)
