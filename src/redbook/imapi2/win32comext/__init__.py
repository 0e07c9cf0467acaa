"""Replaces pywin32's package of this name in a script."""

from redbook.imapi2.win32comext import shell

__all__ = ["shell"]
