"""Helioviewer's JPEG 2000 images: 8-bit pixels, and the FITS header in an XML box."""

from __future__ import annotations

import struct
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError, BadOptionError, MissingDataError
from flarescope.sources.channel import check_channel, check_name
from flarescope.sources.grey import check_zero
from flarescope.sources.header import Header, comment, observed, quality
from flarescope.sources.limb import find_limb
from flarescope.sources.limits import FileBytes, check_size, damage_in
from flarescope.sources.wcs import disk, view_from
from flarescope.sun import Magnetogram, Origin

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.geometry import Disk

__all__ = ["SIGNATURE", "read_jp2"]

SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
MAX_BOXES = 200
MAX_XML_BYTES = 2**20  # real headers have 4 to 6 kB
MAX_TILES = 4096
LIMB_TOLERANCE = 0.01  # of the radius, between the header's disk and the one in the image


def read_jp2(file: FileBytes, *, time: datetime | None = None, reduce: int = 0) -> Magnetogram:
    """What magnetogram is in this JP2?

    The pixels are 8-bit grey (zero field at mid-grey) and already turned north up (CROTA2 = 0). The disk
    comes from the header and must be found in the image as well.

    Args:
        file: the file's bytes.
        time: when it was observed, if the header does not say.
        reduce: halvings of the size while decoding: 3 makes 512² of 4096² ten times as fast. That is the
        wavelet's
            low-pass, not area averaging: train and serve with the same value; it is written into the notes.

    Raises:
        BadFileError: damaged, truncated, no header, or no solar disk where the header says.
        WrongChannelError: another observable.
        BadOptionError: ``reduce`` is not 0 to 5.
    """
    if not 0 <= reduce <= 5:
        raise BadOptionError(
            f"reduce={reduce} is not possible. Accepted: 0 to 5 halvings of the image's size."
        )
    check_name(file.path)
    boxes = _boxes(file)
    header = _header(file, boxes)
    check_channel(header)
    height, width = _size(file, boxes)
    when = observed(header) or time
    if when is None:
        raise header.error("the header has no T_OBS, T_REC or DATE-OBS. Give time=.")
    view, notes = view_from(header, when)
    try:
        geometry, upside_down = disk(header, view, (height, width))
    except BadOptionError as error:
        raise header.error(f"its geometry is impossible. {error}") from None
    grey = _decode(file, (height, width), reduce)
    if upside_down:
        grey = grey[::-1, ::-1]
    geometry = _reduced(geometry, height, grey.shape[0], reduce)
    _check_limb(file, grey, geometry)
    field = np.where(geometry.mask((grey.shape[0], grey.shape[1])), grey, np.float32(np.nan))
    check_zero(file, field)
    notes = (*notes, *comment(header))
    if reduce:
        notes = (*notes, f"decoded at 1/{2**reduce} of its size (wavelet low-pass)")
    origin = Origin(file.path.name, "Helioviewer JP2", file.sha256)
    return Magnetogram(field, when, "full_disk", "grey8", geometry, None, quality(header), origin, notes)


def _boxes(file: FileBytes) -> dict[bytes, bytes]:
    """The file's outer boxes by type, the first of each; every length is checked against the file's end."""
    data, at = file.data, 0
    boxes: dict[bytes, bytes] = {}
    for _ in range(MAX_BOXES):
        if at == len(data):
            break
        if at + 8 > len(data):
            raise BadFileError(file.path, "the JP2 file is truncated inside a box's head. Fetch it again.")
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1 and at + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        end = len(data) if length == 0 else at + length
        if end > len(data) or end < at + head:
            raise BadFileError(
                file.path,
                f"the JP2 file is truncated or damaged: box {kind!r} ends at byte {end:,} of {len(data):,}.",
            )
        boxes.setdefault(kind, data[at + head : end])
        at = end
    missing = [kind.decode() for kind in (b"jP  ", b"ftyp", b"jp2h", b"jp2c") if kind not in boxes]
    if missing or at != len(data):
        raise BadFileError(
            file.path, f"the JP2 file is damaged: boxes missing: {', '.join(missing) or 'none'}."
        )
    return boxes


