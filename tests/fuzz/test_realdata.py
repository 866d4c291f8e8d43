"""Real files, damaged: a tenth of the cases of the made-up ones, and what holds for every result."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fuzz_runner import fuzz
from mutate_fits import mutate_fits
from mutate_text import mutate_lines

from flarescope.sources.files import read_magnetogram_bytes
from flarescope.sources.flares import read_flares
from flarescope.sources.limits import FileBytes
from flarescope.sources.plain_text import as_text
from flarescope.sources.srs import parse_srs

if TYPE_CHECKING:
    from flarescope.flare import FlareCatalog
    from flarescope.sun import Magnetogram

pytestmark = pytest.mark.realdata
SHARE = 0.1


def beginnings(files: list[Path], lines: int = 12) -> list[bytes]:
    assert files
    return [b"\n".join(path.read_bytes().split(b"\n")[:lines]) + b"\n" for path in files]


@pytest.mark.parametrize(
    "pattern",
    ["*.csv", "ncei_reports/*.txt", "../forecasts/mx_flares_2014_2016.txt"],
    ids=["csv", "ncei", "short"],
)
def test_flare_lists(data_dir: Path, tmp_path: Path, pattern: str) -> None:
    path = tmp_path / "list.txt"

    def parse(mutant: bytes) -> FlareCatalog:
        path.write_bytes(mutant)
        return read_flares(path)

    def judge(_: bytes, mutant: bytes, flares: Any) -> None:
        starts = [flare.start for flare in flares]
        lines = sum(bool(line.strip()) for line in as_text(path, mutant, "").split("\n"))
        assert starts == sorted(starts)
        assert 0 < len(flares) <= lines
        assert flares.notes or len(flares) >= lines - 1, "flares lost without a word"
        for flare in flares:
            assert 1974 <= flare.start.year < 2101
            assert 0 < flare.goes_class.peak_flux < 1
            assert flare.peak is None or timedelta(0) <= flare.peak - flare.start <= timedelta(days=2)
            assert flare.end is None or (flare.peak or flare.start) <= flare.end
        assert all(a < b for a, b in flares.coverage)

    seeds = beginnings(sorted((data_dir / "flares").glob(pattern)))
    fuzz(f"real {pattern}", seeds, mutate_lines, parse, judge, share=SHARE)


def test_summaries(data_dir: Path) -> None:
    files = sorted((data_dir / "regions/srs_samples").glob("*.txt"))

    def judge(_: bytes, mutant: bytes, srs: Any) -> None:
        lines = as_text("srs", mutant, "").split("\n")
        rows = sum(bool(re.match(r"\s*\d{4,5}\s+[NS]\d\d", line)) for line in lines)
        assert len(srs.regions) + len(srs.plages) + len(srs.returning) + len(srs.notes) >= rows
        for report in srs.regions:
            assert report.mcintosh is not None or srs.notes
            assert report.region.area_msh is None or 0 <= report.region.area_msh < 10_000

    def parse(mutant: bytes) -> Any:
        return parse_srs("srs", as_text("srs", mutant, "a summary"))

    fuzz("real srs", [path.read_bytes() for path in files], mutate_lines, parse, judge, share=SHARE)


def test_sharps(data_dir: Path) -> None:
    files = sorted(
        (data_dir / "magnetograms/sharp_cea").rglob("*magnetogram.fits"), key=lambda p: p.stat().st_size
    )
    seeds = [path.read_bytes() for path in files[:2]]

    def read(mutant: bytes) -> Magnetogram:
        return read_magnetogram_bytes(FileBytes(Path("image"), mutant))

    before = {seed: read(seed) for seed in seeds}

    def judge(seed: bytes, _: bytes, m: Magnetogram) -> None:
        old = before[seed]
        assert np.nanmax(np.abs(m.field)) <= 10_000
        assert m.field.shape == old.field.shape
        assert abs(m.time - old.time) <= timedelta(days=4), "the ephemeris allows a degree of CRLT_OBS alone"
        assert np.array_equal(m.field, old.field, equal_nan=True), (
            "the header states the pixels' mean and scatter"
        )

    fuzz("real sharps", seeds, mutate_fits, read, judge, share=SHARE)
