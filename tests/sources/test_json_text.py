"""JSON from a stranger."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadFileError
from flarescope.sources.json_text import MAX_DEPTH, parse_json
from flarescope.sources.limits import FileBytes


def parse(data: bytes) -> Any:
    return parse_json(FileBytes(Path("answer"), data))


def nested(levels: int, leaf: str = "1") -> bytes:
    return ("[" * levels + leaf + "]" * levels).encode()


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)  # fmt: skip


@given(documents, st.booleans())
def test_every_document_is_read_as_it_was_written(document: Any, escaped: bool) -> None:
    assert parse(json.dumps(document, ensure_ascii=escaped).encode()) == document


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cannot be read as JSON"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"\n  <?xml?>", "HTML"),
        (b'{"a": 1', "broken off"),
        (b"[1, 2", "broken off"),
        (b'{"a": "half', "cannot be read|broken off"),
        (b"[NaN]", "NaN is no JSON number"),
        (b"[-Infinity]", "-Infinity"),
        (b"[1e999]", "too large"),
        (b"[" + b"9" * 5000 + b"]", "5000 digits"),
        (b'"\\ud800"', "cannot be read as JSON"),
        (b'"\xff"', "cannot be read as JSON"),
        ("[1]".encode("utf-16"), "cannot be read as JSON"),
        (b"[1] [2]", "cannot be read as JSON"),
        (nested(MAX_DEPTH + 1), "nested more than 50"),
        (nested(250_000), "nested more than 50"),
        (b"[" + b"[]," * 1_000_000 + b"1]", "1,000,001 objects and lists"),
        (b"[" + b"{}," * 1_000_000 + b"1]", "1,000,001 objects and lists"),
        (b'{"a":' * 100_000, "nested more than 50"),
    ],
)
def test_everything_else_is_refused_in_one_line(data: bytes, said: str) -> None:
    with pytest.raises(BadFileError, match=said) as caught:
        parse(data)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_what_only_looks_deep_is_read() -> None:
    assert parse(nested(MAX_DEPTH)) == json.loads(nested(MAX_DEPTH))
    assert parse(json.dumps(["[" * 500, '\\"[{', {"[": "]"}]).encode()) == ["[" * 500, '\\"[{', {"[": "]"}]
    assert parse(b"[" + b"[],{}," * 1000 + b"1]")[-1] == 1
    assert parse(b'\xef\xbb\xbf{"bom": 1, "a": 2, "a": 3, "sun": "\\ud83c\\udf1e"}') == {
        "bom": 1, "a": 3, "sun": "🌞"
    }  # fmt: skip


@given(st.binary(max_size=200) | st.text('[]{}",:\\u0d8e19.- ntf', max_size=200).map(str.encode))
def test_nothing_but_a_bad_file_error_comes_out(data: bytes) -> None:
    try:
        document = parse(data)
    except BadFileError:
        return
    assert json.loads(data) == document


def test_hostile_brackets_cost_little() -> None:
    began = time.monotonic()
    for data in (
        b"[" * 8_000_000,
        b"[" * 300_000,
        b"[]" * 300_000,
        b'"' + b"\\" * 8_000_001,
        b'"a' * 4_000_000,
    ):
        with pytest.raises(BadFileError):
            parse(data)
    assert time.monotonic() - began < 20
