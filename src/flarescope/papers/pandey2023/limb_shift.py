"""Next check 1: real regions turned on the sphere to the limb. What do networks still make of them?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import BadFileError, BadOptionError, FlarescopeError, MissingDataError
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.central_sharps import central_sharps, harp_of, learnt_from, over_harps
from flarescope.papers.pandey2023.explained import least_spread
from flarescope.samples.patch import as_patch
from flarescope.samples.scale import encode
from flarescope.sources.calibration import GREY_PER_GAUSS, SATURATION_GAUSS
from flarescope.sources.files import read_magnetogram
from flarescope.sun import ZERO_GREY
from flarescope.synthetic.turned import turned
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram, View
    from flarescope.training.run import Run

__all__ = ["VIEWERS", "Viewer", "limb_shift", "viewer"]

LONGITUDES = (0, 15, 30, 45, 60, 70, 75, 80)  # degrees; both sides
QUICK_LONGITUDES = (0, 45, 75)
EXPLAINED = (0, 45, 75)
LIMB = 75
PATCH_PIXELS = 2048  # of the disk a patch is cut from: HMI's patches have 1.2″ a pixel
DISK_PIXELS = 512
VIEWERS = {"regions": "patch_cnn", "disk": "compact"}
COLUMNS = [
    "viewer",
    "harp",
    "noaa",
    "file",
    "longitude",
    "logit",
    "empty",
    "share",
    "deep_shap",
    "area_share",
]
CLAIMS = ("drop", "left", "still_yes", "share", "share_deep_shap", "share_change")
BACKGROUND = "magnetograms", "full_disk_2026"


@dataclass(frozen=True, eq=False)
class Viewer:
    """A network and how it is shown a region that stands at some longitude.

    Attributes:
        name: "regions" or "disk".
        run: the network.
        show: region and longitude to the image that the network's preparation takes.
        empty: the same image without the region.
    """

    name: str
    run: Run
    show: Callable[[Magnetogram, float], Magnetogram]
    empty: Callable[[Magnetogram], Magnetogram]

    def logits(self, images: list[Magnetogram]) -> np.ndarray:
        """Calibrated: probability = 1/(1 + exp(−logit))."""
        p = np.clip(self.run.probability(images), 1e-9, 1 - 1e-9)
        return np.asarray(np.log(p / (1 - p)))

    def attribution(self, image: Magnetogram, method: str = "integrated_gradients") -> np.ndarray:
        """On the image's own grid, against zero field, Deep SHAP too: then both explain the same."""
        from flarescope.explain import explain

        views: tuple[View, ...] = (image.view,)
        zero = image.with_field(np.where(np.isfinite(image.field), ZERO_GREY, np.nan))
        options = {"steps": 8} if method == "integrated_gradients" else {"backgrounds": [zero]}
        why = explain(
            self.run.network, self.run.preparation, image, method=method,
            views=views, eight_views=self.run.calibration.views == 8, **options,
        )  # fmt: skip
        return np.asarray(np.nan_to_num(why.map))


def limb_shift(desk: Desk) -> list[Finding]:
    """How do the answer and its attribution change when a region is turned to 75° and 80°?

    SHARPs near the disk's centre are taken as radial fields and turned, with line-of-sight projection and
    foreshortening; horizontal fields, which a real limb shows too, are missing. The network of regions sees
    a patch at the region's known place, the full-disk network the whole disk, on a quiet Sun. Spreads are
    over HARPs.

    Raises:
        MissingDataError: no SHARP magnetogram is at hand.
    """
    regions = central_sharps(desk)
    tables, found = [], []
    for name in VIEWERS:
        try:
            eye = viewer(desk, name)
        except FlarescopeError as problem:
            found += [Finding(c, "real-small", None, needs=str(problem)) for c in _claims(name)]
            continue
        tables.append(_measured(desk, eye, regions))
        said = learnt_from(eye.run, regions)
        found += [replace(one, note=one.note + said) for one in _compared(tables[-1], name)]
    if not tables:
        return found
    table = pd.concat(tables, ignore_index=True)
    write_whole(desk.folder / "limb_shift.csv", table.to_csv(index=False))
    figure = _drawn(desk, table)
    return [replace(one, figure=figure) if one.value is not None else one for one in found]


