"""Lists in memory become one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flarescope.errors import BadOptionError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.sources.flare_join import joined
from flarescope.sun import Position

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def flare(hours: float, goes_class: str, **known: object) -> Flare:
    return Flare(NOON + timedelta(hours=hours), GoesClass(goes_class), **known)  # type: ignore[arg-type]


def test_the_more_complete_record_of_a_flare_is_kept_and_lone_ones_stay() -> None:
    bare = FlareCatalog((flare(0, "M1.2"), flare(5, "C3.0")), ((NOON - DAY, NOON + DAY),))
    full = replace(
        bare,
        flares=(
            flare(
                0,
                "M1.2",
                peak=NOON + timedelta(minutes=5),
                end=NOON + timedelta(minutes=9),
                position=Position(10.0, -5.0),
                noaa_region=14366,
            ),
            flare(-3, "X1.0"),
        ),
        coverage=((NOON - 2 * DAY, NOON),),
    )
    both = joined(bare, full)
    assert [str(f.goes_class) for f in both] == ["X1.0", "M1.2", "C3.0"]
    assert both.flares[1].noaa_region == 14366
    assert both.flares[1].position == Position(10.0, -5.0)
    assert both.coverage == ((NOON - 2 * DAY, NOON + DAY),)
    assert any("duplicate" in note for note in both.notes)


def test_an_empty_list_still_covers() -> None:
    quiet = FlareCatalog((), ((NOON, NOON + DAY),), ("nothing",))
    assert joined(quiet).covers(NOON, NOON + DAY)
    assert len(joined(quiet, FlareCatalog((flare(1, "C1.0"),), ()))) == 1


def test_no_list_is_refused() -> None:
    with pytest.raises(BadOptionError, match="No flare list"):
        joined()
