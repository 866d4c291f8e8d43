"""The same store, byte for byte, whoever builds it, killed or not."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flarescope.bench.store import made_up_images
from flarescope.errors import BadOptionError, MissingDataError, UnknownNameError
from flarescope.sources.jp2 import SIGNATURE
from flarescope.sources.store import Store
from flarescope.sources.store.build import How, build_store, preparation_for
from flarescope.sources.store.local_images import image_in
from flarescope.sources.store.verify import verify_store

HOURS, SIDE = 30, 32


def small(view: Any) -> Any:
    return preparation_for(view, size=SIDE)


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its checksum."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty hours of a made-up Sun: one file damaged, one stale, one of another channel."""
    folder = tmp_path_factory.mktemp("images")
    made_up_images(folder, HOURS)
    files = sorted(folder.rglob("*.jpg"))
    files[4].write_bytes(files[4].read_bytes()[:700])
    files[8].write_bytes(files[7].read_bytes())
    (files[0].parent / "2015_01_01__20_30_00_000__SDO_HMI_HMI_continuum.jp2").write_bytes(SIGNATURE * 9)
    return folder


@pytest.fixture(scope="module")
def alone(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by one process."""
    out = tmp_path_factory.mktemp("alone") / "store"
    built = build_store([images], out, preparation=small)
    assert (built.units, built.images, built.gap_count) == (HOURS, HOURS - 1, 2)
    assert built.sealed is not None
    assert (built.sealed.images, built.sealed.gaps, built.sealed.stale) == (HOURS - 2, 2, 1)
    return out


def test_every_time_has_a_row_with_its_reason(alone: Path) -> None:
    index = Store.open(alone).index()
    assert index["status"].value_counts().to_dict() == {"image": HOURS - 2, "gap": 2, "stale": 1}
    said = dict(zip(index["time"].astype(str), index["reason"], strict=True))
    reasons = " | ".join(reason for reason in said.values() if reason)
    assert "truncated" in reasons
    assert "HMI continuum" in reasons
    assert "07:00" in reasons  # the hour that the stale image is of
    assert str(alone.parent) not in (alone / "index.parquet").read_bytes().decode("latin-1")
    assert verify_store(alone) == []


@pytest.mark.parametrize(
    "how", [How(4), How(4, threads=True), How(dask="local")], ids=["processes", "threads", "dask"]
)
def test_whoever_does_it_the_store_is_the_same(images: Path, alone: Path, tmp_path: Path, how: How) -> None:
    build_store([images], tmp_path / "store", preparation=small, how=how)
    assert bytes_of(tmp_path / "store") == bytes_of(alone)


def test_shards_in_any_order_make_the_same_store(images: Path, alone: Path, tmp_path: Path) -> None:
    out = tmp_path / "store"
    parts = [build_store([images], out, preparation=small, how=How(shard=(i, 2))) for i in (2, 1)]
    assert all(part.sealed is None and 0 < part.units < HOURS for part in parts)
    assert sum(part.units for part in parts) == HOURS
    Store.open(out).seal()
    assert bytes_of(out) == bytes_of(alone)
    again = build_store([images], out, preparation=small, how=How(shard=(1, 2)))
    assert again.there >= again.units - 2  # gaps are tried again
    Store.open(out).seal()  # all of it was sealed before: the other part need not be done again
    assert bytes_of(out) == bytes_of(alone)


def test_a_part_that_brings_something_new_needs_the_others(tmp_path: Path) -> None:
    mine, out = tmp_path / "images", tmp_path / "store"
    made_up_images(mine, 4)
    later = sorted(mine.rglob("*.jpg"))[2:]
    kept = [path.read_bytes() for path in later]
    for path in later:
        path.unlink()
    build_store([mine], out, preparation=small)
    for path, data in zip(later, kept, strict=True):
        path.write_bytes(data)
    for _ in range(2):  # typed again before the other is done, it is still new
        assert build_store([mine], out, preparation=small, how=How(shard=(1, 2))).new == 1
        with pytest.raises(BadOptionError, match=r"never done to the end: --shard 2/2\. Build it first"):
            Store.open(out).seal()
    build_store([mine], out, preparation=small, how=How(shard=(2, 2)))
    assert Store.open(out).seal().images == 4


def test_a_second_call_changes_nothing(images: Path, alone: Path) -> None:
    before = bytes_of(alone)
    built = build_store([images], alone, preparation=small)
    assert built.images == HOURS - 1
    assert built.there >= HOURS - 2
    assert bytes_of(alone) == before


def test_a_mended_file_fills_its_gap(images: Path, tmp_path: Path) -> None:
    mine, out = tmp_path / "images", tmp_path / "store"
    made_up_images(mine, 3)
    files = sorted(mine.rglob("*.jpg"))
    sound = files[1].read_bytes()
    files[1].write_bytes(sound[:500])
    assert build_store([mine], out, preparation=small).gap_count == 1
    files[1].write_bytes(sound)
    built = build_store([mine], out, preparation=small)
    assert (built.there, built.images, built.gap_count) == (2, 3, 0)
    build_store([mine], tmp_path / "fresh", preparation=small)
    assert bytes_of(out) == bytes_of(tmp_path / "fresh")


def test_of_a_unit_with_a_gap_only_that_file_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, out, read = tmp_path / "images", tmp_path / "store", list[str]()
    made_up_images(tmp_path / "hours", 3)
    mine.mkdir()
    files = [mine / f"HMI.m2026.02.03_12.{minute}.00.jpg" for minute in (12, 24, 36)]
    for made, file in zip(sorted((tmp_path / "hours").rglob("*.jpg")), files, strict=True):
        file.write_bytes(made.read_bytes())
    sound = files[1].read_bytes()
    files[1].write_bytes(sound[:500])

    def noted(folder: Path, name: str, asked: Any) -> Any:
        read.append(name)
        return image_in(folder, name, asked)

    monkeypatch.setattr("flarescope.sources.store.supply.image_in", noted)
    for data, gaps, again in ((sound[:500], 1, 3), (sound[:500], 1, 1), (sound, 0, 1), (sound, 0, 0)):
        files[1].write_bytes(data)
        built = build_store([mine], out, preparation=small)
        assert (built.units, built.images, built.gap_count) == (1, 3 - gaps, gaps)
        assert len(read) == again, read
        read.clear()
    build_store([mine], tmp_path / "fresh", preparation=small)
    assert bytes_of(out) == bytes_of(tmp_path / "fresh")


def test_a_unit_damaged_before_it_was_sealed_is_done_again(images: Path, alone: Path, tmp_path: Path) -> None:
    out = tmp_path / "store"
    build_store([images], out, preparation=small, how=How(shard=(1, 1)))
    for path in list(out.glob("units/*/*.npy"))[:3]:  # as a power cut may leave it
        path.write_bytes(b"")
    built = build_store([images], out, preparation=small)
    assert built.sealed is not None
    assert built.sealed.dropped == ()
    assert bytes_of(out) == bytes_of(alone)


@pytest.mark.filterwarnings("ignore")  # of distributed, which complains of what was killed
def test_a_dask_worker_killed_midway_changes_nothing(images: Path, alone: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    killed: list[int] = []
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster:
        workers = [nanny.pid for nanny in cluster.workers.values()]

        def kill_one(what: str, done: int, of: int) -> None:
            if what == "images" and done == 5 and not killed:
                os.kill(workers[0], signal.SIGKILL)
                killed.append(workers[0])

        how = How(dask=cluster.scheduler_address)
        built = build_store([images], tmp_path / "store", preparation=small, how=how, progress=kill_one)
    assert killed
    assert built.units == HOURS
    assert bytes_of(tmp_path / "store") == bytes_of(alone)


@pytest.mark.parametrize("who", [("--dask", "local"), ("--workers", "2")], ids=["dask", "processes"])
def test_killed_and_typed_again_equals_one_worker(
    images: Path, alone: Path, tmp_path: Path, who: tuple[str, str]
) -> None:
    out = tmp_path / "store"
    typed = ["store", "build", "--images", str(images), "--out", str(out), "--size", str(SIDE), *who]
    command = [sys.executable, "-m", "flarescope", *typed]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(out.glob("units/*/*.json"))) < 3 and running.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not (out / "checksums.json").exists()  # it was killed before its end
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert bytes_of(out) == bytes_of(alone)


def test_workers_elsewhere_are_told_whole_paths(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def elsewhere(do: Any, units: Any, **how: Any) -> Any:
        told.append(do.folder)
        told.extend(file.folder for job in units for file in job.supply.files)
        return iter(())

    monkeypatch.setattr("flarescope.sources.store.build.run_units", elsewhere)
    monkeypatch.chdir(images.parent)
    build_store([images.name], "not_absolute", preparation=small, how=How(shard=(1, 2)))
    assert {*told} == {str(images.parent / "not_absolute"), str(images)}


def test_disks_and_regions_do_not_mix(images: Path, tmp_path: Path) -> None:
    patches = tmp_path / "11158"
    patches.mkdir()
    (patches / "2011-02-14T102701__magnetogram.jpg").write_bytes(b"x")
    with pytest.raises(BadOptionError, match=r"31 images of the whole disk and 1 of regions.*--view"):
        build_store([images, patches], tmp_path / "store")
    with pytest.raises(MissingDataError, match="No image of view 'region'"):
        build_store([images], tmp_path / "store", view="region")
    assert not (tmp_path / "store").exists()


def test_another_preparation_is_told_by_what_differs(images: Path, alone: Path) -> None:
    with pytest.raises(BadOptionError, match=r"'size': 32\}, not \{.*'size': 64") as told:
        build_store([images], alone, preparation=lambda view: preparation_for(view, size=64))
    assert "interpolation" not in str(told.value)


def test_another_preparation_is_another_store(images: Path, alone: Path) -> None:
    with pytest.raises(BadOptionError):
        build_store([images], alone, preparation=lambda view: preparation_for(view, size=16))


def test_the_default_preparations_are_those_of_the_shipped_networks() -> None:
    from flarescope.models import shipped_folder
    from flarescope.preparation import Preparation

    for view, name in (("full_disk", "compact"), ("region", "patch_cnn")):
        kept = json.loads((shipped_folder() / name / "preparation.json").read_text())
        assert preparation_for(view) == Preparation.from_dict(kept)  # type: ignore[arg-type]
    with pytest.raises(BadOptionError, match="Accepted: disk, crop, pad, resize"):
        preparation_for("region", fit="scale")
    with pytest.raises(UnknownNameError):
        preparation_for("region", fit="squash")
    assert preparation_for("region", fit="resize", encoding="gauss").std == 100.0


@pytest.mark.realdata
def test_a_real_day_and_real_sharps(data_dir: Path, tmp_path: Path) -> None:
    day = data_dir / "magnetograms" / "full_disk_2026" / "2026" / "02" / "03"
    built = build_store([day], tmp_path / "disks", keep_files=True)
    assert (built.images, built.gap_count) == (24, 0)
    store = Store.open(tmp_path / "disks")
    image = np.asarray(store.image(store.index().iloc[12]))
    assert image.shape == (512, 512)
    assert -1.3 < image.min() < -0.5 < 0.5 < image.max() < 1.3  # bicubic edges may pass 1
    sharps = build_store([data_dir / "magnetograms" / "sharp_cea"], tmp_path / "sharps")
    assert (sharps.images, sharps.gap_count) == (82, 2)
    index = Store.open(tmp_path / "sharps").index()
    assert index["harp"].nunique() == 13
    for folder in ("disks", "sharps"):
        assert verify_store(tmp_path / folder) == []


@pytest.mark.parametrize("shard", [None, (1, 2)])
def test_a_dask_address_where_nobody_answers_leaves_nothing(
    images: Path, tmp_path: Path, shard: tuple[int, int] | None
) -> None:
    with pytest.raises(BadOptionError, match="No Dask scheduler answers"):
        build_store([images], tmp_path / "store", how=How(dask="nowhere://1", shard=shard))
    assert not (tmp_path / "store").exists()
