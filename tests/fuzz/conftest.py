"""For the fuzzing: its own modules can be imported, and documents of the local archive server as seeds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # fuzz_runner and the mutate_… modules

from flarescope.sources.archive_server import ArchiveServer
from flarescope.times import utc

CLOCK = utc("2026-02-03T12:30Z")


class Archive:
    """Bodies of the archive server's answers, without a socket."""

    def __init__(self, server: ArchiveServer) -> None:
        self._server = server
        self.now = CLOCK

    def body(self, path: str, **query: str) -> bytes:
        answer = self._server.wire("GET", path, query).answer
        assert answer is not None
        assert answer.status == 200, answer.body[:200]
        return answer.body


@pytest.fixture(scope="session")
def archive() -> Archive:
    return Archive(ArchiveServer(data=None, clock=CLOCK))
