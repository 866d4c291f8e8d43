"""Networks whose weights are drawn, not learnt: to check a method of explanation, not to learn of the Sun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope import models
from flarescope.preparation import Preparation
from flarescope.sources.calibration import GREY_PER_GAUSS
from flarescope.sun import ZERO_GREY
from flarescope.training.run import Calibration, Run, load_run, shipped_runs

if TYPE_CHECKING:
    from typing import Any

__all__ = ["preparation_of", "untrained_run"]

FULL_DISK = ("alexnet", "compact")


def preparation_of(name: str) -> Preparation:
    """How is this network fed: as its shipped run, or as its paper has it?

    Full-disk networks see the disk at a radius of 200 of 512 pixels, in grey levels from −1 to 1; networks of
    regions see a patch stretched to their square.

    Raises:
        UnknownNameError: no such network.
    """
    models.networks[name]
    if name in shipped_runs():
        return load_run(name).preparation
    grey: dict[str, Any] = {"encoding": "grey8", "grey_per_gauss": GREY_PER_GAUSS, "std": ZERO_GREY}
    if name in FULL_DISK:
        return Preparation(size=512, fit="disk", disk_radius=200.0, **grey)
    return Preparation(size=128, **grey)


def untrained_run(name: str, *, seed: int = 0) -> Run:
    """A network of random weights, fed as its kind is; it takes any image, and the whole of it.

    The same seed gives the same weights. Random numbers of the caller are left alone.

    Raises:
        UnknownNameError: no such network.

    Example:
        >>> untrained_run("alexnet", seed=1).sees  # doctest: +SKIP
        'any'
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        preparation = preparation_of(name)  # a shipped run is built before its weights are read
        torch.manual_seed(seed)
        network = models.build(name).eval()
    even = Calibration(base_rate=0.5, sampled_rate=0.5, threshold=0.5, views=1)
    return Run(network, preparation, name, f"random{seed}", even, (), sees="any")
