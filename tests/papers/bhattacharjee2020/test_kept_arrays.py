"""Arrays appear whole or not at all, and are made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flarescope.papers.bhattacharjee2020.kept_arrays import FieldsOf, kept_array, kept_fields


def silent(done: int, of: int) -> None:
    assert done <= of


def test_an_array_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"

    def fails(row: int) -> np.ndarray:
        if row == 70:
            raise OSError("the disk is full")
        return np.full((2, 3), row)

    with pytest.raises(OSError, match="full"):
        kept_array(path, (100, 2, 3), fails, silent)
    assert not path.exists()
    with pytest.raises(OSError, match="full"):
        kept_array(path, (100, 2, 3), fails, silent)
    assert len(list(tmp_path.iterdir())) == 1  # one draft, however often it is tried
    found = kept_array(path, (100, 2, 3), lambda row: np.full((2, 3), row), silent)
    assert list(tmp_path.iterdir()) == [path]
    assert found[99].tolist() == [[99.0] * 3] * 2
    again = kept_array(path, (100, 2, 3), fails, silent)
    assert np.array_equal(again, found)


def test_fields_of_many_shapes_come_back_as_they_were(tmp_path: Path) -> None:
    parts = [np.arange(h * w, dtype=float).reshape(h, w) for h, w in ((2, 3), (4, 1), (1, 5))]
    for _ in range(2):
        found = kept_fields(tmp_path / "f", 3, lambda row: parts[row], silent)
        assert isinstance(found, FieldsOf)
        for part, field in zip(parts, found, strict=True):
            assert np.array_equal(part, field)
    assert found[-1].dtype == np.float16
