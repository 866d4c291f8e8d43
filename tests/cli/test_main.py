"""The program itself: exit codes, one line on stderr, help."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flarescope", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [(), ("evaluate",), ("train",)])
def test_a_bare_command_prints_its_help_and_nothing_else(words: tuple[str, ...]) -> None:
    ended = run(*words)
    assert ended.returncode == 2
    assert "Usage: " in ended.stdout + ended.stderr
    assert "flarescope:" not in ended.stderr
    assert "Type:" not in ended.stderr


def test_wrong_input_is_exit_code_2_and_one_line(tmp_path: Path) -> None:
    ended = run("verify", tmp_path / "none.csv")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"flarescope: {tmp_path / 'none.csv'}: cannot be opened (No such file or directory). "
        "Give a CSV or Parquet file.\n"
    )


def test_an_option_out_of_bounds_shows_the_value() -> None:
    ended = run("forecast", "--day", "4")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "flarescope: Invalid value for '--day': Input should be less than or equal to 3, not '4'. "
        "Type: flarescope forecast --help\n"
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--steps", "x"), "'--steps': Input should be a whole number, not 'x'. Type: "),
        (("--weights", "foo"), "'--weights': 'foo' is not one of 'shipped', 'random'. Type: "),
    ],
)
def test_a_bad_value_is_told_in_plain_words_and_once(typed: tuple[str, str], said: str) -> None:
    ended = run("explain", "--image", "a.fits", *typed)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"flarescope: Invalid value for {said}flarescope explain --help\n"


def test_a_number_is_asked_for_in_plain_words() -> None:
    ended = run("evaluate", "compact", "--images", "a", "--flares", "b", "--block-days", "x")
    assert "'--block-days': Input should be a number, not 'x'. Type: " in ended.stderr


def test_the_version_is_told() -> None:
    ended = run("--version")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("flarescope ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("magnetograms", "--from", "2026-02-03", "--to", "2026-02-04", "--store"),
            "Stopped; nothing is lost: type the same line again to go on.\n",
        ),
        (("flares", "--from", "2026-02-03", "--to", "2026-02-04", "--out"), "Stopped.\n"),
    ],
)
def test_ctrl_c_ends_with_one_line(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        command = [sys.executable, "-m", "flarescope", "fetch", *words, tmp_path / "out", "--base-url", url]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            mute.settimeout(60)
            with mute.accept()[0]:  # it asks, and waits for an answer
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (130, "", said)
