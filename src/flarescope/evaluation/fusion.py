"""What does the image add to history? Region by region out of fold, and on disks that no fit has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from flarescope.errors import MissingDataError
from flarescope.evaluation.beats_history import beats_history
from flarescope.forecaster import look_at, shipped_history
from flarescope.models.baselines import happened, trailing_climatology, window_covered
from flarescope.models.fusion import Fusion, FusionWeights, rate_of
from flarescope.models.history import HistoryModel, Target, probability, rates
from flarescope.samples.table import read_table
from flarescope.sources.calibration import REGION_DAY_RATE
from flarescope.sources.flares import read_flares
from flarescope.times import to_datetime64
from flarescope.training.fusion import RegionFrames, fit_fusion, fit_weights, region_history_rate
from flarescope.verify import Scores, best_threshold, blocks_of, blocks_of_days, scorecard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from flarescope.flare import FlareCatalog
    from flarescope.training.run import Run

__all__ = ["DiskHours", "disk_hours", "disk_scores", "fitted_fusion", "read_frames", "region_scores"]

TARGET = Target("M1.0")


def read_frames(
    table: pd.DataFrame, catalog: FlareCatalog, model: HistoryModel
) -> tuple[RegionFrames, np.ndarray]:
    """Frames of a run's ``out_of_fold_mean.parquet`` with the history of their regions, and their folds."""
    times = table["time_utc"].to_numpy("datetime64[us]")
    regions = table["noaa"].astype(int).to_numpy()
    own = region_history_rate(times, regions, catalog, model, TARGET)
    frames = RegionFrames(
        regions, own, table["probability"].to_numpy(float), table["label"].to_numpy(int).astype(bool)
    )
    return frames, table["fold"].to_numpy()


def region_scores(frames: RegionFrames, folds: np.ndarray, *, resamples: int = 1000) -> Scores:
    """History and image against history alone and image alone, weights and thresholds from the other folds.

    At the frames' own base rate; intervals over regions. Two things flatter all alike: quiet frames were
    hand-picked, and the six numbers of the history rate were fitted on lists that hold these years too.
    """
    image_rate, even = rate_of(frames.image_probability), np.ones(len(folds))
    names = ("image_and_history", "history", "image")
    said = {name: np.full(len(folds), np.nan) for name in names}
    limits = {name: np.full(len(folds), np.nan) for name in names}
    for fold in np.unique(folds):
        test, train = folds == fold, folds != fold
        part = _part(frames, train)
        both = fit_weights(part, image_rate[train], even[train])
        alone = fit_weights(part, image_rate[train], even[train], use_image=False)
        found = {
            "image_and_history": both.probability(frames.history_rate, image_rate),
            "history": alone.probability(frames.history_rate, 0.0),
            "image": frames.image_probability,
        }
        for name, p in found.items():
            said[name][test] = p[test]
            limits[name][test] = best_threshold(p[train], part.happened)
    return scorecard(
        said[names[0]],
        frames.happened,
        threshold=limits[names[0]],
        blocks=blocks_of(frames.region, unit="region"),
        references={name: said[name] for name in names[1:]},
        reference_thresholds={name: limits[name] for name in names[1:]},
        resamples=resamples,
    )


def _part(frames: RegionFrames, rows: np.ndarray) -> RegionFrames:
    return RegionFrames(
        frames.region[rows], frames.history_rate[rows], frames.image_probability[rows], frames.happened[rows]
    )


@dataclass(frozen=True)
class DiskHours:
    """Hours with a full-disk image: what history and image said, and what happened."""

    times: np.ndarray
    history_rate: Float[np.ndarray, "t"]
    image_rate: Float[np.ndarray, "t"]
    trailing: Float[np.ndarray, "t"]
    happened: Bool[np.ndarray, "t"]
    refused: tuple[str, ...]


