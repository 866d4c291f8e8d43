"""``flarescope doctor``: what is here, what is missing."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flarescope.cli import app


def told() -> dict[str, object]:
    ended = CliRunner().invoke(app, ["doctor", "--json"], catch_exceptions=False)
    assert ended.exit_code == 0
    return json.loads(ended.stdout)


def test_versions_machine_and_data_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "flares").mkdir()
    monkeypatch.setenv("FLARESCOPE_DATA", str(tmp_path))
    found = told()
    assert found["versions"]["numpy"] == importlib.metadata.version("numpy")
    assert found["compute"]["cores"] >= 1
    assert found["data"]["flares"] == "found"
    assert found["data"]["labels"] == "missing"
    assert f"{tmp_path}/labels: folder not found" in found["missing"]
    assert f"{tmp_path}/flares: folder not found" not in found["missing"]


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version

    def without_sunpy(name: str) -> str:
        if name == "sunpy":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_sunpy)
    monkeypatch.delenv("FLARESCOPE_DATA", raising=False)
    found = told()
    assert found["versions"]["sunpy"] == "not installed"
    assert found["missing"][-2:] == [
        "sunpy: no Map in or out. pip install 'flarescope[sunpy]'",
        "FLARESCOPE_DATA: the demo runs on the made-up Sun. Set it to a folder of real data.",
    ]


def test_people_get_lines() -> None:
    shown = CliRunner().invoke(app, ["doctor"], catch_exceptions=False).stdout.splitlines()
    assert {"versions", "compute", "data"} <= set(shown)
    assert any(line.split()[:1] == ["flarescope"] for line in shown)
