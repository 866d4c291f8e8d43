"""``flarescope fetch``: magnetograms, flares and regions from the public archives."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flarescope.cli._options import AsJson
from flarescope.cli._progress import progress_bar

if TYPE_CHECKING:
    from datetime import timedelta

    from flarescope.sources.fetching import Expected, Fetched
    from flarescope.sources.http import Http
    from flarescope.sources.store import Store
    from flarescope.sun import Encoding

__all__ = ["app"]

app = typer.Typer(
    help="Fetch magnetograms, flares or regions from the public archives.",
    no_args_is_help=True,
)

FIRST_IMAGE = datetime(2010, 4, 1, tzinfo=UTC)  # a month before the series proper begin
GAPS_SHOWN = 20

From = Annotated[str, typer.Option("--from", help="First time, UTC, such as 2026-02-03.")]
To = Annotated[str, typer.Option("--to", help="End, UTC, itself excluded.")]
BaseUrl = Annotated[
    str | None,
    typer.Option(help="Another address: of the archive, or of a host with all, http://127.0.0.1:8000"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say how many, how large and how long.")]


@app.command()
def magnetograms(
    begin: From,
    end: To,
    store: Annotated[
        Path, typer.Option("--store", "--out", help="Folder of the store; begun or gone on with.")
    ],
    source: Annotated[str, typer.Option(help="helioviewer or jsoc.")] = "helioviewer",
    every: Annotated[str, typer.Option(help="Cadence: 12min, 1h, 1d.")] = "1h",
    series: Annotated[
        str | None, typer.Option(help="Of JSOC: hmi.M_720s, hmi.sharp_cea_720s, …_nrt.")
    ] = None,
    harp: Annotated[
        int | None, typer.Option(help="Of a SHARP series: the region's HARP number.", min=1)
    ] = None,
    tolerance: Annotated[
        str, typer.Option(help="How far an image may be from its time; one for a store.")
    ] = "12min",
    size: Annotated[
        int,
        typer.Option(
            help="Side of the prepared images in pixels; 0 keeps the archive's files alone.", min=0, max=4096
        ),
    ] = 512,
    workers: Annotated[int, typer.Option(help="Requests at a time.", min=1, max=16)] = 4,
    base_url: BaseUrl = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fetch magnetograms into a store: checked, checksummed, every gap with its reason.

    Killed and typed again, it goes on. Ends with 1 where gaps are left; a later call tries them again.

    Example: flarescope fetch magnetograms --from 2026-02-03 --to 2026-02-04 --every 1h --store out/store
    """
    from flarescope.errors import BadOptionError
    from flarescope.sources.fetching import expected, fetch_magnetograms, times_between, units_for
    from flarescope.times import duration

    if harp is None and "sharp" in (series or ""):
        raise BadOptionError(f"{series} has many regions at a time. Name one: --harp 377, say.")
    units, near = units_for(times_between(begin, end, every), harp), duration(tolerance)
    _check_period(units[0].times[0])
    asked = {
        "source": source, "series": series, "harp": harp, "from": begin, "to": end, "every": every,
        "tolerance": tolerance, "store": str(store),
    }  # fmt: skip
    with _client(base_url) as http:
        archive = _offers(source, "magnetograms", http, base_url, series=series, harp=harp)
        cost = expected(archive, units, _there(store), tolerance=near, workers=workers)
        if dry_run:
            return _say_cost(cost, asked, as_json=as_json)
        if not (store / "store.json").is_file():
            _probe(archive, units[0].times[0], near)
        encoding: Encoding = "gauss" if source == "jsoc" else "grey8"
        kept = _begun(store, size, of_region=harp is not None, encoding=encoding)
        started = time.monotonic()
        with progress_bar("magnetograms") as update:
            found = fetch_magnetograms(
                archive, units, kept, http, tolerance=near, workers=workers, progress=update
            )
    _say_fetched(found, asked, time.monotonic() - started, as_json=as_json)
    if found.gaps:
        raise typer.Exit(1)
    return None


