"""The sheets of tests/vectors/cue on recorders with habits, read back as in tests/readback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.vector_discs import BURNABLE, cases, check_disc

pytestmark = pytest.mark.tools("umockdev-run", "cd-info", "cdrdao", "cd-paranoia")

MODELS = ("usb-combo", "bd-combo", "old-scsi", "slow-closer")


@pytest.mark.parametrize("path", cases(BURNABLE))
@pytest.mark.parametrize("model", ["typical", *MODELS])
def test_a_sheet_becomes_the_disc_that_it_means(model: str, path: Path, vectors: Path) -> None:
    check_disc(path, vectors, model)