def _header(file: FileBytes, boxes: dict[bytes, bytes]) -> Header:
    """The FITS keywords of the XML box, upper-case (one archive writes them lower-case)."""
    xml = boxes.get(b"xml ", b"")
    if not xml:
        raise BadFileError(file.path, "the JP2 file has no XML box, so its time and channel are unknown.")
    if len(xml) > MAX_XML_BYTES:
        raise BadFileError(
            file.path, f"its XML box has {len(xml):,} bytes; at most {MAX_XML_BYTES:,} are accepted."
        )
    try:
        text = xml.decode("utf-8").strip("\0 \r\n\t")
        if "<!doctype" in text.lower() or "<!entity" in text.lower():
            raise BadFileError(
                file.path, "its XML box declares a document type or entities, which are not accepted."
            )
        root = ElementTree.fromstring(text)  # noqa: S314 - bounded in size, and no entities
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise BadFileError(file.path, f"its XML box cannot be read ({error}). Fetch it again.") from None
    keywords = root.find("fits")
    if keywords is None:
        raise BadFileError(file.path, "its XML box holds no FITS header.")
    return Header(file.path, {element.tag.upper(): element.text for element in keywords})


def _size(file: FileBytes, boxes: dict[bytes, bytes]) -> tuple[int, int]:
    """Rows and columns; box and codestream must agree, and the codestream must be whole."""
    stream, image = boxes[b"jp2c"], boxes[b"jp2h"]
    if len(image) < 22 or image[4:8] != b"ihdr" or stream[:4] != b"\xff\x4f\xff\x51" or len(stream) < 42:
        raise BadFileError(file.path, "the JP2 file's image header is damaged. Fetch it again.")
    if not stream.endswith(b"\xff\xd9"):
        raise BadFileError(file.path, "the JP2 file is truncated: the codestream's end marker is missing.")
    height, width, channels, depth = struct.unpack_from(">IIHB", image, 8)
    x_end, y_end, x_start, y_start, x_tile, y_tile, x_first, y_first = struct.unpack_from(">8I", stream, 8)
    (components,) = struct.unpack_from(">H", stream, 40)
    if (x_end - x_start, y_end - y_start, components) != (width, height, channels):
        raise BadFileError(
            file.path, "the JP2 file contradicts itself about the image's size. Fetch it again."
        )
    if (channels, depth) != (1, 7):
        raise BadFileError(
            file.path, f"it has {channels} channels of {depth % 128 + 1} bits; accepted: 8-bit grey."
        )
    check_size(file.path, width, height)
    tiles = -(-(x_end - x_first) // max(x_tile, 1)) * -(-(y_end - y_first) // max(y_tile, 1))
    if not (x_tile > 0 and y_tile > 0 and 0 < tiles <= MAX_TILES):
        raise BadFileError(file.path, f"the JP2 file declares {tiles:,} tiles; accepted: 1 to {MAX_TILES:,}.")
    return height, width


def _decode(file: FileBytes, shape: tuple[int, int], reduce: int) -> Float[np.ndarray, "y x"]:
    """The grey levels, row 0 the southernmost."""
    from PIL import Image

    with damage_in(file.path, "JP2 image"), Image.open(BytesIO(file.data), formats=("JPEG2000",)) as image:
        if image.mode != "L" or image.size != (shape[1], shape[0]):
            raise BadFileError(
                file.path, f"it decodes to mode '{image.mode}' and size {image.size}; it is damaged."
            )
        if reduce:
            image.reduce = reduce  # type: ignore[method-assign, assignment]  # Pillow's way to ask for it
        grey = np.asarray(image)
    check_size(file.path, grey.shape[1], grey.shape[0])
    return np.flipud(grey).astype(np.float32)


def _reduced(geometry: Disk, rows: int, rows_left: int, reduce: int) -> Disk:
    """The disk after ``reduce`` halvings.

    The wavelet keeps every second sample, counted from the top left.
    """
    factor = 2**reduce
    y = (rows_left - 1) - ((rows - 1) - geometry.y_centre) / factor
    return replace(geometry, x_centre=geometry.x_centre / factor, y_centre=y, radius=geometry.radius / factor)


def _check_limb(file: FileBytes, grey: Float[np.ndarray, "y x"], geometry: Disk) -> None:
    """The disk in the image must be the one in the header."""
    step = max(1, min(grey.shape) // 512)
    try:
        limb = find_limb(np.ascontiguousarray(grey[::step, ::step]))
    except MissingDataError as error:
        raise BadFileError(file.path, str(error)) from None
    x, y, radius = limb.x * step, limb.y * step, limb.radius * step
    off = max(abs(x - geometry.x_centre), abs(y - geometry.y_centre), abs(radius - geometry.radius))
    if off > LIMB_TOLERANCE * geometry.radius + step:
        raise BadFileError(
            file.path,
            f"the disk in the image (centre {x:.1f}, {y:.1f}, radius {radius:.1f} px) is not the header's "
            f"({geometry.x_centre:.1f}, {geometry.y_centre:.1f}, {geometry.radius:.1f}).",
        )
