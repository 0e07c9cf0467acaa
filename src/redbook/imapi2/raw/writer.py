"""MsftDiscFormat2RawCD: writes a whole disc from an image to a blank CD-R or CD-RW."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from redbook.disc import FIRST_LEAD_OUT_SECTORS
from redbook.disc.layout import SessionLayout
from redbook.disc.raw_sectors import IMAGE_START_LBA, SubForm
from redbook.engine.events import TrackStarted, Working
from redbook.engine.inspect import Abilities, identify
from redbook.engine.raw import RawImage, writes_raw
from redbook.engine.steps import Procedure
from redbook.engine.waiting import despite_attention
from redbook.errors import DiscNotBlank, NotARecorder, NotRecordable, PlanError
from redbook.imapi2.com import fail, to_bool, to_long, translated
from redbook.imapi2.devices import Handle
from redbook.imapi2.formats.format2 import InterruptibleCancel, late_interrupts
from redbook.imapi2.raw.image_input import (
    ImageInput,
    ImageStream,
    LeadInTooShort,
    NotForThisDrive,
    form_for,
)
from redbook.imapi2.raw.session import RawSession
from redbook.imapi2.typelib.enumerations import IMAPI_FORMAT2_RAW_CD_DATA_SECTOR_TYPE as SECTOR_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.event_args import QUIET_SECONDS, RawCDEventArgs, Story, Timed
from redbook.imapi2.writer.prepared_writer import Codes, PreparedWriter
from redbook.imapi2.writer.session import check_read_back
from redbook.imapi2.writer.state import ENDS_IN, RAW_TABLE, Operation, RawOperation
from redbook.imapi2.writer.track_stream import NoStream, StreamNotSupported
from redbook.mmc.identify import Inquiry


class MsftDiscFormat2RawCD(PreparedWriter[RawSession]):
    """Writes an image.  The table in redbook.imapi2.writer.state says which call is legal when.

    Update handlers run on the thread that is inside WriteMedia.
    """

    PROGID = "IMAPI2.MsftDiscFormat2RawCD"
    IMPLEMENTS = ("IDiscFormat2RawCD",)
    NO_RECORDER = HResult.E_IMAPI_DF2RAW_NO_RECORDER_SPECIFIED
    TABLE = RAW_TABLE
    CODES = Codes(
        recorder_not_supported=HResult.E_IMAPI_DF2RAW_RECORDER_NOT_SUPPORTED,
        client_name_is_not_valid=HResult.E_IMAPI_DF2RAW_CLIENT_NAME_IS_NOT_VALID,
        media_is_not_prepared=HResult.E_IMAPI_DF2RAW_MEDIA_IS_NOT_PREPARED,
    )
    OWN_CODES: ClassVar[Mapping[type[BaseException], HResult]] = {
        DiscNotBlank: HResult.E_IMAPI_DF2RAW_MEDIA_IS_NOT_BLANK,
        NotRecordable: HResult.E_IMAPI_DF2RAW_MEDIA_IS_NOT_SUPPORTED,
        NotARecorder: HResult.E_IMAPI_DF2RAW_RECORDER_NOT_SUPPORTED,
        PlanError: HResult.E_IMAPI_DF2RAW_NOT_ENOUGH_SPACE,
        NoStream: HResult.E_INVALIDARG,
        StreamNotSupported: HResult.E_IMAPI_DF2RAW_STREAM_NOT_SUPPORTED,
        LeadInTooShort: HResult.E_IMAPI_DF2RAW_STREAM_LEADIN_TOO_SHORT,
        NotForThisDrive: HResult.E_IMAPI_DF2RAW_DATA_BLOCK_TYPE_NOT_SUPPORTED,
    }

    def __init__(self) -> None:
        super().__init__()
        self._type = SECTOR_TYPE.IMAPI_FORMAT2_RAW_CD_SUBCODE_IS_COOKED

    # Drives

    def _can_use(self, abilities: Abilities) -> bool:
        return abilities.writes_raw

    def _supports(self, handle: Handle) -> bool:
        """Whether the drive can do it; if it does not say so itself, mode page 05h is tried."""

        def ask() -> Procedure[bool]:
            yield from despite_attention(Inquiry())
            return (yield from writes_raw((yield from identify())))

        try:
            return handle.run(ask())
        except NotARecorder:
            return False

    def _refuse_recorder(self, handle: Handle) -> None:
        abilities = handle.run(identify())
        tracks = "MsftDiscFormat2TrackAtOnce writes with it, with two seconds of silence between tracks"
        if not abilities.writes_tao:
            detail = f"{abilities.name} cannot write CDs"
        elif abilities.writes_sao:
            detail = (
                f"{abilities.name} does not accept raw sectors; redbook.burn, or `redbook burn --mode sao`, "
                f"makes the same disc with it: gaps, ISRC and catalogue number as intended; or {tracks}"
            )
        else:
            detail = f"{abilities.name} does not accept raw sectors; {tracks}"
        fail(self, "Recorder", self.CODES.recorder_not_supported, detail)

    # The session

    def _new_session(self, handle: Handle) -> RawSession:
        return RawSession(handle, self._client_name)

    @translated
    def PrepareMedia(self) -> int:
        """Take the drive for this writer, and check that there is a blank disc in it.

        This sets RequestedSectorType to IS_COOKED. Ctrl-C ends the wait for a drive that is not ready.

        Returns  S_OK, or S_IMAPI_SPEEDADJUSTED, S_IMAPI_ROTATIONADJUSTED, S_IMAPI_BOTHADJUSTED if the drive
                 chose something else than SetWriteSpeed asked for
        """
        cancel = InterruptibleCancel(in_order=True)
        with late_interrupts(cancel):
            result = self._prepare(cancel)
            self._type = SECTOR_TYPE.IMAPI_FORMAT2_RAW_CD_SUBCODE_IS_COOKED
        return result

    @translated
    def WriteMedia(self, data: object) -> int:
        """Write an image that begins at 95:00:00; returns when the disc is done.

        data  the stream of CreateResultImage, or any other: a binary file or anything with read and seek, an
              object with IStream's Read, Seek and Stat, or bytes. Its sectors are as RequestedSectorType
              says. The table of contents in its lead-in is checked before the disc is touched
        """
        return self._write("WriteMedia", data, -IMAGE_START_LBA)

    @translated
    def WriteMedia2(self, data: object, streamLeadInSectors: int) -> int:
        """Like WriteMedia, with this many sectors before LBA 0 in the image; for WriteMedia it is 22650."""
        return self._write("WriteMedia2", data, to_long(self, "WriteMedia2", streamLeadInSectors, 1))

    def _write(self, name: str, data: object, lead_in_sectors: int) -> HResult:
        if data is None:
            fail(self, name, HResult.E_POINTER, "a stream is needed, not None")
        cancel = InterruptibleCancel()
        cancel.under_way.whole_session = True
        with late_interrupts(cancel):
            entered = False
            try:
                with self._mutex:
                    writing = self._step(RawOperation.WRITE_MEDIA, name)
                    session = self._prepared(RawOperation.WRITE_MEDIA, name)
                    entered = True
                    self._state, self._cancel = writing, cancel
                session.busy = True
                self._write_image(name, session, data, lead_in_sectors, cancel)
            finally:
                if entered:
                    with self._mutex:
                        session.busy = False
                        self._state, self._cancel = ENDS_IN[writing], None
        return HResult.S_OK

    def _write_image(
        self, name: str, session: RawSession, data: object, lead_in_sectors: int, cancel: InterruptibleCancel
    ) -> None:
        first = session.lead_in_lba
        if lead_in_sectors < -first:
            raise LeadInTooShort(
                f"the image begins {lead_in_sectors} sectors before LBA 0, but the lead-in of this "
                f"disc {-first}"
            )
        source = ImageInput(data, SubForm(self._type), -lead_in_sectors)
        source.check()
        layout, kept = source.table_of_contents(first)
        self._check_end(source, layout, session)
        end = min(source.end_lba, layout.lead_out_lba + FIRST_LEAD_OUT_SECTORS)
        form = form_for(source, session.forms, first, end)
        if source.seeks:
            source.go_to(first)
        stream = ImageStream(source, first, end, form, kept=kept, summed=self._read_back)
        clock = session.handle.clock
        story = Story(
            0,
            first,
            stream.sectors,
            clock.now(),
            session.speed,
            sector_bytes=form.sector_bytes,
            make=RawCDEventArgs,
        )
        self._fire("Update", self, story.preparing(clock.now()))
        if cancel.asked.is_set():
            fail(self, name, HResult.E_IMAPI_REQUEST_CANCELLED, "nothing was written")
        tell = self._teller(story)
        image = RawImage(layout, first, end, form)
        self._run_job(
            session.handle,
            session.write(image, not self._underrun_free_disabled),
            tell,
            cancel,
            stream,
            sector_bytes=form.sector_bytes,
        )
        if stream.sums is not None:
            whole, sent = stream.sums.result()
            check_read_back(self._run_job(session.handle, session.read_back(whole, sent), tell, cancel))
        if cancel.asked.is_set():
            detail = "the disc was already complete, and is intact"
            fail(self, name, HResult.E_IMAPI_REQUEST_CANCELLED, detail)

    @staticmethod
    def _check_end(source: ImageInput, layout: SessionLayout, session: RawSession) -> None:
        """raises  StreamNotSupported, PlanError"""
        if source.end_lba < layout.lead_out_lba:
            raise StreamNotSupported(
                f"the image ends at sector {source.end_lba}, but its own table of contents says that the "
                f"lead-out begins at {layout.lead_out_lba}"
            )
        over = layout.lead_out_lba - session.last_lead_out_lba
        if over > 0:
            raise PlanError(
                f"the image's lead-out begins at sector {layout.lead_out_lba}, but on this disc it has to "
                f"begin at sector {session.last_lead_out_lba} or earlier: the image is {over} "
                f"sector{'s' if over > 1 else ''} too long"
            )

    def _teller(self, story: Story[RawCDEventArgs]) -> _Teller:
        return _Teller(story, lambda arguments: self._fire("Update", self, arguments))

    @translated
    def CancelWrite(self) -> int:
        """Ask the running write to stop, from a handler or any thread.  The disc is lost then."""
        with self._mutex:
            self._step(RawOperation.CANCEL_WRITE, "CancelWrite")
            if self._cancel is not None:
                self._cancel()
        return HResult.S_OK

    @translated
    def ReleaseMedia(self) -> int:
        """Give the drive back.  The disc needs nothing more."""
        name = "ReleaseMedia"
        with self._mutex:
            after = self._step(Operation.RELEASE_MEDIA, name)
            session = self._prepared(Operation.RELEASE_MEDIA, name)
            session.abandon()
            self._session, self._state = None, after
        return HResult.S_OK

    # Properties

    @property
    @translated
    def StartOfNextSession(self) -> int:
        """The first sector of the disc's lead-in, as an LBA: below 0."""
        return self._prepared(RawOperation.GET_ENDS_OF_THE_DISC, "StartOfNextSession").lead_in_lba

    @property
    @translated
    def LastPossibleStartOfLeadout(self) -> int:
        """As an LBA; an image's StartOfLeadout must not exceed it."""
        return self._prepared(
            RawOperation.GET_ENDS_OF_THE_DISC, "LastPossibleStartOfLeadout"
        ).last_lead_out_lba

    @property
    @translated
    def SupportedSectorTypes(self) -> tuple[int, ...]:
        """All three: a type that the drive does not take is converted."""
        self._prepared(RawOperation.GET_SUPPORTED_SECTOR_TYPES, "SupportedSectorTypes")
        return tuple(SECTOR_TYPE)

    @property
    @translated
    def RequestedSectorType(self) -> SECTOR_TYPE:
        """How the sectors of the stream are arranged.  PrepareMedia sets it to IS_COOKED."""
        self._step(RawOperation.GET_REQUESTED_SECTOR_TYPE, "RequestedSectorType")
        return self._type

    @RequestedSectorType.setter
    @translated
    def RequestedSectorType(self, value: int) -> None:
        name = "RequestedSectorType"
        with self._mutex:
            wanted = to_long(self, name, value)
            self._locked_step(RawOperation.PUT_REQUESTED_SECTOR_TYPE, name, wanted == self._type)
            if wanted not in tuple(SECTOR_TYPE):
                fail(self, name, HResult.E_IMAPI_DF2RAW_DATA_BLOCK_TYPE_NOT_SUPPORTED, str(wanted))
            self._type = SECTOR_TYPE(wanted)

    # Beyond IMAPI2

    @property
    def ReadBackAudio(self) -> bool:
        """Whether WriteMedia reads every track back and compares it with what was sent.  Default False"""
        return self._read_back

    @ReadBackAudio.setter
    @translated
    def ReadBackAudio(self, value: bool) -> None:
        with self._mutex:
            wanted = to_bool(self, "ReadBackAudio", value)
            self._locked_step(Operation.PUT_CLIENT_NAME, "ReadBackAudio", wanted == self._read_back)
            self._read_back = wanted


class _Teller:
    """Turns the engine's events into Updates: one kind at a time, without regard to tracks."""

    def __init__(self, story: Story[RawCDEventArgs], update: Callable[[RawCDEventArgs], None]) -> None:
        self._story, self._update = story, update
        self._begun = False
        self._quiet_until = 0.0

    def __call__(self, timed: Timed) -> None:
        if not self._is_news(timed):
            return
        arguments = self._story.of(timed)
        if arguments is not None:
            self._update(arguments)

    def _is_news(self, timed: Timed) -> bool:
        """Whether an event is worth an Update.

        The start of a further track is not, nor at first that the read-ahead is still being filled.
        """
        if isinstance(timed.event, TrackStarted):
            begun, self._begun = self._begun, True
            return not begun
        if isinstance(timed.event, Working) and not self._begun:
            self._quiet_until = self._quiet_until or timed.seconds + QUIET_SECONDS
            return timed.seconds >= self._quiet_until
        return True
