"""Registries: a name once, found with help."""

from __future__ import annotations

import pytest

from flarescope.errors import BadOptionError, UnknownNameError
from flarescope.registry import Registry


def test_a_name_is_found_listed_and_taken_once() -> None:
    models: Registry[int] = Registry("model")
    models.register("alexnet")(1)
    models.register("cnn1")(2)
    assert models["alexnet"] == 1
    assert list(models) == ["alexnet", "cnn1"]
    with pytest.raises(BadOptionError, match="A model named 'cnn1' is registered already"):
        models.register("cnn1")(3)


def test_a_misspelt_name_is_told_the_nearest() -> None:
    models: Registry[int] = Registry("model")
    for name in ("alexnet", "cnn1", "cnn2"):
        models.register(name)(0)
    with pytest.raises(UnknownNameError) as caught:
        models["alexnt"]
    assert str(caught.value) == "No model named 'alexnt'. Did you mean 'alexnet'? Known: alexnet, cnn1, cnn2."
