"""NOAA's Solar Region Summaries: one text file a day, and years of them in one archive."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadFileError
from flarescope.geometry import earth_view
from flarescope.sources.noaa_numbers import full_region_numbers
from flarescope.sources.plain_text import as_text, read_text
from flarescope.sun import Position, Region
from flarescope.times import utc

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RegionSummary", "ReportedRegion", "parse_srs", "read_srs", "read_srs_archive"]

_ACCEPTED = "a NOAA Solar Region Summary (SRS) with a line ':Issued: 2015 Mar 06 0030 UTC'"
_ISSUED = re.compile(r"^:Issued:\s*(\d{4} [A-Za-z]{3} \d{1,2} \d{4}) UTC\s*$", re.MULTILINE)
_VALID = re.compile(r"LOCATIONS VALID AT (\d{1,2})/2400Z", re.IGNORECASE)
_SECTION = re.compile(r"^(I|IA|II|III)\.\s")
_PLACE = re.compile(r"^(\d{4,5})\s+([NS])(\d\d)([EW])(\d\d)(?:\s+(\d{1,3})\b)?")
_SPOTS = re.compile(r"\s(\d{1,4})\s+([A-Za-z]{3})\s+(\d{1,3})\s+(\d{1,3})(?:\s+([A-Za-z-]+))?\s*$")
_RETURNING = re.compile(r"^(\d{4,5})\s+[NS]\d\d(?:\s+\d{1,3})?\s*$")
_MCINTOSH = re.compile(r"[A-HZ][a-z]{2}", re.IGNORECASE)
_MAGNETIC = {"alpha", "beta", "gamma", "delta"}
_TITLE = re.compile(r"\s*(?:nmbr\b.*)?", re.IGNORECASE)  # of the columns; or a blank line
_NONE = re.compile(r"\s*none\s*", re.IGNORECASE)
_LAST_LINE = re.compile(r"\s*(?:none|\d{4,5}\s+[NS]\d\d\s+\d{3})\s*", re.IGNORECASE)  # whole without its end
_A_ROW = re.compile(r"\s*\d{4,5}\s+[NS]\d\d")
_LIKE_A_ROW = re.compile(r"\s*\d{4,5}\b")
FARTHEST_APART = 20.0  # degrees; 16,289 of 16,305 regions of ten years lie within 12
_LARGEST_MEMBER, _LARGEST_SUM, _MOST_MEMBERS = 2**20, 2**28, 20_000


@dataclass(frozen=True)
class ReportedRegion:
    """A region as the day's observers described it.

    ``mcintosh`` is its white-light class (Dkc), ``magnetic`` its Mount Wilson class (beta-gamma), both as
    lower-case text with the first letter of the McIntosh class in capitals; None for a plage without spots
    and where the line lacks it. ``extent_degrees`` is its length in longitude.
    """

    region: Region
    carrington_longitude: float | None = None
    mcintosh: str | None = None
    magnetic: str | None = None
    spots: int | None = None
    extent_degrees: float | None = None


@dataclass(frozen=True)
class RegionSummary:
    """What one Solar Region Summary says.

    Attributes:
        issued: when it was issued; nothing in it was known earlier.
        valid_at: the time its locations hold for: as a rule 24:00 UTC of the day before it was issued.
        regions: regions with spots (section I).
        plages: regions without spots (section IA).
        returning: numbers of the regions about to return (section II).
        notes: lines that could not be read in full.
    """

    issued: datetime
    valid_at: datetime
    regions: tuple[ReportedRegion, ...]
    plages: tuple[ReportedRegion, ...] = ()
    returning: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def read_srs(path: str | Path) -> RegionSummary:
    """Which active regions does this Solar Region Summary list?

    Both styles are read: capitals (1996 to 2000) and mixed case. Numbers are given in full (2293 is 12293).

    Raises:
        BadFileError: the file is missing or no such summary, or it is cut off.
    """
    path = Path(path)
    return _parsed(str(path), read_text(path, _ACCEPTED), whole=True)


def parse_srs(name: str, text: str) -> RegionSummary:
    """Which active regions does the text of a Solar Region Summary list?

    Every summary has its sections I, IA and II, each with rows or the word "None": one that ends earlier, or
    in the middle of a line, is cut off, and its regions would be too few. Nothing says where section II ends:
    of the regions about to return the last may be lost unseen.

    Args:
        name: what error messages call it.
        text: the whole summary.

    Raises:
        BadFileError: it is no such summary, or it is cut off.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > _LARGEST_MEMBER:
        raise BadFileError(name, f"it has {len(text):,} characters; accepted: up to {_LARGEST_MEMBER:,}.")
    return _parsed(name, text, whole=True)


