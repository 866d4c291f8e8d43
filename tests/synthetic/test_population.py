"""Made-up regions have the sizes, polarities and flares that their docstrings promise."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flarescope.errors import BadOptionError
from flarescope.geometry import CeaGrid
from flarescope.preparation import Preparation
from flarescope.sources.region_tables import read_sharp_keywords
from flarescope.synthetic import MADE_UP, MadeUpRegion, population
from flarescope.synthetic.law import flare_rate, pil_flux
from flarescope.synthetic.regions import HALF_PASSAGE
from flarescope.synthetic.spots import ACTIVE_GAUSS, PIXEL_CM2, PIXEL_MSH, Spots

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.sun import Magnetogram

KS_AT_1_PERCENT = 1.63


@pytest.fixture(scope="module")
def regions() -> tuple[MadeUpRegion, ...]:
    return population(300, seed=5)


@pytest.fixture(scope="module")
def many() -> tuple[MadeUpRegion, ...]:
    return population(857, seed=2020)


def active_flux(region: MadeUpRegion, m: Magnetogram) -> tuple[float, float]:
    """Unsigned radial flux and area of a map's active pixels, measured as HMI does."""
    radial = np.abs(m.field) / region.foreshortening(m.time)
    active = radial > ACTIVE_GAUSS
    return float(radial[active].sum()) * PIXEL_CM2, float(active.sum()) * PIXEL_MSH


def leading_polarity(region: MadeUpRegion) -> float:
    """The sign of the flux-weighted west: positive where the western flux is positive."""
    m = region.magnetogram(region.crossing, noise_gauss=0.0)
    west = np.arange(m.field.shape[1]) - (m.field.shape[1] - 1) / 2
    return float(np.sign(np.sum(m.field * west)))


def test_the_stated_flux_is_the_flux_of_the_map(regions: tuple[MadeUpRegion, ...]) -> None:
    large = [r for r in regions if r.usflux > 3e21][:40]
    ratios = []
    for region in large:
        time = region.crossing + timedelta(days=1)
        flux, area = active_flux(region, region.magnetogram(time))
        share = region.size(time)
        ratios.append((flux / (region.usflux * share), area / (region.area_msh * share)))
    flux_ratio, area_ratio = np.array(ratios).T
    assert np.median(flux_ratio) == pytest.approx(1.0, abs=0.02)
    assert np.abs(flux_ratio - 1).max() < 0.10
    assert np.median(area_ratio) == pytest.approx(1.0, abs=0.05)


def test_a_map_says_where_it_is_and_that_it_was_made_up(regions: tuple[MadeUpRegion, ...]) -> None:
    region = regions[0]
    time = region.crossing + timedelta(days=2)
    m = region.magnetogram(time)
    assert isinstance(m.geometry, CeaGrid)
    assert m.geometry.degrees_per_pixel == 0.03
    assert m.geometry.longitude == pytest.approx(26.4)
    assert m.geometry.latitude == region.latitude
    assert (m.view, m.encoding, m.field.shape) == ("region", "gauss", region.shape)
    assert m.origin.source == MADE_UP
    assert "made up" in m.notes[0]
    again = region.magnetogram(time)
    assert np.array_equal(m.field, again.field)


def test_the_noise_is_twelve_gauss(regions: tuple[MadeUpRegion, ...]) -> None:
    region = max(regions, key=lambda r: r.shape[0] * r.shape[1] / r.usflux)
    field = region.magnetogram(region.crossing).field
    assert 1.4826 * np.median(np.abs(field)) == pytest.approx(12.0, rel=0.15)


def test_a_frame_stays_while_the_region_grows(regions: tuple[MadeUpRegion, ...]) -> None:
    days = np.linspace(-3, 3, 7)
    region = max((r for r in regions if r.sizes(days).min() < 0.6), key=lambda r: r.usflux)
    maps = [region.magnetogram(region.crossing + timedelta(days=float(d)), noise_gauss=0.0) for d in days]
    assert {m.field.shape for m in maps} == {region.shape}
    flux = np.array([active_flux(region, m)[0] for m in maps])
    assert flux / region.usflux == pytest.approx(region.sizes(days), rel=0.02)


def test_sizes_never_exceed_the_largest_within_45_degrees(regions: tuple[MadeUpRegion, ...]) -> None:
    days = np.linspace(-3.4, 3.4, 69)
    for region in regions[:50]:
        assert region.sizes(days).max() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("cycle", "north"), [(24, -1), (25, 1)])
def test_hales_law_and_its_exceptions(cycle: int, north: int) -> None:
    found = population(60, seed=11, cycle=cycle)
    expected = [
        north * (1 if r.latitude > 0 else -1) * (-1 if r.anti_hale else 1) for r in found if r.usflux > 5e21
    ]
    seen = [leading_polarity(r) for r in found if r.usflux > 5e21]
    assert np.mean(np.array(seen) == expected) > 0.95


def test_cycle_25_is_cycle_24_with_signs_swapped_on_the_whole() -> None:
    both = [np.mean([leading_polarity(r) * np.sign(r.latitude) for r in population(40, seed=2, cycle=c)])
            for c in (24, 25)]  # fmt: skip
    assert both[0] < -0.5
    assert both[1] > 0.5


