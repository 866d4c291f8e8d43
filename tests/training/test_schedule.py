"""Learning rates beside torch's own schedulers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flarescope.experiment import Training
from flarescope.training.schedule import Plateau, schedule_of

values = st.floats(-1, 2, allow_nan=False)


@given(st.lists(values, max_size=40), st.sampled_from([0.03, 0.5]), st.integers(0, 4))
def test_a_plateau_is_torchs(shown: list[float], factor: float, patience: int) -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.0099)
    oracle = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=factor, patience=patience)
    mine = Plateau(0.0099)
    for value in shown:
        oracle.step(value)
        mine.show(value, factor=factor, patience=patience)
        assert mine.rate == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)


def test_the_rate_falls_after_the_fifth_value_without_progress() -> None:
    plateau = Plateau(0.0099)
    rates = []
    for _ in range(7):
        plateau.show(0.5, factor=0.03, patience=4)
        rates.append(plateau.rate)
    assert rates == [0.0099] * 5 + [pytest.approx(0.000297)] * 2


def test_each_optimiser_has_its_own_schedule() -> None:
    assert schedule_of(Training(steps=1, batch=2, learning_rate=1)) == "one_cycle"
    assert schedule_of(Training(steps=1, batch=2, learning_rate=1, optimizer="sgd")) == "constant"
    named = Training(steps=1, batch=2, learning_rate=1, optimizer="sgd", schedule="plateau_stepped_twice")
    assert schedule_of(named) == "plateau_stepped_twice"


def test_epochs_are_counted_in_batches() -> None:
    epochs = Training(
        steps=40, batch=64, learning_rate=1, steps_are="epochs", check_steps=1, checkpoint_steps=2
    )
    batches = epochs.in_batches(7)
    assert (batches.steps, batches.check_steps, batches.checkpoint_steps) == (280, 7, 14)
    assert batches.in_batches(7) == batches
