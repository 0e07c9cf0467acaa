"""MsftDiscFormat2Data: what programs ask about a disc before they burn audio to it.

It writes nothing: redbook burns audio CDs.
"""

from __future__ import annotations

from typing import NoReturn

from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.plan import Space
from redbook.errors import InvalidReply
from redbook.imapi2.com import fail, to_bool, to_long, translated
from redbook.imapi2.formats.client_name import is_valid_client_name
from redbook.imapi2.formats.media import look, physical_type
from redbook.imapi2.formats.speeds import asked_speed, choose_speed, read_speeds, speed_trouble
from redbook.imapi2.formats.write_speeds import WriteSpeeds
from redbook.imapi2.recorder.disc_recorder import MsftDiscRecorder2
from redbook.imapi2.typelib.enumerations import IMAPI_BURN_VERIFICATION_LEVEL
from redbook.imapi2.typelib.enumerations import IMAPI_FORMAT2_DATA_MEDIA_STATE as DATA_STATE
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_PHYSICAL_TYPE as MEDIA
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_WRITE_PROTECT_STATE as PROTECTION
from redbook.imapi2.typelib.hresults import HResult
from redbook.mmc.disc_info import DiscStatus, SessionStatus
from redbook.mmc.mode_pages import Capabilities

NO_SESSION = -1
"""What is given as the address of a previous session if the disc has none."""

_CD = (MEDIA.IMAPI_MEDIA_TYPE_CDR, MEDIA.IMAPI_MEDIA_TYPE_CDRW)
_PRESSED = (
    MEDIA.IMAPI_MEDIA_TYPE_CDROM,
    MEDIA.IMAPI_MEDIA_TYPE_DVDROM,
    MEDIA.IMAPI_MEDIA_TYPE_HDDVDROM,
    MEDIA.IMAPI_MEDIA_TYPE_BDROM,
)
_UNSUPPORTED = DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_UNSUPPORTED_MASK
_BURNS_AUDIO = (
    "redbook burns audio CDs, and nothing was written; MsftDiscFormat2TrackAtOnce burns audio, "
    "and xorriso or growisofs a data disc"
)


