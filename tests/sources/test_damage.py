"""Damaged files: one line that names the file, or a field that passes the physical checks.

1,000 damaged inputs of made-up files, 300 of real ones, and 360 that only begin well: flipped bits,
truncations, zeroed blocks, garbage, inserted bytes; seeded, so that a failure comes back.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError
from flarescope.sources.files import read_magnetogram
from flarescope.sun import MAX_FIELD_GAUSS

JPEG_NAME = "HMI.m2026.02.03_12.00.00.jpg"
NPZ_NAME = "sdoml_HMI20130131_0000_bz.npz"


def flipped(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def flipped_head(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    damaged[rng.randrange(min(len(data), 9000))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def garbage(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    length = min(rng.randrange(1, 200), len(data) - at)
    return data[:at] + rng.randbytes(length) + data[at + length :]


def zeroed(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    length = min(512, len(data) - at)
    return data[:at] + bytes(length) + data[at + length :]


def inserted(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randrange(1, 50)) + data[at:]


DAMAGE = (flipped, flipped, flipped_head, flipped_head, truncated, garbage, zeroed, inserted)


def attempt(path: Path, data: bytes, **options: object) -> str:
    """Read damaged bytes and hold the promise.

    The outcome's name, "sound" for a field that passes the checks.
    """
    path.write_bytes(data)
    started = time.perf_counter()
    refused: BadFileError | None = None
    try:
        m = read_magnetogram(path, **options)
    except BadFileError as error:  # any other type fails the test
        refused = error
    assert time.perf_counter() - started < 5.0, "too slow"
    if refused is not None:
        assert str(path) in str(refused)
        assert "\n" not in str(refused)
        return type(refused).__name__
    known = m.field[np.isfinite(m.field)]
    assert known.size > 1
    assert (m.view == "full_disk") == hasattr(m.geometry, "radius")
    assert np.abs(known).max() <= (MAX_FIELD_GAUSS if m.encoding == "gauss" else 255.0)
    return "sound"


def outcomes(path: Path, data: bytes, count: int, seed: int, **options: object) -> Counter[tuple[str, str]]:
    rng = random.Random(seed)
    found: Counter[tuple[str, str]] = Counter()
    assert attempt(path, data, **options) == "sound"
    for number in range(count):
        how = DAMAGE[number % len(DAMAGE)]
        found[how.__name__, attempt(path, how(data, rng), **options)] += 1
    assert found["truncated", "sound"] == 0  # every truncation is refused
    assert found["inserted", "sound"] <= count // 40
    return found


@pytest.mark.parametrize("kind", ["sharp", "plain_fits", "jpeg", "jp2", "npz"])
def test_two_hundred_damaged_inputs_of_every_format(tmp_path: Path, made, kind: str) -> None:
    y, x = np.mgrid[:96, :96]
    disk = np.where(np.hypot(x - 47.5, y - 47.5) <= 40, 30 * np.sin(x / 3.0) + 1.0, 0.0).astype(np.float32)
    name, data = {
        "sharp": lambda: ("a.fits", made.sharp()),
        "plain_fits": lambda: ("a.fits", made.fits(made.disk_field(), made.disk_header(), compressed=False)),
        "jpeg": lambda: (JPEG_NAME, made.image(made.grey_sun())),
        "jp2": lambda: ("a.jp2", made.jp2(made.grey_sun(), made.jp2_header())),
        "npz": lambda: (NPZ_NAME, made.npz(x=disk)),
    }[kind]()
    found = outcomes(tmp_path / name, data, 200, seed=11)
    assert sum(found.values()) == 200
    if kind == "npz":
        assert found["zeroed", "sound"] == 0  # zip has checksums, but not of its own fields
        assert found["flipped", "sound"] <= 5


STARTS = {
    "SIMPLE  =                    T": "a.fits",
    "\x00\x00\x00\x0cjP  \r\n\x87\n": "a.jp2",
    "\xff\xd8\xff": JPEG_NAME,
    "\x89PNG\r\n\x1a\n": JPEG_NAME,
    "PK\x03\x04": NPZ_NAME,
    "": "a",
}


@pytest.mark.parametrize("start", STARTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rest=st.binary(max_size=400))
def test_any_bytes_behind_a_formats_first_ones_are_refused(tmp_path: Path, start: str, rest: bytes) -> None:
    assert attempt(tmp_path / STARTS[start], start.encode("latin-1") + rest) == "BadFileError"


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("place", "count"),
    [
        ("sharp_cea/2012-03-06/hmi.sharp_cea_720s.1445.20120306_142400_TAI.magnetogram.fits", 120),
        (f"full_disk_2026/2026/02/03/{JPEG_NAME}", 48),
        ("other/sdoml_HMI20130131_0000_bz.npz", 48),
        ("helioviewer_jp2/2022_08_02__10_47_53_000__SDO_HMI_HMI_magnetogram.jp2", 24),
    ],
)
def test_damaged_real_files(data_dir: Path, tmp_path: Path, place: str, count: int) -> None:
    source = data_dir / "magnetograms" / place
    options = {"reduce": 3} if source.suffix == ".jp2" else {}
    outcomes(tmp_path / source.name, source.read_bytes(), count, seed=3, **options)


@pytest.mark.realdata
def test_flips_in_a_real_sharps_pixels_are_found(data_dir: Path, tmp_path: Path) -> None:
    """The header's own statistics find nearly every flip, though the file has no checksum."""
    source = data_dir / "magnetograms/sharp_cea/2012-03-06"
    data = (source / "hmi.sharp_cea_720s.1445.20120306_142400_TAI.magnetogram.fits").read_bytes()
    rng, missed = random.Random(4), 0
    pixels = range(len(data) * 2 // 3, len(data) - 2880)
    for _ in range(60):
        damaged = bytearray(data)
        damaged[rng.choice(pixels)] ^= 1 << rng.randrange(8)
        missed += attempt(tmp_path / "a.fits", bytes(damaged)) == "sound"
    assert missed <= 3
