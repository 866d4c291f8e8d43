"""Items run once, what is missing is said, what is finished is kept."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from flarescope.errors import MissingDataError, UnknownNameError
from flarescope.papers import Paper, paper
from flarescope.papers.claims import Finding
from flarescope.papers.reproduction import Desk, listing, reproduce

CLAIMS = """
[[claim]]
item = "table1"
name = "n"
text = "regions"
where = "Table 1"
value = 3
[[claim]]
item = "table2"
name = "tss"
text = "TSS"
where = "Table 2"
value = 0.5
spread = 0.1
data = "synthetic"
"""


@pytest.fixture
def made_up_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paper:
    code = tmp_path / "made_up_items.py"
    code.write_text(
        "from flarescope.papers.claims import Finding\n"
        "calls = []\n"
        "def table1(desk):\n"
        "    calls.append('table1')\n"
        "    return [Finding('n', 'real', 3.0)]\n"
        "def table2(desk):\n"
        "    desk.need('magnetograms')\n"
        "    return [Finding('tss', 'synthetic', 0.9, 0.01)]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "made_up_items", raising=False)
    claims = tmp_path / "claims.toml"
    claims.write_text(CLAIMS)
    items = {"table1": "made_up_items:table1", "table2": "made_up_items:table2"}
    return Paper("made_up", "Made up", items, claims)


def calls() -> list[str]:
    module: ModuleType = sys.modules["made_up_items"]
    return list(module.calls)


def test_a_finished_item_is_not_done_again(made_up_paper: Paper, tmp_path: Path):
    desk = Desk(None, tmp_path / "out")
    first = reproduce(made_up_paper, [], desk)
    assert reproduce(made_up_paper, [], desk) == first
    assert calls() == ["table1"]
    reproduce(made_up_paper, ["table1"], desk, again=True)
    assert calls() == ["table1", "table1"]


def test_quick_and_full_are_never_mixed(made_up_paper: Paper, tmp_path: Path):
    reproduce(made_up_paper, ["table1"], Desk(None, tmp_path, quick=True))
    reproduce(made_up_paper, ["table1"], Desk(None, tmp_path, quick=False))
    assert calls() == ["table1", "table1"]


def test_changed_code_is_run_again(made_up_paper: Paper, tmp_path: Path):
    desk = Desk(None, tmp_path / "out")
    reproduce(made_up_paper, ["table1"], desk)
    code = tmp_path / "made_up_items.py"
    code.write_text(code.read_text() + "# another thought\n")
    reproduce(made_up_paper, ["table1"], desk)
    assert calls() == ["table1", "table1"]


def test_missing_data_are_said_never_passed_and_not_kept(made_up_paper: Paper, tmp_path: Path):
    rows = reproduce(made_up_paper, ["table2"], Desk(None, tmp_path / "out"))
    assert [r["verdict"] for r in rows] == ["not run"]
    assert rows[0]["data"] == "synthetic"
    assert "needs magnetograms" in rows[0]["note"]
    (tmp_path / "data" / "magnetograms").mkdir(parents=True)
    rows = reproduce(made_up_paper, ["table2"], Desk(tmp_path / "data", tmp_path / "out"))
    assert [r["verdict"] for r in rows] == ["differs"]


def test_a_measurement_without_a_number_is_kept(made_up_paper: Paper, tmp_path: Path):
    code = tmp_path / "made_up_items.py"
    code.write_text(
        code.read_text().replace(
            "Finding('n', 'real', 3.0)", "Finding('n', 'real', None, needs='more peaks')"
        )
    )
    desk = Desk(None, tmp_path / "out")
    first = reproduce(made_up_paper, ["table1"], desk)
    assert first[0]["note"] == "not run: more peaks"
    assert reproduce(made_up_paper, ["table1"], desk) == first
    assert calls() == ["table1"]


def test_new_data_are_run_again(made_up_paper: Paper, tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    reproduce(made_up_paper, ["table1"], Desk(data, tmp_path / "out"))
    (data / "more.csv").write_text("1")
    reproduce(made_up_paper, ["table1"], Desk(data, tmp_path / "out"))
    assert calls() == ["table1", "table1"]


def test_a_half_written_result_is_run_again(made_up_paper: Paper, tmp_path: Path):
    desk = Desk(None, tmp_path / "out")
    reproduce(made_up_paper, ["table1"], desk)
    kept = tmp_path / "out" / "full" / "items" / "table1.json"
    kept.write_text(kept.read_text()[:40])
    assert reproduce(made_up_paper, ["table1"], desk)[0]["ours"] == 3.0
    assert calls() == ["table1", "table1"]


def test_results_are_written_as_json_and_as_a_table(made_up_paper: Paper, tmp_path: Path):
    rows = reproduce(made_up_paper, [], Desk(None, tmp_path))
    assert json.loads((tmp_path / "full" / "results.json").read_text()) == rows
    table = (tmp_path / "full" / "results.md").read_text()
    assert "| table1 | regions | 3 | 3 | real | agrees |" in table
    assert "| table2 | TSS | 0.5 ± 0.1 | – | synthetic | not run |" in table
    assert "- table2 (synthetic), TSS: not run. not run: needs magnetograms" in table


def test_the_list_knows_what_was_run(made_up_paper: Paper, tmp_path: Path):
    desk = Desk(None, tmp_path)
    assert [e["verdict"] for e in listing(made_up_paper, desk)] == ["not run", "not run"]
    reproduce(made_up_paper, [], desk)
    assert [e["verdict"] for e in listing(made_up_paper, desk)] == ["agrees", "not run"]


def test_names_are_checked():
    with pytest.raises(UnknownNameError, match="bhattacharjee2020"):
        paper("bhattacharjee")
    with pytest.raises(UnknownNameError, match="table1"):
        paper("bhattacharjee2020").chosen(["tabel1"])


def test_a_desk_says_what_it_lacks(tmp_path: Path):
    with pytest.raises(MissingDataError, match="FLARESCOPE_DATA"):
        Desk(None, tmp_path).need("flares", "goes.csv")
    with pytest.raises(MissingDataError, match=r"flares/goes\.csv"):
        Desk(tmp_path, tmp_path).need("flares", "goes.csv")


def test_a_finding_must_belong_to_a_claim(made_up_paper: Paper, tmp_path: Path, monkeypatch):
    reproduce(made_up_paper, ["table1"], Desk(None, tmp_path))
    monkeypatch.setattr(sys.modules["made_up_items"], "table1", lambda desk: [Finding("x", "real", 1.0)])
    with pytest.raises(UnknownNameError, match="claim of table1"):
        reproduce(made_up_paper, ["table1"], Desk(None, tmp_path), again=True)
