"""Helioviewer: HMI's full disk as JPEG 2000, near real time and back to December 2010."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from flarescope.errors import ArchiveError, BadFileError, BadOptionError, MissingDataError
from flarescope.sources import register
from flarescope.sources.answers import ask, need_start
from flarescope.sources.archives import Found, Supplied
from flarescope.sources.files import read_magnetogram_bytes
from flarescope.sources.helioviewer_answers import ClosestImage, parse_closest_image
from flarescope.sources.jp2 import SIGNATURE
from flarescope.times import duration_text, iso, utc

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flarescope.sources.http import Http
    from flarescope.sources.limits import FileBytes

__all__ = ["Helioviewer"]

T = TypeVar("T")
SOURCE = "19"  # HMI's line-of-sight magnetogram
MAX_BYTES = 32 * 2**20  # real images have 1 MiB
AGREE = "2min"  # DATE-OBS of the list and T_OBS of the image differ by half a minute
LATE = timedelta(hours=1)  # a newest image older than this is asked for twice
STEPS = 16  # back in time, doubled each time, from an image later than asked


@register("helioviewer")
class Helioviewer:
    """Which magnetograms has Helioviewer?

    8-bit JPEG 2000 of 4096², every 45 s at best, with the FITS header inside. The nearest image is served, so
    the image's own time is checked against the list's. Where the first address fails the mirror is asked.

    Args:
        http: shared by all clients of a process.
        base_url: of the API's version 2; by default the settings' address and its mirror.
        keep: whether images stay in the cache on the disk.

    Example:
        >>> Helioviewer(http).find(utc("2026-02-03T12:00Z"), tolerance=timedelta(minutes=12))
        ... # doctest: +SKIP
    """

    name = "helioviewer"
    series = f"helioviewer:{SOURCE}"
    offers = frozenset({"magnetograms"})
    bytes_each = 1_060_000
    seconds_each = 1.5

    def __init__(self, http: Http, *, base_url: str | None = None, keep: bool = False) -> None:
        settings = http.settings
        urls = (base_url,) if base_url else (settings.helioviewer_url, settings.helioviewer_mirror)
        self._bases = tuple(f"{url.rstrip('/')}/" for url in urls if url)
        if not self._bases:
            raise BadOptionError("Helioviewer has no address. Set FLARESCOPE_HELIOVIEWER_URL, or base_url.")
        self._http, self._keep = http, keep

    def find(self, time: datetime, *, tolerance: timedelta) -> Found:
        """The image nearest to a time.

        A list with a hole names an image too far away, so it is asked twice before that is believed.

        Raises:
            MissingDataError: none within the tolerance; the message says which is nearest.
            ArchiveError: no usable answer.
        """
        time = utc(time)
        try:
            found = self._closest(time, lambda image: abs(image.time - time) > tolerance)
            said = f"The nearest is of {iso(found.time)}."
            if abs(found.time - time) <= tolerance:
                return found
        except MissingDataError as error:
            said = str(error)
        minutes = tolerance.total_seconds() / 60.0
        raise MissingDataError(
            f"Helioviewer has no magnetogram within {minutes:g} minutes of {iso(time)}. {said}"
        )

    def newest(self, at: datetime, *, oldest: timedelta) -> Found:
        """The newest image not later than ``at``.

        Raises:
            MissingDataError: it is older than ``oldest``.
            ArchiveError: no usable answer.
        """
        at = utc(at)
        found = self._not_later(at, oldest)
        if found is None or at - found.time > oldest:
            seen = f"the newest is of {iso(found.time)}" if found else "it names none"
            raise MissingDataError(
                f"Helioviewer has no magnetogram of the {duration_text(oldest)} before {iso(at)}: {seen}. "
                "Ask again later."
            )
        return found

    def fetch(self, found: Found) -> Supplied:
        """The image's bytes, read and checked: format, channel, disk, and that its time is the list's.

        Raises:
            ArchiveError: none of the attempts gave a sound image, at none of the addresses.
            MissingDataError: the archive does not know the image any more.
        """

        def read(file: FileBytes) -> Supplied:
            need_start(file, SIGNATURE, "a JP2 image")
            image = read_magnetogram_bytes(file, asked=found.time, tolerance=AGREE)
            if image.view != "full_disk":
                raise BadFileError(file.path, "it does not show the whole disk. Ask again.")
            return Supplied(file, image, found)

        return self._first(
            lambda base: self._http.get(
                f"{base}getJP2Image/",
                found.params,
                read=read,
                max_bytes=MAX_BYTES,
                name=found.name,
                keep=self._keep,
            )
        )

    def _not_later(self, at: datetime, oldest: timedelta) -> Found | None:
        """The last image up to ``at``: the nearest, or, where that is later, the nearest to times before."""
        back = timedelta(0)
        for _ in range(STEPS):
            try:
                found = self._closest(at - back, lambda image: at - image.time > LATE)
            except MissingDataError:
                return None
            if found.time <= at:
                return found
            # d ≥ 2·back + gap lies between `at` and the image before it, so doubling never jumps over one
            back = 2 * back if back else found.time - at
            if back > oldest:
                break
        return None

    def _closest(self, time: datetime, late: Callable[[ClosestImage], bool]) -> Found:
        """What the list says is nearest; asked for twice where it is ``late``, or nothing."""

        def doubt(image: ClosestImage | MissingDataError) -> str:
            if isinstance(image, MissingDataError):
                return str(image)
            return f"It says that {iso(image.time)} is nearest to {iso(time)}." if late(image) else ""

        def closest(base: str) -> Found:
            image = ask(
                self._http,
                f"{base}getClosestImage/",
                {"date": iso(time), "sourceId": SOURCE},
                read=_closest_or_none,
                name="getClosestImage",
                doubt=doubt,
            )
            if isinstance(image, MissingDataError):
                raise image
            return Found(
                time=image.time,
                url=f"{base}getJP2Image/",
                params={"date": iso(image.time), "sourceId": SOURCE},
                name=f"{image.time:%Y_%m_%d__%H_%M_%S}_000__SDO_HMI_HMI_magnetogram.jp2",
                series=self.series,
                record=f"helioviewer:{image.id}",
            )

        return self._first(closest)

    def _first(self, get: Callable[[str], T]) -> T:
        """The answer of the first address that gives one; that address is asked first from then on."""
        bases = self._bases
        for base in bases[:-1]:
            try:
                return get(base)
            except ArchiveError:
                self._bases = (*(other for other in bases if other != base), base)
        return get(bases[-1])


def _closest_or_none(document: object) -> ClosestImage | MissingDataError:
    """The nearest image, or that the archive says it has none: which is an answer, too."""
    try:
        return parse_closest_image(document)
    except MissingDataError as error:
        return error
