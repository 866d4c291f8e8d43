"""Margins added and cut: the region's own pixels stay on the network's grid."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.geometry import CeaGrid
from flarescope.papers.bhattacharjee2020.quiet_margin import CUT, MARGIN, margins, sharps_at_hand
from flarescope.papers.reproduction import Desk
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram


def sharp(height: int = 256, width: int = 320) -> Magnetogram:
    field = np.random.default_rng(0).normal(0, 10, (height, width))
    field[130:170, 140:200] = 1500.0
    field[:, -1] = 90.0  # the east is quieter than the west
    grid = CeaGrid(10.0, 20.0, (width - 1) / 2, (height - 1) / 2, 0.03)
    return Magnetogram(field, datetime(2012, 3, 6, tzinfo=UTC), "region", "gauss", grid)


def test_the_region_lies_where_it_lay_on_the_sun_and_on_the_networks_grid() -> None:
    own = sharp()
    preparation = Preparation(size=8, fit="scale", megametres_per_pixel=1.457)
    seen = preparation.apply(own)
    for name, by in (("zero", MARGIN), ("quiet", MARGIN), ("cut", -CUT)):
        other = margins(own)[name]
        assert other.place is not None
        np.testing.assert_allclose(
            other.place.heliographic(160 + by, 140 + by), own.place.heliographic(160, 140)
        )  # type: ignore[union-attr]
        moved, k = preparation.apply(other), by // 4
        inner = seen[8:56, 8:72]
        np.testing.assert_array_equal(moved[8 + k : 56 + k, 8 + k : 72 + k], inner)


def test_the_margin_is_zero_or_real_quiet_sun() -> None:
    zero, quiet = (margins(sharp())[name].field for name in ("zero", "quiet"))
    assert not zero[:MARGIN].any()
    assert 5 < quiet[:MARGIN].std() < 15
    assert np.abs(quiet[:, :MARGIN]).max() < 90
    assert quiet.shape == (256 + 2 * MARGIN, 320 + 2 * MARGIN)


def test_a_frame_too_small_and_missing_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadOptionError, match="256×150 pixels"):
        margins(Magnetogram(sharp().field[:, :150], sharp().time, "region", "gauss"))
    with pytest.raises(MissingDataError, match="needs magnetograms/sharp_cea"):
        sharps_at_hand(Desk(tmp_path, tmp_path))


@pytest.mark.realdata
def test_the_real_ones_are_there(data_dir: Path, tmp_path: Path) -> None:
    assert len(sharps_at_hand(Desk(data_dir, tmp_path))) == 82
    assert len(sharps_at_hand(Desk(data_dir, tmp_path, quick=True))) == 11
