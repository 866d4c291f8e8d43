"""A patch, a disk and a forecast, made up for the figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from flarescope.flare import GoesClass
from flarescope.forecast import Explanation, Forecast
from flarescope.geometry import CeaGrid, Disk
from flarescope.sun import Magnetogram, Region

NOON = datetime(2012, 3, 6, 12, tzinfo=UTC)


@pytest.fixture
def patch() -> Magnetogram:
    field = np.random.default_rng(1).normal(0.0, 300.0, (60, 110))
    field[:, :4] = np.nan
    return Magnetogram(
        field, NOON, "region", "gauss", CeaGrid(-30.0, 17.0, 54.5, 29.5, 0.1), Region(1449, (11429, 11430))
    )


@pytest.fixture
def disk() -> Magnetogram:
    geometry = Disk(63.5, 63.5, 58.0, b0=-6.0, l0=120.0, distance_au=0.99)
    grey = np.random.default_rng(2).uniform(0.0, 255.0, (128, 128))
    return Magnetogram(
        np.where(geometry.mask((128, 128)), grey, np.nan), NOON, "full_disk", "grey8", geometry
    )


@pytest.fixture
def why(patch: Magnetogram) -> Explanation:
    bump = np.exp(-((np.mgrid[:60, :110][1] - 40.0) ** 2) / 50.0) - 0.6 * np.exp(
        -((np.mgrid[:60, :110][1] - 80.0) ** 2) / 50.0
    )
    bump[~np.isfinite(patch.field)] = np.nan
    return Explanation("integrated_gradients", bump, "zero_field", {"completeness": 0.004})


@pytest.fixture
def forecast() -> Forecast:
    return Forecast(
        NOON, NOON + timedelta(minutes=20), NOON, NOON + timedelta(days=1), GoesClass("M1.0"),
        0.62, 0.48, 0.74,
        0.23, "history+patch_cnn@12ab", {"flares": ["goes.csv"]}, "full",
        rivals={"climatology": 0.08, "flare_history": 0.58}, notes=("A C2.0 flare is under way.",),
    )  # fmt: skip
