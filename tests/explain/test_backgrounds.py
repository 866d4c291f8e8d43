"""The same Sun without its active regions, and given images of one kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadOptionError
from flarescope.explain.backgrounds import active, check_alike, quiet_copies
from flarescope.geometry import PlateScale
from flarescope.sources.files import read_magnetogram
from flarescope.sun import ZERO_GREY, Magnetogram, Origin


def disk(encoding: str = "gauss", size: int = 200) -> Magnetogram:
    """Quiet Sun of 12 G with one bipole of 900 G, unknown outside the disk."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    field = np.random.default_rng(1).normal(0.0, 12.0, (size, size))
    for centre, polarity in ((20, 900.0), (40, -900.0)):
        field += polarity * np.exp(-((x - centre) ** 2 + (y - 30) ** 2) / 50.0)
    field = field if encoding == "gauss" else np.clip(ZERO_GREY + 0.51 * np.clip(field, -250, 250), 0, 255)
    field[np.hypot(x, y) > 0.45 * size] = np.nan
    return Magnetogram(field, datetime(2012, 3, 6, tzinfo=UTC), "full_disk", encoding, PlateScale(3.5))


ODD = {
    "odd.npz has 100×100 pixels, all others have 200×200 pixels": disk(size=100),
    "odd.npz has 8-bit grey levels, all others have values in gauss": disk("grey8"),
    "odd.npz has a region in view, all others have a full disk in view": replace(disk(), view="region"),
    "odd.npz has the source 'Helioviewer JP2', all others have the source ''": disk(),
}


@pytest.mark.parametrize("said", ODD)
def test_backgrounds_are_of_one_kind(said: str) -> None:
    usual = replace(disk(), origin=Origin("a.npz"))
    source = "Helioviewer JP2" if "source" in said else ""
    odd = replace(ODD[said], origin=Origin("odd.npz", source))
    check_alike([usual, usual])
    for mixed in ([usual, odd, usual], [odd, usual, usual], [usual, odd]):
        with pytest.raises(BadOptionError, match=f"^Background {said}. Give backgrounds of one size"):
            check_alike(mixed)


def test_of_several_kinds_the_commonest_is_the_usual() -> None:
    small, usual = replace(disk(size=100), origin=Origin("small.npz")), disk()
    with pytest.raises(BadOptionError, match=r"small\.npz has 100×100 pixels, 2 of the other 3 have 200×200"):
        check_alike([small, usual, usual, disk(size=150)])


@pytest.mark.parametrize("encoding", ["gauss", "grey8"])
def test_regions_are_gone_and_all_else_stays(encoding: str) -> None:
    m = disk(encoding)
    strong = active(m)
    assert 0.01 < strong.mean() < 0.06
    assert strong[129, 119]
    copies = quiet_copies(m, n=3)
    unit = 1.0 if encoding == "gauss" else 0.51
    for copy in copies:
        np.testing.assert_array_equal(copy.field[~strong], m.field[~strong])
        assert np.nanmax(np.abs(copy.signed)) < 80.0 * unit < np.nanmax(np.abs(m.signed))
        assert np.nanstd(copy.signed[strong]) == pytest.approx(12.0 * unit, rel=0.2)
        assert not active(copy).any()
    assert not np.array_equal(copies[0].field, copies[1].field, equal_nan=True)
    assert [c.origin.name for c in copies][2] == "memory, quiet copy 3"


def test_both_encodings_find_the_same_regions() -> None:
    found, seen = active(disk()), active(disk("grey8"))
    assert (found != seen).mean() < 0.002


def test_the_same_seed_gives_the_same_copies() -> None:
    one, two, three = (quiet_copies(disk(), n=1, seed=seed)[0].field for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, three, equal_nan=True)


def test_a_quiet_image_is_its_own_copy_and_a_region_alone_becomes_no_field() -> None:
    m = disk()
    calm = m.with_field(np.where(np.isnan(m.field), np.nan, 3.0))
    np.testing.assert_array_equal(quiet_copies(calm, n=1)[0].field, calm.field)
    full = replace(m, field=np.full((50, 50), 500.0), geometry=None)
    assert not quiet_copies(full, n=1)[0].field.any()


def test_no_copy_is_no_answer() -> None:
    with pytest.raises(BadOptionError, match=r"0 quiet copies are not accepted: 1 or more"):
        quiet_copies(disk(), n=0)


@pytest.mark.realdata
def test_a_real_disk_keeps_its_network_and_loses_its_regions(data_dir: Path) -> None:
    folder = data_dir / "magnetograms" / "full_disk_2026"
    m = read_magnetogram(folder / "2026" / "02" / "02" / "HMI.m2026.02.02_16.00.00.jpg")
    assert 0.01 < active(m).mean() < 0.04
    copy = quiet_copies(m, n=1)[0]
    assert np.nanstd(copy.field) < 0.75 * np.nanstd(m.field)
    assert active(copy).mean() < 0.001
