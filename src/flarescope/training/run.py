"""A run is a folder: weights never travel without their preparation, and never as pickle.

``experiment.toml`` (resolved), ``model.safetensors``, ``preparation.json``, ``model.json`` (network, views,
calibration, the regions it was trained on), ``split.parquet``, ``log.jsonl``, ``scores.json``,
``environment.txt`` and ``card.md``. A shipped model is such a folder without the tables.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float

from flarescope import models
from flarescope.compute import computes_bf16
from flarescope.errors import BadFileError, FlarescopeError, UnknownNameError
from flarescope.preparation import Preparation
from flarescope.training.predict import predict_logits
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from flarescope.sun import Magnetogram

__all__ = ["Calibration", "Run", "environment", "load_run", "predict_logits", "save_run", "shipped_runs"]

WEIGHTS, PREPARATION, MODEL, CARD = "model.safetensors", "preparation.json", "model.json", "card.md"
EXPERIMENT = "experiment.toml"
Sees = Literal["region", "full_disk", "any"]
Spans = tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True)
class Calibration:
    """From a logit to a probability, and from it to yes or no.

    A network trained on batches with more positives than there are says too much; adding ``log_odds`` =
    logit(base rate) − logit(sampled rate) undoes it.

    Attributes:
        base_rate: share of positives among the training rows.
        sampled_rate: share of positives in the batches.
        threshold: yes from this probability on.
        views: views whose logits are averaged, 1 or 8.
    """

    base_rate: float
    sampled_rate: float
    threshold: float
    views: int

    @property
    def log_odds(self) -> float:
        """What is added to a logit."""
        return _logit(self.base_rate) - _logit(self.sampled_rate)

    @property
    def threshold_logit(self) -> float:
        """The network says yes from this logit on: logit(threshold) − ``log_odds``."""
        return _logit(min(max(self.threshold, 1e-12), 1 - 1e-12)) - self.log_odds

    def probability(self, logits: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
        """Probability of a flare among images drawn as the training rows were."""
        return np.asarray(1 / (1 + np.exp(-(np.asarray(logits, float) + self.log_odds))))


@dataclass(frozen=True, eq=False)
class Run:
    """A trained network with all that its use needs.

    Attributes:
        network: images "n 1 h w" to logits "n", in evaluation mode, float32.
        preparation: how a magnetogram becomes its input.
        name: of the shipped model, or of the network in a run folder.
        hash: eight digits of sha256 over weights, preparation and model.json.
        calibration: from logit to probability.
        training_regions: NOAA regions it was trained on; a forecast on one of them is no test.
        card: its model card, Markdown; empty if there is none.
        scores: its out-of-fold scores, as in ``scores.json``; empty if there are none.
        folder: where it was loaded from.
        coarse: was it also trained on images seen through coarser pixels, such as those of a 512-pixel disk?
            (``degrade_share`` in ``experiment.toml``; False where the folder has none)
        trained_on: what it learnt from where that was not the real Sun, such as "made-up Sun"; else empty.
        sees: what it was trained to see: one "region", the "full_disk", or "any" image where it was never
            trained.
        training_spans: for each member of a mean, the half-open spans of time (ISO, UTC) it was trained on;
            empty where nobody kept them.
    """

    network: nn.Module
    preparation: Preparation
    name: str
    hash: str
    calibration: Calibration
    training_regions: tuple[int, ...]
    card: str = ""
    scores: dict[str, Any] | None = None
    folder: Path = Path()
    coarse: bool = False
    trained_on: str = ""
    sees: Sees = "region"
    training_spans: Spans = ()

    @property
    def label(self) -> str:
        """Such as patch_cnn@1a2b3c4d."""
        return f"{self.name}@{self.hash}"

    def in_training(self, noaa: Sequence[int]) -> bool:
        """Was the network trained on one of these regions?"""
        return bool(set(noaa) & set(self.training_regions))

    def probability(self, magnetograms: Sequence[Magnetogram]) -> Float[np.ndarray, "n"]:
        """How probable is a flare, at the base rate of the training rows?

        Raises:
            BadOptionError: an image of an encoding or scale that the preparation cannot bring to its own.
        """
        images = [self.preparation.apply(m) for m in magnetograms]
        return self.calibration.probability(
            predict_logits(self.network, images, views=self.calibration.views)
        )


def save_run(
    folder: Path,
    network: nn.Module,
    preparation: Preparation,
    calibration: Calibration,
    *,
    name: str,
    options: dict[str, Any],
    members: int,
    training_regions: Sequence[int],
    trained_on: str = "",
    sees: Sees = "region",
    training_spans: Spans = (),
) -> str:
    """Write weights, preparation and model.json; the hash comes back.

    ``members`` networks are averaged if there are more than one (``MeanLogit``). ``trained_on`` is for what
    is not the real Sun: explanations then say so. ``sees`` and ``training_spans`` are as in ``Run``.

    Raises:
        BadOptionError: the folder cannot be written.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    save_file(tensors, folder / f"{WEIGHTS}.part")
    os.replace(folder / f"{WEIGHTS}.part", folder / WEIGHTS)
    about = {
        "model": name,
        "options": options,
        "members": members,
        "calibration": asdict(calibration),
        "training_regions": sorted(training_regions),
    } | ({"trained_on": trained_on} if trained_on else {})
    about |= {"sees": sees} if sees != "region" else {}
    about |= {"training_spans": training_spans} if training_spans else {}
    write_whole(folder / PREPARATION, preparation.to_json() + "\n")
    write_whole(folder / MODEL, json.dumps(about, indent=1) + "\n")
    return _hash(folder)


