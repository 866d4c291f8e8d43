"""Every error a user can meet, in one tree.

Each message finishes its sentence: what was wrong, the value seen, what is accepted, what to do.
The command line prints it on one line and ends with exit code 2.
"""

from __future__ import annotations

import copyreg
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "ArchiveError",
    "BadFileError",
    "BadOptionError",
    "FlarescopeError",
    "LeakError",
    "MissingDataError",
    "MissingExtraError",
    "NoRuleError",
    "ScaleError",
    "StaleImageError",
    "TrainingError",
    "UnknownNameError",
    "UnreadableFileError",
    "WrongChannelError",
    "WrongTimeError",
]


class FlarescopeError(Exception):
    """What every error of flarescope is; catch this to catch them all."""

    def __str__(self) -> str:
        """One line, whatever the parts were."""
        return " ".join(" ".join(map(str, self.args)).split())

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors reach the caller whole from another process, whatever their ``__init__`` wants."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class BadOptionError(FlarescopeError, ValueError):
    """An option, an argument or a setting is outside what is accepted."""


class NoRuleError(BadOptionError):
    """A method of explanation cannot explain this network, whatever its options; another one may."""


class BadFileError(FlarescopeError, ValueError):
    """A file cannot be what it should be: damaged, empty, of another kind."""

    def __init__(self, path: str | Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}")


class UnreadableFileError(BadFileError):
    """The system does not give the file out, as for want of the right to read it; it may well be sound."""


class WrongChannelError(BadFileError):
    """The file holds another observable than the line-of-sight magnetic field."""


class WrongTimeError(BadFileError):
    """The image was taken too far from the time asked for."""


class StaleImageError(BadFileError):
    """The same bytes were already served for an earlier hour."""


class UnknownNameError(FlarescopeError, KeyError):
    """No such model, method, source or column; the message offers the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        near = get_close_matches(name, self.known, n=1, cutoff=0.5)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        super().__init__(f"No {kind} named '{name}'. {hint}Known: {', '.join(self.known) or 'none'}.")


class LeakError(FlarescopeError, ValueError):
    """Two parts of a split share a unit of independence, or something later than the hour is used."""


class ScaleError(FlarescopeError, ValueError):
    """Flares of one GOES scale were given to a model of the other."""


class MissingDataError(FlarescopeError, ValueError):
    """The data at hand do not hold what was asked: a hole in a list, too few samples, no folder."""


class ArchiveError(FlarescopeError, OSError):
    """An archive did not answer, or never with anything that can be used, however often it was asked."""

    __str__ = FlarescopeError.__str__  # OSError has its own


class MissingExtraError(FlarescopeError, ImportError):
    """An optional part of flarescope is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the '{extra}' extra. Type: pip install 'flarescope[{extra}]'")


class TrainingError(FlarescopeError, RuntimeError):
    """Training cannot start or go on: one class only, a loss that is not a number, a broken run folder."""
