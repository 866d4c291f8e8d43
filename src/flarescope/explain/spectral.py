"""Convolutions with large kernels on small patches, as products of spectra."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Complex, Float
from torch import Tensor
from torch.nn import functional

__all__ = ["SpectralConvolution"]


class SpectralConvolution:
    """Several convolutions of the same small patches, beside each other along the channels.

    Exact but for rounding: patches are brought to their discrete Fourier transform by products with two
    small matrices, multiplied by the kernels' transform bin by bin (a matrix product over channels), and only
    the rows and columns asked for are brought back. Kernels of 3, 5 and 7 pixels together cost what one of 7
    does. Half of the row frequencies says all, since the field is real. No bias is added.

    Args:
        kernels: weights "o c k k" of odd sides.
        sides: height and width of the patches.
        beyond: True if rows and columns outside the patch will be asked for, where kernels still reach in.

    *Reference*: the convolution theorem.
    """

    def __init__(self, kernels: Sequence[Tensor], sides: tuple[int, int], *, beyond: bool) -> None:
        self.reach = max(kernel.shape[2] for kernel in kernels) // 2
        self.sides = sides
        # Rows that the circle brings back to the wrong end must not be rows that are asked for.
        self.height, self.width = (side + self.reach * (2 if beyond else 1) for side in sides)
        self.device, self.dtype = kernels[0].device, kernels[0].dtype.to_complex()
        alike = [
            functional.pad(kernel.double(), [self.reach - kernel.shape[2] // 2] * 4) for kernel in kernels
        ]
        flipped = torch.cat(alike).flip(2, 3)  # torch's convolutions are correlations
        spectrum = torch.fft.rfft2(flipped, s=(self.width, self.height), dim=(3, 2))  # o c v u, rows halved
        self.spectrum = spectrum.permute(2, 3, 1, 0).flatten(0, 1).to(self.dtype).contiguous()  # bins c o
        self.of_rows = self._waves(range(self.height // 2 + 1), range(sides[0]), self.height, -1)
        self.of_columns = self._waves(range(self.width), range(sides[1]), self.width, -1)

    def __call__(
        self, patches: Float[Tensor, "y x n c"], rows: range, columns: range
    ) -> Float[Tensor, "r s n o"]:
        """These rows and columns of the output, from the patch's first; zero where no kernel reaches."""
        (y, x, n, c), o = patches.shape, self.spectrum.shape[2]
        half = self.of_rows.shape[0]
        found = self.of_rows @ patches.reshape(y, -1).to(self.dtype)
        found = self.of_columns @ found.view(half, x, n * c)
        found = torch.bmm(found.view(-1, n, c), self.spectrum)
        found = self._back(columns, self.sides[1], self.width) @ found.view(half, self.width, n * o)
        twice = torch.full((half,), 2.0, device=self.device, dtype=self.dtype)  # for the half left out
        twice[0] = 1.0
        if self.height % 2 == 0:
            twice[-1] = 1.0
        found = (self._back(rows, self.sides[0], self.height)[:, :half] * twice) @ found.view(half, -1)
        return found.real.reshape(len(rows), len(columns), n, o)

    def _back(self, wanted: range, side: int, period: int) -> Complex[Tensor, "w f"]:
        """From frequencies to the places wanted; zeros for places that no kernel reaches."""
        waves = self._waves([place + self.reach for place in wanted], range(period), period, 1) / period
        reached = [-self.reach <= place < side + self.reach for place in wanted]
        return waves * torch.tensor(reached, device=self.device)[:, None]

    def _waves(
        self, rows: Sequence[int], columns: Sequence[int], period: int, sign: int
    ) -> Complex[Tensor, "r c"]:
        turns = torch.outer(torch.tensor(rows), torch.tensor(columns)).double() * (2 * math.pi / period)
        return torch.polar(torch.ones_like(turns), sign * turns).to(self.device, self.dtype)
