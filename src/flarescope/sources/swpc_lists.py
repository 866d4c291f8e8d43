"""SWPC's two live lists of flares become one: the automatic list of seven days, and the edited events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from flarescope.errors import ArchiveError, MissingDataError
from flarescope.flare import GoesClass
from flarescope.sources.agreed import Agreement, agreed
from flarescope.sources.flare_coverage import without
from flarescope.sources.flare_merge import SAME_FLUX
from flarescope.sources.listed_flares import ListedFlare, flare_rows, merged_rows
from flarescope.sources.swpc_answers import (
    EVENTS,
    FLARES,
    LATEST,
    parse_edited_events,
    parse_xray_flares,
)
from flarescope.times import utc

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import pandas as pd

    from flarescope.sources.flare_coverage import Period
    from flarescope.sources.swpc_answers import XrayNow

__all__ = ["LiveLists", "coverage_of", "table_of"]

T = TypeVar("T")
LISTED = timedelta(days=7)
SAME_PEAK = np.timedelta64(3, "m")  # the editor may move begin and end of a flare, hardly its peak
_MINUTE = timedelta(minutes=1)


class _Ask(Protocol):
    def __call__(self, path: str, read: Callable[[Any], T]) -> T: ...


@dataclass(frozen=True)
class LiveLists:
    """What SWPC lists now.

    Attributes:
        now: when it was asked.
        week: the automatic list of seven days, or None.
        edited: the edited events, or None.
        latest: the newest measurement and flare, or None.
        notes: what was missing, contradictory or left out.
    """

    now: datetime
    week: Agreement | None
    edited: Agreement | None
    latest: XrayNow | None
    notes: tuple[str, ...]

    @classmethod
    def ask(cls, ask: _Ask, latest: Callable[[], XrayNow | None], now: datetime) -> LiveLists:
        """Ask for both lists, each twice, and for the newest measurement.

        Raises:
            ArchiveError, MissingDataError: neither list could be had.
        """
        notes: list[str] = []
        problems: list[ArchiveError | MissingDataError] = []
        found: list[Agreement | None] = []
        for name, path, parse, back in (
            (FLARES, "json/goes/primary/xray-flares-7-day.json", parse_xray_flares, LISTED),
            (EVENTS, "json/edited_events.json", parse_edited_events, 10 * LISTED),
        ):
            read = partial(parse, now=now)
            try:
                part = agreed(name, partial(ask, path, read), (now - back, now))
            except (ArchiveError, MissingDataError) as problem:
                problems.append(problem)
                notes.append(f"{name} could not be had ({str(problem)[:200]}).")
                found.append(None)
                continue
            notes += [*part.answer.rows.notes, *part.notes]
            found.append(part)
        if len(problems) == 2:
            raise problems[0]
        newest = latest()
        if newest is None:
            notes.append(f"{LATEST} could not be had: the list covers nothing after its last flare.")
        return cls(now, found[0], found[1], newest, tuple(notes))


def table_of(lists: LiveLists) -> pd.DataFrame:
    """All flares, each once: an edited event is the automatic one whose peak it shares."""
    week, edited = (part.answer.rows.table if part else None for part in (lists.week, lists.edited))
    tables = []
    if week is not None:
        tables.append(week)
    if edited is not None:
        tables.append(edited if week is None else _moved(edited, week))
    if lists.latest is not None and (flare := lists.latest.flare) is not None:
        row = ListedFlare(
            1, flare.start, _printed(flare.goes_class), peak=flare.peak, end=flare.end, science=True
        )
        tables.append(flare_rows(LATEST, [row], lists.now, ()).table)
    return merged_rows(tables)[0]


def coverage_of(lists: LiveLists) -> tuple[Period, ...]:
    """Where silence means a quiet Sun."""
    periods: list[Period] = []
    if lists.week is not None and len(lists.week.answer.rows.table):
        begin = lists.now - LISTED
        end = _fresh_until(lists, lists.week)
        taken = [*lists.week.holes, *((t, t + _MINUTE) for t in lists.week.answer.unclear)]
        periods += without((begin, max(begin, end)), taken)
    edited = lists.edited
    if edited is not None and edited.answer.first is not None and edited.answer.last is not None:
        taken = [*edited.holes, *((t, t + _MINUTE) for t in edited.answer.unclear)]
        periods += without((edited.answer.first, min(edited.answer.last, lists.now)), taken)
    return tuple(periods)


def _fresh_until(lists: LiveLists, week: Agreement) -> datetime:
    """Up to when the list is known to be kept.

    To the newest minute measured; to the begin of a flare under way; to the list's last flare where it lacks
    the newest one that has ended, or where nothing tells how new it is.
    """
    last = utc(week.answer.rows.table["start"].max().to_datetime64()) + _MINUTE
    latest = lists.latest
    if latest is None:
        return last
    if latest.under_way and latest.begin is not None:
        return min(latest.begin, lists.now)
    if latest.begin is not None and latest.begin > last:
        return last
    return min(latest.time, lists.now)


def _moved(edited: pd.DataFrame, week: pd.DataFrame) -> pd.DataFrame:
    """Edited events with the automatic times, where peak (or start) and strength show the same flare."""
    edited = edited.copy()
    if week.empty or edited.empty:
        return edited
    flux = week["goes_class"].map(_flux).to_numpy(float)
    start, peak = (week[name].to_numpy("datetime64[us]") for name in ("start", "peak"))
    for index, row in edited.iterrows():
        ratio = flux / _flux(row["goes_class"])
        alike = np.maximum(ratio, 1 / ratio) <= SAME_FLUX
        near = np.abs(start - row["start"].to_datetime64()) <= SAME_PEAK
        if row["peak"] == row["peak"]:  # not NaT
            near |= np.abs(peak - row["peak"].to_datetime64()) <= SAME_PEAK
        same = np.flatnonzero(alike & near)
        if len(same):
            for name in ("start", "peak", "end"):
                edited.loc[index, name] = week[name].iloc[same[0]]
    return edited


def _flux(goes_class: str) -> float:
    return GoesClass(goes_class).peak_flux


def _printed(goes_class: GoesClass) -> str:
    return f"{goes_class.letter}{goes_class.magnitude:.6f}"
