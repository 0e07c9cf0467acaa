"""Stands where a script has pywin32's package of this name."""

from redbook.imapi2.win32comext import shell

__all__ = ["shell"]
