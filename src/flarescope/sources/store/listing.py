"""Which images are in some folders, by day, region and time: a list of any length, kept on the disk."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.sources.store.local_images import SUFFIXES, Listed, listed
from flarescope.times import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from flarescope.sun import View

__all__ = ["OUTSIDE", "SAME_TIME", "Listing", "list_files", "told_left_out"]

SAME_TIME = "another file of the same time, kept for when the first is not sound"
OUTSIDE = "outside the period asked for"
CLOSED = "all of folder "
AT_ONCE = 1000  # files in memory
SECONDS_A_DAY = 86_400


class Listing:
    """What a few folders hold, in a nameless temporary database that is gone when the list is.

    Attributes:
        counted: how many files are no part of any unit, by reason; a folder that cannot be read is one.
    """

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self._base = sqlite3.connect("", check_same_thread=False)
        self._base.execute("pragma temp_store = file")  # for sorting, too
        self._base.execute(
            "create table files (day int, region text, time int, name blob, folder blob, harp int, named int)"
        )

    def __del__(self) -> None:
        self._base.close()

    def add(self, files: Iterable[Listed]) -> None:
        """Put more files on the list."""
        rows = (
            (
                int(file.time.timestamp()) // SECONDS_A_DAY, file.region, int(file.time.timestamp()),
                os.fsencode(file.name), os.fsencode(file.folder), file.harp, file.named,
            )
            for file in files
        )  # fmt: skip
        while some := list(islice(rows, AT_ONCE)):
            with self._base:
                self._base.executemany("insert into files values (?, ?, ?, ?, ?, ?, ?)", some)

    def files(self) -> Iterator[Listed]:
        """All files, in the order of day, region, time and name."""
        order = "order by day, region, time, name, rowid"  # of one name, that of the folder given first
        found = self._base.execute(f"select region, time, name, folder, harp, named from files {order}")  # noqa: S608
        for region, time, name, folder, harp, named in found:
            when = datetime.fromtimestamp(time, UTC)
            yield Listed(region, when, os.fsdecode(name), os.fsdecode(folder), harp, bool(named))

    def keep(self, view: View) -> None:
        """Keep the files of one view; the others are counted."""
        disks, other = view == "full_disk", "it shows the whole disk"
        with self._base:
            gone = self._base.execute(f"delete from files where (region = '') != {int(disks)}")  # noqa: S608
        self.counted["it shows a region" if disks else other] += gone.rowcount

    @property
    def disks(self) -> int:
        """How many files show the whole disk, as their names or headers say?"""
        return self._number("select count(*) from files where region = ''")

    @property
    def regions(self) -> int:
        """How many show a region?"""
        return self._number("select count(*) from files where region != ''")

    @property
    def units(self) -> int:
        """How many hours of the whole disk and days of a region are there?"""
        hour = "case when region = '' then time / 3600 else day end"
        return self._number(f"select count(*) from (select distinct region, {hour} from files)")  # noqa: S608

    @property
    def left_out(self) -> dict[str, int]:
        """How many files are no part of a unit, by reason; those of ``SAME_TIME`` are, if need be."""
        times = self._number("select count(*) from (select distinct region, time from files)")
        return dict(+(self.counted + Counter({SAME_TIME: self.disks + self.regions - times})))

    def _number(self, question: str) -> int:
        (found,) = self._base.execute(question).fetchone()
        return int(found)


def told_left_out(left_out: Mapping[str, int]) -> Iterator[str]:
    """What is left out, in words: "3 files left out: outside the period asked for"."""
    for reason, count in left_out.items():
        closed = reason.startswith(CLOSED)  # nobody knows how many files these are
        yield f"left out: {reason}" if closed else f"{count} files left out: {reason}"


def list_files(
    folders: Sequence[str | Path],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Listing:
    """Which images are in these folders, and in any folder below?

    Names as the archives give them tell time and region (``hmi.sharp_cea_720s.377.20110215_020000_TAI…``,
    ``HMI.m2026.02.03_12.00.00.jpg``, ``2022_08_02__10_47_53_000__SDO_HMI_HMI_magnetogram.jp2``, patches as
    ``11158/…/2011-02-14T102701__magnetogram.jpg``); other files are opened, which takes longer. The list is
    kept in a file of its own that goes away with it, so memory does not grow with the number of images.

    Args:
        folders: one or several; a file may be in two of them. A folder may be a symbolic link; links to
            folders inside it are not followed.
        since: the first time; images before it are left out.
        until: the first time no more wanted.
        progress: told (done, of) while files are opened; ``of`` is what was found so far.

    Raises:
        MissingDataError: there is no image at all.
        BadOptionError: a folder is none, or the period ends before it begins.

    Example:
        >>> list_files(["magnetograms/full_disk_2026"]).disks  # doctest: +SKIP
        1177
    """
    if since and until and until <= since:
        raise BadOptionError(
            f"The first time no more wanted, {iso(until)}, is not later than the first one wanted, "
            f"{iso(since)}. Give a later end."
        )
    found = Listing()
    for folder in (Path(folder).absolute() for folder in folders):  # whoever reads it may be elsewhere
        if not folder.is_dir():
            raise BadOptionError(f"{folder} is not a folder. Give a folder with images in it or below it.")
        found.add(_wanted(folder, found.counted, since, until, progress))
    if not found.disks + found.regions and not found.counted:
        raise MissingDataError(
            f"{', '.join(map(str, folders))}: no image. Accepted: a folder with {', '.join(SUFFIXES)} in it "
            "or below it."
        )
    return found


def _wanted(
    folder: Path,
    left_out: Counter[str],
    since: datetime | None,
    until: datetime | None,
    progress: Callable[[int, int], None],
) -> Iterator[Listed]:
    for count, name in enumerate(_names_below(folder, left_out), 1):
        file = listed(folder, name)
        if isinstance(file, str):
            left_out[file] += 1
        elif (since and file.time < since) or (until and file.time >= until):
            left_out[OUTSIDE] += 1
        else:
            yield file
        progress(count, count)


def _names_below(folder: Path, left_out: Counter[str]) -> Iterator[str]:
    """Names of all images, relative to the folder, in a fixed order; drafts (``.name``) are none."""

    def closed(problem: OSError) -> None:
        name = os.path.relpath(problem.filename, folder)
        left_out[f"{CLOSED}{folder.name if name == '.' else name} cannot be read ({problem.strerror})"] += 1

    for place, below, names in os.walk(folder, onerror=closed):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.relpath(os.path.join(place, name), folder)
