"""What a store is made of: units of work, and rows that say what came of them."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from flarescope.errors import BadOptionError
from flarescope.times import utc

__all__ = ["DayRows", "Row", "Shard", "Status", "Unit", "UnitRows", "as_text", "day_of"]

Status = Literal["image", "gap", "stale"]
_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"(?!\.)[A-Za-z0-9._+-]{1,150}")
LONGEST_TEXT = 500  # of a reason or a note


def as_text(time: datetime) -> str:
    """A time to the microsecond where it has some: 2026-02-03T12:00:00Z, 2026-02-03T11:58:08.300000Z."""
    return utc(time).isoformat().replace("+00:00", "Z")


def day_of(text: str) -> date | None:
    """The day that a name such as 2026-02-03 means; None for any other name."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Unit:
    """The smallest piece of work: done wholly or not at all, by anyone, twice without harm.

    Attributes:
        key: its name within the store, of letters, digits, _ and -; such as 20260203T1200Z.
        day: the UTC day in whose shard its images go.
        times: the times for which an image is wanted, all of that day; kept in order.
        harp: the HARP number, for units of a region.

    Raises:
        BadOptionError: another key, no time, or a time of another day.

    Example:
        >>> noon = utc("2026-02-03T12:00Z")
        >>> Unit("20260203T1200Z", noon.date(), (noon,)).day.isoformat()
        '2026-02-03'
    """

    key: str
    day: date
    times: tuple[datetime, ...]
    harp: int | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise BadOptionError(
                f"Unit key '{self.key}' is not accepted: 1 to 100 letters, digits, _ and - alone."
            )
        times = tuple(sorted({utc(time) for time in self.times}))
        day = self.day.date() if isinstance(self.day, datetime) else self.day
        strange = [time for time in times if time.date() != day]
        if strange or not times:
            wrong = as_text(strange[0]) if strange else "no time at all"
            raise BadOptionError(
                f"Unit '{self.key}' of {day} has {wrong}; its times must be of that UTC day."
            )
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "day", day)


@dataclass(frozen=True)
class Row:
    """What came of one time: an image, or a gap with its reason.

    Attributes:
        time: asked for, UTC.
        status: "image"; "gap"; in the index also "stale", for an image that was already there for an earlier
            hour.
        reason: why it is a gap or stale; empty for images.
        observed: when the image was taken.
        source: who gave it.
        series: of which series it is.
        name: its file's name, ours, never an archive's.
        file: where the store keeps that file, relative to the store; empty where it does not.
        bytes: size of the file.
        sha256: of the file.
        pixels_sha256: of the decoded field: two files may hold one image.
        quality: QUALITY bits.
        harp: number of the HARP.
        noaa: numbers of the NOAA regions in it.
        view: "full_disk" or "region".
        encoding: of the file: "gauss" or "grey8".
        notes: what its reader noticed.

    Raises:
        BadOptionError: a status or a file name that is not accepted, a gap without a reason, an image without
            time or checksum.
    """

    time: datetime
    status: Status
    reason: str = ""
    observed: datetime | None = None
    source: str = ""
    series: str = ""
    name: str = ""
    file: str = ""
    bytes: int = 0
    sha256: str = ""
    pixels_sha256: str = ""
    quality: int = 0
    harp: int | None = None
    noaa: tuple[int, ...] = ()
    view: str = ""
    encoding: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", utc(self.time))
        object.__setattr__(self, "observed", utc(self.observed) if self.observed else None)
        object.__setattr__(self, "noaa", tuple(int(number) for number in self.noaa))
        object.__setattr__(self, "notes", tuple(note[:LONGEST_TEXT] for note in self.notes))
        object.__setattr__(self, "reason", self.reason[:LONGEST_TEXT])
        told = f"The row of {as_text(self.time)}"
        if self.status not in get_args(Status):
            raise BadOptionError(f"{told} has status '{self.status}'. Accepted: image, gap, stale.")
        if self.status == "gap" and not self.reason:
            raise BadOptionError(f"{told} is a gap without a reason. Say why there is no image.")
        if self.status != "gap" and not (self.observed and self.sha256 and self.pixels_sha256):
            raise BadOptionError(f"{told} is an image without its time or its checksums.")
        if self.name and not _NAME.fullmatch(self.name):
            raise BadOptionError(
                f"{told} names the file '{self.name[:200]}'. Accepted: letters, digits, . _ + and -."
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = dataclasses.asdict(self)
        values |= {"time": as_text(self.time), "observed": self.observed and as_text(self.observed)}
        return values | {"noaa": list(self.noaa), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Row:
        """The row that ``to_dict`` described.

        Raises:
            BadOptionError: it is none.
        """
        try:
            observed = values["observed"]
            times = {"time": utc(values["time"]), "observed": utc(observed) if observed else None}
            return cls(**{**values, **times})
        except (TypeError, KeyError, ValueError) as problem:
            raise BadOptionError(f"This is no row of a store ({problem}).") from None


@dataclass(frozen=True)
class Shard:
    """An array file of a store: its name, checksum and shape "n h w", or "n" of zero where it has none."""

    name: str
    sha256: str
    shape: tuple[int, int, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"name": self.name, "sha256": self.sha256, "shape": list(self.shape)}

    @classmethod
    def from_dict(cls, values: dict[str, Any] | None) -> Shard | None:
        """The shard that ``to_dict`` described; None for None."""
        if values is None:
            return None
        n, h, w = (int(side) for side in values["shape"])
        return cls(str(values["name"]), str(values["sha256"]), (n, h, w))


@dataclass(frozen=True)
class UnitRows:
    """What came of one unit: its rows by time, and its arrays where they lie in a file of their own."""

    key: str
    rows: tuple[Row, ...]
    array: Shard | None = None

    @property
    def images(self) -> int:
        """How many of its rows have an image?"""
        return len(self.image_times)

    @property
    def image_times(self) -> tuple[datetime, ...]:
        """The times of its images, in the order of its arrays."""
        return tuple(row.time for row in self.rows if row.status != "gap")

    def joined(self, fresh: UnitRows) -> UnitRows:
        """Its rows and those that it got later: an image takes the place of what was there of its time.

        A gap takes that of a gap alone, and other times stay: an archive that fails today, or a folder with
        half of the files, takes away nothing. The arrays are not joined.
        """
        found = {row.time: row for row in self.rows}
        for row in fresh.rows:
            if row.status != "gap" or row.time not in found or found[row.time].status == "gap":
                found[row.time] = row
        return UnitRows(self.key, tuple(found[time] for time in sorted(found)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        array = self.array and self.array.to_dict()
        return {"key": self.key, "array": array, "rows": [row.to_dict() for row in self.rows]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> UnitRows:
        """What ``to_dict`` described."""
        rows = tuple(Row.from_dict(row) for row in values["rows"])
        return cls(str(values["key"]), rows, Shard.from_dict(values["array"]))


@dataclass(frozen=True)
class DayRows:
    """What came of one UTC day: all its units by key, and the shard that holds their images in that order.

    ``sha256`` is that of the record it was read from.
    """

    day: date
    shard: Shard | None
    units: dict[str, UnitRows]
    sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        units = [self.units[key].to_dict() for key in sorted(self.units)]
        return {"day": str(self.day), "shard": self.shard and self.shard.to_dict(), "units": units}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DayRows:
        """What ``to_dict`` described."""
        units = [UnitRows.from_dict(unit) for unit in values["units"]]
        shard = Shard.from_dict(values["shard"])
        day = date.fromisoformat(values["day"])
        return cls(day, shard, {unit.key: unit for unit in units}, str(values["sha256"]))
