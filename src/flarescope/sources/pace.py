"""How fast one host may be asked, by all threads together."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """At most so many requests a second to one host, evenly spaced, whichever thread sends them.

    Args:
        per_second: requests a second to one host.
        sleep: waits so many seconds.
        now: a clock in seconds that never goes back.

    Example:
        >>> waited = []
        >>> pace = Pace(2, sleep=waited.append, now=lambda: 0.0)
        >>> for _ in range(3):
        ...     pace.wait("jsoc.stanford.edu")
        True
        True
        True
        >>> waited
        [0.5, 1.0]
    """

    def __init__(
        self, per_second: float, *, sleep: Callable[[float], object], now: Callable[[], float]
    ) -> None:
        self._between = 1 / per_second
        self._sleep, self._now = sleep, now
        self._free: dict[str, float] = {}  # host: when it may be asked next
        self._lock = threading.Lock()

    def wait(self, host: str, *, most: float = math.inf) -> bool:
        """Return True when it is this request's turn, or False at once: that is over ``most`` seconds off."""
        with self._lock:
            now = self._now()
            turn = max(now, self._free.get(host, now))
            if turn - now > most:
                return False
            self._free[host] = turn + self._between
        if turn > now:
            self._sleep(turn - now)
        return True

    def hold(self, host: str, seconds: float) -> None:
        """Ask this host nothing for so long: it said that it is asked too often."""
        with self._lock:
            self._free[host] = max(self._free.get(host, 0.0), self._now() + seconds)
