from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flarescope.cli import main
from flarescope.errors import BadFileError
from flarescope.sources.plain_text import read_json

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


@pytest.fixture
def flares(tmp_path: Path) -> Path:
    path = tmp_path / "flares.csv"
    path.write_text("start,end,class\n2012-03-07 00:02,2012-03-07 00:40,X5.4\n")
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--seed", "-1"), "'--seed': Input should be greater than or equal to 0, not '-1'."),
        (("--members", "0"), "'--members': Input should be greater than or equal to 2, not '0'."),
        (("--to", "2011-01-01"), "--from 2012-01-01T00:00:00Z is not before --to 2011-01-01T00:00:00Z."),
        (("--from", "soon"), "Time 'soon' cannot be read."),
        (("--scale", "sciense"), "Did you mean 'science'?"),
        (("--out", "FLARES"), "is read as an input and would be overwritten."),
        (("--out", "FLARES/history.json"), "is not a folder."),
    ],
)
def test_history_refuses_in_one_line(
    words: tuple[str, ...],
    message: str,
    flares: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = flares.read_bytes()
    given = {
        "--flares": str(flares),
        "--out": str(flares.with_name("history.json")),
        "--from": "2012-01-01",
        "--to": "2013-01-01",
    } | {words[0]: words[1].replace("FLARES", str(flares))}
    typed = [part for option in given.items() for part in option]
    monkeypatch.setattr("sys.argv", ["flarescope", "train", "history", *typed])
    with pytest.raises(SystemExit) as stop:
        main()
    seen = capsys.readouterr()
    assert (stop.value.code, seen.out) == (2, "")
    assert message in seen.err
    assert seen.err.count("\n") == 1
    assert [path.name for path in flares.parent.iterdir()] == [flares.name]
    assert flares.read_bytes() == before


@pytest.mark.parametrize("threads", ["0", "-1"])
def test_threads_are_one_or_more(
    threads: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    typed = [str(ROOT / "experiments" / "cnn2.toml"), "--out", str(tmp_path / "run"), "--threads", threads]
    monkeypatch.setattr("sys.argv", ["flarescope", "train", *typed])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert f"not '{threads}'. Type: flarescope train experiment --help\n" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"a": "' + "[" * 3])
def test_a_trial_that_is_no_json_object_is_refused(content: str, tmp_path: Path) -> None:
    trial = tmp_path / "trial.json"
    trial.write_text(content)
    with pytest.raises(
        BadFileError, match=r"trial\.json: .*Accepted: the JSON of flarescope evaluate fusion"
    ):
        read_json(trial, "the JSON of flarescope evaluate fusion")


def test_a_file_for_a_run_folder_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, flares: Path
) -> None:
    typed = [str(ROOT / "experiments" / "cnn2.toml"), "--out", str(flares), "--data", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["flarescope", "train", *typed])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert capsys.readouterr().err == f"flarescope: {flares} is not a folder. Choose another place.\n"
