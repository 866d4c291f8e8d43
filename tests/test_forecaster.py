"""The ladder: what is missing is said, what is later is not seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flarescope.errors import BadOptionError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.forecaster import Question, make_forecast
from flarescope.synthetic import flare_list

BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
HOUR = datetime(2026, 2, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def flares() -> FlareCatalog:
    return flare_list(BEGIN, END, seed=3)


def test_history_alone_says_so(flares: FlareCatalog) -> None:
    said = make_forecast(flares=flares, at=HOUR)
    assert said.state == "history_only"
    assert said.low <= said.probability <= said.high
    assert set(said.rivals) == {"climatology", "trailing_climatology", "persistence", "history"}
    assert said.valid_to - said.valid_from == timedelta(hours=24)
    assert any("No image" in note for note in said.notes)


def test_nothing_later_than_the_hour_is_seen(flares: FlareCatalog) -> None:
    cut = flares.between(BEGIN, HOUR)
    assert make_forecast(flares=cut, at=HOUR).probability == make_forecast(flares=flares, at=HOUR).probability


def test_without_a_list_or_with_a_hole_it_is_climatology(flares: FlareCatalog) -> None:
    nothing = make_forecast(at=HOUR)
    short = make_forecast(flares=flares.between(HOUR - timedelta(days=20), END), at=HOUR)
    late = make_forecast(flares=flares.between(BEGIN, HOUR - timedelta(days=2)), at=HOUR)
    assert nothing.state == short.state == late.state == "climatology"
    assert "no flare list was given" in nothing.notes[0]
    assert "cover 20 of the 180 days" in short.notes[0]
    assert "more than 24 h before" in late.notes[0]


def test_a_flare_under_way_is_shown_and_not_counted(flares: FlareCatalog) -> None:
    under_way = Flare(HOUR - timedelta(minutes=5), GoesClass("X5.0"), end=HOUR + timedelta(minutes=20))
    more = FlareCatalog((*flares.flares, under_way), flares.coverage)
    said = make_forecast(flares=more, at=HOUR)
    assert said.probability == make_forecast(flares=flares, at=HOUR).probability
    assert any("under way: X5.0" in note for note in said.notes)


def test_other_classes_and_windows_have_models_of_their_own(flares: FlareCatalog) -> None:
    def p(at_least: str, a: float, b: float) -> float:
        return make_forecast(flares=flares, at=HOUR, question=Question(at_least, a, b)).probability

    assert p("C1.0", 0, 24) > p("M1.0", 0, 24) > p("X1.0", 0, 24)
    assert p("M1.0", 0, 72) > p("M1.0", 0, 24)
    third = make_forecast(flares=flares, at=HOUR, question=Question("M1.0", 48, 72))
    assert third.valid_from == HOUR + timedelta(hours=48)


def test_neither_image_nor_hour_is_told_what_to_type() -> None:
    with pytest.raises(BadOptionError, match="--image FILE, or --at"):
        make_forecast()
