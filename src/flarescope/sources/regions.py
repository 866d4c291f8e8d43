"""Active regions: which HARP holds which NOAA regions, and the daily Solar Region Summary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError
from flarescope.sources.plain_text import read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HarpNoaa", "read_harp_noaa"]

_LINE = re.compile(r"^(\d{1,6})\s+(\d{1,5}(?:,\d{1,5})*)$")
_ACCEPTED = "lines such as '45 11073,11077' under the header 'HARPNUM NOAA_ARS'"


@dataclass(frozen=True)
class HarpNoaa:
    """Which HARP holds which NOAA regions, one to many in both directions.

    A HARP is what the tracking code outlined, a NOAA region what an observer numbered: one HARP may hold
    several regions, one region may be cut into several HARPs, and many HARPs hold no numbered region.

    Example:
        >>> pairs = HarpNoaa({45: (11073, 11077), 46: (11077,)})
        >>> pairs.noaa(45), pairs.harps(11077), pairs.noaa(7)
        ((11073, 11077), (45, 46), ())
    """

    by_harp: Mapping[int, tuple[int, ...]]

    @cached_property
    def by_noaa(self) -> dict[int, tuple[int, ...]]:
        """The same pairs the other way round."""
        back: dict[int, set[int]] = {}
        for harp, regions in self.by_harp.items():
            for region in regions:
                back.setdefault(region, set()).add(harp)
        return {region: tuple(sorted(harps)) for region, harps in back.items()}

    def __len__(self) -> int:
        return len(self.by_harp)

    def noaa(self, harp: int) -> tuple[int, ...]:
        """The NOAA regions in a HARP; empty where none is known."""
        return self.by_harp.get(harp, ())

    def harps(self, noaa_region: int) -> tuple[int, ...]:
        """The HARPs that hold (a part of) a NOAA region; empty where none is known."""
        return self.by_noaa.get(noaa_region, ())


def read_harp_noaa(path: str | Path) -> HarpNoaa:
    """Read JSOC's table of HARP numbers and their NOAA regions.

    Raises:
        BadFileError: the file is missing or a line is no pair; the message names the line.
    """
    path = Path(path)
    pairs: dict[int, tuple[int, ...]] = {}
    for number, line in enumerate(read_text(path, _ACCEPTED).split("\n"), 1):
        plain = line.strip()
        if not plain or plain.upper().startswith("HARPNUM"):
            continue
        match = _LINE.match(plain)
        if match is None:
            raise BadFileError(path, f"line {number} is '{plain[:60]}'. Accepted: {_ACCEPTED}.")
        regions = {int(region) for region in match[2].split(",")}
        pairs[int(match[1])] = tuple(sorted({*pairs.get(int(match[1]), ()), *regions}))
    if not pairs:
        raise BadFileError(path, f"line 2 is missing: the table holds no HARP. Accepted: {_ACCEPTED}.")
    return HarpNoaa(pairs)
