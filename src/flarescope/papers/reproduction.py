"""Run a paper's items, one after the other; what is finished is kept and not done again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flarescope.errors import FlarescopeError, MissingDataError
from flarescope.papers.claims import Claim, Finding, find_claim, read_claims, row
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from flarescope.papers import Paper

__all__ = ["Desk", "listing", "reproduce"]


def _silent(what: str, done: int, of: int) -> None:
    pass


@dataclass(frozen=True)
class Desk:
    """Where an item works: what it may read, where it writes, and how thorough it is to be.

    Attributes:
        data: the folder of real data; None if there is none.
        out: results and figures go here.
        quick: a preview on fewer splits and smaller data.
        sharps: a folder of SHARP CEA magnetograms in the paper's full size, for those who have it.
        progress: told (what, done, of).
    """

    data: Path | None
    out: Path
    quick: bool = False
    sharps: Path | None = None
    progress: Callable[[str, int, int], None] = field(default=_silent, compare=False)

    @property
    def mode(self) -> str:
        """Quick or full: results of the two are never mixed."""
        return "quick" if self.quick else "full"

    def need(self, *relative: str) -> Path:
        """A file or folder of the real data.

        Raises:
            MissingDataError: it is not there; the claim is then "not run".
        """
        name = "/".join(relative)
        if self.data is None:
            raise MissingDataError(f"needs {name} of the data folder (set FLARESCOPE_DATA)")
        path = self.data.joinpath(*relative)
        if not path.exists():
            raise MissingDataError(f"needs {name}, which {self.data} does not hold")
        return path

    def cache(self, name: str) -> Path:
        """A folder for work that is not to be done twice."""
        folder = self.out / "work" / self.mode / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def figure(self, name: str, figure: Figure) -> str:
        """Keep a figure as PNG and PDF; the name of the PNG comes back."""
        from flarescope.plots import save

        save(figure, self.out / f"{name}.pdf")
        return save(figure, self.out / f"{name}.png").name


def reproduce(paper: Paper, names: list[str], desk: Desk, *, again: bool = False) -> list[dict[str, Any]]:
    """Run these items (all if none is named): a row for each claim and each kind of data it was run on.

    An item whose result stands in ``desk.out`` from the same code, data and mode is read, not run. Rows and a
    table in Markdown are written to ``results.json`` and ``results.md``.

    Args:
        paper: which paper.
        names: its items, or none for all.
        desk: where to work.
        again: run finished items again; trainings that stand are still used.

    Returns:
        Rows as ``claims.row`` makes them, in the paper's order.

    Raises:
        UnknownNameError: the paper has no such item.
    """
    claims = read_claims(paper.claims)
    rows: list[dict[str, Any]] = []
    chosen = paper.chosen(names)
    for done, item in enumerate(chosen):
        desk.progress("items", done, len(chosen))
        found = None if again else _kept(paper, item, desk)
        if found is None:
            found = _run(paper, item, desk, claims)
        rows += [row(find_claim(claims, item, one.claim), one) for one in found]
    desk.progress("items", len(chosen), len(chosen))
    if not names:
        write_whole(desk.out / "results.json", json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        write_whole(desk.out / "results.md", markdown(rows))
    return rows


def listing(paper: Paper, desk: Desk) -> list[dict[str, Any]]:
    """Every item with its claims and, where it was run in ``desk.out``, its verdicts."""
    claims = read_claims(paper.claims)
    found = []
    for item in paper.items:
        own = [claim for claim in claims if claim.item == item]
        kept = _kept(paper, item, desk) or []
        words = sorted({row(find_claim(own, item, one.claim), one)["verdict"] for one in kept})
        found.append(
            {"item": item, "claims": [c.text for c in own], "verdict": ", ".join(words) or "not run"}
        )
    return found


def markdown(rows: list[dict[str, Any]]) -> str:
    """The rows as a table."""
    head = "| item | the paper says | paper | ours | data | verdict |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {r['item']} | {r['claim']} | {_number(r['paper'], r['paper_spread'])} "
        f"| {_number(r['ours'], r['spread'])} | {r['data']} | {r['verdict']} |\n"
        for r in rows
    )


def _run(paper: Paper, item: str, desk: Desk, claims: list[Claim]) -> list[Finding]:
    """Run an item and keep what it found; what it needs and has not is a finding too, and is not kept."""
    module, _, function = paper.items[item].partition(":")
    if find_spec(module) is None:
        return _not_run(item, claims, "it is not built yet")
    try:
        found: list[Finding] = getattr(import_module(module), function)(desk)
    except FlarescopeError as problem:
        return _not_run(item, claims, str(problem))
    for one in found:
        find_claim(claims, item, one.claim)
    if all(one.value is not None for one in found):
        document = {"stamp": _stamp(paper, item, desk), "found": [asdict(one) for one in found]}
        write_whole(_place(item, desk), json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return found


def _not_run(item: str, claims: list[Claim], why: str) -> list[Finding]:
    return [Finding(c.name, c.data, None, needs=why) for c in claims if c.item == item]


def _kept(paper: Paper, item: str, desk: Desk) -> list[Finding] | None:
    """What an earlier run found; None if nothing stands, or other code or data made it."""
    try:
        document = json.loads(_place(item, desk).read_text(encoding="utf-8"))
        same = document["stamp"] == _stamp(paper, item, desk)
        return [Finding(**one) for one in document["found"]] if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _place(item: str, desk: Desk) -> Path:
    return desk.out / "items" / desk.mode / f"{item}.json"


def _stamp(paper: Paper, item: str, desk: Desk) -> str:
    """Eight digits over the code of the paper's folder and the data it was run on."""
    spec = find_spec(paper.items[item].partition(":")[0])
    folder = Path(spec.origin).parent if spec and spec.origin else None
    code = b"".join(path.read_bytes() for path in sorted(folder.glob("*.py"))) if folder else b""
    about = f"{desk.mode} {desk.data and desk.data.resolve()} {desk.sharps and desk.sharps.resolve()}"
    return hashlib.sha256(code + about.encode()).hexdigest()[:8]


def _number(value: float | str | None, spread: float | None) -> str:
    if value is None or isinstance(value, str):
        return "–" if value is None else value
    return f"{value:.3g} ± {spread:.2g}" if spread else f"{value:.4g}"
