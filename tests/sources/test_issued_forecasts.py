"""The centres' archives: columns, windows, repeated issues, faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.issued_forecasts import read_issued_forecasts

SWPC = "2014 01 02 00 00 70 60 50 30 20 10\n2014 01 01 00 00 60 60 60 15 15 15\n"
MET_OFFICE = """2014 01 03 00 09 70 60 50 40 15 12 10 05
2014 01 03 13 12 65 60 50 40 15 15 15 15
2014 01 03 23 49 50 50 50 50 1 1 1 1
2014 01 04 01 10 45 50 50 50 1 1 1 1
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "issued.txt"
    path.write_text(text)
    return path


def hours(times: np.ndarray) -> list[str]:
    return times.astype("datetime64[h]").astype(str).tolist()


def test_swpc_holds_for_its_date(tmp_path: Path) -> None:
    swpc = read_issued_forecasts(write(tmp_path, SWPC))
    assert swpc.centre == "SWPC"
    assert hours(swpc.valid_from) == ["2014-01-01T00", "2014-01-02T00"]
    start, probability = swpc.day(2, "X1.0")
    assert hours(start) == ["2014-01-02T00", "2014-01-03T00"]
    assert probability.tolist() == [0.15, 0.2]
    assert swpc.day(1)[1].tolist() == [0.6, 0.7]


def test_met_office_issues_belong_to_the_nearest_half_day_and_the_last_counts(tmp_path: Path) -> None:
    met = read_issued_forecasts(write(tmp_path, MET_OFFICE))
    assert met.centre == "Met Office"
    assert hours(met.valid_from) == ["2014-01-03T00", "2014-01-03T12", "2014-01-04T00"]
    assert met.day(1)[1].tolist() == [0.7, 0.65, 0.45]
    assert met.day(4, "X1.0")[1].tolist() == [0.05, 0.15, 0.01]
    assert met.notes == ("issued.txt: 1 issues replaced by a later one for the same period.",)


def test_what_a_centre_does_not_forecast_is_refused(tmp_path: Path) -> None:
    swpc = read_issued_forecasts(write(tmp_path, SWPC))
    with pytest.raises(BadOptionError, match=r"SWPC forecasts no day 4\. Accepted: 1 to 3\."):
        swpc.day(4)
    with pytest.raises(BadOptionError, match=r"SWPC forecasts no class C1\.0"):
        swpc.day(1, "C1.0")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("2014 01 01\n", "line 1 has 3 columns"),
        (SWPC + "2014 01 03 00 00 1 2 3\n", "line 3 has 8 columns, the first one 11"),
        (SWPC.replace("2014 01 01", "2014 02 30"), "line 2 '2014 02 30"),
        (SWPC.replace("60 60 60", "60 x 60"), "line 2 "),
        (SWPC.replace("70", "170"), "line 1 has a probability outside 0 to 100"),
        (SWPC.replace("70", "nan"), "line 1 has a probability outside 0 to 100"),
    ],
)
def test_each_fault_names_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(BadFileError) as caught:
        read_issued_forecasts(write(tmp_path, text))
    assert problem in str(caught.value)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="0123456789 .-\nxe", max_size=200), keep=st.integers(0, len(MET_OFFICE)))
def test_any_text_is_read_or_refused(tmp_path: Path, text: str, keep: int) -> None:
    try:
        issued = read_issued_forecasts(write(tmp_path, MET_OFFICE[:keep] + text))
    except BadFileError:
        return
    assert len(issued.valid_from) == len(np.unique(issued.valid_from)) > 0
    assert ((issued.m_class >= 0) & (issued.m_class <= 1)).all()
