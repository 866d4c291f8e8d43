"""One rule for all verdicts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadFileError, UnknownNameError
from flarescope.papers import PAPERS, paper
from flarescope.papers.claims import Claim, Finding, find_claim, in_words, read_claims, row, verdict

NUMBER = Claim("table3", "tss", "TSS", "Table 3", value=0.51, spread=0.06)
DIRECTION = Claim("figure4", "rises", "rises", "Figure 4", kind="direction", null=0.5)


@pytest.mark.parametrize(
    ("value", "spread", "word"),
    [
        (0.51, 0.0, "agrees"),
        (0.60, 0.05, "agrees"),
        (0.75, 0.05, "differs"),
        (0.40, 0.30, "undecided"),  # cannot tell .51 from no skill
        (None, None, "not run"),
        (float("nan"), 0.1, "not run"),
    ],
)
def test_a_number_agrees_within_two_sigma_and_only_if_ours_is_narrow(value, spread, word):
    assert verdict(NUMBER, Finding("tss", "real-small", value, spread)) == word


@pytest.mark.parametrize(
    ("value", "spread", "word"),
    [(0.7, 0.05, "agrees"), (0.55, 0.05, "undecided"), (0.3, 0.05, "differs"), (0.5, 0.0, "undecided")],
)
def test_a_direction_needs_an_interval_that_excludes_null(value, spread, word):
    assert verdict(DIRECTION, Finding("rises", "real", value, spread)) == word


def test_an_exact_count_agrees_only_with_itself():
    count = Claim("table1", "regions", "regions", "Table 1", value=161)
    assert verdict(count, Finding("regions", "real", 161.0)) == "agrees"
    assert verdict(count, Finding("regions", "real", 162.0)) == "differs"


def test_counts_are_written_in_full():
    assert [in_words(value, None) for value in (63649, 10511.0, 0.4744)] == ["63,649", "10,511", "0.4744"]
    assert in_words(12.0, 2.0) == "12 ± 2"


def test_what_our_own_law_decides_agrees_in_principle_only():
    by_law = Claim("table3", "tss", "TSS", "Table 3", value=0.51, spread=0.06, by_law=True)
    assert verdict(by_law, Finding("tss", "synthetic", 0.5, 0.05)) == "in principle"
    assert verdict(by_law, Finding("tss", "real-small", 0.5, 0.05)) == "agrees"
    assert verdict(by_law, Finding("tss", "synthetic", 0.9, 0.01)) == "differs"


@given(st.floats(-2, 2), st.floats(0, 1))
def test_above_and_below_are_mirror_images(value, spread):
    above = Claim("x", "x", "x", "x", kind="direction")
    below = Claim("x", "x", "x", "x", kind="direction", side="below")
    assert verdict(above, Finding("x", "real", value, spread)) == verdict(
        below, Finding("x", "real", -value, spread)
    )


@pytest.mark.parametrize(
    ("value", "spread", "word"),
    [
        (0.02, 0.03, "agrees"),
        (-0.45, 0.22, "undecided"),  # a collapse is no sameness, however wide our interval
        (-0.45, 0.05, "differs"),
        (0.0, 0.2, "undecided"),
    ],
)
def test_sameness_needs_an_interval_within_the_margin(value, spread, word):
    same = Claim("identity", "similar", "similar", "Appendix A", kind="same", margin=0.1)
    assert verdict(same, Finding("similar", "real-small", value, spread)) == word
    assert row(same, Finding("similar", "real-small", value, spread))["paper"] == "within ±0.1"


@pytest.mark.parametrize("spread", [None, float("nan")])
def test_what_has_no_spread_decides_no_direction(spread):
    assert verdict(DIRECTION, Finding("rises", "real", 0.9, spread)) == "undecided"


def test_a_spread_that_is_no_number_decides_nothing_and_is_json():
    found = Finding("tss", "real", 0.5, float("nan"))
    assert verdict(NUMBER, found) == "undecided"
    assert row(NUMBER, found)["spread"] is None


def test_a_tolerance_widens_as_a_spread_does_but_is_not_called_published():
    about = Claim("figure9", "peak", "peak", "Figure 9", value=12.5, tolerance=2.0)
    assert verdict(about, Finding("peak", "real", 14.0, 1.0)) == "agrees"
    assert row(about, Finding("peak", "real", 14.0, 1.0))["paper_spread"] is None


def test_a_row_says_why_it_was_not_run():
    found = row(NUMBER, Finding("tss", "real", None, needs="needs the archive"))
    assert found["verdict"] == "not run"
    assert found["note"] == "not run: needs the archive"
    assert found["paper"] == 0.51
    assert row(DIRECTION, Finding("rises", "real", 0.7, 0.01))["paper"] == "> 0.5"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("claim = 3", "cannot be read"),
        ('[[claim]]\nitem="a"\nname="b"\ntext="c"\nwhere="d"\nsurprise=1', "surprise"),
        ('[[claim]]\nitem="a"\nname="b"\ntext="c"\nwhere="d"', "needs a value"),
        ('[[claim]]\nitem="a"\nname="b"\ntext="c"\nwhere="d"\nvalue=1\n' * 2, "twice"),
        ('[[claim]]\nitem="a"\nname="b"\ntext="c"\nwhere="d"\nkind="same"', "margin"),
    ],
)
def test_a_claims_file_that_says_nothing_is_refused(tmp_path: Path, text: str, problem: str):
    path = tmp_path / "claims.toml"
    path.write_text(text)
    with pytest.raises(BadFileError, match=problem):
        read_claims(path)


@pytest.mark.parametrize("name", PAPERS)
def test_every_item_has_claims_and_every_claim_an_item(name: str):
    own = paper(name)
    claims = read_claims(own.claims)
    assert {claim.item for claim in claims} == set(own.items)
    first = claims[0]
    with pytest.raises(UnknownNameError, match=first.name):
        find_claim(claims, first.item, first.name + "s")


def test_where_there_is_nothing_to_compare_with_there_is_no_reference() -> None:
    claim = Claim("map", "cells", "sum of the cells", "", kind="none")
    assert verdict(claim, Finding("cells", "real", 880.0)) == "no reference"
    assert verdict(claim, Finding("cells", "real", None)) == "not run"
    assert row(claim, Finding("cells", "real", 880.0))["paper"] == "–"
