"""All masks of an occlusion map of CNN-2, exact, in a fraction of the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from flarescope.explain.masked_cells import Block, Line, MaskedCells, affine
from flarescope.explain.spectral import SpectralConvolution
from flarescope.models.cnn import Cnn2, Inception

if TYPE_CHECKING:
    from flarescope.explain.methods import Progress

__all__ = ["masked_logits"]

REACH, POOL = 3, 3  # cells to each side that an inception module's largest kernel sees; its pool


def masked_logits(
    network: Cnn2,
    x: Float[Tensor, "1 1 h w"],
    cover: Float[Tensor, "1 1 h w"],
    rows: Sequence[int],
    columns: Sequence[int],
    mask: int,
    *,
    progress: Progress,
    chunk: int = 64,
) -> Float[Tensor, "r c"]:
    """What does CNN-2 say under a mask at each of these rows and columns?

    The same logits as passing every masked image, but for rounding:

    - The first two convolutions are taken from strips and corners (``MaskedCells``).
    - In the first inception module only what differs from the plain image is convolved, on the cells that
      the mask changes; in both, the kernels of 3, 5 and 7 are products of spectra (``SpectralConvolution``).

    Args:
        network: in evaluation mode.
        x: the image.
        cover: what the mask shows.
        rows: first rows of the masks, increasing.
        columns: first columns of the masks, increasing.
        mask: side of the square mask in pixels.
        progress: told (masks done, masks in all).
        chunk: images a pass for the strips; bounds the memory.
    """
    cells = MaskedCells(network, x, cover, rows, columns, mask, chunk)
    tail = _Tail(network, cells)
    found = torch.empty(len(rows), len(columns), dtype=x.dtype, device=x.device)
    done = 0
    for down, right in cells.blocks():
        logits = tail((down, right), cells((down, right)))
        found[down.positions, right.positions] = logits.view(len(down.starts), len(right.starts))
        done += logits.numel()
        progress(done, found.numel())
    return found


class _Tail:
    """Both inception modules, the mean and the output."""

    def __init__(self, network: Cnn2, cells: MaskedCells) -> None:
        first, second = network.features[8], network.features[9]
        assert isinstance(first, Inception)
        assert isinstance(second, Inception)
        self.network, self.first, self.second = network, first, second
        self.plain, self.norm, self.last_norm = cells.plain, affine(first.norm), affine(second.norm)
        image = cells.plain.permute(2, 0, 1)[None]
        normal = first.norm(image)
        self.before = torch.cat([_places(conv(normal)) for conv in _convolutions(first)], dim=2)
        self.padded = functional.pad(_places(normal), (0, 0, 1, 1, 1, 1), value=-torch.inf)
        self.level = _places(first(image))  # third level, y x c
        window = (cells.rows[0].cells, cells.columns[0].cells)
        self.spectral = SpectralConvolution(_kernels(first), window, beyond=True)
        sides = (self.level.shape[0], self.level.shape[1])
        self.last = SpectralConvolution(_kernels(second), sides, beyond=False)
        self.bias = torch.cat([conv.bias for conv in _convolutions(second) if conv.bias is not None])

    def __call__(self, block: Block, cells: Float[Tensor, "y x n c"]) -> Float[Tensor, "n"]:
        """The logits of a block's masks, from its window of the second level."""
        down, right = (_touched(line, side) for line, side in zip(block, self.level.shape[:2], strict=True))
        third = self.level[:, :, None].repeat(1, 1, cells.shape[2], 1)
        here = third[down.start : down.stop, right.start : right.stop]
        convolved = self._convolved(block, cells, down, right)
        here[..., : convolved.shape[3]] = convolved
        here[..., convolved.shape[3] :] = self._largest(block, cells, down, right)
        return self._answer(third)

    def _convolved(self, block: Block, cells: Tensor, down: range, right: range) -> Tensor:
        """Convolutions of the first module, pooled and bent, "y x n o"."""
        top, left = block[0].first, block[1].first
        plain = self.plain[top : top + cells.shape[0], left : left + cells.shape[1]]
        change = (cells - plain[:, :, None]) * self.norm[0]
        rows, columns = range(3 * down.start, 3 * down.stop), range(3 * right.start, 3 * right.stop)
        found = self.spectral(change, _moved(rows, top), _moved(columns, left))
        found += self.before[rows.start : rows.stop, columns.start : columns.stop, None]
        leaky = self.first.branches[0][2]  # type: ignore[index]
        bent: Tensor = leaky(_window_max(found, 3, 3))
        return bent

    def _largest(self, block: Block, cells: Tensor, down: range, right: range) -> Tensor:
        """The first module's own max-pool and the pool after it: the largest of 5 × 5 cells, "y x n c"."""
        rows, columns = range(3 * down.start, 3 * down.stop + 2), range(3 * right.start, 3 * right.stop + 2)
        around = self.padded[rows.start : rows.stop, columns.start : columns.stop, None]
        around = around.repeat(1, 1, cells.shape[2], 1)
        top, left = block[0].first + 1 - rows.start, block[1].first + 1 - columns.start
        y0, x0 = max(top, 0), max(left, 0)
        seen = around[y0 : top + cells.shape[0], x0 : left + cells.shape[1]]
        shown = cells[y0 - top :, x0 - left :][: seen.shape[0], : seen.shape[1]]
        seen.copy_(shown * self.norm[0] + self.norm[1])
        return _window_max(around, 5, 3)

    def _answer(self, third: Float[Tensor, "y x n c"]) -> Float[Tensor, "n"]:
        normal = third * self.last_norm[0] + self.last_norm[1]
        rows, columns = range(third.shape[0]), range(third.shape[1])
        convolved = self.last(normal, rows, columns) + self.bias
        leaky = self.second.branches[0][2]  # type: ignore[index]
        around = functional.pad(normal, (0, 0, 0, 0, 1, 1, 1, 1), value=-torch.inf)
        means = [kind.mean(dim=(0, 1)) for kind in (leaky(convolved), _window_max(around, 3, 1))]
        logit: Tensor = self.network.output(torch.cat(means, dim=1))
        return logit.squeeze(1)


def _touched(line: Line, side: int) -> range:
    """Cells of the third level whose kernels and pools reach into a window of the second."""
    last = min(line.first + line.cells + REACH, POOL * side)
    return range(max(line.first - REACH, 0) // POOL, -(-last // POOL))


def _moved(places: range, by: int) -> range:
    return range(places.start - by, places.stop - by)


def _places(found: Float[Tensor, "1 c y x"]) -> Float[Tensor, "y x c"]:
    return found[0].permute(1, 2, 0).contiguous()


def _convolutions(module: Inception) -> list[nn.Conv2d]:
    return [part for branch in module.branches for part in branch.modules() if isinstance(part, nn.Conv2d)]


def _kernels(module: Inception) -> list[Tensor]:
    return [conv.weight for conv in _convolutions(module)]


def _window_max(x: Float[Tensor, "y x n c"], size: int, step: int) -> Float[Tensor, "r s n c"]:
    """The largest of ``size`` × ``size`` places, every ``step`` places: rows first, then columns."""
    for axis in (0, 1):
        count = (x.shape[axis] - size) // step + 1
        parts = [x.narrow(axis, k, x.shape[axis] - k) for k in range(size)]
        every = (slice(None),) * axis + (slice(0, (count - 1) * step + 1, step),)
        largest = torch.maximum(parts[0][every], parts[1][every])
        for part in parts[2:]:
            torch.maximum(largest, part[every], out=largest)
        x = largest
    return x
