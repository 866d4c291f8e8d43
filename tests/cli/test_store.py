"""``flarescope store``: one command to a data set, its words, its documents, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flarescope.bench.store import made_up_images
from flarescope.cli import main
from flarescope.cli._store import _kind

FLARES = "start,class\n2014-12-30 10:00,C1.0\n2015-01-01 20:00,M5.4\n2015-01-02 00:30,C1.0\n"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    made_up_images(folder, 26)
    damaged = sorted(folder.rglob("*.jpg"))[2]
    damaged.write_bytes(damaged.read_bytes()[:400])
    (folder / "goes.csv").write_text(FLARES)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *typed: object) -> int:
    monkeypatch.setattr("sys.argv", ["flarescope", "store", *map(str, typed)])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


@pytest.fixture
def built(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    out = tmp_path / "store"
    assert run(monkeypatch, "build", "--images", images, "--out", out, "--size", 16) == 0
    capsys.readouterr()
    return out


def test_one_command_makes_a_labelled_data_set(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, flares = tmp_path / "store", images / "goes.csv"
    typed = ("build", "--images", images, "--out", out, "--size", "16", "--flares", flares, "--json")
    assert run(monkeypatch, *typed) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["units"], told["images"], told["gaps"], told["done_before"]) == (26, 25, 1, 0)
    assert "truncated" in told["first_gaps"][0]["reason"]
    assert told["sealed"]["images"] == 25
    labels = told["labels"]
    assert (labels["rows"], labels["positive"], labels["goes_scale"]) == (25, 19, "operational")
    assert labels["positive"] + labels["negative"] + labels["unlabelled"] == 25
    assert sum(labels["excluded"].values()) == labels["unlabelled"] > 0
    assert "Classes are compared on the operational scale." in labels["notes"]
    rows = pd.read_parquet(out / "labels.parquet")
    index = pd.read_parquet(out / "index.parquet")
    assert rows["key"].tolist() == index.loc[index["status"] == "image", "key"].tolist()
    assert run(monkeypatch, *typed) == 0
    assert json.loads(capsys.readouterr().out)["done_before"] == 25
    assert run(monkeypatch, "verify", out, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "store": str(out), "sound": True, "sealed": True, "waiting_units": 0, "damage": []
    }  # fmt: skip


def test_a_list_of_two_scales_is_put_on_one(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, flares = tmp_path / "store", tmp_path / "goes.csv"
    flares.write_text("start,class\n2014-12-30 10:00,C1.0\n2015-01-01 12:00,C8.0\n2021-01-01 20:00,M5.4\n")
    typed = ("build", "--images", images, "--out", out, "--size", "16", "--to", "2015-01-01T02:00Z")
    assert run(monkeypatch, *typed, "--flares", flares) == 2
    said = capsys.readouterr().err
    assert "--goes-scale science, or --goes-scale operational" in said
    assert said.count("\n") == 1
    assert not out.exists()
    for scale, positive in (("operational", 0), ("science", 2)):  # C8.0 is M1.1
        assert run(monkeypatch, *typed, "--flares", flares, "--goes-scale", scale, "--json") == 0
        labels = json.loads(capsys.readouterr().out)["labels"]
        assert (labels["goes_scale"], labels["positive"]) == (scale, positive)
    assert run(monkeypatch, "seal", out, "--flares", flares) == 2
    assert "two GOES scales" in capsys.readouterr().err
    assert run(monkeypatch, "seal", out, "--flares", flares, "--goes-scale", "operational") == 0


def test_in_words(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "store"
    period = ("--from", "2015-01-01T01:00Z", "--to", "2015-01-01T12:00Z")
    typed = ("build", "--images", images, "--out", out, "--size", "16", *period)
    assert run(monkeypatch, *typed, "--flares", images / "goes.csv") == 0
    said = capsys.readouterr().out
    assert "10 images in 11 units (0 units were there already), 1 gaps" in said
    assert "15 files left out: outside the period asked for" in said
    assert "gap 2015-01-01 02:00: " in said
    assert f"Sealed: {out} holds 10 images, 1 gaps, 0 stale images" in said
    assert "10 images: 10 with a flare of M1.0 or above within 24h, 0 without, 0 without a label" in said
    assert str(out / "labels.parquet") in said


def test_parts_and_seal(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "store"
    for part in ("1/2", "2/2"):
        typed = ("build", "--images", images, "--out", out, "--size", "16", "--shard", part)
        assert run(monkeypatch, *typed) == 0
        said = capsys.readouterr().out
        assert f"13 units of part {part}" in said
        assert f"flarescope store seal {out}" in said
        assert not (out / "index.parquet").exists()
    assert run(monkeypatch, "seal", out, "--flares", images / "goes.csv", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["images"], told["gaps"], told["labels"]["positive"]) == (25, 1, 19)
    assert run(monkeypatch, "seal", out) == 0
    assert "holds 25 images, 1 gaps" in capsys.readouterr().out
    assert run(monkeypatch, "verify", out) == 0  # with labels beside the index
    assert capsys.readouterr().out == f"{out}: sound.\n"
    assert run(monkeypatch, "info", out, "--json") == 0
    assert json.loads(capsys.readouterr().out)["labels"]["of_this_index"]
    (out / "labels.parquet").write_bytes((out / "labels.parquet").read_bytes() + b"x")
    assert run(monkeypatch, "verify", out) == 1
    assert "labels.parquet: its bytes are not those that were written" in capsys.readouterr().out


def test_half_of_the_parts_is_not_sealed_unasked(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "store"
    typed = ("build", "--images", images, "--out", out, "--size", "16", "--to", "2015-01-01T06:00Z")
    assert run(monkeypatch, *typed, "--shard", "2/3") == 0
    capsys.readouterr()
    assert run(monkeypatch, "seal", out) == 2
    said = capsys.readouterr().err
    assert "--shard 1/3, 3/3. Build them first" in said
    assert said.endswith(f"flarescope store seal {out} --partial\n")
    assert said.count("\n") == 1
    assert not (out / "index.parquet").exists()
    assert run(monkeypatch, "seal", out, "--partial") == 0
    assert "holds 2 images" in capsys.readouterr().out
    assert not (out / "units").exists()


def test_what_is_not_sealed_is_not_called_sound(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "store"
    typed = ("build", "--images", images, "--out", out, "--size", "16", "--to", "2015-01-01T06:00Z")
    assert run(monkeypatch, *typed, "--shard", "1/3") == 0
    capsys.readouterr()
    assert run(monkeypatch, "verify", out) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{out}: not sealed, 2 units are waiting.")
    assert said.endswith(f"flarescope store seal {out}\n")
    assert run(monkeypatch, "verify", out, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["sealed"], told["waiting_units"], told["damage"]) == (False, False, 2, [])
    assert run(monkeypatch, *typed) == 0
    assert run(monkeypatch, "verify", out) == 0


def test_a_flipped_byte_ends_with_1_and_its_name(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = sorted(built.glob("shards/*.npy"))[1]
    data = bytearray(shard.read_bytes())
    data[-7] ^= 4
    shard.write_bytes(data)
    assert run(monkeypatch, "verify", built) == 1
    said = capsys.readouterr().out
    assert shard.name in said
    assert f"Type: flarescope store repair {built}" in said
    assert said.endswith(f"{built}: 1 file is damaged.\n")
    assert run(monkeypatch, "verify", built, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["sound"]
    assert shard.name in told["damage"][0]["path"]
    assert told["damage"][0]["kind"] == "damaged"


def test_where_every_file_is_a_gap_the_gaps_are_told_first(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    name = sorted(images.rglob("*.jpg"))[0].name
    (folder / name).write_bytes(b"no image")
    flares, out = images / "goes.csv", tmp_path / "store"
    typed = ("build", "--images", folder, "--out", out, "--size", 16, "--flares", flares)
    assert run(monkeypatch, *typed) == 2
    said = capsys.readouterr()
    assert "0 images in 1 units (0 units were there already), 1 gaps." in said.out
    assert f": {name}: its first bytes" in said.out
    assert said.err.endswith("holds no image, so there is nothing to label.\n")
    assert run(monkeypatch, *typed, "--json") == 2
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["gaps"], told["labels"], len(told["first_gaps"])) == (1, None, 1)
    assert said.err.count("\n") == 1


def test_repair_tells_what_is_kept_and_what_is_lost(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = sorted(built.glob("shards/*.npy"))[0]
    shard.write_bytes(b"")
    assert run(monkeypatch, "repair", built, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["days_mended"], told["records"]) == (1, [])
    assert told["lost"][0]["reason"] == "damaged on disk (the arrays of its day). Fetch or build it again."
    assert run(monkeypatch, "repair", built) == 0
    assert capsys.readouterr().out == f"{built}: 0 days mended; 0 images of them kept, 0 lost.\n"
    sorted(built.glob("shards/*.npy"))[0].unlink()
    assert run(monkeypatch, "repair", built) == 0
    said = capsys.readouterr().out
    assert "  gap 20" in said
    assert said.endswith(
        "Type the command that filled the store again: it fetches or builds what was lost.\n"
    )
    assert run(monkeypatch, "verify", built) == 0


@pytest.mark.parametrize("command", [("info",), ("export", "--zarr", "{here}/z")], ids=["info", "export"])
def test_a_damaged_index_is_told_in_one_line(
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
) -> None:
    index = built / "index.parquet"
    for damaged in (index.read_bytes()[:-20], index.read_bytes()[:300] * 9, b""):
        index.write_bytes(damaged)
        assert run(monkeypatch, *(part.format(here=tmp_path) for part in command), built) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "the index cannot be read" in err
        assert err.endswith("Seal the store again.\n")
        assert err.count("\n") == 1


def test_what_a_store_holds(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "info", built, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["images"], told["gaps"], told["stale"], told["days"]) == (25, 1, 0, 2)
    assert (told["first"], told["last"]) == ("2015-01-01T00:00:00Z", "2015-01-02T01:00:00Z")
    assert told["preparation"]["size"] == 16
    assert told["labels"] is None
    assert len(told["reasons"]) == 1
    assert run(monkeypatch, "info", built) == 0
    said = capsys.readouterr().out
    assert "images: 25" in said
    assert "labels: none" in said


def test_reasons_are_counted_without_their_times() -> None:
    said = {
        "a.jpg: it is truncated.": "it is truncated.",
        "the same image was already there for 2026-02-03T11:00:00Z": "the same image was already there for …",
        "None within 6 minutes of 2026-02-03 11:00. Wait.": "None within 6 minutes of …. Wait.",
        "b: it is of 2026-02-03T11:00:00.250Z, not 2026-02-03T12:00Z.": "it is of …, not ….",
    }
    assert {reason: _kind(reason) for reason in said} == said


def test_a_store_can_be_exported(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    zarr = pytest.importorskip("zarr")
    assert run(monkeypatch, "export", built, "--zarr", tmp_path / "store.zarr", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["images"], told["zarr"]) == (25, str(tmp_path / "store.zarr"))
    group = zarr.open_group(tmp_path / "store.zarr", mode="r")
    assert group["images"].shape == (25, 16, 16)


def test_as_a_shipped_network_wants_it(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "store"
    period = ("--to", "2015-01-01T02:00Z")
    assert run(monkeypatch, "build", "--images", images, "--out", out, "--like", "compact", *period) == 0
    assert json.loads((out / "store.json").read_text())["preparation"]["disk_radius"] == 200.0


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (("build", "--images", "{here}/nowhere", "--out", "{here}/s"), "nowhere is not a folder"),
        (("build", "--images", "{empty}", "--out", "{here}/s"), "no image"),
        (("build", "--images", "{here}", "--out", "{here}/s"), "would lie in {here}, whose images"),
        (("build", "--images", "{here}/s/../", "--out", "{here}/s/t"), "Choose a place outside"),
        (("build", "--images", "{images}", "--out", "{images}/goes.csv"), "is not a folder"),
        (("build", "--images", "{images}", "--out", "{here}/s", "--shard", "3/2"), "Shard '3/2'"),
        (
            ("build", "--images", "{images}", "--out", "{here}/s", "--shard", "1/2", "--flares", "f.csv"),
            "Labels belong to the whole store",
        ),
        (("build", "--images", "{images}", "--out", "{here}/s", "--fit", "squash"), "No fit named 'squash'"),
        (("build", "--images", "{images}", "--out", "{here}/s", "--fit", "scale"), "Fit 'scale'"),
        (("build", "--images", "{images}", "--out", "{here}/s", "--view", "disk"), "'disk'"),
        (("build", "--images", "{images}", "--out", "{here}/s", "--encoding", "g"), "'g'"),
        (
            ("build", "--images", "{images}", "--out", "{here}/s", "--like", "compct"),
            "mean 'compact'?",
        ),
        (("build", "--images", "{images}", "--out", "{here}/s", "--like", "artefact_free"), "many sizes"),
        (
            ("build", "--images", "{images}", "--out", "{here}/s", "--like", "compact", "--size", "64"),
            "leave --size, --fit and --encoding out",
        ),
        (("build", "--images", "{images}", "--out", "{here}/s", "--from", "soon"), "Time 'soon'"),
        (("build", "--images", "{images}", "--out", "{here}/s", "--at-least", "Q1"), "GOES class 'Q1'"),
        (("build", "--images", "{images}", "--out", "{here}/s", "--dask", "nowhere"), "Dask"),
        (
            (
                "build",
                "--images",
                "{images}",
                "--out",
                "{here}/s",
                "--from",
                "2015-01-02",
                "--to",
                "2015-01-01",
            ),
            "is not later than",
        ),
        (
            ("build", "--images", "{images}", "--out", "{here}/s", "--to", "2014-01-01"),
            "files left out: outside the period asked for",
        ),
        (("build", "--images", "{images}", "--out", "{here}/s", "--size", "1000000"), "4096"),
        (
            (
                "build",
                "--images",
                "{images}",
                "--out",
                "{here}/s",
                "--size",
                "16",
                "--to",
                "2015-01-01T02:00",
                "--flares",
                "{images}/goes.csv",
                "--within",
                "ever",
            ),
            "Window 'ever' is for stores of regions",
        ),
        (("verify", "{here}"), "store"),
        (("seal", "{here}/nowhere"), "store"),
        (("info", "{here}/nowhere"), "store"),
        (("export", "{here}/nowhere", "--zarr", "{here}/z"), "store"),
    ],
)
def test_wrong_inputs_say_so_in_one_line(
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: tuple[str, ...],
    message: str,
) -> None:
    places = {"here": tmp_path, "images": images, "empty": tmp_path / "empty"}
    places["empty"].mkdir()
    assert run(monkeypatch, *(part.format(**places) for part in typed)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message.format(**places) in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["", "build", "seal", "verify", "export", "info"])
def test_help_has_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(monkeypatch, *filter(None, [command]), "--help") == 0
    assert "Example: flarescope store" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("name", "typed"), [("distributed", "build"), ("zarr", "export")])
def test_what_is_not_installed_is_named(
    images: Path,
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    typed: str,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, name, None)
    more: tuple[Any, ...] = ("--images", images, "--out", tmp_path / "s", "--dask", "local")
    if typed == "export":
        more = (built, "--zarr", tmp_path / "z")
    assert run(monkeypatch, typed, *more) == 2
    assert "flarescope[dask]" in capsys.readouterr().err
