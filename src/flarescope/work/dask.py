"""Units done by Dask: a cluster of this machine's own, or the workers of a scheduler elsewhere."""

from __future__ import annotations

import itertools
import logging
import sys
import threading
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from flarescope.errors import BadOptionError, FlarescopeError, MissingExtraError
from flarescope.work.local import AHEAD, do_here, leave_ctrl_c_to_parent, remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["check_dask", "on_dask"]

U = TypeVar("U")
R = TypeVar("R")

PATIENCE_SECONDS = 30.0  # with a scheduler that has no workers, before it is told


def on_dask(do: Callable[[U], R], units: Iterable[U], address: str, workers: int) -> Iterator[tuple[U, R]]:
    """Units and their results as they are done, by the workers of a Dask scheduler or of one begun here.

    Raises:
        FlarescopeError: the scheduler went away, or a unit killed every worker; or what ``do`` raised.
        BadOptionError: no scheduler answers.
        MissingExtraError: Dask is not installed.
    """
    distributed = _dask()
    lost = (distributed.client.FutureCancelledError, distributed.comm.CommClosedError)
    with (
        _without_cancel_traceback(),
        _dask_client(address, workers) as client,
        _waiting_told(client, address),
    ):
        try:
            yield from _by_client(client, do, units, workers, ours=address == "local")
        except lost:  # nobody but a scheduler that ends cancels anything
            logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # or it prints tracebacks
            raise FlarescopeError(
                "The Dask scheduler went away in the middle of the work. What is done is kept: "
                "type the command again."
            ) from None


def check_dask(address: str) -> None:
    """Does a Dask scheduler answer? Asked before anything is written; "local" needs but the package.

    Raises:
        BadOptionError: none answers at this address.
        MissingExtraError: Dask is not installed.
    """
    _dask()
    if address != "local":
        with _dask_client(address, 1):
            return


def _do_or_tell(name: str, unit: Any) -> tuple[Any, FlarescopeError | None]:
    """The result, or the error as a value: Dask would print an error's traceback wherever it passes."""
    try:
        return do_here(name, unit), None
    except FlarescopeError as error:
        return None, error


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


def _by_client(
    client: Any, do: Callable[[U], R], units: Iterable[U], workers: int, *, ours: bool
) -> Iterator[tuple[U, R]]:
    """Keep every worker of a Dask scheduler busy with a bounded number of units handed out."""
    name = uuid.uuid4().hex
    client.register_plugin(_plugin(name, do, ours=ours), name=f"flarescope-{name}")
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


def _plugin(name: str, do: Callable[[Any], Any], *, ours: bool) -> Any:
    """Tells each Dask worker what to do, also one that comes later or starts again.

    Our own workers have the terminal in common with us: their tracebacks of a Ctrl-C would fill it.
    """
    import distributed

    class Doing(distributed.WorkerPlugin):
        def setup(self, worker: Any) -> None:
            remember(name, do)
            if ours:
                leave_ctrl_c_to_parent()

        def teardown(self, worker: Any) -> None:
            remember(name, None)

    return Doing()


@contextmanager
def _without_cancel_traceback() -> Iterator[None]:
    """A Ctrl-C before distributed has begun what it waits for makes its own cancelling fail, aloud."""

    def other(record: logging.LogRecord) -> bool:
        return "sync.<locals>.cancel" not in record.getMessage()

    log = logging.getLogger("tornado.application")
    log.addFilter(other)
    try:
        yield
    finally:
        log.removeFilter(other)


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
