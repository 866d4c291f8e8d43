"""Trainings on a home-made data set of sixteen pixels: dealt by region, kept, gone on with after a kill."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadOptionError, LeakError, TrainingError
from flarescope.papers.bhattacharjee2020 import cells
from flarescope.papers.bhattacharjee2020.cells import Cell, outcomes, said_of, splits
from flarescope.papers.bhattacharjee2020.seen import transformed
from flarescope.papers.bhattacharjee2020.splits import dealt, even_sample
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation
from flarescope.samples.split import Split
from flarescope.training.run import load_run

REGIONS, TIMES = 18, 4
SMALL = Cell("synthetic", "patch_cnn", {"channels": [2, 4]}, size=16, steps=6, batch=8)


def rows() -> pd.DataFrame:
    """Every third region flares and has twice the field; the last six are of the test period."""
    region = np.repeat(np.arange(REGIONS), TIMES)
    late = region >= REGIONS - 6
    start = np.where(late, np.datetime64("2016-01-01T00"), np.datetime64("2012-01-01T00"))
    hours = (np.tile(np.arange(TIMES), REGIONS) * 6).astype("timedelta64[h]")
    return pd.DataFrame({
        "region": 11000 + region, "group": (11000 + region).astype(str),
        "flaring": (region % 3 == 0).astype(int), "time_utc": start + hours,
        "period": np.where(late, "test", "train"), "latitude": np.where(region % 2, 12.0, -12.0),
    })  # fmt: skip


@dataclass
class HomeMade:
    rows: pd.DataFrame
    stamp: str = "home"

    def __len__(self) -> int:
        return len(self.rows)

    def preparation(self, size: int) -> Preparation:
        return Preparation(size)

    def field_preparation(self) -> Preparation:
        return Preparation(8, fit="scale", megametres_per_pixel=1.457)

    def images(self, size: int) -> np.ndarray:
        noise = np.random.default_rng(0).normal(size=(len(self), size, size))
        return (noise * (1 + self.rows["flaring"].to_numpy()[:, None, None])).astype(np.float16)

    def fields(self) -> list[np.ndarray]:
        return [np.tile(image, (1, 1 + row % 2)) for row, image in enumerate(self.images(16))]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(cells, "dataset", lambda desk, kind: HomeMade(rows()))
    return Desk(None, tmp_path, quick=True)


def test_regions_of_the_first_period_are_dealt_by_thirds() -> None:
    table = rows()
    seen: list[set[str]] = []
    for number in range(3):
        split = dealt(table, number)
        train, test = (set(part["group"]) for part in (split.train, split.test))
        assert not train & test
        assert len(train | test) == REGIONS - 6
        assert set(split.test["period"]) == {"train"}
        flaring = split.test.rows.groupby("group")["label"].max()
        assert (flaring.sum(), len(flaring)) == (1, 4)  # a third of 4 flaring and of 8 quiet regions
        numbers = split.test["row"].to_numpy()
        assert (table["group"].to_numpy()[numbers] == split.test["group"].to_numpy()).all()
        seen.append(test)
    assert seen[0] != seen[1] or seen[1] != seen[2]


def test_a_region_on_both_sides_of_the_date_is_trained_on() -> None:
    table = rows()
    table.loc[table["region"] == 11012, "group"] = "11000"
    split = dealt(table, "chronological")
    assert set(split.train["period"]) == {"train"}
    assert set(split.test["group"]) == {str(11000 + k) for k in range(13, 18)}
    with pytest.raises(LeakError, match="1 units of 'group' are in both train and test, such as '11000'"):
        replace(split, test=split.train.take(np.array([0])))
    assert isinstance(split, Split)


def test_even_samples_hold_both_classes_alike() -> None:
    label = np.array([0] * 50 + [1] * 10)
    even = even_sample(label, count=8, even=True, seed=1)
    assert label[even].sum() == 4
    assert len(even_sample(label, count=40, even=True, seed=1)) == 20
    assert len(set(even_sample(label, count=40, even=False, seed=1))) == 40


def test_a_training_is_a_run_that_can_be_opened(desk: Desk) -> None:
    (made,) = outcomes(desk, [SMALL])
    held = dealt(rows(), 0).test["row"].to_numpy()
    assert (made.rows == held).all()
    assert (made.label == rows()["flaring"].to_numpy()[held]).all()
    run = load_run(made.folder)
    assert run.preparation == Preparation(16)
    assert run.training_regions == tuple(
        sorted(set(rows()["region"]) - set(rows()["region"][held]) - set(range(11012, 11018)))
    )
    np.testing.assert_allclose(said_of(desk, made, held), made.probability, rtol=1e-6)
    calibrated = run.calibration.probability(np.log(made.probability / (1 - made.probability)))
    assert ((calibrated >= run.calibration.threshold) == (made.probability >= 0.5)).all()
    assert list(made.losses.columns) == ["epoch", "train", "validation"]
    assert made.losses["epoch"].iloc[-1] == pytest.approx(6 * 8 / 32)
    assert {path.name for path in made.folder.iterdir()} == {
        "cell.json", "environment.txt", "log.jsonl", "model.json", "model.safetensors", "predictions.parquet",
        "preparation.json", "split.parquet",
    }  # fmt: skip


def test_what_is_finished_is_not_trained_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = outcomes(desk, [SMALL])
    monkeypatch.setattr(cells, "_train", None)
    (again,) = outcomes(desk, [SMALL])
    assert again.folder == first.folder
    np.testing.assert_array_equal(again.probability, first.probability)
    pd.testing.assert_frame_equal(again.losses, first.losses)


class KilledError(Exception):
    pass


@pytest.mark.parametrize("moment", ["training", "writing"])
def test_killed_at_any_moment_it_goes_on(moment: str, desk: Desk, tmp_path: Path, monkeypatch: Any) -> None:
    settings = replace(SMALL, steps=24)
    (whole,) = outcomes(desk, [settings])
    other = Desk(None, tmp_path / "other", quick=True)
    with monkeypatch.context() as patch:

        def killed(*anything: Any, **named: Any) -> None:
            raise KilledError

        if moment == "writing":
            patch.setattr(cells, "expit", killed)
            with pytest.raises(KilledError):
                outcomes(other, [settings])
        else:
            told = iter(range(22))

            def tell(*anything: Any) -> None:
                if next(told, None) is None:
                    raise KilledError

            patch.setattr(cells, "_tell", tell)
            with pytest.raises(KilledError):
                outcomes(other, [settings])
    (folder,) = other.cache("cells").iterdir()
    assert (folder / "checkpoint.safetensors").exists()
    assert not (folder / "predictions.parquet").exists()
    (resumed,) = outcomes(other, [settings])
    np.testing.assert_array_equal(resumed.probability, whole.probability)
    assert (resumed.folder / "model.safetensors").read_bytes() == (
        whole.folder / "model.safetensors"
    ).read_bytes()


def test_every_choice_has_a_folder_of_its_own(desk: Desk) -> None:
    variants = [
        SMALL, replace(SMALL, split=1), replace(SMALL, loss="batch_skill"), replace(SMALL, setting="paper"),
        replace(SMALL, transform="reversed"), replace(SMALL, learning_rate=1e-4), replace(SMALL, batch=4),
        replace(SMALL, steps=7), replace(SMALL, options={"channels": [2, 5]}),
    ]  # fmt: skip
    made = outcomes(desk, variants)
    assert len({one.folder for one in made}) == len(variants)
    settings = json.loads((made[3].folder / "cell.json").read_text())["training"]
    assert (settings["optimizer"], settings["learning_rate"], settings["steps"]) == ("sgd", 5e-6, 6)
    assert "paper" in made[3].folder.name
    assert splits(desk) == range(3)


@pytest.mark.parametrize("name", ["SHIFT", "SHIFT_SHARE", "WATCHED", "SETTLE", "FORGETS"])
def test_every_constant_is_in_the_name_of_the_folder(
    name: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cells._folder(desk, SMALL)
    assert cells._folder(desk, SMALL) == before
    monkeypatch.setattr(cells, name, {"quick": 9} if name == "WATCHED" else 9)
    assert cells._folder(desk, SMALL) != before


def test_transforms_are_of_the_field_and_the_hemisphere() -> None:
    image = np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(transformed(image, 9.0, transform="reversed"), -image)
    np.testing.assert_array_equal(transformed(image, 9.0, transform="hale_joy"), image)
    np.testing.assert_array_equal(transformed(image, np.nan, transform="hale_joy"), image)
    np.testing.assert_array_equal(transformed(image, -9.0, transform="hale_joy"), -image[::-1])
    np.testing.assert_array_equal(transformed(image, -9.0, transform="none"), image)


def test_fields_of_any_size_are_trained_on_whole(desk: Desk) -> None:
    (made,) = outcomes(
        desk, [Cell("synthetic", "artefact_free", {"filters": [2, 2]}, size=0, steps=3, batch=8)]
    )
    assert load_run(made.folder).preparation.fit == "scale"
    np.testing.assert_allclose(said_of(desk, made, made.rows), made.probability)


def test_what_cannot_be_trained_on_is_said_in_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadOptionError, match="16×16 pixels is smaller than cnn2's field of view"):
        outcomes(desk, [Cell("synthetic", size=16, steps=2)])
    quiet = HomeMade(rows().assign(flaring=0))
    monkeypatch.setattr(cells, "dataset", lambda desk, kind: quiet)
    with pytest.raises(TrainingError, match="All 32 training rows have the same label"):
        outcomes(desk, [SMALL])
