"""A folder of JP2 images on its way to a network: as in forecasts, and of the hour asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import MissingDataError
from flarescope.geometry import earth_view
from flarescope.preparation import Preparation
from flarescope.samples.disk_images import prepared_disks
from flarescope.sources.files import read_magnetogram
from flarescope.times import utc

PREPARATION = Preparation(64, fit="disk", disk_radius=25.0, encoding="grey8", std=127.5)


@pytest.fixture
def jp2(made) -> bytes:
    """1024², the disk of 400 pixels, taken at 23:47:32."""
    arcsec = earth_view(utc("2014-06-09T23:47:32Z")).angular_radius_arcsec / 400.0
    grey = np.kron(made.grey_sun(128, 50.0), np.ones((8, 8), np.uint8))
    return made.jp2(grey, made.jp2_header(1024) | {"CDELT1": arcsec, "CDELT2": arcsec})


def test_training_decodes_an_image_as_a_forecast_does(tmp_path: Path, jp2: bytes) -> None:
    path = tmp_path / "HMI.m2014.06.09_23.48.00.jp2"
    path.write_bytes(jp2)
    found = prepared_disks([path], PREPARATION, tmp_path / "store")
    np.testing.assert_array_equal(
        found.images[0], PREPARATION.apply(read_magnetogram(path)).astype(np.float16)
    )
    eighth = PREPARATION.apply(read_magnetogram(path, reduce=3))
    assert np.abs(found.images[0] - eighth).max() > 1e-3  # a faster way, but another


def test_an_image_of_another_time_is_not_taken(tmp_path: Path, jp2: bytes) -> None:
    paths = [tmp_path / f"HMI.m2014.06.{time}.jp2" for time in ("09_23.48.00", "10_00.00.00")]
    for path in paths:
        path.write_bytes(jp2)
    found = prepared_disks(paths, PREPARATION, tmp_path / "store")
    assert found.readable.tolist() == [True, False]
    assert "more than 12 minutes from 2014-06-10T00:00:00Z" in found.why[str(paths[1])]
    with pytest.raises(MissingDataError, match="None of the 1 images"):
        prepared_disks(paths[1:], PREPARATION, tmp_path / "other")


def test_prepared_images_that_were_deleted_are_made_anew(tmp_path: Path, jp2: bytes) -> None:
    path, store = tmp_path / "HMI.m2014.06.09_23.48.00.jp2", tmp_path / "store"
    path.write_bytes(jp2)
    first = np.array(prepared_disks([path], PREPARATION, store).images)
    (store / "images.npy").unlink()
    assert first.any()
    np.testing.assert_array_equal(prepared_disks([path], PREPARATION, store).images, first)
    np.save(store / "images.npy", first[:, :8])
    np.testing.assert_array_equal(prepared_disks([path], PREPARATION, store).images, first)


def test_an_image_that_shows_no_whole_disk_is_counted_not_fatal(tmp_path: Path, jp2: bytes, made) -> None:
    disk, patch = tmp_path / "HMI.m2014.06.09_23.48.00.jp2", tmp_path / "patch_2014-06-09T234800.npz"
    disk.write_bytes(jp2)
    np.savez(patch, Bz=np.zeros((64, 64), np.float32))
    found = prepared_disks([disk, patch], PREPARATION, tmp_path / "store")
    assert found.readable.tolist() == [True, False]
    assert list(found.why) == [str(patch)]
