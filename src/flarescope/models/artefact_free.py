"""The network that Bhattacharjee et al. 2020 ask for: blind to frames and to the sign convention."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from flarescope.errors import BadOptionError, UnknownNameError

__all__ = ["ArtefactFree", "LogOnePlus"]

Symmetry = Literal["full", "none"]


class ArtefactFree(nn.Module):
    """Fields at a fixed physical scale "n 1 h w" of any size, in units of 100 G, to logits "n".

    - *An empty margin changes nothing.* Convolutions have no bias and there is no batch normalisation, so
      zero field gives zero in every layer; each convolution is padded by its whole kernel, so that an edge
      of the frame cuts no activation. What is said is the same wherever a region lies in its frame, as long
      as it is moved by multiples of ``total_stride``.
    - *Noise is no field.* The input is soft-thresholded: sign(B)·max(|B| − t, 0), zero at zero, and a margin
      of instrument noise (about 3 G in a pixel of 1.457 Mm) is as empty as zero padding. Without biases a
      network only scales with the field; three thresholds (25, 150, 600 G) tell strong field from weak.
    - *Extensive quantities count.* Activations are never negative and are summed over all pixels, after each
      of the four stages. A small network with biases reads log(1 + sums).
    - *The sign convention does not.* f(B) = f(−B) = f(B flipped north-south) = f(−B flipped), because the
      sums of the four views are added up. Never east-west: leading and following spots are physically
      different. It is exact where the height is a multiple of ``total_stride``, as
      ``Preparation(fit="scale")`` makes it; otherwise a flip moves the region against the pooling windows.

    Args:
        filters: of the convolutions: 5×5 at every second place, then 3×3; max-pool 2 between the later ones.
        thresholds: of the input, in its own units.
        hidden: width of the network that reads the sums.
        symmetry: "full" as above; "none" sees the field as it is, for data that the paper's own transform
            (southern regions: −B and north-south flip) has brought to one hemisphere. Full symmetry cannot
            see that a region breaks Hale's law; the transform can.
        channels: the extension point for coronal and chromospheric images: channel 0 is the field, all others
            are flipped with it but never change their sign. They are to be zero where the Sun is quiet.

    Raises:
        UnknownNameError: another symmetry.
        BadOptionError: no channel or fewer than two convolutions.

    *Reference*: Bhattacharjee et al. 2020, sections 4.4 and 5 (what is needed; the design is ours).
    """

    def __init__(
        self,
        filters: Sequence[int] = (8, 24, 48, 96),
        thresholds: Sequence[float] = (0.25, 1.5, 6.0),
        hidden: int = 64,
        symmetry: Symmetry = "full",
        channels: int = 1,
    ) -> None:
        super().__init__()
        if symmetry not in get_args(Symmetry):
            raise UnknownNameError("symmetry", symmetry, get_args(Symmetry))
        if channels < 1 or len(filters) < 2:
            raise BadOptionError(
                f"artefact_free with {channels} channels and {len(filters)} convolutions cannot be built. "
                "Accepted: 1 channel or more, 2 convolutions or more."
            )
        self.symmetry = symmetry
        self.total_stride = 2 ** (len(filters) - 1)
        self.thresholds = nn.ModuleList(nn.Softshrink(threshold) for threshold in thresholds)
        widths = itertools.pairwise((len(thresholds) * channels, *filters))
        self.stages = nn.ModuleList(
            _stage(*width, first=depth == 0, last=depth == len(filters) - 1)
            for depth, width in enumerate(widths)
        )
        self.log = LogOnePlus()
        self.read = nn.Sequential(nn.Linear(sum(filters), hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n"]:
        """One logit a field."""
        logit: Tensor = self.read(self.log(self.sums(x)))
        return logit.squeeze(1)

    def sums(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        """The activations of every filter, summed over pixels and views: never negative, zero of no field."""
        x = functional.pad(x, (0, -x.shape[3] % self.total_stride, 0, -x.shape[2] % self.total_stride))
        if self.symmetry == "none":
            return self._summed(x)
        # one batch, so that each bend works once; pairs are added so that their order cannot matter
        one, two, three, four = self._summed(torch.cat([*_signs(x), *_signs(x.flip(2))])).chunk(4)
        return (one + two) + (three + four)

    def _summed(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        x = torch.cat([threshold(x) for threshold in self.thresholds], dim=1)
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x.sum(dim=(2, 3), dtype=torch.promote_types(x.dtype, torch.float32)))
        return torch.cat(found, dim=1)


class LogOnePlus(nn.Module):
    """log(1 + x / ``unit``) of sums "n features"; 2·10²¹ Mx sum to the unit of 1000 at 1.457 Mm and 100 G."""

    def __init__(self, unit: float = 1000.0) -> None:
        super().__init__()
        self.unit = unit

    def forward(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n f"]:
        """Zero at zero."""
        return torch.log1p(x / self.unit)


def _signs(x: Float[Tensor, "n c h w"]) -> tuple[Tensor, Tensor]:
    """The field as it is and reversed; further channels as they are."""
    return x, torch.cat([-x[:, :1], x[:, 1:]], dim=1)


def _stage(before: int, after: int, *, first: bool, last: bool) -> nn.Sequential:
    """Convolution, max-pool and ReLU; the first convolution takes every second place instead of pooling.

    All that the kernel touches comes out, so sides grow by an even number, which pools evenly. ReLU never
    falls, so pooling first gives the same numbers in a quarter of the work.
    """
    size, stride = (5, 2) if first else (3, 1)
    convolution = nn.Conv2d(before, after, size, stride=stride, padding=size - 1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return nn.Sequential(convolution, nn.Identity() if first or last else nn.MaxPool2d(2), nn.ReLU())
