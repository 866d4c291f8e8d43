"""Does the network care for the pixels that a map calls important? They go, or come, in the map's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from flarescope.errors import BadOptionError
from flarescope.explain.methods import frozen, logits

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor, nn

__all__ = ["Curves", "Faithfulness", "faithfulness", "reference_curves"]

BLOCKS_ACROSS = 64  # of the image's shorter side
CHUNK = 16  # images a pass


@dataclass(frozen=True, eq=False)
class Curves:
    """How the logit changes while blocks of pixels go, or come, in one order.

    Attributes:
        fraction: of the blocks, from 0 to 1.
        deletion: logits with this fraction replaced by zero field.
        insertion: logits of zero field with this fraction of the image put in.
    """

    fraction: Float[np.ndarray, "s"]
    deletion: Float[np.ndarray, "s"]
    insertion: Float[np.ndarray, "s"]

    @property
    def deletion_area(self) -> float:
        """Mean logit of the deletion curve: low where what matters goes first."""
        return float(np.trapezoid(self.deletion, self.fraction))

    @property
    def insertion_area(self) -> float:
        """Mean logit of the insertion curve: high where what matters comes first."""
        return float(np.trapezoid(self.insertion, self.fraction))


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """The curves of a map, under "map", beside those of "random", "unsigned_flux" and other orders."""

    curves: Mapping[str, Curves]

    def deletion_gain(self, over: str = "random") -> float:
        """By how many logits does the map's deletion curve lie below another order's, on the mean?

        Above 0: the map knows better what matters.
        """
        return self.curves[over].deletion_area - self.curves["map"].deletion_area

    def insertion_gain(self, over: str = "random") -> float:
        """By how many logits does the map's insertion curve lie above another order's, on the mean?"""
        return self.curves["map"].insertion_area - self.curves[over].insertion_area

    def frame(self) -> pd.DataFrame:
        """All curves in one table: order, fraction, deletion, insertion."""
        import pandas as pd

        parts = [pd.DataFrame({"order": name, **vars(curves)}) for name, curves in self.curves.items()]
        return pd.concat(parts, ignore_index=True)


def faithfulness(
    network: nn.Module,
    x: Tensor,
    zero: Tensor,
    attribution: Float[np.ndarray, "h w"],
    *,
    signed: bool = True,
    steps: int = 20,
    rivals: Mapping[str, Float[np.ndarray, "h w"] | Curves] | None = None,
    block_pixels: int | None = None,
    draws: int = 3,
    seed: int = 0,
) -> Faithfulness:
    """Does the output fall when what the map calls important is taken away, and rise when it is put in?

    The image is cut into blocks of ``block_pixels``; blocks that already are zero field everywhere take no
    part. A block's weight is Σφ, signed: what speaks most for a flare goes first, what speaks against it
    last; of a map that is not ``signed`` it is Σ|φ|. Equal weights go in random order. Pixels are replaced
    by zero field, never by black, which would be the strongest negative field there is. What is measured is
    the logit.

    Args:
        network: images "n 1 h w" to logits "n".
        x: the prepared image, "1 1 h w".
        zero: zero field as the network sees it, "1 1 h w".
        attribution: the map, on the network's own grid.
        signed: does the map's sign tell what speaks for a flare and what against (``Method.signed``)?
        steps: points of a curve after the first.
        rivals: other orders, as signed maps, or as curves known already; without "random" and
            "unsigned_flux", these two are added, as ``reference_curves`` gives them: pass its result to spare
            them for each method.
        block_pixels: side of a block; None takes a 64th of the shorter side, at least one pixel.
        draws: random orders whose curves are averaged.
        seed: of the random orders.

    Raises:
        BadOptionError: shapes that differ, or steps, draws or blocks below 1.

    Reference:
        Samek et al. 2017, IEEE TNNLS 28, 2660 (deletion of blocks, against random order); Petsiuk et al.
        2018, section 4.2 (deletion and insertion).
    """
    asked = _Asked(network, x, zero, steps, block_pixels, seed)
    curves = {"map": asked.curves(attribution if signed else np.abs(attribution))}
    given = dict(rivals or {})
    for name in ("random", "unsigned_flux"):
        if name not in given:
            given[name] = asked.reference(name, draws)
    for name, rival in given.items():
        curves[name] = rival if isinstance(rival, Curves) else asked.curves(rival)
    return Faithfulness(curves)


def reference_curves(
    network: nn.Module,
    x: Tensor,
    zero: Tensor,
    *,
    steps: int = 20,
    block_pixels: int | None = None,
    draws: int = 3,
    seed: int = 0,
) -> dict[str, Curves]:
    """The orders that any map must beat: "random", the mean of ``draws``, and "unsigned_flux", |x − zero|.

    See ``faithfulness`` for the arguments; they must be the same there.
    """
    asked = _Asked(network, x, zero, steps, block_pixels, seed)
    return {name: asked.reference(name, draws) for name in ("random", "unsigned_flux")}


class _Asked:
    """One image and a network that is asked about parts of it."""

    def __init__(
        self, network: nn.Module, x: Tensor, zero: Tensor, steps: int, block_pixels: int | None, seed: int
    ) -> None:
        import torch

        shape = tuple(x.shape[2:])
        self.side = max(1, min(shape) // BLOCKS_ACROSS) if block_pixels is None else block_pixels
        if steps < 1 or self.side < 1 or x.shape != zero.shape or x.shape[:2] != (1, 1):
            raise BadOptionError(
                f"Deletion in {steps} steps of blocks of {self.side} pixels, on an image of shape "
                f"{tuple(x.shape)} with zero field of shape {tuple(zero.shape)}, is not accepted: 1 or more "
                "each, both of shape (1, 1, h, w)."
            )
        self.network = frozen(network, x.dtype)
        self.x, self.zero = x.detach(), zero.detach().to(x.dtype)
        with torch.inference_mode():
            self.whole, self.nothing = (float(logits(self.network, image)) for image in (self.x, self.zero))
        self.shape, self.steps, self.seed = shape, steps, seed
        self.flux = np.abs((self.x - self.zero)[0, 0].double().cpu().numpy())
        self.content: Bool[np.ndarray, "r c"] = self._blocks(self.flux) > 0.0

    def reference(self, name: str, draws: int) -> Curves:
        """The curves of unsigned flux, or the mean of random orders."""
        if draws < 1:
            raise BadOptionError(f"{draws} random orders are not accepted: 1 or more.")
        if name == "unsigned_flux":
            return self.curves(self.flux)
        nothing = np.zeros(self.shape)  # equal weights go in random order
        drawn = [self.curves(nothing, draw=k + 1) for k in range(draws)]
        deletion, insertion = (
            np.mean([getattr(c, what) for c in drawn], axis=0) for what in ("deletion", "insertion")
        )
        return Curves(drawn[0].fraction, deletion, insertion)

    def curves(self, attribution: Float[np.ndarray, "h w"], draw: int = 0) -> Curves:
        """Logits along the order of one map."""
        import torch

        if attribution.shape != self.shape:
            raise BadOptionError(
                f"A map of shape {attribution.shape} does not order an image of {self.shape}. "
                "Give the map on the network's own grid."
            )
        rank = torch.from_numpy(self._ranks(attribution, draw)).to(self.x.device)
        count = int(self.content.sum())
        gone = np.linspace(0, count, self.steps + 1).round().astype(int)[1:-1]
        limits = torch.from_numpy(gone).to(rank.device)[:, None, None, None]
        deletion, insertion = [[self.whole]], [[self.nothing]]
        with torch.inference_mode():
            for found, image, other in ((deletion, self.x, self.zero), (insertion, self.zero, self.x)):
                for first in range(0, len(limits), CHUNK):
                    parts = torch.where(rank < limits[first : first + CHUNK], other, image)
                    found.append(logits(self.network, parts).tolist())
        fraction = np.linspace(0.0, 1.0, self.steps + 1)
        return Curves(
            fraction,
            np.concatenate([*deletion, [self.nothing]]),
            np.concatenate([*insertion, [self.whole]]),
        )

    def _ranks(self, attribution: Float[np.ndarray, "h w"], draw: int) -> Int[np.ndarray, "h w"]:
        """At which place does each pixel's block go? Blocks without content never do."""
        weight = self._blocks(np.nan_to_num(attribution).astype(float))[self.content]
        order = np.lexsort((np.random.default_rng([self.seed, draw]).random(len(weight)), -weight))
        rank = np.full(self.content.shape, len(weight))
        place = np.empty(len(weight), int)
        place[order] = np.arange(len(weight))
        rank[self.content] = place
        fine = rank.repeat(self.side, axis=0).repeat(self.side, axis=1)
        return fine[: self.shape[0], : self.shape[1]]

    def _blocks(self, values: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "r c"]:
        """Sums over the blocks."""
        height, width = (-(-side // self.side) * self.side for side in self.shape)
        padded = np.zeros((height, width))
        padded[: self.shape[0], : self.shape[1]] = values
        parts = padded.reshape(height // self.side, self.side, width // self.side, self.side)
        return np.asarray(parts.sum(axis=(1, 3)))
