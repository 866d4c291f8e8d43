"""Probing a network with round bipoles: how does its output follow their size, strength and polarity?

What Bhattacharjee et al. 2020 did by hand in section 4.4, for any network and its preparation. Numbers that
sum it up are in ``probe_measures``, the peaks of the curves in ``probe_peaks``.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.sun import ZERO_GREY
from flarescope.synthetic.probe_bipole import FRAME, MEGAMETRES_PER_PIXEL, Poles, probe_bipole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jaxtyping import Float
    from torch import nn

    from flarescope.preparation import Preparation
    from flarescope.sun import Magnetogram

__all__ = ["FIELDS_GAUSS", "RADIUS_MM", "Curves", "Probed", "curves", "probability", "radii", "under_probe"]

Precision = Literal["float32", "float64"]
FIELDS_GAUSS = (1000.0, 2000.0, 3000.0)  # of the paper's three curves
RADIUS_MM = 12.5  # of the paper's curve over field strength, its high peak
PIXELS_AT_ONCE = 2**20


def probability(logits: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """The output y = 1/(1 + exp(-logit)) of a network that was not calibrated."""
    from scipy.special import expit

    return np.asarray(expit(np.asarray(logits, float)))


@dataclass(frozen=True, eq=False)
class Probed:
    """A network that is asked about made-up pictures; made by ``under_probe``.

    Attributes:
        network: images "n 1 h w" to logits "n", in evaluation mode, of ``dtype``.
        preparation: the one it was trained with.
        stride: native pixels of 0.03° by which a picture may be moved on the network's grid and stay the same
            to it; 1 for a network that claims no such thing.
        dtype: of the network's arithmetic.
        probability: from logits to what is shown.
    """

    network: nn.Module
    preparation: Preparation
    stride: int
    dtype: Precision
    probability: Callable[[Float[np.ndarray, "n"]], Float[np.ndarray, "n"]] = probability

    def logits(self, pictures: Iterable[Magnetogram]) -> Float[np.ndarray, "n"]:
        """One logit a picture; their shapes may differ.

        Raises:
            BadOptionError: a logit that is no number, or a picture that the preparation refuses.
        """
        same_shape: dict[tuple[int, ...], list[tuple[int, np.ndarray]]] = defaultdict(list)
        count = 0
        for count, picture in enumerate(pictures, start=1):
            image = self.preparation.apply(picture)
            same_shape[image.shape].append((count - 1, image))
        logits = np.full(count, np.nan)
        for group in same_shape.values():
            logits[[index for index, _ in group]] = self._ask(np.stack([image for _, image in group]))
        if not np.isfinite(logits).all():
            raise BadOptionError("The network's logit of a probe is no number: its training went wrong.")
        return logits

    def _ask(self, images: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n"]:
        import torch

        weight = next(self.network.parameters(), None)
        device = weight.device if weight is not None else torch.device("cpu")
        batch = max(1, PIXELS_AT_ONCE // images[0].size)
        said = []
        with torch.inference_mode():
            for start in range(0, len(images), batch):
                x = torch.from_numpy(images[start : start + batch])[:, None]
                x = x.to(device, getattr(torch, self.dtype)).contiguous(memory_format=torch.channels_last)
                said.append(self.network(x).double().cpu().numpy())
        return np.concatenate(said)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the preparation does to the probes, where that is not plain to see."""
        own, told = self.preparation, []
        slope = own.grey_per_gauss
        if own.encoding == "grey8" and slope:
            told.append(f"The network was trained on 8-bit images: fields beyond {ZERO_GREY / slope:.0f} G "
                        "all look the same to it.")  # fmt: skip
        elif own.clip is not None:
            told.append(f"The network's images are cut at {own.clip:g} G: stronger fields look the same.")
        if own.fit == "crop" and own.megametres_per_pixel:
            side = own.size * own.megametres_per_pixel
            told.append(f"The network sees {side:.0f} Mm around the middle of a frame and nothing beyond.")
        return tuple(told)


