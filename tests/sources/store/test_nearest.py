"""One image found for two times is that of the nearer one, in whatever order they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.fetching import fetch_magnetograms, times_between, units_for
from flarescope.sources.helioviewer import Helioviewer
from flarescope.sources.http import Http
from flarescope.sources.settings import ArchiveSettings
from flarescope.sources.store import Row, Store, Unit

ELEVEN = datetime(2026, 2, 3, 11, tzinfo=UTC)


def put(store: Store, time: datetime, observed: datetime, pixels: str = "p") -> None:
    row = Row(time, "image", observed=observed, sha256="s" + pixels, pixels_sha256=pixels)
    store.put(Unit(f"{time:%Y%m%dT%H%M}Z", time.date(), (time,)), [row], [], {})


def found(store: Store) -> dict[str, str]:
    store.seal()
    index = store.index().sort_values("time")
    return dict(zip(index["time"].dt.strftime("%d %H:%M"), index["status"], strict=True))


@pytest.mark.parametrize("eleven", [ELEVEN, ELEVEN + timedelta(hours=13)], ids=["one day", "midnight"])
@pytest.mark.parametrize("order", list(permutations((-10, 0, 10))))
def test_an_image_is_that_of_the_nearest_time(
    tmp_path: Path, eleven: datetime, order: tuple[int, ...]
) -> None:
    store = Store.create(tmp_path / "store", preparation=None, keep_files=False)
    for minutes in order:
        put(store, eleven + timedelta(minutes=minutes), eleven + timedelta(seconds=2))
        store.seal()
    assert list(found(store).values()) == ["stale", "image", "stale"]
    reasons = set(store.index()["reason"]) - {""}
    told = f"{eleven:%Y-%m-%dT%H:%M:%SZ}"
    assert reasons == {f"the same image is there for {told}, which is nearer to its own time"}


def test_of_two_times_as_near_the_earlier_has_it(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store", preparation=None, keep_files=False)
    for minutes in (5, -5):
        put(store, ELEVEN + timedelta(minutes=minutes), ELEVEN)
    assert list(found(store).values()) == ["image", "stale"]


def test_alone_it_is_an_image_and_an_older_one_served_anew_is_stale(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store", preparation=None, keep_files=False)
    put(store, ELEVEN - timedelta(minutes=10), ELEVEN)
    assert list(found(store).values()) == ["image"]
    put(store, ELEVEN + timedelta(hours=1), ELEVEN + timedelta(hours=1))
    assert list(found(store).values()) == ["image", "stale"]


def test_an_exact_hour_asked_for_later_wins(tmp_path: Path) -> None:
    store, near = Store.create(tmp_path / "s", preparation=None, keep_files=True), timedelta(minutes=12)
    with ArchiveServer(data=None) as server, Http(ArchiveSettings(per_second=500).at(server.url)) as http:
        archive = Helioviewer(http)
        for first, every in (("10:50", "1h"), ("10:00", "10min")):
            times = times_between(f"2026-02-03T{first}Z", "2026-02-03T11:01Z", every)
            fetch_magnetograms(archive, units_for(times), store, http, tolerance=near)
    index = store.index()
    good = index[index["status"] == "image"]
    assert list(good["time"].dt.strftime("%H:%M")) == ["10:00", "11:00"]
