"""Damaged inputs, thousands of them, each with a number by which it can be had again.

A case must end in an error of flarescope, on one line, or in a result that its judge accepts. It may use ten
seconds of the processor and a gigabyte more memory than the process had; a warning is an error. Not every
damage can be seen: a bit that turns a legal number into another legal number leaves a sound document, and the
judge only asks whether the result is what the damaged bytes say.
"""

from __future__ import annotations

import math
import os
import resource
import signal
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from flarescope.errors import FlarescopeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CASES = int(os.environ.get("FLARESCOPE_FUZZ_CASES", "500"))
FIRST = int(os.environ.get("FLARESCOPE_FUZZ_FIRST", "0"))
SEED = os.environ.get("FLARESCOPE_FUZZ_SEED", "0")
SECONDS, EXTRA_BYTES, LONGEST_MESSAGE = 10.0, 2**30, 1500
ENOUGH = 200  # cases from which on some must be refused and some accepted
SHOWN = 6


class HangError(BaseException):
    """A case took longer than its time; no handler of ordinary errors may swallow this."""


@dataclass
class Outcome:
    """How the cases of one parser ended."""

    accepted: int = 0
    refused: int = 0
    failures: dict[str, list[str]] = field(default_factory=dict)

    def fail(self, kind: str, case: str) -> None:
        self.failures.setdefault(kind, []).append(case)

    def told(self, name: str) -> str:
        """The failures by kind, the first of each with the command that repeats it."""
        count = sum(map(len, self.failures.values()))
        lines = [f"{name}: {count} cases failed, in {len(self.failures)} ways"]
        for kind, cases in list(self.failures.items())[:SHOWN]:
            number, _, rest = cases[0].partition(" ")
            again = f"FLARESCOPE_FUZZ_SEED={SEED} FLARESCOPE_FUZZ_FIRST={number} FLARESCOPE_FUZZ_CASES=1"
            lines.append(f"- {len(cases)} times {kind}\n  first: {rest}\n  again: {again} pytest tests/fuzz")
        return "\n".join(lines)


def fuzz(
    name: str,
    seeds: Sequence[bytes],
    mutate: Callable[[Random, bytes], bytes],
    parse: Callable[[bytes], Any],
    judge: Callable[[bytes, bytes, Any], None],
    *,
    share: float = 1.0,
) -> Outcome:
    """Run the cases of one parser; the judge gets the seed, the mutant and the result, and asserts.

    A parser that is fuzzed in several runs gives each of them a share of its cases.

    Raises:
        AssertionError: a seed itself is not accepted, or cases failed.
    """
    for seed in seeds:
        judge(seed, seed, parse(seed))
    outcome, cases = Outcome(), math.ceil(CASES * share)
    with _limits():
        for number in range(FIRST, FIRST + cases):
            rng = Random(f"{name} {SEED} {number}")
            seed = rng.choice(seeds)
            _case(outcome, number, seed, mutate(rng, seed), parse, judge)
    assert not outcome.failures, outcome.told(name)
    if cases >= ENOUGH:
        told = f"{name}: {outcome.accepted} accepted, {outcome.refused} refused"
        assert min(outcome.accepted, outcome.refused) >= 0.02 * cases, f"{told}: the mutants test too little"
    return outcome


def _case(
    outcome: Outcome, number: int, seed: bytes, mutant: bytes, parse: Callable[[bytes], Any], judge: Any
) -> None:
    case = f"{number} {difference(seed, mutant)}"
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            result = parse(mutant)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except FlarescopeError as error:
        outcome.refused += 1
        if complaint := _bad_message(error):
            outcome.fail(complaint, f"{case}: {str(error)[:200]!r}")
    except HangError:
        outcome.fail(f"more than {SECONDS:g} s", case)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        outcome.fail(f"{type(error).__name__} at {_place(error)}", f"{case}: {str(error)[:200]!r}")
    else:
        outcome.accepted += 1
        try:
            judge(seed, mutant, result)
        except Exception as error:  # noqa: BLE001
            outcome.fail(f"silent acceptance, at {_place(error)}", f"{case}: {str(error)[:300]!r}")


def _bad_message(error: FlarescopeError) -> str:
    text = str(error)
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a message that cannot be printed"
    if "\n" in text or len(text) > LONGEST_MESSAGE:
        return "a message that is no line"
    return "memory" if "unable to allocate" in text.lower() or "MemoryError" in text else ""


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = "?"
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if "flarescope" in file.parts or file.parent.name == "fuzz":
            place = f"{file.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def difference(seed: bytes, mutant: bytes) -> str:
    """Where a mutant differs from its seed, for a person."""
    if seed == mutant:
        return "unchanged"
    a, b = seed, mutant
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    back = 0
    while back < min(len(a), len(b)) - at and a[-1 - back] == b[-1 - back]:
        back += 1
    old, new = a[at : len(a) - back], b[at : len(b) - back]
    return f"byte {at}: {old[:60]!r} ({len(old)}) became {new[:60]!r} ({len(new)})"


@contextmanager
def _limits() -> Iterator[None]:
    """Bound the memory of all cases and arm the alarm; everything is as before afterwards."""

    def ring(*_: object) -> None:
        raise HangError

    with open("/proc/self/statm") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGPROF, ring)
    resource.setrlimit(resource.RLIMIT_AS, (used + EXTRA_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)


def tally(values: Sequence[Any]) -> Counter[Any]:
    """How often is each value there?"""
    return Counter(values)
