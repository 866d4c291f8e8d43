"""Flare lists from the local archive server, with its faults on: retried, refused, or a hole; never wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flarescope.flare import FlareCatalog
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.flare_csv import write_flares
from flarescope.sources.flares import read_flares
from flarescope.sources.hek import Hek
from flarescope.sources.http import Http
from flarescope.sources.settings import ArchiveSettings
from flarescope.sources.swpc import Swpc

NOW = datetime(2026, 2, 3, 12, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
FAULTS = ("http500", "truncated", "html", "wrong_length", "hole", "clock")


def lists(
    data: Path | None, faults: tuple[str, ...], share: float, seed: int = 0
) -> tuple[FlareCatalog, ...]:
    with ArchiveServer(data=data, clock=NOW, faults=faults, share=share, seed=seed) as server:
        patient = ArchiveSettings(back_off_seconds=0.01, per_second=1000, attempts=4)
        with Http(patient.at(server.url), seed=1) as http:
            found = Hek(http, now=lambda: NOW).flares(NOW - 6 * WEEK, NOW)
            return found, Swpc(http, now=lambda: NOW).flares(NOW - WEEK, NOW)


@pytest.fixture(scope="module")
def sound() -> tuple[FlareCatalog, ...]:
    return lists(None, (), 0.0)


def test_both_archives_tell_of_the_same_flares(sound: tuple[FlareCatalog, ...]) -> None:
    hek, swpc = sound
    assert len(hek)
    shown = hek.between(NOW - WEEK, NOW)
    assert [(f.start, f.goes_class) for f in shown] == [(f.start, f.goes_class) for f in swpc]


@pytest.mark.parametrize("fault", ["html", "hole", "clock"])
def test_a_fault_on_every_request_changes_nothing(fault: str, sound: tuple[FlareCatalog, ...]) -> None:
    struck = lists(None, (fault,), 1.0)
    for found, true in zip(struck, sound, strict=True):
        assert (found.flares, found.coverage) == (true.flares, true.coverage)


@pytest.mark.parametrize("seed", range(2))
def test_nor_do_all_of_them(seed: int, sound: tuple[FlareCatalog, ...]) -> None:
    struck = lists(None, FAULTS, 0.5, seed)
    for found, true in zip(struck, sound, strict=True):
        assert set(found) <= set(true)
        for flare in set(true) - set(found):
            assert not found.covers(flare.start, flare.start + timedelta(seconds=1))


@pytest.fixture(scope="module")
def real(data_dir: Path) -> tuple[FlareCatalog, ...]:
    return lists(data_dir, ("hole", "clock"), 1.0)


@pytest.mark.realdata
def test_the_list_of_2026_comes_through(
    real: tuple[FlareCatalog, ...], data_dir: Path, tmp_path: Path
) -> None:
    true = read_flares(data_dir / "flares" / "lmsal_2026_start_only.csv")
    for found, back in zip(real, (6 * WEEK, WEEK), strict=True):
        expected = [(f.start, f.goes_class) for f in true.between(NOW - back, NOW)]
        assert [(f.start, f.goes_class) for f in found] == expected
        write_flares(tmp_path / "list.csv", found)
        assert read_flares(tmp_path / "list.csv") == found


@pytest.mark.realdata
def test_the_weeks_that_no_list_has_are_a_hole(real: tuple[FlareCatalog, ...]) -> None:
    assert not real[0].covers(datetime(2025, 12, 25, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC))
    assert real[0].covers(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC))
