"""Forecasts made again on definitive images; what cannot be is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.evaluation.issued import asked_of, image_time, oldest_image, region_of
from flarescope.evaluation.pairs import Asked
from flarescope.evaluation.rerun import forecast_images, rerun
from flarescope.evaluation.sides import Wanted, kind_of, read_sides, said_of
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.forecast import Forecast
from flarescope.forecaster import Question, make_forecast
from flarescope.sources.files import read_magnetogram
from flarescope.sources.forecast_json import parse_forecast
from flarescope.sun import Position
from flarescope.synthetic.disk import Bipole, full_disk

Sharp = Callable[..., Path]
HOURS = [datetime(2024, 6, 10, 12, tzinfo=UTC) + k * timedelta(hours=6) for k in range(4)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, write_sharp: Sharp) -> tuple[Path, Path]:
    home = tmp_path_factory.mktemp("images")
    for k, hour in enumerate(HOURS):
        write_sharp(home / "nrt", hour, strength=900.0 + 300 * k, nrt=True)
        write_sharp(home / "definitive", hour, strength=900.0 + 300 * k)
    write_sharp(home / "definitive", HOURS[0], noaa=12399, strength=400.0)
    return home / "nrt", home / "definitive"


@pytest.fixture(scope="module")
def issued(folders: tuple[Path, Path], catalog: FlareCatalog) -> dict[str, Forecast]:
    """As a service would have stored them: to JSON and back."""
    made = forecast_images(folders[0].iterdir(), flares=catalog)
    assert made.missed == ()
    assert made.notes == (
        "4 of 4 images: DSUN_OBS, RSUN_OBS not in the header: taken from the ephemeris",
        "4 of 4 images: made near-real-time-like in a test from the definitive file",
    )
    return {f"{k}.json": parse_forecast("x", json.loads(f.to_json())) for k, f in enumerate(made.again)}


def test_the_same_hour_region_and_question(
    issued: dict[str, Forecast], folders: tuple[Path, Path], catalog: FlareCatalog
) -> None:
    found = rerun(issued, folders[1].iterdir(), flares=catalog)
    assert found.missed == found.notes == ()
    assert [p.name for p in found.images] == [f"made_up.12345.{hour:%Y%m%d_%H%M}.fits" for hour in HOURS]
    for a, b, path in zip(found.issued, found.again, found.images, strict=True):
        direct = make_forecast(flares=catalog, image=read_magnetogram(path))
        assert (b.observed, asked_of(b), b.probability) == (a.observed, asked_of(a), direct.probability)
        assert region_of(b).noaa == region_of(a).noaa == (12345,)
        assert b.inputs["made_again"].startswith("issued ")
    assert any(
        a.probability != pytest.approx(b.probability) for a, b in zip(found.issued, found.again, strict=True)
    )


def test_nothing_later_than_the_hour_is_seen(
    issued: dict[str, Forecast], folders: tuple[Path, Path], catalog: FlareCatalog
) -> None:
    one, hour = {"x": issued["0.json"]}, HOURS[0]
    before = rerun(one, folders[1].iterdir(), flares=catalog).again[0]

    def with_flare(start: datetime) -> Forecast:
        flare = Flare(start, GoesClass("X9.0"), start, start + timedelta(minutes=1), None, 12345)
        more = replace(catalog, flares=(*catalog.flares, flare))
        return rerun(one, folders[1].iterdir(), flares=more).again[0]

    assert with_flare(hour).probability == before.probability
    assert with_flare(hour + timedelta(seconds=1)).notes == before.notes
    assert with_flare(hour - timedelta(hours=3)).probability > before.probability


def test_an_image_seconds_later_serves_without_later_flares(
    tmp_path: Path, write_sharp: Sharp, issued: dict[str, Forecast], catalog: FlareCatalog
) -> None:
    path = write_sharp(tmp_path / "late", HOURS[0] + timedelta(seconds=20))
    found = rerun({"x": issued["0.json"]}, [path], flares=catalog)
    assert found.again[0].observed == HOURS[0] + timedelta(seconds=20)
    flare = Flare(HOURS[0] + timedelta(seconds=10), GoesClass("M1.0"))
    more = replace(catalog, flares=(*catalog.flares, flare))
    blind = rerun({"x": issued["0.json"]}, [path], flares=more)
    assert (blind.again[0].probability, blind.again[0].notes) == (
        found.again[0].probability,
        found.again[0].notes,
    )
    later = write_sharp(tmp_path / "later", HOURS[0] + timedelta(minutes=3))
    missed = rerun({"x": issued["0.json"]}, [later], flares=catalog).missed
    assert "later than the hour" in missed[0].reason


def live(image: Path, catalog: FlareCatalog, age: timedelta, allowed: timedelta) -> Forecast:
    """As a live forecast of that hour would have been issued, and stored."""
    shown = read_magnetogram(image)
    made = make_forecast(
        flares=catalog,
        image=shown,
        at=shown.time + age,
        oldest_image=allowed,
        inputs={"image": f"JSOC near-real-time: {image.name}, taken {shown.time:%Y-%m-%dT%H:%M:%SZ}"},
    )
    return parse_forecast("x", json.loads(made.to_json()))


@pytest.mark.parametrize("minutes", [13, 57, 119, 121, 180])
@pytest.mark.parametrize("says", [True, False], ids=["says its image's time", "of an older flarescope"])
def test_a_live_forecast_is_made_again_on_the_image_of_its_own_time(
    tmp_path: Path, write_sharp: Sharp, catalog: FlareCatalog, minutes: int, says: bool
) -> None:
    age, allowed = timedelta(minutes=minutes), timedelta(hours=3)
    said = live(write_sharp(tmp_path / "nrt", HOURS[0], nrt=True), catalog, age, allowed)
    if not says:
        older = {k: v for k, v in said.inputs.items() if k not in {"image_time", "oldest_image"}}
        said = replace(said, inputs=older)
    assert (image_time(said), oldest_image(said)) == (HOURS[0], allowed)
    right = write_sharp(tmp_path / "definitive", HOURS[0])
    other = write_sharp(tmp_path / "definitive", HOURS[0] + age, strength=300.0)
    found = rerun({"x": said}, [right, other], flares=catalog)
    assert (found.images, found.missed) == ((right,), ())
    direct = make_forecast(
        flares=catalog, image=read_magnetogram(right), at=HOURS[0] + age, oldest_image=allowed
    )
    assert (found.again[0].observed, found.again[0].probability) == (HOURS[0] + age, direct.probability)
    without = rerun({"x": said}, [other], flares=catalog)
    assert without.again == ()
    assert without.missed[0].reason == "no definitive image within 0:06:00 of 2024-06-10T12:00:00Z"


def test_the_age_that_was_allowed_at_issue_is_allowed_again(
    tmp_path: Path, write_sharp: Sharp, catalog: FlareCatalog
) -> None:
    right, age = write_sharp(tmp_path / "definitive", HOURS[0]), timedelta(hours=5)
    nrt = write_sharp(tmp_path / "nrt", HOURS[0], nrt=True)
    said = live(nrt, catalog, age, timedelta(hours=6))
    assert said.inputs["oldest_image"] == "6h"
    assert rerun({"x": said}, [right], flares=catalog).images == (right,)
    undated = replace(said, inputs={"image": nrt.name.replace("20240610_1200", "20240610_120000_TAI")})
    missed = rerun({"x": undated}, [right], flares=catalog).missed
    assert "more than 186 minutes before the hour" in missed[0].reason
    wrong = {
        "time": {"image_time": "noon"},
        "limit": {"oldest_image": "long", "image_time": "2024-06-10T12:00Z"},
    }
    broken = {name: replace(said, inputs=inputs) for name, inputs in wrong.items()}
    reasons = {one.name: one.reason for one in rerun(broken, [right], flares=catalog).missed}
    assert "'noon' cannot be read" in reasons["time"]
    assert "Duration 'long' cannot be read" in reasons["limit"]


def test_what_could_not_be_made_again_is_listed(
    issued: dict[str, Forecast], folders: tuple[Path, Path], catalog: FlareCatalog, tmp_path: Path
) -> None:
    a = issued["1.json"]
    odd = {
        "alone": make_forecast(flares=catalog, at=HOURS[1]),
        "hole": replace(a, observed=a.observed - timedelta(hours=3), inputs={}),
        "other region": replace(a, regions=({"noaa": [11111], "harp": 1},)),
        "disk": replace(a, notes=()),
        "fine": a,
    }
    broken = tmp_path / f"{HOURS[2]:broken_%Y}.fits"
    broken.write_bytes(b"SIMPLE  =" + b"x" * 100)
    found = rerun(odd, [*folders[1].iterdir(), broken], flares=catalog)
    reasons = {one.name: one.reason for one in found.missed}
    assert len(found.again) == 1
    assert reasons["alone"] == "it was issued without an image (state history_only)"
    assert reasons["hole"].startswith("no definitive image within 0:06:00 of 2024-06-10T15:00:00Z")
    assert "shows its region" in reasons["other region"]
    assert "shows its region" in reasons["disk"]


def test_other_models_and_other_lists_are_said(
    issued: dict[str, Forecast], folders: tuple[Path, Path], catalog: FlareCatalog
) -> None:
    other = [replace(f, model="older@1", rivals={**f.rivals, "history": 0.9}) for f in issued.values()]
    notes = rerun(other, folders[1].iterdir(), flares=catalog).notes
    assert notes[0].startswith("4 of 4 forecasts were issued by another model")
    assert notes[1].startswith("In 4 of 4 forecasts the flare history alone differs")


def test_questions_of_other_windows() -> None:
    day = HOURS[0] + timedelta(days=1)
    said = make_forecast(at=HOURS[0], question=Question("M1.0", 24.0, 48.0))
    assert said.valid_from == day
    assert asked_of(said) == Asked("M1.0", 24.0, 48.0)
    assert region_of(said) is None
    assert said_of("x", [said]).asked == (Asked("M1.0", 24.0, 48.0),)


def test_sides_of_images_have_fields_and_outcomes(folders: tuple[Path, Path], catalog: FlareCatalog) -> None:
    sides = read_sides(*folders, Wanted(flares=catalog))
    assert (len(sides.nrt), len(sides.definitive), len(sides.fields)) == (4, 5, 4)
    assert [f.scale for f in sides.fields] == pytest.approx([1 / 1.05] * 4, abs=0.01)
    assert np.isfinite(sides.observed).all()
    assert any("RSUN_OBS not in the header" in note for note in sides.notes)


def test_kinds_of_input(tmp_path: Path, folders: tuple[Path, Path], catalog: FlareCatalog) -> None:
    assert [kind_of(p) for p in (folders[0], Path("a.jsonl"), Path("a.csv"))] == [
        "images",
        "forecasts",
        "table",
    ]
    with pytest.raises(BadFileError, match="0 magnetograms and 0 JSON files"):
        kind_of(tmp_path)
    with pytest.raises(BadOptionError, match="there is no flare list"):
        read_sides(*folders, Wanted())
    with pytest.raises(BadOptionError, match="given twice"):
        read_sides(folders[0], folders[0], Wanted(flares=catalog))
    (tmp_path / "x.fits").write_bytes(b"SIMPLE  = no")
    with pytest.raises(
        MissingDataError, match=r"no forecast could be made on these images\. The first of 1: x\.fits"
    ):
        read_sides(tmp_path, folders[1], Wanted(flares=catalog))


def test_a_linked_folder_is_followed_where_it_is_given_itself(
    folders: tuple[Path, Path], catalog: FlareCatalog, tmp_path: Path
) -> None:
    link, around = tmp_path / "link", tmp_path / "around"
    link.symlink_to(folders[1], target_is_directory=True)
    assert kind_of(link) == "images"
    found = read_sides(folders[0], link, Wanted(flares=catalog))
    assert (len(found.nrt), found.definitive.name) == (4, str(link))
    with pytest.raises(BadOptionError, match="given twice"):
        read_sides(folders[1], link, Wanted(flares=catalog))
    around.mkdir()
    (around / "2024").symlink_to(folders[1], target_is_directory=True)
    with pytest.raises(BadFileError, match=r"0 magnetograms.*Linked folders in it are not followed\.$"):
        kind_of(around)


def test_an_image_without_weight_is_known_by_what_the_forecaster_says(
    folders: tuple[Path, Path], catalog: FlareCatalog
) -> None:
    region = read_magnetogram(next(folders[0].iterdir()))
    disk = full_disk(region.time, (Bipole(Position(20.0, 15.0)),))
    made = [
        make_forecast(flares=catalog, image=region),
        make_forecast(flares=None, image=region),
        make_forecast(flares=catalog, image=disk),
        make_forecast(flares=catalog, at=region.time),
    ]
    said = said_of("x", made)
    assert said.image_unused.tolist() == [False, True, True, False]
    assert np.isfinite(said.of_rival("image")).tolist() == [True, True, True, False]
    assert np.isfinite(said.of_rival("image_and_history")).tolist() == [False, False, True, False]
