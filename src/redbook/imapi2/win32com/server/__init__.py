"""What IMAPI2 scripts use of pywin32's win32com.server."""

from redbook.imapi2.win32com.server import util

__all__ = ["util"]
