"""Building a store: images a second by format, and how time and memory grow with the number of images.

Real files where there are some: SHARP CEA maps (FITS), one full-size JP2 of Helioviewer, and 512-pixel JPEGs,
which are also written as JP2. Files that are too few are taken again and again; growth is measured on
made-up images of 64 pixels, each number of them in a process of its own, so that the peak memory is that of
this number.

Example:
    python -m flarescope.bench.store --data FLARESCOPE_DATA
    python -m flarescope.bench.store --counts 100 1000 10000
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import UInt8

__all__ = ["formats", "growth", "made_up_images"]

FIRST = datetime(2015, 1, 1, tzinfo=UTC)
SMALL = 64
SHARPS, DISKS = "magnetograms/sharp_cea", "magnetograms/full_disk_2026/2026/02"
JP2 = "magnetograms/helioviewer_jp2"
METRES_PER_AU = 149_597_870_700.0


def formats(data: Path, *, seconds: float = 5.0) -> dict[str, dict[str, float]]:
    """How many images a second are read, checked and prepared on one core, by format?

    Seconds are those of the processor, so that a busy machine changes little.

    Args:
        data: the folder of real data.
        seconds: how long each format is measured; its files are read again and again.

    Returns:
        For each format ``images_per_second`` of reading and preparing, ``read_per_second`` of reading alone,
        and the number of ``files``.
    """
    from flarescope.sources.store.build import preparation_for

    disk, region = preparation_for("full_disk"), preparation_for("region")
    with tempfile.TemporaryDirectory() as folder:
        jpegs = sorted((data / DISKS).rglob("*.jpg"))[:20]
        cases = {
            "FITS, SHARP CEA": (sorted((data / SHARPS).rglob("*.magnetogram.fits")), region),
            "JP2, 4096 pixels": (sorted((data / JP2).glob("*.jp2")), disk),
            "JP2, 512 pixels": ([_as_jp2(path, Path(folder)) for path in jpegs], disk),
            "JPEG, 512 pixels": (jpegs, disk),
        }
        return {name: _rate(paths, preparation, seconds) for name, (paths, preparation) in cases.items()}


def _rate(paths: Sequence[Path], preparation: Any, seconds: float) -> dict[str, float]:
    from flarescope.sources.files import read_magnetogram

    spent, prepared, done = 0.0, 0.0, 0
    while spent + prepared < seconds:
        begin = time.process_time()
        image = read_magnetogram(paths[done % len(paths)])
        middle = time.process_time()
        preparation.apply(image)
        spent, prepared = spent + middle - begin, prepared + time.process_time() - middle
        done += 1
    return {
        "images_per_second": done / (spent + prepared), "read_per_second": done / spent, "files": len(paths),
    }  # fmt: skip


def growth(counts: Sequence[int] = (100, 1000, 10_000), *, workers: int = 1) -> list[dict[str, float]]:
    """How do time and memory grow with the number of images?

    Returns:
        For each count, measured in a process of its own: ``images``, ``seconds`` and ``images_per_second`` of
        the build and its seal, ``cpu_seconds`` of these, ``verify_seconds`` and ``store_mb``; ``peak_mb``,
        the largest resident memory of that process, and ``peak_mb_before``, what it was after three images.
    """
    found = []
    for count in counts:
        options = ["--one", str(count), "--workers", str(workers)]
        command = [sys.executable, "-m", "flarescope.bench.store", *options]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
        found.append(json.loads(told))
    return found


def _one(count: int, workers: int) -> dict[str, float]:
    """Build, seal and verify a store of three images, so that all is loaded, and then one of so many."""
    with tempfile.TemporaryDirectory() as place:
        _built(Path(place) / "few", 3, 1)
        before = _peak_mb()
        found = _built(Path(place) / "many", count, workers)
    return found | {"peak_mb_before": before, "peak_mb": _peak_mb()}


def _built(place: Path, count: int, workers: int) -> dict[str, float]:
    from flarescope.sources.store.build import How, build_store, preparation_for
    from flarescope.sources.store.verify import verify_store

    made_up_images(place / "images", count)
    begin, worked = time.perf_counter(), time.process_time()
    built = build_store(
        [place / "images"], place / "store", how=How(workers),
        preparation=lambda view: preparation_for(view, size=SMALL),
    )  # fmt: skip
    seconds, worked = time.perf_counter() - begin, time.process_time() - worked
    damage = verify_store(place / "store")
    whole = time.perf_counter() - begin
    if built.images != count or damage:
        raise SystemExit(f"{built.images} of {count} images; damaged: {damage}")
    size = sum(path.stat().st_size for path in (place / "store").rglob("*") if path.is_file())
    return {
        "images": count, "workers": workers, "seconds": seconds, "images_per_second": count / seconds,
        "cpu_seconds": worked, "verify_seconds": whole - seconds, "store_mb": size / 1e6,
    }  # fmt: skip


def made_up_images(folder: Path, count: int, *, pixels: int = SMALL) -> None:
    """Write so many JPEGs of a made-up disk, one an hour, no two of them the same, in folders by day."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for number in range(count):
        when = FIRST + timedelta(hours=number)
        path = folder / f"{when:%Y/%m/%d}" / f"HMI.m{when:%Y.%m.%d_%H.%M.%S}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(_grey_disk(rng, pixels)).save(path, quality=92)


