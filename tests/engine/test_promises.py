"""What a session promises beside its samples: each is compared; nothing is called the same that was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.audio.source import Source
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.clock import ManualClock
from redbook.disc import cd_text
from redbook.disc.cd_text import PackType, Texts
from redbook.disc.layout import LaidTrack, SessionLayout, with_pregaps
from redbook.drive import Drive
from redbook.engine.labels import DiscLabels
from redbook.engine.promises import compare_labels
from redbook.engine.verification import Verdict
from redbook.image.base import RecordedSession
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import model
from tests.support.sound import noise, write_wav

S = 588
LABELS = ["pregaps", "indexes", "pre-emphasis, copy and channel flags", "ISRC", "MCN", "CD-Text"]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    path = write_wav(tmp_path / "all.wav", noise(2000 * S, 5))
    texts = Texts(9, {PackType.TITLE: {0: "Album", 1: "One", 2: "Two"}, PackType.PERFORMER: {0: "Somebody"}})
    first = ProgramTrack(
        (Segment(1, (Piece(0, 0, 400 * S),)), Segment(2, (Piece(0, 400 * S, 200 * S),))), isrc="DEABC2500001"
    )
    second = ProgramTrack(
        (Segment(0, (Piece(0, 600 * S, 75 * S),)), Segment(1, (Piece(0, 675 * S),))),
        isrc="DEABC2500002",
        pre_emphasis=True,
    )
    return Program((Source("all.wav", path),), (first, second), "4006381333931", (texts,))


def burned(program: Program, **habits: object) -> tuple[VirtualRecorder, redbook.BurnReport]:
    recorder = VirtualRecorder(Medium.new(), model=model(**habits))
    return recorder, redbook.burn(program, Drive(recorder), clock=ManualClock())


def verdicts(verification: redbook.Verification | None) -> dict[str, Verdict]:
    assert verification is not None
    return {check.promise: check.verdict for check in verification.checks}


def test_every_promise_of_a_good_disc_is_the_same(program: Program) -> None:
    _, report = burned(program)
    found = verdicts(report.verification)
    assert {found[promise] for promise in [*LABELS, "table of contents", "audio"]} == {Verdict.SAME}


def session_of(recorder: VirtualRecorder) -> RecordedSession:
    assert recorder.disc is not None
    return recorder.disc.state.sessions[0]


def lay(session: RecordedSession, number: int, **otherwise: Any) -> None:
    track = session.tracks[number]
    track.laid = replace(track.laid, **otherwise)


def spoil_isrc(session: RecordedSession) -> None:
    lay(session, 1, isrc="DEABC2500009")


def lose_isrc(session: RecordedSession) -> None:
    lay(session, 0, isrc="")


def lose_index(session: RecordedSession) -> None:
    lay(session, 0, indexes=())


def move_pregap(session: RecordedSession) -> None:
    lay(session, 1, pregap_sectors=74)


def lose_mcn(session: RecordedSession) -> None:
    session.mcn = ""


def lose_texts(session: RecordedSession) -> None:
    session.cd_text = []


def lose_one_pack(session: RecordedSession) -> None:
    session.cd_text = session.cd_text[1:]


def move_lead_out(session: RecordedSession) -> None:
    assert session.lead_out_lba is not None
    session.lead_out_lba += 3  # the last track has more than was sent


WRONG: dict[str, tuple[Callable[[RecordedSession], None], str, str]] = {
    "another ISRC": (spoil_isrc, "ISRC", "track 2 has DEABC2500009 instead of DEABC2500002"),
    "no ISRC": (lose_isrc, "ISRC", "track 1 has none instead of DEABC2500001"),
    "no index": (lose_index, "indexes", "track 1 has none instead of 400"),
    "a shorter pregap": (move_pregap, "pregaps", "track 2 has 74 instead of 75"),
    "no MCN": (lose_mcn, "MCN", "none instead of 4006381333931"),
    "no texts": (lose_texts, "CD-Text", "no English texts"),
    "a later lead-out": (
        move_lead_out,
        "table of contents",
        "the lead-out is at sector 2003 instead of 2000",
    ),
    "a pack lost": (lose_one_pack, "CD-Text", "title of the disc is 'missing' instead of 'Album'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_as_it_was_meant_is_told_and_the_disc_is_not_the_same(
    name: str, program: Program
) -> None:
    spoil, promise, text = WRONG[name]
    recorder, _ = burned(program)
    spoil(session_of(recorder))
    with pytest.raises(redbook.VerificationFailed) as caught:
        redbook.verify(program, Drive(recorder), clock=ManualClock())
    assert text in str(caught.value)
    report = caught.value.report
    assert isinstance(report, redbook.VerifyReport)
    found = verdicts(report.verification)
    assert found[promise] is Verdict.DIFFERENT
    assert found["audio"] is Verdict.SAME
    assert [name for name, verdict in found.items() if verdict is Verdict.DIFFERENT] == [promise]


def test_what_a_drive_does_not_tell_is_not_compared_and_said(program: Program) -> None:
    recorder, report = burned(program, reads_cd_text="never")
    assert report.verified
    assert verdicts(report.verification)["CD-Text"] is Verdict.NOT_COMPARED
    assert redbook.verify(program, Drive(recorder), clock=ManualClock()).same


@pytest.mark.parametrize("answer", ["late", "stale"])
def test_a_drive_that_tells_an_isrc_late_does_not_accuse_the_disc(answer: str, program: Program) -> None:
    _, report = burned(program, isrc_answer=answer)
    assert verdicts(report.verification)["ISRC"] is not Verdict.DIFFERENT


@pytest.fixture
def gapless(program: Program) -> Program:
    first, second = program.tracks
    second = replace(second, segments=(Segment(1, (Piece(0, 600 * S),)),))
    return replace(program, tracks=(first, second))


def test_a_disc_whose_tracks_were_given_pregaps_of_one_sector_is_the_same(gapless: Program) -> None:
    recorder, report = burned(gapless, needs_pregaps=True)
    assert report.verified
    assert session_of(recorder).tracks[1].pregap_sectors == 1
    assert [track.sectors for track in report.tracks] == [600, 1400]
    again = redbook.verify(gapless, Drive(recorder), clock=ManualClock())
    (pregaps,) = [check for check in again.verification.checks if check.promise == "pregaps"]
    assert "a sector before its index 1" in pregaps.text
    lay(session_of(recorder), 1, pregap_sectors=2)
    with pytest.raises(redbook.VerificationFailed, match="track 2 has 2 instead of 0") as caught:
        redbook.verify(gapless, Drive(recorder), clock=ManualClock())
    assert isinstance(caught.value.report, redbook.VerifyReport)
    found = verdicts(caught.value.report.verification)
    assert found["indexes"] is Verdict.NOT_COMPARED  # track 1's last sector is one of that pregap


def test_pregaps_of_one_sector_are_told_of_a_drive_that_was_asked_for_none(gapless: Program) -> None:
    recorder, _ = burned(gapless)
    told = redbook.disc_info(Drive(recorder), clock=ManualClock()).labels
    (session,) = told.sessions
    short = replace(told, sessions=(with_pregaps(session),))
    assert compare_labels(session, short, just_written=True).wrong == ("pregaps: track 2 has 1 instead of 0",)
    assert compare_labels(session, short, just_written=False).wrong == ()


@pytest.mark.parametrize("mode", ["tao", "sao"])
def test_a_disc_of_one_track_is_held_to_what_its_way_of_writing_carries(mode: str, program: Program) -> None:
    recorder = VirtualRecorder(Medium.new(), model=model())
    single = replace(program, tracks=program.tracks[:1])
    redbook.burn(single, Drive(recorder), mode=mode, clock=ManualClock())
    report = redbook.verify(single, Drive(recorder), clock=ManualClock())
    assert ("ISRC" in verdicts(report.verification)) == (mode == "sao")
    told = [note for note in report.verification.notes if "the ISRC of track 1" in note]
    assert bool(told) == (mode == "tao")


def test_packs_that_say_nothing_in_words_are_compared_too() -> None:
    def session(*packs: bytes) -> SessionLayout:
        return SessionLayout((LaidTrack(1, 0, 400, 150),), 400, cd_text=b"".join(map(cd_text.sealed, packs)))

    def toc(last: int, number: int) -> bytes:
        return bytes((PackType.TOC, 0, number, 0, 1, 1, 0, last, *bytes(8)))

    title = bytes((PackType.TITLE, 0, 0, 0)) + b"Album".ljust(12, b"\0")
    meant = session(title, toc(10, 1))
    numbered_anew = compare_labels(meant, DiscLabels((session(toc(10, 7), title),)))
    assert not numbered_anew.wrong
    for found in (session(title), session(title, toc(11, 1))):
        (wrong,) = compare_labels(meant, DiscLabels((found,))).wrong
        assert wrong == "CD-Text: the packs of type 88h (toc) are not those that were intended"


def pack(kind: int, number: int, **otherwise: int) -> bytes:
    """One pack of 16 bytes whose byte 5, say, is another with `byte_5`.  Source: MMC-3 annex J"""
    data = bytearray((kind, 0, number, 0, *range(1, 13)))
    for name, value in otherwise.items():
        data[int(name.removeprefix("byte_"))] = value
    return bytes(data)


@pytest.mark.parametrize("at", [1, *range(3, 16)])
def test_packs_that_differ_in_one_byte_are_not_those_that_were_meant(at: int) -> None:
    """In any but the kind and the running number, which may be another for packs that come before."""

    def session(one: bytes) -> SessionLayout:
        return SessionLayout((LaidTrack(1, 0, 400, 150),), 400, cd_text=cd_text.sealed(one))

    meant = session(pack(PackType.CLOSED_INFO, 3))
    assert not compare_labels(meant, DiscLabels((session(pack(PackType.CLOSED_INFO, 9)),))).wrong
    found = session(pack(PackType.CLOSED_INFO, 3, **{f"byte_{at}": 0x55}))
    (wrong,) = compare_labels(meant, DiscLabels((found,))).wrong
    assert "type 8Dh" in wrong


def test_packs_that_are_damaged_say_nothing() -> None:
    """As little as a player would show of them: their checksum is wrong."""
    good = cd_text.sealed(pack(PackType.TOC, 0))
    spoiled = bytearray(cd_text.sealed(pack(PackType.CLOSED_INFO, 1)))
    spoiled[-1] ^= 1

    def session(packs: bytes) -> SessionLayout:
        return SessionLayout((LaidTrack(1, 0, 400, 150),), 400, cd_text=packs)

    assert not compare_labels(session(good), DiscLabels((session(good + bytes(spoiled)),))).wrong


def test_the_same_words_in_another_language_are_not_the_same_texts(program: Program) -> None:
    """08h is German, 09h English (EBU Tech 3264)."""
    (texts,) = program.texts
    recorder, _ = burned(replace(program, texts=(replace(texts, language_code=8),)))
    with pytest.raises(redbook.VerificationFailed, match="the language is German instead of English"):
        redbook.verify(program, Drive(recorder), clock=ManualClock())


def test_the_table_of_contents_that_was_not_read_back_has_the_flags_that_were_meant(program: Program) -> None:
    recorder = VirtualRecorder(Medium.new(), model=model())
    report = redbook.burn(program, Drive(recorder), verify=False, clock=ManualClock())
    assert report.toc is not None
    assert [track.control for track in report.toc.tracks] == [0, 1]


def test_nothing_that_was_not_meant_may_be_there(program: Program) -> None:
    recorder, _ = burned(program)
    bare = Program(program.sources, program.tracks)
    with pytest.raises(redbook.VerificationFailed) as caught:
        redbook.verify(bare, Drive(recorder), clock=ManualClock())
    assert "4006381333931 instead of none" in str(caught.value)
    assert "English texts that were not intended" in str(caught.value)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield


def test_of_plain_files_what_their_tags_do_not_say_is_only_told(program: Program) -> None:
    recorder = VirtualRecorder(Medium.new(), model=model())
    redbook.burn(
        ["all.wav"], Drive(recorder), wishes=redbook.Wishes(texts={"title": "T"}), clock=ManualClock()
    )
    report = redbook.verify(["all.wav"], Drive(recorder), clock=ManualClock())
    assert report.same
    (check,) = [check for check in report.verification.checks if check.promise == "CD-Text"]
    assert check.verdict is Verdict.NOT_COMPARED
    assert "English texts that were not intended" in check.text
