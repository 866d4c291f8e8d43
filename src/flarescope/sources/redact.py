"""What must not be seen is replaced by ``***`` before anything is logged, shown or kept."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SECRET_PARAMS", "hidden", "hide_in_logs", "one_line"]

SECRET_PARAMS = ("notify", "email", "requestor")
_SECRET = re.compile(rf"(?i)\b({'|'.join(SECRET_PARAMS)})(=|%3D)[^&;#\s\"'<>]*")
_LOGGERS = ("httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.proxy", "httpcore2.socks")


def hidden(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without the values of secret parameters, and without these secrets wherever they stand.

    Example:
        >>> hidden("http://jsoc.stanford.edu/fetch?ds=x&notify=me%40there.org&n=1")
        'http://jsoc.stanford.edu/fetch?ds=x&notify=***&n=1'
    """
    for secret in secrets:
        for spelt in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)} - {""}:
            text = re.sub(re.escape(spelt), "***", text, flags=re.IGNORECASE)
    return _SECRET.sub(r"\1\2***", text)


def one_line(text: str, most: int = 300) -> str:
    """Untrusted text as one printable line of bounded length."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())
    return words if len(words) <= most else words[: most - 1] + "…"


class _Hider(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self.secrets: frozenset[str] = frozenset()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = hidden(record.getMessage(), tuple(self.secrets)), None
        return True


_HIDER = _Hider()


def hide_in_logs(secrets: Iterable[str] = ()) -> None:
    """Keep secret parameters, and these secrets, out of the HTTP library's own log lines, from now on."""
    _HIDER.secrets |= frozenset(secrets)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_HIDER)  # once, however often it is added
