"""Every figure: our nouns and numbers in, a matplotlib ``Figure`` out.

Nothing here is global: no pyplot, no style is set, so figures can be made in a server's threads.
Colours are told apart by readers with any colour vision (Okabe and Ito 2008).
"""

from flarescope.plots.paper import check_format, data_uri, save
from flarescope.plots.side_by_side import side_by_side
from flarescope.plots.skill import Reliability, Roc, reliability_figure, rivals_figure, roc_figure
from flarescope.plots.sky import magnetogram_figure

__all__ = [
    "Reliability",
    "Roc",
    "check_format",
    "data_uri",
    "magnetogram_figure",
    "reliability_figure",
    "rivals_figure",
    "roc_figure",
    "save",
    "side_by_side",
]
