"""Texts, and files of our own, damaged: summaries of regions, lists of flares, forecasts.

What cannot be caught: a line that is missing as a whole from a summary or a foreign list, since nothing
counts them, and a digit that gives another legal number. A list of our own has a checksum: every changed byte
is seen.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from fuzz_runner import fuzz
from mutate_json import mutate_json
from mutate_text import mutate_lines

from flarescope.flare import GoesClass
from flarescope.sources.flare_csv import write_flares
from flarescope.sources.flares import read_flares
from flarescope.sources.forecast_json import read_forecasts
from flarescope.sources.plain_text import as_text
from flarescope.sources.srs import parse_srs
from flarescope.synthetic import flare_list
from flarescope.times import utc

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

OLD_SRS = b"""\
:Product: 0306SRS.txt
:Issued: 2015 Mar 06 0030 UTC
# Prepared jointly by the U.S. Dept. of Commerce, NOAA,
Joint USAF/NOAA Solar Region Summary
SRS Number 65 Issued at 0030Z on 06 Mar 2015
I.  Regions with Sunspots.  Locations Valid at 05/2400Z
Nmbr Location  Lo  Area  Z   LL   NN Mag Type
2290 N20W91   292  0040 Hsx  02   01 Alpha
2297 S17E78   122  0400 Dkc  12   04 Beta-Gamma-Delta
IA. H-alpha Plages without Spots.  Locations Valid at 05/2400Z Mar
Nmbr  Location  Lo
2293  N08W44   245
2294  S16E02   198
II. Regions Due to Return 06 Mar to 08 Mar
Nmbr Lat    Lo
2282 N10    142
"""


def test_srs(archive: Any) -> None:
    made_up = archive.body("/text/srs.txt")

    def judge(_: bytes, data: bytes, srs: Any) -> None:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        rows: dict[str, list[str]] = {"": [], "I": [], "IA": [], "II": [], "III": []}
        section = ""
        for line in text.split("\n"):
            head = re.match(r"(IA|I|II|III)\.\s", line)
            section = head[1] if head else section
            if not head and line.strip() and not re.match(r"\s*(nmbr\b|none\s*$)", line, re.IGNORECASE):
                rows[section].append(line)
        unread = sum("could not be read" in note for note in srs.notes)
        loud = sum(bool(re.match(r"\s*\d{4,5}\b", line)) for line in rows["II"])
        known = len(srs.regions) + len(srs.plages) + len(srs.returning) + unread
        assert known == len(rows["I"]) + len(rows["IA"]) + loud, "rows lost without a word"
        assert timedelta(0) <= srs.issued - srs.valid_at + timedelta(days=1) <= timedelta(days=4)
        lines = {key: " ".join(" ".join(rows[key]).split()).lower() for key in ("I", "IA")}
        for key, regions in (("I", srs.regions), ("IA", srs.plages)):
            for report in regions:
                check_report(report, lines[key], spotted=key == "I", noted=bool(srs.notes))
        astray = [
            line for key in ("", "III") for line in rows[key] if re.match(r"\s*\d{4,5}\s+[NS]\d\d", line)
        ]
        assert sum("outside the sections" in note for note in srs.notes) == len(astray)
        numbers = [r.region.noaa[0] for r in srs.regions + srs.plages]
        assert len(set(numbers)) == len(numbers) or any("stands" in note for note in srs.notes)

    def parse(data: bytes) -> Any:
        return parse_srs("srs", as_text("srs", data, "a summary"))

    fuzz("srs", [made_up, OLD_SRS], mutate_lines, parse, judge)


def check_report(report: Any, lines: str, *, spotted: bool, noted: bool) -> None:
    place = report.region.position
    number = report.region.noaa[0]
    north, west = "ns"[place.latitude < 0], "ew"[place.longitude > 0]
    pole = f"[{north}{'ns' if not place.latitude else ''}]{abs(place.latitude):02.0f}"
    side = f"[{west}{'ew' if not place.longitude else ''}]{abs(place.longitude):02.0f}"
    assert re.search(rf"\b0?(?:{number}|{number % 10_000:04d}) {pole}{side}", lines)
    assert abs(place.latitude) <= 90
    assert 0 <= (report.carrington_longitude or 0) <= 360
    if not spotted:
        assert report.region.area_msh is None
    elif report.mcintosh is None:
        assert noted
    else:
        said = rf"{report.region.area_msh:g} {report.mcintosh} 0*{report.extent_degrees:g} 0*{report.spots}"
        assert re.search(rf"\b0*{said}".lower(), lines)
        assert re.fullmatch(r"[A-HZ][a-z]{2}", report.mcintosh)
        assert report.magnetic is None or set(report.magnetic.split("-")) <= {
            "alpha",
            "beta",
            "gamma",
            "delta",
        }


def own_list(folder: Path) -> tuple[bytes, bytes]:
    """A list of eight flares as we write it, and what lies beside it."""
    catalog = flare_list(utc("2026-01-01"), utc("2026-02-01"), seed=3)
    end = catalog.flares[8].start
    beside = write_flares(folder / "flares.csv", catalog.between(utc("2026-01-01"), end))
    return (folder / "flares.csv").read_bytes(), beside.read_bytes()


def instant(text: str) -> Any:
    time = pd.Timestamp(text.strip().replace("/", "-"))
    return (time.tz_convert(UTC) if time.tzinfo else time.tz_localize(UTC)).floor("us")


def strength(text: str) -> GoesClass | None:
    """None for A0.0, which lists write where nothing was measured."""
    text = text.strip().upper().replace(",", ".")
    return GoesClass(text) if text and float(text[1:] or 1) else None


def check_catalog(data: bytes, catalog: Any, path: Path) -> None:
    """Every flare is one line's; lines are left out or repaired only with a note."""
    text = as_text(path, data, "")
    starts = [flare.start for flare in catalog]
    assert starts == sorted(starts)
    rows = list(csv.reader(io.StringIO(text)))
    lowered = [name.strip().lower() for name in rows[0]]
    start, size = lowered.index("start"), lowered.index("goes_class")
    texts = {
        (row[start], row[size]) for row in rows[1:] if len(row) > max(start, size) and row[start].strip()
    }
    said = {(instant(time), strength(text)) for time, text in texts}
    for flare in catalog:
        assert flare.goes_class.peak_flux > 0
        assert 1974 <= flare.start.year < 2101
        assert (flare.start, flare.goes_class) in said
        assert flare.peak is None or timedelta(0) <= flare.peak - flare.start <= timedelta(days=2), "peak"
        assert flare.end is None or timedelta(0) <= flare.end - flare.start <= timedelta(days=2), "end"
        assert None in (flare.peak, flare.end) or flare.peak <= flare.end
    lost = len(said) - len(catalog)
    assert lost <= 0 or any("left out" in n or "merged" in n or "record" in n for n in catalog.notes), (
        catalog.notes
    )
    for a, b in catalog.coverage:
        assert a < b


