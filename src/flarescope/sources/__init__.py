"""Observe: every foreign file format and every archive is met here, and nowhere else.

Readers of files are plain functions (``files.read_magnetogram``, ``flares.read_flares``); archives are
registered
sources: ``@sources.register("name")``.
"""

from __future__ import annotations

from typing import Any

from flarescope.registry import Registry

__all__ = ["register", "sources"]

sources: Registry[Any] = Registry("source")
register = sources.register
