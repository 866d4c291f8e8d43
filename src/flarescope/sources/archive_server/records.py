"""JSOC's records on the archive server: the real SHARP files, or full disks of the made-up Sun."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.sources.archive_server.disk_fits import disk_file, disk_header
from flarescope.sources.archive_server.fits_bytes import with_comment
from flarescope.sources.archive_server.record_sets import FIRST, SLOT, RecordSet
from flarescope.sources.tai import from_tai, to_tai

if TYPE_CHECKING:
    from flarescope.sources.archive_server.content import Content

__all__ = ["CALLS_IT_MADE", "Records", "StoredRecord"]

CALLS_IT_MADE = "made from the definitive file by flarescope's archive server"
MOST_RECORDS = 20_000
_FILE = re.compile(r"hmi\.sharp_cea_720s\.(\d{1,6})\.(\d{8}_\d{6})_TAI\.(\w+)\.fits", re.ASCII)
_PATH = re.compile(r"/SUM1/D([1-4])(\d{8})/S00000/(\w{1,40})\.fits", re.ASCII)
_EXPORT = re.compile(r"/SUM1/D9\d{8}/S00000/(hmi\.[\w.]{1,120}\.fits)", re.ASCII)
_NUMBERS = {"hmi.sharp_cea_720s": 1, "hmi.sharp_cea_720s_nrt": 2, "hmi.M_720s": 3, "hmi.M_720s_nrt": 4}


@dataclass(frozen=True)
class StoredRecord:
    """A record: its series, T_REC as a TAI clock reading, its region, and the files of its segments."""

    series: str
    slot: datetime
    key: int
    harp: int | None = None
    segments: Mapping[str, Path | None] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """As JSOC names it."""
        middle = f"[{self.harp}]" if self.harp else ""
        camera = "" if self.harp else "[3]"
        return f"{self.series}{middle}[{self.slot:%Y.%m.%d_%H:%M:%S}_TAI]{camera}"

    def path(self, segment: str) -> str:
        """Where a segment's file is stored."""
        return f"/SUM1/D{_NUMBERS[self.series]}{self.key:08d}/S00000/{segment}.fits"

    def export_name(self, segment: str) -> str:
        """What a segment's file is called in an export."""
        middle = f".{self.harp}" if self.harp else ""
        return f"{self.series}{middle}.{self.slot:%Y%m%d_%H%M%S}_TAI.{segment}.fits"


