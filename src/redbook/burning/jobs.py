"""The Python API: burn, plan, verify, blank, examine a disc. Each is a few lines on top of the engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from redbook.authoring.wishes import DEFAULTS, Mode, SourceName, Wishes
from redbook.burning import checking
from redbook.burning.checking import VerifySettings
from redbook.burning.job_reports import BurnReport, VerifyReport
from redbook.burning.looking import run_resending
from redbook.burning.planning import (
    Plan,
    Request,
    TrackReport,
    is_written_at_once,
    make_plan,
    planned,
    read_master,
    reports,
)
from redbook.burning.remembered import known_drive, remember_form
from redbook.clock import Clock
from redbook.disc import PREGAP_SECTORS, Toc, TocTrack
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.drive import Drive
from redbook.engine import burn as burning_disc
from redbook.engine import close, erase, inspect
from redbook.engine.complete_tracks import CompleteTrack, complete_tracks_on, in_words
from redbook.engine.erase import Erasable
from redbook.engine.inspect import DiscContents
from redbook.engine.method import Method
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.reading_speed import check_read_speed
from redbook.engine.session_at_once import SessionAtOnce
from redbook.engine.spoiled import spoiled_in_words
from redbook.engine.steps import Point
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import (
    AudioError,
    BurnFailed,
    Cancelled,
    DriveError,
    MediumUnsuitable,
    PlanError,
    VerificationFailed,
)
from redbook.mmc.disc_info import DiscInformation, DiscStatus
from redbook.mmc.write import BlankType
from redbook.runner.caller import Caller, Consent, Listener
from redbook.runner.cancel import Cancel
from redbook.system.inhibit import awake

if TYPE_CHECKING:
    from redbook.audio.sectors import PreparedTrack
    from redbook.authoring.master import Master
    from redbook.authoring.program import Program
    from redbook.sheets import SheetOptions


def plan(
    sources: SourceName | Sequence[SourceName] | Program,
    drive: Drive,
    *,
    mode: Mode | str = Mode.AUTO,
    append: bool = False,
    finalize: bool = True,
    wishes: Wishes = DEFAULTS,
    sheet: SheetOptions | None = None,
    dither_seed: int = 0,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
    keep_audio: bool = False,
    overburn: bool = False,
) -> Plan:
    """Read every source to the end, and lay out the tracks on the disc in this drive.

    sources      one or many: sound files, folders, playlists, a cue sheet; "raw:PATH" for 44.1 kHz 16-bit
                 stereo PCM; or a Program
    mode         "auto", "sao" or "tao": session-at-once or track-at-once
    append       add to a disc that has tracks already
    finalize     whether the session should be closed
    wishes       how files are joined, pauses, texts and codes
    sheet        how to read a sheet
    keep_audio   keep the decoded audio for `burn`; close the plan when done
    overburn     allow more than the disc's stated capacity; drives may refuse that, or ruin the disc

    raises  AudioError, PlanError, DriveError, Cancelled; nothing was written
    """
    request = Request(
        _listed(sources),
        Mode(mode),
        append,
        finalize,
        wishes,
        sheet,
        dither_seed,
        keep_audio=keep_audio,
        overburn=overburn,
    )
    return make_plan(request, drive, Caller.of(on_event, cancel, clock))


def _listed(sources: SourceName | Sequence[SourceName] | Program) -> Sequence[SourceName] | Program:
    """One path is enough."""
    return [sources] if isinstance(sources, str | os.PathLike) else sources


def burn(
    sources: SourceName | Sequence[SourceName] | Program | Plan,
    drive: Drive,
    *,
    mode: Mode | str = Mode.AUTO,
    speed: float | None = None,
    finalize: bool = True,
    simulate: bool = False,
    verify: bool = True,
    read_speed: float | None = None,
    reload: bool = True,
    append: bool = False,
    overburn: bool = False,
    wishes: Wishes = DEFAULTS,
    sheet: SheetOptions | None = None,
    dither_seed: int = 0,
    commit: Consent | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> BurnReport:
    """Burn an audio disc, read it back and compare.

    sources   as for `plan`, or a Plan
    mode, wishes, sheet  as for `plan`; a Plan has its own
    speed     multiple of 1x, MAX_SPEED for as fast as the drive can; None for the one that is recommended
              for audio on this drive and disc (`Plan.drive.speeds`), or the fastest where none is known
    finalize  close the session, so that players can play the disc
    simulate  go through everything with the laser off; the disc stays as it is
    verify    read every sector back
    read_speed  multiple of 1x for that, MAX_SPEED for as fast as the drive can; None for 24x
    reload    reload the finished disc before it is read back, so that the table of contents comes from the
              disc, not from the drive's memory
    append    add to a disc that has tracks already
    commit    called with Point.WRITE when everything is ready and before the first sector is sent, and with
              Point.CLOSE before the disc is closed, on the job's thread, which waits for it; not for a test
              write. If it raises, nothing was written, or the session stays open. A session-at-once recording
              may be closed with its last sector: then an objection to closing it comes too late, and
              `disc_now` describes the disc
    overburn  as for `plan`; a Plan has its own
    on_event  called with each event, on this thread; what it raises is logged, and the burn continues
    cancel    call it from another thread to stop; Ctrl-C does the same

    raises  AudioError          a source is unusable or has changed; nothing was written
            PlanError           it does not fit; nothing was written
            DriveError          the drive or disc; BurnFailed once anything was written
            VerificationFailed  the disc is not what was sent; .report is the BurnReport
            Cancelled           .disc_now says what is on the disc
            NotCommitted        `commit` raised; .reason is that, .disc_now says what is on the disc
    """
    if speed is not None and not speed > 0:  # also what is no number
        raise ValueError(f"speed must be a multiple of 1x greater than 0, MAX_SPEED or None, not {speed!r}")
    check_read_speed(read_speed)
    reading = checking.VerifySettings(read_speed, reload) if verify else None
    settings = Settings(speed, simulate, finalize, append, real_time=drive.real_time)
    caller = Caller.of(on_event, cancel, clock)
    consent = None if simulate else commit
    if isinstance(sources, Plan):
        return _burn_plan(sources, drive, settings, reading, caller, consent)
    request = Request(
        _listed(sources),
        Mode(mode),
        append,
        finalize,
        wishes,
        sheet,
        dither_seed,
        keep_audio=True,
        overburn=overburn,
    )
    with make_plan(request, drive, caller) as made:
        return _burn_planned(made, drive, settings, reading, caller, consent)


def _burn_plan(
    earlier: Plan,
    drive: Drive,
    settings: Settings,
    reading: VerifySettings | None,
    caller: Caller,
    commit: Consent | None,
) -> BurnReport:
    """A plan whose audio was not kept is made again, and must be the same."""
    if earlier.mode is Mode.SAO and (settings.append or not settings.finalize):
        raise PlanError(
            "it was planned session-at-once, for a blank disc that is closed: plan it with finalize=False or "
            "append=True, too"
        )
    if earlier.master is not None:
        with earlier:
            return _burn_planned(earlier, drive, settings, reading, caller, commit)
    request = Request(
        earlier.sources,
        earlier.mode,
        settings.append,
        settings.finalize,
        earlier.wishes,
        earlier.sheet,
        earlier.dither_seed,
        keep_audio=True,
        overburn=earlier.overburn,
    )
    with make_plan(request, drive, caller) as made:
        _check_same(earlier, made)
        return _burn_planned(made, drive, settings, reading, caller, commit)


def _check_same(earlier: Plan, made: Plan) -> None:
    before = [track.sha256 for track in earlier.tracks]
    for index, track in enumerate(made.tracks):
        if index >= len(before) or track.sha256 != before[index]:
            raise AudioError(f"{track.source}: the audio has changed since it was planned", track.source)
    if len(before) != len(made.tracks):
        raise AudioError("there are fewer sources than when it was planned")
    if made.areas != earlier.areas:
        raise AudioError("the audio before a track, in its pregap, has changed since it was planned")
    if made.mode is Mode.SAO and made.layout != earlier.layout:
        changed = earlier.layout.differences(made.layout)
        what = f" ({changed[0]})" if changed else ""
        raise AudioError(f"the layout of the disc has changed since it was planned{what}; plan it again")


def _burn_planned(
    made: Plan,
    drive: Drive,
    settings: Settings,
    reading: VerifySettings | None,
    caller: Caller,
    commit: Consent | None,
) -> BurnReport:
    with _undisturbed(drive, settings.test_write):
        return _burn_awake(made, drive, settings, reading, caller, commit)


def _burn_awake(
    made: Plan,
    drive: Drive,
    settings: Settings,
    reading: VerifySettings | None,
    caller: Caller,
    commit: Consent | None,
) -> BurnReport:
    master = made.master
    if master is None:
        raise ValueError("the plan does not hold its audio")
    for source in master.sources:
        source.check_unchanged()
    outcome = Outcome()
    caller.cancel.under_way.test_write = settings.test_write
    caller.cancel.under_way.whole_session = made.mode is Mode.SAO
    method: Method
    if made.mode is Mode.SAO:
        key, known = known_drive(drive, caller)
        method = SessionAtOnce(made.layout, known.cue_sheet_form, made.overburn)
        streams = [master.session_stream(PREGAP_SECTORS)]
    else:
        method = TrackAtOnce([track.sectors for track in master.tracks])
        streams = master.track_streams()
    procedure = burning_disc.burn(method, settings, outcome)
    total = sum(stream.sectors for stream in streams)
    layout, supply = caller.run_with_audio(drive, procedure, streams, total, commit)
    if made.mode is Mode.SAO:
        remember_form(key, known, outcome.cue_sheet_form)
    verification = None
    if reading is not None and not settings.test_write:
        try:
            verification = checking.check(drive, master, layout, caller, reading, closed=outcome.closed)
        except Cancelled as error:
            now = method.disc_now(outcome, settings)
            raise Cancelled(f"cancelled before the disc was verified; {now}", now) from error
        except (DriveError, AudioError) as error:
            now = method.disc_now(outcome, settings)
            text = f"the disc was burned, but could not be read back: {error}\n{now}"
            raise BurnFailed(text, now) from error
    try:
        caller.work(lambda emit: master.sums.wait())
    except AudioError as error:
        now = method.disc_now(outcome, settings)
        verdict = f"{checking.in_words(verification)}\n" if verification and not verification.same else ""
        text = f"{verdict}the disc was burned, but is not known to be right: {error}\n{now}"
        raise BurnFailed(text, now) from error
    report = BurnReport(
        verified=verification is not None and verification.same,
        offset_samples=verification.offset_samples if verification else None,
        tracks=_reports(master, (made.layout if made.mode is Mode.SAO else layout).tracks),
        toc=verification.toc if verification else _planned_toc(made, layout),
        finalized=outcome.closed,
        test_write=settings.test_write,
        speed=outcome.drive.speed,
        measured_speed=outcome.drive.pace.speed,
        verification=verification,
        host_buffer_lowest=supply.host_buffer_lowest,
        drive_buffer_lowest=supply.drive_buffer_lowest,
        longest_gap_seconds=supply.longest_gap_seconds,
        underruns=supply.underruns,
        mode=made.mode,
        cue_sheet_form=outcome.cue_sheet_form,
        levels=made.levels,
    )
    if verification is not None and not verification.same:
        raise VerificationFailed(checking.in_words(verification), report)
    return report


def _reports(master: Master, places: Sequence[LaidTrack]) -> list[TrackReport]:
    return reports(planned(master, places), master.sums)


def _planned_toc(made: Plan, layout: SessionLayout) -> Toc:
    before = made.disc.expected_toc()
    session = made.disc.information.sessions
    new = tuple(TocTrack(t.number, t.start_lba, t.toc_control, session) for t in layout.tracks)
    return Toc((before.tracks if before else ()) + new, layout.lead_out_lba)


def verify(
    sources: SourceName | Sequence[SourceName] | Program,
    drive: Drive,
    *,
    wishes: Wishes = DEFAULTS,
    sheet: SheetOptions | None = None,
    dither_seed: int = 0,
    read_speed: float | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> VerifyReport:
    """Compare a disc with the sources that it was burned from, sector by sector.

    Where its tracks start (and where a single track ends) shows whether it was written session-at-once or
    track-at-once. If the disc also holds data, the audio tracks are compared, in order; the verdict names the
    others.

    sources, wishes, sheet  as it was burned with
    read_speed  multiple of 1x, MAX_SPEED for as fast as the drive can; None for 24x

    raises  AudioError, DriveError, Cancelled
            VerificationFailed  it differs; .report is the VerifyReport
    """
    from redbook.burning.composing import compose

    check_read_speed(read_speed)
    caller = Caller.of(on_event, cancel, clock)
    composed = compose(_listed(sources), wishes, sheet, caller)
    _, disc = caller.run(drive, inspect.inspect())
    if disc.spoiled:
        raise MediumUnsuitable(spoiled_in_words(disc.information))
    on_disc = run_resending(drive, complete_tracks_on(disc), caller)
    audio = [track for track in on_disc if track.is_audio]
    if not audio:
        there = "no complete track"
        if on_disc:
            there = f"no audio, but data ({in_words([track.number for track in on_disc])}),"
        raise MediumUnsuitable(f"there is {there} on the disc; insert the disc to be verified")

    starts = [track.start_lba for track in audio]
    lead_out = disc.toc.lead_out_lba if disc.toc else None
    found = tuple(starts), lead_out
    master, _, losses = read_master(composed, Mode.AUTO, wishes, 1, dither_seed, caller, found)
    with master:
        layout = master.arrangement.layout
        whole = is_written_at_once(layout, found) and len(on_disc) == len(audio)
        verification = checking.check(
            drive,
            master,
            layout if whole else None,
            caller,
            checking.VerifySettings(read_speed),
            closed=False,
            binding=not composed.from_files,
        )
        caller.work(lambda emit: master.sums.wait(caller.cancel.asked))
    if losses and not composed.from_files:
        verification = verification.with_note(
            f"the disc was written track-at-once, so this is not on it: {'; '.join(losses)}"
        )
    places = list(layout.tracks) if whole else _compared(master.tracks, audio)
    report = VerifyReport(verification.same, _reports(master, places), verification)
    if not verification.same:
        raise VerificationFailed(checking.in_words(verification), report)
    return report


def _compared(prepared: Sequence[PreparedTrack], audio: Sequence[CompleteTrack]) -> list[LaidTrack]:
    """Each source with the audio track that it was compared with; sources without a track come last."""
    places = []
    for index, track in enumerate(prepared):
        number, start_lba = audio[-1].number + index + 1 - len(audio), 0
        if index < len(audio):
            number, start_lba = audio[index].number, audio[index].start_lba
        places.append(LaidTrack(number, start_lba, track.sent_sectors))
    return places


def look_before_blanking(
    drive: Drive,
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> Erasable:
    """Check whether there is a CD-RW, and what `blank` would erase from it.

    raises  DriveError, Cancelled; MediumUnsuitable for a disc that cannot be erased
    """
    return Caller.of(on_event, cancel, clock).run(drive, erase.look())


def blank(
    drive: Drive,
    *,
    full: bool = False,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> DiscInformation:
    """Make a CD-RW blank again.  full: erase every sector, not only the table of contents.

    raises  DriveError, Cancelled; MediumUnsuitable for a disc that is not a CD-RW
            EraseFailed if it was begun and went wrong: .disc_now says what is known about the disc
    """
    kind = BlankType.ALL if full else BlankType.MINIMAL
    with _undisturbed(drive):
        return Caller.of(on_event, cancel, clock).run(drive, erase.erase(kind))


def close_disc(
    drive: Drive,
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> DiscContents:
    """Close a session that was left open, so that players can play the disc.

    raises  DriveError, Cancelled; MediumUnsuitable if no session is open
            CloseFailed if it was begun and went wrong: .disc_now says what is known about the disc
    """
    with _undisturbed(drive):
        return Caller.of(on_event, cancel, clock).run(drive, close.finalize())


def _undisturbed(drive: Drive, test_write: bool = False) -> AbstractContextManager[None]:
    """The system stays awake while a real drive writes, because a half-written disc is lost."""
    if not drive.real_time:
        return nullcontext()
    return awake(f"{'test write on' if test_write else 'writing to'} {drive.name}")


__all__ = [
    "DiscStatus",
    "Mode",
    "Plan",
    "Point",
    "TrackReport",
    "Wishes",
    "blank",
    "burn",
    "close_disc",
    "look_before_blanking",
    "plan",
    "verify",
]
