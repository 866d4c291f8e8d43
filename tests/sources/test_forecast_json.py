"""Stored forecasts: what was printed is read back; what is no forecast is refused in one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError, FlarescopeError
from flarescope.flare import GoesClass
from flarescope.forecast import Forecast
from flarescope.sources.forecast_json import parse_forecast, read_forecasts

HOUR = datetime(2024, 6, 10, 12, tzinfo=UTC)
SAID = Forecast(
    HOUR, HOUR, HOUR, HOUR.replace(day=11), GoesClass("M1.0"), 0.25, 0.1, 0.5, 0.3, "m@1",
    {"image": "a.fits"}, "full", "science", {"history": 0.2}, ({"noaa": [12345], "harp": None},), ("a note",),
)  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def test_what_is_printed_is_read_back() -> None:
    assert parse_forecast("x", json.loads(SAID.to_json())) == SAID


def test_files_lines_and_folders(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.json").write_text(SAID.to_json())
    line = json.dumps(SAID.to_dict())
    (tmp_path / "b.jsonl").write_text(f"{line}\n\n{line}\n")
    (tmp_path / "c.json").write_text("<html>")
    found, refused = read_forecasts(tmp_path)
    assert list(found) == ["b.jsonl:1", "b.jsonl:3", "deep/a.json"]
    assert "it is no JSON" in refused["c.json"]
    assert list(read_forecasts(tmp_path / "deep" / "a.json")[0].values()) == [SAID]
    with pytest.raises(BadFileError, match=r"c\.json: it is no JSON"):
        read_forecasts(tmp_path / "c.json")
    (tmp_path / "deep" / "a.json").write_text("{}")
    with pytest.raises(BadFileError, match=r"no forecast is there.*its 'probability' is missing"):
        read_forecasts(tmp_path / "deep")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("probability", 1.2, "its 'probability' is '1.2'; accepted: 0 to 1"),
        ("probability", True, "a number is needed"),
        ("probability", 0.6, "0 ≤ low ≤ probability ≤ high ≤ 1"),
        ("at_least", "M1x", "GOES class 'M1x' cannot be read"),
        ("observed", "yesterday", "its 'observed' is no time"),
        ("valid_to", "2024-06-10T11:00Z", "Times out of order"),
        ("state", "fine", "accepted: full, history_only, climatology"),
        ("regions", [1], "no list of objects"),
        ("regions", [{"longitude": 400.0}], "a region's 'longitude' is '400.0'; accepted: ±180"),
        ("rivals", {"history": "x"}, "its 'history' is 'x'"),
        ("regions", [{"longitude": True}], "a region's 'longitude' is 'True'"),
        ("probability", 10**400, "accepted: 0 to 1"),
        ("says_flare", not SAID.says_flare, "which its probability contradicts"),
        ("says_flare", None, "which its probability contradicts"),
        ("says_flare", "yes", "which its probability contradicts"),
        ("interval", "95 %", "accepted: 90 %"),
        ("notes", [["a"]], "no list of texts"),
        ("inputs", [], "a dict is needed"),
    ],
)
def test_wrong_fields_are_named(key: str, value: Any, said: str) -> None:
    with pytest.raises(BadFileError, match=r"^a\.json: ") as error:
        parse_forecast("a.json", {**SAID.to_dict(), key: value})
    assert said in str(error.value)


@settings(max_examples=150)
@given(st.sampled_from([*SAID.to_dict()]), anything)
def test_no_value_ends_in_anything_but_a_refusal(key: str, value: Any) -> None:
    try:
        said = parse_forecast("x", {**SAID.to_dict(), key: value})
    except FlarescopeError:
        return
    assert 0.0 <= said.low <= said.probability <= said.high <= 1.0


@settings(max_examples=60)
@given(anything)
def test_any_document_is_a_forecast_or_refused(document: Any) -> None:
    with pytest.raises(BadFileError):
        parse_forecast("x", document)


def test_nan_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(SAID.to_json().replace("0.25", "NaN"))
    with pytest.raises(BadFileError, match="NaN is no number"):
        read_forecasts(path)
    path.write_text("[" * 100_000)
    with pytest.raises(BadFileError, match="it is no JSON"):
        read_forecasts(path)
