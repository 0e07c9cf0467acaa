"""A file is replaced as a whole, or stays what it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from redbook.files import replace_file


def test_it_is_there_with_the_rights_that_the_user_gives_new_files(tmp_path: Path) -> None:
    path = tmp_path / "a b.txt"
    before = os.umask(0o027)
    try:
        replace_file(path, b"first")
        replace_file(path, b"second")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["a b.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_was_there_stays_if_it_fails(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"before")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os if step == "fsync" else Path, step, full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"after")
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]
