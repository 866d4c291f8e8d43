"""DeepLIFT's rescale rule: how steep is each activation between the image and a background?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from flarescope.errors import NoRuleError
from flarescope.explain.function_kinds import BENT_LINES
from flarescope.explain.rules import Bend, Rule, with_gradient

__all__ = ["Rescale", "secant"]

ALIKE = 1e-6  # relative: two numbers this near have the slope between them


@dataclass(frozen=True, eq=False)
class Seen:
    """The image's own numbers at a bend: what went in and, at a max-pool, the maxima and their places."""

    name: str
    z: Tensor
    highest: Tensor | None = None
    place: Tensor | None = None


class Rescale:
    """The image's own numbers at every bend, and the rule that compares backgrounds with them.

    The image passes first (``remember``), once. The networks that we explain call the same functions in the
    same order whatever the image shows, so a background's n-th bend meets the image's n-th (``compare``).

    With z the image's number and z′ the background's at an activation y = f(z), the gradient is replaced by
    the secant m = (y − y′)/(z − z′); at max-pools by what ``_pooled`` says. Linear layers keep their
    gradient, so by the chain rule Σᵢ mᵢ·(xᵢ − x′ᵢ) = f(x) − f(x′), exactly.

    *Reference*: Shrikumar, Greenside and Kundaje 2017, sections 3.2 and 3.5.1.
    """

    def __init__(self) -> None:
        self._seen: list[Seen] = []

    def remember(self, bend: Bend) -> Tensor:
        """The rule for the image itself: its numbers are kept, nothing is changed."""
        given = bend.function(bend.z)
        value: Tensor = given[0] if bend.pools else given
        pooled = [t.detach() for t in given] if bend.pools else []  # maxima and their places
        self._seen.append(Seen(bend.name, bend.z.detach(), *pooled))
        return value

    def compare(self) -> Rule:
        """The rule for a pass of backgrounds."""
        turn = iter(self._seen)

        def rule(bend: Bend) -> Tensor:
            own, z = _beside(next(turn, None), bend), bend.z.detach()
            if bend.pools:
                return _pooled(bend, own)
            alone = replace(bend, z=z, refusal=NoRuleError)  # the run would hold itself: never freed
            return with_gradient(bend.z, bend.function(z), lambda g: g * secant(alone, own.z, z))

        return rule


def secant(bend: Bend, own: Tensor, other: Tensor) -> Tensor:
    """The mean slope of the function between two numbers, place by place.

    For lines that bend at zero it is written without cancellation: both above zero give exactly 1, both
    below exactly the lower slope. Other functions are taken in float64; where the two numbers agree to
    a millionth, the derivative at their middle stands for the quotient.
    """
    if bend.name in BENT_LINES:
        return _bent_line(-bend.function(other.new_tensor(-1.0)), own, other)
    own, other, kind = own.double(), other.double(), other.dtype
    step = own - other
    alike = step.abs() <= ALIKE * torch.maximum(own.abs(), other.abs())
    with torch.enable_grad():
        middle = ((own + other) / 2).requires_grad_(True)
        (slope,) = torch.autograd.grad(bend.function(middle).sum(), middle)
    slope = torch.where(slope.isfinite(), slope, 0.0)  # a root at zero
    quotient = (bend.function(own) - bend.function(other)) / step
    return torch.where(alike, slope, quotient).to(kind)


def _bent_line(slope: Tensor, own: Tensor, other: Tensor) -> Tensor:
    """Secant of z above zero and ``slope``·z below: the share of the way that lies above zero, weighted."""
    way = (own - other).abs_().clamp_(min=torch.finfo(own.dtype).tiny)
    share = torch.maximum(own, other).div_(way).clamp_(0.0, 1.0)
    return share if slope == 0.0 else slope + (1.0 - slope) * share


def _pooled(bend: Bend, own: Seen) -> Tensor:
    """The maxima of windows, and the rule for their gradient.

    With y the image's maximum and b the background's, let the window's winner be the pixel of the larger one.
    If it is the image's, the background is at most b there; if it is the background's, the image is at most y
    there. So the change y − b divided by the change at the winner lies between 0 and 1, and the winner alone
    accounts for the window: the image's argmax for max(y, b) − b, the background's for y − max(y, b), one of
    which is zero. Windows that overlap may share a winner: what they pass back is added up.
    """
    z = bend.z.detach()
    highest, place = bend.function(z)
    assert own.highest is not None
    assert own.place is not None
    own_highest, own_place = own.highest, own.place

    def back(arriving: Tensor) -> Tensor:
        winner = torch.where(own_highest > highest, own_place, place)
        change = _at(own.z, winner) - _at(z, winner)
        share = torch.where(change == 0.0, 0.0, (own_highest - highest) / change)
        found = torch.zeros_like(z)
        found.view(*z.shape[:2], -1).scatter_add_(2, winner.flatten(2), (arriving * share).flatten(2))
        return found

    return with_gradient(bend.z, highest, back)


def _at(plane: Tensor, place: Tensor) -> Tensor:
    """The numbers of each plane "n c h w" at places "n c y x" of the flattened plane."""
    return plane.flatten(2).gather(2, place.flatten(2)).view(place.shape)


def _beside(seen: Seen | None, bend: Bend) -> Seen:
    """The image's numbers at this bend, repeated so that they lie beside those of each background.

    A network that looks at several views at once lays them one after another: k rows for the image are k·b
    rows for b backgrounds, each view's rows together.
    """
    if seen is None or seen.name != bend.name or seen.z.shape[1:] != bend.z.shape[1:]:
        raise _other_way(bend)
    times, rest = divmod(len(bend.z), len(seen.z))
    if rest:
        raise _other_way(bend)
    if times == 1:
        return seen
    return Seen(
        seen.name,
        *(None if t is None else _repeated(t, times) for t in (seen.z, seen.highest, seen.place)),  # type: ignore[arg-type]
    )


def _repeated(rows: Tensor, times: int) -> Tensor:
    """Each row ``times`` times; a single row without a copy."""
    return rows.expand(times, *rows.shape[1:]) if len(rows) == 1 else rows.repeat_interleave(times, dim=0)


def _other_way(bend: Bend) -> NoRuleError:
    return NoRuleError(
        f"At '{bend.name}' the network treats a background unlike the image, or mixes the images of a batch, "
        "so the two cannot be compared. Use integrated_gradients or occlusion, which need no rules."
    )