def viewer(desk: Desk, name: str) -> Viewer:
    """The shipped network of this name in ``VIEWERS``.

    Raises:
        MissingDataError: no such network is shipped, or no quiet background is at hand.
    """
    from flarescope.training.run import load_run, shipped_runs

    model = VIEWERS[name]
    if model not in shipped_runs():
        raise MissingDataError(f"needs the trained network '{model}', which does not come with this version")
    run = load_run(model)
    if name == "regions":
        return Viewer(name, run, _patch, _no_field)
    quiet = _quiet_disk(desk)
    return Viewer(
        name, run, lambda region, longitude: _disk(region, longitude, quiet), lambda _: encode(quiet)
    )


def _patch(region: Magnetogram, longitude: float) -> Magnetogram:
    """A patch cut out around the region's known place, as the network was trained to see it."""
    return as_patch(turned(region, longitude, pixels=PATCH_PIXELS, limit_gauss=SATURATION_GAUSS))


def _no_field(patch: Magnetogram) -> Magnetogram:
    return patch.with_field(np.full_like(patch.field, ZERO_GREY))


def _disk(region: Magnetogram, longitude: float, background: Magnetogram) -> Magnetogram:
    """The whole disk in grey levels, nothing but the region on a quiet Sun."""
    return encode(turned(region, longitude, background=background, limit_gauss=SATURATION_GAUSS))


