"""A local archive of images: built in units by anyone, sealed day by day, verified to the byte."""

from __future__ import annotations

from flarescope.sources.store.index import Sealed
from flarescope.sources.store.rows import Row, Unit
from flarescope.sources.store.store import Store

__all__ = ["Row", "Sealed", "Store", "Unit"]
