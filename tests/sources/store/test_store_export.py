"""A store as a zarr group, read back by zarr itself."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.preparation import Preparation
from flarescope.samples.store_labels import label_store
from flarescope.sources.store import Store
from flarescope.sources.store.export import export_zarr

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
    times = pd.to_datetime(group["time"][:], unit="ns", utc=True)
    assert list(times) == list(images["time"])
    assert group["time"].attrs["units"] == "nanoseconds since 1970-01-01"
    assert sorted(name for name, _ in group.members()) == ["harp", "images", "observed", "quality", "time"]
    assert set(group["harp"][:]) == {-1}
    assert Preparation.from_dict(group.attrs["preparation"]) == store.preparation
    beside = pd.read_parquet(tmp_path / "out.index.parquet")
    assert list(beside["sha256"]) == list(images["sha256"])
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_labels_go_with_their_images(built: Path, tmp_path: Path) -> None:
    store = Store.open(built)
    index = store.index()
    first = index.loc[index["status"] == "image", "time"].min().to_pydatetime()
    flare = Flare(first + timedelta(hours=30), GoesClass("M1.0"))
    covered = ((first - timedelta(days=1), first + timedelta(days=2)),)
    label_store(built, FlareCatalog((flare,), covered))
    export_zarr(store, tmp_path / "out.zarr")
    group, table = zarr.open_group(tmp_path / "out.zarr", mode="r"), pd.read_parquet(built / "labels.parquet")
    label = group["label"][:].tolist()
    assert label == table["label"].fillna(-1).astype(int).tolist()
    assert {0, 1} <= set(label)
    np.testing.assert_array_equal(group["hours_to_flare"][:], table["hours_to_flare"].astype(float))
    assert group.attrs["labels"]["at_least"] == "M1.0"
    with open(built / "labels.parquet", "ab") as file:
        file.write(b"x")
    with pytest.raises(BadFileError, match="not those that were written"):
        export_zarr(store, tmp_path / "again.zarr")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["built", "out.index.parquet", "out.zarr"]


def test_labels_of_another_index_are_not_exported(built: Path, tmp_path: Path, soak: ModuleType) -> None:
    label_store(built, FlareCatalog((), ()))
    soak.build(built, soak.units(40))
    with pytest.raises(BadFileError, match=r"another index. Type: flarescope store seal"):
        export_zarr(Store.open(built), tmp_path / "out.zarr")


def test_places_and_stores_that_cannot_be(built: Path, tmp_path: Path) -> None:
    with pytest.raises(BadOptionError, match="is there already"):
        export_zarr(Store.open(built), tmp_path)
    (tmp_path / "x.index.parquet").write_bytes(b"")
    with pytest.raises(BadOptionError, match=r"x\.index\.parquet is there already"):
        export_zarr(Store.open(built), tmp_path / "x.zarr")
    (tmp_path / "x.index.parquet").unlink()
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


@pytest.mark.parametrize("killed", range(1, 4))
def test_killed_at_any_moment_and_typed_again(
    built: Path, tmp_path: Path, killed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real = tmp_path / "out.zarr", os.replace
    last = {1: ".out.zarr.part/table.parquet", 2: ".out.zarr.part/group"}.get(killed)

    def replace(source: str | Path, target: str | Path) -> None:
        if last and source == tmp_path / last:
            raise KeyboardInterrupt
        real(source, target)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr("flarescope.sources.store.export.shutil.rmtree", lambda *_, **__: None)  # as by kill -9
        patch.setattr("flarescope.sources.store.export.os.replace", replace)
        export_zarr(Store.open(built), out)
    assert (tmp_path / ".out.zarr.part").is_dir()
    assert [name.exists() for name in (out.with_name("out.index.parquet"), out)] == [killed > 1, killed > 2]
    if killed == 3:
        with pytest.raises(BadOptionError, match="is there already"):
            export_zarr(Store.open(built), out)
    else:
        assert export_zarr(Store.open(built), out) == 26
    assert sorted(path.name for path in tmp_path.iterdir()) == ["built", "out.index.parquet", "out.zarr"]
    assert zarr.open_group(str(out), mode="r")["images"].shape == (26, 32, 32)
