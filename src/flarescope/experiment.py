"""Settings of one experiment: one TOML file, one frozen object. An unknown key is an error."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flarescope.errors import BadFileError, BadOptionError, UnknownNameError
from flarescope.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Augmentation",
    "Data",
    "Evaluation",
    "Experiment",
    "Model",
    "Training",
    "read_experiment",
]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


S = TypeVar("S", bound=_Section)


class Data(_Section):
    """What is learnt from; paths are relative to the data folder.

    ``index`` lists image, region and time; a label is 1 if the region has a flare of ``at_least`` that starts
    in (t, t + within).
    """

    index: str
    flares: tuple[str, ...] = Field(min_length=1)
    at_least: str = "M1.0"
    within: str = "24h"


class Model(_Section):
    """Which network, with which options.

    ``weights`` is a file of ImageNet weights that alexnet begins from (``training.pretrained``); without one
    it is trained from scratch.
    """

    name: str
    options: dict[str, Any] = {}
    weights: str | None = None


class Augmentation(_Section):
    """How images are varied in training; see ``samples.loader.augment``."""

    shift_pixels: int = Field(0, ge=0)
    flips: bool = False
    polarity: bool = False
    degrade_share: float = Field(0.0, ge=0.0, le=1.0)
    degrade_factor: float = Field(2.0, ge=1.0)
    turn_degrees: float = Field(0.0, ge=0.0, le=180.0)


class Training(_Section):
    """How the network is fitted.

    ``optimizer`` is "adamw" or "sgd" (without momentum), ``schedule`` that of its learning rate
    (``training.schedule``); None is "one_cycle" for "adamw" and "constant" for "sgd".
    ``batches`` are "balanced" (``positive_share`` of each is positive), or of full disks also "epochs" (every
    image once, classes weighing the same) or "published" (``samples.disk_batches``). ``steps``,
    ``check_steps`` and ``checkpoint_steps`` count what ``steps_are``: batches or epochs.
    ``loss`` is "smoothed" (cross-entropy, with ``label_smoothing``), "weighted" (positives count
    ``positive_weight`` times; None: the ratio of the classes shown) or "batch_skill" (``training.losses``).
    ``early_stopping`` checks without a better validation loss end the training; None trains all steps.
    ``bf16`` is used in training only, and only on machines that compute with it.
    """

    steps: int = Field(ge=1)
    batch: int = Field(ge=2)
    positive_share: float = Field(0.25, gt=0.0, lt=1.0)
    learning_rate: float = Field(gt=0.0)
    warm_up: float = Field(0.15, gt=0.0, lt=1.0)
    weight_decay: float = Field(0.0, ge=0.0)
    label_smoothing: float = Field(0.0, ge=0.0, lt=1.0)
    bf16: bool = False
    checkpoint_steps: int = Field(50, ge=1)
    early_stopping: int | None = Field(None, ge=1)
    validation_share: float = Field(0.2, gt=0.0, lt=1.0)
    check_steps: int = Field(20, ge=1)
    optimizer: Literal["adamw", "sgd"] = "adamw"
    loss: Literal["smoothed", "weighted", "batch_skill"] = "smoothed"
    positive_weight: float | None = Field(None, gt=0.0)
    batches: Literal["balanced", "epochs", "published"] = "balanced"
    steps_are: Literal["batches", "epochs"] = "batches"
    schedule: Literal["one_cycle", "constant", "plateau", "plateau_stepped_twice"] | None = None
    plateau_factor: float = Field(0.1, gt=0.0, lt=1.0)
    plateau_patience: int = Field(10, ge=0)

    @property
    def watches(self) -> bool:
        """Does the training need validation rows?"""
        return bool(self.early_stopping) or (self.schedule or "").startswith("plateau")

    def in_batches(self, steps_an_epoch: int) -> Training:
        """The same settings with epochs counted in batches."""
        if self.steps_are == "batches":
            return self
        counts = ("steps", "check_steps", "checkpoint_steps")
        counted = {name: getattr(self, name) * steps_an_epoch for name in counts}
        return self.model_copy(update={**counted, "steps_are": "batches"})


class Evaluation(_Section):
    """How it is judged: folds over regions, seeds, and the rivals' parameters.

    Folds of full disks are blocks of ``block_days``, or with ``quarters`` calendar quarters over all years;
    only the first ``trained_folds`` are trained and tested, by default all. ``views`` is 1 for the image as
    it is or 8 for the mean logit over both flips and both polarities.
    """

    folds: int = Field(5, ge=2)
    fold_seed: int = Field(0, ge=0)
    seeds: tuple[int, ...] = Field((0,), min_length=1)
    views: int = 1
    resamples: int = Field(1000, ge=1)
    pil_threshold: float = Field(76.5, gt=0.0)
    pil_fwhm_pixels: float = Field(17.3, gt=0.0)
    block_days: float = Field(5.0, gt=0.0)
    quarters: bool = False
    trained_folds: int | None = Field(None, ge=1)


@dataclass(frozen=True)
class Experiment:
    """Everything that decides a run, but the data themselves and the machine."""

    name: str
    data: Data
    model: Model
    preparation: Preparation
    augmentation: Augmentation
    training: Training
    evaluation: Evaluation

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> Experiment:
        """Check plain settings, section by section.

        Raises:
            UnknownNameError: a key or section that does not exist; the message offers the nearest.
            BadOptionError: a value that is missing or not accepted.
        """
        known = [f.name for f in fields(cls)]
        _refuse_unknown("section", settings, known)
        missing = [
            name for name in ("name", "data", "model", "preparation", "training") if name not in settings
        ]
        if missing:
            raise BadOptionError(f"The experiment lacks {', '.join(missing)}. Needed: {', '.join(known)}.")
        return cls(
            name=str(settings["name"]),
            data=_section(Data, "data", settings),
            model=_section(Model, "model", settings),
            preparation=_preparation(settings["preparation"]),
            augmentation=_section(Augmentation, "augmentation", settings),
            training=_section(Training, "training", settings),
            evaluation=_section(Evaluation, "evaluation", settings),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, every default filled in; what is None is left out."""
        document: dict[str, Any] = {"name": self.name}
        for name in ("data", "model", "preparation", "augmentation", "training", "evaluation"):
            section = getattr(self, name)
            values = section.to_dict() if name == "preparation" else section.model_dump(mode="json")
            document[name] = {key: value for key, value in values.items() if value is not None}
        return document

    def to_toml(self) -> str:
        """The resolved experiment, as stored in a run folder; ``read_experiment`` reads it back equal."""
        return "".join(_toml_lines(self.to_dict(), ())).lstrip()


