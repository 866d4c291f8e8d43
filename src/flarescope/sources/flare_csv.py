"""A flare catalogue as a CSV list, and beside it what it covers: both are read back as they were."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError
from flarescope.sources.plain_text import read_json
from flarescope.times import utc
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.flare import Flare, FlareCatalog, GoesClass
    from flarescope.sources.flare_coverage import Period

__all__ = ["Sidecar", "read_sidecar", "sources_in", "write_flares"]

FORMAT = "flarescope flare coverage 1"
_COLUMNS = (
    "start", "peak", "end", "goes_class", "noaa_region", "longitude", "latitude", "goes_scale", "source",
)  # fmt: skip
_ACCEPTED = f"a JSON object with format '{FORMAT}', sha256, flares, coverage and notes"


@dataclass(frozen=True)
class Sidecar:
    """What lies beside a CSV list written by flarescope.

    Attributes:
        coverage: the periods in which the list's silence means a quiet Sun.
        flares: how many flares the list holds; None where a sidecar without a checksum does not say.
        notes: what was repaired, left out or missing when it was made.
    """

    coverage: tuple[Period, ...]
    flares: int | None
    notes: tuple[str, ...]


def write_flares(path: str | Path, catalog: FlareCatalog) -> Path:
    """Write a catalogue as a CSV list, and its coverage and notes to ``NAME.coverage.json`` beside it.

    ``read_flares`` reads both, and gives an equal catalogue. It refuses the list if it was changed since.

    Returns:
        The path of the sidecar.

    Raises:
        BadOptionError: a file cannot be written there.
    """
    path = Path(path)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(flare) for flare in catalog)
    data = text.getvalue().encode()
    document = {
        "format": FORMAT,
        "sha256": hashlib.sha256(data).hexdigest(),
        "flares": len(catalog),
        "coverage": [[_time(a), _time(b)] for a, b in catalog.coverage],
        "notes": list(catalog.notes),
    }
    beside = _beside(path)
    write_whole(beside, (json.dumps(document, indent=1) + "\n").encode())
    write_whole(path, data)
    return beside


def read_sidecar(path: Path, text: str) -> Sidecar | None:
    """What is written beside this list? None where nothing is.

    A sidecar without the list's checksum (made by hand, or by another program) is believed, and a note says
    so; its number of flares, where it tells one, must be that of the list.

    Args:
        path: of the list.
        text: of the list.

    Raises:
        BadFileError: the sidecar is damaged, or the list was changed after it was written.
    """
    beside = _beside(path)
    if not beside.is_file():
        return None
    found = read_json(beside, _ACCEPTED)
    if found.get("format") != FORMAT:
        raise BadFileError(beside, f"its format is {ascii(found.get('format'))[:60]}. Accepted: {_ACCEPTED}.")
    notes = _notes(beside, found)
    if "sha256" not in found:
        notes = (*notes, f"{beside.name}: it has no sha256, so nothing tells whether it is of this list.")
    elif found["sha256"] != hashlib.sha256(text.encode()).hexdigest():
        raise BadFileError(
            path,
            f"the list is not the one that {beside.name} tells of. Fetch it again, or delete that file.",
        )
    return Sidecar(_coverage(beside, found.get("coverage")), _count(beside, found), notes)


def sources_in(text: str) -> list[str]:
    """The archive each flare of a list came from, in the order of its lines."""
    return [row.get("source") or "" for row in csv.DictReader(io.StringIO(text))]


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.coverage.json")


def _row(flare: Flare) -> tuple[str, ...]:
    place = flare.position
    return (
        _time(flare.start),
        _time(flare.peak) if flare.peak else "",
        _time(flare.end) if flare.end else "",
        _printed(flare.goes_class),
        str(flare.noaa_region or ""),
        repr(place.longitude) if place else "",
        repr(place.latitude) if place else "",
        str(flare.scale),
        " ".join(flare.source.split()),
    )


def _printed(goes_class: GoesClass) -> str:
    """With all its digits, where ``str`` has one."""
    whole, _, rest = f"{goes_class.magnitude:.9f}".partition(".")
    return f"{goes_class.letter}{whole}.{rest.rstrip('0') or '0'}"


def _time(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat() + "Z"


def _coverage(beside: Path, value: Any) -> tuple[Period, ...]:
    if not isinstance(value, list):
        raise BadFileError(beside, f"its coverage is unreadable: no list of periods. Accepted: {_ACCEPTED}.")
    try:
        periods = tuple((utc(a), utc(b)) for a, b in value)
    except (TypeError, ValueError, AttributeError) as problem:
        raise BadFileError(
            beside, f"its coverage is unreadable ({problem}). Accepted: {_ACCEPTED}."
        ) from None
    if any(a >= b for a, b in periods):
        raise BadFileError(
            beside, f"its coverage holds a period that ends before it begins. Accepted: {_ACCEPTED}."
        )
    return periods


def _count(beside: Path, found: dict[str, Any]) -> int | None:
    count = found.get("flares")
    if count is None and "sha256" not in found:
        return None
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise BadFileError(beside, f"flares is {ascii(count)[:40]}. Accepted: {_ACCEPTED}.")
    return count


def _notes(beside: Path, found: dict[str, Any]) -> tuple[str, ...]:
    notes = found.get("notes")
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise BadFileError(beside, f"its notes are no list of texts. Accepted: {_ACCEPTED}.")
    return tuple(notes)
