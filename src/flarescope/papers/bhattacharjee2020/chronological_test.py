"""Section 4.1: trained on regions up to September 2015, tested on regions from October 2015 on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarescope.errors import MissingDataError
from flarescope.papers.bhattacharjee2020.cells import Cell, outcomes, said_of
from flarescope.papers.bhattacharjee2020.dataset import dataset
from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS, SIZE, on_each_kind
from flarescope.papers.bhattacharjee2020.skill import measured, recalls, skill_of
from flarescope.papers.bhattacharjee2020.splits import dealt
from flarescope.papers.bhattacharjee2020.table2_table3_skill import over_splits

if TYPE_CHECKING:
    from flarescope.papers.claims import DataKind, Finding
    from flarescope.papers.reproduction import Desk

__all__ = ["chronological_test"]

SCORES = ("recall_flaring", "recall_quiet", "tss")
FEWEST = 3  # flaring regions in the test period: fewer say nothing


def chronological_test(desk: Desk) -> list[Finding]:
    """Do the networks of Table 3 recognise regions of later years?

    The paper gives a standard deviation, so its ten networks were asked; so are ours, each trained on two
    thirds of the earlier regions. The note adds one network trained on all of them.
    """
    return on_each_kind(desk, SCORES, lambda kind: _tested(desk, kind))


def _tested(desk: Desk, kind: DataKind) -> list[Finding]:
    rows = dataset(desk, kind).rows
    later = dealt(rows, "chronological").test
    number, label = later["row"].to_numpy(int), later["label"].to_numpy(int)
    flaring, quiet = (later.rows["group"][label == value].nunique() for value in (1, 0))
    if min(flaring, quiet) < FEWEST:
        raise MissingDataError(f"needs more regions after September 2015: {flaring} flaring, {quiet} others")
    networks = over_splits(desk, Cell(kind, "cnn2", size=SIZE))
    table = pd.DataFrame([recalls(said_of(desk, one, number), label) for one in networks])
    (whole,) = outcomes(desk, [Cell(kind, "cnn2", size=SIZE, split="chronological")])
    once = skill_of([whole]).iloc[0]
    note = (
        f"{KIND_WORDS[kind]}, {flaring} flaring and {quiet} other regions of later years "
        f"(one network trained on all earlier ones: {once['recall_flaring']:.2f}, "
        f"{once['recall_quiet']:.2f}, {once['tss']:.2f}, BSS {once['bss']:.2f})"
    )
    return [
        measured(score, kind, table[score].to_numpy(), note, unit="networks")
        for score in SCORES
        if np.isfinite(table[score]).any()
    ]
