"""Which members of a run have not seen a day? Only they can say something of it that is a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool

from flarescope.times import to_datetime64, utc

if TYPE_CHECKING:
    from flarescope.training.run import Spans

__all__ = ["unseen_members"]

GAP, SECOND = np.timedelta64(24, "h"), np.timedelta64(1, "s")


def unseen_members(times: np.ndarray, spans: Spans) -> Bool[np.ndarray, "t m"]:
    """Which members were not trained within 24 h of each time?

    Spans end a second after the last image that was learnt from: a time exactly 24 h from it is unseen, as in
    the splits.

    Example:
        >>> days = np.array(["2026-02-03", "2026-02-04"], "datetime64[us]")
        >>> unseen_members(days, ((("2026-02-01T00:00:00Z", "2026-02-03T00:00:01Z"),),)).ravel().tolist()
        [False, True]
    """
    free = np.ones((len(times), len(spans)), bool)
    for member, parts in enumerate(spans):
        for start, end in parts:
            first, last = to_datetime64(utc(start)), to_datetime64(utc(end)) - SECOND
            free[:, member] &= (times <= first - GAP) | (times >= last + GAP)
    return free
