"""How long what one thread asks for may take, all together."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Budget"]


class Budget:
    """How much time does this thread have left? All there is, unless it works within a budget.

    Args:
        now: a clock in seconds that never goes back.

    Example:
        >>> budget = Budget(now=lambda: 100.0)
        >>> with budget.within(60.0), budget.within(90.0):
        ...     budget.left()
        60.0
        >>> budget.left()
        inf
    """

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._mine = threading.local()  # .end: when this thread's time is up

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Give this thread so many seconds for all it does inside; one inside another never gives more."""
        outer = self._end()
        self._mine.end = min(outer, self._now() + seconds)
        try:
            yield
        finally:
            self._mine.end = outer

    def left(self) -> float:
        """Seconds left; below zero when the time is up."""
        return self._end() - self._now()

    def _end(self) -> float:
        return float(getattr(self._mine, "end", math.inf))