def read_srs_archive(path: str | Path) -> tuple[RegionSummary, ...]:
    """All summaries of a ``.tar.gz`` archive, in order of issue.

    An archive has checksums, so a summary that ends early was issued so, as that of 2019-10-11: it is read as
    far as it goes, and its notes say so. Members are read in memory: nothing is unpacked, and no name inside
    the archive is ever used as a path.

    Raises:
        BadFileError: the archive is damaged, too large, or a member is no such summary.
    """
    path = Path(path)
    try:
        with tarfile.open(path, "r:gz") as archive:
            texts = list(_members(path, archive))
    except OSError as problem:
        raise BadFileError(
            path, f"the archive cannot be read ({problem}). Accepted: a .tar.gz of summaries."
        ) from None
    except (tarfile.TarError, EOFError, zlib.error) as problem:
        raise BadFileError(
            path, f"the archive is damaged ({problem}). Accepted: a .tar.gz of summaries."
        ) from None
    summaries = (_parsed(name, text, whole=False) for name, text in texts)
    return tuple(sorted(summaries, key=lambda summary: summary.issued))


def _members(path: Path, archive: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    """Name and text of every summary; a bomb is refused before it is unpacked."""
    total = 0
    for count, member in enumerate(archive):
        total += member.size
        if member.size > _LARGEST_MEMBER or total > _LARGEST_SUM or count >= _MOST_MEMBERS:
            raise BadFileError(
                path, "the archive holds more than a summary a day could fill. Accepted: up to 1 MB each."
            )
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is not None and member.name.upper().endswith("SRS.TXT"):
            name = f"{path}:{ascii(member.name[-80:])[1:-1]}"
            yield name, as_text(name, stream.read(), _ACCEPTED)


def _parsed(name: str, text: str, *, whole: bool) -> RegionSummary:
    issued = _issued(name, text)
    valid_at = _valid_at(name, text, issued)
    said = _sections(name, text)
    if whole:
        _refuse_cut_off(name, text, said)
    sections = {key: [row for row in rows if not _NONE.fullmatch(row[1])] for key, rows in said.items()}
    notes = [
        f"section {key} is missing: the summary may be cut off."
        for key in ("IA", "II")
        if key not in sections
    ]
    regions, plages = (
        tuple(
            r
            for number, line in sections.get(key, ())
            if (r := _region(issued, number, line, notes, spotted=key == "I"))
        )
        for key in ("I", "IA")
    )
    returning = []
    for number, line in sections.get("II", ()):
        if match := _RETURNING.match(line):
            returning.append(_number(match[1], issued))
        elif _LIKE_A_ROW.match(line):
            notes.append(_unread(number, line))
    notes += [
        f"line {number} stands outside the sections: {line.strip()[:60]!a}." for number, line in sections[""]
    ]
    notes += _doubts(regions + plages, valid_at)
    return RegionSummary(issued, valid_at, regions, plages, tuple(returning), tuple(notes))


def _sections(name: str, text: str) -> dict[str, list[tuple[int, str]]]:
    """Rows (or None) of each section that is there, with the numbers of the lines; those astray under ""."""
    astray: list[tuple[int, str]] = []
    sections: dict[str, list[tuple[int, str]]] = {"": astray}
    current = ""
    for number, line in enumerate(text.split("\n"), 1):
        if heading := _SECTION.match(line):
            current = heading[1]
            if current in sections:
                raise BadFileError(
                    name, f"line {number} begins section {current} anew. Accepted: {_ACCEPTED}."
                )
            sections[current] = []
        elif current in {"I", "IA", "II"} and not _TITLE.fullmatch(line):
            sections[current].append((number, line))
        elif _A_ROW.match(line):
            astray.append((number, line))
    if "I" not in sections:
        raise BadFileError(name, f"it has no section I, of regions with spots. Accepted: {_ACCEPTED}.")
    return sections


def _refuse_cut_off(name: str, text: str, sections: dict[str, list[tuple[int, str]]]) -> None:
    """Each section must have rows or the word None, and the last line its end, or be whole without it."""
    last = text.rpartition("\n")[2]
    problem = next((f"section {key} is missing" for key in ("IA", "II") if key not in sections), "")
    if not problem and last and not _LAST_LINE.fullmatch(last):
        problem = f"its last line ends in the middle: {last.strip()[:60]!a}"
    if not problem:
        empty = (key for key in ("I", "IA", "II") if not sections[key])
        problem = next((f"section {key} has neither rows nor the word None" for key in empty), "")
    if problem:
        raise BadFileError(name, f"{problem}: the summary is cut off. Fetch it again.")


def _unread(number: int, line: str) -> str:
    return f"line {number} could not be read: {line.strip()[:60]!a}."


def _doubts(regions: tuple[ReportedRegion, ...], valid_at: datetime) -> list[str]:
    """Regions that stand twice, or whose two longitudes contradict each other."""
    counts = Counter(region.region.noaa[0] for region in regions)
    notes = [f"region {number} stands {count} times." for number, count in counts.items() if count > 1]
    centre = earth_view(valid_at).l0
    for region in regions:
        place, carrington = region.region.position, region.carrington_longitude
        if place is not None and carrington is not None:
            apart = abs((carrington - centre - place.longitude + 180.0) % 360.0 - 180.0)
            if apart > FARTHEST_APART:
                told = f"region {region.region.noaa[0]}: its place and its Carrington longitude"
                notes.append(f"{told} are {apart:.0f}° apart.")
    return notes


def _issued(name: str, text: str) -> datetime:
    match = _ISSUED.search(text)
    if match is None:
        raise BadFileError(name, f"no line says when it was issued. Accepted: {_ACCEPTED}.")
    try:
        return utc(datetime.strptime(match[1], "%Y %b %d %H%M").replace(tzinfo=UTC))
    except ValueError:
        raise BadFileError(
            name, f"it was issued '{match[1]}', which is no time. Accepted: {_ACCEPTED}."
        ) from None


def _valid_at(name: str, text: str, issued: datetime) -> datetime:
    """24:00 UTC of the day the heading names: of the day before the issue, or near it."""
    match = _VALID.search(text)
    if match is None:
        raise BadFileError(name, f"no heading says when its locations hold. Accepted: {_ACCEPTED}.")
    midnight = issued.replace(hour=0, minute=0)
    for day in (midnight - timedelta(days=back) for back in (1, 0, 2, 3)):
        if day.day == int(match[1]):
            return day + timedelta(days=1)
    raise BadFileError(name, f"its locations hold for day {match[1]}, but it was issued {issued:%Y-%m-%d}.")


def _region(
    issued: datetime, number: int, line: str, notes: list[str], *, spotted: bool
) -> ReportedRegion | None:
    """One row of section I or IA; what cannot be read is left out and noted."""
    place = _PLACE.match(line)
    if place is None or int(place[3]) > 90 or int(place[6] or 0) > 360:
        notes.append(_unread(number, line))
        return None
    latitude = float(place[3]) * (1 if place[2] == "N" else -1)
    longitude = float(place[5]) * (1 if place[4] == "W" else -1)
    known = _SPOTS.search(line, place.end())
    if known is not None and not _sound(known):
        known = None
    if spotted and known is None:
        notes.append(f"line {number} gives no area and class: {line.strip()[:60]!a}.")
    if known is not None and not spotted:
        notes.append(f"line {number} gives an area, but stands among the regions without spots.")
        known = None
    return ReportedRegion(
        Region(
            noaa=(_number(place[1], issued),),
            position=Position(longitude, latitude),
            area_msh=float(known[1]) if known else None,
        ),
        carrington_longitude=float(place[6]) if place[6] else None,
        mcintosh=known[2].capitalize() if known else None,
        magnetic=known[5].lower() if known and known[5] else None,
        spots=int(known[4]) if known else None,
        extent_degrees=float(known[3]) if known else None,
    )


def _sound(spots: re.Match[str]) -> bool:
    """Do the classes exist?"""
    magnetic = set((spots[5] or "alpha").lower().split("-"))
    return _MCINTOSH.fullmatch(spots[2]) is not None and magnetic <= _MAGNETIC


def _number(text: str, issued: datetime) -> int:
    """The region number in full."""
    return int(
        full_region_numbers(np.array([int(text)]), np.array([issued.replace(tzinfo=None)], "M8[D]"))[0]
    )
