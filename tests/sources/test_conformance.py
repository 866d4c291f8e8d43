"""Every registered source makes the round trip against the local archive server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flarescope.errors import MissingDataError
from flarescope.sources import known_sources
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.http import Http
from flarescope.sources.settings import ArchiveSettings

CLOCK = datetime(2026, 2, 3, 12, 30, tzinfo=UTC)
QUICK = ArchiveSettings(back_off_seconds=0.01, per_second=500, read_seconds=2.0)


def offering(what: str) -> list[str]:
    known = known_sources()
    return [name for name in known if what in known[name].offers]


@pytest.fixture(scope="module")
def http() -> Iterator[Http]:
    with ArchiveServer(data=None, clock=CLOCK) as server, Http(QUICK.at(server.url)) as client:
        yield client


def built(name: str, http: Http) -> Any:
    source = known_sources()[name](http)
    assert source.name == name
    return source


def test_every_kind_is_offered_by_someone() -> None:
    assert {kind for name in known_sources() for kind in known_sources()[name].offers} == {
        "magnetograms", "flares", "regions",
    }  # fmt: skip


@pytest.mark.parametrize("name", offering("magnetograms"))
def test_images_are_of_the_time_asked_for(name: str, http: Http) -> None:
    source, hour = built(name, http), CLOCK - timedelta(minutes=30)
    found = source.find(hour, tolerance=timedelta(minutes=12))
    supplied = source.fetch(found)
    assert abs(supplied.image.time - hour) <= timedelta(minutes=12)
    assert supplied.image.view == "full_disk"
    assert supplied.file.path.name == found.name
    assert "/" not in found.name
    assert supplied.image.origin.sha256 == supplied.file.sha256
    assert source.bytes_each > 0
    assert source.seconds_each > 0
    newest = source.newest(CLOCK, oldest=timedelta(hours=2))
    assert CLOCK - timedelta(hours=2) <= newest.time <= CLOCK
    with pytest.raises(MissingDataError):
        source.find(CLOCK + timedelta(days=3), tolerance=timedelta(minutes=12))
    with pytest.raises(MissingDataError):
        source.newest(CLOCK + timedelta(days=3), oldest=timedelta(hours=2))


@pytest.mark.parametrize("name", offering("flares"))
def test_flares_lie_in_what_was_asked_and_covered(name: str, http: Http) -> None:
    a = CLOCK - timedelta(days=5)
    catalog = built(name, http).flares(a, CLOCK)
    assert len(catalog) > 0
    assert all(a <= flare.start < CLOCK for flare in catalog)
    assert catalog.coverage
    assert all(a <= start < end <= CLOCK for start, end in catalog.coverage)


@pytest.mark.parametrize("name", offering("regions"))
def test_the_summary_is_the_newest_not_later(name: str, http: Http) -> None:
    summary = built(name, http).summary(CLOCK)
    assert summary.issued <= CLOCK
    assert summary.regions
