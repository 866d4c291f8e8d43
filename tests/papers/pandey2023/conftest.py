"""Forty days of published-looking predictions and labels, every number of which is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

DAYS = 40


@pytest.fixture
def made_up_data(tmp_path: Path) -> Path:
    """A data folder: one hour a day, of which every tenth is of class X, M, C or none.

    Days 0, 10, … have an X flare at 80° W, called; days 1, 11, … an M flare at 20° E, called but for the
    first; days 2, 12, … a C5 flare at 80° E, called twice; the other days none, not called.
    """
    day = np.arange(DAYS)
    kind = day % 10
    called = np.select([kind == 0, kind == 1, kind == 2], [True, day != 1, day < 20], False)
    words = np.select([kind == 0, kind == 1, kind == 2], ["X1.0", "M2.0", "C5.0"], "NF")
    longitudes = np.select([kind == 0, kind == 1, kind == 2], ["80.0", "-20.0", "-80.0"], "unk")
    labels = pd.DataFrame({
        "time_utc": pd.Timestamp("2014-03-12") + pd.to_timedelta(day, "D"),
        "ge_m1": (kind < 2).astype(int), "strongest_class": words,
        "flare_longitude_deg": longitudes,
        "flare_latitude_deg": np.where(kind < 3, "12.0", "unk"),
    })  # fmt: skip
    labels["fold"] = labels["time_utc"].dt.quarter
    said = labels[["time_utc", "fold", "ge_m1"]].assign(probability=np.where(called, 0.5, 0.49))
    for folder, name, table in (
        ("labels", "full_disk_hours_2010_2018.parquet", labels),
        ("predictions", "pandey2023_alexnet.parquet", said),
    ):
        (tmp_path / "data" / folder).mkdir(parents=True)
        table.to_parquet(tmp_path / "data" / folder / name)
    return tmp_path / "data"
