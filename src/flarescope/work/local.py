"""Units done on this machine, in threads or in other processes, a bounded number of them at a time."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from flarescope.errors import FlarescopeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["AHEAD", "do_here", "in_processes", "in_threads", "leave_ctrl_c_to_parent", "remember"]

U = TypeVar("U")
R = TypeVar("R")

AHEAD = 4  # units handed out for each worker: none waits for work, and memory does not grow with their number
_doing: dict[str, Callable[[Any], Any]] = {}  # in a worker: what it does, sent once and not with every unit


def in_threads(do: Callable[[U], R], units: Iterable[U], workers: int) -> Iterator[tuple[U, R]]:
    """Units and their results as they are done, in so many threads of this process."""
    with _closing(ThreadPoolExecutor(workers)) as pool:
        yield from _as_done(lambda unit: pool.submit(do, unit), units, workers)


def in_processes(do: Callable[[U], R], units: Iterable[U], workers: int) -> Iterator[tuple[U, R]]:
    """Units and their results as they are done, in so many other processes.

    Raises:
        FlarescopeError: a process was killed; or what ``do`` raised.
    """
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    pool: Executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=("", do))
    try:
        with _closing(pool):
            yield from _as_done(lambda unit: pool.submit(do_here, "", unit), units, workers)
    except BrokenProcessPool:
        raise FlarescopeError(
            "A worker process ended in the middle of its work; the system kills one when memory runs out. "
            "What is done is kept: type the command again, with fewer --workers if it happens again."
        ) from None


@contextmanager
def _closing(pool: Executor) -> Iterator[Executor]:
    """Leave no unit in the queue when the work stops early."""
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _as_done(submit: Callable[[U], Any], units: Iterable[U], workers: int) -> Iterator[tuple[U, R]]:
    """Keep every worker busy with a bounded number of units handed out."""
    waiting = iter(units)
    out = {submit(unit): unit for unit in itertools.islice(waiting, AHEAD * workers)}
    while out:
        done, _ = wait(out, return_when=FIRST_COMPLETED)
        for future in done:
            unit = out.pop(future)
            result = future.result()
            out.update({submit(more): more for more in itertools.islice(waiting, 1)})
            yield unit, result


def _begin(name: str, do: Callable[[Any], Any]) -> None:
    """In a new worker process: remember what to do, leave Ctrl-C to the parent, and end with it."""
    remember(name, do)
    leave_ctrl_c_to_parent()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def leave_ctrl_c_to_parent() -> None:
    """In a worker process: Ctrl-C reaches every process of the terminal; the parent's end is the workers'."""
    if multiprocessing.parent_process() and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def do_here(name: str, unit: Any) -> Any:
    """In a worker: do a unit of the work of this name."""
    return _doing[name](unit)


def remember(name: str, do: Callable[[Any], Any] | None) -> None:
    """In a worker: what the units of this name are about; None when the work is over."""
    if do is None:
        _doing.pop(name, None)
    else:
        _doing[name] = do
