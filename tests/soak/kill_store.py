"""Kill a store while it is built and sealed, again and again: in the end it must be as if nothing had been.

    python tests/soak/kill_store.py --kills 50 --seed 0

Each round asks for some more units of a made-up Sun, out of order, so that days already sealed are joined
with new units; the process is killed with SIGKILL at a moment drawn from the seed, every other time while it
seals. Then everything is asked for once more and compared, byte for byte, with a store that was built in one
go. Ends with exit code 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from flarescope.errors import MissingDataError
from flarescope.geometry import Disk
from flarescope.preparation import Preparation
from flarescope.sources.archives import Supplied
from flarescope.sources.limits import FileBytes
from flarescope.sources.store import Store, Unit
from flarescope.sources.store.units import do_unit
from flarescope.sources.store.verify import verify_store
from flarescope.sun import Magnetogram, Origin
from flarescope.work import run_units

BEGIN = datetime(2026, 2, 3, tzinfo=UTC)
PREPARATION = Preparation(size=32, fit="disk", disk_radius=12.8, std=100.0)
PER_DAY = 8


@dataclass(frozen=True)
class MadeUp:
    """A supply of small made-up disks; every 11th hour is missing, every 7th is served again."""

    pixels: int = 64

    def supply(self, time: datetime, harp: int | None = None) -> Supplied:
        number = int((time - BEGIN) / timedelta(hours=3))
        if number % 11 == 10:
            raise MissingDataError("there is none.")
        seed = number - 1 if number % 7 == 6 else number
        field = np.random.default_rng(seed).normal(0.0, 100.0, (self.pixels, self.pixels))
        field = field.astype(np.float32)
        data = field.tobytes()
        middle = (self.pixels - 1) / 2
        return Supplied(
            FileBytes(Path(f"made_up_{time:%Y%m%dT%H%M}.raw"), data),
            Magnetogram(
                field, time, "full_disk", "gauss", Disk(middle, middle, 0.4 * self.pixels, 0.0, 0.0, 1.0),
                origin=Origin("made up", "made up"), notes=("made up",),
            ),
        )  # fmt: skip


def units(count: int) -> list[Unit]:
    times = [BEGIN + timedelta(hours=3 * number) for number in range(count)]
    return [Unit(f"{time:%Y%m%dT%H}00Z", time.date(), (time,)) for time in times]


def build(folder: Path, wanted: list[Unit], workers: int = 1) -> None:
    store = Store.create(folder, preparation=PREPARATION, keep_files=True)
    print("build", flush=True)
    missing = [unit for unit in wanted if not store.has(unit)]
    for _ in run_units(partial(do_unit, folder, MadeUp()), missing, workers=workers):
        pass
    print("seal", flush=True)
    store.seal()
    print("sealed", flush=True)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file and folder of a store."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"folder"
        for path in sorted(folder.rglob("*"))
    }


def kill_once(folder: Path, some: list[int], phase: str, delay: float, workers: int) -> str:
    """Build in another process and kill it so long after it began a phase; where it was then."""
    command = [
        sys.executable, __file__, "--build", str(folder), "--units", json.dumps(some),
        "--workers", str(workers), "--count", str(max(some, default=0) + 1),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            if line.strip() == phase:
                break
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        said = child.stdout.read().split()
    return said[-1] if said else phase


def kill_and_compare(
    folder: Path, *, kills: int, seed: int, count: int, workers: int = 1
) -> tuple[dict[str, bytes], dict[str, bytes], list[str]]:
    """The tree after all kills and a last run, that of a build in one go, and where the kills struck."""
    draw = random.Random(seed)
    order = list(range(count))
    draw.shuffle(order)
    struck = []
    for kill in range(kills):
        some = order[: count * (kill + 1) // kills]
        sealing = kill % 2 == 1
        delay = draw.uniform(0.0, 0.15 if sealing else 0.01 + 0.002 * count / kills)
        struck.append(kill_once(folder / "killed", some, "seal" if sealing else "build", delay, workers))
    everything = units(count)
    build(folder / "killed", everything, workers)
    build(folder / "whole", everything)
    return tree(folder / "killed"), tree(folder / "whole"), struck


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill a store at random moments.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--units", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.build:
        every = units(asked.count)
        build(asked.build, [every[i] for i in json.loads(asked.units)], asked.workers)
        return 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        killed, whole, struck = kill_and_compare(
            folder, kills=asked.kills, seed=asked.seed, count=asked.count, workers=asked.workers
        )
        damage = verify_store(folder / "killed")
    differs = sorted(name for name in killed.keys() | whole.keys() if killed.get(name) != whole.get(name))
    places = {place: struck.count(place) for place in sorted(set(struck))}
    print(json.dumps({"kills": places, "files": len(whole), "differ": differs, "damage": len(damage)}))
    return 1 if differs or damage else 0


if __name__ == "__main__":
    sys.exit(main())
