"""The page: whole, self-contained, honest about made-up suns, and safe with odd names."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import numpy as np
import pytest

from flarescope.flare import GoesClass
from flarescope.forecast import Explanation, Forecast, percent
from flarescope.geometry import CeaGrid
from flarescope.report import render_report
from flarescope.sun import Magnetogram, Origin
from flarescope.verify.intervals import blocks_of
from flarescope.verify.probability import reliability, roc
from flarescope.verify.scorecard import scorecard

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
VOID = {"meta", "link", "img", "br"}


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return Forecast(
        NOON, NOON + timedelta(minutes=20), NOON, NOON + timedelta(days=1), GoesClass("M1.0"),
        0.62, 0.48, 0.74, 0.23,
        "history+patch_cnn@12ab", {"flares": ["goes.csv", "swpc.csv"]}, "full",
        rivals={"climatology": 0.08, "flare_history": 0.58}, regions=({"noaa": 14366, "probability": 0.41},),
        notes=("A C2.0 flare is under way.",),
    )  # fmt: skip


@pytest.fixture(scope="module")
def magnetogram() -> Magnetogram:
    field = np.random.default_rng(0).normal(0.0, 200.0, (40, 60))
    return Magnetogram(
        field,
        NOON,
        "region",
        "gauss",
        CeaGrid(12.0, -20.0, 29.5, 19.5, 0.1),
        origin=Origin("sharp.fits", "HMI", "ab" * 32),
    )


@pytest.fixture(scope="module")
def why() -> Explanation:
    attribution = np.zeros((40, 60))
    attribution[20, 30] = 2.0
    return Explanation("integrated_gradients", attribution, "zero_field", {"completeness": 0.004})


@pytest.fixture(scope="module")
def numbers() -> dict:
    random = np.random.default_rng(0)
    said = random.beta(0.5, 2.0, 600)
    seen = (random.random(600) < said).astype(int)
    card = scorecard(
        said,
        seen,
        threshold=0.3,
        blocks=blocks_of(np.arange(600) // 30),
        references={"flare_history": said**1.3},
        resamples=50,
    )
    return {
        "scores": card.to_dict(),
        "reliability": {"flarescope": reliability(said, seen)},
        "roc": {"flarescope": roc(said, seen)},
        "data": "Measured on 600 hours of 2026, fitted on 1997 to 2025, intervals over 27-day blocks",
    }


@pytest.fixture(scope="module")
def page(forecast: Forecast, magnetogram: Magnetogram, why: Explanation, numbers: dict) -> str:
    return render_report(forecast, magnetogram, why, **numbers)


class Outline(HTMLParser):
    """Open tags, headings, images and addresses of a page; fails on a tag closed out of turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.images: list[dict] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        found = dict(attrs)
        self.addresses += [found[key] for key in ("src", "href", "srcset", "action", "data") if key in found]
        self.ids += [found["id"]] if "id" in found else []
        if tag == "img":
            self.images.append(found)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


def test_the_page_is_well_formed_and_needs_nothing_from_outside(page: str) -> None:
    outline = Outline(page)
    assert not outline.open
    assert outline.headings[0] == "h1"
    assert outline.headings.count("h1") == 1
    assert set(outline.headings) == {"h1", "h2"}
    assert len(outline.ids) == len(set(outline.ids))
    assert all(address.startswith("data:") for address in outline.addresses)
    assert "<script" not in page
    assert not re.search(r"url\(|@import", page)
    assert '<html lang="en">' in page
    assert "prefers-color-scheme: dark" in page


def test_every_figure_is_there_and_described(page: str) -> None:
    images = Outline(page).images
    assert [i["src"].split(";")[0] for i in images] == ["data:image/png", *["data:image/svg+xml"] * 3]
    assert all(len(i["alt"]) > 40 for i in images)
    assert "its strongest patch, with 100 % of the total, lies at 20° south, 12° west" in images[0]["alt"]
    assert "climatology 8.0 %" in images[1]["alt"]


