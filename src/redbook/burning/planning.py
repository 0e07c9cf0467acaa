"""What a burn will do, before anything is written: disc inspected, sources read, everything laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeAlias

from redbook.authoring.wishes import DEFAULTS, CdText, Loudness, Mode, SourceName, Wishes
from redbook.burning.fitting import check_row, check_session, lay_out_named
from redbook.closing import Closing
from redbook.disc import PREGAP_SECTORS, SECTORS_PER_SECOND, minutes
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.drive import Drive
from redbook.engine import inspect
from redbook.engine.events import Notice, Phase, PhaseStarted, SourceRead
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.method import Method
from redbook.engine.plan import Space, lay_out, overburned
from redbook.engine.prepare import check_recordable
from redbook.engine.session_at_once import SessionAtOnce
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import PlanError
from redbook.mmc.disc_info import DiscStatus
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.system.memory import give_back_freed_memory

if TYPE_CHECKING:
    from redbook.audio.sectors import PreparedTrack
    from redbook.authoring.arrange import Arrangement, Border
    from redbook.authoring.chains import Look
    from redbook.authoring.levels import Levels
    from redbook.authoring.master import Decision, Master
    from redbook.authoring.program import Program
    from redbook.authoring.summing import Summing
    from redbook.burning.composing import Composition
    from redbook.disc.cd_text import Texts
    from redbook.sheets import SheetOptions
    from redbook.sheets.master_file import MasterFile

DiscPlaces: TypeAlias = tuple[Sequence[int], int | None]
"""Where the audio tracks of a disc start, and its last lead-out; None if it has none yet."""


@dataclass(frozen=True, slots=True)
class PlannedTrack:
    """One track as it will be on the disc.

    sectors       sent to the disc, padding included; from its index 1 on
    start_lba     where it starts
    """

    number: int
    sectors: int
    start_lba: int
    source: str
    prepared: PreparedTrack


@dataclass(frozen=True, slots=True)
class TrackReport(PlannedTrack):
    """One track of a plan or a burn.

    sha256, accuraterip_v1, accuraterip_v2   of its sectors, in hexadecimal
    """

    sha256: str
    accuraterip_v1: str
    accuraterip_v2: str


@dataclass(slots=True)
class Plan(Closing):
    """What a burn of these sources to this disc will be; nothing was written.

    Made by `plan`; `burn` takes it in place of the sources and refuses if they have changed since.

    mode     SAO or TAO
    sums     the checksums of the tracks; they may still be on their way
    texts    CD-Text as it will be on the disc, one entry for each language
    borders  how each track but the first begins; with TAO there are two seconds of silence in front of it
    sheet    how a sheet was read
    losses   what this way of writing cannot carry, in words
    levels   what the loudness was brought to; None if that was not requested
    overburn  whether the session may exceed the disc's stated capacity
    """

    planned: list[PlannedTrack]
    layout: SessionLayout
    space: Space
    drive: Abilities
    disc: DiscContents
    notes: list[str]
    sources: list[SourceName] | Program
    dither_seed: int
    mode: Mode
    wishes: Wishes
    sheet: SheetOptions | None
    texts: tuple[Texts, ...]
    sums: Summing = field(repr=False)
    borders: tuple[Border, ...]
    losses: tuple[str, ...]
    levels: Levels | None = None
    overburn: bool = False
    master: Master | None = field(default=None, repr=False)

    @property
    def tracks(self) -> list[TrackReport]:
        """With their checksums, which may have to be waited for.

        raises  AudioError  if the audio could not be read any more; Cancelled
        """
        return reports(self.planned, self.sums)

    @property
    def areas(self) -> tuple[str, ...]:
        """SHA-256 of each track with what is sent before its index 1, which may have to be waited for.

        raises  AudioError  if the audio could not be read any more; Cancelled
        """
        return tuple(self.sums.proofs)

    @property
    def free_sectors_after(self) -> int:
        """What remains free on the disc; negative if it is overburned."""
        return self.space.last_lead_out_lba - self.layout.lead_out_lba

    def close(self) -> None:
        """Free the space that the decoded audio takes, if it was kept."""
        if self.master is not None:
            self.master.close()
            self.master = None


@dataclass(frozen=True, slots=True)
class Request:
    """What should be planned.

    finalize  whether the session should be closed
    overburn  whether the session may exceed the disc's stated capacity
    """

    sources: Sequence[SourceName] | Program
    mode: Mode = Mode.AUTO
    append: bool = False
    finalize: bool = True
    wishes: Wishes = DEFAULTS
    sheet: SheetOptions | None = None
    dither_seed: int = 0
    keep_audio: bool = False
    overburn: bool = False


def make_plan(request: Request, drive: Drive, caller: Caller) -> Plan:
    """Plan a burn: read the sources, and lay the tracks out on the disc in the drive. Nothing is written.

    raises  AudioError, PlanError, DriveError, Cancelled
    """
    from redbook.burning.composing import compose

    composed = compose(request.sources, request.wishes, request.sheet, caller)
    if composed.kept is not None:
        request = _as_kept(request, composed.kept)
    mode, space, abilities, disc = look_for_space(request, drive, caller)
    if request.overburn:
        _check_overburn(mode, request)
    limit = overburned(space) if request.overburn else space
    drive.announce(0)  # a disc that cannot be stored at all is known before hours of decoding
    lay_out([0] * len(composed.program.tracks), limit)  # the number of tracks, too
    if composed.from_files:
        _check_stated(composed, mode, limit, caller)
    return _with_master(composed, mode, space, request, abilities, disc, caller)


def look_for_space(
    request: Request, drive: Drive, caller: Caller
) -> tuple[Mode, Space, Abilities, DiscContents]:
    """How the disc in the drive will be written, and the space there is on it.

    raises  PlanError, DriveError, Cancelled
    """
    abilities, disc = caller.run(drive, inspect.inspect())
    mode = _mode(request, abilities, disc)
    method = _method_without_tracks(mode)
    method.check(abilities)
    check_recordable(abilities, disc.information, request.append, disc.spoiled)
    return mode, method.space(abilities, disc), abilities, disc


def _as_kept(request: Request, master: MasterFile) -> Request:
    """A master is burned as it was made, unless another mode is asked for."""
    if master.mode == Mode.TAO and request.mode is Mode.AUTO:
        return replace(request, mode=Mode.TAO)
    return request


def _check_overburn(mode: Mode, request: Request) -> None:
    """raises  PlanError  for track-at-once"""
    if mode is Mode.TAO:
        asked = "--append" if request.append else "" if request.finalize else "--leave-open"
        why = f"; {asked} is track-at-once" if asked else ""
        raise PlanError(
            "only session-at-once can write more than the disc's stated capacity: track-at-once would lose "
            f"the last tracks. Leave out --overburn, or write session-at-once (--mode sao){why}"
        )


def _with_overburn_note(
    settled: Composition, layout: SessionLayout, space: Space, caller: Caller
) -> Composition:
    """A warning if it is longer than the disc says."""
    over = layout.lead_out_lba - space.last_lead_out_lba
    if over <= 0:
        return settled
    note = (
        f"overburning: it is {minutes(over)} longer than the disc's stated capacity. Many drives refuse "
        "that before anything is written; others stop in the middle, and the disc is lost. Some players "
        "may not play the audio at the very edge"
    )
    if caller.on_event is not None:
        caller.on_event(Notice(note))
    return replace(settled, notes=(*settled.notes, note))


def _check_stated(composed: Composition, mode: Mode, space: Space, caller: Caller) -> None:
    """raises  PlanError  if the files are too long, going by what they state; Cancelled"""
    from redbook.audio.sectors import stated_sectors

    sources = composed.program.sources
    names = [source.name for source in sources]
    stated = caller.work(lambda emit: stated_sectors(sources, caller.cancel.asked))
    if mode is Mode.SAO:
        check_row(names, stated, space)
    else:
        lay_out_named(names, stated, space, stated=True)


def _with_master(
    composed: Composition,
    mode: Mode,
    space: Space,
    request: Request,
    abilities: Abilities,
    disc: DiscContents,
    caller: Caller,
) -> Plan:
    master, settled, losses = read_master(
        composed, mode, request.wishes, space.first_track, request.dither_seed, caller
    )
    try:
        _check_losses(losses, mode, request, composed.from_files, abilities)
        names = [track.source for track in master.tracks]
        if mode is Mode.SAO:
            limit = overburned(space) if request.overburn else space
            check_session(names, master.arrangement.layout, limit)
            method = SessionAtOnce(master.arrangement.layout, overburn=request.overburn)
            method.check(abilities)
            layout = method.place(space)
            settled = _with_overburn_note(settled, layout, space, caller)
        else:
            layout = lay_out_named(names, [track.sectors for track in master.tracks], space)
    except BaseException:
        master.sums.stop()
        master.close()
        raise
    plan = Plan(
        planned(master, layout.tracks),
        layout,
        space,
        abilities,
        disc,
        list(settled.notes),
        request.sources if not isinstance(request.sources, Sequence) else list(request.sources),
        request.dither_seed,
        mode,
        request.wishes,
        request.sheet,
        settled.program.texts,
        master.sums,
        master.arrangement.borders,
        losses if request.mode is Mode.TAO or not composed.from_files else (),
        master.levels,
        request.overburn,
        master,
    )
    if not request.keep_audio:
        with plan:
            caller.work(lambda emit: master.sums.wait(caller.cancel.asked))
    return plan


def _mode(request: Request, abilities: Abilities, disc: DiscContents) -> Mode:
    """raises  PlanError  for options that contradict each other"""
    stays_open = request.append or not request.finalize
    if request.mode is Mode.SAO:
        if stays_open:
            option = "--append" if request.append else "--leave-open"
            raise PlanError(
                f"session-at-once writes the whole session and closes it; {option} needs track-at-once: "
                "leave out --mode sao, or leave out " + option
            )
        return Mode.SAO
    blank = disc.status is DiscStatus.BLANK
    if request.mode is Mode.AUTO and not stays_open and blank and abilities.writes_sao:
        return Mode.SAO
    return Mode.TAO


def _method_without_tracks(mode: Mode) -> Method:
    return SessionAtOnce(SessionLayout((), 0)) if mode is Mode.SAO else TrackAtOnce(())


def _check_losses(
    losses: Sequence[str], mode: Mode, request: Request, from_files: bool, abilities: Abilities
) -> None:
    """raises  PlanError  if track-at-once was not asked for and cannot carry what was; or if it cannot
    carry what is required

    For plain files without special wishes, track-at-once loses only what nobody asked for.
    """
    if mode is Mode.TAO and request.wishes.cd_text is CdText.REQUIRE:
        raise PlanError(
            "CD-Text is required, and track-at-once cannot write it: leave out --mode tao, --append and "
            "--leave-open, or leave out --cd-text require"
        )
    if mode is Mode.SAO or request.mode is Mode.TAO or not losses:
        return
    plain = from_files and request.wishes.are_plain
    if plain and (request.append or not request.finalize):
        return
    if request.append or not request.finalize:
        why = f"{'--append' if request.append else '--leave-open'} is track-at-once"
    else:
        why = f"{abilities.name} cannot write session-at-once"
    raise PlanError(
        f"{why}, which cannot carry everything that is planned: {'; '.join(losses)}. If that may be lost, "
        "ask for it: --mode tao"
    )


def read_master(
    composed: Composition,
    mode: Mode,
    wishes: Wishes,
    first_number: int,
    seed: int,
    caller: Caller,
    there: DiscPlaces = ((), None),
) -> tuple[Master, Composition, tuple[str, ...]]:
    """Read every source to its end, and report the events on the way.

    mode  AUTO, with tracks on the disc (`there`): as these were burned

    Returns the master, the composition as it was settled, and what track-at-once cannot carry of it.

    raises  AudioError, PlanError, Cancelled
    """
    from redbook.audio.format import Tags
    from redbook.audio.loudness import check_measurable
    from redbook.audio.sectors import Spool
    from redbook.authoring.levels import Aim
    from redbook.authoring.master import Decision, lay_out_kept, read_program
    from redbook.burning.composing import as_single_tracks, foresee, settle
    from redbook.burning.master_audio import check_kept, kept_sources

    settled = composed
    losses: tuple[str, ...] = ()

    def decide(sources: Sequence[PreparedTrack], laid_out: Callable[[Decision], Arrangement]) -> Decision:
        nonlocal settled, losses
        # A master's titles are in its CD-Text, or were not wanted there.
        tags = [Tags() if composed.kept is not None else source.tags for source in sources]
        settled = settle(composed, tags, wishes)
        whole = Decision(settled.program, False, wishes.pad_short_tracks)
        if mode is Mode.SAO or (mode is Mode.AUTO and _is_session(whole, laid_out, there)):
            return whole
        program, losses = as_single_tracks(settled.program, first_number)
        losses = (*_lost_pause(composed, wishes, first_number), *losses)
        settled = replace(settled, program=program)
        return Decision(program, True, True)

    def foreseen(look: Look) -> Program:
        if mode is not Mode.TAO:
            return foresee(composed, wishes, look)
        if composed.from_files:  # two seconds of silence part them, whatever they are
            return composed.program
        return as_single_tracks(foresee(composed, wishes, look))[0]

    def work(emit: Listener) -> Master:
        emit(PhaseStarted(Phase.READING))
        for note in composed.notes:
            emit(Notice(note))
        sources = composed.program.sources
        if composed.in_sectors:
            return lay_out_kept(
                composed.program,
                kept,
                spool,
                first_number=first_number,
                decide=decide,
            )
        return read_program(
            composed.program,
            spool,
            first_number=first_number,
            run_out=mode is Mode.TAO,
            pad_short_tracks=wishes.pad_short_tracks or mode is Mode.TAO,
            seed=seed,
            cancel=caller.cancel.asked,
            on_read=lambda n, s: emit(SourceRead(n, len(sources), s.name)),
            decide=decide,
            foresee=foreseen,
            aim=aim,
            on_measure=lambda: emit(PhaseStarted(Phase.MEASURING)),
        )

    aim = None
    if wishes.loudness is not Loudness.OFF:
        check_measurable()
        aim = Aim(wishes.loudness, wishes.target_lufs)

    def checked(emit: Listener) -> Master:
        found = work(emit)
        if composed.kept is not None:
            try:
                check_kept(composed.kept, found, caller.cancel.asked)
            except BaseException:
                found.sums.stop()
                found.close()
                raise
        return found

    kept, spool = kept_sources(composed) if composed.in_sectors else ([], Spool())
    try:
        master = caller.work(checked)
        give_back_freed_memory()
    except BaseException:
        spool.close()
        raise
    for note in settled.notes[len(composed.notes) :]:
        if caller.on_event is not None:
            caller.on_event(Notice(note))
    return master, settled, losses


def _lost_pause(composed: Composition, wishes: Wishes, first_number: int) -> tuple[str, ...]:
    """The pause before an appended track, if files should have one other than two seconds."""
    pause_s = wishes.pause_seconds if composed.from_files and first_number > 1 else None
    if not pause_s or round(pause_s * SECTORS_PER_SECOND) == PREGAP_SECTORS:
        return ()
    return (f"the pause before track {first_number}, which becomes two seconds",)


def _is_session(decision: Decision, laid_out: Callable[[Decision], Arrangement], there: DiscPlaces) -> bool:
    """Whether this, written at once, would be a disc with its tracks at these places."""
    try:
        made = laid_out(decision)
    except PlanError:
        return False
    return is_written_at_once(made.layout, there)


def is_written_at_once(layout: SessionLayout, there: DiscPlaces) -> bool:
    """Whether a disc has this layout, written session-at-once, by where its tracks start.

    A single track starts at the same place in either mode. But track-at-once leaves run-out behind it, so the
    lead-out starts later.
    """
    starts, lead_out = there
    if [track.start_lba for track in layout.tracks] != list(starts):
        return False
    return len(starts) > 1 or lead_out == layout.lead_out_lba


def planned(master: Master, places: Sequence[LaidTrack]) -> list[PlannedTrack]:
    return [
        PlannedTrack(place.number, place.sectors, place.start_lba, track.source, track)
        for track, place in zip(master.tracks, places, strict=True)
    ]


def reports(tracks: Sequence[PlannedTrack], sums: Summing) -> list[TrackReport]:
    """raises  AudioError  if the audio could not be read any more; Cancelled"""
    found = []
    for track, hashes, accuraterip in zip(tracks, sums.hashes, sums.accuraterip, strict=True):
        place = (track.number, track.sectors, track.start_lba, track.source)
        v1, v2 = accuraterip.result()
        found.append(TrackReport(*place, track.prepared, hashes.result().track, f"{v1:08x}", f"{v2:08x}"))
    return found
