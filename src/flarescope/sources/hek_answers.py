"""What the Heliophysics Event Knowledgebase (HEK) answers: pages of flares in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError
from flarescope.sources.answers import printable
from flarescope.sources.json_rows import rows_of
from flarescope.sources.listed_flares import ListedFlare, check_clock, class_in

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.sources.json_rows import JsonRow

__all__ = ["HEK_FIELDS", "HekPage", "parse_hek_page"]

NAME = "HEK"
_NEEDED = (
    "event_starttime", "event_peaktime", "event_endtime", "fl_goescls", "ar_noaanum", "frm_name",
    "obs_observatory",
)  # fmt: skip
HEK_FIELDS = (*_NEEDED, "hgs_x", "hgs_y")


@dataclass(frozen=True)
class HekPage:
    """One page of a search.

    Attributes:
        flares: NOAA/SWPC's GOES flares, as listed.
        unclear: starts of those without a class.
        rows: how many rows the page holds, of whatever kind.
        more: whether another page follows.
        others: how many rows are of other kinds, and were passed over.
        no_place: how many flares stand at exactly (0, 0), which HEK writes where no place is known.
    """

    flares: tuple[ListedFlare, ...]
    unclear: tuple[datetime, ...]
    rows: int
    more: bool
    others: int = 0
    no_place: int = 0


def parse_hek_page(document: Any, *, now: datetime) -> HekPage:
    """Which GOES flares does this page of a search hold?

    Rows of other methods than SWPC's and of other observatories than GOES are passed over and counted.

    Raises:
        BadFileError: the document is no such page, or a flare starts later than now; the message names row
            and field.
    """
    if not isinstance(document, dict) or not {"result", "overmax"} <= document.keys():
        raise BadFileError(NAME, "the answer is no page of a search: it has no 'result' and 'overmax'.")
    more = document["overmax"]
    if not isinstance(more, bool):
        raise BadFileError(NAME, f"'overmax' is '{printable(more, 40)}'. Accepted: true or false.")
    rows = rows_of(NAME, document["result"], _NEEDED)
    if more and not rows:
        raise BadFileError(NAME, "a page without a row says that more rows follow.")
    goes = [row for row in rows if _is_goes(row)]
    flares = [_flare(row) for row in goes]
    check_clock(NAME, flares, now)
    return HekPage(
        tuple(flare for flare in flares if flare.goes_class),
        tuple(flare.start for flare in flares if not flare.goes_class),
        len(rows),
        more,
        others=len(rows) - len(goes),
        no_place=sum(row.number("hgs_x", -1e9, 1e9) == row.number("hgs_y", -1e9, 1e9) == 0.0 for row in goes),
    )


def _is_goes(row: JsonRow) -> bool:
    return row.text("frm_name").upper() == "SWPC" and row.text("obs_observatory").upper().startswith("GOES")


def _flare(row: JsonRow) -> ListedFlare:
    longitude, latitude = row.number("hgs_x", -180.0, 180.0), row.number("hgs_y", -90.0, 90.0)
    known = longitude is not None and latitude is not None and (longitude, latitude) != (0.0, 0.0)
    nowhere = float("nan")
    region = row.number("ar_noaanum", -1, 99_999)
    return ListedFlare(
        row.line,
        row.needed_time("event_starttime"),
        class_in(row, "fl_goescls"),
        peak=row.time("event_peaktime"),
        end=row.time("event_endtime"),
        region=f"{region:g}" if region and region > 0 else "",
        longitude=longitude if known and longitude is not None else nowhere,
        latitude=latitude if known and latitude is not None else nowhere,
    )
