"""From folders of images to a store: one call, on one core or on many machines."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.preparation import Preparation
from flarescope.sources.calibration import GREY_PER_GAUSS
from flarescope.sources.store.listing import list_files, told_left_out
from flarescope.sources.store.parts import write_part
from flarescope.sources.store.store import Store
from flarescope.sources.store.supply import units_of
from flarescope.sources.store.units import do_unit
from flarescope.times import iso
from flarescope.work import check_dask, run_units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from flarescope.sources.store.listing import Listing
    from flarescope.sources.store.store import Sealed
    from flarescope.sources.store.supply import LocalUnit
    from flarescope.sources.store.units import UnitReport
    from flarescope.sun import Encoding, View

__all__ = ["Built", "How", "build_store", "preparation_for", "view_of"]

DISK_SHARE = 200 / 512  # radius of the disk in sides of the input, as the shipped networks have it
REGION_MEGAMETRES = 218.0  # across, as the shipped networks of regions see it
GAPS_TOLD = 20


@dataclass(frozen=True)
class How:
    """Who does the work; the store is the same, byte for byte, whoever does.

    Attributes:
        workers: processes.
        threads: threads instead of processes.
        dask: "local", or the address of a Dask scheduler.
        shard: (i, n): this call does the i-th of n parts, and does not seal.
    """

    workers: int = 1
    threads: bool = False
    dask: str | None = None
    shard: tuple[int, int] | None = None


@dataclass(frozen=True)
class Built:
    """What came of it.

    Attributes:
        units: how many units were asked for (of this shard).
        there: how many of them were done already.
        images: sound images in these units.
        gaps: times without an image, with reasons; the first twenty.
        gap_count: how many there are.
        left_out: files that are no part of a unit, by reason.
        new: units with times of which nothing was sealed before; counted for a shard.
        sealed: what the sealed store holds; None for a shard.
    """

    units: int
    there: int
    images: int
    gaps: tuple[tuple[datetime, str], ...]
    gap_count: int
    left_out: dict[str, int]
    new: int = 0
    sealed: Sealed | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "units": self.units,
            "done_before": self.there,
            "images": self.images,
            "gaps": self.gap_count,
            "first_gaps": [{"time": iso(time), "reason": reason} for time, reason in self.gaps],
            "left_out": self.left_out,
            "sealed": self.sealed and asdict(self.sealed),
        }


@dataclass(frozen=True)
class _Do:
    """One unit, wherever it is done: images that are there already are left as they are."""

    folder: str

    def __call__(self, job: LocalUnit) -> UnitReport | None:
        missing = Store.open(self.folder).missing(job.unit)
        return do_unit(self.folder, job.supply, replace(job.unit, times=missing)) if missing else None


def build_store(
    images: Sequence[str | Path],
    out: str | Path,
    *,
    preparation: Callable[[View], Preparation] | None = None,
    view: View | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    keep_files: bool = False,
    how: How | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Built:
    """Make a store of all images in these folders.

    Killed at any moment and called again, it goes on with what is missing. Files that cannot be read, are of
    another channel or of another time become gaps with their reason; they are tried again by the next call.

    Args:
        images: folders with images, in any folders below.
        out: the store; made if it is not there, gone on with if it is one of the same preparation.
        preparation: how a field becomes an array, asked with the view; ``preparation_for`` by default.
        view: "full_disk" or "region"; not needed where the folders hold one of them alone.
        since: the first time taken.
        until: the first time no more taken.
        keep_files: keep the files themselves in the store, too.
        how: who does the work.
        progress: told (what, done, of).

    Raises:
        MissingDataError: no image.
        BadOptionError: images of both views; the store is of another preparation, or inside such a folder;
            or no Dask scheduler answers.

    Example:
        >>> build_store(["full_disk_2026"], "store", how=How(workers=4)).images  # doctest: +SKIP
        1177
    """
    how = how or How()
    _check_outside(out, images)
    listing = list_files(images, since=since, until=until, progress=lambda k, n: progress("looking", k, n))
    seen = view or view_of(listing)
    listing.keep(seen)
    if not listing.units:
        why = "; ".join(told_left_out(listing.left_out))
        raise MissingDataError(f"No image of view '{seen}' and this period. {why.rstrip('.')}.")
    prepared = (preparation or preparation_for)(seen)
    if how.dask is not None:
        check_dask(how.dask)
    store = Store.create(out, preparation=prepared, keep_files=keep_files)
    if how.shard is not None:
        write_part(store.folder, how.shard, units=0, new=0, done=False)
    built = _run(store, listing, how, lambda done, of: progress("images", done, of))
    if how.shard is not None:
        write_part(store.folder, how.shard, units=built.units, new=built.new, done=True)
        return built
    sealed = store.seal(lambda done, of: progress("sealing", done, of), partial=True)  # it did all parts
    if sealed.dropped:  # units that a power cut had damaged
        again = _run(store, listing, how, lambda done, of: None)
        built, sealed = replace(again, there=built.there), store.seal(partial=True)
    return replace(built, sealed=sealed)


def _check_outside(out: str | Path, images: Sequence[str | Path]) -> None:
    """A store's own files must not be taken for images."""
    for folder in images:
        if Path(out).resolve().is_relative_to(Path(folder).resolve()):
            raise BadOptionError(
                f"The store {out} would lie in {folder}, whose images it is made of. Choose a place outside."
            )


