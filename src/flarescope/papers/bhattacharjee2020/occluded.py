"""Masked logits of real SHARPs: a unit for each network and magnetogram, kept once it is done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float
from scipy.special import expit

from flarescope.errors import BadOptionError
from flarescope.explain.occlusion import Masks, Reading, masked_logits
from flarescope.papers.kept_stamp import stamp
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from flarescope.papers.reproduction import Desk
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["Occluded", "Viewer", "occluded"]

MASK_SHARE = 100 / 256  # the paper's mask on the paper's input
STRIDES = {"quick": 4, "full": 1}
FIELD_STRIDES = {"quick": 4, "full": 2}  # of networks whose masks cannot share their work


@dataclass(frozen=True, eq=False)
class Viewer:
    """A network whose answers are occluded.

    Attributes:
        name: for a folder.
        run: its run.
        threshold_logit: yes from here on.
    """

    name: str
    run: Run
    threshold_logit: float = 0.0


@dataclass(frozen=True, eq=False)
class Occluded:
    """What a network says of one magnetogram, and under each mask.

    Attributes:
        logit: of the magnetogram.
        masked: under each mask, "r c".
        masks: where they lie on the network's input.
    """

    logit: float
    masked: Float[np.ndarray, "r c"]
    masks: Masks

    def map(self, reading: Reading, threshold_logit: float) -> Float[np.ndarray, "h w"]:
        """The paper's: mean over the masks that cover a pixel of the change of output or label."""
        if reading == "output":
            return self.masks.mean(expit(self.logit) - expit(self.masked))
        label = float(self.logit >= threshold_logit) - (self.masked >= threshold_logit)
        return self.masks.mean(label)


def occluded(desk: Desk, viewer: Viewer, path: Path, magnetogram: Magnetogram) -> Occluded:
    """The masked logits of this network and magnetogram: read where they are kept, else made and kept.

    The mask is the paper's: 100 pixels of an input of 256. Where inputs are fields at one scale, it is a
    square of as large a share of the field.
    """
    image = viewer.run.preparation.apply(magnetogram)
    side = round(MASK_SHARE * math.sqrt(image.size))
    strides = FIELD_STRIDES if viewer.run.preparation.fit == "scale" else STRIDES
    masks = Masks(image.shape, min(side, *image.shape), strides[desk.mode])
    seen = stamp(masks.side, masks.stride, viewer.run.preparation.to_dict())
    kept = desk.cache("occlusion") / f"{viewer.name}_{viewer.run.hash}" / f"{path.stem}_{seen}.npz"
    found = _read(kept)
    if found is None:
        told = partial(desk.progress, f"masks over {magnetogram.origin.name}, {viewer.name}")
        found = _made(viewer, image, masks, told)
        content = BytesIO()
        np.savez(content, logit=found[0], masked=found[1])
        write_whole(kept, content.getvalue())
    return Occluded(found[0], found[1], masks)


def _made(viewer: Viewer, image: np.ndarray, masks: Masks, told: partial[None]) -> tuple[float, np.ndarray]:
    import torch

    from flarescope.explain.methods import frozen, logits

    network = frozen(viewer.run.network, torch.float32)
    x = torch.from_numpy(np.ascontiguousarray(image))[None, None]
    cover = torch.full_like(x, viewer.run.preparation.zero)
    masked = masked_logits(network, x, cover, masks, progress=told, chunk=16)
    if not np.isfinite(masked).all():
        raise BadOptionError(f"{viewer.name} gave a logit that is no number under a mask. Train it again.")
    return float(logits(network, x)), masked


def _read(path: Path) -> tuple[float, np.ndarray] | None:
    try:
        with np.load(BytesIO(path.read_bytes())) as kept:
            return float(kept["logit"]), kept["masked"]
    except (OSError, ValueError, KeyError, BadZipFile, EOFError):
        return None
