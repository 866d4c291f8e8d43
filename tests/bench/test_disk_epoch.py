from __future__ import annotations

import pytest

from flarescope.bench.disk_epoch import time_epoch


def test_an_epoch_holds_every_copy_as_published() -> None:
    found = time_epoch(size=64, batch=3, steps=2)
    assert found["shown"] == 4 * 393 + 2 * 784
    assert found["ms"] > 0.0
    assert found["epoch"] == pytest.approx(found["ms"] * found["shown"] / 1000)
