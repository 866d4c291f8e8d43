"""Trainings: each is a folder that is finished or not, shared by all items that need it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.special import expit

from flarescope.papers.bhattacharjee2020.dataset import dataset
from flarescope.papers.bhattacharjee2020.seen import SHIFT, SHIFT_SHARE, batches_of, images_of
from flarescope.papers.bhattacharjee2020.splits import dealt, even_sample
from flarescope.papers.kept_stamp import stamp
from flarescope.writing import write_parquet, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import nn

    from flarescope.experiment import Training
    from flarescope.papers.bhattacharjee2020.dataset import Dataset
    from flarescope.papers.claims import DataKind
    from flarescope.papers.reproduction import Desk

__all__ = ["Cell", "Outcome", "outcomes", "said_of", "splits", "training_of"]

PREDICTIONS = "predictions.parquet"  # written last: a folder that has it is finished
STEPS = {"quick": 30, "full": 80}
PAPER_EPOCHS = {"quick": 1, "full": 10}
CHECKS = {"quick": 5, "full": 15}  # times that the losses are looked at
SETTLE = 12  # batches over which batch normalisation is measured again at the end
FORGETS = 0.3  # of the running means of batch normalisation, each step
WATCHED = {"quick": 48, "full": 256}  # images of each side that are looked at


@dataclass(frozen=True)
class Cell:
    """One training: which network, on which data, how. It is hashed into its folder's name.

    Attributes:
        data: kind of data.
        network: name of the model.
        options: of the network.
        size: of the images in pixels; 0 for whole fields at one physical scale.
        split: number of the random split, or "chronological".
        setting: "modern" (AdamW, one cycle, balanced batches of shifted images, few steps) or "paper" (SGD at
            5·10⁻⁶, plain epochs of minibatches of 64, positives weighted by the ratio of the classes).
        loss: "weighted" (equation A3) or "batch_skill" (A4).
        transform: of all images, trained on and held out: "reversed" is −B; "hale_joy" is −B and a
            north-south flip of southern regions.
        learning_rate: another than the setting's.
        batch: another than the setting's.
        steps: another than the setting's.
    """

    data: DataKind
    network: str = "cnn2"
    options: dict[str, Any] = field(default_factory=dict)
    size: int = 256
    split: int | Literal["chronological"] = 0
    setting: Literal["modern", "paper"] = "modern"
    loss: Literal["weighted", "batch_skill"] = "weighted"
    transform: Literal["none", "reversed", "hale_joy"] = "none"
    learning_rate: float | None = None
    batch: int | None = None
    steps: int | None = None

    @property
    def name(self) -> str:
        """In words, for a folder."""
        parts = [self.data, self.network, str(self.size or "fields"), f"split{self.split}"]
        unusual = (self.setting, self.loss, self.transform)
        parts += [word for word in unusual if word not in ("modern", "weighted", "none")]
        return "_".join(parts).replace("-", "")

    @property
    def seed(self) -> int:
        """Decides first weights and batches."""
        return 100 if self.split == "chronological" else self.split


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a trained network says of the rows that were held out.

    Attributes:
        cell: the training.
        folder: its run folder, as ``training.run.load_run`` opens it. The run's probability is calibrated to
            the base rate of the training rows; y is not.
        rows: held-out row numbers of the data set, "n".
        probability: the network's output y, from 0 to 1; the paper says "flaring" from 0.5 on.
        label: 0 or 1.
        losses: ``epoch``, ``train`` and ``validation``, as the training went on; the last row is of the
            network as it is kept, its batch normalisation settled.
    """

    cell: Cell
    folder: Path
    rows: Int[np.ndarray, "n"]
    probability: Float[np.ndarray, "n"]
    label: Int[np.ndarray, "n"]
    losses: pd.DataFrame


def splits(desk: Desk) -> range:
    """Numbers of the random splits: ten as in the paper, three for a quick run."""
    return range(3 if desk.quick else 10)


def outcomes(desk: Desk, cells: Sequence[Cell]) -> list[Outcome]:
    """What do the networks of these trainings say? Trains what is not there yet, in order.

    Killed at any moment, the next call goes on from the last checkpoint; what is finished stays.

    Raises:
        MissingDataError: there are no data of this kind.
        LeakError: a split would share a region.
        TrainingError: training rows of one class, or a loss that is no number.
    """
    folders = [_folder(desk, cell) for cell in cells]
    missing = [k for k, folder in enumerate(folders) if not (folder / PREDICTIONS).exists()]
    work = [_work(desk, cells[k]) for k in missing]
    for turn, k in enumerate(missing):
        told = partial(_tell, desk, sum(work[:turn]), work[turn], sum(work))
        _train(desk, cells[k], folders[k], told)
    return [_read(cell, folder) for cell, folder in zip(cells, folders, strict=True)]


