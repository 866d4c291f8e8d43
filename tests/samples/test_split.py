"""Splits share no unit, lose no row uncounted, and keep their gap."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.errors import BadOptionError, LeakError
from flarescope.samples.split import Split, by_date, by_fold, by_quarter, by_region, repeated
from flarescope.samples.table import SampleTable
from flarescope.times import duration

rows = st.lists(
    st.tuples(
        st.integers(0, 3 * 365 * 24),
        st.sampled_from(["1", "2", "3", "3,4", "4", "5", "6,7", "8", "9,1", "10", "11"]),
        st.sampled_from([0, 1, None]),
    ),
    min_size=1,
    max_size=60,
)


def table(values: list[tuple[int, str, int | None]]) -> SampleTable:
    frame = pd.DataFrame(values, columns=["hour", "group", "label"])
    frame["time_utc"] = pd.Timestamp("2012-01-01") + pd.to_timedelta(frame["hour"], unit="h")
    return SampleTable(frame.assign(row=range(len(frame))))


def parts(split: Split) -> list[SampleTable]:
    return [split.train, split.validation, split.test]


def numbers(part: SampleTable, unit: str) -> set[str]:
    return {name for value in part[unit].astype(str) for name in value.split(",")}


def check(split: Split, whole: SampleTable) -> None:
    """No unit twice, no row twice, every row in a part or counted as dropped."""
    train, validation, test = (numbers(part, split.unit) for part in parts(split))
    assert not (train & test) | (train & validation) | (validation & test)
    found = [row for part in parts(split) for row in part["row"]]
    assert len(found) == len(set(found)) == len(whole) - sum(split.dropped.values())


@given(rows, st.integers(2, 4), st.booleans())
def test_folds_by_region(values: list[tuple[int, str, int | None]], folds: int, validation: bool) -> None:
    whole = table(values)
    splits: tuple[Split, ...] = ()
    with suppress(BadOptionError):  # fewer regions than folds
        splits = by_region(whole, folds=folds, validation=validation)
    for split in splits:
        check(split, whole)
    if splits:
        assert sorted(row for s in splits for row in s.test["row"]) == list(range(len(whole)))


@given(rows, st.booleans(), st.sampled_from([None, "24h", "3d"]))
def test_folds_by_quarter(
    values: list[tuple[int, str, int | None]], validation: bool, gap: str | None
) -> None:
    whole = table(values)
    splits = by_quarter(whole, gap=gap, validation=validation)
    for k, split in enumerate(splits):
        check(split, whole)
        assert (split.test["time_utc"].dt.quarter == k + 1).all()
        if gap:
            distance = duration(gap)
            later = split.test["time_utc"]
            for moment in split.train["time_utc"]:
                assert not ((later - moment).abs() < distance).any()
    assert sorted(row for s in splits for row in s.test["row"]) == list(range(len(whole)))


@given(rows, st.integers(0, 1000), st.integers(0, 100))
def test_by_date(values: list[tuple[int, str, int | None]], day: int, more: int) -> None:
    whole = table(values)
    border = pd.Timestamp("2012-01-01", tz="UTC") + pd.Timedelta(days=day)
    test_from = border + pd.Timedelta(days=more)
    split = by_date(whole, validation_from=border.isoformat(), test_from=test_from.isoformat(), gap="24h")
    check(split, whole)
    assert (split.test["time_utc"] >= test_from.tz_localize(None)).all()
    assert (split.train["time_utc"] <= border.tz_localize(None) - pd.Timedelta("0h")).all()


@given(rows, st.integers(0, 5))
@settings(max_examples=50)
def test_repeated(values: list[tuple[int, str, int | None]], seed: int) -> None:
    whole = table(values)
    splits = repeated(whole, times=3, seed=seed)
    for split, again in zip(splits, repeated(whole, times=3, seed=seed), strict=True):
        check(split, whole)
        assert split.test["row"].tolist() == again.test["row"].tolist()


def test_flaring_regions_are_shared_out() -> None:
    whole = table([(k, str(100 + k // 2), int(k < 20)) for k in range(200)])
    for split in by_region(whole, folds=5):
        assert split.test.counts["positive"] == 4
    for split in repeated(whole):
        assert len(split.test["group"].unique()) == round(10 / 3) + round(90 / 3)
        assert split.test.counts["positive"] == 6


def test_a_leak_is_an_error() -> None:
    whole = table([(0, "11429", 1), (5, "11429,11430", 0), (500, "11431", 0)])
    first, second, third = (whole.take(np.array([k])) for k in range(3))
    nothing = whole.take(np.zeros(3, bool))
    with pytest.raises(LeakError, match=r"'11429'\. Put all rows of a unit into one part"):
        Split(first, nothing, second, "group")
    Split(first, nothing, third, "group")
    with pytest.raises(LeakError, match="less than 25 days, 0:00:00 apart"):
        Split(first, nothing, whole.take(np.array([2])), "group", pd.Timedelta("600h").to_pytimedelta())


def test_folds_that_were_dealt_elsewhere_are_checked() -> None:
    whole = table([(0, "1", 1), (1, "1", 0), (50, "2", 0), (99, "3,4", 1), (120, "4", 0)])
    splits = by_fold(whole, np.array([2, 2, 0, 0, 0]))
    assert [split.name for split in splits] == ["fold 0", "fold 2"]
    assert [list(split.test["row"]) for split in splits] == [[2, 3, 4], [0, 1]]
    for split in splits:
        check(split, whole)
    with pytest.raises(LeakError, match="1 units of 'group' are in both train and test, such as '1'"):
        by_fold(whole, np.array([0, 1, 0, 0, 0]))
    with pytest.raises(LeakError, match="such as '4'"):
        by_fold(whole, np.array([0, 0, 0, 0, 1]))
    with pytest.raises(BadOptionError, match="4 rows in 2 folds do not split a table of 5 rows"):
        by_fold(whole, np.array([0, 0, 1, 1]))
    with pytest.raises(BadOptionError, match="5 rows in 1 folds"):
        by_fold(whole, np.zeros(5, int))


def test_bad_arguments() -> None:
    whole = table([(0, "1", 1), (5, "2", 0)])
    with pytest.raises(BadOptionError, match="3 folds for 2 regions"):
        by_region(whole, folds=3)
    with pytest.raises(BadOptionError, match="share"):
        repeated(whole, test_share=1.0)
    with pytest.raises(BadOptionError, match="Give an earlier date"):
        by_date(whole, test_from="2012-01-01", validation_from="2013-01-01")


def test_the_whole_split_as_a_table() -> None:
    whole = table([(k * 24, str(k), k % 2) for k in range(10)])
    kept = by_region(whole, folds=5, validation=True)[0].table
    assert kept["part"].value_counts().to_dict() == {"train": 6, "validation": 2, "test": 2}


@pytest.mark.realdata
def test_quarters_are_the_published_folds(data_dir: Path) -> None:
    hours = pd.read_parquet(data_dir / "labels/full_disk_hours_2010_2018.parquet")
    whole = SampleTable(hours.rename(columns={"ge_m1": "label"})[["time_utc", "label", "fold"]])
    for split in by_quarter(whole):
        assert (split.test["fold"] == split.test["quarter"]).all()
        assert split.dropped == {}
    dropped = [split.dropped["train"] for split in by_quarter(whole, gap="24h")]
    assert all(0 < count < 2 * 9 * 2 * 24 for count in dropped)
