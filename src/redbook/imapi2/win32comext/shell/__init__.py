"""The same as win32com.shell, under its other name."""

from redbook.imapi2.win32com.shell import shell, shellcon

__all__ = ["shell", "shellcon"]
