"""How good is a full-disk network on days that it never saw, and is it better than the flare history?

Blocks of days take turns: thresholds and the weights of the fusion come from the other blocks, 24 h away from
the one that is scored.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from flarescope.errors import BadOptionError, MissingDataError
from flarescope.evaluation.beats_history import beats_history
from flarescope.evaluation.disk_forecasts import DiskForecasts, check_run, disk_forecasts, labelled_disks
from flarescope.models.fusion import rate_of
from flarescope.samples.split import by_fold
from flarescope.samples.table import SampleTable
from flarescope.training.fusion import RegionFrames, fit_weights
from flarescope.training.run import Calibration
from flarescope.verify import Scores, best_threshold, blocks_of_days, scorecard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flarescope.flare import FlareCatalog
    from flarescope.models.fusion import FusionWeights
    from flarescope.training.run import Run
    from flarescope.verify import Blocks

__all__ = ["CrossFitted", "DiskScores", "cross_fitted", "judged", "score_disks"]

GAP = "24h"
HISTORIES = ("history", "history_refitted")
LEAST_BLOCK_DAYS = 5.0
ONE_PHASE = np.timedelta64(730, "D")  # images of two years or less are one phase of the solar cycle


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """Probabilities and thresholds of every forecast "t", fitted on other blocks than those they are for.

    ``weights`` are the fusion's, one for each block.
    """

    said: dict[str, Float[np.ndarray, "t"]]
    thresholds: dict[str, Float[np.ndarray, "t"]]
    weights: tuple[FusionWeights, ...]


@dataclass(frozen=True)
class DiskScores:
    """The network and the fusion, each beside its rivals.

    Attributes:
        network: with history as it ships and refitted, both climatologies, persistence and the fusion as
            rivals.
        fusion: of history and network, with history as it ships and refitted as rivals.
        about: counts that belong to the scores: images left out, members asked, the fusion's weights.
    """

    network: Scores
    fusion: Scores
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def beats_history(self) -> dict[str, bool]:
        """Is the Brier skill of each against history proven? Else it stays out of the default forecast.

        The fusion must beat the refitted history too: else it is not the image that helps, but two numbers
        fitted to these weeks.
        """
        network, fusion = self.network.to_dict(), self.fusion.to_dict()
        better = (beats_history(fusion, ranking_counts=False, rival=rival) for rival in HISTORIES)
        return {"network": beats_history(network, ranking_counts=False), "fusion": all(better)}

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it: the network's scores on top, those of its rivals in "references"."""
        against = {
            name: {key: rival[key] for key in ("bss", "difference")}
            for name, rival in self.fusion.to_dict()["references"].items()
        }
        return self.network.to_dict() | self.about | {
            "fusion_against": against,
            "beats_history": self.beats_history,
            "enters_default_forecast": any(self.beats_history.values()),
        }  # fmt: skip


