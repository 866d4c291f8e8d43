from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flarescope.errors import BadFileError, MissingDataError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.samples.patches import patch_samples

DAY = datetime(2013, 1, 2, tzinfo=UTC)
CATALOG = FlareCatalog(
    (
        Flare(DAY.replace(hour=10), GoesClass("M1.0"), noaa_region=11640),
        Flare(DAY.replace(hour=11), GoesClass("X1.0"), noaa_region=11641),
    ),
    ((datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 1, 10, tzinfo=UTC)),),
)


def index(folder: Path, *rows: str) -> Path:
    path = folder / "index.csv"
    path.write_text("\n".join(["file,noaa_ar,sample_id,time_utc", *rows]) + "\n")
    return path


def test_only_flares_of_the_own_region_after_the_image_count(tmp_path: Path) -> None:
    listed = index(
        tmp_path,
        "a.jpg,11640,a,2013-01-02 09:00:00",
        "b.jpg,11640,b,2013-01-02 10:00:00",
        "c.jpg,11642,c,2013-01-02 09:00:00",
        "d.jpg,11640,d,2013-01-01 10:00:00",
        "e.jpg,11640,e,2014-01-01 10:00:00",
    )
    table = patch_samples(listed, CATALOG)
    assert table["image"].tolist() == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]  # nobody knows of 2014
    assert table["label"].tolist() == [1, 0, 0, 0]
    assert table["group"].tolist() == ["11640", "11640", "11642", "11640"]


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"None of the 1 rows .* can be labelled"):
        patch_samples(index(tmp_path, "a.jpg,11640,a,2015-01-02 09:00:00"), CATALOG)
    (tmp_path / "index.csv").write_text("file,time_utc\na.jpg,2013-01-02\n")
    with pytest.raises(BadFileError, match="noaa_ar"):
        patch_samples(tmp_path / "index.csv", CATALOG)


@pytest.mark.realdata
def test_the_real_patches(data_dir: Path) -> None:
    from flarescope.sources.flares import read_flares

    catalog = read_flares(data_dir / "flares" / "goes_2010_2025.csv")
    table = patch_samples(data_dir / "magnetograms" / "active_regions_2012_2017" / "index.csv", catalog)
    assert table.counts == {"rows": 3125, "positive": 148, "negative": 2977, "unlabelled": 0}
    assert table["group"].nunique() == 463
    assert table["group"][table["label"] == 1].nunique() == 36
