"""``flarescope explain``: which parts of this magnetogram made the model say so?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from flarescope.cli._options import AsJson, Seed
from flarescope.cli._progress import progress_bar, progress_bars
from flarescope.errors import BadOptionError

if TYPE_CHECKING:
    from datetime import datetime

    from flarescope.cli._explained import Asked
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["explain"]

ALL = "all"
OF_METHODS = ("steps", "mask_pixels", "stride", "reading", "backgrounds")  # options that only some have
IMAGES = {".fits", ".fts", ".jp2", ".jpg", ".jpeg", ".npz", ".png"}
MOST_BACKGROUNDS = 100


def explain(
    image: Annotated[Path, typer.Option(help="Magnetogram: FITS, JP2, JPEG, PNG or npz.")],
    out: Annotated[
        Path | None, typer.Option(help="Figure to write: .png, .pdf or .svg; none without it.")
    ] = None,
    method: Annotated[
        str,
        typer.Option(help="integrated_gradients, deep_shap, guided_grad_cam, occlusion; all, side by side."),
    ] = "integrated_gradients",
    model: Annotated[
        str, typer.Option(help="Name of a shipped model, or a run folder; with random weights, a network.")
    ] = "patch_cnn",
    weights: Annotated[
        Literal["shipped", "random"], typer.Option(help="Trained ones, or drawn from --seed.")
    ] = "shipped",
    seed: Seed = 0,
    time: Annotated[
        str | None, typer.Option(help="When it was observed, UTC, if the file does not say.")
    ] = None,
    regions: Annotated[
        Path | None, typer.Option(help="Solar Region Summary: places and numbers of regions on a full disk.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Explain an image unlike the training images too.")
    ] = False,
    baseline: Annotated[
        str, typer.Option(help="What nothing there means: zero_field, black, blurred, mean_disk.")
    ] = "zero_field",
    backgrounds: Annotated[
        Path | None,
        typer.Option(help="Deep SHAP: folder of images to compare with; else ten quiet copies of this one."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Integrated Gradients: steps of the first round.")] = None,
    mask_pixels: Annotated[int | None, typer.Option(help="Occlusion: side of the mask.")] = None,
    stride: Annotated[int | None, typer.Option(help="Occlusion: pixels between masks; 1 is exact.")] = None,
    reading: Annotated[str | None, typer.Option(help="Occlusion: change of output or of label.")] = None,
    dtype: Annotated[str, typer.Option(help="Arithmetic: float32 or float64.")] = "float32",
    dpi: Annotated[int, typer.Option(help="Of a PNG; 300 suits print.", min=30, max=1200)] = 300,
    as_json: AsJson = False,
) -> None:
    """Draw what a model looked at, and say how far the map can be trusted.

    Example: flarescope explain --image SHARP.fits --method integrated_gradients --out why.png --json

    Example: flarescope explain --image DISK.jpg --regions 0203SRS.txt --method all --out all.pdf

    Example: flarescope explain --image DISK.jpg --model alexnet --weights random --method deep_shap --json
    """
    from flarescope.cli import _explained
    from flarescope.explain import BASELINES
    from flarescope.plots import check_format
    from flarescope.sources.files import read_magnetogram
    from flarescope.sources.srs import read_srs
    from flarescope.writing import check_file_place

    given = {"steps": steps, "mask_pixels": mask_pixels, "stride": stride, "reading": reading}
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _check_options(method, [*options, *(["backgrounds"] if backgrounds else [])])
    BASELINES[baseline]
    if out is not None:
        check_format(out)
        check_file_place(out, inputs=[image, *([regions] if regions else [])])
    magnetogram = read_magnetogram(image, time=time, fresh=True)
    summary = read_srs(regions) if regions else None
    if backgrounds is not None:
        options["backgrounds"] = _read_backgrounds(backgrounds, magnetogram.time)

    trained = _network(model, weights, seed)
    options |= {"baseline": baseline, "dtype": dtype, "anyway": anyway}
    asked = _explained.Asked(magnetogram, trained, summary, weights)
    document = (
        _all(asked, seed, out, dpi, options) if method == ALL else _one(asked, method, out, dpi, options)
    )
    document |= {"image": str(image), "figure": str(out) if out else None, "dtype": dtype}
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _explained.show(document)


def _one(asked: Asked, method: str, out: Path | None, dpi: int, options: dict[str, Any]) -> dict[str, Any]:
    """Explained by one method, and drawn."""
    from flarescope.cli._explained import one_document
    from flarescope.forecaster import explain_image
    from flarescope.forecaster.disk_regions import shares_of

    with progress_bar(f"{method.replace('_', ' ')} of {asked.network.name}") as progress:
        why = explain_image(
            asked.image, asked.network, summary=asked.summary, method=method, progress=progress, **options
        )
    shares = shares_of(asked.image, why, asked.network, asked.summary)
    if out is not None:
        from flarescope.plots import magnetogram_figure, save

        figure = magnetogram_figure(asked.image, why, title=_title(asked.network), shares=shares)
        save(figure, out, dpi=dpi)
    return one_document(asked, why, shares)


def _all(asked: Asked, seed: int, out: Path | None, dpi: int, options: dict[str, Any]) -> dict[str, Any]:
    """Explained by all methods, and drawn side by side."""
    from flarescope.cli._explained import all_document
    from flarescope.forecaster import explain_all
    from flarescope.forecaster.disk_regions import shares_of

    with progress_bars("all methods") as progress:
        found = explain_all(
            asked.image, asked.network, summary=asked.summary, seed=seed, progress=progress, **options
        )
    shares = {
        name: shares_of(asked.image, why, asked.network, asked.summary)
        for name, why in found.explanations.items()
    }
    if out is not None:
        from flarescope.plots import save, side_by_side

        explanations = list(found.explanations.values())
        title = _title(asked.network) or asked.network.label
        figure = side_by_side(asked.image, explanations, shares=shares, title=title)
        save(figure, out, dpi=dpi)
    return all_document(asked, found, shares)


def _title(network: Run) -> str | None:
    """Named in the figure where the answer means nothing for the real Sun."""
    if network.sees == "any":
        return f"{network.name}, random weights"
    return f"{network.label}, trained on the {network.trained_on}" if network.trained_on else None


def _check_options(method: str, names: list[str]) -> None:
    """Does the method have these options? With all methods, one that has it is enough."""
    from flarescope.explain import METHODS

    own = names if method == ALL else METHODS[method].options
    for name in names:
        if name not in own:
            others = " and ".join(other for other in METHODS if name in METHODS[other].options)
            taken = ", ".join(_typed(known) for known in OF_METHODS if known in own) or "none of its own"
            raise BadOptionError(
                f"{_typed(name)} is an option of {others}, not of {method}. Accepted with {method}: {taken}."
            )


def _typed(option: str) -> str:
    """An option as it is typed."""
    return f"--{option.replace('_', '-')}"


def _network(model: str, weights: str, seed: int) -> Run:
    from flarescope.compute import keep_memory

    keep_memory()
    from flarescope import models  # only now: these import torch
    from flarescope.training.run import load_run, shipped_runs
    from flarescope.training.untrained import untrained_run

    if weights == "random":
        return untrained_run(model, seed=seed)
    if model in models.networks and model not in shipped_runs() and not Path(model).is_dir():
        raise BadOptionError(
            f"No trained weights of '{model}' come with flarescope. Give a run folder, one of "
            f"{', '.join(shipped_runs())}, or --weights random to try a method on it."
        )
    return load_run(model)


def _read_backgrounds(folder: Path, time: datetime) -> list[Magnetogram]:
    """All images of a folder, by name; one that does not say when it was taken is given this time."""
    from flarescope.explain.backgrounds import check_alike
    from flarescope.sources.files import read_magnetogram
    from flarescope.sources.names import time_in_name

    if not folder.is_dir():
        raise BadOptionError(f"{folder} is no folder. Accepted: a folder of images to compare with.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGES)
    if not 1 <= len(files) <= MOST_BACKGROUNDS:
        raise BadOptionError(
            f"{folder} holds {len(files)} images. Accepted: 1 to {MOST_BACKGROUNDS} as backgrounds."
        )
    backgrounds = [read_magnetogram(path, time=time_in_name(path) or time) for path in files]
    check_alike(backgrounds)
    return backgrounds
