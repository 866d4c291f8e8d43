"""``flarescope doctor``: is this installation fit for work?"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["doctor"]

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "pillow",
    "astropy",
    "torch",
    "scikit-learn",
    "matplotlib",
    "sunpy",
)
FOLDERS = ("magnetograms", "flares", "regions", "sharp_keywords", "labels", "predictions", "forecasts")


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Say which versions, allocator and data folder are in use, and what is missing.

    Example: flarescope doctor
    """
    findings: dict[str, Any] = {"versions": _versions(), "compute": _compute(), "data": _data()}
    findings["missing"] = _missing(findings)
    if as_json:
        typer.echo(json.dumps(findings, indent=2))
        return
    for part in ("versions", "compute", "data"):
        typer.echo(part)
        for name, value in findings[part].items():
            typer.echo(f"  {name:<14} {value}")
    typer.echo("missing" if findings["missing"] else "nothing is missing")
    for line in findings["missing"]:
        typer.echo(f"  {line}")


def _versions() -> dict[str, str]:
    from flarescope import __version__

    found = {"flarescope": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _compute() -> dict[str, Any]:
    from flarescope.compute import best_device, keep_memory

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    has_torch = importlib.util.find_spec("torch") is not None
    return {
        "cores": cores,
        "allocator": "glibc, large blocks kept" if keep_memory() else "not glibc: networks run slower",
        "device": str(best_device()) if has_torch else "torch is not installed",
    }


def _data() -> dict[str, str]:
    folder = os.environ.get("FLARESCOPE_DATA", "")
    if not folder:
        return {"FLARESCOPE_DATA": "not set"}
    here = {name: "found" if (Path(folder) / name).is_dir() else "missing" for name in FOLDERS}
    return {"FLARESCOPE_DATA": folder, **here}


def _missing(findings: dict[str, Any]) -> list[str]:
    lines = []
    versions, data = findings["versions"], findings["data"]
    if versions["torch"] == "not installed":
        lines.append(
            "torch: no networks, so forecasts use the flare history alone. pip install 'flarescope[train]'"
        )
    if versions["matplotlib"] == "not installed":
        lines.append("matplotlib: no figures. pip install 'flarescope[explain]'")
    if versions["sunpy"] == "not installed":
        lines.append("sunpy: no Map in or out. pip install 'flarescope[sunpy]'")
    if data["FLARESCOPE_DATA"] == "not set":
        lines.append("FLARESCOPE_DATA: the demo runs on the made-up Sun. Set it to a folder of real data.")
    lines += [
        f"{data['FLARESCOPE_DATA']}/{name}: folder not found"
        for name, state in data.items()
        if state == "missing"
    ]
    return lines
