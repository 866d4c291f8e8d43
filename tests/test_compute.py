"""How many threads: what was asked for, or what there is."""

from __future__ import annotations

import os

import pytest
import torch

from flarescope.compute import use_threads
from flarescope.errors import BadOptionError


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What torch is told, without telling it."""
    counts: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", counts.append)
    return counts


@pytest.mark.parametrize("affinity", [True, False])
def test_a_count_that_was_given_is_taken(
    affinity: bool, told: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not affinity:  # as on macOS
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert use_threads(3) == 3
    assert told == [3]


def test_the_default_is_what_there_is(told: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {1, 4, 5, 6, 7}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 11)
    assert use_threads() == 5
    monkeypatch.delattr(os, "sched_getaffinity")
    assert use_threads() == 11
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert use_threads() == 1
    assert told == [5, 11, 1]


def test_no_thread_is_refused(told: list[int]) -> None:
    with pytest.raises(BadOptionError, match="0 threads are not accepted: 1 or more"):
        use_threads(0)
    assert not told
