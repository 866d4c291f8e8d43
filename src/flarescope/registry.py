"""Named choices: models, explanation methods, sources.

One mechanism for all of them: a name is registered once, looked up with a helpful error, listed in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from flarescope.errors import BadOptionError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

__all__ = ["Registry"]


class Registry(Generic[T]):
    """A set of named choices of one kind.

    Example:
        >>> models = Registry("model")
        >>> @models.register("always_half")
        ... def build():
        ...     return 0.5
        >>> models["always_half"]()
        0.5
        >>> models["always_halv"]
        Traceback (most recent call last):
        ...
        flarescope.errors.UnknownNameError: No model named 'always_halv'. Did you mean 'always_half'? \
Known: always_half.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Give ``name`` to what is decorated; a name taken twice is a ``BadOptionError``."""

        def keep(entry: T) -> T:
            if name in self._entries:
                raise BadOptionError(
                    f"A {self.kind} named '{name}' is registered already. Choose another name."
                )
            self._entries[name] = entry
            return entry

        return keep

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self._entries) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)
