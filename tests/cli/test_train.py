from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flarescope", "train", *words], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "words", [["EXPERIMENT"], ["experiment", "EXPERIMENT"], ["--out", "RUN", "EXPERIMENT"]]
)
def test_the_word_experiment_may_be_left_out(words: list[str], tmp_path: Path) -> None:
    named = {"EXPERIMENT": str(ROOT / "experiments" / "cnn2.toml"), "RUN": str(tmp_path / "run")}
    words = [named.get(word, word) for word in words]
    out = [] if "--out" in words else ["--out", str(tmp_path / "run")]
    ended = run(*words, *out, "--data", str(tmp_path / "none"))
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f"The data folder is {tmp_path / 'none'}. Type: --data FOLDER" in ended.stderr


def test_an_experiment_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[trainig]\nsteps = 3\n")
    ended = run(str(broken), "--out", str(tmp_path / "run"), "--data", str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr == (
        f"flarescope: {broken}: No section named 'trainig'. Did you mean 'training'? "
        "Known: augmentation, data, evaluation, model, name, preparation, training.\n"
    )


def test_help_names_both_kinds_and_history_is_still_there() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    assert "EXPERIMENT.toml" in shown.stdout
    assert "history" in shown.stdout
    assert "flarescope train history" in run("history", "--help").stdout
    assert "Example: flarescope train experiments/patch_cnn.toml" in " ".join(
        run("experiment", "--help").stdout.split()
    )


def test_a_wrong_command_is_still_one_line() -> None:
    ended = run("histroy")
    assert ended.returncode == 2
    assert "histroy" in ended.stderr