def said_of(desk: Desk, made: Outcome, rows: Int[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """The output y of a trained network for other rows of its data set."""
    from flarescope.training.predict import predict_logits
    from flarescope.training.run import load_run

    images = images_of(dataset(desk, made.cell.data), made.cell, rows)
    return np.asarray(expit(predict_logits(load_run(made.folder).network, images)))


def training_of(desk: Desk, cell: Cell, rows: int) -> Training:
    """The settings of a training on so many rows."""
    from flarescope.experiment import Training

    paper = cell.setting == "paper"
    batch = cell.batch or (64 if paper else 32)
    steps = cell.steps or (PAPER_EPOCHS[desk.mode] * -(-rows // batch) if paper else STEPS[desk.mode])
    return Training.model_validate(
        {
            "steps": steps,
            "batch": batch,
            "positive_share": 0.5,
            "learning_rate": cell.learning_rate or (5e-6 if paper else 1e-3),
            "optimizer": "sgd" if paper else "adamw",
            "loss": cell.loss,
            "bf16": True,
            "checkpoint_steps": max(20, steps // 10),
            "check_steps": max(1, steps // CHECKS[desk.mode]),
        }
    )


def _train(desk: Desk, cell: Cell, folder: Path, told: Callable[[int, int], None]) -> None:
    """Train, keep the run, and last of all its predictions."""
    from flarescope.training.checkpoint import NAME as CHECKPOINT
    from flarescope.training.loop import Validation, fit, watched_loss
    from flarescope.training.predict import predict_logits
    from flarescope.training.settle import settle

    data = dataset(desk, cell.data)
    split = dealt(data.rows, cell.split)
    train, held = (part["row"].to_numpy(int) for part in (split.train, split.test))
    label = data.rows["flaring"].to_numpy(int)
    settings = training_of(desk, cell, len(train))
    batches = batches_of(cell, images_of(data, cell, train), label[train], settings)
    sample = partial(even_sample, count=WATCHED[desk.mode], even=cell.setting == "modern", seed=cell.seed)
    watched, validation = (
        Validation(images_of(data, cell, rows), label[rows])
        for rows in (part[sample(label[part])] for part in (train, held))
    )
    network = fit(
        _fresh(cell), batches, settings, seed=cell.seed, folder=folder,
        validation=validation, watched=watched, progress=told,
    )  # fmt: skip
    settle(network, batches, steps=SETTLE, seed=cell.seed)
    _keep(cell, data, network, folder, train)
    ends = {
        name: watched_loss(network, rows, settings, sampled_rate=batches.sampled_rate)
        for name, rows in (("train", watched), ("validation", validation))
    }
    about = asdict(cell) | {"training": settings.model_dump(), "losses_at_the_end": ends}
    write_whole(folder / "cell.json", json.dumps(about, indent=1))
    write_parquet(folder / "split.parquet", split.table.rows)
    y = expit(predict_logits(network, images_of(data, cell, held)))
    table = pd.DataFrame({"row": held, "probability": y, "label": label[held]})
    write_parquet(folder / PREDICTIONS, table)
    (folder / CHECKPOINT).unlink(missing_ok=True)


def _read(cell: Cell, folder: Path) -> Outcome:
    table = pd.read_parquet(folder / PREDICTIONS)
    about = json.loads((folder / "cell.json").read_text(encoding="utf-8"))
    trained = int((pd.read_parquet(folder / "split.parquet", columns=["part"])["part"] == "train").sum())
    lines = map(json.loads, (folder / "log.jsonl").read_text(encoding="utf-8").splitlines())
    losses = pd.DataFrame(
        [
            (
                line["step"] * about["training"]["batch"] / trained,
                line["training_loss"],
                line["validation_loss"],
            )
            for line in lines
            if "training_loss" in line
        ],
        columns=["epoch", "train", "validation"],
    )
    losses.loc[len(losses) - 1, list(about["losses_at_the_end"])] = list(about["losses_at_the_end"].values())
    rows, y, label = (table[name].to_numpy() for name in ("row", "probability", "label"))
    return Outcome(cell, folder, rows, y, label, losses)


def _folder(desk: Desk, cell: Cell) -> Path:
    """Named after the training and all that decides it: data, settings, quick or full."""
    data = dataset(desk, cell.data)
    settings = training_of(desk, cell, len(data)).model_dump()
    moved = (SHIFT, SHIFT_SHARE, WATCHED[desk.mode], SETTLE, FORGETS)
    about = stamp(asdict(cell), settings, data.stamp, _preparation(data, cell).to_dict(), moved)
    return desk.cache("cells") / f"{cell.name}-{about}"


def _fresh(cell: Cell) -> nn.Module:
    import torch

    from flarescope import models

    with torch.random.fork_rng():
        torch.manual_seed(cell.seed)
        network = models.build(cell.network, **_options(cell))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = FORGETS  # or losses on the way are those of long gone weights
    return network


def _options(cell: Cell) -> dict[str, Any]:
    return {"size": cell.size, **cell.options} if cell.network == "cnn1" else cell.options


def _preparation(data: Dataset, cell: Cell) -> Any:
    return data.preparation(cell.size) if cell.size else data.field_preparation()


def _keep(cell: Cell, data: Dataset, network: nn.Module, folder: Path, train: np.ndarray) -> None:
    """Both classes weigh the same in either setting, so y is the probability where half the images flare."""
    from flarescope.training.run import Calibration, environment, save_run

    rate = float(data.rows["flaring"].to_numpy()[train].mean())
    save_run(
        folder, network, _preparation(data, cell), Calibration(rate, 0.5, rate, 1),
        name=cell.network, options=_options(cell), members=1,
        training_regions=np.unique(data.rows["region"].to_numpy(int)[train]).tolist(),
    )  # fmt: skip
    write_whole(folder / "environment.txt", environment())


def _work(desk: Desk, cell: Cell) -> int:
    """Thousands of pixels to look at: time goes with them."""
    settings = training_of(desk, cell, len(dataset(desk, cell.data)) * 2 // 3)
    return max(1, settings.steps * settings.batch * (cell.size or 100) ** 2 // 1000)


def _tell(desk: Desk, before: int, work: int, total: int, done: int, of: int) -> None:
    desk.progress("training networks", before + work * done // of, total)
