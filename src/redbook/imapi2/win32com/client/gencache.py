"""Early binding: there is nothing to generate here."""

import sys
from types import ModuleType
from typing import Any

from redbook.imapi2 import EnsureDispatch

is_readonly = False


def EnsureModule(*ignored: Any, **more: Any) -> ModuleType:
    """What pywin32 would generate from the type library: its classes and constants."""
    return sys.modules["redbook.imapi2"]


__all__ = ["EnsureDispatch", "EnsureModule", "is_readonly"]
