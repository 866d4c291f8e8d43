"""What the early layers of CNN-2 see of a mask, without looking at every mask's whole image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from flarescope.models.cnn import Cnn2

__all__ = ["Block", "Line", "MaskedCells", "affine"]

STEP, BEFORE, AFTER = 9, 6, 15  # cell k of the second level sees pixels 9k − 6 to 9k + 14
EARLY = 8  # modules of Cnn2.features up to the second level


@dataclass(frozen=True, eq=False)
class Line:
    """Neighbouring mask positions along one axis, and the cells of the second level that they change.

    Attributes:
        positions: numbers of the masks in the list of all along this axis.
        starts: first pixel that each covers.
        first: the first cell of the window.
        inner: of the window's cells, those that see nothing but mask, "masks cells".
        bands: runs of cells, counted from the window's first, that see an edge of some mask.
    """

    positions: slice
    starts: Sequence[int]
    first: int
    inner: Bool[np.ndarray, "m k"]
    bands: tuple[range, ...]

    @property
    def cells(self) -> int:
        """Length of the window."""
        return int(self.inner.shape[1])


Block = tuple[Line, Line]


def lines(starts: Sequence[int], mask: int, pixels: int) -> list[Line]:
    """Masks along one axis, by nines: as many as change about the same cells. All windows are alike long.

    Args:
        starts: first pixels of the masks, increasing.
        mask: its side in pixels.
        pixels: side of the image.
    """
    cells = np.arange(pixels // STEP)
    low, high = np.maximum(cells * STEP - BEFORE, 0), np.minimum(cells * STEP + AFTER, pixels)
    begin = np.asarray(starts)[:, None]
    changed = (low < begin + mask) & (high > begin)
    inner = (low >= begin) & (high <= begin + mask)
    nines = np.asarray(starts) // STEP
    groups = [np.flatnonzero(nines == nine) for nine in np.unique(nines)]
    reached = [np.flatnonzero(changed[group].any(axis=0)) for group in groups]
    length = max((r[-1] - r[0] + 1 for r in reached if r.size), default=1)
    found = []
    for group, r in zip(groups, reached, strict=True):
        first = int(min(r[0] if r.size else 0, len(cells) - length))
        window = slice(first, first + length)
        edge = np.any((changed & ~inner)[group, window], axis=0)
        places = slice(int(group[0]), int(group[-1]) + 1)
        found.append(Line(places, starts[places], first, inner[group, window], tuple(_runs(edge))))
    return found


def _runs(flags: Bool[np.ndarray, "k"]) -> Iterator[range]:
    """Ranges of neighbouring True values."""
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    for begin, end in bounds.reshape(-1, 2).tolist():
        yield range(begin, end)


class MaskedCells:
    """The second level of CNN-2 (after two convolutions and pools of 3) for any mask position.

    A cell whose rows all lie under the mask sees an image masked over its full height in the mask's columns,
    and the same with rows and columns exchanged. So one strip for each row and one for each column of mask
    positions give every cell but those that see a corner, and only those are computed for each position.

    Args:
        network: in evaluation mode.
        x: the image, "1 1 h w".
        cover: what the mask shows, "1 1 h w".
        rows: first rows of the masks, increasing; a mask lies at each row and each column.
        columns: first columns, increasing.
        mask: side in pixels.
        chunk: images a pass; bounds the memory.
    """

    def __init__(
        self,
        network: Cnn2,
        x: Tensor,
        cover: Tensor,
        rows: Sequence[int],
        columns: Sequence[int],
        mask: int,
        chunk: int,
    ) -> None:
        self.network, self.mask, self.chunk = network, mask, chunk
        self.early = network.features[:EARLY]
        self.shape = (x.shape[2], x.shape[3])
        self.rows, self.columns = lines(rows, mask, x.shape[2]), lines(columns, mask, x.shape[3])
        self.plain = _cells_last(self.early(x))[:, :, 0]  # y x c
        self.by_row = self._strips(x, cover, rows, axis=2)
        self.by_column = self._strips(x, cover, columns, axis=3)
        norm = affine(network.features[0])
        self.framed = [_framed(image, norm) for image in (x, cover)]

    def blocks(self) -> Iterator[Block]:
        """Masks row line by row line, each with every column line."""
        for row in self.rows:
            for column in self.columns:
                yield row, column

    def __call__(self, block: Block) -> Float[Tensor, "y x n c"]:
        """The block's window of the second level, for its masks row by row."""
        down, right = block
        plain = self._window(self.plain, block)[:, :, None, None]
        by_row = self._window(self.by_row[:, :, down.positions], block)[:, :, :, None]
        by_column = self._window(self.by_column[:, :, right.positions], block)[:, :, None]
        rows_in = self._flags(down.inner).view(down.cells, 1, -1, 1, 1)
        columns_in = self._flags(right.inner).view(1, right.cells, 1, -1, 1)
        found = torch.where(rows_in, by_column, torch.where(columns_in, by_row, plain))
        found = found.flatten(2, 3)
        for high in down.bands:
            for wide in right.bands:
                found[high.start : high.stop, wide.start : wide.stop] = self._corner(block, high, wide)
        return found

    def _strips(
        self, x: Tensor, cover: Tensor, starts: Sequence[int], *, axis: int
    ) -> Float[Tensor, "y x m c"]:
        """The second level with the mask over the whole width (axis 2) or height (axis 3) of the image."""
        pieces = []
        for first in range(0, len(starts), self.chunk):
            batch = starts[first : first + self.chunk]
            images = x.repeat(len(batch), 1, 1, 1)
            for image, start in zip(images, batch, strict=True):
                image.narrow(axis - 1, start, self.mask).copy_(cover[0].narrow(axis - 1, start, self.mask))
            pieces.append(_cells_last(self.early(images.contiguous(memory_format=torch.channels_last))))
        return torch.cat(pieces, dim=2)

    def _window(self, cells: Tensor, block: Block) -> Tensor:
        down, right = block
        return cells[down.first : down.first + down.cells, right.first : right.first + right.cells]

    def _flags(self, inner: Bool[np.ndarray, "m k"]) -> Bool[Tensor, "k m"]:
        return torch.from_numpy(np.ascontiguousarray(inner.T)).to(self.plain.device)

    def _corner(self, block: Block, high: range, wide: range) -> Float[Tensor, "y x n c"]:
        """Cells that see a corner of the mask, from their own pixels alone."""
        down, right = block
        features = self.network.features
        top, left = down.first + high.start, right.first + wide.start
        rows = slice(STEP * top, STEP * (top + len(high)) + BEFORE + AFTER - STEP)
        columns = slice(STEP * left, STEP * (left + len(wide)) + BEFORE + AFTER - STEP)
        plain, covered = (image[..., rows, columns] for image in self.framed)
        under = self._under(down.starts, top, plain.shape[2])[:, None, :, None]
        under = under & self._under(right.starts, left, plain.shape[3])[None, :, None, :]
        images = torch.where(under.flatten(0, 1)[:, None], covered, plain)
        seen = _layer(features[1:4], images)  # n c 3h+2 3w+2
        exists = _exists(seen, 3 * top - 1, 3 * left - 1, self.shape[0] // 3, self.shape[1] // 3)
        return _cells_last(_layer(features[5:8], features[4](seen) * exists))

    def _under(self, starts: Sequence[int], cell: int, length: int) -> Bool[Tensor, "m p"]:
        """Which pixels that the cell sees first to last lie under each mask; the frame never does."""
        place = torch.arange(length, device=self.plain.device) + (STEP * cell - BEFORE)
        begin = torch.tensor(list(starts), device=self.plain.device)[:, None]
        return (place >= begin) & (place < begin + self.mask)


def affine(norm: torch.nn.Module) -> tuple[Tensor, Tensor]:
    """Batch normalisation in evaluation mode is scale · x + shift: the two, "c" each."""
    assert isinstance(norm, torch.nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale


def _framed(image: Tensor, norm: tuple[Tensor, Tensor]) -> Tensor:
    """Normalised, with the zeros around it that convolutions see."""
    return functional.pad(image * norm[0] + norm[1], (BEFORE, AFTER, BEFORE, AFTER))


def _layer(modules: torch.nn.Module, images: Tensor) -> Tensor:
    """Convolution where its kernel lies wholly inside, pool and leaky ReLU."""
    assert isinstance(modules, torch.nn.Sequential)
    conv, rest = modules[0], modules[1:]
    assert isinstance(conv, torch.nn.Conv2d)
    last = images.contiguous(memory_format=torch.channels_last)
    found: Tensor = rest(functional.conv2d(last, conv.weight, conv.bias))
    return found


def _exists(like: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """1 for cells inside a level of height × width, 0 for those in the zeros around it."""
    y = torch.arange(like.shape[2], device=like.device)[:, None] + top
    x = torch.arange(like.shape[3], device=like.device)[None, :] + left
    return ((y >= 0) & (y < height) & (x >= 0) & (x < width)).to(like.dtype)


def _cells_last(found: Float[Tensor, "n c y x"]) -> Float[Tensor, "y x n c"]:
    return found.permute(2, 3, 0, 1).contiguous()