class Records:
    """All records, and the files under ``/SUM1/``; nothing is served that is not in this index."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._sharps: list[StoredRecord] | None = None

    def select(self, wanted: RecordSet) -> list[StoredRecord]:
        """The records of a set, in the order of region and time."""
        if "images" in self._content.without:
            return []
        found = list(self._sharp(wanted) if "sharp" in wanted.series else self._disks(wanted))
        if wanted.slots.end:
            return found[:1] if wanted.slots.end == "^" else found[-1:]
        return found

    def segments(self, series: str) -> tuple[str, ...]:
        """All segments that files of a series are there for."""
        names = {name for record in self._index() for name in record.segments}
        return tuple(sorted(names | {"magnetogram"})) if "sharp" in series else ("magnetogram",)

    def keywords(self, record: StoredRecord) -> dict[str, str]:
        """All keywords of a record, as text."""
        if record.harp is None:
            return {_drms_name(key): _text(key, value) for key, value in disk_header(record.slot).items()}
        first = record.segments.get("magnetogram") or next(iter(record.segments.values()))
        assert first is not None
        keywords = dict(_header_texts(first))
        if record.series.endswith("_nrt"):
            keywords["COMMENT"] = CALLS_IT_MADE
        return keywords

    def file(self, path: str) -> tuple[StoredRecord, str] | None:
        """The record and segment whose file this path names."""
        if match := _PATH.fullmatch(path):
            return self._stored(int(match[1]), int(match[2]), match[3])
        match = _EXPORT.fullmatch(path)
        return self._exported(match[1]) if match else None

    def data(self, record: StoredRecord, segment: str) -> bytes:
        """The bytes of a segment's file."""
        if record.harp is None:
            return self._content.kept.get(record, lambda: disk_file(record.slot))
        path = record.segments[segment]
        assert path is not None
        data = path.read_bytes()
        return with_comment(data, CALLS_IT_MADE) if record.series.endswith("_nrt") else data

    def continuum(self) -> bytes | None:
        """A continuum image of some region, to be served as another one."""
        paths = [record.segments["continuum"] for record in self._index() if "continuum" in record.segments]
        return paths[0].read_bytes() if paths and paths[0] else None

    def before(self, record: StoredRecord) -> StoredRecord:
        """The same region's record before, else the one after; of the disk, the slot an hour earlier."""
        if record.harp is None:
            return _disk(record.series, record.slot - 5 * SLOT)
        same = [r for r in self._of_series(record.series) if r.harp == record.harp]
        at = same.index(record)
        return same[at - 1 if at else min(1, len(same) - 1)]

    def _stored(self, number: int, key: int, segment: str) -> tuple[StoredRecord, str] | None:
        series = next(name for name, its in _NUMBERS.items() if its == number)
        if "sharp" in series:
            records = self._of_series(series)
            record = records[key] if key < len(records) else None
        else:
            record = _disk(series, FIRST + key * SLOT) if key < 2_000_000 else None
        shown = record is not None and self._shows(record) and segment in record.segments
        return (record, segment) if record is not None and shown else None

    def _exported(self, name: str) -> tuple[StoredRecord, str] | None:
        match = re.fullmatch(r"(hmi\.\w+?)(?:\.(\d+))?\.(\d{8}_\d{6})_TAI\.(\w+)\.fits", name, re.ASCII)
        if match is None or match[1] not in _NUMBERS:
            return None
        try:
            slot = datetime.strptime(match[3], "%Y%m%d_%H%M%S")  # noqa: DTZ007 - a TAI clock reading
        except ValueError:
            return None
        if "sharp" not in match[1]:
            steps = (slot - FIRST) / SLOT
            return self._stored(_NUMBERS[match[1]], int(steps), match[4]) if steps % 1 == 0 <= steps else None
        for record in self._of_series(match[1]):
            if record.export_name(match[4]) == name:
                return self._stored(_NUMBERS[match[1]], record.key, match[4])
        return None

    def _shows(self, record: StoredRecord) -> bool:
        if "images" in self._content.without or (record.harp is None and self._content.data is not None):
            return False
        return from_tai(record.slot) <= self._content.now

    def _sharp(self, wanted: RecordSet) -> Iterator[StoredRecord]:
        for record in self._of_series(wanted.series):
            if wanted.harp in {None, record.harp} and wanted.slots.holds(record.slot) and self._shows(record):
                yield record

    def _disks(self, wanted: RecordSet) -> Iterator[StoredRecord]:
        slots, newest = wanted.slots, to_tai(self._content.now)
        if self._content.data is not None:
            return
        if slots.end:
            yield _disk(wanted.series, FIRST + ((newest - FIRST) // SLOT if slots.end == "$" else 0) * SLOT)
            return
        step = max(1, round(slots.every / SLOT))
        key = max(0, -((FIRST - slots.first) // SLOT))
        for number in range(MOST_RECORDS):
            slot = FIRST + (key + number * step) * SLOT
            if slot > min(slots.last, newest):
                return
            if slot >= slots.first:
                yield _disk(wanted.series, slot)

    def _of_series(self, series: str) -> list[StoredRecord]:
        if series.endswith("_nrt"):
            return [StoredRecord(series, r.slot, r.key, r.harp, r.segments) for r in self._index()]
        return self._index()

    def _index(self) -> list[StoredRecord]:
        if self._sharps is None:
            self._sharps = _sharp_files(self._content.data)
        return self._sharps


def _disk(series: str, slot: datetime) -> StoredRecord:
    return StoredRecord(series, slot, (slot - FIRST) // SLOT, None, {"magnetogram": None})


def _sharp_files(data: Path | None) -> list[StoredRecord]:
    """Every record of which there are files, sorted by region and time."""
    segments: dict[tuple[int, datetime], dict[str, Path | None]] = {}
    folder = data and data / "magnetograms" / "sharp_cea"
    for path in sorted(folder.rglob("*.fits")) if folder and folder.is_dir() else []:
        if match := _FILE.fullmatch(path.name):
            slot = datetime.strptime(match[2], "%Y%m%d_%H%M%S")  # noqa: DTZ007 - a TAI clock reading
            segments.setdefault((int(match[1]), slot), {})[match[3]] = path
    return [
        StoredRecord("hmi.sharp_cea_720s", slot, key, harp, files)
        for key, ((harp, slot), files) in enumerate(sorted(segments.items(), key=lambda item: item[0]))
    ]


@lru_cache(maxsize=256)
def _header_texts(path: Path) -> dict[str, str]:
    """A file's keywords with JSOC's names (DATE__OBS), as text; unquoted nan is "nan"."""
    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cards = fits.getheader(path, 1)
        texts = {}
        for key in dict.fromkeys(cards.keys()):
            try:
                texts[key] = _text(key, cards[key])
            except (fits.VerifyError, ValueError):
                texts[key] = "nan"
    return {
        _drms_name(key): text for key, text in texts.items() if key not in {"SIMPLE", "HISTORY", "COMMENT"}
    }


def _drms_name(key: str) -> str:
    return "BUNIT_000" if key == "BUNIT" else key.replace("-", "__")


def _text(key: str, value: object) -> str:
    if key.startswith("QUAL"):
        return f"0x{int(str(value)) & 0xFFFFFFFF:08x}"
    return str(value).strip() or " "
