"""JSOC's record sets, as far as the archive server knows them: ``series[377][2011.02.15_TAI/1d@6h]{Br}``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flarescope.errors import BadOptionError
from flarescope.sources.tai import to_tai

__all__ = ["FIRST", "NAMES", "SERIES", "SLOT", "RecordSet", "Slots", "parse_record_set", "prime_keys"]

SERIES = {
    "hmi.sharp_cea_720s": "SHARP CEA maps, definitive",
    "hmi.sharp_cea_720s_nrt": "SHARP CEA maps, near real time: made from the definitive files",
    "hmi.m_720s": "full-disk magnetograms, definitive",
    "hmi.m_720s_nrt": "full-disk magnetograms, near real time",
}
NAMES = {name: name.replace("hmi.m_", "hmi.M_") for name in SERIES}
SLOT = timedelta(minutes=12)
FIRST, LAST = datetime(2010, 5, 1), datetime(2031, 1, 1)  # noqa: DTZ001 - TAI clock readings
_SET = re.compile(
    r"\s*([\w.]{1,60})\s*((?:\[[^\[\]]{0,200}\]\s*){0,4})(?:\{([\w\s,]{0,200})\})?\s*", re.ASCII
)
_TIME = re.compile(
    r"(\d{4})\.(\d{1,2})\.(\d{1,2})(?:_(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?)?"
    r"(?:_?(TAI|UTC|UT|Z))?",
    re.ASCII,
)
_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(s|m|h|d)", re.ASCII)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def prime_keys(series: str) -> tuple[str, str]:
    """The keywords that name a record of a series."""
    return ("HARPNUM", "T_REC") if "sharp" in series else ("T_REC", "CAMERA")


@dataclass(frozen=True)
class Slots:
    """Which T_REC slots are meant: TAI clock readings, both ends included."""

    first: datetime = FIRST
    last: datetime = LAST
    every: timedelta = SLOT
    end: str = ""  # "^" the first record, "$" the last one

    def holds(self, slot: datetime) -> bool:
        """Is this slot one of them?"""
        steps = (slot - self.first) / self.every
        return self.first <= slot <= self.last and abs(steps - round(steps)) * self.every < SLOT / 2


@dataclass(frozen=True)
class RecordSet:
    """A series, perhaps one region of it, times, and segments (none named: all)."""

    series: str
    harp: int | None
    slots: Slots
    segments: tuple[str, ...] = ()


def parse_record_set(text: str) -> RecordSet:
    """Which records does this text mean?

    Known are single values, ranges ``a-b``, spans ``a/1d``, cadences ``@6h``, ``^`` and ``$``. Times without
    a scale are TAI.

    Raises:
        BadOptionError: anything else, in JSOC's manner of speaking.
    """
    match = _SET.fullmatch(text[:1000])
    name = match[1].lower() if match else ""
    if match is None or name not in SERIES:
        raise BadOptionError(f"Cannot find series or understand record set '{text[:80]}'.")
    parts = [part.strip() for part in re.findall(r"\[([^\[\]]*)\]", match[2])]
    harp = None
    if "sharp" in name:
        first, parts = parts[0] if parts else "", parts[1:]
        if first and not (first.isascii() and first.isdigit()):
            raise BadOptionError(f"Cannot understand HARPNUM '{first[:40]}'.")
        harp = int(first) if first else None
    segments = tuple(re.split(r"[\s,]+", match[3].strip())) if match[3] and match[3].strip() else ()
    return RecordSet(NAMES[name], harp, _slots(parts[0]) if parts and parts[0] else Slots(), segments)


def _slots(text: str) -> Slots:
    if text in {"^", "$"}:
        return Slots(end=text)
    span, _, cadence = text.partition("@")
    every = max(_duration(cadence), SLOT) if cadence else SLOT
    first, slash, length = span.partition("/")
    if slash:
        begin = _clock(first)
        return Slots(begin, begin + _duration(length) - timedelta(seconds=1), every)
    first, dash, last = span.partition("-")
    if dash:
        return Slots(_clock(first), _clock(last), every)
    begin = _clock(first)
    midnight = begin.replace(hour=0, minute=0, second=0)
    slot = midnight + round((begin - midnight) / SLOT) * SLOT
    return Slots(slot, slot, every)


def _clock(text: str) -> datetime:
    """A TAI clock reading."""
    match = _TIME.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        clock = datetime(*(int(part or 0) for part in match.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        raise BadOptionError(f"Cannot understand time '{text[:40]}'.") from None
    if match[7] in {"UTC", "UT", "Z"}:
        return to_tai(clock.replace(tzinfo=UTC))
    return clock


def _duration(text: str) -> timedelta:
    match = _SPAN.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise BadOptionError(f"Cannot understand the span of time '{text[:40]}'.")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
