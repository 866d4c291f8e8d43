"""The faults that archives have, on request: which request is struck, and what then goes wrong."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flarescope.errors import BadOptionError, UnknownNameError
from flarescope.sources.archive_server.answer import Answer, text_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CONTENT_FAULTS", "FAULTS", "FaultPlan", "Wire", "spoilt"]

WIRE_FAULTS = ("http500", "timeout", "slow", "truncated", "wrong_length", "html", "rate_limit")
CONTENT_FAULTS = ("stale", "wrong_channel", "hole", "clock")  # made by whoever makes the answer
FAULTS = (*WIRE_FAULTS, *CONTENT_FAULTS)
MOST_STRIKES = 2  # of different faults on one request, so that the third attempt always passes
MOST_KEYS = 100_000
SILENCE_SECONDS, DRIP_SECONDS = 4.0, 2.0


class FaultPlan:
    """Which request is struck by which fault?

    A request is known by method, path and sorted parameters. For each fault a seeded hash of it decides
    whether it is struck, with a chance of ``share``; each fault strikes a request once, one attempt after
    the other, at most two in all. After that the request passes.

    Args:
        faults: names out of ``FAULTS``.
        share: chance of each fault, 0 to 1.
        seed: other seeds strike other requests.

    Raises:
        UnknownNameError: no such fault.
        BadOptionError: a share outside 0 to 1.
    """

    def __init__(self, faults: Sequence[str], share: float, seed: int) -> None:
        for name in faults:
            if name not in FAULTS:
                raise UnknownNameError("fault", name, FAULTS)
        if not 0.0 <= share <= 1.0:
            raise BadOptionError(f"A share of {share} of the requests is not possible. Accepted: 0 to 1.")
        self.faults, self.share, self.seed = tuple(dict.fromkeys(faults)), share, seed
        self._attempts: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def strike(self, key: str, possible: frozenset[str]) -> str:
        """The fault of this attempt, or "".

        Args:
            key: the request.
            possible: the faults that make sense for it.
        """
        struck = self._strikes(key, possible)
        if not struck:
            return ""
        with self._lock:
            attempt = self._attempts.pop(key, 0)
            self._attempts[key] = attempt + 1
            if len(self._attempts) > MOST_KEYS:
                self._attempts.popitem(last=False)
        return struck[attempt] if attempt < len(struck) else ""

    def _strikes(self, key: str, possible: frozenset[str]) -> list[str]:
        chances = {name: self._chance(name, key) for name in self.faults if name in possible}
        struck = [name for name, chance in chances.items() if chance < self.share]
        return sorted(struck, key=lambda name: chances[name])[:MOST_STRIKES]

    def _chance(self, name: str, key: str) -> float:
        digest = hashlib.sha256(f"{self.seed}\n{name}\n{key}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True)
class Wire:
    """How an answer goes out.

    Attributes:
        answer: what is sent; None for a connection that stays silent and is then closed.
        said_length: what Content-Length says; None for the truth.
        sent: how many bytes of the body are sent before the connection is closed; None for all.
        seconds: over which the body is dripped, or for which nothing is said.
    """

    answer: Answer | None
    said_length: int | None = None
    sent: int | None = None
    seconds: float = 0.0


PAGE = """<!DOCTYPE html>
<html><head><title>Maintenance</title></head>
<body><h1>This service is being maintained</h1><p>Please come back later.</p></body></html>
"""


def spoilt(answer: Answer, fault: str) -> Wire:
    """What goes onto the wire, with one of the faults of ``WIRE_FAULTS`` or none."""
    size = len(answer.body)
    if fault == "http500":
        return Wire(text_answer("<html><body>Internal Server Error</body></html>\n", 500, "text/html"))
    if fault == "timeout":
        return Wire(None, seconds=SILENCE_SECONDS)
    if fault == "slow":
        return Wire(answer, seconds=DRIP_SECONDS)
    if fault == "truncated":
        return Wire(answer, sent=size // 2)
    if fault == "wrong_length":
        return _of_wrong_length(answer)
    if fault == "html":
        return Wire(text_answer(PAGE, kind="text/html"))
    if fault == "rate_limit":
        busy = text_answer("Too Many Requests\n", 429)
        return Wire(replace(busy, headers={"Retry-After": "1"}))
    return Wire(answer)


def _of_wrong_length(answer: Answer) -> Wire:
    """An image is cut, and its length agrees; of anything else the length says more than there is."""
    if answer.kind.startswith("image/"):
        return Wire(replace(answer, body=answer.body[: 2 * len(answer.body) // 3]))
    return Wire(answer, said_length=len(answer.body) + 100, sent=len(answer.body))
