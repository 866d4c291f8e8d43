"""Two sets of forecasts from whatever a user has: tables, stored forecasts, or folders of magnetograms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadFileError, BadOptionError, FlarescopeError, MissingDataError
from flarescope.evaluation.field_change import FieldChange, field_change
from flarescope.evaluation.issued import asked_of, region_of
from flarescope.evaluation.outcomes import outcomes
from flarescope.evaluation.pairs import IMAGE_RIVALS, Asked, Said, pair_up
from flarescope.evaluation.rerun import Missed, Rerun, forecast_images, rerun
from flarescope.evaluation.said_tables import Columns, read_said
from flarescope.sources.files import read_magnetogram
from flarescope.sources.forecast_json import LINES, read_forecasts
from flarescope.times import to_datetime64

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flarescope.flare import FlareCatalog
    from flarescope.forecast import Forecast
    from flarescope.forecaster import Question
    from flarescope.sources.srs import RegionSummary

__all__ = ["Sides", "Wanted", "kind_of", "read_sides", "said_of"]

Kind = Literal["table", "forecasts", "images"]
IMAGES = (".fits", ".fit", ".fts", ".jp2", ".jpg", ".jpeg", ".png", ".npz")
MOST_FILES = 100_000
UNUSED = ("has weight 0 on the disk", "image was read but not used")  # how notes tell of an idle image


@dataclass(frozen=True)
class Wanted:
    """How the inputs are to be read.

    Attributes:
        flares: labels outcomes, and is the history of forecasts that are made here.
        summaries: where the regions of full disks are.
        question: for tables, which do not say, and for images.
        columns: of tables.
        tolerance: how far two observations of one hour may lie apart.
    """

    flares: FlareCatalog | None = None
    summaries: Sequence[RegionSummary] = ()
    question: Question | None = None
    columns: Columns = field(default_factory=Columns)
    tolerance: str = "6min"

    @property
    def asked(self) -> Asked:
        """The question of tables."""
        if self.question is None:
            return Asked()
        target = self.question.target
        return Asked(target.at_least, target.from_hours, target.to_hours)


@dataclass(frozen=True, eq=False)
class Sides:
    """Two sets of forecasts, fit for ``compare``.

    Attributes:
        nrt, definitive: what each said.
        observed: what happened after each row of ``nrt``; NaN where nobody knows.
        fields: differences of the images, where both sides are images.
        missed: what could not be read, forecast or made again.
        notes: what a reader must know.
    """

    nrt: Said
    definitive: Said
    observed: Float[np.ndarray, "n"]
    fields: tuple[FieldChange, ...] = ()
    missed: tuple[Missed, ...] = ()
    notes: tuple[str, ...] = ()


def kind_of(path: str | Path) -> Kind:
    """A table, stored forecasts, or images?

    Raises:
        BadFileError: nothing there, or a folder of neither images nor forecasts, or of both.
    """
    place = Path(path)
    if place.is_dir():
        kinds = Counter(file.suffix.lower() for file in place.resolve().rglob("*") if file.is_file())
        images, stored = sum(kinds[s] for s in IMAGES), sum(kinds[s] for s in (".json", *LINES))
        if bool(images) == bool(stored):
            linked = " Linked folders in it are not followed." if _linked_folders(place) else ""
            raise BadFileError(
                place,
                f"it holds {images} magnetograms and {stored} JSON files. Accepted: a folder of one of both."
                + linked,
            )
        return "images" if images else "forecasts"
    return "forecasts" if place.suffix.lower() in (".json", *LINES) else "table"


def _linked_folders(place: Path) -> bool:
    return any(inner.is_symlink() and inner.is_dir() for inner in place.resolve().rglob("*"))


def read_sides(
    nrt: str | Path,
    definitive: str | Path,
    wanted: Wanted,
    *,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Sides:
    """Read both sides; forecast the images; make stored forecasts again where definitive images are given.

    Raises:
        BadFileError: a side cannot be read.
        BadOptionError: images without a flare list, or one side twice.
        MissingDataError: no image of a side gave a forecast.
    """
    paths = Path(nrt), Path(definitive)
    if paths[0].resolve() == paths[1].resolve():
        raise BadOptionError(f"{nrt} is given twice. Give a near-real-time and a definitive set.")
    kinds = kind_of(paths[0]), kind_of(paths[1])
    if "images" in kinds and wanted.flares is None:
        raise BadOptionError(
            "Images are forecast from their hour's flare history, and there is no flare list. Give --flares."
        )
    first = _read(paths[0], kinds[0], wanted, progress)
    if kinds == ("forecasts", "images"):
        first, second = _made_again(first, paths[1], wanted, progress)
    else:
        second = _read(paths[1], kinds[1], wanted, progress)
    named = wanted.columns.observed
    if named is not None and first.observed is None and second.observed is None:
        raise BadOptionError(f"No table has the column '{named}' of outcomes. Name one that is there.")
    happened, doubts = _happened(first, second, wanted)
    changes, without = _fields(first, second, wanted, progress)
    return Sides(
        first.said,
        second.said,
        happened,
        changes,
        (*first.missed, *second.missed, *without),
        (*dict.fromkeys((*first.notes, *second.notes, *doubts)),),
    )


def said_of(name: str, forecasts: Sequence[Forecast]) -> Said:
    """Forecasts as columns."""
    return Said(
        name,
        np.array([to_datetime64(f.observed) for f in forecasts], "datetime64[us]"),
        np.array([f.probability for f in forecasts]),
        np.array([f.threshold for f in forecasts]),
        tuple(region_of(f) for f in forecasts),
        tuple(asked_of(f) for f in forecasts),
        {
            name: np.array([f.rivals.get(name, np.nan) for f in forecasts])
            for name in IMAGE_RIVALS
            if any(name in f.rivals for f in forecasts)
        },
        np.array([_image_unused(f) for f in forecasts], bool),
    )


def _image_unused(forecast: Forecast) -> bool:
    """Was an image read, and had weight 0? Its notes say so."""
    return any(said in note for note in forecast.notes for said in UNUSED)


@dataclass(frozen=True, eq=False)
class _Side:
    """One side, and what it was made of."""

    said: Said
    observed: Float[np.ndarray, "n"] | None = None
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    images: tuple[Path, ...] = ()
    missed: tuple[Missed, ...] = ()
    notes: tuple[str, ...] = ()


def _read(path: Path, kind: Kind, wanted: Wanted, progress: Callable[[str, int, int], None]) -> _Side:
    if kind == "table":
        said, observed, notes = read_said(path, wanted.columns, wanted.asked)
        return _Side(said, observed, notes=notes)
    if kind == "forecasts":
        stored, refused = read_forecasts(path)
        missed = tuple(Missed(name, why) for name, why in refused.items())
        return _Side(said_of(str(path), list(stored.values())), forecasts=stored, missed=missed)
    made = forecast_images(
        _images(path), flares=wanted.flares, question=wanted.question, summaries=wanted.summaries,
        progress=lambda done, of: progress(path.name, done, of),
    )  # fmt: skip
    return _of_images(path, made)


def _made_again(
    issued: _Side, path: Path, wanted: Wanted, progress: Callable[[str, int, int], None]
) -> tuple[_Side, _Side]:
    """Stored forecasts and the same on definitive images; those that were not made again stand alone."""
    made = rerun(
        issued.forecasts, _images(path), flares=wanted.flares, summaries=wanted.summaries,
        tolerance=wanted.tolerance, progress=lambda done, of: progress("made again", done, of),
    )  # fmt: skip
    return issued, _of_images(path, made)


def _of_images(path: Path, made: Rerun) -> _Side:
    if not made.again:
        first = f" The first of {len(made.missed)}: {made.missed[0].name}: {made.missed[0].reason}"
        raise MissingDataError(
            f"{path}: no forecast could be made on these images.{first if made.missed else ''}"
        )
    return _Side(
        said_of(str(path), made.again),
        images=made.images,
        missed=made.missed,
        notes=tuple(f"{path.name}: {note}" for note in made.notes),
    )


def _images(folder: Path) -> list[Path]:
    files = sorted(f for f in folder.resolve().rglob("*") if f.suffix.lower() in IMAGES and f.is_file())
    if len(files) > MOST_FILES:
        raise BadFileError(folder, f"it holds {len(files):,} images; at most {MOST_FILES:,} are compared.")
    return files


def _happened(first: _Side, second: _Side, wanted: Wanted) -> tuple[Float[np.ndarray, "n"], list[str]]:
    """Outcomes by row of the first side: its own column, then its partner's, then the flare list's."""
    said = first.said
    found = np.full(len(said), np.nan) if first.observed is None else first.observed.copy()
    notes = []
    if second.observed is not None:
        pairs = pair_up(said, second.said, tolerance=wanted.tolerance)
        theirs = np.full(len(said), np.nan)
        theirs[pairs.nrt] = second.observed[pairs.definitive]
        against = np.isfinite(found) & np.isfinite(theirs) & (found != theirs)
        found = np.where(np.isfinite(found), found, theirs)
        found[against] = np.nan
        if against.any():
            notes.append(f"The tables disagree on what happened after {against.sum()} forecasts: not scored.")
    if wanted.flares is not None and first.observed is None and second.observed is None:
        return outcomes(said, wanted.flares)
    return found, notes


def _fields(
    first: _Side, second: _Side, wanted: Wanted, progress: Callable[[str, int, int], None]
) -> tuple[tuple[FieldChange, ...], tuple[Missed, ...]]:
    """Pixels against pixels, where both sides are images."""
    if not (first.images and second.images):
        return (), ()
    pairs = pair_up(first.said, second.said, tolerance=wanted.tolerance)
    found, missed = [], []
    for done, (k, other) in enumerate(zip(pairs.nrt, pairs.definitive, strict=True), 1):
        a, b = first.images[k], second.images[other]
        try:
            found.append(field_change(read_magnetogram(a), read_magnetogram(b)))
        except FlarescopeError as error:
            missed.append(Missed(b.name, f"its field was not compared: {error}"))
        progress("fields", done, len(pairs))
    return tuple(found), tuple(missed)
