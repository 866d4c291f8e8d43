"""The progress bar of every command: on stderr, with the time left, silent where that is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

__all__ = ["progress_bar", "progress_bars"]


@contextmanager
def progress_bars(*begun: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each part of the work, told (what, done, of); the parts ``begun`` are shown at once."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks = {what: bars.add_task(what, total=None) for what in begun}

        def update(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of, visible=done < of)

        yield update


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """One bar that is told (done, of); until then it only shows that work goes on."""
    with progress_bars(what) as update:
        yield partial(update, what)