def test_flare_csv(tmp_path: Path) -> None:
    data, _ = own_list(tmp_path)
    path = tmp_path / "foreign.csv"

    def parse(mutant: bytes) -> Any:
        path.write_bytes(mutant)
        return read_flares(path)

    fuzz(
        "flare csv",
        [data],
        mutate_lines,
        parse,
        lambda _, mutant, catalog: check_catalog(mutant, catalog, path),
    )


def test_sidecar(tmp_path: Path) -> None:
    data, beside = own_list(tmp_path)
    path, sidecar = tmp_path / "flares.csv", tmp_path / "flares.csv.coverage.json"

    def parse(mutant: bytes) -> Any:
        path.write_bytes(data)
        sidecar.write_bytes(mutant)
        return read_flares(path)

    before = parse(beside)

    def judge(_: bytes, mutant: bytes, catalog: Any) -> None:
        found = json.loads(mutant.decode("utf-8-sig"))
        assert catalog.flares == before.flares
        periods = [(utc(a), utc(b)) for a, b in found["coverage"]]
        assert all(a < b for a, b in periods), "a period that ends before it begins"
        assert isinstance(found["coverage"], list)
        days = sum(((b - a) for a, b in catalog.coverage), timedelta(0))
        assert days <= sum(((b - a) for a, b in periods), timedelta(0))
        assert all(any(s <= a and b <= e for s, e in catalog.coverage) for a, b in periods)
        assert list(catalog.notes)[: len(found["notes"])] == found["notes"]
        assert found["flares"] == len(catalog)
        assert found["format"] == "flarescope flare coverage 1"

    fuzz("sidecar", [beside], mutate_json, parse, judge)


