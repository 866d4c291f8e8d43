"""The benchmark checks itself."""

from __future__ import annotations

from flarescope.bench.occlusion import compare


def test_both_ways_agree_and_are_timed() -> None:
    found = compare(rows=1, rounds=1)
    assert found["largest_difference"] < 5e-6 < found["spread"]
    assert found["ratio"] == found["plain"] / found["ours"] > 0.0
