"""All checks of one map: a right method passes, an edge detector and a map off the disk are found out."""

from __future__ import annotations

from datetime import UTC, datetime
from inspect import signature

import numpy as np
import pytest
import torch
from torch import nn

from flarescope.errors import BadOptionError
from flarescope.explain import METHODS, Baseline
from flarescope.explain.checks import CHECKS, Check, baseline_sensitivity, check, off_disk_share, references
from flarescope.explain.methods import COMPLETE
from flarescope.explain.randomisation import LIMIT
from flarescope.forecast import Explanation
from flarescope.preparation import Preparation
from flarescope.sun import Magnetogram

SIZE = 32
PREPARATION = Preparation(size=SIZE, encoding="grey8", std=127.5)


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(8 * 14 * 14, 1), nn.Flatten(0),
    ).eval()  # fmt: skip


def magnetogram() -> Magnetogram:
    grey = np.random.default_rng(0).uniform(0.0, 255.0, (SIZE, SIZE))
    grey[:, :6] = np.nan
    return Magnetogram(grey, datetime(2026, 2, 1, tzinfo=UTC), "region", "grey8")


def image(m: Magnetogram) -> torch.Tensor:
    return torch.from_numpy(PREPARATION.apply(m))[None, None]


LEVELS = {"zero_field": 0.0, "black": -1.0}


def by(method: str):
    """From a network and a baseline's name to the method's map."""

    def again(asked: nn.Module, baseline: str) -> np.ndarray:
        x = image(magnetogram())
        start = Baseline(baseline, torch.full_like(x, LEVELS[baseline]))
        options = {"mask_pixels": 4, "stride": 2} if method == "occlusion" else {"most_steps": 64}
        return METHODS[method](asked, x, baseline=start, **options).map

    return again


def edges(asked: nn.Module, baseline: str) -> np.ndarray:
    dy, dx = np.gradient(image(magnetogram())[0, 0].numpy().astype(float))
    return np.hypot(dx, dy)


def explanation(again, method: str = "m", **checks: float) -> Explanation:
    found = again(network(), "zero_field")
    return Explanation(method, found, "zero_field", checks, prepared=found)


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_a_method_that_reads_the_network_passes(method: str) -> None:
    why = explanation(by(method), method)
    found = check(network(), PREPARATION, magnetogram(), why, explain_again=by(method))
    assert list(found) == list(CHECKS)
    assert found["completeness"] is None
    assert found["insensitive"] == 0.0
    assert abs(found["randomised"]) < 0.5
    assert found["deletion_over_random"] > 0.02
    assert found["insertion_over_random"] > 0.02
    assert found["deletion_over_flux"] > 0.02
    assert found["baseline_sensitivity"] > 0.05


def test_an_edge_detector_is_found_out() -> None:
    why = explanation(edges)
    found = check(network(), PREPARATION, magnetogram(), why, explain_again=edges)
    assert found["randomised"] == 1.0
    assert found["insensitive"] == 1.0
    assert found["baseline_sensitivity"] == 0.0
    right = explanation(by("integrated_gradients"))
    gain = check(network(), PREPARATION, magnetogram(), right, explain_again=by("integrated_gradients"))
    assert found["deletion_over_random"] < 0.3 * gain["deletion_over_random"]
    assert found["off_disk"] > 0.0  # the edge of what is known is no Sun


def test_what_a_method_does_not_promise_is_not_asked() -> None:
    asked: list[str] = []

    def cam(network: nn.Module, baseline: str) -> np.ndarray:
        asked.append(baseline)
        return METHODS["guided_grad_cam"](network, image(magnetogram())).map

    why = explanation(cam, "guided_grad_cam")
    asked.clear()
    found = check(network(), PREPARATION, magnetogram(), why, explain_again=cam)
    assert found["randomised_signed"] is None
    assert found["baseline_sensitivity"] is None
    assert found["randomised"] is not None
    assert asked == ["zero_field"] * 4  # the original and three draws
    upside_down = Explanation("guided_grad_cam", -why.map, "zero_field", prepared=-why.map)
    turned = check(network(), PREPARATION, magnetogram(), upside_down, explain_again=cam)
    for gain in ("deletion_over_random", "insertion_over_random"):
        assert turned[gain] == found[gain]


def test_random_signs_do_not_save_a_map_whose_signs_say_nothing() -> None:
    signs = np.random.default_rng(1)

    def again(network: nn.Module, baseline: str) -> np.ndarray:
        return edges(network, baseline) * signs.choice([-1.0, 1.0], (SIZE, SIZE))

    for method, convicted in (("guided_grad_cam", 1.0), ("integrated_gradients", 0.0)):
        why = explanation(again, method)
        found = check(network(), PREPARATION, magnetogram(), why, explain_again=again)
        assert found["randomised"] == pytest.approx(1.0)
        assert found["insensitive"] == convicted


