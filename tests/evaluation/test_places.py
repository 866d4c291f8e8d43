"""Recall by place: counts known by hand, bins that lose no hour, tables and flare lists that say the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadFileError, BadOptionError, MissingDataError, UnknownNameError
from flarescope.evaluation.flare_places import FlarePlaces, read_flare_places, strongest_places
from flarescope.evaluation.places import (
    PlacedAnswers,
    by_magnitude,
    fold_tables,
    limb_gap,
    limb_table,
    magnitude_gap,
    place_map,
    place_scores,
)
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.sun import Position
from flarescope.verify import blocks_of

NOON = datetime(2014, 1, 7, 12, tzinfo=UTC)


def answers(
    called: list[int], classes: list[str], longitude: list[float], latitude: list[float] | None = None
):
    """One hour each, every one a block of its own."""
    n = len(called)
    times = np.datetime64("2014-01-01", "us") + np.arange(n) * np.timedelta64(1, "h")
    flux = np.array([GoesClass(word).peak_flux if word else 0.0 for word in classes])
    up = np.array(latitude or np.zeros(n), float)
    places = FlarePlaces(times, flux, np.array(longitude, float), up)
    return PlacedAnswers(np.array(called, bool), places, blocks_of(np.arange(n), unit="hour"), resamples=200)


def test_the_limb_table_counts_by_class_and_place() -> None:
    table = limb_table(
        answers(
            [1, 0, 1, 0, 0, 1, 1],
            ["X1.0", "X2.0", "M9.9", "M1.0", "C5.0", "C5.0", ""],
            [70, -71, -70, 80, np.nan, 0, np.nan],
        )
    ).set_index(["class", "place"])
    counts = {key: (row["called"], row["n"]) for key, row in table.iterrows() if row["n"]}
    assert counts == {
        ("X", "within 70°"): (1, 1), ("X", "beyond 70°"): (0, 1),
        ("M", "within 70°"): (1, 1), ("M", "beyond 70°"): (0, 1),
        ("C", "within 70°"): (1, 1), ("C", "unknown"): (0, 1),
    }  # fmt: skip
    assert np.isnan(table.loc[("M", "unknown"), "share"])
    assert np.isnan(table["low"]).all()  # one block each


def test_intervals_hold_the_share_and_come_from_the_blocks() -> None:
    hours = answers([1, 0] * 40, ["M1.0"] * 80, [10.0] * 80)
    row = limb_table(hours, classes="M").iloc[0]
    assert row["low"] < row["share"] == 0.5 < row["high"]
    assert row["sd"] == pytest.approx(0.5 / np.sqrt(80), rel=0.2)  # the binomial's
    twins = PlacedAnswers(hours.called, hours.places, blocks_of(np.repeat(np.arange(8), 10)), resamples=200)
    assert limb_table(twins, classes="M").iloc[0]["sd"] == 0.0  # every block holds five of ten
    assert limb_table(twins, classes="M").iloc[0]["blocks"] == 8


def test_gaps_are_paired_differences() -> None:
    hours = answers([1, 1, 0, 0] * 20, ["M1.0", "C9.0", "M1.0", "C1.0"] * 20, [0, 0, 80, 80] * 20)
    gap = limb_gap(hours, "M")
    assert (gap.value, gap.low, gap.high) == (1.0, 1.0, 1.0)
    assert magnitude_gap(hours, "C", 2, 5).value == 1.0
    assert "80 blocks (hour)" in gap.how


def test_magnitudes_fall_into_their_bins() -> None:
    classes = ["C1.0", "C1.9", "C2.0", "C9.9", "M1.0", "B9.9", ""]
    table = by_magnitude(answers([1, 0, 1, 1, 1, 1, 1], classes, [0, 80, 0, 0, 0, 0, np.nan]))
    assert dict(zip(table["lower"], table["n"], strict=True)) == {
        1: 2, 2: 1, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 1,
    }  # fmt: skip
    assert table["called"].tolist()[:2] == [1, 1]
    near = answers([1, 0], ["C1.0", "C1.9"], [0, 80])
    assert by_magnitude(near, where=np.abs(near.places.longitude) > 70)["n"].sum() == 1


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-35, 35)), min_size=1, max_size=50))
def test_every_hour_is_in_one_bin_and_the_limb_is_a_border(
    places: list[tuple[float, float]],
) -> None:
    longitude, latitude = map(list, zip(*places, strict=True))
    hours = answers([1] * len(places), ["X1.0"] * len(places), longitude, latitude)
    cells = place_map(hours, np.ones(len(places), bool))
    assert cells["n"].sum() == len(places)
    within = np.abs(cells["longitude"]) < 70
    assert cells.loc[within, "n"].sum() == (np.abs(np.array(longitude)) <= 70).sum()


def test_bins_are_where_the_flares_were() -> None:
    hours = answers([1, 1, 0, 1], ["X1.0"] * 4, [-90, 70, 70.1, np.nan], [35, -0.0, -5, 0])
    cells = place_map(hours, np.ones(4, bool))
    held = cells[cells["n"] > 0][["longitude", "latitude", "called", "n"]]
    assert sorted(map(tuple, held.to_numpy())) == [
        (-87.5, 32.5, 1, 1), (67.5, 2.5, 1, 1), (72.5, -2.5, 0, 1),
    ]  # fmt: skip
    assert len(cells) == 36 * 14
    with pytest.raises(BadOptionError, match=r"Bins of 4° do not fill"):
        place_map(hours, np.ones(4, bool), degrees=4)


def test_folds_are_scored_apart() -> None:
    table = fold_tables([0.9, 0.1, 0.6, 0.6], [1, 0, 1, 0], [2, 2, 1, 1])
    assert table[["fold", "n", "events", "tp", "fp", "tn", "fn"]].to_numpy().tolist() == [
        [1, 2, 1, 1, 1, 0, 0],
        [2, 2, 1, 1, 0, 1, 0],
    ]
    assert table["tss"].tolist() == [0.0, 1.0]


def test_json_has_no_nan() -> None:
    document = place_scores(answers([1, 0], ["X1.0", "C1.0"], [0, 80]))
    assert {row["class"] for row in document["limb"]} == {"X", "M", "C"}
    assert "NaN" not in json.dumps(document)
    assert all(value == value for rows in document.values() for row in rows for value in row.values())


def test_what_does_not_belong_together_is_refused() -> None:
    hours = answers([1, 0], ["X1.0", "C1.0"], [0, 80])
    with pytest.raises(BadOptionError, match="1 answers, 2 places and 2 blocks"):
        PlacedAnswers(np.ones(1, bool), hours.places, hours.blocks)
    with pytest.raises(BadOptionError, match="do not rise"):
        by_magnitude(hours, edges=(2, 1))
    with pytest.raises(BadOptionError, match="'Z' is no GOES class"):
        by_magnitude(hours, "Z")


def labels(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({
        "time_utc": pd.to_datetime(["2014-01-07T13:00", "2014-01-07T12:00"]),
        "strongest_class": ["NF", "X1.2"],
        "flare_longitude_deg": ["unk", "11.0"],
        "flare_latitude_deg": ["unk", "-15.0"],
    } | columns)  # fmt: skip


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_table_of_labels_is_read_in_the_order_asked_for(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"labels.{suffix}"
    labels().to_parquet(path) if suffix == "parquet" else labels().to_csv(path, index=False)
    found = read_flare_places(path, np.array(["2014-01-07T12:00", "2014-01-07T13:00"], "datetime64[us]"))
    assert found.flux.tolist() == pytest.approx([1.2e-4, 0.0])
    assert (found.longitude[0], found.latitude[0]) == (11.0, -15.0)
    assert np.isnan(found.longitude[1])
    with pytest.raises(MissingDataError, match=r"2014-01-08T00.* \(1 of 1 forecasts\)"):
        read_flare_places(path, np.array(["2014-01-08"], "datetime64[us]"))


def test_a_broken_table_of_labels_is_refused(tmp_path: Path) -> None:
    path, times = tmp_path / "labels.csv", np.array(["2014-01-07T12:00"], "datetime64[us]")
    labels(strongest_class=["NF", "Q1"]).to_csv(path, index=False)
    with pytest.raises(BadFileError, match=r"strongest_class.*Q1"):
        read_flare_places(path, times)
    labels().drop(columns="flare_latitude_deg").to_csv(path, index=False)
    with pytest.raises(UnknownNameError, match="flare_latitude_deg"):
        read_flare_places(path, times)
    with pytest.raises(BadFileError, match="cannot be opened"):
        read_flare_places(tmp_path / "none.csv", times)


def test_the_strongest_flare_of_an_open_window() -> None:
    west = Position(60.0, 10.0)
    flares = tuple(
        Flare(NOON + timedelta(hours=h), GoesClass(word), position=place)
        for h, word, place in ((0, "X9.0", None), (1, "M2.0", west), (2, "M2.0", None), (24, "X9.0", None))
    )
    found = strongest_places([NOON, NOON + timedelta(days=3)], FlareCatalog(flares, ()))
    assert found.flux.tolist() == pytest.approx([2e-5, 0.0])
    assert found.longitude[0] == 60.0
    assert np.isnan(found.longitude[1])


@pytest.mark.realdata
def test_another_list_of_positions_moves_the_limb_table_little(data_dir: Path) -> None:
    said = pd.read_parquet(data_dir / "predictions" / "pandey2023_alexnet.parquet")
    times = said["time_utc"].to_numpy("datetime64[us]")
    called = (said["probability"] >= 0.5).to_numpy()
    one_block = blocks_of(np.zeros(len(times)))
    counts = {}
    for name in ("labels/full_disk_hours_2010_2018.parquet", "flares/located_2010_2018.csv"):
        table = limb_table(PlacedAnswers(called, read_flare_places(data_dir / name, times), one_block, 1))
        counts[name[:6]] = [
            f"{row.called}/{row.n}" for row in table.itertuples() if row.place == "beyond 70°"
        ]
    assert counts == {
        "labels": ["157/212", "1143/2290", "2069/7683"],
        "flares": ["163/218", "1319/2452", "2318/8390"],
    }


def test_a_list_without_positions_or_of_other_years_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flares.csv"
    path.write_text(
        "start_time,peak_time,end_time,label,noaa_ar,obs,cls\n"
        "2014-01-02 03:00:00,2014-01-02 03:10:00,2014-01-02 03:20:00,M1.5,11944,G15,M\n"
    )
    with pytest.raises(MissingDataError, match="gives no position of any flare"):
        read_flare_places(path, np.array(["2014-01-02T00:00"], "datetime64[us]"))
    with pytest.raises(MissingDataError, match="holds no flare after any of the 1 forecasts"):
        read_flare_places(path, np.array(["2020-01-02T00:00"], "datetime64[us]"))
