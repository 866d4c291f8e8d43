"""What the operational centres said: archived daily probabilities of SWPC and the Met Office.

Both are plain columns: year month day hour minute, then the probability in per cent of M flares on days 1, 2,
3 (Met Office: 4), then of X flares on the same days. The number of columns tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Shaped

from flarescope.errors import BadFileError, BadOptionError
from flarescope.sources.plain_text import read_text

__all__ = ["IssuedForecasts", "read_issued_forecasts"]

Centre = Literal["SWPC", "Met Office"]
ACCEPTED = "lines of year month day hour minute and 6 (SWPC) or 8 (Met Office) per cents"
_CENTRES: dict[int, tuple[Centre, int]] = {11: ("SWPC", 3), 13: ("Met Office", 4)}
_HALF_DAY = np.timedelta64(12, "h")


@dataclass(frozen=True, eq=False)
class IssuedForecasts:
    """One row for each period the centre forecast, sorted by time.

    Attributes:
        centre: "SWPC" or "Met Office".
        issued: when it was issued, ``datetime64[us]`` UTC "n"; SWPC's lists give the date only.
        valid_from: start of day 1 "n": SWPC's line for a date holds for 00-24 UT of that date; the Met
            Office issues for 00 and 12 UT, and an issue belongs to the nearest (23:49 to the next day).
        m_class: probability of a flare ≥ M1.0 on each day "n day", 0 to 1.
        x_class: probability of a flare ≥ X1.0 on each day "n day", 0 to 1.
        notes: what was left out.
    """

    centre: Centre
    issued: Shaped[np.ndarray, "n"]
    valid_from: Shaped[np.ndarray, "n"]
    m_class: Float[np.ndarray, "n day"]
    x_class: Float[np.ndarray, "n day"]
    notes: tuple[str, ...] = ()

    def day(
        self, number: int, at_least: str = "M1.0"
    ) -> tuple[Shaped[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        """Starts of the 24 h windows of one day ahead, and the probabilities given for them.

        Raises:
            BadOptionError: the centre gives no such day or class.
        """
        if not 1 <= number <= self.m_class.shape[1]:
            raise BadOptionError(
                f"{self.centre} forecasts no day {number}. Accepted: 1 to {self.m_class.shape[1]}."
            )
        classes = {"M1.0": self.m_class, "X1.0": self.x_class}
        if at_least not in classes:
            raise BadOptionError(f"{self.centre} forecasts no class {at_least}. Accepted: M1.0, X1.0.")
        return self.valid_from + np.timedelta64(24 * (number - 1), "h"), classes[at_least][:, number - 1]


def read_issued_forecasts(path: str | Path) -> IssuedForecasts:
    """What did the centre say?

    Where several issues fall to one period the last one counts, as it did for the centre's users.

    Raises:
        BadFileError: the file is missing, empty, or a line cannot be read; the message names the line.

    Example:
        >>> swpc = read_issued_forecasts("swpc_2014_2016.txt")  # doctest: +SKIP
        >>> windows, probability = swpc.day(1, "M1.0")  # doctest: +SKIP
    """
    file = Path(path)
    lines = [
        (k, line.split()) for k, line in enumerate(read_text(file, ACCEPTED).splitlines(), 1) if line.strip()
    ]
    width = len(lines[0][1])
    if width not in _CENTRES:
        raise BadFileError(file, f"line {lines[0][0]} has {width} columns. Accepted: {ACCEPTED}.")
    centre, days = _CENTRES[width]
    rows = [_row(file, number, words, width) for number, words in lines]
    issued = np.array([time for time, _ in rows], "datetime64[us]")
    said = np.array([values for _, values in rows]) / 100.0
    order = np.argsort(issued, kind="stable")
    issued, said = issued[order], said[order]
    start = _nearest_half_day(issued) if centre == "Met Office" else issued.astype("datetime64[D]")
    last = np.append(start[1:] != start[:-1], True)
    repeats = int((~last).sum())
    return IssuedForecasts(
        centre=centre,
        issued=issued[last],
        valid_from=start[last].astype("datetime64[us]"),
        m_class=said[last, :days],
        x_class=said[last, days:],
        notes=(f"{file.name}: {repeats} issues replaced by a later one for the same period.",)
        if repeats
        else (),
    )


def _row(file: Path, number: int, words: list[str], width: int) -> tuple[datetime, list[float]]:
    """One line: when it was issued, and its per cents."""
    if len(words) != width:
        raise BadFileError(
            file, f"line {number} has {len(words)} columns, the first one {width}. Mend the line."
        )
    try:
        year, month, day, hour, minute = map(int, words[:5])
        time = datetime(year, month, day, hour, minute)  # noqa: DTZ001 - becomes datetime64, UTC
        values = [float(word) for word in words[5:]]
    except (ValueError, OverflowError):
        shown = " ".join(words)
        raise BadFileError(
            file, f"line {number} '{shown[:60]}' cannot be read. Accepted: {ACCEPTED}."
        ) from None
    if not all(0.0 <= value <= 100.0 for value in values):
        raise BadFileError(file, f"line {number} has a probability outside 0 to 100 per cent. Mend the line.")
    return time, values


def _nearest_half_day(times: Shaped[np.ndarray, "n"]) -> Shaped[np.ndarray, "n"]:
    """00 or 12 UT, whichever is nearer; 06 and 18 UT go to the later one."""
    midnight = times.astype("datetime64[D]").astype("datetime64[us]")
    halves = np.floor((times - midnight) / _HALF_DAY + 0.5).astype(int)
    return np.asarray(midnight + halves * _HALF_DAY)
