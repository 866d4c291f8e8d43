"""``flarescope reproduce``: run a paper's tables and figures, and say claim by claim whether we agree."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flarescope.cli._options import AsJson
from flarescope.cli._progress import progress_bars

if TYPE_CHECKING:
    from flarescope.papers.reproduction import Desk

__all__ = ["reproduce"]


def reproduce(
    paper: Annotated[str, typer.Argument(help="Such as bhattacharjee2020.")],
    item: Annotated[list[str] | None, typer.Argument(help="Tables and figures; all by default.")] = None,
    data: Annotated[Path | None, typer.Option(envvar="FLARESCOPE_DATA", help="Folder of real data.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for results; out/PAPER by default.")] = None,
    sharps: Annotated[
        Path | None, typer.Option(help="Folder of SHARP CEA magnetograms (hmi.sharp_cea_720s) in full size.")
    ] = None,
    quick: Annotated[bool, typer.Option(help="A preview: fewer splits, smaller data.")] = False,
    again: Annotated[bool, typer.Option(help="Run finished items again.")] = False,
    strict: Annotated[bool, typer.Option(help="Exit with 1 if a claim differs or was not run.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Only list the items.")] = False,
    threads: Annotated[int | None, typer.Option(help="Threads; all cores by default.", min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """Run a paper's tables and figures: what it says, what we get, on which data, and the verdict.

    What is finished in --out is kept: kill it at any moment and type the same again.

    Example: flarescope reproduce bhattacharjee2020 table1 figure5_svm --out out/paper_a
    """
    from flarescope.papers import paper as named
    from flarescope.papers.reproduction import Desk, listing
    from flarescope.papers.reproduction import reproduce as run
    from flarescope.writing import check_folder_place

    chosen = named(paper)
    names = list(item or [])
    chosen.chosen(names)
    place = check_folder_place(out or Path("out") / paper)
    for folder in (data, sharps):
        _check_folder(folder)
    _check_sharps(sharps)
    if listed:
        _show_list(listing(chosen, Desk(data, place, quick, sharps)), as_json)
        return
    from flarescope.compute import keep_memory, use_threads

    keep_memory()
    use_threads(threads)
    with progress_bars("items") as progress:
        desk = Desk(data, place, quick, sharps, progress)
        rows = run(chosen, names, desk, again=again)
    _show(rows, chosen.title, quick, as_json)
    if not as_json:
        typer.echo(_where(desk))
    if strict and any(row["verdict"] in ("differs", "not run") for row in rows):
        raise typer.Exit(1)


def _check_folder(folder: Path | None) -> None:
    from flarescope.errors import BadFileError

    if folder is not None and not folder.is_dir():
        raise BadFileError(folder, "it is not a folder. Give one that exists, or leave the option out.")


def _check_sharps(folder: Path | None) -> None:
    from flarescope.errors import BadFileError

    if folder is not None and next(folder.rglob("*magnetogram.fits"), None) is None:
        raise BadFileError(folder, "it holds no *.magnetogram.fits. Give the folder of a JSOC export.")


def _show_list(items: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(items, indent=1, ensure_ascii=False))
        return
    for entry in items:
        typer.echo(f"{entry['item']:22} {entry['verdict']:24} {'; '.join(entry['claims'])}")


def _where(desk: Desk) -> str:
    """Where it wrote, and what to open."""
    from flarescope.papers.reproduction import PAGE, RESULTS

    figures = len(list(desk.folder.glob("*.pdf")))
    drawn = f", {figures} figure{'s' if figures > 1 else ''} beside them" if figures else ""
    return f"Written to {desk.folder}: {PAGE} to read, {RESULTS} for programs{drawn}."


def _show(rows: list[dict[str, Any]], title: str, quick: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False))
        return
    from rich.console import Console
    from rich.table import Table

    from flarescope.papers.claims import in_words

    table = Table(title=f"{title}{' (quick: a preview)' if quick else ''}", title_justify="left")
    for name in ("item", "claim", "paper", "ours", "data", "verdict"):
        table.add_column(name, overflow="fold")
    for row in rows:
        said = in_words(row["paper"], row["paper_spread"]), in_words(row["ours"], row["spread"])
        table.add_row(
            row["item"],
            row["claim"] + (" (ours)" if row["ours_alone"] else ""),
            *said,
            row["data"],
            row["verdict"],
        )
    Console().print(table)
    for mine, whose in ((False, "the paper's claims"), (True, "our own questions")):
        counts = Counter(row["verdict"] for row in rows if row["ours_alone"] is mine)
        if counts:
            typer.echo(f"{whose}: " + ", ".join(f"{n} {word}" for word, n in counts.items()))
    for row in rows:
        if row["note"] and row["verdict"] in ("differs", "not run"):
            typer.echo(f"{row['item']} ({row['data']}), {row['claim']}: {row['note']}")