def test_the_answer_comes_first_and_in_words(page: str) -> None:
    text = re.sub(r"<[^>]+>", "", page)
    for sentence in (
        "62 %",
        "90 % interval 48 % to 74 %",
        "Yes: the probability is at or above the threshold of 23 %",
        "between 12:00 UTC on 3 February 2026 and 12:00 UTC on 4 February 2026",
        "An image and a flare list were both there and accepted.",
        "A C2.0 flare is under way.",
        "The map adds up to what it explains to within 0.4 %.",
        "Measured on 600 hours of 2026, fitted on 1997 to 2025, intervals over 27-day blocks.",
        "Bars: 95 % Wilson interval, every row taken for independent.",
        "goes.csv, swpc.csv",
        "sharp.fits (HMI)",
        "history+patch_cnn@12ab",
        "14366",
    ):
        assert sentence in text, sentence
    assert page.index('class="number"') < page.index("<h2")


def test_scores_stand_with_their_intervals_and_differences(page: str, numbers: dict) -> None:
    tss = numbers["scores"]["tss"]
    assert f"{tss['mean']:.3f} [{tss['low']:.3f}, {tss['high']:.3f}]".replace("-", "−") in page
    assert "Flarescope less each rival, on the same cases" in page
    less = numbers["scores"]["references"]["flare_history"]["difference"]["auc"]
    assert f"<td>{less['mean']:+.3f} [{less['low']:+.3f}, {less['high']:+.3f}]</td>".replace("-", "−") in page
    assert numbers["scores"]["tss"]["how"] in page


def test_scores_of_another_forecast_carry_its_name(forecast, magnetogram, why, numbers) -> None:
    page = render_report(forecast, magnetogram, why, **numbers, scored="six-term history")
    assert '<tr class="ours"><th scope="row">six-term history</th><td>' in page
    assert "Six-term history less each rival" in page


def test_a_made_up_sun_says_so_before_all_else(forecast, magnetogram, why, numbers, page: str) -> None:
    assert "made-up Sun" not in page
    banner = render_report(forecast, magnetogram, why, **numbers, made_up=True)
    assert banner.index("made-up Sun") < banner.index("<h1")


def test_what_is_missing_is_said(forecast: Forecast, magnetogram: Magnetogram) -> None:
    bare = replace(forecast, rivals={}, notes=(), regions=(), state="history_only", threshold=0.9)
    page = render_report(
        bare, replace(magnetogram, geometry=None), None, {}, reliability={}, roc={}, data="No data"
    )
    assert not Outline(page).open
    for sentence in (
        "rests on the list of past flares alone", "No explanation was made", "No rival was asked",
        "No scores were computed",
        "<strong>No:</strong> the probability is below the threshold of 90 %",
    ):  # fmt: skip
        assert sentence in page
    assert len(Outline(page).images) == 1


def test_an_empty_map_is_said(forecast, magnetogram, why, numbers) -> None:
    empty = replace(why, map=np.zeros((40, 60)), notes=("The map is zero everywhere: nothing to draw.",))
    page = render_report(forecast, magnetogram, empty, **numbers)
    assert "The explanation is zero everywhere." in page
    assert "The map is zero everywhere: nothing to draw." in page


def test_names_from_outside_cannot_become_markup(forecast, magnetogram, why, numbers) -> None:
    odd = '"><script>alert(1)</script>'
    page = render_report(
        replace(forecast, notes=(odd,), inputs={odd: odd}, rivals={odd: 0.1}, model=odd),
        replace(magnetogram, origin=Origin(odd, odd), notes=(odd,)),
        replace(why, notes=(odd,)),
        **numbers | {"data": odd},
    )
    assert "<script" not in page
    assert not Outline(page).open


def test_percentages_read_well() -> None:
    said = {
        0.0: "0.0 %",
        0.0002: "less than 0.1 %",
        0.034: "3.4 %",
        0.0996: "10 %",
        0.62: "62 %",
        0.9959: "99.6 %",
        0.9999: "more than 99.9 %",
        1.0: "100 %",
    }
    assert {share: percent(share) for share in said} == said