def _grey_disk(rng: np.random.Generator, pixels: int) -> UInt8[np.ndarray, "y x"]:
    y, x = np.mgrid[:pixels, :pixels] - (pixels - 1) / 2
    edge = np.clip(0.4 * pixels + 0.5 - np.hypot(x, y), 0.0, 1.0)
    grey = edge * (127.5 + rng.normal(0.0, 4.0, x.shape))
    return np.asarray(np.clip(grey, 0, 255).round(), np.uint8)


def _as_jp2(path: Path, folder: Path) -> Path:
    """A JPEG of Helioviewer as JP2, with the header that the reader needs."""
    from PIL import Image

    from flarescope.geometry import Disk
    from flarescope.sources.files import read_magnetogram

    image = read_magnetogram(path)
    disk = image.geometry
    if not isinstance(disk, Disk):
        raise SystemExit(f"{path} shows no disk.")
    scale = disk.arcsec_per_pixel
    keywords = {
        "DATE-OBS": f"{image.time:%Y-%m-%dT%H:%M:%S}", "TELESCOP": "SDO/HMI", "INSTRUME": "HMI",
        "WAVELNTH": 6173.0, "CONTENT": "MAGNETOGRAM", "BUNIT": "Gauss", "CTYPE1": "HPLN-TAN",
        "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 0.0, "CRVAL2": 0.0,
        "CRPIX1": disk.x_centre + 1, "CRPIX2": disk.y_centre + 1, "CDELT1": scale, "CDELT2": scale,
        "CROTA2": 0.0, "RSUN_OBS": scale * disk.radius, "DSUN_OBS": disk.distance_au * METRES_PER_AU,
        "CRLN_OBS": disk.l0, "CRLT_OBS": disk.b0,
    }  # fmt: skip
    stream = BytesIO()
    with Image.open(path) as grey:
        grey.convert("L").save(stream, "JPEG2000")
    data, told = stream.getvalue(), "".join(f"<{key}>{value}</{key}>" for key, value in keywords.items())
    xml, at = f"<meta><fits>{told}</fits></meta>".encode(), data.index(b"jp2c") - 4
    out = folder / f"{image.time:%Y_%m_%d__%H_%M_%S}_000__SDO_HMI_HMI_magnetogram.jp2"
    out.write_bytes(data[:at] + struct.pack(">I4s", len(xml) + 8, b"xml ") + xml + data[at:])
    return out


def _peak_mb() -> float:
    """The largest resident memory of this process so far, in MB: of itself, not of who started it."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):  # not on Linux
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Time the building of stores.")
    parser.add_argument("--data", type=Path, default=os.environ.get("FLARESCOPE_DATA"), help="real data")
    parser.add_argument("--counts", type=int, nargs="*", default=[100, 1000, 10_000], help="of images")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        result: Any = _one(asked.one, asked.workers)
    else:
        result = {"growth": growth(asked.counts, workers=asked.workers)}
        if asked.data:
            result = {"formats": formats(Path(asked.data))} | result
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
