"""``flarescope fetch`` and ``forecast --source live``, typed against the local archive server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flarescope.cli import app, main
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.flares import read_flares
from flarescope.sources.srs import read_srs
from flarescope.times import utc

QUICK = {
    "FLARESCOPE_BACK_OFF_SECONDS": "0.01",
    "FLARESCOPE_PER_SECOND": "500",
    "FLARESCOPE_READ_SECONDS": "1",
}
DAY = ["--from", "2026-02-03", "--to", "2026-02-03T03:00Z"]


def typed(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), env=QUICK)


def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr("sys.argv", ["flarescope", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_magnetograms_end_in_a_store_and_a_second_call_asks_for_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with ArchiveServer(data=None) as server:
        words = ["fetch", "magnetograms", "--base-url", f"{server.url}/v2/", *DAY, "--size", "64"]
        first = typed(*words, "--store", str(store), "--json")
        asked = len(server.requests)
        again = typed(*words, "--store", str(store), "--json")
        assert len(server.requests) == asked
    assert (first.exit_code, again.exit_code) == (0, 0)
    said = json.loads(first.stdout)
    assert (said["images"], said["checksummed"], said["gaps"], said["retried"]) == (3, 3, [], [])
    assert said["notes"] == ["3 images: made-up Sun, drawn by flarescope's archive server"]
    assert json.loads(again.stdout)["images"] == 3
    assert len(list((store / "files").rglob("*.jp2"))) == 3


def test_another_tolerance_is_refused_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = str(tmp_path / "store")
    with ArchiveServer(data=None) as server:
        words = ["fetch", "magnetograms", "--base-url", server.url, *DAY, "--size", "64", "--store", store]
        assert typed(*words).exit_code == 0
        asked = len(server.requests)
        for more in ([], ["--dry-run"]):
            line = refused(capsys, monkeypatch, *words, "--tolerance", "1h", *more)
            assert "holds images within 12min of their times, and --tolerance 1h is asked for." in line
        assert len(server.requests) == asked
    assert json.loads(typed("store", "info", store, "--json").stdout)["tolerance"] == "12min"


def test_gaps_end_with_one_and_their_reasons(tmp_path: Path) -> None:
    with ArchiveServer(data=None, clock=utc("2026-02-03T01:30Z")) as server:
        ended = typed(
            "fetch", "magnetograms", "--base-url", f"{server.url}/v2/", *DAY, "--size", "64",
            "--store", str(tmp_path / "s"), "--json",
        )  # fmt: skip
    said = json.loads(ended.stdout)
    assert ended.exit_code == 1
    assert (said["asked"], said["images"]) == (3, 2)
    assert "within 12 minutes" in said["gaps"][0]["reason"]


def test_a_dry_run_says_the_cost_and_writes_nothing(tmp_path: Path) -> None:
    ended = typed(
        "fetch", "magnetograms", "--from", "2010-05-01", "--to", "2020-05-01", "--store",
        str(tmp_path / "s"), "--dry-run", "--json",
    )  # fmt: skip
    said = json.loads(ended.stdout)
    assert ended.exit_code == 0
    assert said["images_expected"] == 87_672
    assert said["bytes_expected"] > 5e10
    assert said["seconds_expected"] > 3600
    assert not (tmp_path / "s").exists()


def test_flares_are_written_with_what_they_cover(tmp_path: Path) -> None:
    out = tmp_path / "flares.csv"
    with ArchiveServer(data=None, clock=utc("2026-02-03T12:00Z")) as server:
        ended = typed(
            "fetch", "flares", "--base-url", f"{server.url}/hek/her", "--from", "2026-01-20", "--to",
            "2026-02-01", "--out", str(out), "--json",
        )  # fmt: skip
    said = json.loads(ended.stdout)
    catalog = read_flares(out)
    assert len(catalog) == said["flares"] > 0
    assert ended.exit_code == (1 if said["not_covered"] else 0)
    assert all(utc("2026-01-20") <= a < b <= utc("2026-02-01") for a, b in catalog.coverage)


def test_regions_are_the_summary_itself(tmp_path: Path) -> None:
    out = tmp_path / "regions.txt"
    with ArchiveServer(data=None, clock=utc("2026-02-03T12:00Z")) as server:
        ended = typed("fetch", "regions", "--base-url", f"{server.url}/", "--out", str(out), "--json")
    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["issued"] == "2026-02-03T00:30:00Z"
    assert read_srs(out).issued == utc("2026-02-03T00:30Z")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["magnetograms", "--source", "heliviewer"], "Did you mean 'helioviewer'"),
        (["magnetograms", "--source", "hek"], "No source of magnetograms named 'hek'"),
        (["magnetograms", "--series", "hmi.M_720s"], "--series does not go with --source helioviewer"),
        (["magnetograms", "--source", "jsoc", "--series", "hmi.Ic_45s"], "hmi.Ic_45s"),
        (["magnetograms", "--source", "jsoc", "--series", "hmi.sharp_cea_720s"], "--harp 377"),
        (["magnetograms", "--size", "100000"], "less than or equal to 4096"),
        (["magnetograms", "--every", "fortnightly"], "fortnightly"),
        (["magnetograms", "--base-url", "ftp://x"], "ftp://x"),
        (["magnetograms", "--base-url", "http://127.0.0.1:9"], "no usable answer"),
    ],
)
def test_wrong_options_get_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: list[str],
    said: str,
) -> None:
    line = refused(capsys, monkeypatch, "fetch", *words, *DAY, "--store", str(tmp_path / "s"))
    assert said in line
    assert not (tmp_path / "s").exists()


def test_live_and_files_are_not_mixed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--flares" in refused(capsys, monkeypatch, "forecast", "--source", "live", "--flares", "x.csv")
    assert "--source live" in refused(capsys, monkeypatch, "forecast", "--base-url", "http://127.0.0.1:1")
    assert "Known: files, live" in refused(capsys, monkeypatch, "forecast", "--source", "tea-leaves")


@pytest.mark.parametrize(("begin", "said"), [("2009-02-03", "before HMI's first"), ("2099-01-01", "future")])
def test_times_without_images_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, begin: str, said: str
) -> None:
    words = ["fetch", "magnetograms", "--from", begin, "--to", "2100-01-01", "--every", "1d", "--dry-run"]
    assert said in refused(capsys, monkeypatch, *words, "--store", str(tmp_path / "s"))


def test_one_address_serves_every_client(tmp_path: Path) -> None:
    with ArchiveServer(data=None) as server:
        ended = typed(
            "fetch", "magnetograms", "--base-url", server.url, *DAY, "--size", "64", "--store",
            str(tmp_path / "s"), "--json",
        )  # fmt: skip
    assert json.loads(ended.stdout)["images"] == 3


@pytest.mark.realdata
def test_a_live_forecast_is_one_document(data_dir: Path) -> None:
    with ArchiveServer(data=data_dir, clock=utc("2026-02-03T12:30Z")) as server:
        ended = typed(
            "forecast", "--source", "live", "--base-url", server.url, "--at", "2026-02-03T12:30Z", "--json"
        )
    assert json.loads(ended.stdout)["state"] == "full"


@pytest.mark.realdata
def test_an_archive_without_a_summary_of_the_time_says_which_it_has(data_dir: Path, tmp_path: Path) -> None:
    words = ("fetch", "regions", "--out", str(tmp_path / "regions.txt"), "--base-url")
    with ArchiveServer(data=data_dir, clock=utc("2026-02-03T12:30Z")) as server:
        refused = typed(*words, f"{server.url}/")
    assert refused.exit_code != 0
    assert "No region summary of the last three days; this archive has those of 2010 to 2019" in str(
        refused.exception
    )
    with ArchiveServer(data=data_dir, clock=utc("2015-03-06T12:00Z")) as server:
        assert typed(*words, f"{server.url}/").exit_code == 0
