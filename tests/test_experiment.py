from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flarescope import models
from flarescope.errors import BadFileError, BadOptionError, UnknownNameError
from flarescope.experiment import Experiment, read_experiment

ROOT = Path(__file__).parents[1]


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "name": "tiny",
        "data": {"index": "index.csv", "flares": ["flares.csv"]},
        "model": {"name": "patch_cnn", "options": {"channels": [2, 4]}},
        "preparation": {"size": 16, "encoding": "grey8", "std": 127.5},
        "training": {"steps": 4, "batch": 8, "learning_rate": 1e-3},
    } | changes


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.toml")), ids=lambda p: p.stem)
def test_the_experiments_of_the_project_can_be_read(path: Path, tmp_path: Path) -> None:
    experiment = read_experiment(path)
    assert experiment.model.name in models.networks
    again = tmp_path / "resolved.toml"
    again.write_text(experiment.to_toml())
    assert read_experiment(again) == experiment


def test_defaults_are_filled_in() -> None:
    experiment = Experiment.from_dict(settings())
    assert experiment.evaluation.folds == 5
    assert experiment.data.at_least == "M1.0"
    assert "folds = 5" in experiment.to_toml()
    with pytest.raises(AttributeError):
        experiment.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trainig": {}}, r"No section named 'trainig'\. Did you mean 'training'\?"),
        (
            {"training": {"steps": 4, "batch": 8, "learning_rat": 1e-3}},
            r"No setting in \[training\] named 'learning_rat'\. Did you mean 'learning_rate'\?",
        ),
        ({"preparation": {"siez": 16}}, r"No preparation setting named 'siez'\. Did you mean 'size'\?"),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        Experiment.from_dict(settings(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": {"steps": 0, "batch": 8, "learning_rate": 1e-3}}, r"training\.steps 0 is not accepted"),
        (
            {"training": {"batch": 8, "learning_rate": 1e-3}},
            r"training\.steps is not accepted: Field required",
        ),
        ({"data": 3}, r"'data' is 3\. Accepted: a table, \[data\]"),
        ({"preparation": {"fit": "resize"}}, r"\[preparation\] are not accepted: .*size"),
    ],
)
def test_a_value_that_is_not_accepted_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadOptionError, match=message):
        Experiment.from_dict(settings(**changes))


def test_a_missing_section_is_named() -> None:
    with pytest.raises(BadOptionError, match=r"lacks model"):
        Experiment.from_dict({k: v for k, v in settings().items() if k != "model"})


def test_files_that_are_no_experiment(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="cannot be read"):
        read_experiment(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = \n")
    with pytest.raises(BadFileError, match=r"broken\.toml: it is not TOML"):
        read_experiment(broken)
    broken.write_text("nam = 'x'\n")
    with pytest.raises(BadFileError, match=r"broken\.toml: No section named 'nam'"):
        read_experiment(broken)
