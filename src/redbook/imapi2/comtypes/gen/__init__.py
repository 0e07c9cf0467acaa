"""Where comtypes puts what it makes of type libraries: there is the one of IMAPI2."""

from redbook.imapi2.comtypes.gen import IMAPI2

__all__ = ["IMAPI2"]
