"""Where results go: asked before any work, written whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from flarescope.errors import BadOptionError
from flarescope.writing import check_file_place, check_folder_place, write_whole


def test_folders_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.txt"
    assert check_file_place(path, inputs=[tmp_path / "in.txt"]) == path
    assert not path.parent.exists()
    write_whole(path, "sun")
    assert path.read_text() == "sun"
    assert [p.name for p in path.parent.iterdir()] == ["c.txt"]


def test_an_input_is_never_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.txt"
    path.write_text("sun")
    (tmp_path / "link.txt").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    for name in (path, "in.txt", "./in.txt", tmp_path / "link.txt"):
        with pytest.raises(BadOptionError, match="read as an input and would be overwritten"):
            check_file_place(name, inputs=["other.txt", path])


def test_places_that_cannot_be_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "file", tmp_path / "file" / "deeper" / "still"):
        with pytest.raises(BadOptionError, match="file is not a folder"):
            check_folder_place(wrong)
    with pytest.raises(BadOptionError, match="is a folder"):
        check_file_place(tmp_path)
    with pytest.raises(BadOptionError, match="file is not a folder"):
        check_file_place(tmp_path / "file" / "x.csv")
