"""The real drms, hvpy and sunpy clients on the archive server: they get the file, and what we get."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.files import read_magnetogram
from flarescope.sources.flares import read_flares
from flarescope.sources.hek import Hek
from flarescope.sources.helioviewer import Helioviewer
from flarescope.sources.http import Http
from flarescope.sources.jp2 import read_jp2
from flarescope.sources.jsoc import Jsoc
from flarescope.sources.limits import FileBytes
from flarescope.sources.settings import ArchiveSettings
from flarescope.sources.srs import read_srs
from flarescope.sources.swpc import Swpc
from flarescope.times import to_datetime64, utc

pytestmark = pytest.mark.realdata
SERIES = "hmi.sharp_cea_720s"
HOUR = utc("2026-02-03T12:00Z")
STORED = f"magnetograms/sharp_cea/harp377_hourly/{SERIES}.377.20110215_020000_TAI.magnetogram.fits"


@pytest.fixture(scope="module")
def url(data_dir: Path) -> Iterator[str]:
    with ArchiveServer(data=data_dir) as server:
        yield server.url


@pytest.fixture
def ours(url: str) -> Iterator[Http]:
    settings = ArchiveSettings().at(url).model_copy(update={"per_second": 1000.0})
    with Http(settings) as http:
        yield http


@pytest.fixture
def drms_client(url: str) -> Any:
    drms = pytest.importorskip("drms")
    logging.getLogger("drms").setLevel(logging.WARNING)
    config = drms.ServerConfig(
        name="local",
        cgi_baseurl=f"{url}/cgi-bin/ajax/",
        cgi_show_series="show_series",
        cgi_jsoc_info="jsoc_info",
        cgi_jsoc_fetch="jsoc_fetch",
        cgi_check_address="checkAddress.sh",
        http_download_baseurl=f"{url}/",
    )
    return drms.Client(server=config, email="someone@example.org")


def test_drms_lists_the_keywords_that_stand_in_the_files(drms_client: Any, data_dir: Path) -> None:
    from astropy.io import fits

    keys = ["T_REC", "HARPNUM", "USFLUX", "LON_FWT", "NOAA_ARS", "DATE__OBS"]
    found, segments = drms_client.query(
        f"{SERIES}[377][2011.02.13_05:00:00_TAI-2011.02.15_06:00:00_TAI]", key=keys, seg="magnetogram"
    )
    assert len(found) == 50
    assert list(segments["magnetogram"].str.startswith("/SUM1/")) == [True] * 50
    for row in (0, 20, 49):
        name = found["T_REC"][row][:-4].replace(".", "").replace(":", "")
        path = next((data_dir / "magnetograms/sharp_cea/harp377_hourly").glob(f"*{name}*"))
        header = fits.getheader(path, 1)
        assert found["USFLUX"][row] == pytest.approx(header["USFLUX"])
        assert found["LON_FWT"][row] == pytest.approx(header["LON_FWT"])
        assert (found["T_REC"][row], found["HARPNUM"][row]) == (header["T_REC"], 377)
        assert found["DATE__OBS"][row] == header["DATE-OBS"]


def test_drms_knows_series_and_their_keys(drms_client: Any) -> None:
    assert drms_client.series(r"sharp_cea") == [SERIES, f"{SERIES}_nrt"]
    assert drms_client.pkeys(SERIES) == ["HARPNUM", "T_REC"]
    about = drms_client.info(SERIES)
    assert {"magnetogram", "Br", "continuum"} <= set(about.segments.index)
    assert bool(about.keywords.loc["T_REC"].is_time)
    assert drms_client.query("hmi.M_720s[2011.02.13/1d]", key="T_REC").empty
    last = drms_client.query(f"{SERIES}[377][$]", key="T_REC", rec_index=True)
    assert list(last.index) == [f"{SERIES}[377][2011.02.15_06:00:00_TAI]"]


def test_drms_refuses_what_the_server_refuses(drms_client: Any) -> None:
    drms = pytest.importorskip("drms")
    with pytest.raises(drms.DrmsQueryError, match="Cannot find series"):
        drms_client.query("hmi.M_45s[$]", key="T_REC")
    with pytest.raises(drms.DrmsExportError, match="Cannot find segment"):
        drms_client.export(f"{SERIES}[377][$]{{nothing}}").download(".")


@pytest.mark.parametrize(("method", "protocol"), [("url_quick", "as-is"), ("url", "fits")])
def test_drms_downloads_the_file(
    drms_client: Any, data_dir: Path, tmp_path: Path, method: str, protocol: str
) -> None:
    request = drms_client.export(
        f"{SERIES}[377][2011.02.15_02:00:00_TAI]{{magnetogram}}", method=method, protocol=protocol
    )
    assert request.has_finished(skip_update=True) == (method == "url_quick")
    assert request.wait(sleep=0.0)
    got = request.download(tmp_path)
    path = Path(got["download"][0])
    assert path.read_bytes() == (data_dir / STORED).read_bytes()
    assert path.name == Path(STORED).name


def test_our_jsoc_client_reads_what_lies_in_the_folder(ours: Http, data_dir: Path) -> None:
    client = Jsoc(ours, series=SERIES, harp=377)
    got = client.fetch(client.find(utc("2011-02-15T02:00Z"), tolerance=timedelta(minutes=12)))
    want = read_magnetogram(data_dir / STORED)
    assert got.file.data == (data_dir / STORED).read_bytes()
    assert (got.image.time, got.image.geometry) == (want.time, want.geometry)
    np.testing.assert_array_equal(got.image.field, want.field)
    nrt = Jsoc(ours, series=f"{SERIES}_nrt", harp=377)
    made = nrt.fetch(nrt.find(utc("2011-02-15T02:00Z"), tolerance=timedelta(minutes=12)))
    assert b"made from the definitive file" in made.file.data
    np.testing.assert_array_equal(made.image.field, want.field)
    said = nrt.keywords(f"{SERIES}_nrt[377][$]", ["QUALITY", "COMMENT"]).iloc[0]
    assert said["QUALITY"] == "0x00010400"
    assert "made from the definitive file" in said["COMMENT"]


def test_hvpy_gets_the_jpeg_s_own_pixels_and_so_do_we(url: str, ours: Http, data_dir: Path) -> None:
    hvpy = pytest.importorskip("hvpy")
    from hvpy.config import get_api_url

    before = get_api_url()
    hvpy.set_api_url(f"{url}/v2/")
    try:
        date = datetime(2026, 2, 3, 12, 10)  # noqa: DTZ001 - hvpy adds the zone
        said = hvpy.getClosestImage(date=date, sourceId=hvpy.DataSource.HMI_MAG)
        data = hvpy.getJP2Image(date=date, sourceId=hvpy.DataSource.HMI_MAG)
        uri = hvpy.getJP2Image(date=date, sourceId=19, jpip=True)
    finally:
        hvpy.set_api_url(before)
    assert said["date"] == "2026-02-03 12:00:00"
    assert uri.startswith("jpip://")
    assert uri.endswith("magnetogram.jp2")
    name = "magnetograms/full_disk_2026/2026/02/03/HMI.m2026.02.03_12.00.00.jpg"
    jpeg = read_magnetogram(data_dir / name)
    image = read_jp2(FileBytes(Path("served.jp2"), data))
    np.testing.assert_array_equal(image.field, jpeg.field)
    assert image.time == jpeg.time == HOUR
    assert vars(image.geometry) == pytest.approx(vars(jpeg.geometry), abs=1e-6)
    client = Helioviewer(ours)
    got = client.fetch(client.find(HOUR, tolerance=timedelta(minutes=12)))
    assert got.file.data == data


def test_sunpy_finds_the_flares_of_the_list_and_so_do_we(url: str, ours: Http, data_dir: Path) -> None:
    hek = pytest.importorskip("sunpy.net.hek")
    from sunpy.net import attrs as a

    listed = read_flares(data_dir / "flares/goes_2010_2025.csv")
    begin, end = utc("2015-03-05T00:00Z"), utc("2015-03-25T00:00Z")
    want = listed.between(begin, end)
    table = hek.HEKClient(url=f"{url}/hek/her?").search(
        a.Time("2015-03-05T00:00:00", "2015-03-25T00:00:00"), a.hek.FL, a.hek.FRM.Name == "SWPC"
    )
    rows = [row for row in table if begin <= utc(str(row["event_starttime"].isot)) < end]
    assert len(want) > 150  # more than one page
    assert [utc(str(row["event_starttime"].isot)) for row in rows] == [f.start for f in want]
    assert [utc(str(row["event_peaktime"].isot)) for row in rows] == [f.peak for f in want]
    assert [str(row["fl_goescls"]) for row in rows] == [str(f.goes_class) for f in want]
    assert [int(row["ar_noaanum"]) for row in rows] == [f.noaa_region or 0 for f in want]
    got = Hek(ours, now=lambda: utc("2026-03-31T00:00Z")).flares(begin, end)
    assert list(got.columns.start) == [to_datetime64(f.start) for f in want]
    np.testing.assert_allclose(got.columns.flux, want.columns.flux)


def test_swpc_lists_the_flares_and_regions_of_the_day(data_dir: Path) -> None:
    clock = utc("2015-01-01T12:00Z")
    with ArchiveServer(data=data_dir, clock=clock) as server:
        settings = ArchiveSettings().at(server.url).model_copy(update={"per_second": 1000.0})
        with Http(settings) as http:
            client = Swpc(http, now=lambda: clock)
            got = client.flares(clock - timedelta(days=5), clock)
            summary = client.summary(clock)
            regions = client.solar_regions()
    listed = read_flares(data_dir / "flares/goes_2010_2025.csv").between(clock - timedelta(days=5), clock)
    known = [f for f in listed if (f.peak or f.start) <= clock]
    assert [f.start for f in got] == [f.start for f in known]
    want = read_srs(data_dir / "regions/srs_samples/20150101SRS.txt")
    assert summary.regions == want.regions
    newest = regions[-1] if isinstance(regions, tuple | list) else regions
    places = {r.region.noaa: (r.region.position, r.mcintosh, r.magnetic) for r in newest.regions}
    assert {noaa: places[noaa] for noaa in places if any(r.region.noaa == noaa for r in want.regions)} == {
        r.region.noaa: (r.region.position, r.mcintosh, r.magnetic) for r in want.regions
    }


def test_an_hour_without_a_real_image_is_not_made_up(url: str, data_dir: Path) -> None:
    import json
    from urllib.request import urlopen

    with urlopen(f"{url}/v2/getClosestImage/?date=2026-03-20T00:00:00Z&sourceId=19") as answer:
        said = json.load(answer)
    assert abs(utc(said["date"]) - utc("2026-03-20T00:00Z")) > timedelta(days=3)  # the hole of March


def test_the_wrong_channel_is_the_real_continuum_image(data_dir: Path) -> None:
    from urllib.request import urlopen

    query = "/v2/getJP2Image/?date=2026-02-03T12:00:00Z&sourceId=19"
    server = ArchiveServer(data=data_dir, faults=["wrong_channel"], share=1.0)
    with server, urlopen(server.url + query) as answer:
        got = answer.read()
    assert got == next((data_dir / "faults/wrong_channel").glob("2023*.jp2")).read_bytes()
