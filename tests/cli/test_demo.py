"""``flarescope demo``: the main job on the made-up Sun."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flarescope.cli import app, main


@pytest.mark.slow
def test_the_made_up_sun_end_to_end(tmp_path: Path) -> None:
    out = tmp_path / "new" / "demo"
    ended = CliRunner().invoke(
        app,
        ["demo", "--out", str(out)],
        env={"FLARESCOPE_DATA": None, "FLARESCOPE_OFFLINE": "1"},
        catch_exceptions=False,
    )
    assert ended.exit_code == 0
    assert "made-up Sun" in ended.stdout.splitlines()[0]
    assert sorted(path.name for path in out.iterdir()) == [
        "explanation.png", "forecast.json", "report.html", "scores.json",
    ]  # fmt: skip
    said = json.loads((out / "forecast.json").read_text())
    assert {
        "probability",
        "low",
        "high",
        "at_least",
        "valid_from",
        "valid_to",
        "state",
        "model",
    } <= said.keys()
    assert 0.0 < said["low"] <= said["probability"] <= said["high"] < 1.0
    scores = json.loads((out / "scores.json").read_text())
    assert "made-up Sun" in scores["data"]
    assert scores["tss"]["low"] < scores["tss"]["mean"] < scores["tss"]["high"]
    assert "made-up Sun" in (out / "report.html").read_text()
    assert (out / "explanation.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_for_a_folder_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], below: str
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr("sys.argv", ["flarescope", "demo", "--out", str(tmp_path / "file" / below)])
    monkeypatch.delenv("FLARESCOPE_DATA", raising=False)
    with pytest.raises(SystemExit) as stop:
        main()
    seen = capsys.readouterr()
    assert (stop.value.code, seen.out) == (2, "")
    assert f"{tmp_path / 'file'} is not a folder" in seen.err
    assert seen.err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"