def test_sensitivity_counts_pixels_that_are_seen() -> None:
    def again(network: nn.Module, baseline: str) -> np.ndarray:
        heat = np.arange(SIZE * SIZE).reshape(SIZE, SIZE) + 1.0
        heat[:, :6] *= 1.0 if baseline == "black" else -100.0  # off the disk
        return heat

    found = check(network(), PREPARATION, magnetogram(), explanation(again), explain_again=again)
    assert found["baseline_sensitivity"] == pytest.approx(0.0)


def test_sensitivity_is_that_of_the_same_pair_for_every_method() -> None:
    asked: list[str] = []

    def again(network: nn.Module, baseline: str) -> np.ndarray:
        asked.append(baseline)
        turned = np.arange(SIZE * SIZE).reshape(SIZE, SIZE) + 1.0
        return turned[::-1, ::-1] if baseline == "quiet_copies" else turned

    heat = again(network(), "quiet_copies")
    asked.clear()
    for known, repeated in (("quiet_copies", ["zero_field", "black"]), ("zero_field", ["black"])):
        why = Explanation("m", heat, known, prepared=heat if known == "quiet_copies" else heat[::-1, ::-1])
        asked.clear()
        found = check(network(), PREPARATION, magnetogram(), why, explain_again=again)
        assert found["baseline_sensitivity"] == pytest.approx(0.0)
        assert asked[4:] == repeated
    alone = check(network(), PREPARATION, magnetogram(), why, explain_again=again, baselines=("black",))
    assert alone["baseline_sensitivity"] is None


def test_what_is_known_already_is_used() -> None:
    why = explanation(by("integrated_gradients"), completeness=0.004)
    known = references(network(), PREPARATION, magnetogram())
    args = (network(), PREPARATION, magnetogram(), why)
    one = check(*args, explain_again=by("integrated_gradients"), against=known)
    two = check(*args, explain_again=by("integrated_gradients"))
    assert one == two
    assert one["completeness"] == 0.004


def test_a_map_of_zeros_is_undefined_not_an_error() -> None:
    def nothing(asked: nn.Module, baseline: str) -> np.ndarray:
        return np.zeros((SIZE, SIZE))

    found = check(network(), PREPARATION, magnetogram(), explanation(nothing), explain_again=nothing)
    assert found["randomised"] is None
    assert found["baseline_sensitivity"] is None
    assert found["insensitive"] == 0.0
    assert found["off_disk"] == 0.0
    assert abs(found["deletion_over_random"]) < 0.2


def test_share_off_the_disk() -> None:
    heat, seen = np.array([[1.0, -2.0], [np.nan, 1.0]]), np.array([[True, False], [False, True]])
    assert off_disk_share(heat, seen) == 0.5
    assert off_disk_share(np.zeros((2, 2)), seen) == 0.0
    with pytest.raises(BadOptionError, match=r"shape \(2, 2\) and pixels seen of shape \(3, 3\)"):
        off_disk_share(heat, np.ones((3, 3), bool))


def test_sensitivity_to_the_baseline() -> None:
    a, b = np.arange(16.0).reshape(4, 4) + 1, np.arange(16.0)[::-1].reshape(4, 4) + 1
    assert baseline_sensitivity({"zero_field": a, "black": 3.0 * a}) == 0.0
    assert baseline_sensitivity({"zero_field": a, "black": b}) == 2.0
    assert baseline_sensitivity({"one": a, "two": b, "three": a}) == pytest.approx(1.0 + 1 / 3)
    assert baseline_sensitivity({"one": a, "two": a, "three": np.zeros((4, 4))}) == 0.0
    assert np.isnan(baseline_sensitivity({"one": np.zeros((4, 4)), "two": np.zeros((4, 4))}))
    with pytest.raises(BadOptionError, match="1 baseline shows no sensitivity"):
        baseline_sensitivity({"zero_field": a})


def test_an_explanation_without_its_own_grid_is_refused() -> None:
    why = Explanation("occlusion", np.ones((SIZE, SIZE)), "zero_field")
    with pytest.raises(BadOptionError, match="by occlusion holds no map on the network's own grid"):
        check(network(), PREPARATION, magnetogram(), why, explain_again=edges)


@pytest.mark.parametrize(
    ("limits", "value", "passes", "wanted"),
    [
        (Check("m", at_most=0.01), 0.01, True, "at most 0.01"),
        (Check("m", at_most=0.01), 0.0101, False, "at most 0.01"),
        (Check("m", above=0.0), 0.1, True, "above 0"),
        (Check("m", above=0.0), 0.0, False, "above 0"),
        (Check("m"), 0.5, None, None),
    ],
)
def test_a_check_knows_which_values_are_good(
    limits: Check, value: float, passes: bool | None, wanted: str | None
) -> None:
    assert limits.passes(value) is passes
    assert limits.wanted == wanted


def test_limits_are_those_by_which_methods_and_randomisation_judge() -> None:
    tolerance = signature(METHODS["integrated_gradients"].function).parameters["tolerance"].default
    assert CHECKS["completeness"].at_most == tolerance == COMPLETE
    assert CHECKS["randomised"].at_most == CHECKS["randomised_signed"].at_most == LIMIT
