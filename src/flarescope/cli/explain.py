"""``flarescope explain``: which parts of this magnetogram made the model say so?"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from flarescope.cli._progress import progress_bar

if TYPE_CHECKING:
    from flarescope.explain import Precision
    from flarescope.forecast import Explanation
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["explain"]


def explain(
    image: Annotated[Path, typer.Option(help="Magnetogram: FITS, JP2, JPEG, PNG or npz.")],
    out: Annotated[Path, typer.Option(help="Figure to write: .png, .pdf or .svg.")],
    method: Annotated[str, typer.Option(help="integrated_gradients or occlusion.")] = "integrated_gradients",
    model: Annotated[str, typer.Option(help="Name of a shipped model, or a run folder.")] = "patch_cnn",
    time: Annotated[
        str | None, typer.Option(help="When it was observed, UTC, if the file does not say.")
    ] = None,
    regions: Annotated[
        Path | None, typer.Option(help="Solar Region Summary, for the places of regions on a full disk.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Explain an image unlike the training images too.")
    ] = False,
    baseline: Annotated[
        str, typer.Option(help="What nothing there means: zero_field, mean, black.")
    ] = "zero_field",
    steps: Annotated[int | None, typer.Option(help="Integrated Gradients: steps of the first round.")] = None,
    mask_pixels: Annotated[int | None, typer.Option(help="Occlusion: side of the mask.")] = None,
    stride: Annotated[int | None, typer.Option(help="Occlusion: pixels between masks; 1 is exact.")] = None,
    reading: Annotated[str | None, typer.Option(help="Occlusion: change of output or of label.")] = None,
    dtype: Annotated[str, typer.Option(help="Arithmetic: float32 or float64.")] = "float32",
    dpi: Annotated[int, typer.Option(help="Of a PNG; 300 suits print.", min=30, max=1200)] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Draw what a model looked at, and say how far the map can be trusted.

    Example: flarescope explain --image SHARP.fits --method integrated_gradients --out why.png --json
    """
    from flarescope.compute import keep_memory
    from flarescope.explain import BASELINES, METHODS
    from flarescope.forecaster import explain_image
    from flarescope.plots import check_format, magnetogram_figure, save
    from flarescope.sources.files import read_magnetogram
    from flarescope.sources.srs import read_srs
    from flarescope.writing import check_file_place

    given = {"steps": steps, "mask_pixels": mask_pixels, "stride": stride, "reading": reading}
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    METHODS[method].check_options(options)
    BASELINES[baseline]
    check_format(out)
    check_file_place(out, inputs=[image, *([regions] if regions else [])])
    magnetogram = read_magnetogram(image, time=time, fresh=True)
    summary = read_srs(regions) if regions else None

    keep_memory()
    from flarescope.training.run import load_run  # only now: it imports torch

    trained = load_run(model)
    with progress_bar(f"{method.replace('_', ' ')} of {trained.name}") as progress:
        why = explain_image(
            magnetogram, trained, summary=summary, method=method, anyway=anyway, baseline=baseline,
            dtype=cast("Precision", dtype), progress=progress, **options,
        )  # fmt: skip
    title = f"{trained.label}, trained on the {trained.trained_on}" if trained.trained_on else None
    save(magnetogram_figure(magnetogram, why, title=title), out, dpi=dpi)
    document = _document(why, magnetogram, trained) | {
        "image": str(image),
        "figure": str(out),
        "dtype": dtype,
    }
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _print(document)


def _document(why: Explanation, magnetogram: Magnetogram, trained: Run) -> dict[str, Any]:
    import numpy as np

    from flarescope.times import iso

    whose = "strongest region" if magnetogram.view == "full_disk" else "this region"
    logit = np.array([why.checks["logit"]])
    return {
        "method": why.method,
        "model": trained.label,
        "completeness": why.checks.get("completeness"),
        "probability": float(trained.calibration.probability(logit)[0]),
        "probability_of": f"{whose}, at the base rate of the training frames",
        "threshold": trained.calibration.threshold,
        "baseline": why.baseline,
        "checks": why.checks,
        "top_regions": [_place(magnetogram, *spot) for spot in why.top_regions()],
        "observed": iso(magnetogram.time),
        "sha256": magnetogram.origin.sha256,
        "notes": [*magnetogram.notes, *why.notes],
    }


def _place(magnetogram: Magnetogram, row: int, column: int, share: float) -> dict[str, float | None]:
    """Where a patch of strong attribution lies; no longitude and latitude where nobody knows them."""
    place: dict[str, float | None] = {"row": row, "column": column, "share": round(share, 4)}
    if magnetogram.place is not None:
        for name, value in zip(
            ("longitude", "latitude"), magnetogram.place.heliographic(column, row), strict=True
        ):
            place[name] = round(float(value), 2) if math.isfinite(value) else None
    return place


def _print(document: dict[str, Any]) -> None:
    complete = document["completeness"]
    trust = "" if complete is None else f", complete to within {complete:.2%}"
    typer.echo(f"{document['figure']}: {document['method']} of {document['model']}{trust}")
    typer.echo(
        f"  this network alone says {document['probability']:.1%} ({document['probability_of']}; "
        f"yes from {document['threshold']:.1%})"
    )
    for spot in document["top_regions"]:
        where = f"row {spot['row']}, column {spot['column']}"
        if spot.get("longitude") is not None:
            where += f" (longitude {spot['longitude']:+.1f}°, latitude {spot['latitude']:+.1f}°)"
        typer.echo(f"  {spot['share']:6.1%} of the attribution around {where}")
    for note in document["notes"]:
        typer.echo(f"  note: {note}")
