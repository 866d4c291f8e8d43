"""``flarescope reproduce``: the list, one item, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flarescope.cli import app
from flarescope.errors import FlarescopeError

ITEMS = [
    "table1",
    "table2",
    "table3",
    "table4",
    "figure4",
    "figure5_cnn",
    "figure5_svm",
    "figure6_counts",
    "figure6_flux",
    "figure7",
    "figure8",
    "figure9_radius",
    "figure9_field",
    "figure9_polarity",
    "figure9_single",
    "figure10_x",
    "figure10_y",
    "figure10_ratio",
    "figure11_reversed",
    "figure11_spread",
    "hale_joy",
    "figure12",
    "figure13",
    "artefact_free",
    "chronological_test",
    "identity_activation",
    "larger_input",
    "learning_rate_batch",
    "filter_sensitivity",
    "other_studies",
    "architectures",
    "frame_size_leak",
]


def run(*arguments: str) -> str:
    ended = CliRunner().invoke(app, ["reproduce", *arguments], catch_exceptions=False)
    assert ended.exit_code == 0
    return ended.stdout


def test_every_item_is_listed(tmp_path: Path) -> None:
    listed = json.loads(run("bhattacharjee2020", "--list", "--json", "--out", str(tmp_path)))
    assert sorted(ITEMS) == sorted(entry["item"] for entry in listed)
    assert all(entry["verdict"] == "not run" and entry["claims"] for entry in listed)
    assert "table1 " in run("bhattacharjee2020", "--list", "--out", str(tmp_path))


def test_without_data_nothing_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLARESCOPE_DATA", raising=False)
    rows = json.loads(run("bhattacharjee2020", "table1", "--json", "--out", str(tmp_path)))
    assert {row["verdict"] for row in rows} == {"not run"}
    assert all(row["note"].startswith("not run: ") for row in rows)
    assert "not run" in run("bhattacharjee2020", "table1", "--out", str(tmp_path))
    strict = CliRunner().invoke(
        app, ["reproduce", "bhattacharjee2020", "table1", "--strict", "--out", str(tmp_path)]
    )
    assert strict.exit_code == 1


def test_the_last_line_says_where_it_wrote_and_what_to_open(tmp_path: Path) -> None:
    words = ["bhattacharjee2020", "architectures", "--quick", "--out", str(tmp_path)]
    last = run(*words).splitlines()[-1]
    folder = tmp_path / "quick"
    assert last.startswith(f"Written to {folder}: results.md to read, results.json for programs")
    assert last.endswith(f", {len(list(folder.glob('*.png')))} figures beside them.")
    assert (folder / "results.md").exists()
    json.loads(run(*words, "--json"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["bhattacharje"], "Did you mean 'bhattacharjee2020'"),
        (["bhattacharjee2020", "tabel1"], "table1"),
        (["bhattacharjee2020", "table1", "--data", "no/such/folder"], "not a folder"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], problem: str, tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["reproduce", *arguments, "--out", str(tmp_path)])
    assert isinstance(ended.exception, FlarescopeError)
    assert problem in str(ended.exception)
