"""SWPC's region lists, as the archive server speaks them: srs.txt and solar_regions.json."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flarescope.sources.archive_server.answer import Answer, json_answer, not_found, text_answer

if TYPE_CHECKING:
    from flarescope.sources.archive_server.content import Content
    from flarescope.sources.srs import ReportedRegion

__all__ = ["solar_regions", "srs_text"]

BACK = timedelta(days=30)
LETTERS = {"alpha": "A", "beta": "B", "gamma": "G", "delta": "D"}
UNSAID = (
    "old_carrington_longitude", "mag_string", "status", "c_xray_events", "m_xray_events", "x_xray_events",
    "proton_events", "s_flares", "impulse_flares_1", "impulse_flares_2", "impulse_flares_3",
    "impulse_flares_4", "protons", "c_flare_probability", "m_flare_probability", "x_flare_probability",
    "proton_probability", "first_date",
)  # fmt: skip


def srs_text(content: Content, _fault: str) -> Answer:
    """``text/srs.txt``: the newest Solar Region Summary."""
    text = None if "regions" in content.without else content.summaries.newest(content.now)
    if text is not None:
        return text_answer(text)
    has = "none at all" if "regions" in content.without else content.summaries.kept
    return not_found(f"No region summary of the last three days; this archive has {has}.")


def solar_regions(content: Content, fault: str) -> Answer:
    """``json/solar_regions.json``: the regions of the last thirty days, the newest day first."""
    from flarescope.errors import BadFileError
    from flarescope.sources.srs import parse_srs

    texts = {} if "regions" in content.without else content.summaries.since(content.now - BACK, content.now)
    rows = []
    for text in reversed(texts.values()):
        try:
            summary = parse_srs("srs", text)
        except BadFileError:  # one was issued cut off, on 2019-10-11
            continue
        rows += [_row(region, summary.valid_at) for region in (*summary.regions, *summary.plages)]
    if not rows:
        return not_found("There are no regions.")
    if fault == "hole":
        rows = rows[max(1, len(rows) // 4) :]
    return json_answer(rows)


def _row(said: ReportedRegion, valid_at: datetime) -> dict[str, Any]:
    """A region with SWPC's names: four digits, and east positive."""
    place = said.region.position
    assert place is not None
    north, west = "N" if place.latitude >= 0 else "S", "W" if place.longitude > 0 else "E"
    location = f"{north}{abs(place.latitude):02.0f}{west}{abs(place.longitude):02.0f}"
    magnetic = said.magnetic.split("-") if said.magnetic else []
    return {
        "observed_date": f"{valid_at - timedelta(days=1):%Y-%m-%d}",
        "region": said.region.noaa[0] % 10_000,
        "latitude": int(place.latitude),
        "longitude": -int(place.longitude),
        "location": location,
        "carrington_longitude": None if said.carrington_longitude is None else int(said.carrington_longitude),
        "area": None if said.region.area_msh is None else int(said.region.area_msh),
        "spot_class": said.mcintosh,
        "extent": None if said.extent_degrees is None else int(said.extent_degrees),
        "number_spots": said.spots,
        "mag_class": "".join(LETTERS.get(word, "") for word in magnetic) or None,
        **dict.fromkeys(UNSAID),
    }
