"""Late binding: a property may be called with ()."""

from redbook.imapi2.late import Dispatch

__all__ = ["Dispatch"]
