"""Replaces pywin32's package of this name in a script: `from redbook.imapi2 import win32com`."""

from redbook.imapi2.win32com import client, server, shell, storagecon

__all__ = ["client", "server", "shell", "storagecon"]
