"""Full-disk hours: labels, what is left out and counted, blocks with their gap."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.experiment import read_experiment
from flarescope.flare import FlareCatalog
from flarescope.samples.disk_images import prepared_disks
from flarescope.samples.disks import balanced_hours, block_folds, by_blocks, disk_hours, spans
from flarescope.sources.flares import read_flares
from flarescope.times import utc
from flarescope.verify import blocks_of_days


@pytest.fixture
def flares(tmp_path: Path) -> FlareCatalog:
    """One C flare a day for a week, and an M flare on 3 February at 12:30."""
    rows = [f"2026-02-0{day} 01:00:00,C1.0" for day in range(1, 8)] + ["2026-02-03 12:30:00,M1.0"]
    path = tmp_path / "flares.csv"
    path.write_text("\n".join(["start_utc,goes_class", *sorted(rows)]) + "\n")
    return read_flares(path)


def image(folder: Path, hour: datetime, content: bytes = b"") -> Path:
    path = folder / f"{hour:%Y/%m/%d}" / f"HMI.m{hour:%Y.%m.%d_%H.%M.%S}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content or str(hour).encode())
    return path


def test_labels_follow_the_window_and_uncovered_hours_are_counted(
    tmp_path: Path, flares: FlareCatalog
) -> None:
    begin = utc("2026-02-02T10:00Z")
    for hour in range(24 * 6):
        image(tmp_path / "images", begin + timedelta(hours=hour))
    hours = disk_hours(tmp_path / "images", flares)
    positive = hours["time_utc"][hours["label"] == 1]
    assert positive.min() == pd.Timestamp("2026-02-02 13:00")
    assert positive.max() == pd.Timestamp("2026-02-03 12:00")
    assert hours["time_utc"].max() == pd.Timestamp("2026-02-06 23:00")
    assert hours.attrs["left_out"] == {"the flare list does not cover the window": 144 - len(hours)}
    assert set(hours["strongest"][hours["label"] == 1]) == {"M1.0"}
    assert disk_hours(tmp_path / "images", flares, at_least="C1.0")["label"].mean() > 0.9


def test_stale_doubled_and_nameless_images_are_left_out(tmp_path: Path, flares: FlareCatalog) -> None:
    folder = tmp_path / "images"
    for hour in range(4):
        image(folder, utc(f"2026-02-03T{hour:02d}:00Z"))
    image(folder, utc("2026-02-03T05:00Z"), str(utc("2026-02-03T03:00Z")).encode())  # what was served for 03h
    (folder / "copy").mkdir()
    (folder / "copy" / "HMI.m2026.02.03_01.00.00.jpg").write_bytes(b"another")
    (folder / "no_time.fits").write_bytes(b"SIMPLE  = nothing")
    hours = disk_hours(folder, flares)
    assert len(hours) == 4
    assert hours.attrs["left_out"] == {
        "the image cannot be read": 1,
        "another image of the same time": 1,
        "the same bytes as an earlier image": 1,
    }


def test_times_in_doubt_are_marked(tmp_path: Path, flares: FlareCatalog) -> None:
    for hour in range(3):
        image(tmp_path / "images", utc(f"2026-02-03T{hour:02d}:00Z"))
    (tmp_path / "images" / "index.csv").write_text(
        "file,suspect_time\n2026/02/03/HMI.m2026.02.03_01.00.00.jpg,True\nother.jpg,False\n"
    )
    assert disk_hours(tmp_path / "images", flares)["suspect"].tolist() == [False, True, False]
    (tmp_path / "images" / "index.csv").write_text("file\nother.jpg\n")
    with pytest.raises(BadFileError, match="suspect_time"):
        disk_hours(tmp_path / "images", flares)


def test_nothing_to_learn_from(tmp_path: Path, flares: FlareCatalog) -> None:
    with pytest.raises(MissingDataError, match="holds no image"):
        disk_hours(tmp_path / "nowhere", flares)
    image(tmp_path / "images", utc("2027-01-01T00:00Z"))
    with pytest.raises(MissingDataError, match="None of the 1 images"):
        disk_hours(tmp_path / "images", flares)


def made_up_hours(days: int, positive: list[int]) -> pd.DataFrame:
    times = pd.date_range("2026-02-01", periods=24 * days, freq="h")
    return pd.DataFrame(
        {"time_utc": times, "label": np.isin(np.arange(24 * days) // 24, positive).astype(int)}
    )


def test_blocks_are_dealt_in_turn_flaring_ones_first() -> None:
    hours = made_up_hours(20, [2, 8, 15])  # blocks 0, 1 and 3 of 5 days flare
    fold = block_folds(hours["time_utc"].to_numpy(), hours["label"].to_numpy(), days=5, folds=3)
    assert fold[::120].tolist() == [0, 1, 0, 2]
    with pytest.raises(BadOptionError, match="5 folds cannot be made of 4 blocks of 5 days"):
        block_folds(hours["time_utc"].to_numpy(), hours["label"].to_numpy(), days=5, folds=5)


@given(
    st.integers(4, 15),
    st.lists(st.integers(0, 14), min_size=1, max_size=8),
    st.integers(1, 3),
    st.integers(2, 3),
)
def test_training_stays_a_day_away_from_what_is_tested(
    days: int, positive: list[int], block: int, folds: int
) -> None:
    hours = made_up_hours(days, positive)
    if blocks_of_days(hours["time_utc"], block).count < folds:
        return
    tested = []
    for split in by_blocks(hours, days=block, folds=folds):
        train, test = (part["time_utc"].to_numpy() for part in (split.train, split.test))
        if len(train):
            apart = np.abs(train[:, None] - test[None]).min()
            assert apart >= np.timedelta64(24, "h")
        assert len(train) + len(test) + split.dropped.get("train", 0) == len(hours)
        tested += split.test["row"].tolist()
    assert sorted(tested) == list(range(len(hours)))


def test_quarters_are_folds_over_all_years() -> None:
    times = pd.date_range("2010-05-01", "2012-04-30", freq="12h")
    hours = pd.DataFrame({"time_utc": times, "label": np.arange(len(times)) % 5 == 0})
    splits = by_blocks(hours.astype({"label": int}), days=27, quarters=True)
    assert [set(split.test["time_utc"].dt.quarter) for split in splits] == [{1}, {2}, {3}, {4}]
    assert set(splits[1].test["time_utc"].dt.year) == {2010, 2011, 2012}
    assert all(split.dropped["train"] > 0 for split in splits)


def test_validation_is_the_fold_after_the_tested_one() -> None:
    splits = by_blocks(made_up_hours(12, [0, 5]), days=2, folds=3, validation=True)
    for number, split in enumerate(splits):
        assert set(split.test["fold"]) == {number}
        assert set(split.validation["fold"]) == {(number + 1) % 3}
        assert set(split.train["fold"]) == {(number + 2) % 3}


def test_spans_are_half_open_and_end_at_holes() -> None:
    hours = made_up_hours(9, [0])
    first = by_blocks(hours, days=3, folds=3)[1]  # tested: days 3 to 5
    assert spans(first.train["time_utc"].to_numpy()) == (
        ("2026-02-01T00:00:00Z", "2026-02-03T00:00:01Z"),
        ("2026-02-07T23:00:00Z", "2026-02-09T23:00:01Z"),
    )
    assert spans(np.array([], "datetime64[us]")) == ()


def test_balanced_hours_hold_as_many_of_each() -> None:
    hours = balanced_hours(made_up_hours(9, [1, 5]), seed=3)
    assert hours["label"].value_counts().to_dict() == {0: 48, 1: 48}
    assert hours["time_utc"].is_monotonic_increasing


@pytest.mark.realdata
def test_the_weeks_of_2026(data_dir: Path) -> None:
    hours = disk_hours(
        data_dir / "magnetograms/full_disk_2026", read_flares(data_dir / "flares/lmsal_2026_start_only.csv")
    )
    assert (len(hours), int(hours["label"].sum()), int(hours["suspect"].sum())) == (1153, 393, 3)
    assert hours.attrs["left_out"] == {"the flare list does not cover the window": 24}
    assert hours["time_utc"].max() == pd.Timestamp("2026-03-30 23:00")
    for split in by_blocks(hours, folds=4):
        assert set(split.train["label"]) == set(split.test["label"]) == {0, 1}


@pytest.mark.realdata
def test_a_jpeg_2000_of_the_archive_is_prepared_like_any_other(data_dir: Path, tmp_path: Path) -> None:
    path = next((data_dir / "magnetograms/helioviewer_jp2").glob("**/*.jp2"))
    preparation = read_experiment(Path(__file__).parents[2] / "experiments/pandey2023.toml").preparation
    given = prepared_disks([path], preparation, tmp_path)
    assert given.images.shape == (1, 512, 512)
    assert given.readable.all()
    assert np.abs(given.images[0]).max() > 0.3
    assert not given.images[0, :40].any()
    assert not given.images[0, :, -40:].any()
