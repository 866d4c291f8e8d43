"""Asked twice: an answer with a hole in it must never become a quiet Sun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import ArchiveError, MissingDataError
from flarescope.sources.flare_rows import FlareRows
from flarescope.times import iso, to_datetime64

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flarescope.sources.flare_coverage import Period
    from flarescope.sources.listed_flares import FlareAnswer

__all__ = ["Agreement", "agreed"]

_ASKS = 4  # an archive was seen to fail in two different ways one after the other
_MINUTE = timedelta(minutes=1)
_Key = tuple[np.datetime64, str]


@dataclass(frozen=True)
class Agreement:
    """What two answers agreed on, or what is left of four of which no two did.

    Attributes:
        answer: the last of the agreeing answers, or the flares that stood in all of them.
        holes: where the answers contradict each other, so that nothing is known.
        notes: what was found, in plain words.
        missing: there was no answer at all.
    """

    answer: FlareAnswer
    holes: tuple[Period, ...] = ()
    notes: tuple[str, ...] = ()
    missing: bool = False


def agreed(name: str, ask: Callable[[], FlareAnswer], within: Period) -> Agreement:
    """Which flares does an archive list, on its word given twice?

    Two answers agree where they hold the same flares: equal starts and classes. If the first two do not, a
    third and a fourth are asked for, until two agree. Where no two do, only flares of all answers are kept,
    and every period between two of these (or an end of ``within``) in which any answer has another flare is
    a hole.

    Args:
        name: the list's name, for notes.
        ask: one request, its answer read; it is called two to four times.
        within: the period asked for.

    Raises:
        ArchiveError, MissingDataError: the first request failed.
    """
    answers = [ask()]
    troubles: list[str] = []
    while len(answers) + len(troubles) < _ASKS:
        try:
            answer = ask()
        except (ArchiveError, MissingDataError) as problem:
            troubles.append(str(problem))
            continue
        if any(_keys(answer) == _keys(other) for other in answers):
            notes = (f"{name}: two of {len(answers) + 1} answers agree, and are believed.",)
            return Agreement(answer, notes=notes if len(answers) > 1 else ())
        answers.append(answer)
    if len(answers) == 1:
        note = f"{name}: only one answer from {iso(within[0])} to {iso(within[1])}: taken as a hole"
        return Agreement(answers[0], (within,), (f"{note} ({troubles[-1][:200]}).",))
    return _disputed(name, answers, within)


def _keys(answer: FlareAnswer) -> frozenset[_Key]:
    """The flares of an answer, as far as two answers must agree."""
    table = answer.rows.table
    starts = table["start"].to_numpy("datetime64[us]")
    known = set(zip(starts, table["goes_class"], strict=True))
    return frozenset(known | {(to_datetime64(time), "?") for time in answer.unclear})


def _disputed(name: str, answers: list[FlareAnswer], within: Period) -> Agreement:
    """What all answers hold, with holes where they differ."""
    keys = [_keys(answer) for answer in answers]
    common = frozenset.intersection(*keys)
    other = frozenset.union(*keys) - common
    sure = np.sort(np.array([start for start, _ in common], "datetime64[us]"))
    holes = tuple(sorted({_around(start, sure, within) for start, _ in other}))
    last = answers[-1]
    table = last.rows.table
    starts = table["start"].to_numpy("datetime64[us]")
    keep = np.array([key in common for key in zip(starts, table["goes_class"], strict=True)], bool)
    spans = ", ".join(f"{iso(a)} to {iso(b)}" for a, b in holes[:10])
    note = f"{name}: {len(other)} flares stood in some of {len(answers)} answers only; unknown: {spans}."
    rows = FlareRows(table[keep].reset_index(drop=True), last.rows.notes)
    unclear = tuple(time for time in last.unclear if (to_datetime64(time), "?") in common)
    return Agreement(type(last)(rows, unclear, last.first, last.last), holes, (note,))


def _around(start: np.datetime64, sure: np.ndarray, within: Period) -> Period:
    """From the last sure flare before a disputed one to the first sure one after it."""
    before, after = np.searchsorted(sure, start, "left"), np.searchsorted(sure, start, "right")
    moment = _moment(start)
    low = _moment(sure[before - 1]) + _MINUTE if before else within[0]
    high = _moment(sure[after]) if after < len(sure) else within[1]
    return min(low, moment), max(high, moment + _MINUTE)


def _moment(time: np.datetime64) -> datetime:
    moment: datetime = time.astype("datetime64[us]").item()
    return moment.replace(tzinfo=UTC)
