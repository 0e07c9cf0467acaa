"""Puts the man page into the wheel: it is made from what `redbook --help` says, and kept nowhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPage(BuildHookInterface):  # type: ignore[type-arg]
    """Wheels only; an editable one has no data beside its package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path[:0] = [self.root, str(Path(self.root, "src"))]
        from docs.tools import commands

        commands.write_man_page()
        build_data["shared_data"][str(commands.MAN_PAGE)] = "share/man/man1/redbook.1"
