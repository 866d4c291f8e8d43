"""Answers in JSON, damaged: what is accepted must be what they say, read a second time here."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from fuzz_runner import fuzz, tally
from mutate_json import mutate_json

from flarescope.sources.hek_answers import parse_hek_page
from flarescope.sources.helioviewer_answers import parse_closest_image
from flarescope.sources.jsoc_answers import parse_records
from flarescope.sources.jsoc_export import parse_export
from flarescope.sources.json_text import parse_json
from flarescope.sources.limits import FileBytes
from flarescope.sources.listed_flares import flare_rows
from flarescope.sources.swpc_answers import (
    parse_edited_events,
    parse_xray_flares,
    parse_xray_now,
    parse_xrays,
)
from flarescope.sources.swpc_regions import parse_solar_regions

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 2, 3, 12, 30, tzinfo=UTC)
LATEST = NOW + timedelta(minutes=5)
UNKNOWN = {"", "unk", "unknown", "none", "null", "nan"}
MAGNETIC = {"A": "alpha", "B": "beta", "G": "gamma", "D": "delta"}


def document(data: bytes) -> Any:
    return parse_json(FileBytes(Path("answer"), data))


def again(data: bytes) -> Any:
    """The document as Python's own reader has it."""
    return json.loads(data.decode("utf-8-sig"))


