"""Full-disk images prepared once, and kept on disk as float16: a killed preparation goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Bool, Float16, Int

from flarescope.errors import BadFileError, MissingDataError
from flarescope.geometry import Disk
from flarescope.sources.files import read_magnetogram
from flarescope.sources.names import time_in_name
from flarescope.writing import check_folder_place, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flarescope.preparation import Preparation

__all__ = ["DiskImages", "Picked", "prepared_disks"]

AT_ONCE = 64  # images between two notes of how far it came: half a minute of work at most is done twice


class DiskImages(NamedTuple):
    """Prepared images.

    Attributes:
        images: "n h w", a file in memory; zero where the image could not be read.
        readable: could it be read? "n"
        why: of those that could not, file and reason.
    """

    images: Float16[np.ndarray, "n h w"]
    readable: Bool[np.ndarray, "n"]
    why: dict[str, str]


@dataclass(frozen=True, eq=False)
class Picked:
    """Some images of a file, read when they are asked for: as if it were an array of these rows alone."""

    images: Float16[np.ndarray, "n h w"]
    rows: Int[np.ndarray, "k"]

    def __getitem__(self, places: Int[np.ndarray, "b"]) -> Float16[np.ndarray, "b h w"]:
        """Images at these places among the rows picked."""
        return np.asarray(self.images[self.rows[places]])


def prepared_disks(
    paths: Sequence[str | Path],
    preparation: Preparation,
    folder: Path,
    *,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> DiskImages:
    """Read and prepare every full-disk image once; what lies in ``folder`` already is not done again.

    A grey level of an 8-bit image is eight float16 steps or more, so nothing is lost on the way. 512 pixels
    take half a megabyte an image: 600 MB for 1,177 hours, 33 GB for 63,649. An image whose header
    gives a time more than 12 minutes from that in its name, for which Helioviewer was asked, is not taken.

    Args:
        paths: image files; damaged ones are noted, not raised.
        preparation: how an image becomes the network's input.
        folder: for ``images.npy`` and ``images.json``; begun anew where it holds other images.
        progress: told (done, of).

    Raises:
        MissingDataError: no image can be read.
        BadOptionError: the preparation does not fit the images, or the folder cannot be written.
    """
    check_folder_place(folder)
    folder.mkdir(parents=True, exist_ok=True)
    notes, mark = folder / "images.json", _mark(paths, preparation)
    shape = (len(paths), preparation.size, preparation.size)
    done, why = _so_far(notes, mark)
    images = _opened(folder / "images.npy", shape) if done else None
    if images is None:
        done, why = 0, {}
        images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.float16, shape)
    with ThreadPoolExecutor(_cores()) as readers:
        for start in range(done, len(paths), AT_ONCE):
            some = [Path(path) for path in paths[start : start + AT_ONCE]]
            for row, given in enumerate(readers.map(lambda path: _prepared(path, preparation), some), start):
                if isinstance(given, str):
                    why[str(paths[row])] = given
                else:
                    images[row] = given
                progress(row + 1, len(paths))
            images.flush()
            write_whole(notes, json.dumps({"of": mark, "done": start + len(some), "unreadable": why}))
    readable = np.array([str(path) not in why for path in paths], bool)
    if not readable.any():
        raise MissingDataError(
            f"None of the {len(paths)} images can be read. The first: {next(iter(why.values()), 'no image')}"
        )
    return DiskImages(images, readable, why)


def _prepared(path: Path, preparation: Preparation) -> np.ndarray | str:
    """The network's input, or why there is none."""
    try:
        image = read_magnetogram(path, asked=time_in_name(path))
    except BadFileError as problem:
        return str(problem)
    if not isinstance(image.geometry, Disk):
        return f"{path}: it shows no whole disk. Accepted: full-disk magnetograms."
    return preparation.apply(image)


def _mark(paths: Sequence[str | Path], preparation: Preparation) -> str:
    """Changes with the preparation, the files and their sizes."""
    sizes = [(str(path), Path(path).stat().st_size if Path(path).exists() else -1) for path in paths]
    return hashlib.sha256(json.dumps([preparation.to_dict(), sizes]).encode()).hexdigest()[:16]


def _so_far(notes: Path, mark: str) -> tuple[int, dict[str, str]]:
    """How many of these very images are done, and which of them could not be read."""
    try:
        found = json.loads(notes.read_text(encoding="utf-8"))
        if found["of"] == mark:
            return int(found["done"]), dict(found["unreadable"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing there, or something that is no note of ours: begin anew
    return 0, {}


def _opened(path: Path, shape: tuple[int, ...]) -> np.memmap[tuple[int, ...], np.dtype[np.float16]] | None:
    """The images of an earlier preparation; None if the file is gone or is another."""
    try:
        found = np.lib.format.open_memmap(path, "r+")
    except (OSError, ValueError):
        return None
    return found if found.shape == shape and found.dtype == np.float16 else None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
