"""A disc compared with its sources: read back by the engine, located with the sources, told as one value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redbook.disc import SAMPLES_PER_SECTOR
from redbook.disc.layout import Pregap, SessionLayout
from redbook.drive import Drive
from redbook.engine import verify as verifying
from redbook.engine.conclude import conclude
from redbook.engine.glance import who_is_it
from redbook.engine.ladder import RUNGS
from redbook.engine.locate import locate, not_located
from redbook.engine.places import in_words as numbered
from redbook.engine.read_audio import ReadHabits
from redbook.engine.verification import Difference, Verification
from redbook.engine.verify import READ_SPEED, Asked, ReadBack
from redbook.engine.waiting import resending
from redbook.errors import AudioError, Cancelled, DriveError, NoRoom
from redbook.recorders.memory import DriveMemory, KnownDrive, drive_key
from redbook.runner.caller import Caller, Listener

if TYPE_CHECKING:
    from redbook.authoring.master import Master


@dataclass(frozen=True, slots=True)
class HowToRead:
    """How a disc is read back.

    speed   multiple of 1x, MAX_SPEED for as fast as the drive can; None for the usual one
    reload  have the drive load the disc again after it was closed, so that nothing it tells is its memory
    """

    speed: float | None = None
    reload: bool = True


def known_drive(drive: Drive, caller: Caller) -> tuple[str, KnownDrive]:
    """The name under which a drive is remembered, and what is known of it.  raises  DriveError, Cancelled"""
    inquiry, serial = caller.run(drive, resending(who_is_it(), lambda: False))
    key = drive_key(inquiry.vendor, inquiry.product, serial)
    return key, DriveMemory.of_user().recall(key)


def check(
    drive: Drive,
    master: Master,
    layout: SessionLayout | None,
    seed: int,
    caller: Caller,
    how: HowToRead,
    *,
    closed: bool,
    binding: bool = True,
) -> Verification:
    """Compare a disc with its sources; where they differ, read the source again and find the place.

    layout  as it was written; None to take the tracks from where they are on the disc. Where it was written
            at once, the audio is compared by the master's own layout: a drive may have wanted other pregaps
    closed  whether its session was closed just now
    binding  whether somebody said what the disc holds beside its samples

    raises  DriveError, Cancelled
    """
    key, known = known_drive(drive, caller)
    habits = ReadHabits()
    if drive.real_time:  # a transcript that is played back has its own
        habits = ReadHabits(known.read_form, known.most_read_sectors or habits.most_sectors)
    at_once = layout is not None and all(track.pregap is Pregap.SENT for track in layout.tracks)
    asked = Asked(
        closed,
        closed and how.reload,
        how.speed or READ_SPEED,
        known.offset_samples,
        habits.check(),
        session=layout if at_once else None,
        binding=binding,
    )
    sent = master.areas
    compared = master.arrangement.layout if at_once else layout
    places = None if compared is None else compared.tracks
    found = caller.run(drive, verifying.verify(places, sent, asked), sum(one.sectors for one in sent))
    _remember(drive, key, known, found, asked.habits)
    if not found.differing:
        return conclude(found, ())
    return _with_places(drive, found, master, seed, caller)


def remember_rung(key: str, known: KnownDrive, rung: str) -> None:
    """In which form a drive took a cue sheet; the first one is tried first anyway."""
    if rung and known.rung != rung and (known.rung or rung != RUNGS[0].name):
        DriveMemory.of_user().keep(key, replace(known, rung=rung))


def _remember(drive: Drive, key: str, before: KnownDrive, found: ReadBack, habits: ReadHabits) -> None:
    """Only what a disc that was read right has shown."""
    if found.broken_off or not found.readings or not all(reading.same for reading in found.readings):
        return
    offset = found.offset.samples if found.offset.told else before.offset_samples
    now = replace(before, offset_samples=offset, read_form=habits.form, most_read_sectors=habits.most_sectors)
    worth_keeping = drive.real_time or now != KnownDrive(0, 0, ReadHabits().most_sectors)
    if now != before and worth_keeping:
        DriveMemory.of_user().keep(key, now)


def _with_places(drive: Drive, found: ReadBack, master: Master, seed: int, caller: Caller) -> Verification:
    located: dict[int, Difference | None] = {}
    reason = ""
    try:
        _locate(drive, found, master, seed, caller, located)
    except (AudioError, NoRoom, DriveError, Cancelled) as error:  # that the disc differs is known already
        reason = str(error)
    differences: list[Difference] = []
    by_sectors: list[int] = []
    for reading in found.readings:
        number = reading.span.number
        difference = located.get(number)
        if not reading.same and number not in located:
            difference = not_located(reading, found.offset.samples)
            by_sectors.append(number)
        if difference is not None:
            differences.append(_from_index_1(difference, found))
    settled = [number for number, difference in located.items() if difference is None]
    verification = conclude(found, differences, settled)
    if not by_sectors:
        return verification
    return verification.with_note(
        f"which samples differ in {numbered(by_sectors)} cannot be said to the sample: {reason}"
    )


def _from_index_1(difference: Difference, found: ReadBack) -> Difference:
    """Counted from the track's index 1, where it was counted from what was sent before that."""
    track = next(track for track in found.tracks if track.number == difference.track)
    before = track.start_lba - track.sent_lba
    return replace(
        difference,
        sector=difference.sector - before,
        first_sample=difference.first_sample - before * SAMPLES_PER_SECTOR,
    )


def _locate(
    drive: Drive,
    found: ReadBack,
    master: Master,
    seed: int,
    caller: Caller,
    located: dict[int, Difference | None],
) -> None:
    """located  takes what is found

    raises  DriveError, Cancelled
            AudioError  if a source is gone or has changed since it was burned
    """
    from redbook.audio.sectors import Spool
    from redbook.authoring.master import read_again

    own = [track.number for track in master.arrangement.layout.tracks]
    with Spool() as spool:

        def work(emit: Listener) -> None:
            numbers = dict(zip((track.number for track in found.tracks), own, strict=True))
            wrong = [numbers[number] for number in found.differing]
            streams = read_again(master, wrong, spool, seed=seed, cancel=caller.cancel.asked)
            total = sum(stream.sectors for stream in streams)
            caller.runner(drive, emit, streams, total).run(locate(found, found.differing, located))

        caller.work(work)


def in_words(verification: Verification) -> str:
    """What is wrong, a line each."""
    lines = ["the disc is not the same as the sources:"]
    lines += verification.layout_errors
    lines += [str(difference) for difference in verification.differences]
    lines += verification.notes
    lines += [f"not compared: {check.text}" for check in verification.checks if check.promise == "data"]
    return "\n  ".join(lines)
