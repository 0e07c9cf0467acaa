"""What IMAPI2 scripts use of pywin32's pywintypes."""

from redbook.imapi2 import com_error

error = com_error

__all__ = ["com_error", "error"]
