"""Where comtypes puts what it generates from type libraries: here, only that of IMAPI2."""

from redbook.imapi2.comtypes.gen import IMAPI2

__all__ = ["IMAPI2"]
