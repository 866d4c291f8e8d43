"""Tables that take minutes to make: made once, written whole, read afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from flarescope.writing import write_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["kept_rows"]


def kept_rows(path: Path, make: Callable[[], pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """The table in this Parquet file; made and written if it is not there or lacks a column."""
    if path.exists():
        kept = pd.read_parquet(path)
        if set(columns) <= set(kept):
            return kept
    write_parquet(path, make())
    return pd.read_parquet(path)
