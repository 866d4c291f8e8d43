"""The operational centres, scored on the same days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flarescope.errors import MissingDataError
from flarescope.evaluation.published import score_issued
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.sources.flares import read_flares
from flarescope.sources.issued_forecasts import read_issued_forecasts


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2014, 1, number, hour, tzinfo=UTC)


@pytest.fixture
def swpc(tmp_path: Path) -> Path:
    lines = [f"2014 01 {k:02} 00 00 {10 * k} 5 5 1 1 1" for k in range(1, 6)]
    path = tmp_path / "swpc.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_days_are_half_open_and_uncovered_days_are_left_out(swpc: Path) -> None:
    flares = FlareCatalog(
        (
            Flare(day(2), GoesClass("M1.0")),
            Flare(day(4, 5), GoesClass("X1.0")),
            Flare(day(3, 5), GoesClass("C9")),
        ),
        coverage=((day(1), day(5)),),
    )
    card = score_issued(read_issued_forecasts(swpc), flares, threshold=0.2)
    assert (card.n, card.events) == (4, 2)  # the flare of 2 January 00:00 belongs to that day alone
    assert card["tss"].value == 0.5
    assert "1 windows left out: the flare list does not cover them." in card.notes
    assert score_issued(read_issued_forecasts(swpc), flares, at_least="X1.0").events == 1


def test_science_classes_are_brought_to_the_operational_scale(swpc: Path) -> None:
    flares = FlareCatalog(
        (
            Flare(day(2), GoesClass("M1.3"), scale="science"),
            Flare(day(3), GoesClass("M1.5"), scale="science"),
        ),
        coverage=((day(1), day(6)),),
    )
    assert score_issued(read_issued_forecasts(swpc), flares).events == 1


def test_a_list_of_other_years_is_refused(swpc: Path) -> None:
    with pytest.raises(MissingDataError, match="covers none of 5 windows"):
        score_issued(read_issued_forecasts(swpc), FlareCatalog((), coverage=()))


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("centre", "bss", "auc", "n"), [("swpc", 0.168, 0.810, 923), ("met_office", 0.190, 0.826, 1820)]
)
def test_the_centres_of_2014_to_2016(data_dir: Path, centre: str, bss: float, auc: float, n: int) -> None:
    issued = read_issued_forecasts(data_dir / "forecasts" / f"{centre}_2014_2016.txt")
    used_then = read_flares(data_dir / "forecasts" / "mx_flares_2014_2016.txt")
    # that list ends with its last flare in April 2016 and was scored up to July: no M flare came in between
    used_then = replace(used_then, coverage=((day(1), datetime(2016, 7, 20, tzinfo=UTC)),))
    for flares in (used_then, read_flares(data_dir / "flares" / "goes_2010_2025.csv")):
        card = score_issued(issued, flares)
        assert card.n == n
        assert card["bss"].value == pytest.approx(bss, abs=0.001)
        assert card["auc"].value == pytest.approx(auc, abs=0.001)
        assert card["bss"].low > 0
        assert (
            score_issued(issued, flares, at_least="X1.0")["bss"].value < 0
        )  # X class: both below the base rate


@pytest.mark.realdata
def test_swpc_read_one_day_later_is_worse_so_the_reading_is_right(data_dir: Path) -> None:
    issued = read_issued_forecasts(data_dir / "forecasts" / "swpc_2014_2016.txt")
    late = replace(issued, valid_from=issued.day(2)[0])
    flares = read_flares(data_dir / "flares" / "goes_2010_2025.csv")
    assert score_issued(late, flares)["bss"].value == pytest.approx(0.088, abs=0.001)