class MsftDiscFormat2Data(WriteSpeeds):
    """Answers questions about drive and disc; needs no PrepareMedia.  Write and CancelWrite are refused."""

    PROGID = "IMAPI2.MsftDiscFormat2Data"
    IMPLEMENTS = ("IDiscFormat2Data", "IBurnVerification")
    NO_RECORDER = HResult.E_IMAPI_RECORDER_REQUIRED

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[str, bool] = {}
        self._verification = IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_NONE

    def _can_use(self, abilities: Abilities) -> bool:
        return abilities.writes_tao or abilities.writes_sao

    def _fits(self, media_type: int, blank: bool) -> bool:
        return media_type in _CD

    # Writing

    @translated
    def Write(self, data: object) -> NoReturn:
        """Refused: nothing is written, and the drive is not asked.

        raises  com_error  E_POINTER, E_IMAPI_RECORDER_REQUIRED  where Windows would say so, too;
                           E_NOTIMPL  always else
        """
        if data is None:
            fail(self, "Write", HResult.E_POINTER, _BURNS_AUDIO)
        if self._recorder is None:
            fail(self, "Write", self.NO_RECORDER, _BURNS_AUDIO)
        fail(self, "Write", HResult.E_NOTIMPL, _BURNS_AUDIO)

    @translated
    def CancelWrite(self) -> NoReturn:
        """Refused: there is never a Write to cancel.

        raises  com_error  E_IMAPI_DF2DATA_WRITE_NOT_IN_PROGRESS
        """
        fail(self, "CancelWrite", HResult.E_IMAPI_DF2DATA_WRITE_NOT_IN_PROGRESS)

    # The disc

    @translated
    def IsCurrentMediaSupported(self, recorder: MsftDiscRecorder2) -> bool:
        """Whether the drive holds a recordable CD that is blank or open for another session.

        raises  com_error  E_IMAPI_RECORDER_MEDIA_NO_MEDIA  without a disc
        """
        handle = self._a_recorder("IsCurrentMediaSupported", recorder)._handle
        with handle.use():
            media_type, disc = handle.run(look())
            return not media_state(media_type, disc) & _UNSUPPORTED and self._supports(handle)

    @property
    @translated
    def CurrentMediaStatus(self) -> int:
        """A sum of values of IMAPI_FORMAT2_DATA_MEDIA_STATE."""
        return media_state(*self._looked("CurrentMediaStatus"))

    @property
    @translated
    def WriteProtectStatus(self) -> PROTECTION:
        """IMAPI_WRITEPROTECTED_READ_ONLY_MEDIA for a pressed disc, else 0: a CD has no other protection."""
        media_type, _ = self._looked("WriteProtectStatus")
        return PROTECTION.IMAPI_WRITEPROTECTED_READ_ONLY_MEDIA if media_type in _PRESSED else PROTECTION(0)

    @property
    @translated
    def TotalSectorsOnMedia(self) -> int:
        """Sectors from address 0 to the last possible start of the lead-out, used or not."""
        return self._room("TotalSectorsOnMedia").last_lead_out_lba

    @property
    @translated
    def FreeSectorsOnMedia(self) -> int:
        """Sectors that one more track can have; its run-out is already subtracted."""
        return self._room("FreeSectorsOnMedia").free_sectors

    @property
    @translated
    def NextWritableAddress(self) -> int:
        """Where the next track would start; 0 on a blank disc."""
        return self._room("NextWritableAddress").next_lba

    @property
    @translated
    def StartAddressOfPreviousSession(self) -> int:
        """Where the first track of the last closed session starts; -1 on a blank disc."""
        tracks = self._usable("StartAddressOfPreviousSession").tracks
        return next((t.start_lba for t in tracks if t.session == tracks[-1].session), NO_SESSION)

    @property
    @translated
    def LastWrittenAddressOfPreviousSession(self) -> int:
        """Where the last track of the last closed session ends, without its run-out; -1 on a blank disc."""
        tracks = self._usable("LastWrittenAddressOfPreviousSession").tracks
        return tracks[-1].start_lba + tracks[-1].track_sectors - 1 if tracks else NO_SESSION

    @property
    @translated
    def MultisessionInterfaces(self) -> NoReturn:
        """Refused: their objects belong to data discs.  raises  com_error  E_NOTIMPL"""
        instead = "NextWritableAddress and StartAddressOfPreviousSession say where sessions are"
        fail(self, "MultisessionInterfaces", HResult.E_NOTIMPL, instead)

    def _looked(self, member: str) -> tuple[MEDIA, DiscContents]:
        return self._need_handle(member).run(look())

    def _usable(self, member: str) -> DiscContents:
        """raises  com_error  E_IMAPI_DF2DATA_INVALID_MEDIA_STATE  for a disc that takes no further session"""
        media_type, disc = self._looked(member)
        state = media_state(media_type, disc) & _UNSUPPORTED
        if state:
            bits = [one for one in DATA_STATE if one.bit_count() == 1 and one & state]
            words = " + ".join(bit.name.rpartition("MEDIA_STATE_")[2] for bit in bits)
            fail(self, member, HResult.E_IMAPI_DF2DATA_INVALID_MEDIA_STATE, f"the disc is {words}")
        return disc

    def _room(self, member: str) -> Space:
        space = self._usable(member).space
        assert space is not None  # else its state would be DAMAGED
        return space

    # Speeds

    @translated
    def SetWriteSpeed(self, RequestedSectorsPerSecond: int, RotationTypeIsPureCAV: bool) -> int:
        """Ask for a speed in sectors per second, -1 for the fastest, and a rotation type.

        Returns  S_OK, or S_IMAPI_SPEEDADJUSTED, S_IMAPI_ROTATIONADJUSTED, S_IMAPI_BOTHADJUSTED if the drive
                 chose something else
        """
        speed, pure_cav = asked_speed(self, RequestedSectorsPerSecond, RotationTypeIsPureCAV)
        handle = self._need_handle("SetWriteSpeed")
        self._requested_speed, self._requested_pure_cav = speed, pure_cav
        with speed_trouble():
            return handle.run(choose_speed(speed, pure_cav))

    def _speeds(self, name: str) -> Capabilities:
        handle = self._need_handle(name)
        with speed_trouble():
            return handle.run(read_speeds())

    def _media_type(self, name: str) -> int:
        return self._need_handle(name).run(physical_type())

    # Settings

    @property
    def Recorder(self) -> MsftDiscRecorder2 | None:
        """The recorder to ask.  None removes it again."""
        return self._recorder

    @Recorder.setter
    @translated
    def Recorder(self, value: MsftDiscRecorder2 | None) -> None:
        if value is not None and not self._supports(self._a_recorder("Recorder", value)._handle):
            fail(self, "Recorder", HResult.E_IMAPI_DF2DATA_RECORDER_NOT_SUPPORTED)
        self._recorder = value

    @property
    def ClientName(self) -> str:
        """1 to 63 letters, digits, spaces and . , : ; - _

        None removes the name again; it reads as "" then. No question needs it.
        """
        return self._client_name

    @ClientName.setter
    @translated
    def ClientName(self, value: str | None) -> None:
        if value is not None and not is_valid_client_name(value):
            fail(self, "ClientName", HResult.E_IMAPI_DF2DATA_CLIENT_NAME_IS_NOT_VALID, repr(value))
        self._client_name = "" if value is None else value

    @property
    def BurnVerificationLevel(self) -> IMAPI_BURN_VERIFICATION_LEVEL:
        """Kept, and without effect, as nothing is written here.  Default NONE"""
        return self._verification

    @BurnVerificationLevel.setter
    @translated
    def BurnVerificationLevel(self, value: int) -> None:
        levels = IMAPI_BURN_VERIFICATION_LEVEL
        self._verification = levels(to_long(self, "BurnVerificationLevel", value, 0, max(levels)))

    @property
    def BufferUnderrunFreeDisabled(self) -> bool:
        """Kept, and without effect, as nothing is written here.  Default False"""
        return self._setting("BufferUnderrunFreeDisabled")

    @BufferUnderrunFreeDisabled.setter
    @translated
    def BufferUnderrunFreeDisabled(self, value: bool) -> None:
        self._set("BufferUnderrunFreeDisabled", value)

    @property
    def PostgapAlreadyInImage(self) -> bool:
        """Kept, and without effect, as nothing is written here.  Default False"""
        return self._setting("PostgapAlreadyInImage")

    @PostgapAlreadyInImage.setter
    @translated
    def PostgapAlreadyInImage(self, value: bool) -> None:
        self._set("PostgapAlreadyInImage", value)

    @property
    def ForceMediaToBeClosed(self) -> bool:
        """Kept, and without effect, as nothing is written here.  Default False"""
        return self._setting("ForceMediaToBeClosed")

    @ForceMediaToBeClosed.setter
    @translated
    def ForceMediaToBeClosed(self, value: bool) -> None:
        self._set("ForceMediaToBeClosed", value)

    @property
    def DisableConsumerDvdCompatibilityMode(self) -> bool:
        """Kept, and without effect, as nothing is written here.  Default False"""
        return self._setting("DisableConsumerDvdCompatibilityMode")

    @DisableConsumerDvdCompatibilityMode.setter
    @translated
    def DisableConsumerDvdCompatibilityMode(self, value: bool) -> None:
        self._set("DisableConsumerDvdCompatibilityMode", value)

    @property
    def ForceOverwrite(self) -> bool:
        """Kept, and without effect, as nothing is written here.  Default False"""
        return self._setting("ForceOverwrite")

    @ForceOverwrite.setter
    @translated
    def ForceOverwrite(self, value: bool) -> None:
        self._set("ForceOverwrite", value)

    def _setting(self, name: str) -> bool:
        return self._settings.get(name, False)

    def _set(self, name: str, value: bool) -> None:
        self._settings[name] = to_bool(self, name, value)


def media_state(media_type: int, disc: DiscContents) -> int:
    """A sum of IMAPI_FORMAT2_DATA_MEDIA_STATE: what another session could be written to, and why not.

    raises  InvalidReply  if what the drive says about the disc makes no sense
    """
    status = disc.information.status
    complete = status is DiscStatus.COMPLETE
    finalized = DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_FINALIZED if complete else 0
    if media_type not in _CD or status is DiscStatus.OTHER:
        return finalized | DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_UNSUPPORTED_MEDIA
    if complete:
        erasable = media_type == MEDIA.IMAPI_MEDIA_TYPE_CDRW
        return finalized | (DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_ERASE_REQUIRED if erasable else 0)
    if disc.spoiled:
        return int(DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_DAMAGED)
    if disc.doubt:
        raise InvalidReply(disc.doubt)
    if status is DiscStatus.APPENDABLE and disc.information.last_session_status is SessionStatus.INCOMPLETE:
        return int(DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_NON_EMPTY_SESSION)
    if disc.space is None:
        return int(DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_DAMAGED)
    if status is DiscStatus.BLANK:
        return int(DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_BLANK)
    return int(DATA_STATE.IMAPI_FORMAT2_DATA_MEDIA_STATE_APPENDABLE)
