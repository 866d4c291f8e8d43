"""Figure 7: the bipole that networks are probed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.papers.claims import Finding
from flarescope.synthetic.probe_bipole import DEGREES_PER_PIXEL, FRAME, probe_bipole

if TYPE_CHECKING:
    from flarescope.papers.reproduction import Desk

__all__ = ["figure7"]


def figure7(desk: Desk) -> list[Finding]:
    """The picture, of 12.5 Mm and 2000 G, and how wide its frame is."""
    from flarescope.plots.probes import bipole_figure

    figure = desk.figure("figure7", bipole_figure(probe_bipole(12.5)))
    width, height = FRAME
    note = (
        f"{width} × {height} pixels of 0.03°, as the text and Figure 9 have it; Figure 7's caption has 728 "
        "pixels, which would be 21.8°, and the 23° it also states are 767"
    )
    return [Finding("degrees", "synthetic", width * DEGREES_PER_PIXEL, None, figure, note)]