def disk_hours(
    images: Sequence[Path],
    catalog: FlareCatalog,
    model: HistoryModel,
    network: Run,
    fusion: Fusion,
    *,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> DiskHours:
    """Look at every image; those that cannot be read, are stale or have no covered window are left out.

    Raises:
        MissingDataError: no image is left.
    """
    from flarescope.errors import FlarescopeError
    from flarescope.sources.files import read_magnetogram

    times, seen, refused = [], [], []
    for k, path in enumerate(images):
        progress(k, len(images))
        try:
            image = read_magnetogram(path, fresh=True)
            views = look_at(image, network, fusion)
        except FlarescopeError as problem:
            refused.append(str(problem))
            continue
        times.append(to_datetime64(image.time))
        seen.append(sum(view.rate for view in views))
    at, lit = np.array(times, "datetime64[us]"), np.array(seen)
    known = window_covered(at, catalog, TARGET) if len(at) else np.zeros(0, bool)
    if not known.any():
        why = refused[0] if refused else "the flare list does not cover the 24 h after any of them."
        raise MissingDataError(f"None of {len(images)} images can be scored: {why}")
    at, lit = at[known], lit[known]
    terms = model.terms(at, catalog)
    return DiskHours(
        at,
        rates(terms, model.fit_of(TARGET).coefficients),
        lit,
        trailing_climatology(at, catalog, TARGET),
        happened(at, catalog, TARGET),
        tuple(refused),
    )


def disk_scores(
    hours: DiskHours, model: HistoryModel, fusion: Fusion, *, block_days: float = 5, resamples: int = 1000
) -> Scores:
    """Fused weights of the regions on the whole disk, against history, climatology and the image alone.

    Nothing is fitted on these hours.
    """
    region = fusion.region
    fused = probability(region.history * hours.history_rate + region.image * hours.image_rate)
    fit = model.fit_of(TARGET)
    rivals = {
        "history": probability(hours.history_rate),
        "image": probability(hours.image_rate),
        "climatology": np.full(len(hours.times), fit.base_rate),
        "trailing_climatology": np.where(np.isfinite(hours.trailing), hours.trailing, fit.base_rate),
    }
    return scorecard(
        fused,
        hours.happened,
        threshold=fit.threshold,
        blocks=blocks_of_days(hours.times, block_days),
        references=rivals,
        resamples=resamples,
    )


def fitted_fusion(
    run: Path,
    flares: Sequence[Path],
    *,
    trial: Mapping[str, Any] | None = None,
    members: int = 40,
    seed: int = 0,
) -> tuple[Fusion, Scores]:
    """Weights fitted on the out-of-fold frames of a run, and what history and image are worth together.

    What does not beat history is not the default: the image keeps its weight only where it is proven better
    than history in AUC or Brier score, and not proven worse in Brier score; on regions out of fold, on full
    disks in a trial on hours that no fit has seen.

    Args:
        run: run folder of the network.
        flares: lists that cover the frames.
        trial: what ``flarescope evaluate fusion --json`` printed; without one the disk is left to history.
        members: refits for the interval.
        seed: of the refits.

    Raises:
        BadFileError: the run has no out-of-fold table.
        MissingDataError: the trial holds no comparison with history.
    """
    needed = ("time_utc", "noaa", "probability", "label", "fold")
    table = read_table(run / "out_of_fold_mean.parquet", needed=needed)
    model = shipped_history("operational")
    frames, folds = read_frames(table, read_flares(*flares).on_scale("operational"), model)
    scores = region_scores(frames, folds)
    regions, found = len(np.unique(frames.region)), _verdict(scores.to_dict(), ["tss", "auc"])
    about = {
        "frames": f"{len(folds):,} out-of-fold frames of {run.name}, {regions} regions",
        "flares": ", ".join(Path(f).name for f in flares),
        "region": f"out of fold against the region's own history: {found}",
        "disk": _tried(trial),
    }
    fusion = fit_fusion(
        frames, network=run.name, true_rate=REGION_DAY_RATE, members=members, seed=seed, fitted_on=about
    )
    if not beats_history(scores.to_dict()):
        alone_says = fusion.region_history.probability(frames.history_rate, 0.0)
        fusion = replace(
            fusion,
            region=fusion.region_history,
            region_ensemble=fusion.region_history_ensemble,
            region_threshold=best_threshold(alone_says, frames.happened),
        )
    if trial is None or not beats_history(trial):
        alone = FusionWeights(0.0, 1.0, 0.0)
        fusion = replace(fusion, disk=alone, disk_ensemble=(alone,) * members)
    return fusion, scores


def _verdict(document: Mapping[str, Any], scores: Sequence[str]) -> str:
    """Is history beaten? Brier skill against it and differences of other scores, 95 % intervals."""
    proven, rival = beats_history(document), document["references"]["history"]
    parts = {"BSS": rival["bss"]} | {name.upper(): rival["difference"][name] for name in scores}
    gain = ", ".join(
        f"{name} {e['mean']:+.3f} [{e['low']:+.3f}, {e['high']:+.3f}]" for name, e in parts.items()
    )
    return gain if proven else f"not proven better than history: {gain}"


def _tried(trial: Mapping[str, Any] | None) -> str:
    if trial is None:
        return "it has not been tried on full disks"
    verdict = _verdict(trial, ["auc"])  # one threshold served all, so TSS is left out
    return f"{verdict} on {trial['n']} hours of full disks that no fit has seen ({trial['n_blocks']} blocks)"
