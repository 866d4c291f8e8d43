"""Figure 12: which part of a magnetogram does the network look at?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Bool

from flarescope.errors import MissingDataError
from flarescope.papers.bhattacharjee2020.artefact_free import NEW, RATE
from flarescope.papers.bhattacharjee2020.cells import Cell, outcomes
from flarescope.papers.bhattacharjee2020.occluded import STRIDES, Viewer, occluded
from flarescope.papers.bhattacharjee2020.quiet_margin import sharps_at_hand
from flarescope.papers.bhattacharjee2020.red_region import Lie, Region, laid_into, red_region
from flarescope.papers.claims import Finding
from flarescope.papers.standard_error import widened
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.explain.occlusion import Reading
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram

__all__ = ["figure12"]

QUICK = 6  # magnetograms of a preview, each of another HARP
FEWEST = 3  # HARPs without which a spread means nothing
DRAWN = 6
READINGS: tuple[Reading, ...] = ("output", "label")
CLAIMS = {
    ("cnn2", "output"): "near_inversion_line",
    ("cnn2", "label"): "near_inversion_line_label",
    ("cnn2_patches", "output"): "near_inversion_line_patches",
    ("artefact_free", "output"): "near_inversion_line_artefact_free",
}
WORDS = {
    "cnn2": "CNN-2 trained on the made-up Sun",
    "cnn2_patches": "CNN-2 trained on real 8-bit patches",
    "artefact_free": "the artefact-free network trained on the made-up Sun",
}


@dataclass(frozen=True, eq=False)
class Seen:
    """One real magnetogram with strong fields of both signs."""

    path: Path
    harp: int
    magnetogram: Magnetogram
    lie: Lie


def figure12(desk: Desk) -> list[Finding]:
    """Does the red region (above .9 of the occlusion map) lie at the polarity inversion line?

    Networks trained on the made-up Sun, and CNN-2 trained on patches, are shown every SHARP magnetogram at
    hand. A red region's share within 10 Mm of the line is compared with that of the same region moved at
    random within the frame, and with that of other regions' red regions in the same frame: maps of large
    masks lean to the middle, where the line is. Differences are averaged within HARPs, then over them.

    Raises:
        MissingDataError: no SHARP magnetogram is at hand.
    """
    seen = [one for path in _chosen(desk) if (one := _seen(path)) is not None]
    seen = seen[:QUICK] if desk.quick else seen
    if not seen:
        raise MissingDataError("needs SHARP magnetograms with strong fields of both signs")
    rows, reds = [], {}
    for viewer in _viewers(desk):
        for one in seen:
            answer = occluded(desk, viewer, one.path, one.magnetogram)
            for reading in READINGS:
                small = answer.map(reading, viewer.threshold_logit)
                red = red_region(viewer.run.preparation.undo_map(small, one.magnetogram))
                reds[viewer.name, reading, one.path.name] = red
                said = {"yes": answer.logit >= viewer.threshold_logit, "trained_on": _trained_on(viewer, one)}
                rows.append(_row(viewer.name, reading, one, red) | said)
    table = pd.DataFrame(rows)
    write_whole(desk.folder / "figure12_red_regions.csv", table.to_csv(index=False))
    figure = _drawn(desk, seen, reds)
    found = [_compared(desk, table, *key, figure) for key in CLAIMS]
    return [*found, _swapped(desk, seen, reds, figure), _separation(desk, table, figure)]


def _chosen(desk: Desk) -> list[Path]:
    """All files; for a preview the middle one of each HARP, the largest first."""
    if not desk.quick:
        return sharps_at_hand(desk)
    folder = desk.need("magnetograms", "sharp_cea")
    middle = []
    for name in ("harp377_hourly", "2012-03-06"):
        paths = sorted(folder.joinpath(name).glob("*.magnetogram.fits"))
        groups: dict[int, list[Path]] = {}
        for path in paths:
            groups.setdefault(_harp(path), []).append(path)
        middle += [group[len(group) // 2] for group in groups.values()]
    return sorted(middle, key=lambda path: path.stat().st_size, reverse=True)


def _harp(path: Path) -> int:
    """hmi.sharp_cea_720s.377.20110215_…: the archive's names."""
    return int(path.name.split(".")[2])


