"""Shared by all tests: where the real data are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# networks this small are quickest on one thread; several wait for each other on a busy machine
os.environ.setdefault("OMP_NUM_THREADS", "1")
# machines are noisy: no test fails for being slow; in CI the same examples are tried each time
settings.register_profile("flarescope", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("flarescope")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("FLARESCOPE_DATA"):
        return
    skip = pytest.mark.skip(reason="FLARESCOPE_DATA is not set")
    for item in items:
        if item.get_closest_marker("realdata"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data; a path that does not exist fails rather than skips."""
    folder = Path(os.environ["FLARESCOPE_DATA"]).resolve()
    assert folder.is_dir(), f"FLARESCOPE_DATA={folder} is not a folder"
    return folder
