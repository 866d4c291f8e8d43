"""The two periods of the paper: trained on up to September 2015, tested until August 2018."""

from __future__ import annotations

import numpy as np

__all__ = ["TEST_FROM", "TEST_UNTIL"]

TEST_FROM = np.datetime64("2015-10-01", "us")
TEST_UNTIL = np.datetime64("2018-09-01", "us")  # not included
