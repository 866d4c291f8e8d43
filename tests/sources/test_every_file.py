"""Every kind of file in the data folder is read, or refused by name with the reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from flarescope.errors import BadFileError, WrongChannelError
from flarescope.geometry import CeaGrid, Disk, PlateScale
from flarescope.sources.files import read_magnetogram

pytestmark = pytest.mark.realdata


def sample(data_dir: Path) -> list[Path]:
    """All files but the JPEGs, of which every 40th disk and every 60th patch."""
    folder = data_dir / "magnetograms"
    others = [path for path in sorted(folder.rglob("*.*")) if path.suffix in {".fits", ".jp2", ".npz"}]
    disks, patches = (
        sorted((folder / name).rglob("*.jpg")) for name in ("full_disk_2026", "active_regions_2012_2017")
    )
    return [*others, *(folder / "other").glob("*.jpg"), *disks[::40], *patches[::60]]


def test_every_kind_of_file_is_read_or_refused_by_name(data_dir: Path) -> None:
    found: Counter[str] = Counter()
    for path in sample(data_dir):
        try:
            m = read_magnetogram(path, **({"reduce": 3} if path.suffix == ".jp2" else {}))
        except WrongChannelError as error:
            found[
                "refused" if str(path) in str(error) and ".magnetogram." not in path.name else str(error)
            ] += 1
            continue
        found[f"{path.suffix} {m.view} {m.encoding}"] += 1
        expected = {"full_disk": Disk, "region": CeaGrid if m.encoding == "gauss" else PlateScale}[m.view]
        assert isinstance(m.geometry, expected)
    assert found == {
        "refused": 18,  # 10 other segments of HARP 377, 8 of HARP 7115
        ".fits region gauss": 83,
        ".jp2 full_disk grey8": 1,
        ".npz full_disk gauss": 1,
        ".jpg full_disk grey8": 31,
        ".jpg region grey8": 53,
    }


def test_corrupt_fits_files_are_refused_in_one_line(data_dir: Path) -> None:
    files = sorted((data_dir / "faults/corrupt_fits").iterdir())
    assert len(files) == 5
    for path in files:
        with pytest.raises(BadFileError) as caught:
            read_magnetogram(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_vector_components_are_read_when_asked_for(data_dir: Path) -> None:
    path = next((data_dir / "magnetograms/sharp_cea/harp7115_vector").glob("*20170906*Br.fits"))
    m = read_magnetogram(path, segment="Br")
    assert m.region.noaa == (12673,)
    assert m.geometry.longitude == pytest.approx(119.127701 - 82.302452)


def test_the_web_image_is_out_of_distribution_and_says_so(data_dir: Path) -> None:
    m = read_magnetogram(data_dir / "magnetograms/other/20220101_014500_512_HMIB.jpg")
    assert m.geometry.radius == pytest.approx(242.0, abs=0.3)
    assert any("out of distribution: 4.03 arcsec per pixel" in note for note in m.notes)


@pytest.mark.parametrize(
    ("place", "options", "north_leads"),
    [
        ("helioviewer_jp2/2022_08_02__10_47_53_000__SDO_HMI_HMI_magnetogram.jp2", {"reduce": 3}, 1),
        ("other/20220101_014500_512_HMIB.jpg", {}, 1),
        ("full_disk_2026/2026/02/03/HMI.m2026.02.03_12.00.00.jpg", {}, 1),
        ("other/sdoml_HMI20130131_0000_bz.npz", {}, -1),
    ],
)
def test_hales_law_holds_so_the_images_are_the_right_way_up(
    data_dir: Path, place: str, options: dict, north_leads: int
) -> None:
    """In cycle 25 the leading (western) polarity is positive in the north, negative in the south.

    In cycle 24 it was the opposite. A flipped row or column order would turn the sign of every bipole.
    """
    from scipy import ndimage

    m = read_magnetogram(data_dir / "magnetograms" / place, **options)
    y, x = np.mgrid[: m.field.shape[0], : m.field.shape[1]]
    longitude, latitude = m.geometry.heliographic(x, y)
    strong = np.abs(np.nan_to_num(m.signed)) > (60 if m.encoding == "grey8" else 150)
    regions, count = ndimage.label(ndimage.binary_dilation(strong, iterations=4))
    seen = 0
    for number in range(1, count + 1):
        here = (regions == number) & strong
        positive, negative = here & (m.signed > 0), here & (m.signed < 0)
        if here.sum() < 60 or min(positive.sum(), negative.sum()) < 15:
            continue
        lead = np.sign(longitude[positive].mean() - longitude[negative].mean())
        assert lead == north_leads * np.sign(latitude[here].mean())
        seen += 1
    assert seen >= 1