def read_experiment(path: str | Path) -> Experiment:
    """What does this experiment file say?

    Raises:
        BadFileError: missing, not TOML, or a setting is unknown or not accepted; one line that names it.

    Example:
        >>> read_experiment("experiments/patch_cnn.toml").training.steps  # doctest: +SKIP
        200
    """
    path = Path(path)
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadFileError(
            path, f"it cannot be read ({problem.strerror}). Give an experiment's TOML file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadFileError(path, f"it is not TOML: {problem}.") from None
    try:
        return Experiment.from_dict(settings)
    except (BadOptionError, UnknownNameError) as problem:
        raise BadFileError(path, str(problem)) from None


def _section(kind: type[S], name: str, settings: dict[str, Any]) -> S:
    values = _table(name, settings.get(name, {}))
    _refuse_unknown(f"setting in [{name}]", values, kind.model_fields)
    try:
        return kind.model_validate(values)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(map(str, (name, *first["loc"])))
        seen = "" if first["type"] == "missing" else f" {first['input']!r}"
        raise BadOptionError(f"Setting {key}{seen} is not accepted: {first['msg']}.") from None


def _preparation(values: Any) -> Preparation:
    try:
        return Preparation.from_dict(_table("preparation", values))
    except TypeError as problem:
        raise BadOptionError(f"Settings of [preparation] are not accepted: {problem}.") from None


def _table(name: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise BadOptionError(f"'{name}' is {values!r}. Accepted: a table, [{name}].")
    return values


def _refuse_unknown(kind: str, given: Iterable[str], known: Iterable[str]) -> None:
    known = list(known)
    for key in given:
        if key not in known:
            raise UnknownNameError(kind, key, known)


def _toml_lines(values: dict[str, Any], path: tuple[str, ...]) -> Iterable[str]:
    """TOML of plain values: JSON's scalars and lists are TOML's."""
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    if path and (len(tables) < len(values) or not values):
        yield f"\n[{'.'.join(path)}]\n"
    for key, value in values.items():
        if key not in tables:
            yield f"{key} = {json.dumps(value)}\n"
    for key, value in tables.items():
        if value or not path:
            yield from _toml_lines(value, (*path, key))
