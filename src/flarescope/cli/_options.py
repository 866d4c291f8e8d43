"""Options that several commands share, with the bounds of each."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["AsJson", "BlockDays", "Members", "Resamples", "Seed"]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
BlockDays = Annotated[float, typer.Option(help="Length of a bootstrap block in days.")]
Members = Annotated[int, typer.Option(help="Refits for the interval.", min=2, max=10_000)]
Resamples = Annotated[int, typer.Option(help="Bootstrap samples.", min=1, max=100_000)]
Seed = Annotated[int, typer.Option(help="Seed of what is drawn at random.", min=0)]
