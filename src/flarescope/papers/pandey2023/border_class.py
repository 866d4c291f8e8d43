"""C-class hours called flaring: are these false alarms, or flares just below the border?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flarescope.evaluation.places import by_magnitude, limb_gap, limb_table, magnitude_gap
from flarescope.papers.claims import Finding
from flarescope.papers.pandey2023.dataset import published
from flarescope.papers.pandey2023.near_limb import BEYOND, LIMB_DEGREES, WITHIN

if TYPE_CHECKING:
    from flarescope.papers.reproduction import Desk

__all__ = ["border_class"]

LOW, HIGH = 2.0, 5.0  # magnitudes: C1 against C5 and above


def border_class(desk: Desk) -> list[Finding]:
    """How many C-class hours are called, in all and beyond 70°, and are those near M1.0 called more often?"""
    from flarescope.plots.places import magnitude_figure

    answers = published(desk).answers
    limb = limb_table(answers, classes="C", limb_degrees=LIMB_DEGREES)
    rows = {str(row["place"]): row for row in limb.to_dict("records")}
    within, beyond = rows[WITHIN], rows[BEYOND]
    away = np.abs(answers.places.longitude)
    curves = {
        WITHIN: by_magnitude(answers, "C", where=away <= LIMB_DEGREES),
        BEYOND: by_magnitude(answers, "C", where=away > LIMB_DEGREES),
    }
    title = "C-class hours called flaring: published AlexNet, 2010–2018"
    figure = desk.figure("border_class", magnitude_figure(curves, letter="C", title=title))
    called, hours = float(limb["called"].sum()), float(limb["n"].sum())
    shares = [f"{r['share']:.3f} [{r['low']:.3f}, {r['high']:.3f}]" for r in (within, beyond)]
    note = (
        f"{WITHIN} {shares[0]}, {BEYOND} {shares[1]}; 95 % intervals over {answers.blocks.count} blocks of "
        "27 days."
    )
    counts = {
        "called": called,
        "hours": hours,
        "share": called / hours,
        "limb_called": float(beyond["called"]),
        "limb_hours": float(beyond["n"]),
    }
    found = [Finding(name, "real", value, note=note, figure=figure) for name, value in counts.items()]
    gaps = {
        "rises": magnitude_gap(answers, "C", LOW, HIGH),
        "fewer_near_limb": limb_gap(answers, "C", limb_degrees=LIMB_DEGREES),
    }
    return found + [
        Finding(name, "real", gap.value, gap.sd, figure, f"[{gap.low:.3f}, {gap.high:.3f}], {gap.how}.")
        for name, gap in gaps.items()
    ]
