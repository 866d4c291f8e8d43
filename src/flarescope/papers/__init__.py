"""Published papers, run again: one folder a paper, one file a table or figure, one rule for all verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING

from flarescope.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PAPERS", "Paper", "paper"]

PAPERS = ("bhattacharjee2020", "pandey2023")


@dataclass(frozen=True)
class Paper:
    """A paper as it can be run.

    Attributes:
        name: such as "bhattacharjee2020".
        title: authors, year and what it is about.
        items: each table or figure by name, and the "module:function" that runs it.
        claims: what the paper says, a TOML file.
    """

    name: str
    title: str
    items: Mapping[str, str]
    claims: Path

    def chosen(self, names: list[str]) -> list[str]:
        """These items, or all of them; in the paper's order.

        Raises:
            UnknownNameError: the paper has no such item.
        """
        for name in names:
            if name not in self.items:
                raise UnknownNameError(f"item of {self.name}", name, self.items)
        return [name for name in self.items if not names or name in names]


def paper(name: str) -> Paper:
    """The paper of this name.

    Raises:
        UnknownNameError: none of ``PAPERS``.

    Example:
        >>> paper("bhattacharjee2020").items["table1"]  # doctest: +SKIP
        'table1_regions:table1'
    """
    if name not in PAPERS:
        raise UnknownNameError("paper", name, PAPERS)
    package = f"flarescope.papers.{name}"
    module = import_module(package)
    items = {item: f"{package}.{where}" for item, where in module.ITEMS.items()}
    return Paper(name, module.TITLE, items, files(package).joinpath("claims.toml"))  # type: ignore[arg-type]
