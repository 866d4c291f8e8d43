"""What getClosestImage answers: read as documented, refused in one line otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError, FlarescopeError, MissingDataError
from flarescope.sources.answers import need_start, printable, whole
from flarescope.sources.helioviewer_answers import parse_closest_image
from flarescope.sources.limits import FileBytes

# the documented example, with the name that the server adds
ANSWER = {
    "id": 34205701, "date": "2014-01-02 00:00:02", "name": "HMI Mag", "scale": 0.58996068317702,
    "scaleCorrection": 1.01701692521, "width": 4096, "height": 4096, "refPixelX": 2048.5, "refPixelY": 2048.5,
    "rsun": 1600, "sunCenterOffsetParams": [], "layeringOrder": 1,
}  # fmt: skip


def test_the_documented_answer_is_read() -> None:
    image = parse_closest_image(ANSWER)
    assert (image.time.isoformat(), image.id, image.notes) == ("2014-01-02T00:00:02+00:00", 34205701, ())


def test_numbers_as_text_and_fractions_of_seconds_are_read() -> None:
    image = parse_closest_image({"id": "7", "date": "2026-02-03T12:00:02.500Z"})
    assert (image.time.isoformat(), image.id) == ("2026-02-03T12:00:02.500000+00:00", 7)
    assert image.notes == ("the answer has no 'width'", "the answer has no 'height'")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"date": None}, "'date' is missing; text was expected"),
        ({"date": 5}, "'date' is a number; text"),
        ({"date": "2014-13-02 00:00:02"}, "'date' is '2014-13-02 00:00:02'; expected: such as"),
        ({"date": "2014-01-02 24:00:02"}, "expected: such as"),
        ({"date": "1400-01-02 00:00:02"}, "of the year 1400"),
        ({"date": "2014-01-02 00:00:02\nX"}, "expected: such as"),
        ({"id": "many"}, "'id' is 'many'; accepted: 0 to"),
        ({"id": True}, "'id' is 'True'"),
        ({"width": 10**9}, "'width' is '1000000000'; accepted: 16 to 16,384"),
    ],
)
def test_what_is_not_understood_is_named(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadFileError, match=problem):
        parse_closest_image(ANSWER | change)


@pytest.mark.parametrize("document", [None, [], "x", 3, [ANSWER]])
def test_another_document_is_refused(document: Any) -> None:
    with pytest.raises(BadFileError, match="a JSON object was expected"):
        parse_closest_image(document)


def test_the_archives_own_errors() -> None:
    with pytest.raises(MissingDataError, match=r"'No data of the requested type' \(error 10\)"):
        parse_closest_image({"error": "No data of the requested type", "errno": 10})
    with pytest.raises(BadFileError, match=r"'Unable to connect' \(error 1\)"):
        parse_closest_image({"error": "Unable to connect", "errno": 1})
    with pytest.raises(BadFileError, match=r"Helioviewer answered with an error: 'Bad date' \(error 400\)"):
        parse_closest_image({"status_code": 400, "status_txt": "Bad date", "data": []})


def test_a_strangers_text_is_made_printable() -> None:
    assert printable("a\x1b[31m\n" + "b" * 300, 20) == "a?[31m " + "b" * 13 + "…"
    assert printable({"x": "y"}) == "an object"
    assert printable(10**5000) == "a huge number"
    with pytest.raises(BadFileError, match="'n' is 'a huge number'"):
        whole("list", "'n'", 10**5000, 0, 5)


@pytest.mark.parametrize(
    ("data", "came"),
    [
        (b" <html>Sorry</html>", "text: '<html>Sorry</html>'"),
        (b"\x00\x01", "begins with 00 01"),
        (b"", "noth"),
    ],
)
def test_pages_instead_of_images_are_quoted(data: bytes, came: str) -> None:
    with pytest.raises(BadFileError, match=f"instead of a FITS file came .*{came}"):
        need_start(FileBytes("a.fits", data), b"SIMPLE", "a FITS file")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=200)
@given(
    st.fixed_dictionaries(
        {}, optional={key: st.just(value) | json_values for key, value in ANSWER.items()}
    ).flatmap(lambda start: st.dictionaries(st.text(), json_values).map(lambda more: more | start))
)
def test_any_object_is_read_or_refused(document: dict[str, Any]) -> None:
    try:
        image = parse_closest_image(document)
    except FlarescopeError as error:
        told = str(error)
    else:
        told = ""
        assert image.time.utcoffset() is not None
        assert 1990 <= image.time.year < 2200
    assert told.isprintable()
    assert len(told) < 400