def load_run(run: str | Path) -> Run:
    """The network in a run folder, or a shipped one by its name.

    Raises:
        UnknownNameError: neither a folder nor a shipped model.
        BadFileError: the folder is incomplete or damaged; one line that says which file and why.

    Example:
        >>> load_run("patch_cnn").preparation.size  # doctest: +SKIP
        128
    """
    folder = models.shipped_folder() / str(run) if str(run) in shipped_runs() else Path(run)
    if not folder.is_dir():
        raise UnknownNameError("run folder or shipped model", str(run), shipped_runs())
    about = _read_json(folder / MODEL)
    settings = _read_json(folder / PREPARATION)
    try:
        preparation = Preparation.from_dict(settings)
        calibration = Calibration(**about["calibration"])
        network = _network(about["model"], about["options"], int(about["members"]))
        regions = tuple(int(number) for number in about["training_regions"])
    except (KeyError, TypeError, ValueError) as problem:
        text = str(problem) if isinstance(problem, FlarescopeError) else repr(problem)
        raise BadFileError(folder, f"the run's settings cannot be used: {text}") from None
    _load_weights(network, folder / WEIGHTS)
    card = folder / CARD
    scores = folder / "scores.json"
    return Run(
        network.eval(),
        preparation,
        str(run) if str(run) in shipped_runs() else about["model"],
        _hash(folder),
        calibration,
        regions,
        card.read_text(encoding="utf-8") if card.exists() else "",
        _read_json(scores) if scores.exists() else None,
        folder,
        _saw_coarse_pixels(folder / EXPERIMENT),
        str(about.get("trained_on", "")),
        about.get("sees", "region"),
        tuple(tuple((str(a), str(b)) for a, b in spans) for spans in about.get("training_spans", ())),
    )


def shipped_runs() -> list[str]:
    """Names of the trained networks that come with flarescope."""
    return sorted(path.parent.name for path in models.shipped_folder().glob(f"*/{MODEL}"))


def environment() -> str:
    """What decides rounding, one line each: versions, processor, threads."""
    import torch

    lines = [f"python {platform.python_version()}", f"machine {platform.platform()} {platform.machine()}"]
    for package in ("flarescope", "torch", "numpy", "pillow", "scikit-learn", "safetensors"):
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} not installed")
    lines.append(f"threads {torch.get_num_threads()}")
    lines.append(f"processor {torch.backends.cpu.get_cpu_capability()}, bfloat16 {computes_bf16()}")
    return "\n".join(lines) + "\n"


def _network(name: str, options: dict[str, Any], members: int) -> nn.Module:
    from flarescope.models.patch_cnn import MeanLogit

    networks = [models.build(name, **options) for _ in range(members)]
    return MeanLogit(networks) if members > 1 else networks[0]


def _saw_coarse_pixels(path: Path) -> bool:
    """Was a share of the training images degraded? Not in model.json, so that no run's hash changes."""
    from flarescope.experiment import read_experiment

    return path.exists() and read_experiment(path).augmentation.degrade_share > 0.0


def _load_weights(network: nn.Module, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        network.load_state_dict(load_file(path))
    except FileNotFoundError:
        raise BadFileError(
            path, "the weights are missing. Train the run again, or copy the whole folder."
        ) from None
    except (SafetensorError, OSError, RuntimeError, ValueError) as problem:
        why = str(problem).splitlines()[0]
        raise BadFileError(path, f"the weights are damaged or of another network ({why}).") from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadFileError(
            path, "this file of the run is missing. Is it a folder that 'flarescope train' finished?"
        ) from None
    except (OSError, ValueError) as problem:
        raise BadFileError(path, f"it is damaged ({problem}). Copy the run again.") from None
    if not isinstance(found, dict):
        raise BadFileError(path, "it holds no settings by name. Copy the run again.")
    return found


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in (WEIGHTS, PREPARATION, MODEL):
        try:
            digest.update((folder / name).read_bytes())
        except OSError as problem:
            raise BadFileError(folder / name, f"it cannot be read ({problem.strerror}).") from None
    return digest.hexdigest()[:8]


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
