"""Which parts of a store (``--shard i/n``) are done? Records beside the units, gone when it is sealed."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError
from flarescope.sources.store.files import read_record, remove, write_record
from flarescope.sources.store.lock import locked

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clear_parts", "missing_parts", "part_in_name", "write_part"]

FOLDER, CLEARED = ("units", "parts"), ("units", ".parts.part")
_NAME = re.compile(r"(\d{1,6})-of-(\d{1,6})\.json")


def write_part(folder: Path, part: tuple[int, int], *, units: int, new: int, done: bool) -> None:
    """Note that a part is begun, or done.

    Args:
        folder: of the store.
        part: (i, n), counted from 1.
        units: how many units it had.
        new: how many of them had times of which nothing was sealed yet.
        done: were all of them tried?

    Raises:
        BadOptionError: the place cannot be written.
    """
    i, n = part
    with locked(folder, alone=False):
        document = {"part": i, "parts": n, "units": units, "new": new, "done": done}
        write_record(folder.joinpath(*FOLDER) / f"{i}-of-{n}.json", document)


def missing_parts(folder: Path) -> tuple[str, ...]:
    """Which parts were never done, as ("1/2",)?

    Empty where none was begun, where all of one n are done, or where those that were done had been sealed
    before, gaps and all: who does a part again to fill its gaps need not do the others.
    """
    done: dict[int, set[int]] = defaultdict(set)
    again = True
    for path in folder.joinpath(*FOLDER).glob("*.json"):
        if part := part_in_name(path.name):
            record = _record(path)
            done[part[1]] |= {part[0]} if record.get("done") is True else set()
            again &= record.get("done") is True and record.get("new") == 0 < record.get("units", 0)
    if not done or again or any(len(parts) == n for n, parts in done.items()):
        return ()
    n = max(done, key=lambda n: (len(done[n]) / n, n))
    return tuple(f"{i}/{n}" for i in range(1, n + 1) if i not in done[n])


def part_in_name(name: str) -> tuple[int, int] | None:
    """(i, n) of a record's name; None where it is no such name."""
    match = _NAME.fullmatch(name)
    part, parts = (int(match[1]), int(match[2])) if match else (0, 0)
    return (part, parts) if 1 <= part <= parts else None


def clear_parts(folder: Path) -> None:
    """Remove all records: at one stroke, so that whoever is killed here leaves all of them or none."""
    parts, cleared = folder.joinpath(*FOLDER), folder.joinpath(*CLEARED)
    _empty(cleared)  # of a process that was killed here
    if parts.is_dir():
        os.replace(parts, cleared)
        _empty(cleared)


def _empty(folder: Path) -> None:
    if folder.is_dir():
        for path in folder.glob("*"):
            remove(path)
        remove(folder)


def _record(path: Path) -> dict[str, Any]:
    try:
        return read_record(path)
    except BadFileError:  # of a power cut
        return {}
