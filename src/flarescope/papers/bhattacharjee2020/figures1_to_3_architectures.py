"""Figures 1 to 3: the networks, drawn and counted from the graph of the code that is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flarescope.papers.claims import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flarescope.models.graph import Layer
    from flarescope.papers.reproduction import Desk

__all__ = ["architectures"]

NOTE = "Counted in the graph of the code, while an empty image passed through; no data enter."
INCEPTION = [("Conv2d", 3), ("Conv2d", 5), ("Conv2d", 7), ("MaxPool2d", 3)]


def architectures(desk: Desk) -> list[Finding]:
    """Are the networks those of Figures 1 to 3? Also draws ``artefact_free``, which the paper asks for."""
    from flarescope import models

    cnn1, cnn2 = _seen("cnn1", 128), _seen("cnn2", 256)
    inception = _last_inception(cnn2)
    drawn = {
        "cnn1": _draw(desk, "figure1_cnn1", cnn1, "CNN-1 (Figure 1)", "magnetogram, 128 × 128"),
        "inception": _draw(desk, "figure2_inception", inception, "Inception module (Figure 2)", _given(cnn2)),
        "cnn2": _draw(desk, "figure3_cnn2", cnn2, "CNN-2 (Figure 3)", "magnetogram, 256 × 256"),
    }
    if "artefact_free" in models.networks:
        free = _seen("artefact_free", 64)
        _draw(
            desk, "figure_artefact_free", free, "The network of section 5", "magnetogram, 64 × 64 (any size)"
        )
    return [
        Finding(name, "synthetic", count, figure=drawn[name.partition("_")[0]], note=NOTE)
        for name, count in {**_of_cnn1(cnn1), **_of_cnn2(cnn2)}.items()
    ]


def _seen(name: str, size: int) -> list[Layer]:
    import torch

    from flarescope import models
    from flarescope.models.graph import layers

    return layers(models.build(name), torch.zeros(1, 1, size, size))


def _of_cnn1(seen: Sequence[Layer]) -> dict[str, float]:
    return {
        "cnn1_convolutions": _count(seen, "Conv2d"),
        "cnn1_pools": _count(seen, "MaxPool2d"),
        "cnn1_fully_connected": _count(seen, "Linear") - 1,  # the last one is the output neuron
    }


def _of_cnn2(seen: Sequence[Layer]) -> dict[str, float]:
    convolutions = [layer for layer in seen if layer.kind == "Conv2d"]
    return {
        "cnn2_convolutions": len(convolutions),
        "cnn2_first_kernel": convolutions[0].kernel,
        "cnn2_second_kernel": convolutions[1].kernel,
        "cnn2_inceptions": len(_inceptions(seen)),
        "cnn2_pools": len({x.shape[-1] for x in seen if (x.kind, x.kernel, x.stride) == ("MaxPool2d", 3, 3)}),
        "cnn2_global_average": sum(x.shape[-2:] == (1, 1) and "Avg" in x.kind for x in seen),
    }  # fmt: skip


def _count(seen: Sequence[Layer], kind: str) -> int:
    return sum(layer.kind == kind for layer in seen)


def _inceptions(seen: Sequence[Layer]) -> list[int]:
    """Layers from which exactly the four branches of Figure 2 part."""
    return [
        k
        for k in range(len(seen))
        if sorted((x.kind, x.kernel) for x in seen if x.sources == (k,)) == INCEPTION
    ]


def _last_inception(seen: Sequence[Layer]) -> list[Layer]:
    """The last inception module by itself, from where its branches part to where they meet."""
    from dataclasses import replace

    first = _inceptions(seen)[-1]
    last = next(k for k in range(first + 1, len(seen)) if len(seen[k].sources) == len(INCEPTION))
    own = seen[first:last]
    return [replace(x, sources=tuple(s - first for s in x.sources if s >= first)) for x in own]


def _given(seen: Sequence[Layer]) -> str:
    """What enters the last inception module, in words."""
    return "maps of the module before, " + " × ".join(map(str, seen[_inceptions(seen)[-1]].shape))


def _draw(desk: Desk, name: str, seen: Sequence[Layer], title: str, given: str) -> str:
    from flarescope.plots.architecture import architecture_figure

    weights = sum(layer.weights for layer in seen)
    return desk.figure(name, architecture_figure(seen, title=f"{title}: {weights:,} weights", given=given))
