"""The archives' protocols over loopback, filled with real data or the made-up Sun, with faults on request."""

from __future__ import annotations

from flarescope.sources.archive_server.faults import FAULTS
from flarescope.sources.archive_server.server import PARTS, ArchiveServer

__all__ = ["FAULTS", "PARTS", "ArchiveServer"]
