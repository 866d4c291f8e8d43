"""What a paper says, what we found, and one rule for whether the two agree.

A claim is a number ("TSS .51 ± .06"), a direction ("more flux where the output is higher") or a sameness
("the identity does as well"). The rule is the same for all claims of all papers; nobody writes a verdict by
hand.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flarescope.errors import BadFileError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "Claim",
    "DataKind",
    "Finding",
    "Verdict",
    "find_claim",
    "in_words",
    "read_claims",
    "row",
    "verdict",
]

DataKind = Literal["real", "real-small", "synthetic"]
Verdict = Literal["agrees", "in principle", "undecided", "differs", "no reference", "not run"]


@dataclass(frozen=True)
class Claim:
    """What the paper says.

    Attributes:
        item: table or figure it belongs to.
        name: of the claim within its item.
        text: in words, with the unit.
        where: in the paper.
        kind: "number"; "direction", where ours is to lie ``side`` ``null``; "same", where a difference is to
            be smaller than ``margin``; or "none", where there is nothing to compare ours with.
        value: the paper's number; None for the other kinds.
        spread: one standard deviation of it as published; 0 where none is given.
        tolerance: what we take for it where the paper says "about" or shows a curve.
        null: the value that would mean "no effect".
        side: "above" or "below", for a direction.
        margin: the smallest difference that would matter, for "same".
        by_law: on the made-up Sun this depends on its flare-flux law, which is ours: agreement is then "in
            principle" only.
        data: the kind of data that decides it, said where it is not run.
        ours: the paper does not say it; we ask it.
    """

    item: str
    name: str
    text: str
    where: str
    kind: Literal["number", "direction", "same", "none"] = "number"
    value: float | None = None
    spread: float = 0.0
    tolerance: float = 0.0
    null: float = 0.0
    side: Literal["above", "below"] = "above"
    margin: float = 0.0
    by_law: bool = False
    data: DataKind = "real"
    ours: bool = False

    @property
    def says(self) -> float | str:
        """The paper's number, or its direction or sameness in signs."""
        if self.value is not None:
            return self.value
        if self.kind == "none":
            return "–"
        if self.kind == "same":
            return f"within ±{self.margin:g}"
        return f"{'>' if self.side == 'above' else '<'} {self.null:g}"


@dataclass(frozen=True)
class Finding:
    """What we got for one claim on one kind of data.

    Attributes:
        claim: the claim's name within its item.
        data: "real" (full scale), "real-small", or "synthetic" (the made-up Sun).
        value: ours; None where it was not run.
        spread: one standard deviation of it; None where there is none (an exact count).
        figure: file name of the figure that shows it.
        note: one sentence: data, split, and why it differs where it does.
        needs: what is missing, where ``value`` is None.
    """

    claim: str
    data: DataKind
    value: float | None
    spread: float | None = None
    figure: str = ""
    note: str = ""
    needs: str = ""


def read_claims(path: Path) -> list[Claim]:
    """All claims of a paper's ``claims.toml``.

    Raises:
        BadFileError: not TOML, an unknown key, a claim that says nothing, or one name twice in an item.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["claim"]
        claims = [Claim(**table) for table in tables]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as problem:
        raise BadFileError(path, f"its claims cannot be read: {problem!r}.") from None
    seen: set[tuple[str, str]] = set()
    for claim in claims:
        if (claim.item, claim.name) in seen:
            raise BadFileError(path, f"claim '{claim.name}' of {claim.item} is there twice.")
        if (claim.kind == "number") != (claim.value is not None):
            raise BadFileError(
                path, f"claim '{claim.name}' of {claim.item}: a number needs a value, no other."
            )
        if (claim.kind == "same") != (claim.margin > 0.0):
            raise BadFileError(
                path, f"claim '{claim.name}' of {claim.item}: 'same' needs a margin, no other."
            )
        seen.add((claim.item, claim.name))
    return claims


def find_claim(claims: Sequence[Claim], item: str, name: str) -> Claim:
    """The claim of this name; an ``UnknownNameError`` if the item has none."""
    own = {claim.name: claim for claim in claims if claim.item == item}
    if name not in own:
        raise UnknownNameError(f"claim of {item}", name, own)
    return own[name]


def verdict(claim: Claim, found: Finding) -> Verdict:
    """Does what we found agree with what the paper says?

    A number agrees if |ours − paper| ≤ 2·√(σ_paper² + σ_ours²) and our interval (± 2σ) is narrow enough to
    tell the paper's value from "no effect": 2σ_ours < |paper − null|; too wide is "undecided". A direction
    agrees if ours ± 2σ lies wholly on the stated side of null, differs if wholly on the other, and is
    undecided between or where no spread is known. A sameness agrees if ours ± 2σ lies wholly within
    ± margin, differs if wholly outside. Where there is nothing to compare with, it is "no reference". What
    the made-up Sun's own flare-flux law decides agrees "in principle" only.

    Example:
        >>> claim = Claim("table3", "tss", "TSS", "Table 3", value=0.51, spread=0.06)
        >>> verdict(claim, Finding("tss", "real-small", 0.45, 0.05))
        'agrees'
    """
    if not _is_number(found.value):
        return "not run"
    if claim.kind == "none":
        return "no reference"
    ours = float(found.value or 0.0)
    exact = found.spread is None and claim.kind == "number"
    if not (exact or _is_number(found.spread)):
        return "undecided"
    word = _compared(claim, ours, found.spread or 0.0)
    return "in principle" if word == "agrees" and claim.by_law and found.data == "synthetic" else word


def _compared(claim: Claim, ours: float, spread: float) -> Verdict:
    if claim.value is not None:
        if abs(ours - claim.value) > 2 * math.hypot(claim.spread or claim.tolerance, spread):
            return "differs"
        return "agrees" if spread == 0.0 or 2 * spread < abs(claim.value - claim.null) else "undecided"
    if claim.kind == "same":
        beyond = claim.margin - abs(ours)
    else:
        beyond = ours - claim.null if claim.side == "above" else claim.null - ours
    if abs(beyond) <= 2 * spread:
        return "undecided"
    return "agrees" if beyond > 0 else "differs"


def row(claim: Claim, found: Finding) -> dict[str, Any]:
    """A line of the result, as JSON takes it."""
    known = _is_number(found.value)
    return {
        "item": claim.item,
        "claim": claim.text,
        "name": claim.name,
        "where": claim.where,
        "ours_alone": claim.ours,
        "paper": claim.says,
        "paper_spread": claim.spread or None,
        "tolerance": claim.tolerance or None,
        "ours": found.value if known else None,
        "spread": found.spread if _is_number(found.spread) else None,
        "data": found.data,
        "verdict": verdict(claim, found),
        "figure": found.figure,
        "note": found.note if known else f"not run: {found.needs or 'the result is no number'}",
    }


def in_words(value: float | str | None, spread: float | None) -> str:
    """A number with its spread, a direction in signs, or a dash for nothing.

    Example:
        >>> in_words(0.508, 0.049), in_words(63649, None), in_words("> 0", None), in_words(None, None)
        ('0.508 ± 0.049', '63,649', '> 0', '–')
    """
    if value is None or isinstance(value, str):
        return "–" if value is None else value
    if not spread and float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.3g} ± {spread:.2g}" if spread else f"{value:.4g}"


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
