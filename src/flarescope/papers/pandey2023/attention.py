"""Guided Grad-CAM, Deep SHAP and Integrated Gradients: do they show what the network goes by?

The paper shows three maps and calls them consistent. Here each is measured: on the made-up Sun, where the
region that flares is known, and, as far as that goes without it, on real disks.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

from flarescope.errors import FlarescopeError
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.explained import THREE, UNSIGNED_FLUX, mean_of, share_of
from flarescope.papers.pandey2023.explained_set import before_flares, explained_set, shares_of
from flarescope.papers.pandey2023.made_up_disks import disk_network, size_of
from flarescope.papers.pandey2023.real_disks import explain_three, real_set
from flarescope.papers.pandey2023.untrained_disks import LEARNT, above_untrained, made_up_beside, real_beside
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from flarescope.papers.claims import DataKind
    from flarescope.papers.pandey2023.explained import Explained
    from flarescope.papers.pandey2023.untrained_disks import Beside
    from flarescope.papers.reproduction import Desk

__all__ = ["agreement", "deep_shap", "guided_gradcam", "integrated_gradients"]

RIVALS = ("chance", "largest_region", "flared_last")
CHECKED = (
    "randomised", "randomised_signed", "deletion_over_random", "deletion_over_flux",
    "insertion_over_random", "insertion_over_flux", "off_disk",
)  # fmt: skip
OF_A_REFERENCE = ("completeness", "baseline_sensitivity")  # of methods that compare with a reference image
ON_REAL = ("completeness", "off_disk")
BY_CONSTRUCTION = "By construction: no method says anything of pixels that are zero field off the disk"
PANELS = {
    "completeness": "error of the sum", "randomised": "like a map of nothing learnt",
    "randomised_signed": "the same with signs", "deletion_over_random": "deletion over random",
    "points_at": "share of disks on which the first region is the one that flares",
    "in_regions": "in regions, above random weights", "baseline_sensitivity": "change with the baseline",
}  # fmt: skip
PAIRS = {
    "gradcam_shap": ("guided_grad_cam", "deep_shap"),
    "gradcam_gradients": ("guided_grad_cam", "integrated_gradients"),
    "shap_gradients": ("deep_shap", "integrated_gradients"),
}
NO_POSITIONS = (
    "needs positions of flares in the hours of full-disk images (they end in 2018, images begin in 2026)"
)


def guided_gradcam(desk: Desk) -> list[Finding]:
    """Guided Grad-CAM: the gradient through positive paths, times where the last convolution looked."""
    return _method(desk, "guided_grad_cam")


def deep_shap(desk: Desk) -> list[Finding]:
    """Deep SHAP: what makes the disk's logit differ from that of the same Sun without its regions."""
    return _method(desk, "deep_shap")


def integrated_gradients(desk: Desk) -> list[Finding]:
    """Integrated Gradients: what carried the logit from zero field to what it is."""
    return _method(desk, "integrated_gradients")


def agreement(desk: Desk) -> list[Finding]:
    """Do the three maps highlight the same regions, and more so than each agrees with the unsigned flux?"""
    made_up = explained_set(desk)
    figure = _side_by_side(desk)
    found = [*_agreement_on(made_up_beside(desk), "synthetic", figure)]
    found.append(_same_region(made_up, made_up_beside(desk), "synthetic", figure))
    found += [_over_flux(made_up, *pair, figure) for pair in PAIRS.items()]
    try:
        beside = real_beside(desk)
        same = _same_region(real_set(desk), beside, "real-small", "")
        return [*found, *_agreement_on(beside, "real-small", ""), same]
    except FlarescopeError as problem:
        names = [f"{what}_{pair}" for pair in PAIRS for what in ("rank", "overlap")]
        return found + [_not_run(name, str(problem)) for name in (*names, "same_region")]


def _method(desk: Desk, method: str) -> list[Finding]:
    made_up = explained_set(desk)
    figure, game = _figures(desk, made_up)
    own = made_up.scored[made_up.scored["method"] == method]
    names = [*CHECKED, *(OF_A_REFERENCE if method != "guided_grad_cam" else ())]
    found = [_finding(name, "synthetic", own, name, figure) for name in names]
    found += [_beside(made_up.scored, method, rival, game) for rival in RIVALS]
    found.append(_in_regions(made_up_beside(desk), method, "synthetic", figure))
    return [*found, *_on_real(desk, method), _not_run("points_over_largest_region", NO_POSITIONS)]


def _on_real(desk: Desk, method: str) -> list[Finding]:
    names = [name for name in ON_REAL if name != "completeness" or method != "guided_grad_cam"]
    try:
        real, beside = real_set(desk).scored, real_beside(desk)
    except FlarescopeError as problem:
        return [_not_run(name, str(problem), "real-small") for name in (*names, "in_regions")]
    own = real[real["method"] == method]
    found = [_finding(name, "real-small", own, name) for name in names]
    return [*found, _in_regions(beside, method, "real-small")]


def _in_regions(beside: Beside, method: str, data: DataKind, figure: str = "") -> Finding:
    """How much more of the map lies in regions than of maps by networks that have learnt nothing?"""
    rows = beside.scored[beside.scored["method"] == method]
    return _above_untrained("in_regions", data, rows, "in_regions", figure)


def _above_untrained(name: str, data: DataKind, rows: pd.DataFrame, column: str, figure: str) -> Finding:
    table = above_untrained(rows, column)
    one = _finding(name, data, table, "above", figure)
    words = f"{table['own'].mean():.2f}; random weights {table['random'].mean():.2f}. {one.note}"
    return replace(one, note=words if one.note else "")


