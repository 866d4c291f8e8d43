"""Is a forecast proven better than the flare history? One rule for whatever would become the default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flarescope.errors import MissingDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["beats_history"]


def beats_history(
    document: Mapping[str, Any], *, ranking_counts: bool = True, rival: str = "history"
) -> bool:
    """Proven better than history in AUC or Brier score, and not proven worse in the latter?

    "Proven" is an interval of 95 % that lies wholly on one side of 0, on hours or regions that no fit of the
    forecast has seen.

    Args:
        document: scores as ``Scores.to_dict`` gives them, with the reference "history".
        ranking_counts: False asks for the Brier score: a better AUC alone is not enough. So full-disk
            networks are judged.
        rival: name of the reference that is history, as it ships or refitted.

    Raises:
        MissingDataError: there are no scores against history.
    """
    try:
        history = document["references"][rival]
        brier, ranking = history["bss"], history["difference"]["auc"]
        if not ranking_counts:
            return bool(brier["low"] is not None and brier["low"] > 0.0)
        return bool(max(brier["low"], ranking["low"]) > 0.0 and brier["high"] > 0.0)
    except (KeyError, TypeError):
        raise MissingDataError(
            "The trial holds no scores against history. Give the JSON of flarescope evaluate fusion."
        ) from None
