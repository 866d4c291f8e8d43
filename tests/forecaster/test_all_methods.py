"""All methods together: what is averaged over regions, and whose mistakes end the command."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from flarescope.forecast import Explanation
from flarescope.forecaster.all_methods import _Work
from flarescope.forecaster.sights import Sight
from flarescope.geometry import Disk
from flarescope.sun import Magnetogram
from flarescope.training.untrained import untrained_run

HOUR = datetime(2026, 2, 3, 12, tzinfo=UTC)
NOISE = np.random.default_rng(0)


@pytest.fixture
def image() -> Magnetogram:
    geometry = Disk(15.5, 15.5, 12.0, b0=0.0, l0=0.0, distance_au=1.0)
    field = np.where(geometry.mask((32, 32)), NOISE.normal(0.0, 100.0, (32, 32)), np.nan)
    return Magnetogram(field, HOUR, "full_disk", "gauss", geometry)


def test_an_undefined_agreement_of_one_region_does_not_hide_the_others(image: Magnetogram) -> None:
    small = untrained_run("compact")
    network = replace(small, preparation=replace(small.preparation, size=32, fit="resize", encoding="gauss"))
    work = _Work(network, [Sight(image, 0.6), Sight(image, 0.4)], "zero_field", 0, {}, lambda *_: None)
    one = NOISE.normal(size=(32, 32))
    seen = network.preparation.seen(image)
    over_the_limb = np.where(seen, 2.0 * one, 1e3)
    for name, maps in {"a": (np.zeros((32, 32)), one), "b": (one, over_the_limb)}.items():
        work.found[name] = [Explanation(name, image.field, "zero_field", prepared=map_) for map_ in maps]
    row = work.agreement().iloc[0]
    assert row["rank_correlation"] == pytest.approx(1.0)  # of the second: what lies off the disk is left out
    assert row["overlap"] == pytest.approx(0.4)
    work.found["b"] = work.found["a"] = [work.found["a"][0]] * 2
    assert np.isnan(work.agreement()["rank_correlation"].iloc[0])
