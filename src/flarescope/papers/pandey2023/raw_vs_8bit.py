"""Next check 3: do 8-bit levels and JPEG change the answer, the attribution, or the shapes of the field?"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from flarescope.errors import FlarescopeError
from flarescope.models.features import inversion_line
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.central_sharps import central_sharps, harp_of, learnt_from, over_harps
from flarescope.papers.pandey2023.limb_shift import VIEWERS, Viewer, viewer
from flarescope.sources.calibration import GREY_PER_GAUSS, SATURATION_GAUSS
from flarescope.sun import ZERO_GREY
from flarescope.synthetic.turned import turned
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram

__all__ = ["jpeg", "raw_vs_8bit", "rounded", "shape_of", "stored"]

# The quality whose tables the real files carry: patches of regions, and Helioviewer's full disks
QUALITY = {"regions": 75, "disk": 95}
STORED = ("8bit", "jpeg")
MEASURES = ("probability", "maps", "strongest")
SHAPE_GAUSS = 100.0  # of a pixel that counts for size and inversion line: half way to the cut-off
SHAPES = ("size", "directionality", "inversion_line")


def rounded(image: Magnetogram) -> Magnetogram:
    """The grey image in whole levels, as 8 bits hold it."""
    return image.with_field(np.rint(image.field))


def jpeg(image: Magnetogram, quality: int) -> Magnetogram:
    """The grey image after a JPEG of this quality (libjpeg's scale); off the disk nothing changes."""
    from PIL import Image

    known = np.isfinite(image.field)
    levels = np.rint(np.where(known, image.field, 0.0)).astype(np.uint8)
    memory = BytesIO()
    Image.fromarray(np.flipud(levels)).save(memory, "JPEG", quality=quality)
    with Image.open(memory) as seen:
        found = np.flipud(np.asarray(seen)).astype(np.float32)
    return image.with_field(np.where(known, found, np.float32(np.nan)))


def stored(image: Magnetogram, name: str) -> tuple[Magnetogram, Magnetogram]:
    """The grey image as ``STORED`` has it, for a viewer's name.

    Exact zero field is padding of a patch, no part of the image: it stays.
    """
    padding = image.signed == 0.0
    kept = [np.where(padding, image.field, m.field) for m in (rounded(image), jpeg(image, QUALITY[name]))]
    return image.with_field(kept[0]), image.with_field(kept[1])


def raw_vs_8bit(desk: Desk) -> list[Finding]:
    """How much do a network's answer and its attribution change when the field is stored in 8 bits?

    SHARPs, at their own longitudes, are brought to the image that the network sees, in floating point, and
    then rounded to whole levels, or saved as JPEG. The cut-off at 250 G, which the archive makes before, is
    compared with no cut-off on the shapes alone: no shipped network was trained without it. Spreads are over
    HARPs.

    Raises:
        MissingDataError: no SHARP magnetogram is at hand.
    """
    regions = central_sharps(desk)
    rows, found = [], []
    for name in VIEWERS:
        try:
            eye = viewer(desk, name)
        except FlarescopeError as problem:
            found += [Finding(c, "real-small", None, needs=str(problem)) for c in _claims(name)]
            continue
        table = _measured(desk, eye, regions)
        rows.append(table)
        said = learnt_from(eye.run, regions)
        found += [replace(one, note=one.note + said) for one in _compared(table, name)]
    shapes = pd.DataFrame([row for region in regions for row in _shape_rows(region)])
    write_whole(desk.folder / "raw_vs_8bit.csv", pd.concat([*rows, shapes]).to_csv(index=False))
    return [*found, *_shapes_compared(shapes)]


def _measured(desk: Desk, eye: Viewer, regions: list[Magnetogram]) -> pd.DataFrame:
    """A row for each map and stored form; attributions for the last map of each HARP."""
    last = {harp_of(m): m for m in regions}
    rows = []
    for done, region in enumerate(regions):
        desk.progress(f"8-bit images, {eye.name}", done, len(regions))
        exact = eye.show(region, _longitude(region))
        images = [exact, *stored(exact, eye.name)]
        odds = 1.0 / (1.0 + np.exp(-eye.logits(images)))
        field = np.nan_to_num(exact.signed) != 0.0
        why = last[harp_of(region)] is region
        maps = [np.where(field, eye.attribution(image), 0.0) for image in images] if why else []
        for k, version in enumerate(STORED, start=1):
            alike = _alike(maps[0], maps[k], field) if maps else (np.nan, np.nan)
            change = abs(float(odds[k] - odds[0]))
            rows.append((eye.name, harp_of(region), region.origin.name, version, change, *alike))
    return pd.DataFrame(rows, columns=["viewer", "harp", "file", "version", *MEASURES])


def _alike(
    one: Float[np.ndarray, "y x"], other: Float[np.ndarray, "y x"], field: Bool[np.ndarray, "y x"]
) -> tuple[float, float]:
    """Rank correlation of two maps where there is field, and overlap of their strongest pixels there."""
    from flarescope.explain.agreement import rank_correlation, top_overlap

    return rank_correlation(one, other, seen=field), top_overlap(one, other, seen=field)


def _compared(table: pd.DataFrame, name: str) -> list[Finding]:
    found = []
    for version in STORED:
        own = table[table["version"] == version]
        about = f"{own['file'].nunique()} SHARPs of {own['harp'].nunique()} HARPs"
        notes = {
            "probability": f"{about}; the largest change is {own['probability'].max():.3f}.",
            "maps": "Integrated Gradients, one SHARP a HARP; all pixels with field, the weakest too.",
            "strongest": "Integrated Gradients, one SHARP a HARP; the strongest 1 % of the pixels.",
        }
        for what, note in notes.items():
            value, spread = over_harps(own, what)
            found.append(Finding(f"{what}_{version}_{name}", "real-small", value, spread, note=note))
    return found


def shape_of(gauss: Float[np.ndarray, "y x"]) -> dict[str, float]:
    """Size, directionality and inversion line of a field.

    Pixels beyond ±100 G; the angle in degrees from the centre of the negative ones to that of the positive;
    pixels on the inversion line between them. NaN where there are none.
    """
    strong = np.abs(gauss) > SHAPE_GAUSS
    sides = [strong & (gauss * sign > 0) for sign in (1, -1)]
    if not all(side.any() for side in sides):
        return {"size": float(strong.sum()) or np.nan, "directionality": np.nan, "inversion_line": np.nan}
    (y1, x1), (y0, x0) = (np.argwhere(side).mean(axis=0) for side in sides)
    line = np.count_nonzero(inversion_line(gauss, threshold=SHAPE_GAUSS))
    return {
        "size": float(strong.sum()),
        "directionality": float(np.degrees(np.arctan2(y1 - y0, x1 - x0))),
        "inversion_line": float(line) or np.nan,
    }


def _shape_rows(region: Magnetogram) -> list[dict[str, object]]:
    """Change of each shape from the raw field to each stored version, on a disk of 512 pixels."""
    at = _longitude(region)
    raw = turned(region, at)
    cut = turned(region, at, limit_gauss=SATURATION_GAUSS)
    grey = replace(cut, field=(ZERO_GREY + GREY_PER_GAUSS * cut.field).astype(np.float32), encoding="grey8")
    exact = shape_of(np.nan_to_num(raw.field))
    kept = {"cut_off": cut.field, "jpeg": jpeg(grey, QUALITY["disk"]).signed / GREY_PER_GAUSS}
    rows: list[dict[str, object]] = []
    for version, field in kept.items():
        shape = shape_of(np.nan_to_num(field))
        turn = abs((shape["directionality"] - exact["directionality"] + 180.0) % 360.0 - 180.0)
        changes = {name: abs(shape[name] / exact[name] - 1.0) for name in ("size", "inversion_line")}
        about = {"harp": harp_of(region), "file": region.origin.name, "version": version}
        rows.append({**about, **changes, "directionality": turn})
    return rows


def _shapes_compared(shapes: pd.DataFrame) -> list[Finding]:
    own, cut = (shapes[shapes["version"] == version] for version in ("jpeg", "cut_off"))
    found = []
    for name in SHAPES:
        value, spread = over_harps(own, name)
        note = (
            f"{own[name].notna().sum()} SHARPs on a disk of 512 pixels, Helioviewer's JPEG against the field "
            f"without cut-off; the cut-off at 250 G alone: {over_harps(cut, name)[0]:.3g}."
        )
        found.append(Finding(name, "real-small", value, spread, note=note))
    return found


def _claims(name: str) -> list[str]:
    return [f"{what}_{version}_{name}" for version in STORED for what in MEASURES]


def _longitude(m: Magnetogram) -> float:
    return m.region.position.longitude if m.region and m.region.position else 0.0
