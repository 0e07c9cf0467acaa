"""The properties about writing speeds, which the writer of tracks and the object for data share."""

from __future__ import annotations

from abc import abstractmethod

from redbook.imapi2.com import translated
from redbook.imapi2.formats.format2 import DiscFormat2
from redbook.imapi2.formats.speeds import (
    FASTEST,
    MsftWriteSpeedDescriptor,
    descriptors,
    in_sectors_per_second,
    sectors_per_second,
)
from redbook.mmc.mode_pages import Capabilities


class WriteSpeeds(DiscFormat2):
    """What was asked for, what the drive has chosen, and what it offers."""

    def __init__(self) -> None:
        super().__init__()
        self._requested_speed = FASTEST
        self._requested_pure_cav = False

    @abstractmethod
    def _speeds(self, name: str) -> Capabilities:
        """The speeds, as the drive reports them.  name: of the member that asks"""

    @abstractmethod
    def _media_type(self, name: str) -> int:
        """An IMAPI_MEDIA_PHYSICAL_TYPE.  name: of the member that asks"""

    @property
    @translated
    def CurrentPhysicalMediaType(self) -> int:
        """An IMAPI_MEDIA_PHYSICAL_TYPE."""
        return self._media_type("CurrentPhysicalMediaType")

    @property
    def RequestedWriteSpeed(self) -> int:
        """As given to SetWriteSpeed: sectors per second, -1 for the fastest."""
        return self._requested_speed

    @property
    def RequestedRotationTypeIsPureCAV(self) -> bool:
        return self._requested_pure_cav

    @property
    @translated
    def CurrentWriteSpeed(self) -> int:
        """The speed that the drive has chosen, in sectors per second."""
        return sectors_per_second(self._speeds("CurrentWriteSpeed").write_speed)

    @property
    @translated
    def CurrentRotationTypeIsPureCAV(self) -> bool:
        return self._speeds("CurrentRotationTypeIsPureCAV").pure_cav

    @property
    @translated
    def SupportedWriteSpeeds(self) -> tuple[int, ...]:
        """Sectors per second, fastest first, for this drive and the disc in it."""
        return in_sectors_per_second(self._speeds("SupportedWriteSpeeds"))

    @property
    @translated
    def SupportedWriteSpeedDescriptors(self) -> tuple[MsftWriteSpeedDescriptor, ...]:
        name = "SupportedWriteSpeedDescriptors"
        speeds = self._speeds(name)
        return descriptors(self._media_type(name), speeds)
