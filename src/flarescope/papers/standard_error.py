"""How uncertain is a mean, where few values were averaged?"""

from __future__ import annotations

__all__ = ["widened"]


def widened(error: float, count: int) -> float:
    """A standard error from ``count`` values, widened so that ± 2 of it hold 95 % (Student's t).

    Example:
        >>> round(widened(1.0, 3), 2)
        2.15
    """
    from scipy.stats import t

    return error * float(t.ppf(0.975, count - 1)) / 2
