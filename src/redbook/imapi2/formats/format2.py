"""IDiscFormat2: what the writer of tracks, the eraser and the object for data have in common."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from redbook.disc import SECTOR_BYTES
from redbook.engine.chunks import SectorStream
from redbook.engine.events import Event, Notice
from redbook.engine.inspect import Abilities, identify
from redbook.engine.steps import Procedure
from redbook.engine.waiting import despite_attention
from redbook.errors import NotARecorder
from redbook.imapi2.com import EventSource, fail, translated, type_name
from redbook.imapi2.devices import Handle
from redbook.imapi2.formats.media import is_blank, physical_type
from redbook.imapi2.recorder.disc_recorder import MsftDiscRecorder2
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_PHYSICAL_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.event_args import Timed
from redbook.mmc.identify import Inquiry
from redbook.runner.cancel import Cancel, interrupts_cancel
from redbook.runner.job import Job
from redbook.runner.runner import Runner

R = TypeVar("R")

EVENT_SECONDS = 0.5

_log = logging.getLogger("redbook.imapi2")


class InterruptibleCancel(Cancel):
    """A cancel that remembers whether it was Ctrl-C; if so, the caller gets a KeyboardInterrupt later.

    to_the_end   what is under way is not stopped, however often Ctrl-C is pressed
    in_order     what is under way is stopped where that costs nothing, and never abandoned
    """

    def __init__(self, *, to_the_end: bool = False, in_order: bool = False) -> None:
        super().__init__()
        self.interrupted = False
        self._to_the_end, self._in_order = to_the_end, in_order

    def on_signal(self, number: int, frame: object) -> None:
        self.interrupted = True
        if self._in_order:
            self()
        elif not self._to_the_end:
            super().on_signal(number, frame)


@contextmanager
def late_interrupts(cancel: InterruptibleCancel) -> Iterator[None]:
    """Let Ctrl-C set the cancel; KeyboardInterrupt is raised when the block has left everything in order."""
    try:
        with interrupts_cancel(cancel):
            yield
    finally:
        if cancel.interrupted:
            raise KeyboardInterrupt


class DiscFormat2(EventSource, ABC):
    """The five members; it also runs a job and passes its events to the handlers."""

    NO_RECORDER: HResult

    def __init__(self) -> None:
        self._recorder: MsftDiscRecorder2 | None = None
        self._client_name = ""

    # What differs between formats

    @abstractmethod
    def _can_use(self, abilities: Abilities) -> bool:
        """Whether the recorder can do this format at all."""

    @abstractmethod
    def _fits(self, media_type: int, blank: bool) -> bool:
        """Whether the format can be done with such a disc."""

    # IDiscFormat2

    @translated
    def IsRecorderSupported(self, recorder: MsftDiscRecorder2) -> bool:
        """Whether the recorder can do this format, whatever disc is in it."""
        return self._supports(self._a_recorder("IsRecorderSupported", recorder)._handle)

    @translated
    def IsCurrentMediaSupported(self, recorder: MsftDiscRecorder2) -> bool:
        """Whether the recorder can do this format with the disc in it.

        raises  com_error  E_IMAPI_RECORDER_MEDIA_NO_MEDIA  without a disc
        """
        handle = self._a_recorder("IsCurrentMediaSupported", recorder)._handle
        with handle.use():
            media_type = handle.run(physical_type())
            return self._fits(media_type, handle.run(is_blank())) and self._supports(handle)

    @property
    @translated
    def MediaPhysicallyBlank(self) -> bool:
        """Whether the drive calls the disc blank."""
        return self._need_handle("MediaPhysicallyBlank").run(is_blank())

    @property
    @translated
    def MediaHeuristicallyBlank(self) -> bool:
        """The same: a drive always knows whether a CD-R or CD-RW is blank, so nothing has to be guessed."""
        return self._need_handle("MediaHeuristicallyBlank").run(is_blank())

    @property
    @translated
    def SupportedMediaTypes(self) -> tuple[int, ...]:
        """IMAPI_MEDIA_PHYSICAL_TYPE of every disc that the format is for; needs no recorder."""
        kinds = IMAPI_MEDIA_PHYSICAL_TYPE
        both = (kinds.IMAPI_MEDIA_TYPE_CDR, kinds.IMAPI_MEDIA_TYPE_CDRW)
        return tuple(kind for kind in both if self._fits(kind, blank=True))

    # For the classes

    def _a_recorder(self, member: str, recorder: object) -> MsftDiscRecorder2:
        if recorder is None:
            fail(self, member, HResult.E_POINTER, "a recorder is needed, not None")
        if not isinstance(recorder, MsftDiscRecorder2):
            fail(self, member, HResult.E_INVALIDARG, f"{recorder!r} is not an MsftDiscRecorder2")
        return recorder

    def _need_handle(self, member: str, code: HResult | None = None) -> Handle:
        if self._recorder is None:
            fail(self, member, code or self.NO_RECORDER)
        return self._recorder._handle

    def _supports(self, handle: Handle) -> bool:
        """raises  what asking the drive raises"""

        def ask() -> Procedure[Abilities]:
            yield from despite_attention(Inquiry())
            return (yield from identify())

        try:
            return self._can_use(handle.run(ask()))
        except NotARecorder:
            return False

    def _run_job(
        self,
        handle: Handle,
        procedure: Procedure[R],
        listener: Callable[[Timed], None],
        cancel: Cancel,
        stream: SectorStream | None = None,
        on_worker: Callable[[Event], None] | None = None,
        sector_bytes: int = SECTOR_BYTES,
    ) -> R:
        """Run a procedure on another thread, while `listener` gets its events on this one.

        on_worker  is called with each event on the other thread; what it raises ends the procedure
        """
        streams = [stream] if stream is not None else []
        total = max(s.sectors for s in streams) if streams else 0

        def work(emit: Callable[[Event], None]) -> R:
            def tell(event: Event) -> None:
                if on_worker is not None:
                    on_worker(event)
                emit(Timed(handle.clock.now(), event))

            runner = Runner(
                drive,
                emit=tell,
                cancel=cancel,
                clock=handle.clock,
                streams=streams,
                total=total,
                progress_seconds=EVENT_SECONDS,
                sector_bytes=sector_bytes,
            )
            return runner.run(procedure)

        def hear(event: Event) -> None:
            if not isinstance(event, Timed):  # it comes from the thread that waits, not from the worker
                event = Timed(handle.clock.now(), event)
            if isinstance(event.event, Notice):
                _log.warning("%s: %s", type_name(self), event.event.text)
            listener(event)

        with handle.use(own=True) as drive:
            return Job(work).run(hear, cancel)
