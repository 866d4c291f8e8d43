"""Forecasts as they were issued: the JSON documents that ``flarescope forecast --json`` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.errors import BadFileError, BadOptionError
from flarescope.flare import GoesClass
from flarescope.forecast import Forecast
from flarescope.sources.plain_text import read_text
from flarescope.times import utc

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["parse_forecast", "read_forecasts"]

ACCEPTED = "a forecast as flarescope forecast --json prints it, or a folder of them"
LINES = (".jsonl", ".ndjson")
INTERVAL = "90 %"
MOST_FORECASTS = 100_000
_STATES = ("full", "history_only", "climatology")
_SCALES = ("science", "operational")


def read_forecasts(path: str | Path) -> tuple[dict[str, Forecast], dict[str, str]]:
    """Which forecasts are stored here?

    Args:
        path: one JSON document, JSON lines (``.jsonl``, ``.ndjson``: one document a line), or a folder of
            such files, those of its folders included.

    Returns:
        The forecasts by name of their file (and line), and what could not be read: name → why.

    Raises:
        BadFileError: nothing here can be read as a forecast; or a single file that is damaged.
    """
    place = Path(path)
    if not place.is_dir():
        return _read_file(place, place.name), {}
    files = sorted(f for f in place.rglob("*") if f.suffix.lower() in (".json", *LINES) and f.is_file())
    found: dict[str, Forecast] = {}
    refused: dict[str, str] = {}
    for file in files:
        name = str(file.relative_to(place))
        try:
            found |= _read_file(file, name)
        except BadFileError as error:
            refused[name] = error.problem
        if len(found) > MOST_FORECASTS:
            raise BadFileError(place, f"it holds more than {MOST_FORECASTS:,} forecasts. Compare a part.")
    if not found:
        why = f" The first of {len(refused)} files: {next(iter(refused.values()))}" if refused else ""
        raise BadFileError(place, f"no forecast is there. Accepted: {ACCEPTED}.{why}")
    return found, refused


def parse_forecast(name: str | Path, document: Any) -> Forecast:
    """A forecast from its JSON document.

    Raises:
        BadFileError: a field is missing, of another type, or outside what a forecast accepts.
    """
    file = Path(name)
    if not isinstance(document, dict):
        raise BadFileError(file, f"it holds a {type(document).__name__}, no object. Accepted: {ACCEPTED}.")
    numbers: dict[str, Any] = {
        key: _number(file, document, key) for key in ("probability", "low", "high", "threshold")
    }
    times: dict[str, Any] = {
        key: _time(file, document, key) for key in ("observed", "issued", "valid_from", "valid_to")
    }
    if document.get("interval", INTERVAL) != INTERVAL:
        raise BadFileError(file, f"its 'interval' is {_shown(document['interval'])}; accepted: {INTERVAL}.")
    try:
        forecast = Forecast(
            **numbers,
            **times,
            at_least=GoesClass(_text(file, document, "at_least")),
            model=_text(file, document, "model"),
            state=_one_of(file, document, "state", _STATES),
            scale=_one_of(file, {"goes_scale": "science", **document}, "goes_scale", _SCALES),
            inputs=_typed(file, document, "inputs", dict),
            rivals=_rivals(file, document),
            regions=_regions(file, document),
            notes=_notes(file, document),
        )
    except BadOptionError as error:
        raise BadFileError(file, f"it is no forecast. {error}") from None
    _check_answer(file, document, forecast)
    return forecast


def _read_file(file: Path, name: str) -> dict[str, Forecast]:
    text = read_text(file, ACCEPTED)
    if file.suffix.lower() not in LINES:
        return {name: parse_forecast(file, _document(file, text))}
    lines = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
    return {
        f"{name}:{k}": parse_forecast(f"{file}:{k}", _document(Path(f"{file}:{k}"), line))
        for k, line in lines
    }


def _document(file: Path, text: str) -> Any:
    def refuse(word: str) -> float:
        raise ValueError(f"{word} is no number")

    try:
        document = json.loads(text, parse_constant=refuse)
        json.dumps(document, ensure_ascii=False).encode()  # half a character could not be written down again
    except (ValueError, RecursionError) as problem:
        told = ascii(str(problem))[1:101]
        raise BadFileError(file, f"it is no JSON ({told}). Accepted: {ACCEPTED}.") from None
    return document


def _number(file: Path, document: dict[str, Any], key: str) -> float:
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadFileError(file, f"its '{key}' is {_shown(value)}; a number is needed.")
    if not 0.0 <= value <= 1.0:  # which NaN is not, either
        raise BadFileError(file, f"its '{key}' is {_shown(value)}; accepted: 0 to 1.")
    return float(value)


def _text(file: Path, document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value or len(value) > 300:
        raise BadFileError(file, f"its '{key}' is {_shown(value)}; a text of 1 to 300 letters is needed.")
    return value


def _time(file: Path, document: dict[str, Any], key: str) -> datetime:
    try:
        return utc(_text(file, document, key))
    except BadOptionError as error:
        raise BadFileError(file, f"its '{key}' is no time. {error}") from None


def _one_of(file: Path, document: dict[str, Any], key: str, accepted: tuple[str, ...]) -> Any:
    value = _text(file, document, key)
    if value not in accepted:
        raise BadFileError(file, f"its '{key}' is {_shown(value)}; accepted: {', '.join(accepted)}.")
    return value


def _typed(file: Path, document: dict[str, Any], key: str, kind: type) -> Any:
    value = document.get(key, kind())
    if not isinstance(value, kind):
        raise BadFileError(file, f"its '{key}' is {_shown(value)}; a {kind.__name__} is needed.")
    return value


def _check_answer(file: Path, document: dict[str, Any], forecast: Forecast) -> None:
    """Its yes or no must be that of its probability and threshold, but where rounding made them equal."""
    said, margin = document.get("says_flare", forecast.says_flare), forecast.probability - forecast.threshold
    rounded = isinstance(said, bool) and abs(margin) < 2e-6
    if said is not forecast.says_flare and not rounded:
        raise BadFileError(file, f"its 'says_flare' is {_shown(said)}, which its probability contradicts.")


def _notes(file: Path, document: dict[str, Any]) -> tuple[str, ...]:
    notes = _typed(file, document, "notes", list)
    if not all(isinstance(note, str) for note in notes):
        raise BadFileError(file, "its 'notes' are no list of texts.")
    return tuple(notes)


def _rivals(file: Path, document: dict[str, Any]) -> dict[str, float]:
    rivals = _typed(file, document, "rivals", dict)
    return {str(name): _number(file, rivals, name) for name in rivals}


def _regions(file: Path, document: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    regions = _typed(file, document, "regions", list)
    if not all(isinstance(region, dict) for region in regions):
        raise BadFileError(file, "its 'regions' are no list of objects.")
    for region in regions:
        for key, most in (("longitude", 180.0), ("latitude", 90.0)):
            value = region.get(key)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
                raise BadFileError(file, f"a region's '{key}' is {_shown(value)}; accepted: ±{most:g}.")
    return tuple(regions)


def _shown(value: object) -> str:
    return "missing" if value is None else f"'{str(value)[:40]}'"
