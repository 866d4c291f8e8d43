"""Where the archives are and how they are asked: settings from the environment, with sound defaults."""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from flarescope.errors import BadOptionError

__all__ = ["ArchiveSettings", "archive_settings", "checked_address", "is_root"]

_UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")
Seconds = Annotated[float, Field(gt=0, le=3600)]


class ArchiveSettings(BaseSettings):
    """How do we talk to the archives?

    Every field is an environment variable with the prefix ``FLARESCOPE_``, such as
    ``FLARESCOPE_JSOC_EMAIL``. The e-mail registered at JSOC is a secret: it is sent there and shown nowhere.

    Attributes:
        jsoc_url: the folder of ``jsoc_info`` and ``jsoc_fetch``; files are read from the same host.
        helioviewer_url: Helioviewer's API, version 2.
        helioviewer_mirror: asked where the first address fails; empty for none.
        hek_url: the Heliophysics Event Knowledgebase's search.
        swpc_url: the root of NOAA's services, with ``json/`` and ``text/`` below it.
        jsoc_email: registered at JSOC; only exports need it.
        contact: an address in the user agent, so that an archive can write before it blocks.
        cache_dir: the folder of kept answers; the system's own place by default.
        connect_seconds: how long a connection may take.
        read_seconds: how long an answer may pause.
        whole_seconds: how long one answer may take in all.
        live_seconds: how long a live forecast waits for its archives, which are asked side by side; of two
            archives of images, one after the other, the first has two thirds of it.
        attempts: how often one thing is asked for before it is given up.
        back_off_seconds: the first wait between two attempts; doubled each time, with jitter.
        per_second: requests a second to one host, at most.
    """

    model_config = SettingsConfigDict(env_prefix="FLARESCOPE_", frozen=True, extra="ignore")

    jsoc_url: str = "http://jsoc.stanford.edu/cgi-bin/ajax/"
    helioviewer_url: str = "https://api.helioviewer.org/v2/"
    helioviewer_mirror: str = "https://api.gs671-suske.ndc.nasa.gov/v2/"
    hek_url: str = "https://www.lmsal.com/hek/her"
    swpc_url: str = "https://services.swpc.noaa.gov/"
    jsoc_email: SecretStr | None = None
    contact: str = "https://flarescope.readthedocs.io"
    cache_dir: str = ""
    connect_seconds: Seconds = 5.0
    read_seconds: Seconds = 20.0
    whole_seconds: Seconds = 300.0
    live_seconds: Seconds = 45.0
    attempts: int = Field(default=5, ge=1, le=20)
    back_off_seconds: Seconds = 0.5
    per_second: float = Field(default=5.0, gt=0, le=1000)

    @field_validator("jsoc_url", "helioviewer_url", "helioviewer_mirror", "hek_url", "swpc_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return value if not value else checked_address(value)

    def at(self, root: str) -> Self:
        """All archives under one address, as the local archive server has them.

        Raises:
            BadOptionError: the address is none.

        Example:
            >>> ArchiveSettings().at("http://127.0.0.1:8000").helioviewer_url
            'http://127.0.0.1:8000/v2/'
        """
        root = checked_address(root).rstrip("/")
        return self.model_copy(
            update={
                "jsoc_url": f"{root}/cgi-bin/ajax/",
                "helioviewer_url": f"{root}/v2/",
                "helioviewer_mirror": "",
                "hek_url": f"{root}/hek/her",
                "swpc_url": f"{root}/",
            }
        )


def archive_settings() -> ArchiveSettings:
    """The settings of this process's environment.

    Raises:
        BadOptionError: a variable has a value that is not accepted; the message names it.
    """
    try:
        return ArchiveSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"FLARESCOPE_{'_'.join(str(part) for part in first['loc']).upper()}"
        raise BadOptionError(f"{name} is not accepted: {first['msg']}. Change or unset it.") from None


def checked_address(url: str) -> str:
    """The address itself, if an archive can be there.

    Raises:
        BadOptionError: it is no http or https address, or carries a query, a name or a blank.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or "@" in parts.netloc or _UNFIT.search(url):
        raise BadOptionError(
            f"Address '{url[:80]}' cannot be used. Accepted: such as http://127.0.0.1:8000/v2/"
        )
    return url


def is_root(url: str) -> bool:
    """Is this the address of a whole host, under which each archive has its own path?

    Example:
        >>> is_root("http://127.0.0.1:8000"), is_root("http://127.0.0.1:8000/v2/")
        (True, False)
    """
    return urlsplit(checked_address(url)).path in {"", "/"}
