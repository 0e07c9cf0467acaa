"""What the tests of IMAPI2 share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def one_mount(_own_folder: None) -> None:
    """A file system without a device, whose source is called proc."""
    folder = Path(os.environ["REDBOOK_SYSTEM_ROOT"]) / "proc" / "self"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mountinfo").write_text("22 27 0:21 / /proc rw,relatime - proc proc rw\n", encoding="utf-8")
