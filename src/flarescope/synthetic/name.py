"""What is made up says so, in these words."""

from __future__ import annotations

__all__ = ["MADE_UP", "NOISE_GAUSS", "NOTE"]

MADE_UP = "made-up Sun"
NOTE = "This magnetogram was made up."
NOISE_GAUSS = 12.0  # of HMI's line-of-sight field in 45 s; its 720 s series has about half
