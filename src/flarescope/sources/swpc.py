"""The newest flares, X-rays and regions from NOAA's Space Weather Prediction Center (SWPC)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from flarescope.errors import ArchiveError, BadFileError, BadOptionError, MissingDataError, UnknownNameError
from flarescope.flare import FlareCatalog
from flarescope.sources import register
from flarescope.sources.flare_rows import flares_of
from flarescope.sources.listed_flares import CLOCK_TOLERANCE
from flarescope.sources.plain_text import as_text
from flarescope.sources.srs import parse_srs
from flarescope.sources.swpc_answers import XrayFlux, XrayNow, parse_xray_now, parse_xrays
from flarescope.sources.swpc_lists import LiveLists, coverage_of, table_of
from flarescope.sources.swpc_regions import RegionDay, parse_solar_regions
from flarescope.times import iso, utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.sources.http import Http
    from flarescope.sources.limits import FileBytes
    from flarescope.sources.srs import RegionSummary

__all__ = ["Swpc"]

T = TypeVar("T")
SUMMARY = "SWPC srs.txt"
_PERIODS = {"6h": "6-hour", "1d": "1-day", "3d": "3-day", "7d": "7-day"}


@register("swpc")
class Swpc:
    """SWPC's live lists. Flares are on the science scale.

    Args:
        http: the client that asks.
        base_url: another root of the service than the settings name, with ``json/`` and ``text/`` below it.
        now: the clock; what is dated more than five minutes after it is refused.
    """

    name = "swpc"
    offers = frozenset({"flares", "regions"})

    def __init__(
        self, http: Http, *, base_url: str | None = None, now: Callable[[], datetime] | None = None
    ) -> None:
        self._http = http
        self._root = (base_url or http.settings.swpc_url).rstrip("/") + "/"
        self._now = now or (lambda: datetime.now(UTC))

    def flares(self, a: datetime, b: datetime) -> FlareCatalog:
        """Flares with a ≤ start < b, of the last days.

        The list of the last seven days and the edited events (which know regions, and some weeks more) are
        each asked for twice (``agreed``) and merged. The list covers the last seven days up to the newest
        measurement, or up to the begin of a flare that is still under way; before that what the edited
        events cover; less the holes. An empty list covers nothing.

        Raises:
            ArchiveError: neither list could be had.
            BadOptionError: ``b`` is not later than ``a``.
            MissingDataError: the period lies before what the lists hold, or in the future.
        """
        a, b, now = utc(a), utc(b), utc(self._now())
        if b <= a:
            raise BadOptionError(f"The period from {iso(a)} to {iso(b)} is empty. Give a later end.")
        lists = LiveLists.ask(self._json, self._latest_or_none, now)
        table = table_of(lists)
        covered = coverage_of(lists)
        catalog = FlareCatalog(flares_of(table), covered, lists.notes)
        begin = min((*(period[0] for period in covered), *(flare.start for flare in catalog)), default=None)
        if begin is None or b <= begin or a >= now:
            since = "hold no flare" if begin is None else f"hold {iso(begin)} to {iso(now)}"
            raise MissingDataError(
                f"SWPC's live lists {since}; asked: {iso(a)} to {iso(b)}. HEK has older flares."
            )
        found = catalog.between(a, b)
        if a >= begin:
            return found
        note = f"SWPC's live lists begin at {iso(begin)}; HEK has older flares."
        return FlareCatalog(found.flares, found.coverage, (*found.notes, note))

    def latest(self) -> XrayNow:
        """What GOES sees at this minute, and the newest flare.

        Raises:
            ArchiveError: there is no usable answer.
        """
        read = partial(parse_xray_now, now=utc(self._now()))
        return self._json("json/goes/primary/xray-flares-latest.json", read)

    def xrays(self, period: str = "6h") -> XrayFlux:
        """The X-ray flux of the long channel over the last 6h, 1d, 3d or 7d, minute by minute.

        Raises:
            ArchiveError: there is no usable answer.
            UnknownNameError: another period.
        """
        if period not in _PERIODS:
            raise UnknownNameError("period of X-rays", period, _PERIODS)
        read = partial(parse_xrays, now=utc(self._now()))
        return self._json(f"json/goes/primary/xrays-{_PERIODS[period]}.json", read)

    def solar_regions(self) -> tuple[RegionDay, ...]:
        """The regions of the last weeks, day by day; the last is the newest, and may be still going on.

        Raises:
            ArchiveError: there is no usable answer.
        """
        return self._json("json/solar_regions.json", partial(parse_solar_regions, now=utc(self._now())))

    def summary(self, day: datetime) -> RegionSummary:
        """The newest Solar Region Summary, if it was issued on this day or earlier.

        Raises:
            ArchiveError: there is no usable answer.
            MissingDataError: it was issued later; SWPC's own address holds the newest one only.
        """
        _, found = self.newest_summary()
        if found.issued.date() > utc(day).date():
            raise MissingDataError(
                f"SWPC holds its newest region summary only, issued {iso(found.issued)}; asked: {iso(day)}. "
                "Read an older one from NOAA's yearly archives with read_srs_archive."
            )
        return found

    def newest_summary(self) -> tuple[str, RegionSummary]:
        """The newest Solar Region Summary, as text and read.

        Raises:
            ArchiveError: there is no usable answer.
            MissingDataError: SWPC has none.
        """
        now = utc(self._now())

        def read(file: FileBytes) -> tuple[str, RegionSummary]:
            text = as_text(SUMMARY, file.data, "a Solar Region Summary")
            found = parse_srs(SUMMARY, text)
            if found.issued > now + CLOCK_TOLERANCE:
                raise BadFileError(SUMMARY, f"it is issued {iso(found.issued)}, but it is {iso(now)} only.")
            return text, found

        return self._http.get(f"{self._root}text/srs.txt", read=read, max_bytes=2**20, name=SUMMARY)

    def _json(self, path: str, read: Callable[[Any], T]) -> T:
        return self._http.get_json(self._root + path, read=read, name=f"SWPC {path.rsplit('/', 1)[-1]}")

    def _latest_or_none(self) -> XrayNow | None:
        try:
            return self.latest()
        except (ArchiveError, MissingDataError):
            return None
