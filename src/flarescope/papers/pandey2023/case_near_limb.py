"""A case that the paper shows in maps: a region near the limb, before a flare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import FlarescopeError, MissingDataError
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.central_sharps import central_sharps
from flarescope.papers.pandey2023.explained import THREE, mean_of
from flarescope.papers.pandey2023.explained_set import shares_of
from flarescope.papers.pandey2023.limb_shift import viewer
from flarescope.papers.pandey2023.made_up_disks import disk_network, held_out_disks
from flarescope.papers.pandey2023.real_disks import explain_three
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flarescope.forecast import Explanation
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram, Region
    from flarescope.training.run import Run

__all__ = ["case_near_limb"]

LIMB, TURNED_TO = 70.0, -80.0  # degrees; the paper's region of 2013-05-13 stood 80° east
MADE_UP, QUICK_MADE_UP = 8, 2
SHOWN = (377, 1449)  # HARPs before X flares
VIEWERS = {
    "made_up": "the network of the made-up Sun on made-up disks before a flare of a region beyond 70°",
    "sharp": "the network of the made-up Sun on real SHARPs turned to 80° east, on made-up quiet Sun",
    "compact": "the shipped full-disk network on real SHARPs turned to 80° east, on real quiet Sun",
}


@dataclass(frozen=True, eq=False)
class Case:
    """A disk with a region of interest, the same disk without it, and the network that is asked.

    Attributes:
        name: of the image.
        block: what belongs together: the HARP, or the made-up region.
        image: the disk.
        quiet: the same without the region.
        region: where it stands.
    """

    name: str
    block: int
    image: Magnetogram
    quiet: Magnetogram
    region: Region


def case_near_limb(desk: Desk) -> list[Finding]:
    """Does a map of a disk lie on the region near the limb, and does that region raise the answer?

    What lacks its data is a finding of its own, "not run".
    """
    found, tables = [], []
    for name in VIEWERS:
        try:
            run, cases = _viewer(desk, name)
            table, shown = _measured(desk, run, cases)
        except FlarescopeError as problem:
            found += [Finding(claim, _kind(name), None, needs=str(problem)) for claim in _claims(name)]
            continue
        tables.append(table.assign(viewer=name))
        found += _findings(name, table, _drawn(desk, name, run, shown))
    if tables:
        write_whole(desk.folder / "case_near_limb.csv", pd.concat(tables).to_csv(index=False))
    needs = "needs the full-disk magnetograms of 2013-05-13 06h and 2013-11-18 17h, and the paper's weights"
    return [*found, Finding("published_cases", "real", None, needs=needs)]


def _viewer(desk: Desk, name: str) -> tuple[Run, list[Case]]:
    if name == "made_up":
        count = QUICK_MADE_UP if desk.quick else MADE_UP
        return disk_network(desk), [case for _, case in zip(range(count), _made_up(), strict=False)]
    sharps = {int(m.region.harp or 0): m for m in central_sharps(desk, most=1) if m.region}
    if name == "sharp":
        run, quiet = disk_network(desk), _quiet(held_out_disks()[0].magnetogram)
        return run, [_turned(harp, sharp, quiet) for harp, sharp in sharps.items()]
    eye = viewer(desk, "disk")
    cases = []
    for harp, sharp in sharps.items():
        image = replace(eye.show(sharp, TURNED_TO), time=sharp.time)
        region = image.region
        assert region is not None
        cases.append(Case(f"HARP {harp}", harp, image, _without(image, region), region))
    return eye.run, cases


def _made_up() -> Iterator[Case]:
    """Held-out disks before a flare of a region beyond 70°, one a region."""
    seen: set[int] = set()
    for number, disk in enumerate(held_out_disks()):
        place = disk.flare.position if disk.flare else None
        if disk.flare is None or place is None or abs(place.longitude) <= LIMB or disk.flare.harp in seen:
            continue
        seen.add(disk.flare.harp or 0)
        image = disk.magnetogram
        yield Case(f"{number:04d}", disk.flare.harp or 0, image, _without(image, disk.flare), disk.flare)


def _turned(harp: int, sharp: Magnetogram, quiet: Magnetogram) -> Case:
    """A real region on a made-up quiet Sun."""
    from flarescope.synthetic.turned import turned

    image = replace(turned(sharp, TURNED_TO, background=quiet), time=sharp.time)
    assert image.region is not None
    return Case(f"HARP {harp}", harp, image, quiet, image.region)


def _quiet(image: Magnetogram) -> Magnetogram:
    from flarescope.explain.backgrounds import quiet_copies

    return quiet_copies(image, 1)[0]


def _without(image: Magnetogram, region: Region) -> Magnetogram:
    """The same disk with quiet Sun in place of one region: that of the point opposite, as near the limb."""
    from flarescope.explain.shares import region_radius, separation

    if image.place is None or region.position is None:
        raise MissingDataError("needs a disk and a region whose places are known")
    rows, columns = np.indices(image.field.shape).astype(float)
    away = np.nan_to_num(separation(*image.place.heliographic(columns, rows), region.position), nan=180.0)
    opposite = _quiet(image).field[::-1, ::-1]
    inside = (away <= 1.5 * region_radius(region)) & np.isfinite(opposite)
    return image.with_field(np.where(inside, opposite, image.field))


def _measured(
    desk: Desk, run: Run, cases: list[Case]
) -> tuple[pd.DataFrame, tuple[Case, dict[str, Explanation]]]:
    """A row a case: the answer with and without the region, and its share of each map above its area's."""
    rows, shown = [], None
    answers = _logits(run, [one for case in cases for one in (case.image, case.quiet)])
    for done, case in enumerate(cases):
        desk.progress("regions near the limb explained", done, len(cases))
        found = explain_three(case.image, run, zero_field=True)
        shares = shares_of(case.image, {m: why.map for m, why in found.items()}, [case.region])
        own, without = answers[2 * done : 2 * done + 2]
        rows.append(
            {"image": case.name, "block": case.block, "logit": own, "answer": own - without}
            | {m: shares[m][0].share - shares["area"][0].share for m in THREE}
        )
        if shown is None or _telling(case) > _telling(shown[0]):
            shown = case, found
    assert shown is not None
    return pd.DataFrame(rows), shown


