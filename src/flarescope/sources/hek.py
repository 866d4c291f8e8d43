"""Flares of any year from the Heliophysics Event Knowledgebase (HEK)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import ArchiveError, BadOptionError, MissingDataError
from flarescope.flare import FlareCatalog
from flarescope.sources import register
from flarescope.sources.agreed import Agreement, agreed
from flarescope.sources.flare_coverage import NEIGHBOURHOOD_DAYS, edge_holes, holes, without
from flarescope.sources.flare_rows import flares_of
from flarescope.sources.hek_answers import HEK_FIELDS, NAME, HekPage, parse_hek_page
from flarescope.sources.json_rows import MOST_ROWS
from flarescope.sources.listed_flares import FlareAnswer, empty_rows, flare_rows, merged_rows
from flarescope.times import iso, utc

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from flarescope.errors import FlarescopeError
    from flarescope.sources.flare_coverage import Period
    from flarescope.sources.http import Http

__all__ = ["Hek"]

PAGE_ROWS = 500
WINDOW = timedelta(days=31)
MARGIN = timedelta(days=NEIGHBOURHOOD_DAYS)  # asked for on both sides: what holes are judged by
SETTLED = timedelta(days=1)  # SWPC's events reach HEK with a delay; after a day they are all there
_MINUTE = timedelta(minutes=1)


@register("hek")
class Hek:
    """NOAA/SWPC's GOES flares as HEK keeps them, with positions and regions.

    Args:
        http: the client that asks.
        base_url: another address of the service than the settings name.
        now: the clock; nothing is asked for after it, and no flare can start later.
    """

    name = "hek"
    offers = frozenset({"flares"})

    def __init__(
        self, http: Http, *, base_url: str | None = None, now: Callable[[], datetime] | None = None
    ) -> None:
        self._http = http
        self._url = base_url or http.settings.hek_url
        self._now = now or (lambda: datetime.now(UTC))

    def flares(self, a: datetime, b: datetime) -> FlareCatalog:
        """Flares with a ≤ start < b, on the scale of their date.

        Each window of at most 31 days is asked for twice (``agreed``); 27 days more on either side serve to
        judge silences. The list covers what was asked for, up to now, less its holes; of the last 24 hours
        only what lies before its last flare, because HEK learns of flares with a delay. A list without any
        flare covers nothing.

        Raises:
            ArchiveError: HEK did not answer.
            BadOptionError: ``b`` is not later than ``a``.
            MissingDataError: the whole period lies in the future.
        """
        a, b, now = utc(a), utc(b), utc(self._now())
        if b <= a:
            raise BadOptionError(f"The period from {iso(a)} to {iso(b)} is empty. Give a later end.")
        if a >= now:
            raise MissingDataError(f"The period from {iso(a)} lies after {iso(now)}: no flare is known yet.")
        asked = (a - MARGIN, min(b + MARGIN, now))
        found = self._windows(asked, now)
        table, said = merged_rows([part.answer.rows.table for part in found])
        notes = [n for part in found for n in (*part.answer.rows.notes, *part.notes)]
        covered, about = _coverage(table, found, asked, now)
        catalog = FlareCatalog(flares_of(table), covered, (*dict.fromkeys([*notes, *said, *about]),))
        return catalog.between(a, b)

    def _windows(self, asked: Period, now: datetime) -> list[Agreement]:
        """Every window, asked for twice; what cannot be had is a hole, after two in a row all the rest.

        The newest is asked for first: where time runs out, it is the oldest flares that are not known.
        """
        found: list[Agreement] = []
        problems: list[ArchiveError | MissingDataError] = []
        in_a_row = 0
        for within in reversed(_cut(asked)):
            if in_a_row < 2:
                try:
                    found.append(agreed(NAME, partial(self._read, within, now), within))
                    in_a_row = 0
                    continue
                except (ArchiveError, MissingDataError) as problem:
                    problems.append(problem)
                    in_a_row += 1
            found.append(_missing(within, problems[-1]))
        if problems and all(part.missing for part in found):
            raise problems[-1]
        return found[::-1]

    def _read(self, within: Period, now: datetime) -> FlareAnswer:
        """All pages of one window; flares that began before it are another window's."""
        pages = self._pages(within, now)
        flares = [f for page in pages for f in page.flares if within[0] <= f.start < within[1]]
        unclear = sorted({t for page in pages for t in page.unclear if within[0] <= t < within[1]})
        notes = []
        if others := sum(page.others for page in pages):
            notes.append(f"{others} records of other methods or observatories passed over")
        if unclear:
            notes.append(f"{len(unclear)} flares without a class left out: unknown when they started")
        if any(page.no_place for page in pages):
            notes.append("flares at exactly (0, 0) taken as flares without a position")
        return FlareAnswer(flare_rows(NAME, flares, now, notes), tuple(unclear))

    def _pages(self, within: Period, now: datetime) -> list[HekPage]:
        pages: list[HekPage] = []
        read = partial(parse_hek_page, now=now)
        while not pages or pages[-1].more:
            if sum(page.rows for page in pages) > MOST_ROWS:
                raise ArchiveError(f"{self._url} gave over {MOST_ROWS:,} rows and says that more follow.")
            params = {**_query(within), "page": str(len(pages) + 1)}
            page = self._http.get_json(self._url, params, read=read, name=NAME)
            if pages and page == pages[-1]:
                raise ArchiveError(f"{self._url} gave page {len(pages)} once more as the next one.")
            pages.append(page)
        return pages


