"""flarescope forecasts solar flares from magnetograms, says how good each forecast is, and shows why.

The names below are loaded when first used: importing flarescope touches no file, no network and no torch.

Example:
    >>> import flarescope as fs
    >>> fs.GoesClass("X9.3") < fs.GoesClass("X17")
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "GoesClass": "flarescope.flare",
    "Flare": "flarescope.flare",
    "FlareCatalog": "flarescope.flare",
    "Position": "flarescope.sun",
    "Region": "flarescope.sun",
    "Magnetogram": "flarescope.sun",
    "Forecast": "flarescope.forecast",
    "Explanation": "flarescope.forecast",
    "FlarescopeError": "flarescope.errors",
    "read_magnetogram": "flarescope.sources.files",
    "read_flares": "flarescope.sources.flares",
    "Question": "flarescope.forecaster",
    "make_forecast": "flarescope.forecaster",
    "live_forecast": "flarescope.forecaster.live",
    "Store": "flarescope.sources.store",
    "explain_image": "flarescope.forecaster",
    "load_run": "flarescope.training.run",
    "scorecard": "flarescope.verify",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604 - the names are loaded late


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'flarescope' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
