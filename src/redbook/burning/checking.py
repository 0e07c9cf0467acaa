"""A disc compared with what was sent: read back by the engine, and each difference found to the sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from redbook.burning.remembered import habits_of, known_drive, remember_reading
from redbook.disc import SAMPLES_PER_SECTOR
from redbook.disc.layout import Pregap, SessionLayout
from redbook.drive import Drive
from redbook.engine import verify as verifying
from redbook.engine.complete_tracks import in_words as numbered
from redbook.engine.conclude import conclude
from redbook.engine.locate import locate, not_located
from redbook.engine.verification import Difference, Verification
from redbook.engine.verify import READ_SPEED, ReadBack, VerifyRequest
from redbook.errors import AudioError, Cancelled, DriveError
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener

if TYPE_CHECKING:
    from redbook.authoring.master import Master


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """How a disc should be read back.

    speed   multiple of 1x, MAX_SPEED for as fast as the drive can; None for the usual one
    reload  whether the drive loads the disc again once it is closed, so that it answers from the disc and not
            from memory
    """

    speed: float | None = None
    reload: bool = True


def check(
    drive: Drive,
    master: Master,
    layout: SessionLayout | None,
    caller: Caller,
    how: VerifySettings,
    *,
    closed: bool,
    binding: bool = True,
) -> Verification:
    """Compare a disc with the audio in the spool, byte by byte, and find where they differ.

    The files of a kept master may change meanwhile: a disc made from them is compared with their checksums.

    layout   as it was written; None to take the tracks from where they are on the disc. A session written
             at once is compared by the master's own layout, because a drive may have wanted other pregaps
    closed   whether its session was closed just now
    binding  whether a disc with other things besides its samples is a different disc; otherwise that is only
             noted

    raises  DriveError, Cancelled
            AudioError  if the spool cannot be read
    """
    key, known = known_drive(drive, caller)
    at_once = layout is not None and all(track.pregap is Pregap.SENT for track in layout.tracks)
    asked = VerifyRequest(
        closed,
        closed and how.reload,
        how.speed or READ_SPEED,
        known.offset_samples,
        habits_of(drive, known),
        session=layout if at_once else None,
        binding=binding,
        audio_at_hand=not master.whole,
    )
    sent = [one.result() for one in master.whole] if master.whole else master.sums.fingerprints
    compared = master.arrangement.layout if at_once else layout
    places = None if compared is None else compared.tracks
    total = sum(one.sectors for one in sent)
    audio = None if master.whole else master.sent_audio()
    found = caller.run(drive, verifying.verify(places, sent, asked), total, audio)
    remember_reading(drive, key, known, found, asked.habits)
    if not found.differing:
        return conclude(found, ())
    return _with_places(drive, found, master, caller)


def _with_places(drive: Drive, found: ReadBack, master: Master, caller: Caller) -> Verification:
    located: dict[int, Difference | None] = {}
    reason = ""
    try:
        _locate(drive, found, master, caller, located)
    except (AudioError, DriveError, Cancelled) as error:  # that the disc differs is known already
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
        f"which samples differ in {numbered(by_sectors)} cannot be determined exactly: {reason}"
    )


def _from_index_1(difference: Difference, found: ReadBack) -> Difference:
    """Counted from the track's index 1 instead of from what was sent before it."""
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
    caller: Caller,
    located: dict[int, Difference | None],
) -> None:
    """located  takes what is found

    raises  DriveError, Cancelled
            AudioError  if the spool cannot be read, or a file of a kept master has changed
    """
    if master.whole:
        for source in master.sources:
            source.check_unchanged()
    own = [track.number for track in master.arrangement.layout.tracks]
    numbers = dict(zip((track.number for track in found.tracks), own, strict=True))
    streams = [master.area_stream(numbers[number]) for number in found.differing]
    total = sum(stream.sectors for stream in streams)

    def work(emit: Listener) -> None:
        caller.runner(drive, emit, streams, total).run(locate(found, found.differing, located))

    caller.work(work)


def in_words(verification: Verification) -> str:
    """What is wrong, one line each."""
    lines = ["the disc is not the same as the sources:"]
    lines += verification.layout_errors
    lines += [str(difference) for difference in verification.differences]
    lines += verification.notes
    lines += [f"not compared: {check.text}" for check in verification.checks if check.promise == "data"]
    return "\n  ".join(lines)
