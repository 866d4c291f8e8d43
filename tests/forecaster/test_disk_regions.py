"""Where regions are at the image's time, what is behind the limb, and how a map is shared out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import astropy.units as u
import numpy as np
import pytest
from sunpy.sun.models import differential_rotation

from flarescope.errors import BadOptionError
from flarescope.explain import explain
from flarescope.explain.shares import region_shares
from flarescope.forecast import Explanation
from flarescope.forecaster import explain_image, regions_on
from flarescope.forecaster.disk_regions import left_out, shares_of
from flarescope.forecaster.sights import Sight, past_limb, sunlit
from flarescope.samples.patch import cut
from flarescope.samples.scale import encode
from flarescope.sources.srs import RegionSummary, ReportedRegion
from flarescope.sun import Magnetogram, Position, Region
from flarescope.synthetic import Bipole, full_disk
from flarescope.training.run import Run, load_run
from flarescope.training.untrained import untrained_run

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
EAST = Bipole(Position(-30.0, -12.0), peak_gauss=1500.0)
WEST = Bipole(Position(25.0, 15.0), peak_gauss=1800.0)


@pytest.fixture(scope="module")
def disk() -> Magnetogram:
    return encode(full_disk(NOON, (EAST, WEST), pixels=256, seed=2))


def summary(*places: tuple[int, float, float], hours_before: float = 12.0) -> RegionSummary:
    valid = NOON - timedelta(hours=hours_before)
    reported = tuple(ReportedRegion(Region(noaa=(n,), position=Position(x, y))) for n, x, y in places)
    return RegionSummary(valid + timedelta(minutes=30), valid, reported)


@pytest.mark.parametrize("latitude", [0.0, -18.0, 30.0])
def test_regions_turn_with_the_sun_from_the_time_the_list_holds_for(
    disk: Magnetogram, latitude: float
) -> None:
    (found,) = regions_on(disk, summary((14366, -20.0, latitude), hours_before=36.0))
    assert found.noaa == (14366,)
    assert found.position is not None
    assert found.position.latitude == latitude
    turned = differential_rotation(1.5 * u.day, latitude * u.deg, model="howard", frame_time="synodic")
    assert found.position.longitude == pytest.approx(-20.0 + turned.to_value(u.deg), abs=0.2)


def test_what_is_behind_the_limb_is_left_out_and_named(disk: Magnetogram) -> None:
    listed = summary((14366, -20.0, 10.0), (14350, 88.0, 10.0), (14351, 75.0, 10.0))
    assert [region.noaa for region in regions_on(disk, listed)] == [(14366,), (14351,)]
    assert left_out(disk, listed) == (
        "Behind the limb when the image was taken, and left out: AR 14350.",
    )  # fmt: skip
    assert left_out(disk, summary((14366, -20.0, 10.0))) == ()
    assert left_out(disk, None) == ()
    with pytest.raises(BadOptionError, match="does not serve 2026-02-03T12:00:00Z"):
        regions_on(disk, summary((14366, 0.0, 0.0), hours_before=100.0))


def test_without_a_summary_they_are_detected(disk: Magnetogram) -> None:
    found = sorted(region.position.longitude for region in regions_on(disk) if region.position)
    assert found == pytest.approx([-30.0, 25.0], abs=3.0)


def test_a_patch_shows_its_own_region(disk: Magnetogram) -> None:
    region = Region(noaa=(14366,), position=WEST.position)
    patch = cut(disk, region)
    assert regions_on(patch) == (region,)
    assert regions_on(replace(patch, geometry=None)) == ()
    assert regions_on(replace(patch, region=None)) == ()


@pytest.fixture(scope="module")
def network() -> Run:
    return load_run("patch_cnn")


def test_shares_sum_to_one_and_name_the_region_that_is_explained(disk: Magnetogram, network: Run) -> None:
    listed = summary((14366, WEST.position.longitude - 6.6, 15.0), (14365, -36.6, -12.0))
    why = explain_image(disk, network, summary=listed, method="occlusion", mask_pixels=64, stride=64)
    shares = shares_of(disk, why, network, listed)
    assert sum(share.share for share in shares) == pytest.approx(1.0, abs=1e-12)
    assert [share.name for share in shares][-1] == "elsewhere"
    assert {share.name for share in shares} == {"AR 14366", "AR 14365", "elsewhere"}
    assert shares_of(replace(disk, geometry=None), why, network) == ()


def test_what_lies_off_the_disk_is_elsewhere(disk: Magnetogram) -> None:
    network = untrained_run("compact")
    small = replace(network, preparation=replace(network.preparation, size=128, disk_radius=50.0))
    why = explain_image(disk, small, method="occlusion", mask_pixels=64, stride=64)
    lost = why.checks["past_limb"]
    assert lost > 0.05  # four squares in a disk reach over its limb
    assert why.prepared is not None
    shares = shares_of(disk, why, small)
    assert sum(share.share for share in shares) == pytest.approx(1.0, abs=1e-12)
    here = small.preparation.undo_map(why.prepared, disk.with_field(np.zeros(disk.field.shape)))
    off = ~np.isfinite(disk.field)
    assert lost == pytest.approx(np.abs(here[off]).sum() / np.abs(here).sum())
    whole = region_shares(here, disk, regions_on(disk))  # zeros off the disk are no longer lost
    assert [one.share for one in shares] == pytest.approx([one.share for one in whole])


def test_each_region_loses_its_own_part_past_the_limb(disk: Magnetogram, network: Run) -> None:
    prepared = np.ones_like(network.preparation.apply(cut(disk, Region(position=WEST.position))))
    near, far = (cut(disk, Region(position=Position(x, 0.0))) for x in (0.0, 80.0))
    off = ~far.geometry.mask(far.field.shape)  # type: ignore[union-attr]
    assert (~sunlit(Sight(far), network.preparation)).mean() == pytest.approx(off.mean(), abs=0.05)
    assert (
        past_limb([Sight(far)], [Explanation("", far.field, "", prepared=prepared)], network.preparation)
        == 0.0
    )
    far = far.with_field(np.where(off, np.nan, far.field))  # what is zero field keeps its place, NaN does not
    why = Explanation("occlusion", near.field, "zero_field", prepared=prepared)
    assert past_limb([Sight(near)], [why], network.preparation) == 0.0
    alone = past_limb([Sight(far)], [why], network.preparation)
    assert alone == pytest.approx(np.mean(~np.isfinite(far.field)), abs=0.01)
    assert 0.05 < alone < 1.0
    both = past_limb([Sight(near, 0.8), Sight(far, 0.2)], [why, why], network.preparation)
    assert both == pytest.approx(0.2 * alone, rel=0.05)
    nothing = replace(why, prepared=0.0 * prepared)
    assert past_limb([Sight(far)], [nothing], network.preparation) == 0.0


def test_signed_shares_of_a_whole_disk_add_up_to_logits(disk: Magnetogram) -> None:
    network = untrained_run("compact")
    small = replace(network, preparation=replace(network.preparation, size=128, disk_radius=50.0))
    why = explain_image(disk, small, method="integrated_gradients", steps=4, most_steps=4)
    again = explain(
        small.network, small.preparation, disk, method="integrated_gradients", steps=4, most_steps=4,
        views=("full_disk",),
    )  # fmt: skip
    assert np.array_equal(np.nan_to_num(why.map), np.nan_to_num(again.map))
    signed = sum(share.signed for share in shares_of(disk, why, small))
    assert again.prepared is not None
    size = float(np.abs(again.prepared).sum())
    assert signed == pytest.approx(float(again.prepared.sum()), abs=0.05 * size)