def _run(store: Store, listing: Listing, how: How, progress: Callable[[int, int], None]) -> Built:
    """Do all units; only counts and the first gaps stay in memory."""
    counted: Counter[str] = Counter()
    gaps: list[tuple[datetime, str]] = []
    work = run_units(
        _Do(str(store.folder.absolute())), units_of(listing), of=listing.units, progress=progress,
        workers=how.workers, threads=how.threads, dask=how.dask, shard=how.shard,
    )  # fmt: skip
    for job, report in work:
        lost = report.gaps if report else ()
        counted.update(
            units=1, there=int(report is None), images=len(job.unit.times) - len(lost), gaps=len(lost),
            new=int(how.shard is not None and not store.has_sealed(job.unit)),
        )  # fmt: skip
        gaps = sorted([*gaps, *lost])[:GAPS_TOLD]
    return Built(
        counted["units"], counted["there"], counted["images"], tuple(gaps), counted["gaps"], listing.left_out,
        counted["new"],
    )  # fmt: skip


def view_of(listing: Listing) -> View:
    """What do these files show?

    Raises:
        BadOptionError: some the whole disk and some a region: a store holds one of them.
    """
    if listing.disks and listing.regions:
        raise BadOptionError(
            f"The folders hold {listing.disks} images of the whole disk and {listing.regions} of regions; "
            "a store is of one kind. Add --view full_disk or --view region."
        )
    return "region" if listing.regions else "full_disk"


def preparation_for(
    view: View,
    *,
    size: int | None = None,
    fit: str | None = None,
    encoding: Encoding = "grey8",
    megametres_per_pixel: float | None = None,
) -> Preparation:
    """Which preparation suits images of this view?

    For the whole disk that of ``compact`` and AlexNet (512 pixels, "disk"), for regions that of ``patch_cnn``
    (128 pixels, "crop" at 1.7 Mm: it takes SHARPs and patches alike, keeps the physical scale, and does not
    tell the size of a SHARP's frame, which encloses the region's whole life).

    Raises:
        BadOptionError: "scale", whose arrays differ in size; or what ``Preparation`` refuses.
    """
    side = size or (512 if view == "full_disk" else 128)
    fit = fit or ("disk" if view == "full_disk" else "crop")
    if fit == "scale":
        raise BadOptionError(
            "Fit 'scale' makes arrays of many sizes and a store has one. Accepted: disk, crop, pad, resize."
        )
    scale = megametres_per_pixel or (REGION_MEGAMETRES / side if fit == "crop" else None)
    return Preparation(
        size=side,
        fit=fit,  # type: ignore[arg-type]  # Preparation checks it
        encoding=encoding,
        grey_per_gauss=GREY_PER_GAUSS,
        megametres_per_pixel=round(scale, 2) if scale and megametres_per_pixel is None else scale,
        disk_radius=DISK_SHARE * side if fit == "disk" else None,
        std=127.5 if encoding == "grey8" else 100.0,
    )
