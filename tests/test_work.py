"""One interface for a laptop and a cluster."""

from __future__ import annotations

import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from flarescope import errors
from flarescope.errors import BadFileError, BadOptionError, FlarescopeError
from flarescope.sources.store.files import read_record, write_record
from flarescope.work import parse_shard, run_units

power = partial(math.pow, 2)  # anything that other processes can import

HOW = [{}, {"workers": 2}, {"workers": 2, "threads": True}]


@pytest.mark.parametrize("how", HOW, ids=["here", "processes", "threads"])
def test_every_unit_is_done_once(how: dict) -> None:
    told = []
    found = dict(run_units(power, range(40), progress=lambda *done: told.append(done), **how))
    assert found == {unit: 2**unit for unit in range(40)}
    assert told == [(done, 40) for done in range(1, 41)]


@pytest.mark.parametrize("how", HOW, ids=["here", "processes", "threads"])
def test_an_error_comes_through_whole(how: dict, tmp_path: Path) -> None:
    units = [tmp_path / "there.json"] * 7 + [tmp_path / "gone.json"]
    write_record(units[0], {"sun": 1})
    with pytest.raises(BadFileError, match=r"gone\.json: there is no such file") as raised:
        list(run_units(read_record, units, **how))
    assert Path(raised.value.path).name == "gone.json"


def test_a_killed_worker_is_told() -> None:
    with pytest.raises(FlarescopeError, match=r"worker process ended .* type the command again"):
        list(run_units(os._exit, [9] * 8, workers=2))


@pytest.mark.parametrize("how", HOW[1:], ids=["processes", "threads"])
def test_units_are_taken_as_they_are_needed(how: dict) -> None:
    taken = []

    def units():
        for unit in range(1000):
            taken.append(unit)
            yield unit

    work = run_units(power, units(), **how)
    next(work)
    assert len(taken) <= 16
    work.close()
    assert len(taken) <= 16


def test_shards_share_the_units() -> None:
    parts = [dict(run_units(power, range(11), shard=(part, 3))) for part in (1, 2, 3)]
    assert [sorted(part) for part in parts] == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8]]
    told = []
    list(run_units(power, iter(range(11)), of=11, shard=(3, 3), progress=lambda *d: told.append(d)))
    assert told[-1] == (3, 3)
    assert parse_shard(" 3/16") == (3, 16)


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "1", "a/b", "-1/4", "1/4/2", ""])
def test_no_shard(text: str) -> None:
    with pytest.raises(BadOptionError, match="Accepted: i/n with 1 <= i <= n"):
        parse_shard(text)


@pytest.mark.parametrize("workers", [0, -1, 5000])
def test_no_number_of_workers(workers: int) -> None:
    with pytest.raises(BadOptionError, match="workers are not accepted: 1 to 1024"):
        run_units(power, [1], workers=workers)


EVERY_ERROR = [
    BadFileError("a.fits", "it is empty."),
    errors.StaleImageError("a.jp2", "the same bytes."),
    errors.UnknownNameError("model", "alexnt", ["alexnet"]),
    errors.MissingExtraError("Work on Dask", "dask"),
    errors.ArchiveError("no answer."),
    errors.MissingDataError("nothing."),
]


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_errors_cross_from_process_to_process(error: FlarescopeError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


CHILD = """
import os, sys, time
from functools import partial
from flarescope.work import run_units
sys.path.insert(0, {folder!r})
from waits import wait_long
if __name__ == "__main__":
    for _ in run_units(partial(wait_long, {folder!r}), range(8), workers=2):
        pass
"""
WAITS = """
import os, time
def wait_long(folder, unit):
    open(os.path.join(folder, f"pid{os.getpid()}"), "w").close()
    time.sleep(120)
"""


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text(WAITS)
    (tmp_path / "child.py").write_text(CHILD.format(folder=str(tmp_path)))
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    child = subprocess.Popen([sys.executable, str(tmp_path / "child.py")], env=env)
    limit = time.monotonic() + 30
    while len(list(tmp_path.glob("pid*"))) < 2 and time.monotonic() < limit:
        time.sleep(0.05)
    pids = [int(path.name[3:]) for path in tmp_path.glob("pid*")]
    assert len(pids) == 2
    child.kill()
    child.wait()
    limit = time.monotonic() + 10
    while any(map(running, pids)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(map(running, pids))


def test_no_scheduler_at_this_address() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(BadOptionError, match="No Dask scheduler answers at 'nowhere://1'"):
        list(run_units(power, [1], dask="nowhere://1"))


@pytest.mark.filterwarnings("ignore")  # of distributed
def test_a_scheduler_without_workers_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("flarescope.work.dask.PATIENCE_SECONDS", 0.3)
    with distributed.LocalCluster(n_workers=0, dashboard_address=None, processes=False) as cluster:
        threading.Timer(2, lambda: cluster.scale(1)).start()
        results = run_units(abs, [-1, -2], dask=cluster.scheduler_address)
        assert sorted(result for _, result in results) == [1, 2]
    said = capsys.readouterr().err
    assert said.count("has no workers; the work waits for one. Start some: dask worker") == 1


def of_scheduler(unit: int) -> int:
    time.sleep(0.05)
    return unit


@pytest.mark.filterwarnings("ignore")  # of distributed, which complains of what was killed
def test_a_scheduler_that_goes_away_is_told() -> None:
    pytest.importorskip("distributed")
    env = {**os.environ, "PYTHONPATH": f"{Path(__file__).parent}:{os.environ.get('PYTHONPATH', '')}"}
    here = ("127.0.0.1", 18000 + os.getpid() % 1000)
    address = f"tcp://{here[0]}:{here[1]}"
    typed = [
        ("scheduler", "--host", here[0], "--port", str(here[1]), "--dashboard-address", "127.0.0.1:0"),
        ("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
    ]
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *rest], env=env, stderr=subprocess.DEVNULL
        )
        for what, *rest in typed
    ]
    try:
        results = run_units(of_scheduler, range(1000), dask=address)
        for _ in range(3):
            next(results)
        begun[0].kill()
        with pytest.raises(FlarescopeError, match="The Dask scheduler went away"):
            list(results)
    finally:
        for one in begun:
            one.kill()
            one.wait()


INTERRUPTED = """
import sys, time
from flarescope.work import run_units
if __name__ == "__main__":
    try:
        for unit, _ in run_units(time.sleep, [0.2] * 500, **eval(sys.argv[1])):
            print("begun", flush=True)
    except KeyboardInterrupt:
        sys.stderr.write("stopped")
"""


@pytest.mark.parametrize("how", ["{'workers': 2}", "{'workers': 2, 'dask': 'local'}"])
def test_ctrl_c_prints_no_traceback_of_a_worker(tmp_path: Path, how: str) -> None:
    (tmp_path / "work_for_ever.py").write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "work_for_ever.py", how],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert err == "stopped"
