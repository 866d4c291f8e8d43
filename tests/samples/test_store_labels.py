"""Labels of a store's images: beside the index, from the catalogue, with the reason where there is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.samples import store_labels
from flarescope.samples.label import NO_REGION, NOT_COVERED, label_times
from flarescope.samples.store_labels import about_labels, label_store, verify_labels
from flarescope.times import iso

FIRST = datetime(2015, 3, 1, tzinfo=UTC)


def catalog(*flares: tuple[float, str, int | None], days: float = 30) -> FlareCatalog:
    """Flares at so many hours after the first image."""
    made = tuple(
        Flare(FIRST + timedelta(hours=hours), GoesClass(name), noaa_region=region)
        for hours, name, region in flares
    )
    return FlareCatalog(made, ((FIRST - timedelta(days=1), FIRST + timedelta(days=days)),))


def index(folder: Path, hours: list[float], **columns: Any) -> Path:
    """A sealed store, as far as labels go."""
    times = [FIRST + timedelta(hours=hour) for hour in hours]
    rows = pd.DataFrame(
        {
            "key": [f"{time:%Y%m%dT%H}00Z" for time in times],
            "time": [iso(time) for time in times],
            "observed": [iso(time) for time in times],
            "status": "image",
            "view": "full_disk",
            "harp": pd.array([None] * len(times), "Int64"),
            "noaa": "",
            "shard": "2015-03-01.npy",
            "position": range(len(times)),
        }
    ).assign(**columns)
    rows["time"], rows["observed"] = pd.to_datetime(rows["time"]), pd.to_datetime(rows["observed"])
    folder.mkdir(exist_ok=True)
    rows.to_parquet(folder / "index.parquet", index=False)
    return folder


def test_images_of_the_disk_are_labelled_as_label_times_does(tmp_path: Path) -> None:
    hours = np.arange(0.0, 60 * 24, 7).tolist()
    flares = catalog((100.0, "M1.0", None), (101.0, "X2.0", 12297), (400.0, "C9.9", None))
    found = label_store(index(tmp_path / "store", hours), flares)
    rows = pd.read_parquet(found.path).astype({"label": "Int8"})
    expected = label_times([FIRST + timedelta(hours=hour) for hour in hours], flares)
    assert rows["time_utc"].equals(rows["time"])  # both aware
    assert rows["time_utc"].dt.tz_localize(None).tolist() == expected["time_utc"].tolist()
    for column in ("label", "strongest", "hours_to_flare", "reason"):
        pd.testing.assert_series_equal(
            rows[column].astype(str), expected[column].astype(str), check_index=False
        )
    assert (found.rows, found.positive) == (len(hours), expected.counts["positive"])
    assert found.excluded == expected.excluded == {NOT_COVERED: int((rows["reason"] != "").sum())}
    assert rows["group"].tolist()[:4] == ["2015-03-01"] * 4
    about = about_labels(tmp_path / "store")
    assert about is not None
    assert about["of_this_index"]
    assert (about["at_least"], about["within"], about["goes_scale"]) == ("M1.0", "24h", "operational")
    assert about["notes"] == ["Classes are compared on the operational scale."] == list(found.notes)


def test_gaps_and_stale_images_are_no_samples(tmp_path: Path) -> None:
    status = ["image", "gap", "stale", "image"]
    observed = [iso(FIRST), None, iso(FIRST), iso(FIRST + timedelta(hours=3))]
    store = index(tmp_path / "store", [0, 1, 2, 3], status=status, observed=observed)
    found = label_store(store, catalog((10.0, "M1.0", None)))
    rows = pd.read_parquet(found.path)
    assert rows["key"].tolist() == ["20150301T0000Z", "20150301T0300Z"]
    assert rows["position"].tolist() == [0, 3]
    assert rows["time"].tolist() == [FIRST, FIRST + timedelta(hours=3)]
    assert (found.rows, found.positive) == (2, 2)


def test_the_window_begins_when_the_image_was_observed(tmp_path: Path) -> None:
    store = index(tmp_path / "store", [0.0], observed=[iso(FIRST + timedelta(minutes=10))])
    before = label_store(store, catalog((0.1, "M1.0", None)))  # six minutes after the hour: in the image
    assert before.positive == 0
    after = label_store(store, catalog((24.1, "M1.0", None)))  # within 24 h of the image
    assert after.positive == 1


def test_regions_are_labelled_by_their_numbers(tmp_path: Path) -> None:
    columns = {
        "view": "region", "noaa": ["11158", "12085,12087", "", "11158"],
        "harp": pd.array([377, 4225, 99, None], "Int64"),
    }  # fmt: skip
    store = index(tmp_path / "store", [0, 0, 0, 48], **columns)
    flares = catalog((1.0, "M2.0", 12087), (30.0, "X1.0", 11158))
    found = label_store(store, flares)
    rows = pd.read_parquet(found.path)
    assert rows["label"].fillna(-1).tolist() == [0, 1, -1, 0]
    assert rows["group"].tolist() == ["11158", "12085,12087", "HARP 99", "11158"]
    assert found.excluded == {NO_REGION: 1}
    ever = label_store(store, flares, within="ever")
    assert pd.read_parquet(ever.path)["label"].fillna(-1).tolist() == [1, 1, -1, 1]


def test_near_real_time_harps_are_another_group(tmp_path: Path) -> None:
    keys = ["harp00099_20150301", "harp00099nrt_20150301"]
    store = index(tmp_path / "store", [0, 1], view="region", harp=[99, 99], key=keys)
    rows = pd.read_parquet(label_store(store, catalog()).path)
    assert rows["group"].tolist() == ["HARP 99", "HARP 99 nrt"]


def test_parts_make_the_same_table_as_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = index(tmp_path / "store", np.arange(0.0, 24 * 20, 1).tolist())
    flares = catalog((100.0, "M1.0", None), (300.0, "M1.0", None))
    whole = pd.read_parquet(label_store(store, flares).path)
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(store_labels, "AT_ONCE", 7)
    parts = label_store(store, flares, progress=lambda done, of: told.append((done, of)))
    pd.testing.assert_frame_equal(pd.read_parquet(parts.path), whole)
    assert told[-1] == (480, 480)
    assert len(told) == 69


def test_what_cannot_be_labelled_leaves_the_old_labels(tmp_path: Path) -> None:
    flares = catalog()
    with pytest.raises(MissingDataError, match="flarescope store seal"):
        label_store(tmp_path, flares)
    store = index(tmp_path / "store", [0.0])
    label_store(store, flares)
    before = (store / "labels.parquet").read_bytes()
    with pytest.raises(BadOptionError, match="GOES class"):
        label_store(store, flares, at_least="Q1")
    index(tmp_path / "store", [0.0], status="gap")
    with pytest.raises(MissingDataError, match="holds no image"):
        label_store(store, flares)
    (store / "index.parquet").write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(BadFileError, match="the index cannot be read"):
        label_store(store, flares)
    assert (store / "labels.parquet").read_bytes() == before
    assert {path.name for path in store.iterdir()} == {"index.parquet", "labels.json", "labels.parquet"}
    told = about_labels(store)
    assert told is not None
    assert not told["of_this_index"]


@pytest.mark.parametrize("name", ["labels.parquet", "labels.json"])
def test_a_flipped_byte_is_found(tmp_path: Path, name: str) -> None:
    store = index(tmp_path / "store", [0.0, 5.0])
    assert verify_labels(store) == []
    assert about_labels(store) is None
    label_store(store, catalog())
    assert verify_labels(store) == []
    sound = (store / name).read_bytes()
    for at in range(0, len(sound), max(1, len(sound) // 50)):
        (store / name).write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        assert [one.path for one in verify_labels(store)] == [name]
    (store / name).unlink()
    (gone,) = verify_labels(store)
    assert gone.path == name
    assert gone.problem.endswith(f"Type: flarescope store seal {store} --flares LIST")
