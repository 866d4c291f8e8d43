"""TSS and HSS of the published predictions, fold by fold; the paper's means and their spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.evaluation.places import fold_tables
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.dataset import THRESHOLD, published
from flarescope.verify import scorecard

if TYPE_CHECKING:
    from flarescope.papers.reproduction import Desk

__all__ = ["per_fold", "skill_hss", "skill_tss"]


def skill_tss(desk: Desk) -> list[Finding]:
    """The true skill statistic: mean and sample standard deviation over the four folds."""
    return _over_folds(desk, "tss")


def skill_hss(desk: Desk) -> list[Finding]:
    """The Heidke skill score: mean and sample standard deviation over the four folds."""
    return _over_folds(desk, "hss")


def per_fold(desk: Desk) -> list[Finding]:
    """The confusion table of each fold, and the scores made of it."""
    table = published(desk).table
    folds = fold_tables(table.probability, table.observed, table.labels["fold"], threshold=THRESHOLD)
    note = f"Yes from probability {THRESHOLD:g} on."
    return [
        Finding(f"{name}_{row['fold']}", "real", float(row[name]), note=note)
        for row in folds.to_dict("records")
        for name in ("tp", "fp", "tn", "fn", "tss", "hss")
    ]


def _over_folds(desk: Desk, score: str) -> list[Finding]:
    hours = published(desk)
    scores = scorecard(
        hours.table.probability,
        hours.table.observed,
        threshold=THRESHOLD,
        blocks=hours.answers.blocks,
        groups=hours.table.labels["fold"],
    )
    found = scores[score]
    note = (
        f"95 % interval of the mean over {scores.n_blocks} blocks of {scores.block_unit}: {found}. The same "
        f"probabilities as they are: AUC {scores['auc']}, Brier skill against each fold's base rate "
        f"{scores['bss']}, calibration error {scores['ece']}."
    )
    names = {"mean": found.value, "sd": found.sd, "abstract": found.value, "abstract_sd": found.sd}
    return [Finding(name, "real", value, note=note) for name, value in names.items()]
