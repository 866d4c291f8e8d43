"""Which path of the archive server is answered by whom, and which faults make sense there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flarescope.sources import archive_answers_hek as hek
from flarescope.sources import archive_answers_helioviewer as helioviewer
from flarescope.sources import archive_answers_swpc as swpc
from flarescope.sources.archive_faults import WIRE_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flarescope.sources.archive_answer import Answer, Query
    from flarescope.sources.archive_content import Content

__all__ = ["Paths", "Place"]

WIRE = frozenset(WIRE_FAULTS)
LIST = WIRE | {"hole", "clock"}
IMAGE = WIRE | {"stale", "wrong_channel", "clock"}
SWPC_LISTS = {
    "/json/goes/primary/xray-flares-7-day.json": swpc.flares_7_day,
    "/json/goes/primary/xray-flares-latest.json": swpc.latest_flare,
    "/json/goes/primary/xrays-6-hour.json": swpc.xrays(6),
    "/json/goes/primary/xrays-7-day.json": swpc.xrays(7 * 24),
    "/json/edited_events.json": swpc.edited_events,
}


@dataclass(frozen=True)
class Place:
    """Who answers a path, and the faults that may be asked of it."""

    answer: Callable[[Query, str], Answer]
    faults: frozenset[str]


class Paths:
    """All paths of the server."""

    def __init__(self, content: Content) -> None:
        self._content = content
        asked = {
            "/v2/getClosestImage": Place(self._of(helioviewer.closest_image), LIST),
            "/v2/getJP2Image": Place(self._of(helioviewer.jp2_image), IMAGE),
            "/hek/her": Place(self._of(hek.search), LIST),
        }
        plain = {path: Place(self._plain(make), LIST) for path, make in SWPC_LISTS.items()}
        self._places = asked | plain

    def find(self, path: str) -> Place | None:
        """The place of a path; a slash at its end does not matter."""
        return self._places.get(path.rstrip("/") or "/")

    def _of(self, make: Callable[[Query, Content, str], Answer]) -> Callable[[Query, str], Answer]:
        return lambda query, fault: make(query, self._content, fault)

    def _plain(self, make: Callable[[Content, str], Answer]) -> Callable[[Query, str], Answer]:
        return lambda query, fault: make(self._content, fault)
