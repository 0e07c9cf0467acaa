"""Who the drive is and what it can do now: INQUIRY, GET CONFIGURATION."""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.mmc.command import Sized, need
from redbook.records import dataclass

CD_DEVICE = 5
"""Peripheral device type of every CD, DVD and BD drive."""

NO_CHARACTER = "?"
MOST_STRANGE_CHARACTERS = 4  # some firmware has a stray byte in its name; with more, it is not a name


def printable(data: bytes) -> str:
    """The name that a device states: ASCII, filled up with spaces or zeros; other bytes are shown as `?`."""
    text = data.decode("ascii", "replace").strip(" \0")
    return "".join(c if " " <= c <= "~" else " " if c == "\0" else NO_CHARACTER for c in text)


@dataclass(frozen=True, slots=True)
class InquiryReply:
    """Standard INQUIRY data.  Source: SPC-4 6.4.2.

    version      of SPC; 0 on ATAPI drives
    descriptors  the standards it says to follow, SPC-4 table 145
    makers_own   what the maker has put into the vendor-specific bytes; ask for it with MAKERS_BYTES
    """

    SHORTEST_BYTES: ClassVar[int] = 36
    NO_DEVICE: ClassVar[int] = 3
    """Peripheral qualifier (byte 0, bits 7-5): there can be no device.  Source: SPC-4 table 174."""
    LONGEST_BYTES: ClassVar[int] = 96
    MAKERS_BYTES: ClassVar[int] = 56
    DESCRIPTORS_AT: ClassVar[int] = 58

    device_type: int
    removable: bool
    vendor: str
    product: str
    revision: str
    version: int = 0
    descriptors: tuple[int, ...] = ()
    makers_own: str = ""

    def to_bytes(self) -> bytes:
        length = self.LONGEST_BYTES if self.descriptors or self.makers_own else self.SHORTEST_BYTES
        text = f"{self.vendor:8.8}{self.product:16.16}{self.revision:4.4}".encode("ascii", "replace")
        head = bytes((self.device_type, self.removable << 7, self.version, 2, length - 5, 0, 0, 0)) + text
        head += f"{self.makers_own:20.20}".encode("ascii", "replace") if self.makers_own else b""
        standards = b"".join(code.to_bytes(2, "big") for code in self.descriptors)
        return (head.ljust(self.DESCRIPTORS_AT, b"\0") + standards if standards else head).ljust(
            length, b"\0"
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the reply to INQUIRY, the standard data.

        raises  ValueError  for data that no device states about itself
        """
        need(data, cls.SHORTEST_BYTES, Inquiry.NAME)
        if data[0] >> 5 == cls.NO_DEVICE:
            raise ValueError("it says that there is no device")
        vendor, product, revision = (printable(data[a:b]) for a, b in ((8, 16), (16, 32), (32, 36)))
        # The additional length is ignored, as in the kernel: some devices leave it 0.
        if not vendor and not product:
            raise ValueError("it names neither a maker nor a product")
        if (vendor + product).count(NO_CHARACTER) > MOST_STRANGE_CHARACTERS:
            raise ValueError("maker and product are not text")
        pairs = [data[i : i + 2] for i in range(cls.DESCRIPTORS_AT, min(len(data), 74) - 1, 2)]
        standards = tuple(int.from_bytes(pair, "big") for pair in pairs)
        known = tuple(code for code in standards if code)
        own = printable(data[cls.SHORTEST_BYTES : cls.MAKERS_BYTES].rstrip(b"\0"))
        return cls(data[0] & 0x1F, bool(data[1] & 0x80), vendor, product, revision, data[2], known, own)


@dataclass(frozen=True, slots=True)
class Inquiry(Sized[InquiryReply]):
    """INQUIRY, standard data.  Source: SPC-4 6.4."""

    OPCODE: ClassVar[int] = 0x12
    NAME: ClassVar[str] = "INQUIRY"
    LAYOUT: ClassVar[Struct] = Struct(">BBBHx")
    timeout: ClassVar[float] = 15.0

    allocation_length: int = 36

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, 0, 0, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, _, page, length = cls.LAYOUT.unpack(cdb)
        if page:
            raise ValueError("a page is requested, but not as vital product data")
        return cls(length)

    def parse_reply(self, data: bytes) -> InquiryReply:
        return InquiryReply.from_bytes(data)


@unique
class VitalPage(IntEnum):
    """Pages of vital product data.  Source: SPC-4 7.8."""

    SUPPORTED_PAGES = 0x00
    SERIAL_NUMBER = 0x80
    DEVICE_IDENTIFICATION = 0x83


@dataclass(frozen=True, slots=True)
class VitalProductData:
    """One page of vital product data; `body` without its header of four bytes."""

    page: int
    body: bytes
    device_type: int = CD_DEVICE

    def to_bytes(self) -> bytes:
        return Struct(">BBH").pack(self.device_type, self.page, len(self.body)) + self.body

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        kind, page, length = Struct(">BBH").unpack_from(need(data, 4, "vital product data"))
        return cls(page, bytes(data[4 : 4 + length]), kind & 0x1F)


@dataclass(frozen=True, slots=True)
class InquireVitalProductData(Sized[VitalProductData]):
    """INQUIRY for a page of vital product data.  Source: SPC-4 6.4.4."""

    OPCODE: ClassVar[int] = Inquiry.OPCODE
    NAME: ClassVar[str] = "INQUIRY (vital product data)"
    LAYOUT: ClassVar[Struct] = Inquiry.LAYOUT
    timeout: ClassVar[float] = 15.0

    page: int
    allocation_length: int = 252

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, 1, self.page, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, _, page, length = cls.LAYOUT.unpack(cdb)
        return cls(page, length)

    def parse_reply(self, data: bytes) -> VitalProductData:
        return VitalProductData.from_bytes(data)


@unique
class Profile(IntEnum):
    """What kind of medium is loaded.  Source: MMC-5 table 90."""

    NONE = 0x0000
    CD_ROM = 0x0008
    CD_R = 0x0009
    CD_RW = 0x000A


@unique
class FeatureCode(IntEnum):
    """Features of CD recorders.  Source: MMC-5 5.3."""

    PROFILE_LIST = 0x0000
    CORE = 0x0001
    MORPHING = 0x0002
    REMOVABLE_MEDIUM = 0x0003
    RANDOM_READABLE = 0x0010
    MULTI_READ = 0x001D
    CD_READ = 0x001E
    CD_TRACK_AT_ONCE = 0x002D
    CD_MASTERING = 0x002E
    CD_RW_MEDIA_WRITE = 0x0037
    POWER_MANAGEMENT = 0x0100
    CD_AUDIO_EXTERNAL_PLAY = 0x0103
    TIME_OUT = 0x0105
    REAL_TIME_STREAMING = 0x0107
    SERIAL_NUMBER = 0x0108


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature descriptor; an unknown code is kept as its number."""

    code: int
    data: bytes = b""
    current: bool = False
    persistent: bool = False
    version: int = 0

    def to_bytes(self) -> bytes:
        flags = self.version << 2 | self.persistent << 1 | self.current
        return self.code.to_bytes(2, "big") + bytes((flags, len(self.data))) + self.data


@dataclass(frozen=True, slots=True)
class Configuration:
    """The reply to GET CONFIGURATION."""

    MOST_BYTES: ClassVar[int] = 0xFFFF

    current_profile: int
    features: tuple[Feature, ...] = ()

    def feature(self, code: int) -> Feature | None:
        return next((feature for feature in self.features if feature.code == code), None)

    def to_bytes(self) -> bytes:
        body = b"".join(feature.to_bytes() for feature in self.features)
        return Struct(">I2xH").pack(len(body) + 4, self.current_profile) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the reply to GET CONFIGURATION; a feature that was cut off at the end is left out.

        raises  ValueError  for a length that no such reply has
        """
        length, profile = Struct(">I2xH").unpack_from(need(data, 8, GetConfiguration.NAME))
        if not 4 <= length <= cls.MOST_BYTES:
            raise ValueError(f"it states that {length} bytes follow; that must be 4 to {cls.MOST_BYTES}")
        features = []
        position, end = 8, min(len(data), length + 4)
        while position + 4 <= end:
            code, flags, size = Struct(">HBB").unpack_from(data, position)
            if position + 4 + size > end:
                break  # the reply was cut there, by the allocation length or by the drive's own limit
            body = data[position + 4 : position + 4 + size]
            features.append(Feature(code, body, bool(flags & 1), bool(flags & 2), flags >> 2 & 0xF))
            position += 4 + size
        return cls(profile, tuple(features))


@unique
class FeatureRequest(IntEnum):
    """Which features GET CONFIGURATION should list, from the starting one on."""

    ALL = 0
    CURRENT = 1
    ONE = 2


@dataclass(frozen=True, slots=True)
class GetConfiguration(Sized[Configuration]):
    """GET CONFIGURATION.  Source: MMC-5 6.6."""

    OPCODE: ClassVar[int] = 0x46
    NAME: ClassVar[str] = "GET CONFIGURATION"
    LAYOUT: ClassVar[Struct] = Struct(">BBH3xHx")

    request: FeatureRequest = FeatureRequest.ALL
    starting_feature: int = 0
    allocation_length: int = 512

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.request, self.starting_feature, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, request, feature, length = cls.LAYOUT.unpack(cdb)
        return cls(FeatureRequest(request & 3), feature, length)

    def parse_reply(self, data: bytes) -> Configuration:
        return Configuration.from_bytes(data)