def _finding(name: str, data: DataKind, rows: pd.DataFrame, column: str, figure: str = "") -> Finding:
    mean, error, images, blocks = mean_of(rows, column)
    if mean is None:
        return Finding(name, data, None, needs="a map that is not zero everywhere")
    days = "27 days of the made-up Sun" if data == "synthetic" else "5 days"
    note = f"Mean over {images} disks in {blocks} blocks of {days}; the spread is over blocks."
    note = f"{BY_CONSTRUCTION}. {note}" if column == "off_disk" else note
    return Finding(name, data, mean, error, figure, note)


def _beside(scored: pd.DataFrame, method: str, rival: str, figure: str) -> Finding:
    """How much more often does the method point at the region that flares than the rival does?"""
    from flarescope.explain.trust import beside

    played = scored[["method", "image", "block", "points_at"]]
    less = beside(played, rival)
    found = _finding(f"points_over_{rival}", "synthetic", less[less["method"] == method], "points_at", figure)
    own, theirs = (played[played["method"] == m]["points_at"].mean() for m in (method, rival))
    words = f"Right on {own:.0%} of the disks, the rival on {theirs:.0%}. {found.note}"
    spread = share_of(less[less["method"] == method], "points_at", paired=True)[1]
    return replace(found, spread=spread, note=words)


def _not_run(name: str, needs: str, data: DataKind = "real") -> Finding:
    return Finding(name, data, None, needs=needs)


def _pair(pairs: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    one = (pairs["method_a"] == a) & (pairs["method_b"] == b)
    other = (pairs["method_a"] == b) & (pairs["method_b"] == a)
    return pairs[one | other].set_index("image")


def _agreement_on(beside: Beside, data: DataKind, figure: str) -> list[Finding]:
    """Rank correlation and overlap, less those of networks that have learnt nothing."""
    findings = []
    for name, (a, b) in PAIRS.items():
        rows = _pair(beside.pairs, a, b).reset_index()
        for what, column in (("rank", "rank_correlation"), ("overlap", "overlap")):
            findings.append(_above_untrained(f"{what}_{name}", data, rows, column, figure))
    return findings


def _same_region(found: Explained, beside: Beside, data: DataKind, figure: str) -> Finding:
    """Have all three the same region first, more often than by chance?"""
    both = [_pair(found.pairs, a, b) for a, b in combinations(THREE, 2)]
    same = both[0][["block", "chance"]].assign(
        same=pd.concat([rows["same_region"] for rows in both], axis=1).min(axis=1)
    )
    above = same.assign(above=same["same"] - same["chance"] ** 2)
    one = _finding("same_region", data, above, "above", figure)
    untrained = beside.pairs[beside.pairs["method_a"].isin(THREE) & beside.pairs["method_b"].isin(THREE)]
    drawn = (
        untrained[untrained["network"] != LEARNT].groupby(["network", "image"])["same_region"].min().mean()
    )
    words = (
        f"The same region is first in all three on {same['same'].mean():.0%} of the disks; by random weights "
        f"on {drawn:.0%}. {one.note}"
    )
    return replace(one, spread=share_of(same, "same")[1], note=words)


def _over_flux(found: Explained, name: str, methods: tuple[str, str], figure: str) -> Finding:
    """Overlap of two methods, less the mean overlap of both with the strongest unsigned flux."""
    a, b = methods
    own, *flux = (
        _pair(found.pairs, *pair)["overlap"] for pair in (methods, (a, UNSIGNED_FLUX), (b, UNSIGNED_FLUX))
    )
    rows = _pair(found.pairs, a, b).assign(above=own - (flux[0] + flux[1]) / 2)
    one = _finding(f"overlap_{name}_over_flux", "synthetic", rows, "above", figure)
    words = f"With the flux: {flux[0].mean():.2f} and {flux[1].mean():.2f}. {one.note}"
    return replace(one, note=words)


def _figures(desk: Desk, made_up: Explained) -> tuple[str, str]:
    """The table of which explanation to trust, as CSV and as figures: the checks, and the pointing game."""
    from flarescope.explain.trust import trust_table
    from flarescope.plots.trust import trust_figure

    lain = _lain(made_up_beside(desk))
    scored = made_up.scored.drop(columns="insensitive").merge(lain, how="left", on=["method", "image"])
    table = trust_table(scored)
    write_whole(desk.folder / "explanations_trust.csv", table.to_csv(index=False))
    blocks = made_up.scored["block"].nunique()
    title = f"{len(made_up.images)} made-up disks before a flare; 95 % intervals, {blocks} blocks of 27 days"
    pointing = table["check"] == "points_at"
    checks, game = (
        trust_figure(part, title=title, words=PANELS) for part in (table[~pointing], table[pointing])
    )
    return desk.figure("explanations_trust", checks), desk.figure("explanations_pointing", game)


def _lain(beside: Beside) -> pd.DataFrame:
    """For each method and image, what lies in regions above random weights."""
    own = {m: above_untrained(rows, "in_regions") for m, rows in beside.scored.groupby("method")}
    return (
        pd.concat(own, names=["method"])
        .reset_index()[["method", "image", "above"]]
        .rename(columns={"above": "in_regions"})
    )


def _side_by_side(desk: Desk) -> str:
    """The three maps of one made-up disk, with each region's share."""
    from flarescope.explain.shares import name_of
    from flarescope.plots.side_by_side import side_by_side

    disk = before_flares(size_of(desk).explained)[0][1]
    run = disk_network(desk)
    found = list(explain_three(disk.magnetogram, run).values())
    shares = shares_of(disk.magnetogram, {why.method: why.map for why in found}, disk.regions)
    title = f"before a flare in {name_of(disk.flare)}" if disk.flare else ""
    figure = side_by_side(disk.magnetogram, found, shares=shares, title=title, trained_on=run.trained_on)
    return desk.figure("agreement", figure)
