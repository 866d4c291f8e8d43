"""Tables 2 and 3: recalls and TSS of CNN-1 and CNN-2 on regions that they were not trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flarescope.papers.bhattacharjee2020.cells import Cell, outcomes, splits
from flarescope.papers.bhattacharjee2020.held_out import KIND_WORDS, SIZE, on_each_kind
from flarescope.papers.bhattacharjee2020.skill import compared, measured, skill_of

if TYPE_CHECKING:
    import pandas as pd

    from flarescope.papers.bhattacharjee2020.cells import Outcome
    from flarescope.papers.claims import DataKind, Finding
    from flarescope.papers.reproduction import Desk

__all__ = ["SMALL", "over_splits", "table2", "table3"]

SMALL = 128  # pixels, in Table 2
FURTHER = 1000  # times the paper's learning rate
SCORES = ("recall_flaring", "recall_quiet", "tss")
TABLE2 = [
    *(f"{network}_{score}" for network in ("cnn1", "cnn2") for score in SCORES),
    "cnn2_better", "cnn1_batch_skill_better", "cnn2_papers_sgd_tss",
]  # fmt: skip


def table2(desk: Desk) -> list[Finding]:
    """CNN-1 and CNN-2 on images of 128 pixels.

    CNN-1 is trained with the batch-skill loss, which the paper found best for it, and CNN-2 with the weighted
    cross-entropy. Both by AdamW in few steps; beside them CNN-2 by SGD as the paper sets it.
    """
    return on_each_kind(desk, TABLE2, lambda kind: _table2(desk, kind))


def table3(desk: Desk) -> list[Finding]:
    """CNN-2 on images of 128 and of 256 pixels."""
    return on_each_kind(desk, [*SCORES, "larger_better"], lambda kind: _table3(desk, kind))


def over_splits(desk: Desk, cell: Cell) -> list[Outcome]:
    """The same training on each random split."""
    return outcomes(desk, [replace(cell, split=split) for split in splits(desk)])


def _table2(desk: Desk, kind: DataKind) -> list[Finding]:
    one = skill_of(over_splits(desk, Cell(kind, "cnn1", size=SMALL, loss="batch_skill")))
    crossed = skill_of(over_splits(desk, Cell(kind, "cnn1", size=SMALL)))
    two = skill_of(over_splits(desk, Cell(kind, "cnn2", size=SMALL)))
    note = f"{KIND_WORDS[kind]}, regions not trained on"
    found = [
        *_scores(kind, "cnn1_", one),
        *_scores(kind, "cnn2_", two),
        compared("cnn2_better", kind, two["tss"], one["tss"], f"{note}: TSS of CNN-2 against CNN-1"),
        compared(
            "cnn1_batch_skill_better", kind, one["tss"], crossed["tss"],
            f"{note}: in even batches A4 lets flaring images count up to 7 times as much; TSS of CNN-1 by A4 "
            "against A3",
        ),
    ]  # fmt: skip
    return found if desk.quick and kind != "synthetic" else [*found, _as_the_paper_sets_it(desk, kind)]


def _table3(desk: Desk, kind: DataKind) -> list[Finding]:
    small = skill_of(over_splits(desk, Cell(kind, "cnn2", size=SMALL)))
    large = skill_of(over_splits(desk, Cell(kind, "cnn2", size=SIZE)))
    note = f"{KIND_WORDS[kind]}, TSS at {SIZE} against {SMALL} pixels"
    return [
        *_scores(kind, "", large),
        compared("larger_better", kind, large["tss"], small["tss"], note),
    ]


def _scores(kind: DataKind, prefix: str, table: pd.DataFrame) -> list[Finding]:
    note = f"{KIND_WORDS[kind]}, regions not trained on, BSS {table['bss'].mean():.2f}"
    return [measured(prefix + score, kind, table[score], note) for score in SCORES]


def _as_the_paper_sets_it(desk: Desk, kind: DataKind) -> Finding:
    """SGD at 5·10⁻⁶ in the epochs that fit, and how far it would come in a thousand times as many.

    Small steps along the gradient go as far as their rate times their number, so the second is tried with a
    rate a thousand times as high.
    """
    plain = Cell(kind, "cnn2", size=SMALL, setting="paper")
    made = over_splits(desk, plain)
    further = skill_of(over_splits(desk, replace(plain, learning_rate=FURTHER * 5e-6)))["tss"]
    middle, last = (
        np.mean([one.losses["train"].iloc[k] for one in made]) for k in (len(made[0].losses) // 2, -1)
    )
    epochs = made[0].losses["epoch"].iloc[-1]
    note = (
        f"{KIND_WORDS[kind]}; SGD at 5e-6 without momentum, {epochs:.3g} epochs: in their second half the "
        f"training loss went from {middle:.4f} to {last:.4f}; at {FURTHER} times the rate, as after so "
        f"many times the epochs, TSS is {further.mean():.2f}"
    )
    return measured("cnn2_papers_sgd_tss", kind, skill_of(made)["tss"], note)
