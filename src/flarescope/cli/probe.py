"""``flarescope probe``: what does a model's answer hang on besides the Sun?"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from flarescope.cli._options import AsJson
from flarescope.cli._progress import progress_bar

if TYPE_CHECKING:
    import numpy as np

    from flarescope.explain.probe_measures import Measures
    from flarescope.explain.probe_peaks import PeaksOverFrames
    from flarescope.explain.probes import Curves, Precision, Probed
    from flarescope.training.run import Run

__all__ = ["probe"]


def probe(
    run: Annotated[str, typer.Argument(help="A run folder, or the name of a shipped model.")],
    radius: Annotated[str, typer.Option(help="Smallest and largest radius in Mm.")] = "2:40",
    field: Annotated[float, typer.Option(help="Field strength in gauss.", min=1, max=10_000)] = 2000.0,
    dtype: Annotated[str, typer.Option(help="Arithmetic of the measures: float32 or float64.")] = "float32",
    out: Annotated[Path | None, typer.Option(help="Figure to write: .png, .pdf or .svg.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a model about round bipoles of every size, strength and polarity, in frames of every shape.

    Frame, polarity and shift dependence are changes of the logit, over its range with the radius: 0 is
    perfect.

    Example: flarescope probe cnn2 --out probes.png --json
    """
    from flarescope.compute import keep_memory
    from flarescope.errors import BadOptionError
    from flarescope.explain.probes import Precision, radii
    from flarescope.plots import check_format
    from flarescope.synthetic.probe_bipole import probe_bipole
    from flarescope.writing import check_file_place

    low, high = _range(radius)
    sizes = radii(low, high, 31)
    for size in (low, high):
        probe_bipole(size, field_gauss=field)  # refuses what cannot be drawn, before torch is loaded
    if dtype not in get_args(Precision):
        raise BadOptionError(f"--dtype {dtype} is not accepted: float32 or float64.")
    if out:
        check_format(out)
        check_file_place(out)
    keep_memory()
    from flarescope.training.run import load_run  # only now: it imports torch

    trained = load_run(run)
    document = {"run": run} | _probe(trained, sizes, field, cast("Precision", dtype), out)
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)) if as_json else _print(
        document
    )


def _probe(
    trained: Run, sizes: np.ndarray, field: float, dtype: Precision, out: Path | None
) -> dict[str, Any]:
    """All numbers of a run; curves and peaks in float32, which is finer than any line."""
    from flarescope.explain.probe_measures import measure
    from flarescope.explain.probe_peaks import HEIGHTS, WIDTHS, peaks_over_frames
    from flarescope.explain.probes import curves, under_probe

    def ready(precision: Precision) -> Probed:
        says = trained.calibration
        return under_probe(
            trained.network, trained.preparation, calibration=says.probability, views=says.views,
            dtype=precision,
        )  # fmt: skip

    with progress_bar(f"probes of {trained.name}") as progress:
        progress(0, 3)
        measures = measure(ready(dtype), sizes[::2], field_gauss=field)
        progress(1, 3)
        quick = ready("float32")
        found = curves(quick, sizes, field_gauss=field)
        progress(2, 3)
        over_frames = peaks_over_frames(
            quick, list(dict.fromkeys((*WIDTHS, *HEIGHTS))), sizes[::2], field_gauss=field
        )
        progress(3, 3)
    if out:
        _draw(quick, found, trained.label, out)
    return _document(trained, quick, measures, found, over_frames) | {
        "dtype": dtype,
        "figure": str(out) if out else None,
    }


