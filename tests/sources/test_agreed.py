"""Lists asked for twice: a hole in an answer never becomes a quiet Sun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import ArchiveError
from flarescope.sources.agreed import agreed
from flarescope.sources.listed_flares import FlareAnswer, ListedFlare, flare_rows

T0 = datetime(2026, 2, 1, tzinfo=UTC)
WITHIN = (T0, T0 + timedelta(days=7))
NOW = T0 + timedelta(days=8)


def answer(*hours: float, unclear: tuple[float, ...] = ()) -> FlareAnswer:
    flares = [ListedFlare(i, T0 + timedelta(hours=h), "C1.0") for i, h in enumerate(hours, 1)]
    return FlareAnswer(flare_rows("list", flares, NOW, ()), tuple(T0 + timedelta(hours=h) for h in unclear))


def asker(*answers: FlareAnswer | ArchiveError):
    left = list(answers)

    def ask() -> FlareAnswer:
        found = left.pop(0)
        if isinstance(found, ArchiveError):
            raise found
        return found

    ask.left = left  # type: ignore[attr-defined]
    return ask


def hours_of(found: FlareAnswer) -> list[float]:
    starts = found.rows.table["start"]
    return [(t.to_pydatetime().replace(tzinfo=UTC) - T0) / timedelta(hours=1) for t in starts]


def test_two_equal_answers_are_enough() -> None:
    ask = asker(answer(1, 2), answer(1, 2), answer())
    found = agreed("list", ask, WITHIN)
    assert hours_of(found.answer) == [1, 2]
    assert (found.holes, found.notes, len(ask.left)) == ((), (), 1)


@pytest.mark.parametrize("order", [(0, 1, 1), (1, 0, 1), (0, 2, 1, 1)])
def test_a_third_or_fourth_answer_decides(order: tuple[int, ...]) -> None:
    answers = (answer(1), answer(1, 2, 3), answer(2, 3, 4))
    found = agreed("list", asker(*(answers[i] for i in order)), WITHIN)
    assert hours_of(found.answer) == [1, 2, 3]
    assert found.holes == ()
    assert "answers agree, and are believed" in found.notes[0]


def test_what_never_agrees_is_a_hole() -> None:
    found = agreed(
        "list", asker(answer(10, 40, 60), answer(10, 30, 60), answer(10, 60), answer(10, 50, 60)), WITHIN
    )
    assert hours_of(found.answer) == [10, 60]
    assert found.holes == ((T0 + timedelta(hours=10, minutes=1), T0 + timedelta(hours=60)),)
    assert "3 flares stood in some of 4 answers only" in found.notes[0]


def test_nothing_in_common_is_a_hole_all_over() -> None:
    found = agreed("list", asker(answer(1), answer(2), answer(3), answer(4)), WITHIN)
    assert hours_of(found.answer) == []
    assert found.holes == (WITHIN,)


def test_a_class_that_is_not_known_yet_must_agree_too() -> None:
    found = agreed("list", asker(answer(1, unclear=(5,)), answer(1), answer(1, unclear=(5,))), WITHIN)
    assert found.answer.unclear == (T0 + timedelta(hours=5),)


def test_an_answer_that_nothing_confirms_is_a_hole() -> None:
    down = ArchiveError("down.")
    found = agreed("list", asker(answer(1, 2), down, down, down), WITHIN)
    assert found.holes == (WITHIN,)
    assert "only one answer" in found.notes[0]
    assert agreed("list", asker(answer(1), down, answer(1)), WITHIN).holes == ()


def test_no_first_answer_is_an_error() -> None:
    with pytest.raises(ArchiveError, match="down"):
        agreed("list", asker(ArchiveError("down.")), WITHIN)


HOURS = st.lists(st.integers(0, 160), unique=True, max_size=12).map(sorted)


@given(st.lists(HOURS, min_size=4, max_size=4))
def test_every_flare_of_any_answer_is_kept_or_lies_in_a_hole(lists: list[list[int]]) -> None:
    found = agreed("list", asker(*(answer(*hours) for hours in lists)), WITHIN)
    kept = hours_of(found.answer)
    again = [hours for i, hours in enumerate(lists) if hours in lists[:i]]
    if again:
        assert (kept, found.holes) == (again[0], ())
        return
    for hour in {h for hours in lists for h in hours} - set(kept):
        assert any(a <= T0 + timedelta(hours=hour) < b for a, b in found.holes)
    assert set(kept) == set.intersection(*map(set, lists))