def _seen(path: Path) -> Seen | None:
    """The magnetogram; None where strong fields of both signs meet nowhere."""
    from flarescope.sources.files import read_magnetogram

    magnetogram = read_magnetogram(path)
    lie = Lie.of(magnetogram)
    return Seen(path, _harp(path), magnetogram, lie) if lie.line.any() else None


def _viewers(desk: Desk) -> list[Viewer]:
    from flarescope.training.run import load_run

    cells = [Cell("synthetic", "cnn2"), Cell("synthetic", NEW, size=0, learning_rate=RATE)]
    resized, fields = (load_run(made.folder) for made in outcomes(desk, cells))
    patches = load_run("cnn2")
    return [
        Viewer("cnn2", resized),
        Viewer("cnn2_patches", patches, patches.calibration.threshold_logit),
        Viewer("artefact_free", fields),
    ]


def _trained_on(viewer: Viewer, one: Seen) -> bool:
    """Was the network trained on a NOAA region of this magnetogram?"""
    region = one.magnetogram.region
    return region is not None and viewer.run.in_training(region.noaa)


def _row(network: str, reading: Reading, one: Seen, red: Bool[np.ndarray, "y x"]) -> dict[str, object]:
    about = {"network": network, "reading": reading, "harp": one.harp, "file": one.path.name}
    if not red.any():
        return about
    return about | asdict(Region.of(one.lie, red, seed=one.harp))


def _compared(desk: Desk, table: pd.DataFrame, network: str, reading: str, figure: str) -> Finding:
    own = table[(table["network"] == network) & (table["reading"] == reading)]
    known = own.dropna(subset=["share"]) if "share" in own else own.iloc[:0]
    excess = pd.Series(known.get("share", 0.0) - known.get("shifted", 0.0), index=known.index)
    name = CLAIMS[network, reading]
    note = (
        f"{WORDS[network]}, {len(known)} of {len(own)} magnetograms have a red region; "
        f"{_shared(known)}{_yes_and_trained(own, excess)}{_preview(desk)}"
    )
    return _over_harps(name, excess, known["harp"], figure, note)


def _yes_and_trained(own: pd.DataFrame, excess: pd.Series) -> str:
    """Of how many does the network say yes, as of the paper's flaring regions, and did it see them before?"""
    yes = own.loc[excess.index, "yes"]
    harps = own.loc[excess.index, "harp"][yes]
    apart = f", excess {excess[yes].groupby(harps).mean().mean():+.2f}" if yes.any() else ""
    seen = own.loc[own["trained_on"], "harp"].nunique()
    return (
        f" The paper shows flaring regions; the network says yes to {yes.sum()} of these, in "
        f"{harps.nunique()} HARPs{apart}. It was trained on NOAA regions of {seen} of the HARPs."
    )


def _over_harps(name: str, values: pd.Series, harps: pd.Series, figure: str, note: str) -> Finding:
    """The mean over HARPs of their means.

    Its spread is the standard error over HARPs, ``widened`` for so few.
    """
    means = values.groupby(harps).mean()
    if len(means) < FEWEST:
        needs = f"needs red regions in {FEWEST} HARPs; there are {len(means)}. {note}"
        return Finding(name, "real-small", None, figure=figure, needs=needs)
    error = widened(float(means.std(ddof=1) / np.sqrt(len(means))), len(means))
    words = f"{note} {len(means)} HARPs: ± {2 * error:.2f} (95 %)."
    return Finding(name, "real-small", float(means.mean()), error, figure, words)


