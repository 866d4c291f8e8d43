"""Judge: how good is a forecast, how sure is that, and is it better than its rivals?

Plain arrays in, numbers out: probabilities 0 to 1, observations 0 or 1, and, where intervals are wanted,
which rows belong to one block. Rivals come in as arguments; nothing here reads a file or draws a figure.
"""

from flarescope.verify.contingency import ContingencyTable
from flarescope.verify.intervals import Blocks, Estimate, blocks_of, blocks_of_days
from flarescope.verify.probability import (
    Reliability,
    Roc,
    ThresholdCurve,
    auc,
    best_threshold,
    brier,
    bss,
    ece,
    reliability,
    roc,
    threshold_curve,
)
from flarescope.verify.scorecard import scorecard
from flarescope.verify.scores import GroupScores, Rivalry, Scores
from flarescope.verify.slices import (
    Slice,
    after_activity,
    by_class,
    by_hours_to_flare,
    by_longitude,
    slice_scores,
)

__all__ = [
    "Blocks",
    "ContingencyTable",
    "Estimate",
    "GroupScores",
    "Reliability",
    "Rivalry",
    "Roc",
    "Scores",
    "Slice",
    "ThresholdCurve",
    "after_activity",
    "auc",
    "best_threshold",
    "blocks_of",
    "blocks_of_days",
    "brier",
    "bss",
    "by_class",
    "by_hours_to_flare",
    "by_longitude",
    "ece",
    "reliability",
    "roc",
    "scorecard",
    "slice_scores",
    "threshold_curve",
]
