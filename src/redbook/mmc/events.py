"""GET EVENT STATUS NOTIFICATION: what happened to the drive, without waking it."""

from __future__ import annotations

from enum import IntEnum, IntFlag, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.mmc.command import Sized, need
from redbook.records import dataclass


@unique
class EventClass(IntEnum):
    """Notification class codes.  Source: MMC-5 table 120."""

    NONE = 0
    OPERATIONAL_CHANGE = 1
    POWER_MANAGEMENT = 2
    EXTERNAL_REQUEST = 3
    MEDIA = 4
    MULTIPLE_HOST = 5
    DEVICE_BUSY = 6


@unique
class MediaEvent(IntEnum):
    """Event code of the media class.  Source: MMC-5 table 131."""

    NO_CHANGE = 0
    EJECT_REQUEST = 1
    NEW_MEDIA = 2
    MEDIA_REMOVAL = 3
    MEDIA_CHANGED = 4


_MEDIA_EVENTS = frozenset(MediaEvent)


class MediaStatus(IntFlag):
    """Byte 5 of a media event."""

    TRAY_OPEN = 1
    PRESENT = 2


@dataclass(frozen=True, slots=True)
class EventStatus:
    """The reply to GET EVENT STATUS NOTIFICATION.

    supported    bit n: events of class n are reported
    event_class  NONE if the drive reports none of the classes asked for
    body         the four bytes of the class: event code, status, class-specific
    """

    event_class: EventClass
    supported: int
    body: bytes = b""

    def to_bytes(self) -> bytes:
        none = self.event_class is EventClass.NONE
        head = Struct(">HBB").pack(2 + len(self.body), none << 7 | self.event_class, self.supported)
        return head + self.body

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the reply to GET EVENT STATUS NOTIFICATION.

        raises  ValueError  for an unknown class of events, or an event that lacks its bytes
        """
        length, flags, supported = Struct(">HBB").unpack_from(need(data, 4, GetEventStatusNotification.NAME))
        kind = EventClass(0 if flags & 0x80 else flags & 7)
        if kind is EventClass.NONE:
            return cls(kind, supported)
        body = bytes(data[4 : min(length + 2, 8)])
        if len(body) < 4:
            raise ValueError(f"an event of class {kind.value} has {len(body)} bytes instead of 4")
        return cls(kind, supported, body)

    @property
    def media_event(self) -> MediaEvent:
        """The event; NO_CHANGE also if the drive reported another class, nothing, or an unknown event."""
        is_media = self.event_class is EventClass.MEDIA and len(self.body) >= 2
        code = self.body[0] & 0xF if is_media else 0
        return MediaEvent(code) if code in _MEDIA_EVENTS else MediaEvent.NO_CHANGE

    @property
    def media_status(self) -> MediaStatus:
        is_media = self.event_class is EventClass.MEDIA and len(self.body) >= 2
        return MediaStatus(self.body[1] & 3) if is_media else MediaStatus(0)


@dataclass(frozen=True, slots=True)
class GetEventStatusNotification(Sized[EventStatus]):
    """GET EVENT STATUS NOTIFICATION, polled.  Source: MMC-5 6.7.

    classes  bit n asks for class n; the lowest class with an event is reported
    polled   False asks for a later report, which needs tagged queuing and is refused
    """

    OPCODE: ClassVar[int] = 0x4A
    NAME: ClassVar[str] = "GET EVENT STATUS NOTIFICATION"
    LAYOUT: ClassVar[Struct] = Struct(">BBxxBxxHx")
    timeout: ClassVar[float] = 15.0

    classes: int = 1 << EventClass.MEDIA
    polled: bool = True
    allocation_length: int = 8

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.polled, self.classes, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, polled, classes, length = cls.LAYOUT.unpack(cdb)
        return cls(classes, bool(polled & 1), length)

    def parse_reply(self, data: bytes) -> EventStatus:
        return EventStatus.from_bytes(data)
