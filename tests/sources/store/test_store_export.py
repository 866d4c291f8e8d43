"""A store as a zarr group, read back by zarr itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.preparation import Preparation
from flarescope.sources.store import Store
from flarescope.sources.store_export import export_zarr

zarr = pytest.importorskip("zarr")


def test_zarr_reads_what_the_store_holds(built: Path, tmp_path: Path) -> None:
    store, told = Store.open(built), []
    assert export_zarr(store, tmp_path / "out.zarr", lambda *done: told.append(done)) == 26
    assert told[-1] == (26, 26)
    index = store.index()
    images = index[index["status"] == "image"].reset_index(drop=True)
    group = zarr.open_group(str(tmp_path / "out.zarr"), mode="r")
    assert group["images"].shape == (26, 32, 32)
    for number, row in images.iterrows():
        np.testing.assert_array_equal(group["images"][number], store.image(row))
    times = pd.to_datetime(group["time"][:], unit="us", utc=True)
    assert list(times) == list(images["time"])
    assert set(group["harp"][:]) == {-1}
    assert Preparation.from_dict(group.attrs["preparation"]) == store.preparation
    beside = pd.read_parquet(tmp_path / "out.zarr" / "index.parquet")
    assert list(beside["sha256"]) == list(images["sha256"])
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_places_and_stores_that_cannot_be(built: Path, tmp_path: Path) -> None:
    with pytest.raises(BadOptionError, match="is there already"):
        export_zarr(Store.open(built), tmp_path)
    empty = Store.create(tmp_path / "empty", preparation=Preparation(size=4))
    with pytest.raises(MissingDataError, match="is not sealed"):
        export_zarr(empty, tmp_path / "x")
    empty.seal()
    with pytest.raises(MissingDataError, match="holds no image"):
        export_zarr(empty, tmp_path / "x")
    files = Store.create(tmp_path / "files", preparation=None, keep_files=True)
    with pytest.raises(MissingDataError, match="keeps files only"):
        export_zarr(files, tmp_path / "x")
    assert not (tmp_path / "x").exists()
