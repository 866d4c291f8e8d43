"""From what is known at an hour to a forecast, and why: where history and image come together."""

from flarescope.forecaster.all_methods import AllMethods, explain_all
from flarescope.forecaster.disk_regions import regions_on
from flarescope.forecaster.explanation import explain_image
from flarescope.forecaster.images import RegionView, look_at
from flarescope.forecaster.ladder import Question, make_forecast
from flarescope.forecaster.shipped import shipped_fusion, shipped_history

__all__ = [
    "AllMethods",
    "Question",
    "RegionView",
    "explain_all",
    "explain_image",
    "look_at",
    "make_forecast",
    "regions_on",
    "shipped_fusion",
    "shipped_history",
]