def _document(
    trained: Run, probed: Probed, measures: Measures, found: Curves, over_frames: PeaksOverFrames
) -> dict[str, Any]:
    from flarescope.explain.probe_peaks import peaks
    from flarescope.synthetic.probe_bipole import FRAME

    def said(logits: np.ndarray) -> list[float]:
        return [round(float(p), 6) for p in probed.probability(logits)]

    own = peaks(found.radius_mm, found.by_poles["-+"])
    notes = list(probed.notes)
    if trained.trained_on:
        notes.append(
            f"{trained.name} was trained on the {trained.trained_on}: it is for probes, not forecasts."
        )
    if found.over_field[0] > found.by_poles["-+"][0]:
        notes.append(
            "A frame without any field is called likelier than the smallest bipole: no training image is "
            "like it. With network and noise under the bipoles (quiet_sun=True in Python) the curves differ."
        )
    if measures.logit_range == 0.0:
        notes.append("The model says the same to bipoles of all sizes: no share can be told.")
    return {
        "model": trained.label,
        **{name: _number(value) for name, value in asdict(measures).items()},
        "total_stride_pixels": probed.stride,
        "frame": list(FRAME),
        "field_gauss": found.field_gauss,
        "radius_mm": [round(float(r), 4) for r in found.radius_mm],
        "probability": said(found.by_poles["-+"]),
        "by_field": {f"{field:g}": said(logits) for field, logits in found.by_field.items()},
        "by_poles": {poles: said(logits) for poles, logits in found.by_poles.items()},
        "fields_gauss": found.fields_gauss.tolist(),
        "over_field": said(found.over_field),
        "empty_frame": said(found.over_field[:1])[0],
        "low_peak_mm": _number(own.low),
        "high_peak_mm": _number(own.high),
        "peaks_over_frames": [
            {"width": w, "height": h, "low_mm": _number(low), "high_mm": _number(high)}
            for w, h, low, high in zip(
                over_frames.width, over_frames.height, over_frames.low, over_frames.high, strict=True
            )
        ],
        "notes": notes,
    }


def _draw(probed: Probed, found: Curves, label: str, out: Path) -> None:
    from flarescope.plots import save
    from flarescope.plots.probes import Band, figure9_panels, panels_figure

    def band(logits: np.ndarray) -> Band:
        return Band(probed.probability(logits))

    panels = figure9_panels(
        found.radius_mm, {field: band(v) for field, v in found.by_field.items()},
        {poles: band(v) for poles, v in found.by_poles.items()}, found.fields_gauss, band(found.over_field),
        field_gauss=found.field_gauss, ylabel="probability",
    )  # fmt: skip
    save(panels_figure(panels, title=label), out)


def _print(document: dict[str, Any]) -> None:
    def show(name: str) -> str:
        return "–" if document[name] is None else f"{document[name]:.3g}"

    first, last = document["radius_mm"][0], document["radius_mm"][-1]
    typer.echo(
        f"{document['model']}, −+ bipoles of {document['field_gauss']:g} G, {first:g} to {last:g} Mm, "
        f"{document['dtype']}"
    )
    for name, what in (
        ("frame_dependence", "same pixels in another frame, of the logit's range"),
        ("polarity_asymmetry", "polarities turned round, of the logit's range"),
        ("shift_dependence", "moved by a few pixels, of the logit's range"),
        ("probability_span", "largest less smallest probability over the radius"),
        ("logit_range", "largest less smallest logit over the radius"),
        ("empty_frame", "probability of a frame without any field"),
        ("low_peak_mm", "radius of the low peak, Mm"),
        ("high_peak_mm", "radius of the high peak, Mm"),
    ):
        typer.echo(f"  {name:<20}{show(name):>10}  {what}")
    for note in document["notes"]:
        typer.echo(f"  note: {note}")
    if document["figure"]:
        typer.echo(f"  figure: {document['figure']}")


def _range(words: str) -> tuple[float, float]:
    from flarescope.errors import BadOptionError

    low, colon, high = words.partition(":")
    try:
        if colon:
            return float(low), float(high)
    except ValueError:
        pass
    raise BadOptionError(f"--radius {words} is not accepted: two radii in Mm with a colon, such as 2:40.")


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
