"""Who is trained on, who is tested on: splits that name their unit of independence and refuse to share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flarescope.errors import BadOptionError, LeakError
from flarescope.samples.table import SampleTable
from flarescope.times import duration, to_datetime64, utc

if TYPE_CHECKING:
    from datetime import datetime, timedelta

__all__ = ["Split", "by_date", "by_fold", "by_quarter", "by_region", "repeated"]

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """Three tables that share no unit.

    Attributes:
        train: what a model learns from.
        validation: what its threshold, calibration and stopping are chosen on; may be empty.
        test: what it is judged on.
        unit: the column whose values no two parts may share. Values with commas ("11429,11430") count as
            several: sharing one of them is sharing.
        gap: rows of different parts are at least this far apart in time: their windows do not overlap.
        dropped: rows left out to keep the gap, by part.
        name: which fold or repetition it is.

    Raises:
        LeakError: two parts share a unit, or rows of two parts are closer than ``gap``.
    """

    train: SampleTable
    validation: SampleTable
    test: SampleTable
    unit: str
    gap: timedelta | None = None
    dropped: dict[str, int] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self) -> None:
        tables = [getattr(self, part) for part in PARTS]
        for i, j in ((0, 1), (0, 2), (1, 2)):
            shared = _names(tables[i][self.unit]) & _names(tables[j][self.unit])
            if shared:
                raise LeakError(
                    f"{len(shared)} units of '{self.unit}' are in both {PARTS[i]} and {PARTS[j]}, such as "
                    f"'{min(shared)}'. Put all rows of a unit into one part."
                )
            if self.gap is not None and _near(_times(tables[i]), _times(tables[j]), self.gap).any():
                raise LeakError(
                    f"Rows of {PARTS[i]} and {PARTS[j]} are less than {self.gap} apart: their windows "
                    "overlap. Drop the rows at the border."
                )

    @property
    def table(self) -> SampleTable:
        """All rows with their part in a column ``part``, as a run keeps them."""
        parts = [(part, getattr(self, part)) for part in PARTS]
        rows = [table.rows.assign(part=part) for part, table in parts if len(table)]
        return SampleTable(pd.concat(rows, ignore_index=True))


def by_region(
    table: SampleTable, *, folds: int = 5, unit: str = "group", seed: int = 0, validation: bool = False
) -> tuple[Split, ...]:
    """Cross-validation over regions: each region is tested once, whole.

    Regions that flare and regions that do not are dealt out separately, so that each fold has its share.
    Regions that share a number ("11429,11430" and "11430") stay together.

    Args:
        table: labelled samples.
        folds: number of folds, 2 or more.
        unit: column of the region.
        seed: of the shuffle.
        validation: validate on the fold after the tested one; else validation is empty.

    Raises:
        BadOptionError: fewer regions than folds.
    """
    number = _dealt(table, unit, folds, np.random.default_rng(seed))
    return _folds(table, number, list(range(folds)), unit, validation=validation)


def by_fold(
    table: SampleTable,
    fold: np.ndarray,
    *,
    unit: str = "group",
    gap: str | timedelta | None = None,
    validation: bool = False,
) -> tuple[Split, ...]:
    """Cross-validation over folds that were dealt elsewhere: do they share no unit?

    Args:
        table: samples.
        fold: the fold of each row, "n".
        unit: the column whose values must stay together.
        gap: training rows nearer than this to a tested one are dropped, and counted.
        validation: validate on the fold after the tested one; else validation is empty.

    Returns:
        One split a fold, in the order of their numbers: tested on it, trained on the others.

    Raises:
        LeakError: a unit is in two folds.
        BadOptionError: another number of rows, or a single fold.
    """
    numbers = np.unique(fold)
    if len(fold) != len(table) or len(numbers) < 2:
        raise BadOptionError(
            f"{len(fold)} rows in {len(numbers)} folds do not split a table of {len(table)} rows. "
            "Accepted: one number a row, two folds or more."
        )
    return _folds(table, fold, numbers.tolist(), unit, gap=gap, validation=validation)


def by_quarter(
    table: SampleTable, *, gap: str | timedelta | None = None, validation: bool = False
) -> tuple[Split, ...]:
    """Four folds by calendar quarter of the time, all years together.

    Neighbours across the border of two quarters share up to 24 h of their windows: ``gap="24h"`` drops
    such rows from training (and validation), and counts them.

    *Reference*: Pandey et al. 2023, section 3 (without a gap).
    """
    quarter = ((table["time_utc"].dt.month - 1) // 3 + 1).to_numpy()
    table = SampleTable(table.rows.assign(quarter=quarter), table.notes)
    return _folds(table, quarter, [1, 2, 3, 4], "quarter", gap=gap, validation=validation)


def by_date(
    table: SampleTable,
    *,
    test_from: str | datetime,
    validation_from: str | datetime | None = None,
    gap: str | timedelta | None = None,
) -> Split:
    """Learn from the past, test on the future: rows from ``test_from`` on are tested.

    Raises:
        BadOptionError: the dates are not in order.
    """
    test = to_datetime64(utc(test_from))
    middle = to_datetime64(utc(validation_from)) if validation_from is not None else test
    if middle > test:
        raise BadOptionError(f"Validation starts {middle}, after the test at {test}. Give an earlier date.")
    times = _times(table)
    part = np.where(times < middle, 0, np.where(times < test, 1, 2))
    table = SampleTable(table.rows.assign(period=np.array(PARTS)[part]), table.notes)
    return _split(table, part, "period", gap=gap, name=f"from {test}")


def repeated(
    table: SampleTable,
    *,
    times: int = 10,
    test_share: float = 1 / 3,
    unit: str = "group",
    seed: int = 0,
) -> tuple[Split, ...]:
    """Random splits over regions, flaring and other regions apart, drawn anew each time.

    *Reference*: Bhattacharjee et al. 2020 (ten times 2/3 to 1/3, called 10-fold cross-validation there).
    """
    if times < 1 or not 0.0 < test_share < 1.0:
        raise BadOptionError(
            f"{times} splits with a test share of {test_share} cannot be made. "
            "Accepted: 1 or more, and a share between 0 and 1."
        )
    units = _units(table, unit)
    flares = _flaring(table, units)
    splits = []
    for draw in range(times):
        rng = np.random.default_rng([seed, draw])
        tested = [np.empty(0, int)]
        for kind in (True, False):
            regions = rng.permutation(np.flatnonzero(flares == kind))
            tested.append(regions[: round(len(regions) * test_share)])
        part = np.where(np.isin(units, np.concatenate(tested)), 2, 0)
        splits.append(_split(table, part, unit, name=f"draw {draw}"))
    return tuple(splits)


def _folds(
    table: SampleTable,
    number: np.ndarray,
    names: list[int],
    unit: str,
    *,
    gap: str | timedelta | None = None,
    validation: bool,
) -> tuple[Split, ...]:
    """One split a fold: tested on it, validated on the next where asked for."""
    splits = []
    for i, name in enumerate(names):
        part = np.where(number == name, 2, 0)
        if validation:
            part[number == names[(i + 1) % len(names)]] = 1
        splits.append(_split(table, part, unit, gap=gap, name=f"fold {name}"))
    return tuple(splits)


def _split(
    table: SampleTable, part: np.ndarray, unit: str, *, gap: str | timedelta | None = None, name: str
) -> Split:
    """Rows to parts; rows too near to a later part are dropped and counted."""
    apart = duration(gap) if gap is not None else None
    keep = np.ones(len(part), bool)
    times = _times(table)
    if apart is not None:
        for early in (1, 0):
            near = _near(times, times[part > early], apart)
            keep &= ~((part == early) & near)
    dropped = {PARTS[i]: int((~keep & (part == i)).sum()) for i in (0, 1) if (~keep & (part == i)).any()}
    train, validation, test = (table.take(keep & (part == i)) for i in range(3))
    return Split(train, validation, test, unit, apart, dropped, name)


def _dealt(table: SampleTable, unit: str, folds: int, rng: np.random.Generator) -> np.ndarray:
    """The fold of each row: units shuffled and dealt out in turn, those that flare first."""
    units = _units(table, unit)
    flares = _flaring(table, units)
    if not 2 <= folds <= len(flares):
        raise BadOptionError(
            f"{folds} folds for {len(flares)} regions. Accepted: 2 to the number of regions."
        )
    order = np.concatenate([rng.permutation(np.flatnonzero(flares == kind)) for kind in (True, False)])
    fold_of = np.empty(len(flares), int)
    fold_of[order] = np.arange(len(flares)) % folds
    return np.asarray(fold_of[units])


def _units(table: SampleTable, unit: str) -> np.ndarray:
    """Rows of one unit get one number; units that share a name are one."""
    values = table[unit].astype(str)
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    first = {value: value.split(",")[0] for value in values.unique()}
    for value, name in first.items():
        for other in value.split(",")[1:]:
            parent[root(other)] = root(name)
    roots = values.map(lambda value: root(first[value]))
    return np.asarray(pd.factorize(roots, sort=True)[0])


def _flaring(table: SampleTable, units: np.ndarray) -> np.ndarray:
    """Does each unit have a positive label?"""
    positive = (table["label"] == 1).fillna(False).to_numpy(bool)
    return np.bincount(units, positive, minlength=units.max(initial=-1) + 1) > 0


def _names(values: pd.Series[Any]) -> set[str]:
    return {name for value in values.astype(str).unique() for name in value.split(",")}


def _times(table: SampleTable) -> np.ndarray:
    return table["time_utc"].to_numpy("datetime64[us]")


def _near(times: np.ndarray, others: np.ndarray, gap: timedelta) -> np.ndarray:
    """Is each time less than ``gap`` away from any of the others?"""
    others = np.sort(others)
    after = np.searchsorted(others, times - np.timedelta64(gap), side="right")
    before = np.searchsorted(others, times + np.timedelta64(gap), side="left")
    return np.asarray(before > after)
