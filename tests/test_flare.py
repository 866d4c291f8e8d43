"""Flares and lists of them: ordering, scales, holes."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.errors import BadOptionError
from flarescope.flare import Flare, FlareCatalog, GoesClass

START = datetime(2012, 3, 6, tzinfo=UTC)
letters = st.sampled_from("ABCMX")
magnitudes = st.integers(10, 99).map(lambda tenths: tenths / 10)
classes = st.builds(lambda letter, m: GoesClass(f"{letter}{m}"), letters, magnitudes)
hours = st.integers(0, 24 * 60).map(float)


def flare(after_hours: float, goes_class: str | GoesClass = "M1.0", **more: object) -> Flare:
    goes_class = GoesClass(goes_class) if isinstance(goes_class, str) else goes_class
    return Flare(START + timedelta(hours=after_hours), goes_class, **more)  # type: ignore[arg-type]


@given(classes, classes)
def test_classes_are_ordered_by_flux(a: GoesClass, b: GoesClass) -> None:
    assert (a < b) == (a.peak_flux < b.peak_flux)
    assert (a == b) == (str(a) == str(b))


@pytest.mark.parametrize(
    ("weak", "strong"), [("X9.3", "X17"), ("C9.9", "M1.0"), ("B9", "C1"), ("M9.9", "X1"), ("C2.8", "C10")]
)
def test_classes_are_not_ordered_as_text(weak: str, strong: str) -> None:
    assert GoesClass(weak) < GoesClass(strong)


def test_classes_have_one_normal_form() -> None:
    assert GoesClass("M10") == GoesClass("X1.0") == GoesClass("x1")
    assert GoesClass("M0.9") == GoesClass("C9")
    assert str(GoesClass("X28")) == "X28.0"


@given(classes)
def test_class_and_flux_are_the_same_thing(a: GoesClass) -> None:
    assert GoesClass.from_flux(a.peak_flux).peak_flux == pytest.approx(a.peak_flux, rel=1e-9)


@given(st.text(max_size=8))
def test_any_text_is_a_class_or_refused(text: str) -> None:
    with suppress(BadOptionError):
        assert GoesClass(text).peak_flux > 0


@given(classes, st.sampled_from(["operational", "science"]))
def test_scales_there_and_back(a: GoesClass, scale: str) -> None:
    other = "science" if scale == "operational" else "operational"
    f = flare(0, a, scale=scale)
    back = f.on_scale(other).on_scale(scale)
    assert back.goes_class.peak_flux == pytest.approx(a.peak_flux, rel=1e-6)
    ratio = f.on_scale("operational").goes_class.peak_flux / f.on_scale("science").goes_class.peak_flux
    assert ratio == pytest.approx(0.7, rel=1e-6)


def test_scale_follows_the_date_unless_given() -> None:
    assert flare(0).scale == "operational"
    assert Flare(datetime(2020, 1, 1, tzinfo=UTC), GoesClass("M1")).scale == "science"
    assert flare(0, scale="science").scale == "science"
    assert FlareCatalog((flare(0), flare(1, scale="science")), ()).scale == "mixed"


def test_a_flare_cannot_end_before_it_starts() -> None:
    with pytest.raises(BadOptionError, match="ends before it starts"):
        flare(5, end=START)


def test_naive_times_are_refused() -> None:
    with pytest.raises(BadOptionError, match="no zone"):
        Flare(datetime(2012, 3, 6), GoesClass("M1"))  # noqa: DTZ001


@given(st.lists(st.tuples(hours, classes), max_size=20))
def test_a_catalogue_is_sorted_and_its_columns_agree(pairs: list[tuple[float, GoesClass]]) -> None:
    catalog = FlareCatalog(tuple(flare(h, c) for h, c in pairs), ())
    assert sorted(f.start for f in catalog) == [f.start for f in catalog]
    assert (np.diff(catalog.columns.start) >= np.timedelta64(0)).all()
    assert catalog.columns.flux == pytest.approx([f.goes_class.peak_flux for f in catalog])
    best = catalog.strongest()
    assert best is None or all(f.goes_class <= best.goes_class for f in catalog)


@given(st.lists(hours, max_size=20), hours, hours)
def test_between_is_half_open(starts: list[float], a: float, b: float) -> None:
    catalog = FlareCatalog(tuple(flare(h) for h in starts), ())
    got = catalog.between(START + timedelta(hours=a), START + timedelta(hours=b))
    assert len(got) == sum(a <= h < b for h in starts)


periods = st.lists(st.tuples(hours, st.floats(0.5, 30)), min_size=1, max_size=6)


@given(periods, hours, st.floats(0.5, 48))
def test_a_hole_is_not_covered(spans: list[tuple[float, float]], at: float, length: float) -> None:
    coverage = tuple((START + timedelta(hours=h), START + timedelta(hours=h + n)) for h, n in spans)
    catalog = FlareCatalog((), coverage)
    a, b = START + timedelta(hours=at), START + timedelta(hours=at + length)
    steps = [a + (b - a) * k / 50 for k in range(50)]
    inside = [any(s <= t < e for s, e in coverage) for t in steps]
    if catalog.covers(a, b):
        assert all(inside)
    days = catalog.covered_days(a, b)
    assert 0 <= days <= (b - a) / timedelta(days=1) + 1e-9
    assert catalog.covers(a, b) == (days == pytest.approx((b - a) / timedelta(days=1), abs=1e-9))


def test_a_hole_between_two_periods() -> None:
    day = timedelta(days=1)
    catalog = FlareCatalog((), ((START, START + day), (START + 2 * day, START + 3 * day)))
    assert catalog.covers(START, START + day)
    assert not catalog.covers(START, START + 3 * day)
    assert catalog.covered_days(START, START + 3 * day) == 2
    joined = FlareCatalog((), ((START, START + day), (START + day, START + 2 * day)))
    assert joined.covers(START, START + 2 * day)


def test_in_region_leaves_unknown_regions_out() -> None:
    catalog = FlareCatalog((flare(0, noaa_region=11429), flare(1), flare(2, noaa_region=11430)), ())
    assert [f.noaa_region for f in catalog.in_region(11429)] == [11429]
