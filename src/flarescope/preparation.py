"""From a magnetogram to what a network sees, and back.

The same object trains and serves: it is stored beside the weights, and weights never travel without it.
Numpy and Pillow only, so that a service can prepare images without torch.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Float32

from flarescope.errors import BadOptionError, UnknownNameError
from flarescope.geometry import Disk
from flarescope.sun import ZERO_GREY

if TYPE_CHECKING:
    from flarescope.sun import Encoding, Magnetogram

__all__ = ["Preparation"]

Fit = Literal["resize", "pad", "crop", "scale", "disk"]
FITS = get_args(Fit)
INNER_DISK = 0.985  # of the radius: beyond it the limb's own darkening and the image's edge are seen
WHOLE = 1e-3  # a ratio of scales this near a whole number is that number
Interpolation = Literal["bicubic", "area"]


@dataclass(frozen=True)
class Preparation:
    """How a magnetogram becomes a network's input.

    Attributes:
        size: side of the square input in pixels; for "scale", sides are multiples of it.
        fit: "resize" stretches the whole patch to the square (Bhattacharjee et al. 2020; it loses the
            physical scale), "pad" first adds zero field to make it square, "crop" brings it to
            ``megametres_per_pixel`` and cuts or pads around the centre, "scale" brings the whole field to
            ``megametres_per_pixel`` and cuts nothing: inputs are as large as their fields, with zero field
            added at the west and north edges up to multiples of ``size``. Where ``megametres_per_pixel`` is a
            whole number of the field's own pixels (to 0.1 %), each input pixel is the exact mean of its
            block: the same pixels give the same numbers wherever they lie in a frame. "disk" centres a full
            disk and brings it to ``disk_radius``; what lies beyond 98.5 % of the radius is zero field, so
            that neither the size of the disk nor its edge tells the date.
        interpolation: "bicubic" or "area" (mean over the pixels covered).
        antialias: False samples bicubically without low-pass, as torch does by default; on a noisy disk
            this leaves mean |B| 36 % higher.
        encoding: what the network was trained on, "gauss" or "grey8".
        grey_per_gauss: slope between the two, for inputs of the other encoding; None refuses them.
        clip: largest absolute value kept, in units of ``encoding`` from zero field; None keeps all.
        megametres_per_pixel: physical scale of the input, for "crop" and "scale".
        disk_radius: radius of the disk in input pixels, for "disk".
        mean: subtracted from the signed field (zero field is 0 in both encodings).
        std: divided by.

    Example:
        >>> Preparation(size=128, encoding="grey8", std=127.5).to_dict()["fit"]
        'resize'
    """

    size: int
    fit: Fit = "resize"
    interpolation: Interpolation = "bicubic"
    antialias: bool = True
    encoding: Encoding = "gauss"
    grey_per_gauss: float | None = None
    clip: float | None = None
    megametres_per_pixel: float | None = None
    disk_radius: float | None = None
    mean: float = 0.0
    std: float = 1.0

    def __post_init__(self) -> None:
        if self.size < 2 or not self.std > 0.0:
            raise BadOptionError(
                f"Preparation of size {self.size} and std {self.std}: both must be positive."
            )
        if self.fit not in FITS:
            raise UnknownNameError("fit", self.fit, FITS)
        if self.fit in ("crop", "scale") and not (self.megametres_per_pixel or 0.0) > 0.0:
            raise BadOptionError(
                f"Preparation with fit '{self.fit}' needs megametres_per_pixel, such as 1.5."
            )
        if self.fit == "disk" and not 0.0 < (self.disk_radius or 0.0) <= self.size / 2:
            raise BadOptionError(
                f"Preparation with fit 'disk' and disk_radius {self.disk_radius} is not accepted: "
                f"a radius in pixels up to half the size of {self.size}."
            )
        if self.interpolation == "area" and not self.antialias:
            raise BadOptionError("Interpolation 'area' is an antialias of its own: set antialias to true.")

    @property
    def zero(self) -> float:
        """The network's value of zero field."""
        return -self.mean / self.std

    def apply(self, magnetogram: Magnetogram) -> Float32[np.ndarray, "h w"]:
        """What does the network see?

        Pixels off the disk become zero field.

        Returns:
            Array of ``size`` × ``size``, float32; for "scale", of any multiples of ``size``.

        Raises:
            BadOptionError: the encoding cannot be converted, or the physical scale is unknown.
        """
        values = np.nan_to_num(self._encoded(magnetogram), nan=0.0)
        if self.clip is not None:
            values = np.clip(values, -self.clip, self.clip)
        x0, y0, x1, y1 = self._box(magnetogram)
        left, top = max(0, math.ceil(-x0)), max(0, math.ceil(-y0))
        right = max(0, math.ceil(x1 - values.shape[1]))
        bottom = max(0, math.ceil(y1 - values.shape[0]))
        padded = np.pad(values, ((top, bottom), (left, right)))
        box = (x0 + left, y0 + top, x1 + left, y1 + top)
        prepared = self._resample(padded, box, self._shape(magnetogram))
        if self.fit == "disk":
            prepared = np.where(self._inner_disk(), prepared, 0.0)
        return ((prepared - self.mean) / self.std).astype(np.float32)

    def seen(self, magnetogram: Magnetogram) -> Bool[np.ndarray, "h w"]:
        """Which input pixels show known field? The others, off the disk or the image, are zero field."""
        known = magnetogram.with_field(np.isfinite(magnetogram.field).astype(float))
        whole = replace(
            self, encoding=known.encoding, clip=None, mean=0.0, std=1.0,
            interpolation="area", antialias=True,
        )  # fmt: skip
        if known.encoding == "grey8":
            known = known.with_field(known.field + ZERO_GREY)
        return np.asarray(whole.apply(known) > 0.5)

    def undo_map(
        self, attribution: Float[np.ndarray, "h w"], magnetogram: Magnetogram
    ) -> Float[np.ndarray, "y x"]:
        """Where on the magnetogram's own grid does a map of the network's input lie?

        Bicubic, as Bhattacharjee et al. 2020 do it; zero where the network saw nothing; NaN off the disk.
        Values are per input pixel: sums are to be taken on the network's own grid.
        """
        from PIL import Image

        height, width = magnetogram.field.shape
        x0, y0, x1, y1 = self._box(magnetogram)
        wide, high = max(1, round(x1 - x0)), max(1, round(y1 - y0))
        image = Image.fromarray(np.ascontiguousarray(attribution, dtype=np.float32))
        stretched = np.asarray(image.resize((wide, high), Image.Resampling.BICUBIC), dtype=float)
        left, top = round(x0), round(y0)
        result = np.zeros((height, width))
        rows, columns = (
            slice(max(top, 0), min(top + high, height)),
            slice(max(left, 0), min(left + wide, width)),
        )
        result[rows, columns] = stretched[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
        result[~np.isfinite(magnetogram.field)] = np.nan
        return result

    def input_pixels(self, magnetogram: Magnetogram) -> float:
        """How many input pixels lie in one pixel of the magnetogram? Below 1 where it was coarsened."""
        x0, y0, x1, y1 = self._box(magnetogram)
        rows, columns = self._shape(magnetogram)
        return rows * columns / ((x1 - x0) * (y1 - y0))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Preparation:
        """The preparation that ``to_dict`` described; an unknown key is an error."""
        known = [f.name for f in fields(cls)]
        for key in values:
            if key not in known:
                raise UnknownNameError("preparation setting", key, known)
        return cls(**values)

    def to_json(self) -> str:
        """As stored beside the weights."""
        return json.dumps(self.to_dict(), indent=2)

    def _encoded(self, magnetogram: Magnetogram) -> Float[np.ndarray, "y x"]:
        """The signed field in the network's own encoding."""
        signed = magnetogram.signed
        if magnetogram.encoding == self.encoding:
            return signed
        if self.grey_per_gauss is None:
            raise BadOptionError(
                f"The model was trained on {self.encoding} and {magnetogram.origin.name} holds "
                f"{magnetogram.encoding}. Accepted: {self.encoding}; or give the preparation grey_per_gauss."
            )
        if self.encoding == "gauss":
            return signed / self.grey_per_gauss
        return np.clip(signed * self.grey_per_gauss, -ZERO_GREY, ZERO_GREY)

    def _box(self, magnetogram: Magnetogram) -> tuple[float, float, float, float]:
        """Edges (x0, y0, x1, y1) of what the network sees, in pixels of the magnetogram."""
        height, width = magnetogram.field.shape
        if self.fit == "resize":
            return 0.0, 0.0, float(width), float(height)
        if self.fit == "scale":
            rows, columns = self._shape(magnetogram)
            ratio = self._ratio(magnetogram)
            return 0.0, 0.0, columns * ratio, rows * ratio
        if self.fit == "disk":
            disk = self._disk(magnetogram)
            half = self.size * disk.radius / float(self.disk_radius or disk.radius) / 2
            x, y = disk.x_centre + 0.5, disk.y_centre + 0.5
            return x - half, y - half, x + half, y + half
        half = max(height, width) / 2 if self.fit == "pad" else self.size * self._ratio(magnetogram) / 2
        x, y = width / 2, height / 2
        return x - half, y - half, x + half, y + half

    def _shape(self, magnetogram: Magnetogram) -> tuple[int, int]:
        """Rows and columns of the input."""
        if self.fit != "scale":
            return self.size, self.size
        step = self._ratio(magnetogram) * self.size
        rows, columns = (math.ceil(side / step - 1e-9) * self.size for side in magnetogram.field.shape)
        return rows, columns

    def _inner_disk(self) -> Bool[np.ndarray, "h w"]:
        """The same circle of input pixels for every image."""
        away = np.arange(self.size) - (self.size - 1) / 2
        return np.asarray(np.hypot(away[:, None], away) <= INNER_DISK * float(self.disk_radius or 0.0))

    def _disk(self, magnetogram: Magnetogram) -> Disk:
        if not isinstance(magnetogram.geometry, Disk):
            raise BadOptionError(
                f"{magnetogram.origin.name} shows no disk whose centre and radius are known, and the model "
                "was trained on full disks. Give a full-disk magnetogram, or use a model of regions."
            )
        return magnetogram.geometry

    def _ratio(self, magnetogram: Magnetogram) -> float:
        """Side of an input pixel in pixels of the magnetogram, at a fixed physical scale."""
        if magnetogram.geometry is None:
            raise BadOptionError(
                f"{magnetogram.origin.name} has no known physical scale and the model needs "
                f"{self.megametres_per_pixel} Mm per pixel. Give a file with a header, or use a model "
                "that resizes."
            )
        own = magnetogram.geometry.megametres_per_pixel
        ratio = float(self.megametres_per_pixel or own) / own
        whole = round(ratio)
        snap = self.fit == "scale" and whole >= 1 and abs(ratio / whole - 1) <= WHOLE
        return float(whole) if snap else ratio

    def _resample(
        self,
        values: Float[np.ndarray, "y x"],
        box: tuple[float, float, float, float],
        shape: tuple[int, int],
    ) -> Float[np.ndarray, "h w"]:
        from PIL import Image

        x0, y0, x1, y1 = box
        rows, columns = shape
        if self.fit == "scale" and (x1 / columns).is_integer():
            return _block_means(values, int(x1 / columns))
        image = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
        if self.antialias:
            method = Image.Resampling.BOX if self.interpolation == "area" else Image.Resampling.BICUBIC
            return np.asarray(image.resize((columns, rows), method, box=box), dtype=np.float32)
        affine = ((x1 - x0) / columns, 0.0, x0, 0.0, (y1 - y0) / rows, y0)
        sampled = image.transform((columns, rows), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
        return np.asarray(sampled, dtype=np.float32)


def _block_means(values: Float[np.ndarray, "y x"], side: int) -> Float[np.ndarray, "h w"]:
    """Means of blocks of ``side`` × ``side`` pixels, added in one order wherever the block lies."""
    exact = np.asarray(values, dtype=np.float64)
    total = sum(exact[row::side, column::side] for row in range(side) for column in range(side))
    return np.asarray(total / side**2)