def _telling(case: Case) -> tuple[bool, float]:
    """Which case is drawn: a HARP that is known for its X flare, else the largest region."""
    return case.block in SHOWN, case.region.area_msh or 0.0


def _logits(run: Run, images: list[Magnetogram]) -> np.ndarray:
    from flarescope.training.predict import predict_logits

    prepared = [run.preparation.apply(image) for image in images]
    return np.asarray(predict_logits(run.network, prepared, views=run.calibration.views))


def _claims(name: str) -> list[str]:
    return [f"{name}_{what}" for what in ("answer", *THREE)]


def _kind(name: str) -> DataKind:
    """What the made-up Sun's network says is decided by its laws, on whatever disk."""
    return "real-small" if name == "compact" else "synthetic"


def _findings(name: str, table: pd.DataFrame, figure: str) -> list[Finding]:
    found, unit = [], "regions" if name == "made_up" else "HARPs"
    for claim in _claims(name):
        mean, error, _, blocks = mean_of(table, claim.removeprefix(f"{name}_"))
        note = f"{VIEWERS[name][0].upper()}{VIEWERS[name][1:]}; {blocks} {unit}, spread over them."
        note += " Compared with zero field." if claim.endswith("deep_shap") else ""
        found.append(Finding(claim, _kind(name), mean, error, figure, note))
    return found


def _drawn(desk: Desk, name: str, run: Run, shown: tuple[Case, dict[str, Explanation]]) -> str:
    from flarescope.explain.shares import name_of
    from flarescope.plots.side_by_side import side_by_side

    case, found = shown
    shares = shares_of(case.image, {m: why.map for m, why in found.items()}, [case.region])
    title = {
        "made_up": f"before a flare in {name_of(case.region)}",
        "sharp": "turned to 80° east, on made-up quiet Sun",
        "compact": "turned to 80° east",
    }[name]
    figure = side_by_side(
        case.image, list(found.values()), shares=shares, title=title, trained_on=run.trained_on
    )
    return desk.figure(f"case_near_limb_{name}", figure)
