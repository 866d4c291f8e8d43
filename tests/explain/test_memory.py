"""What a method of explanation used is given back: hundreds of maps are made one after the other."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from torch import nn

from flarescope.explain import METHODS, rules


@pytest.mark.parametrize("method", ["deep_shap", "guided_grad_cam"])
def test_a_run_by_rules_does_not_outlive_its_map(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Watched(rules.Rules):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)  # type: ignore[arg-type]
            made.append(weakref.ref(self))

    monkeypatch.setattr(rules, "Rules", Watched)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1), nn.Flatten(0),
    )  # fmt: skip
    METHODS[method](network, torch.randn(1, 1, 16, 16))
    gc.collect()
    assert made
    assert all(reference() is None for reference in made)