def under_probe(
    network: nn.Module,
    preparation: Preparation,
    *,
    calibration: Callable[[Float[np.ndarray, "n"]], Float[np.ndarray, "n"]] = probability,
    views: int = 1,
    dtype: Precision = "float32",
) -> Probed:
    """A copy of a network, ready to be asked; the network itself is left as it is.

    Args:
        network: images "n 1 h w" to logits "n"; an attribute ``total_stride`` of it, or of a module inside,
            tells by how many pixels of its input a picture may move unnoticed.
        preparation: the one it was trained with.
        calibration: from logits to probabilities, such as a run's ``calibration.probability``.
        views: 8 for a run whose forecasts average over mirror images and polarities, as its calibration says.
        dtype: "float64" settles doubts about rounding.

    Raises:
        BadOptionError: another dtype.
    """
    import torch

    if dtype not in get_args(Precision):
        raise BadOptionError(f"Arithmetic in '{dtype}' is not accepted: {' or '.join(get_args(Precision))}.")
    strides = (getattr(module, "total_stride", None) for module in network.modules())
    stride = next((int(own) for own in strides if isinstance(own, int)), 1)
    if preparation.fit == "scale" and preparation.megametres_per_pixel:
        stride *= round(preparation.megametres_per_pixel / MEGAMETRES_PER_PIXEL)
    ready = copy.deepcopy(network).to(getattr(torch, dtype)).eval()
    if views == 8:
        from flarescope.explain.views import EightViews

        ready = EightViews(ready)
    return Probed(ready, preparation, stride, dtype, calibration)


def radii(low_mm: float = 2.0, high_mm: float = 40.0, count: int = 41) -> Float[np.ndarray, "n"]:
    """Radii in Mm, each larger than the one before by the same factor: peaks at small radii need it.

    Raises:
        BadOptionError: not 0 < low < high.
    """
    if not 0.0 < low_mm < high_mm < np.inf:
        raise BadOptionError(
            f"Radii from {low_mm:g} to {high_mm:g} Mm: the first must be above 0 and smaller."
        )
    return np.geomspace(low_mm, high_mm, count)


@dataclass(frozen=True, eq=False)
class Curves:
    """What a network said of bipoles of all sizes and strengths; logits throughout.

    Attributes:
        radius_mm: of the circles.
        field_gauss: of the curves in ``by_poles``.
        by_field: field strength → logits of −+ bipoles "r".
        by_poles: "-+", "+-", "+" or "-" → logits "r".
        fields_gauss: strengths of the curve over field strength.
        over_field: its logits "f", of a −+ bipole of 12.5 Mm.
    """

    radius_mm: Float[np.ndarray, "r"]
    field_gauss: float
    by_field: dict[float, Float[np.ndarray, "r"]]
    by_poles: dict[str, Float[np.ndarray, "r"]]
    fields_gauss: Float[np.ndarray, "f"]
    over_field: Float[np.ndarray, "f"]


def curves(
    probed: Probed,
    radius_mm: Sequence[float] | Float[np.ndarray, "r"],
    *,
    field_gauss: float = 2000.0,
    frame: tuple[int, int] = FRAME,
    quiet_sun: bool = False,
) -> Curves:
    """How does the output follow a bipole's radius, field strength and polarity?

    The four panels of the paper's Figure 9: −+ at three strengths; 12.5 Mm over strength; −+ against +−; one
    polarity alone. With ``quiet_sun`` the bipoles lie on network and noise, as regions do.

    Example:
        >>> curves(under_probe(network, preparation), radii(2, 40)).by_poles["+-"]  # doctest: +SKIP

    Reference:
        Bhattacharjee et al. 2020, section 4.4 and figure 9.
    """

    def over_radius(field: float, poles: Poles) -> Float[np.ndarray, "r"]:
        return probed.logits(
            probe_bipole(float(r), field_gauss=field, poles=poles, frame=frame, quiet_sun=quiet_sun)
            for r in radius_mm
        )

    by_field = {field: over_radius(field, "-+") for field in sorted({*FIELDS_GAUSS, field_gauss})}
    by_poles = {"-+": by_field[field_gauss]}
    by_poles |= {poles: over_radius(field_gauss, poles) for poles in ("+-", "+", "-")}
    strengths = np.arange(0.0, 4001.0, 250.0)
    over_field = probed.logits(
        probe_bipole(RADIUS_MM, field_gauss=float(field), frame=frame, quiet_sun=quiet_sun)
        for field in strengths
    )
    return Curves(np.asarray(radius_mm, float), field_gauss, by_field, by_poles, strengths, over_field)
