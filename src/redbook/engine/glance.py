"""A look at a drive that leaves everything as it is: no waiting, no tray moved, no parameter set."""

from __future__ import annotations

from redbook import errors
from redbook.disc import SECTORS_PER_SECOND, Msf
from redbook.engine.inspect import Abilities, identify, is_cd
from redbook.engine.spoiled import is_spoiled
from redbook.engine.steps import Procedure
from redbook.engine.waiting import ATTENTIONS_AT_START, WORKING, despite_attention
from redbook.errors import InvalidReply, SenseError
from redbook.mmc.control import TestUnitReady
from redbook.mmc.disc_info import Atip, DiscInformation, DiscStatus, ReadAtip, ReadDiscInformation
from redbook.mmc.identify import FeatureCode, GetConfiguration, Inquiry, InquiryReply, Profile, printable
from redbook.records import dataclass

SECTORS_PER_MINUTE = 60 * SECTORS_PER_SECOND
SHORT_OF_NOMINAL_SECTORS = 15 * SECTORS_PER_SECOND  # 79:57:72 is a disc of 80 minutes

NO_DISC = "no disc"
LOADING = "not ready yet"

KINDS = {
    Profile.CD_ROM: "pressed CD",
    Profile.CD_R: "CD-R",
    Profile.CD_RW: "CD-RW",
    0x0002: "removable disk",
    0x0010: "pressed DVD",
    0x0011: "DVD-R",
    0x0012: "DVD-RAM",
    0x0013: "DVD-RW",
    0x0014: "DVD-RW",
    0x0015: "DVD-R DL",
    0x001A: "DVD+RW",
    0x001B: "DVD+R",
    0x002B: "DVD+R DL",
    0x0040: "pressed BD",
    0x0041: "BD-R",
    0x0042: "BD-R",
    0x0043: "BD-RE",
}
"""Profiles.  Source: MMC-5 table 90."""

RECORDABLE = (Profile.CD_R, Profile.CD_RW)


@dataclass(frozen=True, slots=True)
class Glance:
    """What a drive is and holds now.

    medium       in words: NO_DISC, "CD-R 80 min, blank"; or what keeps the drive from telling
    spoiled      its last session was never finished, and nothing can be added
    information  None if there is no disc, or the drive does not report it
    serial       feature 0108h; empty if the drive has none
    """

    abilities: Abilities
    medium: str
    information: DiscInformation | None
    atip: Atip | None
    serial: str
    spoiled: bool = False

    @property
    def recordable(self) -> bool:
        return self.abilities.profile in RECORDABLE or self.abilities.profile is None

    @property
    def blank(self) -> bool:
        return self._status is DiscStatus.BLANK and self.recordable

    @property
    def appendable(self) -> bool:
        return self._status is DiscStatus.APPENDABLE and self.recordable and not self.spoiled

    @property
    def _status(self) -> DiscStatus | None:
        return self.information.status if self.information else None


def glance() -> Procedure[Glance]:
    """Ask the drive who it is, whether it is ready, and what its disc is.

    raises  NotARecorder  for something else than a CD drive; TransportError
    """
    hindrance = yield from _settle()  # first of all: MODE SENSE would be refused for what happened before
    abilities = yield from identify()
    serial = yield from _serial()
    if hindrance:
        return Glance(abilities, hindrance, None, None, serial)
    kind = KINDS.get(abilities.profile or 0, "disc")
    try:
        information: DiscInformation = yield from despite_attention(
            ReadDiscInformation(of_cd=is_cd(abilities.profile))
        )
    except (SenseError, InvalidReply) as error:
        return Glance(abilities, f"{kind}, whose state cannot be read ({error})", None, None, serial)
    atip: Atip | None = None
    if abilities.profile in RECORDABLE:
        try:
            atip = yield from despite_attention(ReadAtip())
        except (SenseError, InvalidReply):
            atip = None  # no older drive has to
    spoiled = yield from is_spoiled(information)
    words = _in_words(kind, information, atip, spoiled)
    return Glance(abilities, words, information, atip, serial, spoiled)


def who_is_it() -> Procedure[tuple[InquiryReply, str]]:
    """Vendor, product and revision, and the serial number; empty if the drive has none.

    raises  DriveError
    """
    inquiry: InquiryReply = yield from despite_attention(Inquiry())
    return inquiry, (yield from _serial())


def is_loaded() -> Procedure[bool]:
    """Whether there is a disc in the drive."""
    return (yield from _settle()) != NO_DISC


def _settle() -> Procedure[str]:
    """TEST UNIT READY, past the reports of what happened before; returns in words why the drive is not
    ready.
    """
    for _ in range(ATTENTIONS_AT_START + 1):
        try:
            yield TestUnitReady()
        except errors.UnitAttention as error:
            words = f"{LOADING} ({error.sense})"
        except errors.NoMedium:
            return NO_DISC
        except (*WORKING, errors.NeedsStart) as error:
            return f"{LOADING} ({error.sense})"
        except SenseError as error:
            return f"cannot be read ({error.sense})"
        else:
            return ""
    return words


def _serial() -> Procedure[str]:
    try:
        configuration = yield from despite_attention(
            GetConfiguration(starting_feature=FeatureCode.SERIAL_NUMBER)
        )
    except (SenseError, InvalidReply):
        return ""
    feature = configuration.feature(FeatureCode.SERIAL_NUMBER)
    return printable(feature.data) if feature else ""


def nominal_minutes(last_lead_out: Msf) -> int:
    """What is printed on the disc: some end a few seconds before that, many after it."""
    return (last_lead_out.sectors + SHORT_OF_NOMINAL_SECTORS) // SECTORS_PER_MINUTE


def _in_words(kind: str, information: DiscInformation, atip: Atip | None, spoiled: bool) -> str:
    end = information.last_lead_out or (atip.last_lead_out if atip else None)
    minutes = f" {nominal_minutes(end)} min" if end else ""
    words = f"{kind}{minutes}, {'spoiled' if spoiled else information.status.name.lower()}"
    count = information.last_track_of_last_session - information.first_track + 1
    if information.status is DiscStatus.COMPLETE and count > 0:
        words += f", {count} track{'s' if count > 1 else ''}"
    return words
