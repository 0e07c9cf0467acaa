"""What is remembered of drives, where there is no good place to keep it."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.recorders.memory import DriveMemory, KnownDrive


def test_a_user_without_a_home_has_no_memory_of_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user is in no list: pathlib raises RuntimeError then."""

    def no_home(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", no_home)
    memory = DriveMemory.of_user()
    memory.keep("ACME WRITER 1", KnownDrive(6))
    assert memory.recall("ACME WRITER 1") == KnownDrive()
