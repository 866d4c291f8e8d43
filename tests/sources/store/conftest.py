"""A made-up Sun small enough for a store that is built dozens of times: that of the soak."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SOAK = Path(__file__).parents[2] / "soak" / "kill_store.py"


@pytest.fixture(scope="session")
def soak() -> ModuleType:
    """``units``, ``MadeUp``, ``PREPARATION``, ``build``, ``tree``, ``kill_and_compare``."""
    spec = importlib.util.spec_from_file_location("kill_store", SOAK)
    module = importlib.util.module_from_spec(spec)
    sys.modules["kill_store"] = module  # dataclasses look for it
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def built(soak: ModuleType, tmp_path: Path) -> Path:
    """Four sealed days of eight units, kept files and all."""
    soak.build(tmp_path / "built", soak.units(32))
    return tmp_path / "built"
