"""The plan of the house, held by a test: sizes, names, and what importing may cost."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
GRAB_BAGS = {"utils", "util", "common", "core", "base", "helpers", "helper", "manager", "misc", "tools"}


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = node.body
    if (
        isinstance(body[0], ast.Expr)
        and isinstance(body[0].value, ast.Constant)
        and isinstance(body[0].value.value, str)
    ):
        body = body[1:]
    return (body[-1].end_lineno - body[0].lineno + 1) if body else 0


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_file_and_functions_are_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400, f"{path} has more than 400 lines: split it by noun"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert function_lines(node) <= 50, f"{path}: {node.name} is longer than 50 lines"


def test_most_files_and_functions_are_well_below_the_limit() -> None:
    lengths = sorted(len(p.read_text().splitlines()) for p in SOURCES)
    functions = sorted(
        function_lines(n)
        for p in SOURCES
        for n in ast.walk(ast.parse(p.read_text()))
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[int(0.95 * (len(lengths) - 1))] <= 300
    assert functions[int(0.95 * (len(functions) - 1))] <= 30


def test_no_grab_bag_rooms() -> None:
    names = {part for p in SOURCES for part in p.relative_to(ROOT / "src").with_suffix("").parts}
    assert not names & GRAB_BAGS


def test_importing_flarescope_pulls_in_nothing_heavy() -> None:
    code = "import sys, flarescope, flarescope.cli; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    assert not loaded & {"torch", "matplotlib", "sklearn", "sunpy", "pandas", "scipy"}


def test_torch_is_pinned_without_local_suffix_and_alone() -> None:
    pins = (ROOT / "constraints.txt").read_text()
    assert re.search(r"^torch==2\.13\.0$", pins, re.MULTILINE)
    assert not re.search(r"^(torchvision|torchaudio|timm|shap|nvidia-)", pins, re.MULTILINE | re.IGNORECASE)


def test_no_pickle_and_no_leftovers() -> None:
    for path in SOURCES:
        text = path.read_text()
        assert "import pickle" not in text, path
        assert "NotImplementedError" not in text, path
        assert not re.search(r"\b(TODO|FIXME)\b", text), path
