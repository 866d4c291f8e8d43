"""Damage to FITS files: cards of their headers, structure, and sometimes plain bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutate_text import byte_edit, text_edit

if TYPE_CHECKING:
    from random import Random

CARD, BLOCK = 80, 2880
OFTEN = (
    "NAXIS", "NAXIS1", "NAXIS2", "BITPIX", "BSCALE", "BZERO", "BLANK", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2",
    "CDELT1", "CDELT2", "CUNIT1", "CTYPE1", "CROTA2", "T_REC", "T_OBS", "DATE-OBS", "BUNIT", "CONTENT",
    "QUALITY", "RSUN_OBS", "DSUN_OBS", "CRLT_OBS", "CRLN_OBS", "HARPNUM", "NOAA_ARS", "LON_FWT",
    "ZNAXIS1", "ZNAXIS2", "ZBITPIX", "ZTILE1", "ZCMPTYPE", "PCOUNT", "GCOUNT", "TFIELDS", "TFORM1", "THEAP",
    "DATAMIN", "DATAVALS", "SIMPLE", "XTENSION", "EXTEND", "COMMENT",
)  # fmt: skip
VALUES = (
    "0", "-1", "1", "2", "3", "8", "16", "-32", "-64", "1E30", "-1E-30", "0.5", "10.0", "1000", "NaN", "nan",
    "99999", "2147483648", "99999999999999999999", "T", "F", "'T'", "''", "'x'", "'2011.02.15_02:00:75_TAI'",
    "'2011.02.15_01:00:00_TAI'", "'2026-02-03T12:20:00'", "'$'", "'arcsec'", "'degree'", "'GZIP_1'", "(1, 2)",
    "'HPLN-TAN'", "'CRLN-CEA'", "1.0D0", "0x10", "'Gauss'", "'m/s'", "'CONTINUUM'", "180.0", "12.5", "--5",
)  # fmt: skip
EXTRA = (
    "BSCALE  =                  2.0", "BZERO   =                100.0", "BLANK   =                    0",
    "NAXIS3  =                    1", "GROUPS  =                    T", "INHERIT =                    T",
    "CONTINUE  'and more'", "HIERARCH A LONG KEY = 1", "COMMENT " + "x" * 70,
    "CROTA2  =                180.0",
    "ZSCALE  =                  2.0", "ZBLANK  =                    0", "PV2_1   =                  0.5",
    "PC2_1   =                  0.5", "", "END     junk", "T_OBS   = '2026.02.03_12:05:00_TAI'", "= = = =",
)  # fmt: skip


def headers(data: bytes) -> list[tuple[int, list[bytes], int]]:
    """Begin, cards without END, and end of every header that stands where a part of the file begins."""
    found: list[tuple[int, list[bytes], int]] = []
    for begin in range(0, len(data), BLOCK):
        if data[begin : begin + 9] not in {b"SIMPLE  =", b"XTENSION="}:
            continue
        at, cards = begin, []
        while at < len(data) and data[at : at + CARD].rstrip() != b"END":
            cards.append(data[at : at + CARD])
            at += CARD
        found.append((begin, cards, begin + -(-(at + CARD - begin) // BLOCK) * BLOCK))
    return found


def key_of(card: bytes) -> str:
    return card[:8].decode("latin-1").strip()


def card_of(key: str, value: str) -> bytes:
    text = f"{key:8.8}= {value if value.startswith(chr(39)) else value.rjust(20)}"
    return text.encode("utf-8", "replace")[:CARD].ljust(CARD)


def value_of(card: bytes) -> str:
    """What stands in a card, without quotes and comment."""
    text = card[10:].decode("latin-1")
    if text.lstrip().startswith("'"):
        return text.lstrip()[1:].split("'")[0].rstrip()
    return text.split("/")[0].strip()


def mutate_fits(rng: Random, data: bytes) -> bytes:
    """A file with one to three changes of its cards, or of its structure, or with one in its bytes."""
    if rng.random() < 0.12:
        return byte_edit(rng, data)
    parts = headers(data)
    begin, cards, end = rng.choice(parts[-1:] * 5 + parts)
    cards = list(cards)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        _change(rng, cards)
    finish = b"END".ljust(CARD) if rng.random() < 0.97 else rng.choice((b"", b"end".ljust(CARD), b"END"))
    text = b"".join(cards) + finish
    size = -(-len(text) // BLOCK) * BLOCK
    fill = b" " if rng.random() < 0.98 else b"\0"
    rest = data[end:] if rng.random() < 0.96 else _other_rest(rng, data[end:])
    return data[:begin] + text.ljust(size, fill) + rest


def _other_rest(rng: Random, rest: bytes) -> bytes:
    return rng.choice(
        (
            rest[: len(rest) // 2],
            rest[:-1],
            rest[:-BLOCK],
            b"",
            rest + rest,
            rest + b"\0" * BLOCK,
            b"\xff" * len(rest),
        )
    )


def _change(rng: Random, cards: list[bytes]) -> None:
    if not cards:
        return
    often = [n for n, card in enumerate(cards) if key_of(card) in OFTEN]
    at = rng.choice(often) if often and rng.random() < 0.75 else rng.randrange(len(cards))
    other = rng.choice(often or [0])
    key, value, kind = key_of(cards[at]), value_of(cards[at]), rng.randrange(12)
    if kind == 0:
        del cards[at]
    elif kind == 1:
        cards.insert(rng.randrange(len(cards) + 1), cards[at])
    elif kind == 2:
        cards.insert(rng.randrange(len(cards) + 1), rng.choice(EXTRA).encode().ljust(CARD))
    elif kind == 3:
        cards[at], cards[other] = (
            card_of(key, _again(cards[other])),
            card_of(key_of(cards[other]), _again(cards[at])),
        )
    elif kind <= 5:
        cards[at] = card_of(key, rng.choice(VALUES))
    elif kind == 6:
        cards[at] = byte_edit(rng, cards[at])[:CARD].ljust(CARD)
    elif kind == 7:
        cards[at] = card_of(text_edit(rng, key)[:8], _again(cards[at]))
    else:
        edited = text_edit(rng, value)[:60]
        cards[at] = card_of(key, f"'{edited}'" if b"'" in cards[at] else edited)


def _again(card: bytes) -> str:
    return f"'{value_of(card)}'" if b"'" in card else value_of(card)
