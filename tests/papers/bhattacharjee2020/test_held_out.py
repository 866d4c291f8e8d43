from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import MissingDataError
from flarescope.papers.bhattacharjee2020 import held_out as room
from flarescope.papers.claims import Finding
from flarescope.papers.reproduction import Desk

PACKAGE = "flarescope.papers.bhattacharjee2020"


@dataclass(frozen=True)
class Cell:
    data: str
    network: str
    size: int
    split: int | str


def test_rows_and_outputs_are_joined(tmp_path: Path, monkeypatch) -> None:
    rows = pd.DataFrame({"region": [7, 7, 8, 9], "flaring": [1, 1, 0, 0]})

    def outcomes(desk: Desk, cells: list[Cell]) -> list[SimpleNamespace]:
        of = [np.array([0, 1]), np.array([3, 0])]
        return [
            SimpleNamespace(cell=cell, rows=of[k], probability=np.array([0.1, 0.9]))
            for k, cell in enumerate(cells)
        ]

    cells = SimpleNamespace(Cell=Cell, outcomes=outcomes, splits=lambda desk: range(2))
    monkeypatch.setitem(sys.modules, f"{PACKAGE}.cells", cells)
    monkeypatch.setitem(
        sys.modules,
        f"{PACKAGE}.dataset",
        SimpleNamespace(dataset=lambda desk, kind: SimpleNamespace(rows=rows)),
    )
    desk = Desk(None, tmp_path)
    table = room.held_out(desk, "synthetic")
    assert table["region"].tolist() == [7, 7, 9, 7]
    assert table["row"].tolist() == [0, 1, 3, 0]
    assert table["y"].tolist() == [0.1, 0.9, 0.1, 0.9]
    assert table["split"].tolist() == ["0", "0", "1", "1"]
    assert room.held_out(desk, "synthetic", by="chronological")["split"].unique().tolist() == [
        "chronological"
    ]


def test_a_number_of_one_split_has_no_spread_and_is_not_told() -> None:
    table = pd.DataFrame({"split": ["0", "0", "1"], "v": [1.0, 3.0, np.nan]})
    assert room.over_splits("a", "synthetic", table, lambda t: t["v"].mean()).value is None
    both = room.over_splits("a", "synthetic", table.fillna(4.0), lambda t: t["v"].mean())
    assert both.value == pytest.approx(3.0)
    assert both.spread == pytest.approx(np.std([2.0, 4.0], ddof=1))


def test_all_of_a_few_trials_is_not_certain() -> None:
    assert room.least_spread(1.0, 4) == pytest.approx(np.sqrt(5 / 6 * 1 / 6 / 6))
    assert room.least_spread(0.0, 4) == pytest.approx(room.least_spread(1.0, 4))
    assert room.least_spread(0.5, 9998) == pytest.approx(0.005)


def test_a_kind_without_data_is_a_finding(tmp_path: Path) -> None:
    def find(kind: str) -> list[Finding]:
        if kind != "synthetic":
            raise MissingDataError("needs a folder")
        return [Finding("a", "synthetic", 1.0)]

    found = room.on_each_kind(Desk(None, tmp_path, sharps=tmp_path), ["a"], find)
    assert [(one.data, one.value, one.needs) for one in found] == [
        ("synthetic", 1.0, ""), ("real-small", None, "needs a folder"), ("real", None, "needs a folder"),
    ]  # fmt: skip
