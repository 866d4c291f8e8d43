"""Solar Region Summaries for the archive server: real ones as issued, or of the made-up Sun."""

from __future__ import annotations

import re
import tarfile
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flarescope.sources.archive_server.images import places

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Summaries"]

ISSUED = timedelta(minutes=30)  # after midnight
OLDEST = timedelta(days=3)  # one that is older is no summary of now
LARGEST = 2**20
_ISSUED = re.compile(r"^:Issued:\s*(\d{4} [A-Za-z]{3} \d{1,2} \d{4}) UTC\s*$", re.MULTILINE)


class Summaries:
    """The texts by time of issue; of the real ones, a year is read when it is first needed."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._years: dict[int, dict[datetime, str]] = {}
        self._lock = threading.Lock()

    def since(self, first: datetime, now: datetime) -> dict[datetime, str]:
        """Those issued from ``first`` to ``now``, by time of issue."""
        if self._folder is None:
            days = range((now - first).days + 2)
            texts = dict(_made_up_summary(first + timedelta(days=day)) for day in days)
        else:
            with self._lock:
                texts = {
                    time: text
                    for year in range(first.year, now.year + 1)
                    for time, text in self._year(year).items()
                }
        return {time: text for time, text in sorted(texts.items()) if first <= time <= now}

    def newest(self, now: datetime) -> str | None:
        """The newest one issued by ``now``; None where the last three days have none."""
        return next(reversed(self.since(now - OLDEST, now).values()), None)

    @property
    def kept(self) -> str:
        """Which years there are, in words."""
        if self._folder is None:
            return "those of every day"
        names = [path.name for path in self._folder.glob("srs_daily/????_SRS.tar.gz")]
        years = sorted(name[:4] for name in names)
        return f"those of {years[0]} to {years[-1]}" if years else "none of a whole year"

    def _year(self, year: int) -> dict[datetime, str]:
        if year not in self._years:
            assert self._folder is not None
            if len(self._years) > 3:
                self._years.clear()
            self._years[year] = _issued_in(self._folder, year)
        return self._years[year]


def _issued_in(folder: Path, year: int) -> dict[datetime, str]:
    texts = [path.read_text("latin-1") for path in sorted(folder.glob(f"srs_samples/{year}*SRS.txt"))]
    archive = folder / "srs_daily" / f"{year}_SRS.tar.gz"
    if archive.is_file():
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                stream = members.extractfile(member) if member.isreg() and member.size < LARGEST else None
                if stream is not None and member.name.upper().endswith("SRS.TXT"):
                    texts.append(stream.read().decode("latin-1"))
    found = {}
    for text in texts:
        if match := _ISSUED.search(text):
            found[datetime.strptime(match[1], "%Y %b %d %H%M").replace(tzinfo=UTC)] = text
    return found


def _made_up_summary(day: datetime) -> tuple[datetime, str]:
    """Time of issue and text, in NOAA's layout, for the places at the midnight before."""
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    before = midnight - timedelta(days=1)
    rows = [
        f"{place.noaa % 10_000:04d} {_place(place.latitude, place.longitude)}   {place.carrington:03.0f}  "
        f"{abs(place.gauss) / 5:04.0f} Dai  08   11 Beta"
        for place in places(midnight)
    ]
    lines = [
        f":Product: {midnight:%m%d}SRS.txt",
        f":Issued: {midnight + ISSUED:%Y %b %d %H%M} UTC",
        "# Of the made-up Sun, by flarescope's archive server.",
        "#",
        "Joint USAF/NOAA Solar Region Summary",
        f"SRS Number {midnight:%j} Issued at 0030Z on {midnight:%d %b %Y}",
        f"Report compiled from data received at SWO on {before:%d %b}",
        f"I.  Regions with Sunspots.  Locations Valid at {before:%d}/2400Z",
        "Nmbr Location  Lo  Area  Z   LL   NN Mag Type",
        *(rows or ["None"]),
        f"IA. H-alpha Plages without Spots.  Locations Valid at {before:%d}/2400Z {before:%b}",
        "Nmbr  Location  Lo",
        "None",
        f"II. Regions Due to Return {midnight:%d %b} to {midnight + timedelta(days=2):%d %b}",
        "Nmbr Lat    Lo",
        "None",
    ]
    return midnight + ISSUED, "\n".join(lines) + "\n"


def _place(latitude: float, longitude: float) -> str:
    north, west = "N" if latitude >= 0 else "S", "W" if longitude >= 0 else "E"
    return f"{north}{abs(round(latitude)):02d}{west}{abs(round(longitude)):02d}"
