"""What IMAPI2 scripts use of pywin32's win32com.shell."""

from redbook.imapi2.win32com.shell import shell, shellcon

__all__ = ["shell", "shellcon"]
