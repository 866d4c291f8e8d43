"""The disk is found in pictures: made-up ones with a known circle, real ones against the ephemeris."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.errors import MissingDataError
from flarescope.sources.files import read_magnetogram
from flarescope.sources.grey import HELIOVIEWER_ARCSEC
from flarescope.sources.limb import find_limb


@settings(max_examples=15, deadline=None)
@given(st.floats(60, 66), st.floats(60, 66), st.floats(40, 58))
def test_a_known_circle_is_found_to_a_tenth_of_a_pixel(made, x: float, y: float, radius: float) -> None:
    limb = find_limb(made.grey_sun(128, radius, (x, y)).astype(np.float32))
    assert (limb.x, limb.y, limb.radius) == pytest.approx((x, y, radius), abs=0.2)
    assert limb.agreement > 0.95


def test_dark_field_at_the_limb_and_labels_do_not_move_it(made) -> None:
    grey = made.grey_sun(256, 100.0).astype(np.float32)
    y, x = np.mgrid[:256, :256]
    grey[(np.hypot(x - 127.5, y - 127.5) > 90) & (np.abs(np.arctan2(y - 127.5, x - 127.5)) < 0.15)] = 0.0
    grey[248:254, 2:60:2] = 200.0
    limb = find_limb(grey)
    assert (limb.x, limb.y, limb.radius) == pytest.approx((127.5, 127.5, 100.0), abs=0.2)


@pytest.mark.parametrize("what", ["black", "grey", "square", "half"])
def test_what_is_no_disk_is_refused(made, what: str) -> None:
    grey = np.zeros((128, 128), np.float32)
    if what == "grey":
        grey[:] = 128.0
    elif what == "square":
        grey[20:100, 20:100] = 128.0
    elif what == "half":
        grey = made.grey_sun().astype(np.float32)
        grey[70:] = 0.0
    with pytest.raises(MissingDataError, match="No solar disk was found"):
        find_limb(grey)


@pytest.mark.realdata
def test_the_real_disks_follow_the_ephemeris(data_dir: Path) -> None:
    """Radius times one plate scale is the ephemeris' angular radius in every image, to 0.2 px."""
    files = sorted((data_dir / "magnetograms/full_disk_2026").rglob("*.jpg"))[::24]
    assert len(files) > 40
    disks = [read_magnetogram(path).geometry for path in files]
    scale = np.array([disk.arcsec_per_pixel for disk in disks])
    assert scale.mean() == pytest.approx(HELIOVIEWER_ARCSEC, abs=0.001)
    assert np.abs(scale / HELIOVIEWER_ARCSEC - 1.0).max() * 203 < 0.2
    centre = np.array([(disk.x_centre, disk.y_centre) for disk in disks])
    assert np.ptp(centre, axis=0).max() < 0.2
    assert np.abs(centre - 255.5).max() < 0.5
    assert disks[0].radius - disks[-1].radius == pytest.approx(2.7, abs=0.3)
