"""What a FITS file's headers say of its own structure, checked before any reader believes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flarescope.errors import BadFileError
from flarescope.sources.limits import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flarescope.sources.limits import FileBytes

__all__ = ["check_structure"]

CARD, BLOCK = 80, 2880
MOST_CARDS = 20_000
MOST_COUNTED = 999  # axes, and columns of a table, as the FITS standard has it
COUNTS = ("NAXIS", "ZNAXIS", "TFIELDS")
_SIZE = re.compile(
    rb"(BITPIX|Z?NAXIS\d{0,3}|ZTILE[12]|PCOUNT|GCOUNT|TFIELDS) *= *([+-]?\d{1,20}) *(?:/.*)?", re.DOTALL
)
_ANY_SIZE = re.compile(rb"(?:BITPIX|Z?NAXIS\d{0,3}|ZTILE[12]|PCOUNT|GCOUNT|TFIELDS) *=")


def check_structure(file: FileBytes) -> None:
    """Can the sizes that the headers state be believed?

    A negative one sends a reader back to where it came from, again and again, and billions of axes keep it
    counting. A size that stands twice, or
    tiles that are not as many as the image needs, are damage.

    Raises:
        BadFileError: a size is negative, no whole number, or contradicts another one.
    """
    for begin in range(0, len(file.data), BLOCK):
        if file.data[begin : begin + 9] in {b"SIMPLE  =", b"XTENSION="}:
            sizes = _sizes(file, begin)
            tiles = _tiles(sizes)
            if tiles is not None and tiles != sizes.get("NAXIS2"):
                raise BadFileError(
                    file.path,
                    f"its image needs {tiles:,} tiles, but it holds {sizes.get('NAXIS2')}: it is damaged.",
                )


def _sizes(file: FileBytes, begin: int) -> dict[str, int]:
    """The sizes that one header states."""
    sizes: dict[str, int] = {}
    for card in _cards(file.data, begin):
        if not _ANY_SIZE.match(card):
            continue
        match = _SIZE.fullmatch(card.rstrip())
        key = card.split(b"=")[0].decode("ascii").strip()
        size = int(match[2]) if match else -1
        if size < 0 and (match is None or key != "BITPIX"):
            seen = card[9:40].decode("ascii", "replace").strip()
            raise BadFileError(
                file.path, f"its header's {key} is {seen!a}; a whole number from 0 on is needed."
            )
        if key in COUNTS and size > MOST_COUNTED:
            raise BadFileError(
                file.path, f"its header's {key} is {size}; at most {MOST_COUNTED} are accepted."
            )
        if sizes.setdefault(key, size) != size:
            raise BadFileError(file.path, f"its header states {key} twice, as {sizes[key]} and as {size}.")
    return sizes


def _cards(data: bytes, begin: int) -> Iterator[bytes]:
    for at in range(begin, min(len(data), begin + MOST_CARDS * CARD), CARD):
        card = data[at : at + CARD]
        if card.rstrip() == b"END":
            return
        yield card


def _tiles(sizes: dict[str, int]) -> int | None:
    """How many tiles does a compressed image need? None of any other part of a file."""
    width, height = sizes.get("ZNAXIS1"), sizes.get("ZNAXIS2")
    if width is None or height is None or sizes.get("ZNAXIS") != 2 or width * height > MAX_PIXELS:
        return None  # what is too large is refused as such
    across, up = sizes.get("ZTILE1", width), sizes.get("ZTILE2", 1)
    return -(-width // max(across, 1)) * -(-height // max(up, 1))
