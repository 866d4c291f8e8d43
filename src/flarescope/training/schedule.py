"""How the learning rate changes: one cycle, or down whenever nothing gets better.

"plateau_stepped_twice" repeats a fault of the published training of Pandey et al. 2023: after each epoch one
and the same scheduler, which waits for a smaller number, is shown the validation loss and then the TSS. It
takes a low TSS for progress, and its patience of four values lasts two epochs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flarescope.experiment import Training

__all__ = ["Plateau", "one_cycle", "schedule_of"]

BETTER = 1e-4  # relative: less is no progress
LEAST_CHANGE = 1e-8


def schedule_of(settings: Training) -> str:
    """The named schedule, or the optimiser's own."""
    return settings.schedule or {"adamw": "one_cycle", "sgd": "constant"}[settings.optimizer]


def one_cycle(step: int, settings: Training) -> tuple[float, float]:
    """Learning rate and first moment's decay at a step: up, and down to almost nothing, along cosines.

    The rate goes from a 25th of ``learning_rate`` to it during ``warm_up`` of the steps, then to a 250,000th;
    the decay from .95 to .85 and back.

    *Reference*: Smith and Topin 2019; the same numbers as torch's ``OneCycleLR``.
    """
    peak, turn = settings.learning_rate, settings.warm_up * settings.steps - 1
    if step < turn:
        share = step / turn
        return _cosine(peak / 25, peak, share), _cosine(0.95, 0.85, share)
    share = (step - turn) / (settings.steps - 1 - turn)
    return _cosine(peak, peak / 25e4, share), _cosine(0.85, 0.95, share)


@dataclass
class Plateau:
    """A learning rate that falls when what is watched no longer does.

    Attributes:
        rate: the learning rate now; 0 before the first step.
        best: smallest value shown so far.
        waited: values shown since then that were not smaller by a ten-thousandth.
    """

    rate: float = 0.0
    best: float = math.inf
    waited: int = 0

    def show(self, value: float, *, factor: float, patience: int) -> None:
        """Look at one more value; after more than ``patience`` without progress the rate is multiplied.

        The same numbers as torch's ``ReduceLROnPlateau`` with its defaults.
        """
        if value < self.best * (1 - BETTER):
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited > patience:
            self.waited = 0
            lower = self.rate * factor
            self.rate = lower if self.rate - lower > LEAST_CHANGE else self.rate


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
