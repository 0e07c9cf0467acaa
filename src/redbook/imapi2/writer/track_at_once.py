"""MsftDiscFormat2TrackAtOnce: writes audio tracks to a blank CD-R or CD-RW."""

from __future__ import annotations

from redbook.disc import MOST_TRACKS
from redbook.engine.events import Event, TrackStarted
from redbook.errors import AudioError
from redbook.imapi2.com import fail, translated
from redbook.imapi2.devices import Handle
from redbook.imapi2.formats.format2 import InterruptibleCancel, late_interrupts
from redbook.imapi2.typelib.enumerations import IMAPI_BURN_VERIFICATION_LEVEL
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.event_args import Story, Timed, TrackAtOnceEventArgs
from redbook.imapi2.writer.properties import TrackAtOnceProperties
from redbook.imapi2.writer.session import Session, check_read_back
from redbook.imapi2.writer.state import ENDS_IN, Operation, State
from redbook.imapi2.writer.track_stream import TrackStream


def _story(
    track: int, start_lba: int, sectors: int, began: float, speed: float, done: int = 0
) -> Story[TrackAtOnceEventArgs]:
    return Story(track, start_lba, sectors, began, speed, done, make=TrackAtOnceEventArgs)


class MsftDiscFormat2TrackAtOnce(TrackAtOnceProperties):
    """Writes audio tracks.  The table in redbook.imapi2.writer.state says which call is legal when.

    May be used from any thread; Update handlers run on the thread that is inside AddAudioTrack or
    ReleaseMedia. Dropping a prepared object, or leaving it as a context manager, gives the drive back and
    leaves the session open.
    """

    PROGID = "IMAPI2.MsftDiscFormat2TrackAtOnce"

    # The session

    @translated
    def PrepareMedia(self) -> int:
        """Take the drive for this writer, and check that there is a blank disc in it.

        Ctrl-C ends the wait for a drive that is not ready; nothing is written then.
        """
        cancel = InterruptibleCancel(in_order=True)
        with late_interrupts(cancel):
            self._prepare(cancel)
        return HResult.S_OK

    def _new_session(self, handle: Handle) -> Session:
        return Session(handle, self._client_name)

    @translated
    def AddAudioTrack(self, data: object) -> int:
        """Write a stream as the next track; returns when the track is on the disc.

        data  44.1 kHz 16-bit stereo PCM without a header: a binary file or anything with read and seek, an
              object with IStream's Read, Seek and Stat, or bytes. Less than 4 s is padded with silence, and
              so is the last sector. A sound file with its header is refused.
        """
        name = "AddAudioTrack"
        if data is None:
            fail(self, name, HResult.E_POINTER, "a stream is needed, not None")
        cancel = InterruptibleCancel()
        with late_interrupts(cancel):
            entered = False
            try:
                with self._mutex:
                    writing = self._step(Operation.ADD_AUDIO_TRACK, name)
                    session = self._prepared(Operation.ADD_AUDIO_TRACK, name)
                    entered = True
                    self._state, self._cancel = writing, cancel
                session.busy = True
                self._add_track(session, data, cancel)
            finally:
                if entered:
                    with self._mutex:
                        session.busy = False
                        self._state, self._cancel = ENDS_IN[writing], None
        return HResult.S_OK

    def _add_track(self, session: Session, data: object, cancel: InterruptibleCancel) -> None:
        name = "AddAudioTrack"
        if len(session.tracks) >= MOST_TRACKS:
            fail(self, name, HResult.E_IMAPI_DF2TAO_TRACK_LIMIT_REACHED)
        stream = TrackStream(data, self._strict_sectors, summed=self._read_back)
        session.bring_up_to_date()
        sectors = session.sectors_for(stream)
        if sectors > session.free_sectors:
            detail = f"it has {sectors} sectors, {session.free_sectors} are free"
            fail(self, name, HResult.E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE, detail)
        clock = session.handle.clock
        number = len(session.tracks) + 1
        story = _story(number, session.next_lba, sectors, clock.now(), session.speed)
        self._update(story.preparing(clock.now()))
        if cancel.asked.is_set():
            fail(self, name, HResult.E_IMAPI_REQUEST_CANCELLED, "nothing was written")

        def before_the_first_write(event: Event) -> None:
            if isinstance(event, TrackStarted):
                stream.check()

        try:
            self._run_job(
                session.handle,
                session.add(stream, not self._underrun_free_disabled),
                lambda timed: self._tell(story, timed),
                cancel,
                stream,
                before_the_first_write,
            )
        finally:
            session.refresh(stream)
        try:
            stream.check()
        except AudioError as error:
            there = f"track {number} is on the disc with the {sectors} sectors that it said it has"
            raise AudioError(f"{error}; {there}") from error
        if self._verification == IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_QUICK:
            self._update(story.verifying(clock.now()))
            session.check_last_track()
        if cancel.asked.is_set():
            detail = f"track {number} was already complete, and is on the disc"
            fail(self, name, HResult.E_IMAPI_REQUEST_CANCELLED, detail)

    def _tell(self, story: Story[TrackAtOnceEventArgs], timed: Timed) -> None:
        arguments = story.of(timed)
        if arguments is not None:
            self._update(arguments)

    def _update(self, arguments: TrackAtOnceEventArgs) -> None:
        self._fire("Update", self, arguments)

    @translated
    def CancelAddTrack(self) -> int:
        """Ask the running AddAudioTrack to end its track and stop, from a handler or any thread."""
        with self._mutex:
            self._step(Operation.CANCEL_ADD_TRACK, "CancelAddTrack")
            if self._cancel is not None:
                self._cancel()
        return HResult.S_OK

    @translated
    def ReleaseMedia(self) -> int:
        """Close the session if it has tracks, and give the drive back whatever happens."""
        name = "ReleaseMedia"
        cancel = InterruptibleCancel(to_the_end=True)
        with late_interrupts(cancel):
            entered = False
            try:
                with self._mutex:
                    after = self._step(Operation.RELEASE_MEDIA, name)
                    session = self._prepared(Operation.RELEASE_MEDIA, name)
                    entered = True
                    self._state = State.IN_TRANSITION
                session.busy = True
                self._close_session(session, cancel)
            finally:
                if entered:
                    session.busy = False
                    session.give_back()
                    with self._mutex:
                        self._session = None
                        self._state = after
        return HResult.S_OK

    def _close_session(self, session: Session, cancel: InterruptibleCancel) -> None:
        finalize = not self._do_not_finalize
        last = session.tracks[-1] if session.tracks else None
        story = _story(
            last.number if last else 0,
            last.start_lba if last else 0,
            last.sectors if last else 1,  # programs divide by it
            session.handle.clock.now(),
            session.speed,
            last.sectors if last else 1,
        )
        tell = (lambda timed: self._tell(story, timed)) if session.touched else (lambda timed: None)
        self._run_job(session.handle, session.close(finalize), tell, cancel)
        if not session.tracks:
            return
        if self._verification == IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_QUICK:
            session.check_disc(finalize)
        if self._read_back and session.whole_tracks:
            check_read_back(self._run_job(session.handle, session.read_back(), tell, cancel))
