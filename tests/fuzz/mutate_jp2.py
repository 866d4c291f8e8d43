"""Damage to JP2 files: their boxes, the header in their XML box, their image's sizes, their codestream."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from mutate_text import STRANGE, byte_edit, text_edit

if TYPE_CHECKING:
    from random import Random

Box = tuple[bytes, bytes]
BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(12))
TYPES = (b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"xml ", b"uuid", b"free", b"asoc", b"\0\0\0\0", b"jp2i")


def boxes_of(data: bytes) -> list[Box]:
    """The outer boxes of a sound file."""
    found, at = [], 0
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + length if length else len(data)
        found.append((kind, data[at + 8 : end]))
        at = end
    return found


def written(rng: Random, boxes: list[Box], lie: int = -1) -> bytes:
    """The boxes as a file; the one numbered ``lie`` states a wrong length, or a right one in another way."""
    parts = []
    for number, (kind, body) in enumerate(boxes):
        head = struct.pack(">I4s", len(body) + 8, kind)
        if number == lie:
            size = len(body) + 8
            wrong = (0, 1, 2, 7, 8, size - 1, size + 1, size * 2, 2**31, 2**32 - 1)
            longer = (size + 8, size + 9, 0, 15, 2**63, 2**64 - 1)
            head = struct.pack(">I4s", rng.choice(wrong) % 2**32, kind)
            if rng.random() < 0.4:
                head = struct.pack(">I4sQ", 1, kind, rng.choice(longer))
        parts.append(head + body)
    return b"".join(parts)


def mutate_jp2(rng: Random, data: bytes) -> bytes:
    """A file with one to three changes."""
    if rng.random() < 0.08:
        return byte_edit(rng, data)
    boxes, lie = boxes_of(data), -1
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at, kind = rng.randrange(len(boxes)), rng.randrange(16)
        if kind == 0 and len(boxes) > 1:
            del boxes[at]
        elif kind == 1:
            boxes.insert(rng.randrange(len(boxes) + 1), boxes[at])
        elif kind == 2:
            boxes.append(boxes.pop(at))
        elif kind == 3:
            boxes[at] = (rng.choice(TYPES), boxes[at][1])
        elif kind == 4:
            lie = at
        elif kind == 5:
            extra = [(rng.choice(TYPES), rng.randbytes(rng.randrange(40)))] * rng.choice((1, 5, 300))
            boxes[at:at] = extra
        else:
            _inside(rng, boxes)
    return written(rng, boxes, lie)


def _inside(rng: Random, boxes: list[Box]) -> None:
    wanted = rng.choice((b"xml ",) * 6 + (b"jp2h", b"jp2h", b"jp2c", b"jp2c", b"ftyp"))
    places = [n for n, (kind, _) in enumerate(boxes) if kind == wanted]
    if not places:
        return
    kind, body = boxes[places[0]]
    if wanted == b"xml ":
        body = _xml(rng, body)
    elif wanted == b"jp2c":
        body = _stream(rng, body)
    else:
        body = _numbers(rng, body, 8, 22) if rng.random() < 0.7 else byte_edit(rng, body)
    boxes[places[0]] = (kind, body)


def _stream(rng: Random, body: bytes) -> bytes:
    """Another size in the SIZ marker, another end, or damage anywhere."""
    kind = rng.randrange(4)
    if kind == 0:
        return _numbers(rng, body, 8, 42)
    if kind == 1:
        return body[: rng.randrange(len(body))] + b"\xff\xd9"
    return byte_edit(rng, body) if kind == 2 else byte_edit(rng, body[:-2]) + b"\xff\xd9"


def _numbers(rng: Random, body: bytes, low: int, high: int) -> bytes:
    high = max(1, min(high, len(body)))
    at = rng.randrange(min(low, high - 1), high)
    new = rng.choice(
        (b"\0", b"\xff", b"\x01", b"\x7f", b"\0\0\0\0", b"\0\0\x10\0", b"\x00\x00\xff\xff", b"\0\0\0\x40")
    )
    return body[:at] + new + body[at + len(new) :]


def _xml(rng: Random, body: bytes) -> bytes:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return byte_edit(rng, body)
    kind = rng.randrange(14)
    return _bomb(rng, text, kind) if kind < 6 else _xml_line(rng, text, kind)


def _bomb(rng: Random, text: str, kind: int) -> bytes:
    if kind == 0:
        return text.replace("<meta>", f"<!DOCTYPE meta [{BOMB}]><meta>", 1).replace("SDO", "&a11;").encode()
    if kind == 1:
        outside = '<!DOCTYPE meta [<!ENTITY x SYSTEM "file:///etc/passwd">]><meta>'
        return text.replace("<meta>", outside, 1).replace("Gauss", "&x;").encode()
    if kind == 2:
        return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-8-sig", "utf-32")))
    if kind == 3:
        deep = rng.choice((10, 1000, 50_000))
        return text.replace("<fits>", "<a>" * deep + "</a>" * deep + "<fits>", 1).encode()
    if kind == 4:
        return text.replace("<fits>", "<fits>" + "<K>1</K>\n" * rng.choice((10, 20_000)), 1).encode()
    return text.replace("fits>", rng.choice(("Fits>", "f:its>", "fits2>"))).encode()


def _xml_line(rng: Random, text: str, kind: int) -> bytes:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    if kind == 6:
        lines[at] = rng.choice(
            ("<!-- x -->", "<![CDATA[x]]>", "<?x y?>", "&#0;", "&#x110000;", "&lt;", "]]>")
        )
    elif kind == 7:
        del lines[at]
    elif kind == 8:
        lines.insert(rng.randrange(len(lines)), lines[at])
    elif kind == 9:
        lines[at] = text_edit(rng, lines[at])
    else:
        name, _, rest = lines[at].partition(">")
        value, _, end = rest.partition("<")
        value = rng.choice(STRANGE) if rng.random() < 0.2 else text_edit(rng, value)
        lines[at] = f"{name}>{value}<{end}"
    return "\n".join(lines).encode("utf-8", "surrogatepass")
