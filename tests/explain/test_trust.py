"""The table of trust: means by hand, intervals from blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flarescope.errors import BadOptionError
from flarescope.explain.trust import beside, trust_table


def scored(blocks: int = 30, each: int = 4) -> pd.DataFrame:
    """Images of one block are alike, so a mean is as sure as the number of blocks, not of images."""
    random = np.random.default_rng(0)
    block = np.repeat(np.arange(blocks), each)
    of_block = random.normal(size=blocks)[block]
    rows = []
    for method, shift in (("good", 1.0), ("poor", 0.0)):
        rows.append(pd.DataFrame({
            "method": method, "image": np.arange(blocks * each), "block": block,
            "gain": of_block + shift + random.normal(0.0, 0.05, blocks * each),
            "completeness": 0.5 if method == "good" else None,
        }))  # fmt: skip
    return pd.concat([part.astype({"completeness": float}) for part in rows], ignore_index=True)


def test_means_and_intervals() -> None:
    rows = scored()
    table = trust_table(rows).set_index(["method", "check"])
    good = table.loc[("good", "gain")]
    assert good["mean"] == pytest.approx(rows.loc[rows["method"] == "good", "gain"].mean())
    assert (good["images"], good["blocks"]) == (120, 30)
    spread = rows[rows["method"] == "good"].groupby("block")["gain"].mean().std() / np.sqrt(30)
    assert (good["high"] - good["low"]) / (2 * 1.96) == pytest.approx(spread, rel=0.15)
    assert good["low"] < good["mean"] < good["high"]


def test_a_check_that_a_method_does_not_promise_is_left_out() -> None:
    table = trust_table(scored())
    assert list(zip(table["method"], table["check"], strict=True)) == [
        ("good", "gain"), ("good", "completeness"), ("poor", "gain"),
    ]  # fmt: skip
    constant = table[table["check"] == "completeness"].iloc[0]
    assert constant["mean"] == constant["low"] == constant["high"] == 0.5


def test_differences_are_paired() -> None:
    rows = scored()
    own = trust_table(rows).set_index(["method", "check"]).loc[("good", "gain")]
    paired = trust_table(beside(rows, "poor")).set_index(["method", "check"]).loc[("good", "gain")]
    assert paired["mean"] == pytest.approx(1.0, abs=0.05)
    assert paired["high"] - paired["low"] < 0.1 * (own["high"] - own["low"])
    assert set(beside(rows, "poor")["method"]) == {"good"}


def test_one_block_gives_no_interval() -> None:
    rows = pd.DataFrame(
        {"method": "m", "image": [1, 2], "block": "a", "points_at": [True, False], "x": [np.nan] * 2}
    )
    table = trust_table(rows)
    assert table["mean"].tolist() == [0.5]
    assert np.isnan(table["low"]).all()
    assert table["blocks"].tolist() == [1]


def test_few_images_of_a_method_among_many_blocks() -> None:
    rows = pd.DataFrame({
        "method": ["a"] * 3 + ["b"] * 2, "image": [1, 2, 3, 1, 2], "block": [1, 2, 3, 1, 2],
        "check": [0.0, 1.0, 2.0, 4.0, None],
    })  # fmt: skip
    table = trust_table(rows).set_index("method")
    assert table["images"].to_dict() == {"a": 3, "b": 1}
    assert table.loc["b", "mean"] == 4.0
    assert np.isnan(table.loc["b", "low"])
    assert 0.0 <= table.loc["a", "low"] < table.loc["a", "high"] <= 2.0


def test_what_cannot_be_summed_up_is_refused() -> None:
    with pytest.raises(BadOptionError, match="columns method, image cannot be summed up"):
        trust_table(pd.DataFrame({"method": ["a"], "image": [1]}))
    with pytest.raises(BadOptionError, match="0 rows"):
        trust_table(scored().iloc[:0])
    with pytest.raises(BadOptionError, match="something that is no number"):
        trust_table(scored().assign(gain="good"))
    with pytest.raises(BadOptionError, match=r"Nothing was scored under 'best'\. Accepted: good, poor"):
        beside(scored(), "best")
