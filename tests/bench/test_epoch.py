from __future__ import annotations

from flarescope.bench.epoch import PATCHES, compare


def test_both_precisions_are_timed_and_see_the_same_loss() -> None:
    found = compare(size=32, batch=4, steps=1, rounds=1)
    assert found["fp32_ms"] > 0.0
    assert found["bf16_epoch"] == found["bf16_ms"] * PATCHES / 1000
    assert found["loss_difference"] < 0.01
