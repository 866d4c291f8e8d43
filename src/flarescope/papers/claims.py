"""What a paper says, what we found, and one rule for whether the two agree.

A claim is a number ("TSS .51 ± .06") or a direction ("more flux where the output is higher"). The rule is the
same for all claims of all papers, and nobody writes a verdict by hand.
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

__all__ = ["Claim", "DataKind", "Finding", "Verdict", "find_claim", "read_claims", "row", "verdict"]

DataKind = Literal["real", "real-small", "synthetic"]
Verdict = Literal["agrees", "in principle", "undecided", "differs", "not run"]


@dataclass(frozen=True)
class Claim:
    """What the paper says.

    Attributes:
        item: table or figure it belongs to.
        name: of the claim within its item.
        text: in words, with the unit.
        where: in the paper.
        kind: "number", or "direction": ours is to lie ``side`` ``null``.
        value: the paper's number; None for a direction.
        spread: one standard deviation of it as published; 0 where none is given.
        null: the value that would mean "no effect".
        side: "above" or "below", for a direction.
        by_law: on the made-up Sun this depends on its flare-flux law, which is ours: agreement is then "in
            principle" only.
        data: the kind of data that decides it, said where it is not run.
    """

    item: str
    name: str
    text: str
    where: str
    kind: Literal["number", "direction"] = "number"
    value: float | None = None
    spread: float = 0.0
    null: float = 0.0
    side: Literal["above", "below"] = "above"
    by_law: bool = False
    data: DataKind = "real"

    @property
    def says(self) -> float | str:
        """The paper's number, or its direction in signs."""
        if self.value is not None:
            return self.value
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
        if (claim.value is None) != (claim.kind == "direction"):
            raise BadFileError(path, f"claim '{claim.name}' of {claim.item}: a number needs a value, a "
                               "direction none.")  # fmt: skip
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
    undecided between. What the made-up Sun's own flare-flux law decides agrees "in principle" only.

    Example:
        >>> claim = Claim("table3", "tss", "TSS", "Table 3", value=0.51, spread=0.06)
        >>> verdict(claim, Finding("tss", "real-small", 0.45, 0.05))
        'agrees'
    """
    if found.value is None or not math.isfinite(found.value):
        return "not run"
    spread = found.spread or 0.0
    if claim.value is not None:
        word = _of_number(claim.value, claim.spread, claim.null, found.value, spread)
    else:
        word = _of_direction(claim.side, found.value - claim.null, spread)
    return "in principle" if word == "agrees" and claim.by_law and found.data == "synthetic" else word


def _of_number(paper: float, paper_spread: float, null: float, ours: float, spread: float) -> Verdict:
    if abs(ours - paper) > 2 * math.hypot(paper_spread, spread):
        return "differs"
    return "agrees" if 2 * spread < abs(paper - null) or spread == 0.0 else "undecided"


def _of_direction(side: str, beyond: float, spread: float) -> Verdict:
    signed = beyond if side == "above" else -beyond
    if abs(signed) <= 2 * spread:
        return "undecided"
    return "agrees" if signed > 0 else "differs"


def row(claim: Claim, found: Finding) -> dict[str, Any]:
    """A line of the result, as JSON takes it."""
    known = found.value is not None and math.isfinite(found.value)
    return {
        "item": claim.item,
        "claim": claim.text,
        "name": claim.name,
        "where": claim.where,
        "paper": claim.says,
        "paper_spread": claim.spread if claim.kind == "number" else None,
        "ours": found.value if known else None,
        "spread": found.spread,
        "data": found.data,
        "verdict": verdict(claim, found),
        "figure": found.figure,
        "note": found.note if known else f"not run: {found.needs or 'the result is no number'}",
    }