def _quiet_disk(desk: Desk) -> Magnetogram:
    """A real disk of 2026 whose active regions were replaced by quiet Sun, in gauss."""
    from flarescope.explain.backgrounds import quiet_copies

    paths = sorted(desk.need(*BACKGROUND).rglob("*.jpg"))
    for path in paths[len(paths) // 2 :]:
        try:
            grey = quiet_copies(read_magnetogram(path), 1)[0]
        except (BadFileError, BadOptionError):
            continue
        return replace(grey, field=grey.signed / GREY_PER_GAUSS, encoding="gauss", region=None)
    raise MissingDataError(f"needs a full-disk image in {'/'.join(BACKGROUND)}")


def _measured(desk: Desk, eye: Viewer, regions: list[Magnetogram]) -> pd.DataFrame:
    """A row for each region, longitude and side: answer, and where it was explained, shares."""
    steps = QUICK_LONGITUDES if desk.quick else LONGITUDES
    at = sorted({side * degrees for degrees in steps for side in (-1, 1)})
    rows, last = [], {harp_of(m): m for m in regions}
    for done, region in enumerate(regions):
        desk.progress(f"regions turned to the limb, {eye.name}", done, len(regions))
        images = [eye.show(region, longitude) for longitude in at]
        *logits, empty = eye.logits([*images, eye.empty(images[0])])
        for longitude, image, logit in zip(at, images, logits, strict=True):
            why = last[harp_of(region)] is region and abs(longitude) in EXPLAINED
            shares = _shares(eye, image, abs(longitude) == LIMB) if why else (np.nan, np.nan, np.nan)
            about = eye.name, harp_of(region), _noaa(region), region.origin.name, longitude
            rows.append((*about, logit, empty, *shares))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(yes=table["logit"] >= _logit(eye.run.calibration.threshold))


def _shares(eye: Viewer, image: Magnetogram, both: bool) -> tuple[float, float, float]:
    """The region's share of |attribution|, if ``both`` by Deep SHAP too, and of the area with field."""
    from flarescope.explain.shares import region_shares

    region = image.region
    assert region is not None

    def share(values: np.ndarray) -> float:
        return region_shares(values, image, [region])[0].share

    shap = share(eye.attribution(image, "deep_shap")) if both else np.nan
    return share(eye.attribution(image)), shap, share((np.nan_to_num(image.signed) != 0.0).astype(float))


def _noaa(m: Magnetogram) -> str:
    return ", ".join(map(str, m.region.noaa)) if m.region else ""


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def _claims(name: str) -> list[str]:
    return [f"{claim}_{name}" for claim in CLAIMS]


def _pairs(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each map and side: what was found at 0° beside what was found at the limb."""
    middle = table[table["longitude"] == 0]
    limb = table[table["longitude"].abs() == LIMB]
    return limb.merge(middle, on=["viewer", "harp", "noaa", "file"], suffixes=("", "_middle"))


def _compared(table: pd.DataFrame, name: str) -> list[Finding]:
    pairs = _pairs(table)
    pairs = pairs.assign(
        change=pairs["logit"] - pairs["logit_middle"],
        above_area=pairs["share"] - pairs["area_share"],
        deep_shap=pairs["deep_shap"] - pairs["area_share"],
        share_change=pairs["share"] - pairs["share_middle"],
    )
    numbered = pairs[pairs["noaa"] != ""]
    about = f"{pairs['file'].nunique()} SHARPs of {pairs['harp'].nunique()} HARPs, both limbs"
    return [
        Finding(f"drop_{name}", "real-small", *over_harps(numbered, "change"),
                note=f"{numbered['harp'].nunique()} HARPs with a NOAA number; spread over HARPs."),
        Finding(f"left_{name}", "real-small", *_slope(pairs), note=f"{about}; least squares over HARPs."),
        _still_yes(pairs, name),
        Finding(f"share_{name}", "real-small", *over_harps(pairs, "above_area"),
                note=f"Integrated Gradients, one SHARP of each of {pairs['harp'].nunique()} HARPs."),
        Finding(f"share_deep_shap_{name}", "real-small", *over_harps(pairs, "deep_shap"),
                note="Deep SHAP against zero field, on the same SHARPs."),
        Finding(f"share_change_{name}", "real-small", *over_harps(pairs, "share_change"),
                note="Integrated Gradients; the same SHARPs at 0° and 75°."),
    ]  # fmt: skip


def _slope(pairs: pd.DataFrame) -> tuple[float, float | None]:
    """Of a difference between two HARPs' logits at 0°, what share is left at the limb? With its error."""
    means = pairs.groupby("harp")[["logit_middle", "logit"]].mean()
    x, y = (means[c].to_numpy() - means[c].mean() for c in ("logit_middle", "logit"))
    slope = float((x * y).sum() / (x * x).sum())
    if len(means) < 4:
        return slope, None
    return slope, float(np.sqrt(((y - slope * x) ** 2).sum() / (len(means) - 2) / (x * x).sum()))


def _still_yes(pairs: pd.DataFrame, name: str) -> Finding:
    """Of the regions called flaring at 0°, how many still are at the limb?

    The spread is over HARPs, and two of them without exception are no certainty.
    """
    called = pairs[pairs["yes_middle"]]
    if called.empty:
        return Finding(f"still_yes_{name}", "real-small", None,
                       needs="a SHARP near the disk's centre that the network calls flaring")  # fmt: skip
    by_harp = called.groupby("harp")["yes"].mean().to_numpy(float)
    note = f"{called['file'].nunique()} SHARPs of {len(by_harp)} HARPs are called flaring at 0°."
    return Finding(f"still_yes_{name}", "real-small", float(by_harp.mean()), least_spread(by_harp), note=note)


def _drawn(desk: Desk, table: pd.DataFrame) -> str:
    from flarescope.plots.limb import limb_figure

    words = {"regions": "network of regions (patch_cnn)", "disk": "full-disk network (compact)"}
    return desk.figure("limb_shift", limb_figure(table, words=words))