def score_disks(
    run: Run,
    images: Path,
    flares: FlareCatalog,
    *,
    block_days: float = 5,
    resamples: int = 1000,
    kept: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> DiskScores:
    """How good is the run on the full disks of a folder, on days it never saw, and does it beat history?

    Args:
        run: of full disks, with ``training_spans``: a mean of fold members scores itself out of fold.
        images: folder of full-disk magnetograms.
        flares: a list that covers the day after each, and at least 27 days before.
        block_days: length of the blocks that are drawn for intervals and take turns, 5 or more.
        resamples: bootstrap samples of the blocks.
        kept: folder for prepared images, to go on from after a kill; a temporary one by default.
        progress: told (what, done, of).

    Raises:
        BadOptionError: the run sees regions, or blocks are shorter than 5 days.
        MissingDataError: nobody knows what the run was trained on, no image is left, or events lie in fewer
            than two blocks.

    Example:
        >>> print(score_disks(load_run("compact"), folder, flares).network)  # doctest: +SKIP
    """
    _check_days(block_days)
    check_run(run)
    hours, catalog = labelled_disks(images, flares)
    forecasts = disk_forecasts(run, hours, catalog, kept=kept, progress=progress)
    return judged(forecasts, block_days=block_days, resamples=resamples)


def judged(forecasts: DiskForecasts, *, block_days: float = 5, resamples: int = 1000) -> DiskScores:
    """Scores of network and fusion beside their rivals; intervals from blocks of days, the same for all.

    Raises:
        BadOptionError: blocks are shorter than 5 days.
        MissingDataError: events lie in fewer than two blocks.
    """
    _check_days(block_days)
    blocks = blocks_of_days(forecasts.times, block_days)
    found = cross_fitted(forecasts, blocks)

    def card(name: str, rivals: tuple[str, ...]) -> Scores:
        return scorecard(
            found.said[name],
            forecasts.happened,
            threshold=found.thresholds[name],
            blocks=blocks,
            references={rival: found.said[rival] for rival in rivals},
            reference_thresholds={rival: found.thresholds[rival] for rival in rivals},
            resamples=resamples,
        )

    network = card("network", tuple(name for name in found.said if name != "network"))
    notes = (*_validity(forecasts, blocks, network), *network.notes, *forecasts.notes)
    return DiskScores(replace(network, notes=notes), card("fusion", HISTORIES), _about(forecasts, found))


def cross_fitted(forecasts: DiskForecasts, blocks: Blocks) -> CrossFitted:
    """Every forecast for each block, with all that is fitted taken from the other blocks, 24 h away.

    The network's probability is brought to climatology's base rate where a member was trained on these
    weeks, and to the run's own where none was: a base rate of the other blocks would rank each block
    backwards, as they flare less where it flares more. The logits of the other blocks come from members that
    may have been trained on the block at hand: the few numbers fitted here are kept from it, the networks
    from their own days.

    Raises:
        MissingDataError: events, or quiet hours, lie in fewer than two blocks.
    """
    _check_classes(forecasts, blocks)
    names = ("network", "history_refitted", *forecasts.rivals, "fusion")
    said = {name: np.full(len(forecasts.times), np.nan) for name in names}
    limits = {name: np.full(len(forecasts.times), np.nan) for name in names}
    weights = []
    found = {"network": _network(forecasts), **forecasts.rivals}
    history, image = rate_of(found["history"]), rate_of(found["network"])
    for test, rest in _turns(forecasts, blocks):
        own = RegionFrames(blocks.ids[rest], history[rest], found["network"][rest], forecasts.happened[rest])
        even = np.ones(len(rest))
        weights.append(fit_weights(own, image[rest], even))
        found["fusion"] = weights[-1].probability(history, image)
        alone = fit_weights(own, image[rest], even, use_image=False)
        found["history_refitted"] = alone.probability(history, 0.0)
        for name in names:
            said[name][test] = found[name][test]
            limits[name][test] = _threshold(found[name][rest], forecasts.happened[rest])
    return CrossFitted(said, limits, tuple(weights))


def _turns(forecasts: DiskForecasts, blocks: Blocks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of each block, and the rows of all others that are at least 24 h away."""
    table = pd.DataFrame(
        {"time_utc": forecasts.times, "block": blocks.ids, "row": np.arange(len(forecasts.times))}
    )
    for split in by_fold(SampleTable(table), blocks.ids, unit="block", gap=GAP):
        yield split.test["row"].to_numpy(int), split.train["row"].to_numpy(int)


def _network(forecasts: DiskForecasts) -> Float[np.ndarray, "t"]:
    """Probabilities at a base rate that is not that of the rows they are for."""
    own = forecasts.calibration
    climatology = float(forecasts.rivals["climatology"][0])
    elsewhere = Calibration(climatology, own.sampled_rate, own.threshold, own.views)
    return np.where(
        forecasts.untouched, own.probability(forecasts.logit), elsewhere.probability(forecasts.logit)
    )


def _threshold(p: Float[np.ndarray, "n"], happened: np.ndarray) -> float:
    """Where TSS is largest; a constant says yes where the event is likelier than not."""
    return best_threshold(p, happened) if np.ptp(p) > 0.0 else 0.5


def _check_days(block_days: float) -> None:
    if not block_days >= LEAST_BLOCK_DAYS:
        raise BadOptionError(
            f"Blocks of {block_days:g} days are too short: the same regions face the Earth for days. "
            f"Accepted: {LEAST_BLOCK_DAYS:g} days or more."
        )


def _check_classes(forecasts: DiskForecasts, blocks: Blocks) -> None:
    """What is scored in one block is fitted on the others: each must have both classes to learn from."""
    for kind, rows in (("events", forecasts.happened), ("quiet hours", ~forecasts.happened)):
        held: Int[np.ndarray, "b"] = np.unique(blocks.ids[rows])
        if len(held) < 2:
            raise MissingDataError(
                f"The {len(rows)} images have {kind} in {len(held)} of {blocks.count} blocks of "
                f"{blocks.unit}. Accepted: in two blocks or more, as each is judged by what the others teach."
            )


def _validity(forecasts: DiskForecasts, blocks: Blocks, network: Scores) -> tuple[str, ...]:
    """What these hours can prove, in words."""
    if forecasts.times.max() - forecasts.times.min() > ONE_PHASE:
        return ()
    return (
        f"not validated: {network.n} hours with {network.events} events in {blocks.count} blocks of "
        f"{blocks.unit}, all of one solar phase.",
    )


def _about(forecasts: DiskForecasts, found: CrossFitted) -> dict[str, Any]:
    """Who was asked, what was left out, and how the fusion leant."""
    asked = [int(n) for n in np.unique(forecasts.members)]
    mean = {
        name: round(float(np.mean([getattr(w, name) for w in found.weights])), 4)
        for name in ("background", "history", "image")
    }
    return {
        "left_out": forecasts.left_out,
        "asked": {f"{n} members": int((forecasts.members == n).sum()) for n in asked},
        "fusion_weights": mean,
    }
