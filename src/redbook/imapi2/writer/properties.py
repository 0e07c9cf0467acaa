"""The properties of the track-at-once writer, and when each of them may be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from redbook.engine.inspect import Abilities
from redbook.errors import DiscNotBlank, NotARecorder, NotRecordable, PlanError
from redbook.imapi2.com import fail, to_bool, to_long, translated
from redbook.imapi2.typelib.enumerations import IMAPI_BURN_VERIFICATION_LEVEL
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.prepared_writer import Codes, PreparedWriter
from redbook.imapi2.writer.session import Session
from redbook.imapi2.writer.state import TABLE, Operation, State
from redbook.imapi2.writer.track_stream import HasHeader, NoStream, StreamNotSupported


class TrackAtOnceProperties(PreparedWriter[Session]):
    """Everything in IDiscFormat2TrackAtOnce except the calls that write."""

    IMPLEMENTS = ("IDiscFormat2TrackAtOnce", "IBurnVerification")
    NO_RECORDER = HResult.E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED
    TABLE = TABLE
    CODES = Codes(
        recorder_not_supported=HResult.E_IMAPI_DF2TAO_RECORDER_NOT_SUPPORTED,
        client_name_is_not_valid=HResult.E_IMAPI_DF2TAO_CLIENT_NAME_IS_NOT_VALID,
        media_is_not_prepared=HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED,
    )
    OWN_CODES: ClassVar[Mapping[type[BaseException], HResult]] = {
        DiscNotBlank: HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_BLANK,
        NotRecordable: HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_SUPPORTED,
        NotARecorder: HResult.E_IMAPI_DF2TAO_RECORDER_NOT_SUPPORTED,
        PlanError: HResult.E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE,
        NoStream: HResult.E_INVALIDARG,
        StreamNotSupported: HResult.E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED,
        HasHeader: HResult.E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED,
    }

    def __init__(self) -> None:
        super().__init__()
        self._do_not_finalize = False
        self._verification = IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_NONE
        self._strict_sectors = False

    def _can_use(self, abilities: Abilities) -> bool:
        return abilities.writes_tao

    @property
    def DoNotFinalizeMedia(self) -> bool:
        """Whether ReleaseMedia leaves the disc open for a further session.  Default False"""
        return self._do_not_finalize

    @DoNotFinalizeMedia.setter
    @translated
    def DoNotFinalizeMedia(self, value: bool) -> None:
        with self._mutex:
            name = "DoNotFinalizeMedia"
            wanted = to_bool(self, name, value)
            self._locked_step(Operation.PUT_DO_NOT_FINALIZE_MEDIA, name, wanted == self._do_not_finalize)
            self._do_not_finalize = wanted

    @property
    def BurnVerificationLevel(self) -> IMAPI_BURN_VERIFICATION_LEVEL:
        """NONE (the default), or QUICK: check what the drive says about each track and the disc."""
        return self._verification

    @BurnVerificationLevel.setter
    @translated
    def BurnVerificationLevel(self, value: int) -> None:
        name = "BurnVerificationLevel"
        levels = IMAPI_BURN_VERIFICATION_LEVEL
        with self._mutex:
            level = levels(to_long(self, name, value, 0, max(levels)))
            self._locked_step(Operation.PUT_BURN_VERIFICATION_LEVEL, name, level == self._verification)
            if level == levels.IMAPI_BURN_VERIFICATION_FULL:
                detail = "this format has no full verification; ReadBackAudio compares every sector"
                fail(self, name, HResult.E_INVALIDARG, detail)
            self._verification = level

    @property
    @translated
    def NumberOfExistingTracks(self) -> int:
        operation = Operation.GET_NUMBER_OF_EXISTING_TRACKS
        return len(self._prepared(operation, "NumberOfExistingTracks").tracks)

    @property
    @translated
    def TotalSectorsOnMedia(self) -> int:
        """The length in sectors of a single track that fills the whole disc."""
        return self._counts("TotalSectorsOnMedia").total_sectors

    @property
    @translated
    def FreeSectorsOnMedia(self) -> int:
        """Sectors that one further track may have.  While a track is written, the number stays as it was."""
        return self._counts("FreeSectorsOnMedia").free_sectors

    @property
    @translated
    def UsedSectorsOnMedia(self) -> int:
        """The other sectors: tracks, and what is between and after them."""
        return self._counts("UsedSectorsOnMedia").used_sectors

    def _counts(self, name: str) -> Session:
        session = self._prepared(Operation.GET_SECTOR_COUNTS, name)
        if self._state is State.PREPARED:
            session.bring_up_to_date()
        return session

    @property
    @translated
    def ExpectedTableOfContents(self) -> bytes:
        """The reply to READ TOC, format 0 with LBAs, if the session were closed now."""
        name = "ExpectedTableOfContents"
        session = self._prepared(Operation.GET_EXPECTED_TABLE_OF_CONTENTS, name)
        if not session.tracks:
            fail(self, name, HResult.E_IMAPI_DF2TAO_TABLE_OF_CONTENTS_EMPTY_DISC)
        return session.expected_toc()

    # Beyond IMAPI2

    @property
    def StrictSectors(self) -> bool:
        """Whether a stream that is not a whole number of sectors is refused, not padded.  Default False"""
        return self._strict_sectors

    @StrictSectors.setter
    @translated
    def StrictSectors(self, value: bool) -> None:
        self._strict_sectors = to_bool(self, "StrictSectors", value)

    @property
    def ReadBackAudio(self) -> bool:
        """Whether ReleaseMedia reads every track back and compares it with what was sent.  Default False"""
        return self._read_back

    @ReadBackAudio.setter
    @translated
    def ReadBackAudio(self, value: bool) -> None:
        with self._mutex:
            wanted = to_bool(self, "ReadBackAudio", value)
            unchanged = wanted == self._read_back
            self._locked_step(Operation.PUT_DO_NOT_FINALIZE_MEDIA, "ReadBackAudio", unchanged)
            self._read_back = wanted
