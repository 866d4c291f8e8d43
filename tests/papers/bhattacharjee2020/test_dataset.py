"""Three kinds of data, one interface: rows, images and fields as promised, made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import MissingDataError
from flarescope.papers.bhattacharjee2020 import made_up_sun as made_up
from flarescope.papers.bhattacharjee2020.dataset import (
    COLUMNS,
    Dataset,
    dataset,
    enough_regions,
    made_up_sun,
    patches,
    sharps,
)
from flarescope.papers.reproduction import Desk
from flarescope.synthetic.spots import PIXEL_CM2


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A made-up Sun of 24 and 6 regions, seen twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_up, "QUICK", (24, 6, 2))
        return made_up_sun(Desk(None, tmp_path_factory.mktemp("desk"), quick=True))


def test_rows_are_what_the_contract_says(small: Dataset) -> None:
    rows = small.rows
    assert list(rows.columns) == list(COLUMNS)
    assert len(small) == 60
    assert rows.groupby("period")["region"].nunique().to_dict() == {"test": 6, "train": 24}
    assert rows["longitude"].abs().max() <= 45.0
    assert set(rows["flaring"]) <= {0, 1}
    assert rows.groupby("region")[["width_px", "height_px", "flaring"]].nunique().to_numpy().max() == 1
    late = rows["time_utc"] >= pd.Timestamp("2015-09-25")
    assert rows.loc[late, "period"].eq("test").mean() > 0.8
    assert rows.loc[rows["flaring"] == 0, "hours_from_flare"].isna().all()
    assert not rows.loc[rows["hours_from_flare"].isna(), "isolated"].any()


def test_a_row_is_its_magnetogram(small: Dataset) -> None:
    for number in (0, 31, 59):
        m, row = small.magnetogram(number), small.rows.iloc[number]
        assert m.field.shape == (row["height_px"], row["width_px"])
        assert np.datetime64(m.time.replace(tzinfo=None)) == row["time_utc"].to_datetime64()
        assert np.abs(m.field).sum(dtype=float) * PIXEL_CM2 == pytest.approx(row["flux_mx"])
        assert m.region is not None
        assert m.region.harp == row["region"]


def test_images_are_prepared_once_in_units_of_100_gauss(small: Dataset) -> None:
    images = small.images(32)
    assert images.shape == (60, 32, 32)
    assert images.dtype == np.float16
    expected = small.preparation(32).apply(small.magnetogram(7))
    assert np.allclose(images[7], expected, atol=2e-2)
    (path,) = small.folder.glob("images_32_*.npy")
    before = path.stat().st_mtime_ns
    assert np.array_equal(small.images(32), images)
    assert path.stat().st_mtime_ns == before
    assert small.preparation(32).std == 100.0


def test_fields_keep_the_whole_frame_at_one_scale(small: Dataset) -> None:
    fields = small.fields()
    assert len(fields) == 60
    for number in (0, 59, -1):
        rows = small.rows.iloc[number]
        height, width = fields[number].shape
        assert 0 <= height * 4 - rows["height_px"] < 4 * 8
        assert 0 <= width * 4 - rows["width_px"] < 4 * 8
        expected = small.field_preparation().apply(small.magnetogram(range(60)[number]))
        assert np.allclose(fields[number], expected, atol=2e-2)
    assert [part.shape for part in fields[3:5]] == [fields[3].shape, fields[4].shape]
    with pytest.raises(IndexError):
        fields[60]


def test_too_few_regions_are_said_to_be_too_few(small: Dataset) -> None:
    with pytest.raises(MissingDataError, match=r"needs more regions: .* flaring"):
        enough_regions(small)


def test_no_folder_of_sharps_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"hmi\.sharp_cea_720s"):
        sharps(Desk(None, tmp_path))
    with pytest.raises(MissingDataError, match="needs magnetograms/active_regions"):
        dataset(Desk(None, tmp_path), "real-small")


@pytest.mark.realdata
def test_the_real_sharps_at_hand_are_selected_as_in_the_paper(data_dir: Path, tmp_path: Path) -> None:
    desk = Desk(data_dir, tmp_path, sharps=data_dir / "magnetograms/sharp_cea")
    found = sharps(desk)
    assert found.kind == "real"
    assert len(found) == 63
    assert found.rows["longitude"].abs().max() <= 45.0
    harp377 = found.rows[found.rows["region"] == 377]
    assert harp377["flaring"].eq(1).all()
    assert (harp377["width_px"].unique().tolist(), harp377["height_px"].unique().tolist()) == ([744], [377])
    hours = harp377["hours_from_flare"]
    assert hours.between(-72, 72).all()
    with pytest.raises(MissingDataError, match="needs more regions"):
        dataset(desk, "real")


@pytest.mark.realdata
def test_real_patches_carry_labels_of_the_whole_passage(data_dir: Path, tmp_path: Path) -> None:
    found = patches(Desk(data_dir, tmp_path))
    assert found.kind == "real-small"
    rows = found.rows
    assert (len(rows), rows["region"].nunique()) == (3125, 463)
    regions = rows.groupby("region")["flaring"].first()
    assert int(regions.sum()) == 105
    assert rows.groupby("region")["period"].nunique().eq(1).all()
    assert rows["width_px"].eq(256).all()
    assert rows["latitude"].abs().max() < 50
    assert rows["flux_mx"].between(1e21, 1e23).all()
    assert rows[rows["region"] == 11429]["latitude"].median() == pytest.approx(18, abs=3)
    near = rows[rows["hours_from_flare"].notna()]
    assert near["flaring"].eq(1).all()