def test_joys_law_leading_spots_lie_nearer_the_equator(regions: tuple[MadeUpRegion, ...]) -> None:
    tilts = []
    for region in regions:
        if region.pil_flux < 0.1 * region.usflux:  # polarities well apart
            west, east = region.spots.x > 0, region.spots.x < 0
            weight = np.abs(region.spots.peak) * region.spots.sigma**2
            rise = np.average(region.spots.y[west], weights=weight[west]) - np.average(
                region.spots.y[east], weights=weight[east]
            )
            tilts.append(rise * np.sign(region.latitude))
    assert len(tilts) > 50
    assert np.mean(np.array(tilts) < 0) > 0.65


def test_shares_south_anti_hale_and_flaring(many: tuple[MadeUpRegion, ...]) -> None:
    assert np.mean([r.latitude < 0 for r in many]) == pytest.approx(1.25 / 2.25, abs=0.05)
    assert np.mean([r.anti_hale for r in many]) == pytest.approx(0.06, abs=0.03)
    flaring = sum(r.flaring for r in many)
    assert 130 <= flaring <= 200  # 161 in the paper
    assert all(
        abs(t - r.crossing) <= HALF_PASSAGE + timedelta(hours=1) for r in many for t in r.flares
    )  # fmt: skip
    assert all(list(r.flares) == sorted(r.flares) for r in many)
    width = np.array([r.shape[1] for r in many])
    yes = np.array([r.flaring for r in many])
    assert np.median(width[yes]) > 1.3 * np.median(width[~yes])
    evened = 0.03 / 256 * np.array([(width[yes].mean() + width[~yes].mean()) / 2])
    assert evened[0] == pytest.approx(0.11, abs=0.012)


def test_a_larger_count_changes_no_region_and_another_seed_does() -> None:
    few, more, other = population(3, seed=1), population(5, seed=1), population(3, seed=2)
    assert [r.usflux for r in few] == [r.usflux for r in more[:3]]
    assert few[2].flares == more[2].flares
    assert few[0].usflux != other[0].usflux
    later = population(1, seed=1, first_number=3)[0]
    assert later.usflux == few[2].usflux


def test_activity_and_period_are_obeyed() -> None:
    quiet = population(40, seed=1, activity=0.0, period=("2016-01-01T00:00Z", "2016-02-01T00:00Z"))
    assert not any(r.flaring for r in quiet)
    assert {(r.crossing.year, r.crossing.month) for r in quiet} == {(2016, 1)}


@pytest.mark.parametrize(
    "bad", [{"count": 0}, {"cycle": 23}, {"activity": -1.0}, {"period": ("2016-02-01Z", "2016-01-01Z")}]
)
def test_what_cannot_be_made_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(BadOptionError):
        population(**({"count": 3, "seed": 0} | bad))  # type: ignore[arg-type]


def test_flux_near_inversion_lines_needs_both_signs_close_together() -> None:
    def pair(apart: float, sign: float) -> float:
        at = np.array([-apart / 2, apart / 2])
        spots = Spots(at, np.zeros(2), np.full(2, 12.0), np.array([1500.0, sign * 1500.0]))
        return pil_flux(spots.field((200, 400)), megametres_per_pixel=0.364)

    by_distance = [pair(apart, -1.0) for apart in (40, 80, 120, 200)]
    assert all(near > far for near, far in pairwise(by_distance))
    assert pair(80, 1.0) == pytest.approx(0.0, abs=1e-3 * by_distance[0])
    assert flare_rate(2e22, 1e21) > flare_rate(1e22, 1e21) > flare_rate(1e22, 5e20)


def test_a_map_is_ready_for_the_networks(regions: tuple[MadeUpRegion, ...]) -> None:
    m = regions[1].magnetogram(regions[1].crossing)
    coarse = Preparation(4, fit="scale", interpolation="area", megametres_per_pixel=1.457).apply(m)
    block = m.field[:4, :4].astype(float).mean()
    assert coarse[0, 0] == pytest.approx(block, abs=1e-3)


@pytest.mark.realdata
def test_sizes_follow_the_real_keywords(data_dir: Path, many: tuple[MadeUpRegion, ...]) -> None:
    table = read_sharp_keywords(data_dir / "sharp_keywords/hourly_2010_2019.parquet")
    table = table[(table["time_utc"] >= "2010-05-01") & (table["time_utc"] < "2018-09-01")]
    table = table.sort_values(["HARPNUM", "time_utc"])
    place = table.groupby("HARPNUM").cumcount() / table.groupby("HARPNUM")["HARPNUM"].transform("size")
    middle = table[(place > 0.15) & (place < 0.85)].astype({"USFLUX": float, "AREA_ACR": float})
    real = middle.groupby("HARPNUM")[["USFLUX", "AREA_ACR"]].max().query("AREA_ACR >= 8.2")
    for name, values in (
        ("USFLUX", [r.usflux for r in many]),
        ("AREA_ACR", [r.area_msh for r in many]),
    ):
        distance = ks_distance(real[name].to_numpy(), np.array(values))
        limit = KS_AT_1_PERCENT * np.sqrt(1 / len(real) + 1 / len(many))  # 0.072
        assert distance < limit, name
    logs = np.log([[r.usflux, r.area_msh] for r in many])
    assert np.corrcoef(logs.T)[0, 1] == pytest.approx(np.corrcoef(np.log(real).T)[0, 1], abs=0.03)


def ks_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference of two cumulative distributions."""
    values = np.sort(np.concatenate([a, b]))
    shares = [np.searchsorted(np.sort(x), values, side="right") / len(x) for x in (a, b)]
    return float(np.max(np.abs(shares[0] - shares[1])))
