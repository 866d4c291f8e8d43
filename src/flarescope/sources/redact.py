"""What must not be seen is replaced by ``***`` before anything is logged, shown or kept."""

from __future__ import annotations

import logging
import re
from urllib.parse import quote, quote_plus

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


def hide_in_logs() -> None:
    """Keep secret parameters out of the HTTP library's own log lines, from now on."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_hide_in_record)


def _hide_in_record(record: logging.LogRecord) -> bool:
    record.msg, record.args = hidden(record.getMessage()), None
    return True
