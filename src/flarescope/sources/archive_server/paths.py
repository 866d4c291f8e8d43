"""Which path of the archive server is answered by whom, and which faults make sense there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flarescope.sources.archive_server import hek, helioviewer, swpc
from flarescope.sources.archive_server import jsoc_info as jsoc
from flarescope.sources.archive_server import srs as regions
from flarescope.sources.archive_server.faults import WIRE_FAULTS
from flarescope.sources.archive_server.jsoc_fetch import Exports, stored_file
from flarescope.sources.archive_server.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.sources.archive_server.answer import Answer, Query
    from flarescope.sources.archive_server.content import Content

__all__ = ["Paths", "Place"]

WIRE = frozenset(WIRE_FAULTS)
LIST = WIRE | {"hole", "clock"}
IMAGE = WIRE | {"stale", "wrong_channel", "clock"}
JSOC = "/cgi-bin/ajax"
SWPC = {
    "/json/goes/primary/xray-flares-7-day.json": (swpc.flares_7_day, LIST),
    "/json/goes/primary/xray-flares-latest.json": (swpc.latest_flare, LIST),
    "/json/goes/primary/xrays-6-hour.json": (swpc.xrays(6), LIST),
    "/json/goes/primary/xrays-7-day.json": (swpc.xrays(7 * 24), LIST),
    "/json/edited_events.json": (swpc.edited_events, LIST),
    "/json/solar_regions.json": (regions.solar_regions, WIRE | {"hole"}),
    "/text/srs.txt": (regions.srs_text, WIRE),
}


@dataclass(frozen=True)
class Place:
    """Who answers a request, and the faults that make sense for it."""

    answer: Callable[[str], Answer]
    faults: frozenset[str]


class Paths:
    """All paths of the server."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._records = Records(content)
        self._exports = Exports(self._records, content.now)

    def find(self, path: str, query: Query) -> Place | None:
        """Who answers this path; a slash at its end does not matter."""
        if path.startswith("/SUM1/"):
            return Place(lambda fault: stored_file(path, self._records, fault), IMAGE)
        path = path.rstrip("/")
        if path in SWPC:
            make, faults = SWPC[path]
            return Place(lambda fault: make(self._content, fault), faults)
        return self._jsoc(path, query) if path.startswith(JSOC) else self._other(path, query)

    def _other(self, path: str, query: Query) -> Place | None:
        content = self._content
        if path == "/v2/getClosestImage":
            return Place(lambda fault: helioviewer.closest_image(query, content, fault), LIST)
        if path == "/v2/getJP2Image":
            faults = WIRE if "jpip" in query and helioviewer.is_true(query["jpip"]) else IMAGE
            return Place(lambda fault: helioviewer.jp2_image(query, content, fault), faults)
        if path == "/hek/her":
            return Place(lambda fault: hek.search(query, content, fault), LIST)
        return None

    def _jsoc(self, path: str, query: Query) -> Place | None:
        kind = query.get("op", "")
        if path == f"{JSOC}/jsoc_info":
            faults = LIST if kind == "rs_list" else WIRE
            return Place(lambda fault: jsoc.info(query, self._records, fault), faults)
        if path == f"{JSOC}/jsoc_fetch":
            quick = kind == "exp_request" and query.get("method", "url_quick") == "url_quick"
            return Place(lambda fault: self._exports.fetch(query, fault), WIRE | {"hole"} if quick else WIRE)
        if path == f"{JSOC}/show_series":
            return Place(lambda _: jsoc.show_series(query), WIRE)
        if path == f"{JSOC}/checkAddress.sh":
            return Place(lambda _: jsoc.check_address(query), WIRE)
        return None
