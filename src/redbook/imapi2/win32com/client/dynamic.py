"""Late binding: the same as early binding here."""

from redbook.imapi2 import Dispatch

__all__ = ["Dispatch"]
