"""What the archive server shows: real data from a folder, or the made-up Sun; nothing after its clock."""

from __future__ import annotations

import csv
import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError, BadOptionError
from flarescope.flare import GoesClass
from flarescope.sources.archive_server.images import continuum_jp2, jp2_of_jpeg, jp2_of_made_up
from flarescope.sources.archive_server.summaries import Summaries
from flarescope.times import utc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flarescope.flare import Flare, FlareCatalog

__all__ = ["END_OF_REAL", "SHOWN_AFTER", "Content", "FlareLists", "Kept", "MadeUpImages", "RealImages"]

END_OF_REAL = utc("2026-04-01T00:00Z")  # of the newest list and the newest image
BEGIN_OF_MADE_UP, END_OF_MADE_UP = utc("2010-05-01T00:00Z"), utc("2031-01-01T00:00Z")
LISTS = (("goes_2010_2025.csv", 2010, 2025), ("lmsal_2026_start_only.csv", 2026, 2026))
SHOWN_AFTER = timedelta(
    minutes=30
)  # a flare without a peak in its list counts as known this long after start
HOUR = timedelta(hours=1)


class Kept:
    """The last few things that were made, so that memory stays bounded; for several threads.

    Args:
        most: bytes kept in all.
    """

    def __init__(self, most: int = 64 * 2**20) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[object, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], bytes]) -> bytes:
        """The thing itself, made if it is not there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value
                self._size += len(value)
            while self._size > self._most and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1])
        return value


class RealImages:
    """The hourly JPEGs of ``full_disk_2026``; their times are those they were asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _rows(self) -> dict[datetime, tuple[Path, str]]:
        path = self._folder / "index.csv"
        if not path.is_file():
            return {}
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        found = {}
        for row in rows:
            doubt = "; its time is in doubt" if row["suspect_time"] == "True" else ""
            found[utc(row["requested_time_utc"])] = (self._folder / row["file"], doubt)
        return dict(sorted(found.items()))

    @cached_property
    def _times(self) -> list[datetime]:
        return list(self._rows)

    def nearest(self, time: datetime, latest: datetime, *, hole: bool = False) -> datetime | None:
        """The time of the nearest image up to ``latest``; with a hole, of one more than three hours off."""
        times = self._times[: bisect_right(self._times, latest)]
        far = 3 * HOUR if hole else -HOUR
        at = bisect_left(times, time)
        window = times[max(0, at - 10) : at + 10]
        return min((t for t in window if abs(t - time) > far), key=lambda t: abs(t - time), default=None)

    def before(self, time: datetime) -> datetime | None:
        """The time of the image three images earlier."""
        at = bisect_left(self._times, time) - 3
        return self._times[at] if at >= 0 else None

    def jp2(self, time: datetime, said: datetime) -> bytes:
        """The image of ``time``, whose header says ``said``."""
        path, doubt = self._rows[time]
        return jp2_of_jpeg(path, said, note=doubt)


class MadeUpImages:
    """The made-up Sun at every whole hour from May 2010 on."""

    def nearest(self, time: datetime, latest: datetime, *, hole: bool = False) -> datetime | None:
        """The time of the nearest image up to ``latest``; with a hole, of one more than three hours off."""
        last = latest.replace(minute=0, second=0, microsecond=0)
        hour = (time + HOUR / 2).replace(minute=0, second=0, microsecond=0)
        hour = max(min(hour, last), BEGIN_OF_MADE_UP) - (4 * HOUR if hole else 0 * HOUR)
        return hour if BEGIN_OF_MADE_UP <= hour <= last else None

    def before(self, time: datetime) -> datetime | None:
        """The time of the image three images earlier."""
        return time - 3 * HOUR

    def jp2(self, time: datetime, said: datetime) -> bytes:
        """The image of ``time``, whose header says ``said``."""
        return jp2_of_made_up(time, said)


class FlareLists:
    """The flares of the real lists, each list read when it is first needed; or those of the made-up Sun."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read: dict[str, FlareCatalog] = {}

    def between(self, a: datetime, b: datetime, now: datetime) -> list[Flare]:
        """Flares with a ≤ start < b whose class was known by ``now``."""
        if not a < b:
            return []
        with self._lock:
            found = [f for name in self._names(a, b) for f in self._list(name).between(a, b)]
        return sorted((f for f in found if _known_at(f) <= now), key=lambda f: f.start)

    def _names(self, a: datetime, b: datetime) -> list[str]:
        if self._folder is None:
            return [""]
        named = [name for name, first, last in LISTS if first <= b.year and a.year <= last]
        return [name for name in named if (self._folder / name).is_file()]

    def _list(self, name: str) -> FlareCatalog:
        if name not in self._read:
            self._read[name] = _made_up_list() if self._folder is None else _real_list(self._folder / name)
        return self._read[name]


def _real_list(path: Path) -> FlareCatalog:
    from flarescope.sources.flares import read_flares

    return read_flares(path)


@cache
def _made_up_list() -> FlareCatalog:
    from flarescope.synthetic import flare_list

    drawn = flare_list(BEGIN_OF_MADE_UP, END_OF_MADE_UP)
    minutes = timedelta(minutes=1)
    starts = [f.start.replace(second=0, microsecond=0) for f in drawn]
    flares = tuple(
        replace(
            f, goes_class=GoesClass(str(f.goes_class)), start=s, peak=s + 10 * minutes, end=s + 30 * minutes
        )
        for f, s in zip(drawn, starts, strict=True)
    )
    return replace(drawn, flares=flares)


def _known_at(flare: Flare) -> datetime:
    return flare.peak or flare.start + SHOWN_AFTER


class Content:
    """All that the server shows.

    Args:
        data: the folder of real data; None for the made-up Sun.
        clock: nothing later is shown; None for everything.
        without: of "images", "flares", "regions".
        started: the end of the made-up Sun where there is no clock.

    Raises:
        BadFileError: the folder does not exist.
    """

    def __init__(
        self,
        data: Path | None,
        clock: datetime | None,
        without: frozenset[str] = frozenset(),
        *,
        started: datetime | None = None,
    ) -> None:
        if data is not None and not data.is_dir():
            raise BadFileError(data, "there is no such folder. Give the folder of real data, or none.")
        if clock is not None and not BEGIN_OF_MADE_UP <= clock <= END_OF_MADE_UP:
            raise BadOptionError(f"The clock cannot be set to {clock}. Accepted: May 2010 to 2030.")
        end = END_OF_REAL if data else (started or datetime.now(UTC)).replace(second=0, microsecond=0)
        self.data, self.without = data, without
        self.now = utc(clock) if clock else min(end, END_OF_MADE_UP)
        folder = data and data / "magnetograms" / "full_disk_2026"
        self.images = RealImages(folder) if folder else MadeUpImages()
        self.flares = FlareLists(data and data / "flares")
        self.summaries = Summaries(data and data / "regions")
        self.kept = Kept()

    def jp2(self, time: datetime, said: datetime) -> bytes:
        """The disk at ``time`` as a JP2 whose header says ``said``."""
        return self.kept.get((time, said), lambda: self.images.jp2(time, said))

    def continuum(self, time: datetime) -> bytes:
        """A continuum image: a real one, else a made-up one."""
        real = sorted((self.data / "faults" / "wrong_channel").glob("2023*.jp2")) if self.data else []
        return real[0].read_bytes() if real else continuum_jp2(time)
