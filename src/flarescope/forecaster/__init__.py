"""From what is known at an hour to a forecast, and why: where history and image come together."""

from flarescope.forecaster.explanation import explain_image
from flarescope.forecaster.images import RegionView, look_at
from flarescope.forecaster.ladder import Question, make_forecast
from flarescope.forecaster.shipped import shipped_fusion, shipped_history

__all__ = [
    "Question",
    "RegionView",
    "explain_image",
    "look_at",
    "make_forecast",
    "shipped_fusion",
    "shipped_history",
]
