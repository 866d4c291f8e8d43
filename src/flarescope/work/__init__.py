"""Work cut into units that may be done anywhere, in any order, and twice without harm.

One interface for a laptop and a cluster: in this process, in several processes or threads, on Dask, or the
i-th of n parts of it in each job of a SLURM array.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sized
from typing import TYPE_CHECKING, TypeVar

from flarescope.errors import BadOptionError
from flarescope.work.dask import check_dask, on_dask
from flarescope.work.local import in_processes, in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["check_dask", "parse_shard", "run_units"]

U = TypeVar("U")
R = TypeVar("R")

MOST_WORKERS = 1024
_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})")


def parse_shard(text: str) -> tuple[int, int]:
    """Which part of the work is "3/16"? The third of sixteen.

    Raises:
        BadOptionError: not two numbers i/n with 1 ≤ i ≤ n.

    Example:
        >>> parse_shard("3/16")
        (3, 16)
    """
    match = _SHARD.fullmatch(text.strip())
    part, parts = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part <= parts:
        raise BadOptionError(f"Shard '{text}' cannot be read. Accepted: i/n with 1 <= i <= n, such as 3/16.")
    return part, parts


def run_units(
    do: Callable[[U], R],
    units: Iterable[U],
    *,
    workers: int = 1,
    threads: bool = False,
    dask: str | None = None,
    shard: tuple[int, int] | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    of: int | None = None,
) -> Iterator[tuple[U, R]]:
    """Do every unit, and give the results as they come.

    Units are taken from their iterable as they are needed, so memory does not grow with their number. An
    error of one unit stops the work: those begun are finished, the rest is left.

    Args:
        do: does one unit; for processes and Dask it must be picklable (a function of a module, a ``partial``
            of one, an instance of a small class). It is sent to each worker once.
        units: what there is to do; doing one twice must be harmless.
        workers: 1 works in this process, more in so many others; with "local" Dask, so many workers.
        threads: threads of this process instead of processes.
        dask: "local", or the address of a Dask scheduler, such as tcp://10.0.0.1:8786. What a killed worker
            had in hand is done again by another.
        shard: (i, n), counted from 1: only every n-th unit, beginning with the i-th.
        progress: told (done, of).
        of: how many units there are (before sharding), where ``units`` does not know its length.

    Returns:
        Pairs (unit, result), in the order in which they are done.

    Raises:
        FlarescopeError: what ``do`` raised; or a worker process or Dask's scheduler was killed.
        BadOptionError: fewer than 1 or more than 1024 workers, no such shard, or no answer from Dask.
        MissingExtraError: Dask is not installed.

    Example:
        >>> sorted(run_units(abs, [-1, 2]))
        [(-1, 1), (2, 2)]
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise BadOptionError(f"{workers} workers are not accepted: 1 to {MOST_WORKERS}.")
    if of is None:
        of = len(units) if isinstance(units, Sized) else 0
    if shard is not None:
        part, parts = parse_shard(f"{shard[0]}/{shard[1]}")
        units = itertools.islice(units, part - 1, None, parts)
        of = len(range(part - 1, of, parts))
    return _counted(_results(do, units, workers, threads, dask), progress, of)


def _counted(
    results: Iterator[tuple[U, R]], progress: Callable[[int, int], None], of: int
) -> Iterator[tuple[U, R]]:
    for done, result in enumerate(results, 1):
        progress(done, max(of, done))
        yield result


def _results(
    do: Callable[[U], R], units: Iterable[U], workers: int, threads: bool, dask: str | None
) -> Iterator[tuple[U, R]]:
    if dask is not None:
        return on_dask(do, units, dask, workers)
    if workers == 1:
        return ((unit, do(unit)) for unit in units)
    if threads:
        return in_threads(do, units, workers)
    return in_processes(do, units, workers)
