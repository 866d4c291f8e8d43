"""What ``flarescope explain`` says: one document, for programs or for people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from flarescope.explain.checks import CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flarescope.explain.shares import RegionShare
    from flarescope.forecast import Explanation
    from flarescope.forecaster import AllMethods
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["Asked", "all_document", "one_document", "show"]

SHOWN = 6  # regions in words


@dataclass(frozen=True, eq=False)
class Asked:
    """What is to be explained: an image, a network, where the regions are, and whence the weights."""

    image: Magnetogram
    network: Run
    summary: RegionSummary | None
    weights: str


def one_document(asked: Asked, why: Explanation, shares: Sequence[RegionShare]) -> dict[str, Any]:
    """One method, for JSON."""
    return {
        "method": why.method,
        **_answer(asked, why),
        "completeness": why.checks.get("completeness"),
        "baseline": why.baseline,
        "checks": _plain(why.checks),
        "regions": [_region(share, why.method) for share in shares],
        "top_regions": [_place(asked.image, *spot) for spot in why.top_regions()],
        "notes": [*asked.image.notes, *why.notes, *_left_out(asked)],
    }


def all_document(
    asked: Asked, found: AllMethods, shares: Mapping[str, Sequence[RegionShare]]
) -> dict[str, Any]:
    """All methods, for JSON; what all of them note is noted once."""
    first = next(iter(found.explanations.values()))
    common = [n for n in first.notes if all(n in why.notes for why in found.explanations.values())]
    methods = {}
    for name, why in found.explanations.items():
        methods[name] = {
            "completeness": found.checks[name]["completeness"],
            "baseline": why.baseline,
            "checks": _plain(why.checks | found.checks[name]),
            "regions": [_region(share, name) for share in shares[name]],
            "top_regions": [_place(asked.image, *spot) for spot in why.top_regions()],
            "notes": [note for note in why.notes if note not in common],
        }
    return {
        "method": "all",
        **_answer(asked, first),
        "methods": methods,
        "agreement": [_plain(row) for row in found.agreement.to_dict("records")],
        "refused": dict(found.refused),
        "notes": [*asked.image.notes, *common, *found.notes, *_left_out(asked)],
    }


def show(document: dict[str, Any]) -> None:
    """The same for people."""
    if document["method"] == "all":
        _show_all(document)
    else:
        _show_one(document)
    for note in document["notes"]:
        typer.echo(f"  note: {note}")


def _answer(asked: Asked, why: Explanation) -> dict[str, Any]:
    """What the network says of the image, before any explanation."""
    import numpy as np

    from flarescope.times import iso

    network, image = asked.network, asked.image
    logit = np.array([why.checks["logit"]])
    whose = "strongest region" if image.view == "full_disk" else "this region"
    if network.sees != "region":
        whose = "this image"
    base = "with random weights" if network.sees == "any" else "at the base rate of the training frames"
    return {
        "model": network.label,
        "weights": asked.weights,
        "probability": float(network.calibration.probability(logit)[0]),
        "probability_of": f"{whose}, {base}",
        "threshold": network.calibration.threshold,
        "observed": iso(image.time),
        "sha256": image.origin.sha256,
    }


def _left_out(asked: Asked) -> tuple[str, ...]:
    from flarescope.forecaster.disk_regions import left_out

    return left_out(asked.image, asked.summary)


def _region(share: RegionShare, method: str) -> dict[str, Any]:
    """``signed`` is None where the sign of a method's map does not say for or against a flare."""
    from flarescope.explain import METHODS

    place = share.region.position if share.region else None
    return {
        "name": share.name,
        "noaa": list(share.region.noaa) if share.region else [],
        "longitude": round(place.longitude, 2) if place else None,
        "latitude": round(place.latitude, 2) if place else None,
        "share": share.share,
        "signed": share.signed if METHODS[method].signed else None,
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


def _plain(numbers: Mapping[Any, Any]) -> dict[str, Any]:
    """For JSON, which knows no NaN."""
    return {
        str(name): None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in numbers.items()
    }


def _show_one(document: dict[str, Any]) -> None:
    complete = document["completeness"]
    trust = "" if complete is None else f", complete to within {complete:.2%}"
    figure = f"{document['figure']}: " if document["figure"] else ""
    typer.echo(f"{figure}{document['method']} of {document['model']}{trust}")
    _show_answer(document)
    for spot in document["top_regions"]:
        where = f"row {spot['row']}, column {spot['column']}"
        if spot.get("longitude") is not None:
            where += f" (longitude {spot['longitude']:+.1f}°, latitude {spot['latitude']:+.1f}°)"
        typer.echo(f"  {spot['share']:6.1%} of the attribution around {where}")
    if document["regions"]:
        typer.echo(f"  by region: {_regions(document['regions'])}")


def _show_all(document: dict[str, Any]) -> None:
    figure = f"{document['figure']}: " if document["figure"] else ""
    typer.echo(f"{figure}{len(document['methods'])} methods on {document['model']}")
    _show_answer(document)
    for name, said in document["methods"].items():
        typer.echo(f"  {name}: {_regions(said['regions'])}")
        for check in CHECKS:
            if (value := said["checks"].get(check)) is not None:
                typer.echo(f"    {check} {value:.3g}{_mark(check, value)}")
        for note in said["notes"]:
            typer.echo(f"    note: {note}")
    for name, why in document["refused"].items():
        typer.echo(f"  {name}: {why}")
    for pair in document["agreement"]:
        numbers = [pair["rank_correlation"], pair["overlap"]]
        rank, top = ("none" if value is None else f"{value:.2f}" for value in numbers)
        typer.echo(f"  {pair['method_a']} and {pair['method_b']}: rank correlation {rank}, overlap {top}")


def _mark(check: str, value: float) -> str:
    """Is this value good, and what should it be? Nothing where a check has no limit."""
    passes, wanted = CHECKS[check].passes(value), CHECKS[check].wanted
    if passes is None:
        return ""
    return f" (good: {wanted})" if passes else f" (not good: should be {wanted})"


def _show_answer(document: dict[str, Any]) -> None:
    typer.echo(
        f"  this network alone says {document['probability']:.1%} ({document['probability_of']}; "
        f"yes from {document['threshold']:.1%})"
    )


def _regions(regions: Sequence[Mapping[str, Any]]) -> str:
    """The largest shares, and all that lies in no region."""
    if not regions:
        return "the image tells no place on the Sun, so there are no regions"
    *own, elsewhere = regions
    shown = [one for one in own[:SHOWN] if one["share"] > 0.0]
    return ", ".join(f"{one['name']} {one['share']:.1%}" for one in [*shown, elsewhere])
