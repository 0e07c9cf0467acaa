"""What is to be read of a disc that is kept: which audio, with which flags, and what is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.disc import Msf
from redbook.disc.layout import Item
from redbook.disc.sub_channel import ISRC, POSITION, Q
from redbook.engine.original import Original, look_at_original
from redbook.engine.twice import AreaToRead
from redbook.errors import InvalidField, MediumUnsuitable, Sense
from redbook.mmc.disc_info import ReadCdText, ReadTrackInformation
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.read import ReadCd
from redbook.runner.runner import Runner
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Data, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.album import END, SHEET, STARTS, packs, write_album
from tests.support.drives import close_session, model, next_lba, ready, write_track
from tests.support.foreign import SONGS, data_only, extra, iso, mixed
from tests.support.sound import noise

Answer = Callable[[Any, Callable[[Any], Any]], Any]


def look(medium: Medium, answer: Answer | None = None, **habits: Any) -> Original:
    """answer: to a command, and who answers it otherwise"""
    drive = ready(VirtualRecorder(medium, model=model(**habits)))
    run = drive.run
    if answer is not None:
        drive.run = lambda command: answer(command, run)  # type: ignore[method-assign]
    return Runner(drive, emit=lambda event: None, clock=ManualClock()).run(look_at_original())


@pytest.fixture(scope="module")
def album() -> Medium:
    medium = Medium.new()
    write_album(VirtualRecorder(medium), SHEET, packs(), END)
    return medium


def test_an_album_is_read_from_its_hidden_track_to_its_lead_out(album: Medium) -> None:
    original = look(album)
    assert original.areas == (AreaToRead(0, END),)
    assert (original.sectors, original.hidden_sectors) == (END, STARTS[0])
    assert [track.start_lba for track in original.layout.tracks] == STARTS
    assert original.layout.lead_out_lba == END
    assert original.layout.cd_text == packs()
    assert (original.left_out, original.remarks, original.untold) == ((), (), frozenset())


def test_a_drive_that_says_nothing_of_what_it_can_do_is_read_too(album: Medium) -> None:
    original = look(album, unknown_commands=("MODE SENSE", "MODE SENSE (6)"))
    assert (original.areas, original.layout.cd_text) == ((AreaToRead(0, END),), packs())


def at_once(*tracks: Any, control: int = 0) -> Medium:
    return prepare(
        [Session(tracks or [Audio(noise(588 * 400), control), Audio(noise(588 * 350, 2), control)])]
    )


PRE, COPY = 1, 2

FLAGS: list[tuple[int, list[int], int, bool, str]] = [
    # in the table of contents, in Q in turn, what is kept, whether the copy bit alternates, what is told
    (0, [0], 0, False, ""),
    (PRE, [PRE], PRE, False, ""),
    (COPY, [COPY], COPY, False, ""),
    (0, [PRE], PRE, False, "pre-emphasis is marked in the track itself but not in the table of contents"),
    (PRE, [0], PRE, False, "pre-emphasis is marked in the table of contents but not in the track itself"),
    (0, [0, PRE], 0, False, ""),  # it comes and goes: no word on it
    (PRE, [0, PRE], PRE, False, ""),
    (0, [0, COPY], 0, True, ""),
    (COPY, [0, COPY], COPY, True, ""),
    (0, [COPY], 0, False, "disagree on whether copying is permitted"),
    (COPY, [0], COPY, False, "disagree on whether copying is permitted"),
    (PRE | COPY, [PRE | COPY], PRE | COPY, False, ""),
    (COPY, [PRE | COPY], PRE | COPY, False, "pre-emphasis is marked in the track itself"),
]


@pytest.mark.parametrize(("toc", "in_q", "kept", "alternates", "told"), FLAGS)
def test_the_flags_are_those_of_the_table_of_contents_and_what_q_alone_says(
    toc: int, in_q: list[int], kept: int, alternates: bool, told: str
) -> None:
    def answer(command: Any, run: Callable[[Any], Any]) -> Any:
        if isinstance(command, ReadCd) and not command.selection.main_channel:
            lbas = range(command.lba, command.lba + command.sectors)
            return b"".join(q_of(lba, in_q[lba % len(in_q)]) for lba in lbas)
        return run(command)

    original = look(at_once(control=toc), answer)
    first = original.layout.tracks[0]
    assert (first.control, first.copy_alternates) == (kept, alternates)
    assert [told in remark for remark in original.remarks] == [True] * (2 if told else 0)
    assert [remark.partition(":")[0] for remark in original.remarks] == (
        ["track 1", "track 2"] if told else []
    )


def q_of(
    lba: int, control: int, *, track: int | None = None, adr: int = POSITION, spoil: bool = False
) -> bytes:
    number = track or (1 if lba < 400 else 2)
    q = Q(adr, control, number, 1, lba, Msf.from_lba(lba), "DEABC2500001" if adr == ISRC else "")
    data = q.to_bytes()
    return (data[:11] + bytes((data[11] ^ spoil,))).ljust(16, b"\0")


STRAY: list[dict[str, Any]] = [{"track": 9}, {"adr": ISRC}, {"spoil": True}]


@pytest.mark.parametrize("stray", STRAY)
def test_a_q_that_is_not_the_track_s_own_position_says_nothing(stray: dict[str, Any]) -> None:
    """IEC 60908 17.5: of another track, of another kind, or damaged."""

    def answer(command: Any, run: Callable[[Any], Any]) -> Any:
        if isinstance(command, ReadCd) and not command.selection.main_channel:
            lbas = range(command.lba, command.lba + command.sectors)
            return b"".join(q_of(lba, PRE, **stray) if lba % 2 else q_of(lba, 0) for lba in lbas)
        return run(command)

    original = look(at_once(), answer)
    assert not original.remarks
    assert {track.control for track in original.layout.tracks} == {0}


def test_q_is_read_in_the_middle_of_a_track_and_long_enough_to_see_a_bit_that_alternates() -> None:
    """SCMS: the copy bit comes and goes about nine times a second, which is every eight sectors."""
    asked: list[int] = []

    def answer(command: Any, run: Callable[[Any], Any]) -> Any:
        if isinstance(command, ReadCd) and command.sectors > 1:  # one alone is asked for other things
            asked.extend(range(command.lba, command.lba + command.sectors))
        return run(command)

    look(at_once(Audio(noise(588 * 400))), answer)
    assert asked == list(range(asked[0], asked[-1] + 1))
    assert 2 * 8 <= len(asked) <= 75
    assert abs((asked[0] + asked[-1] + 1) / 2 - 200) <= 1


def tao(*lengths: int, close: bool = True) -> Medium:
    medium = Medium.new()
    drive = ready(VirtualRecorder(medium))
    for length in lengths:
        write_track(drive, length)
    if close:
        close_session(drive)
    return medium


def test_run_outs_between_tracks_are_gaps_and_pregaps_are_none() -> None:
    """Track-at-once: 2 sectors of run-out, and 150 of silence that the drive has written."""
    original = look(tao(400, 350))
    assert original.areas == (AreaToRead(0, 400 + 152 + 350 + 2, ((400, 552), (902, 904))),)
    assert look(at_once()).areas == (AreaToRead(0, 400 + 150 + 350),)


def test_behind_data_reading_begins_with_the_first_audio_track_s_pregap_left_out() -> None:
    original = look(mixed())
    assert original.areas[0].start_lba == 600
    assert original.areas[-1].end_lba == 1501
    assert original.hidden_sectors == 0
    assert original.left_out == ("track 1: data, which redbook does not read",)


def test_data_of_a_later_session_end_the_audio_at_its_own_lead_out() -> None:
    original = look(extra())
    assert original.areas == (AreaToRead(0, 901),)
    assert original.left_out == ("track 3: data in a later session; a copy has the first session of a disc",)


def test_data_between_audio_part_it() -> None:
    """Of the two seconds of pregap before data nothing is read."""
    original = look(at_once(Audio(SONGS[0]), Data(iso()), Audio(SONGS[1])))
    assert len(original.areas) == 2
    assert original.areas[0] == AreaToRead(0, 400)
    data = original.toc.tracks[1].start_lba
    assert original.areas[1].start_lba == original.toc.tracks[2].start_lba > data
    assert original.areas[1].end_lba == original.toc.lead_out_lba
    assert original.left_out == ("track 2: data, which redbook does not read",)


def two_sessions(finish: bool) -> Medium:
    medium = Medium.new()
    drive = ready(VirtualRecorder(medium))
    write_track(drive, 400)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    assert next_lba(drive) > 10_000
    write_track(drive, 350)
    if finish:
        close_session(drive)
    return medium


@pytest.mark.parametrize(
    ("finish", "left"),
    [
        (True, "track 2: audio in a later session; a copy has the first session of a disc"),
        (False, "track 2: in a session that was left open"),
    ],
)
def test_audio_of_later_sessions_is_left_out_and_named(finish: bool, left: str) -> None:
    original = look(two_sessions(finish))
    assert original.left_out == (left,)
    assert original.areas == (AreaToRead(0, 402, ((400, 402),)),)


NOTHING: list[tuple[Callable[[], Medium], str]] = [
    (Medium.new, "there is no closed session on the disc; insert the disc to be read"),
    (lambda: tao(400, close=False), "the session on the disc was left open: close it first"),
    (data_only, "there is no audio in the first session of the disc, but data (track 1)"),
]


@pytest.mark.parametrize(("disc", "words"), NOTHING)
def test_of_a_disc_without_audio_it_is_said_why(disc: Callable[[], Medium], words: str) -> None:
    with pytest.raises(MediumUnsuitable) as error:
        look(disc())
    assert str(error.value).startswith(words)


class Packs:
    """READ CD-TEXT brings these, one after the other."""

    def __init__(self, *readings: bytes | None) -> None:
        self.readings = list(readings)

    def __call__(self, command: Any, run: Callable[[Any], Any]) -> Any:
        if isinstance(command, ReadCdText):
            packs = self.readings.pop(0)
            if packs is None:
                raise InvalidField("no", command.NAME, Sense(5, 0x24, 0))
            return packs
        return run(command)


def damaged(*which: int) -> bytes:
    data = bytearray(packs())
    for number in which:
        data[18 * number + 5] ^= 1
    return bytes(data)


READINGS: list[tuple[bytes | None, bytes | None, bytes, bool]] = [
    (packs(), packs(), packs(), False),
    (damaged(1), packs(), packs(), True),
    (packs(), damaged(1), packs(), True),
    (damaged(1, 2), damaged(3), damaged(3), True),
    (damaged(1), damaged(1), damaged(1), False),
    (packs(), None, packs(), False),
]


@pytest.mark.parametrize(("first", "second", "kept", "told"), READINGS)
def test_of_two_readings_of_cd_text_the_one_with_fewer_wrong_packs_is_kept(
    first: bytes | None, second: bytes | None, kept: bytes, told: bool, album: Medium
) -> None:
    original = look(album, Packs(first, second))
    assert original.layout.cd_text == kept
    assert ["CD-Text was different" in remark for remark in original.remarks] == [True] * told


@pytest.mark.parametrize("reads", ["always", "never"])
def test_a_drive_that_reads_no_cd_text_has_not_told_that_there_is_none(reads: str, album: Medium) -> None:
    """By its mode page 2Ah; of one that reads CD-Text, a refusal says that the disc has none."""
    original = look(album, Packs(None), reads_cd_text=reads)
    assert original.layout.cd_text == b""
    assert ((Item.CD_TEXT, 0) in original.untold) is (reads == "never")


def test_cd_text_that_is_not_there_is_asked_for_once(album: Medium) -> None:
    assert look(album, Packs(b"")).layout.cd_text == b""


def test_a_track_that_the_drive_tells_nothing_of_is_read_by_the_table_of_contents() -> None:
    """Its flags, too; what only the drive could tell of it is not known."""

    def answer(command: Any, run: Callable[[Any], Any]) -> Any:
        if isinstance(command, ReadTrackInformation) and command.address == 2:
            raise InvalidField("no", command.NAME, Sense(5, 0x24, 0))
        if isinstance(command, ReadCd) and not command.selection.main_channel:
            raise InvalidField("no", command.NAME, Sense(5, 0x24, 0))
        return run(command)

    original = look(at_once(control=PRE | COPY), answer)
    second = original.layout.tracks[1]
    assert (second.number, second.start_lba, second.sectors, second.control) == (2, 550, 350, PRE | COPY)
    assert {(item, 2) for item in (Item.PREGAPS, Item.INDEXES, Item.ISRC)} <= original.untold
