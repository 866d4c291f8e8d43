"""A file that JSOC gave: is it the image that its list promised?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadFileError
from flarescope.sources.answers import need_start
from flarescope.sources.archives import Supplied
from flarescope.sources.files import read_magnetogram_bytes

if TYPE_CHECKING:
    from flarescope.sources.archives import Found
    from flarescope.sources.limits import FileBytes

__all__ = ["read_image"]

AGREE = "2min"  # between the list's T_OBS and the file's


def read_image(file: FileBytes, found: Found, *, segment: str) -> Supplied:
    """The image in these bytes, read with the header from the list and held against it.

    Raises:
        BadFileError: damaged, without an image, or of another region than the list says.
        WrongChannelError: another observable.
        WrongTimeError: more than two minutes from the time of the list.
    """
    need_start(file, b"SIMPLE  =", "a FITS file")
    image = read_magnetogram_bytes(
        file, asked=found.time, tolerance=AGREE, segment=segment, keywords=found.keywords
    )
    if np.nanmax(image.field) == np.nanmin(image.field):
        raise BadFileError(file.path, "every pixel has the same value: this is no image. Ask again.")
    harp = image.region.harp if image.region else None
    if harp != found.harp or (found.harp is None and image.view != "full_disk"):
        wanted = "the whole disk" if found.harp is None else f"HARP {found.harp}"
        seen = f"HARP {harp}" if harp else f"a {image.view} image"
        raise BadFileError(file.path, f"it shows {seen}, not {wanted}. Ask again.")
    return Supplied(file, image, found)
