"""Raw writing: the host sends every sector of the disc, from lead-in to lead-out, with its sub-channel.

The drive adds nothing, so the disc is decided beforehand: by whoever made the image that is
sent. It is taken from the image's own Q, not from what someone says about it. If it breaks off, the disc is
lost, as with session-at-once.

The first WRITE goes to the first sector of the disc's lead-in; until then nothing is lost.

Source: MMC-5 4.4 and 7.5.4.14; cdrdao's raw driver. It needs no RESERVE TRACK and no CLOSE.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from redbook import errors
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.raw_sectors import SubForm
from redbook.engine.events import Phase, PhaseStarted, TrackStarted
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.plan import Space, check_fits
from redbook.engine.prepare import check_writer, space_on, take_write_parameters
from redbook.engine.sending import send
from redbook.engine.steps import Commit, Now, Point, Procedure, SectorsDone, TakeSectors
from redbook.engine.whole_disc import check_blank, disc_now, end_session, wind_down
from redbook.engine.write_parameters import read_page
from redbook.errors import InvalidReply, NotARecorder, SenseError
from redbook.mmc.mode_pages import WriteType
from redbook.records import dataclass

ANY_FORM = (SubForm.RAW, SubForm.P_AND_Q, SubForm.PACKED)


@dataclass(frozen=True, slots=True)
class RawImage:
    """What is sent.

    layout     the disc, as the image's own Q says it: as much of it as is known before the first WRITE
    start_lba  of the first sector that is sent: of the disc's lead-in
    end_lba    after the last one, in the lead-out
    form       how the sectors are arranged
    """

    layout: SessionLayout
    start_lba: int
    end_lba: int
    form: SubForm

    @property
    def sectors(self) -> int:
        return self.end_lba - self.start_lba


@dataclass(frozen=True, slots=True)
class Raw:
    """image: None while it is unknown, and only the drive is made ready"""

    image: RawImage | None = None
    name: str = "raw"

    def check(self, abilities: Abilities) -> None:
        check_writer(abilities)
        if not abilities.writes_raw:
            raise NotARecorder(f"{abilities.name} cannot write raw; {instead_of_raw(abilities)}")

    def space(self, abilities: Abilities, disc: DiscContents) -> Space:
        check_blank(abilities, disc)
        space = space_on(abilities, disc)
        if disc.lead_in_start is None:
            raise InvalidReply(
                "the drive does not say where the disc's lead-in begins, and raw writing begins there: use "
                f"another drive, or another disc; or {instead_of_raw(abilities)}"
            )
        return replace(space, first_track=1, next_lba=0)

    def place(self, space: Space) -> SessionLayout:
        layout = self._image.layout
        check_fits(layout.lead_out_lba, space)
        return layout

    @property
    def _image(self) -> RawImage:
        if self.image is None:
            raise ValueError("there is no image to write yet")
        return self.image

    def parameters(self, settings: Settings, offered: bool) -> Procedure[bool]:
        forms = ANY_FORM if self.image is None else (self.image.form,)
        for form in forms:
            try:
                return (yield from _set_page(form, settings, offered))
            except errors.IllegalRequest as error:
                if form is forms[-1]:
                    text = f"the drive refuses to write raw ({error.sense}); {_TAO}"
                    raise NotARecorder(text) from error
        raise AssertionError("there must be at least one form")

    def arm(
        self, layout: SessionLayout, disc: DiscContents, settings: Settings, outcome: Outcome
    ) -> Procedure[None]:
        """Nothing is sent: only check that the image still begins where the lead-in of this disc does.

        raises  InvalidReply  where it does not
        """
        yield from ()
        start, first = disc.lead_in_start, self._image.start_lba
        if start is None or start.lba != first:
            place = f"at sector {start.lba}" if start is not None else "nowhere"
            raise InvalidReply(
                f"the drive said that the lead-in begins at sector {first}, but now says {place}; nothing "
                "was written: take the disc out, put it in again, and try once more"
            )
        outcome.lead_in_start = start

    def write(
        self, layout: SessionLayout, space: Space, settings: Settings, outcome: Outcome
    ) -> Procedure[SessionLayout]:
        chunk = yield TakeSectors()  # the read-ahead is full now: what is wrong with the input may be known
        yield Commit(Point.WRITE)
        since = yield Now()
        first = layout.tracks[0]
        yield PhaseStarted(Phase.WRITING, first.number)
        yield TrackStarted(first.number, first.start_lba, first.sectors)
        yield from send(chunk, ImageRun(self._image), outcome, self._image.form.sector_bytes)
        outcome.seconds = (yield Now()) - since
        return layout

    def end(self, layout: SessionLayout, settings: Settings, outcome: Outcome) -> Procedure[None]:
        return end_session(layout, self._image.sectors, settings, outcome)

    def wind_down(self, outcome: Outcome) -> Procedure[None]:
        return wind_down(outcome)

    def disc_now(self, outcome: Outcome, settings: Settings) -> str:
        image = self._image
        return disc_now(image.layout, image.start_lba, image.end_lba, outcome, settings)


class ImageRun:
    """A whole image.  Progress counts from its first sector to its last, as track 0."""

    def __init__(self, image: RawImage) -> None:
        self._image = image
        self.start_lba = image.start_lba
        self._left = list(image.layout.tracks)

    @property
    def track(self) -> LaidTrack:
        """The lead-in counts as the first one's, the lead-out as the last one's."""
        return self._left[0]

    def reached(self, lba: int) -> Iterator[SectorsDone | TrackStarted]:
        while len(self._left) > 1 and lba >= self._left[1].pregap_lba:
            del self._left[0]
            yield TrackStarted(self.track.number, self.track.start_lba, self.track.sectors)
        yield SectorsDone(Phase.WRITING, 0, lba - self.start_lba, self._image.sectors)


def forms_taken(settings: Settings, offered: bool) -> Procedure[tuple[SubForm, ...]]:
    """The forms that the drive accepts, found by trying page 05h; the last accepted one is then set.

    offered  whether the drive has buffer underrun protection

    raises   InvalidReply; SenseError other than a refusal
    """
    taken = []
    for form in SubForm:
        try:
            yield from _set_page(form, settings, offered)
        except (errors.IllegalRequest, errors.ParametersIgnored):
            continue
        taken.append(form)
    return tuple(taken)


def writes_raw(abilities: Abilities) -> Procedure[bool]:
    """Whether the drive can do it: as it says, or, if it says nothing, found by trying page 05h.

    The page is left as it was.
    """
    if not abilities.writes_raw or abilities.profile is not None:
        return abilities.writes_raw
    page = yield from read_page()
    taken = yield from forms_taken(Settings(), abilities.underrun_protection)
    with suppress(SenseError):  # its own default may be one that it does not take
        yield page.to_select(page.now)
    return bool(taken)


def _set_page(form: SubForm, settings: Settings, offered: bool) -> Procedure[bool]:
    return take_write_parameters(settings, offered, WriteType.RAW, form)


_TAO = "track-at-once (--mode tao) can be used instead: it has two seconds of silence between tracks"


def instead_of_raw(abilities: Abilities) -> str:
    """What can make the disc on such a drive, in words."""
    if not abilities.writes_sao:
        return _TAO
    return (
        "session-at-once (--mode sao) can be used instead: it makes the same disc, with the gaps, ISRC and "
        "catalogue number as intended"
    )
