"""Stamps change with every setting, every file and every size."""

from __future__ import annotations

from pathlib import Path

from flarescope.papers.kept_stamp import sizes, stamp
from flarescope.preparation import Preparation


def test_a_stamp_changes_with_all_that_it_covers(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1")
    first = stamp(1, Preparation(8).to_dict(), files=[file])
    assert first == stamp(1, Preparation(8).to_dict(), files=[file])
    others = {stamp(2, Preparation(8).to_dict(), files=[file]), stamp(1, Preparation(8).to_dict())}
    others.add(stamp(1, Preparation(8, std=2.0).to_dict(), files=[file]))
    file.write_text("2")
    others.add(stamp(1, Preparation(8).to_dict(), files=[file]))
    assert len(others - {first}) == 4


def test_files_that_are_not_there_have_no_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("12")
    assert [size for _, size in sizes([tmp_path / "a", tmp_path / "b"])] == [2, -1]
