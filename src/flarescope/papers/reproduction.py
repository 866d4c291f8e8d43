"""Run a paper's items, one after the other; what is finished is kept and not done again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import flarescope
from flarescope.errors import FlarescopeError, MissingDataError
from flarescope.papers.claims import Claim, Finding, find_claim, in_words, read_claims, row
from flarescope.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from flarescope.papers import Paper

__all__ = ["PAGE", "RESULTS", "Desk", "listing", "reproduce"]

RESULTS, PAGE = "results.json", "results.md"  # the same rows, for programs and to read


def _silent(what: str, done: int, of: int) -> None:
    pass


@dataclass(frozen=True)
class Desk:
    """Where an item works: what it may read, where it writes, and how thorough it is to be.

    Attributes:
        data: the folder of real data; None if there is none.
        out: results and figures go here, in a folder "quick" or "full".
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
    def mode(self) -> Literal["quick", "full"]:
        """Which kind of run this is."""
        return "quick" if self.quick else "full"

    @property
    def folder(self) -> Path:
        """Where its results lie: quick and full are never mixed."""
        return self.out / self.mode

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
        folder = self.folder / "work" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def figure(self, name: str, figure: Figure) -> str:
        """Keep a figure as PNG and PDF; the PNG's place below ``out`` comes back."""
        from flarescope.plots import save

        save(figure, self.folder / f"{name}.pdf")
        return save(figure, self.folder / f"{name}.png").relative_to(self.out).as_posix()


def reproduce(paper: Paper, names: list[str], desk: Desk, *, again: bool = False) -> list[dict[str, Any]]:
    """Run these items (all if none is named): a row for each claim and each kind of data it was run on.

    An item whose result stands in ``desk.folder`` from the same code and data is read, not run. The
    rows of all items that stand there are written to ``results.json`` and ``results.md``.

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
    claims, chosen = read_claims(paper.claims), paper.chosen(names)
    stamp = _stamp(paper, desk)
    rows: list[dict[str, Any]] = []
    for done, item in enumerate(chosen):
        desk.progress("items", done, len(chosen))
        found = None if again else _kept(item, desk, stamp)
        if found is None:
            found = _run(paper, item, desk, claims, stamp)
        rows += [row(find_claim(claims, item, one.claim), one) for one in found]
    desk.progress("items", len(chosen), len(chosen))
    _write_results(paper, desk, claims, stamp, rows)
    return rows


def listing(paper: Paper, desk: Desk) -> list[dict[str, Any]]:
    """Every item with its claims and, where it was run in ``desk.out``, its verdicts."""
    claims, stamp = read_claims(paper.claims), _stamp(paper, desk)
    found = []
    for item in paper.items:
        own = [claim for claim in claims if claim.item == item]
        kept = _kept(item, desk, stamp) or []
        words = sorted({row(find_claim(own, item, one.claim), one)["verdict"] for one in kept})
        found.append(
            {"item": item, "claims": [c.text for c in own], "verdict": ", ".join(words) or "not run"}
        )
    return found


def markdown(rows: list[dict[str, Any]]) -> str:
    """The rows as a table, and below it what there is to say of those that do not agree."""
    head = "| item | claim | paper | ours | data | verdict |\n|---|---|---|---|---|---|\n"
    table = "".join(
        f"| {r['item']} | {r['claim']}{' (ours)' if r['ours_alone'] else ''} "
        f"| {in_words(r['paper'], r['paper_spread'])} | {in_words(r['ours'], r['spread'])} "
        f"| {r['data']} | {r['verdict']} |\n"
        for r in rows
    )
    notes = "".join(
        f"- {r['item']} ({r['data']}), {r['claim']}: {r['verdict']}. {r['note']}\n"
        for r in rows
        if r["note"] and r["verdict"] not in ("agrees", "in principle")
    )
    return f"{head}{table}\n{notes}"


def _write_results(
    paper: Paper, desk: Desk, claims: list[Claim], stamp: str, just_run: list[dict[str, Any]]
) -> None:
    """All that stands, whether it was run now or before, as JSON and as a table."""
    everything = []
    for item in paper.items:
        now = [one for one in just_run if one["item"] == item]
        kept = [] if now else _kept(item, desk, stamp) or []
        everything += now or [row(find_claim(claims, item, one.claim), one) for one in kept]
    write_whole(desk.folder / RESULTS, json.dumps(everything, indent=1, ensure_ascii=False) + "\n")
    write_whole(desk.folder / PAGE, markdown(everything))


def _run(paper: Paper, item: str, desk: Desk, claims: list[Claim], stamp: str) -> list[Finding]:
    """Run an item and keep what it found; data that are missing are a finding too, and are not kept."""
    module, _, function = paper.items[item].partition(":")
    try:
        found: list[Finding] = getattr(import_module(module), function)(desk)
    except FlarescopeError as problem:
        return [Finding(c.name, c.data, None, needs=str(problem)) for c in claims if c.item == item]
    for one in found:
        find_claim(claims, item, one.claim)
    document = {"stamp": stamp, "found": [asdict(one) for one in found]}
    write_whole(_place(item, desk), json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return found


def _kept(item: str, desk: Desk, stamp: str) -> list[Finding] | None:
    """What an earlier run found; None if nothing stands, or other code or data made it."""
    try:
        document = json.loads(_place(item, desk).read_text(encoding="utf-8"))
        return [Finding(**one) for one in document["found"]] if document["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _place(item: str, desk: Desk) -> Path:
    return desk.folder / "items" / f"{item}.json"


def _stamp(paper: Paper, desk: Desk) -> str:
    """Eight digits over all code, and over name, size and time of every file of data."""
    digest = hashlib.sha256()
    modules = [find_spec(where.partition(":")[0]) for where in paper.items.values()]
    code = {Path(spec.origin) for spec in modules if spec and spec.origin}
    package = Path(flarescope.__file__).parent
    for path in sorted({*package.rglob("*.py"), *package.rglob("*.toml"), *code}):
        digest.update(path.read_bytes())
    for folder in (desk.data, desk.sharps):
        for path in sorted(folder.rglob("*")) if folder else ():
            about = path.stat()
            digest.update(f"{path.resolve()} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:8]
