"""Small changes to a FITS file's bytes: a comment more, times an hour later; its pixels stay as they are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

__all__ = ["an_hour_later", "with_comment"]

CARD, BLOCK = 80, 2880
_TAI = re.compile(rb"^(T_(?:REC|OBS) *= ')(\d{4}\.\d\d\.\d\d_\d\d:\d\d:\d\d)(?=[._])")
_UTC = re.compile(rb"^(DATE-OBS= ')(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?=[.Z'])")
_HOUR = timedelta(hours=1)


def with_comment(data: bytes, text: str) -> bytes:
    """The same file with a comment in the header of its last part, which holds the image."""
    begin, cards, end = _headers(data)[-1]
    card = f"COMMENT {text}"[:CARD].ljust(CARD).encode("ascii")
    return data[:begin] + _padded([*cards, card]) + data[end:]


def an_hour_later(data: bytes) -> bytes:
    """The same file with T_REC, T_OBS and DATE-OBS an hour later."""
    for begin, cards, end in reversed(_headers(data)):
        late = [_late(_late(card, _TAI, "%Y.%m.%d_%H:%M:%S"), _UTC, "%Y-%m-%dT%H:%M:%S") for card in cards]
        data = data[:begin] + _padded(late) + data[end:]
    return data


def _late(card: bytes, pattern: re.Pattern[bytes], form: str) -> bytes:
    match = pattern.match(card)
    if match is None:
        return card
    time = datetime.strptime(match[2].decode(), form) + _HOUR  # noqa: DTZ007 - only moved
    return match[1] + time.strftime(form).encode() + card[match.end() :]


def _headers(data: bytes) -> list[tuple[int, list[bytes], int]]:
    """Begin, cards and end of the first header, and of the second where the first part has no data."""
    found = [_header(data, 0)]
    begin = found[0][2]
    if data[begin : begin + 10] == b"XTENSION= ":
        found.append(_header(data, begin))
    return found


def _header(data: bytes, begin: int) -> tuple[int, list[bytes], int]:
    cards = []
    for at in range(begin, len(data) - CARD + 1, CARD):
        card = data[at : at + CARD]
        if card.rstrip() == b"END":
            break
        cards.append(card)
    used = (len(cards) + 1) * CARD
    return begin, cards, begin + -(-used // BLOCK) * BLOCK


def _padded(cards: list[bytes]) -> bytes:
    text = b"".join(cards) + b"END".ljust(CARD)
    return text.ljust(-(-len(text) // BLOCK) * BLOCK)
