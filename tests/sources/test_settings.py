"""Where the archives are: from the environment, checked, and the e-mail shown nowhere."""

from __future__ import annotations

import pytest

from flarescope.errors import BadOptionError
from flarescope.sources.settings import ArchiveSettings, archive_settings, checked_address


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLARESCOPE_HEK_URL", "http://127.0.0.1:5/hek/her")
    monkeypatch.setenv("FLARESCOPE_ATTEMPTS", "2")
    settings = archive_settings()
    assert (settings.hek_url, settings.attempts) == ("http://127.0.0.1:5/hek/her", 2)


@pytest.mark.parametrize(("name", "value"), [("ATTEMPTS", "0"), ("SWPC_URL", "ftp://x"), ("PER_SECOND", "x")])
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"FLARESCOPE_{name}", value)
    with pytest.raises(BadOptionError, match=f"FLARESCOPE_{name} is not accepted"):
        archive_settings()


def test_the_e_mail_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLARESCOPE_JSOC_EMAIL", "someone@example.org")
    settings = archive_settings()
    assert "someone" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.jsoc_email is not None
    assert settings.jsoc_email.get_secret_value() == "someone@example.org"


def test_one_address_has_all_archives() -> None:
    settings = ArchiveSettings().at("http://127.0.0.1:8000/")
    assert settings.jsoc_url == "http://127.0.0.1:8000/cgi-bin/ajax/"
    assert settings.helioviewer_mirror == ""
    assert settings.swpc_url == "http://127.0.0.1:8000/"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1",
        "ftp://x/",
        "http://",
        "http://a:99999/",
        "http://u:p@x/",
        "http://:p@x/",
        "http://x/?a=1",
        "http://x y/",
        "http://x/\r\nHost: y",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadOptionError, match="Accepted: such as"):
        checked_address(address)
