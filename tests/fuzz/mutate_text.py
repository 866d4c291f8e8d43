"""Damage to texts: characters, numbers, lines; and to bytes of any kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
STRANGE = (
    "", " ", "-", "0", "-1", "00", "99", "NaN", "nan", "inf", "-inf", "1e999", "9" * 30, "null", "None",
    "unknown", "true", "٣٤", "２０２６", "\u202e", "\x1b[31m", "\x00", "\ud800", "é", "½", "M0", "X99.9",
    "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-03T24:00:00Z",
    "2026-02-03T12:00:00+05:00", "2026-W05-1", "20260203", "2026.02.03_12:00:75_TAI",
    "2026.02.30_12:00:00_TAI", "C-1",
    "12026-02-03", "1e5", "0x400", "<b>", "../../etc/passwd", "'; DROP", "A" * 3000,
)  # fmt: skip


def text_edit(rng: Random, text: str) -> str:
    """One small change of a text: a character, a number, or the whole of it."""
    at = rng.randrange(len(text) + 1)
    kind = rng.randrange(9)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + rng.choice("0123456789.:-+ TZ_,XMCBA/'\"é\t\n") + text[at:]
    if kind == 2 and text:
        at %= len(text)
        return text[:at] + chr(ord(text[at]) ^ (1 << rng.randrange(7))) + text[at + 1 :]
    if kind == 3 and len(text) > 1:
        at = rng.randrange(len(text) - 1)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 4:
        return text[:at]
    if kind == 5:
        return rng.choice((text.upper(), text.lower(), f" {text} ", text + text, text[::-1]))
    if kind == 6:
        return rng.choice(STRANGE)
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return text[:at] + rng.choice(STRANGE) + text[at:]
    found = rng.choice(numbers)
    return text[: found.start()] + number_edit(rng, found[0]) + text[found.end() :]


def number_edit(rng: Random, digits: str) -> str:
    """Another number in place of this one, often of the same length."""
    value = float(digits)
    if rng.random() < 0.5 and "." not in digits:
        return f"{max(0, int(value) + rng.choice((-10, -2, -1, 1, 2, 10, 45))):0{len(digits)}d}"
    new = rng.choice(
        (-value, value * 10, value / 10, value + 1, value * 1e6, 0.0, value * 1.01, 1 / (value or 1))
    )
    return f"{new:g}"


def line_edit(rng: Random, text: str) -> str:
    """One change of a text of lines."""
    lines = text.split("\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(12)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(other, lines[at])
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines = lines[:at]
    elif kind == 4:
        lines[at] += rng.choice((" ", "", "  1 2 3", ",", ";", "\t")) + lines[other]
    elif kind == 5:
        lines = [*lines[:at], *lines[at:] * rng.choice((2, 30))]
    elif kind == 6:
        lines[at] = re.sub(r"\s+", rng.choice((" ", "\t", "", ",")), lines[at])
    else:
        lines[at] = text_edit(rng, lines[at])
    return rng.choice(("\n",) * 12 + ("\r\n", "\r", "\u2028")).join(lines)


def byte_edit(rng: Random, data: bytes) -> bytes:
    """One change of bytes that knows nothing of what they mean."""
    at = rng.randrange(len(data) + 1)
    length = rng.choice((1, 2, 8, 100))
    kind = rng.randrange(8)
    if kind == 0:
        return data[:at]
    if kind == 1 and data:
        at %= len(data)
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    if kind == 2:
        return data[:at] + data[at + length :]
    if kind == 3:
        return data[:at] + rng.randbytes(length) + data[at:]
    if kind == 4:
        return data[:at] + data[max(0, at - length) : at] * 3 + data[at:]
    if kind == 5:
        return data[:at] + bytes([rng.choice((0, 255, 0x80))]) * length + data[at + length :]
    if kind == 6:
        return rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"<html>", b"  ")) + data
    return data + rng.choice((b"\0", b"\n" * 5000, b"}", data[-200:], rng.randbytes(300)))


def mutate_lines(rng: Random, data: bytes) -> bytes:
    """A text with one to three changes, or its bytes with one."""
    if rng.random() < 0.08:
        return byte_edit(rng, data)
    text = data.decode()
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = line_edit(rng, text)
    return text.encode("utf-8", "surrogatepass")
