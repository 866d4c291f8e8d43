"""The benchmark checks itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from flarescope.bench.store import formats, growth, made_up_images
from flarescope.sources.files import read_magnetogram


def test_growth_is_measured_in_a_process_of_its_own() -> None:
    (found,) = growth([12])
    assert (found["images"], found["workers"]) == (12, 1)
    assert found["images_per_second"] == 12 / found["seconds"] > 0.0
    assert found["peak_mb"] >= found["peak_mb_before"] > 10.0


def test_made_up_images_are_read_and_differ(tmp_path: Path) -> None:
    made_up_images(tmp_path, 3)
    files = sorted(tmp_path.rglob("*.jpg"))
    assert len({path.read_bytes() for path in files}) == len(files) == 3
    assert read_magnetogram(files[2]).view == "full_disk"


@pytest.mark.realdata
def test_every_format_is_timed_on_real_files(data_dir: Path) -> None:
    found = formats(data_dir, seconds=0.1)
    assert [one["files"] for one in found.values()] == [83, 1, 20, 20]
    assert all(one["read_per_second"] >= one["images_per_second"] > 0.0 for one in found.values())
