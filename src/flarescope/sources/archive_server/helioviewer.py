"""Helioviewer's API, version 2, as the archive server speaks it: getClosestImage and getJP2Image."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError
from flarescope.geometry import earth_view
from flarescope.sources.archive_server.answer import Answer, Query, json_answer, text_answer, time_asked
from flarescope.sources.calibration import HELIOVIEWER_ARCSEC

if TYPE_CHECKING:
    from flarescope.sources.archive_server.content import Content

__all__ = ["MAGNETOGRAM", "closest_image", "is_true", "jp2_image"]

MAGNETOGRAM = "19"  # sourceId of HMI's line-of-sight magnetograms
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
PIXELS = 512
AU_METRES = 149_597_870_700.0
LATE = timedelta(hours=1)


def closest_image(query: Query, content: Content, fault: str) -> Answer:
    """The image nearest to ``date``: its time and its layout."""
    try:
        time = _nearest(query, content, hole=fault == "hole")
    except BadOptionError as error:
        return _refused(str(error))
    view = earth_view(time)
    said = time + LATE if fault == "clock" else time
    document = {
        "id": str(int((time - EPOCH).total_seconds()) // 60),
        "date": f"{said:%Y-%m-%d %H:%M:%S}",
        "name": "HMI Mag",
        "scale": HELIOVIEWER_ARCSEC * view.distance_au,
        "scaleCorrection": 1 / view.distance_au,
        "width": PIXELS,
        "height": PIXELS,
        "refPixelX": (PIXELS + 1) / 2,
        "refPixelY": (PIXELS + 1) / 2,
        "offsetX": 0,
        "offsetY": 0,
        "rotation": 0,
        "rsun": view.angular_radius_arcsec / HELIOVIEWER_ARCSEC,
        "dsun": view.distance_au * AU_METRES,
        "sunCenterOffsetParams": [],
        "layeringOrder": 1,
    }
    return json_answer(document)


def jp2_image(query: Query, content: Content, fault: str) -> Answer:
    """The image nearest to ``date`` itself, or with ``jpip`` where it would be streamed from."""
    try:
        time = _nearest(query, content)
    except BadOptionError as error:
        return _refused(str(error))
    name = f"{time:%Y_%m_%d__%H_%M_%S}_000__SDO_HMI_HMI_magnetogram.jp2"
    if is_true(query.get("jpip", "")):
        uri = f"jpip://helioviewer.org:8090/HMI/{time:%Y/%m/%d}/magnetogram/{name}"
        return json_answer({"uri": uri}) if is_true(query.get("json", "")) else text_answer(uri)
    return Answer(
        200,
        "image/jp2",
        _bytes(content, time, fault),
        {"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _bytes(content: Content, time: datetime, fault: str) -> bytes:
    if fault == "wrong_channel":
        return content.continuum(time)
    if fault == "clock":
        return content.jp2(time, time + LATE)
    if fault == "stale":
        older = content.images.before(time) or time
        return content.jp2(older, older)
    return content.jp2(time, time)


def _nearest(query: Query, content: Content, *, hole: bool = False) -> datetime:
    for name in ("date", "sourceId"):
        if not query.get(name):
            raise BadOptionError(f"No value set for required parameter '{name}'.")
    asked = time_asked(query["date"])
    shown = query["sourceId"] == MAGNETOGRAM and "images" not in content.without
    time = content.images.nearest(asked, content.now, hole=hole) if shown else None
    if time is None:
        raise BadOptionError("No images of the requested type are available.")
    return time


def _refused(problem: str) -> Answer:
    nothing = "available" in problem  # the service itself answers this with 200
    return json_answer({"error": problem, "errno": 10 if nothing else 25}, 200 if nothing else 400)


def is_true(text: str) -> bool:
    """Is this parameter switched on? One client writes False where nothing is meant."""
    return text.lower() in {"true", "1"}
