"""The recorder models that discs are burned on."""

from __future__ import annotations

import os

import pytest

from redbook.virtual.model import model_names

ALL = os.environ.get("REDBOOK_TEST_MODELS") == "all"


@pytest.fixture(params=model_names() if ALL else ["redbook"])
def model(request: pytest.FixtureRequest) -> str:
    """The exact one; with REDBOOK_TEST_MODELS=all (`make test-discs`) each that there is."""
    name: str = request.param
    return name
