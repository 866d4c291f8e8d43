"""Damage to JSON documents: their trees, and sometimes their bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mutate_text import STRANGE, byte_edit, text_edit

if TYPE_CHECKING:
    from random import Random

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, -1e308, 5e-324, 10**19, -(10**19), 10**60, 10**400, 1e18,
    float("nan"), float("inf"), [], {}, [[]], [None], {"": None}, 1770000000, *STRANGE,
)  # fmt: skip
DEPTHS = (1, 2, 10, 60, 2000)


def mutate_json(rng: Random, data: bytes) -> bytes:
    """A document with one to four changes in its tree, or with one in its bytes."""
    if rng.random() < 0.08:
        return byte_edit(rng, data)
    holder = [json.loads(data)]
    for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3, 4))):
        _change(rng, holder)
    try:
        text = json.dumps(holder[0], ensure_ascii=rng.random() < 0.5)
    except (RecursionError, IndexError):
        text = "[" * 5000 + "]" * 5000
    return text.encode("utf-8", "surrogatepass")


def places_in(tree: Any) -> list[tuple[Any, Any]]:
    """All containers and keys of a tree."""
    found, todo = [], [tree]
    while todo:
        node = todo.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            found.append((node, key))
            if isinstance(node[key], dict | list):
                todo.append(node[key])
    return found


def _change(rng: Random, holder: list[Any]) -> None:
    places = places_in(holder)
    if not places:
        return
    node, key = rng.choice(places)
    kind = rng.randrange(14)
    if kind == 0 and node is not holder:
        del node[key]
    elif kind == 1:
        _duplicate(rng, node, key)
    elif kind <= 3:
        node[key] = rng.choice(VALUES)
    elif kind == 4:
        node[key] = _retyped(rng, node[key])
    elif kind == 5:
        _swap(rng, places, node, key)
    elif kind == 6 and isinstance(node[key], list) and node[key]:
        _reorder(rng, node[key])
    elif kind == 7:
        node[key] = _nested(rng, node[key])
    elif kind == 8 and isinstance(node, dict):
        node[text_edit(rng, key)] = node.pop(key)
    else:
        node[key] = _nudged(rng, node[key])


def _nested(rng: Random, value: Any) -> Any:
    for _ in range(rng.choice(DEPTHS)):
        value = [value] if rng.random() < 0.9 else {"a": value}
    return value


def _swap(rng: Random, places: list[tuple[Any, Any]], node: Any, key: Any) -> None:
    """Two values change places, often those of one field in two rows. As copies: no tree may hold itself."""
    same = [(n, k) for n, k in places if k == key and n is not node]
    other, there = rng.choice(same or places)
    values = [json.loads(json.dumps(v)) if _small(v) else None for v in (node[key], other[there])]
    other[there], node[key] = values
    if rng.random() < 0.5:
        other[there] = values[1]


def _small(value: Any) -> bool:
    try:
        return len(json.dumps(value)) < 20_000
    except (ValueError, RecursionError):
        return False


def _duplicate(rng: Random, node: Any, key: Any) -> None:
    if isinstance(node, list):
        node[key:key] = [node[key]] * rng.choice((1, 1, 3))
    else:
        node[rng.choice((f"{key}2", key.upper(), f" {key}"))] = node[key]


def _retyped(rng: Random, value: Any) -> Any:
    if isinstance(value, str):
        try:
            return float(value) if rng.random() < 0.5 else int(float(value))
        except (ValueError, OverflowError):
            return [value]
    if isinstance(value, int | float):
        return rng.choice((str(value), [value], bool(value), float(value) if abs(value) < 1e300 else 0))
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value)}
    return list(value.values()) if isinstance(value, dict) else str(value)


def _reorder(rng: Random, values: list[Any]) -> None:
    kind = rng.randrange(4)
    if kind == 0:
        rng.shuffle(values)
    elif kind == 1:
        del values[rng.randrange(len(values)) :]
    elif kind == 2:
        values.pop(rng.randrange(len(values)))
    else:
        values += values * 40 if len(values) < 50 else []


def _nudged(rng: Random, value: Any) -> Any:
    if isinstance(value, str):
        return text_edit(rng, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return not value
    if isinstance(value, int):
        return rng.choice(
            (-value, value + 1, value - 1, value * 10, value * 1000, value ^ (1 << rng.randrange(40)))
        )
    return rng.choice((-value, value * 10, value / 10, value + 1, value * 1.01))
