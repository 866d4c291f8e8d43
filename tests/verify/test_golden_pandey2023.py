"""Pandey et al. 2023 to the digit: the published probabilities scored by our own rooms."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarescope.flare import GoesClass
from flarescope.verify import (
    ContingencyTable,
    after_activity,
    blocks_of_days,
    by_class,
    by_longitude,
    reliability,
    scorecard,
    slice_scores,
)

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def hours(data_dir: Path) -> pd.DataFrame:
    said = pd.read_parquet(data_dir / "predictions" / "pandey2023_alexnet.parquet")
    labels = pd.read_parquet(data_dir / "labels" / "full_disk_hours_2010_2018.parquet")
    joined = said.merge(labels, on=["time_utc", "fold", "ge_m1"], validate="one_to_one")
    assert len(joined) == len(said) == 63_649
    longitude = joined["flare_longitude_deg"].where(~joined["flare_longitude_deg"].str.lower().isin(["unk"]))
    flux = {name: GoesClass(name).peak_flux for name in joined["strongest_class"].unique() if name != "NF"}
    return joined.assign(longitude=longitude.astype(float), flux=joined["strongest_class"].map(flux))


def test_confusion_tables_and_skill_by_fold(hours: pd.DataFrame) -> None:
    tables = {
        fold: ContingencyTable.from_forecasts(rows["probability"], rows["ge_m1"])
        for fold, rows in hours.groupby("fold")
    }
    assert tables == {
        1: ContingencyTable(tp=1720, fp=1943, tn=10511, fn=614),
        2: ContingencyTable(tp=1155, fp=3083, tn=10772, fn=457),
        3: ContingencyTable(tp=1585, fp=2668, tn=11640, fn=779),
        4: ContingencyTable(tp=1706, fp=2241, tn=11791, fn=984),
    }
    assert [round(table.tss, 3) for table in tables.values()] == [0.581, 0.494, 0.484, 0.474]
    assert [round(table.hss, 3) for table in tables.values()] == [0.472, 0.287, 0.363, 0.399]


def test_means_over_folds(hours: pd.DataFrame) -> None:
    start = time.perf_counter()
    card = scorecard(
        hours["probability"],
        hours["ge_m1"],
        groups=hours["fold"],
        blocks=blocks_of_days(hours["time_utc"].to_numpy()),
    )
    assert time.perf_counter() - start < 2.0  # 1,000 resamples
    assert (round(card["tss"].value, 3), round(card["tss"].sd, 3)) == (0.508, 0.049)
    assert (round(card["hss"].value, 3), round(card["hss"].sd, 3)) == (0.380, 0.077)
    assert round(card["auc"].value, 3) == 0.845
    assert round(card["bss"].value, 3) == -0.162
    assert round(card["ece"].value, 3) == 0.134
    assert [card.groups[fold].events for fold in "1234"] == [2334, 1612, 2364, 2690]
    assert [card.groups[fold].n for fold in "1234"] == [14788, 15467, 16672, 16722]
    assert card.n_blocks == 109
    assert card["bss"].high < 0 < card["tss"].low


def test_the_limb_table(hours: pd.DataFrame) -> None:
    classes, places = by_class(hours["flux"]), by_longitude(hours["longitude"])
    masks = {f"{c} {place}": classes[c] & places[place] for c in "XMC" for place in places}
    found = slice_scores(hours["probability"], hours["ge_m1"], masks)

    def hits(name: str) -> tuple[int, int]:
        return found[name].table.tp, found[name].table.events

    assert hits("X within 70°") == (637, 668)
    assert hits("X beyond 70°") == (157, 212)
    assert hits("M within 70°") == (4229, 5830)
    assert hits("M beyond 70°") == (1143, 2290)
    assert (found["X unknown"].n, found["M unknown"].n) == (0, 0)
    assert round(found["X beyond 70°"].table.pod, 3) == 0.741
    assert round(found["M beyond 70°"].table.pod, 3) == 0.499
    c_class = [found[f"C {place}"] for place in places]
    assert (sum(part.table.fp for part in c_class), sum(part.n for part in c_class)) == (9240, 25150)
    assert (found["C beyond 70°"].table.fp, found["C beyond 70°"].n) == (2069, 7683)


def test_after_quiet_is_harder_than_all_hours(hours: pd.DataFrame, data_dir: Path) -> None:
    flares = pd.read_csv(data_dir / "flares" / "swpc_1996_2018.csv")
    column = next(name for name in flares if flares[name].astype(str).str.match(r"^[ABCMX]\d").mean() > 0.9)
    strong = flares[flares[column].astype(str).str.match("^[MX]")]
    starts = pd.to_datetime(strong["start_time"], format="ISO8601").to_numpy("datetime64[us]")
    masks = after_activity(hours["time_utc"].to_numpy(), starts)
    found = slice_scores(hours["probability"], hours["ge_m1"], masks)
    quiet, active = found["after quiet"].scores, found["after active"].scores
    assert quiet is not None
    assert active is not None
    assert quiet.n + active.n == 63_649
    assert quiet.events / quiet.n < 0.1 < 0.4 < active.events / active.n
    assert quiet["auc"].value > 0.75


def test_it_forecasts_too_much_from_thirty_per_cent_on(hours: pd.DataFrame) -> None:
    blocks = blocks_of_days(hours["time_utc"].to_numpy())
    curve = reliability(hours["probability"], hours["ge_m1"], blocks=blocks)
    assert curve.count.sum() == 63_649
    assert np.all(curve.high[3:] < curve.mean_forecast[3:])
