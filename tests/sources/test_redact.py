"""What must not be seen, and how fast may be asked."""

from __future__ import annotations

import logging
import threading
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flarescope.sources.pace import Pace
from flarescope.sources.redact import SECRET_PARAMS, hidden, hide_in_logs, one_line

visible = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    st.sampled_from([*SECRET_PARAMS, "Notify", "EMAIL"]),
    visible,
    st.dictionaries(st.sampled_from("abc"), visible),
    st.randoms(),
)
def test_values_of_secret_parameters_are_hidden(
    name: str, tail: str, others: dict[str, str], random: object
) -> None:
    params = list({**others, name: f"SECRET{tail}SECRET"}.items())
    random.shuffle(params)  # type: ignore[attr-defined]
    seen = hidden(f"http://jsoc.stanford.edu/x?{urlencode(params)}#end")
    assert "SECRET" not in seen
    assert f"{name}=***" in seen
    for key, value in others.items():
        assert urlencode({key: value}) in seen


@given(visible.filter(lambda text: len(text) > 3 and not set(text) & set("*")), visible)
def test_a_known_secret_is_hidden_however_it_is_spelt(secret: str, around: str) -> None:
    text = f"{around}<{secret}> {quote(secret, safe='')} {urlencode({'x': secret})} {secret.upper()}"
    seen = hidden(text, (secret,))
    for spelt in (secret, quote(secret, safe="")):
        assert spelt not in seen


def test_harmless_text_stays() -> None:
    url = "http://x.example/?ds=hmi.M_720s[2026.02.03]&notified=1&myemail=2"
    assert hidden(url) == url
    assert hidden(url, ("",)) == url


@given(st.text(max_size=3000))
def test_one_line_is_one_short_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 300


def test_log_lines_carry_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    hide_in_logs(["me@example.org"])
    hide_in_logs()
    assert len(logging.getLogger("httpx2").filters) == 1
    with caplog.at_level(logging.INFO):
        logging.getLogger("httpx2").info(
            "GET %s: %s", "http://x/?notify=you@example.org&b=1", "me%40example.org"
        )
        logging.getLogger("mine").info("notify=%s", "untouched")
    assert [r.getMessage() for r in caplog.records] == [
        "GET http://x/?notify=***&b=1: ***",
        "notify=untouched",
    ]


def test_pace_is_even_and_each_host_has_its_own() -> None:
    time, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time[0] += seconds

    pace = Pace(4, sleep=sleep, now=lambda: time[0])
    for host in ("a", "a", "b", "a"):
        pace.wait(host)
    assert slept == [0.25, 0.25]
    time[0] += 100  # a pause saves nothing up
    pace.wait("a")
    pace.wait("a")
    assert slept[2:] == [0.25]
    pace.hold("a", 30)
    pace.hold("a", 1)  # the longer one counts
    pace.wait("b")
    pace.wait("a")
    assert slept[3:] == [30]


def test_threads_take_turns() -> None:
    slept: list[float] = []
    pace = Pace(10, sleep=slept.append, now=lambda: 0.0)
    threads = [threading.Thread(target=lambda: [pace.wait("a") for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == pytest.approx([n / 10 for n in range(1, 400)])
