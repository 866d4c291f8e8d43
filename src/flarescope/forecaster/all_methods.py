"""Every method on one image: each map with its checks, and how far the methods agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from flarescope.errors import BadOptionError, NoRuleError
from flarescope.forecaster.explanation import explain_sight, together
from flarescope.forecaster.sights import Sight, seen_by, sights, sunlit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from torch import nn

    from flarescope.forecast import Explanation
    from flarescope.sources.srs import RegionSummary
    from flarescope.sun import Magnetogram
    from flarescope.training.run import Run

__all__ = ["AllMethods", "explain_all"]

ENOUGH, MOST_CHECKED = 0.8, 2  # checked: the fewest regions with this share of the rate, and no more than two
MOST_STEPS = 256  # of Integrated Gradients, unless more are asked for
STEPS_AGAIN = 16  # of Integrated Gradients where it is repeated for a check
LEAST_MASK = 32  # pixels
Told = Callable[[str, int, int], None]
Checks = dict[str, float | None]


@dataclass(frozen=True, eq=False)
class AllMethods:
    """What each method says of one image.

    Attributes:
        explanations: by method, on the image's own grid.
        checks: by method, as ``flarescope.explain.checks`` names them; None where a method does not promise
            a check or it is undefined.
        agreement: method_a, method_b, rank_correlation, overlap.
        refused: by method, why it cannot explain this network.
        notes: what the checks were made on.
    """

    explanations: Mapping[str, Explanation]
    checks: Mapping[str, Checks]
    agreement: pd.DataFrame
    refused: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def explain_all(
    image: Magnetogram,
    network: Run,
    *,
    methods: Sequence[str] | None = None,
    summary: RegionSummary | None = None,
    anyway: bool = False,
    baseline: str = "zero_field",
    seed: int = 0,
    progress: Told | None = None,
    **options: Any,
) -> AllMethods:
    """What does each method say, can it be trusted, and do the methods agree?

    Each method explains what ``explain_image`` would show the network. Checks and agreement are measured on
    the network's own grid; where it is shown region by region, on the strongest regions that carry 80 % of
    the image's rate, at most two, each weighted by its share, completeness the worst of all. A method that
    has no rule for this network is named in ``refused``, and the others go on; any other mistake ends it.

    Args:
        image: full disk, SHARP or patch.
        network: a run.
        methods: names; None takes all.
        summary: where the regions of a full disk are.
        anyway: explain an image that is unlike the training images.
        baseline: what "nothing there" means; the checks also ask what another would change.
        seed: of the random weights and orders of the checks.
        progress: told (method, pieces of work done, of).
        options: of the methods, each given to those that have it; and dtype, backgrounds.

    Raises:
        As ``explain_image``; BadOptionError if no method can explain this network, or an option is outside
        what its method accepts.
    """
    from flarescope.explain import METHODS

    seen, notes = sights(image, network, summary=summary, anyway=anyway)
    work = _Work(network, seen, baseline, seed, options, progress or _silent)
    explanations, refused = {}, {}
    for name in methods or METHODS:
        try:
            work.explain(name)
        except NoRuleError as problem:
            refused[name] = str(problem)
            continue
        explanations[name] = together(image, network, seen, work.found[name], notes)
    if not explanations:
        raise BadOptionError(f"No method can explain {network.name}: {next(iter(refused.values()))}")
    checks = {name: work.check(name) for name in explanations}
    said = () if len(seen) == 1 else (work.said,)
    return AllMethods(explanations, checks, work.agreement(), refused, said)


class _Work:
    """One network, what it is shown, and what was found so far."""

    def __init__(
        self,
        network: Run,
        seen: Sequence[Sight],
        baseline: str,
        seed: int,
        options: Mapping[str, Any],
        progress: Told,
    ) -> None:
        self.run, self.seen, self.baseline, self.seed = network, seen, baseline, seed
        self.options, self.progress = dict(options), progress
        self.checked = _strongest(seen)
        self.found: dict[str, list[Explanation]] = {}
        self.references: list[Any] = []

    @property
    def said(self) -> str:
        regions = "the strongest region" if len(self.checked) == 1 else "the two strongest regions"
        return (
            f"Checks and agreement are those of {regions}, "
            + ("" if len(self.checked) == 1 else "each weighted by its share of the rate, ")
            + "completeness is the worst of all."
        )

    def explain(self, method: str) -> None:
        """All sights by one method."""
        done: list[Explanation] = []
        for sight in self.seen:
            self._tell(method, len(done))
            done.append(explain_sight(sight, self.run, method=method, **self._options(method)))
        self.found[method] = done
        self._tell(method, len(done))

    def check(self, method: str) -> Checks:
        """The checks of one method, over the checked sights."""
        from flarescope.explain.checks import check, references

        network = self._network()
        if not self.references:
            self.references = [references(network, self.run.preparation, s.image) for s in self.checked]
        each = []
        for k, sight in enumerate(self.checked):
            each.append(
                check(
                    network, self.run.preparation, sight.image, self.found[method][k],
                    explain_again=self._again(method, sight), seed=self.seed, against=self.references[k],
                )
            )  # fmt: skip
            self._tell(method, len(self.seen) + k + 1)
        mean = _weighted(each, [sight.weight for sight in self.checked])
        errors = [why.checks["completeness"] for why in self.found[method] if "completeness" in why.checks]
        return mean | {"completeness": max(errors) if errors else None}

    def agreement(self) -> pd.DataFrame:
        """Of the methods, over the checked sights."""
        import pandas as pd

        from flarescope.explain.agreement import agreement

        if len(self.found) < 2:
            return pd.DataFrame(columns=["method_a", "method_b", "rank_correlation", "overlap"])
        tables = [
            agreement(
                {name: _prepared(found[k]) for name, found in self.found.items()},
                seen=sunlit(sight, self.run.preparation),
            )
            for k, sight in enumerate(self.checked)
        ]
        weights = [sight.weight for sight in self.checked]
        table = tables[0].copy()
        for name in ("rank_correlation", "overlap"):
            table[name] = [_mean(pair, weights) for pair in zip(*(t[name] for t in tables), strict=True)]
        return table

    def _network(self) -> nn.Module:
        """What is explained: the network, or its mean over eight views."""
        if self.run.calibration.views != 8:
            return self.run.network
        from flarescope.explain.views import EightViews

        return EightViews(self.run.network).eval()

    def _again(self, method: str, sight: Sight) -> Callable[[nn.Module, str], np.ndarray]:
        """The same method on another network or against another baseline, with bounded steps."""
        from flarescope.explain import BASELINES, METHODS, explain

        accepted = METHODS[method].options
        options = self._options(method) | ({"chunk": 4} if "chunk" in accepted else {})
        if "steps" in accepted:
            options |= {"steps": STEPS_AGAIN, "most_steps": STEPS_AGAIN}
        if options.get("backgrounds") is not None:
            options["backgrounds"] = seen_by(sight, options["backgrounds"])
        options |= {"method": method, "views": (sight.image.view,)}

        def again(network: nn.Module, baseline: str) -> np.ndarray:
            chosen = dict(options)
            if baseline in BASELINES:
                chosen["baseline"] = baseline
                if "backgrounds" in accepted:  # this field alone, not the copies that are taken without one
                    chosen["backgrounds"] = [sight.image.with_field(BASELINES[baseline](sight.image))]
            return _prepared(explain(network, self.run.preparation, sight.image, **chosen))

        return again

    def _options(self, method: str) -> dict[str, Any]:
        """Those that the method has, with defaults that bound the time."""
        from flarescope.explain import METHODS

        accepted = METHODS[method].options
        size = self.run.preparation.size
        mask = min(max(LEAST_MASK, size // 8), size)
        mask = self.options.get("mask_pixels", mask)
        ours: dict[str, Any] = {"mask_pixels": mask, "stride": max(1, mask // 2)}
        ours["most_steps"] = max(MOST_STEPS, self.options.get("steps", 0))
        ours["threshold_logit"] = self.run.calibration.threshold_logit
        mine = {name: value for name, value in (ours | self.options).items() if name in accepted}
        dtype = {"dtype": self.options["dtype"]} if "dtype" in self.options else {}
        return {"baseline": self.baseline, **dtype, **mine}

    def _tell(self, method: str, done: int) -> None:
        self.progress(method, done, len(self.seen) + len(self.checked))


def _strongest(seen: Sequence[Sight]) -> list[Sight]:
    """The fewest that carry most of the rate."""
    so_far = np.cumsum([sight.weight for sight in seen])
    return list(seen[: min(MOST_CHECKED, int(np.searchsorted(so_far, ENOUGH)) + 1)])


def _weighted(each: Sequence[Checks], weights: Sequence[float]) -> Checks:
    """The weighted mean of each check over the sights where it is defined."""
    means = {name: _mean([one[name] for one in each], weights) for name in each[0]}
    return {name: value if np.isfinite(value) else None for name, value in means.items()}


def _mean(values: Sequence[float | None], weights: Sequence[float]) -> float:
    """Weighted, over the values that are defined; NaN if none is."""
    numbers = np.array(values, float)
    known = np.isfinite(numbers)
    return float(np.average(numbers[known], weights=np.array(weights)[known])) if known.any() else np.nan


def _prepared(why: Explanation) -> np.ndarray:
    if why.prepared is None:
        raise BadOptionError(f"The explanation by {why.method} holds no map on the network's own grid.")
    return why.prepared


def _silent(method: str, done: int, of: int) -> None:
    pass
