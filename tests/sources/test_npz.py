"""numpy archives: SDOML's layout, and what is refused before it is unpacked."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadFileError
from flarescope.sources.files import read_magnetogram

NAME = "sdoml_HMI20130131_0000_bz.npz"


def write(folder: Path, data: bytes, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def disk(dtype: type = np.float32) -> np.ndarray:
    y, x = np.mgrid[:96, :96]
    field = np.random.default_rng(3).normal(0, 20, (96, 96)) + 900 * (np.hypot(x - 60, y - 30) < 4)
    return np.where(np.hypot(x - 47.5, y - 47.5) <= 40, field, 0.0).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_a_disk_in_gauss(tmp_path: Path, made, dtype: type) -> None:
    m = read_magnetogram(write(tmp_path, made.npz(x=disk(dtype))))
    assert (m.view, m.encoding, m.time.isoformat()) == ("full_disk", "gauss", "2013-01-31T00:00:00+00:00")
    assert m.geometry.radius == pytest.approx(40.5, abs=0.6)
    inside = np.isfinite(m.field)
    assert np.array_equal(m.field[inside], disk(dtype)[inside].astype(np.float32))  # row 0 stays row 0
    assert any("SDOML" in note for note in m.notes)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.zeros((96, 96))}, "No solar disk"),
        ({"x": np.zeros(5)}, "holds 0 two-dimensional arrays"),
        ({"x": disk(), "y": disk()}, "holds 2 two-dimensional arrays"),
        ({"x": np.zeros((4, 4))}, "declares 4 x 4 pixels"),
        ({"x": disk() * 100}, "stays below 10 kG"),
        ({"x": disk().astype(complex)}, "accepted: real numbers"),
        ({"x": np.full((96, 96), 1e300)}, "overflow encountered in cast"),
        ({"x": np.array([["a"]])}, r"accepted|declares"),
    ],
)
def test_other_contents_are_refused(tmp_path: Path, made, arrays: dict, words: str) -> None:
    with pytest.raises(BadFileError, match=words):
        read_magnetogram(write(tmp_path, made.npz(**arrays)))


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    stream = BytesIO()
    np.savez(stream, x=np.array([[print, 1], [2, 3]], dtype=object))
    with pytest.raises(BadFileError):
        read_magnetogram(write(tmp_path, stream.getvalue()))


def test_a_declared_shape_is_checked_before_it_is_allocated(tmp_path: Path) -> None:
    header = BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
    )
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(BadFileError, match=r"declares the shape \(1000000, 1000000\), more than it holds"):
        read_magnetogram(write(tmp_path, stream.getvalue()))


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in range(20):
            archive.writestr(f"{name}.npy", b"")
    with pytest.raises(BadFileError, match="unpacks to more than"):
        read_magnetogram(write(tmp_path, stream.getvalue()))


def test_time_is_needed(tmp_path: Path, made) -> None:
    with pytest.raises(BadFileError, match="neither the archive nor its name says when"):
        read_magnetogram(write(tmp_path, made.npz(x=disk()), "bz.npz"))
