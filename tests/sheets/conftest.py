"""What the tests of sheets share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sheets import Desk, vector_folder


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def vectors(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    base = tmp_path_factory.getbasetemp()
    return vector_folder(base if worker_id == "master" else base.parent)
