"""The paper's three methods on real disks of 2026: what can be checked without knowing what flares."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope import explain
from flarescope.errors import BadFileError, MissingDataError
from flarescope.explain.baselines import BASELINES
from flarescope.papers.kept_stamp import stamp
from flarescope.papers.pandey2023.explained import THREE, Explained, kept, pair_rows
from flarescope.papers.pandey2023.explained_set import shares_of
from flarescope.sources.files import read_magnetogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flarescope.forecast import Explanation
    from flarescope.papers.pandey2023.explained import Rows
    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["IMAGES", "STEPS", "explain_three", "real_hours", "real_set", "shipped_disk_network"]

IMAGES = "magnetograms", "full_disk_2026"
HOURS, QUICK_HOURS = 10, 2
STEPS = 16


def real_set(desk: Desk) -> Explained:
    """Ten hours of 2026, evenly in time, by the shipped full-disk network.

    Raises:
        MissingDataError: no such network is shipped, or there are no images.
    """
    run = shipped_disk_network()
    named = stamp(STEPS, files=sorted(Path(explain.__file__).parent.glob("*.py")))
    folder = desk.cache(f"real_disks_{run.hash}_{named}")
    found = [
        kept(folder, name, lambda n=name, b=block, m=image: _explained(run, n, b, m))  # type: ignore[misc]
        for name, block, image in real_hours(desk)
    ]
    return Explained.of(folder, found)


def real_hours(desk: Desk) -> Iterator[tuple[str, int, Magnetogram]]:
    """The hours that are explained: name, block of five days, image.

    Raises:
        MissingDataError: there are no images that can be read.
    """
    paths = sorted(desk.need(*IMAGES).rglob("*.jpg"))
    count = min(QUICK_HOURS if desk.quick else HOURS, len(paths))
    for done, place in enumerate(np.linspace(0, len(paths) - 1, count).round().astype(int)):
        desk.progress("real disks explained", done, count)
        image = _readable(paths[place:])
        yield f"{image.time:%Y%m%d_%H%M}", int(image.time.timestamp() // (5 * 86_400)), image
    desk.progress("real disks explained", count, count)


def shipped_disk_network() -> Run:
    """The full-disk network that comes with flarescope.

    Raises:
        MissingDataError: there is none, or it sees no whole disk.
    """
    from flarescope.training.run import load_run, shipped_runs

    if "compact" not in shipped_runs() or (run := load_run("compact")).sees != "full_disk":
        raise MissingDataError("needs a trained full-disk network 'compact', which is not shipped")
    return run


def explain_three(
    image: Magnetogram, run: Run, *, methods: Sequence[str] = THREE, zero_field: bool = False
) -> dict[str, Explanation]:
    """The paper's three methods on one image, or some of them.

    Deep SHAP compares with ten quiet copies of the disk, which differ from it in the regions alone: its share
    in regions is then decided beforehand. With ``zero_field`` it compares with zero field, as Integrated
    Gradients does.
    """
    from flarescope.forecaster.explanation import explain_image

    options: dict[str, dict[str, Any]] = {"integrated_gradients": {"steps": STEPS}}
    if zero_field:
        options["deep_shap"] = {"backgrounds": [image.with_field(BASELINES["zero_field"](image))]}
    found = {m: explain_image(image, run, method=m, anyway=True, **options.get(m, {})) for m in methods}
    against = {m: replace(why, baseline="zero_field") for m, why in found.items() if zero_field}
    return found | against


def _explained(run: Run, name: str, block: int, image: Magnetogram) -> tuple[Mapping[str, Explanation], Rows]:
    from flarescope.explain.checks import off_disk_share
    from flarescope.forecaster.disk_regions import regions_on

    found, seen = explain_three(image, run), run.preparation.seen(image)
    shares = shares_of(image, {m: why.map for m, why in found.items()}, regions_on(image))
    shares.pop("area")
    maps = {m: np.asarray(why.prepared) for m, why in found.items()}
    about: dict[str, Any] = {"image": name, "block": block}
    scored = [
        {"method": m, **about, "completeness": why.checks.get("completeness"),
         "off_disk": off_disk_share(maps[m], seen)}
        for m, why in found.items()
    ]  # fmt: skip
    return found, {"scored": scored, "pairs": pair_rows(name, block, maps, shares, seen)}


def _readable(paths: list[Path]) -> Magnetogram:
    """The first of these that can be read."""
    for path in paths:
        try:
            return read_magnetogram(path)
        except BadFileError:
            continue
    raise MissingDataError(f"needs full-disk images that can be read in {'/'.join(IMAGES)}")
