"""JSOC: HMI's magnetograms in gauss, definitive and near real time, full disk and SHARP."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.sources import register
from flarescope.sources.answers import ask, printable
from flarescope.sources.jsoc_answers import parse_records, parse_rs_list
from flarescope.sources.jsoc_export import ask_for_export, wait_for_export
from flarescope.sources.jsoc_image import read_image
from flarescope.sources.jsoc_series import SLOT, JsocSeries, check_record_set, nearest_slot
from flarescope.times import duration_text, iso, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import pandas as pd

    from flarescope.sources.archives import Found, Supplied
    from flarescope.sources.http import Http
    from flarescope.sources.jsoc_answers import Columns, Record
    from flarescope.sources.jsoc_export import ExportAnswer
    from flarescope.sources.limits import FileBytes

__all__ = ["Jsoc", "Listing"]

WINDOW = timedelta(days=7)  # of one list: 840 records of the disk, some ten thousand of the regions
AROUND = timedelta(hours=1)  # listed around a time, so that an error can say what is near
LATE = timedelta(hours=1)  # a newest image older than this is asked for twice
MAX_BYTES = 96 * 2**20  # a 4096² image in 32 bits has 64 MiB
_KEY = re.compile(r"[A-Za-z*][A-Za-z0-9_*]{0,79}", re.ASCII)


@dataclass(frozen=True)
class Listing:
    """The images of a time, and notes on the records that have none."""

    found: tuple[Found, ...]
    notes: tuple[str, ...] = ()


@register("jsoc")
class Jsoc:
    """Which magnetograms has JSOC?

    Files are read as they are stored, with the header from JSOC's list, so no e-mail is needed. A QUALITY
    that is not 0 is carried along, not refused.

    Args:
        http: shared by all clients of a process.
        base_url: the folder of jsoc_info and jsoc_fetch; by default the settings' address.
        series: hmi.M_720s, hmi.M_720s_nrt, hmi.sharp_cea_720s or hmi.sharp_cea_720s_nrt.
        segment: "magnetogram"; of SHARPs also "Br", "Bp" and "Bt".
        harp: which region; SHARPs cannot be found by time without it.
        keep: whether images stay in the cache on the disk.

    Raises:
        UnknownNameError: another series.
        BadOptionError: another segment, or a HARP number that cannot be.
    """

    name = "jsoc"
    offers = frozenset({"magnetograms"})
    seconds_each = 4.0

    def __init__(
        self,
        http: Http,
        *,
        base_url: str | None = None,
        series: str = "hmi.M_720s",
        segment: str = "magnetogram",
        harp: int | None = None,
        keep: bool = False,
    ) -> None:
        self._series = JsocSeries(series, segment, harp)
        self.series = series
        self.bytes_each = 600_000 if self._series.regions else 15_000_000
        base = base_url or http.settings.jsoc_url
        self._base = f"{base.rstrip('/')}/"
        self._host = "{0.scheme}://{0.netloc}".format(urlsplit(self._base))
        self._http, self._keep = http, keep

    def records(self, a: datetime, b: datetime) -> tuple[Found, ...]:
        """The images with a slot between two times, both included; ``listing`` tells what was left out."""
        return self.listing(a, b).found

    def listing(self, a: datetime, b: datetime) -> Listing:
        """The images with a slot between two times, both included, and notes on what is missing.

        A list with a gap between its slots is asked for once more.

        Raises:
            BadOptionError: ``b`` is before ``a``.
            ArchiveError: no usable answer.
        """
        a, b = utc(a), utc(b)
        if b < a:
            raise BadOptionError(f"{iso(b)} is before {iso(a)}. Give the earlier time first.")
        found, notes, start = [], [], a
        while start <= b:
            end = min(start + WINDOW, b)
            records = self._list(start, end, _gap)
            notes += [gap] if (gap := _gap(records)) else []
            for record in records:
                if record.path:
                    found.append(self._series.found(record, self._host))
                else:
                    notes.append(f"{self._series.record_set(record)}: {record.problem}")
            start = end + timedelta(seconds=1)
        return Listing(tuple(found), tuple(notes))

    def find(self, time: datetime, *, tolerance: timedelta) -> Found:
        """The image of the slot nearest to a time.

        A list that lacks the nearest slot is asked for once more: holes are common in loaded archives.

        Raises:
            MissingDataError: no image within the tolerance; the message says what is near.
            BadOptionError: a SHARP series without a HARP number.
            ArchiveError: no usable answer.
        """
        time = utc(time)
        self._series.need_harp()
        slot, reach = nearest_slot(time), max(tolerance, AROUND)

        def doubt(records: tuple[Record, ...]) -> str:
            there = any(record.slot == slot for record in records)
            return "" if there else f"Its list lacks the slot {iso(slot)}."

        records = self._list(time - reach, time + reach, doubt)
        good = [record for record in records if record.path]
        best = min(good, key=lambda record: (abs(record.slot - time), record.slot), default=None)
        if best is None or abs(best.slot - time) > tolerance:
            asked = next((record for record in records if record.slot == slot), None)
            raise MissingDataError(self._nothing_near(time, slot, tolerance, best, asked))
        return self._series.found(best, self._host)

    def newest(self, at: datetime, *, oldest: timedelta) -> Found:
        """The newest image whose slot is not later than ``at``.

        Raises:
            MissingDataError: none younger than ``oldest``.
            BadOptionError: a SHARP series without a HARP number.
            ArchiveError: no usable answer.
        """
        at = utc(at)
        self._series.need_harp()

        def last(records: tuple[Record, ...]) -> Record | None:
            good = [record for record in records if record.path and record.slot <= at]
            return max(good, key=lambda record: record.slot, default=None)

        def doubt(records: tuple[Record, ...]) -> str:
            newest = last(records)
            if newest is not None and at - newest.slot <= LATE:
                return ""
            return f"Its list has {f'nothing after {iso(newest.slot)}' if newest else 'no image'}."

        best = last(self._list(at - oldest, at, doubt))
        if best is None:
            raise MissingDataError(
                f"{self._series.what} has no image of the {duration_text(oldest)} before {iso(at)}. "
                "Ask again later, or another series."
            )
        return self._series.found(best, self._host)

    def fetch(self, found: Found) -> Supplied:
        """The image's bytes, read and checked: format, channel, time, region.

        Raises:
            ArchiveError: none of the attempts gave a sound image.
            MissingDataError: the file is not there any more.
        """

        def read(file: FileBytes) -> Supplied:
            return read_image(file, found, segment=self._series.segment)

        return self._http.get(
            found.url, found.params or None, read=read, max_bytes=MAX_BYTES, name=found.name, keep=self._keep
        )

    def keywords(self, ds: str, keys: Sequence[str]) -> pd.DataFrame:
        """Keywords of a record set, every value as the text that JSOC sent; "MISSING" stays so.

        Raises:
            UnknownNameError: another series.
            BadOptionError: a record set or keyword that cannot be.
            ArchiveError: no usable answer.

        Example:
            >>> Jsoc(http).keywords("hmi.sharp_cea_720s[377][]", ["T_REC", "USFLUX"])  # doctest: +SKIP
        """
        import pandas as pd

        wrong = [key for key in keys if not _KEY.fullmatch(key)]
        if wrong or not 0 < len(keys) <= 200:
            seen = printable(wrong[0], 40) if wrong else f"{len(keys)} of them"
            raise BadOptionError(f"Keywords ({seen}) cannot be asked for. Accepted: 1 to 200 such as T_REC.")
        columns: Columns = ask(
            self._http,
            f"{self._base}jsoc_info",
            {"op": "rs_list", "ds": check_record_set(ds), "key": ",".join(keys)},
            read=parse_rs_list,
            name="jsoc_info",
        )
        names = list(columns.values) or list(keys)
        return pd.DataFrame({key: list(columns.values.get(key, ())) for key in names}, dtype=object)

    def quick(self, ds: str, *, poll_seconds: float = 10.0, give_up_seconds: float = 600.0) -> ExportAnswer:
        """The stored files of a record set, as they are; what is on tape is waited for.

        Raises:
            UnknownNameError, BadOptionError: of another series, or what cannot be a record set.
            ArchiveError: JSOC refused, was not ready in time, or gave no usable answer.
        """
        return self._export(ds, "url_quick", "as-is", poll_seconds, give_up_seconds)

    def export(
        self, ds: str, *, protocol: str = "FITS", poll_seconds: float = 10.0, give_up_seconds: float = 1800.0
    ) -> ExportAnswer:
        """The files of a record set with whole FITS headers, made by JSOC for this request.

        Raises:
            BadOptionError: no e-mail in the settings; the message says which variable to set.
            UnknownNameError: another series.
            ArchiveError: JSOC refused, was not ready in time, or gave no usable answer.
        """
        return self._export(ds, "url", protocol, poll_seconds, give_up_seconds)

    def _export(self, ds: str, method: str, protocol: str, poll: float, give_up: float) -> ExportAnswer:
        ds = check_record_set(ds)
        answer = ask_for_export(
            self._http, self._base, ds, method=method, protocol=protocol, needs_email=method == "url"
        )
        if answer.ready:
            return answer
        return wait_for_export(
            self._http, self._base, answer.request, poll_seconds=poll, give_up_seconds=give_up
        )

    def _list(
        self, a: datetime, b: datetime, doubt: Callable[[tuple[Record, ...]], str] | None = None
    ) -> tuple[Record, ...]:
        """One list, as the archive has it; asked for twice where there is a doubt."""
        series = self._series

        def read(document: object) -> tuple[Record, ...]:
            return parse_records(
                document, segment=series.segment, between=(a, b), regions=series.regions, harp=series.harp
            )

        return ask(
            self._http, f"{self._base}jsoc_info", series.query(a, b), read=read, name="jsoc_info", doubt=doubt
        )

    def _nothing_near(
        self,
        time: datetime,
        slot: datetime,
        tolerance: timedelta,
        best: Record | None,
        asked: Record | None,
    ) -> str:
        near = (
            f"The nearest image is of {iso(best.slot)}." if best else "There is none within an hour, either."
        )
        if asked is not None and asked.problem:
            near = f"Of the slot {iso(slot)} {asked.problem}. {near}"
        minutes = tolerance.total_seconds() / 60.0
        return f"{self._series.what} has no image within {minutes:g} minutes of {iso(time)}. {near}"


def _gap(records: tuple[Record, ...]) -> str:
    """Which slots does a list jump over? "" where none."""
    slots = sorted({record.slot for record in records})
    jumps = [(a, b) for a, b in itertools.pairwise(slots) if b - a > 1.5 * SLOT]
    if not jumps:
        return ""
    count = sum(round((b - a) / SLOT) - 1 for a, b in jumps)
    return f"Its list lacks slots ({count:,}), the first after {iso(jumps[0][0])}."
