"""The Heliophysics Event Knowledgebase's search, as the archive server speaks it: GOES flares, in pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadOptionError
from flarescope.sources.archive_server.answer import Answer, Query, json_answer, text_answer, time_asked

if TYPE_CHECKING:
    from flarescope.flare import Flare
    from flarescope.sources.archive_server.content import Content

__all__ = ["search"]

LATE = timedelta(hours=1)
LONGEST_FLARE = timedelta(days=1)
LIMIT, MOST = 100, 500
EMPTY_TEXTS = (
    "ar_mcintoshcls", "ar_mtwilsoncls", "ar_noaaclass", "bound_chaincode", "event_clippedspatial",
    "event_clippedtemporal", "event_mapurl", "event_maskurl", "fl_halphaclass", "frm_url", "hgc_bbox",
    "hgs_bbox", "hpc_bbox", "hrc_bbox", "hgc_boundcc", "hgs_boundcc", "hpc_boundcc", "hrc_boundcc",
    "obs_dataprepurl", "obs_title", "skel_chaincode", "event_expires",
)  # fmt: skip
UNKNOWN = (
    "area_atdiskcenter", "area_raw", "area_unit", "event_npixels", "event_pixelunit", "event_probability",
    "fl_efoldtime", "fl_efoldtimeunit", "fl_fluence", "fl_fluenceunit", "fl_peakem", "fl_peakemunit",
    "fl_peakflux", "fl_peakfluxunit", "fl_peaktemp", "fl_peaktempunit", "event_importance", "event_coord3",
)  # fmt: skip


def search(query: Query, content: Content, fault: str) -> Answer:
    """Events of type FL that overlap the period asked for, one page of them."""
    try:
        begin, end = (time_asked(query.get(name, "")) for name in ("event_starttime", "event_endtime"))
        page, limit = _number(query, "page", 1), min(_number(query, "result_limit", LIMIT), MOST)
    except BadOptionError as error:
        return text_answer(f"Error in the search: {error}\n", 400)
    if query.get("cmd") != "search" or query.get("cosec") != "2":
        return text_answer("Only cmd=search and cosec=2 (JSON) are served here.\n", 400)
    rows = [_row(f) for f in _flares(content, query, begin, end)]
    rows = [row for row in rows if _passes(row, query)]
    if fault == "hole":
        rows = rows[: len(rows) // 3] + rows[len(rows) // 3 + max(1, len(rows) // 4) :]
    if fault == "clock":
        rows = [_late(row) for row in rows]
    shown = rows[(page - 1) * limit : page * limit]
    if wanted := [name for name in query.get("return", "").lower().split(",") if name]:
        shown = [{name: row.get(name) for name in wanted} for row in shown]
    return json_answer({"result": shown, "overmax": len(rows) > page * limit})


def _flares(content: Content, query: Query, begin: Any, end: Any) -> list[Flare]:
    kinds = {kind.strip().lower() for kind in query.get("event_type", "**").split(",")}
    if "flares" in content.without or not kinds & {"fl", "**", "*"}:
        return []
    near = content.flares.between(begin - LONGEST_FLARE, end + timedelta(seconds=1), content.now)
    return [f for f in near if (f.end or f.start) >= begin]


def _number(query: Query, name: str, otherwise: int) -> int:
    text = query.get(name) or str(otherwise)
    if not (text.isascii() and text.isdigit() and int(text[:9]) >= 1):
        raise BadOptionError(f"{name}={text[:20]} is no number.")
    return int(text[:9])


def _row(flare: Flare) -> dict[str, Any]:
    """A flare with HEK's names; what the lists do not say is empty."""
    start = f"{flare.start:%Y-%m-%dT%H:%M:%S}"
    place = flare.position
    west, north = (place.longitude, place.latitude) if place else (0.0, 0.0)
    known = {
        "SOL_standard": f"SOL{start}L000C000",
        "active": "true",
        "ar_noaanum": flare.noaa_region or 0,
        "concept": "Flare",
        "event_coord1": west,
        "event_coord2": north,
        "event_coordsys": "UTC-HGS-TOPO",
        "event_coordunit": "degrees",
        "event_c1error": 0.0,
        "event_c2error": 0.0,
        "event_description": "Flare from SWPC's list",
        "event_starttime": start,
        "event_peaktime": f"{flare.peak:%Y-%m-%dT%H:%M:%S}" if flare.peak else None,
        "event_endtime": f"{flare.end:%Y-%m-%dT%H:%M:%S}" if flare.end else None,
        "event_testflag": "false",
        "event_type": "FL",
        "fl_goescls": str(flare.goes_class),
        "frm_contact": "SWPC.Webmaster@noaa.gov",
        "frm_daterun": start,
        "frm_humanflag": "true",
        "frm_identifier": "SWPC",
        "frm_institute": "SWPC",
        "frm_name": "SWPC",
        "frm_paramset": "n/a",
        "frm_specificid": "",
        "frm_versionnumber": None,
        "hgc_coord": "",
        "hgs_coord": f"POINT({west:g} {north:g})",
        "hpc_coord": "",
        "hpc_x": 0.0,
        "hpc_y": 0.0,
        "hgs_x": west,
        "hgs_y": north,
        "kb_archivid": f"ivo://helio-informatics.org/FL_SWPC_{flare.start:%Y%m%d_%H%M%S}",
        "kb_archivist": "SWPC",
        "obs_channelid": "XRS",
        "obs_instrument": "GOES",
        "obs_meanwavel": 4.5,
        "obs_observatory": "GOES",
        "obs_wavelunit": "Angstrom",
        "refs": [],
        "search_frm_name": "SWPC",
        "search_observatory": "GOES",
    }
    return known | dict.fromkeys(EMPTY_TEXTS, "") | dict.fromkeys(UNKNOWN)


def _late(row: dict[str, Any]) -> dict[str, Any]:
    """The same event with a clock that is an hour late."""
    times = ("event_starttime", "event_peaktime", "event_endtime")
    late = {name: f"{time_asked(row[name]) + LATE:%Y-%m-%dT%H:%M:%S}" for name in times if row[name]}
    return row | late


def _passes(row: dict[str, Any], query: Query) -> bool:
    """Does the row pass param0, op0, value0 and so on?"""
    for number in range(20):
        name = query.get(f"param{number}", "").lower()
        if name and not _holds(row.get(name), query.get(f"op{number}", "="), query.get(f"value{number}", "")):
            return False
    return True


def _holds(have: object, sign: str, value: str) -> bool:
    left, right = str(have or "").lower(), value.lower()
    tests = {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "like": right.strip("%") in left,
    }
    return tests.get(sign, False)