def few(data: bytes, count: int = 6) -> bytes:
    """A list cut to some of its rows."""
    rows = json.loads(data)
    return json.dumps(rows[:: max(1, len(rows) // count)][:count]).encode()


def said(row: dict[str, Any], key: str) -> str:
    text = "" if row.get(key) is None else str(row[key]).strip()
    return "" if text.lower() in UNKNOWN else text


def moment(text: str) -> datetime | None:
    """Pandas' reading of a time, which no parser of JSON here uses."""
    if not text:
        return None
    time = pd.Timestamp(text)
    return (time.tz_convert(UTC) if time.tzinfo else time.tz_localize(UTC)).to_pydatetime()


def check_flares(rows: list[dict[str, Any]], found: Any, names: tuple[str, str, str, str]) -> None:
    """Every flare of a table is its row's; none is lost without a word; times run forwards."""
    start, peak, end, size = names
    table = found.table
    strong = [n for n, row in enumerate(rows, 1) if said(row, size) and float(said(row, size)[1:])]
    assert sorted(table["line"]) == strong
    for flare in table.itertuples():
        row = rows[int(flare.line) - 1]
        assert flare.start.to_pydatetime().replace(tzinfo=UTC) == moment(said(row, start))
        assert flare.start.to_pydatetime().replace(tzinfo=UTC) <= LATEST
        assert flare.goes_class == said(row, size).upper()
        assert re.fullmatch(r"[ABCMX]\d{1,2}(\.\d+)?", flare.goes_class)
        for name, key in (("peak", peak), ("end", end)):
            time = getattr(flare, name)
            if pd.isna(time):
                assert not said(row, key) or found.notes, "a time dropped without a word"
                continue
            assert flare.start <= time <= flare.start + timedelta(days=2)
            assert (time.to_pydatetime().replace(tzinfo=UTC) == moment(said(row, key))) or found.notes
        if not pd.isna(flare.peak) and not pd.isna(flare.end):
            assert flare.peak <= flare.end
        assert 0 <= flare.region < 110_000


def test_hek(archive: Any) -> None:
    search = {
        "cmd": "search", "type": "column", "event_type": "fl", "event_coordsys": "helioprojective",
        "cosec": "2", "x1": "-1200", "x2": "1200", "y1": "-1200", "y2": "1200", "result_limit": "500",
        "page": "1", "event_starttime": "2026-01-30T00:00:00", "event_endtime": "2026-02-03T12:00:00",
    }  # fmt: skip
    page = json.loads(archive.body("/hek/her", **search))
    seed = json.dumps(page | {"result": page["result"][:5]}).encode()

    def parse(data: bytes) -> Any:
        page = parse_hek_page(document(data), now=NOW)
        return page, flare_rows("HEK", page.flares, NOW, ())

    def judge(_: bytes, data: bytes, result: Any) -> None:
        page, rows = result
        answer = again(data)
        goes = [
            row
            for row in answer["result"]
            if said(row, "frm_name").upper() == "SWPC" and said(row, "obs_observatory").upper()[:4] == "GOES"
        ]
        assert page.more is answer["overmax"]
        assert (page.rows, page.others) == (len(answer["result"]), len(answer["result"]) - len(goes))
        assert len(page.flares) + len(page.unclear) == len(goes)
        assert list(page.unclear) == [
            moment(said(r, "event_starttime")) for r in goes if not said(r, "fl_goescls")
        ]
        names = ("event_starttime", "event_peaktime", "event_endtime", "fl_goescls")
        everything = [row if row in goes else {} for row in answer["result"]]
        check_flares(everything, rows, names)
        for flare in page.flares:
            row = answer["result"][flare.line - 1]
            if not math.isnan(flare.longitude):
                place = (float(said(row, "hgs_x")), float(said(row, "hgs_y")))
                assert (flare.longitude, flare.latitude) == place
                assert abs(place[0]) <= 180
                assert abs(place[1]) <= 90
            assert flare.region == (f"{float(said(row, 'ar_noaanum') or 0):g}" if flare.region else "")

    fuzz("hek", [seed], mutate_json, parse, judge)


def test_xray_flares(archive: Any) -> None:
    seed = few(archive.body("/json/goes/primary/xray-flares-7-day.json"))
    names = ("begin_time", "max_time", "end_time", "max_class")

    def judge(_: bytes, data: bytes, answer: Any) -> None:
        rows = again(data)
        check_flares(rows, answer.rows, names)
        check_answer(rows, answer, names)

    fuzz("xray-flares", [seed], mutate_json, lambda data: parse_xray_flares(document(data), now=NOW), judge)


def check_answer(rows: list[dict[str, Any]], answer: Any, names: tuple[str, str, str, str]) -> None:
    starts = [time for row in rows if (time := moment(said(row, names[0])))]
    assert (answer.first, answer.last) == (min(starts, default=None), max(starts, default=None))
    assert set(answer.unclear) == {moment(said(r, names[0])) for r in rows if not said(r, names[3])}
    assert answer.last is None or answer.last <= LATEST


def test_edited_events(archive: Any) -> None:
    rows = json.loads(few(archive.body("/json/edited_events.json")))
    rows[2] |= {"type": "RSP", "frequency": "025-180", "particulars1": "III/1"}
    names = ("begin_datetime", "max_datetime", "end_datetime", "particulars1")

    def judge(_: bytes, data: bytes, answer: Any) -> None:
        rows = again(data)
        xray = [said(r, "type") == "XRA" and said(r, "frequency") in {"", "1-8A"} for r in rows]
        check_flares([row if x else {} for row, x in zip(rows, xray, strict=True)], answer.rows, names)
        assert set(answer.unclear) == {
            moment(said(r, names[0])) for r, x in zip(rows, xray, strict=True) if x and not said(r, names[3])
        }
        assert all(xray) or any("other kinds" in note for note in answer.rows.notes)

    seed = json.dumps(rows).encode()
    fuzz("edited_events", [seed], mutate_json, lambda d: parse_edited_events(document(d), now=NOW), judge)


def test_xray_now(archive: Any) -> None:
    seed = archive.body("/json/goes/primary/xray-flares-latest.json")

    def judge(_: bytes, data: bytes, now: Any) -> None:
        rows = again(data)
        times = [moment(said(row, "time_tag")) for row in rows]
        assert now.time == max(times)
        row = rows[times.index(now.time)]
        assert now.time <= LATEST
        assert now.begin == moment(said(row, "begin_time"))
        assert now.begin is None or now.begin <= LATEST
        assert now.ended == bool(said(row, "end_time"))
        if now.flare is not None:
            assert now.flare.start == now.begin
            assert now.flare.goes_class.peak_flux > 0
            assert now.flare.goes_class == type(now.flare.goes_class)(said(row, "max_class"))
            for time in (now.flare.peak, now.flare.end):
                assert time is None or timedelta(0) <= time - now.begin <= timedelta(days=2)
            assert None in (now.flare.peak, now.flare.end) or now.flare.peak <= now.flare.end

    fuzz("xray-now", [seed], mutate_json, lambda data: parse_xray_now(document(data), now=NOW), judge)


def test_xrays(archive: Any) -> None:
    full = json.loads(archive.body("/json/goes/primary/xrays-6-hour.json"))
    seed = json.dumps(full[:14]).encode()

    def judge(_: bytes, data: bytes, xrays: Any) -> None:
        rows = [row for row in again(data) if said(row, "energy") == "0.1-0.8nm"]
        assert (np.diff(xrays.times) == np.timedelta64(1, "m")).all()
        flux = dict(zip(xrays.times.tolist(), xrays.flux.tolist(), strict=True))
        seen = set()
        for row in rows:
            time = moment(said(row, "time_tag")).replace(tzinfo=None)
            value = float(said(row, "flux") or "nan")
            seen.add(time)
            assert flux[time] == value or (
                not value > 0 and (math.isnan(flux[time]) or len(seen) < len(rows))
            )
        assert all(math.isnan(value) for time, value in flux.items() if time not in seen)
        known = xrays.flux[np.isfinite(xrays.flux)]
        assert ((known > 0) & (known <= 0.1)).all()

    fuzz("xrays", [seed], mutate_json, lambda data: parse_xrays(document(data), now=NOW), judge)


def test_solar_regions(archive: Any) -> None:
    seed = few(archive.body("/json/solar_regions.json"))

    def judge(_: bytes, data: bytes, days: Any) -> None:
        rows = again(data)
        by_day: dict[date, list[dict[str, Any]]] = {}
        for row in rows:
            by_day.setdefault(date.fromisoformat(said(row, "observed_date")), []).append(row)
        assert [day.observed for day in days] == sorted(by_day)
        for day in days:
            assert day.observed <= NOW.date()
            check_region_day(day, by_day[day.observed])

    fuzz(
        "solar_regions", [seed], mutate_json, lambda data: parse_solar_regions(document(data), now=NOW), judge
    )


def check_region_day(day: Any, rows: list[dict[str, Any]]) -> None:
    full = {int(float(said(r, "region"))) for r in rows}
    found = {r.region.noaa[0] for r in day.regions}
    assert found == {
        number + 10_000 if number < 10_000 and day.observed.year > 2003 else number for number in full
    }
    for report in day.regions:
        mine = [r for r in rows if int(float(said(r, "region"))) % 10_000 == report.region.noaa[0] % 10_000]
        assert len(mine) == 1 or day.notes or all(r == mine[0] for r in mine)
        row, place = mine[0], report.region.position
        if place is None:
            assert day.notes
        else:
            match = re.fullmatch(r"([NS])(\d+)([EW])(\d+)", said(row, "location"))
            assert match
            assert abs(place.latitude) == int(match[2])
            assert (place.latitude > 0) == (match[1] == "N") or not place.latitude
            assert abs(place.longitude) == int(match[4])
            assert (place.longitude > 0) == (match[3] == "W") or not place.longitude
        area = said(row, "area")
        assert report.region.area_msh == (float(area) if area else None)
        assert 0 <= (report.region.area_msh or 0) <= 20_000
        assert 0 <= (report.spots or 0) <= 10_000
        assert report.spots == (float(said(row, "number_spots")) if said(row, "number_spots") else None)
        assert 0 <= (report.carrington_longitude or 0) <= 360
        kind = "-".join(MAGNETIC.get(x, "?") for x in said(row, "mag_class").upper())
        assert (report.magnetic or "") == kind or day.notes


def test_closest_image(archive: Any) -> None:
    seed = archive.body("/v2/getClosestImage", date="2026-02-03T12:00:00Z", sourceId="19")

    def judge(_: bytes, data: bytes, image: Any) -> None:
        answer = again(data)
        assert not answer.get("error")
        assert image.time == moment(answer["date"].strip())
        assert 1990 <= image.time.year < 2200
        assert image.id == int(answer["id"]) >= 0
        for side in ("width", "height"):
            assert answer.get(side) is None or 16 <= int(answer[side]) <= 16384
        assert all(side in answer for side in ("width", "height")) or image.notes

    fuzz("closest image", [seed], mutate_json, lambda data: parse_closest_image(document(data)), judge)


def records(archive: Any, *, regions: bool) -> bytes:
    slots = "[2026.02.03_10:00:00_TAI-2026.02.03_10:48:00_TAI]"
    answer = json.loads(
        archive.body(
            "/cgi-bin/ajax/jsoc_info", op="rs_list", ds=f"hmi.M_720s{slots}", key="T_REC,T_OBS,QUALITY",
            seg="magnetogram",
        )
    )  # fmt: skip
    count = answer["count"]
    if regions:
        answer["keywords"].append({"name": "HARPNUM", "values": ["377"] * count})
    answer["keywords"][2]["values"][1] = "0x80000000"
    answer["segments"][0]["values"][1] = "NoDataDirectory"
    return json.dumps(answer).encode()


def tai(text: str) -> datetime:
    """A reading of TAI that holds from 2017 on."""
    form = "%Y.%m.%d_%H:%M:%S" if text.count(":") == 2 else "%Y.%m.%d_%H:%M"
    text = text.removesuffix("_TAI").replace("-", ".").replace("T", "_").replace(" ", "_")
    whole, _, part = text.partition(".") if text.count(".") == 1 else (text, "", "")
    if text.count(".") == 3:
        whole, _, part = text.rpartition(".")
    seconds = float(f"0.{part}") if part else 0.0
    return datetime.strptime(whole, form).replace(tzinfo=UTC) + timedelta(seconds=seconds - 37)


def test_jsoc_records(archive: Any) -> None:
    window = (datetime(2026, 2, 3, 9, 30, tzinfo=UTC), datetime(2026, 2, 3, 11, tzinfo=UTC))
    seeds = {regions: records(archive, regions=regions) for regions in (False, True)}

    def parser(regions: bool) -> Callable[[bytes], Any]:
        harp = 377 if regions else None
        return lambda data: parse_records(
            document(data), segment="magnetogram", between=window, regions=regions, harp=harp
        )

    def judge(_: bytes, data: bytes, found: Any) -> None:
        answer = again(data)
        assert len(found) == int(answer["count"]) <= 100_000
        columns = {
            c["name"].strip(): [str(v).strip() for v in c["values"]] for c in answer.get("keywords", ())
        }
        paths = [
            [str(v).strip() for v in c["values"]]
            for c in answer.get("segments", ())
            if c["name"].strip() == "magnetogram"
        ]
        if not found:
            return
        assert len(paths) == 1
        slots = [tai(text) for text in columns["T_REC"]]
        assert len(set(slots)) == len(slots), "a slot twice"
        assert [r.slot for r in found] == sorted(slots)
        for record in found:
            row = slots.index(record.slot)
            assert window[0] - timedelta(minutes=1) <= record.slot <= window[1] + timedelta(minutes=1)
            assert abs(record.observed - record.slot) <= timedelta(minutes=30)
            text = columns.get("T_OBS", [""] * len(slots))[row]
            assert record.observed in {
                record.slot if not text[:1].isdigit() or text.startswith("-4712") else tai(text)
            }
            assert (
                record.quality
                == int(columns["QUALITY"][row], 0 if "x" in columns["QUALITY"][row].lower() else 10) % 2**32
            )
            assert record.harp == (int(columns["HARPNUM"][row]) if record.harp is not None else None)
            path = paths[0][row]
            assert record.path in ("", path)
            assert bool(record.path) != bool(record.problem)
            assert record.path or path.endswith("/") or path.startswith("NoData")

    for regions, seed in seeds.items():
        fuzz(f"jsoc records {regions}", [seed], mutate_json, parser(regions), judge, share=0.5)


def test_jsoc_export(archive: Any) -> None:
    ds = "hmi.M_720s[2026.02.03_10:00:00_TAI-2026.02.03_10:36:00_TAI]{magnetogram}"
    query = {"op": "exp_request", "ds": ds, "method": "url_quick", "protocol": "as-is", "format": "json"}
    whole = archive.body("/cgi-bin/ajax/jsoc_fetch", **query)
    named = json.loads(whole)
    named |= {"dir": "/SUM1/D300690890/S00000", "requestid": "JSOC_20260203_123"}
    for number, row in enumerate(named["data"]):
        row["filename"] = f"hmi.m_720s.{number}.magnetogram.fits"
    seeds = [
        whole,
        json.dumps(named).encode(),
        b'{"status": 2, "requestid": "JSOC_20260203_123", "wait": 10}',
    ]

    def judge(_: bytes, data: bytes, export: Any) -> None:
        answer = again(data)
        status = int(answer["status"])
        assert export.ready == (status == 0)
        assert bool(export.problem) == (status not in {0, 1, 2, 6, 12})
        if not export.ready:
            assert not export.files
            return
        rows = answer["data"]
        assert len(export.files) + len(export.notes) == len(rows)
        assert answer.get("count") is None or int(answer["count"]) in {len(rows), len(export.files)}
        folder = (answer.get("dir") or "").rstrip("/")
        said = {f"{folder}/{row['filename'].strip()}" if folder else row["filename"].strip() for row in rows}
        for file in export.files:
            assert file.path in said
            assert file.path.startswith("/SUM")
            assert ".." not in file.path.split("/")
            assert "//" not in file.path
        assert max(tally([f.path for f in export.files]).values(), default=1) == 1, "a file twice"

    fuzz("jsoc export", seeds, mutate_json, lambda data: parse_export(document(data)), judge)