def _query(within: Period) -> dict[str, str]:
    """A search for flares of SWPC on GOES that overlap a period, anywhere on the disk."""
    return {
        "cosec": "2", "cmd": "search", "type": "column", "event_type": "fl",
        "event_starttime": iso(within[0]).rstrip("Z"), "event_endtime": iso(within[1]).rstrip("Z"),
        "event_coordsys": "helioprojective", "x1": "-5000", "x2": "5000", "y1": "-5000", "y2": "5000",
        "param0": "FRM_Name", "op0": "=", "value0": "SWPC",
        "param1": "OBS_Observatory", "op1": "=", "value1": "GOES",
        "return": ",".join(HEK_FIELDS), "result_limit": str(PAGE_ROWS),
    }  # fmt: skip


def _cut(asked: Period) -> list[Period]:
    starts = np.arange(0, (asked[1] - asked[0]) / WINDOW)
    return [(asked[0] + i * WINDOW, min(asked[0] + (i + 1) * WINDOW, asked[1])) for i in starts.tolist()]


def _missing(within: Period, why: FlarescopeError) -> Agreement:
    note = f"{NAME}: nothing from {iso(within[0])} to {iso(within[1])}: taken as a hole ({str(why)[:300]})."
    return Agreement(FlareAnswer(empty_rows()), (within,), (note,), missing=True)


def _coverage(
    table: pd.DataFrame, found: list[Agreement], asked: Period, now: datetime
) -> tuple[tuple[Period, ...], list[str]]:
    """Where the list's silence means a quiet Sun, and why not elsewhere."""
    if table.empty:
        period = f"{iso(asked[0])} to {iso(asked[1])}"
        return (), [f"{NAME}: no flare at all from {period}: that proves no quiet Sun."]
    starts = table["start"].to_numpy("datetime64[us]")
    silent = (*holes(starts), *edge_holes(starts, *asked))
    last = max(now - SETTLED, utc(starts[-1]) + _MINUTE)
    taken = [(hole.after + _MINUTE, hole.before) for hole in silent]
    taken += [period for part in found for period in part.holes]
    taken += [(time, time + _MINUTE) for part in found for time in part.answer.unclear]
    covered = without((asked[0], max(asked[0], min(asked[1], last))), taken)
    return covered, [f"{NAME}: {hole}." for hole in silent]
