"""Can an explanation be trusted? Curves of deletion and insertion, of randomised weights, and the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.errors import BadOptionError
from flarescope.explain.randomisation import LIMIT
from flarescope.plots.paper import BLUE, COLUMN, GREY, INK, ORANGE, PAGE, TEXT, VERMILION, blank, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["faithfulness_figure", "randomisation_figure", "trust_figure"]

LOOKS = (
    (VERMILION, "solid"), (BLUE, "solid"), (ORANGE, "solid"), ("#009e73", "solid"), ("#cc79a7", "solid"),
    (INK, "dashed"),
)  # fmt: skip
RIVALS = {"random": (GREY, "dotted"), "unsigned_flux": (GREY, "dashed")}
REFERENCE = {  # check → where "no better" or "too much" begins
    "randomised": LIMIT, "randomised_signed": LIMIT, "deletion_over_random": 0.0, "deletion_over_flux": 0.0,
    "insertion_over_random": 0.0, "insertion_over_flux": 0.0, "completeness": 0.0, "off_disk": 0.0,
    "baseline_sensitivity": 0.0,
}  # fmt: skip
ACROSS = 4
PANELS = {"correlation": "sizes |φ|", "signed": "with signs, φ"}


def faithfulness_figure(curves: pd.DataFrame, *, title: str = "", width_inches: float = PAGE) -> Figure:
    """Does the output fall when what a map calls important goes, and rise when it comes?

    Deletion on the left (lower is better), insertion on the right (higher is better).

    Args:
        curves: columns order, fraction, deletion, insertion: one curve for each ``order``, a method's name or
            "random" or "unsigned_flux", which are drawn in grey.
        title: what image and network they ran on.
        width_inches: 7.2 fills a journal's page.

    Raises:
        BadOptionError: a column is missing, or there are too many curves or none.
    """
    _check(curves, "order", "fraction", "deletion", "insertion")
    looks = _looks([str(name) for name in curves["order"].unique()])
    figure = blank(width_inches, 0.42 * width_inches)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, what in ((left, "deletion"), (right, "insertion")):
        for name, (colour, style) in looks.items():
            own = curves[curves["order"] == name]
            axes.plot(
                own["fraction"], own[what], color=colour, linestyle=style, linewidth=1.2, label=_words(name)
            )
        axes.set_xlim(0, 1)
    tidy(
        left,
        xlabel="share of blocks replaced by zero field",
        ylabel="logit",
        title="deletion: lower is better",
    )
    tidy(right, xlabel="share of blocks put into zero field", title="insertion: higher is better")
    _close(figure, right, title)
    return figure


def randomisation_figure(curves: pd.DataFrame, *, title: str = "", limit: float = 0.5) -> Figure:
    """How soon does a map change when what the network has learnt is lost, from the output to the image?

    Args:
        curves: columns method, layer, correlation of |map|, and signed (a second panel) if it is known: for
            each method its stages in order.
        title: what image and network they ran on.
        limit: a method whose last point lies above it in both panels is insensitive.

    Raises:
        BadOptionError: a column is missing, or there are too many methods or none.
    """
    _check(curves, "method", "layer", "correlation")
    looks = _looks([str(name) for name in curves["method"].unique()])
    layers = list(dict.fromkeys(curves["layer"].astype(str)))
    shown = [column for column in PANELS if column in curves]
    figure = blank(COLUMN if len(shown) == 1 else PAGE, 0.95 * COLUMN)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, column in zip(panels, shown, strict=True):
        _stages(axes, curves, column, layers, looks, limit)
        axes.set(ylim=(min(-0.1, float(np.nanmin([0.0, *curves[shown].to_numpy(float).ravel()]))), 1.0))
        tidy(axes, xlabel="weights drawn anew down to", title=PANELS[column])
    panels[0].set_ylabel("rank correlation with the map", fontsize=TEXT, color=INK)
    _close(figure, panels[0], title)
    return figure


def _stages(
    axes: Axes,
    curves: pd.DataFrame,
    column: str,
    layers: list[str],
    looks: Mapping[str, tuple[str, str]],
    limit: float,
) -> None:
    """One line a method, from no change on."""
    for name, (colour, style) in looks.items():
        own = curves[curves["method"] == name]
        places = [0, *(layers.index(str(layer)) + 1 for layer in own["layer"])]
        values = [1.0, *own[column]]
        axes.plot(
            places, values, color=colour, linestyle=style, marker="o", markersize=3, linewidth=1.1,
            label=_words(name), clip_on=False,
        )  # fmt: skip
    axes.axhline(limit, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), label="above in both: insensitive")
    axes.axhline(0.0, color=GREY, linewidth=0.5)
    axes.set_xticks(range(len(layers) + 1), ["none", *layers], rotation=60, ha="right")


def trust_figure(table: pd.DataFrame, *, title: str = "", words: Mapping[str, str] | None = None) -> Figure:
    """Which explanation to trust: one panel a check, one line a method, each mean with its interval.

    The mean stands beside its dot in figures. A method without this check has an empty line.

    Args:
        table: of ``explain.trust.trust_table``: method, check, mean, low, high.
        title: what images and network it was made with.
        words: what each check is, above its panel; its name by default.

    Raises:
        BadOptionError: a column is missing or there is no row.
    """
    _check(table, "method", "check", "mean", "low", "high")
    methods, checks = list(table["method"].unique()), list(table["check"].unique())
    across = min(ACROSS, len(checks))
    lines = -(-len(checks) // across)
    figure = blank(PAGE, 0.4 + lines * (0.55 + 0.2 * len(methods)))
    panels = figure.subplots(lines, across, squeeze=False, sharey=True).ravel()
    for axes, check in zip(panels, checks, strict=False):
        own = table[table["check"] == check].set_index("method").reindex(methods)
        _panel(axes, own, REFERENCE.get(str(check)))
        tidy(axes, title=(words or {}).get(str(check), _words(str(check))))
        axes.title.set_fontsize(TEXT)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    for axes in panels[len(checks) :]:
        axes.set_visible(False)
    panels[0].set_yticks(range(len(methods)), [_words(str(name)) for name in methods])
    panels[0].set_ylim(len(methods) - 0.4, -0.6)
    if title:
        figure.suptitle(title, fontsize=TEXT + 1, color=INK)
    return figure


def _panel(axes: Axes, own: pd.DataFrame, reference: float | None) -> None:
    """Dots, intervals and figures of one check, the first method at the top."""
    rows = np.arange(len(own))
    mean, low, high = (own[name].to_numpy(float) for name in ("mean", "low", "high"))
    if reference is not None:
        axes.axvline(reference, color=GREY, linewidth=0.7, linestyle=(0, (4, 2)))
    axes.hlines(rows, low, high, color=BLUE, linewidth=1.6)
    axes.plot(mean, rows, "o", color=BLUE, markersize=4)
    for row, value in zip(rows, mean, strict=True):
        if np.isfinite(value):
            axes.annotate(
                f"{value:.2g}", (value, row), xytext=(0, 4), textcoords="offset points", ha="center",
                fontsize=TEXT - 1.5, color=INK,
            )  # fmt: skip
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=4)


def _looks(names: list[str]) -> dict[str, tuple[str, str]]:
    """Colour and line of each curve; rivals in grey."""
    methods = [name for name in names if name not in RIVALS]
    if not names or len(methods) > len(LOOKS):
        raise BadOptionError(
            f"{len(methods)} methods cannot be told apart in one figure. Accepted: 1 to {len(LOOKS)}."
        )
    looks = dict(zip(methods, LOOKS, strict=False))
    return looks | {name: RIVALS[name] for name in names if name in RIVALS}


def _close(figure: Figure, axes: Axes, title: str) -> None:
    if title:
        figure.suptitle(title, fontsize=TEXT + 1, color=INK)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=TEXT - 0.5,
                  frameon=False)  # fmt: skip


def _words(name: str) -> str:
    return name.replace("_", " ")


def _check(table: pd.DataFrame, *columns: str) -> None:
    missing = [column for column in columns if column not in table]
    if missing or table.empty:
        raise BadOptionError(
            f"A table of {len(table)} rows with columns {', '.join(map(str, table))} cannot be drawn. "
            f"Accepted: one row or more with {', '.join(columns)}."
        )
