"""The same bytes served for two hours: the first keeps them, the second is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from flarescope.errors import BadFileError, StaleImageError
from flarescope.sources.freshness import check_fresh


def write(folder: Path, hour: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"HMI.m{hour}.00.00.jpg"
    path.write_bytes(data)
    return path


def test_the_earlier_hour_keeps_the_image(tmp_path: Path) -> None:
    first = write(tmp_path, "2026.04.19_21", b"abc")
    second = write(tmp_path, "2026.04.19_22", b"abc")
    third = write(tmp_path, "2026.04.19_23", b"abd")
    check_fresh(first)
    check_fresh(third)
    with pytest.raises(StaleImageError, match=r"already served as HMI.m2026.04.19_21.00.00.jpg"):
        check_fresh(second)


def test_midnight_looks_into_the_day_before(tmp_path: Path) -> None:
    write(tmp_path / "2026/03/01", "2026.03.01_23", b"abc")
    midnight = write(tmp_path / "2026/03/02", "2026.03.02_00", b"abc")
    with pytest.raises(StaleImageError, match=r"2026\.03\.01_23"):
        check_fresh(midnight)


def test_among_names_the_rivals(tmp_path: Path) -> None:
    other = write(tmp_path / "elsewhere", "2026.04.19_20", b"abc")
    path = write(tmp_path, "2026.04.19_21", b"abc")
    check_fresh(path)
    check_fresh(path, among=[tmp_path / "gone.jpg", path])
    with pytest.raises(StaleImageError, match=r"2026\.04\.19_20"):
        check_fresh(path, among=[other])


def test_without_times_the_names_order(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"abc")
    check_fresh(tmp_path / "a.png")
    with pytest.raises(StaleImageError, match=r"a\.png"):
        check_fresh(tmp_path / "b.png")
    with pytest.raises(BadFileError, match="no such file"):
        check_fresh(tmp_path / "c.png")


@pytest.mark.realdata
def test_the_real_stale_image(data_dir: Path) -> None:
    first, second, third = sorted((data_dir / "faults/stale_image").glob("*.jpg"))
    check_fresh(first)
    for path in (second, third):
        with pytest.raises(StaleImageError, match=first.name):
            check_fresh(path)
