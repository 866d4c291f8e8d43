"""Observe: every foreign file format and every archive is met here, and nowhere else.

Readers of files are plain functions (``files.read_magnetogram``, ``flares.read_flares``); archives are
registered sources: ``@sources.register("name")``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flarescope.registry import Registry

__all__ = ["known_sources", "register", "sources"]

ARCHIVES = ("helioviewer", "hek", "jsoc", "swpc")

sources: Registry[Any] = Registry("source")
register = sources.register


def known_sources() -> Registry[Any]:
    """All sources by name: ours, and those that other packages have registered."""
    for name in ARCHIVES:
        import_module(f"{__name__}.{name}")
    return sources
