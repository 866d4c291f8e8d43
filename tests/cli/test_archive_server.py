"""``flarescope archive-server``: one line with the address, answers at once, ends when told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from flarescope.cli import app

COMMAND = [sys.executable, "-m", "flarescope", "archive-server", "--clock", "2026-02-03T12:30Z"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_within_three_seconds_and_ends_when_told(how: signal.Signals) -> None:
    begin = time.monotonic()
    environment = {**os.environ, "FLARESCOPE_DATA": ""}
    process = subprocess.Popen([*COMMAND, "--made-up"], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urlopen(f"{url}/v2/getClosestImage/?date=2026-02-03T10:00:00Z&sourceId=19") as answer:
            assert json.load(answer)["date"] == "2026-02-03 10:00:00"
        assert time.monotonic() - begin < 3.0 * (os.getloadavg()[0] + 1.0)
        process.send_signal(how)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--faults", "slo"], "Did you mean 'slow'"),
        (["--without", "pictures"], "Known: flares, images, regions"),
        (["--clock", "noon"], "cannot be read"),
        (["--data", "/nowhere"], "no such folder"),
    ],
)
def test_what_cannot_be_is_refused(options: list[str], said: str) -> None:
    ended = CliRunner().invoke(app, ["archive-server", *options], env={"FLARESCOPE_DATA": None})
    assert ended.exit_code != 0
    assert said in str(ended.exception)


def test_help_has_an_example() -> None:
    shown = CliRunner().invoke(app, ["archive-server", "--help"]).stdout
    assert "flarescope archive-server --port 8000" in " ".join(shown.split())
