"""From an archive to a verified store: hour by hour, whatever breaks on the way."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flarescope.errors import ArchiveError, BadOptionError, MissingDataError
from flarescope.sources.store.index import index_rows
from flarescope.sources.store.rows import Unit
from flarescope.sources.store.settings import check_series, check_tolerance, keep_series
from flarescope.sources.store.units import do_unit
from flarescope.times import duration, iso, utc
from flarescope.work import run_units

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from flarescope.sources.archives import ImageArchive, Supplied
    from flarescope.sources.http import Http, Trouble
    from flarescope.sources.store import Store

__all__ = ["Expected", "Fetched", "expected", "fetch_magnetograms", "times_between", "units_for"]

FAILURES = 8  # in a row, and an archive is left alone
SHA256_LETTERS = 64
MOST_NOTES = 20
REPORTED = ("status", "reason", "sha256", "bytes", "notes")
MOST_TIMES = 2_000_000  # 12-minute images of 45 years; more is a slip of the finger


@dataclass(frozen=True)
class Expected:
    """What a fetch will cost, said before it begins.

    Attributes:
        images: how many are asked for.
        there: how many of them the store has already.
        size_bytes: of those still to come.
        seconds: for those still to come, if the archive is in its usual state.
    """

    images: int
    there: int
    size_bytes: int
    seconds: float


@dataclass(frozen=True)
class Fetched:
    """What came of it.

    Attributes:
        asked: how many times were asked for.
        images: how many sound images the store holds for them.
        checksummed: how many of these carry the sha256 of their bytes.
        gaps: the times without an image, each with its reason.
        troubles: what was asked for again, and what was given up.
        size_bytes: of all images.
        notes: what their files say of themselves, such as that a Sun is made up, and of how many.
    """

    asked: int
    images: int
    checksummed: int
    gaps: tuple[tuple[datetime, str], ...]
    troubles: tuple[Trouble, ...]
    size_bytes: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        told = [{"url": t.url, "problem": t.problem, "action": t.action} for t in self.troubles]
        return {
            "asked": self.asked,
            "images": self.images,
            "checksummed": self.checksummed,
            "gaps": [{"time": iso(time), "reason": reason} for time, reason in self.gaps],
            "bytes": self.size_bytes,
            "notes": list(self.notes),
            "retried": [t for t in told if t["action"] == "retried"],
            "refused": [t for t in told if t["action"] != "retried"],
        }


class _FromArchive:
    """An archive as a supply of units; after some failures in a row it is left alone."""

    def __init__(self, archive: ImageArchive, tolerance: timedelta) -> None:
        self._archive, self._tolerance = archive, tolerance
        self._failed, self._last = 0, ""
        self._lock = threading.Lock()

    @property
    def down(self) -> str:
        """Why it is not asked any more; empty while it is."""
        if self._failed < FAILURES:
            return ""
        return f"not asked: {self._archive.name} had failed {self._failed} times in a row. {self._last}"

    def supply(self, time: datetime, harp: int | None) -> Supplied:
        """The checked image nearest to this time."""
        if self.down:
            raise ArchiveError(self.down)
        try:
            found = self._archive.fetch(self._archive.find(time, tolerance=self._tolerance))
        except ArchiveError as problem:
            with self._lock:
                self._failed, self._last = self._failed + 1, str(problem)
            raise
        with self._lock:
            if not self.down:  # what was asked before it went down may still come
                self._failed = 0
        return found


@dataclass(frozen=True)
class _Do:
    """One unit, unless the archive is down."""

    store: Store
    supply: _FromArchive

    def __call__(self, unit: Unit) -> None:
        if not self.supply.down:
            do_unit(self.store.folder, self.supply, unit)


def times_between(a: str | datetime, b: str | datetime, every: str | timedelta) -> tuple[datetime, ...]:
    """Which times are asked for? a, a + every, … before b.

    Raises:
        BadOptionError: ``b`` is not later than ``a``, or there would be more than two million.

    Example:
        >>> len(times_between("2026-02-03", "2026-02-04", "1h"))
        24
    """
    first, last, step = utc(a), utc(b), duration(every)
    if last <= first:
        raise BadOptionError(
            f"--to {iso(last)} is not later than --from {iso(first)}; --to is exclusive. Give a later end."
        )
    count = -((first - last) // step)
    if count > MOST_TIMES:
        raise BadOptionError(
            f"From {iso(first)} to {iso(last)} every {step} are {count:,} images. Accepted: {MOST_TIMES:,}."
        )
    return tuple(first + i * step for i in range(count))


def units_for(times: Sequence[datetime], harp: int | None = None) -> tuple[Unit, ...]:
    """The times as units of work: each hour of the disk, or each day of a region."""
    found: dict[str, list[datetime]] = {}
    for time in times:
        key = f"{time:%Y%m%dT%H}00Z" if harp is None else f"harp{harp:05d}_{time:%Y%m%d}"
        found.setdefault(key, []).append(time)
    return tuple(Unit(key, some[0].date(), tuple(some), harp) for key, some in found.items())


def expected(
    archive: ImageArchive, units: Sequence[Unit], store: Store | None, *, tolerance: timedelta, workers: int
) -> Expected:
    """How many images, how many bytes, how long?

    Raises:
        BadOptionError: the store has images of another tolerance, of another series for these times, or of
            the near-real-time series where the definitive one is asked for, or the other way round.
    """
    images = left = sum(len(unit.times) for unit in units)
    if store is not None:
        check_tolerance(store.folder, tolerance)
        _refuse_other_series(archive, units, store)
        left = sum(len(store.missing(unit)) for unit in units)
    return Expected(images, images - left, left * archive.bytes_each, left * archive.seconds_each / workers)


def fetch_magnetograms(
    archive: ImageArchive,
    units: Sequence[Unit],
    store: Store,
    http: Http,
    *,
    tolerance: timedelta,
    workers: int = 4,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Fetched:
    """Fetch what the store lacks, check every image, and record every gap with its reason.

    Killed at any moment and called again, it goes on with the times that are missing; gaps are tried again,
    images that are there are left as they are. An image that was already there for an earlier hour is asked
    for once more in each call, and is a gap as long as it stays the same. An archive that fails eight times
    in a row is left alone; what was not asked is a gap, too.

    Args:
        archive: a source that offers magnetograms.
        units: what is wanted, see ``units_for``.
        store: where it goes.
        http: the client that the archive uses; it knows what went wrong on the way.
        tolerance: how far an image may be from its time; the store remembers it.
        workers: requests at a time.
        progress: told (units done, of).

    Raises:
        BadOptionError: the store has images of another tolerance, of another series for these times, or of
            the near-real-time series where the definitive one is asked for, or the other way round.
    """
    _refuse_other_series(archive, units, store)
    store.remember_tolerance(tolerance)
    keep_series(store.folder, archive.series)
    supply = _FromArchive(archive, tolerance)
    do = _Do(store, supply)
    missing = _parts(units, _stale(store), store)
    _all(do, missing, workers, progress)
    damaged = set(store.seal().dropped)
    fresh = {unit.key for unit in missing}
    again = _parts([unit for unit in units if unit.key in fresh - damaged], _stale(store))
    again += _parts([unit for unit in units if unit.key in damaged], {}, store)  # of a power cut
    if again:
        _all(do, again, workers, lambda done, of: None)
        store.seal()
    return replace(
        found := _report(store, units, http, supply.down), notes=(*found.notes, *_lost(damaged, units))
    )


def _lost(damaged: Collection[str], units: Sequence[Unit]) -> list[str]:
    """What a power cut damaged before it was sealed, and is not asked for here."""
    lost = sorted(set(damaged) - {unit.key for unit in units})
    count = f"{len(lost)} {'unit' if len(lost) == 1 else 'units'} of other times, such as"
    return [f"{count} {lost[0]}: damaged before being sealed. Type their line again"] if lost else []


def _refuse_other_series(archive: ImageArchive, units: Sequence[Unit], store: Store) -> None:
    """An image that is there must not pass for one of another series, such as the definitive one."""
    check_series(store.folder, archive.series)
    for unit in units:
        other = [row for row in store.rows(unit) if row.series not in {"", archive.series}]
        if other:
            raise BadOptionError(
                f"{store.folder} holds {other[0].series} for {iso(other[0].time)}, and {archive.series} "
                "is asked for. Choose another folder."
            )


def _all(do: _Do, units: Sequence[Unit], workers: int, progress: Callable[[int, int], None]) -> None:
    for _ in run_units(do, units, workers=workers, threads=True, progress=progress, of=len(units)):
        pass


def _parts(
    units: Sequence[Unit], stale: Mapping[str, Collection[datetime]], store: Store | None = None
) -> list[Unit]:
    """Of each unit the times whose image was there for an earlier hour, and those that a store lacks."""
    found = []
    for unit in units:
        times = {time for time in unit.times if time in stale.get(unit.key, ())}
        times.update(store.missing(unit) if store else ())
        if times:
            found.append(replace(unit, times=tuple(times)))
    return found


def _stale(store: Store) -> dict[str, set[datetime]]:
    """The times whose image was there for an earlier hour, by unit, as far as that is known."""
    found: dict[str, set[datetime]] = {}
    with suppress(MissingDataError):  # nothing is sealed yet
        for row in index_rows(store.folder, ("key", "time", "status")):
            if row["status"] == "stale":
                found.setdefault(row["key"], set()).add(utc(row["time"]))
    return found


def _report(store: Store, units: Sequence[Unit], http: Http, down: str) -> Fetched:
    """What the store holds of these units, from its index a part at a time."""
    left = {(unit.key, time): "" for unit in units for time in unit.times}
    asked, counted, said = len(left), Counter[str](), Counter[str]()
    for row in index_rows(store.folder, ("key", "time", *REPORTED)):
        which = row["key"], utc(row["time"])
        if which not in left:
            continue
        if row["status"] != "image":
            left[which] = row["reason"]
            continue
        del left[which]
        counted.update(images=1, checksummed=len(row["sha256"]) == SHA256_LETTERS, bytes=row["bytes"])
        said.update(filter(None, [row["notes"]]))
    return Fetched(
        asked=asked,
        images=counted["images"],
        checksummed=counted["checksummed"],
        gaps=tuple((time, reason or down) for (_, time), reason in left.items()),
        troubles=tuple(http.troubles),
        size_bytes=counted["bytes"],
        notes=tuple(f"{count} images: {note}" for note, count in said.most_common(MOST_NOTES)),
    )
