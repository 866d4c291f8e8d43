"""The ladder: what is missing is said, what is later is not seen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flarescope.cli import app
from flarescope.errors import BadFileError, BadOptionError, MissingDataError, WrongTimeError
from flarescope.flare import Flare, FlareCatalog, GoesClass
from flarescope.forecaster import Question, explain_image, make_forecast, shipped_fusion
from flarescope.forecaster.shipped import shipped_network
from flarescope.samples.patch import cut
from flarescope.samples.scale import encode
from flarescope.sun import Magnetogram, Position, Region
from flarescope.synthetic import Bipole, flare_list, full_disk

BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
HOUR = datetime(2026, 2, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def flares() -> FlareCatalog:
    return flare_list(BEGIN, END, seed=3)


SPOTS = (
    Bipole(Position(20.0, 15.0), peak_gauss=1800.0, radius_degrees=2.0, separation_degrees=4.0),
    Bipole(Position(-35.0, -12.0), peak_gauss=-1200.0),
)


@pytest.fixture(scope="module")
def disk() -> Magnetogram:
    return full_disk(HOUR, SPOTS, seed=2)


def test_history_alone_says_so(flares: FlareCatalog) -> None:
    said = make_forecast(flares=flares, at=HOUR)
    assert said.state == "history_only"
    assert said.low <= said.probability <= said.high
    assert set(said.rivals) == {"climatology", "trailing_climatology", "persistence", "history"}
    assert said.valid_to - said.valid_from == timedelta(hours=24)
    assert any("No image" in note for note in said.notes)


def test_nothing_later_than_the_hour_is_seen(flares: FlareCatalog) -> None:
    cut = flares.between(BEGIN, HOUR)
    assert make_forecast(flares=cut, at=HOUR).probability == make_forecast(flares=flares, at=HOUR).probability


def test_without_a_usable_list_it_is_climatology(flares: FlareCatalog) -> None:
    nothing = make_forecast(at=HOUR)
    short = make_forecast(flares=flares.between(HOUR - timedelta(days=20), END), at=HOUR)
    old = make_forecast(flares=flares.between(BEGIN, HOUR - timedelta(days=60)), at=HOUR)
    assert nothing.state == short.state == old.state == "climatology"
    assert nothing.low < nothing.probability < nothing.high
    assert "no flare list was given" in nothing.notes[0]
    assert "cover 20 of the 180 days" in short.notes[0]
    assert "they look old" in old.notes[0]


def test_an_image_without_a_list_is_shown_and_not_used(disk: Magnetogram) -> None:
    said = make_forecast(image=disk)
    assert said.state == "climatology"
    assert said.probability == said.rivals["climatology"]
    assert "image" in said.rivals
    assert any("read but not used" in note for note in said.notes)


def test_a_flare_under_way_is_shown_and_not_counted(flares: FlareCatalog) -> None:
    under_way = Flare(HOUR - timedelta(minutes=5), GoesClass("X5.0"), end=HOUR + timedelta(minutes=20))
    more = FlareCatalog((*flares.flares, under_way), flares.coverage)
    said = make_forecast(flares=more, at=HOUR)
    assert said.probability == make_forecast(flares=flares, at=HOUR).probability
    assert any("that began at 2026-02-03T11:55:00Z was under way" in note for note in said.notes)
    assert not any("X5" in note for note in said.notes)


def test_other_classes_and_windows_have_models_of_their_own(flares: FlareCatalog) -> None:
    def p(at_least: str, a: float, b: float) -> float:
        return make_forecast(flares=flares, at=HOUR, question=Question(at_least, a, b)).probability

    assert p("C1.0", 0, 24) > p("M1.0", 0, 24) > p("X1.0", 0, 24)
    assert p("M1.0", 0, 72) > p("M1.0", 0, 24)
    third = make_forecast(flares=flares, at=HOUR, question=Question("M1.0", 48, 72))
    assert third.valid_from == HOUR + timedelta(hours=48)


def test_neither_image_nor_hour_is_told_what_to_type() -> None:
    with pytest.raises(BadOptionError, match="--image FILE, or --at"):
        make_forecast()


def test_an_image_and_a_list_make_it_full_whatever_the_weight(
    disk: Magnetogram, flares: FlareCatalog
) -> None:
    said = make_forecast(image=disk, flares=flares)
    assert said.state == "full"
    assert len(said.regions) >= 2
    assert said.model.startswith("patch_cnn@")
    assert {"image", "history", "climatology"} <= set(said.rivals)
    if shipped_fusion().disk.image == 0.0:
        assert said.probability == said.rivals["history"]
        assert any("weight 0 on the disk" in note for note in said.notes)
    else:
        assert said.probability != said.rivals["history"]


def test_an_empty_disk_has_no_image_rate(flares: FlareCatalog) -> None:
    said = make_forecast(image=full_disk(HOUR, (), seed=2), flares=flares)
    assert said.state == "full"
    assert said.regions == ()
    assert said.rivals["image"] == 0.0


def test_the_image_answers_its_own_question_only(disk: Magnetogram, flares: FlareCatalog) -> None:
    said = make_forecast(image=disk, flares=flares, question=Question("X1.0"))
    assert said.state == "history_only"
    assert any("answers M1.0 0-24h only" in note for note in said.notes)


def test_a_strange_image_is_not_used(disk: Magnetogram, flares: FlareCatalog) -> None:
    strange = replace(disk, notes=("out of distribution: another stretch.",))
    said = make_forecast(image=strange, flares=flares)
    assert said.state == "history_only"
    assert any("not used" in note for note in said.notes)


def test_an_image_from_the_future_is_refused(disk: Magnetogram, flares: FlareCatalog) -> None:
    with pytest.raises(BadOptionError, match="later than the hour"):
        make_forecast(image=disk, flares=flares, at=HOUR - timedelta(hours=1))


def test_an_old_image_is_refused(disk: Magnetogram, flares: FlareCatalog) -> None:
    assert make_forecast(image=disk, flares=flares, at=HOUR + timedelta(minutes=12)).state == "full"
    with pytest.raises(WrongTimeError, match="more than 12 minutes before the hour"):
        make_forecast(image=disk, flares=flares, at=HOUR + timedelta(minutes=13))


def test_a_region_is_asked_about_itself(disk: Magnetogram, flares: FlareCatalog) -> None:
    spot = Region(noaa=(11158,), position=SPOTS[0].position)
    patch = replace(cut(encode(disk), spot), region=spot)
    own = Flare(
        HOUR - timedelta(hours=3), GoesClass("M5.0"), end=HOUR - timedelta(hours=2), noaa_region=11158
    )
    quiet = make_forecast(image=patch, flares=flares)
    active = make_forecast(image=patch, flares=FlareCatalog((*flares.flares, own), flares.coverage))
    assert quiet.state == active.state == "full"
    assert active.probability > quiet.probability
    assert set(quiet.rivals) == {"climatology", "history", "image"}
    with pytest.raises(BadOptionError, match=r"only M1\.0 0-24h can be forecast, not M1\.0 0-72h"):
        make_forecast(image=patch, flares=flares, question=Question("M1.0", 0, 72))


def test_a_region_that_was_in_training_says_so(disk: Magnetogram, flares: FlareCatalog) -> None:
    network = shipped_network()
    assert network is not None
    spot = Region(noaa=(network.training_regions[0],), position=SPOTS[0].position)
    said = make_forecast(image=replace(cut(encode(disk), spot), region=spot), flares=flares)
    assert any(note.startswith("in_training") for note in said.notes)


def test_the_explanation_lies_on_the_regions(disk: Magnetogram) -> None:
    network = shipped_network()
    assert network is not None
    why = explain_image(disk, network)
    assert why.map.shape == disk.field.shape
    assert why.checks["completeness"] <= 0.01
    row, column, _ = why.top_regions(1)[0]
    longitude, latitude = disk.geometry.heliographic(float(column), float(row))  # type: ignore[union-attr]
    assert (
        min(
            abs(float(longitude) - s.position.longitude) + abs(float(latitude) - s.position.latitude)
            for s in SPOTS
        )
        < 12
    )
    with pytest.raises(MissingDataError, match="shows no active region"):
        explain_image(full_disk(HOUR, (), seed=2), network)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("image", "flares"),
    [
        (
            "magnetograms/full_disk_2026/2026/02/03/HMI.m2026.02.03_12.00.00.jpg",
            "flares/lmsal_2026_start_only.csv",
        ),
        (
            "magnetograms/sharp_cea/harp377_hourly/hmi.sharp_cea_720s.377.20110214_120000_TAI.magnetogram.fits",
            "flares/goes_2010_2025.csv",
        ),
    ],
)
def test_real_images_make_full_forecasts(data_dir: Path, image: str, flares: str) -> None:
    typed = ["forecast", "--image", str(data_dir / image), "--flares", str(data_dir / flares), "--json"]
    said = json.loads(CliRunner().invoke(app, typed).stdout)
    assert said["state"] == "full"
    assert said["low"] <= said["probability"] <= said["high"]
    assert said["inputs"]["image"].endswith(image)
    assert said["at_least"] == "M1.0"


@pytest.mark.realdata
def test_faulty_images_end_in_one_line(data_dir: Path) -> None:
    flares = str(data_dir / "flares" / "lmsal_2026_start_only.csv")
    faults = [
        *(data_dir / "faults" / "corrupt_fits").iterdir(),
        *(data_dir / "faults" / "wrong_channel").iterdir(),
    ]
    stale = data_dir / "faults" / "stale_image" / "HMI.m2026.04.19_23.00.00.jpg"
    for fault in [*faults, stale]:
        result = CliRunner().invoke(app, ["forecast", "--image", str(fault), "--flares", flares, "--json"])
        assert isinstance(result.exception, BadFileError), fault
        assert "\n" not in str(result.exception)
        assert fault.name in str(result.exception)
        assert result.stdout == ""
    assert len(faults) == 7