@app.command()
def flares(
    begin: From,
    end: To,
    out: Annotated[Path, typer.Option(help="CSV to write; what it covers goes beside it.")],
    source: Annotated[str, typer.Option(help="hek (since 2010) or swpc (the last week).")] = "hek",
    base_url: BaseUrl = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a GOES flare list: every answer is asked for twice, and what it covers is written beside it.

    Ends with 1 where the list has holes.

    Example: flarescope fetch flares --from 2026-01-01 --to 2026-02-04 --out flares.csv
    """
    from flarescope.errors import BadOptionError
    from flarescope.sources.flare_csv import write_flares
    from flarescope.times import iso, utc
    from flarescope.writing import check_file_place

    a, b = utc(begin), utc(end)
    if b <= a:
        raise BadOptionError(f"--to {iso(b)} is not later than --from {iso(a)}. Give a later end.")
    check_file_place(out)
    with _client(base_url) as http:
        archive = _offers(source, "flares", http, base_url)
        if dry_run:
            days = (b - a).total_seconds() / 86_400
            document = {"source": source, "from": iso(a), "to": iso(b), "days": days, "written": None}
            return _say(document, f"{source}: a list of {days:g} days", as_json=as_json)
        catalog = archive.flares(a, b)
        troubles = [vars(t) for t in http.troubles]
    write_flares(out, catalog)
    holes = _outside(catalog.coverage, a, b)
    document = {
        "source": source, "from": iso(a), "to": iso(b), "flares": len(catalog), "goes_scale": catalog.scale,
        "not_covered": holes, "notes": list(catalog.notes), "troubles": troubles, "out": str(out),
    }  # fmt: skip
    lines = [f"{len(catalog)} flares from {iso(a)} to {iso(b)}: {out}"]
    lines += [f"  not covered: {hole['from']} to {hole['to']}" for hole in holes]
    _say(document, *lines, *(f"  note: {note}" for note in catalog.notes), as_json=as_json)
    if holes:
        raise typer.Exit(1)
    return None


@app.command()
def regions(
    out: Annotated[Path, typer.Option(help="Text file to write: the newest Solar Region Summary.")],
    source: Annotated[str, typer.Option(help="swpc.")] = "swpc",
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the newest Solar Region Summary, as ``forecast --regions`` and ``explain --regions`` read it.

    Example: flarescope fetch regions --out regions.txt
    """
    from flarescope.times import iso
    from flarescope.writing import check_file_place, write_whole

    check_file_place(out)
    with _client(base_url) as http:
        archive = _offers(source, "regions", http, base_url)
        text, summary = archive.newest_summary()
    write_whole(out, text)
    numbers = [number for reported in summary.regions for number in reported.region.noaa]
    document = {"source": source, "issued": iso(summary.issued), "noaa": numbers, "out": str(out)}
    _say(document, f"{len(numbers)} regions with spots, issued {iso(summary.issued)}: {out}", as_json=as_json)


def _client(base_url: str | None) -> Http:
    """The client; one address of a host that has all archives is an address of each."""
    from flarescope.sources.http import Http
    from flarescope.sources.settings import archive_settings, is_root

    settings = archive_settings()
    return Http(settings.at(base_url) if base_url and is_root(base_url) else settings)


def _offers(name: str, what: str, http: Http, base_url: str | None, **options: Any) -> Any:
    """The source of this name, if it has what is asked for."""
    from flarescope.errors import BadOptionError, UnknownNameError
    from flarescope.sources import known_sources
    from flarescope.sources.settings import is_root

    known = known_sources()
    having = [each for each in known if what in known[each].offers]
    if name not in having:
        raise UnknownNameError(f"source of {what}", name, having)
    source = known[name]
    given = {key: value for key, value in options.items() if value is not None}
    unknown = sorted(set(given) - set(signature(source).parameters))
    if unknown:
        raise BadOptionError(f"--{unknown[0]} does not go with --source {name}. Leave it out.")
    return source(http, base_url=base_url if base_url and not is_root(base_url) else None, **given)


def _probe(archive: Any, moment: datetime, near: timedelta) -> None:
    """A wrong address, or an archive that is down, ends here: before there is a store of gaps."""
    from flarescope.errors import MissingDataError

    with suppress(MissingDataError):
        archive.find(moment, tolerance=near)


def _check_period(first: datetime) -> None:
    from flarescope.errors import BadOptionError
    from flarescope.times import iso

    if first < FIRST_IMAGE:
        raise BadOptionError(f"--from {iso(first)} is before HMI's first images, of {iso(FIRST_IMAGE)}.")
    if first > datetime.now(UTC):
        raise BadOptionError(f"--from {iso(first)} lies in the future. Give an earlier time.")


def _there(folder: Path) -> Store | None:
    from flarescope.sources.store import Store

    return Store.open(folder) if (folder / "store.json").is_file() else None


def _begun(folder: Path, size: int, *, of_region: bool, encoding: Encoding) -> Store:
    """The store, which keeps the archive's files and, beside them, prepared images."""
    from flarescope.sources.store import Store
    from flarescope.sources.store.build import preparation_for

    prepared = None
    if size:
        prepared = preparation_for("region" if of_region else "full_disk", size=size, encoding=encoding)
    return Store.create(folder, preparation=prepared, keep_files=True)


def _say(document: dict[str, Any], *lines: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        typer.echo("\n".join(lines))


def _say_cost(cost: Expected, asked: dict[str, Any], *, as_json: bool) -> None:
    left = cost.images - cost.there
    document = {
        **asked, "images_expected": cost.images, "there": cost.there, "bytes_expected": cost.size_bytes,
        "seconds_expected": round(cost.seconds, 1),
    }  # fmt: skip
    line = (
        f"{asked['source']}: {cost.images} images, {cost.there} of them there; {left} to fetch, about "
        f"{cost.size_bytes / 1e6:,.0f} MB in {cost.seconds / 60:,.1f} min"
    )
    _say(document, line, as_json=as_json)


def _say_fetched(found: Fetched, asked: dict[str, Any], seconds: float, *, as_json: bool) -> None:
    told = found.to_dict()
    lines = [
        f"{found.images} of {found.asked} images, {found.size_bytes / 1e6:,.0f} MB, in {seconds:.0f} s: "
        f"{asked['store']}",
        *(f"  gap {gap['time']}: {gap['reason']}" for gap in told["gaps"][:GAPS_SHOWN]),
    ]
    if len(found.gaps) > GAPS_SHOWN:
        lines.append(f"  … and {len(found.gaps) - GAPS_SHOWN} gaps more; --json lists them all")
    lines += [f"  note: {note}" for note in found.notes]
    if told["retried"] or told["refused"]:
        lines.append(
            f"  {len(told['retried'])} doubtful or broken answers asked for again, "
            f"{len(told['refused'])} given up; --json lists them"
        )
    _say({**asked, **told, "seconds": round(seconds, 1)}, *lines, as_json=as_json)


def _outside(covered: Any, a: Any, b: Any) -> list[dict[str, str]]:
    """The parts of a ≤ t < b that a list does not cover."""
    from flarescope.times import iso

    edges = [a, *(edge for start, end in covered for edge in (max(start, a), min(end, b))), b]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [{"from": iso(start), "to": iso(end)} for start, end in pairs if start < end]
