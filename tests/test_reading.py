"""A disc that is read into a folder, and one that is copied: what is kept is what is on the disc."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import threading
import time
import wave
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.audio.checksum import Ctdb
from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES
from redbook.disc.cd_text import each_pack
from redbook.disc.toc import Toc, TocTrack
from redbook.drive import Drive
from redbook.engine.twice import Trouble
from redbook.errors import Sense
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.read import ReadCd, SubChannel
from redbook.mmc.write import Write10
from redbook.virtual.faults import BadSpot, Displaced, Fault
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.album import END, SHEET, STARTS, packs, write_album
from tests.support.drives import as_sent, close_session, model, ready, write_track
from tests.support.foreign import extra, mixed
from tests.support.sound import noise

WHOLE = END * SECTOR_BYTES


def album(path: Path, texts: bytes = b"", **habits: Any) -> VirtualRecorder:
    """Hidden audio, indexes, pre-emphasis, ISRC, MCN, CD-Text; loaded anew."""
    write_album(VirtualRecorder(Medium.new_at(path), model=model(**habits)), SHEET, texts or packs(), END)
    return VirtualRecorder(Medium.at(path), model=model(**habits))


def again(recorder: VirtualRecorder, faults: Any = (), **habits: Any) -> VirtualRecorder:
    """The same disc in a recorder that has these faults, and reads at the place."""
    assert recorder.disc is not None
    return VirtualRecorder(recorder.disc, faults=faults, model=model(**habits))


def on(recorder: VirtualRecorder) -> bytes:
    """What was sent to it."""
    return as_sent(recorder, 0, END)


def stored(folder: Path) -> bytes:
    """All audio of a folder, as a standard library reads it."""
    parts = []
    for path in sorted(folder.glob("*.wav")):
        with wave.open(str(path)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 44_100)
            parts.append(file.readframes(file.getnframes()))
    return b"".join(parts)


def layout(recorder: VirtualRecorder) -> Any:
    assert recorder.disc is not None
    return recorder.disc.state.sessions[0].layout()


def test_the_folder_burns_the_same_disc(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    folder = tmp_path / "my album, Ünï"
    report = redbook.read(ready(original), folder)
    assert report.whole
    assert [track.start_lba for track in report.tracks] == STARTS
    assert report.hidden is not None
    assert report.hidden.sectors == STARTS[0]
    copy = VirtualRecorder(Medium.new_at(tmp_path / "b.disc"))
    assert redbook.burn(folder / "disc.cue", Drive(copy)).verified
    assert on(copy) == on(original)
    assert layout(copy) == layout(original)
    assert (folder / "disc.cdt").read_bytes() == packs()


@pytest.mark.parametrize("offset", [667, -30])
def test_the_drive_s_offset_is_taken_off(offset: int, tmp_path: Path) -> None:
    """What it moves to where nothing can be read is silence, and is counted."""
    original = album(tmp_path / "a.disc", read_offset=offset)
    report = redbook.read(ready(original), tmp_path / "out", sound="wav", offset=offset)
    sent, lost = on(original), abs(offset) * SAMPLE_BYTES
    whole = sent[:-lost] + bytes(lost) if offset > 0 else bytes(lost) + sent[lost:]
    assert stored(tmp_path / "out") == whole
    missing = [(t.missing_head_samples, t.missing_tail_samples) for t in report.every_track]
    none = [(0, 0)] * 3
    assert missing == ([*none, (0, offset)] if offset > 0 else [(-offset, 0), *none])


def test_an_offset_that_was_not_asked_for_is_not_taken_off(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc", read_offset=667)
    redbook.read(ready(original), tmp_path / "out", sound="wav")
    late = 667 * SAMPLE_BYTES
    assert stored(tmp_path / "out")[late:] == on(original)[:-late]


def test_the_drive_s_own_offset_has_to_be_known(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    with pytest.raises(redbook.PlanError, match="no offset of this drive is known"):
        redbook.read(ready(original), tmp_path / "out", offset="drive")
    assert not (tmp_path / "out").exists()


def test_flac_is_checked_by_its_own_program(tmp_path: Path) -> None:
    """STREAMINFO has the MD5 of the samples; PyAV's reading of the file is not what proves it."""
    import hashlib
    import struct

    original = album(tmp_path / "a.disc")
    redbook.read(ready(original), tmp_path / "out")
    head = (tmp_path / "out" / "01.flac").read_bytes()[:42]
    samples = struct.unpack(">Q", head[18:26])[0] & 0xF_FFFF_FFFF
    own = on(original)[STARTS[0] * SECTOR_BYTES : STARTS[1] * SECTOR_BYTES]
    assert (samples, head[26:42]) == (len(own) // 4, hashlib.md5(own).digest())


def test_an_unreadable_sector_ends_it_and_the_same_goes_on(tmp_path: Path) -> None:
    spot = BadSpot(1234, 1234)
    original = album(tmp_path / "a.disc")
    damaged = again(original, faults=[spot])
    out = tmp_path / "out"
    with pytest.raises(redbook.NotReadWhole, match=r"sector 1234 .track 2, at 0:03. cannot be read") as info:
        redbook.read(ready(damaged), out, sound="wav")
    assert info.value.lba == 1234
    assert not list(out.glob("*.wav"))
    seen: list[int] = []
    cleaned = again(original)
    watched = _watched(cleaned, seen)
    report = redbook.read(watched, out, sound="wav")
    assert report.whole
    assert report.goes_on
    assert stored(out) == on(original)
    assert min(lba for lba in seen if lba >= 600) >= 1234 - 27  # what was kept is not read again
    assert not list(out.glob(".*"))


def _watched(recorder: VirtualRecorder, seen: list[int]) -> Drive:
    """seen  takes the addresses of audio that is read with C2 pointers: by the reading itself"""
    drive = ready(recorder)
    run = drive.run

    def noted(command: Any) -> Any:
        if isinstance(command, ReadCd) and command.selection.c2:
            seen.append(command.lba)
        return run(command)

    drive.run = noted  # type: ignore[method-assign]
    return drive


def test_what_can_be_had_is_had_when_asked_and_the_holes_are_named(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    damaged = again(original, faults=[BadSpot(1234, 1236)])
    out = tmp_path / "out"
    report = redbook.read(ready(damaged), out, sound="wav", keep_going=True)
    assert not report.whole
    assert report.tracks[1].trouble.unreadable == [1234, 1235, 1236]
    assert report.holes == [
        "track 2, sectors 1234 to 1236 (from 0:03 on): cannot be read; replaced by silence"
    ]
    sent = on(original)
    hole = slice(1234 * SECTOR_BYTES, 1237 * SECTOR_BYTES)
    assert stored(out) == sent[: hole.start] + bytes(3 * SECTOR_BYTES) + sent[hole.stop :]
    said = json.loads((out / "report.json").read_text())
    assert said["whole"] is False
    assert said["tracks"][2]["unreadable"] == [[1234, 1236]]
    assert "sectors 1234 to 1236" in (out / "report.txt").read_text()


def test_holes_of_an_earlier_run_are_read_again_when_they_are_no_longer_allowed(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    faults = [BadSpot(1234, 1234), Fault(redbook.TransportError("gone"), ReadCd, lba=1900)]
    with pytest.raises(redbook.TransportError):
        redbook.read(ready(again(original, faults=faults)), tmp_path / "out", keep_going=True)
    report = redbook.read(ready(again(original)), tmp_path / "out", sound="wav")
    assert report.whole
    assert stored(tmp_path / "out") == on(original)


@pytest.mark.parametrize("which", [1, 2])
def test_a_reading_that_differs_once_is_outvoted(which: int, tmp_path: Path) -> None:
    """One of two readings comes displaced: two that are the same count, and the report says so."""
    original = album(tmp_path / "a.disc")
    shaky = again(original, faults=[Fault(Displaced(7), ReadCd, lba=800, nth=which)])
    report = redbook.read(ready(shaky), tmp_path / "out", sound="wav")
    assert stored(tmp_path / "out") == on(original)
    assert 800 in report.tracks[0].trouble.again
    assert report.whole


def _spotted(recorder: VirtualRecorder, sector: int, spot: Callable[[int], list[BadSpot]]) -> Drive:
    """spot  what is wrong with the disc there at the n-th reading of this sector with C2 pointers"""
    drive, readings = ready(recorder), [0]
    run = drive.run

    def spotted(command: Any) -> Any:
        asked = isinstance(command, ReadCd) and command.selection.c2
        if asked and command.lba <= sector < command.lba + command.sectors:
            readings[0] += 1
            recorder.bad_spots[:] = spot(readings[0])
        return run(command)

    drive.run = spotted  # type: ignore[method-assign]
    return drive


@pytest.mark.parametrize("which", [1, 2])
def test_a_mark_on_one_of_two_readings_that_are_the_same_is_told_and_no_third_is_made(
    which: int, tmp_path: Path
) -> None:
    original = album(tmp_path / "a.disc")
    seen: list[int] = []

    def spot(number: int) -> list[BadSpot]:
        seen.append(number)
        return [BadSpot(800, 800, readable=True)] if number == which else []

    report = redbook.read(_spotted(again(original), 800, spot), tmp_path / "out", sound="wav")
    assert report.whole
    assert report.tracks[0].trouble == Trouble(c2=[800])
    assert seen == [1, 2]
    assert stored(tmp_path / "out") == on(original)


def test_a_sector_that_cannot_be_read_is_asked_for_six_more_times(tmp_path: Path) -> None:
    """docs/reading.md.  Before that it is asked for twice, each time with its neighbours and then alone."""
    original = album(tmp_path / "a.disc")
    seen: list[int] = []

    def spot(number: int) -> list[BadSpot]:
        seen.append(number)
        return [BadSpot(800, 800)]

    report = redbook.read(_spotted(again(original), 800, spot), tmp_path / "out", keep_going=True)
    assert report.tracks[0].trouble.unreadable == [800]
    assert seen[-1] == 2 * 2 + 6


def test_a_drive_that_does_not_tell_q_is_not_said_to_contradict_the_table_of_contents(tmp_path: Path) -> None:
    recorder = again(album(tmp_path / "a.disc"))
    drive = ready(recorder)
    run = drive.run

    def without_q(command: Any) -> Any:
        asked = isinstance(command, ReadCd) and command.selection.sub_channel is not SubChannel.NONE
        recorder.faults[:] = [Fault(Sense(5, 0x24, 0), ReadCd)] if asked else []
        return run(command)

    drive.run = without_q  # type: ignore[method-assign]
    report = redbook.read(drive, tmp_path / "out")
    assert not [note for note in report.notes if "disagree" in note or "pre-emphasis" in note]


def test_a_sector_that_came_once_and_never_again_is_kept_and_called_a_hole(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    going = _spotted(again(original), 800, lambda number: [BadSpot(800, 800)] if number > 1 else [])
    report = redbook.read(going, tmp_path / "out", sound="wav", keep_going=True)
    assert not report.whole
    assert report.tracks[0].trouble == Trouble(differing=[800])
    assert stored(tmp_path / "out") == on(original)


@pytest.mark.slow
def test_a_drive_that_never_reads_the_same_twice_is_not_believed(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    assert original.disc is not None
    jittery = again(original, jitter=300)
    with pytest.raises(
        redbook.NotReadWhole, match=r"was read at several positions.*misses its position.*no accurate stream"
    ):
        redbook.read(ready(jittery), tmp_path / "out")


@pytest.mark.parametrize("every", [29, 11])
def test_a_drive_that_sometimes_misses_its_place_is_outvoted(every: int, tmp_path: Path) -> None:
    """Each 29th or 11th READ CD comes 50 samples late, also two of the same sectors among the first three."""
    original = album(tmp_path / "a.disc")
    shaky = again(original, jitter=50, jitter_every=every)
    report = redbook.read(ready(shaky), tmp_path / "out", sound="wav")
    assert stored(tmp_path / "out") == on(original)
    assert report.whole
    assert any(track.trouble.again for track in report.tracks)


@pytest.mark.slow
@pytest.mark.parametrize(("moved", "every", "most"), [(-12, 2, 27), (3, 7, 8)])
def test_a_drive_that_misses_its_place_often_is_not_believed_however_often_it_agrees(
    moved: int, every: int, most: int, tmp_path: Path
) -> None:
    """It calls its stream accurate. Two readings that agree may both lie beside the place."""
    original = album(tmp_path / "a.disc")
    faults = [Fault(Displaced(moved), ReadCd, nth=n) for n in range(every, 20_000, every)]
    shaky = again(original, faults=faults, most_read_sectors=most)
    with pytest.raises(redbook.NotReadWhole, match="was read at several positions a few samples apart"):
        redbook.read(ready(shaky), tmp_path / "out")


def test_that_a_drive_has_missed_its_place_is_in_the_report(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    report = redbook.read(ready(again(original, jitter=50, jitter_every=29)), tmp_path / "out")
    assert any(
        "missed its position in" in note and "compare with another drive" in note for note in report.notes
    )


def test_c2_everywhere_is_said_and_is_had_only_when_asked(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    everywhere = [BadSpot(0, END - 1, readable=True)]
    with pytest.raises(redbook.NotReadWhole, match=r"marked it as damaged .C2."):
        redbook.read(ready(again(original, faults=everywhere)), tmp_path / "out")
    report = redbook.read(
        ready(again(original, faults=everywhere)), tmp_path / "b", sound="wav", keep_going=True
    )
    assert sum(len(track.trouble.marked) for track in report.every_track) == END
    without = redbook.read(ready(again(original, faults=everywhere)), tmp_path / "c", sound="wav", c2=False)
    assert without.whole
    assert not without.c2
    assert stored(tmp_path / "b") == stored(tmp_path / "c") == on(original)


def left_open() -> Medium:
    """A closed session with one track, and a second one that has a track and was not closed."""
    recorder = VirtualRecorder(Medium.new(), model=model())
    drive = ready(recorder)
    write_track(drive, 400, 1)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    write_track(drive, 300, 2)
    assert recorder.disc is not None
    return recorder.disc


@pytest.mark.parametrize(
    ("disc", "said"),
    [
        (mixed, "data, which redbook does not read"),
        (extra, "data in a later session"),
        (left_open, "track 2: in a session that was left open"),
    ],
)
def test_data_are_left_out_only_when_asked(disc: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(redbook.NotReadWhole, match=said):
        redbook.read(ready(VirtualRecorder(disc())), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    report = redbook.read(ready(VirtualRecorder(disc())), tmp_path / "out", keep_going=True)
    assert said in report.left_out[0]
    assert not report.whole
    assert not report.holes
    copy = VirtualRecorder(Medium.new_at(tmp_path / "b.disc"))
    assert redbook.burn(tmp_path / "out" / "disc.cue", Drive(copy)).verified


def test_cd_text_with_wrong_checksums_is_carried_byte_for_byte(tmp_path: Path) -> None:
    wrong = bytearray(packs())
    wrong[17] ^= 0x55
    wrong[36 + 16] ^= 0xFF
    original = album(tmp_path / "a.disc", bytes(wrong))
    report = redbook.read(ready(original), tmp_path / "out")
    assert (tmp_path / "out" / "disc.cdt").read_bytes() == bytes(wrong)
    assert any("2 of the 8 packs" in note for note in report.notes), report.notes
    for number, source in enumerate([tmp_path / "out" / "disc.cue", f"virtual:{tmp_path / 'a.disc'}"]):
        original.close()
        copy = VirtualRecorder(Medium.new_at(tmp_path / f"{number}.disc"))
        assert redbook.burn(source, Drive(copy)).verified
        assert layout(copy).cd_text == bytes(wrong)


def test_a_pack_file_that_was_damaged_since_is_refused(tmp_path: Path) -> None:
    """The sum in the sheet is of the file as it was read."""
    wrong = bytearray(packs())
    wrong[17] ^= 0x55
    redbook.read(ready(album(tmp_path / "a.disc", bytes(wrong))), tmp_path / "out")
    wrong[3] ^= 1
    (tmp_path / "out" / "disc.cdt").write_bytes(wrong)
    with redbook.open_drive(f"virtual:{tmp_path / 'b.disc'}") as drive:
        plan = redbook.plan(tmp_path / "out" / "disc.cue", drive)
    assert any("the file is damaged" in note for note in plan.notes)
    assert len(list(each_pack(plan.layout.cd_text))) > 0


def test_cancelled_and_gone_on_with(tmp_path: Path) -> None:
    pcm = noise(588 * 9500, 5)
    disc = prepare([Session([Audio(pcm)])])
    cancel = redbook.Cancel()

    def listen(event: redbook.Event) -> None:
        if isinstance(event, redbook.Progress) and event.sectors_done > 5000:
            cancel()

    gone = Fault(redbook.TransportError("gone"), ReadCd, lba=9000)
    recorder = VirtualRecorder(disc, faults=[gone], model=model())
    with pytest.raises((redbook.Cancelled, redbook.TransportError)):
        redbook.read(ready(recorder), tmp_path / "out", sound="wav", on_event=listen, cancel=cancel)
    assert (tmp_path / "out" / ".reading.json").exists()
    seen: list[int] = []
    report = redbook.read(_watched(VirtualRecorder(disc, model=model()), seen), tmp_path / "out", sound="wav")
    assert report.goes_on
    assert min(seen) >= 4000
    assert stored(tmp_path / "out") == pcm


def test_another_disc_of_the_same_length_is_not_gone_on_with(tmp_path: Path) -> None:
    """Same table of contents, different audio."""
    discs = [prepare([Session([Audio(noise(588 * 9500, seed))])]) for seed in (1, 2)]
    broken = VirtualRecorder(
        discs[0], faults=[Fault(redbook.TransportError("gone"), ReadCd, lba=9000)], model=model()
    )
    with pytest.raises(redbook.TransportError):
        redbook.read(ready(broken), tmp_path / "out")
    with pytest.raises(redbook.MediumUnsuitable, match="different audio"):
        redbook.read(ready(VirtualRecorder(discs[1], model=model())), tmp_path / "out")
    third = prepare([Session([Audio(noise(588 * 400, 3))])])
    with pytest.raises(redbook.PlanError, match="a reading of another disc"):
        redbook.read(ready(VirtualRecorder(third, model=model())), tmp_path / "out")
    other = VirtualRecorder(discs[0], model=model(product="OTHER"))
    with pytest.raises(redbook.PlanError, match="by another drive"):
        redbook.read(ready(other), tmp_path / "out")


def test_nobody_s_files_are_touched(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    full = tmp_path / "full"
    full.mkdir()
    (full / "cover.jpg").write_bytes(b"x")
    with pytest.raises(redbook.PlanError, match=r"holds other files .cover.jpg."):
        redbook.read(ready(original), full)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(redbook.PlanError, match="is a file"):
        redbook.read(ready(original), tmp_path / "file")
    assert [path.name for path in full.iterdir()] == ["cover.jpg"]
    redbook.read(ready(original), tmp_path / "out")
    with pytest.raises(redbook.PlanError, match="holds other files"):  # a second run
        redbook.read(ready(original), tmp_path / "out")


def test_a_sound_file_that_is_there_stays(tmp_path: Path) -> None:
    from redbook.audio.sound_files import SoundFormat, write_sound

    path = tmp_path / "01.flac"
    path.write_bytes(b"somebody's")
    with pytest.raises(redbook.NoRoom):
        write_sound(path, SoundFormat.FLAC, [bytes(400)])
    assert path.read_bytes() == b"somebody's"


@pytest.mark.parametrize("kind", ["flac", "wav"])
def test_a_full_disk_is_said_and_leaves_no_file(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a file of the system says when there is no room: the device that is always full."""
    from redbook.audio.sound_files import SoundFormat, write_sound

    path, real = tmp_path / "01", Path.open

    def opened(self: Path, mode: str = "r", *rest: Any) -> Any:
        real(self, mode, *rest).close()
        return real(Path("/dev/full"), "wb") if "x" in mode else real(self, mode, *rest)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(redbook.NoRoom, match="No space left"):
        write_sound(path, SoundFormat(kind), [noise(44_100, n) for n in range(20)])
    assert not path.exists()
    assert Path("/dev/full").exists()


def test_a_disk_that_is_full_in_the_middle_keeps_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pcm = noise(588 * 9500, 5)
    disc = prepare([Session([Audio(pcm)])])
    real, room = os.pwrite, [5_000 * SECTOR_BYTES]

    def written(fd: int, data: Any, at: int) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = real(fd, data[: room[0]], at)
        room[0] -= count
        return count

    monkeypatch.setattr(os, "pwrite", written)
    with pytest.raises(redbook.NoRoom, match=r"No space left.*kept, and the same command continues"):
        redbook.read(ready(VirtualRecorder(disc, model=model())), tmp_path / "out", sound="wav")
    monkeypatch.setattr(os, "pwrite", real)
    seen: list[int] = []
    report = redbook.read(_watched(VirtualRecorder(disc, model=model()), seen), tmp_path / "out", sound="wav")
    assert report.goes_on
    assert min(seen) >= 4_000
    assert stored(tmp_path / "out") == pcm


@pytest.mark.parametrize("when", ["read", "burn"])
def test_what_was_read_for_a_copy_that_fails_is_kept_and_named(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    original = album(tmp_path / "a.disc")
    spots = [BadSpot(1234, 1234)] if when == "read" else []
    source, onto = again(original, faults=spots), Medium.new_at(tmp_path / "b.disc")
    broken = VirtualRecorder(onto, faults=[Fault(redbook.TransportError("gone"), Write10, lba=500)])
    told: list[str] = []

    def listen(event: redbook.Event) -> None:
        if isinstance(event, redbook.Notice):
            told.append(event.text)

    with pytest.raises(redbook.RedbookError) as failed:
        redbook.copy(ready(source), Drive(broken), on_event=listen)
    (kept,) = tmp_path.glob("redbook-copy-*")
    assert told[-1] in failed.value.__notes__
    assert f"what was read is kept in {kept}" in told[-1]
    if when == "burn":
        assert f"`redbook burn {kept}/disc.cue` burns it" in told[-1]
        assert stored(kept) == on(original)
        again_burned = VirtualRecorder(Medium.new_at(tmp_path / "c.disc"))
        assert redbook.burn(kept / "disc.cue", Drive(again_burned)).verified
        return
    assert f"-o {kept} continues from there" in told[-1]
    copied = redbook.copy(
        ready(again(original)), Drive(VirtualRecorder(Medium.new_at(tmp_path / "c.disc"))), folder=kept
    )
    assert copied.read.goes_on
    assert copied.burned.verified


def test_nothing_is_left_of_a_copy_that_went_well_or_never_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    original = album(tmp_path / "a.disc")
    assert redbook.copy(ready(original), Drive(VirtualRecorder(Medium.new_at(tmp_path / "b.disc"))))
    with pytest.raises(redbook.NotReadWhole):  # data
        redbook.copy(
            ready(VirtualRecorder(mixed())), Drive(VirtualRecorder(Medium.new_at(tmp_path / "c.disc")))
        )
    assert not list(tmp_path.glob("redbook-copy-*"))


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("kept", [False, True])
def test_copied_onto_another_disc(alone: bool, kept: bool, tmp_path: Path) -> None:
    """On two recorders, or on one while somebody changes its discs."""
    original = album(tmp_path / "a.disc", read_offset=667 if not alone else 0)
    sent, meant = on(original), layout(original)
    folder = tmp_path / "kept" if kept else None
    blank = Medium.new_at(tmp_path / "b.disc")
    source = ready(original)
    if alone:
        hand = threading.Thread(target=_change, args=(original, blank))
        hand.start()
        report = redbook.copy(source, folder=folder)
        hand.join()
        copy = original
    else:
        copy = VirtualRecorder(blank, model=model(read_offset=6, write_offset=-30))
        report = redbook.copy(source, Drive(copy), folder=folder, offset=667)
    assert report.read.whole
    assert report.burned.verified
    assert layout(copy) == meant
    lost = 0 if alone else 667 * SAMPLE_BYTES
    assert on(copy)[: WHOLE - 700 * SAMPLE_BYTES] == sent[: WHOLE - 700 * SAMPLE_BYTES]
    if not lost:
        assert on(copy) == sent
    assert (folder is not None) == (tmp_path / "kept" / "disc.cue").exists()


def _change(recorder: VirtualRecorder, blank: Medium) -> None:
    while not recorder.tray_open:
        time.sleep(0.01)
    recorder.insert(blank)


def test_the_blank_disc_is_looked_at_before_the_original_is_read(tmp_path: Path) -> None:
    original, other = album(tmp_path / "a.disc"), album(tmp_path / "b.disc")
    seen: list[int] = []
    with pytest.raises(redbook.MediumUnsuitable, match="is complete"):
        redbook.copy(_watched(original, seen), ready(other))
    assert not seen


def test_a_virtual_disc_is_a_source(tmp_path: Path) -> None:
    original = album(tmp_path / "a.disc")
    sent, meant = on(original), layout(original)
    original.close()
    copy = VirtualRecorder(Medium.new_at(tmp_path / "b.disc"))
    assert redbook.burn(f"virtual:{tmp_path / 'a.disc'}", Drive(copy)).verified
    assert (on(copy), layout(copy)) == (sent, meant)


@pytest.mark.parametrize(
    ("disc", "said"),
    [
        (None, "there is no disc at"),
        (lambda path: redbook.create_disc(path, "cd-r", 80), "the disc is blank"),
        (lambda path: mixed(path=path), "there are data on the disc"),
    ],
)
def test_a_virtual_disc_that_is_no_source(disc: Any, said: str, tmp_path: Path) -> None:
    if disc is not None:
        disc(tmp_path / "a.disc")
    with (
        redbook.open_drive(f"virtual:{tmp_path / 'b.disc'}") as drive,
        pytest.raises(redbook.AudioError, match=said),
    ):
        redbook.plan(f"virtual:{tmp_path / 'a.disc'}", drive)


def test_ctdb_counts_what_the_cuetools_database_counts() -> None:
    """Ten sectors less at the start; at the end those and what the length leaves."""
    pcm = noise(588 * 1003, 3)
    samples = len(pcm) // 4
    behind = 5880 + samples % 5880
    first = Ctdb(first=True, last=False, disc_samples=samples)
    last = Ctdb(first=False, last=True, disc_samples=samples)
    disc = Ctdb(first=True, last=True, disc_samples=samples)
    cut = 588 * 500 * 4
    for at in range(0, len(pcm), 9996):
        block = pcm[at : at + 9996]
        disc.update(block)
    for at in range(0, cut, 9996):
        first.update(pcm[at : min(cut, at + 9996)])
    for at in range(cut, len(pcm), 9996):
        last.update(pcm[at : at + 9996])
    assert first.value == zlib.crc32(pcm[5880 * 4 : cut])
    assert last.value == zlib.crc32(pcm[cut : -behind * 4])
    assert disc.value == zlib.crc32(pcm[5880 * 4 : -behind * 4])


def test_the_ctdb_id_is_that_of_the_crate_cdtoc() -> None:
    """Its documentation: 4+96+2D2B+6256+B327+D84A."""
    starts = [0x96, 0x2D2B, 0x6256, 0xB327]
    toc = Toc(tuple(TocTrack(n, start - 150) for n, start in enumerate(starts, 1)), 0xD84A - 150)
    assert toc.ctdb_id == "VukMWWItblELRM.CEFpXxw0FlME-"
