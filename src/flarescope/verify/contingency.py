"""Yes/no forecasts against what happened: the 2 × 2 table and the scores made of it.

A score that the counts cannot answer (no events, nothing forecast) is NaN, never an error and never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.verify.arrays import divide, forecast_arrays, observed_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["ContingencyTable"]


@dataclass(frozen=True)
class ContingencyTable:
    """How often was the answer yes or no, and how often was it right?

    The four counts may be numbers, or arrays of one shape (thresholds, resamples): every score then has
    that shape. Tables add up count by count.

    Attributes:
        tp: hits: forecast and observed.
        fp: false alarms: forecast, not observed.
        fn: misses: observed, not forecast.
        tn: correct rejections: neither.

    Example:
        >>> table = ContingencyTable(tp=1720, fp=1943, fn=614, tn=10511)
        >>> round(float(table.tss), 3), round(float(table.hss), 3)
        (0.581, 0.472)
    """

    tp: Any
    fp: Any
    fn: Any
    tn: Any

    @classmethod
    def from_forecasts(
        cls, forecast: ArrayLike, observed: ArrayLike, *, threshold: ArrayLike = 0.5
    ) -> ContingencyTable:
        """Count a column of forecasts.

        Args:
            forecast: probabilities "n", or yes/no (True/False, 1/0); yes is a value ≥ ``threshold``.
            observed: what happened "n", 0 or 1.
            threshold: one number, or one for each row.

        Raises:
            BadOptionError: lengths differ, nothing is given, or values lie outside what is accepted.
        """
        probability, events = forecast_arrays(forecast, observed)
        yes = probability >= np.asarray(threshold, float)
        return cls.from_answers(yes, events)

    @classmethod
    def from_answers(cls, yes: ArrayLike, observed: ArrayLike) -> ContingencyTable:
        """Count yes/no answers "n" against what happened "n"; both 0 or 1; empty columns count nothing."""
        said, events = observed_array(yes, what="Yes/no answer"), observed_array(observed)
        hits = int(np.count_nonzero(said & events))
        alarms, happened = int(np.count_nonzero(said)), int(np.count_nonzero(events))
        return cls(hits, alarms - hits, happened - hits, len(events) - alarms - happened + hits)

    def __add__(self, other: ContingencyTable) -> ContingencyTable:
        """Both tables together."""
        return ContingencyTable(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def n(self) -> Any:
        """All forecasts."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def events(self) -> Any:
        """What happened: TP + FN."""
        return self.tp + self.fn

    @property
    def base_rate(self) -> Any:
        """How common were events? (TP + FN) / n; 0 to 1."""
        return _ratio(self.events, self.n)

    @property
    def pod(self) -> Any:
        """How many events were forecast? TP / (TP + FN), "recall"; 0 to 1, best 1; NaN without events."""
        return _ratio(self.tp, self.events)

    @property
    def pofd(self) -> Any:
        """How many quiet rows were called events? FP / (FP + TN); 0 to 1, best 0; NaN without quiet rows."""
        return _ratio(self.fp, self.fp + self.tn)

    @property
    def far(self) -> Any:
        """How many alarms were false? FP / (TP + FP); 0 to 1, best 0; NaN without an alarm."""
        return _ratio(self.fp, self.tp + self.fp)

    @property
    def precision(self) -> Any:
        """How many alarms were right? TP / (TP + FP) = 1 − FAR; 0 to 1, best 1; NaN without an alarm."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def bias(self) -> Any:
        """Are events forecast too often? (TP + FP) / (TP + FN); 0 and up, best 1; NaN without events."""
        return _ratio(self.tp + self.fp, self.events)

    @property
    def accuracy(self) -> Any:
        """How many answers were right? (TP + TN) / n; 0 to 1, best 1. Silence scores high on rare events."""
        return _ratio(self.tp + self.tn, self.n)

    @property
    def csi(self) -> Any:
        """Critical success index TP / (TP + FP + FN); 0 to 1, best 1; NaN if nothing was said or happened."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def f1(self) -> Any:
        """Harmonic mean of precision and POD, 2TP / (2TP + FP + FN); 0 to 1, best 1."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def tss(self) -> Any:
        """True skill statistic POD − POFD; −1 to 1, best 1, 0 without skill; NaN if one class is absent.

        It does not change with the base rate. *Reference*: Hanssen and Kuipers 1965; Bloomfield et al. 2012.
        """
        return self.pod - self.pofd

    @property
    def hss(self) -> Any:
        """Heidke skill score, HSS2: the gain over answers drawn at random with the same frequencies.

        2 (TP·TN − FN·FP) / ((TP + FN)(FN + TN) + (TP + FP)(FP + TN)); −1 to 1, best 1, 0 without skill;
        NaN if answers and observations are all of one kind. *Reference*: Bhattacharjee et al. 2020, eq. A6.
        """
        tp, fp, fn, tn = (np.asarray(v, float) for v in (self.tp, self.fp, self.fn, self.tn))
        return _ratio(2 * (tp * tn - fn * fp), (tp + fn) * (fn + tn) + (tp + fp) * (fp + tn))


def _ratio(above: Any, below: Any) -> Any:
    """``above / below``, NaN where nothing is below; a float for single counts."""
    ratio = divide(np.asarray(above, float), np.asarray(below, float))
    return float(ratio) if ratio.ndim == 0 else ratio