def test_own_list_changed(tmp_path: Path) -> None:
    """The list's bytes have a checksum: no change of theirs is accepted, but for ends of lines and a BOM."""
    data, beside = own_list(tmp_path)
    path = tmp_path / "flares.csv"
    (tmp_path / "flares.csv.coverage.json").write_bytes(beside)

    def mutate(rng: Random, seed: bytes) -> bytes:
        return seed if rng.random() < 0.05 else mutate_lines(rng, seed)

    def parse(mutant: bytes) -> Any:
        path.write_bytes(mutant)
        return read_flares(path)

    def judge(_: bytes, mutant: bytes, catalog: Any) -> None:
        assert hashlib.sha256(as_text(path, mutant, "").encode()).hexdigest() == json.loads(beside)["sha256"]
        assert len(catalog) == 8

    fuzz("own list", [data], mutate, parse, judge, share=0.2)


FORECAST = {
    "probability": 0.42, "low": 0.31, "high": 0.55, "threshold": 0.161, "interval": "90 %",
    "at_least": "M1.0",
    "observed": "2026-02-03T12:00:00Z", "issued": "2026-02-03T12:21:00Z",
    "valid_from": "2026-02-03T12:21:00Z", "valid_to": "2026-02-04T12:21:00Z", "says_flare": True,
    "state": "full", "model": "history@1234abcd",
    "goes_scale": "science", "inputs": {"image": {"file": "a.jp2", "sha256": "00"}},
    "rivals": {"climatology": 0.05, "persistence": 0.0},
    "regions": [{"noaa": 14366, "longitude": 12.5, "latitude": -8.0, "share": 0.6}], "notes": ["a note"],
}  # fmt: skip


def test_forecast_json(tmp_path: Path) -> None:
    path = tmp_path / "forecast.json"

    def parse(mutant: bytes) -> Any:
        path.write_bytes(mutant)
        return read_forecasts(path)[0]["forecast.json"]

    def judge(_: bytes, mutant: bytes, forecast: Any) -> None:
        said = json.loads(mutant.decode("utf-8-sig"))
        for key in ("probability", "low", "high", "threshold"):
            assert type(said[key]) in (int, float)
            assert getattr(forecast, key) == said[key]
        assert 0 <= forecast.low <= forecast.probability <= forecast.high <= 1
        for key in ("observed", "issued", "valid_from", "valid_to"):
            assert getattr(forecast, key) == utc(said[key])
        assert forecast.observed <= forecast.valid_from < forecast.valid_to
        assert forecast.at_least == GoesClass(said["at_least"])
        assert (forecast.model, forecast.state) == (said["model"], said["state"])
        assert forecast.scale == said.get("goes_scale", "science")
        assert forecast.rivals == said.get("rivals", {})
        assert forecast.notes == tuple(said.get("notes", ()))
        for region in forecast.regions:
            assert abs(region.get("longitude") or 0) <= 180
            assert not isinstance(region.get("longitude"), bool)
        assert said.get("says_flare", forecast.says_flare) is forecast.says_flare, "contradicts itself"
        assert said.get("interval", "90 %") == "90 %"
        forecast.to_json().encode()

    fuzz("forecast", [json.dumps(FORECAST).encode()], mutate_json, parse, judge)
