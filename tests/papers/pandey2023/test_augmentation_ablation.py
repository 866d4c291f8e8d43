"""With and without the published augmentation: the same otherwise, compared on the same hours."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from flarescope.papers import paper
from flarescope.papers.claims import read_claims
from flarescope.papers.pandey2023 import augmentation_ablation as item
from flarescope.papers.reproduction import Desk


def table(gain: float, seed: int = 0) -> pd.DataFrame:
    """Forty days of two-hourly hours whose logit knows ``gain`` of the label."""
    rng = np.random.default_rng(seed)
    label = (np.arange(480) // 30 % 3 == 0).astype(int)
    times = np.datetime64("2026-02-01", "us") + np.arange(480) * np.timedelta64(2, "h")
    logit = gain * (2 * label - 1) + rng.normal(size=480)
    return pd.DataFrame({
        "time_utc": times, "label": label, "row": np.arange(480), "logit": logit,
    })  # fmt: skip


def test_the_better_network_is_found_and_a_twin_is_no_better() -> None:
    gains = item.compared(table(2.0), table(0.2, seed=1), resamples=100).rivals["without"].differences
    assert gains["tss"].low > 0.3
    assert gains["auc"].low > 0.2
    same = item.compared(table(1.0), table(1.0), resamples=50).rivals["without"].differences
    assert (same["tss"].value, same["tss"].low, same["tss"].high) == (0.0, 0.0, 0.0)


def test_hours_that_only_one_has_are_not_compared() -> None:
    assert item.compared(table(1.0), table(1.0).iloc[:300], resamples=20).n == 300


def test_with_and_without_differ_in_the_batches_alone(tmp_path: Path) -> None:
    desk = Desk(None, tmp_path)
    published, epochs = (item._experiment(desk, kind) for kind in ("published", "epochs"))
    assert (published.training.batches, epochs.training.batches) == ("published", "epochs")
    mine, theirs = published.to_dict(), epochs.to_dict()
    for settings in (mine, theirs):
        settings.pop("name")
        settings["training"].pop("batches")
    assert mine == theirs
    assert (published.preparation.size, published.preparation.disk_radius) == (256, 100.0)


def test_each_claim_has_its_finding_on_all_hours_and_on_balanced_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def trained(desk: Desk, experiment: object, hours: pd.DataFrame, *, what: str) -> SimpleNamespace:
        asked.append((what, len(hours), hours["label"].mean()))
        folder = tmp_path / what.replace(" ", "_")
        for seed in item.SEEDS:
            own = folder / "folds" / f"seed{seed}_fold0"
            own.mkdir(parents=True)
            hours.assign(logit=table(1.0, 7 * seed + len(asked))["logit"])[["row", "logit"]].to_parquet(
                own / item.PREDICTIONS
            )
        hours.to_parquet(folder / item.OUT_OF_FOLD)
        return SimpleNamespace(folder=folder)

    monkeypatch.setattr(item, "trained", trained)
    monkeypatch.setattr(item, "disks_2026", lambda desk, every: (table(1.0), None))
    found = item.augmentation_ablation(Desk(None, tmp_path, quick=True))
    claims = read_claims(paper("pandey2023").claims)
    assert [one.claim for one in found] == [c.name for c in claims if c.item == "augmentation_ablation"]
    assert all(one.spread > 0.0 for one in found)  # the mean of the seeds is the same, the seeds are not
    assert asked[0][0] == "published, all hours"
    assert asked[2][2] == 0.5
    assert asked[2][1] == 2 * table(1.0)["label"].sum()
