"""What all commands of the virtual recorder work on: tray, disc, buffer, speeds, parameters, and who asks."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from redbook.clock import Clock
from redbook.errors import Sense
from redbook.mmc import sense
from redbook.mmc.events import MediaEvent
from redbook.virtual import settings, timing
from redbook.virtual.habits import CdTextAnswer, Immed
from redbook.virtual.medium import Medium
from redbook.virtual.model import Clv, Model
from redbook.virtual.pickup import Pickup
from redbook.virtual.refused import Refused

if TYPE_CHECKING:
    from redbook.virtual.initiator import Initiator
    from redbook.virtual.writing.write_types import Writing

POWER_ON = Sense(sense.ATTENTION, 0x29, 0)
MEDIUM_CHANGED = Sense(sense.ATTENTION, 0x28, 0)


class Mechanism:
    """The state of one recorder.

    model        its habits
    speed_limit  real-time writing and reading at up to this multiple of 1x; None for as fast as data arrive
    page         mode page 05h as it is now
    writing      what was begun with a WRITE and has not ended
    cue_sheet    what SEND CUE SHEET announced, as it arrived; empty if there is none
    loads        how often a disc was loaded

    The disc, as it is requested:
    disc              what is in the tray, open or shut
    disc_in_reach     the same; None with the tray open
    current_disc      what commands act on: in and after a test write a copy, `simulated`
    require_disc()    the same, or the command is refused
    remembered_disc() what READ TOC and similar commands report
    """

    def __init__(
        self, model: Model, clock: Clock, medium: Medium | None, speed_limit: float | None, tray_open: bool
    ) -> None:
        self.model = model
        self.clock = clock
        self.speed_limit = speed_limit
        self.disc = medium
        self.simulated: Medium | None = None
        self.tray_open = tray_open
        self.initiators: list[Initiator] = []
        self.media_event = MediaEvent.NO_CHANGE
        self.buffer = timing.WriteBuffer(clock, model.buffer_bytes)
        self.operation = timing.LongOperation(clock)
        self.pickup = Pickup(clock, model.buffer_bytes)
        self.page = settings.default_write_parameters(model)
        self.speeds = settings.Speeds(model)
        self.writing: Writing | None = None
        self.cue_sheet = b""
        self.loads = 0
        self._is_as_loaded = True
        self._underruns_seen = 0
        self._toc_memory: Medium | None = None
        self.take_in()
        self.apply_speed()

    # The tray

    @property
    def locked(self) -> bool:
        return any(initiator.prevents_removal for initiator in self.initiators)

    @property
    def disc_in_reach(self) -> Medium | None:
        """The disc itself; None with the tray open."""
        return None if self.tray_open else self.disc

    @property
    def current_disc(self) -> Medium | None:
        """The same for commands: in and after a test write, a simulated copy of it."""
        return None if self.disc_in_reach is None else self.simulated or self.disc_in_reach

    def require_disc(self) -> Medium:
        """The same, for a command that needs one.  raises  Refused 2/3A  if there is none"""
        if self.disc is None or self.tray_open:
            raise Refused(sense.NOT_READY, 0x3A, 0x02 if self.tray_open else 0x01)
        return self.simulated or self.disc

    def remembered_disc(self) -> Medium:
        """The disc as it was when it was loaded, in a model that remembers the lead-in it found then.

        raises  Refused 2/3A  where there is none
        """
        medium = self.require_disc()
        return medium if self._toc_memory is None or medium is self.simulated else self._toc_memory

    def take_in(self) -> None:
        """The drive examines a disc that was just loaded."""
        self.loads += 1
        self._is_as_loaded = True
        self.pickup.forget()
        self.remember_toc()

    @property
    def knows_cd_text(self) -> bool:
        """Whether it answers READ TOC format 5 for the disc in it."""
        when = self.model.reads_cd_text
        return when is CdTextAnswer.ALWAYS or (when is CdTextAnswer.AFTER_RELOAD and self._is_as_loaded)

    def remember_toc(self) -> None:
        """What it says about the lead-in from now on, if its model remembers that."""
        if self.model.caches_toc and self.disc is not None:
            self._toc_memory = Medium(copy.deepcopy(self.disc.state))
        else:
            self._toc_memory = None

    def writable(self) -> Medium:
        """The disc, if anything may be changed on it.  raises  Refused 7/27/00"""
        medium = self.require_disc()
        if medium.state.pressed:  # incompatible medium: cannot write
            raise Refused(sense.ILLEGAL, 0x30, 0x05)
        if medium.write_protected:
            raise Refused(sense.PROTECT, 0x27, 0)
        if self.page.test_write and self.simulated is None:
            self.simulated = medium = medium.simulated()
        return medium

    def forget_page(self) -> None:
        """Page 05h has its default values again, so what was announced under another write type is void."""
        self.page = settings.default_write_parameters(self.model)
        self.cue_sheet = b""

    def open_tray(self) -> None:
        """A track that is being written is ended first; a session written at once is lost."""
        writing = self.writing
        if writing is not None and writing.ends_anywhere:
            self.end_writing()
        self.break_off()
        self.simulated = None
        self.cue_sheet = b""
        if self.operation.ascq == timing.BECOMING_READY:
            self.operation.stop()
        if not self.tray_open:
            self.media_event = MediaEvent.MEDIA_REMOVAL
        self.tray_open = True

    def close_tray(self) -> None:
        self.tray_open = False
        if self.disc is not None:
            self.media_event = MediaEvent.NEW_MEDIA
            self.tell_all(MEDIUM_CHANGED)
            self.take_in()
            if self.speed_limit is not None:
                self.operation.begin(timing.LOAD_SECONDS, timing.BECOMING_READY)
        self.apply_speed()

    def tell_all(self, attention: Sense) -> None:
        """Every initiator learns of it once."""
        for initiator in self.initiators:
            if attention not in initiator.attentions:
                initiator.attentions.append(attention)

    # Time

    def apply_speed(self) -> None:
        """Also after a change of medium, which may allow less."""
        self.speeds.fit(self.disc.atip if self.disc is not None else None)
        if self.speed_limit is not None:
            paced = self.paced_speed
            chosen = self.speeds.chosen
            self.buffer.set_curve(self.model.curve(chosen) if paced == chosen else Clv(paced))

    @property
    def paced_speed(self) -> float:
        """The speed used to calculate times."""
        return self.speeds.chosen if self.speed_limit is None else min(self.speed_limit, self.speeds.chosen)

    def seconds_at_1x(self, seconds: float) -> float:
        """How long something takes now that takes this long at 1x."""
        return seconds / self.paced_speed

    @property
    def is_loading(self) -> bool:
        return self.operation.remaining_seconds > 0 and self.operation.ascq == timing.BECOMING_READY

    @property
    def is_working(self) -> bool:
        """Whether it is writing on its own, or erasing."""
        return self.operation.remaining_seconds > 0 and self.operation.ascq != timing.BECOMING_READY

    def busy_for(self, seconds: float, immediate: bool, *, erases: bool = False) -> None:
        """Begin an operation that takes this long, and wait for its end.

        An immediate command does not wait, unless the model ignores the Immed bit.
        Nothing takes time if the recorder has no speed.
        """
        if self.speed_limit is None:
            return
        self.operation.begin(seconds, erases=erases)
        self.pickup.forget()
        if not immediate or self.model.immed is Immed.IGNORED:
            self.operation.wait()

    def check_immediate(self, immediate: bool) -> None:
        """Check that the model accepts the Immed bit, if a command has it set.

        raises  Refused 5/24/00  from a model that refuses it
        """
        if immediate and self.model.immed is Immed.REFUSED:
            raise Refused(sense.ILLEGAL, 0x24, 0)

    def busy(self) -> Sense:
        """The refusal for a command that has to wait."""
        return Sense(sense.NOT_READY, 0x04, self.operation.ascq, progress=self.operation.progress)

    # Reading

    def read(self, lba: int, sectors: int, end_lba: int) -> None:
        """Let the time pass that these sectors take, if time counts.  end_lba: after what can be read"""
        if not sectors or (self.speed_limit is None and not self.model.paced_reading):
            return
        speed = min(self.speed_limit or self.speeds.reading, self.speeds.reading)
        seconds = self.pickup.seconds_for(lba, sectors, speed, end_lba)
        if seconds:
            self.clock.sleep(seconds)

    # Writing

    def begin_writing(self, writing: Writing, lba: int) -> None:
        """lba: of the host's first sector"""
        self.pickup.forget()  # there is one buffer for both
        self.writing = writing
        self._is_as_loaded = False
        self.buffer.begin(lba, self.seconds_at_1x(writing.begin_seconds_at_1x))
        self._underruns_seen = self.buffer.underruns

    def check_streaming(self, lba: int) -> None:
        """Without protection, a buffer that ran empty ends what was being written.

        raises  Refused 3/0C/09
        """
        starved = self.buffer.underruns > self._underruns_seen
        self._underruns_seen = self.buffer.underruns
        if starved and not (self.page.underrun_protection and self.model.underrun_protection):
            self.break_off()
            raise Refused(sense.MEDIUM, 0x0C, 0x09, lba)

    def end_writing(self) -> None:
        """What was begun is complete: a track is ended, a session written at once is closed."""
        writing, self.writing = self.writing, None
        try:
            if writing is not None:
                writing.end()
        finally:
            self.buffer.flush()

    def break_off(self) -> None:
        """What was begun ends here, as far as it got."""
        writing, self.writing = self.writing, None
        if writing is not None:
            writing.break_off()
        self.buffer.flush()

    def lose_power(self) -> None:
        """Off and on again: what had not left the buffer is lost, the disc is as it is."""
        writing, self.writing = self.writing, None
        if writing is not None:
            writing.lose(self.buffer.sectors)
        self.buffer.flush()
        self.simulated = None
        self.forget_page()
        self.speeds = settings.Speeds(self.model)
        self.operation.stop()
        self.take_in()
        self.apply_speed()