def _shared(known: pd.DataFrame) -> str:
    """What the red regions have in common, in words."""
    if known.empty:
        return "none to compare."
    mean = known.groupby("harp").mean(numeric_only=True).mean()
    return (
        f"share {mean['share']:.2f}, shifted {mean['shifted']:.2f}; mean |B| {mean['strength']:.0f} G in it, "
        f"{mean['strength_all']:.0f} G in the frame; gradient across the lines {mean['gradient']:.0f} G/Mm "
        f"in it, {mean['gradient_all']:.0f} in all; polarities {mean['separation']:.0f} Mm apart."
    )


def _preview(desk: Desk) -> str:
    return f" A preview: stride {STRIDES['quick']}, at most {QUICK} magnetograms." if desk.quick else ""


def _swapped(desk: Desk, seen: list[Seen], reds: dict, figure: str) -> Finding:  # type: ignore[type-arg]
    """The share of the own red region less the mean share of other HARPs' red regions in the same frame."""
    values, harps = [], []
    own = [(one, reds["cnn2", "output", one.path.name]) for one in seen]
    own = [(one, red) for one, red in own if red.any()]
    for one, red in own:
        others = [laid_into(r, red.shape) for other, r in own if other.harp != one.harp]
        shares = [one.lie.share(r) for r in others if r.any()]
        if shares:
            values.append(one.lie.share(red) - float(np.mean(shares)))
            harps.append(one.harp)
    note = f"{WORDS['cnn2']}; red regions of other HARPs laid into the same frame.{_preview(desk)}"
    name = "near_inversion_line_swapped"
    return _over_harps(name, pd.Series(values, dtype=float), pd.Series(harps, dtype=int), figure, note)


def _separation(desk: Desk, table: pd.DataFrame, figure: str) -> Finding:
    """Rank correlation over HARPs of the excess at the line with the distance of the polarities."""
    from scipy.stats import spearmanr

    own = table[(table["network"] == "cnn2") & (table["reading"] == "output")]
    known = own.dropna(subset=["share"]) if "share" in own else own.iloc[:0]
    if known["harp"].nunique() <= FEWEST:
        needs = f"needs red regions in more than {FEWEST} HARPs"
        return Finding("whatever_separation", "real-small", None, figure=figure, needs=needs)
    excess = (known["share"] - known["shifted"]).groupby(known["harp"]).mean()
    apart = known["separation"].groupby(known["harp"]).mean()
    value = float(spearmanr(excess, apart).statistic) if excess.nunique() > 1 else 0.0
    error = 1.0 / np.sqrt(len(excess) - 1)
    note = f"{WORDS['cnn2']}; {len(excess)} HARPs, {apart.min():.0f} to {apart.max():.0f} Mm.{_preview(desk)}"
    return Finding("whatever_separation", "real-small", value, float(error), figure, note)


def _drawn(desk: Desk, seen: list[Seen], reds: dict) -> str:  # type: ignore[type-arg]
    """A magnetogram of each HARP, those with the most field first; the names of the figures' files."""
    from flarescope.plots.occlusion import Panel, occlusion_figure

    by_harp = {one.harp: one for one in seen}
    strongest = sorted(by_harp.values(), key=lambda one: -float(np.abs(one.lie.field).sum()))[:DRAWN]
    names = []
    for network, words in WORDS.items():
        panels = [
            Panel(
                f"HARP {one.harp}, {one.magnetogram.time:%Y-%m-%d %H:%M}", one.lie.field,
                reds[network, "output", one.path.name], one.lie.line, one.lie.megametres,
            )
            for one in strongest
        ]  # fmt: skip
        text = (
            f"Red: occlusion sensitivity above 0.9 of {words}.\nOrange: where smoothed fields above 150 G of "
            "both signs meet."
        )
        names.append(desk.figure(f"figure12_{network}", occlusion_figure(panels, text + _preview(desk))))
    return names[0]
