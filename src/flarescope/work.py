"""Work cut into units that may be done anywhere, in any order, and twice without harm.

One interface for a laptop and a cluster: in this process, in several processes or threads, on Dask, or the
i-th of n parts of it in each job of a SLURM array.
"""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import os
import re
import signal
import sys
import threading
import uuid
from collections.abc import Sized
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from flarescope.errors import BadOptionError, FlarescopeError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["parse_shard", "run_units"]

U = TypeVar("U")
R = TypeVar("R")

MOST_WORKERS = 1024
PATIENCE_SECONDS = 30.0  # with a scheduler that has no workers, before it is told
AHEAD = 4  # units handed out for each worker: none waits for work, and memory does not grow with their number
_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})")
_doing: dict[str, Callable[[Any], Any]] = {}  # in a worker: what it does, sent once and not with every unit


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
        return _on_dask(do, units, dask, workers)
    if workers == 1:
        return ((unit, do(unit)) for unit in units)
    if threads:
        return _in_threads(do, units, workers)
    return _in_processes(do, units, workers)


def _in_threads(do: Callable[[U], R], units: Iterable[U], workers: int) -> Iterator[tuple[U, R]]:
    with _closing(ThreadPoolExecutor(workers)) as pool:
        yield from _as_done(lambda unit: pool.submit(do, unit), units, workers)


def _in_processes(do: Callable[[U], R], units: Iterable[U], workers: int) -> Iterator[tuple[U, R]]:
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    pool: Executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=("", do))
    try:
        with _closing(pool):
            yield from _as_done(lambda unit: pool.submit(_do_here, "", unit), units, workers)
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
    _doing[name] = do
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _do_here(name: str, unit: Any) -> Any:
    return _doing[name](unit)


def _do_or_tell(name: str, unit: Any) -> tuple[Any, FlarescopeError | None]:
    """The result, or the error as a value: Dask would print an error's traceback wherever it passes."""
    try:
        return _do_here(name, unit), None
    except FlarescopeError as error:
        return None, error


def _on_dask(do: Callable[[U], R], units: Iterable[U], address: str, workers: int) -> Iterator[tuple[U, R]]:
    distributed = _dask()
    lost = (distributed.client.FutureCancelledError, distributed.comm.CommClosedError)
    with _dask_client(address, workers) as client, _waiting_told(client, address):
        try:
            yield from _by_client(client, do, units, workers)
        except lost:  # nobody but a scheduler that ends cancels anything
            logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # or it prints tracebacks
            raise FlarescopeError(
                "The Dask scheduler went away in the middle of the work. What is done is kept: "
                "type the command again."
            ) from None


@contextmanager
def _waiting_told(client: Any, address: str) -> Iterator[None]:
    """Say on stderr that a scheduler has no workers, once: it may yet get some, so the work waits on."""

    def look() -> None:
        with suppress(OSError):  # it went away, which is told elsewhere
            if not client.scheduler_info(n_workers=-1)["workers"]:
                sys.stderr.write(
                    f"The Dask scheduler at '{address}' has no workers; the work waits for one. "
                    f"Start some: dask worker {address}\n"
                )

    timer = threading.Timer(PATIENCE_SECONDS, look)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _by_client(client: Any, do: Callable[[U], R], units: Iterable[U], workers: int) -> Iterator[tuple[U, R]]:
    """Keep every worker of a Dask scheduler busy with a bounded number of units handed out."""
    name = uuid.uuid4().hex
    client.register_plugin(_plugin(name, do), name=f"flarescope-{name}")
    done = _dask().as_completed()
    out: dict[Any, U] = {}
    waiting = iter(units)
    at_once = AHEAD * max(workers, len(client.scheduler_info(n_workers=-1)["workers"]))
    try:
        while True:
            for unit in itertools.islice(waiting, at_once - len(out)):
                future = client.submit(_do_or_tell, name, unit, pure=False)
                out[future.key] = unit
                done.add(future)
            if not out:
                return
            future = next(done)
            yield out.pop(future.key), _dask_result(future)
    finally:
        with suppress(OSError):  # a scheduler that went away
            client.cancel([future for future in done.futures if future.key in out])
            client.unregister_worker_plugin(f"flarescope-{name}")


def _dask() -> Any:
    try:
        import distributed
    except ImportError:
        raise MissingExtraError("Work on Dask", "dask") from None
    return distributed


def _dask_result(future: Any) -> Any:
    distributed = _dask()
    try:
        result, error = future.result()
    except distributed.KilledWorker:
        raise FlarescopeError(
            "One unit killed every Dask worker that tried it; memory may be too small. What is done is kept: "
            "type the command again, with workers of more memory."
        ) from None
    if error is not None:
        raise error
    return result


def _remember(name: str, do: Callable[[Any], Any] | None) -> None:
    """In a Dask worker: what the units of this name are about; None when the work is over."""
    if do is None:
        _doing.pop(name, None)
    else:
        _doing[name] = do


def _plugin(name: str, do: Callable[[Any], Any]) -> Any:
    """Tells each Dask worker what to do, also one that comes later or starts again."""
    import distributed

    class Doing(distributed.WorkerPlugin):
        def setup(self, worker: Any) -> None:
            _remember(name, do)

        def teardown(self, worker: Any) -> None:
            _remember(name, None)

    return Doing()


@contextmanager
def _dask_client(address: str, workers: int) -> Iterator[Any]:
    distributed = _dask()
    if address == "local":
        with (
            distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.ERROR,
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = distributed.Client(address, timeout="10s")
    except (OSError, ValueError) as problem:
        raise BadOptionError(
            f"No Dask scheduler answers at '{address}' ({problem}). "
            "Accepted: 'local', or an address such as tcp://10.0.0.1:8786."
        ) from None
    with client:
        yield client
