"""One forecast as a single page that a person can read, keep and send on.

The page holds its figures and its style; it asks nothing of any other place and can be read offline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flarescope import __version__
from flarescope.errors import MissingExtraError
from flarescope.forecast import percent
from flarescope.times import iso

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flarescope.forecast import Explanation, Forecast
    from flarescope.sun import Magnetogram
    from flarescope.verify.probability import Reliability, Roc

__all__ = ["render_report"]

REGION_COLUMNS = ("noaa", "harp", "longitude", "latitude", "image_probability")
STATES = {
    "full": "An image and a flare list were both there and accepted.",
    "history_only": "The forecast rests on the list of past flares alone.",
    "climatology": "Neither an image nor a usable flare list was there; this is the long-term average.",
}
SCORES = {
    "tss": (
        "TSS",
        "true skill: hit rate less false alarm rate at the threshold; 1 is perfect, 0 is no skill",
    ),
    "hss": ("HSS", "Heidke skill against chance at the threshold; 1 is perfect, 0 is no skill"),
    "auc": ("AUC", "how often a flaring case ranks above a quiet one; 1 is perfect, 0.5 is no skill"),
    "bss": (
        "BSS",
        "Brier skill against the base rate; 1 is perfect, 0 no gain, below 0 worse than the base rate",
    ),
    "ece": ("ECE", "mean gap between what is said and what follows; 0 is perfect"),
}


def render_report(
    forecast: Forecast,
    magnetogram: Magnetogram,
    explanation: Explanation | None,
    scores: Mapping[str, Any],
    *,
    reliability: Mapping[str, Reliability],
    roc: Mapping[str, Roc],
    data: str,
    scored: str = "flarescope",
    made_up: bool = False,
) -> str:
    """What is forecast, why, what do the rivals say, and how good have such forecasts been?

    Args:
        forecast: with its rivals, inputs, state and notes.
        magnetogram: the image that was used.
        explanation: drawn over the image; None leaves the image alone.
        scores: a ``Scores.to_dict()`` document, with ``references`` for the rivals; empty if there is none.
        reliability: name → reliability, ours first; up to four.
        roc: name → ROC, ours first; up to four.
        data: what scores and figures were measured on: data, split, interval; as in "Measured on …".
        scored: name of the forecast that ``scores`` is about.
        made_up: the Sun was made up; a banner says so.

    Returns:
        One HTML document. No script, nothing loaded from elsewhere; light and dark by the reader's setting.

    Raises:
        MissingExtraError: jinja2 is not installed.

    Example:
        >>> page = render_report(forecast, magnetogram, why, scores.to_dict(), reliability={"flarescope": r},
        ...     roc={"flarescope": c}, data="1,200 hours of 2015, fitted on 2010 to 2014")  # doctest: +SKIP
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise MissingExtraError("A report page", "explain") from None
    page = Environment(
        loader=PackageLoader("flarescope", "report_page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters |= {"percent": percent, "day": _day, "plain": _plain, "iso": iso}
    return page.get_template("page.html").render(
        forecast=forecast,
        magnetogram=magnetogram,
        explanation=explanation,
        figures=_figures(forecast, magnetogram, explanation, reliability, roc),
        reliability_how=" / ".join(dict.fromkeys(curve.how for curve in reliability.values())),
        region_columns=[key for key in REGION_COLUMNS if any(r.get(key) for r in forecast.regions)],
        score_names=SCORES,
        score_rows=_score_rows(scores, scored),
        difference_rows=_difference_rows(scores),
        scored=scored,
        score_how=_hows(scores),
        state=STATES[forecast.state],
        data=data,
        made_up=made_up,
        version=__version__,
    )


def _figures(
    forecast: Forecast,
    magnetogram: Magnetogram,
    explanation: Explanation | None,
    reliability: Mapping[str, Reliability],
    roc: Mapping[str, Roc],
) -> dict[str, dict[str, str]]:
    """Each figure as ``src`` and ``alt``; a figure without numbers is left out."""
    from flarescope import plots

    figures = {
        "sun": {
            "src": plots.data_uri(plots.magnetogram_figure(magnetogram, explanation), form="png"),
            "alt": _describe_sun(magnetogram, explanation),
        }
    }
    if forecast.rivals:
        figures["rivals"] = {
            "src": plots.data_uri(plots.rivals_figure(forecast)),
            "alt": _describe_rivals(forecast),
        }
    if reliability:
        names = " and ".join(reliability)
        figures["reliability"] = {
            "src": plots.data_uri(plots.reliability_figure(reliability)),
            "alt": f"Reliability diagram of {names}: observed share of events against what was forecast.",
        }
    if roc:
        figures["roc"] = {
            "src": plots.data_uri(plots.roc_figure(roc)),
            "alt": f"ROC curves of {' and '.join(roc)}: hit rate against false alarm rate.",
        }
    return figures


def _describe_sun(magnetogram: Magnetogram, explanation: Explanation | None) -> str:
    what = "full disk" if magnetogram.view == "full_disk" else "patch around an active region"
    text = f"Line-of-sight magnetogram of {iso(magnetogram.time)}, {what}."
    if explanation is None:
        return text
    top = explanation.top_regions(1)
    if not top:
        return f"{text} The explanation is zero everywhere."
    return f"{text} Contours show the attribution; its strongest patch, {_place(magnetogram, *top[0])}."


def _place(magnetogram: Magnetogram, row: int, column: int, share: float) -> str:
    amount = f"with {percent(share)} of the total, lies at"
    if magnetogram.place is None:
        return f"{amount} row {row}, column {column}"
    longitude, latitude = (float(v) for v in magnetogram.place.heliographic(column, row))
    east_west, north_south = ("west" if longitude >= 0 else "east"), ("north" if latitude >= 0 else "south")
    return f"{amount} {abs(latitude):.0f}° {north_south}, {abs(longitude):.0f}° {east_west}"


def _describe_rivals(forecast: Forecast) -> str:
    rivals = ", ".join(f"{name.replace('_', ' ')} {percent(p)}" for name, p in forecast.rivals.items())
    return f"Probabilities for the same window: flarescope {percent(forecast.probability)}; {rivals}."


def _score_rows(scores: Mapping[str, Any], scored: str) -> list[tuple[str, list[str]]]:
    """One row a forecast: its name and its scores, in the order of ``SCORES``."""
    if not scores:
        return []
    rivals = {name: found.get("scores", {}) for name, found in scores.get("references", {}).items()}
    return [
        (name.replace("_", " "), [_estimate(found.get(score)) for score in SCORES])
        for name, found in ({scored: scores} | rivals).items()
    ]


def _difference_rows(scores: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """One row a rival: our scores less its own."""
    return [
        (name.replace("_", " "), [_estimate(found["difference"].get(score), sign="+") for score in SCORES])
        for name, found in scores.get("references", {}).items()
        if "difference" in found
    ]


def _estimate(found: Mapping[str, Any] | None, *, sign: str = "-") -> str:
    """Such as 0.590 [0.530, 0.640]; a dash where there is no number."""
    if not found or found.get("mean") is None:
        return "–"
    value, low, high = found["mean"], found.get("low"), found.get("high")
    bounds = "" if low is None or high is None else f" [{low:{sign}.3f}, {high:{sign}.3f}]"
    return f"{value:{sign}.3f}{bounds}".replace("-", "−")


def _hows(scores: Mapping[str, Any]) -> list[str]:
    """How the numbers of the table were made: scores made in the same way share a line."""
    names: dict[str, list[str]] = {}
    for key, (short, _) in SCORES.items():
        if isinstance(scores.get(key), dict):
            names.setdefault(scores[key]["how"], []).append(short)
    return [f"{', '.join(shorts)}: {how}" for how, shorts in names.items()] + list(scores.get("notes", ()))


def _day(time: datetime) -> str:
    """Such as 12:00 UTC on 3 February 2026."""
    return f"{time:%H:%M} UTC on {time.day} {time:%B %Y}"


def _plain(value: Any) -> str:
    """A value of JSON in words."""
    if isinstance(value, dict):
        return "; ".join(f"{str(key).replace('_', ' ')}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value) or "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    return "none" if value is None else str(value)
