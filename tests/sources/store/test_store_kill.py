"""Killed at any moment and begun again: nothing lost, nothing twice."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from flarescope.sources.store.verify import verify_store


class Killed(BaseException):
    """The process is dead: nothing is tidied up."""


class Mortal:
    """From the n-th change of the disk on, every change is refused, as by a process that is no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.left = after
        for name in ("replace", "unlink", "rmdir", "mkdir"):
            monkeypatch.setattr(os, name, partial(self.change, getattr(os, name)))

    def change(self, do, *args, **kwargs):
        if self.left <= 0:
            raise Killed
        self.left -= 1
        return do(*args, **kwargs)


def test_killed_before_each_change_of_the_disk(
    soak: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = soak.units(11)
    soak.build(tmp_path / "begun", units[::2])
    soak.build(tmp_path / "whole", units)
    whole, killed, after = soak.tree(tmp_path / "whole"), 0, 0
    while True:
        folder = tmp_path / f"killed{after}"
        shutil.copytree(tmp_path / "begun", folder)
        with monkeypatch.context() as patch:
            mortal = Mortal(patch, after)
            try:
                soak.build(folder, units)
            except Killed:
                killed += 1
        alive = mortal.left > 0
        soak.build(folder, units)
        assert soak.tree(folder) == whole, f"killed after {after} changes"
        shutil.rmtree(folder)
        if alive:
            break
        after += 1
    assert killed > 40


def test_killed_at_five_random_moments(soak: ModuleType, tmp_path: Path) -> None:
    killed, whole, struck = soak.kill_and_compare(tmp_path, kills=5, seed=3, count=160)
    assert killed == whole
    assert len(struck) == 5
    assert verify_store(tmp_path / "killed") == []
    rows = [name for name in whole if name.startswith("rows/")]
    assert len(rows) == 20
