"""What the support vector machine says of every hour of regions that it was not trained on.

It learns from one hour in twelve of each region (in twenty-four, quick): neighbouring hours are almost alike,
and taking twice as many rows moves its TSS by .005 at most. It answers every hour.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from flarescope.models.sharp_svm import AREA_AND_FLUX, KEYWORDS, SvmSettings, fit_sharp_svm
from flarescope.papers.bhattacharjee2020.shared_numbers import shares_number
from flarescope.papers.kept_stamp import stamp
from flarescope.samples.split import Split, repeated
from flarescope.samples.table import SampleTable
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flarescope.papers.bhattacharjee2020.region_hours import RegionHours
    from flarescope.papers.reproduction import Desk

__all__ = ["INPUTS", "QUIET_RECALL", "Inputs", "svm_held_out", "svm_splits"]

Inputs = Literal["all_keywords", "area_flux"]
INPUTS: dict[Inputs, tuple[str, ...]] = {"all_keywords": KEYWORDS, "area_flux": AREA_AND_FLUX}
QUIET_RECALL = 0.80  # of never-flaring regions' images, in the paper's Table 3
EVERY = {"full": 12, "quick": 24}
TIMES = {"full": 10, "quick": 3}


def svm_held_out(
    desk: Desk, hours: RegionHours, inputs: Inputs, *, by: Literal["splits", "chronological"] = "splits"
) -> pd.DataFrame:
    """What does the machine say of each held-out hour?

    Answers are kept in the desk's cache, one file a split: what stands is not computed again.

    Args:
        desk: where to work.
        hours: the regions.
        inputs: all keywords at hand, or area and unsigned flux.
        by: "splits": random 2/3 to 1/3 of the regions of May 2010 to September 2015 (ten; three if quick).
            "chronological": all of these regions, tested on those of October 2015 to August 2018.

    Returns:
        Rows of ``hours`` with ``split``, ``decision`` (flaring from 0 on), ``yes``, and ``yes_even``: the
        answer with the threshold at which 80 % of quiet regions' training rows are recognised, as by the
        paper's CNN. A region that several splits hold out is there once for each.
    """
    splits = list(svm_splits(desk, hours.regions, by=by))
    parts = []
    for done, split in enumerate(splits):
        desk.progress(f"SVM on {inputs.replace('_', ' ')}", done, len(splits))
        tested = hours.rows[hours.rows["region"].isin(split.test["region"])]
        answers = _answers(desk, hours, inputs, split)
        parts.append(tested.reset_index(drop=True).join(answers).assign(split=split.name))
    desk.progress(f"SVM on {inputs.replace('_', ' ')}", len(splits), len(splits))
    return pd.concat(parts, ignore_index=True)


def svm_splits(
    desk: Desk, regions: pd.DataFrame, *, by: Literal["splits", "chronological"] = "splits"
) -> Iterator[Split]:
    """Who is trained on and who is tested on: tables of whole regions that share no NOAA number."""
    known = regions[regions["label"].notna()]
    old = SampleTable(known[known["period"] == "train"])
    if by == "splits":
        yield from repeated(old, times=TIMES[desk.mode])
        return
    new = known[known["period"] == "test"]
    new = new[~shares_number(new["group"], old["group"])]
    yield Split(old, SampleTable(old.rows[:0]), SampleTable(new), "group", name="chronological")


def _answers(desk: Desk, hours: RegionHours, inputs: Inputs, split: Split) -> pd.DataFrame:
    """Decisions on the split's tested rows, in their order: read if they stand, else computed and kept."""
    names, every, settings = list(INPUTS[inputs]), EVERY[desk.mode], SvmSettings()
    rows = hours.rows
    trained = rows[rows["region"].isin(split.train["region"])]
    tested = rows[rows["region"].isin(split.test["region"])]
    kept = desk.cache("svm") / f"{inputs}_{split.name.replace(' ', '_')}.parquet"
    named = _named(names, every, settings, trained, tested)
    found = _read(kept, named)
    if found is not None:
        return found
    trained = trained[trained.groupby("region").cumcount() % every == 0]
    keywords, flaring = trained[names].to_numpy(float), trained["flaring"].to_numpy(bool)
    svm = fit_sharp_svm(keywords, flaring, settings)
    even = float(np.quantile(svm.decision(keywords[~flaring]), QUIET_RECALL))
    decision = svm.decision(tested[names].to_numpy(float))
    answers = pd.DataFrame({"decision": decision, "yes": decision >= 0, "yes_even": decision >= even})
    _keep(kept, answers, named)
    return answers


def _named(names: list[str], every: int, settings: SvmSettings, *parts: pd.DataFrame) -> str:
    """What the answers depend on, in short."""
    columns = [part[["region", "time_utc", "flaring", *names]] for part in parts]
    rows = [pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes().hex() for table in columns]
    return stamp(names, every, str(settings), QUIET_RECALL, rows)


def _read(path: Path, named: str) -> pd.DataFrame | None:
    try:
        answers = pd.read_parquet(path)
    except (OSError, ValueError):
        return None
    return answers if answers.attrs.get("stamp") == named else None


def _keep(path: Path, answers: pd.DataFrame, named: str) -> None:
    memory = io.BytesIO()
    answers.attrs["stamp"] = named
    answers.to_parquet(memory)
    write_whole(path, memory.getvalue())
