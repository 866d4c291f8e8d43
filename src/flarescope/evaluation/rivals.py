"""Logistic regressions on one and two numbers of an image: what a network must beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from flarescope.models.features import pil_flux, unsigned_flux
from flarescope.sources.files import read_magnetogram
from flarescope.verify import best_threshold
from flarescope.writing import write_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from flarescope.experiment import Experiment

__all__ = ["RIVALS", "flux_features", "rival_forecasts"]

RIVALS = {
    "flux": "logistic regression on ln(total unsigned flux)",
    "flux_pil": "logistic regression on ln(total unsigned flux) and ln(1 + R), with R the flux near polarity "
    "inversion lines of Schrijver 2007, fields above {experiment.evaluation.pil_threshold:g} grey levels, "
    "a Gaussian of {experiment.evaluation.pil_fwhm_pixels:g} pixels FWHM",
}
COLUMNS = {"flux": ["flux"], "flux_pil": ["flux", "pil"]}


def flux_features(
    experiment: Experiment,
    paths: Sequence[Path],
    kept: Path,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> pd.DataFrame:
    """ln(unsigned flux) and ln(1 + flux near inversion lines) of each image; kept in ``kept``."""
    names = [path.name for path in paths]
    if kept.exists():
        found = pd.read_parquet(kept)
        if list(found["file"]) == names:
            return found
    values = np.empty((len(paths), 2))
    for row, path in enumerate(paths):
        image = read_magnetogram(path, view="region")
        near = pil_flux(
            image,
            threshold=experiment.evaluation.pil_threshold,
            fwhm_pixels=experiment.evaluation.pil_fwhm_pixels,
        )
        values[row] = np.log(max(unsigned_flux(image), 1.0)), np.log1p(near)
        progress("rivals' features", row + 1, len(paths))
    found = pd.DataFrame({"file": names, "flux": values[:, 0], "pil": values[:, 1]})
    write_parquet(kept, found)
    return found


def rival_forecasts(
    features: pd.DataFrame, labels: Int[np.ndarray, "n"], fold: Int[np.ndarray, "n"]
) -> dict[str, tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]]:
    """Out-of-fold probabilities and thresholds of each rival, fitted on the other folds."""
    return {name: _logistic(features[columns].to_numpy(), labels, fold) for name, columns in COLUMNS.items()}


def _logistic(
    x: Float[np.ndarray, "n k"], labels: Int[np.ndarray, "n"], fold: Int[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    said, yes = np.empty(len(labels)), np.empty(len(labels))
    for number in np.unique(fold):
        held = fold == number
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(x[~held], labels[~held])
        said[held] = model.predict_proba(x[held])[:, 1]
        yes[held] = best_threshold(model.predict_proba(x[~held])[:, 1], labels[~held])
    return said, yes
